//! Exact constants (Go's `go/constant`).
//!
//! Values of kinds Int and Float have several representations; the smallest exact one is used. A Float that had to leave the
//! fractions for a `BigFloat` stays one: going back would feign an exactness that is gone.
//!
//! `Unknown` stands for what a wrong program left without a value; every operation accepts it and hands it on.

mod float;
mod literal;
mod rational;
mod text;

use std::cmp::Ordering;
use std::sync::Arc;

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

pub use float::BigFloat;
use float::{PRECISION, Rounding};
pub use literal::{unquote_char, unquote_string};
pub use rational::Rational;
pub use text::{Text, quote};

/// Fractions with longer components, and floats with larger exponents, are not kept as fractions.
const MAX_FRACTION_BITS: i64 = 4 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Unknown,
    Bool,
    String,
    Int,
    Float,
    Complex,
}

#[derive(Clone, Debug)]
pub enum Value {
    Unknown,
    Bool(bool),
    String(Text),
    /// An Int that fits.
    Int(i64),
    /// An Int that does not fit `Int`.
    Big(Arc<BigInt>),
    /// A Float.
    Fraction(Arc<Rational>),
    /// A Float too large or too small for a fraction.
    Float(Arc<BigFloat>),
    Complex(Arc<(Value, Value)>),
}

/// Operators on constants. `Quo` divides exactly; `QuoInt` truncates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Quo,
    QuoInt,
    Rem,
    And,
    Or,
    Xor,
    AndNot,
    LogicalAnd,
    LogicalOr,
    Not,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Value {
    pub fn kind(&self) -> Kind {
        match self {
            Value::Unknown => Kind::Unknown,
            Value::Bool(_) => Kind::Bool,
            Value::String(_) => Kind::String,
            Value::Int(_) | Value::Big(_) => Kind::Int,
            Value::Fraction(_) | Value::Float(_) => Kind::Float,
            Value::Complex(_) => Kind::Complex,
        }
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    pub fn from_bytes(bytes: &[u8]) -> Value {
        Value::String(Text::new(bytes))
    }

    pub fn from_text(text: &str) -> Value {
        Value::String(Text::new(text.as_bytes()))
    }

    pub fn from_u64(x: u64) -> Value {
        Value::from_big(BigInt::from(x))
    }

    pub fn from_big(x: BigInt) -> Value {
        match x.to_i64() {
            Some(x) => Value::Int(x),
            None => Value::Big(Arc::new(x)),
        }
    }

    /// Not finite: `Unknown`.
    pub fn from_f64(x: f64) -> Value {
        if !x.is_finite() {
            return Value::Unknown;
        }
        Value::Fraction(Arc::new(Rational::from_f64(x)))
    }

    fn from_rational(x: Rational) -> Value {
        if is_small(x.numerator()) && is_small(x.denominator()) {
            Value::Fraction(Arc::new(x))
        } else {
            Value::from_float(BigFloat::from_rational(&x))
        }
    }

    fn from_float(x: BigFloat) -> Value {
        if x.is_infinite() { Value::Unknown } else { Value::Float(Arc::new(x)) }
    }

    pub fn complex(re: Value, im: Value) -> Value {
        if re.is_unknown() || im.is_unknown() {
            return Value::Unknown;
        }
        Value::Complex(Arc::new((re, im)))
    }

    pub fn as_bool(&self) -> bool {
        matches!(self, Value::Bool(true))
    }

    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The exact value of an Int.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(x) => Some(*x),
            _ => None,
        }
    }

    /// The exact value of an Int.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Int(x) => u64::try_from(*x).ok(),
            Value::Big(x) => x.to_u64(),
            _ => None,
        }
    }

    pub fn as_big(&self) -> Option<BigInt> {
        match self {
            Value::Int(x) => Some(BigInt::from(*x)),
            Value::Big(x) => Some((**x).clone()),
            _ => None,
        }
    }

    /// The low 64 bits of an Int in two's complement.
    pub fn low_bits(&self) -> u64 {
        match self {
            Value::Int(x) => *x as u64,
            Value::Big(x) => {
                let low = x.magnitude().iter_u64_digits().next().unwrap_or(0);
                if x.is_negative() { low.wrapping_neg() } else { low }
            }
            _ => 0,
        }
    }

    /// The nearest float64; infinite if out of range. For a number that is not complex.
    pub fn to_f64(&self) -> f64 {
        match self {
            Value::Int(x) => *x as f64,
            Value::Big(x) => Rational::from_int((**x).clone()).to_f64(),
            Value::Fraction(x) => x.to_f64(),
            Value::Float(x) => x.to_f64(),
            Value::Complex(parts) => parts.0.to_f64(),
            _ => 0.0,
        }
    }

    /// The nearest float32; infinite if out of range. For a number that is not complex.
    pub fn to_f32(&self) -> f32 {
        match self {
            Value::Int(x) => *x as f32,
            Value::Big(x) => Rational::from_int((**x).clone()).to_f32(),
            Value::Fraction(x) => x.to_f32(),
            Value::Float(x) => x.to_f32(),
            Value::Complex(parts) => parts.0.to_f32(),
            _ => 0.0,
        }
    }

    /// Bits of the magnitude of an Int.
    pub fn bit_length(&self) -> u64 {
        match self {
            Value::Int(x) => 64 - u64::from(x.unsigned_abs().leading_zeros()),
            Value::Big(x) => x.bits(),
            _ => 0,
        }
    }

    /// -1, 0 or 1; for complex numbers 0 exactly if the number is zero. 1 for what is unknown.
    pub fn sign(&self) -> i32 {
        match self {
            Value::Int(x) => x.signum() as i32,
            Value::Big(x) if x.is_negative() => -1,
            Value::Big(_) => 1,
            Value::Fraction(x) => match x.numerator().sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
            Value::Float(x) => x.sign(),
            Value::Complex(parts) => parts.0.sign() | parts.1.sign(),
            _ => 1,
        }
    }

    pub fn real(&self) -> Value {
        match self {
            Value::Complex(parts) => parts.0.clone(),
            Value::Int(_) | Value::Big(_) | Value::Fraction(_) | Value::Float(_) => self.clone(),
            _ => Value::Unknown,
        }
    }

    pub fn imag(&self) -> Value {
        match self {
            Value::Complex(parts) => parts.1.clone(),
            Value::Int(_) | Value::Big(_) | Value::Fraction(_) | Value::Float(_) => Value::Int(0),
            _ => Value::Unknown,
        }
    }

    /// The same number as an Int, or `Unknown`.
    pub fn to_int(&self) -> Value {
        match self {
            Value::Int(_) | Value::Big(_) => self.clone(),
            Value::Fraction(x) if x.is_int() => Value::from_big(x.numerator().clone()),
            Value::Float(x) if x.binary_exponent().abs() < MAX_FRACTION_BITS => {
                // Bits lost on the way here may hide an integer: try with a few bits less.
                const SLACK: u64 = 4;
                let candidates = [
                    (**x).clone(),
                    x.with_precision(PRECISION - SLACK, Rounding::ToZero),
                    x.with_precision(PRECISION - SLACK, Rounding::AwayFromZero),
                ];
                candidates.iter().find_map(BigFloat::to_int).map_or(Value::Unknown, Value::from_big)
            }
            Value::Complex(_) => match self.to_float() {
                x @ (Value::Fraction(_) | Value::Float(_)) => x.to_int(),
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    /// The same number as a Float, or `Unknown`.
    pub fn to_float(&self) -> Value {
        match self {
            Value::Int(x) => Value::Fraction(Arc::new(Rational::from_int(BigInt::from(*x)))),
            Value::Big(x) => {
                if is_small(x) {
                    Value::Fraction(Arc::new(Rational::from_int((**x).clone())))
                } else {
                    Value::from_float(BigFloat::from_int(x))
                }
            }
            Value::Fraction(_) | Value::Float(_) => self.clone(),
            Value::Complex(parts) if parts.1.sign() == 0 => parts.0.to_float(),
            _ => Value::Unknown,
        }
    }

    pub fn to_complex(&self) -> Value {
        match self {
            Value::Int(_) | Value::Big(_) | Value::Fraction(_) | Value::Float(_) => Value::complex(self.clone(), Value::Int(0)),
            Value::Complex(_) => self.clone(),
            _ => Value::Unknown,
        }
    }

    /// `-x`; operands that are no numbers give `Unknown`.
    pub fn negate(&self) -> Value {
        match self {
            Value::Int(x) => x.checked_neg().map_or_else(|| Value::from_big(-BigInt::from(*x)), Value::Int),
            Value::Big(x) => Value::from_big(-&**x),
            Value::Fraction(x) => Value::Fraction(Arc::new(x.neg())),
            Value::Float(x) => Value::from_float(x.neg()),
            Value::Complex(parts) => Value::complex(parts.0.negate(), parts.1.negate()),
            _ => Value::Unknown,
        }
    }

    /// `^x`; of an unsigned number of `unsigned_bits` bits if that is not 0.
    pub fn complement(&self, unsigned_bits: u32) -> Value {
        let Some(x) = self.as_big() else { return Value::Unknown };
        let mut result = !x;
        if unsigned_bits > 0 {
            let modulus: BigInt = BigInt::from(1) << unsigned_bits;
            result = result.mod_floor(&modulus);
        }
        Value::from_big(result)
    }

    pub fn not(&self) -> Value {
        match self {
            Value::Bool(x) => Value::Bool(!x),
            _ => Value::Unknown,
        }
    }

    pub fn shift_left(&self, count: u64) -> Value {
        match self.as_big() {
            Some(x) => Value::from_big(x << count),
            None => Value::Unknown,
        }
    }

    pub fn shift_right(&self, count: u64) -> Value {
        match self {
            Value::Int(x) => Value::Int(x >> count.min(63)),
            Value::Big(x) => Value::from_big(&**x >> count),
            _ => Value::Unknown,
        }
    }

    /// Arithmetic and logic; comparisons are `compare`. A divisor must not be zero.
    pub fn binary(&self, operator: Operator, other: &Value) -> Value {
        let (x, y) = matched(self, other);
        match (&x, &y) {
            (Value::Bool(a), Value::Bool(b)) => match operator {
                Operator::LogicalAnd => Value::Bool(*a && *b),
                Operator::LogicalOr => Value::Bool(*a || *b),
                _ => Value::Unknown,
            },
            (Value::String(a), Value::String(b)) if operator == Operator::Add => Value::String(a.concat(b)),
            (Value::Int(a), Value::Int(b)) => {
                let small = match operator {
                    Operator::Add => a.checked_add(*b),
                    Operator::Sub => a.checked_sub(*b),
                    Operator::Mul => a.checked_mul(*b),
                    Operator::QuoInt => a.checked_div(*b),
                    Operator::Rem => a.checked_rem(*b),
                    Operator::And => Some(a & b),
                    Operator::Or => Some(a | b),
                    Operator::Xor => Some(a ^ b),
                    Operator::AndNot => Some(a & !b),
                    _ => None,
                };
                small.map_or_else(|| integer(&BigInt::from(*a), operator, &BigInt::from(*b)), Value::Int)
            }
            (Value::Big(a), Value::Big(b)) => integer(a, operator, b),
            (Value::Fraction(a), Value::Fraction(b)) => match operator {
                Operator::Add => Value::from_rational(a.add(b)),
                Operator::Sub => Value::from_rational(a.sub(b)),
                Operator::Mul => Value::from_rational(a.mul(b)),
                Operator::Quo if !b.numerator().is_zero() => Value::from_rational(a.div(b)),
                _ => Value::Unknown,
            },
            (Value::Float(a), Value::Float(b)) => match operator {
                Operator::Add => Value::from_float(a.add(b)),
                Operator::Sub => Value::from_float(a.sub(b)),
                Operator::Mul => Value::from_float(a.mul(b)),
                Operator::Quo if b.sign() != 0 => Value::from_float(a.div(b)),
                _ => Value::Unknown,
            },
            (Value::Complex(a), Value::Complex(b)) => complex_binary(a, operator, b),
            _ => Value::Unknown,
        }
    }

    /// A comparison; false if an operand is unknown.
    pub fn compare(&self, operator: Operator, other: &Value) -> bool {
        let (x, y) = matched(self, other);
        let ordering = match (&x, &y) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::String(a), Value::String(b)) => a.compare(b),
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Big(a), Value::Big(b)) => a.cmp(b),
            (Value::Fraction(a), Value::Fraction(b)) => a.compare(b),
            (Value::Float(a), Value::Float(b)) => a.compare(b),
            (Value::Complex(a), Value::Complex(b)) => {
                let equal = a.0.compare(Operator::Equal, &b.0) && a.1.compare(Operator::Equal, &b.1);
                if equal { Ordering::Equal } else { Ordering::Less }
            }
            _ => return false,
        };
        match operator {
            Operator::Equal => ordering.is_eq(),
            Operator::NotEqual => ordering.is_ne(),
            Operator::Less => ordering.is_lt(),
            Operator::LessEqual => ordering.is_le(),
            Operator::Greater => ordering.is_gt(),
            Operator::GreaterEqual => ordering.is_ge(),
            _ => false,
        }
    }

    /// A short, readable form, as error messages print it.
    pub fn display(&self) -> String {
        match self {
            Value::Unknown => "unknown".to_string(),
            Value::Bool(x) => x.to_string(),
            Value::String(text) => {
                const LIMIT: usize = 72;
                let quoted = text.with(quote);
                if quoted.chars().count() > LIMIT { quoted.chars().take(LIMIT - 3).collect::<String>() + "..." } else { quoted }
            }
            Value::Int(x) => x.to_string(),
            Value::Big(x) => x.to_string(),
            Value::Fraction(x) => display_float(&BigFloat::from_rational(x)),
            Value::Float(x) => display_float(x),
            Value::Complex(parts) => format!("({} + {}i)", parts.0.display(), parts.1.display()),
        }
    }
}

fn is_small(x: &BigInt) -> bool {
    (x.bits() as i64) < MAX_FRACTION_BITS
}

fn integer(a: &BigInt, operator: Operator, b: &BigInt) -> Value {
    Value::from_big(match operator {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mul => a * b,
        Operator::Quo if !b.is_zero() => return Value::from_rational(Rational::new(a.clone(), b.clone())),
        Operator::QuoInt if !b.is_zero() => a / b,
        Operator::Rem if !b.is_zero() => a % b,
        Operator::And => a & b,
        Operator::Or => a | b,
        Operator::Xor => a ^ b,
        Operator::AndNot => a & !b,
        _ => return Value::Unknown,
    })
}

fn complex_binary(x: &(Value, Value), operator: Operator, y: &(Value, Value)) -> Value {
    use Operator::{Add, Mul, Quo, Sub};
    let (a, b) = x;
    let (c, d) = y;
    match operator {
        Add | Sub => Value::complex(a.binary(operator, c), b.binary(operator, d)),
        // (a+bi)(c+di) = (ac-bd) + (bc+ad)i
        Mul => Value::complex(a.binary(Mul, c).binary(Sub, &b.binary(Mul, d)), b.binary(Mul, c).binary(Add, &a.binary(Mul, d))),
        // (a+bi)/(c+di) = (ac+bd)/s + (bc-ad)/s i, s = cc+dd
        Quo => {
            let s = c.binary(Mul, c).binary(Add, &d.binary(Mul, d));
            if s.sign() == 0 {
                return Value::Unknown;
            }
            let re = a.binary(Mul, c).binary(Add, &b.binary(Mul, d));
            let im = b.binary(Mul, c).binary(Sub, &a.binary(Mul, d));
            Value::complex(re.binary(Quo, &s), im.binary(Quo, &s))
        }
        _ => Value::Unknown,
    }
}

fn rank(x: &Value) -> u32 {
    match x {
        Value::Unknown => 0,
        Value::Bool(_) | Value::String(_) => 1,
        Value::Int(_) => 2,
        Value::Big(_) => 3,
        Value::Fraction(_) => 4,
        Value::Float(_) => 5,
        Value::Complex(_) => 6,
    }
}

/// Both operands in the representation of the higher one.
fn matched(x: &Value, y: &Value) -> (Value, Value) {
    match rank(x).cmp(&rank(y)) {
        Ordering::Equal => (x.clone(), y.clone()),
        Ordering::Less => raised(x, y),
        Ordering::Greater => {
            let (y, x) = raised(y, x);
            (x, y)
        }
    }
}

/// Brings `low` to the representation of `high`; either may end up higher still.
fn raised(low: &Value, high: &Value) -> (Value, Value) {
    if low.is_unknown() {
        return (Value::Unknown, Value::Unknown);
    }
    let raised = match (high, low) {
        (Value::Big(_), Value::Int(x)) => Value::Big(Arc::new(BigInt::from(*x))),
        (Value::Fraction(y), Value::Int(_) | Value::Big(_)) => match low.to_float() {
            x @ Value::Float(_) => return (x, Value::Float(Arc::new(BigFloat::from_rational(y)))),
            x => x,
        },
        (Value::Float(_), Value::Int(_) | Value::Big(_)) => Value::Float(Arc::new(BigFloat::from_int(&low.as_big().unwrap_or_default()))),
        (Value::Float(_), Value::Fraction(x)) => Value::Float(Arc::new(BigFloat::from_rational(x))),
        (Value::Complex(_), _) => low.to_complex(),
        _ => return (Value::Unknown, Value::Unknown),
    };
    (raised, high.clone())
}

fn display_float(x: &BigFloat) -> String {
    let near = x.to_f64();
    if near.is_finite() && (near == 0.0) == (x.sign() == 0) {
        let text = format_general(near, Some(6));
        if !x.is_int() && !text.contains('.') {
            return format_general(near, None);
        }
        return text;
    }
    // Out of float64's range: mantissa and decimal exponent approximately.
    let mut mantissa = x.fraction();
    let decimal = x.binary_exponent() as f64 * (std::f64::consts::LN_2 / std::f64::consts::LN_10);
    let mut exponent = decimal as i64;
    mantissa *= 10f64.powf(decimal - exponent as f64);
    if mantissa.abs() < 1.0 - 0.5e-6 {
        mantissa *= 10.0;
        exponent -= 1;
    } else if mantissa.abs() >= 10.0 {
        mantissa /= 10.0;
        exponent += 1;
    }
    format!("{}e{:+}", format_general(mantissa, Some(6)), exponent)
}

/// C's `%.6g` (with `digits`) or Go's `%g` (shortest).
fn format_general(x: f64, digits: Option<usize>) -> String {
    if x == 0.0 {
        return "0".to_string();
    }
    let scientific = match digits {
        Some(digits) => format!("{:.*e}", digits - 1, x),
        None => format!("{x:e}"),
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let negative = mantissa.starts_with('-');
    let mut figures: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    while figures.len() > 1 && figures.ends_with('0') {
        figures.pop();
    }
    // Shortest formatting turns to exponents from 21 digits on, as Go's %g does.
    let limit = digits.map_or(21, |digits| digits as i32);
    let mut out = String::new();
    if negative {
        out.push('-');
    }
    if exponent < -4 || exponent >= limit {
        out.push_str(&figures[..1]);
        if figures.len() > 1 {
            out.push('.');
            out.push_str(&figures[1..]);
        }
        out.push_str(&format!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()));
    } else if exponent < 0 {
        out.push_str("0.");
        out.push_str(&"0".repeat((-exponent - 1) as usize));
        out.push_str(&figures);
    } else {
        let whole = exponent as usize + 1;
        if figures.len() <= whole {
            out.push_str(&figures);
            out.push_str(&"0".repeat(whole - figures.len()));
        } else {
            out.push_str(&figures[..whole]);
            out.push('.');
            out.push_str(&figures[whole..]);
        }
    }
    out
}

#[cfg(test)]
mod tests;
