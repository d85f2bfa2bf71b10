//! Calls through itabs and closures that can reach few functions: compare with each and call it directly, so that it can be inlined.
//!
//! For an interface method lowering knows the functions (`Module::families`). For a closure they are the function literals of the same
//! signature; what the program keeps in variables of function type is hardly ever more than these, but nothing promises it.
//! So the call through the table stays as the last way, unless there is no other function an itab could have: only
//! `reflect.StructOf` makes types with methods at run time.
//!
//! # Rejected
//! - Functions too large to be inlined: a direct call saves about as much as the comparisons cost.

use super::{Context, inline};
use crate::ir::hash::FastMap;
use crate::ir::{Block, Cfg, CmpOp, Dominators, Edge, Function, ITAB_FUN_OFFSET, Inst, Loops, Mem, Module, Op, Sig, Symbol, Terminator, Type, Value};

/// What may be reached is inlined outside of loops if it is no larger than this in sum: about a call's own size.
const SMALL: u32 = 24;
/// The same inside of loops.
const IN_LOOP: u32 = 90;
/// More literals of one signature are not told apart.
const MAX_CLOSURES: usize = 3;

/// What calls may reach, for the whole program.
#[derive(Default)]
pub struct Targets {
    /// By signature, the context first.
    closures: FastMap<Sig, Vec<Symbol>>,
    /// No types with methods are made at run time.
    closed: bool,
}

impl Targets {
    pub fn find(module: &Module) -> Targets {
        let mut closures: FastMap<Sig, Vec<Symbol>> = FastMap::default();
        for func in module.funcs.iter().filter(|f| f.attrs.closure) {
            closures.entry(func.sig).or_default().push(func.name);
        }
        closures.retain(|_, list| list.len() <= MAX_CLOSURES);
        let closed = module.symbols.find("reflect.StructOf").is_none_or(|f| module.func(f).is_none());
        Targets { closures, closed }
    }
}

/// Opens calls through interfaces. Says whether it did.
pub fn interfaces(context: &Context, module: &Module, func: &mut Function) -> bool {
    run(context, module, func, |func, inst| {
        let Op::CallInterface { sig, family, .. } = func.op(inst) else { return None };
        let list = module.families.get(&family)?;
        Some((sig, &list[..], context.targets.closed))
    })
}

/// Opens calls of closures that were kept in memory. The others become known when their maker or caller is inlined.
pub fn closures(context: &Context, module: &Module, func: &mut Function) -> bool {
    run(context, module, func, |func, inst| {
        let Op::CallClosure { sig } = func.op(inst) else { return None };
        let from = func.def_op(func.args(inst)[0])?;
        let list = context.targets.closures.get(&sig)?;
        matches!(from, Op::Load { .. }).then_some((sig, &list[..], false))
    })
}

fn run<'m>(
    context: &Context,
    module: &'m Module,
    func: &mut Function,
    targets: impl Fn(&Function, Inst) -> Option<(Sig, &'m [Symbol], bool)>,
) -> bool {
    let is_call = |inst: &Inst| matches!(func.op(*inst), Op::CallInterface { .. } | Op::CallClosure { .. });
    if !func.blocks().any(|b| func.block(b).insts.iter().any(is_call)) {
        return false;
    }
    let cfg = Cfg::new(func);
    let dom = Dominators::new(func, &cfg);
    let loops = Loops::new(func, &cfg, &dom);
    let mut changed = false;
    let mut work: Vec<(Block, bool)> = cfg.order.iter().map(|b| (*b, loops.of(*b).is_some())).collect();
    while let Some((block, in_loop)) = work.pop() {
        // Ways to a panic are not worth the space.
        if matches!(func.block(block).term, Terminator::Unreachable) {
            continue;
        }
        let found = func.block(block).insts.iter().enumerate().find_map(|(index, inst)| {
            let (sig, list, all) = targets(func, *inst)?;
            pays(context, module, func.name, sig, list, in_loop).then_some((index, list, all))
        });
        if let Some((index, list, all)) = found {
            work.push((open(module, func, block, index, list, all), in_loop));
            changed = true;
        }
    }
    changed
}

fn pays(context: &Context, module: &Module, caller: Symbol, sig: Sig, list: &[Symbol], in_loop: bool) -> bool {
    let mut sum = 0;
    for name in list {
        let Some(id) = module.func(*name) else { return false };
        let cost = context.inline_cost[id.index()];
        match cost {
            Some(cost) if cost <= inline::BUDGET && module[id].sig == sig && *name != caller => sum += cost + 4,
            _ => return false,
        }
    }
    !list.is_empty() && sum <= if in_loop { IN_LOOP } else { SMALL }
}

/// Puts comparisons and direct calls in place of a call; gives the block of what follows. `all`: there are no other targets.
fn open(module: &Module, func: &mut Function, block: Block, index: usize, list: &[Symbol], all: bool) -> Block {
    let call = func.block(block).insts[index];
    let loc = func.loc(call);
    let args = func.args(call).to_vec();
    let (table, offset, passed) = match func.op(call) {
        Op::CallInterface { method, .. } => (args[0], ITAB_FUN_OFFSET + 8 * method, &args[1..]),
        _ => (args[0], 0, &args[..]),
    };
    let Some(sig) = func.op(call).sig() else { unreachable!("a call") };
    let types: Vec<Type> = func.results(call).map(|v| func.ty(v)).collect();
    let after = func.cut_out(block, index);
    let ends_with = |func: &mut Function, at: Block, op: Op, args: &[Value]| {
        let inst = func.push_inst(at, op, args, &types, loc);
        let values: Vec<Value> = func.results(inst).collect();
        let edge = func.edge(after, &values);
        let data = func.block_mut(at);
        data.term = Terminator::Jump(edge);
        data.term_loc = loc;
    };
    let direct = |name: Symbol| {
        let sig = module.func(name).map_or(sig, |id| module[id].sig);
        Op::Call { func: name, sig }
    };
    let compared = if all { &list[..list.len() - 1] } else { list };
    let mut at = block;
    let mut code = None;
    for name in compared {
        let code = *code.get_or_insert_with(|| {
            let load = Op::Load { mem: Mem::I32, offset, invariant: true };
            let inst = func.push_inst(at, load, &[table], &[Type::I32], loc);
            func.result(inst)
        });
        let own = func.push_inst(at, Op::TableIndex(*name), &[], &[Type::I32], loc);
        let own = func.result(own);
        let same = func.push_inst(at, Op::Cmp(CmpOp::Eq, Type::I32), &[code, own], &[Type::I32], loc);
        let same = func.result(same);
        let (hit, miss) = (func.add_block(), func.add_block());
        let (then, other): (Edge, Edge) = (func.edge(hit, &[]), func.edge(miss, &[]));
        let data = func.block_mut(at);
        data.term = Terminator::Branch { cond: same, then, other };
        data.term_loc = loc;
        ends_with(func, hit, direct(*name), passed);
        at = miss;
    }
    match (all, list.last(), code) {
        (true, Some(last), _) => ends_with(func, at, direct(*last), passed),
        (_, _, Some(code)) => {
            let mut args = vec![code];
            args.extend_from_slice(passed);
            ends_with(func, at, Op::CallIndirect { sig }, &args);
        }
        _ => unreachable!("a family has members"),
    }
    after
}
