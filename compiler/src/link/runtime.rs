//! Reads the prebuilt runtime: one relocatable object with a data segment per static and symbols for everything.

use crate::wasm::object::{Code, CodeReloc, Data, DataReloc, Function, Global, Hole, Import, Place, SymbolId, TypeId, Unit, Word};
use std::ops::Range;
use wasm_encoder::ValType;
use wasmparser::{KnownCustom, Linking, Parser, Payload, RelocationEntry, RelocationType, SymbolInfo, TypeRef};

/// What a symbol index of the object stands for.
#[derive(Clone, Copy)]
enum Target {
    Symbol(SymbolId),
    Global(Global),
    /// The table, or something code cannot name.
    Other,
}

struct Segment {
    /// Symbol at offset 0 of the segment, which all others in it are relative to.
    symbol: Option<SymbolId>,
    range: Range<usize>,
    align: u32,
    bss: bool,
}

fn value_type(ty: wasmparser::ValType) -> Result<ValType, String> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        other => return Err(format!("the runtime uses the type {other}")),
    })
}

/// Adds the functions, data and imports of the runtime object to `unit`.
///
/// # Errors
/// The bytes are not an object of the expected form.
pub fn read(bytes: &[u8], unit: &mut Unit) -> Result<(), String> {
    Reader::default().read(bytes, unit).map_err(|message| format!("runtime object: {message}"))
}

#[derive(Default)]
struct Reader {
    types: Vec<TypeId>,
    /// Imported functions: module, name, type.
    imports: Vec<(String, String, TypeId)>,
    /// Types of defined functions.
    functions: Vec<TypeId>,
    bodies: Vec<Range<usize>>,
    segments: Vec<Segment>,
    code_start: usize,
    data_start: usize,
    code_section: u32,
    data_section: u32,
    code_relocs: Vec<RelocationEntry>,
    data_relocs: Vec<RelocationEntry>,
}

impl Reader {
    fn read(mut self, bytes: &[u8], unit: &mut Unit) -> Result<(), String> {
        let fail = |error: wasmparser::BinaryReaderError| error.to_string();
        let mut section = 0u32;
        let mut symbols: Vec<SymbolInfo> = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(fail)?;
            let counted = payload.as_section().is_some();
            match payload {
                Payload::TypeSection(types) => {
                    for ty in types.into_iter_err_on_gc_types() {
                        let ty = ty.map_err(fail)?;
                        let params = ty.params().iter().map(|&t| value_type(t)).collect::<Result<Vec<_>, _>>()?;
                        let results = ty.results().iter().map(|&t| value_type(t)).collect::<Result<Vec<_>, _>>()?;
                        self.types.push(unit.symbols.function_type(&params, &results));
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import.map_err(fail)?;
                        if let TypeRef::Func(ty) = import.ty {
                            self.imports.push((import.module.to_string(), import.name.to_string(), self.types[ty as usize]));
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        self.functions.push(self.types[ty.map_err(fail)? as usize]);
                    }
                }
                Payload::CodeSectionStart { range, .. } => {
                    self.code_start = range.start;
                    self.code_section = section;
                }
                Payload::CodeSectionEntry(body) => self.bodies.push(body.range()),
                Payload::DataSection(datas) => {
                    self.data_start = datas.range().start;
                    self.data_section = section;
                    for data in datas {
                        let data = data.map_err(fail)?;
                        let range = data.range.end - data.data.len()..data.range.end;
                        self.segments.push(Segment { symbol: None, range, align: 1, bss: false });
                    }
                }
                Payload::CustomSection(custom) => match custom.as_known() {
                    KnownCustom::Linking(linking) => {
                        for part in linking.subsections() {
                            match part.map_err(fail)? {
                                Linking::SegmentInfo(infos) => {
                                    for (info, segment) in infos.into_iter().zip(&mut self.segments) {
                                        let info = info.map_err(fail)?;
                                        segment.align = 1 << info.alignment;
                                        segment.bss = info.name.starts_with(".bss");
                                        if info.name.starts_with(".tdata") || info.name.starts_with(".tbss") {
                                            return Err(format!("{} is thread-local", info.name));
                                        }
                                    }
                                }
                                Linking::SymbolTable(table) => {
                                    for symbol in table {
                                        symbols.push(symbol.map_err(fail)?);
                                    }
                                }
                                _ => {}
                            }
                        }
                    }
                    KnownCustom::Reloc(relocs) => {
                        let list = if relocs.section_index() == self.code_section {
                            &mut self.code_relocs
                        } else if relocs.section_index() == self.data_section {
                            &mut self.data_relocs
                        } else {
                            continue;
                        };
                        for entry in relocs.entries() {
                            list.push(entry.map_err(fail)?);
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
            section += u32::from(counted);
        }
        self.build(bytes, &symbols, unit)
    }

    fn build(mut self, bytes: &[u8], symbols: &[SymbolInfo], unit: &mut Unit) -> Result<(), String> {
        let mut function_symbols: Vec<Vec<SymbolId>> = vec![Vec::new(); self.imports.len() + self.functions.len()];
        let mut targets = Vec::with_capacity(symbols.len());
        // Offset of a data symbol in its segment, by symbol index.
        let mut offsets = vec![0u32; symbols.len()];
        for (index, symbol) in symbols.iter().enumerate() {
            targets.push(match *symbol {
                SymbolInfo::Func { flags, index, name } => {
                    let function = index as usize;
                    let id = if flags.contains(wasmparser::SymbolFlags::BINDING_LOCAL) {
                        unit.symbols.local(name.unwrap_or(""))
                    } else {
                        match name {
                            Some(name) => unit.symbols.intern(name),
                            None => unit.symbols.local(&self.imports[function].1),
                        }
                    };
                    // Functions with equal bodies are one function with several names.
                    function_symbols[function].push(id);
                    Target::Symbol(id)
                }
                SymbolInfo::Data { flags, name, symbol: Some(defined) } => {
                    let segment = &mut self.segments[defined.index as usize];
                    offsets[index] = defined.offset;
                    if defined.offset == 0 && segment.symbol.is_none() && !flags.contains(wasmparser::SymbolFlags::BINDING_LOCAL) {
                        segment.symbol = Some(unit.symbols.intern(name));
                    }
                    let base = *segment.symbol.get_or_insert_with(|| unit.symbols.local(name));
                    Target::Symbol(base)
                }
                SymbolInfo::Data { name, symbol: None, .. } => Target::Symbol(unit.symbols.intern(name)),
                SymbolInfo::Global { name: None, .. } => Target::Global(Global::StackPointer),
                SymbolInfo::Global { name: Some("__stack_pointer"), .. } => Target::Global(Global::StackPointer),
                // The runtime keeps the machine in a global of its own; it is the one compiled code uses.
                SymbolInfo::Global { name: Some("warren_machine"), .. } => Target::Global(Global::Machine),
                SymbolInfo::Global { name: Some(name), .. } => return Err(format!("unknown global {name}")),
                _ => Target::Other,
            });
        }
        for (index, (module, name, ty)) in self.imports.iter().enumerate() {
            for &symbol in &function_symbols[index] {
                unit.imports.push(Import { symbol, module: module.clone(), name: name.clone(), ty: *ty });
            }
        }
        self.code_relocs.sort_by_key(|entry| entry.offset);
        self.data_relocs.sort_by_key(|entry| entry.offset);
        let mut entry = 0;
        for (index, range) in self.bodies.iter().enumerate() {
            let mut code = Code::default();
            let mut from = range.start;
            while let Some(reloc) = self.code_relocs.get(entry).filter(|reloc| self.code_start + (reloc.offset as usize) < range.end) {
                entry += 1;
                let at = self.code_start + reloc.offset as usize;
                let symbol = |expected: &str| match targets.get(reloc.index as usize) {
                    Some(&Target::Symbol(id)) => Ok(id),
                    _ => Err(format!("relocation against something that is no {expected}")),
                };
                #[expect(clippy::cast_possible_truncation, reason = "addends of a 32-bit object fit")]
                let addend = reloc.addend as i32;
                let data_addend =
                    || i32::try_from(offsets[reloc.index as usize]).map(|offset| addend.wrapping_add(offset)).map_err(|_| "offset".to_string());
                let hole = match reloc.ty {
                    RelocationType::FunctionIndexLeb => Hole::Function(symbol("function")?),
                    RelocationType::TableIndexSleb => Hole::TableIndex(symbol("function")?),
                    RelocationType::MemoryAddrLeb => Hole::Address(symbol("data")?, data_addend()?),
                    RelocationType::MemoryAddrSleb => Hole::AddressConst(symbol("data")?, data_addend()?),
                    RelocationType::TypeIndexLeb => Hole::Type(self.types[reloc.index as usize]),
                    RelocationType::GlobalIndexLeb => {
                        let Target::Global(global) = targets[reloc.index as usize] else {
                            return Err("relocation against an unknown global".to_string());
                        };
                        code.bytes.extend_from_slice(&bytes[from..at]);
                        code.bytes.push(u8::try_from(global.index()).expect("a small index"));
                        from = at + 5;
                        continue;
                    }
                    RelocationType::TableNumberLeb => {
                        code.bytes.extend_from_slice(&bytes[from..at]);
                        code.bytes.push(0);
                        from = at + 5;
                        continue;
                    }
                    other => return Err(format!("relocation {other:?} in code")),
                };
                code.bytes.extend_from_slice(&bytes[from..at]);
                code.relocs.push(CodeReloc { offset: u32::try_from(code.bytes.len()).expect("a body below 4 GiB"), hole });
                from = at + 5;
            }
            code.bytes.extend_from_slice(&bytes[from..range.end]);
            for &symbol in &function_symbols[self.imports.len() + index] {
                unit.functions.push(Function { symbol, ty: self.functions[index], code: code.clone(), go: None });
            }
        }
        let mut entry = 0;
        for segment in &self.segments {
            let content = &bytes[segment.range.clone()];
            let mut relocs = Vec::new();
            while let Some(reloc) = self.data_relocs.get(entry).filter(|reloc| self.data_start + (reloc.offset as usize) < segment.range.end) {
                entry += 1;
                let Some(&Target::Symbol(symbol)) = targets.get(reloc.index as usize) else {
                    return Err("relocation of data against something that is no symbol".to_string());
                };
                #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "addends of a 32-bit object fit")]
                let addend = (reloc.addend as i32).wrapping_add(offsets[reloc.index as usize] as i32);
                let word = match reloc.ty {
                    RelocationType::MemoryAddrI32 => Word::Address(symbol, addend),
                    RelocationType::TableIndexI32 => Word::TableIndex(symbol),
                    other => return Err(format!("relocation {other:?} in data")),
                };
                let offset = u32::try_from(self.data_start + reloc.offset as usize - segment.range.start).expect("an offset in the segment");
                relocs.push(DataReloc { offset, word });
            }
            let Some(symbol) = segment.symbol else { continue };
            unit.datas.push(Data {
                symbol,
                bytes: if segment.bss { Vec::new() } else { content.to_vec() },
                size: u32::try_from(content.len()).expect("a segment below 4 GiB"),
                align: segment.align,
                place: Place::Runtime,
                relocs,
                pointers: Vec::new(),
            });
        }
        Ok(())
    }
}
