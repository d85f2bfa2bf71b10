//! Types and stack frames that are too large: what Go's compiler says only after a package has passed the type checker.
//!
//! The limits are Go's: no type is larger than its address space, elements of channels and maps have limits of their own, and a frame ends
//! at a gigabyte. A frame is counted as far as the source shows it: parameters and results, what calls need for theirs, arrays that a range
//! statement copies, and literals of slices larger than the memory of the target, which can live nowhere.

use crate::source::Pos;
use crate::syntax::ast::{CompositeLit, Decl, Expr, ExprKind, File, Stmt, StmtKind};
use crate::syntax::walk::{Visitor, walk_block, walk_decl};

use super::super::hash::FastSet;
use super::super::sizes::WORD_BYTES;
use super::super::{Mode, PackageId, SignatureId, TypeId, TypeKind};
use super::Checker;

/// No type has this many bytes.
const TYPE_LIMIT: i64 = 1 << 50;
const CHANNEL_ELEMENT_LIMIT: i64 = 1 << 16;
const MAP_LIMIT: i64 = 1 << 31;
const FRAME_LIMIT: i64 = 1 << 30;
/// All there can be of memory.
const MEMORY_BYTES: i64 = 1 << 32;
/// Smaller values are not counted: a thousand of them do not matter.
const COUNTED_BYTES: i64 = 64 << 10;

impl<'a> Checker<'a> {
    /// Looks for types that are too large in a package that has no errors.
    pub fn large_types(&mut self, package: PackageId, files: &[&'a File]) {
        self.enter(package);
        let mut visitor = LargeTypes { checker: self, seen: FastSet::default(), at: Vec::new() };
        for decl in files.iter().flat_map(|file| &file.decls) {
            visitor.at.clear();
            visitor.at.push(decl.pos());
            walk_decl(decl, &mut visitor);
        }
        self.leave();
    }

    /// Looks for functions whose frames are too large.
    pub fn large_frames(&mut self, files: &[&'a File]) {
        for decl in files.iter().flat_map(|file| &file.decls) {
            match decl {
                Decl::Func(function) if function.type_params.is_empty() => {
                    let Some(object) = self.info.definition(function.name.id) else { continue };
                    let typ = self.types.type_of(object);
                    let Some(signature) = self.types.as_signature(typ) else { continue };
                    if self.types.signature(signature).receiver_type_params.is_empty()
                        && let Some(body) = &function.body
                    {
                        let mut frame = Frame { checker: self, locals: 0, callee: 0 };
                        walk_block(body, &mut frame);
                        frame.report(function.pos, signature);
                    }
                }
                Decl::Var(_) => walk_decl(decl, &mut Frame { checker: self, locals: 0, callee: 0 }),
                _ => {}
            }
        }
    }

    /// A type as the later passes of Go's compiler print it: with blanks inside of braces.
    pub(super) fn late_string(&self, typ: TypeId) -> String {
        let text = self.ts(typ);
        let mut out = String::with_capacity(text.len());
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '{' if rest.peek() == Some(&'}') => {
                    rest.next();
                    out.push_str(" {}");
                }
                '{' => out.push_str(" { "),
                '}' => out.push_str(" }"),
                c => out.push(c),
            }
        }
        out
    }

    fn depends_on_parameters(&mut self, typ: TypeId) -> bool {
        self.has_variable_size(typ, &mut Vec::new())
    }

    /// Bytes that parameters and results take on a stack.
    fn argument_bytes(&mut self, signature: SignatureId) -> i64 {
        let signature = self.types.signature(signature).clone();
        let mut offset: i64 = 0;
        let inputs: Vec<_> = signature.receiver.iter().chain(signature.params.iter()).copied().collect();
        for list in [&inputs[..], &signature.results] {
            for variable in list {
                let typ = self.types.type_of(*variable);
                let (align, size) = (self.types.align_of(typ).max(1), self.types.size_of(typ).max(0));
                offset = (offset.saturating_add(align - 1) & !(align - 1)).saturating_add(size);
            }
            offset = offset.saturating_add(WORD_BYTES - 1) & !(WORD_BYTES - 1);
        }
        offset
    }
}

/// Visits all types that a package writes or uses.
struct LargeTypes<'c, 'a> {
    checker: &'c mut Checker<'a>,
    seen: FastSet<TypeId>,
    /// Where errors are reported: the declaration, then the statements around.
    at: Vec<Pos>,
}

impl<'a> Visitor<'a> for LargeTypes<'_, 'a> {
    fn expr(&mut self, expr: &'a Expr) -> bool {
        let known = self.checker.info.type_and_value(expr.id);
        if !matches!(known.mode, Mode::Invalid | Mode::NoValue | Mode::Builtin) {
            self.check(known.typ);
        }
        true
    }

    fn decl(&mut self, decl: &'a Decl) -> bool {
        let Decl::Type(decl) = decl else { return true };
        // The type that a name is declared for counts once, as that of the name.
        if let Some(object) = self.checker.info.definition(decl.name.id)
            && decl.type_params.is_empty()
        {
            self.check(self.checker.types.type_of(object));
        }
        false
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> bool {
        // A declaration is where its first name is.
        self.at.push(match &stmt.kind {
            StmtKind::Decl(decls) => decls.first().map_or(stmt.pos, Decl::pos),
            _ => stmt.start(),
        });
        true
    }

    fn after_stmt(&mut self, _: &'a Stmt) {
        self.at.pop();
    }
}

impl LargeTypes<'_, '_> {
    fn error(&mut self, message: String) {
        let at = self.at.last().copied().unwrap_or(Pos::NONE);
        self.checker.error_without_code(at, message);
    }

    fn check(&mut self, typ: TypeId) {
        if !self.seen.insert(typ) || self.checker.depends_on_parameters(typ) {
            return;
        }
        match self.checker.types.kind(typ) {
            TypeKind::Named(named) => {
                let object = self.checker.types.named(named).object;
                let object = self.checker.types.object(object);
                if object.package == Some(self.checker.package) && object.pos.is_known() {
                    self.at.push(object.pos);
                    let underlying = self.checker.types.underlying(typ);
                    self.check_kind(underlying);
                    self.at.pop();
                }
            }
            TypeKind::Alias(_) => {
                let actual = self.checker.types.unalias(typ);
                self.check(actual);
            }
            _ => self.check_kind(typ),
        }
    }

    /// A type that is no name, or what a name stands for: a type and its name are too large each for itself.
    fn check_kind(&mut self, typ: TypeId) {
        match self.checker.types.kind(typ) {
            TypeKind::Pointer(elem) | TypeKind::Slice(elem) => self.check(elem),
            TypeKind::Array(length, elem) => {
                self.check(elem);
                let size = self.checker.types.size_of(elem);
                if size > 0 && length > (TYPE_LIMIT - 1) / size {
                    let text = self.checker.late_string(typ);
                    self.error(format!("type {text} larger than address space"));
                }
            }
            TypeKind::Struct(structure) => {
                let fields = self.checker.types.structure(structure).fields.clone();
                for field in fields.iter() {
                    self.check(self.checker.types.type_of(*field));
                }
                let size = self.checker.types.size_of(typ);
                if !(0..TYPE_LIMIT).contains(&size) {
                    let text = self.checker.late_string(typ);
                    self.error(format!("type {text} too large"));
                }
            }
            TypeKind::Chan(_, elem) => {
                self.check(elem);
                if self.checker.types.size_of(elem) >= CHANNEL_ELEMENT_LIMIT {
                    self.error("channel element type too large (>64kB)".to_string());
                }
            }
            TypeKind::Map(key, elem) => {
                self.check(key);
                self.check(elem);
                if self.checker.types.size_of(elem) >= MAP_LIMIT {
                    self.error("map element type too large".to_string());
                }
                if self.checker.types.size_of(key) >= MAP_LIMIT {
                    self.error("map key type too large".to_string());
                }
            }
            TypeKind::Signature(id) => {
                let signature = self.checker.types.signature(id).clone();
                for variable in signature.params.iter().chain(signature.results.iter()) {
                    self.check(self.checker.types.type_of(*variable));
                }
            }
            _ => {}
        }
    }
}

/// What is counted of a function's frame.
struct Frame<'c, 'a> {
    checker: &'c mut Checker<'a>,
    locals: i64,
    /// The most that a call needs.
    callee: i64,
}

impl Frame<'_, '_> {
    fn report(&mut self, pos: Pos, signature: SignatureId) {
        let args = self.checker.argument_bytes(signature);
        let (locals, callee) = (self.locals, self.callee);
        let megabytes = |bytes: i64| bytes >> 20;
        if locals >= FRAME_LIMIT || args >= FRAME_LIMIT {
            self.checker
                .error_without_code(pos, format!("stack frame too large (>1GB): {} MB locals + {} MB args", megabytes(locals), megabytes(args)));
        } else if locals.saturating_add(args).saturating_add(callee) >= FRAME_LIMIT {
            let text = format!(
                "stack frame too large (>1GB): {} MB locals + {} MB args + {} MB callee",
                megabytes(locals),
                megabytes(args),
                megabytes(callee)
            );
            self.checker.error_without_code(pos, text);
        }
    }

    /// One more than the largest index of a literal of a slice or array, if its elements have keys.
    fn length_by_keys(&self, literal: &CompositeLit) -> Option<i64> {
        let mut next = 0i64;
        let mut length = 0;
        for element in &literal.elements {
            if let ExprKind::KeyValue(pair) = &element.kind {
                next = self.checker.info.constant(pair.key.id)?.as_i64()?;
            }
            next = next.saturating_add(1);
            length = length.max(next);
        }
        (literal.keys > 0).then_some(length)
    }

    /// A value that the frame holds for a while.
    fn holds(&mut self, typ: TypeId) {
        if self.checker.depends_on_parameters(typ) {
            return;
        }
        let size = self.checker.types.size_of(typ);
        if size >= COUNTED_BYTES {
            self.locals = self.locals.saturating_add(size);
        }
    }
}

impl<'a> Visitor<'a> for Frame<'_, 'a> {
    fn expr(&mut self, expr: &'a Expr) -> bool {
        match &expr.kind {
            ExprKind::Func(literal) => {
                let typ = self.checker.info.type_of(expr.id);
                let mut frame = Frame { checker: &mut *self.checker, locals: 0, callee: 0 };
                walk_block(&literal.body, &mut frame);
                if let Some(signature) = frame.checker.types.as_signature(typ) {
                    frame.report(expr.pos, signature);
                }
                false
            }
            ExprKind::Call(call) => {
                // Calls of others may be inlined, and if not, their own frames are too large as well.
                let called = call.fun.unparen();
                let typ = self.checker.info.type_of(called.id);
                let object = self.checker.info.use_of(called.id);
                if object.and_then(|object| self.checker.functions.get(&object)).is_some_and(|function| function.body.is_none())
                    && !self.checker.depends_on_parameters(typ)
                    && let Some(signature) = self.checker.types.as_signature(typ)
                {
                    let bytes = self.checker.argument_bytes(signature);
                    self.callee = self.callee.max(bytes);
                    for arg in &call.args {
                        if matches!(arg.unparen().kind, ExprKind::Call(_)) {
                            self.holds(self.checker.info.type_of(arg.id));
                        }
                    }
                }
                true
            }
            ExprKind::Composite(literal) => {
                let typ = self.checker.info.type_of(expr.id);
                if let TypeKind::Slice(elem) = self.checker.types.under(typ)
                    && let Some(length) = self.length_by_keys(literal)
                    && !self.checker.depends_on_parameters(elem)
                {
                    let bytes = self.checker.types.size_of(elem).saturating_mul(length);
                    if bytes >= MEMORY_BYTES {
                        self.locals = self.locals.saturating_add(bytes);
                    }
                }
                true
            }
            _ => true,
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> bool {
        if let StmtKind::Range(range) = &stmt.kind
            && range.lhs.get(1).is_some_and(|value| !value.is_blank())
        {
            let typ = self.checker.info.type_of(range.x.unparen().id);
            if matches!(self.checker.types.under(typ), TypeKind::Array(..)) {
                self.holds(typ);
            }
        }
        true
    }
}
