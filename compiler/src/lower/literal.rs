//! Composite literals.

use crate::constant;
use crate::ir::{Type, Value};
use crate::syntax::ast::{CompositeLit, Expr, ExprKind};
use crate::types::{ObjectId, TypeId, TypeKind};

use super::func::{FnCx, Val};

impl<'a> FnCx<'_, 'a> {
    /// The value of a composite literal.
    pub fn composite_value(&mut self, e: &'a Expr, literal: &'a CompositeLit) -> Val {
        let ty = self.type_of(e);
        match self.under(ty) {
            TypeKind::Slice(elem) => {
                let elem = self.resolve(elem);
                self.slice_literal(literal, elem)
            }
            TypeKind::Map(..) => self.map_literal(literal, ty),
            TypeKind::Pointer(elem) => {
                // An elided &T in an enclosing literal.
                let elem = self.resolve(elem);
                let addr = self.new_object(elem);
                self.composite_into(e, literal, elem, addr, true);
                Val::one(addr)
            }
            TypeKind::Struct(_) if self.info(ty).flat.is_some() => self.flat_struct(literal, ty),
            _ if self.info(ty).flat.is_some() => {
                // An array of at most one element that holds anything.
                let TypeKind::Array(_, elem) = self.under(ty) else { panic!("lower: literal of a type that is no aggregate") };
                let elem = self.resolve(elem);
                let mut val = self.zero(ty);
                for element in &literal.elements {
                    let value = element_value(element);
                    let got = self.element_as(value, elem);
                    if self.info(ty).size > 0 {
                        val = got;
                    }
                }
                val
            }
            _ => {
                if let Some((data, offset)) = self.static_value(e) {
                    let addr = self.b.global_addr(data, offset);
                    return Val::Mem { addr, owned: false };
                }
                let addr = self.temp(ty);
                self.composite_into(e, literal, ty, addr, false);
                Val::Mem { addr, owned: true }
            }
        }
    }

    /// The struct fields that a literal sets, in its order.
    fn literal_fields(&mut self, literal: &'a CompositeLit, ty: TypeId) -> Vec<(usize, &'a Expr)> {
        let TypeKind::Struct(id) = self.under(ty) else { return Vec::new() };
        let fields = self.lw.types().structure(id).fields.clone();
        let mut list = Vec::with_capacity(literal.elements.len());
        for (i, element) in literal.elements.iter().enumerate() {
            match &element.kind {
                ExprKind::KeyValue(pair) => {
                    let name = pair.key.as_name().unwrap_or_else(|| panic!("lower: field key is no name"));
                    let object = self.lw.info().use_of(pair.key.id);
                    let index = self.field_index(&fields, object, name);
                    list.push((index, &pair.value));
                }
                _ => list.push((i, element)),
            }
        }
        list
    }

    /// Blank fields keep the value zero: a literal's value for one is only evaluated.
    fn is_blank_field(&mut self, ty: TypeId, index: usize) -> bool {
        let TypeKind::Struct(id) = self.under(ty) else { return false };
        let field = self.lw.types().structure(id).fields[index];
        self.lw.types().object(field).name.is_blank()
    }

    fn field_index(&mut self, fields: &[ObjectId], object: Option<ObjectId>, name: crate::syntax::Symbol) -> usize {
        if let Some(object) = object
            && let Some(index) = fields.iter().position(|f| *f == object)
        {
            return index;
        }
        fields.iter().position(|f| self.lw.types_ref().object(*f).name == name).unwrap_or_else(|| panic!("lower: no field {name}"))
    }

    fn flat_struct(&mut self, literal: &'a CompositeLit, ty: TypeId) -> Val {
        let kinds = self.lw.field_types(ty);
        let mut vals: Vec<Option<Val>> = vec![None; kinds.len()];
        for (index, value) in self.literal_fields(literal, ty) {
            let val = self.element_as(value, kinds[index]);
            if !self.is_blank_field(ty, index) {
                vals[index] = Some(val);
            }
        }
        let mut values = Vec::new();
        for (val, kind) in vals.into_iter().zip(kinds) {
            let val = match val {
                Some(val) => val,
                None => self.zero(kind),
            };
            values.extend_from_slice(&val.scalars());
        }
        Val::flat(&values)
    }

    /// An element, whose literal may lack its type.
    fn element_as(&mut self, e: &'a Expr, ty: TypeId) -> Val {
        self.expr_as(e, ty)
    }

    /// Fills fresh memory with a literal. `zeroed`: the memory is zero.
    pub fn composite_into(&mut self, e: &'a Expr, literal: &'a CompositeLit, ty: TypeId, addr: Value, zeroed: bool) {
        match self.under(ty) {
            TypeKind::Struct(_) => {
                let fields = self.literal_fields(literal, ty);
                let kinds = self.lw.field_types(ty);
                let offsets = self.lw.offsets(ty);
                if !zeroed {
                    let set: Vec<usize> = fields.iter().map(|(i, _)| *i).filter(|i| !self.is_blank_field(ty, *i)).collect();
                    let missing: Vec<usize> = (0..kinds.len()).filter(|i| !set.contains(i)).collect();
                    if missing.len() > 4 || self.has_padding(ty) && missing.len() > 1 {
                        let bytes = self.info(ty).bytes();
                        self.b.mem_zero(addr, bytes);
                    } else {
                        for i in missing {
                            self.store_zero(kinds[i], addr, offsets[i] as u32);
                        }
                    }
                }
                for (index, value) in fields {
                    if self.is_blank_field(ty, index) {
                        self.element_as(value, kinds[index]);
                    } else {
                        self.element_into(value, kinds[index], addr, offsets[index] as u32, zeroed);
                    }
                }
            }
            TypeKind::Array(len, elem) => {
                let elem = self.resolve(elem);
                if let Some((data, offset)) = self.static_value(e) {
                    let from = self.b.global_addr(data, offset);
                    let bytes = self.info(ty).bytes();
                    self.b.mem_copy(addr, from, bytes);
                    return;
                }
                let elements = self.literal_elements(literal);
                if !zeroed && (elements.len() as i64) < len {
                    let bytes = self.info(ty).bytes();
                    self.b.mem_zero(addr, bytes);
                }
                let size = self.info(elem).size;
                for (index, value) in elements {
                    self.element_into(value, elem, addr, (index as u64 * size) as u32, zeroed);
                }
            }
            _ => {
                let val = self.composite_value(e, literal);
                self.store(ty, addr, 0, val);
            }
        }
    }

    fn has_padding(&mut self, ty: TypeId) -> bool {
        let kinds = self.lw.field_types(ty);
        let sum: u64 = kinds.iter().map(|kind| self.info(*kind).size).sum();
        sum != self.info(ty).size
    }

    fn element_into(&mut self, e: &'a Expr, ty: TypeId, addr: Value, offset: u32, zeroed: bool) {
        // In an interface zero has a type.
        if zeroed && self.is_zero_constant(e) && !self.lw.is_interface(ty) {
            return;
        }
        if let ExprKind::Composite(literal) = &e.kind
            && self.info(ty).flat.is_none()
            && self.type_of(e) == ty
        {
            let at = self.b.ptr_add(addr, offset as i32);
            self.composite_into(e, literal, ty, at, zeroed);
            return;
        }
        self.expr_into(e, ty, addr, offset);
    }

    /// A constant that is the zero value, so that zeroed memory needs no store.
    fn is_zero_constant(&self, e: &Expr) -> bool {
        let info = self.lw.info();
        match info.constant(e.id) {
            Some(constant::Value::Bool(b)) => !b,
            Some(constant::Value::Int(n)) => *n == 0,
            Some(value) => value.as_text().is_some_and(|text| text.bytes().is_empty()),
            None => info.type_and_value(e.id).mode == crate::types::Mode::Nil,
        }
    }

    /// Elements of an array or slice literal with their indices.
    pub fn literal_elements(&self, literal: &'a CompositeLit) -> Vec<(i64, &'a Expr)> {
        let mut next = 0;
        let mut list = Vec::with_capacity(literal.elements.len());
        for element in &literal.elements {
            let value = match &element.kind {
                ExprKind::KeyValue(pair) => {
                    next = self.lw.info().constant(pair.key.id).and_then(|n| n.to_int().as_i64()).unwrap_or(next);
                    &pair.value
                }
                _ => element,
            };
            list.push((next, value));
            next += 1;
        }
        list
    }

    fn slice_literal(&mut self, literal: &'a CompositeLit, elem: TypeId) -> Val {
        let elements = self.literal_elements(literal);
        let len = elements.iter().map(|(i, _)| i + 1).max().unwrap_or(0);
        let n = self.int(len);
        let array = self.lw.types().array_of(len, elem);
        let array = self.lw.canonical(array);
        let addr = self.new_object(array);
        if let Some((data, offset)) = self.static_elements(&elements, elem, len) {
            let from = self.b.global_addr(data, offset);
            let bytes = self.info(array).bytes();
            self.b.mem_copy(addr, from, bytes);
            return Val::flat(&[addr, n, n]);
        }
        let size = self.info(elem).size;
        for (index, value) in elements {
            self.element_into(value, elem, addr, (index as u64 * size) as u32, true);
        }
        Val::flat(&[addr, n, n])
    }

    fn map_literal(&mut self, literal: &'a CompositeLit, ty: TypeId) -> Val {
        let TypeKind::Map(key, elem) = self.under(ty) else { panic!("lower: map literal of another type") };
        let (key, elem) = (self.resolve(key), self.resolve(elem));
        let hint = self.int(literal.elements.len() as i64);
        let map = self.make_map(ty, Some(hint));
        for element in &literal.elements {
            let ExprKind::KeyValue(pair) = &element.kind else { continue };
            let k = self.element_as(&pair.key, key);
            let k = if self.has_effects(&pair.value) { self.own(key, k) } else { k };
            let v = self.element_as(&pair.value, elem);
            self.at(element.pos);
            let at = self.map_assign(ty, map, k);
            self.store(elem, at, 0, v);
        }
        debug_assert_eq!(self.b.func.ty(map), Type::Ptr);
        Val::one(map)
    }
}

fn element_value(element: &Expr) -> &Expr {
    match &element.kind {
        ExprKind::KeyValue(pair) => &pair.value,
        _ => element,
    }
}
