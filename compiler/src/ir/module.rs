//! A module: functions and data by link name, and the tables they share.

use std::collections::HashMap;

use super::func::{Function, PointerMap};
use super::value::{DataId, FuncId, Sig, Symbol, Type};

/// Interned link names.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    names: Vec<Box<str>>,
    index: HashMap<Box<str>, Symbol>,
}

impl Symbols {
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.index.get(name) {
            return *symbol;
        }
        let symbol = Symbol::new(self.names.len());
        self.names.push(name.into());
        self.index.insert(name.into(), symbol);
        symbol
    }

    pub fn find(&self, name: &str) -> Option<Symbol> {
        self.index.get(name).copied()
    }

    pub fn name(&self, symbol: Symbol) -> &str {
        &self.names[symbol.index()]
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Wasm parameters and results of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Signature {
    pub params: Box<[Type]>,
    pub results: Box<[Type]>,
}

/// Interned signatures.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    list: Vec<Signature>,
    index: HashMap<Signature, Sig>,
}

impl Signatures {
    pub fn intern(&mut self, params: &[Type], results: &[Type]) -> Sig {
        let signature = Signature { params: params.into(), results: results.into() };
        if let Some(sig) = self.index.get(&signature) {
            return *sig;
        }
        let sig = Sig::new(self.list.len());
        self.list.push(signature.clone());
        self.index.insert(signature, sig);
        sig
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl std::ops::Index<Sig> for Signatures {
    type Output = Signature;

    fn index(&self, sig: Sig) -> &Signature {
        &self.list[sig.index()]
    }
}

/// What a relocation writes into data: a little-endian u32 at its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelocKind {
    /// Address of a data symbol, plus the addend. If the target is a function: of its static closure object.
    Addr,
    /// Table index of a function.
    Table,
    /// Table index of a method in a type's method table: counts as a use only if a method of that name and type can be called. If it
    /// cannot, 0xFFFF_FFFF is written.
    MethodTable,
    /// Address of a data symbol that does not keep it alive; 0 if nothing else does.
    WeakAddr,
    /// Function id (see `warren_abi::frame`).
    FuncId,
}

/// A place in data that the linker fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reloc {
    pub offset: u32,
    pub kind: RelocKind,
    pub target: Symbol,
    pub addend: i32,
}

/// Where data lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// Never written; equal contents may be shared.
    ReadOnly,
    /// Initialised variables.
    Data,
    /// Variables that start as zero; `bytes` is empty.
    Bss,
}

/// A data symbol.
#[derive(Clone, Debug)]
pub struct Data {
    pub name: Symbol,
    pub section: Section,
    /// Power of two.
    pub align: u32,
    /// Size in memory; what lies behind `bytes` is zero.
    pub size: u32,
    pub bytes: Vec<u8>,
    /// Ascending offsets.
    pub relocs: Vec<Reloc>,
    /// Words that may hold pointers to the heap, i.e. roots of the collector. Pointers to data need no bit.
    pub pointers: PointerMap,
}

/// Size and pointers of a type, for passes that turn heap objects into slots; keyed by the type descriptor's symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub bytes: u32,
    pub align: u32,
    pub pointers: PointerMap,
}

/// A function of the host, `//go:wasmimport`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub symbol: Symbol,
    pub module: String,
    pub name: String,
    pub sig: Sig,
}

/// A whole program.
#[derive(Clone, Debug, Default)]
pub struct Module {
    pub symbols: Symbols,
    pub sigs: Signatures,
    /// Paths as Go programs see them; `SrcLoc::file` indexes this.
    pub files: Vec<String>,
    pub funcs: Vec<Function>,
    pub datas: Vec<Data>,
    pub imports: Vec<Import>,
    /// Of every type that a `New` names.
    pub layouts: HashMap<Symbol, Layout>,
    /// For a method of an interface type: the functions that the itabs of the program's types have there, if they are few. Types made at run
    /// time may have others.
    pub families: HashMap<Symbol, Vec<Symbol>>,
    func_index: HashMap<Symbol, FuncId>,
    data_index: HashMap<Symbol, DataId>,
}

impl Module {
    /// Adds a function; its name must be new.
    pub fn add_func(&mut self, func: Function) -> FuncId {
        let id = FuncId::new(self.funcs.len());
        let old = self.func_index.insert(func.name, id);
        debug_assert!(old.is_none(), "{} is defined once", self.symbols.name(func.name));
        self.funcs.push(func);
        id
    }

    /// Adds a data symbol; its name must be new.
    pub fn add_data(&mut self, data: Data) -> DataId {
        let id = DataId::new(self.datas.len());
        let old = self.data_index.insert(data.name, id);
        debug_assert!(old.is_none(), "{} is defined once", self.symbols.name(data.name));
        self.datas.push(data);
        id
    }

    pub fn func(&self, symbol: Symbol) -> Option<FuncId> {
        self.func_index.get(&symbol).copied()
    }

    pub fn data(&self, symbol: Symbol) -> Option<DataId> {
        self.data_index.get(&symbol).copied()
    }

    /// Keeps the functions for which `keep` says so.
    pub fn retain_funcs(&mut self, mut keep: impl FnMut(&Function) -> bool) {
        self.funcs.retain(|f| keep(f));
        self.func_index = self.funcs.iter().enumerate().map(|(i, f)| (f.name, FuncId::new(i))).collect();
    }
}

impl std::ops::Index<FuncId> for Module {
    type Output = Function;

    fn index(&self, id: FuncId) -> &Function {
        &self.funcs[id.index()]
    }
}

impl std::ops::Index<DataId> for Module {
    type Output = Data;

    fn index(&self, id: DataId) -> &Data {
        &self.datas[id.index()]
    }
}
