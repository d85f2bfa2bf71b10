//! Functions, methods, closures, deferred calls.

use super::Generator;
use super::expr::Mode;
use super::scope::Frame;
use super::tree::Node;
use super::ty::{INT, INTS, Ty};

/// A declared function.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub params: Vec<Ty>,
    pub variadic: Option<Ty>,
    pub results: Vec<Ty>,
    /// Whether it changes nothing but the sum of outputs.
    pub pure: bool,
    pub generic: bool,
    pub cost: usize,
}

/// A method that several types may have.
#[derive(Clone, Debug)]
pub struct Method {
    pub name: String,
    pub params: Vec<Ty>,
    pub results: Vec<Ty>,
    pub pure: bool,
    pub cost: usize,
}

impl Generator {
    /// A function literal that is called at once, as an expression.
    pub fn immediate(&mut self, ty: &Ty) -> String {
        let mode = self.mode;
        let outer = self.enter(vec![ty.clone()], true);
        let kept = self.scope.clone();
        // The expression around may read what is there: it must not change.
        for var in &mut self.scope {
            var.assignable = false;
            var.fresh = false;
        }
        let mut nodes = Vec::new();
        for _ in 0..self.random.below(2) {
            nodes.extend(self.statement(1));
        }
        self.choose_mode();
        let value = self.return_line(1);
        nodes.push(Node::line(value));
        self.scope = kept;
        self.leave_frame(outer);
        self.mode = mode;
        let shown = self.text(ty);
        let file = super::tree::File { path: String::new(), head: String::new(), declarations: nodes };
        format!("func() {shown} {{ {} }}()", file.text().trim().replace("\n\n", "\n"))
    }

    /// Begins a nested function.
    fn enter(&mut self, results: Vec<Ty>, pure: bool) -> Frame {
        let frame = Frame {
            results,
            pure: pure || self.frame.pure,
            times: self.frame.times,
            cost: self.frame.cost,
            depth: self.frame.depth + 1,
            ..Frame::default()
        };
        std::mem::replace(&mut self.frame, frame)
    }

    fn leave_frame(&mut self, outer: Frame) {
        let cost = self.frame.cost;
        self.frame = outer;
        self.frame.cost = cost;
    }

    /// A closure kept in a variable, and its calls.
    pub fn closure(&mut self, depth: usize) -> Vec<Node> {
        if self.frame.depth >= 2 {
            return self.mix();
        }
        let name = self.fresh_name("f");
        let params: Vec<Ty> = (0..self.random.below(3)).map(|_| self.any_type()).collect();
        let results: Vec<Ty> = (0..self.random.below(3)).map(|_| self.any_type()).collect();
        let in_loop = self.random.chance(25);
        let calls = self.random.between(1, 3);
        let outer = self.enter(results.clone(), false);
        self.frame.times *= calls * if in_loop { 3 } else { 1 };
        let kept = self.scope.len();
        let counter = self.fresh_name("i");
        if in_loop {
            self.declare(&counter, &INT);
        }
        let mut heads = Vec::new();
        for param in &params {
            let name = self.fresh_name("p");
            heads.push(format!("{name} {}", self.text(param)));
            self.declare(&name, param);
        }
        let mut body = self.frame_body(depth);
        self.choose_mode();
        body.push(Node::line(self.return_line(2)));
        self.scope.truncate(kept);
        self.leave_frame(outer);
        let shown = results.iter().map(|ty| self.text(ty)).collect::<Vec<_>>().join(", ");
        let head = format!("func({}) ({shown}) {{", heads.join(", "));
        self.mode = Mode::Quiet;
        let arguments = |generator: &mut Generator| params.iter().map(|ty| generator.expr(ty, 2)).collect::<Vec<_>>().join(", ");
        if in_loop {
            let signature = head.trim_end_matches(" {");
            let arguments = arguments(self);
            let loop_head = *self.random.pick(&["for NAME := 0; NAME < 3; NAME++ {", "for NAME := range 3 {"]);
            return vec![
                Node::line(format!("var {name} []{signature}")),
                Node::block(
                    loop_head.replace("NAME", &counter),
                    vec![Node::line(format!("_ = {counter}")), Node::close(format!("{name} = append({name}, {head}"), body, "})")],
                ),
                Node::block(format!("for _, {name} := range {name} {{"), vec![Node::line(format!("{name}({arguments})"))]),
            ];
        }
        let mut nodes = vec![Node::close(format!("{name} := {head}"), body, format!("}}; _ = {name}"))];
        for _ in 0..calls {
            self.mode = Mode::Quiet;
            let arguments = arguments(self);
            if results.len() == 1 && self.random.chance(60) {
                let result = self.fresh_name("r");
                nodes.push(Node::line(format!("{result} := {name}({arguments}); _ = {result}")));
                let mixed = self.mix_value(&results[0], &result);
                nodes.push(Node::line(mixed));
            } else {
                nodes.push(Node::line(format!("{name}({arguments})")));
            }
            if self.random.chance(50) {
                nodes.extend(self.mix());
            }
        }
        nodes
    }

    /// Statements of a nested function.
    fn frame_body(&mut self, depth: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        for _ in 0..self.random.between(1, 4) {
            nodes.extend(self.statement(depth.saturating_sub(1)));
        }
        nodes
    }

    /// A nested function that recovers from what its statements do.
    pub fn guarded(&mut self, depth: usize) -> Vec<Node> {
        if self.frame.depth >= 2 {
            return self.mix();
        }
        let outer = self.enter(Vec::new(), false);
        let kept = self.scope.len();
        let mut body = self.frame_body(depth);
        match self.random.below(5) {
            0 => {
                let value = self.expr(&Ty::Str, 2);
                body.push(Node::line(format!("panic({value})")));
            }
            1 => body.push(Node::line(format!("panic(&MyError{{{}}})", self.random.below(100)))),
            2 => {
                self.mode = Mode::Risk;
                for _ in 0..3 {
                    let int = Ty::Int(*self.random.pick(INTS));
                    let value = self.dynamic(&int, 4);
                    let mixed = self.mix_value(&int, &value);
                    body.push(Node::line(mixed));
                    self.mode = Mode::Risk;
                }
            }
            3 => {
                self.mode = Mode::Quiet;
                let value = self.expr(&Ty::Any, 2);
                body.push(Node::block("defer func() {", vec![Node::line(format!("panic(Sel[any]({value} == nil, 1, 2.5))"))]));
                if let Some(Node::Block { close, .. }) = body.last_mut() {
                    *close = "}()".to_string();
                }
            }
            _ => {}
        }
        self.scope.truncate(kept);
        self.leave_frame(outer);
        vec![self.recovered(body)]
    }

    /// A deferred call.
    pub fn deferred(&mut self, depth: usize) -> Vec<Node> {
        if self.frame.depth >= 2 || self.frame.times > 50 {
            return self.mix();
        }
        match self.random.below(4) {
            0 => {
                let int = Ty::Int(*self.random.pick(INTS));
                let value = self.expr(&int, 2);
                let value = if value.bytes().all(|b| b.is_ascii_digit()) { format!("int({value})") } else { value };
                vec![Node::line(format!("defer MixI({value})"))]
            }
            1 if !self.frame.pure => {
                let limit = self.cost_left();
                self.mode = Mode::Quiet;
                let fitting: Vec<usize> = (0..self.functions.len()).filter(|&index| self.functions[index].cost < limit).collect();
                if fitting.is_empty() {
                    return self.mix();
                }
                let index = *self.random.pick(&fitting);
                let call = self.call(index, 1);
                vec![Node::line(format!("defer {call}"))]
            }
            _ => {
                let outer = self.enter(Vec::new(), false);
                let kept = self.scope.len();
                let mut body = self.frame_body(depth);
                self.scope.truncate(kept);
                self.leave_frame(outer);
                // A function that recovers returns zero values.
                if self.random.chance(30) && !self.frame.results.iter().any(|ty| self.nil_matters(ty)) {
                    body.insert(0, Node::line("MixA(recover())"));
                }
                vec![Node::close("defer func() {", body, "}()")]
            }
        }
    }

    /// Declares a function for others to call.
    pub fn function(&mut self) -> Node {
        let pure = self.random.chance(50);
        let generic = self.random.chance(20);
        self.generic = generic;
        let name = self.fresh_name(if generic { "G" } else { "F" });
        let params: Vec<Ty> = (0..self.random.below(5)).map(|_| self.any_type()).filter(|ty| *ty != Ty::Param).collect();
        let variadic = self.random.chance(15).then(|| self.small_type());
        let results: Vec<Ty> =
            if self.random.chance(60) { vec![self.any_type()] } else { (0..self.random.below(4)).map(|_| self.any_type()).collect() };
        let results: Vec<Ty> = results.into_iter().map(|ty| if ty == Ty::Param { INT } else { ty }).collect();
        let (mut node, cost) =
            self.define(&format!("func {name}{}", if generic { "[T Integer]" } else { "" }), None, &params, variadic.as_ref(), &results, pure);
        self.generic = false;
        if self.random.chance(30)
            && let Node::Block { parts, .. } = &mut node
        {
            parts[0].0 = format!("//go:noinline\n{}", parts[0].0);
        }
        self.functions.push(Function { name, params, variadic, results, pure, generic, cost });
        node
    }

    /// A function or method with a body.
    fn define(
        &mut self,
        head: &str,
        receiver: Option<(&str, &Ty)>,
        params: &[Ty],
        variadic: Option<&Ty>,
        results: &[Ty],
        pure: bool,
    ) -> (Node, usize) {
        self.scope.truncate(self.globals);
        let named = self.random.chance(40) && !results.is_empty() && !results.iter().any(|ty| self.nil_matters(ty));
        self.frame = Frame { results: results.to_vec(), named, pure, times: 1, cost: 2, ..Frame::default() };
        if let Some((name, ty)) = receiver {
            self.declare(name, ty);
        }
        let mut heads = Vec::new();
        for param in params {
            let name = self.fresh_name("p");
            heads.push(format!("{name} {}", self.text(param)));
            self.declare(&name, param);
        }
        if let Some(element) = variadic {
            let name = self.fresh_name("p");
            heads.push(format!("{name} ...{}", self.text(element)));
            self.declare(&name, &Ty::Slice(element.clone().into()));
        }
        if self.generic {
            // Something of the parameter's type to begin with.
            let name = self.fresh_name("v");
            self.declare(&name, &Ty::Param);
            heads.push(format!("{name}s ...T"));
            if variadic.is_some() {
                heads.pop();
            }
        }
        let mut before = Vec::new();
        if self.generic {
            let name = self.scope.last().map(|var| var.name.clone()).unwrap_or_default();
            before.push(Node::line(if variadic.is_some() {
                format!("{name} := T(7); _ = {name}")
            } else {
                format!("{name} := T(len({name}s) + 5); _ = {name}")
            }));
        }
        let mut shown = Vec::new();
        for result in results {
            let text = self.text(result);
            if named {
                let name = self.fresh_name("z");
                shown.push(format!("{name} {text}"));
                self.declare(&name, result);
            } else {
                shown.push(text);
            }
        }
        let mut body = before;
        body.extend(self.opening(2));
        for _ in 0..self.random.between(2, 7) {
            body.extend(self.statement(3));
        }
        self.choose_mode();
        let last = self.return_line(3);
        body.push(Node::line(last));
        let cost = self.frame.cost;
        self.scope.truncate(self.globals);
        (Node::block(format!("{head}({}) ({}) {{", heads.join(", "), shown.join(", ")), body), cost)
    }

    /// A function of the harness: no parameters, called once.
    pub fn test(&mut self, name: &str) -> Node {
        self.scope.truncate(self.globals);
        self.frame = Frame { times: 1, cost: 2, ..Frame::default() };
        let count = self.random.between(2, 7);
        let mut body = self.opening(count);
        for _ in 0..self.random.between(5, 12) {
            body.extend(self.statement(4));
        }
        self.scope.truncate(self.globals);
        Node::block(format!("func {name}() {{"), body)
    }

    /// The method of every type that has it. A method calls only methods of a lower number, so that calls end.
    pub fn method(&mut self, method: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        self.method_limit = method;
        let signature = self.methods[method].clone();
        for index in 0..self.defs.len() {
            let own = self.own_methods[index].clone();
            for on_pointer in own.iter().filter(|(own, _)| *own == method).map(|(_, on_pointer)| *on_pointer) {
                let receiver = self.fresh_name("s");
                let ty = if on_pointer { Ty::Ptr(Ty::Named(index).into()) } else { Ty::Named(index) };
                let head = format!("func ({receiver} {}) {}", self.text(&ty), signature.name);
                let (node, cost) = self.define(&head, Some((&receiver, &ty)), &signature.params, None, &signature.results, signature.pure);
                self.methods[method].cost = self.methods[method].cost.max(cost);
                nodes.push(node);
            }
        }
        nodes
    }
}
