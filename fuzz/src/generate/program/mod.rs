//! Valid programs: typed, terminating, with one meaning.
//!
//! A program declares types, methods and functions, and 30 tests, functions without parameters that use them. What a test computes goes into a running
//! sum, which is printed after each test; so does what its panics say. Loops and calls are counted while they are generated, so that a
//! test takes some thousands of steps at most. Whatever Go leaves open is avoided: the order in which a map is visited, in which variables
//! are read beside calls that change them, capacities that `append` chooses, conversions of floats that do not fit.

mod compound;
mod expr;
mod feature;
mod flow;
mod func;
mod pattern;
mod scope;
mod stmt;
pub mod tree;
mod ty;

use crate::random::Random;
use expr::Mode;
use func::{Function, Method};
use scope::{Frame, Var};
use tree::{File, Node, Program};
use ty::{Def, INT, Named, Ty};

/// Greatest number of steps of one function, roughly.
const COST_LIMIT: usize = 3000;

/// Parts of one statement, roughly.
const SIZE_LIMIT: usize = 60;

/// Everything known while a program is generated.
pub struct Generator {
    random: Random,
    defs: Vec<Named>,
    methods: Vec<Method>,
    /// For each declared type the methods it declares itself, and whether their receiver is a pointer.
    own_methods: Vec<Vec<(usize, bool)>>,
    /// Methods below this one may be called.
    method_limit: usize,
    functions: Vec<Function>,
    pool: Vec<Ty>,
    scope: Vec<Var>,
    /// How many of `scope` are global.
    globals: usize,
    frame: Frame,
    mode: Mode,
    /// Parts of the statement at hand so far: beyond a limit only the simplest are added.
    size: usize,
    /// Names given so far.
    names: usize,
    /// Whether the function at hand has a type parameter.
    generic: bool,
}

/// The program of a seed.
pub fn generate(seed: u64) -> Program {
    let mut generator = Generator {
        random: Random::new(seed),
        defs: Vec::new(),
        methods: Vec::new(),
        own_methods: Vec::new(),
        method_limit: 0,
        functions: Vec::new(),
        pool: Vec::new(),
        scope: Vec::new(),
        globals: 0,
        frame: Frame::default(),
        mode: Mode::Quiet,
        size: 0,
        names: 0,
        generic: false,
    };
    generator.program()
}

impl Generator {
    fn program(&mut self) -> Program {
        let mut shared = self.types();
        for _ in 0..self.random.between(6, 16) {
            let ty = self.invent_type(3);
            self.pool.push(ty);
        }
        shared.extend(self.variables());
        for method in 0..self.methods.len() {
            shared.extend(self.method(method));
        }
        self.method_limit = self.methods.len();
        let tests = 30;
        for _ in 0..tests / 2 {
            let node = self.function();
            shared.push(node);
        }
        let mut own = Vec::new();
        let mut calls = Vec::new();
        for index in 0..tests {
            if index % 3 == 0 {
                let node = self.function();
                own.push(node);
            }
            let name = format!("Test{index}");
            own.push(self.test(&name));
            calls.push(Node::line(format!("Run(\"{name}\", {name})")));
        }
        calls.extend(self.ending());
        own.push(Node::block("func main() {", calls));
        let prelude = include_str!("prelude.go");
        if self.random.chance(25) {
            let head = format!("package lib\n\n{prelude}");
            let main = "package main\n\nimport . \"test/lib\"\n".to_string();
            return Program {
                files: vec![
                    File { path: "lib/lib.go".to_string(), head, declarations: shared },
                    File { path: "main.go".to_string(), head: main, declarations: own },
                ],
            };
        }
        shared.extend(own);
        Program { files: vec![File { path: "main.go".to_string(), head: format!("package main\n\n{prelude}"), declarations: shared }] }
    }

    /// How the program ends: by itself, or by a panic that nothing recovers.
    fn ending(&mut self) -> Vec<Node> {
        let line = match self.random.below(14) {
            0 => "panic(\"the end\")",
            1 => "panic(&MyError{7})",
            2 => "var p *int; *p = 1",
            3 => "var s []int; s[Id(3)]++",
            4 => "panic(Id(1.5))",
            5 => "defer func() { r := recover(); panic(r) }(); panic(\"again\")",
            6 => "defer func() { panic(\"second\") }(); panic(\"first\")",
            7 => "select {}",
            8 => "<-make(chan int)",
            9 => "go func() { panic(int8(-3)) }(); select {}",
            _ => return Vec::new(),
        };
        // Everybody else may run: a deadlock is one only if the echo sleeps too.
        vec![Node::line(line)]
    }

    /// Declared types, with the methods each will have.
    fn types(&mut self) -> Vec<Node> {
        for index in 0..5 {
            let params = (0..self.random.below(3)).map(|_| self.basic_type()).collect();
            let results = (0..self.random.between(index % 2, 2)).map(|_| self.basic_type()).collect();
            let pure = index % 2 == 0 || self.random.chance(30);
            self.methods.push(Method { name: format!("M{index}"), params, results, pure, cost: 0 });
        }
        let mut nodes = Vec::new();
        for index in 0..3 {
            let under = self.basic_type();
            let name = format!("B{index}");
            nodes.push(Node::line(format!("type {name} {}", ty::text(&under, &self.defs))));
            self.add(name, Def::Basic(under), 40);
        }
        for index in 0..2 {
            let mut methods: Vec<usize> = (0..5).filter(|_| self.random.chance(40)).collect();
            if methods.is_empty() {
                methods.push(index);
            }
            let name = format!("I{index}");
            let lines = methods.iter().map(|&method| Node::line(self.signature(method))).collect();
            nodes.push(Node::block(format!("type {name} interface {{"), lines));
            self.defs.push(Named { name, def: Def::Interface(methods.clone()), on_value: methods, on_pointer: Vec::new() });
            self.own_methods.push(Vec::new());
        }
        let first = self.defs.len();
        for index in 0..self.random.between(3, 7) {
            let mut fields = Vec::new();
            let mut lines = Vec::new();
            if index > 0 && self.random.chance(50) {
                let inner = self.random.between(first, self.defs.len() - 1);
                let name = self.defs[inner].name.clone();
                lines.push(Node::line(name.clone()));
                fields.push((name, Ty::Named(inner), true));
            }
            for _ in 0..self.random.below(6) {
                let name = self.fresh_name("A");
                // Interfaces have values only once the first structure is there.
                let field = if index == 0 { self.basic_type() } else { self.invent_type(2) };
                lines.push(Node::line(format!("{name} {}", self.text(&field))));
                fields.push((name, field, false));
            }
            let name = format!("S{index}");
            nodes.push(Node::block(format!("type {name} struct {{"), lines));
            self.add(name, Def::Struct(fields), if index == 0 { 100 } else { 40 });
        }
        nodes
    }

    /// Adds a declared type, with each method in so many of 100 cases.
    fn add(&mut self, name: String, def: Def, percent: usize) {
        let (mut on_value, mut on_pointer, mut own) = (Vec::new(), Vec::new(), Vec::new());
        if let Def::Struct(fields) = &def {
            for (_, field, embedded) in fields {
                if let (Ty::Named(inner), true) = (field, embedded) {
                    on_value.extend(self.defs[*inner].on_value.iter().copied());
                    on_pointer.extend(self.defs[*inner].on_pointer.iter().copied());
                }
            }
        }
        for method in 0..self.methods.len() {
            if !self.random.chance(percent) {
                continue;
            }
            let pointer = percent < 100 && self.random.chance(50);
            on_value.retain(|&known| known != method);
            on_pointer.retain(|&known| known != method);
            if pointer {
                on_pointer.push(method)
            } else {
                on_value.push(method)
            }
            own.push((method, pointer));
        }
        self.defs.push(Named { name, def, on_value, on_pointer });
        self.own_methods.push(own);
    }

    fn signature(&self, method: usize) -> String {
        let signature = &self.methods[method];
        let list = |items: &[Ty]| items.iter().map(|ty| self.text(ty)).collect::<Vec<_>>().join(", ");
        format!("{}({}) ({})", signature.name, list(&signature.params), list(&signature.results))
    }

    /// Package variables.
    fn variables(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        self.frame = Frame { times: 1, pure: true, depth: 2, ..Frame::default() };
        for _ in 0..self.random.between(3, 8) {
            let ty = self.any_type();
            let name = self.fresh_name("X");
            let value = self.expr(&ty, 2);
            nodes.push(Node::line(format!("var {name} {} = {value}", self.text(&ty))));
            self.declare(&name, &ty);
        }
        for _ in 0..2 {
            let name = self.fresh_name("X");
            nodes.push(Node::line(format!("var {name} int = {}", self.random.below(100))));
            self.declare(&name, &INT);
        }
        for var in &mut self.scope {
            var.global = true;
        }
        self.globals = self.scope.len();
        nodes
    }
}

#[cfg(test)]
mod tests {
    use super::generate;

    #[test]
    fn follows_the_seed() {
        for seed in 0..20 {
            let program = generate(seed);
            assert_eq!(program, generate(seed));
            assert!(program.files.iter().map(|file| file.text().len()).sum::<usize>() > 10_000);
        }
    }
}
