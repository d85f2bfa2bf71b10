//! The intermediate representation: SSA over a control flow graph, low enough that each operation is a few wasm instructions, high enough
//! that heap allocation, calls of each kind and run-time checks are single operations.
//!
//! # Structure
//! A [`Module`] has functions, data and the tables they share (link names, signatures, files, layouts of types). A [`Function`] has blocks;
//! a block has parameters, instructions and a terminator. There are no phi instructions: an edge passes arguments to the parameters of its
//! target. Values are block parameters and results of instructions; a call has as many results as its signature.
//!
//! Aggregates do not exist here. Lowering flattens small ones into scalars and keeps the others in memory (stack slots, or the heap).
//!
//! # Invariants (see `verify`)
//! - IR-1: an operand is defined in the same block before its use, or in a block that dominates it.
//! - IR-2: an edge passes as many arguments as its target has parameters, of the same types.
//! - IR-3: nothing jumps to the entry block or the recover block; these two are the roots of the graph.
//! - IR-4: operands and results have the types the operation demands.
//! - IR-5: a pointer into a heap object that lives across a safepoint is a value of type `ptr`: the collector sees only those. Interior
//!   pointers are fine; an integer made from a pointer keeps nothing alive. Every pass keeps this.
//! - IR-6: an i32 that stands for a narrower Go type is normalised (extended) wherever it is a value.
//! - IR-7: the second operand of a bounds check is a length, capacity or checked bound: as a signed number it is never negative. So behind
//!   the check, the first is not negative either.
//!
//! # The recover block
//! When a panic is recovered, the goroutine goes on in the function's recover block. Of the frame only the linear part survives, so the
//! block finds what it needs (named results, addresses of results in memory) in slots marked volatile. For dominance it hangs beside the entry
//! under a virtual root: a value of the entry's side never reaches it.
//!
//! # Text form
//! Prints and parses back; passes are tested in it.
//! ```text
//! module   = { func | layout }                             -- data has no text form
//! layout   = "layout" symbol "bytes=" n "align=" n [ "ptrs=" n { "," n } ]
//! func     = "func" symbol "(" types ")" [ "->" "(" types ")" ] { attr } [ loc ] "{" { inline } { slot } [ defer ] { block } "}"
//! attr     = "noinline" | "nosplit" | "wrapper" | "has_recover" | "closure" | "noreturn" | "cold"
//! inline   = "inline" number symbol loc                      -- number from 1: node of the inline tree; loc: the call
//! slot     = "slot" sN "bytes=" n "align=" n [ "ptrs=" n { "," n } ] [ "volatile" ]
//! defer    = "defer" [ "mask=" sN "closures=" sN "count=" n ] [ "list=" sN ]
//! block    = bN [ "(" vN ":" type { "," ... } ")" ] [ "recover" ] ":" { inst } terminator
//! inst     = [ vN { "," vN } "=" ] operation { operand } [ loc ]
//! terminator = "jump" edge | "branch" vN "," edge "," edge | "switch" vN "[" { n "->" edge "," } "]" edge | "return" [ values ] | "unreachable"
//! edge     = bN [ "(" values ")" ]
//! loc      = "!" file ":" line [ ":" inline ]
//! symbol   = "@" name | "@" quoted
//! operation= mnemonic { "." part }                          -- e.g. add.i64, lt_s.i32, load.i32, load.inv.ptr
//! ```
//! The first block is the entry; its parameters are the function's. `print` has the operand forms.

pub mod build;
pub mod call_graph;
pub mod cfg;
pub mod func;
pub mod hash;
pub mod inst;
pub mod module;
pub mod parse;
pub mod print;
pub mod special;
pub mod ssa;
pub mod value;
pub mod verify;

pub use build::{Builder, Variable, rt_index, scalar_type};
pub use call_graph::CallGraph;
pub use cfg::{Cfg, Dominators, Loop, Loops};
pub use func::{Attrs, BlockData, Def, DeferInfo, Function, InstData, PointerMap, SlotData};
pub use inst::{BinOp, BoundsKind, Case, CmpOp, ConvOp, Edge, Effects, ITAB_FUN_OFFSET, Mem, Op, RmwOp, Terminator, UnOp};
pub use module::{Data, Import, Layout, Module, Reloc, RelocKind, Section, Signature, Signatures, Symbols};
pub use parse::parse_module;
pub use value::{Block, DataId, FuncId, InlinedCall, Inst, Sig, Slot, SrcLoc, Symbol, Type, Value, ValueList};
pub use verify::{verify_func, verify_module};

#[cfg(test)]
mod tests;
