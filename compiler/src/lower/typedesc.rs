//! Type descriptors and interface tables as data, in the layout of Go's `internal/abi` (type.go, map.go, iface.go of the pinned release).
//!
//! A descriptor is one read-only data symbol `type:<link string>`; a table is `itab:<interface>,<type>`. Both are made on first use and refer to
//! each other by relocations, so recursive types need nothing special. Offsets of names and types count from address 0: ModuleInfo says
//! that the type section begins there, and an offset of 0 means "none" as in Go.
//!
//! # What keeps what alive
//! A descriptor keeps what it contains: elements, fields, parameters. It does not keep the pointer type to it, nor the types of its
//! methods: nobody can ask for a method by a type that nothing else mentions. A method table entry counts as a use of
//! the method only if lowering finds that an interface method of that name and type is called somewhere; [`Descriptors::candidates`]
//! lists the methods that may become reachable so.
//!
//! # Rejected
//! - Offsets relative to the start of the type section: the linker would have to lay out descriptors together, for nothing.

use crate::ir::{Data, Module, PointerMap, Reloc, RelocKind, Section, Symbol};
use crate::types::hash::FastMap;
use crate::types::{Basic, ChanDir, MethodEntry, ObjectId, TypeId, TypeKind, Types};

use super::layout::{Layouts, TypeInfo};

/// What descriptors need of lowering. None of these may ask for a descriptor.
pub trait Host {
    fn types(&mut self) -> &mut Types;
    fn module(&mut self) -> &mut Module;
    fn layouts(&mut self) -> (&mut Layouts, &mut Types);
    /// The function in a method table: it takes the receiver word first. `receiver` has the method, promoted or not.
    fn table_method(&mut self, receiver: TypeId, entry: &MethodEntry) -> Symbol;
    /// The equality function of a comparable type, as code called through a closure; its closure object goes into the descriptor.
    fn equality(&mut self, ty: TypeId) -> Symbol;
    /// The hash function of a map key type, likewise.
    fn hasher(&mut self, key: TypeId) -> Symbol;
}

/// A method in some type's method table.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub receiver: TypeId,
    pub entry: MethodEntry,
    /// Canonical type without receiver.
    pub signature: TypeId,
    /// What [`Host::table_method`] answered.
    pub symbol: Symbol,
    /// The descriptor that lists the method, and where.
    pub table: Option<(Symbol, u32)>,
}

/// The descriptors made so far.
#[derive(Debug, Default)]
pub struct Descriptors {
    symbols: FastMap<TypeId, Symbol>,
    owners: FastMap<Symbol, TypeId>,
    itabs: FastMap<(TypeId, TypeId), Symbol>,
    /// Symbols of all tables, for ModuleInfo.
    pub itab_list: Vec<Symbol>,
    /// Descriptors of unnamed types with the strings they are sorted by, for ModuleInfo.
    pub links: Vec<(String, Symbol)>,
    pub candidates: Vec<Candidate>,
    /// All types that have descriptors.
    pub made: Vec<(TypeId, Symbol)>,
}

/// Size of `abi.Type`.
const TYPE_BYTES: u32 = 48;
const UNCOMMON_BYTES: u32 = 16;
const METHOD_BYTES: u32 = 16;
/// `Mtyp` and `Tfn` in `abi.Method`.
pub const METHOD_TYPE: u32 = 4;
pub const METHOD_EXPRESSION: u32 = 12;
const IMETHOD_BYTES: u32 = 8;
const STRUCT_FIELD_BYTES: u32 = 24;

/// Slots of a map group, and the largest key and element kept in it (abi/map.go).
const GROUP_SLOTS: i64 = 8;
const MAX_INLINE_BYTES: u64 = 128;

const TFLAG_UNCOMMON: u8 = 1;
const TFLAG_EXTRA_STAR: u8 = 1 << 1;
const TFLAG_NAMED: u8 = 1 << 2;
const TFLAG_REGULAR_MEMORY: u8 = 1 << 3;
const TFLAG_DIRECT_IFACE: u8 = 1 << 5;

/// Kinds of `abi.Kind` beyond the basic ones.
mod kind {
    pub const ARRAY: u8 = 17;
    pub const CHAN: u8 = 18;
    pub const FUNC: u8 = 19;
    pub const INTERFACE: u8 = 20;
    pub const MAP: u8 = 21;
    pub const POINTER: u8 = 22;
    pub const SLICE: u8 = 23;
    pub const STRING: u8 = 24;
    pub const STRUCT: u8 = 25;
    pub const UNSAFE_POINTER: u8 = 26;
}

/// Bytes and relocations of a symbol under construction.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    relocs: Vec<Reloc>,
}

impl Writer {
    fn u8(&mut self, v: u8) {
        self.bytes.push(v);
    }

    fn u16(&mut self, v: u16) {
        self.bytes.extend(v.to_le_bytes());
    }

    fn u32(&mut self, v: u32) {
        self.bytes.extend(v.to_le_bytes());
    }

    fn u64(&mut self, v: u64) {
        self.bytes.extend(v.to_le_bytes());
    }

    fn at(&self) -> u32 {
        self.bytes.len() as u32
    }

    fn align(&mut self, to: usize) {
        while !self.bytes.len().is_multiple_of(to) {
            self.bytes.push(0);
        }
    }

    /// A 32-bit field filled by a relocation.
    fn reloc(&mut self, kind: RelocKind, target: Symbol, addend: i32) {
        let offset = self.at();
        self.relocs.push(Reloc { offset, kind, target, addend });
        self.u32(0);
    }

    /// A pointer: the address and the upper half.
    fn pointer(&mut self, target: Symbol, addend: i32) {
        self.reloc(RelocKind::Addr, target, addend);
        self.u32(0);
    }

    fn pointer_or_nil(&mut self, target: Option<Symbol>) {
        match target {
            Some(target) => self.pointer(target, 0),
            None => self.u64(0),
        }
    }

    fn slice(&mut self, target: Symbol, offset: u32, len: u64) {
        self.pointer(target, offset as i32);
        self.u64(len);
        self.u64(len);
    }
}

fn add_read_only(module: &mut Module, name: Symbol, align: u32, writer: Writer) {
    let Writer { bytes, mut relocs } = writer;
    relocs.sort_by_key(|r| r.offset);
    let size = bytes.len() as u32;
    module.add_data(Data { name, section: Section::ReadOnly, align, size, bytes, relocs, pointers: PointerMap::none() });
}

/// FNV-1a of a type's name; `abi.Type.Hash` only has to spread well and to agree between identical types.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811C_9DC5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

fn varint(out: &mut Vec<u8>, mut n: usize) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// The symbol of an encoded `abi.Name`. `package` is the path stored with an unexported name.
pub fn name_symbol(module: &mut Module, text: &str, tag: &[u8], exported: bool, embedded: bool, package: Option<&str>) -> Symbol {
    let mut bytes = vec![u8::from(exported) | u8::from(!tag.is_empty()) << 1 | u8::from(package.is_some()) << 2 | u8::from(embedded) << 3];
    varint(&mut bytes, text.len());
    bytes.extend(text.as_bytes());
    if !tag.is_empty() {
        varint(&mut bytes, tag.len());
        bytes.extend(tag);
    }
    let mut key = format!("name:{:x}:", bytes[0]);
    for byte in &bytes[1..] {
        key.push_str(&format!("{byte:02x}"));
    }
    if let Some(path) = package {
        key.push(':');
        key.push_str(path);
    }
    let symbol = module.symbols.intern(&key);
    if module.data(symbol).is_some() {
        return symbol;
    }
    let mut writer = Writer { bytes, relocs: Vec::new() };
    if let Some(path) = package {
        let path = name_symbol(module, path, &[], false, false, None);
        writer.reloc(RelocKind::Addr, path, 0);
    }
    add_read_only(module, symbol, 1, writer);
    symbol
}

/// The kind number of `abi.Kind` for a basic type.
fn basic_kind(basic: Basic) -> u8 {
    match basic {
        Basic::Bool | Basic::UntypedBool => 1,
        Basic::Int | Basic::UntypedInt => 2,
        Basic::Int8 => 3,
        Basic::Int16 => 4,
        Basic::Int32 | Basic::UntypedRune => 5,
        Basic::Int64 => 6,
        Basic::Uint => 7,
        Basic::Uint8 => 8,
        Basic::Uint16 => 9,
        Basic::Uint32 => 10,
        Basic::Uint64 => 11,
        Basic::Uintptr => 12,
        Basic::Float32 => 13,
        Basic::Float64 | Basic::UntypedFloat => 14,
        Basic::Complex64 => 15,
        Basic::Complex128 | Basic::UntypedComplex => 16,
        Basic::String | Basic::UntypedString => kind::STRING,
        Basic::UnsafePointer | Basic::UntypedNil => kind::UNSAFE_POINTER,
        Basic::Invalid => 0,
    }
}

/// Whether equality is equality of all bytes of the value: no floats, strings, interfaces, blank fields or padding.
pub fn is_regular_memory(host: &mut dyn Host, ty: TypeId) -> bool {
    match host.types().under(ty) {
        TypeKind::Basic(basic) => {
            !matches!(basic, Basic::Float32 | Basic::Float64 | Basic::Complex64 | Basic::Complex128 | Basic::String | Basic::Invalid)
        }
        TypeKind::Pointer(_) | TypeKind::Chan(..) => true,
        TypeKind::Array(_, elem) => is_regular_memory(host, elem),
        TypeKind::Struct(id) => {
            let fields = host.types().structure(id).fields.clone();
            let mut end = 0;
            let offsets = {
                let (layouts, types) = host.layouts();
                layouts.offsets(types, ty)
            };
            for (field, offset) in fields.iter().zip(offsets.iter()) {
                let field_type = host.types().type_of(*field);
                if *offset != end || host.types().object(*field).name.is_blank() || !is_regular_memory(host, field_type) {
                    return false;
                }
                end = offset + info(host, field_type).size;
            }
            end == info(host, ty).size
        }
        _ => false,
    }
}

fn info(host: &mut dyn Host, ty: TypeId) -> std::rc::Rc<TypeInfo> {
    let (layouts, types) = host.layouts();
    layouts.info(types, ty)
}

impl Descriptors {
    /// The descriptor of a canonical type without type parameters.
    pub fn of(&mut self, host: &mut dyn Host, ty: TypeId) -> Symbol {
        if let Some(symbol) = self.symbols.get(&ty)
            && host.module().data(*symbol).is_some()
        {
            return *symbol;
        }
        let symbol = self.symbol(host, ty);
        // Types may be recursive: the symbol exists before its parts are described.
        let placeholder =
            Data { name: symbol, section: Section::ReadOnly, align: 8, size: 0, bytes: Vec::new(), relocs: Vec::new(), pointers: PointerMap::none() };
        let id = host.module().add_data(placeholder);
        let Writer { bytes, mut relocs } = self.describe(host, ty, symbol);
        relocs.sort_by_key(|r| r.offset);
        let data = &mut host.module().datas[id.index()];
        data.size = bytes.len() as u32;
        data.bytes = bytes;
        data.relocs = relocs;
        self.made.push((ty, symbol));
        symbol
    }

    /// The symbol of a type's descriptor, which need not exist.
    pub fn symbol(&mut self, host: &mut dyn Host, ty: TypeId) -> Symbol {
        if let Some(symbol) = self.symbols.get(&ty) {
            return *symbol;
        }
        let base = format!("type:{}", host.types().link_string(ty));
        let mut symbol = host.module().symbols.intern(&base);
        // Types of different functions may share a name.
        let mut n = 1;
        while self.owners.get(&symbol).is_some_and(|owner| *owner != ty) {
            n += 1;
            symbol = host.module().symbols.intern(&format!("{base}·{n}"));
        }
        self.owners.insert(symbol, ty);
        self.symbols.insert(ty, symbol);
        symbol
    }

    /// The table of a concrete type for an interface type with methods that it implements; both canonical.
    pub fn itab(&mut self, host: &mut dyn Host, interface: TypeId, concrete: TypeId) -> Symbol {
        if let Some(symbol) = self.itabs.get(&(interface, concrete)) {
            return *symbol;
        }
        let inter = self.of(host, interface);
        let typ = self.of(host, concrete);
        let names = (host.module().symbols.name(inter).to_string(), host.module().symbols.name(typ).to_string());
        let symbol = host.module().symbols.intern(&format!("itab:{},{}", &names.1[5..], &names.0[5..]));
        self.itabs.insert((interface, concrete), symbol);
        self.itab_list.push(symbol);
        let mut w = Writer::default();
        w.pointer(inter, 0);
        w.pointer(typ, 0);
        w.u32(self.hash_of(host, concrete));
        w.u32(0);
        let methods = interface_methods(host.types(), interface);
        let set = host.types().method_set(concrete);
        for method in methods {
            let entry = set.iter().find(|entry| same_method(host.types(), entry.method, method)).cloned();
            let Some(entry) = entry else { panic!("lower: {} lacks a method of {}", names.1, names.0) };
            let function = host.table_method(concrete, &entry);
            self.add_candidate(host, concrete, &entry, function, None);
            w.reloc(RelocKind::MethodTable, function, 0);
            w.u32(0);
        }
        add_read_only(host.module(), symbol, 8, w);
        symbol
    }

    fn add_candidate(&mut self, host: &mut dyn Host, receiver: TypeId, entry: &MethodEntry, symbol: Symbol, table: Option<(Symbol, u32)>) {
        let signature = method_type(host.types(), entry.method);
        self.candidates.push(Candidate { receiver, entry: entry.clone(), signature, symbol, table });
    }

    fn hash_of(&mut self, host: &mut dyn Host, ty: TypeId) -> u32 {
        let symbol = self.symbol(host, ty);
        hash(host.module().symbols.name(symbol))
    }

    fn describe(&mut self, host: &mut dyn Host, ty: TypeId, symbol: Symbol) -> Writer {
        let named = named_object(host, ty);
        let under = host.types().under(ty);
        let is_basic = matches!(host.types().kind(ty), TypeKind::Basic(_));
        let methods = if matches!(under, TypeKind::Interface(_)) { Vec::new() } else { host.types().method_set(ty) };
        // The only predeclared type that reflect gives a package.
        let unsafe_pointer = matches!(host.types().kind(ty), TypeKind::Basic(Basic::UnsafePointer));
        let uncommon = named.is_some() || unsafe_pointer || !methods.is_empty();
        let mut w = Writer::default();
        self.common(host, ty, under, uncommon, named.is_some() || is_basic, named, &mut w);
        // Pointers, slices, arrays and channels belong to the package of their elements.
        let owner = named.or_else(|| match under {
            TypeKind::Pointer(elem) | TypeKind::Slice(elem) | TypeKind::Array(_, elem) | TypeKind::Chan(_, elem) => named_object(host, elem),
            _ => None,
        });
        let package = owner.and_then(|object| host.types().object(object).package);
        let package_path = match package {
            Some(p) => Some(host.types().package(p).path.as_str().to_string()),
            None => unsafe_pointer.then(|| "unsafe".to_string()),
        };
        // Bytes that follow the uncommon part: parameter and field lists.
        let mut tail = Writer::default();
        let extra = if uncommon { UNCOMMON_BYTES } else { 0 };
        match under {
            TypeKind::Basic(_) => {}
            TypeKind::Pointer(elem) | TypeKind::Slice(elem) => {
                let elem = self.part(host, elem);
                w.pointer(elem, 0);
            }
            TypeKind::Array(len, elem) => {
                let slice = host.types().slice_of(elem);
                let (elem, slice) = (self.part(host, elem), self.part(host, slice));
                w.pointer(elem, 0);
                w.pointer(slice, 0);
                w.u64(len.max(0) as u64);
            }
            TypeKind::Chan(direction, elem) => {
                let elem = self.part(host, elem);
                w.pointer(elem, 0);
                w.u64(match direction {
                    ChanDir::ReceiveOnly => 1,
                    ChanDir::SendOnly => 2,
                    ChanDir::Both => 3,
                });
            }
            TypeKind::Signature(id) => {
                let signature = host.types().signature(id).clone();
                w.u16(signature.params.len() as u16);
                w.u16(signature.results.len() as u16 | u16::from(signature.variadic) << 15);
                w.u32(0);
                for variable in signature.params.iter().chain(signature.results.iter()) {
                    let ty = host.types().type_of(*variable);
                    let part = self.part(host, ty);
                    tail.pointer(part, 0);
                }
            }
            TypeKind::Interface(_) => {
                let list = interface_methods(host.types(), ty);
                let path = package_path.clone().or_else(|| unexported_package(host.types(), &list));
                let path_name = path.as_ref().map(|p| name_symbol(host.module(), p, &[], false, false, None));
                w.pointer_or_nil(path_name);
                w.slice(symbol, TYPE_BYTES + 32 + extra, list.len() as u64);
                for method in &list {
                    let name = method_name(host, *method, path.as_deref());
                    let signature = method_type(host.types(), *method);
                    let signature = self.of(host, signature);
                    tail.reloc(RelocKind::Addr, name, 0);
                    tail.reloc(RelocKind::Addr, signature, 0);
                }
                debug_assert_eq!(tail.at(), list.len() as u32 * IMETHOD_BYTES);
            }
            TypeKind::Map(key, elem) => self.map(host, key, elem, &mut w),
            TypeKind::Struct(id) => {
                let structure = host.types().structure(id).clone();
                let offsets = {
                    let (layouts, types) = host.layouts();
                    layouts.offsets(types, ty)
                };
                let path = unexported_package(host.types(), &structure.fields);
                let path = path.map(|p| name_symbol(host.module(), &p, &[], false, false, None));
                w.pointer_or_nil(path);
                w.slice(symbol, TYPE_BYTES + 32 + extra, structure.fields.len() as u64);
                for (i, field) in structure.fields.iter().enumerate() {
                    let object = host.types().object(*field);
                    let (text, exported, embedded) = (object.name.as_str(), object.is_exported(), object.is_embedded());
                    let name = name_symbol(host.module(), text, structure.tag(i), exported, embedded, None);
                    let field_type = host.types().type_of(*field);
                    let part = self.part(host, field_type);
                    tail.pointer(name, 0);
                    tail.pointer(part, 0);
                    tail.u64(offsets[i]);
                }
                debug_assert_eq!(tail.at(), structure.fields.len() as u32 * STRUCT_FIELD_BYTES);
            }
            kind => panic!("lower: a descriptor for a type of kind {kind:?}"),
        }
        w.align(8);
        if uncommon {
            let exported = methods.iter().filter(|entry| host.types().object(entry.method).is_exported()).count();
            match &package_path {
                Some(path) => {
                    let path = name_symbol(host.module(), path, &[], false, false, None);
                    w.reloc(RelocKind::Addr, path, 0);
                }
                None => w.u32(0),
            }
            w.u16(methods.len() as u16);
            w.u16(exported as u16);
            w.u32(UNCOMMON_BYTES + tail.at());
            w.u32(0);
        }
        let base = w.at();
        w.bytes.append(&mut tail.bytes);
        w.relocs.extend(tail.relocs.into_iter().map(|r| Reloc { offset: r.offset + base, ..r }));
        for entry in &methods {
            let name = method_name(host, entry.method, package_path.as_deref());
            let signature = method_type(host.types(), entry.method);
            let signature = self.symbol(host, signature);
            let function = host.table_method(ty, entry);
            let start = w.at();
            self.add_candidate(host, ty, entry, function, Some((symbol, start)));
            w.reloc(RelocKind::Addr, name, 0);
            w.reloc(RelocKind::WeakAddr, signature, 0);
            w.reloc(RelocKind::MethodTable, function, 0);
            w.reloc(RelocKind::MethodTable, function, 0);
            debug_assert_eq!(w.at() - start, METHOD_BYTES);
        }
        w
    }

    /// The fields of `abi.Type`.
    #[allow(clippy::too_many_arguments)] // one caller; the values are computed there anyway
    fn common(&mut self, host: &mut dyn Host, ty: TypeId, under: TypeKind, uncommon: bool, has_name: bool, named: Option<ObjectId>, w: &mut Writer) {
        let info = info(host, ty);
        w.u64(info.size);
        w.u64(info.ptr_bytes);
        let hash = self.hash_of(host, ty);
        w.u32(hash);
        let text = host.types().reflect_string(ty);
        let starred = text.starts_with('*');
        let mut flags = 0;
        if uncommon {
            flags |= TFLAG_UNCOMMON;
        }
        if !starred {
            flags |= TFLAG_EXTRA_STAR;
        }
        if has_name {
            flags |= TFLAG_NAMED;
        }
        if is_regular_memory(host, ty) {
            flags |= TFLAG_REGULAR_MEMORY;
        }
        if info.is_direct() {
            flags |= TFLAG_DIRECT_IFACE;
        }
        w.u8(flags);
        w.u8(info.align as u8);
        w.u8(info.align as u8);
        w.u8(match under {
            TypeKind::Basic(basic) => basic_kind(basic),
            TypeKind::Array(..) => kind::ARRAY,
            TypeKind::Chan(..) => kind::CHAN,
            TypeKind::Signature(_) => kind::FUNC,
            TypeKind::Interface(_) => kind::INTERFACE,
            TypeKind::Map(..) => kind::MAP,
            TypeKind::Pointer(_) => kind::POINTER,
            TypeKind::Slice(_) => kind::SLICE,
            TypeKind::Struct(_) => kind::STRUCT,
            _ => 0,
        });
        let comparable = host.types().is_comparable(ty, true);
        let equality = comparable.then(|| host.equality(ty));
        w.pointer_or_nil(equality);
        let mask = gc_mask(host, ty);
        w.pointer_or_nil(mask);
        // A pointer type is exported if what it points to is.
        let shown_type = match under {
            TypeKind::Pointer(elem) if named.is_none() => named_object(host, elem),
            _ => named,
        };
        let exported = shown_type.is_some_and(|object| host.types().object(object).is_exported());
        let shown = if starred { text.clone() } else { format!("*{text}") };
        let name = name_symbol(host.module(), &shown, &[], exported, false, None);
        w.reloc(RelocKind::Addr, name, 0);
        let pointer = host.types().pointer_to(ty);
        let pointer = host.types().canonical(pointer);
        let pointer = self.symbol(host, pointer);
        w.reloc(RelocKind::WeakAddr, pointer, 0);
        debug_assert_eq!(w.at(), TYPE_BYTES);
        if !has_name {
            let symbol = self.symbol(host, ty);
            self.links.push((text, symbol));
        }
    }

    /// The descriptor of a component, which may not be canonical.
    fn part(&mut self, host: &mut dyn Host, ty: TypeId) -> Symbol {
        let ty = host.types().canonical(ty);
        self.of(host, ty)
    }

    /// The rest of `abi.MapType`.
    fn map(&mut self, host: &mut dyn Host, key: TypeId, elem: TypeId, w: &mut Writer) {
        let (key, elem) = (host.types().canonical(key), host.types().canonical(elem));
        let (key_size, elem_size) = (info(host, key).size, info(host, elem).size);
        let indirect = (key_size > MAX_INLINE_BYTES, elem_size > MAX_INLINE_BYTES);
        let slot_key = if indirect.0 { host.types().pointer_to(key) } else { key };
        let slot_elem = if indirect.1 { host.types().pointer_to(elem) } else { elem };
        // A group is a control word and slots, each a key and its element.
        let (group, slot, elem_at) = {
            let (layouts, types) = host.layouts();
            let (slot, offsets) = layouts.fields(types, &[slot_key, slot_elem]);
            let mut map = PointerMap::none();
            layouts.mark_pointers(types, slot_key, 0, &mut map);
            layouts.mark_pointers(types, slot_elem, offsets[1], &mut map);
            let start = 8u64.next_multiple_of(slot.align);
            let bytes = (start + slot.size * GROUP_SLOTS as u64).next_multiple_of(slot.align.max(8));
            let ptr_bytes = if slot.ptr_bytes == 0 { 0 } else { start + slot.size * (GROUP_SLOTS as u64 - 1) + slot.ptr_bytes };
            let mut pointers = PointerMap::none();
            if slot.ptr_bytes > 0 {
                for word in map.repeat((slot.size / 8) as u32, GROUP_SLOTS as u32).iter() {
                    pointers.set(word + (start / 8) as u32);
                }
            }
            // A group of empty slots still has room for an address behind its control word.
            let bytes = if slot.size == 0 { bytes + 8 } else { bytes };
            (Group { bytes, align: slot.align.max(8), ptr_bytes, pointers, start }, slot.size, offsets[1])
        };
        let (key_symbol, elem_symbol) = (self.part(host, key), self.part(host, elem));
        let group_symbol = group_descriptor(host, &group, key_symbol, elem_symbol);
        let hasher = host.hasher(key);
        w.pointer(key_symbol, 0);
        w.pointer(elem_symbol, 0);
        w.pointer(group_symbol, 0);
        w.pointer(hasher, 0);
        w.u64(group.bytes);
        w.u64(group.start);
        w.u64(slot);
        w.u64(group.start + elem_at);
        w.u64(slot);
        w.u64(elem_at);
        let update = needs_key_update(host.types(), key);
        let panics = hash_might_panic(host.types(), key);
        w.u32(u32::from(update) | u32::from(panics) << 1 | u32::from(indirect.0) << 2 | u32::from(indirect.1) << 3);
    }
}

/// Layout of a map group.
struct Group {
    bytes: u64,
    align: u64,
    ptr_bytes: u64,
    pointers: PointerMap,
    /// Where the slots begin.
    start: u64,
}

/// A bare `abi.Type` for a map group: only size and pointers matter, nobody asks for its name.
fn group_descriptor(host: &mut dyn Host, group: &Group, key: Symbol, elem: Symbol) -> Symbol {
    let symbols = &host.module().symbols;
    let name = format!("mapgroup:{},{}", symbols.name(key), symbols.name(elem));
    let symbol = host.module().symbols.intern(&name);
    if host.module().data(symbol).is_some() {
        return symbol;
    }
    let mask = mask_symbol(host.module(), &group.pointers, group.ptr_bytes);
    let mut w = Writer::default();
    w.u64(group.bytes);
    w.u64(group.ptr_bytes);
    w.u32(hash(&name));
    w.u8(0);
    w.u8(group.align as u8);
    w.u8(group.align as u8);
    w.u8(kind::STRUCT);
    w.u64(0);
    w.pointer_or_nil(mask);
    w.u64(0);
    w.pointer_or_nil(None);
    w.slice(symbol, TYPE_BYTES + 32, 0);
    add_read_only(host.module(), symbol, 8, w);
    symbol
}

/// Bitmap of the pointer words of a type, shared between types that agree.
fn gc_mask(host: &mut dyn Host, ty: TypeId) -> Option<Symbol> {
    let info = info(host, ty);
    if !info.has_pointers() {
        return None;
    }
    let map = {
        let (layouts, types) = host.layouts();
        layouts.pointers(types, ty)
    };
    mask_symbol(host.module(), &map, info.ptr_bytes)
}

fn mask_symbol(module: &mut Module, map: &PointerMap, ptr_bytes: u64) -> Option<Symbol> {
    if ptr_bytes == 0 {
        return None;
    }
    let mut bytes = vec![0u8; (ptr_bytes / 8).div_ceil(8) as usize];
    for word in map.iter() {
        bytes[word as usize / 8] |= 1 << (word % 8);
    }
    let mut name = String::from("gcmask:");
    for byte in &bytes {
        name.push_str(&format!("{byte:02x}"));
    }
    let symbol = module.symbols.intern(&name);
    if module.data(symbol).is_none() {
        add_read_only(module, symbol, 1, Writer { bytes, relocs: Vec::new() });
    }
    Some(symbol)
}

/// All methods of an interface type, sorted.
pub fn interface_methods(types: &mut Types, interface: TypeId) -> Vec<ObjectId> {
    match types.under(interface) {
        TypeKind::Interface(id) => types.type_set(id).methods.to_vec(),
        _ => Vec::new(),
    }
}

/// Whether two method objects have the same name, which for unexported ones includes the package.
pub fn same_method(types: &Types, a: ObjectId, b: ObjectId) -> bool {
    let (a, b) = (types.object(a), types.object(b));
    a.name == b.name && (a.is_exported() || a.package == b.package)
}

/// The canonical type of a method without its receiver.
pub fn method_type(types: &mut Types, method: ObjectId) -> TypeId {
    let ty = types.type_of(method);
    let ty = match types.kind(ty) {
        TypeKind::Signature(id) if types.signature(id).receiver.is_some() => {
            let signature = types.signature(id).clone();
            let params: Vec<TypeId> = signature.params.iter().map(|p| types.type_of(*p)).collect();
            let results: Vec<TypeId> = signature.results.iter().map(|p| types.type_of(*p)).collect();
            types.func_of(&params, &results, signature.variadic)
        }
        _ => ty,
    };
    types.canonical(ty)
}

/// What declares a type.
fn named_object(host: &mut dyn Host, ty: TypeId) -> Option<ObjectId> {
    let ty = host.types().canonical(ty);
    let named = host.types().as_named(ty)?;
    Some(host.types().named(named).object)
}

/// The name of a method. An unexported one says its package, unless that is the one of the type, at path `within`.
fn method_name(host: &mut dyn Host, method: ObjectId, within: Option<&str>) -> Symbol {
    let object = host.types().object(method);
    let (text, exported, package) = (object.name.as_str(), object.is_exported(), object.package);
    let path = match package {
        Some(package) if !exported => Some(host.types().package(package).path.as_str()).filter(|path| within != Some(*path)),
        _ => None,
    };
    name_symbol(host.module(), text, &[], exported, false, path)
}

/// The package of the first unexported field or method.
fn unexported_package(types: &Types, objects: &[ObjectId]) -> Option<String> {
    objects.iter().map(|o| types.object(*o)).find(|o| !o.is_exported()).and_then(|o| o.package).map(|p| types.package(p).path.as_str().to_string())
}

/// Whether assigning to an existing key must overwrite the key: it may compare equal and look different (+0 and -0, strings that would
/// keep other memory alive).
fn needs_key_update(types: &mut Types, ty: TypeId) -> bool {
    match types.under(ty) {
        TypeKind::Basic(basic) => {
            matches!(basic, Basic::Float32 | Basic::Float64 | Basic::Complex64 | Basic::Complex128 | Basic::String)
        }
        TypeKind::Interface(_) => true,
        TypeKind::Array(_, elem) => needs_key_update(types, elem),
        TypeKind::Struct(id) => {
            let fields = types.structure(id).fields.clone();
            fields.iter().any(|field| {
                let ty = types.type_of(*field);
                needs_key_update(types, ty)
            })
        }
        _ => false,
    }
}

fn hash_might_panic(types: &mut Types, ty: TypeId) -> bool {
    match types.under(ty) {
        TypeKind::Interface(_) => true,
        TypeKind::Array(_, elem) => hash_might_panic(types, elem),
        TypeKind::Struct(id) => {
            let fields = types.structure(id).fields.clone();
            fields.iter().any(|field| {
                let ty = types.type_of(*field);
                hash_might_panic(types, ty)
            })
        }
        _ => false,
    }
}
