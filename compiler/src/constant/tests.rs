//! Constants behave as Go's do.

use super::{Operator, Value};

fn int(text: &str) -> Value {
    Value::from_int_literal(text).expect("integer literal")
}

fn float(text: &str) -> Value {
    Value::from_float_literal(text).expect("float literal")
}

#[test]
fn integers() {
    assert_eq!(int("0x_ff").display(), "255");
    assert_eq!(int("0777").display(), "511");
    assert_eq!(int("0b101").display(), "5");
    let big = int("1").shift_left(100);
    assert_eq!(big.display(), "1267650600228229401496703205376");
    assert_eq!(big.shift_right(98).display(), "4");
    assert_eq!(Value::Int(i64::MIN).negate().display(), "9223372036854775808");
    assert_eq!(Value::Int(0).complement(8).display(), "255");
    assert_eq!(Value::Int(0).complement(0).display(), "-1");
    assert_eq!(Value::Int(-7).binary(Operator::QuoInt, &Value::Int(2)).display(), "-3");
    assert_eq!(Value::Int(-7).binary(Operator::Rem, &Value::Int(2)).display(), "-1");
    assert_eq!(Value::Int(i64::MIN).binary(Operator::QuoInt, &Value::Int(-1)).display(), "9223372036854775808");
}

#[test]
fn floats() {
    assert_eq!(float("0.1").to_f64(), 0.1);
    assert_eq!(float("0.1").to_f32(), 0.1f32);
    assert_eq!(float("1e-320").to_f64(), 1e-320);
    assert_eq!(float("4.940656458412465441765687928682213723651e-324").to_f64(), 5e-324);
    assert_eq!(float("1.7976931348623157e308").to_f64(), f64::MAX);
    assert!(float("1e400").to_f64().is_infinite());
    assert_eq!(float("0x1p-2").display(), "0.25");
    assert_eq!(float("1e1000").display(), "1e+1000");
    assert_eq!(float("1e100000").display(), "1e+100000");
    assert_eq!(float("1e-100000").display(), "1e-100000");
    assert!(float("1e1000000000").is_unknown());
    assert_eq!(float("2.0").to_int().display(), "2");
    assert!(float("2.5").to_int().is_unknown());
    assert_eq!(float("1.5").display(), "1.5");
    assert_eq!(float("1000000.5").display(), "1000000.5");
    let third = Value::Int(1).to_float().binary(Operator::Quo, &Value::Int(3));
    assert!(third.binary(Operator::Mul, &Value::Int(3)).compare(Operator::Equal, &Value::Int(1)));
    let huge = float("1e100000");
    assert!(huge.binary(Operator::Quo, &huge).compare(Operator::Equal, &Value::Int(1)));
    assert!(huge.compare(Operator::Greater, &float("1e99999")));
}

#[test]
fn complex_numbers() {
    let i = Value::from_imaginary_literal("1i").expect("imaginary literal");
    let minus_one = i.binary(Operator::Mul, &i);
    assert!(minus_one.compare(Operator::Equal, &Value::Int(-1)));
    assert_eq!(minus_one.to_int().display(), "-1");
    assert_eq!(Value::Int(1).binary(Operator::Add, &i).display(), "(1 + 1i)");
    assert_eq!(Value::from_imaginary_literal("0123i").expect("imaginary literal").imag().display(), "123");
}

#[test]
fn strings() {
    let a = Value::from_string_literal(r#""a\xff\u00e9\n""#).expect("string literal");
    assert_eq!(a.as_text().expect("text").bytes(), [b'a', 0xff, 0xc3, 0xa9, b'\n']);
    let b = a.binary(Operator::Add, &Value::from_text("b"));
    let c = a.binary(Operator::Add, &Value::from_text("c"));
    assert_eq!(b.display(), r#""a\xffé\nb""#);
    assert_eq!(c.display(), r#""a\xffé\nc""#);
    assert!(b.compare(Operator::Less, &c));
    assert_eq!(Value::from_rune_literal(r"'\''").and_then(|v| v.as_i64()), Some(39));
}
