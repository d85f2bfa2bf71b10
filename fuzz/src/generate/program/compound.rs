//! Expressions of composite types, calls of pure functions, and the choice of types.

use super::Generator;
use super::expr::Mode;
use super::ty::{BYTE, Def, INT, INTS, RUNE, Ty, text};

impl Generator {
    pub fn text(&self, ty: &Ty) -> String {
        text(ty, &self.defs)
    }

    /// A basic type.
    pub fn basic_type(&mut self) -> Ty {
        match self.random.below(16) {
            0..=3 => INT,
            4..=8 => Ty::Int(*self.random.pick(INTS)),
            9 => Ty::Bool,
            10 | 11 => Ty::F64,
            12 => Ty::F32,
            13 => Ty::C128,
            _ => Ty::Str,
        }
    }

    /// A type without references of its own, fit for a key or a small field.
    pub fn small_type(&mut self) -> Ty {
        let count = self.defs.len();
        if count > 0 && self.random.chance(20) {
            let index = self.random.below(count);
            if matches!(self.defs[index].def, Def::Basic(_)) {
                return Ty::Named(index);
            }
        }
        self.basic_type()
    }

    /// A type fit for a map's key: what floats do as keys is beside the point here.
    pub fn key_type(&mut self) -> Ty {
        match self.random.below(6) {
            0 => INT,
            1 | 2 => Ty::Str,
            3 => Ty::Int(*self.random.pick(INTS)),
            4 => Ty::Array(self.random.between(1, 3), Ty::Int(*self.random.pick(INTS)).into()),
            _ => Ty::Pair(INT.into(), Ty::Str.into()),
        }
    }

    /// Any type, from this program's pool, so that values of equal types meet.
    pub fn any_type(&mut self) -> Ty {
        if self.generic && self.random.chance(35) {
            return Ty::Param;
        }
        if self.scope.len() > self.globals && self.random.chance(45) {
            let scope = &self.scope[self.globals..];
            let ty = self.random.pick(scope).ty.clone();
            if self.generic || ty != Ty::Param {
                return ty;
            }
        }
        if self.pool.is_empty() || self.random.chance(40) {
            return self.small_type();
        }
        let pool = &self.pool;
        self.random.pick(pool).clone()
    }

    /// A new type for the pool.
    pub fn invent_type(&mut self, depth: usize) -> Ty {
        if depth == 0 {
            return self.small_type();
        }
        match self.random.below(16) {
            0..=2 => Ty::Slice(self.invent_type(depth - 1).into()),
            3 => Ty::Slice(if self.random.chance(50) { BYTE } else { RUNE }.into()),
            4 | 5 => Ty::Array(self.random.between(0, 5), self.invent_type(depth - 1).into()),
            6 => Ty::Ptr(self.invent_type(depth - 1).into()),
            7 => Ty::Map(self.key_type().into(), self.invent_type(depth - 1).into()),
            8 => {
                let params = (0..self.random.below(3)).map(|_| self.basic_type()).collect::<Vec<_>>();
                Ty::Func(params.into(), vec![self.basic_type()].into())
            }
            9 => Ty::Pair(self.invent_type(depth - 1).into(), self.basic_type().into()),
            10 => Ty::Any,
            _ if !self.defs.is_empty() => Ty::Named(self.random.below(self.defs.len())),
            _ => self.basic_type(),
        }
    }

    /// The name of a variable whose type fits.
    pub fn any_var(&mut self, fits: impl Fn(&Ty) -> bool) -> Option<String> {
        let names: Vec<String> = self.scope.iter().filter(|var| fits(&var.ty)).map(|var| var.name.clone()).collect();
        if names.is_empty() { None } else { Some(self.random.pick(&names).clone()) }
    }

    /// A declared type over a basic one.
    pub fn named_over(&mut self, under: &Ty) -> Option<Ty> {
        let found: Vec<usize> = (0..self.defs.len()).filter(|&index| matches!(&self.defs[index].def, Def::Basic(basic) if basic == under)).collect();
        if found.is_empty() { None } else { Some(Ty::Named(*self.random.pick(&found))) }
    }

    /// A value of a composite type; never nil.
    pub fn compound(&mut self, ty: &Ty, depth: usize) -> String {
        let name = self.text(ty);
        let below = depth.saturating_sub(1);
        self.size += 1;
        if self.size > super::SIZE_LIMIT {
            match ty {
                Ty::Slice(_) | Ty::Array(..) | Ty::Map(..) | Ty::Pair(..) => return format!("{name}{{}}"),
                Ty::Ptr(element) => return format!("new({})", self.text(element)),
                Ty::Any => return "any(5)".to_string(),
                Ty::Named(index) if matches!(self.defs[*index].def, Def::Struct(_)) => return format!("{name}{{}}"),
                _ => {}
            }
        }
        match ty {
            Ty::Slice(element) => self.slice(&name, ty, element, below),
            Ty::Array(count, element) => {
                if *count == 0 || self.random.chance(20) {
                    return format!("{name}{{}}");
                }
                let keyed = self.random.chance(25);
                let at = self.random.below(*count);
                if keyed {
                    let value = self.assignable(element, below);
                    return format!("{name}{{{at}: {value}}}");
                }
                let values: Vec<String> = (0..=at).map(|_| self.assignable(element, below)).collect();
                format!("{name}{{{}}}", values.join(", "))
            }
            Ty::Ptr(element) => {
                if depth > 0
                    && self.random.chance(35)
                    && let Some(place) = self.addressable(element)
                {
                    return format!("&{place}");
                }
                if matches!(&**element, Ty::Named(index) if matches!(self.defs[*index].def, Def::Struct(_))) && self.random.chance(50) {
                    let value = self.literal_struct(element, below);
                    return format!("&{value}");
                }
                let inner = self.text(element);
                if self.random.chance(40) {
                    return format!("new({inner})");
                }
                let value = self.expr(element, below);
                format!("new({value})")
            }
            Ty::Map(key, value) => {
                if self.random.chance(30) {
                    return format!("make({name})");
                }
                // Constant keys must differ: one key at most is constant.
                let (k, v) = (self.expr(key, below), self.assignable(value, below));
                if self.random.chance(40) {
                    let (k2, v2) = (self.dynamic(key, below.max(1)), self.expr(value, below));
                    return format!("{name}{{{k}: {v}, {k2}: {v2}}}");
                }
                format!("{name}{{{k}: {v}}}")
            }
            Ty::Func(params, results) => self.function_value(&params.clone(), &results.clone(), depth),
            Ty::Pair(first, second) => {
                let (a, b) = (self.expr(first, below), self.expr(second, below));
                match self.random.below(3) {
                    0 => format!("{name}{{{a}, {b}}}"),
                    1 => format!("{name}{{Snd: {b}}}"),
                    _ => format!("MakePair[{}, {}]({a}, {b})", self.text(first), self.text(second)),
                }
            }
            Ty::Any => {
                let of = self.small_type();
                if depth > 0
                    && self.random.chance(40)
                    && let of = self.any_type()
                    && of != Ty::Any
                {
                    let value = self.expr(&of, below);
                    return format!("any({value})");
                }
                let value = self.leaf(&of);
                format!("any({value})")
            }
            Ty::Named(index) => match self.defs[*index].def.clone() {
                Def::Struct(_) => self.literal_struct(ty, below),
                Def::Interface(_) => {
                    let implementers = self.implementers(*index);
                    let of = self.random.pick(&implementers).clone();
                    let value = self.expr(&of, below);
                    format!("{name}({value})")
                }
                Def::Basic(_) => self.leaf(ty),
            },
            _ => self.leaf(ty),
        }
    }

    /// Types that implement an interface; there is at least one.
    pub fn implementers(&self, interface: usize) -> Vec<Ty> {
        let Def::Interface(wanted) = &self.defs[interface].def else { return Vec::new() };
        let mut found = Vec::new();
        for (index, def) in self.defs.iter().enumerate() {
            if matches!(def.def, Def::Interface(_)) {
                continue;
            }
            if wanted.iter().all(|method| def.on_value.contains(method)) {
                found.push(Ty::Named(index));
            }
            if wanted.iter().all(|method| def.on_value.contains(method) || def.on_pointer.contains(method)) {
                found.push(Ty::Ptr(Ty::Named(index).into()));
            }
        }
        found
    }

    fn literal_struct(&mut self, ty: &Ty, depth: usize) -> String {
        let name = self.text(ty);
        let Ty::Named(index) = ty else { return format!("{name}{{}}") };
        let Def::Struct(fields) = self.defs[*index].def.clone() else { return format!("{name}{{}}") };
        if self.random.chance(40) {
            let values: Vec<String> = fields.iter().map(|(_, field, _)| self.assignable(field, depth)).collect();
            return format!("{name}{{{}}}", values.join(", "));
        }
        let mut values = Vec::new();
        for (field_name, field, _) in &fields {
            if self.random.chance(60) {
                let value = self.assignable(field, depth);
                values.push(format!("{field_name}: {value}"));
            }
        }
        format!("{name}{{{}}}", values.join(", "))
    }

    fn slice(&mut self, name: &str, ty: &Ty, element: &Ty, depth: usize) -> String {
        match self.random.below(9) {
            0 => {
                let count = self.dynamic(&BYTE, depth);
                format!("make({name}, ({count} & 7))")
            }
            1 if *element == BYTE || *element == RUNE => {
                let s = self.dynamic(&Ty::Str, depth);
                format!("{name}({s})")
            }
            2 | 3 if depth > 0 => {
                let base = self.dynamic(ty, depth);
                let values: Vec<String> = (0..self.random.between(1, 3)).map(|_| self.assignable(element, depth)).collect();
                format!("append(Clip({base}), {})", values.join(", "))
            }
            4 if depth > 0 => {
                let (a, b) = (self.dynamic(ty, depth), self.dynamic(ty, depth));
                format!("append(Clip({a}), {b}...)[:min(7, len({b}))]")
            }
            5 if depth > 0 => {
                let from = self.small_type();
                let (base, value) = (self.dynamic(&Ty::Slice(from.clone().into()), depth), self.expr(element, depth));
                let (from, to) = (self.text(&from), self.text(element));
                format!("Map({base}, func({from}) {to} {{ return {value} }})")
            }
            6 if depth > 0 => {
                let base = self.dynamic(ty, depth);
                let parameter = self.fresh_name("p");
                let to = self.text(element);
                let kept = self.scope.len();
                self.declare_fixed(&parameter, element);
                let condition = self.boolean(depth);
                self.scope.truncate(kept);
                format!("Filter({base}, func({parameter} {to}) bool {{ return {condition} }})")
            }
            _ => {
                let values: Vec<String> = (0..self.random.below(4)).map(|_| self.assignable(element, depth)).collect();
                format!("{name}{{{}}}", values.join(", "))
            }
        }
    }

    /// A function of this type: a literal, or a function declared so.
    fn function_value(&mut self, params: &[Ty], results: &[Ty], depth: usize) -> String {
        let named: Vec<String> = self
            .functions
            .iter()
            .filter(|function| {
                function.params == params
                    && function.results == results
                    && function.pure
                    && !function.generic
                    && function.variadic.is_none()
                    && function.cost < 200
            })
            .map(|function| function.name.clone())
            .collect();
        if !named.is_empty() && self.random.chance(30) {
            return self.random.pick(&named).clone();
        }
        let kept = self.scope.len();
        let mut heads = Vec::new();
        for param in params {
            let name = self.fresh_name("p");
            heads.push(format!("{name} {}", self.text(param)));
            self.declare_fixed(&name, param);
        }
        // Called from anywhere, at any time: what it captures may be read only.
        let mode = std::mem::replace(&mut self.mode, Mode::Quiet);
        let value = self.expr(&results[0], depth.min(2));
        self.mode = mode;
        self.scope.truncate(kept);
        format!("func({}) {} {{ return {value} }}", heads.join(", "), self.text(&results[0]))
    }

    /// A call of a pure function or method with this one result.
    pub fn pure_call(&mut self, ty: &Ty, depth: usize) -> Option<String> {
        if self.mode != Mode::Calls {
            return None;
        }
        let results = std::slice::from_ref(ty);
        if self.random.chance(40)
            && let Some(call) = self.method_call(Some(results), depth)
        {
            return Some(call);
        }
        let limit = self.cost_left();
        let fitting: Vec<usize> = (0..self.functions.len())
            .filter(|&index| self.functions[index].pure && self.functions[index].results == results && self.functions[index].cost < limit)
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let function = *self.random.pick(&fitting);
        Some(self.call(function, depth))
    }

    /// A call of a function value with this result. Such values change nothing.
    pub fn value_call(&mut self, ty: &Ty, depth: usize) -> Option<String> {
        if self.cost_left() < 200 {
            return None;
        }
        let found: Vec<(String, Ty)> = self
            .scope
            .iter()
            .filter(|var| var.solid && matches!(&var.ty, Ty::Func(_, results) if results[..] == [ty.clone()]))
            .map(|var| (var.name.clone(), var.ty.clone()))
            .collect();
        if found.is_empty() {
            return None;
        }
        let (name, function) = self.random.pick(&found).clone();
        let Ty::Func(params, _) = &function else { return None };
        self.frame.cost += 200 * self.frame.times;
        let arguments: Vec<String> = params.iter().map(|param| self.expr(param, depth.min(2))).collect();
        Some(format!("{name}({})", arguments.join(", ")))
    }

    /// Steps a call may still take here.
    pub fn cost_left(&self) -> usize {
        super::COST_LIMIT.saturating_sub(self.frame.cost) / self.frame.times.max(1)
    }

    /// A call of a declared function.
    pub fn call(&mut self, index: usize, depth: usize) -> String {
        let function = self.functions[index].clone();
        self.frame.cost += function.cost * self.frame.times.max(1);
        let mut arguments = Vec::new();
        for param in &function.params {
            arguments.push(self.assignable(param, depth.min(2)));
        }
        if let Some(element) = &function.variadic {
            if self.random.chance(30) {
                let rest = self.dynamic(&Ty::Slice(element.clone().into()), depth.min(1));
                arguments.push(format!("Clip({rest})..."));
            } else {
                for _ in 0..self.random.below(4) {
                    arguments.push(self.assignable(element, depth.min(2)));
                }
            }
        }
        let mut name = function.name.clone();
        if function.generic {
            let int = *self.random.pick(INTS);
            name = format!("{name}[{}]", int.name);
        }
        format!("{name}({})", arguments.join(", "))
    }

    /// A call of a method on some variable: with these results and pure, or any at all.
    pub fn method_call(&mut self, results: Option<&[Ty]>, depth: usize) -> Option<String> {
        let limit = self.cost_left();
        let mut found = Vec::new();
        for var in &self.scope {
            let (on_pointer, ty) = match &var.ty {
                Ty::Ptr(inner) if var.solid => (true, &**inner),
                ty => (var.assignable && !self.frame.pure, ty),
            };
            let Ty::Named(index) = ty else { continue };
            let def = &self.defs[*index];
            let is_interface = matches!(def.def, Def::Interface(_));
            if is_interface && (!var.solid || matches!(var.ty, Ty::Ptr(_))) {
                continue;
            }
            let methods: Vec<usize> = match &def.def {
                Def::Interface(methods) => methods.clone(),
                _ if on_pointer => def.on_value.iter().chain(&def.on_pointer).copied().collect(),
                _ => def.on_value.clone(),
            };
            for method in methods {
                let signature = &self.methods[method];
                if method < self.method_limit
                    && results.is_none_or(|results| signature.pure && signature.results == results)
                    && signature.cost < limit
                    && (signature.pure || !self.frame.pure)
                {
                    found.push((var.name.clone(), method));
                }
            }
        }
        if found.is_empty() {
            return None;
        }
        let (name, method) = self.random.pick(&found).clone();
        let signature = self.methods[method].clone();
        self.frame.cost += signature.cost * self.frame.times.max(1);
        let arguments: Vec<String> = signature.params.iter().map(|param| self.assignable(param, depth.min(2))).collect();
        Some(format!("{name}.{}({})", signature.name, arguments.join(", ")))
    }
}
