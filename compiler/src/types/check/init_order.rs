//! The order in which package variables are initialized.
//!
//! A variable is initialized after those that it depends on, directly or through functions and methods that its initializer
//! mentions; of those that are ready the first in the source comes next.

use std::collections::BTreeSet;

use crate::diagnostic::Code;
use crate::types::hash::{FastMap, FastSet};
use crate::types::{Initializer, ObjectId, ObjectKind};

use super::{Checker, DeclId};

impl<'a> Checker<'a> {
    /// Reports variables whose initialization depends on themselves.
    pub(super) fn initialization_cycles(&mut self) {
        self.initializers(false);
    }

    /// The initializers in order. With `lazily`, the bodies that matter are checked first.
    pub(super) fn initializers(&mut self, lazily: bool) -> Vec<Initializer<'a>> {
        let values: Vec<ObjectId> = self
            .state
            .objects
            .iter()
            .copied()
            .filter(|object| matches!(self.types.object(*object).kind, ObjectKind::Variable(_) | ObjectKind::Constant { .. }))
            .collect();
        // For each value the values it depends on; functions in between are skipped.
        let mut needs: FastMap<ObjectId, BTreeSet<(u32, ObjectId)>> = FastMap::default();
        let mut needed_by: FastMap<ObjectId, Vec<ObjectId>> = FastMap::default();
        for value in &values {
            let mut reached = BTreeSet::new();
            let mut seen: FastSet<ObjectId> = FastSet::default();
            let mut stack = self.dependencies(*value, lazily);
            while let Some(next) = stack.pop() {
                if !seen.insert(next) {
                    continue;
                }
                match self.types.object(next).kind {
                    ObjectKind::Function(_) => stack.extend(self.dependencies(next, lazily)),
                    ObjectKind::Variable(_) | ObjectKind::Constant { .. } => {
                        reached.insert((self.types.object(next).order, next));
                    }
                    _ => {}
                }
            }
            for (_, dependency) in &reached {
                needed_by.entry(*dependency).or_default().push(*value);
            }
            needs.insert(*value, reached);
        }
        let mut open: FastMap<ObjectId, usize> = needs.iter().map(|(value, needs)| (*value, needs.len())).collect();
        // Constants first, then what depends on least, then source order.
        let rank = |checker: &Checker<'a>, open: usize, value: ObjectId| {
            let object = checker.types.object(value);
            let is_variable = matches!(object.kind, ObjectKind::Variable(_));
            (is_variable, open, object.order, value)
        };
        let mut queue: BTreeSet<(bool, usize, u32, ObjectId)> = values.iter().map(|value| rank(self, open[value], *value)).collect();
        let mut emitted: FastSet<DeclId> = FastSet::default();
        let mut order = Vec::new();
        while let Some(first) = queue.pop_first() {
            let value = first.3;
            if first.1 > 0
                && !lazily
                && let Some(cycle) = self.find_path(value, value, &mut FastSet::default())
            {
                self.report_initialization_cycle(&cycle);
            }
            for dependent in needed_by.get(&value).cloned().unwrap_or_default() {
                let count = open[&dependent];
                if queue.remove(&rank(self, count, dependent)) {
                    let count = count.saturating_sub(1);
                    open.insert(dependent, count);
                    queue.insert(rank(self, count, dependent));
                }
            }
            if !first.0 {
                continue;
            }
            let decl = self.decl_of[&value];
            let declaration = &self.declarations[decl.0 as usize];
            let Some(rhs) = declaration.init else { continue };
            if !emitted.insert(decl) {
                continue;
            }
            let lhs = if declaration.lhs.is_empty() { vec![value] } else { declaration.lhs.clone() };
            order.push(Initializer { lhs, rhs });
        }
        order
    }

    fn dependencies(&mut self, object: ObjectId, lazily: bool) -> Vec<ObjectId> {
        // Other packages are initialised before; their bodies are theirs to check.
        if self.types.object(object).package != Some(self.package) {
            return Vec::new();
        }
        if lazily && self.types.object(object).function().is_some() && !self.bodies_done.contains(&object) {
            self.check_body_here(object);
            self.process_delayed(0);
        }
        match self.decl_of.get(&object) {
            Some(decl) => self.declarations[decl.0 as usize].deps.clone(),
            None => Vec::new(),
        }
    }

    /// The objects on a path of dependencies, the last one first.
    fn find_path(&self, from: ObjectId, to: ObjectId, seen: &mut FastSet<ObjectId>) -> Option<Vec<ObjectId>> {
        if !seen.insert(from) {
            return None;
        }
        let decl = self.decl_of.get(&from)?;
        let mut deps = self.declarations[decl.0 as usize].deps.clone();
        deps.sort_by_key(|object| self.types.object(*object).order);
        for dep in deps {
            if dep == to {
                return Some(vec![dep]);
            }
            if let Some(mut path) = self.find_path(dep, to, seen) {
                path.push(dep);
                return Some(path);
            }
        }
        None
    }

    fn report_initialization_cycle(&mut self, cycle: &[ObjectId]) {
        let first = cycle[0];
        let name = self.types.name_of(first);
        let pos = self.pos_of(first);
        if cycle.len() == 1 {
            self.error(Code::InvalidInitCycle, pos, format!("initialization cycle: {name} refers to itself"));
            return;
        }
        let mut lines = vec![(pos, format!("initialization cycle for {name}"))];
        let mut from = first;
        for next in cycle.iter().rev() {
            let (a, b) = (self.types.name_of(from), self.types.name_of(*next));
            lines.push((self.pos_of(from), format!("{a} refers to {b}")));
            from = *next;
        }
        self.error_lines(Code::InvalidInitCycle, lines);
    }
}
