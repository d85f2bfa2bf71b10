//! Where loading begins: the main package, or the packages of a test program.
//!
//! A test program is made of the package under test with its `_test.go` files, the external test package `p_test`, and a generated main package.
//! Whatever else the program imports sees the package with its test files: the whole program is compiled for this test alone.

use super::load::{Content, Loader, Place, State, TestedPackage};
use super::test_main::TestFunctions;
use super::{NAMED_FILES, Package, PackageId};
use crate::options::MainPackage;
use crate::syntax::{Origin, Symbol, parse_file};

impl Loader<'_> {
    /// Loads the package that the options name.
    pub(super) fn main(&mut self) -> Option<PackageId> {
        if let MainPackage::Test(inner) = &self.options.main {
            // The place is found before the implicit packages are loaded, one of which may be the package under test.
            let (place, content) = self.root(inner)?;
            return self.test_program(place, content);
        }
        let (place, content) = self.root(&self.options.main)?;
        let path = place.path.clone();
        let main = self.package(place, content, None)?;
        let package = &self.packages[main.index()];
        if package.name != "main" && package.errors.is_empty() && !self.options.whole_package {
            self.fail(format!("package {path} is not a main package"));
            return None;
        }
        Some(main)
    }

    /// Notes which package is under test, so that it is loaded with its test files whoever imports it first.
    pub(super) fn note_test(&mut self) {
        let MainPackage::Test(inner) = &self.options.main else { return };
        let path = match &**inner {
            MainPackage::Files(_) => NAMED_FILES.to_string(),
            MainPackage::Directory(directory) => self.directory_place(directory.trim_end_matches('/')).path,
            MainPackage::Located(located) => located.path.clone(),
            MainPackage::Test(_) => return,
        };
        self.test = Some(TestedPackage { path, external: Vec::new(), has_internal: false, functions: TestFunctions::default() });
    }

    /// Whether a package is the one under test.
    pub(super) fn is_tested(&self, path: &str) -> bool {
        self.test.as_ref().is_some_and(|test| test.path == path)
    }

    /// Whether a package is the external test package.
    pub(super) fn is_external_test(&self, path: &str) -> bool {
        path.strip_suffix("_test").is_some_and(|path| self.is_tested(path))
    }

    fn root(&mut self, main: &MainPackage) -> Option<(Place, Content)> {
        match main {
            MainPackage::Files(files) => {
                let directory = files.first().and_then(|file| file.rsplit_once('/')).map_or(".", |(directory, _)| directory);
                if let Some(other) = files.iter().find(|file| file.rsplit_once('/').map_or(".", |(other, _)| other) != directory) {
                    let other = other.rsplit_once('/').map_or(".", |(other, _)| other);
                    self.fail(format!("named files must all be in one directory; have {directory} and {other}"));
                    return None;
                }
                let names = files.iter().map(|file| file.rsplit('/').next().unwrap_or(file).to_string()).collect();
                Some((self.named_place(directory), Content::Files(names)))
            }
            MainPackage::Directory(directory) => {
                let place = self.directory_place(directory.trim_end_matches('/'));
                self.root_directory(place)
            }
            MainPackage::Located(located) => self.root_directory(Place::of_module(located.clone())),
            MainPackage::Test(inner) => self.root(inner),
        }
    }

    fn root_directory(&mut self, place: Place) -> Option<(Place, Content)> {
        let directory = place.directory.clone();
        let Some(names) = self.listing(&directory).map(<[String]>::to_vec) else {
            self.fail(format!("directory {directory} not found"));
            return None;
        };
        let from_overlay = place.standard && self.overlay.has(&place.path);
        if names.is_empty() && !from_overlay {
            self.fail(format!("no Go files in {directory}"));
            return None;
        }
        Some((place, Content::Directory(names)))
    }

    /// The package made of files that are named one by one.
    fn named_place(&self, directory: &str) -> Place {
        Place {
            path: NAMED_FILES.to_string(),
            directory: directory.to_string(),
            go_version: self.go_version.clone(),
            trimmed: NAMED_FILES.to_string(),
            ..Place::default()
        }
    }

    /// The package in a directory.
    fn directory_place(&self, directory: &str) -> Place {
        if let Some(path) = directory.strip_prefix(self.goroot).and_then(|rest| rest.strip_prefix("/src/")) {
            return self.standard_place(path);
        }
        let path = self.module.and_then(|(path, root)| {
            let below = directory.strip_prefix(root)?;
            Some(format!("{path}{below}")).filter(|_| below.is_empty() || below.starts_with('/'))
        });
        match path {
            Some(path) => {
                Place { trimmed: path.clone(), path, directory: directory.to_string(), go_version: self.go_version.clone(), ..Place::default() }
            }
            None => self.named_place(directory),
        }
    }

    /// A package of GOROOT or the overlay that nobody imports.
    pub(super) fn standard(&mut self, path: &str) -> Option<PackageId> {
        let place = self.standard_place(path);
        let names = self.listing(&place.directory).map(<[String]>::to_vec).unwrap_or_default();
        if names.is_empty() && !self.overlay.has(path) {
            self.fail(format!("package {path} is not in std ({})", place.directory));
            return None;
        }
        self.package(place, Content::Directory(names), None)
    }

    /// Loads the packages of a test program and makes its main package.
    fn test_program(&mut self, place: Place, content: Content) -> Option<PackageId> {
        let path = place.path.clone();
        let package = self.package(place.clone(), content, None);
        let mut test = self.test.take()?;
        self.test =
            Some(TestedPackage { path: path.clone(), external: Vec::new(), has_internal: test.has_internal, functions: TestFunctions::default() });
        if package.is_none() && test.external.is_empty() {
            return None;
        }
        if package.is_none() {
            self.states.remove(&path);
        }
        let mut has_external = false;
        if !test.external.is_empty() {
            for (_, parsed) in &test.external {
                if let Some(file) = &parsed.file
                    && let Err(problem) = test.functions.collect(&self.sources, file, "_xtest")
                {
                    self.problems.push(problem);
                    return None;
                }
            }
            has_external = true;
            let name = format!("{path}_test");
            let place = Place { path: name.clone(), ..place.clone() };
            self.package(place, Content::Parsed(test.external), None)?;
        }
        let text = test.functions.main_source(&path, self.module_path(&path), package.is_some(), has_external);
        let main = format!("{path}.test");
        let id = self.sources.add(format!("{}/_testmain.go", place.directory), text.into_bytes());
        let parsed = parse_file(&self.sources, id, &mut self.ids, Origin::User);
        let place =
            Place { path: main.clone(), standard: false, generated: true, go_version: None, trimmed: place.trimmed, directory: place.directory };
        let main = self.package(place, Content::Parsed(vec![("_testmain.go".to_string(), parsed)]), None)?;
        self.head_variants(&path, test.has_internal);
        Some(main)
    }

    /// Path of the module of a package; empty if it has none.
    fn module_path(&self, path: &str) -> &str {
        match self.module {
            Some((module, _)) if path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) => module,
            _ => "",
        }
    }

    /// Heads the diagnostics of packages that are compiled for this test as the go command heads them.
    fn head_variants(&mut self, path: &str, has_internal: bool) {
        let suffix = format!(" [{path}.test]");
        let external = format!("{path}_test");
        let mut variants = vec![false; self.packages.len()];
        for index in 0..self.packages.len() {
            let package: &Package = &self.packages[index];
            let imports_variant = has_internal && package.imports.values().any(|import| variants[import.index()]);
            variants[index] = package.path == path && has_internal || package.path == external || imports_variant;
            let is_main = package.name == Symbol::new("main") && package.is_program;
            if variants[index] && !is_main {
                self.packages[index].heading.push_str(&suffix);
            }
        }
    }

    /// Whether a path was loaded.
    pub(super) fn is_done(&self, path: &str) -> bool {
        matches!(self.states.get(path), Some(State::Done(_)))
    }
}
