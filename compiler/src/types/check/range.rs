//! Range loops.

use crate::constant::Value;
use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::Symbol;
use crate::syntax::ast::{RangeStmt, Stmt};
use crate::types::predicates::BasicInfo;
use crate::types::{ChanDir, TypeId, TypeKind};

use super::operand::{Operand, Written};
use super::stmt::Around;
use super::{Checker, Version, expr_string};

/// The types of the iteration variables, or why there is nothing to range over.
type Iteration = Result<(Option<TypeId>, Option<TypeId>), String>;

impl<'a> Checker<'a> {
    pub(super) fn range_stmt(&mut self, around: Around, stmt: &'a Stmt, range: &'a RangeStmt) {
        let key_expr = range.lhs.first();
        let value_expr = range.lhs.get(1);
        let extra = range.lhs.get(2);
        self.env.has_call_or_receive = false;
        let mut x = self.expr(None, &range.x);
        // Where only the length of an array matters, the operand is not evaluated.
        if x.is_valid() && value_expr.is_none() && !self.env.has_call_or_receive {
            let underlying = self.types.underlying(x.typ);
            let array = self.types.deref_array(underlying);
            if let TypeKind::Array(length, _) = self.types.kind(array) {
                self.info.constant_ranges.insert(stmt.id, length);
            }
        }
        let (mut key, mut value) = (None, None);
        let mut failed = true;
        if x.is_valid() {
            match self.iteration_types(x.typ) {
                Err(cause) => {
                    let mut message = format!("cannot range over {}", self.os(&x));
                    if !cause.is_empty() {
                        message.push_str(&format!(": {cause}"));
                    }
                    self.soft_error(Code::InvalidRangeExpr, x.pos(), message);
                }
                Ok((k, v)) => {
                    failed = false;
                    (key, value) = (k, v);
                    if let (None, Some(expr)) = (k, key_expr) {
                        let message = format!("range over {} permits no iteration variables", self.os(&x));
                        self.soft_error(Code::InvalidIterVar, expr.start(), message);
                    } else if let (None, Some(expr)) = (v, value_expr) {
                        let message = format!("range over {} permits only one iteration variable", self.os(&x));
                        self.soft_error(Code::InvalidIterVar, expr.start(), message);
                    } else if let Some(expr) = extra {
                        self.soft_error(Code::InvalidIterVar, expr.start(), "range clause permits at most two iteration variables");
                    }
                }
            }
        }
        let over_integer = !failed && self.types.is_integer(x.typ);
        self.open_scope();
        let types = [key, value];
        if range.define {
            self.define_iteration_variables(range, types, &mut x, over_integer, range.clause_start());
        } else if key_expr.is_some() {
            for (expr, typ) in range.lhs.iter().take(2).zip(types) {
                let Some(typ) = typ.filter(|typ| *typ != TypeId::INVALID) else { continue };
                if over_integer {
                    self.assign_operand(expr, &mut x, "range clause");
                    if x.is_valid() && !self.types.is_integer(x.typ) {
                        let message = format!("cannot use iteration variable of type {}", self.ts(x.typ));
                        self.soft_error(Code::InvalidRangeExpr, expr.start(), message);
                    }
                } else {
                    let mut y = Operand::value(Written::Expr(expr), typ);
                    // The value is the loop's, not that of the expression on the left.
                    y.written = Written::Text(expr.start(), expr_string(expr).into());
                    self.assign_operand(expr, &mut y, "assignment");
                }
            }
        } else if over_integer {
            self.assignment(&mut x, None, &"range clause".into());
        }
        self.loop_body(around, &range.body);
        self.close_scope();
    }

    fn define_iteration_variables(&mut self, range: &'a RangeStmt, types: [Option<TypeId>; 2], x: &mut Operand<'a>, over_integer: bool, pos: Pos) {
        let mut variables = Vec::new();
        for (expr, typ) in range.lhs.iter().take(2).zip(types) {
            let object = match expr.as_ident() {
                Some(ident) => {
                    let object = self.new_local(ident.pos, ident.name, None);
                    self.info.set_definition(ident.id, object);
                    if !ident.name.is_blank() {
                        variables.push(object);
                    }
                    object
                }
                None => {
                    self.error(Code::InvalidSyntaxTree, expr.start(), format!("invalid syntax tree: cannot declare {}", expr_string(expr)));
                    self.new_local(expr.pos, Symbol::new("_"), None)
                }
            };
            let Some(typ) = typ.filter(|typ| *typ != TypeId::INVALID) else {
                self.types.object_mut(object).typ = Some(TypeId::INVALID);
                self.used_vars.insert(object);
                continue;
            };
            if over_integer {
                self.initialize_variable(object, x, "range clause");
            } else {
                let mut y = Operand::value(Written::Text(expr.start(), expr_string(expr).into()), typ);
                self.initialize_variable(object, &mut y, "assignment");
            }
        }
        if variables.is_empty() {
            self.error(Code::NoNewVar, pos, "no new variables on left side of :=");
        }
        for object in variables {
            self.declare(self.env.scope, None, object);
        }
    }

    /// Key and value type of ranging over a type.
    fn iteration_types(&mut self, typ: TypeId) -> Iteration {
        let common = self.types.common_underlying_or(typ, |types, typ, underlying| match types.kind(underlying?) {
            TypeKind::Chan(ChanDir::SendOnly, _) => Some(format!("receive from send-only channel {}", types.string(typ))),
            _ => None,
        })?;
        let ranged = self.types.deref_array(common);
        match self.types.kind(ranged) {
            TypeKind::Basic(basic) if basic.has(BasicInfo::STRING) => Ok((Some(TypeId::INT), Some(TypeId::RUNE))),
            TypeKind::Basic(basic) if basic.has(BasicInfo::INTEGER) => {
                if self.allows(Version::GO1_22) {
                    Ok((Some(typ), None))
                } else {
                    Err("requires go1.22 or later".to_string())
                }
            }
            TypeKind::Array(_, elem) | TypeKind::Slice(elem) => Ok((Some(TypeId::INT), Some(elem))),
            TypeKind::Map(key, elem) => Ok((Some(key), Some(elem))),
            TypeKind::Chan(_, elem) => Ok((Some(elem), None)),
            TypeKind::Signature(_) => self.function_iteration(ranged),
            _ => Err(String::new()),
        }
    }

    fn function_iteration(&mut self, typ: TypeId) -> Iteration {
        if !self.allows(Version::GO1_23) {
            return Err("requires go1.23 or later".to_string());
        }
        const SHAPE: &str = "func must be func(yield func(...) bool): ";
        let Some(signature) = self.signature_of(typ) else { return Err(String::new()) };
        if signature.params.len() != 1 {
            return Err(format!("{SHAPE}wrong argument count"));
        }
        if !signature.results.is_empty() {
            return Err(format!("{SHAPE}unexpected results"));
        }
        let param = self.types.type_of(signature.params[0]);
        let common = match self.types.common_underlying_or(param, |_, _, _| None) {
            Ok(common) => common,
            Err(cause) => return Err(format!("{SHAPE}in yield type, {cause}")),
        };
        let Some(yielded) = self.signature_of(common) else { return Err(format!("{SHAPE}argument is not func")) };
        if yielded.params.len() > 2 {
            return Err(format!("{SHAPE}yield func has too many parameters"));
        }
        let result = match &yielded.results[..] {
            [result] => self.types.type_of(*result),
            _ => TypeId::INVALID,
        };
        if !self.types.identical(result, TypeId::BOOL) {
            return Err(if self.types.is_boolean(result) {
                format!("{SHAPE}yield func returns user-defined boolean, not bool")
            } else {
                format!("{SHAPE}yield func does not return bool")
            });
        }
        if yielded.variadic {
            return Err(format!("yield func of type {} cannot be variadic", self.ts(common)));
        }
        let mut params = yielded.params.iter().map(|param| self.types.type_of(*param));
        Ok((params.next(), params.next()))
    }

    /// The length of an array that is ranged over without being evaluated.
    pub fn constant_range(&self, stmt: &Stmt) -> Option<Value> {
        self.info.constant_ranges.get(&stmt.id).map(|length| Value::Int(*length))
    }
}
