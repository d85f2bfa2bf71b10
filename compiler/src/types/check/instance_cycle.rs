//! Generic declarations that instantiate each other with ever larger types.
//!
//! A graph has a vertex for each type parameter; an edge says that the type arguments of one are made from the other, and
//! whether they grow on the way. A cycle that grows never ends.

use crate::diagnostic::Code;
use crate::source::Pos;
use crate::syntax::ast::Expr;
use crate::types::hash::FastMap;
use crate::types::{ObjectId, TypeId, TypeKind};

use super::Checker;

#[derive(Default)]
pub(super) struct InstanceGraph {
    vertices: Vec<Vertex>,
    edges: Vec<Edge>,
    /// Copies of type parameters (a method's receiver has its own) and what they were copied from.
    canonical: FastMap<TypeId, TypeId>,
    index: FastMap<ObjectId, Option<usize>>,
}

struct Vertex {
    object: ObjectId,
    weight: i32,
    previous: usize,
    length: usize,
}

struct Edge {
    to: usize,
    from: usize,
    weight: i32,
    pos: Pos,
    typ: TypeId,
}

impl InstanceGraph {
    pub fn same(&mut self, copy: TypeId, original: TypeId) {
        self.canonical.insert(copy, original);
    }

    fn vertex(&mut self, object: ObjectId) -> usize {
        if let Some(Some(index)) = self.index.get(&object) {
            return *index;
        }
        let index = self.vertices.len();
        self.vertices.push(Vertex { object, weight: 0, previous: 0, length: 0 });
        self.index.insert(object, Some(index));
        index
    }
}

impl<'a> Checker<'a> {
    pub(super) fn note_instance(&mut self, pos: Pos, parameters: &[TypeId], arguments: &[TypeId], exprs: &'a [Expr]) {
        for (copy, original) in std::mem::take(&mut self.types.copied_parameters) {
            self.instance_graph.same(copy, original);
        }
        for (index, (parameter, argument)) in parameters.iter().zip(arguments).enumerate() {
            let pos = exprs.get(index).map_or(pos, Expr::start);
            let TypeKind::TypeParameter(id) = self.types.kind(*parameter) else { continue };
            let object = self.types.type_parameter(id).object;
            if self.types.object(object).package == Some(self.package) {
                self.flow(pos, *parameter, *argument, *argument, 0);
            }
        }
    }

    /// Adds edges for all type parameters that an argument mentions.
    fn flow(&mut self, pos: Pos, parameter: TypeId, argument: TypeId, part: TypeId, depth: u32) {
        if depth > 50 {
            return;
        }
        let part = self.types.unalias(part);
        match self.types.kind(part) {
            TypeKind::TypeParameter(_) => {
                let from = self.parameter_vertex(part);
                self.add_edge(pos, parameter, from, argument, part);
            }
            TypeKind::Named(named) => {
                let origin = self.types.named_origin(named);
                if let Some(from) = self.local_type_vertex(origin) {
                    self.add_edge(pos, parameter, from, argument, part);
                }
                for argument_part in self.types.type_arguments(named).iter() {
                    self.flow(pos, parameter, argument, *argument_part, depth + 1);
                }
            }
            TypeKind::Interface(interface) => {
                let methods = self.types.type_set(interface).methods.clone();
                for method in methods.iter() {
                    let typ = self.types.type_of(*method);
                    self.flow(pos, parameter, argument, typ, depth + 1);
                }
            }
            _ => {
                for inner in self.types.parts(part) {
                    self.flow(pos, parameter, argument, inner, depth + 1);
                }
            }
        }
    }

    fn add_edge(&mut self, pos: Pos, parameter: TypeId, from: usize, argument: TypeId, part: TypeId) {
        let to = self.parameter_vertex(parameter);
        let weight = i32::from(self.types.unalias(argument) != part);
        self.instance_graph.edges.push(Edge { to, from, weight, pos, typ: argument });
    }

    fn parameter_vertex(&mut self, parameter: TypeId) -> usize {
        let mut parameter = parameter;
        while let Some(original) = self.instance_graph.canonical.get(&parameter) {
            parameter = *original;
        }
        let object = match self.types.kind(parameter) {
            TypeKind::TypeParameter(id) => self.types.type_parameter(id).object,
            _ => return 0,
        };
        self.instance_graph.vertex(object)
    }

    /// The vertex of a type that is declared inside a generic function: it is parameterized by the function's parameters.
    fn local_type_vertex(&mut self, named: crate::types::NamedId) -> Option<usize> {
        let object = self.types.named(named).object;
        if self.types.object(object).package != Some(self.package) || !self.types.is_local_type(object) {
            return None;
        }
        if let Some(known) = self.instance_graph.index.get(&object) {
            return *known;
        }
        let implicit = self.types.implicit_parameters_of(named);
        if implicit.is_empty() {
            self.instance_graph.index.insert(object, None);
            return None;
        }
        let vertex = self.instance_graph.vertex(object);
        let pos = self.pos_of(object);
        for parameter in implicit.iter() {
            let from = self.parameter_vertex(*parameter);
            self.instance_graph.edges.push(Edge { to: vertex, from, weight: 1, pos, typ: *parameter });
        }
        Some(vertex)
    }

    pub(super) fn find_instance_cycle(&mut self) {
        let graph = &mut self.instance_graph;
        let count = graph.vertices.len();
        loop {
            let mut again = false;
            for index in 0..graph.edges.len() {
                let (to, from, weight) = {
                    let edge = &graph.edges[index];
                    (edge.to, edge.from, edge.weight)
                };
                let weight = graph.vertices[from].weight + weight;
                if weight <= graph.vertices[to].weight {
                    continue;
                }
                graph.vertices[to].previous = index;
                graph.vertices[to].length = graph.vertices[from].length + 1;
                if graph.vertices[to].length == count {
                    self.report_instance_cycle(to);
                    return;
                }
                graph.vertices[to].weight = weight;
                again = true;
            }
            if !again {
                return;
            }
        }
    }

    fn report_instance_cycle(&mut self, vertex: usize) {
        let mut stack = Vec::new();
        let mut at = vertex;
        while !stack.contains(&at) {
            stack.push(at);
            at = self.instance_graph.edges[self.instance_graph.vertices[at].previous].from;
        }
        let start = stack.iter().position(|other| *other == at).unwrap_or(0);
        let object = self.instance_graph.vertices[at].object;
        let mut lines = vec![(self.pos_of(object), "instantiation cycle:".to_string())];
        for vertex in &stack[start..] {
            let edge = &self.instance_graph.edges[self.instance_graph.vertices[*vertex].previous];
            let (pos, typ, to) = (edge.pos, edge.typ, edge.to);
            let object = self.instance_graph.vertices[to].object;
            let name = self.types.name_of(object);
            let is_parameter = matches!(self.types.kind(self.types.type_of(object)), TypeKind::TypeParameter(_));
            let words = if is_parameter { "instantiated as" } else { "implicitly parameterized by" };
            lines.push((pos, format!("{name} {words} {}", self.ts(typ))));
        }
        self.error_lines(Code::InvalidInstanceCycle, lines);
    }
}
