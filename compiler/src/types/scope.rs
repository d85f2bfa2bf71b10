//! Scopes: names to objects.
//!
//! Bodies are checked in source order and a name enters its scope where its scope begins, so no positions are kept.

use crate::syntax::Symbol;

use super::hash::FastMap;
use super::{ObjectId, Types};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeId(pub u32);

#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub parent: Option<ScopeId>,
    /// In order of declaration.
    elements: Vec<(Symbol, ObjectId)>,
    /// Present once there are many.
    index: Option<FastMap<Symbol, ObjectId>>,
}

const INDEX_FROM: usize = 12;

impl Scope {
    pub fn lookup(&self, name: Symbol) -> Option<ObjectId> {
        match &self.index {
            Some(index) => index.get(&name).copied(),
            None => self.elements.iter().find(|(other, _)| *other == name).map(|(_, object)| *object),
        }
    }

    /// The name must be new.
    pub fn insert(&mut self, name: Symbol, object: ObjectId) {
        self.elements.push((name, object));
        if let Some(index) = &mut self.index {
            index.insert(name, object);
        } else if self.elements.len() >= INDEX_FROM {
            self.index = Some(self.elements.iter().copied().collect());
        }
    }

    pub fn elements(&self) -> &[(Symbol, ObjectId)] {
        &self.elements
    }
}

impl Types {
    pub fn new_scope(&mut self, parent: Option<ScopeId>) -> ScopeId {
        self.scopes.push(Scope { parent, ..Scope::default() });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    /// Declares an object. If the name is taken, nothing changes and the other object is returned.
    pub fn insert(&mut self, scope: ScopeId, object: ObjectId) -> Option<ObjectId> {
        let name = self.objects[object.0 as usize].name;
        if let Some(other) = self.scope(scope).lookup(name) {
            return Some(other);
        }
        self.scopes[scope.0 as usize].insert(name, object);
        let object = &mut self.objects[object.0 as usize];
        if object.parent.is_none() {
            object.parent = Some(scope);
        }
        None
    }

    /// Looks a name up in a scope and those around it.
    pub fn lookup_parent(&self, scope: ScopeId, name: Symbol) -> Option<(ScopeId, ObjectId)> {
        let mut at = Some(scope);
        while let Some(scope) = at {
            let data = self.scope(scope);
            if let Some(object) = data.lookup(name) {
                return Some((scope, object));
            }
            at = data.parent;
        }
        None
    }
}
