//! Code generation: IR to relocatable wasm.
//!
//! A function goes through three steps. [`form`] decides which values are locals and which stay on the operand stack, and finds what lives
//! across each call site. [`graph`] and [`structure`] turn its graph into blocks, loops and branches. [`inst`] writes the instructions. The
//! second step and the third happen twice for a small function that can be thawed: [`copy`] has the fast copy and the resume copy, which share
//! the locals form and the sites, and the single copy of a larger one.

pub mod asm;
mod copy;
mod exits;
mod form;
mod graph;
pub mod inst;
mod linear;
mod loops;
mod memory_move;
pub mod object;
mod save;
mod structure;
mod trampoline;

pub use copy::{POLL_ROUNDS, ZEAL_ROUNDS};

use self::copy::Kind;
use self::save::{Shape, fail_code, reserve_code, thaw_code};
use crate::freeze::{poll, suspend};
use crate::ir::{self, Module, RelocKind, Section, Symbol};
use asm::Asm;
use form::{Context, Form, val_type};
use graph::Graph;
use object::{Code, Data, DataReloc, Defers, Function, GoFunction, Import, Inline, Place, Position, Site, SymbolId, TypeId, Unit, Word};
use std::collections::HashMap;
use warren_abi::frame;
use wasm_encoder::{Instruction as I, ValType};

/// Symbol of the static closure object of a function.
#[must_use]
pub fn closure_name(function: &str) -> String {
    format!("{function}·f")
}

/// What code generation of a module has made so far.
pub struct Generator<'a> {
    context: Context<'a>,
    unit: Unit,
    symbols: Vec<SymbolId>,
    closures: HashMap<Symbol, SymbolId>,
    saves: HashMap<Shape, SymbolId>,
    fails: HashMap<(String, Shape), SymbolId>,
}

fn bitmap(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    let mut bits: Vec<u8> = Vec::new();
    for word in words {
        let byte = word as usize / 8;
        if bits.len() <= byte {
            bits.resize(byte + 1, 0);
        }
        bits[byte] |= 1 << (word % 8);
    }
    bits
}

fn position(loc: ir::SrcLoc, inline_base: u32) -> Position {
    Position { file: loc.file, line: loc.line, inline: if loc.inline == 0 { 0 } else { inline_base + loc.inline } }
}

/// Code of the high half of an unsigned 64-bit product, from four 32-bit ones.
fn mul_high_code() -> Code {
    let mut asm = Asm::new(&[ValType::I64; 2]);
    let (a, b, middle, low) = (0, 1, 2, 3);
    let half = |asm: &mut Asm, local: u32, high: bool| {
        asm.op(&I::LocalGet(local));
        if high {
            asm.i64_const(32);
            asm.op(&I::I64ShrU);
        } else {
            asm.i64_const(0xFFFF_FFFF);
            asm.op(&I::I64And);
        }
    };
    // middle = high(a) * low(b) + high(low(a) * low(b))
    half(&mut asm, a, true);
    half(&mut asm, b, false);
    asm.op(&I::I64Mul);
    half(&mut asm, a, false);
    half(&mut asm, b, false);
    asm.op(&I::I64Mul);
    asm.i64_const(32);
    asm.op(&I::I64ShrU);
    asm.op(&I::I64Add);
    asm.op(&I::LocalSet(middle));
    // low = low(a) * high(b) + low(middle)
    half(&mut asm, a, false);
    half(&mut asm, b, true);
    asm.op(&I::I64Mul);
    half(&mut asm, middle, false);
    asm.op(&I::I64Add);
    asm.op(&I::LocalSet(low));
    half(&mut asm, a, true);
    half(&mut asm, b, true);
    asm.op(&I::I64Mul);
    half(&mut asm, middle, true);
    asm.op(&I::I64Add);
    half(&mut asm, low, true);
    asm.op(&I::I64Add);
    asm.finish()
}

impl Generator<'_> {
    fn symbol(&self, symbol: Symbol) -> SymbolId {
        self.symbols[symbol.index()]
    }

    fn symbol_named(&mut self, name: &str) -> SymbolId {
        self.unit.symbols.intern(name)
    }

    fn runtime(&mut self, name: &str) -> SymbolId {
        self.unit.symbols.intern(&format!("rt_{name}"))
    }

    /// The symbol of data; for a function, that of its closure object.
    fn data_symbol(&mut self, symbol: Symbol) -> SymbolId {
        let module = self.context.module;
        if module.func(symbol).is_some() { self.closure(symbol) } else { self.symbol(symbol) }
    }

    /// The static closure object of a function.
    fn closure(&mut self, function: Symbol) -> SymbolId {
        if let Some(&symbol) = self.closures.get(&function) {
            return symbol;
        }
        let module = self.context.module;
        let symbol = self.unit.symbols.intern(&closure_name(module.symbols.name(function)));
        let relocs = vec![DataReloc { offset: 0, word: Word::TableIndex(self.symbol(function)) }];
        self.unit.datas.push(Data { symbol, bytes: vec![0; 8], size: 8, align: 8, place: Place::ReadOnly, relocs, pointers: Vec::new() });
        self.closures.insert(function, symbol);
        symbol
    }

    fn sig_type(&mut self, sig: ir::Sig) -> TypeId {
        let signature = &self.context.module.sigs[sig];
        let params: Vec<ValType> = signature.params.iter().map(|&ty| val_type(ty)).collect();
        let results: Vec<ValType> = signature.results.iter().map(|&ty| val_type(ty)).collect();
        self.unit.symbols.function_type(&params, &results)
    }

    /// A function that generated code calls, made when it is first asked for.
    fn helper(&mut self, name: &str, params: &[ValType], results: &[ValType], code: impl FnOnce() -> Code) -> SymbolId {
        if let Some(symbol) = self.unit.symbols.find(name) {
            return symbol;
        }
        let symbol = self.unit.symbols.intern(name);
        let ty = self.unit.symbols.function_type(params, results);
        self.unit.functions.push(Function { symbol, ty, code: code(), go: None });
        symbol
    }

    /// The function that makes room for a frame.
    fn reserve(&mut self) -> SymbolId {
        let grow = self.runtime("unwind_grow");
        self.helper("go:reserve", &[ValType::I32], &[ValType::I32], || reserve_code(grow))
    }

    /// The function that stores results of these types in the result area.
    fn give_results(&mut self, results: &[ValType]) -> SymbolId {
        self.helper(&save::results_name(results), results, &[], || save::results_code(results))
    }

    fn save_helper(&mut self, shape: &Shape) -> SymbolId {
        if let Some(&symbol) = self.saves.get(shape) {
            return symbol;
        }
        let reserve = self.reserve();
        let note = shape.note.map(|name| self.runtime(name));
        let symbol = self.helper(&shape.name(), &shape.params(), &[], || shape.code(reserve, note));
        self.saves.insert(shape.clone(), symbol);
        symbol
    }

    fn fail_helper(&mut self, panic: &str, args: &[ValType], shape: &Shape) -> SymbolId {
        let key = (panic.to_string(), shape.clone());
        if let Some(&symbol) = self.fails.get(&key) {
            return symbol;
        }
        let save = self.save_helper(shape);
        let target = self.unit.symbols.intern(panic);
        let params: Vec<ValType> = args.iter().copied().chain(shape.tail()).collect();
        let symbol = self.helper(&format!("{}.{panic}", shape.name()), &params, &[], || fail_code(target, args, shape, save));
        self.fails.insert(key, symbol);
        symbol
    }

    /// The function that gives the high half of an unsigned 64-bit product.
    fn mul_high(&mut self) -> SymbolId {
        self.helper("go:mulhigh", &[ValType::I64; 2], &[ValType::I64], mul_high_code)
    }

    fn data(&mut self, data: &ir::Data) {
        let relocs = data
            .relocs
            .iter()
            .map(|reloc| {
                let word = match reloc.kind {
                    RelocKind::Addr => Word::Address(self.data_symbol(reloc.target), reloc.addend),
                    RelocKind::Table => Word::TableIndex(self.symbol(reloc.target)),
                    // Lowering makes the methods that can be called; the others have no function.
                    RelocKind::MethodTable if self.context.module.func(reloc.target).is_some() => Word::TableIndex(self.symbol(reloc.target)),
                    RelocKind::MethodTable => Word::WeakTableIndex(self.symbol(reloc.target)),
                    RelocKind::WeakAddr => Word::WeakAddress(self.symbol(reloc.target), reloc.addend),
                    RelocKind::FuncId => Word::FuncId(self.symbol(reloc.target)),
                };
                DataReloc { offset: reloc.offset, word }
            })
            .collect();
        let place = match data.section {
            Section::ReadOnly => Place::ReadOnly,
            Section::Data | Section::Bss if data.pointers.is_empty() => Place::Data,
            Section::Data | Section::Bss => Place::Roots,
        };
        self.unit.datas.push(Data {
            symbol: self.symbol(data.name),
            bytes: data.bytes.clone(),
            size: data.size,
            align: data.align.max(1),
            place,
            relocs,
            pointers: bitmap(data.pointers.iter()),
        });
    }
}

impl<'a> Generator<'a> {
    fn is_bare(&self, func: &ir::Function) -> bool {
        self.context.sigs()[func.sig].params.len() == usize::from(func.attrs.closure)
    }

    fn function(&mut self, func: &'a ir::Function) {
        let form = Form::new(&self.context, func);
        let symbol = self.symbol(func.name);
        let ty = self.sig_type(func.sig);
        let results: Vec<ValType> = self.context.sigs()[func.sig].results.iter().map(|&ty| val_type(ty)).collect();

        let module = self.context.module;
        let inline_base = self.unit.inlines.len() as u32;
        for call in &func.inlines {
            let declared = module.func(call.func).map(|id| module[id].loc).unwrap_or_default();
            self.unit.inlines.push(Inline {
                name: module.symbols.name(call.func).to_string(),
                declared: position(declared, 0),
                bare: module.func(call.func).is_some_and(|id| self.is_bare(&module[id])),
                wrapper: module.func(call.func).is_some_and(|id| module[id].attrs.wrapper),
                call: position(call.call, inline_base),
            });
        }
        let sites: Vec<Site> = form
            .sites
            .iter()
            .map(|site| Site {
                position: position(site.inst.map_or(func.loc, |inst| func.loc(inst)), inline_base),
                slots: site.live.len() as u32 + u32::from(form.linear.is_some()),
                pointers: bitmap((0..).zip(&site.live).filter(|(_, value)| func.ty(**value) == ir::Type::Ptr).map(|(slot, _)| slot)),
                linear: bitmap(site.linear.iter().copied()),
                no_return: !site.resumes(),
            })
            .collect();
        let linear = form.linear.as_ref();
        let defers = func.defer.map(|defer| {
            let offset = |slot: Option<ir::Slot>| slot.zip(linear).map_or(frame::defer::NONE, |(slot, linear)| linear.offsets[slot.index()]);
            let recover = form.sites.iter().position(|site| site.kind == form::SiteKind::Recover);
            Defers {
                mask_offset: offset(defer.mask),
                first_slot_offset: offset(defer.closures),
                slot_count: defer.count,
                list_offset: offset(defer.list),
                recover_site: recover.map_or(0, |site| site as u32),
            }
        });

        let (code, thaw) = match &form.single {
            Some(loops) => {
                let code = copy::write(self, &form, &Graph::single(&form, loops), symbol, Kind::Single, &results);
                let params = &form.locals[..form.params as usize];
                let give = (!results.is_empty()).then(|| self.give_results(&results));
                (code, Some(thaw_code(symbol, params, give)))
            }
            None => {
                let code = copy::write(self, &form, &Graph::fast(&form), symbol, Kind::Fast, &results);
                let resumes = form.resumable().next().is_some();
                (code, resumes.then(|| copy::write(self, &form, &Graph::resume(&form), symbol, Kind::Resume, &results)))
            }
        };
        let resume = thaw.map(|code| {
            let resume = self.unit.symbols.intern(&format!("{}·resume", module.symbols.name(func.name)));
            let ty = self.unit.symbols.function_type(&[ValType::I32], &[]);
            self.unit.functions.push(Function { symbol: resume, ty, code, go: None });
            resume
        });
        let go = GoFunction {
            resume,
            sites,
            position: position(func.loc, 0),
            linear_bytes: linear.map_or(0, |linear| linear.bytes),
            objects: linear.map_or_else(Vec::new, |linear| linear.objects.clone()),
            linear_pointers: linear.map_or_else(Vec::new, |linear| bitmap(linear.pointers.iter().copied())),
            defers,
            wrapper: func.attrs.wrapper,
            bare: self.is_bare(func),
        };
        self.unit.functions.push(Function { symbol, ty, code, go: Some(Box::new(go)) });
    }
}

/// Generates code for a module into a unit, to which the runtime is added. Polls are inserted into the module on the way: they freeze after
/// `poll_rounds` rounds, or when the runtime asks if there is no such number.
#[must_use]
pub fn generate(module: &mut Module, threads: bool, poll_rounds: Option<i32>) -> Unit {
    let headers: Vec<Vec<ir::Block>> = module.funcs.iter().map(poll::loop_headers).collect();
    let has_loop: Vec<bool> = headers.iter().map(|list| !list.is_empty()).collect();
    let calls = suspend::analyse(module, &has_loop);
    for (index, func) in module.funcs.iter_mut().enumerate() {
        poll::insert_polls(func, &headers[index], calls.poll_entry[index]);
    }
    let module: &Module = module;
    let mut unit = Unit { files: module.files.clone(), ..Unit::default() };
    let symbols = (0..module.symbols.len()).map(|index| unit.symbols.intern(module.symbols.name(Symbol::new(index)))).collect();
    let mut generator = Generator {
        context: Context { module, may_suspend: &calls.may_suspend, threads, poll_rounds },
        unit,
        symbols,
        closures: HashMap::new(),
        saves: HashMap::new(),
        fails: HashMap::new(),
    };
    for import in &module.imports {
        let ty = generator.sig_type(import.sig);
        let symbol = generator.symbol(import.symbol);
        generator.unit.imports.push(Import { symbol, module: import.module.clone(), name: import.name.clone(), ty });
    }
    for func in &module.funcs {
        generator.function(func);
    }
    for data in &module.datas {
        generator.data(data);
    }
    for name in [ir::special::MAIN, ir::special::FATAL_PANIC] {
        if let Some(symbol) = module.symbols.find(name).filter(|&symbol| module.func(symbol).is_some()) {
            generator.closure(symbol);
        }
    }
    trampoline::add(&mut generator.unit);
    generator.unit
}

#[cfg(test)]
mod tests;
