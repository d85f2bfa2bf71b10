//! Statements whose outcome is fixed although goroutines take part, and others that follow a set form.

use super::Generator;
use super::tree::Node;
use super::ty::{BYTE, INT, Ty};

impl Generator {
    /// One of the set forms, filled with generated parts.
    pub fn pattern(&mut self, depth: usize) -> Vec<Node> {
        if self.frame.pure || self.frame.times > 20 {
            return self.map_fold();
        }
        match self.random.below(18) {
            0 => self.produce(),
            1 => self.workers(),
            2 => self.select_ready(),
            3 => self.recursion(),
            4 => self.linked(),
            5 => self.goroutine_panic(depth),
            6 => self.ping_pong(),
            8..=17 => self.feature(),
            _ => self.map_fold(),
        }
    }

    /// A map's entries in any order, summed up so that the order does not matter; then sorted by key.
    fn map_fold(&mut self) -> Vec<Node> {
        let value = self.basic_type();
        let ty = Ty::Map(INT.into(), value.clone().into());
        let shown = self.text(&ty);
        let (m, k) = (self.fresh_name("m"), self.fresh_name("k"));
        let kept = self.scope.len();
        self.declare_fixed(&k, &INT);
        let element = self.expr(&value, 2);
        self.scope.truncate(kept);
        let count = self.random.between(1, 12);
        let element = if element.contains("Tr(") { self.leaf(&value) } else { element };
        let sorted = self.fresh_name("ks");
        vec![Node::block(
            "{",
            vec![
                Node::line(format!("{m} := {shown}{{}}")),
                Node::line(format!("for {k} := range {count} {{ {m}[({k} * 7919) % 31] = {element} }}")),
                Node::line(format!("var {sorted} []int")),
                Node::block(
                    format!("for {k} := range {m} {{"),
                    vec![
                        Node::line(format!("{sorted} = append({sorted}, {k})")),
                        Node::line(format!(
                            "for i := len({sorted}) - 1; i > 0 && {sorted}[i] < {sorted}[i-1]; i-- {{ {sorted}[i], {sorted}[i-1] = {sorted}[i-1], {sorted}[i] }}"
                        )),
                    ],
                ),
                Node::block(format!("for _, {k} := range {sorted} {{"), {
                    let mixed = self.mix_value(&value, &format!("{m}[{k}]"));
                    vec![Node::line(format!("MixI({k})")), Node::line(mixed)]
                }),
            ],
        )]
    }

    /// A goroutine that sends, a loop that receives.
    fn produce(&mut self) -> Vec<Node> {
        let ty = self.any_type();
        let shown = self.text(&ty);
        let ch = self.fresh_name("ch");
        let buffer = self.random.below(4);
        let count = self.random.between(1, 8);
        self.mode = super::expr::Mode::Quiet;
        let value = self.expr(&ty, 1);
        let x = self.fresh_name("x");
        let mixed = self.mix_value(&ty, &x);
        let value_name = self.fresh_name("v");
        vec![Node::block(
            "{",
            vec![
                Node::line(format!("{ch} := make(chan {shown}, {buffer})")),
                Node::line(format!("var {value_name} {shown} = {value}")),
                Node::close(
                    "go func() {",
                    vec![
                        Node::block(format!("for range {count} {{"), vec![Node::line(format!("{ch} <- {value_name}"))]),
                        Node::line(format!("close({ch})")),
                    ],
                    "}()",
                ),
                Node::block(format!("for {x} := range {ch} {{"), vec![Node::line(format!("_ = {x}")), Node::line(mixed)]),
                Node::line(format!("_, ok := <-{ch}; MixB(ok)")),
            ],
        )]
    }

    /// Goroutines that work on their own part, joined in order.
    fn workers(&mut self) -> Vec<Node> {
        let count = self.random.between(1, 5);
        let (results, done, i) = (self.fresh_name("res"), self.fresh_name("done"), self.fresh_name("i"));
        let turns = self.random.between(1, 50);
        let operator = *self.random.pick(&["+", "^", "*"]);
        let value = self.random.below(1000);
        vec![Node::block(
            "{",
            vec![
                Node::line(format!("{results} := make([]int, {count}); {done} := make(chan int)")),
                Node::block(
                    format!("for {i} := range {count} {{"),
                    vec![Node::close(
                        "go func() {",
                        vec![
                            Node::line(format!("defer func() {{ {done} <- {i} }}()")),
                            Node::line(format!("for j := range {turns} {{ {results}[{i}] = {results}[{i}]*3 {operator} (j + {value}) }}")),
                            Node::line(format!("if {i} == 2 {{ defer func() {{ recover() }}(); panic({i}) }}")),
                        ],
                        "}()",
                    )],
                ),
                Node::line(format!("sum := 0; for range {count} {{ sum += <-{done} }}; MixI(sum)")),
                Node::line(format!("for _, x := range {results} {{ MixI(x) }}")),
            ],
        )]
    }

    /// Selects of which one case at most is ready.
    fn select_ready(&mut self) -> Vec<Node> {
        let ty = self.basic_type();
        let shown = self.text(&ty);
        let (a, b) = (self.fresh_name("a"), self.fresh_name("b"));
        self.mode = super::expr::Mode::Quiet;
        let value = self.expr(&ty, 2);
        let x = self.fresh_name("x");
        let mixed = self.mix_value(&ty, &x);
        let arms = |send: &str| {
            vec![
                ("select {".to_string(), Vec::new()),
                (format!("case {x} := <-{a}:"), vec![Node::line(mixed.clone())]),
                (format!("case {x}, ok := <-{b}:"), vec![Node::line(format!("MixB(ok); _ = {x}"))]),
                (send.to_string(), vec![Node::line("Mix(21)")]),
            ]
        };
        let nothing = format!("case (chan {shown})(nil) <- {value}:");
        let first = Node::Block { parts: arms(&nothing), close: "}".to_string() };
        let mut with_default = arms(&nothing);
        with_default.push(("default:".to_string(), vec![Node::line("Mix(22)")]));
        let second = Node::Block { parts: with_default, close: "}".to_string() };
        let buffer = self.random.below(2);
        vec![Node::block(
            "{",
            vec![
                Node::line(format!("{a}, {b} := make(chan {shown}, {buffer}), make(chan {shown})")),
                Node::line(format!("var value {shown} = {value}")),
                Node::line(format!("go func() {{ {a} <- value }}()")),
                first,
                second,
                Node::line(format!("close({b})")),
                Node::Block { parts: arms(&nothing), close: "}".to_string() },
            ],
        )]
    }

    /// A closure that calls itself, with generated parts on the way.
    fn recursion(&mut self) -> Vec<Node> {
        let f = self.fresh_name("rec");
        let n = self.fresh_name("n");
        let ty = self.basic_type();
        let shown = self.text(&ty);
        let kept = self.scope.len();
        let acc = self.fresh_name("acc");
        self.declare_fixed(&n, &INT);
        self.declare(&acc, &ty);
        let next = self.expr(&ty, 2);
        let mixed = self.mix_value(&ty, &acc);
        self.scope.truncate(kept);
        let deep = if next.contains("Tr(") || next.len() > 200 { 6 } else { self.random.between(1, 40) };
        let start = self.leaf(&ty);
        let yields = if self.random.chance(40) { format!("if {n} == 3 {{ Yield({}) }}", self.random.below(4)) } else { "Mix(6)".to_string() };
        vec![
            Node::line(format!("var {f} func({n} int, {acc} {shown}) {shown}")),
            Node::close(
                format!("{f} = func({n} int, {acc} {shown}) {shown} {{"),
                vec![
                    Node::block(format!("if {n} == 0 {{"), vec![Node::line(format!("return {acc}"))]),
                    Node::line(yields),
                    Node::line(format!("r := {f}({n}-1, {next})")),
                    Node::line(mixed),
                    Node::line("return r"),
                ],
                "}",
            ),
            Node::line({
                let result = self.fresh_name("r");
                let mixed = self.mix_value(&ty, &result);
                format!("{result} := {f}({deep}, {start}); _ = {result}; {mixed}")
            }),
        ]
    }

    /// A list of nodes of a local type.
    fn linked(&mut self) -> Vec<Node> {
        let ty = self.any_type();
        let shown = self.text(&ty);
        let node = self.fresh_name("Node");
        let count = self.random.between(1, 20);
        let value = self.expr(&ty, 2);
        let mixed = self.mix_value(&ty, "at.Value");
        let collect = if self.random.chance(50) { "Yield(2)" } else { "Mix(7)" };
        vec![Node::block(
            "{",
            vec![
                Node::line(format!("type {node} struct {{ Next *{node}; Value {shown}; N int }}")),
                Node::line(format!("var head *{node}")),
                Node::line(format!("for i := range {count} {{ head = &{node}{{Next: head, N: i}} }}")),
                Node::line(format!("head.Value = {value}")),
                Node::line(collect),
                Node::block(
                    "for at := head; at != nil; at = at.Next {",
                    vec![Node::line("MixI(at.N)"), Node::line(format!("if at == head {{ {mixed} }}"))],
                ),
            ],
        )]
    }

    /// A goroutine that panics and recovers, and hands over what it got.
    fn goroutine_panic(&mut self, depth: usize) -> Vec<Node> {
        let _ = depth;
        let ch = self.fresh_name("ch");
        let index = self.dynamic(&BYTE, 2);
        vec![Node::block(
            "{",
            vec![
                Node::line(format!("{ch} := make(chan any); index := int({index} & 7)")),
                Node::close(
                    "go func() {",
                    vec![Node::line(format!("defer func() {{ {ch} <- recover() }}()")), Node::line("var a [4]int; a[index]++; panic(a[index])")],
                    "}()",
                ),
                Node::line(format!("MixA(<-{ch})")),
            ],
        )]
    }

    /// Two goroutines that hand a value to and fro.
    fn ping_pong(&mut self) -> Vec<Node> {
        let ty = self.basic_type();
        let shown = self.text(&ty);
        let (a, b) = (self.fresh_name("a"), self.fresh_name("b"));
        let turns = self.random.between(1, 6);
        let kept = self.scope.len();
        let x = self.fresh_name("x");
        let globals: Vec<_> = self.scope.drain(..).collect();
        self.declare_fixed(&x, &ty);
        self.mode = super::expr::Mode::Quiet;
        let value = self.expr(&ty, 3);
        self.scope = globals;
        self.scope.truncate(kept);
        let start = self.leaf(&ty);
        let mixed = self.mix_value(&ty, &x);
        vec![Node::block(
            "{",
            vec![
                Node::line(format!("{a}, {b} := make(chan {shown}), make(chan {shown})")),
                Node::close(
                    "go func() {",
                    vec![
                        Node::block(format!("for {x} := range {a} {{"), vec![Node::line(format!("_ = {x}")), Node::line(format!("{b} <- {value}"))]),
                        Node::line(format!("close({b})")),
                    ],
                    "}()",
                ),
                Node::line(format!("var {x} {shown} = {start}")),
                Node::line(format!("for range {turns} {{ {a} <- {x}; {x} = <-{b}; {mixed} }}")),
                Node::line(format!("close({a})")),
                Node::line(format!("_, ok := <-{b}; MixB(ok)")),
            ],
        )]
    }
}
