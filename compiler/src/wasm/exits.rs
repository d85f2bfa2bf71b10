//! Where a copy leaves when a check fails, for several checks at once.
//!
//! The body of a copy stands in blocks, one for each exit; a check pushes its operands and the number of its site and branches. So the call of
//! the function that panics is written once. Small functions and loops are spared: there the way into a block that is shared costs more time
//! than it saves space.

use super::copy::Copy;
use super::form::val_type;
use super::graph::NodeKind;
use super::object::Hole;
use super::save::Shape;
use crate::ir::inst::{PANIC_DIVIDE, PANIC_NIL, PANIC_SHIFT};
use crate::ir::{Block, Inst, Op, Value};
use wasm_encoder::{Instruction as I, ValType};

/// A function that panics, and the types of its operands.
type Failure = (&'static str, Vec<ValType>);

/// The exits of a copy.
#[derive(Default)]
pub struct Exits {
    /// The outermost block first.
    list: Vec<Failure>,
    /// Labels of the structure around the current node.
    labels: u32,
    /// Whether the checks of the current node use exits.
    used: bool,
}

impl Copy<'_, '_> {
    /// What a check calls when it fails, and with which operands.
    fn failure(&self, inst: Inst) -> Option<Failure> {
        let func = self.form.func;
        match func.op(inst) {
            Op::NilCheck => Some((PANIC_NIL, Vec::new())),
            Op::DivCheck => Some((PANIC_DIVIDE, Vec::new())),
            Op::ShiftCheck => Some((PANIC_SHIFT, Vec::new())),
            Op::BoundsCheck { kind, unsigned } => {
                Some((kind.panic_function(unsigned), func.args(inst).iter().map(|&arg| val_type(func.ty(arg))).collect()))
            }
            _ => None,
        }
    }

    fn uses_exits(&self, block: Block) -> bool {
        self.form.single.as_ref().is_some_and(|loops| loops.of(block).is_none())
    }

    /// Finds the exits that at least two checks use, and opens their blocks.
    pub(super) fn open_exits(&mut self) {
        let mut seen: Vec<Failure> = Vec::new();
        for node in &self.graph.nodes {
            let NodeKind::Code { block, from, to, .. } = node.kind else { continue };
            if !self.uses_exits(block) {
                continue;
            }
            for &inst in &self.form.roots[block.index()][from as usize..to as usize] {
                let Some(failure) = self.failure(inst) else { continue };
                if !seen.contains(&failure) {
                    seen.push(failure);
                } else if !self.exits.list.contains(&failure) {
                    self.exits.list.push(failure);
                }
            }
        }
        for (_, args) in &self.exits.list {
            if args.is_empty() {
                self.asm.block_i32();
            } else {
                let results: Vec<ValType> = args.iter().copied().chain([ValType::I32]).collect();
                let ty = self.generator.unit.symbols.function_type(&[], &results);
                self.asm.block_of(ty);
            }
        }
    }

    /// Notes where a node stands.
    pub(super) fn enter_node(&mut self, kind: NodeKind, labels: u32) {
        self.exits.labels = labels;
        self.exits.used = matches!(kind, NodeKind::Code { block, .. } if self.uses_exits(block));
    }

    /// Closes the blocks and writes what the exits do. Nothing falls out of the body.
    pub(super) fn close_exits(&mut self) {
        let exits = std::mem::take(&mut self.exits.list);
        if !exits.is_empty() || !self.results.is_empty() {
            self.asm.op(&I::Unreachable);
        }
        for (panic, args) in exits.into_iter().rev() {
            self.asm.end();
            // The number of the site is on the stack.
            self.asm.const_hole(Hole::Site(self.symbol, 0));
            self.asm.op(&I::I32Add);
            self.fail(panic, &args);
        }
    }

    /// Calls a function that panics; its operands and the site are on the stack.
    fn fail(&mut self, panic: &str, args: &[ValType]) {
        self.push_linear();
        let shape = Shape { live: Vec::new(), linear: self.form.linear.is_some(), note: None };
        let helper = self.generator.fail_helper(panic, args, &shape);
        self.asm.call(helper);
        self.return_nothing();
    }

    /// On a condition, calls a function that panics.
    pub(super) fn fail_if(&mut self, inst: Inst, args: &[Value], condition: impl FnOnce(&mut Self)) {
        let site = self.form.site_of[&inst];
        let failure = self.failure(inst).expect("a check");
        let place = self.exits.list.iter().position(|other| self.exits.used && *other == failure);
        let depth = place.map(|place| self.exits.labels + (self.exits.list.len() - 1 - place) as u32);
        if let (Some(depth), []) = (depth, args) {
            self.asm.i32_const(site.cast_signed());
            condition(self);
            self.asm.op(&I::BrIf(depth));
            return self.asm.op(&I::Drop);
        }
        condition(self);
        self.asm.if_empty();
        for &arg in args {
            self.value(arg);
        }
        if let Some(depth) = depth {
            self.asm.i32_const(site.cast_signed());
            self.asm.op(&I::Br(depth + 1));
        } else {
            self.asm.const_hole(Hole::Site(self.symbol, site));
            self.fail(failure.0, &failure.1);
        }
        self.asm.end();
    }
}
