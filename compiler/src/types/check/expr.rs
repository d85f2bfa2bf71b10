//! Expressions.

use crate::constant::{Operator as ConstantOperator, Value};
use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::ast::{BinaryExpr, Expr, ExprKind, Ident, Literal, LiteralKind, Operator, UnaryExpr};
use crate::types::predicates::BasicInfo;
use crate::types::universe::ExprKindOf;
use crate::types::{Basic, ChanDir, Mode, TypeId, TypeKind};

use super::assign::Target;
use super::constant::{constant_operator, operator_pos};
use super::operand::Operand;
use super::{Checker, Version, expr_string};

impl<'a> Checker<'a> {
    /// A single value.
    pub(super) fn expr(&mut self, target: Option<&Target>, expr: &'a Expr) -> Operand<'a> {
        let (mut x, _) = self.raw_expr(target, expr, None, false);
        self.exclude(&mut x, true, true);
        self.single_value(&mut x);
        x
    }

    /// A single value, perhaps a generic function. `hint` is the type of composite literals without one.
    pub(super) fn generic_expr(&mut self, expr: &'a Expr, hint: Option<TypeId>) -> Operand<'a> {
        let (mut x, _) = self.raw_expr(None, expr, hint, true);
        self.exclude(&mut x, true, true);
        self.single_value(&mut x);
        x
    }

    /// One value or the results of a call; with `allow_comma_ok` two values where `v, ok` is possible.
    pub(super) fn multi_expr(&mut self, expr: &'a Expr, allow_comma_ok: bool) -> (Vec<Operand<'a>>, bool) {
        let (mut x, _) = self.raw_expr(None, expr, None, false);
        self.exclude(&mut x, true, true);
        if x.is_valid()
            && let TypeKind::Tuple(tuple) = self.types.kind(x.typ)
        {
            let results = self.types.tuple(tuple).clone();
            let list = results
                .iter()
                .enumerate()
                .map(|(index, result)| self.described(expr, nth(index + 1, "function result"), self.types.type_of(*result)))
                .collect();
            return (list, false);
        }
        if allow_comma_ok && matches!(x.mode, Mode::MapIndex | Mode::CommaOk) {
            let ok = self.described(expr, "ok value of (comma, ok) expression".to_string(), TypeId::UNTYPED_BOOL);
            return (vec![x, ok], true);
        }
        (vec![x], false)
    }

    pub(super) fn expr_or_type(&mut self, expr: &'a Expr, allow_generic: bool) -> Operand<'a> {
        let (mut x, _) = self.raw_expr(None, expr, None, allow_generic);
        self.exclude(&mut x, false, false);
        self.single_value(&mut x);
        x
    }

    pub(super) fn expr_list(&mut self, exprs: &'a [Expr]) -> Vec<Operand<'a>> {
        match exprs {
            [expr] => self.multi_expr(expr, false).0,
            exprs => exprs.iter().map(|expr| self.expr(None, expr)).collect(),
        }
    }

    /// Reports what is no value, and with the flags types and built-in functions.
    pub(super) fn exclude(&mut self, x: &mut Operand<'a>, types: bool, builtins: bool) {
        let (code, words) = match x.mode {
            Mode::NoValue if types => (Code::TooManyValues, "used as value"),
            Mode::NoValue => (Code::TooManyValues, "used as value or type"),
            Mode::Builtin if builtins => (Code::UncalledBuiltin, "must be called"),
            Mode::Type if types => (Code::NotAnExpr, "is not an expression"),
            _ => return,
        };
        let message = format!("{} {words}", self.os(x));
        self.error(code, x.pos(), message);
        x.invalidate();
    }

    pub(super) fn single_value(&mut self, x: &mut Operand<'a>) {
        if x.mode == Mode::Value && matches!(self.types.kind(x.typ), TypeKind::Tuple(_)) {
            let message = format!("multiple-value {} in single-value context", self.os(x));
            self.error(Code::TooManyValues, x.pos(), message);
            x.invalidate();
        }
    }

    pub(super) fn raw_expr(
        &mut self,
        target: Option<&Target>,
        expr: &'a Expr,
        hint: Option<TypeId>,
        allow_generic: bool,
    ) -> (Operand<'a>, ExprKindOf) {
        let (mut x, kind) = self.expr_inner(target, expr, hint);
        if !allow_generic {
            self.require_instantiated(target, &mut x);
        }
        self.record(&x);
        (x, kind)
    }

    pub(super) fn is_generic_function(&self, x: &Operand<'a>) -> bool {
        match self.types.kind(x.typ) {
            TypeKind::Signature(signature) => x.is_valid() && !self.types.signature(signature).type_params.is_empty(),
            _ => false,
        }
    }

    /// Reports a generic type or function that is not instantiated; type arguments may be inferred from a target.
    pub(super) fn require_instantiated(&mut self, target: Option<&Target>, x: &mut Operand<'a>) {
        if !x.is_valid() || x.mode == Mode::NoValue {
            return;
        }
        let what = match self.types.kind(x.typ) {
            TypeKind::Alias(_) | TypeKind::Named(_) if self.types.is_generic(x.typ) => "type",
            TypeKind::Signature(signature) if !self.types.signature(signature).type_params.is_empty() => {
                if target.is_some() {
                    self.instantiate_function(target, x.written_pos(), x, None, true);
                    return;
                }
                "function"
            }
            _ => return,
        };
        let message = format!("cannot use generic {what} {} without instantiation", x.text());
        self.error(Code::WrongTypeArgCount, x.pos(), message);
        x.invalidate();
        x.typ = TypeId::INVALID;
    }

    fn expr_inner(&mut self, target: Option<&Target>, expr: &'a Expr, hint: Option<TypeId>) -> (Operand<'a>, ExprKindOf) {
        let mut kind = ExprKindOf::Expression;
        let mut x = match &expr.kind {
            ExprKind::Bad => Operand::invalid(),
            ExprKind::Name(name) => self.identifier(expr, Ident { id: expr.id, pos: expr.pos, name: *name }, false),
            ExprKind::Literal(literal) => self.literal(expr, literal),
            ExprKind::Func(func) => self.function_literal(expr, func),
            ExprKind::Composite(literal) => self.composite_literal(expr, literal, hint),
            ExprKind::Paren(inner) => {
                let (mut x, kind) = self.raw_expr(None, inner, None, false);
                x.set_expr(expr);
                return (x, kind);
            }
            ExprKind::Selector(selector) => self.selector(expr, selector, false),
            ExprKind::Index(index) => {
                let (mut x, is_function) = self.index_expr(expr, index);
                if is_function {
                    self.instantiate_function(target, expr.pos, &mut x, Some((expr, index)), true);
                }
                x
            }
            ExprKind::Slice(slice) => self.slice_expr(expr, slice),
            ExprKind::Assert(assert) => self.type_assertion_expr(expr, &assert.x, &assert.ty),
            ExprKind::TypeSwitchGuard(guard) => {
                self.error(Code::InvalidSyntaxTree, expr.start(), "invalid syntax tree: use of .(type) outside type switch");
                self.use_expr(&guard.x);
                Operand::invalid()
            }
            ExprKind::Call(call) => return self.call_expr(expr, call),
            ExprKind::Unary(unary) if unary.op == Operator::Mul => self.indirection(expr, unary),
            ExprKind::Unary(unary) => {
                if unary.op == Operator::Receive {
                    kind = ExprKindOf::Statement;
                }
                self.unary(expr, unary)
            }
            ExprKind::Binary(binary) => self.binary_expr(expr, binary),
            ExprKind::KeyValue(_) => {
                self.error(Code::InvalidSyntaxTree, expr.start(), "invalid syntax tree: no key:value expected");
                Operand::invalid()
            }
            ExprKind::DotsType(_) => {
                self.error(Code::InvalidSyntaxTree, expr.start(), "invalid syntax tree: invalid use of ...");
                Operand::invalid()
            }
            ExprKind::ArrayType(_)
            | ExprKind::SliceType(_)
            | ExprKind::StructType(_)
            | ExprKind::FuncType(_)
            | ExprKind::InterfaceType(_)
            | ExprKind::MapType(_)
            | ExprKind::ChanType(_) => {
                let typ = self.typ(expr);
                Operand { mode: Mode::Type, typ, ..Operand::invalid() }
            }
        };
        if !x.is_valid() {
            kind = ExprKindOf::Statement;
        }
        x.set_expr(expr);
        (x, kind)
    }

    fn literal(&mut self, expr: &'a Expr, literal: &'a Literal) -> Operand<'a> {
        let mut x = Operand::invalid();
        if literal.bad {
            return x;
        }
        if matches!(literal.kind, LiteralKind::Int | LiteralKind::Float | LiteralKind::Imaginary) {
            self.check_literal_version(literal);
            const LIMIT: usize = 10000;
            if literal.text.len() > LIMIT {
                let (start, length) = (&literal.text[..10], literal.text.len());
                self.error(Code::InvalidConstVal, expr.pos, format!("excessively long constant: {start}... ({length} chars)"));
                return x;
            }
        }
        x.set_literal(literal.kind, &literal.text);
        if !x.is_valid() {
            self.error(Code::InvalidConstVal, expr.pos, format!("malformed constant: {}", literal.text));
            return x;
        }
        x.set_expr(expr);
        self.check_overflow(&mut x, expr.pos);
        x
    }

    fn check_literal_version(&mut self, literal: &'a Literal) {
        let text = &literal.text;
        if text.len() <= 2 || self.allows(Version::GO1_13) {
            return;
        }
        let radix = text.as_bytes()[1].to_ascii_lowercase();
        let zero = text.starts_with('0');
        let what = if text.contains('_') {
            "underscore in numeric literal"
        } else if zero && radix == b'b' {
            "binary literal"
        } else if zero && radix == b'o' {
            "0o/0O-style octal literal"
        } else if zero && radix == b'x' && literal.kind != LiteralKind::Int {
            "hexadecimal floating-point literal"
        } else {
            return;
        };
        self.require(literal.pos, Version::GO1_13, |_| what.to_string());
    }

    fn type_assertion_expr(&mut self, expr: &'a Expr, operand: &'a Expr, ty: &'a Expr) -> Operand<'a> {
        let mut x = self.expr(None, operand);
        if !x.is_valid() {
            return x;
        }
        if self.types.is_type_parameter(x.typ) {
            let message = format!("invalid operation: cannot use type assertion on type parameter value {}", self.os(&x));
            self.error(Code::InvalidAssert, x.pos(), message);
            return Operand::invalid();
        }
        if !self.types.is_interface(x.typ) {
            let message = format!("invalid operation: {} is not an interface", self.os(&x));
            self.error(Code::InvalidAssert, x.pos(), message);
            return Operand::invalid();
        }
        let typ = self.variable_type(ty);
        if !self.types.is_valid(typ) || !self.is_complete(typ) {
            return Operand::invalid();
        }
        self.check_assertion(expr, &x, typ, false);
        x.mode = Mode::CommaOk;
        x.typ = typ;
        x
    }

    /// Reports an assertion or type switch case that cannot hold.
    pub(super) fn check_assertion(&mut self, expr: &'a Expr, x: &Operand<'a>, typ: TypeId, in_switch: bool) {
        let mut cause = String::new();
        if self.types.is_interface(typ) || self.has_all_methods(typ, x.typ, false, &mut cause) {
            return;
        }
        let (text, t) = (expr_string(expr), self.ts(typ));
        let message = if in_switch {
            let x = self.os(x);
            format!("impossible type switch case: {text}\n\t{x} cannot have dynamic type {t} {cause}")
        } else {
            format!("impossible type assertion: {text}\n\t{t} does not implement {} {cause}", self.ts(x.typ))
        };
        self.error(Code::ImpossibleAssert, expr.start(), message);
    }

    fn indirection(&mut self, _expr: &'a Expr, unary: &'a UnaryExpr) -> Operand<'a> {
        let mut x = self.expr_or_type(&unary.x, false);
        match x.mode {
            Mode::Invalid => x,
            Mode::Type => {
                self.require_variable_type(&unary.x, x.typ);
                x.typ = self.types.pointer_to(x.typ);
                x
            }
            _ => {
                let mut base: Option<TypeId> = None;
                let list = self.types.alternatives(x.typ);
                for underlying in list.map_or(vec![None], |list| list.into_iter().map(|(_, under)| Some(under)).collect()) {
                    let Some(TypeKind::Pointer(next)) = underlying.map(|underlying| self.types.kind(underlying)) else {
                        let message = format!("invalid operation: cannot indirect {}", self.os(&x));
                        self.error(Code::InvalidIndirection, x.pos(), message);
                        return Operand::invalid();
                    };
                    if base.is_some_and(|base| !self.types.identical(next, base)) {
                        let message = format!("invalid operation: pointers of {} must have identical base types", self.os(&x));
                        self.error(Code::InvalidIndirection, x.pos(), message);
                        return Operand::invalid();
                    }
                    base = Some(next);
                }
                let Some(base) = base else { return Operand::invalid() };
                if !self.is_complete(base) {
                    return Operand::invalid();
                }
                x.mode = Mode::Variable;
                x.typ = base;
                x
            }
        }
    }

    fn unary(&mut self, expr: &'a Expr, unary: &'a UnaryExpr) -> Operand<'a> {
        let mut x = self.expr(None, &unary.x);
        if !x.is_valid() {
            return x;
        }
        let mut op = unary.op;
        match op {
            Operator::And => {
                let literal = matches!(unary.x.unparen().kind, ExprKind::Composite(_));
                if !literal && x.mode != Mode::Variable {
                    let message = format!("invalid operation: cannot take address of {}", self.os(&x));
                    self.error(Code::UnaddressableOperand, x.pos(), message);
                    return Operand::invalid();
                }
                self.note_address(&unary.x);
                x.mode = Mode::Value;
                x.typ = self.types.pointer_to(x.typ);
                return x;
            }
            Operator::Receive => {
                return match self.channel_element(x.pos(), &x, true) {
                    Some(elem) if self.is_complete(elem) => {
                        self.env.has_call_or_receive = true;
                        x.mode = Mode::CommaOk;
                        x.typ = elem;
                        x
                    }
                    _ => Operand::invalid(),
                };
            }
            Operator::Tilde => {
                if !self.types.all_basic(x.typ, BasicInfo::INTEGER) {
                    self.error(Code::UndefinedOp, expr.start(), "cannot use ~ outside of interface or type constraint");
                    return Operand::invalid();
                }
                let message = "cannot use ~ outside of interface or type constraint (use ^ for bitwise complement)";
                self.error(Code::UndefinedOp, expr.start(), message);
                op = Operator::Xor;
            }
            _ => {}
        }
        let wanted = match op {
            Operator::Add | Operator::Sub => BasicInfo::NUMERIC,
            Operator::Xor => BasicInfo::INTEGER,
            _ => BasicInfo::BOOLEAN,
        };
        if !self.operator_defined(&x, op, wanted) {
            return Operand::invalid();
        }
        if x.is_constant() {
            if x.value.is_unknown() {
                return x;
            }
            x.value = match op {
                Operator::Add => x.value,
                Operator::Sub => x.value.negate(),
                Operator::Xor => {
                    let bits = if self.types.is_unsigned(x.typ) { self.types.size_of(x.typ) as u32 * 8 } else { 0 };
                    x.value.complement(bits)
                }
                _ => x.value.not(),
            };
            x.set_expr(expr);
            self.check_overflow(&mut x, operator_pos(expr));
            return x;
        }
        x.mode = Mode::Value;
        x
    }

    fn operator_defined(&mut self, x: &Operand<'a>, op: Operator, wanted: BasicInfo) -> bool {
        if self.types.all_basic(x.typ, wanted) {
            return true;
        }
        let message = format!("invalid operation: operator {op} not defined on {}", self.os(x));
        self.error(Code::UndefinedOp, x.pos(), message);
        false
    }

    /// The element type of a channel to receive from or send to.
    pub(super) fn channel_element(&mut self, pos: Pos, x: &Operand<'a>, receive: bool) -> Option<TypeId> {
        let is_parameter = self.types.is_type_parameter(x.typ);
        let common = self.types.common_underlying_or(x.typ, |types, typ, underlying| {
            let Some(underlying) = underlying else { return Some("no specific channel type".to_string()) };
            match types.kind(underlying) {
                TypeKind::Chan(ChanDir::SendOnly, _) if receive => Some(format!("send-only channel {}", types.string(typ))),
                TypeKind::Chan(ChanDir::ReceiveOnly, _) if !receive => Some(format!("receive-only channel {}", types.string(typ))),
                TypeKind::Chan(..) => None,
                _ => Some(format!("non-channel {}", types.string(typ))),
            }
        });
        match common {
            Ok(underlying) => match self.types.kind(underlying) {
                TypeKind::Chan(_, elem) => Some(elem),
                _ => None,
            },
            Err(cause) => {
                let verb = if receive { "receive from" } else { "send to" };
                let text = self.os(x);
                let message = if is_parameter {
                    format!("invalid operation: cannot {verb} {text}: {cause}")
                } else {
                    format!("invalid operation: cannot {verb} {cause} {text}")
                };
                self.error(if receive { Code::InvalidReceive } else { Code::InvalidSend }, pos, message);
                None
            }
        }
    }

    /// Long chains lean to the left, so these are walked without recursion.
    fn binary_expr(&mut self, expr: &'a Expr, binary: &'a BinaryExpr) -> Operand<'a> {
        let mut spine = vec![(expr, binary)];
        let mut leftmost = &binary.x;
        while let ExprKind::Binary(inner) = &leftmost.kind {
            spine.push((leftmost, inner));
            leftmost = &inner.x;
        }
        let mut x = self.expr(None, leftmost);
        while let Some((node, binary)) = spine.pop() {
            let y = self.expr(None, &binary.y);
            x = self.binary_operands(Some(node), x, y, binary);
            x.set_expr(node);
            if !spine.is_empty() {
                self.record(&x);
            }
        }
        x
    }

    /// `lhs op rhs` of `lhs op= rhs`.
    pub(super) fn binary(&mut self, lhs: &'a Expr, rhs: &'a Expr, op: Operator) -> Operand<'a> {
        let x = self.expr(None, lhs);
        let y = self.expr(None, rhs);
        self.binary_operation(None, x, y, (lhs, rhs, op))
    }

    fn binary_operands(&mut self, expr: Option<&'a Expr>, x: Operand<'a>, y: Operand<'a>, binary: &'a BinaryExpr) -> Operand<'a> {
        self.binary_operation(expr, x, y, (&binary.x, &binary.y, binary.op))
    }

    fn binary_operation(
        &mut self,
        expr: Option<&'a Expr>,
        x: Operand<'a>,
        y: Operand<'a>,
        (lhs, rhs, op): (&'a Expr, &'a Expr, Operator),
    ) -> Operand<'a> {
        let (mut x, mut y) = (x, y);
        if !x.is_valid() {
            return x;
        }
        if !y.is_valid() {
            return Operand { written: y.written, ..Operand::invalid() };
        }
        if op.is_shift() {
            self.shift(&mut x, &mut y, expr, op);
            return x;
        }
        self.match_types(&mut x, &mut y);
        if !x.is_valid() {
            return x;
        }
        if op.is_comparison() {
            self.comparison(&mut x, &mut y, op, false);
            return x;
        }
        if !self.types.identical(x.typ, y.typ) {
            if self.types.is_valid(x.typ) && self.types.is_valid(y.typ) {
                let (a, b) = (self.ts(x.typ), self.ts(y.typ));
                let text = match expr {
                    Some(expr) => expr_string(expr),
                    None => format!("{} {op}= {}", expr_string(lhs), expr_string(rhs)),
                };
                self.error(Code::MismatchedTypes, x.pos(), format!("invalid operation: {text} (mismatched types {a} and {b})"));
            }
            x.invalidate();
            return x;
        }
        let wanted = match op {
            Operator::Add => BasicInfo::NUMERIC_OR_STRING,
            Operator::Sub | Operator::Mul | Operator::Div => BasicInfo::NUMERIC,
            Operator::AndAnd | Operator::OrOr => BasicInfo::BOOLEAN,
            _ => BasicInfo::INTEGER,
        };
        if !self.operator_defined(&x, op, wanted) {
            x.invalidate();
            return x;
        }
        if matches!(op, Operator::Div | Operator::Rem) && y.is_constant() {
            let integer = self.types.all_basic(x.typ, BasicInfo::INTEGER);
            let mut zero = (x.is_constant() || integer) && y.value.sign() == 0;
            if x.is_constant() && self.types.is_complex(x.typ) {
                // The squares of the parts may vanish although the parts do not.
                let vanishes = |part: Value| part.binary(ConstantOperator::Mul, &part).sign() == 0;
                zero |= vanishes(y.value.real()) && vanishes(y.value.imag());
            }
            if zero {
                self.error(Code::DivByZero, y.pos(), "invalid operation: division by zero");
                x.invalidate();
                return x;
            }
        }
        if x.is_constant() && y.is_constant() {
            if x.value.is_unknown() || y.value.is_unknown() {
                x.value = Value::Unknown;
                return x;
            }
            let integer = self.types.is_integer(x.typ);
            if let Some(operator) = constant_operator(op, integer) {
                x.value = x.value.binary(operator, &y.value);
            }
            let pos = match expr {
                Some(expr) => {
                    x.set_expr(expr);
                    expr.pos
                }
                None => x.pos(),
            };
            self.check_overflow(&mut x, pos);
            return x;
        }
        x.mode = Mode::Value;
        x
    }

    /// Converts untyped operands to the type of the other one.
    pub(super) fn match_types(&mut self, x: &mut Operand<'a>, y: &mut Operand<'a>) {
        if !self.may_convert(x, y) {
            return;
        }
        let target = y.typ;
        self.convert_untyped(x, target);
        if !x.is_valid() {
            return;
        }
        let target = x.typ;
        self.convert_untyped(y, target);
        if !y.is_valid() {
            x.invalidate();
        }
    }

    fn may_convert(&mut self, x: &Operand<'a>, y: &Operand<'a>) -> bool {
        let types = &mut self.types;
        if types.is_typed(x.typ) && types.is_typed(y.typ) {
            return false;
        }
        if types.all_basic(x.typ, BasicInfo::NUMERIC) != types.all_basic(y.typ, BasicInfo::NUMERIC) {
            return false;
        }
        if types.is_interface_value(x.typ) || types.is_interface_value(y.typ) {
            return true;
        }
        for info in [BasicInfo::BOOLEAN, BasicInfo::STRING] {
            if types.all_basic(x.typ, info) != types.all_basic(y.typ, info) {
                return false;
            }
        }
        if x.is_nil() {
            return types.has_nil(y.typ);
        }
        if y.is_nil() {
            return types.has_nil(x.typ);
        }
        !types.is_pointer(x.typ) && !types.is_pointer(y.typ)
    }

    pub(super) fn is_byte_slice_or_string(&mut self, typ: TypeId) -> bool {
        match self.types.under(typ) {
            TypeKind::Slice(elem) => self.types.identical(elem, TypeId::BYTE),
            TypeKind::Basic(basic) => basic == Basic::String || basic == Basic::UntypedString,
            _ => false,
        }
    }
}

impl Operand<'_> {
    /// The position of the expression itself, which need not be its first token.
    pub fn written_pos(&self) -> Pos {
        match self.expr() {
            Some(expr) => expr.pos,
            None => self.pos(),
        }
    }
}

/// `1st`, `2nd` and so on.
fn nth(n: usize, what: &str) -> String {
    let ending = match n {
        1 => "st",
        2 => "nd",
        3 => "rd",
        _ => "th",
    };
    format!("{n}{ending} {what}")
}
