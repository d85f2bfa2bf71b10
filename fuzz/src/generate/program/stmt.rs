//! Simple statements: declarations, assignments, calls, output.

use super::Generator;
use super::expr::Mode;
use super::tree::Node;
use super::ty::{BYTE, Def, INT, INTS, Ty, comparable, nillable, underlying};

impl Generator {
    /// Chooses what this statement's expressions may do.
    pub fn choose_mode(&mut self) {
        self.size = 0;
        self.mode = match self.random.below(20) {
            0 => Mode::Risk,
            1..=11 => Mode::Calls,
            _ => Mode::Quiet,
        };
    }

    /// One statement.
    pub fn statement(&mut self, depth: usize) -> Vec<Node> {
        self.choose_mode();
        self.frame.cost += self.frame.times;
        let busy = self.cost_left() < 50;
        match self.random.below(60) {
            0..=11 => self.declaration(),
            12..=21 => self.assignment(),
            22..=25 => self.mix(),
            26..=29 => self.impure_call(),
            30 => self.slices(),
            31 => self.maps(),
            32 => self.unset(),
            33 if !self.frame.pure && self.frame.times <= 16 => vec![Node::line(format!("Yield({})", self.random.below(4)))],
            _ if depth == 0 || busy => self.mix(),
            34..=50 => self.flow(depth),
            51..=54 => self.closure(depth),
            55..=56 => self.guarded(depth),
            57 => self.deferred(depth),
            _ => self.pattern(depth),
        }
    }

    /// A list of statements in a scope of their own.
    pub fn body(&mut self, depth: usize, count: usize) -> Vec<Node> {
        let kept = self.scope.len();
        let mut nodes = Vec::new();
        for _ in 0..count {
            nodes.extend(self.statement(depth));
        }
        self.scope.truncate(kept);
        nodes
    }

    /// Statements of a body, as many as fit here.
    pub fn few(&mut self, depth: usize) -> Vec<Node> {
        let count = self.random.between(1, 3);
        self.body(depth.saturating_sub(1), count)
    }

    /// Variables to begin with, whose values the compiler does not know.
    pub fn opening(&mut self, count: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        for _ in 0..count {
            let ty = if self.random.chance(70) { self.small_type() } else { self.any_type() };
            let name = self.fresh_name("v");
            self.mode = Mode::Quiet;
            let value = self.expr(&ty, 2);
            nodes.push(Node::line(format!("{name} := Opaque({value}); _ = {name}")));
            self.declare(&name, &ty);
        }
        nodes
    }

    fn declaration(&mut self) -> Vec<Node> {
        let ty = self.any_type();
        let name = self.fresh_name("v");
        let shown = self.text(&ty);
        let mut length = 0;
        let text = match self.random.below(6) {
            0 if !nillable(&ty, &self.defs) => format!("var {name} {shown}"),
            1 if !matches!(ty, Ty::Any) => {
                let value = self.assignable(&ty, 3);
                format!("var {name} {shown} = {value}")
            }
            2 if matches!(ty, Ty::Slice(_)) => {
                length = self.random.between(1, 9);
                format!("{name} := make({shown}, {length}, {})", length + self.random.below(5))
            }
            3 if matches!(ty, Ty::Slice(_)) => {
                let Ty::Slice(element) = &ty else { return Vec::new() };
                length = self.random.between(1, 4);
                let values: Vec<String> = (0..length).map(|_| self.assignable(element, 1)).collect();
                format!("{name} := {shown}{{{}}}", values.join(", "))
            }
            4 => {
                let other = self.any_type();
                let second = self.fresh_name("v");
                let (a, b) = (self.expr(&ty, 2), self.expr(&other, 2));
                let node = Node::line(format!("{name}, {second} := {a}, {b}; _, _ = {name}, {second}"));
                self.declare(&name, &ty);
                self.declare(&second, &other);
                return vec![node];
            }
            _ => {
                let value = self.expr(&ty, 3);
                format!("{name} := {value}")
            }
        };
        self.declare(&name, &ty);
        if let Some(var) = self.scope.last_mut() {
            var.length = length;
            var.fresh = length > 0;
        }
        vec![Node::line(format!("{text}; _ = {name}"))]
    }

    fn assignment(&mut self) -> Vec<Node> {
        let ty = self.any_type();
        let Some(place) = self.writable(&ty) else { return self.declaration() };
        let under = underlying(&ty, &self.defs).clone();
        let text = match self.random.below(8) {
            0 | 1 => match under {
                Ty::Int(int) => {
                    let operator = *self.random.pick(&["+", "-", "*", "&", "|", "^", "&^", "/", "%", "<<", ">>"]);
                    let value = match operator {
                        "/" | "%" if self.random.chance(50) => {
                            let value = self.dynamic(&ty, 1);
                            format!("({value} | 1)")
                        }
                        "/" | "%" => self.literal(int, true),
                        "<<" | ">>" => {
                            let value = self.dynamic(&BYTE, 1);
                            format!("({value} & 15)")
                        }
                        _ => self.expr(&ty, 2),
                    };
                    format!("{place} {operator}= {value}")
                }
                Ty::F64 | Ty::F32 => {
                    let value = self.dynamic(&ty, 2);
                    format!("{place} {}= {value}", self.random.pick(&["+", "-", "*", "/"]))
                }
                Ty::Str => {
                    let value = self.expr(&ty, 2);
                    return vec![Node::block(format!("if len({place}) < 40 {{"), vec![Node::line(format!("{place} += {value}"))])];
                }
                _ => {
                    let value = self.expr(&ty, 3);
                    format!("{place} = {value}")
                }
            },
            2 if matches!(under, Ty::Int(_) | Ty::F64) => format!("{place}{}", if self.random.chance(50) { "++" } else { "--" }),
            3 => match self.writable(&ty) {
                Some(other) => {
                    if self.random.chance(50) {
                        format!("{place}, {other} = {other}, {place}")
                    } else {
                        let (a, b) = (self.assignable(&ty, 2), self.assignable(&ty, 2));
                        format!("{place}, {other} = {a}, {b}")
                    }
                }
                None => return Vec::new(),
            },
            _ => {
                let value = self.assignable(&ty, 3);
                format!("{place} = {value}")
            }
        };
        vec![Node::line(text)]
    }

    /// Output of a value: printed where that happens once, else summed up.
    pub fn mix(&mut self) -> Vec<Node> {
        let ty = self.any_type();
        let value = self.expr(&ty, 3);
        vec![Node::line(self.mix_value(&ty, &value))]
    }

    /// The statement that sums up a value.
    pub fn mix_value(&mut self, ty: &Ty, value: &str) -> String {
        let under = underlying(ty, &self.defs).clone();
        let text = if &under == ty { value.to_string() } else { format!("{}({value})", self.text(&under)) };
        let is_direct = self.frame.times == 1 && self.random.chance(25);
        match &under {
            Ty::Bool | Ty::Int(_) | Ty::F64 | Ty::Str if is_direct => {
                self.names += 1;
                format!("println({}, {text})", self.names)
            }
            Ty::Bool => format!("MixB({text})"),
            Ty::Int(_) | Ty::Param => format!("MixI({text})"),
            Ty::F64 => format!("MixF({text})"),
            Ty::F32 => format!("MixF(float64({text}))"),
            Ty::C128 => format!("MixC({text})"),
            Ty::Str => format!("MixS({text})"),
            Ty::Slice(element) => match underlying(element, &self.defs) {
                Ty::Int(_) => format!("for _, x := range ({text}) {{ MixI(x) }}"),
                Ty::Str => format!("for _, x := range ({text}) {{ MixS(string(x)) }}"),
                _ => format!("Mix(uint64(len({text})))"),
            },
            Ty::Map(..) => format!("Mix(uint64(len({text})))"),
            Ty::Array(count, element) if *count > 0 => {
                let at = self.random.below(*count);
                let inner = format!("{text}[{at}]");
                if matches!(**element, Ty::Array(0, _)) { "Mix(8)".to_string() } else { self.mix_value(element, &inner) }
            }
            Ty::Pair(first, second) => {
                if self.random.chance(50) {
                    self.mix_value(&first.clone(), &format!("{text}.Fst"))
                } else {
                    self.mix_value(&second.clone(), &format!("{text}.Snd"))
                }
            }
            Ty::Any => format!("MixA({text})"),
            Ty::Named(index) => match self.defs[*index].def.clone() {
                Def::Struct(fields) if !fields.is_empty() => {
                    let (name, field, _) = self.random.pick(&fields).clone();
                    self.mix_value(&field, &format!("({text}).{name}"))
                }
                _ => format!("Mix(Sel(any({text}) == nil, uint64(1), 2))"),
            },
            Ty::Ptr(_) | Ty::Func(..) => format!("MixB({text} != nil)"),
            _ => "Mix(4)".to_string(),
        }
    }

    /// A call as a statement, its results kept: such a function may change anything.
    fn impure_call(&mut self) -> Vec<Node> {
        if self.frame.pure {
            return self.mix();
        }
        let limit = self.cost_left();
        if self.random.chance(35) {
            self.mode = Mode::Quiet;
            if let Some(call) = self.method_call(None, 2) {
                if let (true, Some((method, arguments))) = (self.random.chance(30), call.split_once('(')) {
                    let name = self.fresh_name("mv");
                    return vec![Node::line(format!("{{ {name} := {method}; {name}({arguments} }}"))];
                }
                return vec![Node::line(call)];
            }
        }
        let fitting: Vec<usize> = (0..self.functions.len()).filter(|&index| self.functions[index].cost < limit).collect();
        if fitting.is_empty() {
            return self.mix();
        }
        let index = *self.random.pick(&fitting);
        self.mode = Mode::Quiet;
        let function = self.functions[index].clone();
        let call = self.call(index, 2);
        if function.results.is_empty() || self.random.chance(20) {
            return vec![Node::line(call)];
        }
        let mut names = Vec::new();
        let mut kept = Vec::new();
        for result in &function.results {
            // Results of a generic function have the type of its instance.
            if self.random.chance(15) || *result == Ty::Param {
                names.push("_".to_string());
                continue;
            }
            let name = self.fresh_name("r");
            names.push(name.clone());
            kept.push((name, result.clone()));
        }
        if kept.is_empty() {
            return vec![Node::line(call)];
        }
        let blanks = vec!["_"; kept.len()].join(", ");
        let used: Vec<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!("{} := {call}; {blanks} = {}", names.join(", "), used.join(", "));
        for (name, ty) in &kept {
            let solid = !nillable(ty, &self.defs);
            self.declare(name, ty);
            if let Some(var) = self.scope.last_mut() {
                var.solid = solid;
            }
        }
        vec![Node::line(text)]
    }

    /// Statements about slices.
    fn slices(&mut self) -> Vec<Node> {
        let found: Vec<(String, Ty, usize)> = self
            .scope
            .iter()
            .filter(|var| matches!(var.ty, Ty::Slice(_)) && var.assignable && (!self.frame.pure || var.fresh))
            .map(|var| (var.name.clone(), var.ty.clone(), var.length))
            .collect();
        if found.is_empty() {
            return self.declaration();
        }
        let (name, ty, length) = self.random.pick(&found).clone();
        let Ty::Slice(element) = &ty else { return Vec::new() };
        let value = self.expr(element, 2);
        match self.random.below(6) {
            0 => vec![Node::block(
                format!("if len({name}) < 20 {{"),
                vec![Node::line(format!("{name} = append({name}[:len({name}):len({name})], {value})"))],
            )],
            1 => vec![Node::line(format!("copy({name}[min(1, len({name})):], {name})"))],
            2 => {
                let other = self.dynamic(&ty, 2);
                vec![Node::line(format!("MixI(copy({name}, {other}))"))]
            }
            3 => vec![Node::line(format!("clear({name}[len({name})/2:])"))],
            4 if length > 1 => {
                let low = self.random.below(length);
                let high = self.random.between(low, length);
                let view = self.fresh_name("w");
                let mut body = vec![Node::line(format!("{view} := {name}[{low}:{high}:{high}]; _ = {view}"))];
                if high > low {
                    let at = self.random.below(high - low);
                    body.push(Node::line(format!("{view}[{at}] = {value}")));
                }
                body.push(Node::line(format!("{view} = append({view}, {value})")));
                body.push(Node::line(format!("MixI(len({view}))")));
                vec![Node::block("{", body)]
            }
            _ if length > 0 => {
                let array = self.random.between(1, length);
                let (text, copied) = (self.text(element), self.fresh_name("w"));
                let node = Node::line(format!("{copied} := [{array}]{text}({name}); _ = {copied}"));
                self.declare(&copied, &Ty::Array(array, element.clone()));
                vec![node]
            }
            _ => {
                let index = self.random.below(4);
                vec![Node::block(format!("if {index} < len({name}) {{"), vec![Node::line(format!("{name}[{index}] = {value}"))])]
            }
        }
    }

    /// Statements about maps.
    fn maps(&mut self) -> Vec<Node> {
        let found: Vec<(String, Ty)> = self
            .scope
            .iter()
            .filter(|var| matches!(var.ty, Ty::Map(..)) && var.solid && (!self.frame.pure || var.fresh))
            .map(|var| (var.name.clone(), var.ty.clone()))
            .collect();
        if found.is_empty() {
            return self.declaration();
        }
        let (name, ty) = self.random.pick(&found).clone();
        let Ty::Map(key, value) = &ty else { return Vec::new() };
        let k = self.expr(key, 2);
        match self.random.below(5) {
            0 => vec![Node::line(format!("delete({name}, {k})"))],
            1 => {
                let (v, ok) = (self.fresh_name("v"), self.fresh_name("ok"));
                let node = Node::line(format!("{v}, {ok} := {name}[{k}]; _, _ = {v}, {ok}"));
                let solid = !nillable(value, &self.defs);
                self.declare(&v, value);
                if let Some(var) = self.scope.last_mut() {
                    var.solid = solid;
                }
                self.declare(&ok, &Ty::Bool);
                vec![node]
            }
            2 => vec![Node::line(format!("clear({name})"))],
            3 => {
                let limit = self.random.between(1, 8);
                let i = self.fresh_name("i");
                let kept = self.scope.len();
                self.declare_fixed(&i, &INT);
                let (k, v) = (self.dynamic(key, 2), self.expr(value, 2));
                self.scope.truncate(kept);
                vec![Node::block(
                    format!("for {i} := range {limit} {{"),
                    vec![Node::line(format!("_ = {i}")), Node::line(format!("{name}[{k}] = {v}"))],
                )]
            }
            _ => {
                let v = self.assignable(value, 2);
                vec![Node::line(format!("{name}[{k}] = {v}"))]
            }
        }
    }

    /// Operations that panic on what is not there.
    fn unset(&mut self) -> Vec<Node> {
        let name = self.fresh_name("n");
        let ty = self.any_type();
        let shown = self.text(&ty);
        let mut body = vec![Node::line(format!("var {name} *{shown}; _ = {name}"))];
        body.push(Node::line(match self.random.below(6) {
            0 => format!("_ = *{name}"),
            1 => format!("var m map[int]{shown}; m[1] = *new({shown})"),
            2 => format!("var f func() {shown}; _ = f()"),
            3 => format!("var s []{shown}; s[Id(0)] = *new({shown})"),
            4 => {
                let int = *self.random.pick(INTS);
                format!("var a any = *new({shown}); _ = a.([3]{})", int.name)
            }
            _ if comparable(&ty, &self.defs) => format!("var a, b any = *new({shown}), *new({shown}); MixB(a == b)"),
            _ => format!("_ = [2]{shown}(make([]{shown}, Id(1)))"),
        }));
        let function = self.recovered(body);
        vec![function]
    }

    /// Statements run by a function that recovers from their panic.
    pub fn recovered(&mut self, body: Vec<Node>) -> Node {
        let mut nodes = vec![Node::line("defer func() { MixA(recover()) }()")];
        nodes.extend(body);
        Node::close("func() {", nodes, "}()")
    }
}
