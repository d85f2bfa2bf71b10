//! Set forms for single features of the language, filled with generated types and expressions: generic types and their methods, loops over functions
//! left in every way, results changed by deferred calls, order of assignments, constants, copies, comparisons, pipelines.

use super::Generator;
use super::expr::Mode;
use super::tree::Node;
use super::ty::{BYTE, INT, INTS, Ty, comparable, nillable};

impl Generator {
    /// One of the forms.
    pub fn feature(&mut self) -> Vec<Node> {
        let kept = self.scope.len();
        let form = self.random.below(14);
        let lines = match form {
            0 | 1 => self.stack(),
            2 => self.tree(),
            3 | 4 => self.nested_functions(),
            5 => self.results(),
            6 => self.order(),
            7 => self.constants(),
            8 => self.copies(),
            9 => self.comparisons(),
            10 => self.pipeline(),
            11 => self.floats(),
            12 => self.kinds(),
            _ => self.method_expressions(),
        };
        self.scope.truncate(kept);
        vec![Node::block("{", lines.into_iter().map(Node::line).collect())]
    }

    /// A type whose values may be nil only where that does no harm.
    fn plain_type(&mut self) -> Ty {
        let ty = self.any_type();
        if ty == Ty::Param || self.nil_matters(&ty) { self.basic_type() } else { ty }
    }

    /// An expression without calls and without operations that may panic.
    fn quiet(&mut self, ty: &Ty, depth: usize) -> String {
        self.mode = Mode::Quiet;
        self.size = 0;
        self.expr(ty, depth)
    }

    fn quiet_condition(&mut self) -> String {
        self.mode = Mode::Quiet;
        self.size = 0;
        self.dynamic(&Ty::Bool, 2)
    }

    /// A generic type with methods that have type parameters of their own.
    fn stack(&mut self) -> Vec<String> {
        let (ty, other) = (self.plain_type(), self.plain_type());
        let (shown, shown_other) = (self.text(&ty), self.text(&other));
        let count = self.random.between(0, 6);
        let value = self.quiet(&ty, 2);
        let kept = self.scope.len();
        self.declare_fixed("x", &ty);
        let (mapped, condition) = (self.quiet(&other, 2), self.quiet_condition());
        self.scope.truncate(kept);
        let (mix, mix_other) = (self.mix_value(&ty, "top"), self.mix_value(&other, "y"));
        let jump = *self.random.pick(&["break", "continue", "Mix(31)"]);
        let form = *self.random.pick(&["Stack", "Heap", "Wrapped"]);
        let to = if self.random.chance(50) { format!("To[{shown_other}]") } else { "To".to_string() };
        vec![
            format!("var st {form}[{shown}]"),
            format!("for range {count} {{ st.Push({value}) }}"),
            format!("st.Keep(func(x {shown}) bool {{ _ = x; return {condition} }})"),
            format!(
                "for i, y := range st.{to}(func(x {shown}) {shown_other} {{ _ = x; return {mapped} }}).All() {{ MixI(i); _ = y; if i == 2 {{ {jump} }}; {mix_other} }}"
            ),
            format!("MixI(st.Fold(uint8(7), func(n uint8, x {shown}) uint8 {{ _ = x; return n*3 + 1 }}))"),
            "push := st.Push; pop := (&st).Pop".to_string(),
            "if top, ok := pop(); ok { push(top); push(top) }".to_string(),
            format!("top, ok := st.Pop(); MixB(ok); _ = top; {mix}"),
            "MixI(st.Len())".to_string(),
        ]
    }

    /// A generic tree that is visited by a function that calls itself.
    fn tree(&mut self) -> Vec<String> {
        let key = match self.random.below(4) {
            0 => Ty::Str,
            1 => Ty::F64,
            _ => Ty::Int(*self.random.pick(INTS)),
        };
        let value = self.plain_type();
        let (shown, shown_value) = (self.text(&key), self.text(&value));
        let keys: Vec<String> = (0..self.random.between(1, 7)).map(|_| self.quiet(&key, 2)).collect();
        let stored = self.quiet(&value, 2);
        let (mix_key, mix_value) = (self.mix_value(&key, "k"), self.mix_value(&value, "v"));
        let limit = self.random.between(1, 6);
        vec![
            format!("var root *Tree[{shown}, {shown_value}]"),
            format!("for _, k := range []{shown}{{{}}} {{ root = root.Put(k, {stored}) }}", keys.join(", ")),
            format!("n := 0; for k, v := range root.All() {{ _, _ = k, v; {mix_key}; {mix_value}; n++; if n == {limit} {{ break }} }}"),
            format!("MixI(Walk(root, func(k {shown}, v {shown_value}) int {{ _, _ = k, v; return n }}))"),
            format!("set := Set[{shown}]{{}}; for k := range root.All() {{ MixB(set.Add(k)); MixB(set.Add(k)) }}; MixI(len(set))"),
        ]
    }

    /// Loops over functions inside of each other, with all ways to leave them.
    fn nested_functions(&mut self) -> Vec<String> {
        let ty = self.plain_type();
        let shown = self.text(&ty);
        let value = self.quiet(&ty, 2);
        let counts = [self.random.between(1, 4), self.random.between(1, 4)];
        self.declare_fixed("i", &INT);
        self.declare_fixed("j", &INT);
        let leaves = [
            "break Inner",
            "continue Inner",
            "break Outer",
            "continue Outer",
            "return i*10 + j, r",
            "goto Done",
            "break",
            "continue",
            "panic(\"out\")",
            "r = zero",
            "defer Mix(uint64(i))",
            "defer func() { n += i }()",
            "func() { defer func() { recover() }(); panic(j) }()",
        ];
        let mut lines = vec![
            format!("var zero {shown} = {value}; _ = zero"),
            format!("f := func() (n int, r {shown}) {{"),
            "defer func() { if e := recover(); e != nil { MixA(e); n -= 1000 } }()".to_string(),
            format!("Outer:\nfor i := range Count({}) {{", counts[0]),
            "defer func() { Mix(uint64(n)); n++ }()".to_string(),
            format!(
                "Inner:\nfor j := range {} {{",
                self.random.pick(&["Twice(Count(2))".to_string(), format!("Count({})", counts[1]), "3".to_string()])
            ),
        ];
        for _ in 0..self.random.between(1, 4) {
            let condition = self.quiet_condition();
            let guard = self.random.pick(&["i == 1", "j == 1", "i < j", "j > 1", "i+j == 3"]).to_string();
            lines.push(format!("if {guard} && ({condition}) {{ {} }}", self.random.pick(&leaves)));
        }
        // Both labels are used, whatever was drawn.
        lines.push("if n > 100000 { break Outer }; if n > 100001 { continue Inner }; if n > 100002 { goto Done }".to_string());
        lines.push("switch { case j == 0: if i == 5 { break Inner }; break; case i == 2: continue Outer }".to_string());
        lines.push("MixI(i*7 + j)\n}\nMixI(i)\n}\nDone:\nMix(41)\nreturn n + 1, zero\n}".to_string());
        let mix = self.mix_value(&ty, "r");
        lines.push(format!("n, r := f(); MixI(n); _ = r; {mix}"));
        vec![lines.join("\n")]
    }

    /// Named results that deferred functions read and change.
    fn results(&mut self) -> Vec<String> {
        let ty = self.plain_type();
        let shown = self.text(&ty);
        let (first, second, third) = (self.quiet(&ty, 2), self.quiet(&ty, 2), self.quiet(&ty, 1));
        let index = self.quiet(&BYTE, 2);
        let body = match self.random.below(5) {
            0 => format!("return {first}, int({index})"),
            1 => format!("r, n = {first}, 3; panic(int({index}))"),
            2 => format!("var a [3]int; n = a[(int(Opaque({index})) & 7)]; return {first}, n + 1"),
            3 => format!("for i := range 3 {{ defer func() {{ n = n*10 + i }}() }}; return {first}, 0"),
            _ => format!("r = {first}; defer func() {{ panic(fmt2(recover(), n)) }}(); panic(\"in\")"),
        };
        let mix = self.mix_value(&ty, "r");
        let recovers = *self.random.pick(&["e := recover(); e != nil", "e := any(nil); e != nil", "e := recover(); true"]);
        vec![
            "fmt2 := func(e any, n int) string { s, _ := e.(string); return s + Itoa(n) }; _ = fmt2".to_string(),
            format!(
                "f := func() (r {shown}, n int) {{ defer func() {{ if {recovers} {{ MixA(e); r, n = {second}, n + 1 }} }}(); defer func() {{ n += 5 }}(); {body} }}"
            ),
            format!("g := func() (r {shown}, n int) {{ defer func() {{ if e := recover(); e != nil {{ MixA(e); r = {third} }} }}(); return f() }}"),
            format!("r, n := g(); MixI(n); _ = r; {mix}"),
        ]
    }

    /// Assignments of several values, whose indices and pointers are evaluated first.
    fn order(&mut self) -> Vec<String> {
        let ty = self.plain_type();
        let shown = self.text(&ty);
        let values: Vec<String> = (0..4).map(|_| self.quiet(&ty, 1)).collect();
        let mix = self.mix_value(&ty, "x");
        let moves = [
            "i, a[i] = 2, a[i+1]",
            "a[i], i = a[3-i], i+1",
            "a[0], a[1], a[2] = a[1], a[2], a[0]",
            "s[i], s = a[i], s[1:]",
            "p, *p = &a[3], a[1]",
            "b, a[1] = a, b[2]",
            "m[i], m[1-i] = m[1-i], m[i]",
            "i, j = j, i",
            "a[i], a[j] = a[j], a[i]",
            "s, a[0] = a[1:], s[0]",
            "q.Fst, q.Snd = q.Snd, q.Fst",
            "i, q.Fst = 1, a[i]",
        ];
        let mut lines = vec![
            format!("a := [4]{shown}{{{}}}; b := a; s := append([]{shown}(nil), a[:]...); i, j := 0, 1; p := &a[0]; _ = p", values.join(", ")),
            format!("m := map[int]{shown}{{0: a[0], 1: a[1]}}; q := Pair[{shown}, {shown}]{{a[2], a[3]}}"),
        ];
        for _ in 0..self.random.between(2, 5) {
            // Indices stay in range: each step begins anew.
            lines.push(format!("i, j = {}, {}; s = a[:]", self.random.below(2), self.random.below(2)));
            lines.push(self.random.pick(&moves).to_string());
            lines.push("MixI(i); MixI(j)".to_string());
        }
        lines.push(format!("for _, x := range a {{ _ = x; {mix} }}; for _, x := range b {{ _ = x; {mix} }}; for _, x := range s {{ _ = x; {mix} }}"));
        lines.push(format!("for _, x := range []{shown}{{*p, q.Fst, q.Snd, m[0], m[1]}} {{ _ = x; {mix} }}"));
        lines
    }

    /// Constant declarations, with and without types.
    fn constants(&mut self) -> Vec<String> {
        let int = *self.random.pick(INTS);
        let (shift, add, factor) = (self.random.below(3), self.random.below(50), self.random.between(1, 9));
        let big = self.random.between(64, 300);
        let value = self.literal(int, true);
        let divisor = self.random.between(1, 100);
        vec![
            format!("const (\nc0 = iota*{factor} + {add}\nc1\n_\nc3\nt0 {} = iota + 1\nt1\n)", int.name),
            format!("const (\ns0, u0 = 1 << (iota*2 + {shift}), iota\ns1, u1\ns2, u2\n)"),
            format!("const big = 1<<{big} + {add}; const half = big >> {}; const ratio = big / (half + 1.0)", big - 20),
            format!("const v {} = {value}; x := v; MixI(v / {divisor}); MixI(x / {divisor}); MixI(v % {divisor}); MixI(x % {divisor})", int.name),
            "MixI(c0 + c1*c3); MixI(t0 + t1); MixI(s0 + s1*s2 + u0 + u1 - u2); MixI(half); MixF(ratio)".to_string(),
            format!(
                "const f = {factor}.25e{shift} / 3; MixF(f); var g float32 = f; MixF(float64(g)); MixF(float64(float32(f) * g)); MixI(int64(f*1e3 - (f*1e3 - {add})))"
            ),
            format!(
                "const text = \"é\" + `{add}\\n` + string(rune(0x4e16 + {factor})); MixI(len(text)); MixS(text); first := text[0]; MixI(first); MixI(len([{}]int{{}}))",
                factor + 1
            ),
            format!(
                "const c = {factor} + {add}i; MixC(c * c / (1 + 2i)); MixF(real(c)); MixI('a' + {factor}); const r = 'x' - {shift}; MixS(string(r)); MixB(c0 < c1 && text > \"a\")"
            ),
        ]
    }

    /// Arrays and structs are copied when assigned, ranged over, sent, captured by value or put into an interface.
    fn copies(&mut self) -> Vec<String> {
        let ty = self.plain_type();
        let shown = self.text(&ty);
        let (first, second) = (self.quiet(&ty, 2), self.quiet(&ty, 2));
        let mix = self.mix_value(&ty, "x");
        let count = self.random.between(1, 5);
        vec![
            format!("type node struct {{ arr [{count}]{shown}; n int; sub struct {{ v {shown} }} }}"),
            format!(
                "a := node{{n: 1}}; for i := range a.arr {{ a.arr[i] = {first} }}; b, p := a, &a; var held any = a; ch := make(chan node, 1); ch <- a"
            ),
            "f := func(n node) node { n.n += 10; n.arr[0], n.sub.v = n.sub.v, n.arr[0]; return n }; g := func() node { return *p }".to_string(),
            format!("a.arr[0], a.n, a.sub.v = {second}, 2, {second}; c := f(a); m := map[string]node{{\"a\": a}}; s := []node{{a, b}}"),
            format!(
                "for i, n := range s {{ s[1-i].n = 50 + i; n.n += 100; MixI(n.n) }}; arr := [2]node{{a, b}}; for i, n := range arr {{ arr[1-i].n = 70; MixI(n.n); p.sub.v = {first} }}"
            ),
            "d := held.(node); e := <-ch; h := g(); l := m[\"a\"]; p.n++; held = p; held.(*node).n++; k := *held.(*node)".to_string(),
            format!(
                "for _, n := range []node{{a, b, c, d, e, h, k, l, s[0], s[1], arr[0], arr[1]}} {{ MixI(n.n); for _, x := range n.arr {{ _ = x; {mix} }}; x := n.sub.v; _ = x; {mix} }}"
            ),
        ]
    }

    /// Equality of structs, arrays and interfaces, and as keys of maps.
    fn comparisons(&mut self) -> Vec<String> {
        let fits = |generator: &mut Generator| {
            let drawn: Vec<Ty> = (0..8).map(|_| generator.any_type()).collect();
            drawn.into_iter().find(|ty| *ty != Ty::Param && comparable(ty, &generator.defs)).unwrap_or(Ty::Str)
        };
        let (one, two) = (fits(self), fits(self));
        let (shown, shown_two) = (self.text(&one), self.text(&two));
        let values: Vec<String> = (0..3).map(|_| self.quiet(&one, 2)).collect();
        let others: Vec<String> = (0..3).map(|_| self.quiet(&two, 2)).collect();
        vec![
            format!("type key struct {{ a {shown}; _ int; b [2]{shown_two}; c any }}"),
            format!("xs := []{shown}{{{}}}; ys := []{shown_two}{{{}}}", values.join(", "), others.join(", ")),
            format!("var keys []key; for i, x := range xs {{ for j, y := range ys {{ keys = append(keys, key{{a: x, b: [2]{shown_two}{{y, ys[(i+j)%3]}}, c: Sel[any](i == j, x, y)}}) }} }}"),
            "m := map[key]int{}; h := map[any]int{}; for i, k := range keys { m[k] += i; h[k] += i; h[k.a] -= i; h[k.c]++; h[k.b] += 2 }".to_string(),
            "MixI(len(m)); MixI(len(h)); for i, k := range keys { MixI(m[k]); MixI(h[k]); MixI(h[k.c]); MixB(k == keys[i/2]); MixB(any(k) == any(keys[0])); MixB(k.b != keys[0].b); delete(m, k) }".to_string(),
            "MixI(len(m)); func() { defer func() { MixA(recover()) }(); var bad any = []int{1}; h[bad] = 1 }(); func() { defer func() { MixA(recover()) }(); var f any = func() {}; MixB(f == f) }()".to_string(),
            "nan := func() float64 { z := Opaque(0.0); return z / z }(); g := map[float64]int{nan: 1}; g[nan] = 2; g[Opaque(0.0)] = 3; g[-Opaque(0.0)]++; MixI(len(g)); MixI(g[0]); clear(g); MixI(len(g)); MixB(any(nan) == any(nan)); MixB([1]float64{nan} == [1]float64{nan})".to_string(),
        ]
    }

    /// Goroutines in a row, and a loop with select that ends when all is done.
    fn pipeline(&mut self) -> Vec<String> {
        let ty = self.plain_type();
        let shown = self.text(&ty);
        let value = self.quiet(&ty, 2);
        let mix = self.mix_value(&ty, "x");
        let buffers = [self.random.below(3), self.random.below(3)];
        let count = self.random.between(1, 6);
        let ending = *self.random.pick(&["return", "Exit()", "panic(\"stage\")"]);
        vec![
            format!(
                "type item struct {{ n int; x {shown}; back chan int }}; first, second, quit := make(chan item, {}), make(chan *item, {}), make(chan struct{{}})",
                buffers[0], buffers[1]
            ),
            format!(
                "var init {shown} = {value}; go func() {{ defer close(first); for n := range {count} {{ back := make(chan int, 1); first <- item{{n, init, back}}; Id(<-back) }} }}()"
            ),
            format!(
                "go func() {{ defer close(quit); defer close(second); defer func() {{ recover() }}(); for it := range first {{ it.back <- it.n; it.n *= 3; second <- &it }}; {ending} }}()"
            ),
            format!(
                "sum := 0; for second != nil || quit != nil {{ select {{ case it, ok := <-second: if !ok {{ second = nil; continue }}; sum += it.n; x := it.x; _ = x; {mix}; case <-quit: quit = nil }} }}; MixI(sum)"
            ),
        ]
    }

    /// Floating-point and complex numbers as they are printed, compared and converted.
    fn floats(&mut self) -> Vec<String> {
        let values: Vec<String> = (0..3).map(|_| self.quiet(&Ty::F64, 3)).collect();
        let complex = self.quiet(&Ty::C128, 2);
        let names = ["x", "y", "z"];
        let mut lines: Vec<String> = names.iter().zip(&values).map(|(name, value)| format!("{name} := Opaque({value})")).collect();
        lines.push(format!("c := Opaque({complex}); d := complex64(c); w := float32(x)"));
        if self.frame.times == 1 {
            lines.push("if x == x && y == y { println(x, y, -x, w, float32(y)) }; if c == c && c-c == 0 { println(c, d) }".to_string());
        }
        lines.push("MixF(min(x, y, z)); MixF(max(x, y, z)); MixF(min(x, -0.0)); MixF(max(-x, 0)); MixF(x*y + z); MixF(float64(x*y) + z); MixF(float64(w*w - w))".to_string());
        lines.push("MixC(c * c); MixC(c / (c + 1)); MixC(complex128(d * d)); MixC(complex(x, -y)); MixB(c == complex(real(c), imag(c))); MixB(d != 0); MixF(float64(real(d)))".to_string());
        lines.push("MixB(x < y); MixB(x <= y); MixB(x != x); MixB(!(x > y)); MixI(F2I(x)); MixI(F2U(y)); MixI(int32(F2I(z) % 1000)); MixF(float64(F2I(x))); MixF(float64(F2U(y))); MixF(float64(float32(F2U(z)))); MixF(float64(uint32(F2U(x))))".to_string());
        lines
    }

    /// Type switches in generic functions, and generic interfaces.
    fn kinds(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for _ in 0..self.random.between(2, 4) {
            let ty = self.plain_type();
            let (shown, value) = (self.text(&ty), self.quiet(&ty, 2));
            lines.push(format!("MixI(Kind[{shown}]({value})); MixI(Kind([]{shown}{{}})); MixI(Kind(Some[{shown}]{{{value}}}))"));
            let mix = self.mix_value(&ty, "v");
            lines.push(format!("for _, o := range []Option[{shown}]{{Some[{shown}]{{{value}}}, None[{shown}]{{}}, &Some[{shown}]{{{value}}}}} {{ v, ok := o.Get(); MixB(ok); _ = v; {mix}; MixI(Kind(o)) }}"));
            if comparable(&ty, &self.defs) && !nillable(&ty, &self.defs) {
                let other = self.quiet(&ty, 2);
                lines.push(format!("MixI(Index([]{shown}{{{other}, {value}}}, {value}))"));
            }
        }
        vec![format!("{{ {} }}", lines.join("\n"))]
    }

    /// Methods as functions, through types, interfaces and embedded generic types.
    fn method_expressions(&mut self) -> Vec<String> {
        let ty = self.plain_type();
        let shown = self.text(&ty);
        let (value, other) = (self.quiet(&ty, 2), self.quiet(&ty, 2));
        let (mix, mix_back) = (self.mix_value(&ty, "v"), self.mix_value(&ty, "p.Fst"));
        vec![
            format!("f := Option[{shown}].Get; g := Some[{shown}].Get; h := (*Some[{shown}]).Get; k := (*Pair[{shown}, int]).Set"),
            format!("p := Pair[{shown}, int]{{Snd: 4}}; k(&p, {value}, 9); _ = p; {mix_back}; MixI(p.Swap().Fst)"),
            format!(
                "for _, get := range []func() ({shown}, bool){{Some[{shown}]{{{value}}}.Get, func() ({shown}, bool) {{ return f(None[{shown}]{{}}) }}, func() ({shown}, bool) {{ return g(Some[{shown}]{{{other}}}) }}, func() ({shown}, bool) {{ return h(&Some[{shown}]{{{other}}}) }}}} {{ v, ok := get(); MixB(ok); _ = v; {mix} }}"
            ),
            format!(
                "w := struct {{ *Stack[{shown}]; Pair[int, {shown}] }}{{Stack: new(Stack[{shown}])}}; w.Push({value}); defer w.Push({other}); MixI(w.Len()); w.Set(3, {other}); MixI(w.Fst); type pusher interface {{ Push({shown}); Len() int }}; var i pusher = w; i.Push({other}); MixI(i.Len()); func() {{ defer func() {{ MixA(recover()) }}(); var none pusher; none.Push({value}) }}()"
            ),
        ]
    }
}
