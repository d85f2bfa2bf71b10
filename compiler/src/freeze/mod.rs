//! Getting off the native stack and back: which functions may suspend, and where they poll. The functions that write and take frames are in
//! `wasm::save` and `wasm::trampoline`.
//!
//! The protocol is in the contract crate ([`warren_abi::frame`]) and its consequences for code in [`crate::wasm`]: a function that may
//! suspend has a *fast copy* and, if one of its call sites can be returned to, a *resume copy*, or a single copy that is both. After a call
//! that may have suspended, compiled code tests the wasm global `State`; if it is set, it calls a *save helper* with the live locals and the
//! number of the site and returns what the helper returns (dummy results). Helpers are shared by all sites whose live locals have the same
//! types.

pub mod poll;
pub mod suspend;
