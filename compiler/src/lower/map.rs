//! Map operations. The runtime's maps are Go's own package internal/runtime/maps; keys of common shapes have faster entries.

use crate::ir::{Mem, Type, Value};
use crate::syntax::ast::{Expr, IndexExpr};
use crate::types::{Basic, TypeId, TypeKind};

use super::func::{FnCx, Val};

/// Which family of access functions a map type uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Slow,
    Fast32,
    Fast64,
    /// 8-byte keys that are pointers.
    Fast64Pointer,
    String,
}

/// Elements above this size are not kept in groups, and the fast functions do not serve them (abi.MapMaxElemBytes).
const MAX_FAST_ELEM: u64 = 128;
/// Size of the zero value that the runtime shares for absent keys (abi.ZeroValSize).
const ZERO_VALUE_BYTES: u64 = 1024;

impl<'a> FnCx<'_, 'a> {
    fn family(&mut self, key: TypeId, elem: TypeId) -> Family {
        if self.info(elem).size > MAX_FAST_ELEM {
            return Family::Slow;
        }
        let size = self.info(key).size;
        match self.lw.algorithm(key) {
            super::equality::Algorithm::String if matches!(self.under(key), TypeKind::Basic(Basic::String)) => Family::String,
            super::equality::Algorithm::Memory => match (size, self.under(key)) {
                (4, TypeKind::Basic(_)) => Family::Fast32,
                (8, TypeKind::Basic(Basic::UnsafePointer) | TypeKind::Pointer(_) | TypeKind::Chan(..)) => Family::Fast64Pointer,
                (8, TypeKind::Basic(_)) => Family::Fast64,
                _ => Family::Slow,
            },
            _ => Family::Slow,
        }
    }

    fn map_types(&mut self, map_type: TypeId) -> (TypeId, TypeId) {
        let TypeKind::Map(key, elem) = self.under(map_type) else { panic!("lower: a type that is no map") };
        (self.resolve(key), self.resolve(elem))
    }

    fn map_descriptor(&mut self, map_type: TypeId) -> Value {
        let desc = self.lw.map_descriptor(map_type);
        self.b.global_addr(desc, 0)
    }

    pub fn make_map(&mut self, ty: TypeId, hint: Option<Value>) -> Value {
        if hint.is_none_or(|hint| self.b.func.as_const(hint).is_some_and(|n| n <= 8)) {
            return self.runtime1("makemap_small", &[]);
        }
        let desc = self.map_descriptor(ty);
        let hint = hint.unwrap_or_else(|| unreachable!());
        let nil = self.b.nil();
        self.runtime1("makemap", &[desc, hint, nil])
    }

    /// `m[k]` as a value.
    pub fn map_index(&mut self, e: &'a Expr, index: &'a IndexExpr) -> Val {
        let map_type = self.type_of(&index.x);
        let (map, key) = self.lookup_operands(map_type, index);
        self.at(e.pos);
        self.map_lookup(map_type, map, key).0
    }

    /// `v, ok = m[k]`.
    pub fn map_index_ok(&mut self, e: &'a Expr, index: &'a IndexExpr) -> (Val, Value) {
        let map_type = self.type_of(&index.x);
        let (map, key) = self.lookup_operands(map_type, index);
        self.at(e.pos);
        let (val, ok) = self.map_access(map_type, map, key, true);
        (val, ok.unwrap_or(map))
    }

    pub fn map_operands(&mut self, map_type: TypeId, index: &'a IndexExpr) -> (Value, Val) {
        let (key, _) = self.map_types(map_type);
        let map = self.scalar(&index.x);
        let k = self.expr_as(&index.indices[0], key);
        (map, k)
    }

    /// The operands of a lookup, which does not keep the key.
    fn lookup_operands(&mut self, map_type: TypeId, index: &'a IndexExpr) -> (Value, Val) {
        let (key, _) = self.map_types(map_type);
        let map = self.scalar(&index.x);
        let k = self.glance(&index.indices[0], key);
        (map, k)
    }

    pub fn map_lookup(&mut self, map_type: TypeId, map: Value, key: Val) -> (Val, Option<Value>) {
        self.map_access(map_type, map, key, false)
    }

    fn map_access(&mut self, map_type: TypeId, map: Value, key: Val, ok: bool) -> (Val, Option<Value>) {
        let (key_type, elem) = self.map_types(map_type);
        let family = self.family(key_type, elem);
        let desc = self.map_descriptor(map_type);
        let mut args = vec![desc, map];
        let elem_size = self.info(elem).size;
        let name = match (family, ok) {
            (Family::Fast32, false) => "mapaccess1_fast32",
            (Family::Fast32, true) => "mapaccess2_fast32",
            (Family::Fast64 | Family::Fast64Pointer, false) => "mapaccess1_fast64",
            (Family::Fast64 | Family::Fast64Pointer, true) => "mapaccess2_fast64",
            (Family::String, false) => "mapaccess1_faststr",
            (Family::String, true) => "mapaccess2_faststr",
            (Family::Slow, false) if elem_size > ZERO_VALUE_BYTES => "mapaccess1_fat",
            (Family::Slow, true) if elem_size > ZERO_VALUE_BYTES => "mapaccess2_fat",
            (Family::Slow, false) => "mapaccess1",
            (Family::Slow, true) => "mapaccess2",
        };
        self.push_key(&mut args, family, key_type, key);
        if name.ends_with("_fat") {
            let zero = self.lw.zero_value(elem_size);
            args.push(self.b.global_addr(zero, 0));
        }
        let results = self.runtime(name, &args);
        (self.load(elem, results[0], 0), results.get(1).copied())
    }

    fn push_key(&mut self, args: &mut Vec<Value>, family: Family, key_type: TypeId, key: Val) {
        match family {
            Family::Slow => {
                let addr = self.address_of_value(key_type, key);
                args.push(addr);
            }
            Family::Fast64Pointer => {
                let wide = self.coerce(key.single(), Type::I64);
                args.push(wide);
            }
            _ => args.extend_from_slice(&key.scalars()),
        }
    }

    /// The address at which the element for a key is stored.
    pub fn map_assign(&mut self, map_type: TypeId, map: Value, key: Val) -> Value {
        let (key_type, elem) = self.map_types(map_type);
        let family = self.family(key_type, elem);
        let desc = self.map_descriptor(map_type);
        let mut args = vec![desc, map];
        let name = match family {
            Family::Fast32 => "mapassign_fast32",
            Family::Fast64 => "mapassign_fast64",
            Family::Fast64Pointer => {
                args.push(key.single());
                return self.runtime1("mapassign_fast64ptr", &args);
            }
            Family::String => "mapassign_faststr",
            Family::Slow => "mapassign",
        };
        self.push_key(&mut args, family, key_type, key);
        self.runtime1(name, &args)
    }

    pub fn map_delete(&mut self, map_type: TypeId, map: Value, key: Val) {
        let (key_type, elem) = self.map_types(map_type);
        let family = self.family(key_type, elem);
        let desc = self.map_descriptor(map_type);
        let mut args = vec![desc, map];
        let name = match family {
            Family::Fast32 => "mapdelete_fast32",
            Family::Fast64 | Family::Fast64Pointer => "mapdelete_fast64",
            Family::String => "mapdelete_faststr",
            Family::Slow => "mapdelete",
        };
        self.push_key(&mut args, family, key_type, key);
        self.runtime(name, &args);
    }

    /// Key and element addresses of a map iterator; a nil key ends the iteration.
    pub fn iterator_words(&mut self, iterator: Value) -> (Value, Value) {
        let key = self.b.load(Mem::Ptr, iterator, 0);
        let elem = self.b.load(Mem::Ptr, iterator, 8);
        (key, elem)
    }
}
