//! Optimisation of the IR: a table of passes and the order in which they run.
//!
//! # Order
//! Functions are optimised callees first (over the strongly connected components of the call graph), so that a function is small and its
//! parameters' fate is known when its callers look at it. Each function goes through [`PIPELINE`].
//!
//! - `slots` before `values`: what is in memory cannot be folded.
//! - `inline` wants clean callers and callees, and leaves what `slots` and `values` clean up.
//! - `escape` after `inline`: most objects stop escaping when the code that takes them is in sight.
//! - `loops` after `values`: bounds checks are decided on loops as they were written, and invariant code is found after it was shared.
//!
//! # Testing
//! Every pass works on the text form alone (`tests`); [`Options::verify`] checks the IR after every pass and names the one that broke it.

pub mod blocks;
pub mod dead_code;
mod facts;
mod fold;
pub mod gvn;
mod memory;
pub mod slots;

use crate::ir::{CallGraph, FuncId, Function, Module, verify_func};
use std::time::Duration;

/// What to do besides optimising.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only what later stages need; the oracle of fuzzing and the fast build.
    pub unoptimized: bool,
    /// Verify after every pass.
    pub verify: bool,
    /// `(pass, function)`: collect the function's text after the pass; `*` stands for any.
    pub dump: Option<(String, String)>,
}

/// What a run had to say.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Texts asked for by [`Options::dump`].
    pub dumps: Vec<String>,
    /// Rounds and time of each pass.
    pub passes: Vec<(&'static str, u32, Duration)>,
}

/// A pass over one function; the module is without that function while it runs.
struct Pass {
    name: &'static str,
    run: fn(&Module, &mut Function) -> bool,
}

/// The passes by name; what comes before what is explained above.
const PASSES: &[Pass] = &[
    Pass { name: "slots", run: |_, func| slots::run(func) },
    Pass { name: "values", run: gvn::run },
    Pass { name: "dead_code", run: |_, func| dead_code::run(func) },
    Pass { name: "blocks", run: |_, func| blocks::run(func) },
];

const PIPELINE: &[&str] = &["blocks", "slots", "values", "dead_code", "blocks", "slots", "values", "dead_code", "blocks"];

/// Optimises a module in place.
pub fn run(module: &mut Module, options: &Options) -> Report {
    let mut report = Report::default();
    if options.unoptimized {
        return report;
    }
    let graph = CallGraph::new(module);
    for component in &graph.components {
        for id in component {
            run_func(module, *id, options, &mut report);
        }
    }
    report
}

fn run_func(module: &mut Module, id: FuncId, options: &Options, report: &mut Report) {
    let mut func = take(module, id);
    for name in PIPELINE {
        if let Some(pass) = PASSES.iter().find(|p| p.name == *name) {
            run_pass(module, &mut func, pass, options, report);
        }
    }
    func.compact();
    module.funcs[id.index()] = func;
}

/// Takes a function out of its module, leaving its outline.
fn take(module: &mut Module, id: FuncId) -> Function {
    let place = &mut module.funcs[id.index()];
    let mut outline = Function::new(place.name, place.sig, &[]);
    outline.attrs = place.attrs;
    std::mem::replace(place, outline)
}

fn run_pass(module: &Module, func: &mut Function, pass: &Pass, options: &Options, report: &mut Report) {
    let start = std::time::Instant::now();
    let _changed = (pass.run)(module, func);
    let time = start.elapsed();
    match report.passes.iter_mut().find(|p| p.0 == pass.name) {
        Some(row) => *row = (row.0, row.1 + 1, row.2 + time),
        None => report.passes.push((pass.name, 1, time)),
    }
    let name = module.symbols.name(func.name);
    if options.verify
        && let Err(text) = verify_func(module, func)
    {
        panic!("bug: pass {} breaks {name}:\n{text}\n{}", pass.name, module.func_text(func));
    }
    if let Some((pass_name, func_name)) = &options.dump
        && (pass_name == pass.name || pass_name == "*")
        && (func_name == name || func_name == "*")
    {
        report.dumps.push(format!("// after {}\n{}", pass.name, module.func_text(func)));
    }
}

#[cfg(test)]
mod tests;
