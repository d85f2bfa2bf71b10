//! Statements that branch and loop.

use super::Generator;
use super::expr::Mode;
use super::tree::Node;
use super::ty::{BYTE, Def, INT, INTS, RUNE, Ty};

impl Generator {
    /// A statement with bodies.
    pub fn flow(&mut self, depth: usize) -> Vec<Node> {
        match self.random.below(20) {
            0..=4 => self.branch(depth),
            5 | 6 => self.switch(depth),
            7 => self.type_switch(depth),
            8 => self.leave(),
            9 => self.goto(depth),
            10 => vec![Node::block("{", self.few(depth))],
            _ => self.a_loop(depth),
        }
    }

    fn branch(&mut self, depth: usize) -> Vec<Node> {
        let kept = self.scope.len();
        let mut parts = Vec::new();
        let head = if self.random.chance(25) {
            let ty = self.any_type();
            let name = self.fresh_name("c");
            let value = self.expr(&ty, 2);
            self.declare(&name, &ty);
            let condition = self.dynamic(&Ty::Bool, 2);
            format!("if {name} := ({value}); ({condition}) || Unused({name}) {{")
        } else {
            let condition = self.condition(3);
            format!("if {condition} {{")
        };
        parts.push((head, self.few(depth)));
        while self.random.chance(25) && parts.len() < 3 {
            let condition = self.condition(2);
            parts.push((format!("}} else if {condition} {{"), self.few(depth)));
        }
        if self.random.chance(50) {
            parts.push(("} else {".to_string(), self.few(depth)));
        }
        self.scope.truncate(kept);
        vec![Node::Block { parts, close: "}".to_string() }]
    }

    /// A condition; parentheses keep composite literals apart from the block.
    fn condition(&mut self, depth: usize) -> String {
        let condition = self.dynamic(&Ty::Bool, depth);
        format!("({condition})")
    }

    fn switch(&mut self, depth: usize) -> Vec<Node> {
        let mut parts = Vec::new();
        let arms = self.random.between(1, 5);
        let kind = self.random.below(3);
        let head = match kind {
            0 => "switch {".to_string(),
            1 => {
                let value = self.dynamic(&Ty::Str, 2);
                format!("switch ({value}) {{")
            }
            _ => {
                let int = *self.random.pick(INTS);
                let value = self.dynamic(&Ty::Int(int), 2);
                let mask = *self.random.pick(&[3, 7, 15]);
                format!("switch ({value} & {mask}) {{")
            }
        };
        parts.push((head, Vec::new()));
        let has_default = self.random.chance(60);
        let default = self.random.below(arms + 1);
        let outer = std::mem::replace(&mut self.frame.in_switch, true);
        let mode = self.mode;
        for arm in 0..=arms {
            if arm == default && has_default {
                parts.push(("default:".to_string(), self.few(depth)));
                continue;
            }
            // Every condition is evaluated in this statement.
            self.mode = if mode == Mode::Risk { Mode::Quiet } else { mode };
            let label = match kind {
                0 => {
                    let condition = self.dynamic(&Ty::Bool, 2);
                    format!("case {condition}:")
                }
                1 => format!("case \"k{arm}\", \"{}\":", ["", "a", "hello", "abc", "1", "é"][arm]),
                _ if self.random.chance(30) => format!("case {}, {}, {}:", arm * 3, arm * 3 + 1, arm * 3 + 2),
                _ => format!("case {}:", arm * 3),
            };
            let mut body = self.few(depth);
            if arm < arms && self.random.chance(15) {
                body.push(Node::line("fallthrough"));
            }
            parts.push((label, body));
        }
        self.frame.in_switch = outer;
        // The last arm has nothing to fall into.
        if let Some((_, body)) = parts.last_mut()
            && body.last() == Some(&Node::line("fallthrough"))
        {
            body.pop();
        }
        vec![Node::Block { parts, close: "}".to_string() }]
    }

    fn type_switch(&mut self, depth: usize) -> Vec<Node> {
        let interfaces: Vec<usize> = (0..self.defs.len()).filter(|&index| matches!(self.defs[index].def, Def::Interface(_))).collect();
        let mut cases: Vec<Ty> = Vec::new();
        let subject = if !interfaces.is_empty() && self.random.chance(40) {
            let index = *self.random.pick(&interfaces);
            let implementers = self.implementers(index);
            for _ in 0..3 {
                cases.push(self.random.pick(&implementers).clone());
            }
            Ty::Named(index)
        } else {
            for _ in 0..4 {
                let ty = self.any_type();
                if ty != Ty::Any && ty != Ty::Param {
                    cases.push(ty);
                }
            }
            Ty::Any
        };
        let mut seen: Vec<Ty> = Vec::new();
        cases.retain(|ty| {
            !seen.contains(ty) && {
                seen.push(ty.clone());
                true
            }
        });
        let name = self.fresh_name("t");
        let value = match self.random.below(2) {
            0 if subject == Ty::Any && !cases.is_empty() => {
                let ty = self.random.pick(&cases).clone();
                let value = self.expr(&ty, 2);
                format!("any({value})")
            }
            _ => self.dynamic(&subject, 2),
        };
        let mut parts = vec![(format!("switch {name} := ({value}).(type) {{"), Vec::new())];
        let outer = std::mem::replace(&mut self.frame.in_switch, true);
        for (index, ty) in cases.iter().enumerate() {
            let kept = self.scope.len();
            let is_pair = index + 1 == cases.len() && self.random.chance(30);
            let (label, bound) =
                if is_pair { (format!("case nil, {}:", self.text(ty)), subject.clone()) } else { (format!("case {}:", self.text(ty)), ty.clone()) };
            self.declare(&name, &bound);
            if let Some(var) = self.scope.last_mut() {
                var.solid = !is_pair;
            }
            let mut body = vec![Node::line(format!("_ = {name}"))];
            body.extend(self.few(depth));
            parts.push((label, body));
            self.scope.truncate(kept);
        }
        parts.push(("default:".to_string(), vec![Node::line(format!("_ = {name}"))]));
        self.frame.in_switch = outer;
        vec![Node::Block { parts, close: "}".to_string() }]
    }

    /// A jump out of a loop or function under a condition.
    fn leave(&mut self) -> Vec<Node> {
        let condition = self.condition(2);
        let jump = match self.random.below(3) {
            0 | 1 if !self.frame.loops.is_empty() => {
                let word = if self.random.chance(50) { "break" } else { "continue" };
                let at = self.random.below(self.frame.loops.len());
                let innermost = at + 1 == self.frame.loops.len();
                let needs_label = !innermost || (word == "break" && self.frame.in_switch);
                let (label, used) = &mut self.frame.loops[at];
                match label {
                    Some(label) if needs_label || self.names.is_multiple_of(2) => {
                        *used = true;
                        format!("{word} {label}")
                    }
                    _ if needs_label => word.replace("break", "continue"),
                    _ => word.to_string(),
                }
            }
            _ => self.return_line(2),
        };
        vec![Node::block(format!("if {condition} {{"), vec![Node::line(jump)])]
    }

    /// A return statement of the function at hand.
    pub fn return_line(&mut self, depth: usize) -> String {
        if self.frame.results.is_empty() || (self.frame.named && self.random.chance(30)) {
            return "return".to_string();
        }
        let results = self.frame.results.clone();
        let values: Vec<String> = results.iter().map(|result| self.assignable(result, depth)).collect();
        format!("return {}", values.join(", "))
    }

    /// Loops made of labels and jumps, and jumps ahead.
    fn goto(&mut self, depth: usize) -> Vec<Node> {
        let label = self.fresh_name("L");
        if self.random.chance(50) {
            let limit = self.random.between(1, 5);
            let counter = self.fresh_name("g");
            let kept = self.scope.len();
            self.declare_fixed(&counter, &INT);
            self.frame.times *= limit;
            // A jump to the label from within goes round too: the counter bounds both.
            let mut body = vec![Node::line(format!("{counter}++"))];
            let hidden = std::mem::take(&mut self.frame.loops);
            body.extend(self.few(depth));
            self.frame.loops = hidden;
            body.push(Node::line(format!("goto {label}")));
            self.frame.times /= limit;
            self.scope.truncate(kept);
            return vec![Node::block(
                "{",
                vec![Node::line(format!("{counter} := 0")), Node::close(format!("{label}:\nif {counter} < {limit} {{"), body, "}")],
            )];
        }
        let condition = self.condition(2);
        let body = self.few(depth);
        let close = format!("}}\n{label}:\nMix({})", self.random.below(100));
        vec![Node::Block { parts: vec![(format!("{{\nif {condition} {{ goto {label} }}\n{{"), body)], close: format!("{close}\n}}") }]
    }

    fn a_loop(&mut self, depth: usize) -> Vec<Node> {
        let trips = self.random.between(1, 7);
        if self.frame.times * trips > 400 {
            return self.branch(depth);
        }
        let kept = self.scope.len();
        let label = self.random.chance(30).then(|| self.fresh_name("Loop"));
        let (head, mut body, trips, ahead) = self.loop_head(trips);
        let in_switch = std::mem::replace(&mut self.frame.in_switch, false);
        self.frame.times *= trips;
        self.frame.loops.push((label.clone(), false));
        body.extend(self.few(depth));
        let used = self.frame.loops.pop().is_some_and(|(_, used)| used);
        self.frame.times /= trips;
        self.frame.in_switch = in_switch;
        self.scope.truncate(kept);
        let head = match label {
            Some(label) if used => format!("{label}:\n{head}"),
            _ => head,
        };
        let node = Node::block(head, body);
        match ahead {
            Some(ahead) => vec![Node::block("{", vec![ahead, node])],
            None => vec![node],
        }
    }

    /// A loop's head, first lines and greatest number of turns, and what stands before it.
    fn loop_head(&mut self, trips: usize) -> (String, Vec<Node>, usize, Option<Node>) {
        let i = self.fresh_name("i");
        let x = self.fresh_name("x");
        let use_both = Node::line(format!("_, _ = {i}, {x}"));
        match self.random.below(14) {
            0 | 1 => {
                self.declare_fixed(&i, &INT);
                (format!("for {i} := 0; {i} < {trips}; {i}++ {{"), Vec::new(), trips, None)
            }
            2 => {
                let int = *self.random.pick(INTS);
                self.declare_fixed(&i, &Ty::Int(int));
                (format!("for {i} := {}({trips}); {i} > 0; {i}-- {{", int.name), Vec::new(), trips, None)
            }
            3 => {
                let limit = self.dynamic(&BYTE, 2);
                self.declare_fixed(&i, &BYTE);
                (format!("for {i} := byte(0); {i} < ({limit} & 7); {i} += 2 {{"), Vec::new(), 4, None)
            }
            4 => {
                let ahead = Node::line(format!("{i} := {trips}"));
                self.declare_fixed(&i, &INT);
                (format!("for {i} > 0 {{"), vec![Node::line(format!("{i}--"))], trips, Some(ahead))
            }
            5 => {
                let int = *self.random.pick(INTS);
                self.declare(&i, &Ty::Int(int));
                (format!("for {i} := range {}({trips}) {{", int.name), vec![Node::line(format!("_ = {i}"))], trips, None)
            }
            6 => {
                let value = self.dynamic(&Ty::Str, 2);
                self.declare(&i, &INT);
                self.declare(&x, &RUNE);
                let head = format!("for {i}, {x} := range Cut({value})[:min(6, len(Cut({value})))] {{");
                (head, vec![use_both], 6, None)
            }
            form @ (7 | 8 | 12) => {
                let element = self.any_type();
                let slice = self.dynamic(&Ty::Slice(element.clone().into()), 2);
                self.declare(&i, &INT);
                self.declare(&x, &element);
                if let Some(var) = self.scope.last_mut() {
                    var.solid = false;
                }
                let each = if form == 12 { "Each" } else { "" };
                (format!("for {i}, {x} := range {each}({slice}) {{"), vec![use_both], 8, None)
            }
            9 => {
                let element = self.any_type();
                let count = self.random.between(0, 5);
                let array = Ty::Array(count, element.clone().into());
                let by_pointer = self.random.chance(40);
                let value = if by_pointer { self.dynamic(&Ty::Ptr(array.clone().into()), 2) } else { self.dynamic(&array, 2) };
                self.declare(&i, &INT);
                self.declare(&x, &element);
                if let Some(var) = self.scope.last_mut() {
                    var.solid = false;
                }
                (format!("for {i}, {x} := range ({value}) {{"), vec![use_both], count.max(1), None)
            }
            10 => {
                self.declare(&i, &INT);
                (format!("for {i} := range Count({trips}) {{"), vec![Node::line(format!("_ = {i}"))], trips, None)
            }
            11 => {
                self.declare(&i, &INT);
                (format!("for {i} := range Twice(Twice(Count({}))) {{", trips.min(2)), vec![Node::line(format!("_ = {i}"))], trips.min(2) * 4, None)
            }
            _ => {
                self.declare_fixed(&i, &INT);
                self.declare_fixed(&x, &INT);
                let step = self.random.between(1, 3);
                (format!("for {i}, {x} := 0, {trips}; {i} < {x}; {i}, {x} = {i}+{step}, {x}-1 {{"), Vec::new(), trips, None)
            }
        }
    }
}
