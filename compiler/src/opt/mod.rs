//! Optimisation of the IR: a table of passes and the order in which they run.
//!
//! # Order
//! Functions are optimised callees first (over the strongly connected components of the call graph), so that a function is small and its
//! parameters' fate is known when its callers look at it. Each function is cleaned, then takes in callees and keeps
//! objects off the heap in turns, as each opens the way for the other; then comes what wants to see the result.
//!
//! - `slots` before `values`: what is in memory cannot be folded.
//! - `interfaces` and `closures` make direct calls, the food of `inline`; the latter when inlining has shown all closures it can.
//! - `inline` wants clean callers and callees, and leaves what `slots` and `values` clean up.
//! - `escape` after `inline`: most objects stop escaping when the code that takes them is in sight.
//! - `wide` before `inline`, as it makes functions that read numbers byte by byte small, and again when all is in sight.
//! - `unroll` when the bodies of loops are what they will be; its tests of counters are those of `for` statements, before `rotate`.
//! - `select` behind everything that learns from branches.
//! - `rotate` and `motion` after `values`: bounds checks are decided on loops as they were written, and invariant code is found after it
//!   was shared.
//!
//! When all functions are done, small objects are made together (`gather`), and functions that came out the same are shared (`share`).
//!
//! # Testing
//! Every pass works on the text form alone (`tests`); [`Options::verify`] checks the IR after every pass and names the one that broke it.

pub mod blocks;
mod copy;
pub mod dead_code;
mod dispatch;
pub mod escape;
mod facts;
mod fold;
mod gather;
pub mod gvn;
pub mod inline;
pub mod loops;
mod memory;
mod share;
pub mod slots;
mod temporary;
mod unroll;
mod wide;

use crate::ir::hash::{FastMap, FastSet};
use crate::ir::{CallGraph, FuncId, Function, Module, Symbol, verify_func};

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
}

/// What is known of functions that were optimised already.
pub struct Context {
    /// See [`inline::cost`]; `None` also while a function waits for its turn.
    inline_cost: Vec<Option<u32>>,
    /// It calls a function that it is given.
    calls_param: Vec<bool>,
    /// See [`escape::summarize`].
    summaries: Vec<Option<Box<[escape::Flow]>>>,
    makers: FastMap<Symbol, temporary::Maker>,
    /// Functions of the host that keep no address they are given.
    system_calls: FastSet<Symbol>,
    targets: dispatch::Targets,
}

impl Context {
    fn new(module: &Module) -> Context {
        let functions = module.funcs.len();
        Context {
            inline_cost: vec![None; functions],
            calls_param: vec![false; functions],
            summaries: vec![None; functions],
            makers: temporary::makers(module),
            system_calls: module.imports.iter().filter(|i| i.module == "wasi_snapshot_preview1").map(|i| i.symbol).collect(),
            targets: dispatch::Targets::find(module),
        }
    }
}

/// A pass over one function; the module has but an outline of that function while it runs.
struct Pass {
    name: &'static str,
    run: fn(&Context, &Module, &mut Function) -> bool,
}

/// The passes by name; what comes before what is explained above.
const PASSES: &[Pass] = &[
    Pass { name: "slots", run: |_, _, func| slots::run(func) },
    Pass { name: "values", run: |_, module, func| gvn::run(module, func) },
    Pass { name: "dead_code", run: |_, _, func| dead_code::run(func) },
    Pass { name: "blocks", run: |_, _, func| blocks::run(func) },
    Pass { name: "interfaces", run: dispatch::interfaces },
    Pass { name: "closures", run: dispatch::closures },
    Pass { name: "inline", run: inline::run },
    Pass { name: "escape", run: escape::run },
    Pass { name: "wide", run: |_, _, func| wide::run(func) },
    Pass { name: "unroll", run: |_, _, func| unroll::run(func) },
    Pass { name: "select", run: |_, _, func| blocks::select(func) },
    Pass { name: "rotate", run: |_, _, func| loops::rotate(func) },
    Pass { name: "motion", run: |_, _, func| loops::motion(func) },
    Pass { name: "gather", run: |_, _, func| gather::run(func) },
];

/// Makes a function clean enough to judge it.
const CLEAN: &[&str] = &["blocks", "slots", "values", "dead_code", "blocks"];
/// How often inlining is tried anew, after it made more callees known.
const INLINE_ROUNDS: usize = 3;
/// At the end, if anything changed since the function was clean.
const FINISH: &[&str] = &["values", "blocks", "dead_code", "blocks"];

/// Optimises a module in place.
pub fn run(module: &mut Module, options: &Options) -> Report {
    let mut report = Report::default();
    if options.unoptimized {
        return report;
    }
    let calls = CallGraph::new(module);
    let order = CallGraph::with_references(module);
    let mut context = Context::new(module);
    for component in &order.components {
        let recursive: Vec<FuncId> = component.iter().copied().filter(|id| calls.is_recursive(*id)).collect();
        escape::summarize_together(&mut context, module, &recursive);
        for id in component {
            let mut func = take(module, *id);
            run_func(&context, module, &mut func, options, &mut report);
            context.summaries[id.index()] = Some(escape::summarize(&context, module, &func));
            if !calls.is_recursive(*id) {
                context.inline_cost[id.index()] = inline::cost(&func);
                context.calls_param[id.index()] = inline::calls_param(&func);
            }
            module.funcs[id.index()] = func;
        }
    }
    for func in &mut module.funcs {
        if gather::run(func) {
            func.compact();
        }
    }
    share::run(module);
    report
}

fn run_func(context: &Context, module: &Module, func: &mut Function, options: &Options, report: &mut Report) {
    let mut pass = |func: &mut Function, name: &str| match PASSES.iter().find(|p| p.name == name) {
        Some(pass) => run_pass(context, module, func, pass, options, report),
        None => unreachable!("pass {name} is in the table"),
    };
    let clean = |func: &mut Function, pass: &mut dyn FnMut(&mut Function, &str) -> bool| {
        for name in CLEAN {
            pass(func, name);
        }
    };
    clean(func, &mut pass);
    pass(func, "wide");
    pass(func, "interfaces");
    for _ in 0..INLINE_ROUNDS {
        let inlined = pass(func, "inline");
        if inlined {
            clean(func, &mut pass);
        }
        let promoted = pass(func, "escape");
        if promoted {
            clean(func, &mut pass);
        }
        if !inlined && !promoted {
            break;
        }
    }
    if pass(func, "closures") {
        pass(func, "inline");
        clean(func, &mut pass);
    }
    if pass(func, "unroll") {
        clean(func, &mut pass);
    }
    let mut changed = pass(func, "wide");
    if pass(func, "select") {
        pass(func, "blocks");
        changed = true;
    }
    changed |= pass(func, "rotate");
    if pass(func, "motion") || changed {
        for name in FINISH {
            pass(func, name);
        }
    }
    func.compact();
}

/// Takes a function out of its module, leaving its outline.
fn take(module: &mut Module, id: FuncId) -> Function {
    let place = &mut module.funcs[id.index()];
    let mut outline = Function::new(place.name, place.sig, &[]);
    outline.attrs = place.attrs;
    std::mem::replace(place, outline)
}

fn run_pass(context: &Context, module: &Module, func: &mut Function, pass: &Pass, options: &Options, report: &mut Report) -> bool {
    let changed = (pass.run)(context, module, func);
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
    changed
}

#[cfg(test)]
mod tests;
