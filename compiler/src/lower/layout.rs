//! How Go values map to IR values and to memory.
//!
//! A value is a list of scalars: a string is an address and a length, a struct the scalars of its fields one after the other. A type of at
//! most [`FLAT_MAX`] scalars is *flat*: its values are SSA values. Others are *mem* types: their values live in memory and are named by
//! an address. Sizes and offsets are those of Go's compiler on 64-bit machines.

use std::rc::Rc;

use crate::ir::{Mem, PointerMap};
use crate::types::{Basic, TypeId, TypeKind, Types};

/// Most scalars a flat type has.
pub const FLAT_MAX: usize = 4;

/// One scalar of a flattened value, and where it lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub mem: Mem,
    pub offset: u32,
}

/// Layout of a type.
#[derive(Clone, Debug)]
pub struct TypeInfo {
    pub size: u64,
    pub align: u64,
    /// The scalars of a flat type; `None` for mem types.
    pub flat: Option<Box<[Part]>>,
    /// Length of the prefix that can hold pointers (abi's PtrBytes).
    pub ptr_bytes: u64,
}

impl TypeInfo {
    /// Whether values lie in the data word of an interface itself.
    pub fn is_direct(&self) -> bool {
        self.size == 8 && self.ptr_bytes == 8
    }

    pub fn has_pointers(&self) -> bool {
        self.ptr_bytes > 0
    }

    /// Size for operations that take 32 bits.
    pub fn bytes(&self) -> u32 {
        u32::try_from(self.size).unwrap_or(u32::MAX)
    }

    /// Alignment of a variable.
    pub fn variable_align(&self) -> u32 {
        variable_align(self.bytes()).max(self.align as u32)
    }
}

/// Alignment of a variable of `bytes`. That of its type is not enough: programs lay words over arrays of bytes, which Go aligns by their size, too.
pub fn variable_align(bytes: u32) -> u32 {
    if bytes >= 8 { 8 } else { bytes.next_power_of_two() }
}

/// Field offsets of a struct.
pub type Offsets = Rc<[u64]>;

/// The pointer bytes of a type of `size`. Of a type larger than the memory no value exists, and so no map of its pointers is needed, which
/// would be as large.
fn existing(size: u64, ptr_bytes: u64) -> u64 {
    if size > u64::from(u32::MAX) { 0 } else { ptr_bytes }
}

fn scalar(mem: Mem) -> TypeInfo {
    let size = u64::from(mem.bytes());
    let ptr_bytes = if mem == Mem::Ptr { 8 } else { 0 };
    TypeInfo { size, align: size, flat: Some(Box::new([Part { mem, offset: 0 }])), ptr_bytes }
}

fn words(parts: &[(Mem, u32)], ptr_bytes: u64) -> TypeInfo {
    let flat = parts.iter().map(|(mem, offset)| Part { mem: *mem, offset: *offset }).collect();
    let last = parts[parts.len() - 1];
    let size = u64::from(last.1 + last.0.bytes());
    TypeInfo { size, align: u64::from(parts[0].0.bytes()), flat: Some(flat), ptr_bytes }
}

/// Rounds up to a multiple of a power of two.
pub fn round_up(n: u64, align: u64) -> u64 {
    (n + align - 1) & !(align - 1)
}

/// Layout of a basic type.
pub fn basic(basic: Basic) -> TypeInfo {
    match basic {
        Basic::Bool | Basic::Uint8 | Basic::UntypedBool => scalar(Mem::I8U),
        Basic::Int8 => scalar(Mem::I8S),
        Basic::Uint16 => scalar(Mem::I16U),
        Basic::Int16 => scalar(Mem::I16S),
        Basic::Int32 | Basic::Uint32 | Basic::UntypedRune => scalar(Mem::I32),
        Basic::Int | Basic::Int64 | Basic::Uint | Basic::Uint64 | Basic::Uintptr | Basic::UntypedInt => scalar(Mem::I64),
        Basic::Float32 => scalar(Mem::F32),
        Basic::Float64 | Basic::UntypedFloat => scalar(Mem::F64),
        Basic::Complex64 => words(&[(Mem::F32, 0), (Mem::F32, 4)], 0),
        Basic::Complex128 | Basic::UntypedComplex => words(&[(Mem::F64, 0), (Mem::F64, 8)], 0),
        Basic::String | Basic::UntypedString => words(&[(Mem::Ptr, 0), (Mem::I64, 8)], 8),
        Basic::UnsafePointer | Basic::UntypedNil | Basic::Invalid => scalar(Mem::Ptr),
    }
}

/// Layout of types other than structs and arrays.
pub fn simple(kind: TypeKind) -> Option<TypeInfo> {
    Some(match kind {
        TypeKind::Basic(kind) => basic(kind),
        TypeKind::Pointer(_) | TypeKind::Map(..) | TypeKind::Chan(..) | TypeKind::Signature(_) => scalar(Mem::Ptr),
        TypeKind::Slice(_) => words(&[(Mem::Ptr, 0), (Mem::I64, 8), (Mem::I64, 16)], 8),
        TypeKind::Interface(_) => words(&[(Mem::Ptr, 0), (Mem::Ptr, 8)], 16),
        _ => return None,
    })
}

/// Computes and remembers layouts, by canonical type.
#[derive(Default)]
pub struct Layouts {
    infos: crate::types::hash::FastMap<TypeId, Rc<TypeInfo>>,
    offsets: crate::types::hash::FastMap<TypeId, Offsets>,
}

impl Layouts {
    pub fn info(&mut self, types: &mut Types, ty: TypeId) -> Rc<TypeInfo> {
        if let Some(info) = self.infos.get(&ty) {
            return info.clone();
        }
        let kind = types.under(ty);
        let info = match kind {
            TypeKind::Array(len, elem) => self.array(types, len.max(0) as u64, elem),
            TypeKind::Struct(id) => {
                let fields = types.structure(id).fields.clone();
                let list: Vec<TypeId> = fields.iter().map(|f| types.type_of(*f)).collect();
                let (info, offsets) = self.fields(types, &list);
                self.offsets.insert(ty, offsets);
                info
            }
            TypeKind::Tuple(id) => {
                let list: Vec<TypeId> = types.tuple(id).clone().iter().map(|f| types.type_of(*f)).collect();
                let (info, offsets) = self.fields(types, &list);
                self.offsets.insert(ty, offsets);
                info
            }
            kind => simple(kind).unwrap_or_else(|| panic!("lower: no layout for a type of kind {kind:?}")),
        };
        let info = Rc::new(info);
        self.infos.insert(ty, info.clone());
        info
    }

    /// Field offsets of a struct (or tuple) type.
    pub fn offsets(&mut self, types: &mut Types, ty: TypeId) -> Offsets {
        self.info(types, ty);
        if let Some(offsets) = self.offsets.get(&ty) {
            return offsets.clone();
        }
        let under = types.underlying(ty);
        self.infos.remove(&under);
        self.info(types, under);
        self.offsets[&under].clone()
    }

    fn array(&mut self, types: &mut Types, len: u64, elem: TypeId) -> TypeInfo {
        let elem = self.info(types, elem);
        let size = elem.size.saturating_mul(len);
        let flat = match (len, &elem.flat) {
            (0, _) => Some(Box::from([])),
            (1, flat) => flat.clone(),
            (_, Some(flat)) if flat.is_empty() => Some(Box::from([])),
            _ => None,
        };
        let ptr_bytes = if len == 0 || elem.ptr_bytes == 0 { 0 } else { elem.size.saturating_mul(len - 1).saturating_add(elem.ptr_bytes) };
        TypeInfo { size, align: elem.align, flat, ptr_bytes: existing(size, ptr_bytes) }
    }

    /// Layout of fields one after the other, as in a struct.
    pub fn fields(&mut self, types: &mut Types, list: &[TypeId]) -> (TypeInfo, Offsets) {
        let mut offsets = Vec::with_capacity(list.len());
        let mut flat = Some(Vec::new());
        let (mut at, mut align, mut ptr_bytes) = (0u64, 1u64, 0u64);
        let mut last_empty = false;
        for ty in list {
            let field = self.info(types, *ty);
            at = round_up(at, field.align);
            offsets.push(at);
            if field.ptr_bytes > 0 {
                ptr_bytes = at + field.ptr_bytes;
            }
            flat = match (flat, &field.flat) {
                (Some(mut parts), Some(more)) if parts.len() + more.len() <= FLAT_MAX => {
                    parts.extend(more.iter().map(|p| Part { mem: p.mem, offset: p.offset + at as u32 }));
                    Some(parts)
                }
                _ => None,
            };
            align = align.max(field.align);
            at = at.saturating_add(field.size);
            last_empty = field.size == 0;
        }
        // The address of a final field of size 0 must not point past the object.
        if last_empty && at > 0 {
            at += 1;
        }
        let size = round_up(at, align);
        let info = TypeInfo { size, align, flat: flat.map(Vec::into_boxed_slice), ptr_bytes: existing(size, ptr_bytes) };
        (info, offsets.into())
    }

    /// Marks the pointer words of a value at `base` (in bytes, a multiple of 8 where there are pointers).
    pub fn mark_pointers(&mut self, types: &mut Types, ty: TypeId, base: u64, map: &mut PointerMap) {
        let info = self.info(types, ty);
        if !info.has_pointers() {
            return;
        }
        if let Some(flat) = &info.flat {
            for part in flat {
                if part.mem == Mem::Ptr {
                    map.set(((base + u64::from(part.offset)) / 8) as u32);
                }
            }
            return;
        }
        match types.under(ty) {
            TypeKind::Array(len, elem) => {
                let size = self.info(types, elem).size;
                for i in 0..len.max(0) as u64 {
                    self.mark_pointers(types, elem, base + i * size, map);
                }
            }
            TypeKind::Struct(id) => {
                let fields = types.structure(id).fields.clone();
                let offsets = self.offsets(types, ty);
                for (field, offset) in fields.iter().zip(offsets.iter()) {
                    let field = types.type_of(*field);
                    self.mark_pointers(types, field, base + offset, map);
                }
            }
            _ => {}
        }
    }

    /// The pointer words of a type.
    pub fn pointers(&mut self, types: &mut Types, ty: TypeId) -> PointerMap {
        let mut map = PointerMap::none();
        self.mark_pointers(types, ty, 0, &mut map);
        map
    }
}
