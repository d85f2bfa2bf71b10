//! What reflection asks of the compiler: calls by signature, and methods found by name or number.
//!
//! # Calls
//! Package reflect knows a function by its type and has arguments in memory. Wasm calls have types, so somebody must have compiled the call.
//! For each wasm signature that a function type of the program has there is a *call record*, which the descriptors of the function types
//! point to. It names two functions that walk between memory and wasm values:
//! - the *caller* `(ctx, fn, first, words, pointers)` loads the arguments, calls the code that the word at `fn` names, with `first` (the
//!   closure or the receiver word) before them, and stores the results. The record itself serves as its closure object.
//! - the *stub* is the code of functions that reflect makes: it stores its arguments and calls `reflect.callStub(ctx, words, pointers, deferred)`,
//!   where `deferred` says whether the deferring machinery called it. The caller passes that on to what it calls.
//!
//! Scalar `i` lies at `pointers[i]` if it is an address, else at `words[i]`, each in 8 bytes; arguments come first, addresses for results in
//! memory among them, then results. So the collector knows what it sees while the callee is suspended. How values of Go types become
//! scalars is repeated in the overlay of package reflect (call_layout.go), for types made at run time too.
//!
//! Both are ordinary functions of the IR: freezing and thawing comes by itself.
//!
//! # Methods
//! Methods that only reflection can reach are made if the program contains `reflect.Value.Method` or the like: then all exported methods of
//! all described types count as used, as in Go's linker. Without it no value is a method with its receiver, and what turns such values into
//! func values, with all that makes functions at run time, is never called: [`METHOD_VALUES`] is lowered when that is decided.

use crate::ir::{Data, Function, Mem, Op, PointerMap, Reloc, RelocKind, Section, Symbol, Type, Value};
use crate::types::{TypeId, TypeKind};

use super::func::{Callee, FnCx};
use super::names::FunctionRef;
use super::typedesc::{self, Candidate};
use super::{Lowerer, Work};

/// Where the descriptor of a function type keeps its record: padding behind the counts of parameters and results.
const FUNC_TYPE_RECORD: u32 = 52;
/// Fields of a record.
const RECORD_CALLER: u32 = 0;
const RECORD_STUB: u32 = 8;
/// `PtrToThis` in `abi.Type`.
const POINTER_TO_THIS: u32 = 44;

/// Makes func values of values that `reflect.Value.Method` made.
const METHOD_VALUES: &str = "reflect.makeMethodValue";

/// What the program uses of reflection, and how far lowering has followed it.
#[derive(Debug, Default)]
pub struct Reflection {
    /// Methods may be found at run time.
    methods: bool,
    /// And turned into functions that take the receiver as a parameter.
    expressions: bool,
    /// Pointers may be made to types that only occur by themselves.
    pointers: bool,
    /// Functions may be called, functions may be made.
    calls: bool,
    stubs: bool,
    /// [`METHOD_VALUES`], if the program refers to it and no method was looked for so far.
    postponed: Option<FunctionRef>,
    /// What was known when the counters below began.
    followed: [bool; 4],
    methods_seen: usize,
    functions_seen: usize,
    types_seen: usize,
    /// Call records, for ModuleInfo: weak ones, and those that nothing else would keep.
    pub records: Vec<(Symbol, bool)>,
}

impl Lowerer<'_> {
    /// Notes what lowering a function of this name says about the program.
    pub(super) fn note_reflection(&mut self, name: &str) {
        let reflection = &mut self.reflection;
        if name == "runtime.finalizerCall" {
            // Finalizers may have results of any type.
            reflection.calls = true;
        }
        let Some(name) = name.strip_prefix("reflect.") else { return };
        match name {
            "Value.Method" | "Value.MethodByName" => reflection.methods = true,
            "(*rtype).Method" | "(*rtype).MethodByName" => (reflection.methods, reflection.expressions) = (true, true),
            "(*rtype).ptrTo" => reflection.pointers = true,
            "(*callRecord).enter" => reflection.calls = true,
            "stubOf" => (reflection.calls, reflection.stubs) = (true, true),
            _ => {}
        }
    }

    /// Whether to lower a function later: whether it is ever called is not known.
    pub(super) fn postpones(&mut self, function: &FunctionRef) -> bool {
        let postpones = !self.reflection.methods && self.module.symbols.name(self.functions[function]) == METHOD_VALUES;
        if postpones {
            self.reflection.postponed = Some(function.clone());
        }
        postpones
    }

    /// Lowers what was postponed, when all else is done; whether that may ask for more.
    pub(super) fn lower_postponed(&mut self) -> bool {
        let Some(function) = self.reflection.postponed.take() else { return false };
        if self.reflection.methods {
            self.queue.push(Work::Function(function));
            return true;
        }
        let symbol = self.functions[&function];
        let plan = self.function_plan(&function);
        let sig = self.module.sigs.intern(&plan.ir_params, &plan.ir_results);
        let func = Function::new(symbol, sig, &plan.ir_params);
        let mut cx = FnCx::generated(self, func, METHOD_VALUES.to_string());
        cx.b.unreachable();
        let func = cx.b.finish();
        self.add_func(func);
        false
    }

    /// Whether reflection may call a method that no interface asks for.
    pub(super) fn is_reflected(&self, candidate: &Candidate) -> bool {
        self.reflection.methods && self.types_ref().object(candidate.entry.method).is_exported()
    }

    /// Completes a type's entry of a method that reflection may find: its type stays, and its function takes the receiver.
    fn complete_method(&mut self, candidate: &Candidate, table: Symbol, offset: u32) {
        let signature = self.type_descriptor(candidate.signature);
        self.set_reloc(table, Reloc { offset: offset + typedesc::METHOD_TYPE, kind: RelocKind::Addr, target: signature, addend: 0 });
        if !self.reflection.expressions {
            return;
        }
        let target = self.target_of(candidate.receiver, candidate.entry.method, candidate.entry.path.to_vec());
        let TypeKind::Signature(id) = self.types().under(candidate.signature) else { return };
        let signature = self.types().signature(id).clone();
        let mut params = vec![candidate.receiver];
        params.extend(signature.params.iter().map(|param| self.types_ref().type_of(*param)));
        let results: Vec<TypeId> = signature.results.iter().map(|result| self.types_ref().type_of(*result)).collect();
        let ty = self.types().func_of(&params, &results, signature.variadic);
        let ty = self.canonical(ty);
        let code = self.method_expression(candidate.receiver, &target, ty);
        self.set_reloc(table, Reloc { offset: offset + typedesc::METHOD_EXPRESSION, kind: RelocKind::Table, target: code, addend: 0 });
        if self.reflection.calls {
            // reflect makes the function's type at run time.
            let record = self.call_record(ty);
            self.reflection.records.push((record, true));
        }
    }

    /// Gives the descriptors made since the last time what reflection needs of them; whether there was anything to do.
    pub(super) fn follow_reflection(&mut self) -> bool {
        let mut any = false;
        let Reflection { methods, expressions, calls, stubs, .. } = self.reflection;
        let known = [methods, expressions, calls, stubs];
        if known != self.reflection.followed {
            self.reflection.followed = known;
            (self.reflection.methods_seen, self.reflection.functions_seen) = (0, 0);
        }
        while methods && self.reflection.methods_seen < self.descriptors.candidates.len() {
            let candidate = self.descriptors.candidates[self.reflection.methods_seen].clone();
            self.reflection.methods_seen += 1;
            if let Some((table, offset)) = candidate.table
                && self.is_reflected(&candidate)
            {
                self.complete_method(&candidate, table, offset);
                any = true;
            }
        }
        while self.reflection.pointers && self.reflection.types_seen < self.descriptors.made.len() {
            let (ty, symbol) = self.descriptors.made[self.reflection.types_seen];
            self.reflection.types_seen += 1;
            any |= self.keep_pointer_type(ty, symbol);
        }
        while calls && self.reflection.functions_seen < self.descriptors.made.len() {
            let (ty, symbol) = self.descriptors.made[self.reflection.functions_seen];
            self.reflection.functions_seen += 1;
            if matches!(self.types().under(ty), TypeKind::Signature(_)) {
                let record = self.call_record(ty);
                self.set_reloc(symbol, Reloc { offset: FUNC_TYPE_RECORD, kind: RelocKind::Addr, target: record, addend: 0 });
                self.reflection.records.push((record, false));
                any = true;
            }
        }
        any
    }

    /// A pointer to a type with methods has methods that one made at run time would lack.
    fn keep_pointer_type(&mut self, ty: TypeId, symbol: Symbol) -> bool {
        let pointer = self.types().pointer_to(ty);
        let pointer = self.canonical(pointer);
        if self.is_interface(ty) || self.types().method_set(pointer).is_empty() {
            return false;
        }
        let target = self.type_descriptor(pointer);
        self.set_reloc(symbol, Reloc { offset: POINTER_TO_THIS, kind: RelocKind::Addr, target, addend: 0 });
        true
    }

    fn set_reloc(&mut self, data: Symbol, reloc: Reloc) {
        let id = self.module.data(data).expect("the descriptor is there");
        let relocs = &mut self.module.datas[id.index()].relocs;
        match relocs.binary_search_by_key(&reloc.offset, |old| old.offset) {
            Ok(at) => relocs[at] = reloc,
            Err(at) => relocs.insert(at, reloc),
        }
    }

    /// The call record for a function type.
    fn call_record(&mut self, ty: TypeId) -> Symbol {
        let plan = self.signature_plan(ty, None);
        let (params, results) = (plan.ir_params.clone(), plan.ir_results.clone());
        let kinds: String = params.iter().map(kind_letter).chain(['>']).chain(results.iter().map(kind_letter)).collect();
        let symbol = self.module.symbols.intern(&format!("call:{kinds}"));
        if self.module.data(symbol).is_none() {
            let mut bytes = vec![0; 16];
            for count in [params.len(), results.len()] {
                bytes.extend((count as u32).to_le_bytes());
            }
            bytes.extend(kinds.bytes().filter(|kind| *kind != b'>'));
            let target = self.caller(&kinds, &params, &results);
            let relocs = vec![Reloc { offset: RECORD_CALLER, kind: RelocKind::Table, target, addend: 0 }];
            let size = bytes.len() as u32;
            self.module.add_data(Data { name: symbol, section: Section::ReadOnly, align: 8, size, bytes, relocs, pointers: PointerMap::none() });
        }
        if self.reflection.stubs {
            let target = self.stub(&kinds, &params, &results);
            self.set_reloc(symbol, Reloc { offset: RECORD_STUB, kind: RelocKind::Table, target, addend: 0 });
        }
        symbol
    }

    fn caller(&mut self, kinds: &str, params: &[Type], results: &[Type]) -> Symbol {
        let name = format!("reflect.caller·{kinds}");
        let symbol = self.module.symbols.intern(&name);
        self.begin_generated(symbol);
        let own = [Type::Ptr; 5];
        let sig = self.module.sigs.intern(&own, &[]);
        let mut func = Function::new(symbol, sig, &own);
        (func.attrs.wrapper, func.attrs.closure) = (true, true);
        let mut cx = FnCx::generated(self, func, name);
        let [_, code, first, words, pointers] = cx.b.func.params()[..] else { unreachable!("five parameters were declared") };
        let index = cx.b.load(Mem::I32, code, 0);
        cx.b.emit(Op::ForwardDefer, &[index], &[]);
        let mut args = vec![index, first];
        let mut types = vec![Type::Ptr];
        types.extend_from_slice(params);
        for (i, ty) in (0..).zip(params) {
            args.push(cx.load_scalar(*ty, words, pointers, i));
        }
        let sig = cx.sig_of(&types, results);
        let values = cx.b.call(&cx.lw.module.sigs, Op::CallIndirect { sig }, &args);
        for (i, (ty, value)) in (params.len() as u32..).zip(results.iter().zip(values)) {
            cx.store_scalar(*ty, words, pointers, i, value);
        }
        cx.b.ret(&[]);
        let func = cx.b.finish();
        self.add_func(func);
        symbol
    }

    fn stub(&mut self, kinds: &str, params: &[Type], results: &[Type]) -> Symbol {
        let name = format!("reflect.stub·{kinds}");
        let symbol = self.module.symbols.intern(&name);
        if !self.begin_generated(symbol) {
            return symbol;
        }
        let callee = Callee::Func(self.named_symbol("reflect.callStub"));
        let mut own = vec![Type::Ptr];
        own.extend_from_slice(params);
        let sig = self.module.sigs.intern(&own, results);
        let mut func = Function::new(symbol, sig, &own);
        (func.attrs.wrapper, func.attrs.closure) = (true, true);
        let mut cx = FnCx::generated(self, func, name);
        let deferred = cx.b.emit(Op::RecoverFlag, &[], &[Type::I32]);
        let deferred = cx.b.func.result(deferred);
        let args = cx.b.func.params().to_vec();
        let count = (params.len() + results.len()) as u32;
        let all = params.iter().chain(results);
        let map = PointerMap::of((0..).zip(all).filter(|(_, ty)| **ty == Type::Ptr).map(|(i, _)| i));
        let bytes = (count * 8).max(8);
        let (words, pointers) = (cx.raw_slot(bytes, PointerMap::none(), false), cx.raw_slot(bytes, map, false));
        let (words, pointers) = (cx.b.slot_addr(words), cx.b.slot_addr(pointers));
        cx.b.mem_zero(words, bytes);
        cx.b.mem_zero(pointers, bytes);
        for (i, (ty, value)) in (0..).zip(params.iter().zip(&args[1..])) {
            cx.store_scalar(*ty, words, pointers, i, *value);
        }
        let Callee::Func(func) = callee else { unreachable!("a function of package reflect") };
        let sig = cx.sig_of(&[Type::Ptr, Type::Ptr, Type::Ptr, Type::I32], &[]);
        cx.b.call(&cx.lw.module.sigs, Op::Call { func, sig }, &[args[0], words, pointers, deferred]);
        let values: Vec<Value> = (params.len() as u32..).zip(results).map(|(i, ty)| cx.load_scalar(*ty, words, pointers, i)).collect();
        cx.b.ret(&values);
        let func = cx.b.finish();
        self.add_func(func);
        symbol
    }
}

impl FnCx<'_, '_> {
    fn load_scalar(&mut self, ty: Type, words: Value, pointers: Value, i: u32) -> Value {
        self.b.load(mem_of(ty), if ty == Type::Ptr { pointers } else { words }, 8 * i)
    }

    fn store_scalar(&mut self, ty: Type, words: Value, pointers: Value, i: u32, value: Value) {
        self.b.store(mem_of(ty), if ty == Type::Ptr { pointers } else { words }, 8 * i, value);
    }
}

fn mem_of(ty: Type) -> Mem {
    match ty {
        Type::I32 => Mem::I32,
        Type::I64 => Mem::I64,
        Type::F32 => Mem::F32,
        Type::F64 => Mem::F64,
        Type::Ptr => Mem::Ptr,
    }
}

/// The letter of a scalar in a record; the overlay of package reflect uses the same.
fn kind_letter(ty: &Type) -> char {
    match ty {
        Type::I32 => 'w',
        Type::I64 => 'l',
        Type::F32 => 'f',
        Type::F64 => 'd',
        Type::Ptr => 'p',
    }
}
