//! Tables about functions and call sites that the runtime reads: for thawing, for the collector, for tracebacks and `runtime.Callers`.
//!
//! The records are those of the contract crate. The tables are made at link time, for what is kept alone: a site's id depends on which
//! functions stay.

use crate::ir::special;
use crate::link::{Kept, LinkOptions};
use crate::wasm::object::{Data, DataReloc, Defers, GoFunction, Inline, Place, Position, SymbolId, Unit, Word};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use warren_abi::frame::{self, DEFER_BYTES, FIRST_COMPILED_SITE, FUNC_BYTES, INLINE_BYTES, SITE_BYTES};
use warren_abi::module_info;

const NONE: u32 = u32::MAX;

/// Symbols of the tables.
pub struct Info {
    pub module_info: SymbolId,
    pub root_bitmap: SymbolId,
    /// Stream of the packed tables, which are the next three.
    pub packed: SymbolId,
    sites: SymbolId,
    funcs: SymbolId,
    inlines: SymbolId,
    files: SymbolId,
    /// Strings, bitmaps and defer records.
    pool: SymbolId,
}

impl Info {
    /// The packed table whose address is in this field of the module information.
    pub fn table(&self, field: u32) -> SymbolId {
        match field {
            module_info::SITES => self.sites,
            module_info::FUNCS => self.funcs,
            module_info::INLINES => self.inlines,
            _ => unreachable!("bug: link: no packed table is at {field}"),
        }
    }
}

/// A table under construction: bytes with words to be filled in.
#[derive(Default)]
struct Table {
    bytes: Vec<u8>,
    relocs: Vec<DataReloc>,
}

impl Table {
    fn grow(&mut self, bytes: u32) -> usize {
        let at = self.bytes.len();
        self.bytes.resize(at + bytes as usize, 0);
        at
    }

    fn set(&mut self, row: usize, field: u32, value: u32) {
        self.bytes[row + field as usize..][..4].copy_from_slice(&value.to_le_bytes());
    }

    fn set_word(&mut self, row: usize, field: u32, word: Word) {
        let offset = u32::try_from(row).expect("a table below 4 GiB") + field;
        self.relocs.push(DataReloc { offset, word });
    }

    fn rows(&self, bytes: u32) -> u32 {
        u32::try_from(self.bytes.len()).expect("a table below 4 GiB") / bytes
    }
}

/// Strings and bitmaps, each once.
#[derive(Default)]
struct Pool {
    bytes: Vec<u8>,
    relocs: Vec<DataReloc>,
    known: HashMap<Vec<u8>, u32>,
}

impl Pool {
    fn add(&mut self, bytes: &[u8]) -> i32 {
        if let Some(&at) = self.known.get(bytes) {
            return at.cast_signed();
        }
        let at = u32::try_from(self.bytes.len()).expect("a pool below 4 GiB");
        self.bytes.extend_from_slice(bytes);
        self.known.insert(bytes.to_vec(), at);
        at.cast_signed()
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).expect("a name below 4 GiB")
}

/// Declares the tables, so that they can be referred to, and lays out the module information.
pub fn declare(unit: &mut Unit) -> Info {
    let mut add = |name: &str, place| {
        let symbol = unit.symbols.intern(name);
        unit.datas.push(Data { symbol, bytes: Vec::new(), size: 0, align: 4, place, relocs: Vec::new(), pointers: Vec::new() });
        symbol
    };
    let info = Info {
        root_bitmap: add("go:rootbitmap", Place::ReadOnly),
        packed: add("go:packed", Place::Stream),
        sites: add("go:sites", Place::Packed),
        funcs: add("go:funcs", Place::Packed),
        inlines: add("go:inlines", Place::Packed),
        files: add("go:files", Place::ReadOnly),
        pool: add("go:pool", Place::ReadOnly),
        module_info: add(special::MODULE_INFO, Place::ReadOnly),
    };
    let mut table = Table::default();
    let row = table.grow(module_info::BYTES);
    table.set(row, module_info::VERSION, warren_abi::ABI_VERSION);
    let symbols = &mut unit.symbols;
    table.set_word(row, module_info::CALL_FRAME, Word::TableIndex(symbols.intern(special::CALL_FRAME)));
    table.set_word(row, module_info::SET_MACHINE, Word::TableIndex(symbols.intern(special::SET_MACHINE)));
    table.set_word(row, module_info::MAIN, Word::Address(symbols.intern(&crate::wasm::closure_name(special::MAIN)), 0));
    if let Some(symbol) = symbols.find(&crate::wasm::closure_name(special::FATAL_PANIC)) {
        // Only a program that can panic carries the code that prints panics.
        table.set_word(row, module_info::FATAL_PANIC, Word::WeakAddress(symbol, 0));
        if let Some(panics) = symbols.find("rt_gopanic") {
            unit.follow.push((panics, symbol));
        }
    }
    for (field, symbol) in [
        (module_info::PACKED, info.packed),
        (module_info::SITES, info.sites),
        (module_info::FUNCS, info.funcs),
        (module_info::INLINES, info.inlines),
        (module_info::FILES, info.files),
        (module_info::DATA_POINTERS, info.root_bitmap),
        (module_info::BUILD_INFO, info.pool),
    ] {
        table.set_word(row, field, Word::Address(symbol, 0));
    }
    for (field, count_field, name) in [
        (module_info::ITABS, module_info::ITAB_COUNT, special::ITABS),
        (module_info::TYPE_LINKS, module_info::TYPE_LINK_COUNT, special::TYPE_LINKS),
        (module_info::CALL_RECORDS, module_info::CALL_RECORD_COUNT, special::CALL_RECORDS),
    ] {
        if let Some(symbol) = symbols.find(name)
            && let Some(data) = unit.datas.iter().find(|data| data.symbol == symbol)
        {
            table.set_word(row, field, Word::Address(symbol, 0));
            table.set(row, count_field, data.size / 4);
        }
    }
    // The site table names these.
    for (name, field) in
        [(special::GO_ENTRY, frame::SITE_GO_ENTRY), (special::DEFER_CALL, frame::SITE_DEFER_CALL), (special::PANIC_STEP, frame::SITE_PANIC_STEP)]
    {
        let symbol = symbols.intern(name);
        let sites = unit.datas.iter_mut().find(|data| data.symbol == info.sites).expect("declared above");
        sites.relocs.push(DataReloc { offset: field * SITE_BYTES + frame::site::POSITION, word: Word::TableIndex(symbol) });
    }
    let data = unit.datas.last_mut().expect("declared above");
    data.size = module_info::BYTES;
    data.bytes = table.bytes;
    data.relocs = table.relocs;
    info
}

struct Builder<'a> {
    sites: Table,
    funcs: Table,
    inlines: Table,
    files: Table,
    pool: Pool,
    pool_symbol: SymbolId,
    file_index: HashMap<u32, u32>,
    /// Inline rows by index into the unit's list, 1 + row.
    inline_index: HashMap<u32, u32>,
    /// Function ids by name, for inlined functions that were not kept.
    by_name: HashMap<String, u32>,
    unit: &'a Unit,
}

/// The name that Go programs see of a function: thunks and method expressions are called like what they call, initializers of variables after
/// the function that runs them, instances without their type arguments.
fn shown_name(name: &str) -> String {
    let name = name.strip_suffix("·f").unwrap_or(name);
    let name = name.find("·of.").map_or(name, |at| &name[..at]);
    let name = match name.find(".init·") {
        Some(at) => &name[..at + 5],
        None => name,
    };
    match (name.find('['), name.rfind(']')) {
        (Some(start), Some(end)) if start < end => format!("{}[...]{}", &name[..start], &name[end + 1..]),
        _ => name.to_string(),
    }
}

/// A bitmap for `words` words: the collector reads a bit for each of them.
fn padded(bitmap: &[u8], words: u32) -> Vec<u8> {
    let mut bytes = bitmap.to_vec();
    bytes.resize(bytes.len().max(words.div_ceil(8) as usize), 0);
    bytes
}

impl Builder<'_> {
    fn file(&mut self, file: u32) -> u32 {
        if let Some(&index) = self.file_index.get(&file) {
            return index;
        }
        let index = self.files.rows(8);
        let path = self.unit.files.get(file as usize).map_or("?", String::as_str);
        let at = self.pool.add(path.as_bytes());
        let row = self.files.grow(8);
        self.files.set_word(row, 0, Word::Address(self.pool_symbol, at));
        self.files.set(row, 4, length(path));
        self.file_index.insert(file, index);
        index
    }

    /// A row of the function table without code.
    fn func_row(&mut self, name: &str, declared: Position) -> (u32, usize) {
        let id = self.funcs.rows(FUNC_BYTES);
        let row = self.funcs.grow(FUNC_BYTES);
        let shown = shown_name(name);
        let at = self.pool.add(shown.as_bytes());
        let file = self.file(declared.file);
        self.funcs.set_word(row, frame::func::NAME, Word::Address(self.pool_symbol, at));
        self.funcs.set(row, frame::func::NAME_LEN, length(&shown));
        self.funcs.set(row, frame::func::FILE, file);
        self.funcs.set(row, frame::func::LINE, declared.line);
        self.funcs.set(row, frame::func::TABLE_INDEX, NONE);
        self.by_name.insert(name.to_string(), id);
        (id, row)
    }

    fn set_flags(&mut self, row: usize, wrapper: bool, bare: bool) {
        let wrapper = if wrapper { frame::func::FLAG_WRAPPER } else { 0 };
        let bare = if bare { frame::func::FLAG_BARE } else { 0 };
        self.funcs.set(row, frame::func::FLAGS, wrapper | bare);
    }

    /// The row of a function that is inlined wherever it is called.
    fn inlined(&mut self, call: &Inline) -> u32 {
        let (id, row) = self.func_row(&call.name, call.declared);
        self.set_flags(row, call.wrapper, call.bare);
        id
    }

    fn inline(&mut self, inline: u32) -> u32 {
        if inline == 0 {
            return 0;
        }
        if let Some(&row) = self.inline_index.get(&inline) {
            return row;
        }
        let call = &self.unit.inlines[inline as usize - 1];
        let parent = self.inline(call.call.inline);
        let func = self.by_name.get(&call.name).copied().unwrap_or_else(|| self.inlined(call));
        let file = self.file(call.call.file);
        let row = self.inlines.grow(INLINE_BYTES);
        self.inlines.set(row, frame::inline::FUNC, func);
        self.inlines.set(row, frame::inline::CALL_FILE, file);
        self.inlines.set(row, frame::inline::CALL_LINE, call.call.line);
        self.inlines.set(row, frame::inline::PARENT, parent);
        let number = self.inlines.rows(INLINE_BYTES);
        self.inline_index.insert(inline, number);
        number
    }

    /// Sets the bitmaps of a site. `linear_words` is the size of its linear frame.
    fn bitmaps(&mut self, row: usize, pointers: &[u8], slots: u32, linear: &[u8], linear_words: u32, flags: &mut u16) {
        let mut bytes = pointers.to_vec();
        if !linear.is_empty() {
            *flags |= frame::site::FLAG_LINEAR_MAP;
            bytes = padded(pointers, slots);
            bytes.extend(padded(linear, linear_words));
        }
        if bytes.len() <= 4 {
            bytes.resize(4, 0);
            *flags |= frame::site::FLAG_INLINE_MAP;
            self.sites.bytes[row + frame::site::POINTERS as usize..][..4].copy_from_slice(&bytes);
        } else {
            let at = self.pool.add(&padded(&bytes, slots));
            self.sites.set_word(row, frame::site::POINTERS, Word::Address(self.pool_symbol, at));
        }
    }

    fn site_head(&mut self, row: usize, slots: u32, flags: u16) {
        let slots = u16::try_from(slots).expect("a frame has fewer than 65536 slots");
        self.sites.bytes[row + frame::site::SLOTS as usize..][..2].copy_from_slice(&slots.to_le_bytes());
        self.sites.bytes[row + frame::site::FLAGS as usize..][..2].copy_from_slice(&flags.to_le_bytes());
    }

    fn fixed_sites(&mut self) {
        let (goexit, _) = self.func_row("runtime.goexit", Position::default());
        for (pointers, function) in [(1u8, goexit), (1, 0), (0, 0)] {
            let row = self.sites.grow(SITE_BYTES);
            let mut flags = frame::site::FLAG_FIXED;
            self.bitmaps(row, &[pointers], 1, &[], 0, &mut flags);
            self.site_head(row, 1, flags);
            self.sites.set(row, frame::site::FUNC, function);
        }
    }

    /// The rows of a function's sites; gives the index of its first inlined call.
    fn function_sites(&mut self, id: u32, go: &GoFunction) -> u32 {
        let first_inline = self.inlines.rows(INLINE_BYTES);
        for site in &go.sites {
            let row = self.sites.grow(SITE_BYTES);
            let mut flags = 0;
            if go.linear_bytes > 0 {
                flags |= frame::site::FLAG_LINEAR;
            }
            if site.no_return {
                flags |= frame::site::FLAG_NO_RETURN;
            }
            self.bitmaps(row, &site.pointers, site.slots, &site.linear, go.linear_bytes / 8, &mut flags);
            self.sites.set(row, frame::site::FUNC, id);
            self.position(row, go, site.position, first_inline, &mut flags);
            self.site_head(row, site.slots, flags);
        }
        first_inline
    }

    fn position(&mut self, row: usize, go: &GoFunction, position: Position, first_inline: u32, flags: &mut u16) {
        let entry = self.inline(position.inline);
        let declared = if position.inline == 0 { go.position } else { self.unit.inlines[position.inline as usize - 1].declared };
        let number = if entry == 0 { 0 } else { entry - first_inline };
        let bits = frame::POSITION_LINE_BITS;
        if declared.file == position.file && position.line < 1 << bits && number < 1 << (32 - bits) {
            self.sites.set(row, frame::site::POSITION, position.line | number << bits);
            return;
        }
        let file = self.file(position.file);
        self.pool.bytes.resize(self.pool.bytes.len().next_multiple_of(4), 0);
        let bytes: Vec<u8> = [position.line, entry, file].iter().flat_map(|word| word.to_le_bytes()).collect();
        let at = i32::try_from(self.pool.bytes.len()).expect("a pool below 2 GiB");
        self.pool.bytes.extend(bytes);
        *flags |= frame::site::FLAG_FAR;
        self.sites.set_word(row, frame::site::POSITION, Word::Address(self.pool_symbol, at));
    }

    /// Address of a function's defer record in the pool.
    fn objects_record(&mut self, go: &GoFunction) -> i32 {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&(go.objects.len() as u16).to_le_bytes());
        for (first, end) in &go.objects {
            bytes.extend_from_slice(&first.to_le_bytes());
            bytes.extend_from_slice(&end.to_le_bytes());
        }
        bytes.extend(padded(&go.linear_pointers, go.linear_bytes / 8));
        self.pool.add(&bytes)
    }

    fn defer_record(&mut self, defers: &Defers, first_site: u32) -> i32 {
        let recover_site = first_site + defers.recover_site;
        let fields = [defers.mask_offset, defers.first_slot_offset, defers.slot_count, defers.list_offset, recover_site];
        debug_assert_eq!(fields.len() * 4, DEFER_BYTES as usize);
        self.pool.bytes.resize(self.pool.bytes.len().next_multiple_of(4), 0);
        let at = i32::try_from(self.pool.bytes.len()).expect("a pool below 2 GiB");
        for field in fields {
            self.pool.bytes.extend_from_slice(&field.to_le_bytes());
        }
        at
    }
}

/// Makes the tables for what is kept.
pub fn build(unit: &mut Unit, kept: &mut Kept, info: &Info, options: &LinkOptions) {
    let mut builder = Builder {
        sites: Table::default(),
        funcs: Table::default(),
        inlines: Table::default(),
        files: Table::default(),
        pool: Pool::default(),
        pool_symbol: info.pool,
        file_index: HashMap::new(),
        inline_index: HashMap::new(),
        by_name: HashMap::new(),
        unit,
    };
    builder.funcs.grow(FUNC_BYTES);
    builder.fixed_sites();
    let build_info = builder.pool.add(options.build_info.as_bytes());
    let mut rows = Vec::new();
    for &index in &kept.functions {
        let function = &unit.functions[index as usize];
        if let Some(go) = &function.go {
            let (id, row) = builder.func_row(unit.symbols.name(function.symbol), go.position);
            kept.func_id.insert(function.symbol, id);
            rows.push((function.symbol, go, id, row));
        }
    }
    // Functions that data names by their ids may have been inlined wherever they are called.
    for &index in &kept.datas {
        for reloc in &unit.datas[index as usize].relocs {
            let Word::FuncId(symbol) = reloc.word else { continue };
            if let Entry::Vacant(entry) = kept.func_id.entry(symbol) {
                let name = unit.symbols.name(symbol);
                let id = match unit.inlines.iter().find(|call| call.name == name) {
                    Some(call) => builder.inlined(call),
                    None => builder.func_row(name, Position::default()).0,
                };
                entry.insert(id);
            }
        }
    }
    for (symbol, go, id, row) in rows {
        let first = builder.sites.rows(SITE_BYTES);
        debug_assert!(first >= FIRST_COMPILED_SITE, "fixed sites come first");
        kept.first_site.insert(symbol, first);
        let first_inline = builder.function_sites(id, go);
        builder.funcs.set(row, frame::func::FIRST_INLINE, first_inline);
        if let Some(resume) = go.resume {
            builder.funcs.set_word(row, frame::func::RESUME, Word::TableIndex(resume));
        }
        let count = u32::try_from(go.sites.len()).expect("few sites");
        builder.funcs.set(row, frame::func::FIRST_SITE, first);
        builder.funcs.set(row, frame::func::SITE_COUNT, count);
        builder.funcs.set(row, frame::func::LINEAR_BYTES, go.linear_bytes);
        if !go.objects.is_empty() {
            let at = builder.objects_record(go);
            builder.funcs.set_word(row, frame::func::OBJECTS, Word::Address(info.pool, at));
        }
        builder.set_flags(row, go.wrapper, go.bare);
        if let Some(&index) = kept.table_index.get(&symbol) {
            builder.funcs.set(row, frame::func::TABLE_INDEX, index);
        }
        if let Some(defers) = &go.defers {
            let at = builder.defer_record(defers, first);
            builder.funcs.set_word(row, frame::func::DEFER, Word::Address(info.pool, at));
        }
    }
    let Builder { sites, funcs, inlines, files, pool, .. } = builder;
    let counts = [
        (module_info::SITE_COUNT, sites.rows(SITE_BYTES)),
        (module_info::FUNC_COUNT, funcs.rows(FUNC_BYTES)),
        (module_info::FILE_COUNT, files.rows(8)),
        (module_info::BUILD_INFO_LEN, length(&options.build_info)),
    ];
    let mut place = |symbol: SymbolId, table: Table| {
        let data = unit.datas.iter_mut().find(|data| data.symbol == symbol).expect("declared");
        data.size = u32::try_from(table.bytes.len()).expect("a table below 4 GiB");
        data.bytes = table.bytes;
        data.relocs.extend(table.relocs);
    };
    place(info.sites, sites);
    place(info.funcs, funcs);
    place(info.inlines, inlines);
    place(info.files, files);
    place(info.pool, Table { bytes: pool.bytes, relocs: pool.relocs });
    let header = unit.datas.iter_mut().find(|data| data.symbol == info.module_info).expect("declared");
    for (field, value) in counts {
        header.bytes[field as usize..][..4].copy_from_slice(&value.to_le_bytes());
    }
    for reloc in &mut header.relocs {
        if reloc.offset == module_info::BUILD_INFO {
            reloc.word = Word::Address(info.pool, build_info);
        }
    }
}
