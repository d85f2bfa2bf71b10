//! Makes a program that shows a difference as small as it gets.
//!
//! Nodes of the tree are cut or replaced by their bodies, then parenthesised expressions by one of their operands, as long as the native compiler
//! accepts the program and the difference stays.

use std::collections::HashMap;

use crate::generate::program::tree::{File, Node, Program};

/// The smallest program found for which `differs` still holds.
pub fn reduce(program: &Program, differs: &mut dyn FnMut(&Program) -> bool) -> Program {
    let mut best = program.clone();
    calls_of_main(&mut best, differs);
    loop {
        let before = size(&best);
        for file in 0..best.files.len() {
            let mut nodes = best.files[file].declarations.clone();
            let mut test = |nodes: &[Node]| {
                let mut candidate = best.clone();
                candidate.files[file].declarations = nodes.to_vec();
                let ok = differs(&candidate);
                if ok {
                    best = candidate;
                }
                ok
            };
            cut(&mut nodes, &mut test);
        }
        without_unused(&mut best, differs);
        if size(&best) == before {
            break;
        }
    }
    expressions(&mut best, differs);
    best
}

/// Cuts what `main` calls, which stands last, and then everything that is called no more: a program that differs in one test of many is small at once.
fn calls_of_main(best: &mut Program, differs: &mut dyn FnMut(&Program) -> bool) {
    let Some(file) = best.files.len().checked_sub(1) else { return };
    let Some(Node::Block { parts, .. }) = best.files[file].declarations.last() else { return };
    let mut body = parts[0].1.clone();
    let whole = best.clone();
    let mut test = |body: &[Node]| {
        let mut candidate = whole.clone();
        if let Some(Node::Block { parts, .. }) = candidate.files[file].declarations.last_mut() {
            parts[0].1 = body.to_vec();
        }
        drop_unused(&mut candidate);
        let ok = differs(&candidate);
        if ok {
            *best = candidate;
        }
        ok
    };
    cut(&mut body, &mut test);
}

fn without_unused(best: &mut Program, differs: &mut dyn FnMut(&Program) -> bool) {
    let mut candidate = best.clone();
    drop_unused(&mut candidate);
    if candidate != *best && differs(&candidate) {
        *best = candidate;
    }
}

/// Drops functions whose names stand nowhere else.
fn drop_unused(program: &mut Program) {
    loop {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for file in &program.files {
            let text = file.text();
            for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
                *counts.entry(word.to_string()).or_default() += 1;
            }
        }
        let mut dropped = false;
        for file in &mut program.files {
            file.declarations.retain(|node| {
                let is_unused = function_name(node).is_some_and(|name| name != "main" && counts.get(name) == Some(&1));
                dropped |= is_unused;
                !is_unused
            });
        }
        if !dropped {
            return;
        }
    }
}

/// The name of a declared function that is no method.
fn function_name(node: &Node) -> Option<&str> {
    let Node::Block { parts, .. } = node else { return None };
    let head = parts[0].0.lines().last()?.strip_prefix("func ")?;
    head.split(['(', '[']).next().filter(|name| !name.is_empty())
}

fn size(program: &Program) -> usize {
    program.files.iter().map(|file| file.text().len()).sum()
}

/// Cuts a list of nodes, then within each node left. `test` says whether a whole replacement for the list will do.
fn cut(nodes: &mut Vec<Node>, test: &mut dyn FnMut(&[Node]) -> bool) {
    let mut length = nodes.len().div_ceil(2).max(1);
    while length > 0 && !nodes.is_empty() {
        let mut end = nodes.len();
        while end > 0 {
            let start = end.saturating_sub(length);
            let mut candidate = nodes.clone();
            candidate.drain(start..end);
            if test(&candidate) {
                *nodes = candidate;
            }
            end = start.min(nodes.len());
        }
        length /= 2;
    }
    let mut index = 0;
    while index < nodes.len() {
        let Node::Block { parts, .. } = nodes[index].clone() else {
            index += 1;
            continue;
        };
        // A body in place of its block.
        let mut unwrapped = false;
        for (_, body) in &parts {
            let mut candidate = nodes.clone();
            candidate.splice(index..=index, body.iter().cloned());
            if test(&candidate) {
                *nodes = candidate;
                unwrapped = true;
                break;
            }
        }
        if unwrapped {
            continue;
        }
        for part in (1..parts.len()).rev() {
            let mut candidate = nodes.clone();
            if let Node::Block { parts, .. } = &mut candidate[index] {
                parts.remove(part);
            }
            if test(&candidate) {
                *nodes = candidate;
            }
        }
        let count = if let Node::Block { parts, .. } = &nodes[index] { parts.len() } else { 0 };
        for part in 0..count {
            let Node::Block { parts, .. } = &nodes[index] else { break };
            let mut body = parts[part].1.clone();
            let list = nodes.clone();
            let mut inner = |body: &[Node]| {
                let mut candidate = list.clone();
                if let Node::Block { parts, .. } = &mut candidate[index] {
                    parts[part].1 = body.to_vec();
                }
                test(&candidate)
            };
            cut(&mut body, &mut inner);
            if let Node::Block { parts, .. } = &mut nodes[index] {
                parts[part].1 = body;
            }
        }
        index += 1;
    }
}

/// Replaces `(a op b)` and `f(a, b)` by one of their parts in the text of each file.
fn expressions(best: &mut Program, differs: &mut dyn FnMut(&Program) -> bool) {
    for file in 0..best.files.len() {
        let mut position = 0;
        loop {
            let text = best.files[file].text();
            let head = best.files[file].head.len();
            let body = &text[head..];
            let Some(open) = body[position..].find('(').map(|at| at + position) else { break };
            let mut done = true;
            if let Some(close) = matching(body, open) {
                // The name of a function that is called goes too.
                let start = body[..open].rfind(|c: char| !(c.is_alphanumeric() || "_.[]".contains(c))).map_or(0, |at| at + 1);
                for operand in operands(&body[open + 1..close]) {
                    let replaced = format!("{}{operand}{}", &body[..start], &body[close + 1..]);
                    if operand.is_empty() || replaced.len() >= body.len() {
                        continue;
                    }
                    let mut candidate = best.clone();
                    candidate.files[file] = File { declarations: vec![Node::Line(replaced)], ..best.files[file].clone() };
                    if differs(&candidate) {
                        *best = candidate;
                        done = false;
                        break;
                    }
                }
            }
            if done {
                position = open + 1;
            }
        }
    }
}

fn matching(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text[open..].char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(open + at);
                }
            }
            '\n' => return None,
            _ => {}
        }
    }
    None
}

/// What stands between blanks and commas outside of parentheses.
fn operands(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ' ' | ',' if depth == 0 => {
                found.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    found.retain(|part| part.chars().any(char::is_alphanumeric));
    found
}

#[cfg(test)]
mod tests {
    use super::reduce;
    use crate::generate::program::generate;

    #[test]
    fn keeps_what_matters() {
        let program = generate(3);
        let mut tries = 0;
        let small = reduce(&program, &mut |candidate| {
            tries += 1;
            candidate.files.iter().any(|file| file.text().contains("func Test7()"))
        });
        let text: usize = small.files.iter().map(|file| file.declarations.len()).sum();
        assert_eq!(text, 1);
        assert!(tries < 2000);
    }
}
