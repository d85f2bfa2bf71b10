//! Sizes, alignments and offsets on wasm: as Go's compiler lays things out, with pointers of 8 bytes.

use super::{Basic, StructId, TypeId, TypeKind, Types};

pub const WORD_BYTES: i64 = 8;

impl Types {
    pub fn align_of(&mut self, id: TypeId) -> i64 {
        match self.under(id) {
            TypeKind::Array(_, elem) => self.align_of(elem),
            TypeKind::Struct(structure) => {
                let fields = self.structure(structure).fields.clone();
                if fields.is_empty() && self.is_align64(id) {
                    return 8;
                }
                fields.iter().map(|field| self.align_of(self.type_of(*field))).max().unwrap_or(1)
            }
            TypeKind::Basic(basic) => match basic {
                Basic::Bool | Basic::Int8 | Basic::Uint8 => 1,
                Basic::Int16 | Basic::Uint16 => 2,
                Basic::Int32 | Basic::Uint32 | Basic::Float32 | Basic::Complex64 => 4,
                _ => 8,
            },
            _ => WORD_BYTES,
        }
    }

    fn is_align64(&self, id: TypeId) -> bool {
        let Some(named) = self.as_named(id) else { return false };
        let object = self.object(self.named(named).object);
        object.name == "align64"
            && object.package.is_some_and(|package| {
                let path = self.package(package).path;
                path == "sync/atomic" || path == "internal/runtime/atomic"
            })
    }

    /// The size in bytes, or -1 if it is too large.
    pub fn size_of(&mut self, id: TypeId) -> i64 {
        match self.under(id) {
            TypeKind::Basic(basic) => match basic {
                Basic::Bool | Basic::Int8 | Basic::Uint8 => 1,
                Basic::Int16 | Basic::Uint16 => 2,
                Basic::Int32 | Basic::Uint32 | Basic::Float32 => 4,
                Basic::Complex128 | Basic::String => 16,
                _ => 8,
            },
            TypeKind::Array(length, elem) => {
                if length <= 0 {
                    return 0;
                }
                match self.size_of(elem) {
                    size if size < 0 => -1,
                    size => size.checked_mul(length).unwrap_or(-1),
                }
            }
            TypeKind::Slice(_) => 3 * WORD_BYTES,
            TypeKind::Interface(_) => 2 * WORD_BYTES,
            TypeKind::Struct(structure) => {
                let fields = self.structure(structure).fields.clone();
                let Some(last) = fields.last() else { return 0 };
                let offset = self.field_offsets(structure)[fields.len() - 1];
                let mut size = self.size_of(self.type_of(*last));
                if offset < 0 || size < 0 {
                    return -1;
                }
                // A pointer to a last field without size must not point behind the struct.
                if offset > 0 && size == 0 {
                    size = 1;
                }
                let align = self.align_of(id);
                offset.checked_add(size).and_then(|end| round_up(end, align)).unwrap_or(-1)
            }
            _ => WORD_BYTES,
        }
    }

    /// The offsets of a struct's fields; -1 where they are too large.
    pub fn field_offsets(&mut self, structure: StructId) -> Vec<i64> {
        let fields = self.structure(structure).fields.clone();
        let mut offset: i64 = 0;
        let mut offsets = Vec::with_capacity(fields.len());
        for field in fields.iter() {
            let typ = self.type_of(*field);
            let align = self.align_of(typ);
            offset = if offset < 0 { -1 } else { round_up(offset, align).unwrap_or(-1) };
            offsets.push(offset);
            let size = self.size_of(typ);
            offset = if offset < 0 || size < 0 { -1 } else { offset.checked_add(size).unwrap_or(-1) };
        }
        offsets
    }

    /// The offset of a field reached through embedded structs; -1 if it is too large.
    pub fn offset_of(&mut self, typ: TypeId, path: &[u32]) -> i64 {
        let mut typ = typ;
        let mut offset: i64 = 0;
        for index in path {
            let Some(structure) = self.as_struct(typ) else { return -1 };
            let step = self.field_offsets(structure)[*index as usize];
            if step < 0 {
                return -1;
            }
            offset = match offset.checked_add(step) {
                Some(offset) => offset,
                None => return -1,
            };
            typ = self.type_of(self.structure(structure).fields[*index as usize]);
        }
        offset
    }
}

fn round_up(offset: i64, align: i64) -> Option<i64> {
    Some(offset.checked_add(align - 1)? & !(align - 1))
}
