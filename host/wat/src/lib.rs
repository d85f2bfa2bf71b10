//! `wat!(r#"(module …)"#)`: a wasm module in text form, as bytes, for the host's tests.
//!
//! It is a macro, not a function, for the sake of build time: dependencies of macros are built apart from those of the tests. A
//! function would add features to crates that wasmtime uses too, and so have tests build wasmtime a second time.

use proc_macro::{Literal, TokenStream, TokenTree};

/// The bytes of a module given as a raw string.
#[proc_macro]
pub fn wat(input: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = input.into_iter().collect();
    let result = match tokens.as_slice() {
        [TokenTree::Literal(literal)] => assemble(&literal.to_string()),
        _ => Err("wat! takes one raw string".to_string()),
    };
    match result {
        Ok(wasm) => TokenTree::Literal(Literal::byte_string(&wasm)).into(),
        Err(message) => format!("compile_error!({message:?})").parse().unwrap_or_default(),
    }
}

fn assemble(literal: &str) -> Result<Vec<u8>, String> {
    let text = literal.strip_prefix('r').map(|text| text.trim_matches('#'));
    let text = text.and_then(|text| text.strip_prefix('"')?.strip_suffix('"')).ok_or("wat! takes a raw string")?;
    wat::parse_str(text).map_err(|error| error.to_string())
}
