//! What an import path means, and whether it may be imported.

use super::PackageId;
use super::load::{Content, Frame, Import, Loader, Place, State};
use crate::source::Pos;

impl Loader<'_> {
    /// The package that `import` in a file of `importer` means. None if it cannot be had, which has been reported.
    pub(super) fn import(&mut self, importer: &Place, import: &Import, file: &str) -> Option<PackageId> {
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
                let test = if self.stack.iter().any(|frame| self.is_tested(&frame.path)) { " in test" } else { "" };
                let message = format!("{}: import cycle not allowed{test}", self.import_stack(true));
                self.stack.pop();
                self.fail(message);
                return None;
            }
            None => {}
        }
        let names = self.listing(&place.directory).map(<[String]>::to_vec).unwrap_or_default();
        let id = self.package(place.clone(), Content::Directory(names), Some((file, import.pos)))?;
        self.may_import(importer, &place, import.pos, id).then_some(id)
    }

    fn resolve(&mut self, importer: &Place, path: &str, pos: Pos) -> Option<Place> {
        if importer.generated && self.is_done(path) {
            return Some(Place { path: path.to_string(), ..Place::default() });
        }
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
            if let Some(place) = self.in_main_module(path) {
                return Some(place);
            }
        }
        let place = self.standard_place(path);
        if self.has_go_files(&place.directory) || self.overlay.has(path) {
            return Some(place);
        }
        let located = if importer.standard { None } else { self.files.locate(path) };
        if let Some(Ok(located)) = located {
            return Some(Place::of_module(located));
        }
        if self.missing.insert(path.to_string()) {
            let has_dot = path.split('/').next().is_some_and(|first| first.contains('.'));
            let message = if let Some(Err(message)) = located {
                message
            } else if !has_dot {
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
        let is_tested = importer.generated || self.is_external_test(&importer.path);
        if self.packages[id.index()].name == "main" && !is_tested {
            self.fail_at(pos, format!("import {:?} is a program, not an importable package", place.path));
            return false;
        }
        if importer.standard || importer.generated {
            return true;
        }
        let Some(parent) = internal_parent(&place.path) else { return true };
        // What lies above `internal` must lie above the importer too. Directories tell, because the package made of
        // named files has no path of its own, and may lie in GOROOT.
        let above = place.directory.strip_suffix(&place.path[parent.len()..]).map(|root| root.trim_end_matches('/'));
        let allowed = above.is_none_or(|above| importer.directory == above || importer.directory.starts_with(&format!("{above}/")));
        if !allowed {
            let message =
                format!("{}\n\t{}: use of internal package {} not allowed", self.import_stack(false), self.sources.location(pos), place.path);
            self.fail(message);
        }
        allowed
    }

    /// A package of GOROOT or of the overlay.
    pub(super) fn standard_place(&self, path: &str) -> Place {
        Place {
            path: path.to_string(),
            directory: format!("{}/src/{path}", self.goroot),
            standard: true,
            trimmed: path.to_string(),
            ..Place::default()
        }
    }

    /// A package below the root of the main module that belongs to no module inside it.
    fn in_main_module(&mut self, path: &str) -> Option<Place> {
        let (module, root) = self.module?;
        let below = if path == module { "" } else { path.strip_prefix(module)?.strip_prefix('/')? };
        let directory = if below.is_empty() { root.to_string() } else { format!("{root}/{below}") };
        if !self.has_go_files(&directory) || self.is_other_module(root, &directory) {
            return None;
        }
        Some(Place { path: path.to_string(), directory, go_version: self.go_version.clone(), trimmed: path.to_string(), ..Place::default() })
    }

    /// Whether a directory below `root` lies in a module of its own.
    pub(super) fn is_other_module(&self, root: &str, directory: &str) -> bool {
        let mut directory = directory;
        while directory.len() > root.len() {
            if self.files.read(&format!("{directory}/go.mod")).is_some() {
                return true;
            }
            directory = directory.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        false
    }
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

/// Whether an import path has only characters that the go command allows.
pub(super) fn is_valid_import(path: &str) -> bool {
    let is_bad = |ch: char| ch.is_control() || ch.is_whitespace() || "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{fffd}".contains(ch);
    !path.is_empty() && !path.contains(is_bad)
}
