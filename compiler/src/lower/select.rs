//! `select`.
//!
//! No case at all blocks for ever. One case without default is the operation itself; one case with default tries it. Otherwise an
//! array of cases, sends first, goes to the runtime, which answers with an index into it.

use crate::ir::{Block, Mem, PointerMap, Type, Value};
use crate::syntax::ast::{AssignOp, CommClause, Expr, ExprKind, SelectStmt, Stmt, StmtKind};
use crate::types::{TypeId, TypeKind};

use super::func::{FnCx, Target, Val};

/// A communication with its operands evaluated.
struct Comm<'a> {
    clause: &'a CommClause,
    chan: Value,
    elem: TypeId,
    /// Where the value to send lies, or the received one goes; nil if it is not wanted.
    addr: Value,
    send: bool,
    body: Block,
}

impl<'a> FnCx<'_, 'a> {
    pub fn select_stmt(&mut self, stmt: &'a Stmt, select: &'a SelectStmt) {
        let exit = self.block();
        self.push_target(stmt.id, Target { exit, next: None });
        let default = select.clauses.iter().find(|clause| clause.comm.is_none());
        let clauses: Vec<&'a CommClause> = select.clauses.iter().filter(|clause| clause.comm.is_some()).collect();
        if clauses.is_empty() {
            match default {
                Some(default) => self.stmts(&default.stmts),
                None => {
                    self.runtime("block", &[]);
                }
            }
            self.jump(exit);
            self.enter(exit);
            return;
        }
        let comms: Vec<Comm<'a>> = clauses.iter().map(|clause| self.comm(clause)).collect();
        self.at(stmt.pos);
        let received = self.b.declare_var(Type::I32);
        let zero = self.i32(0);
        self.b.def_var(received, zero);
        let fallback = self.block();
        if comms.len() == 1 {
            let comm = &comms[0];
            match (default.is_some(), comm.send) {
                (false, true) => {
                    self.runtime("chansend1", &[comm.chan, comm.addr]);
                    self.jump(comm.body);
                }
                (false, false) => {
                    let ok = self.runtime1("chanrecv2", &[comm.chan, comm.addr]);
                    self.b.def_var(received, ok);
                    self.jump(comm.body);
                }
                (true, true) => {
                    let sent = self.runtime1("selectnbsend", &[comm.chan, comm.addr]);
                    self.b.branch(sent, comm.body, fallback);
                }
                (true, false) => {
                    let results = self.runtime("selectnbrecv", &[comm.addr, comm.chan]);
                    self.b.def_var(received, results[1]);
                    self.b.branch(results[0], comm.body, fallback);
                }
            }
        } else {
            // Sends come first in the runtime's array.
            let mut order: Vec<usize> = (0..comms.len()).filter(|i| comms[*i].send).collect();
            let sends = order.len();
            order.extend((0..comms.len()).filter(|i| !comms[*i].send));
            let count = comms.len() as u32;
            let slot = self.raw_slot(16 * count, PointerMap::of(0..2 * count), false);
            let cases = self.b.slot_addr(slot);
            for (at, i) in order.iter().enumerate() {
                let comm = &comms[*i];
                self.b.store(Mem::Ptr, cases, 16 * at as u32, comm.chan);
                self.b.store(Mem::Ptr, cases, 16 * at as u32 + 8, comm.addr);
            }
            let (sends, receives) = (self.int(sends as i64), self.int((comms.len() - sends) as i64));
            let block = self.i32(i64::from(default.is_none()));
            let results = self.runtime("selectgo", &[cases, sends, receives, block]);
            self.b.def_var(received, results[1]);
            let targets: Vec<(i64, Block)> = order.iter().enumerate().map(|(at, i)| (at as i64, comms[*i].body)).collect();
            // Without a default one of the cases is taken.
            let (listed, last) =
                if default.is_some() { (&targets[..], fallback) } else { (&targets[..targets.len() - 1], targets[targets.len() - 1].1) };
            self.b.switch(results[0], listed, last);
        }
        for comm in comms {
            self.enter(comm.body);
            self.received(&comm, received);
            self.stmts(&comm.clause.stmts);
            self.jump(exit);
        }
        self.enter(fallback);
        if let Some(default) = default {
            self.stmts(&default.stmts);
            self.jump(exit);
        } else {
            self.b.unreachable();
        }
        self.enter(exit);
    }

    fn comm(&mut self, clause: &'a CommClause) -> Comm<'a> {
        let stmt = clause.comm.as_ref().unwrap_or_else(|| unreachable!());
        self.at(stmt.pos);
        let body = self.block();
        if let StmtKind::Send(send) = &stmt.kind {
            let ty = self.type_of(&send.chan);
            let elem = self.channel_element(ty);
            let chan = self.scalar(&send.chan);
            let val = self.expr_as(&send.value, elem);
            let val = self.own(elem, val);
            let addr = self.address_of_value(elem, val);
            return Comm { clause, chan, elem, addr, send: true, body };
        }
        let (x, wanted) = receive_of(stmt);
        let ty = self.type_of(x);
        let elem = self.channel_element(ty);
        let chan = self.scalar(x);
        let addr = if wanted && self.info(elem).size > 0 { self.zeroed_temp(elem) } else { self.b.nil() };
        Comm { clause, chan, elem, addr, send: false, body }
    }

    fn channel_element(&mut self, ty: TypeId) -> TypeId {
        match self.under(ty) {
            TypeKind::Chan(_, elem) => self.resolve(elem),
            _ => panic!("lower: select on no channel"),
        }
    }

    /// Assigns what a case received.
    fn received(&mut self, comm: &Comm<'a>, ok: crate::ir::Variable) {
        let Some(stmt) = &comm.clause.comm else { return };
        let StmtKind::Assign(assign) = &stmt.kind else { return };
        let define = assign.op == AssignOp::Define;
        self.at(stmt.pos);
        if !assign.lhs[0].is_blank() {
            let val = match self.load(comm.elem, comm.addr, 0) {
                Val::Mem { addr, .. } => Val::Mem { addr, owned: true },
                val => val,
            };
            self.assign_value(&assign.lhs[0], define, val, comm.elem);
        }
        if let Some(target) = assign.lhs.get(1) {
            let ok = self.b.use_var(ok);
            self.assign_value(target, define, Val::one(ok), TypeId::BOOL);
        }
    }
}

/// The channel of a receive clause, and whether the value is wanted.
fn receive_of(stmt: &Stmt) -> (&Expr, bool) {
    let (e, wanted) = match &stmt.kind {
        StmtKind::Expr(e) => (&**e, false),
        StmtKind::Assign(assign) => (&assign.rhs[0], !assign.lhs[0].is_blank()),
        _ => panic!("lower: a select case that is no communication"),
    };
    match &e.unparen().kind {
        ExprKind::Unary(unary) => (&unary.x, wanted),
        _ => panic!("lower: a select case that receives nothing"),
    }
}
