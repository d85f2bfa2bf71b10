//! Expressions of the basic types.
//!
//! Two rules keep programs valid and their meaning fixed. An operator never has constants on both sides, so that no constant overflows. And a statement
//! either calls functions in its expressions, which change nothing that the expression reads, or has at most one operation that may panic, because
//! Go leaves the order of such operations and calls open.

use super::Generator;
use super::ty::{BYTE, Def, INT, INTS, Int, RUNE, Ty, comparable, underlying};

/// What the expressions of a statement may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Quiet,
    /// Calls of pure functions.
    Calls,
    /// One operation that may panic.
    Risk,
}

impl Generator {
    /// An expression of a type, perhaps a constant.
    pub fn expr(&mut self, ty: &Ty, depth: usize) -> String {
        self.size += 1;
        if depth == 0 || self.size > super::SIZE_LIMIT || self.random.chance(20) { self.leaf(ty) } else { self.dynamic(ty, depth) }
    }

    /// What may be assigned to a variable of a type: also constants without a type, and values that become an interface's.
    pub fn assignable(&mut self, ty: &Ty, depth: usize) -> String {
        if !self.random.chance(60) {
            return self.expr(ty, depth);
        }
        match ty {
            Ty::Any => {
                let of = self.any_type();
                if of == Ty::Any { self.expr(ty, depth) } else { self.expr(&of, depth.saturating_sub(1)) }
            }
            Ty::Named(index) if self.is_interface(ty) => {
                let implementers = self.implementers(*index);
                let of = self.random.pick(&implementers).clone();
                self.expr(&of, depth.saturating_sub(1))
            }
            _ if self.random.chance(80) => self.expr(ty, depth),
            _ => match underlying(ty, &self.defs).clone() {
                Ty::Int(int) => self.literal(int, false),
                Ty::Bool => if self.random.chance(50) { "true" } else { "false" }.to_string(),
                Ty::Str => (*self.random.pick(&["\"\"", "\"const\"", "`é`"])).to_string(),
                Ty::F32 | Ty::F64 => (*self.random.pick(&["0", "1", "2.5", "-0.0", "1e3", "'a'"])).to_string(),
                Ty::C128 => (*self.random.pick(&["0", "1", "2.5i", "1 + 2i"])).to_string(),
                Ty::Slice(_) => "nil".to_string(),
                _ => self.expr(ty, depth),
            },
        }
    }

    /// An expression of a type that is no constant.
    pub fn dynamic(&mut self, ty: &Ty, depth: usize) -> String {
        self.size += 1;
        if depth == 0 || self.size > super::SIZE_LIMIT || self.random.chance(15) {
            if let Some(place) = self.readable(ty) {
                return place;
            }
            let leaf = self.leaf(ty);
            return match self.random.below(3) {
                0 => format!("Opaque({leaf})"),
                _ => format!("Id({leaf})"),
            };
        }
        if self.random.chance(12)
            && !self.nil_matters(ty)
            && let Some(call) = self.pure_call(ty, depth - 1)
        {
            return call;
        }
        match self.random.below(24) {
            0 => {
                let (c, a, b) = (self.dynamic(&Ty::Bool, depth - 1), self.expr(ty, depth - 1), self.expr(ty, depth - 1));
                return format!("Sel({c}, {a}, {b})");
            }
            1 if self.mode == Mode::Calls => {
                let a = self.expr(ty, depth - 1);
                return format!("Tr({}, {a})", self.random.below(1000));
            }
            2 if !matches!(ty, Ty::Any | Ty::Param) && !self.is_interface(ty) => {
                let a = self.expr(ty, depth - 1);
                return format!("any({a}).({})", self.text(ty));
            }
            3 if self.frame.depth < 2 && self.mode == Mode::Calls => return self.immediate(ty),
            4 => {
                let a = self.expr(ty, depth - 1);
                return format!("[]{}{{{a}}}[0]", self.text(ty));
            }
            5 => {
                let a = self.expr(ty, depth - 1);
                return format!("(*new({a}))");
            }
            6 if !self.nil_matters(ty) => {
                if let Some(pointer) = self.readable(&Ty::Ptr(ty.clone().into())) {
                    return if self.risk() { format!("(*{pointer})") } else { format!("Get({pointer})") };
                }
            }
            7 if !self.nil_matters(ty) => {
                if let Some(slice) = self.readable(&Ty::Slice(ty.clone().into())) {
                    let index = self.expr(&INT, depth - 1);
                    return if self.risk() { format!("{slice}[({index} & 7)]") } else { format!("At({slice}, {index})") };
                }
            }
            8 => {
                let (a, other) = (self.expr(ty, depth - 1), self.small_type());
                let b = self.expr(&other, depth - 1);
                return if self.random.chance(50) { format!("MakePair({a}, {b}).Fst") } else { format!("MakePair({a}, {b}).Swap().Snd") };
            }
            9 | 10 if self.mode == Mode::Calls => {
                if let Some(call) = self.value_call(ty, depth - 1) {
                    return call;
                }
            }
            _ => {}
        }
        self.by_kind(ty, depth)
    }

    fn by_kind(&mut self, ty: &Ty, depth: usize) -> String {
        let under = underlying(ty, &self.defs).clone();
        let depth = depth - 1;
        if &under != ty {
            let inner = self.dynamic(&under, depth);
            return if self.random.chance(50) {
                format!("{}({inner})", self.text(ty))
            } else {
                self.readable(ty).unwrap_or_else(|| format!("{}({inner})", self.text(ty)))
            };
        }
        match &under {
            Ty::Bool => self.boolean(depth),
            Ty::Int(int) => self.integer(*int, depth),
            Ty::Param => self.parameter(depth),
            Ty::F64 | Ty::F32 => self.float(ty, depth),
            Ty::C128 => self.complex(depth),
            Ty::Str => self.string(depth),
            _ => self.compound(ty, depth),
        }
    }

    /// Whether this statement may still have an operation that panics; uses it up.
    pub fn risk(&mut self) -> bool {
        if self.mode == Mode::Risk && self.random.chance(50) {
            self.mode = Mode::Quiet;
            return true;
        }
        false
    }

    fn is_interface(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Named(index) if matches!(self.defs[*index].def, Def::Interface(_)))
    }

    /// A constant, or the simplest value of other types.
    pub fn leaf(&mut self, ty: &Ty) -> String {
        if self.random.chance(55)
            && let Some(place) = self.readable(ty)
        {
            return place;
        }
        match ty {
            Ty::Bool => if self.random.chance(50) { "true" } else { "false" }.to_string(),
            Ty::Int(int) => {
                let literal = self.literal(*int, false);
                if *int == INTS[0] && !literal.starts_with('-') { literal } else { format!("{}({literal})", int.name) }
            }
            Ty::Param => format!("T({})", self.random.below(128)),
            Ty::F32 | Ty::F64 => {
                let literals = ["0.0", "1.5", "-2.25", "1e10", "3.0", "-0.5", "1e-7", "123456.789", "16777217.0", "0.1"];
                let literal = *self.random.pick(&literals);
                format!("{}({literal})", self.text(ty))
            }
            Ty::C128 => if self.random.chance(50) { "complex128(1.5 - 2i)" } else { "complex128(3)" }.to_string(),
            Ty::Str => {
                let literals =
                    ["\"\"", "\"a\"", "\"hello\"", "\"héß世界\"", "\"\\xff\\xfe\"", "\"x\\x00y\"", "\"0123456789abcdef\"", "`raw`", "\"😀!\""];
                (*self.random.pick(&literals)).to_string()
            }
            Ty::Named(index) => match self.defs[*index].def.clone() {
                Def::Basic(under) => {
                    let inner = self.leaf(&under);
                    format!("{}({inner})", self.text(ty))
                }
                _ => self.compound(ty, 0),
            },
            _ => self.compound(ty, 0),
        }
    }

    /// A literal that fits, without a type; for a divisor it is not zero.
    pub fn literal(&mut self, int: Int, divisor: bool) -> String {
        let width = if int.signed { int.bits - 1 } else { int.bits };
        let max: u64 = if width == 64 { u64::MAX } else { (1 << width) - 1 };
        let value = match self.random.below(12) {
            0 => 0,
            1 => 1,
            2 => 2,
            3 => max,
            4 => max - 1,
            5 => 1 << self.random.below(width as usize),
            6 => (1 << self.random.below(width as usize)) - 1,
            7 | 8 => self.random.bits() & max,
            _ => self.random.below(100) as u64 & max,
        };
        let value = if divisor && value == 0 { 7 } else { value };
        if int.signed && self.random.chance(30) {
            let low = value == max && self.random.chance(50);
            return format!("-{}", u128::from(value) + u128::from(low)).replace("-0", "0");
        }
        if divisor && self.random.chance(40) {
            (*self.random.pick(&["2", "3", "4", "7", "8", "10", "16", "100"])).to_string()
        } else {
            value.to_string()
        }
    }

    fn integer(&mut self, int: Int, depth: usize) -> String {
        let ty = Ty::Int(int);
        match self.random.below(30) {
            0..=8 => {
                let operator = *self.random.pick(&["+", "-", "*", "&", "|", "^", "&^"]);
                let a = self.dynamic(&ty, depth);
                let b = if self.random.chance(25) { self.literal(int, false) } else { self.expr(&ty, depth) };
                // A minus before a literal must not read as a decrement.
                let b = if b.starts_with('-') { format!("({b})") } else { b };
                format!("({a} {operator} {b})")
            }
            9..=11 => {
                let operator = if self.random.chance(50) { "/" } else { "%" };
                let a = self.dynamic(&ty, depth);
                if self.risk() {
                    let b = self.dynamic(&ty, depth);
                    return format!("({a} {operator} {b})");
                }
                if self.random.chance(50) {
                    let b = self.literal(int, true);
                    let b = if b.starts_with('-') { format!("({b})") } else { b };
                    return format!("({a} {operator} {b})");
                }
                let b = self.dynamic(&ty, depth);
                format!("({a} {operator} ({b} | 1))")
            }
            12..=15 => {
                let operator = if self.random.chance(50) { "<<" } else { ">>" };
                let a = self.dynamic(&ty, depth);
                let b = match self.random.below(4) {
                    0 => self.random.below(int.bits as usize + 3).to_string(),
                    1 => {
                        let b = self.dynamic(&INT, depth);
                        if self.risk() { b } else { format!("({b} & 63)") }
                    }
                    2 => self.dynamic(&Ty::Int(INTS[9]), depth),
                    _ => self.dynamic(&BYTE, depth),
                };
                format!("({a} {operator} {b})")
            }
            16 => {
                let a = self.dynamic(&ty, depth);
                format!("(-{a})")
            }
            17 => {
                let a = self.dynamic(&ty, depth);
                format!("(^{a})")
            }
            18..=21 => {
                let from = Ty::Int(*self.random.pick(INTS));
                let a = self.dynamic(&from, depth);
                format!("{}({a})", int.name)
            }
            22 => {
                let float = if self.random.chance(50) { Ty::F64 } else { Ty::F32 };
                let a = self.dynamic(&float, depth);
                let helper = if int.signed { "F2I" } else { "F2U" };
                if float == Ty::F32 { format!("{}({helper}(float64({a})))", int.name) } else { format!("{}({helper}({a}))", int.name) }
            }
            23 | 24 => {
                let of = match self.random.below(3) {
                    0 => self.dynamic(&Ty::Str, depth),
                    _ => {
                        let slice = self.any_var(|ty| matches!(ty, Ty::Slice(_) | Ty::Map(..)));
                        match slice {
                            Some(name) => name,
                            None => self.dynamic(&Ty::Str, depth),
                        }
                    }
                };
                format!("{}(len({of}))", int.name)
            }
            25 => {
                let s = self.dynamic(&Ty::Str, depth);
                let i = self.dynamic(&INT, depth);
                if self.risk() { format!("{}({s}[({i} & 7)])", int.name) } else { format!("{}(ChAt({s}, {i}))", int.name) }
            }
            26 => {
                let function = if self.random.chance(50) { "min" } else { "max" };
                let (a, b) = (self.dynamic(&ty, depth), self.expr(&ty, depth));
                if self.random.chance(30) {
                    let c = self.expr(&ty, depth);
                    return format!("{function}({a}, {b}, {c})");
                }
                format!("{function}({a}, {b})")
            }
            27 => {
                if let Some(named) = self.named_over(&ty) {
                    let a = self.dynamic(&named, depth);
                    return format!("{}({a})", int.name);
                }
                self.dynamic(&ty, depth)
            }
            28 => {
                let slice = Ty::Slice(ty.clone().into());
                let items = self.dynamic(&slice, depth);
                let z = self.expr(&ty, depth);
                let name = int.name;
                format!("Fold({items}, {z}, func(a, b {name}) {name} {{ return a*3 + b }})")
            }
            _ => self.readable(&ty).unwrap_or_else(|| format!("Id({}(3))", int.name)),
        }
    }

    fn parameter(&mut self, depth: usize) -> String {
        let ty = Ty::Param;
        let a = self.dynamic(&ty, depth);
        match self.random.below(8) {
            0..=3 => {
                let operator = *self.random.pick(&["+", "-", "*", "&", "|", "^", "&^"]);
                let b = self.expr(&ty, depth);
                format!("({a} {operator} {b})")
            }
            4 => {
                let b = self.dynamic(&BYTE, depth);
                format!("({a} {} {b})", if self.random.chance(50) { "<<" } else { ">>" })
            }
            5 => {
                let b = self.dynamic(&ty, depth);
                format!("({a} {} ({b} | 1))", if self.random.chance(50) { "/" } else { "%" })
            }
            6 => {
                let from = Ty::Int(*self.random.pick(INTS));
                let b = self.dynamic(&from, depth);
                format!("T({b})")
            }
            _ => format!("(^{a})"),
        }
    }

    pub fn boolean(&mut self, depth: usize) -> String {
        match self.random.below(12) {
            0..=3 => {
                let ty = if self.generic && self.random.chance(40) { Ty::Param } else { Ty::Int(*self.random.pick(INTS)) };
                self.comparison(&ty, depth, &["==", "!=", "<", "<=", ">", ">="])
            }
            4 => self.comparison(&Ty::Str, depth, &["==", "!=", "<", "<=", ">", ">="]),
            5 => {
                let ty = if self.random.chance(60) { Ty::F64 } else { Ty::F32 };
                self.comparison(&ty, depth, &["==", "!=", "<", "<=", ">", ">="])
            }
            6 | 7 => {
                let operator = if self.random.chance(50) { "&&" } else { "||" };
                let (a, b) = (self.dynamic(&Ty::Bool, depth), self.dynamic(&Ty::Bool, depth));
                format!("({a} {operator} {b})")
            }
            8 => {
                let a = self.dynamic(&Ty::Bool, depth);
                format!("(!{a})")
            }
            9 | 10 => {
                let ty = self.any_type();
                if comparable(&ty, &self.defs) && ty != Ty::Param {
                    return self.comparison(&ty, depth, &["==", "!="]);
                }
                if super::ty::nillable(&ty, &self.defs) {
                    let a = self.dynamic(&ty, depth);
                    return format!("({a} == nil)");
                }
                self.comparison(&INT, depth, &["=="])
            }
            _ => self.readable(&Ty::Bool).unwrap_or_else(|| "Id(true)".to_string()),
        }
    }

    fn comparison(&mut self, ty: &Ty, depth: usize, operators: &[&str]) -> String {
        let operator = *self.random.pick(operators);
        let (a, b) = (self.dynamic(ty, depth), self.expr(ty, depth));
        format!("(({a}) {operator} ({b}))")
    }

    fn float(&mut self, ty: &Ty, depth: usize) -> String {
        let name = self.text(ty);
        match self.random.below(10) {
            0..=3 => {
                let operator = *self.random.pick(&["+", "-", "*", "/"]);
                let a = self.dynamic(ty, depth);
                let b = if operator == "/" { self.dynamic(ty, depth) } else { self.expr(ty, depth) };
                format!("({a} {operator} {b})")
            }
            4 => {
                let a = self.dynamic(ty, depth);
                format!("(-{a})")
            }
            5 | 6 => {
                let from = Ty::Int(*self.random.pick(INTS));
                let a = self.dynamic(&from, depth);
                format!("{name}({a})")
            }
            7 => {
                let from = if *ty == Ty::F64 { Ty::F32 } else { Ty::F64 };
                let a = self.dynamic(&from, depth);
                format!("{name}({a})")
            }
            8 => {
                let function = if self.random.chance(50) { "min" } else { "max" };
                let (a, b) = (self.dynamic(ty, depth), self.expr(ty, depth));
                format!("{function}({a}, {b})")
            }
            _ => {
                let a = self.dynamic(&Ty::C128, depth);
                let part = if self.random.chance(50) { "real" } else { "imag" };
                format!("{name}({part}({a}))")
            }
        }
    }

    fn complex(&mut self, depth: usize) -> String {
        match self.random.below(4) {
            0 | 1 => {
                let (a, b) = (self.dynamic(&Ty::F64, depth), self.dynamic(&Ty::F64, depth));
                format!("complex({a}, {b})")
            }
            _ => {
                let operator = *self.random.pick(&["+", "-", "*"]);
                let (a, b) = (self.dynamic(&Ty::C128, depth), self.dynamic(&Ty::C128, depth));
                format!("({a} {operator} {b})")
            }
        }
    }

    fn string(&mut self, depth: usize) -> String {
        match self.random.below(10) {
            0..=2 => {
                let (a, b) = (self.dynamic(&Ty::Str, depth), self.expr(&Ty::Str, depth));
                if self.random.chance(40) {
                    let c = self.expr(&Ty::Str, depth);
                    return format!("Cut({a} + {b} + {c})");
                }
                format!("Cut({a} + {b})")
            }
            3 => {
                let s = self.dynamic(&Ty::Str, depth);
                let (i, j) = (self.expr(&INT, depth), self.expr(&INT, depth));
                format!("Sub({s}, {i}, {j})")
            }
            4 => {
                let s = self.dynamic(&Ty::Str, depth);
                let i = self.dynamic(&INT, depth);
                if self.risk() {
                    return match self.random.below(3) {
                        0 => format!("{s}[({i} & 7):]"),
                        1 => format!("{s}[:({i} & 7)]"),
                        _ => format!("{s}[({i} & 3):({i} & 7)]"),
                    };
                }
                format!("Sub({s}, 1, ({i} & 7))")
            }
            5 => {
                let rune = self.dynamic(&RUNE, depth);
                format!("string(({rune} & 0x1ffff))")
            }
            6 => {
                let bytes = self.dynamic(&Ty::Slice(BYTE.into()), depth);
                format!("string({bytes})")
            }
            7 => {
                let runes = self.dynamic(&Ty::Slice(RUNE.into()), depth);
                format!("Cut(string({runes}))")
            }
            _ => {
                let from = if self.generic && self.random.chance(50) { Ty::Param } else { Ty::Int(*self.random.pick(INTS)) };
                let value = self.dynamic(&from, depth);
                format!("Itoa({value})")
            }
        }
    }
}
