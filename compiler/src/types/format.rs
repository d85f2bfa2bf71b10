//! Types as text: for messages, for `reflect`, and for link symbols.

use crate::constant::quote;

use super::{AliasId, Basic, ChanDir, InterfaceId, NamedId, ObjectId, ObjectKind, PackageId, SignatureId, TypeId, TypeKind, Types, is_exported};

/// How packages are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// As messages do: not at all if it is the package at hand, otherwise by name, or by quoted path if two have that name.
    Message,
    /// By name, as `reflect` prints types.
    Reflect,
    /// By path, in the type arguments of what `reflect` prints: they are part of a name.
    Argument,
    /// By path, so that different types have different names.
    Path,
}

impl Qualifier {
    /// Whether literals are spaced as `reflect` prints them.
    fn is_spaced(self) -> bool {
        matches!(self, Qualifier::Reflect | Qualifier::Argument)
    }
}

struct Writer<'t> {
    types: &'t Types,
    qualifier: Qualifier,
    /// Names of parameters are written.
    parameter_names: bool,
    /// Unexported fields are annotated with their package.
    package_info: bool,
    active: Vec<TypeId>,
    out: String,
}

impl Types {
    /// The type as messages print it.
    pub fn string(&self, id: TypeId) -> String {
        self.string_with(id, Qualifier::Message)
    }

    /// The type as `reflect.Type.String` prints it. Wants a canonical type.
    pub fn reflect_string(&self, id: TypeId) -> String {
        self.string_with(id, Qualifier::Reflect)
    }

    /// A name for the type that no other type has, if it is canonical.
    pub fn link_string(&self, id: TypeId) -> String {
        self.string_with(id, Qualifier::Path)
    }

    pub fn string_with(&self, id: TypeId, qualifier: Qualifier) -> String {
        let mut writer = self.writer(qualifier);
        writer.typ(id);
        writer.out
    }

    fn writer(&self, qualifier: Qualifier) -> Writer<'_> {
        Writer {
            types: self,
            qualifier,
            parameter_names: qualifier == Qualifier::Message,
            package_info: false,
            active: Vec::new(),
            out: String::new(),
        }
    }

    /// A method or function with its signature, without parameter names.
    pub(crate) fn function_string(&self, function: ObjectId, package_info: bool) -> String {
        let mut writer = self.writer(if package_info { Qualifier::Path } else { Qualifier::Message });
        writer.parameter_names = false;
        writer.package_info = package_info;
        writer.out.push_str(self.name_of(function));
        if let TypeKind::Signature(signature) = self.kind(self.type_of(function)) {
            writer.signature(signature);
        }
        writer.out
    }

    /// The prefix that names a package in messages, with its dot.
    pub(crate) fn package_prefix(&self, package: Option<PackageId>) -> String {
        let Some(package) = package else { return String::new() };
        if Some(package) == self.relative_to {
            return String::new();
        }
        let data = self.package(package);
        if self.relative_to.is_none() {
            return format!("{}.", data.path);
        }
        let mut ambiguous = false;
        if let Some(from) = self.relative_to {
            let mut seen = vec![from];
            let mut at = 0;
            while at < seen.len() && !ambiguous {
                for import in &self.package(seen[at]).imports {
                    if !seen.contains(import) {
                        seen.push(*import);
                        let other = self.package(*import);
                        ambiguous |= other.name == data.name && other.path != data.path;
                    }
                }
                at += 1;
            }
            let own = self.package(from);
            ambiguous |= own.name == data.name && own.path != data.path;
        }
        if ambiguous { format!("{}.", quote(data.path.as_str().as_bytes())) } else { format!("{}.", data.name) }
    }

    /// An object as messages print it.
    pub(crate) fn object_string(&self, id: ObjectId) -> String {
        let object = self.object(id);
        let (word, typ) = match &object.kind {
            ObjectKind::PackageName { imported } => {
                let path = self.package(*imported).path;
                let mut text = format!("package {}", object.name);
                if path != object.name {
                    text.push_str(&format!(" ({})", quote(path.as_str().as_bytes())));
                }
                return text;
            }
            ObjectKind::Constant { .. } => ("const", object.typ),
            ObjectKind::TypeName => ("type", None),
            ObjectKind::Variable(variable) if variable.kind == super::VariableKind::Field => ("field", object.typ),
            ObjectKind::Variable(_) => ("var", object.typ),
            ObjectKind::Function(_) => {
                return format!("func {}", self.function_string(id, false));
            }
            ObjectKind::Label => ("label", None),
            ObjectKind::Builtin(_) => ("builtin", None),
            ObjectKind::Nil => return "nil".to_string(),
        };
        let top = object.package.is_some_and(|package| self.scope(self.package(package).scope).lookup(object.name) == Some(id));
        let prefix = if top { self.package_prefix(object.package) } else { String::new() };
        match typ {
            Some(typ) => format!("{word} {prefix}{} {}", object.name, self.string(typ)),
            None => format!("{word} {prefix}{}", object.name),
        }
    }

    /// "local variable", "defined type" and so on.
    pub(crate) fn object_word(&self, id: ObjectId) -> &'static str {
        use super::VariableKind;
        match &self.object(id).kind {
            ObjectKind::PackageName { .. } => "package name",
            ObjectKind::Constant { .. } => "constant",
            ObjectKind::TypeName => match self.kind(self.type_of(id)) {
                TypeKind::Alias(_) => "type alias",
                TypeKind::TypeParameter(_) => "type parameter",
                _ => "defined type",
            },
            ObjectKind::Variable(variable) => match variable.kind {
                VariableKind::Package => "package-level variable",
                VariableKind::Local => "local variable",
                VariableKind::Receiver => "receiver",
                VariableKind::Parameter => "parameter",
                VariableKind::Result => "result variable",
                VariableKind::Field => "struct field",
            },
            ObjectKind::Function(_) => match self.kind(self.type_of(id)) {
                TypeKind::Signature(signature) if self.signature(signature).receiver.is_some() => "method",
                _ => "function",
            },
            ObjectKind::Label => "label",
            ObjectKind::Builtin(_) => "built-in function",
            ObjectKind::Nil => "untyped nil",
        }
    }
}

impl Writer<'_> {
    fn typ(&mut self, id: TypeId) {
        if self.active.contains(&id) {
            self.out.push_str("<cycle>");
            return;
        }
        self.active.push(id);
        self.write(id);
        self.active.pop();
    }

    fn write(&mut self, id: TypeId) {
        match self.types.kind(id) {
            TypeKind::Basic(Basic::UnsafePointer) => self.out.push_str("unsafe.Pointer"),
            TypeKind::Basic(basic) => self.out.push_str(match id {
                TypeId::BYTE if self.qualifier == Qualifier::Message => "byte",
                TypeId::RUNE if self.qualifier == Qualifier::Message => "rune",
                _ => basic.name(),
            }),
            TypeKind::Pointer(base) => {
                self.out.push('*');
                self.typ(base);
            }
            TypeKind::Slice(elem) => {
                self.out.push_str("[]");
                self.typ(elem);
            }
            TypeKind::Array(length, elem) => {
                self.out.push_str(&format!("[{length}]"));
                self.typ(elem);
            }
            TypeKind::Map(key, elem) => {
                self.out.push_str("map[");
                self.typ(key);
                self.out.push(']');
                self.typ(elem);
            }
            TypeKind::Chan(dir, elem) => self.chan(dir, elem),
            TypeKind::Struct(structure) => self.structure(structure),
            TypeKind::Signature(signature) => {
                self.out.push_str("func");
                self.signature(signature);
            }
            TypeKind::Tuple(tuple) => {
                let variables = self.types.tuple(tuple).clone();
                self.tuple(&variables, false);
            }
            TypeKind::Interface(interface) => self.interface(id, interface),
            TypeKind::Union(union) => {
                for (index, term) in self.types.union(union).clone().iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(" | ");
                    }
                    if term.tilde {
                        self.out.push('~');
                    }
                    self.typ(term.typ);
                }
            }
            TypeKind::Named(named) => self.named(named),
            TypeKind::Alias(alias) => self.alias(alias),
            TypeKind::TypeParameter(parameter) => {
                let object = self.types.type_parameter(parameter).object;
                self.out.push_str(self.types.name_of(object));
                if self.qualifier == Qualifier::Path {
                    self.out.push_str(&format!("#{}", parameter.0));
                } else if let Some(place) = self.types.declared_at.get(&self.types.object(object).pos) {
                    self.out.push_str(&format!(" /* with {} declared at {place} */", self.types.name_of(object)));
                }
            }
        }
    }

    fn chan(&mut self, dir: ChanDir, elem: TypeId) {
        let inner_receives = matches!(self.types.kind(elem), TypeKind::Chan(ChanDir::ReceiveOnly, _));
        let parens = dir == ChanDir::Both && inner_receives;
        self.out.push_str(match dir {
            ChanDir::Both => "chan ",
            ChanDir::SendOnly => "chan<- ",
            ChanDir::ReceiveOnly => "<-chan ",
        });
        if parens {
            self.out.push('(');
        }
        self.typ(elem);
        if parens {
            self.out.push(')');
        }
    }

    fn structure(&mut self, id: super::StructId) {
        let spaced = self.qualifier.is_spaced();
        let data = self.types.structure(id).clone();
        self.out.push_str(if spaced && data.fields.is_empty() {
            "struct {}"
        } else if spaced {
            "struct { "
        } else {
            "struct{"
        });
        for (index, field) in data.fields.iter().enumerate() {
            if index > 0 {
                self.out.push_str("; ");
            }
            let object = self.types.object(*field).clone();
            let annotate = self.package_info && !object.is_exported();
            let unnamed = self.qualifier == Qualifier::Argument && object.is_embedded() && self.is_named_after(&object);
            let qualified = matches!(self.qualifier, Qualifier::Path | Qualifier::Argument);
            if qualified && !unnamed && !object.is_exported() && !self.package_info {
                self.package(object.package);
            }
            if self.qualifier == Qualifier::Argument && object.is_embedded() {
                if !unnamed {
                    self.out.push_str(&format!("{} = ", object.name));
                }
            } else if !object.is_embedded() {
                self.out.push_str(object.name.as_str());
                self.out.push(' ');
            } else if self.qualifier == Qualifier::Path && !self.package_info {
                self.out.push_str("? ");
            }
            self.typ(object.typ.unwrap_or(TypeId::INVALID));
            if annotate && let Some(package) = object.package {
                self.out.push_str(&format!(" /* package {} */ ", self.types.package(package).path));
            }
            let tag = data.tag(index);
            if !tag.is_empty() {
                self.out.push(' ');
                self.out.push_str(&quote(tag));
            }
        }
        if !data.fields.is_empty() || !spaced {
            self.out.push_str(if spaced { " }" } else { "}" });
        }
    }

    /// Whether the type of an embedded field is written as the field's name.
    fn is_named_after(&self, field: &super::Object) -> bool {
        let typ = self.types.unalias(field.typ.unwrap_or(TypeId::INVALID));
        let typ = match self.types.kind(typ) {
            TypeKind::Pointer(base) => self.types.unalias(base),
            _ => typ,
        };
        match self.types.kind(typ) {
            TypeKind::Named(named) => {
                let data = self.types.named(named);
                data.instance.is_none() && self.types.object(data.object).name == field.name
            }
            TypeKind::Basic(basic) => basic.name() == field.name.as_str(),
            _ => false,
        }
    }

    fn interface(&mut self, id: TypeId, interface: InterfaceId) {
        let data = self.types.interface(interface).clone();
        if self.qualifier != Qualifier::Message {
            self.runtime_interface(&data);
            return;
        }
        let is_comparable = data.methods.is_empty()
            && data.embeddeds.is_empty()
            && data.type_set.as_ref().is_some_and(|set| set.comparable)
            && id != TypeId::EMPTY_INTERFACE;
        if is_comparable {
            self.out.push_str("interface{comparable}");
            return;
        }
        if data.implicit {
            if data.methods.is_empty() && data.embeddeds.len() == 1 {
                self.typ(data.embeddeds[0]);
                return;
            }
            self.out.push_str("/* implicit */ ");
        }
        self.out.push_str("interface{");
        let mut first = true;
        for method in data.methods.iter() {
            if !std::mem::take(&mut first) {
                self.out.push_str("; ");
            }
            self.out.push_str(self.types.name_of(*method));
            if let TypeKind::Signature(signature) = self.types.kind(self.types.type_of(*method)) {
                self.signature(signature);
            }
        }
        for embedded in data.embeddeds.iter() {
            if !std::mem::take(&mut first) {
                self.out.push_str("; ");
            }
            self.typ(*embedded);
        }
        self.out.push('}');
    }

    fn runtime_interface(&mut self, data: &super::Interface) {
        let spaced = self.qualifier.is_spaced();
        let methods = match &data.type_set {
            Some(set) => set.methods.clone(),
            None => data.methods.clone(),
        };
        if methods.is_empty() {
            self.out.push_str(if spaced { "interface {}" } else { "interface{}" });
            return;
        }
        self.out.push_str(if spaced { "interface { " } else { "interface{" });
        for (index, method) in methods.iter().enumerate() {
            if index > 0 {
                self.out.push_str("; ");
            }
            let object = self.types.object(*method);
            if !is_exported(object.name) {
                self.package(object.package);
            }
            self.out.push_str(object.name.as_str());
            if let TypeKind::Signature(signature) = self.types.kind(self.types.type_of(*method)) {
                self.signature(signature);
            }
        }
        self.out.push_str(if spaced { " }" } else { "}" });
    }

    fn package(&mut self, package: Option<PackageId>) {
        let Some(package) = package else { return };
        match self.qualifier {
            Qualifier::Message => self.out.push_str(&self.types.package_prefix(Some(package))),
            Qualifier::Reflect => self.out.push_str(&format!("{}.", self.types.package(package).name)),
            Qualifier::Argument | Qualifier::Path => self.out.push_str(&format!("{}.", self.types.package(package).path)),
        }
    }

    fn named(&mut self, named: NamedId) {
        let data = self.types.named(named);
        let object = self.types.object(data.object);
        self.package(object.package);
        self.out.push_str(object.name.as_str());
        if self.qualifier == Qualifier::Path && self.types.is_local_type(data.object) {
            self.out.push_str(&format!("·{}", self.types.named_origin(named).0));
        } else if self.qualifier == Qualifier::Argument && self.types.is_local_type(data.object) {
            self.out.push_str(&format!("·{}", self.types.local_type_number(data.object)));
        }
        let list = match &data.instance {
            Some((_, arguments)) => arguments.clone(),
            None if self.qualifier == Qualifier::Message && !data.type_params.is_empty() => {
                let parameters = data.type_params.clone();
                self.parameter_list(&parameters);
                return;
            }
            None => return,
        };
        self.type_list(&list);
    }

    fn alias(&mut self, alias: AliasId) {
        let data = self.types.alias(alias).clone();
        if self.qualifier != Qualifier::Message {
            self.typ(data.rhs.unwrap_or(TypeId::INVALID));
            return;
        }
        let object = self.types.object(data.object);
        self.package(object.package);
        self.out.push_str(object.name.as_str());
        match &data.instance {
            Some((_, arguments)) => self.type_list(arguments),
            None if !data.type_params.is_empty() => self.parameter_list(&data.type_params),
            None => {}
        }
    }

    fn type_list(&mut self, list: &[TypeId]) {
        // Type arguments are part of a name, in which packages are written by path.
        let saved = self.qualifier;
        if saved == Qualifier::Reflect {
            self.qualifier = Qualifier::Argument;
        }
        self.out.push('[');
        for (index, typ) in list.iter().enumerate() {
            if index > 0 {
                self.out.push_str(if saved == Qualifier::Message { ", " } else { "," });
            }
            self.typ(*typ);
        }
        self.out.push(']');
        self.qualifier = saved;
    }

    fn parameter_list(&mut self, list: &[TypeId]) {
        self.out.push('[');
        let mut previous: Option<TypeId> = None;
        for (index, parameter) in list.iter().enumerate() {
            let bound = self.types.bound_of(*parameter);
            if index > 0 {
                if let Some(previous) = previous.filter(|previous| *previous != bound) {
                    self.out.push(' ');
                    self.typ(previous);
                }
                self.out.push_str(", ");
            }
            previous = Some(bound);
            self.typ(*parameter);
        }
        if let Some(previous) = previous {
            self.out.push(' ');
            self.typ(previous);
        }
        self.out.push(']');
    }

    fn tuple(&mut self, variables: &[ObjectId], variadic: bool) {
        self.out.push('(');
        for (index, variable) in variables.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            let object = self.types.object(*variable);
            if self.parameter_names && !object.name.as_str().is_empty() {
                self.out.push_str(object.name.as_str());
                self.out.push(' ');
            }
            let typ = object.typ.unwrap_or(TypeId::INVALID);
            if variadic && index + 1 == variables.len() {
                if let TypeKind::Slice(elem) = self.types.kind(typ) {
                    self.out.push_str("...");
                    self.typ(elem);
                } else {
                    self.typ(typ);
                    self.out.push_str("...");
                }
            } else {
                self.typ(typ);
            }
        }
        self.out.push(')');
    }

    fn signature(&mut self, id: SignatureId) {
        let signature = self.types.signature(id).clone();
        if !signature.type_params.is_empty() {
            self.parameter_list(&signature.type_params);
        }
        self.tuple(&signature.params, signature.variadic);
        match &signature.results[..] {
            [] => {}
            [result] if !self.parameter_names || self.types.name_of(*result).is_empty() => {
                self.out.push(' ');
                self.typ(self.types.type_of(*result));
            }
            results => {
                self.out.push(' ');
                self.tuple(results, false);
            }
        }
    }
}

impl Types {
    /// Whether a type name is declared inside a function.
    pub fn is_local_type(&self, object: ObjectId) -> bool {
        let object = self.object(object);
        match (object.package, object.parent) {
            (Some(package), Some(parent)) => self.package(package).scope != parent,
            _ => false,
        }
    }

    /// Which of the types that functions of its package declare it is, from 1, in the order of the source.
    fn local_type_number(&self, object: ObjectId) -> usize {
        let this = self.object(object);
        let is_before = |other: &ObjectId| {
            let data = self.object(*other);
            data.package == this.package && data.pos < this.pos && self.is_local_type(*other)
        };
        let origins = self.nameds.iter().filter(|named| named.instance.is_none()).map(|named| named.object);
        origins.filter(is_before).count() + 1
    }
}
