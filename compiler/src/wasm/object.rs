//! Relocatable code and data: what code generation makes and the linker joins.
//!
//! Compiled Go code and the prebuilt runtime take the same form here. A function body is its bytes with *holes*: a relocation names a
//! position in the bytes at which the linker inserts a number of the final module. Nothing is reserved for it, so every LEB comes out as
//! short as it can be. Data holds four zero bytes where a relocation writes a `u32`.

use std::collections::HashMap;
use wasm_encoder::ValType;

/// A symbol: a function, a piece of data or (until it is defined) a mere name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbolId(pub u32);

/// A function type of the final module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeId(pub u32);

/// The wasm globals of a module, in the order of their indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Global {
    /// Stack pointer of Rust code.
    StackPointer,
    /// 1 while the goroutine freezes.
    State,
    /// Lowest frame in the unwind buffer.
    Unwind,
    /// Address of the machine.
    Machine,
    /// Linear stack pointer of the goroutine.
    LinearStack,
    /// Table index of the function that the deferring machinery calls.
    DeferTarget,
    /// What `StackPointer` starts at on this thread.
    StackBase,
    /// Rounds of loops left before the goroutine lets others run (single-thread build).
    Budget,
    /// Estimated bytes of native stack that functions on call-graph cycles use (single-thread build).
    Depth,
    /// Address of the trailer of the frame that the function which is called next thaws; 0 for a plain call.
    Frame,
}

impl Global {
    /// All globals.
    pub const ALL: [Global; 10] = [
        Global::StackPointer,
        Global::State,
        Global::Unwind,
        Global::Machine,
        Global::LinearStack,
        Global::DeferTarget,
        Global::StackBase,
        Global::Budget,
        Global::Depth,
        Global::Frame,
    ];

    /// Index in the module.
    #[must_use]
    pub fn index(self) -> u32 {
        self as u32
    }
}

/// What a hole in code is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hole {
    /// Function index, unsigned.
    Function(SymbolId),
    /// Table index of a function, signed.
    TableIndex(SymbolId),
    /// Address plus addend, unsigned (offset of a load or store).
    Address(SymbolId, i32),
    /// Address plus addend, signed (`i32.const`).
    AddressConst(SymbolId, i32),
    /// Function type index, unsigned.
    Type(TypeId),
    /// The same, signed: the type of a block.
    BlockType(TypeId),
    /// Id of a call site, by its function's symbol and number, signed.
    Site(SymbolId, u32),
}

/// A hole and the position of the byte it precedes.
#[derive(Clone, Copy, Debug)]
pub struct CodeReloc {
    pub offset: u32,
    pub hole: Hole,
}

/// A function body: locals and instructions, without its size.
#[derive(Clone, Debug, Default)]
pub struct Code {
    pub bytes: Vec<u8>,
    /// Ordered by offset.
    pub relocs: Vec<CodeReloc>,
}

/// What a relocation writes into data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// Address plus addend.
    Address(SymbolId, i32),
    /// Table index of a function.
    TableIndex(SymbolId),
    /// Address of data that something else may keep; 0 if nothing does.
    WeakAddress(SymbolId, i32),
    /// Id of a Go function.
    FuncId(SymbolId),
    /// Table index of a function that something else may keep; `u32::MAX` if it has none.
    WeakTableIndex(SymbolId),
}

/// A word to be written.
#[derive(Clone, Copy, Debug)]
pub struct DataReloc {
    pub offset: u32,
    pub word: Word,
}

/// Where data lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Statics of the runtime.
    Runtime,
    /// Never written by Go code: type descriptors, strings, tables.
    ReadOnly,
    /// Written, without pointers.
    Data,
    /// Written, with pointers: roots of the collector.
    Roots,
    /// A table that the runtime unpacks at the start.
    Packed,
    /// The stream it unpacks.
    Stream,
}

/// A piece of data.
#[derive(Clone, Debug)]
pub struct Data {
    pub symbol: SymbolId,
    /// The bytes up to the last that is not zero, or more.
    pub bytes: Vec<u8>,
    /// Size in bytes; what `bytes` lacks is zero.
    pub size: u32,
    pub align: u32,
    pub place: Place,
    pub relocs: Vec<DataReloc>,
    /// Bit per 8-byte word that holds a pointer; empty for none.
    pub pointers: Vec<u8>,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    pub symbol: SymbolId,
    pub ty: TypeId,
    pub code: Code,
    /// What a traceback and the debugging tables say about it; `None` for the runtime's functions and helpers.
    pub go: Option<Box<GoFunction>>,
}

/// What the tables hold about a Go function.
#[derive(Clone, Debug, Default)]
pub struct GoFunction {
    /// The function that thaws frames of this one, if it can freeze.
    pub resume: Option<SymbolId>,
    pub sites: Vec<Site>,
    /// File and line of the declaration.
    pub position: Position,
    pub linear_bytes: u32,
    /// The objects of the linear frame, first word and the word behind each, and the words of the frame that hold pointers, a bit each.
    pub objects: Vec<(u16, u16)>,
    pub linear_pointers: Vec<u8>,
    pub defers: Option<Defers>,
    pub wrapper: bool,
    /// Takes no parameters.
    pub bare: bool,
}

/// A position with the calls it was inlined through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Index into [`Unit::files`].
    pub file: u32,
    pub line: u32,
    /// 0, or 1 + index into [`Unit::inlines`].
    pub inline: u32,
}

/// One call site: a point at which the function can freeze.
#[derive(Clone, Debug, Default)]
pub struct Site {
    pub position: Position,
    /// Words of the frame, the linear word included.
    pub slots: u32,
    /// Bit per word that holds a pointer.
    pub pointers: Vec<u8>,
    /// The same for the linear frame.
    pub linear: Vec<u8>,
    pub no_return: bool,
}

/// Defer record of a function, as in the table (see the contract crate).
#[derive(Clone, Copy, Debug)]
pub struct Defers {
    pub mask_offset: u32,
    pub first_slot_offset: u32,
    pub slot_count: u32,
    pub list_offset: u32,
    /// Number of the site that leads to the return path.
    pub recover_site: u32,
}

/// One inlined call.
#[derive(Clone, Debug)]
pub struct Inline {
    /// Symbol name of the function that was inlined, and where it is declared.
    pub name: String,
    pub declared: Position,
    /// It takes no parameters.
    pub bare: bool,
    /// Compiler-made wrapper, left out of tracebacks.
    pub wrapper: bool,
    /// The call; `inline` names the parent.
    pub call: Position,
}

/// A function import.
#[derive(Clone, Debug)]
pub struct Import {
    pub symbol: SymbolId,
    pub module: String,
    pub name: String,
    pub ty: TypeId,
}

/// Names of symbols, and types.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    names: Vec<String>,
    by_name: HashMap<String, SymbolId>,
    types: Vec<(Vec<ValType>, Vec<ValType>)>,
    by_type: HashMap<(Vec<ValType>, Vec<ValType>), TypeId>,
}

impl Symbols {
    /// The symbol of that name, new or not.
    pub fn intern(&mut self, name: &str) -> SymbolId {
        if let Some(&id) = self.by_name.get(name) {
            return id;
        }
        let id = self.local(name);
        self.by_name.insert(name.to_string(), id);
        id
    }

    /// A new symbol that cannot be found by its name.
    pub fn local(&mut self, name: &str) -> SymbolId {
        let id = SymbolId(u32::try_from(self.names.len()).expect("fewer than 2^32 symbols"));
        self.names.push(name.to_string());
        id
    }

    /// The symbol of that name if there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<SymbolId> {
        self.by_name.get(name).copied()
    }

    #[must_use]
    pub fn name(&self, id: SymbolId) -> &str {
        &self.names[id.0 as usize]
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The function type, new or not.
    pub fn function_type(&mut self, params: &[ValType], results: &[ValType]) -> TypeId {
        let key = (params.to_vec(), results.to_vec());
        if let Some(&id) = self.by_type.get(&key) {
            return id;
        }
        let id = TypeId(u32::try_from(self.types.len()).expect("fewer than 2^32 types"));
        self.types.push(key.clone());
        self.by_type.insert(key, id);
        id
    }

    #[must_use]
    pub fn type_count(&self) -> usize {
        self.types.len()
    }

    #[must_use]
    pub fn type_of(&self, id: TypeId) -> (&[ValType], &[ValType]) {
        let (params, results) = &self.types[id.0 as usize];
        (params, results)
    }
}

/// Everything that is linked: the runtime and the program.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    pub symbols: Symbols,
    pub functions: Vec<Function>,
    pub datas: Vec<Data>,
    pub imports: Vec<Import>,
    /// Paths of source files.
    pub files: Vec<String>,
    pub inlines: Vec<Inline>,
    /// If the first is reached, so is the second: what the runtime calls through the module information once the first was called.
    pub follow: Vec<(SymbolId, SymbolId)>,
}
