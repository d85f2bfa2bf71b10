//! Values that are known at compile time, as data.
//!
//! A package variable whose initializer is made of constants, addresses and functions needs no code: its memory is filled by the linker.
//! Inside functions, constant aggregates are copied from read-only data; there nothing may be shared that the program could write to, so
//! slices and addresses are left to code.

use std::collections::HashMap;
use std::rc::Rc;

use crate::constant;
use crate::ir::{Data, Mem, Op, PointerMap, Reloc, RelocKind, Section, Symbol};
use crate::syntax::ast::{Expr, ExprKind, Operator};
use crate::types::hash::FastMap;
use crate::types::{Basic, Mode, ObjectKind, SelectionKind, TypeId, TypeKind};

use super::func::{Flat, FnCx};
use super::layout::TypeInfo;
use super::names::Instantiation;
use super::{Lowerer, Work, closure};

/// Bytes and relocations (offset, target, addend).
type Contents = (Vec<u8>, Vec<(u32, Symbol, i32)>);

/// What was made so far.
#[derive(Debug, Default)]
pub struct Statics {
    pub strings: HashMap<Box<[u8]>, Symbol>,
    blobs: HashMap<Contents, Symbol>,
    /// Per expression in a function that is no instance: where its value lies, if it is static.
    known: FastMap<crate::syntax::ast::NodeId, Option<(Symbol, i32)>>,
    count: u32,
}

/// Memory being filled.
pub struct Blob {
    bytes: Vec<u8>,
    relocs: Vec<Reloc>,
}

impl Blob {
    fn new(size: u64) -> Blob {
        Blob { bytes: vec![0; size as usize], relocs: Vec::new() }
    }

    fn write(&mut self, at: u64, bytes: &[u8]) {
        self.bytes[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    }

    fn address(&mut self, at: u64, target: Symbol, addend: i32) {
        self.relocs.push(Reloc { offset: at as u32, kind: RelocKind::Addr, target, addend });
    }
}

/// Larger data than this is not made for aggregates that are mostly zero.
const MAX_BYTES: u64 = 1 << 24;

/// Who may hold the memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Copied from; never written.
    ReadOnly,
    /// A package variable: evaluated once.
    Variable,
}

impl<'a> FnCx<'_, 'a> {
    /// Where the value of an expression lies in read-only data, if it can.
    pub fn static_value(&mut self, e: &'a Expr) -> Option<(Symbol, i32)> {
        let e = e.unparen();
        let is_constant = self.lw.info().constant(e.id).is_some();
        if !is_constant && !matches!(e.kind, ExprKind::Composite(_)) {
            return None;
        }
        let plain = self.inst.is_empty();
        if plain && let Some(known) = self.lw.statics.known.get(&e.id) {
            return *known;
        }
        let ty = self.typed(e);
        let inst = self.inst.clone();
        let result = self.lw.read_only_value(e, ty, &inst);
        if plain {
            self.lw.statics.known.insert(e.id, result);
        }
        result
    }

    /// Read-only data with a flat value whose scalars are constants and addresses of data.
    pub fn static_scalars(&mut self, flat: &Flat, info: &TypeInfo) -> Option<Symbol> {
        let parts = info.flat.as_ref()?;
        let mut blob = Blob::new(info.size);
        for (part, value) in parts.iter().zip(flat.iter()) {
            let bits = match self.b.func.def_op(*value)? {
                Op::Const(_, n) => n as u64,
                Op::F32Const(bits) => bits.into(),
                Op::F64Const(bits) => bits,
                Op::GlobalAddr(symbol, addend) => {
                    blob.address(part.offset.into(), symbol, addend);
                    continue;
                }
                _ => return None,
            };
            blob.write(part.offset.into(), &bits.to_le_bytes()[..part.mem.bytes() as usize]);
        }
        Some(self.lw.blob(blob, info.align as u32))
    }

    /// The same for the elements of a slice literal.
    pub fn static_elements(&mut self, elements: &[(i64, &'a Expr)], elem: TypeId, len: i64) -> Option<(Symbol, i32)> {
        if len < 4 {
            return None;
        }
        let size = self.info(elem).size;
        let total = size.checked_mul(len as u64).filter(|n| *n <= MAX_BYTES)?;
        let inst = self.inst.clone();
        let mut blob = Blob::new(total);
        for (index, value) in elements {
            if !self.lw.static_write(&mut blob, *index as u64 * size, value, elem, &inst, Use::ReadOnly) {
                return None;
            }
        }
        let align = self.info(elem).align;
        Some((self.lw.blob(blob, align as u32), 0))
    }
}

impl<'a> Lowerer<'a> {
    fn read_only_value(&mut self, e: &'a Expr, ty: TypeId, inst: &Rc<Instantiation>) -> Option<(Symbol, i32)> {
        let info = self.type_info(ty);
        if info.size == 0 || info.size > MAX_BYTES {
            return None;
        }
        let mut blob = Blob::new(info.size);
        if !self.static_write(&mut blob, 0, e, ty, inst, Use::ReadOnly) {
            return None;
        }
        Some((self.blob(blob, info.align as u32), 0))
    }

    /// A read-only symbol with these contents.
    fn blob(&mut self, mut blob: Blob, align: u32) -> Symbol {
        blob.relocs.sort_by_key(|r| r.offset);
        let key = (blob.bytes, blob.relocs.iter().map(|r| (r.offset, r.target, r.addend)).collect::<Vec<_>>());
        if let Some(symbol) = self.statics.blobs.get(&key) {
            return *symbol;
        }
        let name = format!("go:static.{}", self.statics.blobs.len());
        let symbol = self.module.symbols.intern(&name);
        let size = key.0.len() as u32;
        self.module.add_data(Data {
            name: symbol,
            section: Section::ReadOnly,
            align: align.max(8),
            size,
            bytes: key.0.clone(),
            relocs: blob.relocs,
            pointers: PointerMap::none(),
        });
        self.statics.blobs.insert(key, symbol);
        symbol
    }

    /// A writable symbol of a type with these contents.
    fn variable_blob(&mut self, mut blob: Blob, ty: TypeId) -> Symbol {
        self.statics.count += 1;
        let name = format!("go:stmp.{}", self.statics.count);
        let symbol = self.module.symbols.intern(&name);
        blob.relocs.sort_by_key(|r| r.offset);
        let info = self.type_info(ty);
        let pointers = self.pointers(ty);
        self.module.add_data(Data {
            name: symbol,
            section: Section::Data,
            align: info.variable_align(),
            size: info.bytes(),
            bytes: blob.bytes,
            relocs: blob.relocs,
            pointers,
        });
        symbol
    }

    /// Fills a package variable with the value of its initializer; whether that was possible.
    pub fn initialize_statically(&mut self, symbol: Symbol, e: &'a Expr, ty: TypeId) -> bool {
        let info = self.type_info(ty);
        if info.size > MAX_BYTES {
            return false;
        }
        let mut blob = Blob::new(info.size);
        let inst = Rc::default();
        if !self.static_write(&mut blob, 0, e, ty, &inst, Use::Variable) {
            return false;
        }
        if blob.relocs.is_empty() && blob.bytes.iter().all(|b| *b == 0) {
            return true;
        }
        blob.relocs.sort_by_key(|r| r.offset);
        let Some(id) = self.module.data(symbol) else { return false };
        let data = &mut self.module.datas[id.index()];
        data.section = Section::Data;
        data.bytes = blob.bytes;
        data.relocs = blob.relocs;
        true
    }

    fn static_type(&mut self, e: &Expr, inst: &Instantiation) -> TypeId {
        let ty = self.info().type_of(e.id);
        let ty = self.resolve(ty, inst);
        self.types().default_type(ty)
    }

    /// Writes the value of an expression, converted to `ty`, into a blob. After `false` the blob is unusable.
    fn static_write(&mut self, blob: &mut Blob, at: u64, e: &'a Expr, ty: TypeId, inst: &Rc<Instantiation>, usage: Use) -> bool {
        let e = e.unparen();
        let tv = self.info().type_and_value(e.id);
        if tv.mode == Mode::Nil {
            return true;
        }
        let from = self.static_type(e, inst);
        if self.is_interface(ty) {
            return !self.is_interface(from) && self.static_interface(blob, at, e, from, ty, inst, usage);
        }
        if let Some(value) = self.info().constant(e.id) {
            let value = value.clone();
            return self.static_constant(blob, at, &value, ty);
        }
        match &e.kind {
            ExprKind::Composite(literal) => match self.types().under(ty) {
                TypeKind::Struct(id) => {
                    let fields = self.types().structure(id).fields.clone();
                    let kinds = self.field_types(ty);
                    let offsets = self.offsets(ty);
                    for (i, element) in literal.elements.iter().enumerate() {
                        let (index, value) = match &element.kind {
                            ExprKind::KeyValue(pair) => {
                                let name = pair.key.as_name();
                                let index = fields.iter().position(|f| Some(self.types_ref().object(*f).name) == name);
                                let Some(index) = index else { return false };
                                (index, &pair.value)
                            }
                            _ => (i, element),
                        };
                        // A blank field keeps the value zero.
                        let blank = self.types_ref().object(fields[index]).name.is_blank();
                        if blank || !self.static_write(blob, at + offsets[index], value, kinds[index], inst, usage) {
                            return false;
                        }
                    }
                    true
                }
                TypeKind::Array(_, elem) => {
                    let elem = self.canonical(elem);
                    self.static_elements_at(blob, at, literal, elem, inst, usage)
                }
                TypeKind::Slice(elem) if usage == Use::Variable => {
                    let elem = self.canonical(elem);
                    let len = self.literal_length(literal);
                    let array = self.types().array_of(len, elem);
                    let array = self.canonical(array);
                    let size = self.type_info(array).size;
                    if size > MAX_BYTES {
                        return false;
                    }
                    blob.write(at + 8, &len.to_le_bytes());
                    blob.write(at + 16, &len.to_le_bytes());
                    if size == 0 {
                        let zero = self.zero_base();
                        blob.address(at, zero, 0);
                        return true;
                    }
                    let mut inner = Blob::new(size);
                    if !self.static_elements_at(&mut inner, 0, literal, elem, inst, usage) {
                        return false;
                    }
                    let symbol = self.variable_blob(inner, array);
                    blob.address(at, symbol, 0);
                    true
                }
                TypeKind::Pointer(elem) if usage == Use::Variable => {
                    let elem = self.canonical(elem);
                    self.static_pointer(blob, at, e, elem, inst)
                }
                _ => false,
            },
            ExprKind::Unary(unary) if unary.op == Operator::And && usage == Use::Variable => {
                let x = unary.x.unparen();
                if matches!(x.kind, ExprKind::Composite(_)) {
                    let elem = self.static_type(x, inst);
                    return self.static_pointer(blob, at, x, elem, inst);
                }
                match self.static_address(x) {
                    Some((symbol, offset)) => {
                        blob.address(at, symbol, offset);
                        true
                    }
                    None => false,
                }
            }
            ExprKind::Name(_) | ExprKind::Selector(_) | ExprKind::Index(_) if matches!(self.types().under(ty), TypeKind::Signature(_)) => {
                let Some(code) = self.static_code(e, inst) else { return false };
                blob.address(at, code, 0);
                true
            }
            ExprKind::Func(_) if usage == Use::Variable && self.info().captures(e.id).is_empty() && inst.is_empty() => {
                let Some(symbol) = self.static_literal(e) else { return false };
                blob.address(at, symbol, 0);
                true
            }
            ExprKind::Call(call) if call.args.len() == 1 && self.info().type_and_value(call.fun.unparen().id).mode == Mode::Type => {
                let (a, b) = (self.types().underlying(from), self.static_type(&call.args[0], inst));
                let b = self.types().underlying(b);
                if self.canonical(a) != self.canonical(b) || self.is_interface(from) {
                    return false;
                }
                self.static_write(blob, at, &call.args[0], ty, inst, usage)
            }
            _ => false,
        }
    }

    fn literal_length(&self, literal: &crate::syntax::ast::CompositeLit) -> i64 {
        let (mut next, mut len) = (0, 0);
        for element in &literal.elements {
            if let ExprKind::KeyValue(pair) = &element.kind {
                next = self.info().constant(pair.key.id).and_then(|n| n.to_int().as_i64()).unwrap_or(next);
            }
            next += 1;
            len = len.max(next);
        }
        len
    }

    fn static_elements_at(
        &mut self,
        blob: &mut Blob,
        at: u64,
        literal: &'a crate::syntax::ast::CompositeLit,
        elem: TypeId,
        inst: &Rc<Instantiation>,
        usage: Use,
    ) -> bool {
        let size = self.type_info(elem).size;
        let mut next = 0;
        for element in &literal.elements {
            let value = match &element.kind {
                ExprKind::KeyValue(pair) => {
                    next = self.info().constant(pair.key.id).and_then(|n| n.to_int().as_i64()).unwrap_or(next);
                    &pair.value
                }
                _ => element,
            };
            if !self.static_write(blob, at + next as u64 * size, value, elem, inst, usage) {
                return false;
            }
            next += 1;
        }
        true
    }

    /// The address of a new variable with the value of a literal.
    fn static_pointer(&mut self, blob: &mut Blob, at: u64, e: &'a Expr, elem: TypeId, inst: &Rc<Instantiation>) -> bool {
        let size = self.type_info(elem).size;
        if size == 0 || size > MAX_BYTES {
            return false;
        }
        let mut inner = Blob::new(size);
        // An elided literal has the pointer type itself.
        let ExprKind::Composite(literal) = &e.kind else { return false };
        let done = match self.types().under(elem) {
            TypeKind::Array(_, inner_elem) => {
                let inner_elem = self.canonical(inner_elem);
                self.static_elements_at(&mut inner, 0, literal, inner_elem, inst, Use::Variable)
            }
            TypeKind::Struct(_) => {
                let own = self.static_type(e, inst);
                if own == elem {
                    self.static_write(&mut inner, 0, e, elem, inst, Use::Variable)
                } else {
                    self.static_struct(&mut inner, literal, elem, inst)
                }
            }
            _ => return false,
        };
        if !done {
            return false;
        }
        let symbol = self.variable_blob(inner, elem);
        blob.address(at, symbol, 0);
        true
    }

    fn static_struct(&mut self, blob: &mut Blob, literal: &'a crate::syntax::ast::CompositeLit, ty: TypeId, inst: &Rc<Instantiation>) -> bool {
        let TypeKind::Struct(id) = self.types().under(ty) else { return false };
        let fields = self.types().structure(id).fields.clone();
        let kinds = self.field_types(ty);
        let offsets = self.offsets(ty);
        for (i, element) in literal.elements.iter().enumerate() {
            let (index, value) = match &element.kind {
                ExprKind::KeyValue(pair) => {
                    let name = pair.key.as_name();
                    let Some(index) = fields.iter().position(|f| Some(self.types_ref().object(*f).name) == name) else { return false };
                    (index, &pair.value)
                }
                _ => (i, element),
            };
            let blank = self.types_ref().object(fields[index]).name.is_blank();
            if blank || !self.static_write(blob, offsets[index], value, kinds[index], inst, Use::Variable) {
                return false;
            }
        }
        true
    }

    /// The address of a package variable or a field of one.
    fn static_address(&mut self, x: &'a Expr) -> Option<(Symbol, i32)> {
        let x = x.unparen();
        match &x.kind {
            ExprKind::Name(_) => {
                let object = self.info().use_of(x.id)?;
                let variable = *self.types().object(object).variable()?;
                (variable.kind == crate::types::VariableKind::Package).then(|| (self.global(object), 0))
            }
            ExprKind::Selector(selector) => match self.info().selections.get(&x.id).cloned() {
                None => {
                    let object = self.info().use_of(selector.sel.id)?;
                    self.types().object(object).variable()?;
                    Some((self.global(object), 0))
                }
                Some(selection) if selection.kind == SelectionKind::Field && !selection.indirect => {
                    let (symbol, mut offset) = self.static_address(&selector.x)?;
                    let mut ty = self.canonical(selection.receiver);
                    for index in selection.path.iter() {
                        offset += self.offsets(ty)[*index as usize] as i32;
                        ty = self.field_types(ty)[*index as usize];
                    }
                    Some((symbol, offset))
                }
                Some(_) => None,
            },
            ExprKind::Index(index) => {
                let ty = self.info().type_of(index.x.id);
                let TypeKind::Array(len, elem) = self.types().under(ty) else { return None };
                let n = self.info().constant(index.indices[0].id)?.to_int().as_i64()?;
                let (symbol, offset) = self.static_address(&index.x)?;
                let elem = self.canonical(elem);
                let size = self.type_info(elem).size as i64;
                (n < len).then(|| (symbol, offset + (n * size) as i32))
            }
            _ => None,
        }
    }

    /// The code of a declared function named by an expression.
    fn static_code(&mut self, e: &'a Expr, inst: &Instantiation) -> Option<Symbol> {
        let e = e.unparen();
        let id = match &e.kind {
            ExprKind::Name(_) => e.id,
            ExprKind::Selector(selector) if !self.info().selections.contains_key(&e.id) => selector.sel.id,
            ExprKind::Index(index) if self.is_function_name(&index.x) => return self.static_code(&index.x, inst),
            _ => return None,
        };
        let object = self.info().use_of(id)?;
        if !matches!(self.types().object(object).kind, ObjectKind::Function(_)) {
            return None;
        }
        let arguments = match self.info().instances.get(&id).cloned() {
            Some(instance) => instance.arguments.iter().map(|ty| self.resolve(*ty, inst)).collect(),
            None => Vec::new(),
        };
        Some(self.function_thunk(object, arguments))
    }

    /// A function literal in the initializer of a package variable.
    fn static_literal(&mut self, e: &'a Expr) -> Option<Symbol> {
        let name = self.init_closure_name(e)?;
        let symbol = self.module.symbols.intern(&name);
        if self.begin_generated(symbol) {
            let loop_vars = self.per_iteration_variables(e.pos);
            let literal = closure::Literal { expr: e, symbol, name, inst: Rc::default(), captures: Vec::new(), loop_vars };
            self.queue.push(Work::Literal(Box::new(literal)));
        }
        Some(symbol)
    }

    #[allow(clippy::too_many_arguments)] // all of them are the context of one recursion
    fn static_interface(&mut self, blob: &mut Blob, at: u64, e: &'a Expr, from: TypeId, to: TypeId, inst: &Rc<Instantiation>, usage: Use) -> bool {
        let info = self.type_info(from);
        if info.is_direct() {
            if !self.static_write(blob, at + 8, e, from, inst, usage) {
                return false;
            }
        } else if info.size == 0 {
            let zero = self.zero_base();
            blob.address(at + 8, zero, 0);
        } else {
            let mut inner = Blob::new(info.size);
            if !self.static_write(&mut inner, 0, e, from, inst, usage) {
                return false;
            }
            let symbol = self.blob(inner, info.align as u32);
            blob.address(at + 8, symbol, 0);
        }
        let word = if self.is_empty_interface(to) { self.interface_type(from) } else { self.itab(from, to) };
        blob.address(at, word, 0);
        true
    }

    fn static_constant(&mut self, blob: &mut Blob, at: u64, value: &constant::Value, ty: TypeId) -> bool {
        let TypeKind::Basic(kind) = self.types().under(ty) else { return false };
        match kind {
            Basic::String | Basic::UntypedString => {
                let bytes = value.as_text().map(|text| text.bytes().to_vec()).unwrap_or_default();
                if !bytes.is_empty() {
                    let symbol = self.bytes_data(&bytes);
                    blob.address(at, symbol, 0);
                }
                blob.write(at + 8, &(bytes.len() as u64).to_le_bytes());
            }
            Basic::Bool | Basic::UntypedBool => blob.write(at, &[u8::from(value.as_bool())]),
            Basic::Float32 => blob.write(at, &value.to_f32().to_le_bytes()),
            Basic::Float64 | Basic::UntypedFloat => blob.write(at, &value.to_f64().to_le_bytes()),
            Basic::Complex64 => {
                blob.write(at, &value.real().to_f32().to_le_bytes());
                blob.write(at + 4, &value.imag().to_f32().to_le_bytes());
            }
            Basic::Complex128 | Basic::UntypedComplex => {
                blob.write(at, &value.real().to_f64().to_le_bytes());
                blob.write(at + 8, &value.imag().to_f64().to_le_bytes());
            }
            Basic::UnsafePointer | Basic::UntypedNil => return false,
            kind => {
                let size = match super::layout::basic(kind).flat.as_deref() {
                    Some([part]) if part.mem != Mem::Ptr => part.mem.bytes() as usize,
                    _ => return false,
                };
                let bits = value.to_int().low_bits().to_le_bytes();
                blob.write(at, &bits[..size]);
            }
        }
        true
    }
}
