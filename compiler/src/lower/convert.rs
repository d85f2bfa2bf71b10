//! Conversions `T(x)`.

use crate::ir::{BoundsKind, ConvOp, Type, Value};
use crate::syntax::ast::Expr;
use crate::types::{Basic, Mode, TypeId, TypeKind};

use super::arith::{bits, is_signed};
use super::expr::{Place, PlaceKind};
use super::func::{FnCx, Val};

impl<'a> FnCx<'_, 'a> {
    /// `T(x)`.
    pub fn conversion(&mut self, e: &'a Expr, x: &'a Expr) -> Val {
        let to = self.type_of(e);
        if self.lw.info().type_and_value(x.id).mode == Mode::Nil {
            return self.zero(to);
        }
        let from = self.typed(x);
        if self.lw.is_interface(to) && !self.lw.is_interface(from) {
            return self.expr_to_interface(x, from, to);
        }
        // A constant converted to a type parameter: it is not a constant there, and its default type may be another one.
        if let Some(value) = self.lw.info().constant(x.id).cloned()
            && self.lw.types().is_numeric(to)
        {
            return self.constant(&value, to);
        }
        if self.is_bytes(to)
            && let Some(bytes) = self.joined_bytes(e, x)
        {
            return bytes;
        }
        let val = self.expr(x);
        self.at(e.pos);
        self.convert(val, from, to)
    }

    /// Converts a value as an explicit conversion does.
    pub fn convert(&mut self, val: Val, from: TypeId, to: TypeId) -> Val {
        if from == to {
            return val;
        }
        if self.lw.is_interface(to) {
            return self.assign_convert(val, from, to);
        }
        let (kind_from, kind_to) = (self.under(from), self.under(to));
        match (kind_from, kind_to) {
            (TypeKind::Basic(a), TypeKind::Basic(b)) => self.convert_basic(val, a, b),
            (TypeKind::Basic(Basic::String | Basic::UntypedString), TypeKind::Slice(elem)) => {
                let s = val.scalars();
                let name = if self.is_byte(elem) { "stringtoslicebyte" } else { "stringtoslicerune" };
                let slice = self.made_text(name, &s);
                Val::flat(&slice)
            }
            (TypeKind::Slice(elem), TypeKind::Basic(Basic::String)) => {
                let s = val.scalars();
                let string =
                    if self.is_byte(elem) { self.made_text("slicebytetostring", &[s[0], s[1]]) } else { self.made_text("slicerunetostring", &s) };
                Val::flat(&string)
            }
            (TypeKind::Slice(_), TypeKind::Array(len, _)) => {
                let pointer = self.slice_to_array(val, len);
                self.load(to, pointer, 0)
            }
            (TypeKind::Slice(_), TypeKind::Pointer(array)) => {
                let TypeKind::Array(len, _) = self.under(array) else { return val };
                Val::one(self.slice_to_array(val, len))
            }
            // uintptr and unsafe.Pointer.
            (TypeKind::Basic(a), _) if a != Basic::UnsafePointer => {
                let value = val.single();
                Val::one(self.coerce(value, Type::Ptr))
            }
            (_, TypeKind::Basic(b)) if b != Basic::UnsafePointer => {
                let value = val.single();
                Val::one(self.coerce(value, Type::I64))
            }
            _ => val,
        }
    }

    pub fn is_byte(&mut self, elem: TypeId) -> bool {
        let elem = self.resolve(elem);
        matches!(self.basic(elem), Basic::Uint8)
    }

    /// The address of a slice's array after a check of its length; nil for a nil slice converted to an array of length 0.
    fn slice_to_array(&mut self, val: Val, len: i64) -> Value {
        let s = val.scalars();
        let n = self.int(len);
        self.bounds(BoundsKind::Convert, false, n, s[1]);
        s[0]
    }

    fn convert_basic(&mut self, val: Val, from: Basic, to: Basic) -> Val {
        use Basic::{Complex64, Complex128, Float32, Float64, String, UnsafePointer, UntypedFloat, UntypedString};
        match (from, to) {
            (String | UntypedString, String | UntypedString) => return val,
            (_, String) => {
                let value = val.single();
                let wide = self.widen(value, is_signed(from));
                // Values above the largest rune are replaced by the runtime; a uint64 must not look negative to it, nor valid.
                let string = self.made_text("intstring", &[wide]);
                return Val::flat(&string);
            }
            (Complex64, Complex128) | (Complex128, Complex64) => {
                let parts = val.scalars();
                let op = if to == Complex128 { ConvOp::Promote } else { ConvOp::Demote };
                let re = self.b.conv(op, parts[0]);
                let im = self.b.conv(op, parts[1]);
                return Val::flat(&[re, im]);
            }
            _ if from == to => return val,
            _ => {}
        }
        if val.scalars().len() != 1 {
            return val;
        }
        let value = val.single();
        let float = |kind| matches!(kind, Float32 | Float64 | UntypedFloat);
        let wide = |kind| matches!(kind, Float64 | UntypedFloat);
        let result = match (float(from), float(to)) {
            (true, true) => match (wide(from), wide(to)) {
                (true, false) => self.b.conv(ConvOp::Demote, value),
                (false, true) => self.b.conv(ConvOp::Promote, value),
                _ => value,
            },
            (true, false) => self.float_to_int(value, wide(from), to),
            (false, true) => {
                let signed = is_signed(from);
                let op = match (self.b.func.ty(value), signed, wide(to)) {
                    (Type::I64, true, true) => ConvOp::I64SToF64,
                    (Type::I64, true, false) => ConvOp::I64SToF32,
                    (Type::I64, false, true) => ConvOp::I64UToF64,
                    (Type::I64, false, false) => ConvOp::I64UToF32,
                    (_, true, true) => ConvOp::I32SToF64,
                    (_, true, false) => ConvOp::I32SToF32,
                    (_, false, true) => ConvOp::I32UToF64,
                    (_, false, false) => ConvOp::I32UToF32,
                };
                self.b.conv(op, value)
            }
            (false, false) => self.int_to_int(value, from, to),
        };
        if to == UnsafePointer {
            return Val::one(self.coerce(result, Type::Ptr));
        }
        if from == UnsafePointer
            && let Some(kept) = &mut self.kept
        {
            kept.push(value);
        }
        Val::one(result)
    }

    fn int_to_int(&mut self, value: Value, from: Basic, to: Basic) -> Value {
        if to == Basic::UnsafePointer {
            return self.coerce(value, Type::Ptr);
        }
        if bits(to) == 64 {
            return self.widen(value, is_signed(from));
        }
        // A narrower or equally signed source fits as it is.
        if bits(from) < bits(to) && (is_signed(to) || !is_signed(from)) && self.b.func.ty(value) == Type::I32 {
            return value;
        }
        let value = self.coerce(value, Type::I32);
        if bits(to) == 32 { value } else { self.narrow(value, to) }
    }

    fn float_to_int(&mut self, value: Value, wide: bool, to: Basic) -> Value {
        let signed = is_signed(to);
        if bits(to) == 64 {
            let op = match (wide, signed) {
                (true, true) => ConvOp::F64ToI64S,
                (true, false) => ConvOp::F64ToI64U,
                (false, true) => ConvOp::F32ToI64S,
                (false, false) => ConvOp::F32ToI64U,
            };
            return self.b.conv(op, value);
        }
        // Through 64 bits, so that what does not fit wraps as it does in Go's compilers.
        let op = if wide { ConvOp::F64ToI64S } else { ConvOp::F32ToI64S };
        let value = self.b.conv(op, value);
        self.narrow(value, to)
    }

    /// A place for the value at an address.
    pub fn memory_place(&self, ty: TypeId, addr: Value) -> Place {
        Place { ty, kind: PlaceKind::Mem { addr, offset: 0 } }
    }
}
