//! Function bodies and statements.

use crate::constant::Value;
use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::ast::{
    AssignOp, AssignStmt, Block, BranchKind, CaseClause, CommClause, Expr, ExprKind, NodeId, Stmt, StmtKind, SwitchStmt, TypeSwitchGuard,
};
use crate::types::hash::FastMap;
use crate::types::info::FunctionInfo;
use crate::types::predicates::BasicInfo;
use crate::types::universe::ExprKindOf;
use crate::types::{FunctionId, Mode, ObjectId, ObjectKind, TypeId, TypeKind};

use super::literal::{ConstantKey, constant_key};
use super::operand::{Operand, Written};
use super::{Checker, DeclId, Environment, expr_string, returns};

/// What a statement may do because of the statements around it.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    pub can_break: bool,
    pub can_continue: bool,
    pub can_fall_through: bool,
    pub final_case: bool,
    pub in_type_switch: bool,
}

impl Around {
    /// For what is nested in a statement.
    fn inner(self) -> Around {
        Around { can_fall_through: false, final_case: false, in_type_switch: false, ..self }
    }
}

/// Constants of earlier cases, with their types and positions.
type SeenCases = FastMap<ConstantKey, Vec<(TypeId, Pos)>>;

impl<'a> Checker<'a> {
    pub(super) fn function_body(
        &mut self,
        decl: Option<DeclId>,
        typ: TypeId,
        body: &'a Block,
        iota: Option<Value>,
        node: NodeId,
        parent: Option<FunctionId>,
    ) {
        let TypeKind::Signature(signature) = self.types.kind(typ) else { return };
        let data = self.types.signature(signature).clone();
        let Some(scope) = data.scope else { return };
        let function = FunctionId(self.info.functions.len() as u32);
        self.info.functions.push(FunctionInfo { parent, node, captures: Vec::new(), has_defer: false, has_recover: false });
        self.info.function_of.insert(node, function);
        for object in data.receiver.iter().chain(data.params.iter()).chain(data.results.iter()) {
            if let ObjectKind::Variable(variable) = &mut self.types.object_mut(*object).kind {
                variable.function = Some(function);
            }
        }
        let mut env = Environment::new(scope, self.env.version);
        env.decl = decl;
        env.iota = iota;
        env.signature = Some(signature);
        env.function = Some(function);
        env.type_params = self.env.type_params.iter().chain(data.receiver_type_params.iter()).chain(data.type_params.iter()).copied().collect();
        let saved = std::mem::replace(&mut self.env, env);
        self.stmt_list(Around::default(), &body.stmts);
        if self.state.config.branches && self.env.has_label {
            self.check_labels(body);
        }
        if !data.results.is_empty() && !returns::is_terminating(body, &self.env.panics) {
            self.error(Code::MissingReturn, body.rbrace, "missing return");
        }
        let env = std::mem::replace(&mut self.env, saved);
        self.report_unused(&env.locals);
    }

    fn report_unused(&mut self, locals: &[ObjectId]) {
        let mut unused: Vec<(Pos, &str)> = locals
            .iter()
            .filter(|object| !self.used_vars.contains(object))
            .map(|object| (self.types.object(*object).pos, self.types.name_of(*object)))
            .collect();
        unused.sort_by_key(|(pos, _)| *pos);
        for (pos, name) in unused {
            self.soft_error(Code::UnusedVar, pos, format!("declared and not used: {name}"));
        }
    }

    pub(super) fn stmt_list(&mut self, around: Around, stmts: &'a [Stmt]) {
        let last = stmts.iter().rposition(|stmt| !matches!(stmt.kind, StmtKind::Empty));
        for (index, stmt) in stmts.iter().enumerate() {
            let can_fall_through = around.can_fall_through && Some(index) == last;
            self.stmt(Around { can_fall_through, ..around }, stmt);
        }
    }

    fn simple_stmt(&mut self, stmt: &'a Option<Stmt>) {
        if let Some(stmt) = stmt {
            self.stmt(Around::default(), stmt);
        }
    }

    pub(super) fn stmt(&mut self, around: Around, stmt: &'a Stmt) {
        let top = self.delayed.len();
        self.stmt_inner(around, stmt);
        self.process_delayed(top);
    }

    fn block(&mut self, around: Around, block: &'a Block) {
        let top = self.delayed.len();
        self.open_scope();
        self.stmt_list(around.inner(), &block.stmts);
        self.close_scope();
        self.process_delayed(top);
    }

    fn stmt_inner(&mut self, around: Around, stmt: &'a Stmt) {
        let inner = around.inner();
        match &stmt.kind {
            StmtKind::Empty => {}
            StmtKind::Decl(decls) => self.declaration_statement(decls),
            StmtKind::Labeled(labeled) => {
                self.env.has_label = true;
                self.stmt(around, &labeled.stmt);
            }
            StmtKind::Expr(expr) => self.expr_stmt(expr),
            StmtKind::Send(send) => {
                let ch = self.expr(None, &send.chan);
                let mut value = self.generic_expr(&send.value, None);
                if ch.is_valid()
                    && value.is_valid()
                    && let Some(elem) = self.channel_element(stmt.start(), &ch, false)
                {
                    self.assignment(&mut value, Some(elem), &"send".into());
                }
            }
            StmtKind::Assign(assign) => self.assign_stmt(stmt, assign),
            StmtKind::Go(call) => self.suspended_call("go", call),
            StmtKind::Defer(call) => {
                if let Some(function) = self.env.function {
                    self.info.functions[function.0 as usize].has_defer = true;
                }
                self.suspended_call("defer", call);
            }
            StmtKind::Return(results) => self.return_stmt(stmt, results),
            StmtKind::Branch(branch) => {
                if branch.label.is_some() {
                    self.env.has_label = true;
                    return;
                }
                if !self.state.config.branches && branch.kind != BranchKind::Fallthrough {
                    return;
                }
                match branch.kind {
                    BranchKind::Break if !around.can_break => {
                        self.error(Code::MisplacedBreak, stmt.pos, "break not in for, switch, or select statement");
                    }
                    BranchKind::Continue if !around.can_continue => {
                        self.error(Code::MisplacedContinue, stmt.pos, "continue not in for statement");
                    }
                    BranchKind::Fallthrough if !around.can_fall_through && self.state.config.branches => {
                        let message = if around.final_case {
                            "cannot fallthrough final case in switch"
                        } else if around.in_type_switch {
                            "cannot fallthrough in type switch"
                        } else {
                            "fallthrough statement out of place"
                        };
                        self.error(Code::MisplacedFallthrough, stmt.pos, message);
                    }
                    _ => {}
                }
            }
            StmtKind::Block(block) => {
                self.open_scope();
                self.stmt_list(inner, &block.stmts);
                self.close_scope();
            }
            StmtKind::If(stmt) => {
                self.open_scope();
                self.simple_stmt(&stmt.init);
                self.condition(&stmt.cond, "if");
                self.block(inner, &stmt.then);
                if let Some(otherwise) = &stmt.otherwise {
                    self.stmt(inner, otherwise);
                }
                self.close_scope();
            }
            StmtKind::Switch(switch) => {
                let inner = Around { can_break: true, ..inner };
                self.open_scope();
                self.simple_stmt(&switch.init);
                match switch.guard() {
                    Some(guard) => self.type_switch(Around { in_type_switch: true, ..inner }, switch, guard),
                    None => self.expr_switch(inner, switch),
                }
                self.close_scope();
            }
            StmtKind::Select(select) => {
                let inner = Around { can_break: true, ..inner };
                self.multiple_defaults(select.clauses.iter().filter(|clause| clause.comm.is_none()).map(|clause| clause.pos));
                for clause in &select.clauses {
                    self.select_clause(inner, clause);
                }
            }
            StmtKind::For(stmt) => {
                let inner = Around { can_break: true, can_continue: true, ..inner };
                self.open_scope();
                self.simple_stmt(&stmt.init);
                if let Some(cond) = &stmt.cond {
                    self.condition(cond, "for");
                }
                self.simple_stmt(&stmt.post);
                if let Some(Stmt { kind: StmtKind::Assign(assign), .. }) = &stmt.post
                    && assign.op == AssignOp::Define
                {
                    // The parser complains.
                    self.use_exprs(&assign.lhs);
                }
                self.block(inner, &stmt.body);
                self.close_scope();
            }
            StmtKind::Range(range) => {
                let inner = Around { can_break: true, can_continue: true, ..inner };
                self.range_stmt(inner, stmt, range);
            }
        }
    }

    pub(super) fn loop_body(&mut self, around: Around, block: &'a Block) {
        self.block(around, block);
    }

    fn condition(&mut self, cond: &'a Expr, word: &str) {
        let x = self.expr(None, cond);
        if x.is_valid() && !self.types.all_basic(x.typ, BasicInfo::BOOLEAN) {
            self.error(Code::InvalidCond, cond.start(), format!("non-boolean condition in {word} statement"));
        }
    }

    fn expr_stmt(&mut self, expr: &'a Expr) {
        let (x, kind) = self.raw_expr(None, expr, None, false);
        let (code, words) = match x.mode {
            Mode::Builtin => (Code::UncalledBuiltin, "must be called"),
            Mode::Type => (Code::NotAnExpr, "is not an expression"),
            _ if kind == ExprKindOf::Statement => return,
            _ => (Code::UnusedExpr, "is not used"),
        };
        let message = format!("{} {words}", self.os(&x));
        self.error(code, x.pos(), message);
    }

    fn assign_stmt(&mut self, stmt: &'a Stmt, assign: &'a AssignStmt) {
        match assign.op {
            AssignOp::Assign => self.assign_variables(&assign.lhs, &assign.rhs),
            AssignOp::Define => self.short_declaration(stmt.pos, &assign.lhs, &assign.rhs),
            AssignOp::Increment | AssignOp::Decrement => {
                let lhs = &assign.lhs[0];
                let mut x = self.expr(None, lhs);
                if !x.is_valid() {
                    return;
                }
                if !self.types.all_basic(x.typ, BasicInfo::NUMERIC) {
                    let op = if assign.op == AssignOp::Increment { "++" } else { "--" };
                    let message = format!("invalid operation: {}{op} (non-numeric type {})", expr_string(lhs), self.ts(x.typ));
                    self.error(Code::NonNumericIncDec, lhs.start(), message);
                    return;
                }
                self.assign_operand(lhs, &mut x, "assignment");
            }
            AssignOp::Operation(op) => {
                if assign.lhs.len() != 1 || assign.rhs.len() != 1 {
                    let message = format!("assignment operation {op}= requires single-valued expressions");
                    self.error(Code::MultiValAssignOp, stmt.start(), message);
                    return;
                }
                let mut x = self.binary(&assign.lhs[0], &assign.rhs[0], op);
                // The result is not that of either operand's expression.
                let text = format!("{} {op} {}", expr_string(&assign.lhs[0]), expr_string(&assign.rhs[0]));
                if x.is_constant() && x.expr().is_some() {
                    x.written = Written::Text(assign.lhs[0].start(), text.into());
                }
                self.assign_operand(&assign.lhs[0], &mut x, "assignment");
            }
        }
    }

    fn suspended_call(&mut self, keyword: &str, call: &'a Expr) {
        let code = if keyword == "go" { Code::InvalidGo } else { Code::InvalidDefer };
        if !matches!(call.kind, ExprKind::Call(_)) {
            self.error(code, call.start(), format!("expression in {keyword} must be function call"));
            self.use_expr(call);
            return;
        }
        let (x, kind) = self.raw_expr(None, call, None, false);
        let (code, words) = match kind {
            ExprKindOf::Conversion => (code, "requires function call, not conversion"),
            ExprKindOf::Expression => (Code::UnusedResults, "discards result of"),
            ExprKindOf::Statement => return,
        };
        let message = format!("{keyword} {words} {}", self.os(&x));
        self.error(code, x.pos(), message);
    }

    fn return_stmt(&mut self, stmt: &'a Stmt, results: &'a [Expr]) {
        let Some(signature) = self.env.signature else { return };
        let wanted = self.types.signature(signature).results.clone();
        let named = wanted.first().is_some_and(|result| !self.types.name_of(*result).is_empty());
        if results.is_empty() && named {
            for result in wanted.iter() {
                let name = self.types.object(*result).name;
                if let Some(other) = self.lookup(name)
                    && other != *result
                    && !name.is_blank()
                {
                    let text = self.types.object_string(other);
                    let pos = self.pos_of(other);
                    self.error_lines(
                        Code::OutOfScopeResult,
                        vec![(stmt.pos, format!("result parameter {name} not in scope at return")), (pos, format!("inner declaration of {text}"))],
                    );
                }
            }
        } else if !wanted.is_empty() {
            if results.is_empty() {
                let want = self.types.types_of(&wanted);
                let want = self.types_summary(&want, false, false);
                self.error_lines(
                    Code::WrongResultCount,
                    vec![(stmt.pos, "not enough return values".to_string()), (Pos::NONE, "have ()".to_string()), (Pos::NONE, format!("want {want}"))],
                );
                return;
            }
            self.initialize_variables(&wanted, results, Some(stmt.pos));
        } else if !results.is_empty() {
            let operands = if self.use_exprs(results) { self.expr_list(results) } else { return };
            let have: Vec<TypeId> = operands.iter().map(|x| x.typ).collect();
            let have = self.types_summary(&have, false, false);
            let pos = operands.first().map_or(stmt.pos, Operand::pos);
            if operands.first().is_some_and(|x| x.mode == Mode::NoValue) {
                return;
            }
            self.error_lines(
                Code::WrongResultCount,
                vec![(pos, "too many return values".to_string()), (Pos::NONE, format!("have {have}")), (Pos::NONE, "want ()".to_string())],
            );
        }
    }

    fn multiple_defaults(&mut self, defaults: impl Iterator<Item = Pos>) {
        let mut first: Option<Pos> = None;
        for pos in defaults.collect::<Vec<_>>() {
            match first {
                None => first = Some(pos),
                Some(first) => {
                    let message = format!("multiple defaults (first at {})", self.position(first));
                    self.error(Code::DuplicateDefault, pos, message);
                }
            }
        }
    }

    fn expr_switch(&mut self, around: Around, switch: &'a SwitchStmt) {
        let mut x;
        match &switch.tag {
            Some(tag) => {
                x = self.expr(None, tag);
                self.assignment(&mut x, None, &"switch expression".into());
                if x.is_valid() && !self.types.is_comparable(x.typ, true) && !self.types.has_nil(x.typ) {
                    let message = format!("cannot switch on {} ({} is not comparable)", self.os(&x), self.ts(x.typ));
                    self.error(Code::InvalidExprSwitch, x.pos(), message);
                    x.invalidate();
                }
            }
            None => {
                let pos = switch.clauses.first().map_or(switch.rbrace, |clause| clause.pos);
                x = Operand::value(Written::Text(pos, "true".into()), TypeId::BOOL);
                x.mode = Mode::Constant;
                x.value = Value::Bool(true);
            }
        }
        self.multiple_defaults(switch.clauses.iter().filter(|clause| clause.is_default()).map(|clause| clause.pos));
        let mut seen = SeenCases::default();
        for (index, clause) in switch.clauses.iter().enumerate() {
            let last = index + 1 == switch.clauses.len();
            let inner = Around { can_fall_through: !last, final_case: last, ..around };
            self.case_values(&x, &clause.exprs, &mut seen);
            self.open_scope();
            self.stmt_list(inner, &clause.stmts);
            self.close_scope();
        }
    }

    fn case_values(&mut self, x: &Operand<'a>, exprs: &'a [Expr], seen: &mut SeenCases) {
        for expr in exprs {
            let mut v = self.expr(None, expr);
            if !x.is_valid() || !v.is_valid() {
                continue;
            }
            self.convert_untyped(&mut v, x.typ);
            if !v.is_valid() {
                continue;
            }
            let mut result = v.clone();
            let mut tag = x.clone();
            self.comparison(&mut result, &mut tag, crate::syntax::ast::Operator::Equal, true);
            if !result.is_valid() || !v.is_constant() {
                continue;
            }
            // Duplicate booleans are allowed.
            let Some(key) = constant_key(&v.value).filter(|key| !matches!(key, ConstantKey::Bool(_))) else { continue };
            let types = &mut self.types;
            let entry = seen.entry(key).or_default();
            if let Some((_, pos)) = entry.iter().find(|(typ, _)| types.identical(*typ, v.typ)).copied() {
                let message = format!("duplicate case {} in expression switch", self.os(&v));
                self.error_lines(Code::DuplicateCase, vec![(v.pos(), message), (pos, "previous case".to_string())]);
                continue;
            }
            entry.push((v.typ, v.written_pos()));
        }
    }

    fn type_switch(&mut self, around: Around, switch: &'a SwitchStmt, guard: &'a TypeSwitchGuard) {
        let mut name = guard.name;
        if let Some(ident) = name
            && ident.name.is_blank()
        {
            self.soft_error(Code::NoNewVar, ident.pos, "no new variable on left side of :=");
            name = None;
        }
        let mut tag = None;
        let x = self.expr(None, &guard.x);
        if x.is_valid() {
            if self.types.is_type_parameter(x.typ) {
                let message = format!("cannot use type switch on type parameter value {}", self.os(&x));
                self.error(Code::InvalidTypeSwitch, x.pos(), message);
            } else if self.types.is_interface(x.typ) {
                tag = Some(x);
            } else {
                let message = format!("{} is not an interface", self.os(&x));
                self.error(Code::InvalidTypeSwitch, x.pos(), message);
            }
        }
        self.multiple_defaults(switch.clauses.iter().filter(|clause| clause.is_default()).map(|clause| clause.pos));
        let mut variables = Vec::new();
        let mut seen: Vec<(Option<TypeId>, &'a Expr)> = Vec::new();
        for clause in &switch.clauses {
            let typ = self.case_types(tag.as_ref(), clause, &mut seen);
            self.open_scope();
            if let Some(ident) = name {
                let object = self.new_local(ident.pos, ident.name, Some(typ));
                self.declare(self.env.scope, None, object);
                self.info.implicits.insert(clause.id, object);
                variables.push(object);
            }
            self.stmt_list(around, &clause.stmts);
            self.close_scope();
        }
        if let Some(ident) = name {
            let used = variables.iter().any(|object| self.used_vars.contains(object));
            self.used_vars.extend(variables);
            if !used {
                self.soft_error(Code::UnusedVar, ident.pos, format!("{} declared and not used", ident.name));
            }
        }
    }

    /// The type of the variable in a clause.
    fn case_types(&mut self, tag: Option<&Operand<'a>>, clause: &'a CaseClause, seen: &mut Vec<(Option<TypeId>, &'a Expr)>) -> TypeId {
        let mut result = None;
        for expr in &clause.exprs {
            let is_nil = expr
                .unparen()
                .as_name()
                .and_then(|name| self.lookup(name))
                .is_some_and(|object| matches!(self.types.object(object).kind, ObjectKind::Nil));
            let typ = if is_nil {
                self.expr(None, expr);
                None
            } else {
                let typ = self.variable_type(expr);
                result = Some(typ);
                if !self.types.is_valid(typ) {
                    continue;
                }
                Some(typ)
            };
            result = typ;
            let types = &mut self.types;
            let previous = seen.iter().find(|(other, _)| match (other, typ) {
                (None, None) => true,
                (Some(a), Some(b)) => types.identical(*a, b),
                _ => false,
            });
            if let Some((_, other)) = previous {
                let text = typ.map_or("nil".to_string(), |typ| types.string(typ));
                let other = other.start();
                self.error_lines(
                    Code::DuplicateCase,
                    vec![(expr.start(), format!("duplicate case {text} in type switch")), (other, "previous case".to_string())],
                );
                continue;
            }
            seen.push((typ, expr));
            if let (Some(tag), Some(typ)) = (tag, typ) {
                self.check_assertion(expr, tag, typ, true);
            }
        }
        match result {
            Some(typ) if clause.exprs.len() == 1 => typ,
            _ => tag.map_or(TypeId::INVALID, |tag| tag.typ),
        }
    }

    fn select_clause(&mut self, around: Around, clause: &'a CommClause) {
        let valid = match &clause.comm {
            None => true,
            Some(comm) => match &comm.kind {
                StmtKind::Send(_) => true,
                StmtKind::Assign(assign) => assign.rhs.len() == 1 && Self::is_receive(&assign.rhs[0]),
                StmtKind::Expr(expr) => Self::is_receive(expr),
                _ => false,
            },
        };
        if !valid {
            let pos = clause.comm.as_ref().map_or(clause.pos, Stmt::start);
            self.error(Code::InvalidSelectCase, pos, "select case must be send or receive (possibly with assignment)");
            return;
        }
        self.open_scope();
        if let Some(comm) = &clause.comm {
            self.stmt(around, comm);
        }
        self.stmt_list(around, &clause.stmts);
        self.close_scope();
    }
}
