//! Whole modules from IR in text form, linked with stubs in place of the runtime: every copy of every function must be valid wasm.

use super::asm::Asm;
use super::generate;
use super::object::{Data, Function, Place, Unit};
use crate::ir::{self, parse_module, verify_module};
use crate::link::{LinkError, LinkOptions, link_unit};
use warren_abi::entry::{ENTRIES, Scalar};
use wasm_encoder::{Instruction, ValType};

fn value_type(scalar: Scalar) -> ValType {
    match scalar {
        Scalar::I32 | Scalar::P => ValType::I32,
        Scalar::I64 => ValType::I64,
        Scalar::F32 => ValType::F32,
        Scalar::F64 => ValType::F64,
    }
}

/// Functions that trap, in place of the runtime's.
fn add_stubs(unit: &mut Unit) {
    let mut stub = |name: &str, params: &[ValType], results: &[ValType]| {
        let symbol = unit.symbols.intern(name);
        let ty = unit.symbols.function_type(params, results);
        let mut asm = Asm::new(&[]);
        asm.op(&Instruction::Unreachable);
        unit.functions.push(Function { symbol, ty, code: asm.finish(), go: None });
    };
    for entry in ENTRIES {
        let params: Vec<ValType> = entry.params.iter().map(|&scalar| value_type(scalar)).collect();
        let results: Vec<ValType> = entry.results.iter().map(|&scalar| value_type(scalar)).collect();
        stub(&format!("rt_{}", entry.name), &params, &results);
    }
    for name in ["rt_start", "rt_thread_start", "rt_panic_step"] {
        stub(name, &[ValType::I32], &[]);
    }
    stub("rt_stack_overflow", &[], &[]);
    for (name, size) in [("warren_poll", 4), ("type.node", 48)] {
        let symbol = unit.symbols.intern(name);
        unit.datas.push(Data { symbol, bytes: Vec::new(), size, align: 8, place: Place::Runtime, relocs: Vec::new(), pointers: Vec::new() });
    }
}

fn compile(text: &str, threads: bool) -> Result<Vec<u8>, Vec<LinkError>> {
    compile_changed(text, threads, |_| {})
}

fn compile_changed(text: &str, threads: bool, change: impl FnOnce(&mut Unit)) -> Result<Vec<u8>, Vec<LinkError>> {
    let mut module = parse_module(text).expect("the text parses");
    verify_module(&module).expect("the text is valid");
    let options = LinkOptions { threads, ..LinkOptions::default() };
    let mut unit = generate(&mut module, threads, options.poll_rounds());
    add_stubs(&mut unit);
    change(&mut unit);
    link_unit(unit, &options)
}

/// Compiles for both builds and validates.
#[track_caller]
fn check(text: &str) {
    for threads in [false, true] {
        let wasm = compile(text, threads).expect("it links");
        if let Err(error) = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&wasm) {
            panic!("threads={threads}: {error}");
        }
    }
}

const MAIN: &str = r#"
func @"runtime.main·f"(ptr) closure {
  b0(v0: ptr):
    v1 = const.i64 3
    v2 = call @main.f(v0, v1) -> (i64)
    call_rt print_int(v2)
    return
}
func @runtime.panicIndex(i64, i64) noreturn cold {
  b0(v0: i64, v1: i64):
    v2 = const.ptr 8
    call_rt gopanic(v2, v2)
    unreachable
}
func @runtime.sigpanic() noreturn cold {
  b0:
    v0 = const.ptr 8
    call_rt gopanic(v0, v0)
    unreachable
}
"#;

#[test]
fn calls_in_nested_loops() {
    let text = r#"
func @main.f(ptr, i64) -> (i64) {
  slot s0 bytes=24 align=8 ptrs=0
  b0(v0: ptr, v1: i64):
    v2 = const.i64 0
    v3 = slot_addr s0
    store.ptr v3, v0
    jump b1(v2, v2)
  b1(v4: i64, v5: i64):
    v6 = lt_s.i64 v4, v1
    branch v6, b2, b5
  b2:
    jump b3(v2, v5)
  b3(v7: i64, v8: i64):
    v9 = lt_s.i64 v7, v4
    branch v9, b4, b6
  b4:
    bounds_check.index v7, v1
    v10 = new @type.node, 16
    nil_check v10
    v11 = load.i64 v10+8
    v12 = add.i64 v8, v11
    v13 = const.i64 1
    v14 = add.i64 v7, v13
    jump b3(v14, v12)
  b6:
    call_rt gosched()
    v15 = const.i64 1
    v16 = add.i64 v4, v15
    jump b1(v16, v8)
  b5:
    return v5
}
"#;
    check(&format!("{text}{MAIN}"));
}

#[test]
fn a_loop_with_two_entries_and_a_switch() {
    let text = r#"
func @main.f(ptr, i64) -> (i64) {
  b0(v0: ptr, v1: i64):
    v2 = const.i64 3
    v3 = eq.i64 v1, v2
    branch v3, b2(v2), b1(v1)
  b1(v4: i64):
    v5 = call_closure v0(v4) -> (i64)
    jump b2(v5)
  b2(v6: i64):
    switch v6 [1 -> b3, 2 -> b1(v6), 3 -> b2(v1), 4 -> b4(v6), 900 -> b3] b4(v1)
  b3:
    return v1
  b4(v7: i64):
    v8 = add.i64 v7, v7
    return v8
}
"#;
    check(&format!("{text}{MAIN}"));
}

#[test]
fn recursion_goes_deep() {
    let text = r#"
func @main.f(ptr, i64) -> (i64) {
  b0(v0: ptr, v1: i64):
    v2 = const.i64 0
    v3 = eq.i64 v1, v2
    branch v3, b1, b2
  b1:
    return v2
  b2:
    v4 = const.i64 -1
    v5 = add.i64 v1, v4
    v6 = call @main.f(v0, v5) -> (i64)
    v7 = div_s.i64 v6, v1
    return v7
}
"#;
    check(&format!("{text}{MAIN}"));
    let module = parse_module(&format!("{text}{MAIN}")).expect("it parses");
    let calls = crate::freeze::suspend::analyse(&module, &vec![false; module.funcs.len()]);
    let of = |name: &str| module.func(module.symbols.find(name).expect("a name")).map(ir::FuncId::index).expect("a function");
    assert!(calls.poll_entry[of("main.f")], "a recursive function polls");
    assert!(!calls.poll_entry[of("runtime.sigpanic")], "others do not");
}

#[test]
fn a_missing_symbol_is_named_with_its_user() {
    let text = MAIN.replace("call @main.f(v0, v1) -> (i64)", "call @main.nowhere(v0, v1) -> (i64)");
    let errors = compile(&text, false).expect_err("a symbol is missing");
    assert_eq!(errors, [LinkError::from("runtime.main·f: relocation target main.nowhere not defined".to_string())]);
}

#[test]
fn a_function_that_is_too_large_is_named() {
    let text = format!("func @main.f(ptr, i64) -> (i64) {{\n  b0(v0: ptr, v1: i64):\n    return v1\n}}\n{MAIN}");
    let grow = |unit: &mut Unit| {
        let symbol = unit.symbols.find("main.f").expect("a name");
        let function = unit.functions.iter_mut().find(|function| function.symbol == symbol).expect("a function");
        // Before the end of the body, behind all relocations, instructions that do nothing.
        let at = function.code.bytes.len() - 1;
        function.code.bytes.splice(at..at, vec![1; 7_700_000]);
    };
    let errors = compile_changed(&text, false, grow).expect_err("the function is too large");
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message.starts_with("function main.f is too large: 77000"), "{}", errors[0].message);
}

#[test]
fn a_large_function_has_one_copy() {
    // Calls and checks, then two nested loops with calls, then calls and checks.
    let mut text = String::from("func @main.f(ptr, i64) -> (i64) {\n  slot s0 bytes=24 align=8 ptrs=0\n  b0(v0: ptr, v1: i64):\n");
    text.push_str("    v2 = const.i64 0\n    v3 = slot_addr s0\n    store.ptr v3, v0\n");
    let mut next = 4;
    let mut stretch = |text: &mut String| {
        for _ in 0..12 {
            text.push_str(&format!("    bounds_check.index v2, v1\n    v{next} = new @type.node, 16\n    nil_check v{next}\n"));
            text.push_str(&format!("    v{} = load.i64 v{next}+8\n    store.i64 v{next}+8, v1\n    call_rt gosched()\n", next + 1));
            text.push_str(&format!("    store.i64 v{next}, v{}\n", next + 1));
            next += 2;
        }
    };
    stretch(&mut text);
    text.push_str("    jump b1(v2)\n  b1(v100: i64):\n    v101 = lt_s.i64 v100, v1\n    branch v101, b2, b5\n  b2:\n    jump b3(v2)\n");
    text.push_str("  b3(v102: i64):\n    v103 = lt_s.i64 v102, v100\n    branch v103, b4, b6\n  b4:\n    v104 = call @main.f(v0, v102) -> (i64)\n");
    text.push_str("    v105 = const.i64 1\n    v106 = add.i64 v102, v105\n    jump b3(v106)\n");
    text.push_str("  b6:\n    call_rt gosched()\n    v107 = const.i64 1\n    v108 = add.i64 v100, v107\n    jump b1(v108)\n  b5:\n");
    stretch(&mut text);
    text.push_str("    return v1\n}\n");
    check(&(text + MAIN));
}
