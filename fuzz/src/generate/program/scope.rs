//! What is in scope where a statement is generated, and the places that can be read and written there.

use std::rc::Rc;

use super::Generator;
use super::ty::{Def, Ty};

/// A variable.
#[derive(Clone, Debug)]
pub struct Var {
    pub name: String,
    pub ty: Ty,
    /// Whether it may be assigned, or its address taken: a loop's counter may not.
    pub assignable: bool,
    /// Whether it is never nil.
    pub solid: bool,
    /// A slice's least length.
    pub length: usize,
    /// Whether what it refers to was made by this function, so that a pure function may change it.
    pub fresh: bool,
    pub global: bool,
}

/// The function being generated.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub results: Vec<Ty>,
    /// Whether the results have names, so that a bare return is possible.
    pub named: bool,
    /// Whether it may change nothing but what it made itself: such functions are called within expressions.
    pub pure: bool,
    /// Labels of the loops around, with whether each was used.
    pub loops: Vec<(Option<String>, bool)>,
    /// How often the statement at hand is run for each call.
    pub times: usize,
    /// Steps a call takes, roughly.
    pub cost: usize,
    /// Nesting of closures.
    pub depth: usize,
    /// Whether `break` would leave something else than the innermost loop.
    pub in_switch: bool,
}

/// How to get from a variable to a place inside of it.
#[derive(Clone, Debug)]
enum Step {
    Field(String),
    Index(usize),
    Slice(usize),
    Deref,
    Key(Rc<Ty>),
}

impl Generator {
    /// A readable place of type `want`, written as an expression.
    pub fn readable(&mut self, want: &Ty) -> Option<String> {
        self.place(want, false, false)
    }

    /// A place of type `want` that may be assigned.
    pub fn writable(&mut self, want: &Ty) -> Option<String> {
        self.place(want, true, false)
    }

    /// A place of type `want` whose address may be taken.
    pub fn addressable(&mut self, want: &Ty) -> Option<String> {
        self.place(want, true, true)
    }

    fn place(&mut self, want: &Ty, writable: bool, address: bool) -> Option<String> {
        let mut found: Vec<(usize, Vec<Step>)> = Vec::new();
        for (index, var) in self.scope.iter().enumerate() {
            if writable && self.frame.pure && var.global {
                continue;
            }
            let mut steps = Vec::new();
            self.search(index, &var.ty, want, &mut steps, (writable, address), &mut found);
        }
        if found.is_empty() {
            return None;
        }
        // Recent variables are preferred: old ones are used by everything anyway.
        let start = if self.random.chance(40) { found.len() / 2 } else { 0 };
        let pick = start + self.random.below(found.len() - start);
        let (index, steps) = found.swap_remove(pick);
        let mut text = self.scope[index].name.clone();
        for step in steps {
            match step {
                Step::Field(name) => text = format!("{text}.{name}"),
                Step::Deref => text = format!("(*{text})"),
                Step::Index(count) | Step::Slice(count) => {
                    let at = self.index_below(count);
                    text = format!("{text}[{at}]");
                }
                Step::Key(ty) => {
                    let key = self.expr(&ty, 1);
                    text = format!("{text}[{key}]");
                }
            }
        }
        Some(text)
    }

    fn search(&self, index: usize, ty: &Ty, want: &Ty, steps: &mut Vec<Step>, mode: (bool, bool), found: &mut Vec<(usize, Vec<Step>)>) {
        let var = &self.scope[index];
        let (writable, address) = mode;
        let through = steps.iter().any(|step| matches!(step, Step::Slice(_) | Step::Deref | Step::Key(_)));
        let by_key = steps.iter().position(|step| matches!(step, Step::Key(_)));
        let allowed = !writable
            || ((if through { !self.frame.pure || var.fresh } else { var.assignable && !(var.global && self.frame.pure) })
                && by_key.is_none_or(|at| at + 1 == steps.len() && !address));
        // A variable that must stay solid is not assigned as a whole through its address.
        let solid = var.solid && steps.is_empty() && (address && super::ty::nillable(ty, &self.defs));
        let fixed = var.length > 0 && steps.is_empty() && writable;
        // A place that is read where nil would matter must not be nil.
        let unsure = !writable && self.nil_matters(ty) && (!steps.is_empty() || !var.solid);
        if ty == want && allowed && !solid && !fixed && !unsure {
            found.push((index, steps.clone()));
        }
        if steps.len() >= 3 {
            return;
        }
        let at_root = steps.is_empty();
        let mut step = |step: Step, ty: &Ty| {
            steps.push(step);
            self.search(index, ty, want, steps, mode, found);
            steps.pop();
        };
        match ty {
            Ty::Named(named) => {
                if let Def::Struct(fields) = &self.defs[*named].def {
                    for (name, field, _) in fields {
                        step(Step::Field(name.clone()), field);
                    }
                }
            }
            Ty::Pair(first, second) => {
                step(Step::Field("Fst".to_string()), first);
                step(Step::Field("Snd".to_string()), second);
            }
            Ty::Array(count, element) if *count > 0 => step(Step::Index(*count), element),
            Ty::Slice(element) if at_root && var.length > 0 => step(Step::Slice(var.length), element),
            Ty::Ptr(element) if at_root && var.solid => step(Step::Deref, element),
            Ty::Map(key, value) if at_root && var.solid => step(Step::Key(key.clone()), value),
            _ => {}
        }
    }

    /// Whether using a nil value of the type panics.
    pub fn nil_matters(&self, ty: &Ty) -> bool {
        super::ty::nillable(ty, &self.defs) && !matches!(ty, Ty::Slice(_) | Ty::Any)
    }

    /// An index that is below `count` whatever happens.
    pub fn index_below(&mut self, count: usize) -> String {
        match self.random.below(4) {
            0 | 1 => self.random.below(count).to_string(),
            2 if count.is_power_of_two() => {
                let of = self.dynamic(&super::ty::INT, 1);
                format!("({of} & {})", count - 1)
            }
            2 | 3 if count < 200 => {
                let of = self.dynamic(&super::ty::BYTE, 1);
                format!("({of} % {count})")
            }
            _ => {
                let of = self.dynamic(&Ty::Int(super::ty::INTS[5]), 1);
                format!("({of} % {count})")
            }
        }
    }

    /// Adds a variable of the function at hand.
    pub fn declare(&mut self, name: &str, ty: &Ty) {
        self.scope.push(Var { name: name.to_string(), ty: ty.clone(), assignable: true, solid: true, length: 0, fresh: false, global: false });
    }

    /// Adds a variable that may not be assigned.
    pub fn declare_fixed(&mut self, name: &str, ty: &Ty) {
        self.declare(name, ty);
        if let Some(var) = self.scope.last_mut() {
            var.assignable = false;
        }
    }

    pub fn fresh_name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }
}
