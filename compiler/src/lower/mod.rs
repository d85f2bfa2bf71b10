//! Typed syntax to IR.
//!
//! Lowering is driven by demand: from the roots (the runtime's entry points, initialisation, `main.main`) it follows references, and a
//! function's body is checked and lowered when its symbol is first asked for. So a program pays only for what it can reach.
//!
//! # Reachability of methods
//! A method named by a type descriptor or an itab is lowered only if some interface method of that name and type is called, or wanted by
//! a type assertion to an interface; [`Lowerer::use_interface_method`] notes these. Objects on the heap are described to the collector by
//! *shapes*, bare descriptors without name, methods or equality, so that allocating a type keeps nothing alive.
//!
//! # Values
//! See [`layout`] for how values map to scalars and memory, [`func`] for variables, [`call`] and [`names`] for the calling convention,
//! [`defer`] for deferred calls and recovery, [`init`] for package initialisation.

pub mod arith;
pub mod assign;
pub mod builtin;
pub mod builtins;
pub mod call;
pub mod closure;
pub mod convert;
pub mod defer;
pub mod equality;
pub mod expr;
mod family;
pub mod func;
pub mod given;
pub mod host;
pub mod iface;
pub mod init;
pub mod intrinsic;
pub mod layout;
pub mod literal;
pub mod map;
pub mod names;
pub mod range;
pub mod range_func;
pub mod reflection;
pub mod select;
pub mod static_data;
pub mod stmt;
pub mod switch;
#[cfg(test)]
mod tests;
mod text;
pub mod typedesc;
pub mod wrapper;

use std::collections::HashMap;
use std::rc::Rc;

use crate::ir::{Data, Function, Layout, Module, PointerMap, Section, SrcLoc, Symbol};
use crate::source::Pos;
use crate::syntax::ast::File;
use crate::types::check::Checker;
use crate::types::hash::{FastMap, FastSet};
use crate::types::{Info, ObjectId, PackageId, TypeId, TypeKind, Types};

use layout::{Layouts, Offsets, TypeInfo};
use names::{FunctionRef, Instantiation};
use typedesc::Descriptors;

/// Larger values than this do not live in stack slots.
pub const MAX_SLOT_BYTES: u64 = 64 << 10;

/// Size of the overlay's `itabCache`.
const ITAB_CACHE_BYTES: u32 = 16 * 8;

/// A package of the program.
#[derive(Debug)]
pub struct Unit<'a> {
    pub package: PackageId,
    pub files: Vec<&'a File>,
}

/// A checked program.
pub struct Program<'a> {
    pub checker: Checker<'a>,
    /// In the order of initialisation, every package after those it imports; the overlay's package runtime among them.
    pub units: Vec<Unit<'a>>,
    pub main: PackageId,
    /// All functions of the main package are wanted, and what they call may be missing.
    pub whole: bool,
    /// Values from outside the program text.
    pub given: given::Given,
}

/// What lowering gives.
pub struct Lowered {
    pub module: Module,
    /// Static interface tables, and type descriptors sorted by their strings.
    pub itabs: Vec<Symbol>,
    pub type_links: Vec<Symbol>,
    /// Call records of reflection, and whether only this list keeps them.
    pub call_records: Vec<(Symbol, bool)>,
    /// Functions of which the runtime wants the closure objects: what the main goroutine runs, and the end of an unrecovered panic.
    pub main: Symbol,
    pub fatal_panic: Symbol,
    /// Errors, with their positions: missing functions, mistakes in bodies that were not checked before.
    pub problems: Vec<(Pos, String)>,
}

/// Something to lower.
pub enum Work<'a> {
    Function(FunctionRef),
    Literal(Box<closure::Literal<'a>>),
    Initializer(usize),
}

/// The whole program while it is lowered.
pub struct Lowerer<'a> {
    pub checker: Checker<'a>,
    pub module: Module,
    pub units: Vec<Unit<'a>>,
    pub main: PackageId,
    whole: bool,
    pub problems: Vec<(Pos, String)>,
    layouts: Layouts,
    descriptors: Descriptors,
    queue: Vec<Work<'a>>,
    /// Functions that were asked for, by link name.
    requested: FastSet<Symbol>,
    /// Runtime functions, so that checks need not look names up.
    required: FastSet<&'static str>,
    functions: FastMap<FunctionRef, Symbol>,
    plans: FastMap<FunctionRef, Rc<func::Plan>>,
    globals: FastMap<ObjectId, Symbol>,
    linknames: names::Linknames,
    init: init::Initialisation<'a>,
    given: given::Values,
    /// Directories of source files that the program names otherwise.
    directories: HashMap<String, String>,
    statics: static_data::Statics,
    /// Method names (with package if unexported) and types that are called through interfaces.
    used_methods: FastSet<(crate::syntax::Symbol, Option<PackageId>, TypeId)>,
    /// Methods of interface types that are called, by the names of their families, and the names.
    families: FastMap<Symbol, (TypeId, u32)>,
    family_names: FastMap<(TypeId, u32), Symbol>,
    /// Candidates of the descriptors that were looked at.
    candidates_seen: usize,
    pending_candidates: Vec<typedesc::Candidate>,
    reflection: reflection::Reflection,
    wrappers: FastMap<Symbol, wrapper::Wrapper>,
    files: FastMap<Box<str>, u32>,
    hex_type: Option<TypeId>,
    /// A body did not pass the checker.
    failed: bool,
}

/// Lowers a program.
pub fn lower(program: Program<'_>) -> Lowered {
    let mut lw = Lowerer::new(program);
    lw.run();
    let (main, fatal_panic) = (lw.runtime_thunk("main"), lw.runtime_thunk("fatalpanic"));
    lw.drain();
    lw.finish_init();
    lw.drain();
    lw.finish_families();
    let Lowerer { module, mut descriptors, reflection, problems, .. } = lw;
    let mut call_records = reflection.records;
    // A record that is strong once is strong.
    call_records.sort_by_key(|(symbol, strong)| (symbol.index(), !strong));
    call_records.dedup_by_key(|(symbol, _)| *symbol);
    descriptors.links.sort();
    Lowered {
        module,
        itabs: descriptors.itab_list,
        type_links: descriptors.links.into_iter().map(|(_, symbol)| symbol).collect(),
        call_records,
        main,
        fatal_panic,
        problems,
    }
}

impl<'a> Lowerer<'a> {
    fn new(program: Program<'a>) -> Lowerer<'a> {
        let Program { checker, units, main, whole, given } = program;
        let mut lw = Lowerer {
            checker,
            module: Module::default(),
            units,
            main,
            whole,
            problems: Vec::new(),
            layouts: Layouts::default(),
            descriptors: Descriptors::default(),
            queue: Vec::new(),
            requested: FastSet::default(),
            required: FastSet::default(),
            functions: FastMap::default(),
            plans: FastMap::default(),
            globals: FastMap::default(),
            linknames: names::Linknames::default(),
            init: init::Initialisation::default(),
            given: given::Values::default(),
            directories: HashMap::new(),
            statics: static_data::Statics::default(),
            used_methods: FastSet::default(),
            families: FastMap::default(),
            family_names: FastMap::default(),
            candidates_seen: 0,
            pending_candidates: Vec::new(),
            reflection: reflection::Reflection::default(),
            wrappers: FastMap::default(),
            files: FastMap::default(),
            hex_type: None,
            failed: false,
        };
        lw.collect_linknames();
        lw.find_given(given);
        lw
    }

    fn run(&mut self) {
        self.prepare_init();
        self.require("runtime.main");
        self.require("runtime.fatalpanic");
        if self.whole {
            self.request_package();
        }
        self.drain();
    }

    /// Lowers what was asked for until nothing is left.
    fn drain(&mut self) {
        loop {
            while let Some(work) = self.queue.pop() {
                // Syntax that did not pass the checker cannot be lowered.
                if self.failed {
                    return;
                }
                match work {
                    Work::Function(function) if self.postpones(&function) => {}
                    Work::Function(function) => self.lower_function(&function),
                    Work::Literal(literal) => self.lower_literal(*literal),
                    Work::Initializer(index) => self.lower_initializer(index),
                }
            }
            let methods = self.request_methods();
            let reflected = self.follow_reflection();
            if !methods && !reflected && !self.lower_postponed() {
                break;
            }
        }
    }

    // Access.

    pub fn types(&mut self) -> &mut Types {
        &mut self.checker.types
    }

    pub fn types_ref(&self) -> &Types {
        &self.checker.types
    }

    pub fn info(&self) -> &Info {
        &self.checker.info
    }

    pub fn canonical(&mut self, ty: TypeId) -> TypeId {
        self.checker.types.canonical(ty)
    }

    /// A type with the type arguments of an instance put in, canonical.
    pub fn resolve(&mut self, ty: TypeId, inst: &Instantiation) -> TypeId {
        let ty = if inst.is_empty() { ty } else { self.checker.types.substitute(ty, &inst.substitution) };
        self.checker.types.canonical(ty)
    }

    pub fn object_type(&mut self, object: ObjectId) -> TypeId {
        let ty = self.checker.types.type_of(object);
        self.canonical(ty)
    }

    pub fn type_info(&mut self, ty: TypeId) -> Rc<TypeInfo> {
        self.layouts.info(&mut self.checker.types, ty)
    }

    pub fn offsets(&mut self, ty: TypeId) -> Offsets {
        self.layouts.offsets(&mut self.checker.types, ty)
    }

    pub fn pointers(&mut self, ty: TypeId) -> PointerMap {
        self.layouts.pointers(&mut self.checker.types, ty)
    }

    /// Canonical types of the fields of a struct type.
    pub fn field_types(&mut self, ty: TypeId) -> Vec<TypeId> {
        let TypeKind::Struct(id) = self.types().under(ty) else { panic!("lower: fields of a type that is no struct") };
        let fields = self.types().structure(id).fields.clone();
        fields.iter().map(|field| self.object_type(*field)).collect()
    }

    pub fn is_interface(&mut self, ty: TypeId) -> bool {
        matches!(self.types().under(ty), TypeKind::Interface(_))
    }

    pub fn is_empty_interface(&mut self, ty: TypeId) -> bool {
        match self.types().under(ty) {
            TypeKind::Interface(id) => self.types().type_set(id).methods.is_empty(),
            _ => false,
        }
    }

    /// `runtime.hex`, which print shows in base 16.
    pub fn is_hex_type(&mut self, ty: TypeId) -> bool {
        if self.hex_type.is_none() {
            let found = self.find_object("runtime.hex").map(|object| self.object_type(object));
            self.hex_type = Some(found.unwrap_or(TypeId::INVALID));
        }
        self.hex_type == Some(ty)
    }

    // Positions.

    pub fn loc(&mut self, pos: Pos) -> SrcLoc {
        let location = self.checker.sources.location(pos);
        let line = location.line;
        if let Some(file) = self.files.get(location.file) {
            return SrcLoc { file: *file, line, inline: 0 };
        }
        let file = self.module.files.len() as u32;
        let name = self.file_name(location.file);
        self.module.files.push(name);
        self.files.insert(location.file.into(), file);
        SrcLoc { file, line, inline: 0 }
    }

    /// A position for messages about ourselves.
    pub fn describe(&self, pos: Pos) -> String {
        let location = self.checker.sources.location(pos);
        format!("{}:{}", location.file, location.line)
    }

    /// Takes over what the checker found since there were `before` diagnostics.
    fn take_diagnostics(&mut self, before: usize) {
        for diagnostic in self.checker.diagnostics.split_off(before) {
            if !diagnostic.soft {
                self.failed = true;
                self.problem(diagnostic.pos, diagnostic.message);
            }
        }
    }

    pub fn problem(&mut self, pos: Pos, text: String) {
        self.problems.push((pos, text));
    }

    // Output.

    pub fn add_func(&mut self, func: Function) {
        if self.module.func(func.name).is_none() {
            self.module.add_func(func);
        }
    }

    /// Claims a generated function: true for the first who asks.
    pub fn begin_generated(&mut self, symbol: Symbol) -> bool {
        self.requested.insert(symbol)
    }

    pub fn read_only(&mut self, name: &str, align: u32, bytes: Vec<u8>) -> Symbol {
        let symbol = self.module.symbols.intern(name);
        if self.module.data(symbol).is_none() {
            let size = bytes.len() as u32;
            let data = Data { name: symbol, section: Section::ReadOnly, align, size, bytes, relocs: Vec::new(), pointers: PointerMap::none() };
            self.module.add_data(data);
        }
        symbol
    }

    /// The bytes of a string constant.
    pub fn bytes_data(&mut self, bytes: &[u8]) -> Symbol {
        if let Some(symbol) = self.statics.strings.get(bytes) {
            return *symbol;
        }
        let name = format!("go:string.{}", self.statics.strings.len());
        let symbol = self.read_only(&name, 1, bytes.to_vec());
        self.statics.strings.insert(bytes.into(), symbol);
        symbol
    }

    /// What values of size 0 point to.
    pub fn zero_base(&mut self) -> Symbol {
        self.read_only("go:zerobase", 8, vec![0; 8])
    }

    /// At least so many zero bytes.
    pub fn zero_value(&mut self, size: u64) -> Symbol {
        let size = size.next_power_of_two();
        let symbol = self.module.symbols.intern(&format!("go:zero.{size}"));
        if self.module.data(symbol).is_none() {
            self.module.add_data(Data {
                name: symbol,
                section: Section::Bss,
                align: 8,
                size: size as u32,
                bytes: Vec::new(),
                relocs: Vec::new(),
                pointers: PointerMap::none(),
            });
        }
        symbol
    }

    /// The `itabCache` of an interface type, by its descriptor.
    pub fn itab_cache(&mut self, descriptor: Symbol) -> Symbol {
        let name = format!("itabcache:{}", &self.module.symbols.name(descriptor)["type:".len()..]);
        let symbol = self.module.symbols.intern(&name);
        if self.module.data(symbol).is_none() {
            let data = Data {
                name: symbol,
                section: Section::Bss,
                align: 8,
                size: ITAB_CACHE_BYTES,
                bytes: Vec::new(),
                relocs: Vec::new(),
                pointers: PointerMap::none(),
            };
            self.module.add_data(data);
        }
        symbol
    }

    /// All values of one byte, for interfaces that hold them.
    pub fn byte_table(&mut self) -> Symbol {
        self.read_only("go:bytes", 1, (0..=255).collect())
    }

    /// The collector's view of a type, and whether it holds no pointers. Arrays are described by their elements.
    pub fn shape(&mut self, ty: TypeId) -> (Symbol, bool) {
        let mut ty = ty;
        while let TypeKind::Array(_, elem) = self.types().under(ty) {
            let elem = self.canonical(elem);
            if self.type_info(ty).size <= 256 || self.type_info(elem).size == 0 {
                break;
            }
            ty = elem;
        }
        let noscan = !self.type_info(ty).has_pointers();
        (self.shape_descriptor(ty), noscan)
    }

    /// A shape for the runtime's own allocation functions, which read size and pointers from it.
    pub fn shape_descriptor(&mut self, ty: TypeId) -> Symbol {
        let info = self.type_info(ty);
        let map = self.pointers(ty);
        self.shape_of(info.bytes(), info.align as u32, info.ptr_bytes, map)
    }

    pub fn shape_of(&mut self, bytes: u32, align: u32, ptr_bytes: u64, map: PointerMap) -> Symbol {
        use std::fmt::Write;
        let mut mask = vec![0u8; (ptr_bytes / 8).div_ceil(8) as usize];
        for word in map.iter() {
            mask[word as usize / 8] |= 1 << (word % 8);
        }
        let mut name = format!("shape:{bytes}.{align}.");
        // Long masks would make long names; equal layouts that are hashed alike are equal for all practical purposes.
        if mask.len() <= 32 {
            for byte in &mask {
                let _ = write!(name, "{byte:02x}");
            }
        } else {
            let hash = mask.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
            let _ = write!(name, "{ptr_bytes}.{hash:016x}");
        }
        let symbol = self.module.symbols.intern(&name);
        if self.module.data(symbol).is_some() {
            return symbol;
        }
        // abi.Type: size, pointer bytes, hash, flags, alignments, kind; no equality; the bitmap behind it.
        let mut data = Vec::with_capacity(48 + mask.len());
        data.extend(u64::from(bytes).to_le_bytes());
        data.extend(ptr_bytes.to_le_bytes());
        data.extend([0; 4]);
        data.extend([0, align as u8, align as u8, 25]);
        data.extend([0; 24]);
        let mut relocs = Vec::new();
        if ptr_bytes > 0 {
            relocs.push(crate::ir::Reloc { offset: 32, kind: crate::ir::RelocKind::Addr, target: symbol, addend: 48 });
            data.extend(mask);
        }
        let size = data.len() as u32;
        self.module.add_data(Data { name: symbol, section: Section::ReadOnly, align: 8, size, bytes: data, relocs, pointers: PointerMap::none() });
        self.module.layouts.insert(symbol, Layout { bytes, align, pointers: map });
        symbol
    }

    // Descriptors.

    fn with_descriptors<R>(&mut self, f: impl FnOnce(&mut Descriptors, &mut Lowerer<'a>) -> R) -> R {
        let mut descriptors = std::mem::take(&mut self.descriptors);
        let result = f(&mut descriptors, self);
        self.descriptors = descriptors;
        result
    }

    /// The descriptor of a type.
    pub fn type_descriptor(&mut self, ty: TypeId) -> Symbol {
        self.with_descriptors(|descriptors, lw| descriptors.of(lw, ty))
    }

    /// The descriptor of a type whose values are put into interfaces.
    pub fn interface_type(&mut self, ty: TypeId) -> Symbol {
        self.type_descriptor(ty)
    }

    pub fn map_descriptor(&mut self, ty: TypeId) -> Symbol {
        let under = self.types().underlying(ty);
        let under = self.canonical(under);
        self.type_descriptor(under)
    }

    /// The descriptor of an interface type to which values are converted at run time: its methods may be called.
    pub fn interface_descriptor(&mut self, ty: TypeId) -> Symbol {
        for index in 0..self.interface_methods(ty).len() {
            self.use_interface_method(ty, index as u32);
        }
        self.type_descriptor(ty)
    }

    /// The descriptor of an interface type for messages.
    pub fn interface_descriptor_only(&mut self, ty: TypeId) -> Symbol {
        self.type_descriptor(ty)
    }

    pub fn itab(&mut self, concrete: TypeId, interface: TypeId) -> Symbol {
        self.with_descriptors(|descriptors, lw| descriptors.itab(lw, interface, concrete))
    }

    pub fn interface_methods(&mut self, ty: TypeId) -> Vec<ObjectId> {
        typedesc::interface_methods(self.types(), ty)
    }

    /// Notes that a method of an interface type is called.
    pub fn use_interface_method(&mut self, interface: TypeId, index: u32) {
        let method = self.interface_methods(interface)[index as usize];
        let signature = typedesc::method_type(self.types(), method);
        let object = self.types_ref().object(method);
        let package = if object.is_exported() { None } else { object.package };
        let name = object.name;
        self.used_methods.insert((name, package, signature));
    }

    /// Asks for the methods that interface calls may reach; whether there was a new one.
    fn request_methods(&mut self) -> bool {
        let mut list = std::mem::take(&mut self.pending_candidates);
        list.extend_from_slice(&self.descriptors.candidates[self.candidates_seen..]);
        self.candidates_seen = self.descriptors.candidates.len();
        let mut any = false;
        for candidate in list {
            let object = self.types_ref().object(candidate.entry.method);
            let package = if object.is_exported() { None } else { object.package };
            let key = (object.name, package, candidate.signature);
            if self.used_methods.contains(&key) || self.is_reflected(&candidate) {
                any |= self.request_symbol(candidate.symbol);
            } else {
                self.pending_candidates.push(candidate);
            }
        }
        any
    }
}

impl typedesc::Host for Lowerer<'_> {
    fn types(&mut self) -> &mut Types {
        &mut self.checker.types
    }

    fn module(&mut self) -> &mut Module {
        &mut self.module
    }

    fn layouts(&mut self) -> (&mut Layouts, &mut Types) {
        (&mut self.layouts, &mut self.checker.types)
    }

    fn table_method(&mut self, receiver: TypeId, entry: &crate::types::MethodEntry) -> Symbol {
        self.method_for_table(receiver, entry)
    }

    fn equality(&mut self, ty: TypeId) -> Symbol {
        match self.equal_function(ty) {
            Some(symbol) => symbol,
            None => self.runtime_thunk("memequal0"),
        }
    }

    fn hasher(&mut self, key: TypeId) -> Symbol {
        self.hash_function(key)
    }
}
