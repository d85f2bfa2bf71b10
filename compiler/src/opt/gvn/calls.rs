//! Calls through closures, itabs and table indices that are known.

use super::{Args, Gvn, Outcome, find};
use crate::ir::{ITAB_FUN_OFFSET, Module, Op, RelocKind, Symbol, Type, Value};
use crate::opt::memory::object_of;

impl Gvn<'_> {
    pub(super) fn devirtualize(&mut self, op: Op, args: Args) -> Outcome {
        let known = match op {
            Op::CallClosure { .. } => self.closure_target(args[0]),
            Op::CallInterface { method, .. } => self.itab_target(args[0], method).map(|f| (f, true)),
            Op::CallIndirect { .. } => match self.def(args[0]) {
                Some((Op::TableIndex(f), _)) => Some((f, true)),
                _ => None,
            },
            _ => None,
        };
        let Some((func, drop_first)) = known else { return Outcome::Keep(op, args) };
        let Some(id) = self.module.func(func) else { return Outcome::Keep(op, args) };
        let sig = self.module[id].sig;
        let passed = if drop_first { Args::few(&args[1..]) } else { args.clone() };
        let types: Vec<Type> = passed.iter().map(|v| self.func.ty(*v)).collect();
        let wanted = op.sig().map(|s| &self.module.sigs[s].results);
        // A program that converts function values by unsafe means may disagree about types; it gets the call it wrote.
        if *types != *self.module.sigs[sig].params || wanted != Some(&self.module.sigs[sig].results) {
            return Outcome::Keep(op, args);
        }
        Outcome::Keep(Op::Call { func, sig }, passed)
    }

    /// The function a closure calls, and whether it does not take the closure as its first argument.
    fn closure_target(&mut self, closure: Value) -> Option<(Symbol, bool)> {
        let takes_closure = |module: &Module, f: Symbol| module.func(f).map(|id| module[id].attrs.closure);
        match self.def(closure) {
            Some((Op::FuncAddr(f), _)) => Some((f, !takes_closure(self.module, f)?)),
            _ => {
                let alias = std::mem::take(&mut self.alias);
                let object = object_of(self.func, &|v| find(&alias, v), closure);
                self.alias = alias;
                let f = (*self.closures.get(&object)?)?;
                takes_closure(self.module, f)?.then_some((f, false))
            }
        }
    }

    /// The method in a known itab.
    fn itab_target(&self, itab: Value, method: u32) -> Option<Symbol> {
        let (Op::GlobalAddr(symbol, base), _) = self.def(itab)? else { return None };
        let data = &self.module[self.module.data(symbol)?];
        let at = u32::try_from(i64::from(base)).ok()? + ITAB_FUN_OFFSET + 8 * method;
        data.relocs.iter().find(|r| r.offset == at && matches!(r.kind, RelocKind::Table | RelocKind::MethodTable)).map(|r| r.target)
    }
}
