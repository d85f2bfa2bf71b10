//! Exact fractions, always in lowest terms with a positive denominator.

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

use super::float::{decompose_f64, round_to_float};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rational {
    numerator: BigInt,
    denominator: BigInt,
}

impl Rational {
    /// `denominator` is not zero.
    pub fn new(numerator: BigInt, denominator: BigInt) -> Rational {
        let common = numerator.gcd(&denominator);
        let (mut numerator, mut denominator) = if common.is_one() { (numerator, denominator) } else { (numerator / &common, denominator / &common) };
        if denominator.is_negative() {
            numerator = -numerator;
            denominator = -denominator;
        }
        Rational { numerator, denominator }
    }

    pub fn from_int(x: BigInt) -> Rational {
        Rational { numerator: x, denominator: BigInt::one() }
    }

    pub fn from_f64(x: f64) -> Rational {
        let (mantissa, exponent) = decompose_f64(x);
        if exponent >= 0 {
            Rational::from_int(mantissa << exponent as u64)
        } else {
            Rational::new(mantissa, BigInt::one() << exponent.unsigned_abs())
        }
    }

    /// `digits * 10^exponent`.
    pub fn from_decimal(digits: BigInt, exponent: i64) -> Rational {
        let power = BigInt::from(10).pow(exponent.unsigned_abs() as u32);
        if exponent >= 0 { Rational::from_int(digits * power) } else { Rational::new(digits, power) }
    }

    pub fn numerator(&self) -> &BigInt {
        &self.numerator
    }

    pub fn denominator(&self) -> &BigInt {
        &self.denominator
    }

    pub fn is_int(&self) -> bool {
        self.denominator.is_one()
    }

    pub fn neg(&self) -> Rational {
        Rational { numerator: -&self.numerator, denominator: self.denominator.clone() }
    }

    pub fn add(&self, other: &Rational) -> Rational {
        Rational::new(&self.numerator * &other.denominator + &other.numerator * &self.denominator, &self.denominator * &other.denominator)
    }

    pub fn sub(&self, other: &Rational) -> Rational {
        self.add(&other.neg())
    }

    pub fn mul(&self, other: &Rational) -> Rational {
        Rational::new(&self.numerator * &other.numerator, &self.denominator * &other.denominator)
    }

    /// `other` is not zero.
    pub fn div(&self, other: &Rational) -> Rational {
        Rational::new(&self.numerator * &other.denominator, &self.denominator * &other.numerator)
    }

    pub fn compare(&self, other: &Rational) -> std::cmp::Ordering {
        (&self.numerator * &other.denominator).cmp(&(&other.numerator * &self.denominator))
    }

    /// About `numerator/denominator` with well more than 64 significant bits: magnitude, exponent, and whether bits are missing.
    fn quotient(&self) -> (BigUint, i64, bool) {
        let shift = (128 + self.denominator.bits()).saturating_sub(self.numerator.bits());
        let numerator: BigUint = self.numerator.magnitude() << shift;
        let (quotient, rest) = numerator.div_rem(self.denominator.magnitude());
        (quotient, -(shift as i64), !rest.is_zero())
    }

    pub fn to_f64(&self) -> f64 {
        let (magnitude, exponent, sticky) = self.quotient();
        round_to_float(self.numerator.is_negative(), &magnitude, exponent, sticky, 53, -1074, 1024)
    }

    pub fn to_f32(&self) -> f32 {
        let (magnitude, exponent, sticky) = self.quotient();
        round_to_float(self.numerator.is_negative(), &magnitude, exponent, sticky, 24, -149, 128) as f32
    }
}
