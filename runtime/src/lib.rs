//! Go's package runtime for wasm32.
