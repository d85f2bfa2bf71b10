//! Go's syntax: tokens, tree, lexer, parser, printer.
//!
//! It knows the whole grammar of the Go release that the compiler supports and nothing of types. Errors are reported in the
//! words and at the positions of Go's compiler.

pub mod ast;
pub mod constraint;
pub mod lexer;
pub mod parser;
pub mod print;
mod symbol;
#[cfg(test)]
mod tests;
pub mod token;
mod unicode;
mod unquote;
pub mod walk;

pub use parser::{Origin, Parsed, parse_file};
pub use symbol::Symbol;
pub use unquote::unquote;
