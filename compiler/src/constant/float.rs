//! Binary floating-point numbers with a 512-bit mantissa.
//!
//! They stand in for fractions whose numerator or denominator would be unreasonably long. The value is
//! `mantissa * 2^exponent`; the mantissa has at most `PRECISION` bits and is odd or zero, so equal values are equal structurally.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::rational::Rational;

/// Bits of mantissa kept.
pub const PRECISION: u64 = 512;
/// Numbers whose binary exponent leaves this range count as infinite or zero.
const MAX_EXPONENT: i64 = i32::MAX as i64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BigFloat {
    mantissa: BigInt,
    exponent: i64,
}

/// How a mantissa that is too long is shortened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    NearestEven,
    ToZero,
    AwayFromZero,
}

impl BigFloat {
    pub fn zero() -> BigFloat {
        BigFloat { mantissa: BigInt::zero(), exponent: 0 }
    }

    pub fn new(mantissa: BigInt, exponent: i64) -> BigFloat {
        BigFloat::rounded(mantissa, exponent, false, PRECISION, Rounding::NearestEven)
    }

    /// `sticky` says that the true value is a little larger in magnitude than `mantissa * 2^exponent`.
    fn rounded(mantissa: BigInt, exponent: i64, sticky: bool, precision: u64, rounding: Rounding) -> BigFloat {
        let (sign, mut magnitude) = mantissa.into_parts();
        let mut exponent = exponent;
        if magnitude.is_zero() {
            return BigFloat::zero();
        }
        let bits = magnitude.bits();
        if bits > precision {
            let drop = bits - precision;
            let exact = magnitude.trailing_zeros().unwrap_or(0) >= drop && !sticky;
            let half = magnitude.bit(drop - 1);
            let beyond_half = sticky || magnitude.trailing_zeros().unwrap_or(0) < drop - 1;
            magnitude >>= drop;
            exponent += drop as i64;
            let up = match rounding {
                Rounding::NearestEven => half && (beyond_half || magnitude.bit(0)),
                Rounding::ToZero => false,
                Rounding::AwayFromZero => !exact,
            };
            if up {
                magnitude += 1u32;
            }
        }
        let zeros = magnitude.trailing_zeros().unwrap_or(0);
        if zeros > 0 {
            magnitude >>= zeros;
            exponent += zeros as i64;
        }
        if exponent + (magnitude.bits() as i64) < -MAX_EXPONENT {
            return BigFloat::zero();
        }
        BigFloat { mantissa: BigInt::from_biguint(sign, magnitude), exponent }
    }

    /// The same value with fewer bits of mantissa.
    pub fn with_precision(&self, precision: u64, rounding: Rounding) -> BigFloat {
        BigFloat::rounded(self.mantissa.clone(), self.exponent, false, precision, rounding)
    }

    pub fn from_int(x: &BigInt) -> BigFloat {
        BigFloat::new(x.clone(), 0)
    }

    pub fn from_rational(x: &Rational) -> BigFloat {
        BigFloat::from_int(x.numerator()).div(&BigFloat::exact(x.denominator().clone()))
    }

    /// Keeps every bit: for operands of operations that round themselves.
    fn exact(mantissa: BigInt) -> BigFloat {
        BigFloat { mantissa, exponent: 0 }
    }

    /// `digits * 10^exponent`.
    pub fn from_decimal(digits: &BigInt, exponent: i64) -> BigFloat {
        if digits.is_zero() {
            return BigFloat::zero();
        }
        const EXTRA: u64 = PRECISION + 128;
        // 10^n = 5^n * 2^n; 5^n by squaring with spare bits.
        let mut power = BigFloat::exact(BigInt::one());
        let mut square = BigFloat::exact(BigInt::from(5));
        let mut n = exponent.unsigned_abs();
        while n > 0 {
            if n & 1 == 1 {
                power = power.mul_precise(&square, EXTRA);
            }
            n >>= 1;
            if n > 0 {
                square = square.mul_precise(&square, EXTRA);
            }
            if square.is_infinite() || power.is_infinite() {
                break;
            }
        }
        let digits = BigFloat::exact(digits.clone());
        let mut result = if exponent >= 0 { digits.mul(&power) } else { digits.div(&power) };
        if power.is_infinite() || square.is_infinite() {
            if exponent < 0 {
                return BigFloat::zero();
            }
            result.exponent = MAX_EXPONENT;
        }
        result.exponent = result.exponent.saturating_add(exponent);
        if result.binary_exponent() < -MAX_EXPONENT {
            return BigFloat::zero();
        }
        result
    }

    pub fn from_f64(x: f64) -> BigFloat {
        let (mantissa, exponent) = decompose_f64(x);
        BigFloat::new(mantissa, exponent)
    }

    /// Whether the exponent left the range that counts as finite.
    pub fn is_infinite(&self) -> bool {
        self.binary_exponent() > MAX_EXPONENT
    }

    /// The `e` of `f * 2^e` with `f` in [0.5, 1).
    pub fn binary_exponent(&self) -> i64 {
        if self.mantissa.is_zero() { 0 } else { self.exponent.saturating_add(self.mantissa.bits() as i64) }
    }

    pub fn sign(&self) -> i32 {
        match self.mantissa.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        }
    }

    pub fn is_int(&self) -> bool {
        self.mantissa.is_zero() || self.exponent >= 0
    }

    /// The value as an integer if it is one. The exponent must be reasonable.
    pub fn to_int(&self) -> Option<BigInt> {
        if self.is_int() { Some(&self.mantissa << self.exponent.max(0) as u64) } else { None }
    }

    pub fn to_rational(&self) -> Rational {
        if self.exponent >= 0 {
            Rational::from_int(&self.mantissa << self.exponent as u64)
        } else {
            Rational::new(self.mantissa.clone(), BigInt::one() << self.exponent.unsigned_abs())
        }
    }

    pub fn neg(&self) -> BigFloat {
        BigFloat { mantissa: -&self.mantissa, exponent: self.exponent }
    }

    pub fn add(&self, other: &BigFloat) -> BigFloat {
        if self.mantissa.is_zero() {
            return other.clone();
        }
        if other.mantissa.is_zero() {
            return self.clone();
        }
        let (high, low) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        let gap = high.exponent.saturating_sub(low.exponent);
        if gap > 4 * PRECISION as i64 {
            // One operand is far below the other's last bit.
            return if high.binary_exponent() > low.binary_exponent() { high.clone() } else { low.clone() };
        }
        BigFloat::new((&high.mantissa << gap as u64) + &low.mantissa, low.exponent)
    }

    pub fn sub(&self, other: &BigFloat) -> BigFloat {
        self.add(&other.neg())
    }

    pub fn mul(&self, other: &BigFloat) -> BigFloat {
        self.mul_precise(other, PRECISION)
    }

    fn mul_precise(&self, other: &BigFloat, precision: u64) -> BigFloat {
        BigFloat::rounded(&self.mantissa * &other.mantissa, self.exponent.saturating_add(other.exponent), false, precision, Rounding::NearestEven)
    }

    /// `other` is not zero.
    pub fn div(&self, other: &BigFloat) -> BigFloat {
        if self.mantissa.is_zero() {
            return BigFloat::zero();
        }
        let want = PRECISION + 2 + other.mantissa.bits();
        let shift = want.saturating_sub(self.mantissa.bits());
        let numerator: BigUint = self.mantissa.magnitude() << shift;
        let denominator = other.mantissa.magnitude();
        let quotient = &numerator / denominator;
        let sticky = &quotient * denominator != numerator;
        let sign = if self.mantissa.is_negative() == other.mantissa.is_negative() { Sign::Plus } else { Sign::Minus };
        BigFloat::rounded(
            BigInt::from_biguint(sign, quotient),
            self.exponent - other.exponent - shift as i64,
            sticky,
            PRECISION,
            Rounding::NearestEven,
        )
    }

    pub fn compare(&self, other: &BigFloat) -> std::cmp::Ordering {
        let (a, b) = (self.sign(), other.sign());
        if a != b || a == 0 {
            return a.cmp(&b);
        }
        let (x, y) = (self.binary_exponent(), other.binary_exponent());
        if x != y {
            return if a > 0 { x.cmp(&y) } else { y.cmp(&x) };
        }
        // Equal magnitudes: the exponents are at most PRECISION apart.
        if self.exponent >= other.exponent {
            (&self.mantissa << (self.exponent - other.exponent) as u64).cmp(&other.mantissa)
        } else {
            self.mantissa.cmp(&(&other.mantissa << (other.exponent - self.exponent) as u64))
        }
    }

    pub fn to_f64(&self) -> f64 {
        round_to_float(self.mantissa.is_negative(), self.mantissa.magnitude(), self.exponent, false, 53, -1074, 1024)
    }

    pub fn to_f32(&self) -> f32 {
        round_to_float(self.mantissa.is_negative(), self.mantissa.magnitude(), self.exponent, false, 24, -149, 128) as f32
    }

    /// The fraction in [0.5, 1) as a machine float, with the sign.
    pub fn fraction(&self) -> f64 {
        BigFloat { mantissa: self.mantissa.clone(), exponent: -(self.mantissa.bits() as i64) }.to_f64()
    }
}

/// Mantissa and exponent of a finite machine float.
pub fn decompose_f64(x: f64) -> (BigInt, i64) {
    let bits = x.to_bits();
    let field = ((bits >> 52) & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field - 1075) };
    let mantissa = BigInt::from(mantissa);
    (if x < 0.0 { -mantissa } else { mantissa }, exponent)
}

/// Rounds `magnitude * 2^exponent` (a little more if `sticky`) to a machine float with `precision` bits, whose smallest
/// subnormal is `2^least` and whose values stay below `2^limit`. `magnitude` has more than `precision + 1` bits if `sticky`.
pub fn round_to_float(negative: bool, magnitude: &BigUint, exponent: i64, sticky: bool, precision: u64, least: i64, limit: i64) -> f64 {
    let sign = if negative { -1.0 } else { 1.0 };
    if magnitude.is_zero() {
        return 0.0;
    }
    let bits = magnitude.bits() as i64;
    let top = exponent.saturating_add(bits);
    if top > limit {
        return sign * f64::INFINITY;
    }
    if top < least {
        return 0.0 * sign;
    }
    // The unit of the last place kept.
    let unit = (top - precision as i64).max(least);
    let drop = unit - exponent;
    let kept = if drop <= 0 {
        magnitude << (-drop) as u64
    } else {
        let drop = drop as u64;
        let half = magnitude.bit(drop - 1);
        let beyond = sticky || magnitude.trailing_zeros().unwrap_or(0) < drop - 1;
        let mut kept = magnitude >> drop;
        if half && (beyond || kept.bit(0)) {
            kept += 1u32;
        }
        kept
    };
    let kept = kept.to_u64().unwrap_or(u64::MAX);
    if (64 - kept.leading_zeros() as i64) + unit > limit {
        return sign * f64::INFINITY;
    }
    sign * scale(kept as f64, unit)
}

/// `x * 2^exponent` where the result is representable.
fn scale(x: f64, exponent: i64) -> f64 {
    let mut x = x;
    let mut exponent = exponent;
    while exponent > 1000 {
        x *= 2f64.powi(1000);
        exponent -= 1000;
    }
    // Both factors are exact, and so is the product: no rounding happens on the way down.
    while exponent < -1000 {
        x *= 2f64.powi(-500);
        exponent += 500;
    }
    x * 2f64.powi(exponent as i32)
}
