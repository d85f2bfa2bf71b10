//! Trees, positions, and what the parser does with input that no one would write.

use super::ast::*;
use super::{Origin, Parsed, parse_file, print};
use crate::source::{Pos, SourceMap};

/// Parses a text under a name.
fn parse(text: impl Into<Vec<u8>>) -> (SourceMap, Parsed) {
    let mut sources = SourceMap::new();
    let file = sources.add("x.go", text.into());
    let parsed = parse_file(&sources, file, &mut NodeIds::default(), Origin::User);
    (sources, parsed)
}

/// The errors of a text, one a line.
fn errors(text: &str) -> String {
    let (sources, parsed) = parse(text);
    parsed.errors.iter().map(|error| format!("{}: {}\n", sources.location(error.pos), error.message)).collect()
}

/// The first statement of a function with that body.
fn with_stmt(body: &str, check: impl FnOnce(&Stmt, &dyn Fn(Pos) -> u32)) {
    let text = format!("package p; func f() {{ {body}\n}}");
    let (sources, parsed) = parse(text.as_str());
    assert_eq!(parsed.errors, [], "{body}");
    let file = parsed.file.expect("a file");
    let Decl::Func(func) = &file.decls[0] else { panic!("a function") };
    let start = text.find('{').expect("a brace") as u32 + 2;
    let column = |pos: Pos| sources.absolute(pos).column - start;
    check(&func.body.as_ref().expect("a body").stmts[0], &column);
}

/// The column of an expression's position, from 1.
fn expr_column(text: &str) -> (u32, u32) {
    let mut found = (0, 0);
    with_stmt(text, |stmt, column| {
        let StmtKind::Assign(assign) = &stmt.kind else { panic!("an assignment") };
        found = (column(assign.rhs[0].pos), column(assign.rhs[0].start()));
    });
    found
}

#[test]
fn expressions_lie_where_go_reports_them() {
    assert_eq!(expr_column("_ = a + b*c"), (7, 5), "the operator");
    assert_eq!(expr_column("_ = f.g(x)"), (8, 5), "the parenthesis");
    assert_eq!(expr_column("_ = a.b"), (6, 5), "the dot");
    assert_eq!(expr_column("_ = a.(int)"), (6, 5), "the dot");
    assert_eq!(expr_column("_ = a[1]"), (6, 5), "the bracket");
    assert_eq!(expr_column("_ = a[1:]"), (6, 6), "the bracket, also as the start");
    assert_eq!(expr_column("_ = T{1}"), (6, 5), "the brace");
    assert_eq!(expr_column("_ = -x"), (5, 5), "the operator");
    assert_eq!(expr_column("_ = (x)"), (5, 5), "the parenthesis");
    assert_eq!(expr_column("_ = func() {}"), (5, 5), "the keyword");
}

#[test]
fn branches_know_their_targets() {
    with_stmt("L: for { select { default: break; }; for { continue L }; goto L }", |stmt, _| {
        let StmtKind::Labeled(labeled) = &stmt.kind else { panic!("a label") };
        let StmtKind::For(outer) = &labeled.stmt.kind else { panic!("a loop") };
        let StmtKind::Select(select) = &outer.body.stmts[0].kind else { panic!("a select") };
        let target = |stmt: &Stmt| match &stmt.kind {
            StmtKind::Branch(branch) => branch.target(),
            _ => panic!("a branch"),
        };
        assert_eq!(target(&select.clauses[0].stmts[0]), Some(outer.body.stmts[0].id));
        let StmtKind::For(inner) = &outer.body.stmts[1].kind else { panic!("a loop") };
        assert_eq!(target(&inner.body.stmts[0]), Some(labeled.stmt.id));
        assert_eq!(target(&outer.body.stmts[2]), Some(stmt.id));
    });
}

#[test]
fn ids_are_unique_and_dense() {
    let mut sources = SourceMap::new();
    let mut ids = NodeIds::default();
    let file = sources.add("x.go", *b"package p; var x = 1 + 2");
    let parsed = parse_file(&sources, file, &mut ids, Origin::User).file.expect("a file");
    let Decl::Var(var) = &parsed.decls[0] else { panic!("a variable") };
    let ExprKind::Binary(binary) = &var.values[0].kind else { panic!("a sum") };
    let mut seen = vec![parsed.node, parsed.package.id, var.id, var.names[0].id, var.values[0].id, binary.x.id, binary.y.id];
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    assert!(seen.iter().all(|id| (1..ids.len()).contains(&id.index())));
}

#[test]
fn the_grammar_of_types_is_known() {
    let text = "package p
type A[P any, Q interface{ ~int | ~[]P; m() }] struct { P; *B[Q]; x, y []Q `tag` }
type B[P *C,] = A[P, int]
type C [n]int
type D[P *T | ~int] []P
type E[P (*T)] int
func (r *A[_, Q]) G[T any, U ~[]T](x T, y ...U) (a, b T) { return }
var f func(int, ...string) <-chan (<-chan int) = nil
";
    let (_, parsed) = parse(text);
    assert_eq!(parsed.errors, []);
    let file = parsed.file.expect("a file");
    let params = |index: usize| match &file.decls[index] {
        Decl::Type(decl) => decl.type_params.len(),
        Decl::Func(decl) => decl.type_params.len(),
        _ => 0,
    };
    assert_eq!((0..6).map(params).collect::<Vec<_>>(), [2, 1, 0, 1, 0, 2]);
}

#[test]
fn errors_read_like_go() {
    assert_eq!(errors("package p\nfunc f() { if x { }\n"), "x.go:3:1: syntax error: unexpected EOF, expected }\n");
    assert_eq!(errors("package p\nvar x = 08\n"), "x.go:2:10: invalid digit '8' in octal literal\n");
    assert_eq!(errors("package p\nfunc f(a, b ...int) {}\n"), "x.go:2:13: can only use ... with final parameter\n");
    assert_eq!(errors("package p\nfunc f() { if x = 1 { } }\n"), "x.go:2:17: syntax error: cannot use assignment x = 1 as value\n");
    assert_eq!(errors("package p\n//line a.y:7\nfunc f() { break }\n"), "a.y:7: break is not in a loop, switch, or select\n");
}

/// Runs on a stack as large as the compiler's thread has.
fn on_large_stack(body: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(body).expect("a thread");
    thread.join().expect("no overflow");
}

#[test]
fn nesting_is_bounded() {
    on_large_stack(|| {
        let deep: &[(&str, &str)] = &[
            ("package p; var x = ", "("),
            ("package p; var x = ", "- "),
            ("package p; var x = ", "T{"),
            ("package p; var x = ", "[]T{{"),
            ("package p; var x ", "[]"),
            ("package p; var x ", "*"),
            ("package p; var x ", "func("),
            ("package p; var x ", "struct{ x "),
            ("package p; var x ", "interface{ m(x "),
            ("package p; var x ", "map[int]"),
            ("package p; var x ", "<-chan "),
            ("package p; var x = ", "func() { x = "),
            ("package p; type T[P ", "interface{ ~"),
            ("package p; func f() ", "{"),
            ("package p; func f() { ", "if x {"),
            ("package p; func f() { ", "if x {} else "),
            ("package p; func f() { ", "for {"),
            ("package p; func f() { ", "L: "),
            ("package p; func f() { ", "switch { case x:"),
            ("package p; var x = a", "[a"),
            ("package p; var x = a", "(a"),
            ("package p; var x = a", "()"),
            ("package p; var x = a", ".a"),
            ("package p; var x = a", "+a"),
            ("package p; var x = a", "||a&&a"),
            ("package p; type T interface { a", "|a"),
        ];
        for (start, link) in deep {
            let (_, parsed) = parse(format!("{start}{}", link.repeat(50_000)));
            let is_deep = parsed.errors.iter().any(|error| error.message == "syntax error: nested too deeply");
            assert!(is_deep, "{start}{link}: {:?}", parsed.errors.first());
            if let Some(file) = &parsed.file {
                print::source(file);
            }
        }
    });
}

/// A generator of numbers, the same ones each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn damaged_sources_do_no_harm() {
    let seeds = [include_str!("print.rs"), include_str!("unquote.rs"), SAMPLE];
    let pieces = [
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        ":",
        ":=",
        "=",
        ".",
        "...",
        "<-",
        "*",
        "|",
        "~",
        "\n",
        "x",
        "5",
        "\"",
        "`",
        "'",
        "if ",
        "for ",
        "func ",
        "switch ",
        "case ",
        "type ",
        "var ",
        "range ",
        "struct ",
        "interface ",
        "chan ",
        "go ",
        "defer ",
        "goto L",
        "L:",
        "import ",
        "package ",
        "/*",
        "//",
        "0x",
        "\\",
        "\0",
        "\u{feff}",
        "é",
        "//line x:1\n",
        "//go:embed \"",
        ".(type)",
        "_",
    ];
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    for round in 0..1500 {
        let mut text = seeds[if round % 10 == 0 { round / 10 % 3 } else { 2 }].as_bytes().to_vec();
        for _ in 0..=numbers.below(6) {
            let at = numbers.below(text.len());
            let piece = pieces[numbers.below(pieces.len())].as_bytes();
            match numbers.below(4) {
                0 => drop(text.splice(at..at, piece.iter().copied())),
                1 => {
                    let end = (at + numbers.below(12)).min(text.len());
                    text.drain(at..end);
                }
                2 => text[at] = numbers.below(256) as u8,
                _ => text.truncate(at.max(8)),
            }
            text.push(b'\n');
        }
        let (sources, parsed) = parse(text);
        for error in &parsed.errors {
            assert!(sources.file_of(error.pos).is_some() && !error.message.is_empty());
        }
        if let Some(file) = &parsed.file {
            print::source(file);
        }
    }
}

#[test]
fn printed_trees_parse_to_the_same() {
    let (_, parsed) = parse(SAMPLE);
    assert_eq!(parsed.errors, []);
    let printed = print::source(&parsed.file.expect("a file"));
    let (_, again) = parse(printed.as_str());
    assert_eq!(again.errors, [], "{printed}");
    assert_eq!(print::source(&again.file.expect("a file")), printed);
}

/// Something of everything.
const SAMPLE: &str = r#"//go:build go1.21

// Package p has something of everything.
package p

import (
	"fmt"
	. "strings"
	_ "unsafe"
)

const (
	a, b = iota, 1 << iota
	c, d
)

type Set[K comparable, V any] struct {
	fmt.Stringer
	m    map[K]V `json:"m"`
	next *Set[K, V]
}

type Number interface {
	~int | ~float64
	fmt.Stringer
	String() string
}

type F = func(a, b int, c ...string) (x int, err error)

//go:linkname now time.now
func now() (sec int64, nsec int32, mono int64)

//go:noinline
func (s *Set[K, V]) Each[R any](f func(K, V) R) (out []R) {
	for k, v := range s.m {
		out = append(out, f(k, v))
	}
	return
}

var ch = make(chan (<-chan int), 0x1_0)

func main() {
	x, ok := <-ch
	if y := x; ok && (y != nil) {
		goto end
	} else if !ok {
		return
	} else {
		x = nil
	}
outer:
	for i := 0; i < 10; i++ {
		switch z := any(i).(type) {
		case int, *int:
			continue outer
		case nil:
		default:
			_ = z
			break outer
		}
	}
	for range 10 {
		select {
		case v := <-ch:
			_ = v
		case ch <- nil:
		default:
		}
	}
	defer func() { recover() }()
	go fmt.Println(T{1, 2: 3, {4}}, []int{1, 2, 3}[1:2:3], [...]string{0: "a"}, &T{}, 'x', 1i, 0x1p-2, `raw`)
	switch {
	case a|b&^c == ^d<<2:
		fallthrough
	case x.(I).m(y...) > 1.5e3:
		x.f, *p = 1, 2
		x.n += 3
		x.n--
	}
	{
		var (
			q   int
			r = struct{ a, b int }{}
		)
		;
	}
end:
}
"#;
