//! Go's syntax: tokens, tree, lexer, parser, printer.
//!
//! It knows the whole grammar of the Go release that the compiler supports and nothing of types. Errors are reported in the
//! words and at the positions of Go's compiler.

pub mod ast;
mod symbol;
pub mod token;

pub use symbol::Symbol;
