//! The loader: from the main package along the imports.

use super::{Context, Overlay, Package, PackageId, Program, header, late};
use crate::diagnostic::{Diagnostic, problem};
use crate::options::{FileProvider, MainPackage, Options, Problem};
use crate::source::{Pos, SourceMap};
use crate::syntax::ast::{Decl, File, NodeIds};
use crate::syntax::{Origin, Parsed, Symbol, parse_file, unquote};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Packages that every program has: compiled code calls into them without importing them.
const IMPLICIT: &[&str] = &["runtime"];

/// Loads a program with the compiler's own overlay.
///
/// # Errors
/// What the go command reports before it starts a compiler.
pub fn load(options: &Options, files: &dyn FileProvider) -> Result<Program, Vec<Problem>> {
    load_with(options, files, Overlay::embedded(), &Context::wasip1())
}

/// Loads a program with any overlay and for any target.
///
/// # Errors
/// What the go command reports before it starts a compiler.
pub fn load_with(options: &Options, files: &dyn FileProvider, overlay: Overlay<'_>, context: &Context) -> Result<Program, Vec<Problem>> {
    let mut loader = Loader {
        options,
        files,
        overlay,
        context,
        goroot: options.goroot.trim_end_matches('/'),
        module: options.module.as_ref().map(|(path, root)| (path.as_str(), root.trim_end_matches('/'))),
        go_version: None,
        listings: HashMap::new(),
        sources: SourceMap::new(),
        ids: NodeIds::default(),
        packages: Vec::new(),
        states: HashMap::new(),
        stack: Vec::new(),
        missing: HashSet::new(),
        problems: Vec::new(),
    };
    if let Some((_, root)) = loader.module {
        loader.go_version = files.read(&format!("{root}/go.mod")).and_then(|text| go_line(&text));
    }
    for path in IMPLICIT {
        loader.standard(path);
    }
    let runtime_count = loader.packages.len();
    let main = loader.main();
    match main {
        Some(main) if loader.problems.is_empty() => Ok(loader.finish(main, runtime_count)),
        _ => Err(loader.problems),
    }
}

/// The `go` line of a go.mod file, as `go1.21`.
fn go_line(text: &[u8]) -> Option<String> {
    String::from_utf8_lossy(text).lines().find_map(|line| {
        let mut words = line.split("//").next().unwrap_or(line).split_whitespace();
        (words.next() == Some("go")).then(|| words.next().map(|version| format!("go{version}")))?
    })
}

/// Where a package is to be found.
#[derive(Clone, Debug)]
struct Place {
    path: String,
    directory: String,
    standard: bool,
}

#[derive(Clone, Copy)]
enum State {
    /// On the stack.
    Open,
    Done(PackageId),
    Failed,
}

/// A package that is being loaded, and the file that imports it.
struct Frame {
    path: String,
    /// The importing file's name without its directory; none for a root.
    from: Option<String>,
}

/// An import declaration that was met first for its path.
struct Import {
    path: String,
    pos: Pos,
}

struct Loader<'l> {
    options: &'l Options,
    files: &'l dyn FileProvider,
    overlay: Overlay<'l>,
    context: &'l Context,
    goroot: &'l str,
    /// Path and root of the main module.
    module: Option<(&'l str, &'l str)>,
    go_version: Option<String>,
    /// Go files of the directories that were looked at.
    listings: HashMap<String, Option<Vec<String>>>,
    sources: SourceMap,
    ids: NodeIds,
    /// In the order in which they were completed: imports first.
    packages: Vec<Package>,
    states: HashMap<String, State>,
    stack: Vec<Frame>,
    /// Paths reported as missing.
    missing: HashSet<String>,
    problems: Vec<Problem>,
}

impl Loader<'_> {
    fn fail(&mut self, message: String) {
        self.problems.push(Problem { package: None, path: String::new(), line: 0, column: 0, message });
    }

    fn fail_at(&mut self, pos: Pos, message: String) {
        let problem = problem(&self.sources, None, &Diagnostic::new(pos, message));
        self.problems.push(problem);
    }

    /// `package p\n\timports q from x.go\n\timports …` down to the package on top of the stack.
    fn import_stack(&self, with_files: bool) -> String {
        let mut text = String::new();
        for (depth, frame) in self.stack.iter().enumerate() {
            if depth == 0 {
                text.push_str(&format!("package {}", frame.path));
                continue;
            }
            text.push_str(&format!("\n\timports {}", frame.path));
            if let (true, Some(file)) = (with_files, &frame.from) {
                text.push_str(&format!(" from {file}"));
            }
        }
        text
    }

    /// The names of the Go files in a directory; none if there is no such directory.
    fn listing(&mut self, directory: &str) -> Option<&[String]> {
        let files = self.files;
        let listing = self.listings.entry(directory.to_string()).or_insert_with(|| {
            let names = files.list(directory)?;
            Some(names.into_iter().filter(|name| name.ends_with(".go")).collect())
        });
        listing.as_deref()
    }

    fn has_go_files(&mut self, directory: &str) -> bool {
        self.listing(directory).is_some_and(|names| !names.is_empty())
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Roots

    fn main(&mut self) -> Option<PackageId> {
        let (place, names, explicit) = match &self.options.main {
            MainPackage::Files(files) => {
                let directory = files.first().and_then(|file| file.rsplit_once('/')).map_or(".", |(directory, _)| directory);
                if let Some(other) = files.iter().find(|file| file.rsplit_once('/').map_or(".", |(other, _)| other) != directory) {
                    let other = other.rsplit_once('/').map_or(".", |(other, _)| other);
                    self.fail(format!("named files must all be in one directory; have {directory} and {other}"));
                    return None;
                }
                let names = files.iter().map(|file| file.rsplit('/').next().unwrap_or(file).to_string()).collect();
                let place = Place { path: "command-line-arguments".to_string(), directory: directory.to_string(), standard: false };
                (place, names, true)
            }
            MainPackage::Directory(directory) => {
                let directory = directory.trim_end_matches('/');
                let path = match self.module {
                    Some((path, root)) if directory == root => path.to_string(),
                    Some((path, root)) => match directory.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')) {
                        Some(rest) => format!("{path}/{rest}"),
                        None => "command-line-arguments".to_string(),
                    },
                    None => "command-line-arguments".to_string(),
                };
                let Some(names) = self.listing(directory).map(<[String]>::to_vec) else {
                    self.fail(format!("directory {directory} not found"));
                    return None;
                };
                if names.is_empty() {
                    self.fail(format!("no Go files in {directory}"));
                    return None;
                }
                (Place { path, directory: directory.to_string(), standard: false }, names, false)
            }
        };
        let path = place.path.clone();
        let main = self.package(place, names, explicit, None)?;
        let package = &self.packages[main.index()];
        if package.name != "main" && package.errors.is_empty() && !self.options.whole_package {
            self.fail(format!("package {path} is not a main package"));
            return None;
        }
        Some(main)
    }

    /// A package of GOROOT or the overlay that nobody imports.
    fn standard(&mut self, path: &str) -> Option<PackageId> {
        let place = self.standard_place(path);
        let names = self.listing(&place.directory).map(<[String]>::to_vec).unwrap_or_default();
        if names.is_empty() && !self.overlay.has(path) {
            self.fail(format!("package {path} is not in std ({})", place.directory));
            return None;
        }
        self.package(place, names, false, None)
    }

    fn standard_place(&self, path: &str) -> Place {
        Place { path: path.to_string(), directory: format!("{}/src/{path}", self.goroot), standard: true }
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Imports

    /// The package that `import` in a file of `importer` means. None if it cannot be had, which has been reported.
    fn import(&mut self, importer: &Place, import: &Import, file: &str) -> Option<PackageId> {
        let path = &import.path;
        let place = self.resolve(importer, path, import.pos)?;
        match self.states.get(&place.path) {
            Some(State::Done(id)) => {
                let id = *id;
                return self.may_import(importer, &place, import.pos, id).then_some(id);
            }
            Some(State::Failed) => return None,
            Some(State::Open) => {
                self.stack.push(Frame { path: place.path.clone(), from: Some(file.to_string()) });
                let message = format!("{}: import cycle not allowed", self.import_stack(true));
                self.stack.pop();
                self.fail(message);
                return None;
            }
            None => {}
        }
        let names = self.listing(&place.directory).map(<[String]>::to_vec).unwrap_or_default();
        let id = self.package(place.clone(), names, false, Some((file, import.pos)))?;
        self.may_import(importer, &place, import.pos, id).then_some(id)
    }

    fn resolve(&mut self, importer: &Place, path: &str, pos: Pos) -> Option<Place> {
        if importer.standard {
            let vendored = self.standard_place(&format!("vendor/{path}"));
            let has_dot = path.split('/').next().is_some_and(|first| first.contains('.'));
            if has_dot && self.has_go_files(&vendored.directory) {
                return Some(vendored);
            }
        } else {
            if path.starts_with("./") || path.starts_with("../") || path == "." || path == ".." {
                self.fail_at(pos, format!("{path:?} is relative, but relative import paths are not supported in module mode"));
                return None;
            }
            if path.starts_with('/') {
                self.fail_at(pos, format!("{path:?} is not a package path; see 'go help packages'"));
                return None;
            }
            if let Some(element) = path.split('/').find(|element| matches!(*element, "" | "." | "..")) {
                let why = if element.is_empty() { "empty path element".to_string() } else { format!("invalid path element {element:?}") };
                self.fail_at(pos, format!("malformed import path {path:?}: {why}"));
                return None;
            }
            if path.starts_with("vendor/") || path.contains("/vendor/") {
                self.fail_at(pos, "use of vendored package not allowed".to_string());
                return None;
            }
            if let Some((module, root)) = self.module {
                let directory = if path == module {
                    Some(root.to_string())
                } else {
                    path.strip_prefix(module).and_then(|rest| rest.strip_prefix('/')).map(|rest| format!("{root}/{rest}"))
                };
                if let Some(directory) = directory
                    && self.has_go_files(&directory)
                {
                    return Some(Place { path: path.to_string(), directory, standard: false });
                }
            }
        }
        let place = self.standard_place(path);
        if self.has_go_files(&place.directory) || self.overlay.has(path) {
            return Some(place);
        }
        if self.missing.insert(path.to_string()) {
            let has_dot = path.split('/').next().is_some_and(|first| first.contains('.'));
            let message = if !has_dot {
                format!("package {path} is not in std ({})", place.directory)
            } else if self.module.is_some() {
                format!("no required module provides package {path}; to add it:\n\tgo get {path}")
            } else {
                let why = "go.mod file not found in current directory or any parent directory; see 'go help modules'";
                format!("no required module provides package {path}: {why}")
            };
            self.fail_at(pos, message);
        }
        None
    }

    /// Whether the rules on internal packages and on programs allow the import; reports if they do not.
    fn may_import(&mut self, importer: &Place, place: &Place, pos: Pos, id: PackageId) -> bool {
        if self.packages[id.index()].name == "main" {
            self.fail_at(pos, format!("import {:?} is a program, not an importable package", place.path));
            return false;
        }
        if importer.standard {
            return true;
        }
        let Some(parent) = internal_parent(&place.path) else { return true };
        let allowed = !place.standard && {
            // What lies above `internal` must lie above the importer too. Directories tell, because the package made of
            // named files has no path of its own.
            let below = place.path.len() - parent.len();
            let root = place.directory.len().checked_sub(below).map(|length| &place.directory[..length]);
            root.is_none_or(|root| importer.directory == root || importer.directory.starts_with(&format!("{root}/")))
        };
        if !allowed {
            let message =
                format!("{}\n\t{}: use of internal package {} not allowed", self.import_stack(false), self.sources.location(pos), place.path);
            self.fail(message);
        }
        allowed
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Packages

    /// Loads a package and all it imports. `names` are the Go files in its directory; if `explicit`, all of them belong to it.
    /// `from` is the import that led to it.
    fn package(&mut self, place: Place, names: Vec<String>, explicit: bool, from: Option<(&str, Pos)>) -> Option<PackageId> {
        if let Some(state) = self.states.get(&place.path) {
            return match state {
                State::Done(id) => Some(*id),
                State::Open | State::Failed => None,
            };
        }
        self.states.insert(place.path.clone(), State::Open);
        self.stack.push(Frame { path: place.path.clone(), from: from.map(|(file, _)| file.to_string()) });
        let loaded = self.package_inside(&place, names, explicit, from.map(|(_, pos)| pos));
        self.stack.pop();
        let state = match loaded {
            Some(package) => {
                self.packages.push(package);
                State::Done(PackageId(self.packages.len() as u32 - 1))
            }
            None => State::Failed,
        };
        self.states.insert(place.path, state);
        match state {
            State::Done(id) => Some(id),
            _ => None,
        }
    }

    fn package_inside(&mut self, place: &Place, names: Vec<String>, explicit: bool, from: Option<Pos>) -> Option<Package> {
        let problems_before = self.problems.len();
        let texts = self.texts(place, &names, explicit)?;
        if texts.is_empty() {
            self.no_files(place, &names, from);
            return None;
        }
        let origin = if place.standard { Origin::Standard } else { Origin::User };
        let mut package = Package {
            path: place.path.clone(),
            name: Symbol::new("_"),
            directory: place.directory.clone(),
            standard: place.standard,
            go_version: if place.standard { None } else { self.go_version.clone() },
            files: Vec::new(),
            imports: BTreeMap::new(),
            errors: Vec::new(),
            late_errors: Vec::new(),
        };
        let mut first: Option<(Symbol, String)> = None;
        let mut imports: Vec<(Import, String)> = Vec::new();
        for (name, text) in texts {
            let id = self.sources.add(format!("{}/{name}", place.directory), text);
            let Parsed { file, errors, late_errors, header_end } = parse_file(&self.sources, id, &mut self.ids, origin);
            if let Some(error) = errors.iter().find(|error| error.pos < header_end && !header::is_about_directive(error)) {
                let problem = header::reword(&self.sources, error);
                self.problems.push(problem);
                return None;
            }
            package.errors.extend(errors);
            package.late_errors.extend(late_errors);
            let Some(file) = file else { continue };
            if uses_c(&file) {
                continue; // as without cgo
            }
            match &first {
                None => first = Some((file.package.name, name.clone())),
                Some((other, other_name)) if *other != file.package.name => {
                    let message = format!("found packages {other} ({other_name}) and {} ({name}) in {}", file.package.name, place.directory);
                    match from {
                        Some(pos) => self.fail_at(pos, message),
                        None => self.fail(message),
                    }
                    return None;
                }
                Some(_) => {}
            }
            self.imports_of(&file, header_end, &name, from, &mut imports)?;
            package.files.push(file);
        }
        match first {
            Some((name, _)) => package.name = name,
            None if package.errors.is_empty() => {
                match explicit {
                    true => self.fail("go: no Go source files".to_string()),
                    false => self.no_files(place, &names, from),
                }
                return None;
            }
            None => package.name = Symbol::new("main"),
        }
        if !place.standard {
            let errors = late::check(&package);
            package.late_errors.extend(errors);
        }
        // In the order of their paths, which is that of the go command's messages.
        imports.sort_by(|(one, _), (two, _)| one.path.cmp(&two.path));
        for (import, file) in imports {
            if package.imports.contains_key(&import.path) {
                continue;
            }
            if let Some(id) = self.import(place, &import, &file) {
                package.imports.insert(import.path, id);
            }
        }
        (self.problems.len() == problems_before).then_some(package)
    }

    /// Names and texts of the files that belong to a package.
    fn texts(&mut self, place: &Place, names: &[String], explicit: bool) -> Option<Vec<(String, Vec<u8>)>> {
        let mut texts = Vec::new();
        let overlay: Vec<(&str, &str)> = if place.standard { self.overlay.package(&place.path).collect() } else { Vec::new() };
        if !(place.standard && self.overlay.replaces(&place.path)) {
            for name in names {
                if overlay.iter().any(|(other, _)| other == name) || !(explicit || self.context.admits_name(name)) {
                    continue;
                }
                let path = format!("{}/{name}", place.directory);
                let Some(text) = self.files.read(&path) else {
                    self.fail(format!("open {path}: no such file or directory"));
                    return None;
                };
                if explicit || self.context.admits_text(&text) {
                    texts.push((name.clone(), text));
                }
            }
        }
        for (name, text) in overlay {
            if self.context.admits_name(name) && self.context.admits_text(text.as_bytes()) {
                texts.push((name.to_string(), text.as_bytes().to_vec()));
            }
        }
        if !explicit {
            texts.sort();
        }
        Some(texts)
    }

    /// Reports a package whose directory has no file for this target.
    fn no_files(&mut self, place: &Place, names: &[String], from: Option<Pos>) {
        let directory = &place.directory;
        let only_tests = names.iter().all(|name| name.ends_with("_test.go"));
        let message = if only_tests {
            format!("{}: no non-test Go files in {directory}", place.path)
        } else if from.is_some() {
            format!("{}: build constraints exclude all Go files in {directory}", self.import_stack(false))
        } else {
            format!("package {}: build constraints exclude all Go files in {directory}", place.path)
        };
        self.fail(message);
    }

    /// Collects a file's imports. None if one is malformed, which has been reported.
    fn imports_of(&mut self, file: &File, header_end: Pos, name: &str, from: Option<Pos>, imports: &mut Vec<(Import, String)>) -> Option<()> {
        for decl in &file.decls {
            let Decl::Import(decl) = decl else { continue };
            if decl.pos >= header_end {
                break; // it stands too late, which the parser has reported
            }
            let Some(path) = decl.path.as_ref().filter(|path| !path.bad).and_then(|path| unquote(&path.text)) else { continue };
            let path = String::from_utf8_lossy(&path).into_owned();
            if !is_valid_import(&path) {
                let at = self.sources.absolute(decl.pos).to_string();
                let message = format!("{at}: invalid import path: {path}");
                match from {
                    Some(pos) => self.fail_at(pos, message),
                    None => self.fail(message),
                }
                return None;
            }
            if path != "unsafe" {
                imports.push((Import { path, pos: decl.pos }, name.to_string()));
            }
        }
        Some(())
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Order

    /// Puts the packages into the order of initialisation; the first `runtime_count` come first.
    fn finish(self, main: PackageId, runtime_count: usize) -> Program {
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

/// What stands before the last element `internal` of a path; none if there is no such element.
fn internal_parent(path: &str) -> Option<&str> {
    let mut end = path.len();
    for element in path.rsplit('/') {
        let start = end - element.len();
        if element == "internal" {
            return Some(path[..start].trim_end_matches('/'));
        }
        end = start.saturating_sub(1);
    }
    None
}

fn uses_c(file: &File) -> bool {
    let is_c = |decl: &Decl| match decl {
        Decl::Import(import) => import.path.as_ref().is_some_and(|path| &*path.text == "\"C\""),
        _ => false,
    };
    file.decls.iter().any(is_c)
}

/// Whether an import path has only characters that the go command allows.
fn is_valid_import(path: &str) -> bool {
    let is_bad = |ch: char| ch.is_control() || ch.is_whitespace() || "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{fffd}".contains(ch);
    !path.is_empty() && !path.contains(is_bad)
}
