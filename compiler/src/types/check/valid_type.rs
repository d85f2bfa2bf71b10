//! Types that contain themselves.

use crate::types::{ObjectId, TypeId, TypeKind};

use super::Checker;

impl<'a> Checker<'a> {
    /// Reports a type whose values would have to contain values of the same type.
    pub(super) fn check_valid_type(&mut self, typ: TypeId) {
        self.valid_type(typ, &mut Vec::new(), &mut Vec::new());
    }

    /// `nest` are the types that enclose this one in memory, `path` those that led here.
    fn valid_type(&mut self, typ: TypeId, nest: &mut Vec<TypeId>, path: &mut Vec<TypeId>) -> bool {
        let typ = self.types.unalias(typ);
        match self.types.kind(typ) {
            TypeKind::Array(_, elem) => self.valid_type(elem, nest, path),
            TypeKind::Struct(structure) => {
                let fields = self.types.structure(structure).fields.clone();
                fields.iter().all(|field| {
                    let typ = self.types.type_of(*field);
                    self.valid_type(typ, nest, path)
                })
            }
            TypeKind::Union(union) => {
                let terms = self.types.union(union).clone();
                terms.iter().all(|term| self.valid_type(term.typ, nest, path))
            }
            TypeKind::Interface(interface) => {
                let embeddeds = self.types.interface(interface).embeddeds.clone();
                embeddeds.iter().all(|typ| self.valid_type(*typ, nest, path))
            }
            TypeKind::Named(named) => {
                // What another package declares was checked there, unless it is generic.
                let origin = self.types.named_origin(named);
                let object = self.types.named(origin).object;
                if self.types.named(named).instance.is_none() && self.types.object(object).package != Some(self.package) {
                    return true;
                }
                if self.valid_types.contains(&typ) {
                    return true;
                }
                if nest.to_vec().iter().any(|other| self.types.identical(*other, typ)) {
                    self.types.nameds[origin.0 as usize].rhs = Some(TypeId::INVALID);
                    self.types.nameds[origin.0 as usize].underlying = Some(TypeId::INVALID);
                    self.types.nameds[named.0 as usize].underlying = Some(TypeId::INVALID);
                    if let Some(start) = path.clone().iter().position(|other| self.types.identical(*other, typ)) {
                        let names = path[start..].to_vec();
                        let cycle: Vec<ObjectId> =
                            names.iter().filter_map(|typ| self.types.as_named(*typ)).map(|named| self.types.named(named).object).collect();
                        self.cycle_error_from(&cycle, 0, Some(&names));
                    }
                    return false;
                }
                // An expansion without end is reported elsewhere.
                if nest.len() > 100 || path.len() > 500 {
                    return true;
                }
                let Some(rhs) = self.types.named(origin).rhs else { return true };
                nest.push(typ);
                path.push(typ);
                let valid = self.valid_type(rhs, nest, path);
                nest.pop();
                path.pop();
                // The validity of a generic type depends on its type arguments.
                if valid && nest.is_empty() && self.types.named(origin).type_params.is_empty() {
                    self.valid_types.insert(typ);
                }
                valid
            }
            TypeKind::TypeParameter(_) => {
                let Some(inner) = nest.last().copied() else { return true };
                let Some(named) = self.types.as_named(inner) else { return true };
                let origin = self.types.named_origin(named);
                let parameters = self.types.named(origin).type_params.clone();
                let arguments = self.types.type_arguments(named);
                match parameters.iter().position(|parameter| *parameter == typ) {
                    Some(index) if index < arguments.len() => {
                        // The argument lies where the instance was written, outside of the instance.
                        nest.pop();
                        let valid = self.valid_type(arguments[index], nest, path);
                        nest.push(inner);
                        valid
                    }
                    _ => true,
                }
            }
            _ => true,
        }
    }
}
