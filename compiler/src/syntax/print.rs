//! The tree as Go source.
//!
//! Two forms. [`short`] prints an expression on one line for messages, exactly as Go's compiler does: bodies of functions and
//! elements of composite literals become `…`, parentheses appear where the tree has them. [`source`] prints a whole file that
//! parses to the same tree; it looks like Go but does not claim to be formatted as gofmt would.

use super::ast::*;
use super::parser::is_type_elem;

/// An expression on one line, abridged.
pub fn short(expr: &Expr) -> String {
    let mut printer = Printer::new(true);
    printer.expr(expr);
    printer.out
}

/// A simple statement on one line, abridged.
pub fn short_stmt(stmt: &Stmt) -> String {
    let mut printer = Printer::new(true);
    printer.stmt(stmt);
    printer.out
}

/// A file as source text.
pub fn source(file: &File) -> String {
    let mut printer = Printer::new(false);
    printer.file(file);
    printer.out
}

struct Printer {
    out: String,
    short: bool,
    indent: usize,
}

impl Printer {
    fn new(short: bool) -> Printer {
        Printer { out: String::new(), short, indent: 0 }
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.indent {
            self.out.push('\t');
        }
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Declarations

    fn file(&mut self, file: &File) {
        if let Some(version) = &file.go_version {
            self.text(&format!("//go:build {version}\n\n"));
        }
        self.text("package ");
        self.text(file.package.name.as_str());
        self.line();
        for linkname in &file.linknames {
            let word = if linkname.standard { "linknamestd" } else { "linkname" };
            self.text(&format!("\n//go:{word} {}", linkname.local));
            if let Some(remote) = linkname.remote {
                self.text(&format!(" {remote}"));
            }
        }
        if !file.linknames.is_empty() {
            self.line();
        }
        self.line();
        self.decls(&file.decls);
        self.line();
    }

    /// Declarations, those of one group in parentheses.
    fn decls(&mut self, decls: &[Decl]) {
        let mut index = 0;
        while index < decls.len() {
            if index > 0 {
                self.line();
            }
            let (keyword, group) = match &decls[index] {
                Decl::Import(decl) => ("import ", decl.group),
                Decl::Const(decl) => ("const ", decl.group),
                Decl::Type(decl) => ("type ", decl.group),
                Decl::Var(decl) => ("var ", decl.group),
                Decl::Func(decl) => {
                    self.func_decl(decl);
                    index += 1;
                    continue;
                }
            };
            let pragmas = match &decls[index] {
                Decl::Var(decl) if group.is_none() => Some(&decl.pragmas),
                Decl::Type(decl) if group.is_none() => Some(&decl.pragmas),
                _ => None,
            };
            if let Some(pragmas) = pragmas {
                self.pragmas(pragmas);
            }
            self.text(keyword);
            if group.is_none() {
                self.decl(&decls[index]);
                index += 1;
                continue;
            }
            self.text("(");
            self.indent += 1;
            while decls.get(index).is_some_and(|decl| group_of(decl) == group) {
                self.line();
                match &decls[index] {
                    Decl::Var(decl) => self.pragmas(&decl.pragmas),
                    Decl::Type(decl) => self.pragmas(&decl.pragmas),
                    _ => {}
                }
                self.decl(&decls[index]);
                index += 1;
            }
            self.indent -= 1;
            self.line();
            self.text(")");
        }
    }

    fn pragmas(&mut self, pragmas: &Pragmas) {
        let names = [
            (PragmaFlags::NOINLINE, "noinline"),
            (PragmaFlags::NOSPLIT, "nosplit"),
            (PragmaFlags::NOESCAPE, "noescape"),
            (PragmaFlags::NORACE, "norace"),
            (PragmaFlags::SYSTEMSTACK, "systemstack"),
            (PragmaFlags::NOWRITEBARRIER, "nowritebarrier"),
            (PragmaFlags::NOWRITEBARRIERREC, "nowritebarrierrec"),
            (PragmaFlags::YESWRITEBARRIERREC, "yeswritebarrierrec"),
            (PragmaFlags::CGO_UNSAFE_ARGS, "cgo_unsafe_args"),
            (PragmaFlags::UINTPTR_ESCAPES, "uintptrescapes"),
            (PragmaFlags::NOINTERFACE, "nointerface"),
        ];
        for (flag, name) in names {
            if pragmas.flags.has(flag) {
                self.text(&format!("//go:{name}"));
                self.line();
            }
        }
        for embed in &pragmas.embeds {
            self.text("//go:embed");
            for pattern in &embed.patterns {
                self.text(&format!(" {pattern:?}"));
            }
            self.line();
        }
        if let Some(import) = &pragmas.wasm_import {
            self.text(&format!("//go:wasmimport {} {}", import.module, import.name));
            self.line();
        }
        if let Some(export) = &pragmas.wasm_export {
            self.text(&format!("//go:wasmexport {}", export.name));
            self.line();
        }
    }

    /// One declaration without its keyword.
    fn decl(&mut self, decl: &Decl) {
        match decl {
            Decl::Import(decl) => {
                if let Some(name) = &decl.name {
                    self.text(name.name.as_str());
                    self.text(" ");
                }
                if let Some(path) = &decl.path {
                    self.text(&path.text);
                }
            }
            Decl::Const(decl) => self.spec(&decl.names, &decl.ty, &decl.values),
            Decl::Var(decl) => self.spec(&decl.names, &decl.ty, &decl.values),
            Decl::Type(decl) => {
                self.text(decl.name.name.as_str());
                if !decl.type_params.is_empty() {
                    self.type_params(&decl.type_params, true);
                }
                self.text(if decl.alias { " = " } else { " " });
                self.expr(&decl.ty);
            }
            Decl::Func(decl) => self.func_decl(decl),
        }
    }

    fn spec(&mut self, names: &[Ident], ty: &Option<Expr>, values: &[Expr]) {
        self.names(names);
        if let Some(ty) = ty {
            self.text(" ");
            self.expr(ty);
        }
        if !values.is_empty() {
            self.text(" = ");
            self.exprs(values);
        }
    }

    fn func_decl(&mut self, decl: &FuncDecl) {
        self.line();
        self.pragmas(&decl.pragmas);
        self.text("func ");
        if let Some(receiver) = &decl.receiver {
            self.text("(");
            self.field(receiver);
            self.text(") ");
        }
        self.text(decl.name.name.as_str());
        if !decl.type_params.is_empty() {
            self.type_params(&decl.type_params, false);
        }
        self.signature(&decl.ty);
        if let Some(body) = &decl.body {
            self.text(" ");
            self.block(body);
        }
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Types

    fn names(&mut self, names: &[Ident]) {
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.text(name.name.as_str());
        }
    }

    fn field(&mut self, field: &Field) {
        if !field.names.is_empty() {
            self.names(&field.names);
            self.text(" ");
        }
        self.expr(&field.ty);
        if let Some(tag) = &field.tag {
            self.text(" ");
            self.text(&tag.text);
        }
    }

    fn params(&mut self, fields: &[Field]) {
        self.text("(");
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.field(field);
        }
        self.text(")");
    }

    /// Of a type, `[P *T]` would be an array of length `P * T`; a comma behind it tells them apart.
    fn type_params(&mut self, fields: &[Field], of_type: bool) {
        self.text("[");
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.field(field);
        }
        if of_type
            && let [only] = fields
            && only.count() == 1
            && combines_with_name(&only.ty)
        {
            self.text(",");
        }
        self.text("]");
    }

    fn signature(&mut self, ty: &FuncType) {
        self.params(&ty.params);
        match &ty.results[..] {
            [] => {}
            [only] if only.names.is_empty() => {
                self.text(" ");
                self.expr(&only.ty);
            }
            results => {
                self.text(" ");
                self.params(results);
            }
        }
    }

    /// Fields or methods between braces, on one line in the short form.
    fn members(&mut self, members: &[Field], mut member: impl FnMut(&mut Printer, &Field)) {
        self.text("{");
        self.indent += 1;
        for (index, field) in members.iter().enumerate() {
            if !self.short {
                self.line();
            } else if index > 0 {
                self.text("; ");
            }
            member(self, field);
        }
        self.indent -= 1;
        if !self.short && !members.is_empty() {
            self.line();
        }
        self.text("}");
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Expressions

    fn exprs(&mut self, exprs: &[Expr]) {
        for (index, expr) in exprs.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.expr(expr);
        }
    }

    /// Prints it in parentheses if that is needed and this is the form that cares.
    fn guarded(&mut self, expr: &Expr, needed: bool) {
        let needed = needed && !self.short;
        if needed {
            self.text("(");
        }
        self.expr(expr);
        if needed {
            self.text(")");
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Bad => self.text("<bad expr>"),
            ExprKind::Name(name) => self.text(name.as_str()),
            ExprKind::Literal(literal) => self.text(&literal.text),
            ExprKind::Func(func) => {
                self.text("func");
                self.signature(&func.ty);
                self.text(" ");
                if self.short {
                    self.text(if func.body.stmts.is_empty() { "{}" } else { "{…}" });
                } else {
                    self.block(&func.body);
                }
            }
            ExprKind::Composite(literal) => {
                if let Some(ty) = &literal.ty {
                    self.expr(ty);
                }
                self.text("{");
                if !self.short {
                    self.elements(&literal.elements);
                } else if !literal.elements.is_empty() {
                    self.text("…");
                }
                self.text("}");
            }
            ExprKind::KeyValue(pair) => {
                self.expr(&pair.key);
                self.text(": ");
                self.expr(&pair.value);
            }
            ExprKind::Paren(inner) => {
                self.text("(");
                self.expr(inner);
                self.text(")");
            }
            ExprKind::Selector(selector) => {
                self.expr(&selector.x);
                self.text(".");
                self.text(selector.sel.name.as_str());
            }
            ExprKind::Index(index) => {
                self.expr(&index.x);
                self.text("[");
                self.exprs(&index.indices);
                self.text("]");
            }
            ExprKind::Slice(slice) => {
                self.expr(&slice.x);
                self.text("[");
                let [low, high, max] = &slice.indices;
                if let Some(low) = low {
                    self.expr(low);
                }
                self.text(":");
                if let Some(high) = high {
                    self.expr(high);
                }
                if let Some(max) = max {
                    self.text(":");
                    self.expr(max);
                }
                self.text("]");
            }
            ExprKind::Assert(assert) => {
                self.expr(&assert.x);
                self.text(".(");
                self.expr(&assert.ty);
                self.text(")");
            }
            ExprKind::TypeSwitchGuard(guard) => {
                if let Some(name) = &guard.name {
                    self.text(name.name.as_str());
                    self.text(" := ");
                }
                self.expr(&guard.x);
                self.text(".(type)");
            }
            ExprKind::Unary(unary) => {
                self.text(unary.op.as_str());
                // `&(x)` loses its parentheses in the tree.
                let binary = matches!(unary.x.kind, ExprKind::Binary(_));
                self.guarded(&unary.x, unary.op == Operator::And && binary);
            }
            ExprKind::Binary(binary) => {
                self.expr(&binary.x);
                self.text(" ");
                self.text(binary.op.as_str());
                self.text(" ");
                self.expr(&binary.y);
            }
            ExprKind::Call(call) => {
                self.expr(&call.fun);
                self.text("(");
                self.exprs(&call.args);
                if call.has_dots {
                    self.text("...");
                }
                self.text(")");
            }
            ExprKind::ArrayType(array) => {
                self.text("[");
                match &array.len {
                    Some(len) => self.expr(len),
                    None => self.text("..."),
                }
                self.text("]");
                self.expr(&array.elem);
            }
            ExprKind::SliceType(elem) => {
                self.text("[]");
                self.expr(elem);
            }
            ExprKind::DotsType(elem) => {
                self.text("...");
                self.expr(elem);
            }
            ExprKind::StructType(ty) => {
                self.text(if self.short || ty.fields.is_empty() { "struct" } else { "struct " });
                self.members(&ty.fields, |printer, field| printer.field(field));
            }
            ExprKind::InterfaceType(ty) => {
                self.text(if self.short || ty.elements.is_empty() { "interface" } else { "interface " });
                self.members(&ty.elements, |printer, field| match (&field.names[..], &field.ty.kind) {
                    ([name], ExprKind::FuncType(ty)) => {
                        printer.text(name.name.as_str());
                        printer.signature(ty);
                    }
                    _ => printer.expr(&field.ty),
                });
            }
            ExprKind::FuncType(ty) => {
                self.text("func");
                self.signature(ty);
            }
            ExprKind::MapType(map) => {
                self.text("map[");
                self.expr(&map.key);
                self.text("]");
                self.expr(&map.value);
            }
            ExprKind::ChanType(chan) => {
                self.text(match chan.dir {
                    ChanDir::Both => "chan ",
                    ChanDir::SendOnly => "chan<- ",
                    ChanDir::ReceiveOnly => "<-chan ",
                });
                // `chan (<-chan T)` and `chan <-chan T` are different types.
                let arrow_follows = matches!(&chan.elem.kind, ExprKind::ChanType(elem) if elem.dir == ChanDir::ReceiveOnly);
                if chan.dir == ChanDir::Both && arrow_follows {
                    self.text("(");
                    self.expr(&chan.elem);
                    self.text(")");
                } else {
                    self.expr(&chan.elem);
                }
            }
        }
    }

    fn elements(&mut self, elements: &[Expr]) {
        if elements.len() < 8 {
            self.exprs(elements);
            return;
        }
        self.indent += 1;
        for elem in elements {
            self.line();
            self.expr(elem);
            self.text(",");
        }
        self.indent -= 1;
        self.line();
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Statements

    fn block(&mut self, block: &Block) {
        self.text("{");
        self.stmts(&block.stmts);
        if !block.stmts.is_empty() {
            self.line();
        }
        self.text("}");
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        self.indent += 1;
        for stmt in stmts {
            self.line();
            self.stmt(stmt);
            if matches!(stmt.kind, StmtKind::Empty) {
                self.text(";");
            }
        }
        self.indent -= 1;
    }

    fn header_init(&mut self, init: &Option<Stmt>) {
        if let Some(init) = init {
            self.stmt(init);
            self.text("; ");
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Empty => {}
            StmtKind::Labeled(labeled) => {
                self.text(labeled.label.name.as_str());
                self.text(":");
                self.line();
                self.stmt(&labeled.stmt);
                if matches!(labeled.stmt.kind, StmtKind::Empty) {
                    self.text(";");
                }
            }
            StmtKind::Block(block) => self.block(block),
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Send(send) => {
                self.expr(&send.chan);
                self.text(" <- ");
                self.expr(&send.value);
            }
            StmtKind::Decl(decls) => match decls.first() {
                Some(_) => self.decls(decls),
                None => self.text("var ()"),
            },
            StmtKind::Assign(assign) => {
                self.exprs(&assign.lhs);
                match assign.op {
                    AssignOp::Assign => self.text(" = "),
                    AssignOp::Define => self.text(" := "),
                    AssignOp::Operation(op) => self.text(&format!(" {op}= ")),
                    AssignOp::Increment => self.text("++"),
                    AssignOp::Decrement => self.text("--"),
                }
                self.exprs(&assign.rhs);
            }
            StmtKind::Branch(branch) => {
                self.text(branch.kind.as_str());
                if let Some(label) = &branch.label {
                    self.text(" ");
                    self.text(label.name.as_str());
                }
            }
            StmtKind::Go(call) => {
                self.text("go ");
                self.expr(call);
            }
            StmtKind::Defer(call) => {
                self.text("defer ");
                self.expr(call);
            }
            StmtKind::Return(results) => {
                self.text("return");
                if !results.is_empty() {
                    self.text(" ");
                    self.exprs(results);
                }
            }
            StmtKind::If(_) => self.if_stmt(stmt),
            StmtKind::For(stmt) => {
                self.text("for ");
                if stmt.init.is_none() && stmt.post.is_none() {
                    if let Some(cond) = &stmt.cond {
                        self.expr(cond);
                        self.text(" ");
                    }
                } else {
                    if let Some(init) = &stmt.init {
                        self.stmt(init);
                    }
                    self.text("; ");
                    if let Some(cond) = &stmt.cond {
                        self.expr(cond);
                    }
                    self.text("; ");
                    if let Some(post) = &stmt.post {
                        self.stmt(post);
                        self.text(" ");
                    }
                }
                self.block(&stmt.body);
            }
            StmtKind::Range(stmt) => {
                self.text("for ");
                if !stmt.lhs.is_empty() {
                    self.exprs(&stmt.lhs);
                    self.text(if stmt.define { " := " } else { " = " });
                }
                self.text("range ");
                self.expr(&stmt.x);
                self.text(" ");
                self.block(&stmt.body);
            }
            StmtKind::Switch(stmt) => {
                self.text("switch ");
                self.header_init(&stmt.init);
                if let Some(tag) = &stmt.tag {
                    self.expr(tag);
                    self.text(" ");
                }
                self.text("{");
                for clause in &stmt.clauses {
                    self.line();
                    if clause.is_default() {
                        self.text("default:");
                    } else {
                        self.text("case ");
                        self.exprs(&clause.exprs);
                        self.text(":");
                    }
                    self.stmts(&clause.stmts);
                }
                self.line();
                self.text("}");
            }
            StmtKind::Select(stmt) => {
                self.text("select {");
                for clause in &stmt.clauses {
                    self.line();
                    match &clause.comm {
                        None => self.text("default:"),
                        Some(comm) => {
                            self.text("case ");
                            self.stmt(comm);
                            self.text(":");
                        }
                    }
                    self.stmts(&clause.stmts);
                }
                self.line();
                self.text("}");
            }
        }
    }

    fn if_stmt(&mut self, stmt: &Stmt) {
        let mut stmt = stmt;
        while let StmtKind::If(link) = &stmt.kind {
            self.text("if ");
            self.header_init(&link.init);
            self.expr(&link.cond);
            self.text(" ");
            self.block(&link.then);
            let Some(otherwise) = &link.otherwise else { return };
            self.text(" else ");
            stmt = otherwise;
        }
        self.stmt(stmt);
    }
}

fn group_of(decl: &Decl) -> Option<GroupId> {
    match decl {
        Decl::Import(decl) => decl.group,
        Decl::Const(decl) => decl.group,
        Decl::Type(decl) => decl.group,
        Decl::Var(decl) => decl.group,
        Decl::Func(_) => None,
    }
}

/// Whether a name and this type behind it read as one expression: `P *T`.
fn combines_with_name(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Unary(unary) => unary.op == Operator::Mul && !is_type_elem(&unary.x),
        ExprKind::Binary(binary) => combines_with_name(&binary.x) && !is_type_elem(&binary.y),
        ExprKind::Paren(inner) => !is_type_elem(inner),
        _ => false,
    }
}
