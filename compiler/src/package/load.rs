//! The loader: from the main package along the imports.

use super::resolve::is_valid_import;
use super::test_main::TestFunctions;
use super::{Context, Overlay, Package, PackageId, Program, embed, header, late};
use crate::diagnostic::{Diagnostic, Problem, problem};
use crate::options::{FileProvider, Located, Options};
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
    load_with(options, files, Overlay::embedded(), &Context::for_options(options))
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
        test: None,
        missing: HashSet::new(),
        problems: Vec::new(),
    };
    if let Some((_, root)) = loader.module {
        loader.go_version = files.read(&format!("{root}/go.mod")).and_then(|text| go_line(&text));
    }
    loader.note_test();
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
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub path: String,
    pub directory: String,
    /// Of GOROOT or the overlay.
    pub standard: bool,
    /// The main package of a test program, which may import everything.
    pub generated: bool,
    /// The `go` line of its module.
    pub go_version: Option<String>,
    /// Its directory, named without the places of this machine.
    pub trimmed: String,
}

impl Place {
    /// A package of another module.
    pub(super) fn of_module(located: Located) -> Place {
        let below = located.directory.strip_prefix(&located.module_root).unwrap_or_default();
        let trimmed = format!("{}{below}", located.module);
        Place { path: located.path, directory: located.directory, go_version: located.go_version, trimmed, ..Place::default() }
    }
}

/// What a package is made of.
pub(super) enum Content {
    /// Those of the named Go files of its directory that its constraints admit.
    Directory(Vec<String>),
    /// All the named files.
    Files(Vec<String>),
    /// Files that are parsed already.
    Parsed(Vec<(String, Parsed)>),
}

impl Content {
    fn names(&self) -> &[String] {
        match self {
            Content::Directory(names) | Content::Files(names) => names,
            Content::Parsed(_) => &[],
        }
    }
}

/// The package whose tests are built.
pub(super) struct TestedPackage {
    pub path: String,
    /// Files of its `_test` package, parsed on the way.
    pub external: Vec<(String, Parsed)>,
    /// Whether it has test files of its own.
    pub has_internal: bool,
    /// What they have to run.
    pub functions: TestFunctions,
}

#[derive(Clone, Copy)]
pub(super) enum State {
    /// On the stack.
    Open,
    Done(PackageId),
    Failed,
}

/// A package that is being loaded, and the file that imports it.
pub(super) struct Frame {
    pub path: String,
    /// The importing file's name without its directory; none for a root.
    pub from: Option<String>,
}

/// An import declaration that was met first for its path.
pub(super) struct Import {
    pub path: String,
    pub pos: Pos,
}

pub(super) struct Loader<'l> {
    pub(super) options: &'l Options,
    pub(super) files: &'l dyn FileProvider,
    pub(super) overlay: Overlay<'l>,
    pub(super) context: &'l Context,
    pub(super) goroot: &'l str,
    /// Path and root of the main module.
    pub(super) module: Option<(&'l str, &'l str)>,
    /// The `go` line of the main module.
    pub(super) go_version: Option<String>,
    /// Go files of the directories that were looked at.
    listings: HashMap<String, Option<Vec<String>>>,
    pub(super) sources: SourceMap,
    pub(super) ids: NodeIds,
    /// In the order in which they were completed: imports first.
    pub(super) packages: Vec<Package>,
    pub(super) states: HashMap<String, State>,
    pub(super) stack: Vec<Frame>,
    /// The package whose tests are built.
    pub(super) test: Option<TestedPackage>,
    /// Paths reported as missing.
    pub(super) missing: HashSet<String>,
    pub(super) problems: Vec<Problem>,
}

impl Loader<'_> {
    pub(super) fn fail(&mut self, message: String) {
        self.problems.push(Problem { message, ..Problem::default() });
    }

    pub(super) fn fail_at(&mut self, pos: Pos, message: String) {
        let problem = problem(&self.sources, None, &Diagnostic::new(pos, message));
        self.problems.push(problem);
    }

    /// `package p\n\timports q from x.go\n\timports …` down to the package on top of the stack.
    pub(super) fn import_stack(&self, with_files: bool) -> String {
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
    pub(super) fn listing(&mut self, directory: &str) -> Option<&[String]> {
        let files = self.files;
        let listing = self.listings.entry(directory.to_string()).or_insert_with(|| {
            let names = files.list(directory)?;
            Some(names.into_iter().filter(|name| name.ends_with(".go")).collect())
        });
        listing.as_deref()
    }

    pub(super) fn has_go_files(&mut self, directory: &str) -> bool {
        self.listing(directory).is_some_and(|names| !names.is_empty())
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Packages

    /// Loads a package and all it imports. `from` is the import that led to it.
    pub(super) fn package(&mut self, place: Place, content: Content, from: Option<(&str, Pos)>) -> Option<PackageId> {
        if let Some(state) = self.states.get(&place.path) {
            return match state {
                State::Done(id) => Some(*id),
                State::Open | State::Failed => None,
            };
        }
        self.states.insert(place.path.clone(), State::Open);
        self.stack.push(Frame { path: place.path.clone(), from: from.map(|(file, _)| file.to_string()) });
        let loaded = self.package_inside(&place, content, from.map(|(_, pos)| pos));
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

    fn package_inside(&mut self, place: &Place, content: Content, from: Option<Pos>) -> Option<Package> {
        let problems_before = self.problems.len();
        let names = content.names().to_vec();
        let explicit = matches!(content, Content::Files(_));
        let parsed = match content {
            Content::Parsed(parsed) => parsed,
            Content::Directory(names) | Content::Files(names) => {
                let texts = self.texts(place, &names, explicit)?;
                self.parse(place, texts)
            }
        };
        if parsed.is_empty() {
            self.no_files(place, &names, false, from);
            return None;
        }
        let tested = self.is_tested(&place.path);
        let mut package = Package {
            path: place.path.clone(),
            heading: place.path.clone(),
            name: Symbol::new("_"),
            is_program: !tested,
            directory: place.directory.clone(),
            trimmed: place.trimmed.clone(),
            standard: place.standard,
            go_version: place.go_version.clone(),
            files: Vec::new(),
            imports: BTreeMap::new(),
            embeds: HashMap::new(),
            errors: Vec::new(),
            late_errors: Vec::new(),
        };
        let mut first: Option<(Symbol, String)> = None;
        let mut imports: Vec<(Import, String)> = Vec::new();
        let mut needs_c = false;
        for (name, parsed) in parsed {
            if let Some(error) = parsed.errors.iter().find(|error| error.pos < parsed.header_end && !header::is_about_directive(error)) {
                let problem = header::reword(&self.sources, error);
                self.problems.push(problem);
                return None;
            }
            if parsed.file.as_ref().is_some_and(uses_c) {
                needs_c = true; // left out, as without cgo
                continue;
            }
            if tested
                && name.ends_with("_test.go")
                && let (Some(file), Some(test)) = (&parsed.file, &mut self.test)
            {
                if file.package.name.as_str().ends_with("_test") {
                    test.external.push((name, parsed));
                    continue;
                }
                test.has_internal = true;
                if let Err(problem) = test.functions.collect(&self.sources, file, "_test") {
                    self.problems.push(problem);
                    return None;
                }
            }
            package.errors.extend(parsed.errors);
            package.late_errors.extend(parsed.late_errors);
            let Some(file) = parsed.file else { continue };
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
            self.imports_of(&file, parsed.header_end, &name, from, &mut imports)?;
            package.files.push(file);
        }
        match first {
            Some((name, _)) => package.name = name,
            // Tests from outside need no package.
            None if tested && self.test.as_ref().is_some_and(|test| !test.external.is_empty()) => return None,
            None if package.errors.is_empty() => {
                match explicit && !needs_c {
                    true => self.fail("go: no Go source files".to_string()),
                    false => self.no_files(place, &names, needs_c, from),
                }
                return None;
            }
            None => package.name = Symbol::new("main"),
        }
        if !place.standard {
            // Beside assembly functions may lack bodies.
            let is_assembly = |name: &String| name.strip_suffix(".s").is_some_and(|stem| self.context.admits_name(&format!("{stem}.go")));
            let complete = explicit || !self.files.list(&place.directory).is_some_and(|names| names.iter().any(is_assembly));
            let errors = late::late_errors(&package.files, complete, package.go_version.as_deref());
            package.late_errors.extend(errors);
        }
        self.embed(&mut package);
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

    fn parse(&mut self, place: &Place, texts: Vec<(String, Vec<u8>)>) -> Vec<(String, Parsed)> {
        let origin = if place.standard { Origin::Standard } else { Origin::User };
        let parse = |(name, text): (String, Vec<u8>)| {
            let id = self.sources.add(format!("{}/{name}", place.directory), text);
            let parsed = parse_file(&self.sources, id, &mut self.ids, origin);
            (name, parsed)
        };
        texts.into_iter().map(parse).collect()
    }

    /// Finds the files that the variables of a package want embedded.
    fn embed(&mut self, package: &mut Package) {
        // Without the import the directive is an error that the parser has noted.
        for file in package.files.iter().filter(|file| imports(file, "\"embed\"")) {
            for decl in &file.decls {
                let Decl::Var(decl) = decl else { continue };
                for pragma in &decl.pragmas.embeds {
                    match embed::find(self.files, &package.directory, &pragma.patterns) {
                        Ok(found) => package.embeds.entry(decl.id).or_default().extend(found),
                        Err(embed::Failure { pattern, message }) => {
                            let pos = embed::position(&self.sources, pragma, &pattern);
                            let message = format!("pattern {pattern}: {message}");
                            self.problems.push(problem(&self.sources, None, &Diagnostic::new(pos, message)));
                        }
                    }
                }
            }
        }
    }

    /// Names and texts of the files that belong to a package.
    fn texts(&mut self, place: &Place, names: &[String], explicit: bool) -> Option<Vec<(String, Vec<u8>)>> {
        let mut texts = Vec::new();
        let with_tests = self.is_tested(&place.path);
        let overlay: Vec<(&str, &str)> = if place.standard { self.overlay.package(&place.path).collect() } else { Vec::new() };
        let replaced = place.standard && self.overlay.replaces(&place.path);
        let admits = |name: &str| self.context.admits_name(name) || with_tests && self.context.admits_test_name(name);
        for name in names {
            let admitted = explicit || admits(name) && !(replaced && self.context.admits_name(name));
            if !admitted || place.standard && self.overlay.leaves_out(&place.path, name) {
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
        for (name, text) in overlay {
            if admits(name) && self.context.admits_text(text.as_bytes()) {
                texts.push((name.to_string(), text.as_bytes().to_vec()));
            }
        }
        if !explicit {
            texts.sort();
        }
        Some(texts)
    }

    /// Reports a package whose directory has no file for this target.
    fn no_files(&mut self, place: &Place, names: &[String], needs_c: bool, from: Option<Pos>) {
        let directory = &place.directory;
        let only_tests = names.iter().all(|name| name.ends_with("_test.go"));
        let message = if needs_c {
            format!("package {}: its files import \"C\", and cgo is not supported", place.path)
        } else if only_tests {
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
}

fn uses_c(file: &File) -> bool {
    imports(file, "\"C\"")
}

/// Whether a file has an import of that path, spelt like this.
fn imports(file: &File, path: &str) -> bool {
    let is_it = |decl: &Decl| match decl {
        Decl::Import(import) => import.path.as_ref().is_some_and(|import| &*import.text == path),
        _ => false,
    };
    file.decls.iter().any(is_it)
}
