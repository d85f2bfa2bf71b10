//! Initialization and assignment.

use std::fmt::{self, Display};

use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::Symbol;
use crate::syntax::ast::{Expr, ExprKind, Operator};
use crate::types::hash::FastSet;
use crate::types::{Mode, ObjectId, ObjectKind, TypeId, TypeKind};

use super::constant::Misfit;
use super::operand::{Operand, Written};
use super::{Checker, expr_string};

/// What a value is assigned to, if that has a function type: type arguments may be inferred from it.
pub(super) struct Target {
    pub signature: TypeId,
    pub description: String,
}

/// What a value is used for, in a message.
pub(super) enum Context<'a> {
    Words(&'static str),
    ArgumentTo(&'a Expr),
    ArgumentToBuiltin(&'static str),
}

impl From<&'static str> for Context<'_> {
    fn from(words: &'static str) -> Self {
        Context::Words(words)
    }
}

impl Display for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Context::Words(words) => f.write_str(words),
            Context::ArgumentTo(function) => write!(f, "argument to {}", expr_string(function)),
            Context::ArgumentToBuiltin(name) => write!(f, "argument to built-in {name}"),
        }
    }
}

/// `1 variable`, `2 variables`.
pub(super) fn measure(count: usize, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

impl<'a> Checker<'a> {
    pub(super) fn target(&mut self, typ: TypeId, description: impl FnOnce() -> String) -> Option<Target> {
        let signature = self.types.common_underlying(typ)?;
        matches!(self.types.kind(signature), TypeKind::Signature(_)).then(|| Target { signature, description: description() })
    }

    /// Checks that an operand can be assigned to a variable of type `target`, and gives it that type if it has none. No
    /// target: the blank identifier.
    pub(super) fn assignment(&mut self, x: &mut Operand<'a>, target: Option<TypeId>, context: &Context<'a>) {
        self.single_value(x);
        match x.mode {
            Mode::Invalid => return,
            Mode::Nil | Mode::Constant | Mode::Variable | Mode::MapIndex | Mode::Value | Mode::CommaOk => {}
            _ => {
                let t = target.map_or("<nil>".to_string(), |target| self.ts(target));
                let message = format!("cannot assign {} to {t} in {context}", self.os(x));
                self.error(Code::IncompatibleAssign, x.pos(), message);
                x.invalidate();
                return;
            }
        }
        if self.types.is_untyped(x.typ) {
            let mut goal = target;
            if x.is_nil() {
                if target.is_none() {
                    self.error(Code::UntypedNilUse, x.pos(), format!("use of untyped nil in {context}"));
                    x.invalidate();
                    return;
                }
            } else if target.is_none_or(|target| self.types.is_interface_value(target)) {
                goal = Some(self.types.default_type(x.typ));
            }
            let goal = goal.unwrap_or(TypeId::INVALID);
            match self.implicit_type(x, goal) {
                Err(misfit) => {
                    let mut message = format!("cannot use {} as {} value in {context}", self.os(x), self.ts(goal));
                    message.push_str(match misfit {
                        Misfit::Truncated => " (truncated)",
                        Misfit::Overflow => " (overflows)",
                        Misfit::Other | Misfit::Kind => "",
                    });
                    self.error(misfit.assignment_code(), x.pos(), message);
                    x.invalidate();
                    return;
                }
                Ok((typ, value)) => self.set_implicit(x, typ, value),
            }
        }
        let function_target = match target {
            Some(target) if self.is_generic_function(x) => self.target(target, || context.to_string()),
            _ => None,
        };
        self.require_instantiated(function_target.as_ref(), x);
        if !x.is_valid() {
            return;
        }
        let Some(target) = target else { return };
        let mut cause = String::new();
        if let Err(code) = self.assignability(x, target, &mut cause) {
            let mut message = format!("cannot use {} as {} value in {context}", self.os(x), self.ts(target));
            if !cause.is_empty() {
                message.push_str(&format!(": {cause}"));
            }
            self.error(code, x.pos(), message);
            x.invalidate();
        }
    }

    pub(super) fn initialize_constant(&mut self, object: ObjectId, x: Operand<'a>) {
        let mut x = x;
        let declared = self.types.object(object).typ;
        if !x.is_valid() || !self.types.is_valid(x.typ) || declared.is_some_and(|typ| !self.types.is_valid(typ)) {
            self.types.object_mut(object).typ.get_or_insert(TypeId::INVALID);
            return;
        }
        if x.mode != Mode::Constant {
            let message = format!("{} is not constant", self.os(&x));
            self.error(Code::InvalidConstInit, x.pos(), message);
            self.types.object_mut(object).typ.get_or_insert(TypeId::INVALID);
            return;
        }
        let typ = *self.types.object_mut(object).typ.get_or_insert(x.typ);
        if self.types.is_untyped(typ) {
            // The constant stays untyped.
        } else {
            self.assignment(&mut x, Some(typ), &"constant declaration".into());
            if !x.is_valid() {
                return;
            }
        }
        if let ObjectKind::Constant { value } = &mut self.types.object_mut(object).kind {
            *value = x.value;
        }
    }

    /// Checks `variable = x` in a declaration and gives the variable a type if it has none.
    pub(super) fn initialize_variable(&mut self, object: ObjectId, x: &mut Operand<'a>, context: &'static str) {
        let declared = self.types.object(object).typ;
        if !x.is_valid() || !self.types.is_valid(x.typ) || declared.is_some_and(|typ| !self.types.is_valid(typ)) {
            self.types.object_mut(object).typ.get_or_insert(TypeId::INVALID);
            x.invalidate();
            return;
        }
        let typ = match declared {
            Some(typ) => typ,
            None => {
                if x.typ == TypeId::UNTYPED_NIL {
                    self.error(Code::UntypedNilUse, x.pos(), format!("use of untyped nil in {context}"));
                    self.types.object_mut(object).typ = Some(TypeId::INVALID);
                    x.invalidate();
                    return;
                }
                let typ = self.types.default_type(x.typ);
                self.types.object_mut(object).typ = Some(typ);
                typ
            }
        };
        self.assignment(x, Some(typ), &context.into());
    }

    /// The type of the left-hand side of an assignment: `Ok(None)` for the blank identifier, `Err` if it is wrong.
    fn left_hand_side(&mut self, lhs: &'a Expr) -> Result<Option<TypeId>, ()> {
        let inner = lhs.unparen();
        if inner.is_blank() {
            return Ok(None);
        }
        // Assigning to a variable does not use it.
        let mut unused = None;
        if let Some(name) = inner.as_name()
            && let Some(object) = self.lookup(name)
            && let ObjectKind::Variable(_) = &self.types.object(object).kind
            && self.types.object(object).package == Some(self.package)
            && !self.used_vars.contains(&object)
        {
            unused = Some(object);
        }
        let x = self.expr(None, lhs);
        if let Some(object) = unused {
            self.used_vars.remove(&object);
        }
        if !x.is_valid() || !self.types.is_valid(x.typ) {
            return Err(());
        }
        self.note_assignment(lhs);
        if matches!(x.mode, Mode::Variable | Mode::MapIndex) {
            return Ok(Some(x.typ));
        }
        let text = x.text();
        if let Some(Expr { kind: ExprKind::Selector(selector), .. }) = x.expr() {
            let base = self.expr(None, &selector.x);
            if base.mode == Mode::MapIndex {
                self.error(Code::UnaddressableFieldAssign, x.pos(), format!("cannot assign to struct field {text} in map"));
                return Err(());
            }
        }
        self.error(Code::UnassignableOperand, x.pos(), format!("cannot assign to {text} (neither addressable nor a map index expression)"));
        Err(())
    }

    /// The variable that an addressable expression lies in: `x` of `x.f[0]`, if no pointer is followed.
    fn root_variable(&self, expr: &'a Expr) -> Option<ObjectId> {
        let mut at = expr;
        loop {
            at = match &at.kind {
                ExprKind::Paren(inner) => inner,
                ExprKind::Name(_) => {
                    let object = self.info.use_of(at.id)?;
                    return self.types.object(object).variable().map(|_| object);
                }
                ExprKind::Selector(selector) => {
                    let selection = self.info.selections.get(&at.id)?;
                    if selection.indirect {
                        return None;
                    }
                    &selector.x
                }
                ExprKind::Index(index) => {
                    let typ = self.info.type_of(index.x.id);
                    let typ = self.types.unalias(typ);
                    let underlying = match self.types.kind(typ) {
                        TypeKind::Named(named) => self.types.named(named).underlying?,
                        _ => typ,
                    };
                    if !matches!(self.types.kind(underlying), TypeKind::Array(..)) {
                        return None;
                    }
                    &index.x
                }
                _ => return None,
            };
        }
    }

    fn note_assignment(&mut self, lhs: &'a Expr) {
        if let Some(object) = self.root_variable(lhs)
            && let ObjectKind::Variable(variable) = &mut self.types.object_mut(object).kind
        {
            variable.reassigned = true;
        }
    }

    pub(super) fn note_address(&mut self, expr: &'a Expr) {
        if let Some(object) = self.root_variable(expr)
            && let ObjectKind::Variable(variable) = &mut self.types.object_mut(object).kind
        {
            variable.address_taken = true;
        }
    }

    /// Checks `lhs = rhs`.
    pub(super) fn assign_expr(&mut self, lhs: &'a Expr, rhs: &'a Expr, context: &'static str) {
        let Ok(target) = self.left_hand_side(lhs) else {
            self.use_expr(rhs);
            return;
        };
        let function = target.and_then(|target| match self.types.under(target) {
            TypeKind::Signature(_) => self.target(target, || expr_string(lhs)),
            _ => None,
        });
        let mut x = self.expr(function.as_ref(), rhs);
        self.finish_assign(target, &mut x, context);
    }

    /// Checks `lhs = x`.
    pub(super) fn assign_operand(&mut self, lhs: &'a Expr, x: &mut Operand<'a>, context: &'static str) {
        match self.left_hand_side(lhs) {
            Ok(target) => self.finish_assign(target, x, context),
            Err(()) => x.invalidate(),
        }
    }

    fn finish_assign(&mut self, target: Option<TypeId>, x: &mut Operand<'a>, context: &'static str) {
        let context = if target.is_none() && context == "assignment" { "assignment to _ identifier" } else { context };
        self.assignment(x, target, &context.into());
    }

    /// Types in parentheses, as in `have (number, string)`.
    pub(super) fn types_summary(&mut self, list: &[TypeId], variadic: bool, has_dots: bool) -> String {
        let mut parts = Vec::new();
        for (index, typ) in list.iter().enumerate() {
            let last = index + 1 == list.len();
            let mut text = if !self.types.is_valid(*typ) {
                "unknown type".to_string()
            } else if self.types.is_untyped(*typ) {
                if self.types.is_numeric(*typ) { "number".to_string() } else { self.ts(*typ).replace("untyped ", "") }
            } else {
                self.ts(*typ)
            };
            if last && variadic {
                if let TypeKind::Slice(elem) = self.types.kind(*typ) {
                    text = self.ts(elem);
                }
                text = format!("...{text}");
            } else if last && has_dots {
                text.push_str("...");
            }
            parts.push(text);
        }
        format!("({})", parts.join(", "))
    }

    fn assignment_mismatch(&mut self, rhs: &'a [Expr], l: usize, r: usize) {
        let (variables, values) = (measure(l, "variable"), measure(r, "value"));
        let first = &rhs[0];
        if rhs.len() == 1
            && let ExprKind::Call(call) = &first.unparen().kind
        {
            let function = expr_string(&call.fun);
            self.error(Code::WrongAssignCount, first.start(), format!("assignment mismatch: {variables} but {function} returns {values}"));
            return;
        }
        self.error(Code::WrongAssignCount, first.start(), format!("assignment mismatch: {variables} but {values}"));
    }

    fn return_mismatch(&mut self, at: Pos, lhs: &[ObjectId], rhs: &[Operand<'a>]) {
        let (l, r) = (lhs.len(), rhs.len());
        let (at, word) = if r > l {
            (rhs[l].pos(), "too many")
        } else if r > 0 {
            (rhs[r - 1].pos(), "not enough")
        } else {
            (at, "not enough")
        };
        let have: Vec<TypeId> = rhs.iter().map(|x| x.typ).collect();
        let want = self.types.types_of(lhs);
        let have = self.types_summary(&have, false, false);
        let want = self.types_summary(&want, false, false);
        self.error_lines(
            Code::WrongResultCount,
            vec![(at, format!("{word} return values")), (Pos::NONE, format!("have {have}")), (Pos::NONE, format!("want {want}"))],
        );
    }

    /// Checks the initialization of variables by expressions; with `return_pos` of results by a return statement.
    pub(super) fn initialize_variables(&mut self, lhs: &[ObjectId], rhs: &'a [Expr], return_pos: Option<Pos>) {
        let context = match return_pos {
            Some(_) => "return statement",
            None if lhs.len() > 1 => "multiple assignment",
            None => "assignment",
        };
        let is_call = rhs.len() == 1 && matches!(rhs[0].unparen().kind, ExprKind::Call(_));
        if lhs.len() == rhs.len() && !is_call {
            for (object, expr) in lhs.iter().zip(rhs) {
                let name = self.types.object(*object).name.as_str();
                let target = match self.types.object(*object).typ {
                    Some(typ) => {
                        self.target(typ, || if return_pos.is_some() && name.is_empty() { "result variable".to_string() } else { name.to_string() })
                    }
                    None => None,
                };
                let mut x = self.expr(target.as_ref(), expr);
                self.initialize_variable(*object, &mut x, context);
            }
            return;
        }
        if rhs.len() != 1 {
            // Other errors on the right come first.
            if self.use_exprs(rhs) {
                match return_pos {
                    Some(pos) => {
                        let operands = self.expr_list(rhs);
                        self.return_mismatch(pos, lhs, &operands);
                    }
                    None => self.assignment_mismatch(rhs, lhs.len(), rhs.len()),
                }
            }
            for object in lhs {
                self.types.object_mut(*object).typ.get_or_insert(TypeId::INVALID);
            }
            return;
        }
        let (mut values, comma_ok) = self.multi_expr(&rhs[0], lhs.len() == 2 && return_pos.is_none());
        if values.len() == lhs.len() {
            for (object, x) in lhs.iter().zip(&mut values) {
                self.initialize_variable(*object, x, context);
            }
            if comma_ok && values.iter().all(Operand::is_valid) {
                self.record_comma_ok(&rhs[0], &values);
            }
            return;
        }
        if values.first().is_some_and(Operand::is_valid) {
            match return_pos {
                Some(pos) => self.return_mismatch(pos, lhs, &values),
                None => self.assignment_mismatch(rhs, lhs.len(), values.len()),
            }
        }
        for object in lhs {
            self.types.object_mut(*object).typ.get_or_insert(TypeId::INVALID);
        }
    }

    pub(super) fn assign_variables(&mut self, lhs: &'a [Expr], rhs: &'a [Expr]) {
        let context = if lhs.len() > 1 { "multiple assignment" } else { "assignment" };
        let is_call = rhs.len() == 1 && matches!(rhs[0].unparen().kind, ExprKind::Call(_));
        if lhs.len() == rhs.len() && !is_call {
            for (l, r) in lhs.iter().zip(rhs) {
                self.assign_expr(l, r, context);
            }
            return;
        }
        if rhs.len() != 1 {
            let ok_left = self.use_left_hand_sides(lhs);
            let ok_right = self.use_exprs(rhs);
            if ok_left && ok_right {
                self.assignment_mismatch(rhs, lhs.len(), rhs.len());
            }
            return;
        }
        let (mut values, comma_ok) = self.multi_expr(&rhs[0], lhs.len() == 2);
        if values.len() == lhs.len() {
            for (l, x) in lhs.iter().zip(&mut values) {
                self.assign_operand(l, x, context);
            }
            if comma_ok && values.iter().all(Operand::is_valid) {
                self.record_comma_ok(&rhs[0], &values);
            }
            return;
        }
        if values.first().is_some_and(Operand::is_valid) {
            self.assignment_mismatch(rhs, lhs.len(), values.len());
        }
        self.use_left_hand_sides(lhs);
    }

    fn record_comma_ok(&mut self, expr: &'a Expr, values: &[Operand<'a>]) {
        let tuple = self.types.tuple_of(&[values[0].typ, values[1].typ]);
        let mut at = expr;
        loop {
            self.info.retype(at.id, tuple);
            match &at.kind {
                ExprKind::Paren(inner) => at = inner,
                _ => return,
            }
        }
    }

    /// `lhs := rhs`.
    pub(super) fn short_declaration(&mut self, pos: Pos, lhs: &'a [Expr], rhs: &'a [Expr]) {
        let top = self.delayed.len();
        let scope = self.env.scope;
        let mut seen: FastSet<Symbol> = FastSet::default();
        let mut objects = Vec::new();
        let mut new = Vec::new();
        let mut failed = false;
        for expr in lhs {
            let dummy = |checker: &mut Checker<'a>| checker.new_local(expr.pos, Symbol::new("_"), None);
            let Some(ident) = expr.as_ident() else {
                self.use_left_hand_sides(std::slice::from_ref(expr));
                self.error(Code::BadDecl, expr.start(), format!("non-name {} on left side of :=", expr_string(expr)));
                failed = true;
                objects.push(dummy(self));
                continue;
            };
            if !ident.name.is_blank() && !seen.insert(ident.name) {
                self.error(Code::RepeatedDecl, expr.start(), format!("{} repeated on left side of :=", ident.name));
                failed = true;
                objects.push(dummy(self));
                continue;
            }
            if let Some(other) = self.types.scope(scope).lookup(ident.name) {
                self.info.set_use(ident.id, other);
                if let ObjectKind::Variable(variable) = &mut self.types.object_mut(other).kind {
                    variable.reassigned = true;
                    objects.push(other);
                } else {
                    self.error(Code::UnassignableOperand, expr.start(), format!("cannot assign to {}", expr_string(expr)));
                    failed = true;
                    objects.push(dummy(self));
                }
                continue;
            }
            let object = self.new_local(ident.pos, ident.name, None);
            objects.push(object);
            if !ident.name.is_blank() {
                new.push(object);
            }
            self.info.set_definition(ident.id, object);
        }
        self.initialize_variables(&objects, rhs, None);
        self.process_delayed(top);
        if new.is_empty() && !failed {
            self.soft_error(Code::NoNewVar, pos, "no new variables on left side of :=");
            return;
        }
        for object in new {
            self.declare(scope, None, object);
        }
    }

    pub(super) fn use_left_hand_sides(&mut self, exprs: &'a [Expr]) -> bool {
        exprs.iter().filter(|expr| !self.use_one(expr, true)).count() == 0
    }

    /// Evaluates expressions for the errors in them, and so that what they mention counts as used.
    pub(super) fn use_exprs(&mut self, exprs: &'a [Expr]) -> bool {
        exprs.iter().filter(|expr| !self.use_one(expr, false)).count() == 0
    }

    pub(super) fn use_expr(&mut self, expr: &'a Expr) -> bool {
        self.use_one(expr, false)
    }

    fn use_one(&mut self, expr: &'a Expr, left: bool) -> bool {
        let inner = expr.unparen();
        match &inner.kind {
            ExprKind::Name(name) => {
                if name.is_blank() {
                    return true;
                }
                let unused =
                    self.lookup(*name).filter(|object| left && self.types.object(*object).variable().is_some() && !self.used_vars.contains(object));
                let x = self.expr_or_type(inner, true);
                if let Some(object) = unused {
                    self.used_vars.remove(&object);
                }
                x.is_valid()
            }
            ExprKind::KeyValue(pair) => {
                let value = self.use_one(&pair.value, left);
                self.use_one(&pair.key, left) && value
            }
            _ => self.raw_expr(None, expr, None, true).0.is_valid(),
        }
    }

    /// An operand that stands for one of several results.
    pub(super) fn described(&self, expr: &'a Expr, text: String, typ: TypeId) -> Operand<'a> {
        Operand::value(Written::Text(expr.start(), text.into()), typ)
    }

    pub(super) fn is_receive(expr: &Expr) -> bool {
        matches!(&expr.unparen().kind, ExprKind::Unary(unary) if unary.op == Operator::Receive)
    }
}
