//! Writes the module.

use super::LinkOptions;
use super::layout::{Layout, STACK_TOP};
use super::reach::Kept;
use super::start;
use crate::wasm::object::{Code, Global, Hole, SymbolId, Unit};
use std::borrow::Cow;
use std::collections::HashMap;
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataCountSection, DataSection, ElementSection, Elements, Encode, EntityType, ExportKind, ExportSection,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemorySection, MemoryType, Module, NameMap, NameSection, RefType,
    TableSection, TableType, TypeSection, ValType,
};

const PAGE: u64 = 65536;

/// A run of zeros at least this long splits a data segment: the head of the next one costs about as much.
const ZERO_RUN: usize = 24;

/// Final numbers of functions and types.
struct Numbers<'a> {
    kept: &'a Kept,
    layout: &'a Layout,
    function: HashMap<SymbolId, u32>,
    /// By type of the unit; types get numbers in the order of their first use.
    types: Vec<Option<u32>>,
    used: Vec<u32>,
}

impl Numbers<'_> {
    fn type_number(&mut self, ty: crate::wasm::object::TypeId) -> u32 {
        let used = &mut self.used;
        *self.types[ty.0 as usize].get_or_insert_with(|| {
            used.push(ty.0);
            u32::try_from(used.len() - 1).expect("few types")
        })
    }

    fn body(&mut self, code: &Code) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(code.bytes.len() + code.relocs.len() * 3);
        let mut from = 0;
        for reloc in &code.relocs {
            bytes.extend_from_slice(&code.bytes[from..reloc.offset as usize]);
            from = reloc.offset as usize;
            let address = |symbol: SymbolId, addend: i32| self.layout.address[symbol.0 as usize].wrapping_add_signed(addend);
            match reloc.hole {
                Hole::Function(symbol) => self.function[&symbol].encode(&mut bytes),
                Hole::TableIndex(symbol) => self.kept.table_index[&symbol].cast_signed().encode(&mut bytes),
                Hole::Address(symbol, addend) => address(symbol, addend).encode(&mut bytes),
                Hole::AddressConst(symbol, addend) => address(symbol, addend).cast_signed().encode(&mut bytes),
                Hole::Type(ty) => self.type_number(ty).encode(&mut bytes),
                Hole::BlockType(ty) => i64::from(self.type_number(ty)).encode(&mut bytes),
                Hole::Site(symbol, number) => (self.kept.first_site[&symbol] + number).cast_signed().encode(&mut bytes),
            }
        }
        bytes.extend_from_slice(&code.bytes[from..]);
        bytes
    }
}

/// Splits the image at long runs of zeros: offset and length of each part.
fn segments(image: &[u8]) -> Vec<(usize, usize)> {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at < image.len() {
        let Some(start) = image[at..].iter().position(|&byte| byte != 0).map(|skip| at + skip) else { break };
        let mut end = start;
        let mut zeros = 0;
        let mut next = start;
        while next < image.len() && zeros < ZERO_RUN {
            if image[next] == 0 {
                zeros += 1;
            } else {
                zeros = 0;
                end = next + 1;
            }
            next += 1;
        }
        parts.push((start, end - start));
        at = next;
    }
    // Engines limit the number of segments.
    if parts.len() > 20_000 {
        let last = parts[parts.len() - 1];
        return vec![(0, last.0 + last.1)];
    }
    parts
}

fn init_body(parts: &[(usize, usize)]) -> Vec<u8> {
    let mut asm = crate::wasm::asm::Asm::new(&[]);
    for (index, &(start, length)) in (0..).zip(parts) {
        asm.i32_const(STACK_TOP.wrapping_add(u32::try_from(start).expect("fits memory")).cast_signed());
        asm.i32_const(0);
        asm.i32_const(i32::try_from(length).expect("fits memory"));
        asm.op(&Instruction::MemoryInit { mem: 0, data_index: index });
        asm.op(&Instruction::DataDrop(index));
    }
    asm.finish().bytes
}

/// The bytes of the module.
///
/// # Errors
/// Functions whose bodies are too large, with their sizes.
pub fn emit(
    unit: &Unit,
    kept: &Kept,
    layout: &Layout,
    exports: &[(&'static str, SymbolId)],
    options: &LinkOptions,
) -> Result<Vec<u8>, Vec<(u32, usize)>> {
    let count = |n: usize| u32::try_from(n).expect("fewer than 2^32 entries");
    let mut numbers = Numbers { kept, layout, function: HashMap::new(), types: vec![None; unit.symbols.type_count()], used: Vec::new() };
    for (number, &index) in kept.imports.iter().enumerate() {
        numbers.function.insert(unit.imports[index as usize].symbol, count(number));
    }
    for (number, &index) in kept.functions.iter().enumerate() {
        numbers.function.insert(unit.functions[index as usize].symbol, count(kept.imports.len() + number));
    }

    let mut imports = ImportSection::new();
    for &index in &kept.imports {
        let import = &unit.imports[index as usize];
        imports.import(&import.module, &import.name, EntityType::Function(numbers.type_number(import.ty)));
    }
    let memory = MemoryType {
        minimum: u64::from(layout.end).div_ceil(PAGE) + 1,
        maximum: options.threads.then_some(65536),
        memory64: false,
        shared: options.threads,
        page_size_log2: None,
    };
    if options.threads {
        imports.import("env", "memory", EntityType::Memory(memory));
    }

    let parts = segments(&layout.image);
    let init = unit.symbols.find(start::INIT);
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    let mut large = Vec::new();
    for &index in &kept.functions {
        let function = &unit.functions[index as usize];
        functions.function(numbers.type_number(function.ty));
        let body = if Some(function.symbol) == init { init_body(&parts) } else { numbers.body(&function.code) };
        if body.len() > super::BODY_BYTES {
            large.push((index, body.len()));
        }
        code.raw(&body);
    }
    if !large.is_empty() {
        return Err(large);
    }

    let mut types = TypeSection::new();
    for &ty in &numbers.used {
        let (params, results) = unit.symbols.type_of(crate::wasm::object::TypeId(ty));
        types.ty().function(params.iter().copied(), results.iter().copied());
    }
    let mut tables = TableSection::new();
    let slots = count(kept.table.len()) + 1;
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: u64::from(slots),
        maximum: Some(u64::from(slots)),
        shared: false,
    });
    let mut globals = GlobalSection::new();
    for global in Global::ALL {
        globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(start::initial(global, options)));
    }
    let mut export_section = ExportSection::new();
    if !options.threads {
        export_section.export("memory", ExportKind::Memory, 0);
    }
    for &(name, symbol) in exports {
        export_section.export(name, ExportKind::Func, numbers.function[&symbol]);
    }
    let mut elements = ElementSection::new();
    if !kept.table.is_empty() {
        let members: Vec<u32> = kept.table.iter().map(|symbol| numbers.function[symbol]).collect();
        elements.active(None, &ConstExpr::i32_const(1), Elements::Functions(Cow::Owned(members)));
    }
    let mut datas = DataSection::new();
    for &(start, length) in &parts {
        let bytes = layout.image[start..start + length].iter().copied();
        if options.threads {
            datas.passive(bytes);
        } else {
            let address = STACK_TOP.wrapping_add(count(start));
            datas.active(0, &ConstExpr::i32_const(address.cast_signed()), bytes);
        }
    }

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&tables);
    if !options.threads {
        let mut memories = MemorySection::new();
        memories.memory(memory);
        module.section(&memories);
    }
    module.section(&globals).section(&export_section).section(&elements);
    if options.threads {
        module.section(&DataCountSection { count: count(parts.len()) });
    }
    module.section(&code).section(&datas);
    if options.names {
        let mut map = NameMap::new();
        let named = kept.imports.iter().map(|&index| unit.imports[index as usize].symbol);
        let named = named.chain(kept.functions.iter().map(|&index| unit.functions[index as usize].symbol));
        for (number, symbol) in named.enumerate() {
            map.append(count(number), &shown_name(unit.symbols.name(symbol)));
        }
        let mut names = NameSection::new();
        names.functions(&map);
        module.section(&names);
    }
    let mut version = warren_abi::ABI_VERSION.to_le_bytes().to_vec();
    version.push(u8::from(options.threads));
    module.section(&CustomSection { name: Cow::Borrowed(warren_abi::ABI_SECTION), data: Cow::Owned(version) });
    Ok(module.finish())
}

/// The name of a function as tools show it: that of a Rust function by its path, as it is shorter, and readable.
fn shown_name(name: &str) -> Cow<'_, str> {
    match rustc_demangle::try_demangle(name) {
        Ok(path) => Cow::Owned(format!("{path:#}")),
        Err(_) => Cow::Borrowed(name),
    }
}
