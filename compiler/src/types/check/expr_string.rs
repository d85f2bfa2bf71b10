//! Expressions as messages print them: bodies and elements are left out.

use crate::syntax::ast::{ChanDir, Expr, ExprKind, Field, FuncType};

/// The text of an expression, shortened.
pub fn expr_string(expr: &Expr) -> String {
    let mut out = String::new();
    write(&mut out, expr, 0);
    out
}

fn write(out: &mut String, expr: &Expr, _precedence: u8) {
    match &expr.kind {
        ExprKind::Bad => out.push_str("<bad expr>"),
        ExprKind::Name(name) => out.push_str(name.as_str()),
        ExprKind::Literal(literal) => out.push_str(&literal.text),
        ExprKind::Composite(literal) => {
            if let Some(ty) = &literal.ty {
                write(out, ty, 0);
            }
            out.push_str(if literal.elements.is_empty() { "{}" } else { "{…}" });
        }
        ExprKind::KeyValue(pair) => {
            write(out, &pair.key, 0);
            out.push_str(": ");
            write(out, &pair.value, 0);
        }
        ExprKind::Func(func) => {
            out.push_str("func");
            signature(out, &func.ty);
            out.push_str(if func.body.stmts.is_empty() { " {}" } else { " {…}" });
        }
        ExprKind::Paren(inner) => {
            out.push('(');
            write(out, inner, 0);
            out.push(')');
        }
        ExprKind::Selector(selector) => {
            write(out, &selector.x, 0);
            out.push('.');
            out.push_str(selector.sel.name.as_str());
        }
        ExprKind::Index(index) => {
            write(out, &index.x, 0);
            out.push('[');
            list(out, &index.indices);
            out.push(']');
        }
        ExprKind::Slice(slice) => {
            write(out, &slice.x, 0);
            out.push('[');
            for (at, index) in slice.indices.iter().enumerate() {
                if at == 1 || at == 2 && slice.full {
                    out.push(':');
                }
                if let Some(index) = index {
                    write(out, index, 0);
                }
            }
            out.push(']');
        }
        ExprKind::Assert(assert) => {
            write(out, &assert.x, 0);
            out.push_str(".(");
            write(out, &assert.ty, 0);
            out.push(')');
        }
        ExprKind::TypeSwitchGuard(guard) => {
            if let Some(name) = &guard.name {
                out.push_str(name.name.as_str());
                out.push_str(" := ");
            }
            write(out, &guard.x, 0);
            out.push_str(".(type)");
        }
        ExprKind::Unary(unary) => {
            out.push_str(unary.op.as_str());
            write(out, &unary.x, 0);
        }
        ExprKind::Binary(binary) => {
            write(out, &binary.x, 0);
            out.push(' ');
            out.push_str(binary.op.as_str());
            out.push(' ');
            write(out, &binary.y, 0);
        }
        ExprKind::Call(call) => {
            write(out, &call.fun, 0);
            out.push('(');
            list(out, &call.args);
            if call.has_dots {
                out.push_str("...");
            }
            out.push(')');
        }
        ExprKind::ArrayType(array) => {
            out.push('[');
            match &array.len {
                Some(len) => write(out, len, 0),
                None => out.push_str("..."),
            }
            out.push(']');
            write(out, &array.elem, 0);
        }
        ExprKind::SliceType(elem) => {
            out.push_str("[]");
            write(out, elem, 0);
        }
        ExprKind::DotsType(elem) => {
            out.push_str("...");
            write(out, elem, 0);
        }
        ExprKind::StructType(ty) => out.push_str(if ty.fields.is_empty() { "struct{}" } else { "struct{…}" }),
        ExprKind::InterfaceType(ty) => out.push_str(if ty.elements.is_empty() { "interface{}" } else { "interface{…}" }),
        ExprKind::FuncType(ty) => {
            out.push_str("func");
            signature(out, ty);
        }
        ExprKind::MapType(map) => {
            out.push_str("map[");
            write(out, &map.key, 0);
            out.push(']');
            write(out, &map.value, 0);
        }
        ExprKind::ChanType(chan) => {
            out.push_str(match chan.dir {
                ChanDir::Both => "chan ",
                ChanDir::SendOnly => "chan<- ",
                ChanDir::ReceiveOnly => "<-chan ",
            });
            let parens = chan.dir == ChanDir::Both && matches!(&chan.elem.kind, ExprKind::ChanType(elem) if elem.dir == ChanDir::ReceiveOnly);
            if parens {
                out.push('(');
            }
            write(out, &chan.elem, 0);
            if parens {
                out.push(')');
            }
        }
    }
}

fn list(out: &mut String, exprs: &[Expr]) {
    for (at, expr) in exprs.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(out, expr, 0);
    }
}

/// Expressions in brackets.
pub fn list_string(exprs: &[Expr]) -> String {
    let mut out = String::from("[");
    list(&mut out, exprs);
    out.push(']');
    out
}

fn signature(out: &mut String, ty: &FuncType) {
    params(out, &ty.params);
    match &ty.results[..] {
        [] => {}
        [result] if result.names.is_empty() => {
            out.push(' ');
            write(out, &result.ty, 0);
        }
        results => {
            out.push(' ');
            params(out, results);
        }
    }
}

fn params(out: &mut String, fields: &[Field]) {
    out.push('(');
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        for (at, name) in field.names.iter().enumerate() {
            out.push_str(if at > 0 { ", " } else { "" });
            out.push_str(name.name.as_str());
        }
        if !field.names.is_empty() {
            out.push(' ');
        }
        write(out, &field.ty, 0);
    }
    out.push(')');
}
