//! Families: what the methods of an interface type may be, the whole program being known.
//!
//! A call through an interface can only reach methods of types that have descriptors and all methods of the interface type. Where these are
//! few, optimisation compares with each and calls it directly.

use crate::ir::Symbol;
use crate::types::hash::{FastMap, FastSet};
use crate::types::{PackageId, TypeId};

use super::{Lowerer, typedesc};

/// More implementations than this make no family: comparing with each would cost more than the call through the itab.
const MAX_FAMILY: usize = 3;

/// Identity of a method: its name (with package if unexported) and type.
type Method = (crate::syntax::Symbol, Option<PackageId>, TypeId);

impl Lowerer<'_> {
    /// Notes that a method of an interface type is called; the name of its family.
    pub fn call_interface_method(&mut self, interface: TypeId, index: u32) -> Symbol {
        self.use_interface_method(interface, index);
        if let Some(symbol) = self.family_names.get(&(interface, index)) {
            return *symbol;
        }
        let name = format!("family:{}.{index}", self.type_name(interface));
        let mut symbol = self.module.symbols.intern(&name);
        // Types of different functions may share a name.
        let mut n = 1;
        while self.families.contains_key(&symbol) {
            n += 1;
            symbol = self.module.symbols.intern(&format!("{name}·{n}"));
        }
        self.families.insert(symbol, (interface, index));
        self.family_names.insert((interface, index), symbol);
        symbol
    }

    /// Fills in `Module::families` when all descriptors are made.
    pub(super) fn finish_families(&mut self) {
        let mut have: FastMap<Method, Vec<(TypeId, Symbol)>> = FastMap::default();
        for at in 0..self.descriptors.candidates.len() {
            let candidate = &self.descriptors.candidates[at];
            let (receiver, symbol, signature) = (candidate.receiver, candidate.symbol, candidate.signature);
            let method = self.method_identity(candidate.entry.method, signature);
            have.entry(method).or_default().push((receiver, symbol));
        }
        for (family, (interface, index)) in std::mem::take(&mut self.families) {
            let methods: Vec<Method> = self
                .interface_methods(interface)
                .into_iter()
                .map(|method| {
                    let signature = typedesc::method_type(self.types(), method);
                    self.method_identity(method, signature)
                })
                .collect();
            let lists: Option<Vec<&Vec<(TypeId, Symbol)>>> = methods.iter().map(|method| have.get(method)).collect();
            let Some(lists) = lists else { continue };
            let Some(rarest) = lists.iter().min_by_key(|list| list.len()) else { continue };
            let mut receivers: FastSet<TypeId> = rarest.iter().map(|(receiver, _)| *receiver).collect();
            for list in &lists {
                let other: FastSet<TypeId> = list.iter().map(|(receiver, _)| *receiver).collect();
                receivers.retain(|receiver| other.contains(receiver));
            }
            let mut functions: Vec<Symbol> =
                lists[index as usize].iter().filter(|(receiver, _)| receivers.contains(receiver)).map(|(_, symbol)| *symbol).collect();
            functions.sort_unstable();
            functions.dedup();
            if functions.len() <= MAX_FAMILY {
                self.module.families.insert(family, functions);
            }
        }
    }

    fn method_identity(&self, method: crate::types::ObjectId, signature: TypeId) -> Method {
        let object = self.types_ref().object(method);
        (object.name, if object.is_exported() { None } else { object.package }, signature)
    }
}
