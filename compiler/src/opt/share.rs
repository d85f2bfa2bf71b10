//! Instances of a generic function that came out the same are written once.
//!
//! Generic code is lowered for each list of type arguments. Where these differ in what the code does not see, as pointers to different types
//! do, the instances end as the same IR, calls of each other aside. Only functions that Go programs cannot tell apart are shared: those that have one
//! name in tracebacks, where type arguments are not shown, and the same positions, line by line. Func values cannot be compared.
//!
//! When two instances have become one, their callers may have become the same; so it goes on in rounds until nothing is found. Instances
//! that call themselves differ in that, and stay.

use crate::ir::hash::{FastMap, FastSet};
use crate::ir::{Module, Sig, Symbol, Symbols};

/// What instances of one function have in common: their name around the type arguments, signature and size.
#[derive(PartialEq, Eq, Hash)]
struct Group {
    name: (Box<str>, Box<str>),
    sig: Sig,
    insts: usize,
    blocks: usize,
}

/// The parts of an instance's name before and behind its type arguments.
fn around_arguments(name: &str) -> Option<(&str, &str)> {
    let (start, end) = (name.find('[')?, name.rfind(']')?);
    (start < end).then(|| (&name[..start], &name[end + 1..]))
}

/// Runs over a module whose functions are compact.
pub fn run(module: &mut Module) {
    let mut replaced: FastSet<Symbol> = FastSet::default();
    loop {
        let same = find(module, &replaced);
        if same.is_empty() {
            break;
        }
        let map = |symbol: Symbol| same.get(&symbol).copied().unwrap_or(symbol);
        for func in &mut module.funcs {
            func.map_functions(map);
        }
        for reloc in module.datas.iter_mut().flat_map(|data| &mut data.relocs) {
            reloc.target = map(reloc.target);
        }
        for member in module.families.values_mut().flatten() {
            *member = map(*member);
        }
        replaced.extend(same.keys());
    }
    if !replaced.is_empty() {
        module.retain_funcs(|func| !replaced.contains(&func.name));
    }
}

/// Functions for which another one can stand.
fn find(module: &Module, replaced: &FastSet<Symbol>) -> FastMap<Symbol, Symbol> {
    let mut groups: FastMap<Group, Vec<usize>> = FastMap::default();
    for (index, func) in module.funcs.iter().enumerate().filter(|(_, func)| !replaced.contains(&func.name)) {
        let Some((before, behind)) = around_arguments(module.symbols.name(func.name)) else { continue };
        let name = (before.into(), behind.into());
        let group = Group { name, sig: func.sig, insts: func.inst_count(), blocks: func.block_count() };
        groups.entry(group).or_default().push(index);
    }
    let mut same = FastMap::default();
    for members in groups.into_values() {
        // Those that differ from all before them.
        let mut kept: Vec<usize> = Vec::new();
        for index in members {
            let func = &module.funcs[index];
            match kept.iter().find(|other| func.same_code(&module.funcs[**other], |a, b| alike(&module.symbols, a, b))) {
                Some(other) => {
                    same.insert(func.name, module.funcs[*other].name);
                }
                None => kept.push(index),
            }
        }
    }
    same
}

/// The names differ in type arguments at most.
fn alike(symbols: &Symbols, left: Symbol, right: Symbol) -> bool {
    if left == right {
        return true;
    }
    let around = around_arguments(symbols.name(left));
    around.is_some() && around == around_arguments(symbols.name(right))
}
