//! What of the program and the runtime is used: functions, data, imports; and who gets a place in the table.

use crate::wasm::object::{Hole, SymbolId, Unit, Word};
use std::collections::HashMap;

/// What a symbol is, by index into the unit's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    Nothing,
    Function(u32),
    Data(u32),
    Import(u32),
}

/// The parts that stay, in their final order.
#[derive(Debug, Default)]
pub struct Kept {
    pub definitions: Vec<Definition>,
    /// Whether the symbol is reached.
    pub reached: Vec<bool>,
    pub imports: Vec<u32>,
    pub functions: Vec<u32>,
    pub datas: Vec<u32>,
    /// Symbols in the table; the first has index 1.
    pub table: Vec<SymbolId>,
    pub table_index: HashMap<SymbolId, u32>,
    /// Ids of Go functions, from 1.
    pub func_id: HashMap<SymbolId, u32>,
    /// Id of the first site of a function.
    pub first_site: HashMap<SymbolId, u32>,
}

impl Kept {
    pub fn is_reached(&self, symbol: SymbolId) -> bool {
        self.reached.get(symbol.0 as usize).copied().unwrap_or(false)
    }
}

struct Walk<'a> {
    unit: &'a Unit,
    kept: Kept,
    work: Vec<(SymbolId, SymbolId)>,
    missing: Vec<(SymbolId, SymbolId)>,
}

impl Walk<'_> {
    fn reach(&mut self, from: SymbolId, to: SymbolId) {
        if !std::mem::replace(&mut self.kept.reached[to.0 as usize], true) {
            self.work.push((from, to));
        }
    }

    fn tabulate(&mut self, from: SymbolId, to: SymbolId) {
        self.reach(from, to);
        if !self.kept.table_index.contains_key(&to) {
            self.kept.table.push(to);
            let index = u32::try_from(self.kept.table.len()).expect("fewer than 2^32 functions");
            self.kept.table_index.insert(to, index);
        }
    }

    fn visit(&mut self, from: SymbolId, symbol: SymbolId) {
        let unit = self.unit;
        for &(_, to) in unit.follow.iter().filter(|(when, _)| *when == symbol) {
            self.reach(symbol, to);
        }
        match self.kept.definitions[symbol.0 as usize] {
            Definition::Nothing => self.missing.push((from, symbol)),
            Definition::Import(_) => {}
            Definition::Function(index) => {
                let function = &unit.functions[index as usize];
                for reloc in &function.code.relocs {
                    match reloc.hole {
                        Hole::Function(to) | Hole::Address(to, _) | Hole::AddressConst(to, _) => self.reach(symbol, to),
                        Hole::TableIndex(to) => self.tabulate(symbol, to),
                        Hole::Type(_) | Hole::BlockType(_) | Hole::Site(..) => {}
                    }
                }
                if let Some(resume) = function.go.as_ref().and_then(|go| go.resume) {
                    self.tabulate(symbol, resume);
                }
            }
            Definition::Data(index) => {
                for reloc in &unit.datas[index as usize].relocs {
                    match reloc.word {
                        Word::Address(to, _) => self.reach(symbol, to),
                        Word::TableIndex(to) => self.tabulate(symbol, to),
                        Word::WeakAddress(..) | Word::WeakTableIndex(_) | Word::FuncId(_) => {}
                    }
                }
            }
        }
    }
}

/// Walks from `roots`.
pub fn reach(unit: &Unit, roots: &[(&'static str, SymbolId)]) -> Result<Kept, Vec<String>> {
    let count = unit.symbols.count();
    let mut definitions = vec![Definition::Nothing; count];
    let mut errors = Vec::new();
    let mut define = |symbol: SymbolId, definition: Definition| {
        let slot = &mut definitions[symbol.0 as usize];
        if *slot != Definition::Nothing {
            errors.push(format!("{} is defined twice", unit.symbols.name(symbol)));
        }
        *slot = definition;
    };
    for (index, import) in (0..).zip(&unit.imports) {
        define(import.symbol, Definition::Import(index));
    }
    for (index, function) in (0..).zip(&unit.functions) {
        define(function.symbol, Definition::Function(index));
    }
    for (index, data) in (0..).zip(&unit.datas) {
        define(data.symbol, Definition::Data(index));
    }
    let kept = Kept { definitions, reached: vec![false; count], ..Kept::default() };
    let mut walk = Walk { unit, kept, work: Vec::new(), missing: Vec::new() };
    for &(_, root) in roots {
        walk.reach(root, root);
    }
    while let Some((from, symbol)) = walk.work.pop() {
        walk.visit(from, symbol);
    }
    let Walk { mut kept, missing, .. } = walk;
    for (from, symbol) in missing {
        errors.push(format!("{}: relocation target {} not defined", unit.symbols.name(from), unit.symbols.name(symbol)));
    }
    if !errors.is_empty() {
        errors.sort();
        return Err(errors);
    }
    let pick = |symbols: &mut dyn Iterator<Item = SymbolId>| -> Vec<u32> {
        (0..).zip(symbols).filter(|(_, symbol)| kept.reached[symbol.0 as usize]).map(|(index, _)| index).collect()
    };
    kept.imports = pick(&mut unit.imports.iter().map(|import| import.symbol));
    kept.functions = pick(&mut unit.functions.iter().map(|function| function.symbol));
    kept.datas = pick(&mut unit.datas.iter().map(|data| data.symbol));
    Ok(kept)
}
