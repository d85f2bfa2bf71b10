//! Methods for method tables: functions that take the receiver word of an interface first.
//!
//! The word is the address of the receiver, or the receiver itself if its type is pointer-shaped. A pointer method is such a function
//! already. For value methods and promoted ones a wrapper is made under the name that Go gives it, `T.M` seen through `*T`.

use crate::ir::{Function, Symbol, Type};
use crate::types::{MethodEntry, ObjectId, TypeId, TypeKind};

use super::Lowerer;
use super::call::MethodKind;
use super::expr::{Place, PlaceKind};
use super::func::FnCx;
use super::names::FunctionRef;

/// What a symbol in a method table stands for, until it is asked for.
#[derive(Clone, Debug)]
pub enum Wrapper {
    /// A declared method with the right signature.
    Method(FunctionRef),
    /// Made up.
    Made {
        /// The type whose value the word holds or points to.
        holder: TypeId,
        /// The word is the value.
        direct: bool,
        object: ObjectId,
        path: Vec<u32>,
        name: String,
    },
}

impl Lowerer<'_> {
    pub(super) fn method_for_table(&mut self, receiver: TypeId, entry: &MethodEntry) -> Symbol {
        let info = self.type_info(receiver);
        let (holder, direct) = match self.types().kind(receiver) {
            TypeKind::Pointer(elem) => (self.canonical(elem), false),
            _ => (receiver, info.is_direct()),
        };
        let target = self.target_of(receiver, entry.method, entry.path.to_vec());
        if let MethodKind::Concrete(function) = &target.kind
            && target.path.is_empty()
            && (target.pointer_receiver || direct)
        {
            let name = self.link_name(function);
            let symbol = self.module.symbols.intern(&name);
            if !self.requested.contains(&symbol) {
                self.wrappers.insert(symbol, Wrapper::Method(function.clone()));
            }
            return symbol;
        }
        let mut name = self.wrapper_name(holder, direct, entry.method);
        if let Some(path) = self.package_of_unexported(entry.method) {
            name = format!("{name}·{path}");
        }
        let symbol = self.module.symbols.intern(&name);
        if !self.requested.contains(&symbol) {
            let path = entry.path.to_vec();
            self.wrappers.insert(symbol, Wrapper::Made { holder, direct, object: entry.method, path, name });
        }
        symbol
    }

    /// Name of a method as one of `holder`, which may have it from an embedded field, or (if not `direct`) of a pointer to that.
    pub(super) fn wrapper_name(&mut self, holder: TypeId, direct: bool, method: ObjectId) -> String {
        let declared = self.types_ref().object(method);
        let method_name = declared.name.as_str();
        let holder_name = self.type_name(holder);
        match self.types().as_named(holder) {
            Some(named) => {
                let object = self.types_ref().named(named).object;
                let path = self.types_ref().object(object).package.map_or("", |p| self.types_ref().package(p).path.as_str());
                let base = holder_name.strip_prefix(path).map_or(&holder_name[..], |rest| rest.trim_start_matches('.'));
                let path = if self.types_ref().object(object).package == Some(self.main) { "main" } else { path };
                if direct { format!("{path}.{base}.{method_name}") } else { format!("{path}.(*{base}).{method_name}") }
            }
            None if direct => format!("{holder_name}.{method_name}"),
            None => format!("(*{holder_name}).{method_name}"),
        }
    }

    /// What tells apart methods of one name that are not exported.
    pub(super) fn package_of_unexported(&self, method: ObjectId) -> Option<String> {
        let declared = self.types_ref().object(method);
        let package = declared.package.filter(|_| !declared.is_exported())?;
        Some(self.types_ref().package(package).path.as_str().to_string())
    }

    pub(super) fn lower_wrapper(&mut self, symbol: Symbol, wrapper: Wrapper) {
        let (holder, direct, object, path, name) = match wrapper {
            Wrapper::Method(function) => {
                self.requested.remove(&symbol);
                self.function_symbol(&function);
                return;
            }
            Wrapper::Made { holder, direct, object, path, name } => (holder, direct, object, path, name),
        };
        let signature = super::typedesc::method_type(self.types(), object);
        let plan = self.signature_plan(signature, None);
        let mut params = vec![Type::Ptr];
        params.extend_from_slice(&plan.ir_params);
        let sig = self.module.sigs.intern(&params, &plan.ir_results);
        let mut func = Function::new(symbol, sig, &params);
        func.attrs.wrapper = true;
        let target = self.target_of(holder, object, path);
        let mut cx = FnCx::generated(self, func, name);
        let args = cx.b.func.params().to_vec();
        let kind = if direct {
            PlaceKind::Flat(super::func::Flat::of(&args[..1]))
        } else {
            // A nil pointer whose value method is called.
            if target.path.is_empty() && !target.pointer_receiver {
                cx.check_wrapper_receiver(args[0], holder, object);
            } else {
                cx.nil_check(args[0]);
            }
            PlaceKind::Mem { addr: args[0], offset: 0 }
        };
        cx.forward_method(&target, Place { ty: holder, kind }, &plan, &args[1..]);
        let func = cx.b.finish();
        self.add_func(func);
    }
}

impl FnCx<'_, '_> {
    fn check_wrapper_receiver(&mut self, word: crate::ir::Value, holder: TypeId, object: ObjectId) {
        let Some(named) = self.lw.types_ref().as_named(holder) else {
            self.nil_check(word);
            return;
        };
        let none = self.is_nil(word);
        let (bad, good) = (self.block(), self.block());
        self.b.branch(none, bad, good);
        self.enter(bad);
        let type_object = self.lw.types_ref().named(named).object;
        let package = self.lw.types_ref().object(type_object).package.map_or("", |p| self.lw.types_ref().package(p).name.as_str());
        let texts = [package, self.lw.types_ref().name_of(type_object), self.lw.types_ref().name_of(object)];
        let mut args = Vec::new();
        for text in texts {
            args.extend_from_slice(&self.string_constant(text.as_bytes()).scalars());
        }
        self.runtime("panicwrap", &args);
        self.enter(good);
    }
}
