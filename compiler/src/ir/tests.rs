//! Tests of the IR itself: text, builder, verifier, analyses.

use super::*;

/// Parses, verifies, prints, and wants the text back.
#[track_caller]
fn check_round_trip(text: &str) {
    let module = parse_module(text).expect("the text parses");
    verify_module(&module).expect("the text is valid");
    assert_eq!(module.to_string(), text);
    let mut again = module.clone();
    for func in &mut again.funcs {
        func.compact();
    }
    verify_module(&again).expect("still valid when compacted");
    assert_eq!(again.to_string(), text);
}

#[test]
fn text_round_trip() {
    check_round_trip(
        r#"func @main.f(ptr, i64, i32) -> (i64, ptr) noinline closure  !1:10 {
  inline 1 @"main.(*T).g" !1:12
  slot s0 bytes=24 align=8 ptrs=0,2
  slot s1 bytes=8 align=8 volatile
  slot s2 bytes=16 align=8 ptrs=0,1 volatile
  defer mask=s1 closures=s2 count=2
  b0(v0: ptr, v1: i64, v2: i32):
    v3 = const.i64 -5  !1:11
    v4 = const.ptr 0
    v5 = const.f64 0x3ff0000000000000
    v6 = global_addr @main.x, -8
    v7 = func_addr @main.g
    v8 = table_index @main.g
    v9 = slot_addr s0
    v10 = add.i64 v1, v3  !1:12:1
    v11 = clz.i64 v10
    v12 = lt_s.i64 v10, v11
    v13 = ext_u v12
    v14 = select.i64 v12, v10, v13
    v15 = ptr_add v0, 16
    v16 = ptr_index v15, v14, *8
    v17 = load.i8s v16+3
    v18 = load.inv.ptr v16
    store.i64 v9+8, v14
    mem_copy v9, v16, 24
    mem_zero v9, 24
    v19 = mem_equal v9, v16, 24
    v20 = new @main.T, 16
    v21 = new @main.T, 16, v14, noscan
    v22 = atomic_load.i32 v20+4
    v23 = atomic_add.i64 v20+8, v14
    v24 = atomic_cas.ptr v20, v18, v4
    nil_check v20
    bounds_check.index v14, v10
    bounds_check.slice_b.u v14, v10
    div_check v14
    v25, v26 = call @main.g(v0, v14) -> (i64, ptr)
    v27 = call_closure v0(v14) -> (f64)
    call_interface @family v18.3(v20, v27)
    call_indirect v8(v20)
    v28 = call_rt nanotime()
    v29 = recover_flag
    forward_defer v8
    mark_deferred v8
    keep_alive v20
    branch v29, b3(v25, v26), b1
  b1:
    switch v14 [0 -> b2, -7 -> b3(v14, v4)] b4
  b2:
    jump b3(v3, v20)
  b3(v30: i64, v31: ptr):
    return v30, v31
  b4:
    call @runtime.panic()
    unreachable  !1:30
  b5 recover:
    v32 = const.i64 0
    v33 = const.ptr 0
    return v32, v33
}
"#,
    );
}

/// sum(n) { s := 0; for i := 0; i < n; i++ { s += i }; return s } and an unused variable that is constant in the loop.
#[test]
fn builder_makes_block_parameters() {
    let mut module = Module::default();
    let sig = module.sigs.intern(&[Type::I64], &[Type::I64]);
    let name = module.symbols.intern("sum");
    let mut b = Builder::new(Function::new(name, sig, &[Type::I64]));
    let n = b.func.params()[0];
    let (s, i, k) = (b.declare_var(Type::I64), b.declare_var(Type::I64), b.declare_var(Type::I64));
    let zero = b.iconst(Type::I64, 0);
    b.def_var(s, zero);
    b.def_var(i, zero);
    b.def_var(k, n);
    let (head, body, done) = (b.create_block(), b.create_block(), b.create_block());
    b.jump(head, &[]);
    b.switch_to(head);
    let (x, limit) = (b.use_var(i), b.use_var(k));
    let less = b.cmp(CmpOp::LtS, x, limit);
    b.branch(less, body, done);
    b.seal_block(body);
    b.seal_block(done);
    b.switch_to(body);
    let (x, sum) = (b.use_var(i), b.use_var(s));
    let sum = b.bin(BinOp::Add, sum, x);
    b.def_var(s, sum);
    let one = b.iconst(Type::I64, 1);
    let next = b.bin(BinOp::Add, x, one);
    b.def_var(i, next);
    b.jump(head, &[]);
    b.seal_block(head);
    b.switch_to(done);
    let sum = b.use_var(s);
    b.ret(&[sum]);
    let _behind_return = b.iconst(Type::I64, 7);
    let mut func = b.finish();
    func.compact();
    module.add_func(func);
    verify_module(&module).expect("valid");
    assert_eq!(
        module.to_string(),
        "func @sum(i64) -> (i64) {
  b0(v0: i64):
    v1 = const.i64 0
    jump b1(v1, v1)
  b1(v2: i64, v3: i64):
    v4 = lt_s.i64 v2, v0
    branch v4, b2, b3
  b2:
    v5 = add.i64 v3, v2
    v6 = const.i64 1
    v7 = add.i64 v2, v6
    jump b1(v7, v5)
  b3:
    return v3
}
"
    );
}

#[test]
fn verifier_finds_violations() {
    let check = |text: &str, want: &str| {
        let module = parse_module(text).expect("parses");
        let error = verify_module(&module).expect_err("is invalid");
        assert!(error.contains(want), "{error}");
    };
    // b1 is reachable and does not dominate b2.
    check("func @f(i32) -> (i64) { b0(v0: i32): v1 = const.i64 1 branch v0, b1, b2 b1: v2 = add.i64 v1, v1 jump b2 b2: return v2 }", "IR-1: v2");
    check("func @f(i32) { b0(v0: i32): jump b1 b1(v1: i32): return }", "IR-2");
    check("func @f(i32) { b0(v0: i32): jump b0(v0) }", "IR-3");
    check("func @f(i32) { b0(v0: i32): v1 = add.i64 v0, v0 return }", "IR-4");
    check("func @f(i32) -> (i32) { b0(v0: i32): return v0 b1 recover: return v0 }", "IR-1: v0");
    check("func @f(i32) -> (i32) { b0(v0: i32): return }", "returns");
    check("func @f(i32) { b0(v0: i32): return } func @g() { b0: call @f() return }", "differs from the callee");
}

#[test]
fn dominators_and_loops() {
    let text = "func @f(i32) {
        b0(v0: i32): jump b1
        b1: branch v0, b2, b5
        b2: branch v0, b2, b3
        b3: branch v0, b4, b1
        b4: jump b1
        b5: jump b6
        b6: return
        b7 recover: jump b6
    }";
    let module = parse_module(text).expect("parses");
    verify_module(&module).expect("valid");
    let func = &module.funcs[0];
    let cfg = Cfg::new(func);
    let dom = Dominators::new(func, &cfg);
    let b = Block;
    assert!(dom.dominates(b(1), b(4)) && dom.dominates(b(3), b(4)) && !dom.dominates(b(4), b(1)) && !dom.dominates(b(0), b(6)));
    assert_eq!((dom.idom(b(4)), dom.idom(b(6)), dom.idom(b(0))), (Some(b(3)), None, None));
    let loops = Loops::new(func, &cfg, &dom);
    let summary: Vec<(Block, u32, Vec<Block>)> = loops.loops.iter().map(|l| (l.header, l.depth, l.blocks.clone())).collect();
    assert_eq!(summary, [(b(1), 1, vec![b(1), b(2), b(3), b(4)]), (b(2), 2, vec![b(2)])]);
    assert_eq!((loops.depth(b(3)), loops.depth(b(2)), loops.depth(b(5)), loops.irreducible), (1, 2, 0, false));
}

#[test]
fn call_graph_components() {
    let text = "func @a() { b0: call @b() call @c() return } func @b() { b0: call @a() return }
        func @c() { b0: call @c() return } func @d() { b0: call @a() call @x() return }";
    let module = parse_module(text).expect("parses");
    let graph = CallGraph::new(&module);
    let recursive: Vec<bool> = (0..4).map(|i| graph.is_recursive(FuncId(i))).collect();
    assert_eq!(recursive, [true, true, true, false]);
    let sizes: Vec<usize> = graph.components.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 2, 1]);
}
