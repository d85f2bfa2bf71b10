//! The order in which packages are initialised.

use super::load::Loader;
use super::{Package, PackageId, Program};
use std::collections::{BTreeMap, HashSet};

impl Loader<'_> {
    /// Puts the packages into the order of initialisation; the first `runtime_count` come first.
    pub(super) fn finish(self, main: PackageId, runtime_count: usize) -> Program {
        let count = self.packages.len();
        let mut order = initialization_order(&self.packages[..runtime_count], &[]);
        let rest = initialization_order(&self.packages, &order);
        order.extend(rest);
        let mut place = vec![PackageId(0); count];
        for (new, old) in order.iter().enumerate() {
            place[*old] = PackageId(new as u32);
        }
        let mut packages: Vec<Option<Package>> = self.packages.into_iter().map(Some).collect();
        let packages = order
            .iter()
            .filter_map(|old| packages[*old].take())
            .map(|mut package| {
                for id in package.imports.values_mut() {
                    *id = place[id.index()];
                }
                package
            })
            .collect();
        Program { sources: self.sources, ids: self.ids, packages, main: place[main.index()] }
    }
}

/// Indices of the packages not yet `done`, each behind what it imports; of those that are ready the smallest path comes first.
fn initialization_order(packages: &[Package], done: &[usize]) -> Vec<usize> {
    let mut waits: Vec<usize> = vec![0; packages.len()];
    let mut importers: Vec<Vec<usize>> = vec![Vec::new(); packages.len()];
    let is_done: HashSet<usize> = done.iter().copied().collect();
    let mut ready: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, package) in packages.iter().enumerate() {
        if is_done.contains(&index) {
            continue;
        }
        for import in package.imports.values().map(|id| id.index()).filter(|import| !is_done.contains(import)) {
            waits[index] += 1;
            importers[import].push(index);
        }
        if waits[index] == 0 {
            ready.insert(&package.path, index);
        }
    }
    let mut order = Vec::new();
    while let Some((_, index)) = ready.pop_first() {
        order.push(index);
        for importer in &importers[index] {
            waits[*importer] -= 1;
            if waits[*importer] == 0 {
                ready.insert(&packages[*importer].path, *importer);
            }
        }
    }
    order
}
