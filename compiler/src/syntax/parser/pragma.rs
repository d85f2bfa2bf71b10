//! Directives: `//line`, `//go:…`.
//!
//! The lexer hands over their comments before the token that follows them. `//line` and `//go:linkname` take effect at once;
//! the others wait ([`Pending`]) for the declaration whose first token comes next, and are reported as misplaced if there is
//! none. What is wrong only because of what kind of declaration it is, Go's compiler reports after type checking.

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::source::{LineDirective, Pos};
use crate::syntax::ast::{EmbedPragma, LinkName, PragmaFlags, Pragmas, VarDecl, WasmExport, WasmImport};
use crate::syntax::constraint;
use crate::syntax::symbol::Symbol;
use std::borrow::Cow;

/// Directives that wait for their declaration.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) pragmas: Pragmas,
    /// Where each flag was set.
    flags: Vec<(PragmaFlags, Pos)>,
}

/// What directives were found in front of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Func,
    Var,
    Other,
}

const RUNTIME_ONLY: PragmaFlags =
    PragmaFlags(PragmaFlags::SYSTEMSTACK.0 | PragmaFlags::NOWRITEBARRIER.0 | PragmaFlags::NOWRITEBARRIERREC.0 | PragmaFlags::YESWRITEBARRIERREC.0);

/// Directives that mean something to tools; others that nobody knows must not stand in the standard library.
const STANDARD_TOOLS: &[&str] = &[
    "go:cgo_export_static",
    "go:cgo_export_dynamic",
    "go:cgo_import_static",
    "go:cgo_import_dynamic",
    "go:cgo_ldflag",
    "go:cgo_dynamic_linker",
    "go:embed",
    "go:fix",
    "go:generate",
];

/// What a directive's word stands for; some imply others. Empty for those without meaning to a compiler.
fn flags_of(verb: &str) -> PragmaFlags {
    match verb {
        "go:build" => PragmaFlags::GO_BUILD,
        "go:noescape" => PragmaFlags::NOESCAPE,
        "go:norace" => PragmaFlags::NORACE,
        "go:nosplit" => PragmaFlags::NOSPLIT.with(PragmaFlags::NOCHECKPTR),
        "go:noinline" => PragmaFlags::NOINLINE,
        "go:nocheckptr" => PragmaFlags::NOCHECKPTR,
        "go:systemstack" => PragmaFlags::SYSTEMSTACK,
        "go:nowritebarrier" => PragmaFlags::NOWRITEBARRIER,
        "go:nowritebarrierrec" => PragmaFlags::NOWRITEBARRIERREC.with(PragmaFlags::NOWRITEBARRIER),
        "go:yeswritebarrierrec" => PragmaFlags::YESWRITEBARRIERREC,
        "go:cgo_unsafe_args" => PragmaFlags::CGO_UNSAFE_ARGS.with(PragmaFlags::NOCHECKPTR),
        "go:uintptrkeepalive" => PragmaFlags::UINTPTR_KEEP_ALIVE,
        "go:uintptrescapes" => PragmaFlags::UINTPTR_ESCAPES.with(PragmaFlags::UINTPTR_KEEP_ALIVE),
        "go:nointerface" => PragmaFlags::NOINTERFACE,
        "go:registerparams" => PragmaFlags::REGISTER_PARAMS,
        _ => PragmaFlags::default(),
    }
}

impl Parser<'_> {
    /// Acts on the directives that the lexer met on the way to the current token.
    pub(super) fn take_directives(&mut self) {
        let source = self.source;
        for directive in std::mem::take(&mut self.lexer.directives) {
            let comment = text_of(&source.text[directive.start..directive.end]);
            let pos = source.base.advanced(directive.start);
            let is_block = comment.starts_with("/*");
            let text = if is_block {
                comment.trim_start_matches("/*").trim_end_matches("*/")
            } else {
                let text = &comment[2..];
                text.strip_suffix('\r').unwrap_or(text)
            };
            if let Some(rest) = text.strip_prefix("line ") {
                let at_line_start = directive.start == 0 || source.text[directive.start - 1] == b'\n';
                if is_block {
                    self.line_directive(source.base.advanced(directive.end), pos.advanced(7), rest);
                } else if at_line_start {
                    self.line_directive(source.base.advanced(directive.end + 1), pos.advanced(7), rest);
                }
            } else if text.starts_with("go:") {
                if self.top && text.starts_with("go:build") {
                    self.go_version = constraint::parse_line(&comment).and_then(|expr| constraint::go_version(&expr));
                }
                self.pragma(pos.advanced(2), directive.blank, text);
            }
        }
    }

    /// `//line text`, where `text` begins at `pos`; it governs what follows `start`.
    fn line_directive(&mut self, start: Pos, pos: Pos, text: &str) {
        let Some((colon, number)) = trailing_number(text) else { return };
        let Some(number) = number else {
            self.error_at(pos.advanced(colon), format!("invalid line number: {}", &text[colon..]));
            return;
        };
        let mut file = &text[..colon - 1];
        let (mut line, mut line_at, mut column) = (number, colon, None);
        if let Some((inner, Some(number))) = trailing_number(file) {
            (line, line_at, column) = (number, inner, Some(line));
            if !(1..=MAX_LINE).contains(&column.unwrap_or(0)) {
                self.error_at(pos.advanced(colon), format!("invalid column number: {}", &text[colon..]));
                return;
            }
            file = &file[..inner - 1];
        }
        if !(1..=MAX_LINE).contains(&line) {
            let end = if column.is_some() { colon - 1 } else { text.len() };
            self.error_at(pos.advanced(line_at), format!("invalid line number: {}", &text[line_at..end]));
            return;
        }
        let file = if file.is_empty() && column.is_some() {
            // A column and no name: that of the directive before.
            self.line_directives.last().map_or_else(|| self.source.name.clone(), |last| last.file.clone())
        } else if file.is_empty() {
            "".into()
        } else {
            beside(&self.source.name, file).into()
        };
        self.line_directives.push(LineDirective { start, file, line: line as u32, column: column.unwrap_or(0) as u32 });
    }

    fn pragma(&mut self, pos: Pos, blank: bool, text: &str) {
        let mut pending = self.pending.take().unwrap_or_default();
        if blank {
            self.pragma_text(pos, text, &mut pending);
        } else {
            self.complain(pos, "misplaced compiler directive");
        }
        self.pending = Some(pending);
    }

    fn pragma_text(&mut self, pos: Pos, text: &str, pending: &mut Pending) {
        let verb = text.split(' ').next().unwrap_or(text);
        let has_argument = verb.len() < text.len();
        let fields: Vec<&str> = text.split_whitespace().collect();
        match (verb, has_argument) {
            ("go:wasmimport", true) => match fields[..] {
                [_, module, name] => {
                    pending.pragmas.wasm_import = Some(WasmImport { pos, module: module.into(), name: name.into() });
                }
                _ => self.complain(pos, "usage: //go:wasmimport importmodule importname"),
            },
            ("go:wasmexport", true) => match fields[..] {
                [_, name] => pending.pragmas.wasm_export = Some(WasmExport { pos, name: name.into() }),
                _ => self.complain(pos, "usage: //go:wasmexport exportname"),
            },
            ("go:linkname" | "go:linknamestd", true) => match fields[..] {
                [_, local] | [_, local, _] => self.linknames.push(LinkName {
                    pos,
                    standard: verb == "go:linknamestd",
                    local: Symbol::new(local),
                    remote: fields.get(2).map(|remote| Symbol::new(remote)),
                }),
                _ => self.complain(pos, format!("usage: //{verb} localname [linkname]")),
            },
            ("go:embed", _) => {
                let mut patterns = Vec::new();
                if let Err(message) = embed_patterns(&text["go:embed".len()..], &mut patterns) {
                    self.complain(pos, message);
                    patterns.clear();
                }
                if patterns.is_empty() {
                    self.complain(pos, "usage: //go:embed pattern...");
                } else {
                    pending.pragmas.embeds.push(EmbedPragma { pos, patterns });
                }
            }
            _ => {
                let flags = flags_of(verb);
                if self.origin == super::Origin::User {
                    if verb.starts_with("go:cgo_") && !(verb == "go:cgo_import_dynamic" && fields.len() >= 4) {
                        self.complain(pos, format!("//{text} only allowed in cgo-generated code"));
                    }
                    if flags.0 & RUNTIME_ONLY.0 != 0 {
                        self.complain(pos, format!("//{verb} only allowed in runtime"));
                    }
                    if flags == PragmaFlags::UINTPTR_KEEP_ALIVE {
                        self.complain(pos, format!("//{verb} is only allowed in the standard library"));
                    }
                } else if flags == PragmaFlags::default() && !STANDARD_TOOLS.contains(&verb) {
                    self.complain(pos, format!("//{verb} is not allowed in the standard library"));
                }
                pending.pragmas.flags = pending.pragmas.flags.with(flags);
                pending.flags.push((flags, pos));
            }
        }
    }

    /// Reports what is wrong with a directive, which is no syntax error.
    fn complain(&mut self, pos: Pos, message: impl Into<String>) {
        self.errors.push(Diagnostic::new(pos, message));
    }

    /// Hands the waiting directives to a declaration.
    pub(super) fn take_pragmas(&mut self, place: Place) -> Pragmas {
        let Some(pending) = self.pending.take() else { return Pragmas::default() };
        for (flags, pos) in pending.flags {
            let allowed = match place {
                Place::File => flags == PragmaFlags::GO_BUILD,
                Place::Func => flags != PragmaFlags::GO_BUILD,
                Place::Var | Place::Other => false,
            };
            if !allowed && flags != PragmaFlags::default() {
                self.late_errors.push(Diagnostic::new(pos, "misplaced compiler directive"));
            }
        }
        if place != Place::Var {
            for embed in &pending.pragmas.embeds {
                self.late_errors.push(Diagnostic::new(embed.pos, "misplaced go:embed directive"));
            }
        }
        pending.pragmas
    }

    /// Complains about waiting directives where no declaration followed.
    pub(super) fn clear_pragmas(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        for (flags, pos) in pending.flags {
            if flags != PragmaFlags::default() {
                self.complain(pos, "misplaced compiler directive");
            }
        }
        for embed in pending.pragmas.embeds {
            self.complain(embed.pos, "misplaced go:embed directive");
        }
        if let Some(import) = pending.pragmas.wasm_import {
            self.complain(import.pos, "misplaced go:wasmimport directive");
        }
        if let Some(export) = pending.pragmas.wasm_export {
            self.complain(export.pos, "misplaced go:wasmexport directive");
        }
    }

    /// Whether a variable may have the embedded files that it asks for.
    pub(super) fn check_embed(&mut self, decl: &VarDecl) {
        let Some(embed) = decl.pragmas.embeds.first() else { return };
        let message = if !self.embed_imported {
            "go:embed requires import \"embed\" (or import _ \"embed\", if package is not used)"
        } else if decl.names.len() > 1 {
            "go:embed cannot apply to multiple vars"
        } else if !decl.values.is_empty() {
            "go:embed cannot apply to var with initializer"
        } else if decl.ty.is_none() {
            "go:embed cannot apply to var without type"
        } else if self.function_depth > 0 {
            "go:embed cannot apply to var inside func"
        } else {
            return;
        };
        self.late_errors.push(Diagnostic::new(embed.pos, message));
    }
}

/// A comment as text in which every character stands at its offset in the source: in broken UTF-8 each byte that is not ASCII
/// becomes a `?`.
fn text_of(comment: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(comment) {
        Ok(text) => text.into(),
        Err(_) => comment.iter().map(|byte| if byte.is_ascii() { *byte as char } else { '?' }).collect(),
    }
}

/// The largest line or column that a directive may give.
const MAX_LINE: u64 = 1 << 30;

/// The offset behind the last colon, and the number there if it is one.
fn trailing_number(text: &str) -> Option<(usize, Option<u64>)> {
    let colon = text.rfind(':')?;
    let digits = &text[colon + 1..];
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    Some((colon + 1, number))
}

/// A file name of a directive, cleaned; a relative one is beside the file that has the directive.
fn beside(file: &str, name: &str) -> String {
    let joined = match file.rsplit_once('/') {
        Some((directory, _)) if !name.starts_with('/') && directory != "." => format!("{directory}/{name}"),
        _ => name.to_string(),
    };
    let rooted = joined.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let cleaned = parts.join("/");
    match (rooted, cleaned.is_empty()) {
        (true, _) => format!("/{cleaned}"),
        (false, true) => ".".to_string(),
        (false, false) => cleaned,
    }
}

/// The patterns of a `//go:embed` line: words, or Go strings in double or back quotes.
fn embed_patterns(text: &str, patterns: &mut Vec<String>) -> Result<(), String> {
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let invalid = || Err(format!("invalid quoted string in //go:embed: {rest}"));
        let after;
        match first {
            '`' => {
                let Some(end) = rest[1..].find('`') else { return invalid() };
                patterns.push(rest[1..1 + end].to_string());
                after = &rest[end + 2..];
            }
            '"' => {
                let mut escaped = false;
                let end = rest.char_indices().skip(1).find(|(_, ch)| {
                    let ends = *ch == '"' && !escaped;
                    escaped = *ch == '\\' && !escaped;
                    ends
                });
                let Some((end, _)) = end else { return invalid() };
                let Some(pattern) = super::super::unquote(&rest[..=end]) else {
                    return Err(format!("invalid quoted string in //go:embed: {}", &rest[..=end]));
                };
                patterns.push(String::from_utf8_lossy(&pattern).into_owned());
                after = &rest[end + 1..];
            }
            _ => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                patterns.push(rest[..end].to_string());
                after = &rest[end..];
            }
        }
        if after.chars().next().is_some_and(|ch| !ch.is_whitespace()) {
            return Err(format!("invalid quoted string in //go:embed: {after}"));
        }
        rest = after.trim();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directive_files_lie_beside_their_file() {
        assert_eq!(beside("./a.go", "x/../y.go"), "y.go");
        assert_eq!(beside("/src/p/a.go", "y.y"), "/src/p/y.y");
        assert_eq!(beside("a.go", "/tmp//y.go"), "/tmp/y.go");
    }

    #[test]
    fn embed_patterns_may_be_quoted() {
        let mut patterns = Vec::new();
        assert_eq!(embed_patterns(" a.txt `b c` \"d\\\"e\" f/*", &mut patterns), Ok(()));
        assert_eq!(patterns, ["a.txt", "b c", "d\"e", "f/*"]);
        assert!(embed_patterns("\"a", &mut patterns).is_err());
        assert!(embed_patterns("`a`b", &mut patterns).is_err());
    }
}
