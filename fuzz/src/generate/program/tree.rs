//! A program as a tree of lines and blocks: what the printer writes and the reducer cuts.
//!
//! Expressions stay text. They are fully parenthesised, with single blanks around binary operators, so that the reducer can take them apart too.

/// A line, or a block with its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// One line; further lines, if any, belong to it.
    Line(String),
    /// Heads with what stands under each (`if a {`, `} else {`; `switch x {`, `case 1:`), and the last line.
    Block { parts: Vec<(String, Vec<Node>)>, close: String },
}

impl Node {
    pub fn line(text: impl Into<String>) -> Node {
        Node::Line(text.into())
    }

    /// A block with one head that ends with `}`.
    pub fn block(open: impl Into<String>, body: Vec<Node>) -> Node {
        Node::Block { parts: vec![(open.into(), body)], close: "}".to_string() }
    }

    pub fn close(open: impl Into<String>, body: Vec<Node>, close: impl Into<String>) -> Node {
        Node::Block { parts: vec![(open.into(), body)], close: close.into() }
    }

    fn write(&self, depth: usize, out: &mut String) {
        match self {
            Node::Line(text) => indented(depth, text, out),
            Node::Block { parts, close } => {
                for (head, body) in parts {
                    indented(depth, head, out);
                    write(body, depth + 1, out);
                }
                indented(depth, close, out);
            }
        }
    }
}

fn indented(depth: usize, text: &str, out: &mut String) {
    for line in text.lines() {
        out.extend(std::iter::repeat_n('\t', depth));
        out.push_str(line);
        out.push('\n');
    }
}

fn write(nodes: &[Node], depth: usize, out: &mut String) {
    for node in nodes {
        node.write(depth, out);
    }
}

/// One Go file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path within the module.
    pub path: String,
    /// Package clause and imports; never cut.
    pub head: String,
    pub declarations: Vec<Node>,
}

impl File {
    pub fn text(&self) -> String {
        let mut out = self.head.clone();
        for node in &self.declarations {
            out.push('\n');
            node.write(0, &mut out);
        }
        out
    }
}

/// A whole module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub files: Vec<File>,
}
