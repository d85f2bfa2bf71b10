//! Constant operands: overflow, and whether a value can be represented in a type.

use crate::constant::{Kind, Operator, Value};
use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::ast::{Expr, ExprKind, Operator as SyntaxOperator};
use crate::types::{Basic, TypeId};

use super::Checker;
use super::operand::Operand;

/// Why an untyped value cannot have a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    Other,
    /// A constant of a kind that the type does not have.
    Kind,
    /// A fraction for an integer type.
    Truncated,
    Overflow,
}

impl Misfit {
    /// The code of a conversion that fails so.
    fn code(self) -> Code {
        match self {
            Misfit::Other => Code::InvalidUntypedConversion,
            Misfit::Kind => Code::InvalidConstVal,
            Misfit::Truncated => Code::TruncatedFloat,
            Misfit::Overflow => Code::NumericOverflow,
        }
    }

    /// The code of an assignment that fails so.
    pub(super) fn assignment_code(self) -> Code {
        match self {
            Misfit::Other | Misfit::Kind => Code::IncompatibleAssign,
            Misfit::Truncated | Misfit::Overflow => self.code(),
        }
    }
}

const BITS_LIMIT: u64 = 512;

impl<'a> Checker<'a> {
    /// Reports a constant that its type cannot represent, or that is excessively large.
    pub(super) fn check_overflow(&mut self, x: &mut Operand<'a>, pos: Pos) {
        if x.value.is_unknown() {
            self.error(Code::InvalidConstVal, pos, "constant result is not representable");
            return;
        }
        if self.types.is_typed(x.typ) {
            if let Some(basic) = self.types.basic(x.typ) {
                self.require_representable(x, basic, x.typ);
            }
            return;
        }
        if x.value.kind() == Kind::Int && x.value.bit_length() > BITS_LIMIT {
            let operation = x.expr().map_or("", operation_name);
            let space = if operation.is_empty() { "" } else { " " };
            self.error(Code::InvalidConstVal, pos, format!("constant {operation}{space}overflow"));
            x.value = Value::Unknown;
        }
    }

    fn require_representable(&mut self, x: &mut Operand<'a>, basic: Basic, target: TypeId) {
        match self.representation(x, basic) {
            Ok(value) => x.value = value,
            Err(misfit) => {
                let underlying = self.types.underlying(target);
                self.conversion_error(misfit, x, underlying);
                x.invalidate();
            }
        }
    }

    pub(super) fn require_uint(&mut self, x: &mut Operand<'a>) {
        self.require_representable(x, Basic::Uint, TypeId::UINT);
    }

    /// The value that a constant has as a value of a basic type.
    pub(super) fn representation(&mut self, x: &Operand<'a>, basic: Basic) -> Result<Value, Misfit> {
        if let Some(value) = represent(&x.value, basic) {
            return Ok(value);
        }
        use crate::types::predicates::BasicInfo;
        let numeric = basic.has(BasicInfo::NUMERIC);
        if numeric && self.types.is_numeric(x.typ) {
            let fraction = !self.types.is_integer(x.typ) && basic.has(BasicInfo::INTEGER);
            return Err(if fraction { Misfit::Truncated } else { Misfit::Overflow });
        }
        Err(Misfit::Kind)
    }

    pub(super) fn conversion_error(&mut self, misfit: Misfit, x: &Operand<'a>, target: TypeId) {
        let (x_text, t) = (self.os(x), self.ts(target));
        let message = match misfit {
            Misfit::Other | Misfit::Kind => format!("cannot convert {x_text} to type {t}"),
            Misfit::Truncated => format!("{x_text} truncated to {t}"),
            Misfit::Overflow => format!("{x_text} overflows {t}"),
        };
        self.error(misfit.code(), x.pos(), message);
    }
}

/// The value as one of a basic type: rounded for floating-point types. `None` if it cannot be represented.
pub(super) fn represent(value: &Value, basic: Basic) -> Option<Value> {
    if value.is_unknown() {
        return Some(Value::Unknown);
    }
    let signed = |bits: u32| {
        let value = value.to_int();
        let fits = match value.as_i64() {
            Some(small) => bits == 64 || (-(1i64 << (bits - 1))..1i64 << (bits - 1)).contains(&small),
            None => false,
        };
        fits.then_some(value)
    };
    let unsigned = |bits: u32| {
        let value = value.to_int();
        let fits = match value.as_u64() {
            Some(small) => bits == 64 || small < 1u64 << bits,
            None => false,
        };
        fits.then_some(value)
    };
    match basic {
        Basic::Int | Basic::Int64 => signed(64),
        Basic::Int8 => signed(8),
        Basic::Int16 => signed(16),
        Basic::Int32 => signed(32),
        Basic::Uint | Basic::Uint64 | Basic::Uintptr => unsigned(64),
        Basic::Uint8 => unsigned(8),
        Basic::Uint16 => unsigned(16),
        Basic::Uint32 => unsigned(32),
        Basic::UntypedInt | Basic::UntypedRune => Some(value.to_int()).filter(|value| value.kind() == Kind::Int),
        Basic::Float32 => Some(value.to_float()).filter(|value| value.kind() == Kind::Float).and_then(|x| round32(&x)),
        Basic::Float64 => Some(value.to_float()).filter(|value| value.kind() == Kind::Float).and_then(|x| round64(&x)),
        Basic::UntypedFloat => (value.to_float().kind() == Kind::Float).then(|| value.clone()),
        Basic::Complex64 | Basic::Complex128 => {
            let value = value.to_complex();
            if value.kind() != Kind::Complex {
                return None;
            }
            let round = if basic == Basic::Complex64 { round32 } else { round64 };
            Some(Value::complex(round(&value.real())?, round(&value.imag())?))
        }
        Basic::UntypedComplex => (value.to_complex().kind() == Kind::Complex).then(|| value.clone()),
        Basic::String | Basic::UntypedString => (value.kind() == Kind::String).then(|| value.clone()),
        Basic::Bool | Basic::UntypedBool => (value.kind() == Kind::Bool).then(|| value.clone()),
        Basic::Invalid | Basic::UnsafePointer | Basic::UntypedNil => None,
    }
}

fn round32(value: &Value) -> Option<Value> {
    let x = value.to_f32();
    x.is_finite().then(|| Value::from_f64(f64::from(x)))
}

fn round64(value: &Value) -> Option<Value> {
    let x = value.to_f64();
    x.is_finite().then(|| Value::from_f64(x))
}

/// The operation in a message about overflow.
fn operation_name(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Unary(unary) if unary.op == SyntaxOperator::Xor => "bitwise complement",
        ExprKind::Binary(binary) => match binary.op {
            SyntaxOperator::Add => "addition",
            SyntaxOperator::Sub => "subtraction",
            SyntaxOperator::Xor => "bitwise XOR",
            SyntaxOperator::Mul => "multiplication",
            SyntaxOperator::ShiftLeft => "shift",
            _ => "",
        },
        _ => "",
    }
}

/// Where an operation's errors are reported: at its operator.
pub(super) fn operator_pos(expr: &Expr) -> Pos {
    match &expr.kind {
        ExprKind::Unary(_) | ExprKind::Binary(_) => expr.pos,
        _ => expr.start(),
    }
}

/// The operator on constants.
pub(super) fn constant_operator(op: SyntaxOperator, integer: bool) -> Option<Operator> {
    Some(match op {
        SyntaxOperator::OrOr => Operator::LogicalOr,
        SyntaxOperator::AndAnd => Operator::LogicalAnd,
        SyntaxOperator::Equal => Operator::Equal,
        SyntaxOperator::NotEqual => Operator::NotEqual,
        SyntaxOperator::Less => Operator::Less,
        SyntaxOperator::LessEqual => Operator::LessEqual,
        SyntaxOperator::Greater => Operator::Greater,
        SyntaxOperator::GreaterEqual => Operator::GreaterEqual,
        SyntaxOperator::Add => Operator::Add,
        SyntaxOperator::Sub => Operator::Sub,
        SyntaxOperator::Or => Operator::Or,
        SyntaxOperator::Xor => Operator::Xor,
        SyntaxOperator::Mul => Operator::Mul,
        SyntaxOperator::Div if integer => Operator::QuoInt,
        SyntaxOperator::Div => Operator::Quo,
        SyntaxOperator::Rem => Operator::Rem,
        SyntaxOperator::And => Operator::And,
        SyntaxOperator::AndNot => Operator::AndNot,
        SyntaxOperator::Not | SyntaxOperator::Receive | SyntaxOperator::Tilde => return None,
        SyntaxOperator::ShiftLeft | SyntaxOperator::ShiftRight => return None,
    })
}
