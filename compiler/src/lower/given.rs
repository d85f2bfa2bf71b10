//! Values that package variables are given from outside the program text: embedded files, strings set on the command line, the Go release.
//!
//! A string set on the command line replaces a constant initializer. Where the initializer is computed it wins, since it runs later, as in Go.

use std::collections::{BTreeMap, HashMap};

use crate::ir::{Data, PointerMap, Reloc, RelocKind, Section, Symbol};
use crate::syntax::ast::{Decl, NodeId};
use crate::types::hash::FastMap;
use crate::types::{Basic, ObjectId, ObjectKind, TypeId, TypeKind};

use super::Lowerer;

/// Names and contents of files.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What the program is given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// What `runtime.Version` says.
    pub go_version: String,
    /// String variables (`import/path.name`) and their values.
    pub definitions: Vec<(String, String)>,
    /// Embedded files, by the node of the variable's declaration.
    pub embeds: HashMap<NodeId, Files>,
    /// Directories of source files and how the program names them; those that are missing keep their names.
    pub directories: HashMap<String, String>,
}

/// A variable's value.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// As a string or slice of bytes.
    File(Vec<u8>),
    /// As an `embed.FS`.
    Tree(Files),
}

/// The values by variable.
pub(super) type Values = FastMap<ObjectId, Value>;

impl<'a> Lowerer<'a> {
    /// Finds the variables that are given a value.
    pub(super) fn find_given(&mut self, mut given: Given) {
        for (name, value) in std::mem::take(&mut given.definitions) {
            let Some(object) = self.find_object(&name) else { continue };
            if !matches!(self.types_ref().object(object).kind, ObjectKind::Variable { .. }) {
                continue;
            }
            let ty = self.object_type(object);
            if self.types().under(ty) != TypeKind::Basic(Basic::String) {
                let ty = self.types_ref().string(ty);
                self.general_problem(format!("{name}: cannot set with -X: not a var of type string (type:{ty})"));
                continue;
            }
            self.given.insert(object, Value::Text(value));
        }
        if !given.embeds.is_empty() {
            self.find_embeds(&mut given.embeds);
        }
        if let Some(object) = self.find_object("runtime.buildVersion") {
            self.given.insert(object, Value::Text(given.go_version));
        }
        self.directories = given.directories;
    }

    fn find_embeds(&mut self, embeds: &mut HashMap<NodeId, Files>) {
        let decls: Vec<&'a Decl> = self.units.iter().flat_map(|unit| &unit.files).flat_map(|file| &file.decls).collect();
        for decl in decls {
            let Decl::Var(decl) = decl else { continue };
            let Some(files) = embeds.remove(&decl.id) else { continue };
            let Some(object) = decl.names.first().and_then(|name| self.info().definition(name.id)) else { continue };
            let ty = self.object_type(object);
            let under = self.types().under(ty);
            let bytes = match under {
                TypeKind::Slice(elem) => {
                    let elem = self.canonical(elem);
                    self.types().under(elem) == TypeKind::Basic(Basic::Uint8)
                }
                under => under == TypeKind::Basic(Basic::String),
            };
            let shown = self.types_ref().string(ty);
            if self.types_ref().link_string(ty) == "embed.FS" {
                self.given.insert(object, Value::Tree(files));
            } else if !bytes {
                self.problem(decl.pos, format!("go:embed cannot apply to var of type {shown}"));
            } else if files.len() > 1 {
                self.problem(decl.pos, format!("invalid go:embed: multiple files for type {shown}"));
            } else if let Some((_, bytes)) = files.into_iter().next() {
                self.given.insert(object, Value::File(bytes));
            }
        }
    }

    /// Whether a constant initializer of a variable is replaced.
    pub(super) fn is_given(&self, object: ObjectId) -> bool {
        self.given.contains_key(&object)
    }

    /// Gives a variable its value. Its data exists and is zero.
    pub(super) fn give(&mut self, object: ObjectId, symbol: Symbol, ty: TypeId) {
        let Some(value) = self.given.get_mut(&object) else { return };
        // The variable stays known as given; its value is used up.
        let value = std::mem::replace(value, Value::Text(String::new()));
        let (target, length) = match value {
            Value::Text(text) => (self.bytes_data(text.as_bytes()), text.len() as u64),
            Value::File(bytes) => {
                let length = bytes.len() as u64;
                let name = self.private_name(symbol, "file");
                // A slice of bytes may be written to.
                let section = if matches!(self.types().under(ty), TypeKind::Slice(_)) { Section::Data } else { Section::ReadOnly };
                (self.add_bytes(name, section, 1, bytes, Vec::new(), PointerMap::none()), length)
            }
            Value::Tree(files) => (self.tree(symbol, files), 0),
        };
        let Some(id) = self.module.data(symbol) else { return };
        let data = &mut self.module.datas[id.index()];
        data.section = Section::Data;
        data.bytes = vec![0; data.size as usize];
        for at in (8..data.bytes.len()).step_by(8) {
            data.bytes[at..at + 8].copy_from_slice(&length.to_le_bytes());
        }
        data.relocs = vec![Reloc { offset: 0, kind: RelocKind::Addr, target, addend: 0 }];
    }

    fn private_name(&mut self, variable: Symbol, what: &str) -> Symbol {
        let name = format!("go:embed.{what}.{}", self.module.symbols.name(variable));
        self.module.symbols.intern(&name)
    }

    fn add_bytes(&mut self, name: Symbol, section: Section, align: u32, bytes: Vec<u8>, relocs: Vec<Reloc>, pointers: PointerMap) -> Symbol {
        let size = bytes.len() as u32;
        self.module.add_data(Data { name, section, align, size, bytes, relocs, pointers });
        name
    }

    /// The list of files that an `embed.FS` points to: a slice header, and behind it name, contents and hash of every file and directory.
    /// Nothing reads the hashes, so they stay zero.
    fn tree(&mut self, variable: Symbol, files: Files) -> Symbol {
        const HEADER: usize = 24;
        const ENTRY: usize = 48;
        let mut entries: BTreeMap<(String, String), Option<Vec<u8>>> = BTreeMap::new();
        for (name, bytes) in files {
            let mut parent = name.clone();
            entries.insert(split(&name), Some(bytes));
            while let Some(slash) = parent.rfind('/') {
                parent.truncate(slash);
                entries.entry(split(&parent)).or_insert(None);
            }
        }
        let mut bytes = vec![0; HEADER + ENTRY * entries.len()];
        let count = (entries.len() as u64).to_le_bytes();
        bytes[8..16].copy_from_slice(&count);
        bytes[16..24].copy_from_slice(&count);
        let list = self.private_name(variable, "files");
        let mut relocs = vec![Reloc { offset: 0, kind: RelocKind::Addr, target: list, addend: HEADER as i32 }];
        for (index, ((directory, base), contents)) in entries.into_iter().enumerate() {
            let at = HEADER + ENTRY * index;
            let slash = if contents.is_none() { "/" } else { "" };
            let name = if directory == "." { format!("{base}{slash}") } else { format!("{directory}/{base}{slash}") };
            let mut field = |offset: usize, text: &[u8], lw: &mut Lowerer<'a>| {
                if !text.is_empty() {
                    let target = lw.bytes_data(text);
                    relocs.push(Reloc { offset: (at + offset) as u32, kind: RelocKind::Addr, target, addend: 0 });
                    bytes[at + offset + 8..at + offset + 16].copy_from_slice(&(text.len() as u64).to_le_bytes());
                }
            };
            field(0, name.as_bytes(), self);
            field(16, &contents.unwrap_or_default(), self);
        }
        self.add_bytes(list, Section::ReadOnly, 8, bytes, relocs, PointerMap::none())
    }

    /// How the program names a source file.
    pub(super) fn file_name(&self, path: &str) -> String {
        match path.rsplit_once('/').and_then(|(directory, name)| Some((self.directories.get(directory)?, name))) {
            Some((directory, name)) => format!("{directory}/{name}"),
            None => path.to_string(),
        }
    }
}

/// Directory (`.` if there is none) and last element: the order of the list is by these.
fn split(name: &str) -> (String, String) {
    let (directory, base) = name.rsplit_once('/').unwrap_or((".", name));
    (directory.to_string(), base.to_string())
}
