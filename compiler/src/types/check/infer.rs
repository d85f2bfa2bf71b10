//! Inference of type arguments.

use crate::source::Pos;
use crate::types::hash::FastMap;
use crate::types::unify::{Unifier, UnifyMode};
use crate::types::{ObjectId, Substitution, TypeId, TypeKind, Types};

use super::operand::Operand;
use super::{Checker, Version};

/// What is wrong, and where.
type Report = Option<(Pos, String)>;

impl<'a> Checker<'a> {
    /// The type arguments of a call, or `None` with a report. `params` are the types of the parameters, which have the type
    /// parameters in them; `reverse` says that the roles of parameter and argument are exchanged in messages.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn infer(
        &mut self,
        pos: Pos,
        type_params: &[TypeId],
        given: &[Option<TypeId>],
        params: &[TypeId],
        args: &[Operand<'a>],
        reverse: bool,
        report: &mut Report,
    ) -> Option<Vec<TypeId>> {
        loop {
            let result = self.infer_once(pos, type_params, given, params, args, reverse, report);
            // Methods whose signatures were not known are declared, and everything begins anew.
            let undeclared = std::mem::take(&mut self.types.undeclared);
            let mut progress = false;
            for function in undeclared {
                if self.types.object(function).typ.is_none() && self.decl_of.contains_key(&function) {
                    self.declare_object(function);
                    progress = true;
                }
            }
            if !progress {
                return result;
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn infer_once(
        &mut self,
        pos: Pos,
        type_params: &[TypeId],
        given: &[Option<TypeId>],
        params: &[TypeId],
        args: &[Operand<'a>],
        reverse: bool,
        report: &mut Report,
    ) -> Option<Vec<TypeId>> {
        *report = None;
        let n = type_params.len();
        if given.len() == n && given.iter().all(Option::is_some) {
            return Some(given.iter().flatten().copied().collect());
        }
        if args.iter().any(|arg| !arg.is_valid()) {
            return None;
        }
        // Known type arguments are put into the parameter types first.
        let mut known = Substitution::default();
        for (parameter, argument) in type_params.iter().zip(given) {
            if let Some(argument) = argument {
                known.insert(*parameter, *argument);
            }
        }
        let params: Vec<TypeId> = params.iter().map(|param| self.types.substitute(*param, &known)).collect();
        let mut unifier = Unifier::new(type_params, given, self.allows(Version::GO1_21));

        // Typed arguments.
        let mut untyped = Vec::new();
        for (index, arg) in args.iter().enumerate() {
            let param = params[index];
            let relevant = self.types.is_parameterized(type_params, param) || self.types.is_parameterized(type_params, arg.typ);
            if !relevant {
                continue;
            }
            if self.types.is_typed(arg.typ) {
                if !unifier.unify(&mut self.types, param, arg.typ, UnifyMode::ASSIGN) {
                    *report = Some(self.mismatch(&unifier, type_params, param, arg, reverse));
                    return None;
                }
            } else if matches!(self.types.kind(param), TypeKind::TypeParameter(_)) && !arg.is_nil() {
                untyped.push(index);
            }
        }

        // Constraints.
        loop {
            let unknown = unifier.unknowns();
            for parameter in type_params {
                let current = unifier.at(*parameter);
                let core = self.core_term(*parameter);
                if let Some((tilde, core, single)) = core {
                    if let Some(current) = current {
                        if !unifier.unify(&mut self.types, current, core, UnifyMode::INEXACT) {
                            let bound = self.types.bound_of(*parameter);
                            let (p, t, b) = (self.ts(*parameter), self.ts(current), self.ts(bound));
                            *report = Some((pos, format!("{p} (type {t}) does not satisfy {b}")));
                            return None;
                        }
                    } else if single && !tilde {
                        unifier.set(*parameter, core);
                    }
                }
                if let Some(current) = current
                    && !self.types.is_parameterized(type_params, current)
                {
                    let mut cause = String::new();
                    let constraint = self.types.underlying(*parameter);
                    let mut unify = |types: &mut Types, x: TypeId, y: TypeId| unifier.unify(types, x, y, UnifyMode::EXACT);
                    if !self.has_equivalent_methods(current, constraint, true, &mut unify, &mut cause) {
                        let bound = self.types.bound_of(*parameter);
                        let (p, t, b) = (self.ts(*parameter), self.ts(current), self.ts(bound));
                        *report = Some((pos, format!("{p} (type {t}) does not satisfy {b} {cause}")));
                        return None;
                    }
                }
            }
            if unifier.unknowns() == unknown {
                break;
            }
        }

        // Untyped arguments.
        let mut largest: Vec<(TypeId, TypeId)> = Vec::new();
        for index in untyped {
            let parameter = params[index];
            if unifier.at(parameter).is_some() {
                continue;
            }
            let typ = args[index].typ;
            match largest.iter_mut().find(|(other, _)| *other == parameter) {
                None => largest.push((parameter, typ)),
                Some((_, max)) => match self.types.max_untyped(*max, typ) {
                    Some(larger) => *max = larger,
                    None => {
                        let (a, b, p) = (self.ts(*max), self.ts(typ), self.ts(parameter));
                        let message = format!("mismatched types {a} and {b} (cannot infer {p})");
                        *report = Some((args[index].pos(), message));
                        return None;
                    }
                },
            }
        }
        for (parameter, typ) in largest {
            let typ = self.types.default_type(typ);
            unifier.set(parameter, typ);
        }

        let mut inferred = unifier.inferred(type_params);
        self.kill_cycles(type_params, &mut inferred);
        self.simplify(type_params, given, &mut inferred);
        let mut result = Vec::with_capacity(n);
        for (parameter, typ) in type_params.iter().zip(inferred) {
            match typ {
                Some(typ) if !self.types.is_parameterized(type_params, typ) => result.push(typ),
                _ => {
                    let object = match self.types.kind(*parameter) {
                        TypeKind::TypeParameter(id) => self.types.type_parameter(id).object,
                        _ => return None,
                    };
                    let name = self.types.name_of(object);
                    let at = self.position(self.pos_of(object));
                    *report = Some((pos, format!("cannot infer {name} (declared at {at})")));
                    return None;
                }
            }
        }
        Some(result)
    }

    fn mismatch(&mut self, unifier: &Unifier, type_params: &[TypeId], param: TypeId, arg: &Operand<'a>, reverse: bool) -> (Pos, String) {
        let inferred = unifier.inferred(type_params);
        let (t, p, text) = (self.ts(arg.typ), self.ts(param), arg.text());
        if inferred.iter().all(Option::is_none) {
            let names = self.names(type_params);
            return (arg.pos(), format!("type {t} of {text} does not match {p} (cannot infer {names})"));
        }
        let mut with = Substitution::default();
        for (parameter, typ) in type_params.iter().zip(&inferred) {
            if let Some(typ) = typ {
                with.insert(*parameter, *typ);
            }
        }
        let substituted = self.types.substitute(param, &with);
        let message = if substituted == param {
            format!("type {t} of {text} does not match {p}")
        } else if reverse {
            format!("inferred type {} for {p} does not match type {t} of {text}", self.ts(substituted))
        } else {
            format!("type {t} of {text} does not match inferred type {} for {p}", self.ts(substituted))
        };
        (arg.pos(), message)
    }

    fn names(&self, type_params: &[TypeId]) -> String {
        let names: Vec<String> = type_params.iter().map(|parameter| self.ts(*parameter)).collect();
        match &names[..] {
            [] => String::new(),
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [many @ .., last] => format!("{}, and {last}", many.join(", ")),
        }
    }

    /// The type that a constraint leaves open, if it is one: whether with a tilde, the type, and whether it is the only term.
    fn core_term(&mut self, parameter: TypeId) -> Option<(bool, TypeId, bool)> {
        let id = self.types.as_type_parameter(parameter)?;
        let set = self.types.parameter_set(id);
        if let [term] = set.specific() {
            return Some((term.tilde, term.typ, true));
        }
        let tilde = set.specific().iter().any(|term| term.tilde);
        if !set.has_terms() {
            return None;
        }
        self.types.common_underlying(parameter).map(|typ| (tilde, typ, false))
    }

    /// Removes inferred types that contain themselves.
    fn kill_cycles(&mut self, type_params: &[TypeId], inferred: &mut [Option<TypeId>]) {
        for parameter in type_params {
            self.find_cycle(*parameter, type_params, inferred, &mut Vec::new());
        }
    }

    fn find_cycle(&mut self, typ: TypeId, type_params: &[TypeId], inferred: &mut [Option<TypeId>], active: &mut Vec<TypeId>) {
        let typ = self.types.unalias(typ);
        let index = type_params.iter().position(|parameter| *parameter == typ);
        if active.contains(&typ) {
            if let Some(index) = index {
                inferred[index] = None;
            }
            return;
        }
        active.push(typ);
        if let Some(index) = index {
            if let Some(next) = inferred[index] {
                self.find_cycle(next, type_params, inferred, active);
            }
        } else {
            for part in self.types.parts(typ) {
                self.find_cycle(part, type_params, inferred, active);
            }
        }
        active.pop();
    }

    /// Puts inferred types into each other until nothing changes.
    fn simplify(&mut self, type_params: &[TypeId], given: &[Option<TypeId>], inferred: &mut [Option<TypeId>]) {
        let mut dirty: Vec<usize> =
            (0..inferred.len()).filter(|index| inferred[*index].is_some() && given.get(*index).copied().flatten().is_none()).collect();
        while !dirty.is_empty() {
            let mut with = Substitution::default();
            for (parameter, typ) in type_params.iter().zip(inferred.iter()) {
                if let Some(typ) = typ {
                    with.insert(*parameter, *typ);
                }
            }
            dirty.retain(|index| {
                let Some(old) = inferred[*index] else { return false };
                let mut new = self.types.substitute(old, &with);
                if new == old {
                    return false;
                }
                // A generic function whose type parameters were all inferred is not generic any more.
                if let Some(mut signature) = self.signature_of(new)
                    && !signature.type_params.is_empty()
                    && !self.types.is_parameterized(type_params, new)
                {
                    signature.type_params = std::sync::Arc::new([]);
                    new = self.types.new_signature(signature);
                }
                inferred[*index] = Some(new);
                true
            });
        }
    }
}

impl Types {
    /// The types that a type is directly made of. Of instances the type arguments.
    pub(crate) fn parts(&mut self, typ: TypeId) -> Vec<TypeId> {
        let of = |types: &Types, list: &[ObjectId]| types.types_of(list);
        match self.kind(typ) {
            TypeKind::Basic(_) | TypeKind::TypeParameter(_) => Vec::new(),
            TypeKind::Pointer(elem) | TypeKind::Slice(elem) | TypeKind::Array(_, elem) | TypeKind::Chan(_, elem) => vec![elem],
            TypeKind::Map(key, elem) => vec![key, elem],
            TypeKind::Struct(structure) => of(self, &self.structure(structure).fields.clone()),
            TypeKind::Tuple(tuple) => of(self, &self.tuple(tuple).clone()),
            TypeKind::Signature(signature) => {
                let signature = self.signature(signature).clone();
                let mut parts = of(self, &signature.params);
                parts.extend(of(self, &signature.results));
                parts
            }
            TypeKind::Union(union) => self.union(union).iter().map(|term| term.typ).collect(),
            TypeKind::Interface(interface) => {
                let interface = self.interface(interface).clone();
                let mut parts = of(self, &interface.methods);
                parts.extend(interface.embeddeds.iter().copied());
                parts
            }
            TypeKind::Named(named) => self.type_arguments(named).to_vec(),
            TypeKind::Alias(_) => vec![self.unalias(typ)],
        }
    }

    /// Whether a type mentions one of these type parameters.
    pub(crate) fn is_parameterized(&mut self, type_params: &[TypeId], typ: TypeId) -> bool {
        !type_params.is_empty() && self.mentions_parameter(type_params, typ, &mut FastMap::default())
    }

    fn mentions_parameter(&mut self, type_params: &[TypeId], typ: TypeId, seen: &mut FastMap<TypeId, bool>) -> bool {
        match self.kind(typ) {
            TypeKind::Basic(_) => return false,
            TypeKind::TypeParameter(_) => return type_params.contains(&typ),
            TypeKind::Named(named) if self.named(named).instance.is_none() => return false,
            _ => {}
        }
        if let Some(known) = seen.get(&typ) {
            return *known;
        }
        seen.insert(typ, false);
        let parts = match self.kind(typ) {
            TypeKind::Interface(interface) => {
                let set = self.type_set(interface);
                let mut parts = self.types_of(&set.methods);
                parts.extend(set.specific().iter().map(|term| term.typ));
                parts
            }
            _ => self.parts(typ),
        };
        let result = parts.into_iter().any(|part| self.mentions_parameter(type_params, part, seen));
        seen.insert(typ, result);
        result
    }
}
