//! Expression switches.

use crate::constant;
use crate::ir::{Block, Type};
use crate::syntax::ast::{Expr, Stmt, SwitchStmt};
use crate::types::{Mode, TypeId, TypeKind};

use super::func::{FnCx, Target, Val};

impl<'a> FnCx<'_, 'a> {
    pub fn switch_stmt(&mut self, stmt: &'a Stmt, switch: &'a SwitchStmt) {
        if let Some(init) = &switch.init {
            self.stmt(init);
        }
        let exit = self.block();
        self.push_target(stmt.id, Target { exit, next: None });
        let bodies: Vec<Block> = switch.clauses.iter().map(|_| self.block()).collect();
        let default = switch.clauses.iter().position(|clause| clause.is_default()).map_or(exit, |i| bodies[i]);
        match &switch.tag {
            None => {
                for (i, clause) in switch.clauses.iter().enumerate() {
                    for case in &clause.exprs {
                        let next = self.block();
                        self.at(case.pos);
                        let case_type = self.typed(case);
                        if self.lw.is_interface(case_type) {
                            // What is missing is `true`, of type bool.
                            let missing = Val::one(self.b.iconst(Type::I32, 1));
                            let same = self.case_equal(TypeId::BOOL, missing, case);
                            self.b.branch(same, bodies[i], next);
                        } else {
                            self.cond(case, bodies[i], next);
                        }
                        self.enter(next);
                    }
                }
                self.jump(default);
            }
            Some(tag) => self.cases(tag, switch, &bodies, default),
        }
        let outer = self.fallthrough.take();
        for (i, clause) in switch.clauses.iter().enumerate() {
            // A clause may be entered by falling through as well, so that it is sealed when the one before is done.
            self.b.seal_block(bodies[i]);
            self.b.switch_to(bodies[i]);
            self.fallthrough = bodies.get(i + 1).copied();
            self.stmts(&clause.stmts);
            self.jump(exit);
        }
        self.fallthrough = outer;
        self.enter(exit);
    }

    fn cases(&mut self, tag: &'a Expr, switch: &'a SwitchStmt, bodies: &[Block], default: Block) {
        let ty = self.typed(tag);
        let info = self.lw.info();
        let constants = switch.clauses.iter().flat_map(|clause| &clause.exprs).all(|case| info.constant(case.id).is_some());
        let val = if constants { self.glance(tag, ty) } else { self.expr_as(tag, ty) };
        let val = self.own(ty, val);
        if self.lw.types().is_integer(ty) && self.integer_cases(ty, val, switch, bodies, default) {
            return;
        }
        for (i, clause) in switch.clauses.iter().enumerate() {
            for case in &clause.exprs {
                self.at(case.pos);
                let next = self.block();
                let info = self.lw.info();
                let known = info.constant(tag.id).zip(info.constant(case.id)).map(|(tag, case)| tag.compare(constant::Operator::Equal, case));
                match known {
                    Some(false) => self.jump(next),
                    Some(true) => self.jump(bodies[i]),
                    None => {
                        let same = self.case_equal(ty, val, case);
                        match self.b.func.as_const(same) {
                            Some(0) => self.jump(next),
                            Some(_) => self.jump(bodies[i]),
                            None => self.b.branch(same, bodies[i], next),
                        }
                    }
                }
                self.enter(next);
            }
        }
        self.jump(default);
    }

    fn case_equal(&mut self, ty: TypeId, val: Val, case: &'a Expr) -> crate::ir::Value {
        if self.lw.info().type_and_value(case.id).mode == Mode::Nil {
            return self.is_nil(val.scalars()[0]);
        }
        let case_type = self.typed(case);
        let (tag_interface, case_interface) = (self.lw.is_interface(ty), self.lw.is_interface(case_type));
        if tag_interface == case_interface {
            if tag_interface && ty != case_type {
                let other = self.expr(case);
                let (x, y) = (self.to_empty_interface(val, ty), self.to_empty_interface(other, case_type));
                return self.interface_equal(x, y, true);
            }
            let other = self.expr_as(case, ty);
            return self.equal(ty, val, other);
        }
        let other = self.expr(case);
        if tag_interface {
            self.interface_equals_concrete(val, ty, other, case_type)
        } else {
            self.interface_equals_concrete(other, case_type, val, ty)
        }
    }

    /// A jump by value, if all cases are constants.
    fn integer_cases(&mut self, ty: TypeId, val: Val, switch: &'a SwitchStmt, bodies: &[Block], default: Block) -> bool {
        let value = val.single();
        let narrow = self.b.func.ty(value) == Type::I32;
        let mut list: Vec<(i64, Block)> = Vec::new();
        for (i, clause) in switch.clauses.iter().enumerate() {
            for case in &clause.exprs {
                let Some(constant) = self.lw.info().constant(case.id) else { return false };
                if !matches!(constant.kind(), constant::Kind::Int | constant::Kind::Float) {
                    return false;
                }
                let bits = constant.to_int().low_bits() as i64;
                let bits = if narrow { i64::from(bits as i32) } else { bits };
                if list.iter().any(|(n, _)| *n == bits) {
                    continue;
                }
                list.push((bits, bodies[i]));
            }
        }
        debug_assert!(matches!(self.under(ty), TypeKind::Basic(_)));
        self.b.switch(value, &list, default);
        true
    }
}
