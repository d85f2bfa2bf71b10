//! Functions of the overlay's package runtime that compiled code calls by link name.
//!
//! The table is the agreement between lowering and the Go sources under `compiler/overlay`: every function that lowering may call without
//! the program naming it stands here with its Go signature. Lowering checks its calls against the signature, and asks for the function's
//! body only when it emits a call, so that a program pays for what it uses.
//!
//! Pointers that Go code would type more closely (`*abi.Type`, `*abi.MapType`, `*maps.Map`, channels, func values) are written
//! `unsafe.Pointer` here: they are one address either way.

use crate::ir::Mem;

/// One function: link name, Go signature, meaning.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Link name without the leading `runtime.`.
    pub name: &'static str,
    /// Signature in Go syntax; parameter names are documentation.
    pub signature: &'static str,
    /// Never returns.
    pub no_return: bool,
}

const fn b(name: &'static str, signature: &'static str) -> Builtin {
    Builtin { name, signature, no_return: false }
}

/// A function that panics or throws.
const fn p(name: &'static str, signature: &'static str) -> Builtin {
    Builtin { name, signature, no_return: true }
}

/// All functions, by topic.
pub const BUILTINS: &[Builtin] = &[
    // Program start. main runs package initialisation through the link name `go:init` (lowering defines it: every package in order)
    // and then main.main. fatalpanic is called by the runtime with an unrecovered panic. Lowering emits their closure objects.
    b("main", "func()"),
    b("fatalpanic", "func()"),
    // Run-time errors. The index forms take the offending index and the length or capacity; U: the index is unsigned. The order of
    // arguments is Go's goPanicIndex, goPanicSliceAlen, ... (index first).
    p("panicIndex", "func(x int, y int)"),
    p("panicIndexU", "func(x uint, y int)"),
    p("panicSliceAlen", "func(x int, y int)"),
    p("panicSliceAlenU", "func(x uint, y int)"),
    p("panicSliceAcap", "func(x int, y int)"),
    p("panicSliceAcapU", "func(x uint, y int)"),
    p("panicSliceB", "func(x int, y int)"),
    p("panicSliceBU", "func(x uint, y int)"),
    p("panicSlice3Alen", "func(x int, y int)"),
    p("panicSlice3AlenU", "func(x uint, y int)"),
    p("panicSlice3Acap", "func(x int, y int)"),
    p("panicSlice3AcapU", "func(x uint, y int)"),
    p("panicSlice3B", "func(x int, y int)"),
    p("panicSlice3BU", "func(x uint, y int)"),
    p("panicSlice3C", "func(x int, y int)"),
    p("panicSlice3CU", "func(x uint, y int)"),
    // Slice of length x converted to an array of length y > x.
    p("panicSliceConvert", "func(x int, y int)"),
    p("panicdivide", "func()"),
    p("panicshift", "func()"),
    // Nil dereference: "invalid memory address or nil pointer dereference".
    p("sigpanic", "func()"),
    // Value method called through a nil pointer by a compiler-made wrapper: "value method main.T.M called using nil *T pointer".
    p("panicwrap", "func(pkg string, typ string, method string)"),
    // Call of a method that reachability removed; a bug of ours if it is ever called.
    p("unreachableMethod", "func()"),
    p("panicunsafeslicelen", "func()"),
    p("panicunsafeslicenilptr", "func()"),
    p("panicunsafestringlen", "func()"),
    p("panicunsafestringnilptr", "func()"),
    // panic(e): turns nil into *runtime.PanicNilError, then rt.gopanic.
    p("gopanic", "func(e any)"),
    // Violations by range-over-func iterators; state is an abi.RF_State.
    p("panicrangestate", "func(state int)"),
    // Failed type assertions. have and want are *abi.Type, iface the interface type of the operand: "interface conversion: ...".
    // dottypeE: have is the operand's dynamic type or nil; dottypeI: have is an itab or nil.
    p("panicdottypeE", "func(have unsafe.Pointer, want unsafe.Pointer, iface unsafe.Pointer)"),
    p("panicdottypeI", "func(have unsafe.Pointer, want unsafe.Pointer, iface unsafe.Pointer)"),
    p("panicnildottype", "func(want unsafe.Pointer)"),
    // block: select {} with no cases.
    p("block", "func()"),
    // Interfaces. inter is a *abi.InterfaceType, typ a *abi.Type, which may be nil; the result is an itab. cachedItab gives nil for a
    // failure; cache is a *itabCache. Where it does, assertE2I panics.
    b("assertE2I", "func(inter unsafe.Pointer, typ unsafe.Pointer) unsafe.Pointer"),
    b("cachedItab", "func(inter unsafe.Pointer, typ unsafe.Pointer, cache unsafe.Pointer) unsafe.Pointer"),
    // Equality of two data words whose type or itab is the same: panics for uncomparable types.
    b("efaceeq", "func(typ unsafe.Pointer, x unsafe.Pointer, y unsafe.Pointer) bool"),
    b("ifaceeq", "func(tab unsafe.Pointer, x unsafe.Pointer, y unsafe.Pointer) bool"),
    // Conversions to interfaces: the address of memory that holds the value and is not written to any more.
    b("convT16", "func(v rune) unsafe.Pointer"),
    b("convT32", "func(v rune) unsafe.Pointer"),
    b("convT64", "func(v int64) unsafe.Pointer"),
    b("convTstring", "func(s string) unsafe.Pointer"),
    b("convTslice", "func(s []byte) unsafe.Pointer"),
    // Memory. Slices grow as Go's growslice: oldPtr, newLen (old length + num), oldCap, num, element type.
    b("makeslice", "func(typ unsafe.Pointer, len int, cap int) unsafe.Pointer"),
    b("growslice", "func(oldPtr unsafe.Pointer, newLen int, oldCap int, num int, typ unsafe.Pointer) []byte"),
    p("panicmakeslicelen", "func()"),
    p("panicmakeslicecap", "func()"),
    // Strings. buf is nil, or memory for the result that escape analysis provides (opt/temporary.rs). concatstrings joins a slice; the
    // numbered ones avoid it. Their result may be one of the operands; those of concatcopy and concatbytes are always made anew.
    b("concatstring2", "func(buf unsafe.Pointer, a string, b string) string"),
    b("concatstring3", "func(buf unsafe.Pointer, a string, b string, c string) string"),
    b("concatstring4", "func(buf unsafe.Pointer, a string, b string, c string, d string) string"),
    b("concatstring5", "func(buf unsafe.Pointer, a string, b string, c string, d string, e string) string"),
    b("concatstrings", "func(buf unsafe.Pointer, a []string) string"),
    b("concatcopy", "func(buf unsafe.Pointer, a []string) string"),
    b("concatbytes", "func(buf unsafe.Pointer, a []string) []byte"),
    b("cmpstring", "func(a string, b string) int"),
    b("intstring", "func(buf unsafe.Pointer, v int64) string"),
    b("slicebytetostring", "func(buf unsafe.Pointer, ptr unsafe.Pointer, n int) string"),
    b("stringtoslicebyte", "func(buf unsafe.Pointer, s string) []byte"),
    b("slicerunetostring", "func(buf unsafe.Pointer, a []rune) string"),
    b("stringtoslicerune", "func(buf unsafe.Pointer, s string) []rune"),
    // decoderune: rune at s[k:] for k < len(s), and the index behind it.
    b("decoderune", "func(s string, k int) (rune, int)"),
    b("countrunes", "func(s string) int"),
    // Equality of memory, and the functions that type descriptors name. The varlen forms read the size at offset 8 of their closure:
    // lowering passes it explicitly instead by generating a function per size.
    b("memequal", "func(p unsafe.Pointer, q unsafe.Pointer, size uintptr) bool"),
    b("memequal0", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("memequal8", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("memequal16", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("memequal32", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("memequal64", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("memequal128", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("f32equal", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("f64equal", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("c64equal", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("c128equal", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("strequal", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("interequal", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("nilinterequal", "func(p unsafe.Pointer, q unsafe.Pointer) bool"),
    b("memhash", "func(p unsafe.Pointer, h uintptr, size uintptr) uintptr"),
    b("memhash0", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("memhash8", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("memhash16", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("memhash32", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("memhash64", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("memhash128", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("f32hash", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("f64hash", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("c64hash", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("c128hash", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("strhash", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("interhash", "func(p unsafe.Pointer, h uintptr) uintptr"),
    b("nilinterhash", "func(p unsafe.Pointer, h uintptr) uintptr"),
    // Maps: t is a *abi.MapType. Access results are never nil (a zero value is shared for absent keys); mapaccess*_fat takes the zero
    // value for elements above 1024 bytes.
    b("makemap_small", "func() unsafe.Pointer"),
    b("makemap", "func(t unsafe.Pointer, hint int, buf unsafe.Pointer) unsafe.Pointer"),
    b("mapaccess1", "func(t unsafe.Pointer, m unsafe.Pointer, key unsafe.Pointer) unsafe.Pointer"),
    b("mapaccess1_fast32", "func(t unsafe.Pointer, m unsafe.Pointer, key uint32) unsafe.Pointer"),
    b("mapaccess1_fast64", "func(t unsafe.Pointer, m unsafe.Pointer, key uint64) unsafe.Pointer"),
    b("mapaccess1_faststr", "func(t unsafe.Pointer, m unsafe.Pointer, key string) unsafe.Pointer"),
    b("mapaccess1_fat", "func(t unsafe.Pointer, m unsafe.Pointer, key unsafe.Pointer, zero unsafe.Pointer) unsafe.Pointer"),
    b("mapaccess2", "func(t unsafe.Pointer, m unsafe.Pointer, key unsafe.Pointer) (unsafe.Pointer, bool)"),
    b("mapaccess2_fast32", "func(t unsafe.Pointer, m unsafe.Pointer, key uint32) (unsafe.Pointer, bool)"),
    b("mapaccess2_fast64", "func(t unsafe.Pointer, m unsafe.Pointer, key uint64) (unsafe.Pointer, bool)"),
    b("mapaccess2_faststr", "func(t unsafe.Pointer, m unsafe.Pointer, key string) (unsafe.Pointer, bool)"),
    b("mapaccess2_fat", "func(t unsafe.Pointer, m unsafe.Pointer, key unsafe.Pointer, zero unsafe.Pointer) (unsafe.Pointer, bool)"),
    b("mapassign", "func(t unsafe.Pointer, m unsafe.Pointer, key unsafe.Pointer) unsafe.Pointer"),
    b("mapassign_fast32", "func(t unsafe.Pointer, m unsafe.Pointer, key uint32) unsafe.Pointer"),
    b("mapassign_fast64", "func(t unsafe.Pointer, m unsafe.Pointer, key uint64) unsafe.Pointer"),
    b("mapassign_fast64ptr", "func(t unsafe.Pointer, m unsafe.Pointer, key unsafe.Pointer) unsafe.Pointer"),
    b("mapassign_faststr", "func(t unsafe.Pointer, m unsafe.Pointer, key string) unsafe.Pointer"),
    b("mapdelete", "func(t unsafe.Pointer, m unsafe.Pointer, key unsafe.Pointer)"),
    b("mapdelete_fast32", "func(t unsafe.Pointer, m unsafe.Pointer, key uint32)"),
    b("mapdelete_fast64", "func(t unsafe.Pointer, m unsafe.Pointer, key uint64)"),
    b("mapdelete_faststr", "func(t unsafe.Pointer, m unsafe.Pointer, key string)"),
    // it is a *maps.Iter, 96 zeroed bytes; its key (offset 0) is nil when the iteration is over, elem is at offset 8.
    b("mapIterStart", "func(t unsafe.Pointer, m unsafe.Pointer, it unsafe.Pointer)"),
    b("mapIterNext", "func(it unsafe.Pointer)"),
    b("mapclear", "func(t unsafe.Pointer, m unsafe.Pointer)"),
    // Channels: t is a *abi.ChanType. A send panics on a closed channel; received reports false when the channel is closed and drained.
    // len and cap are read from the channel's first two words.
    b("makechan", "func(t unsafe.Pointer, size int) unsafe.Pointer"),
    b("chansend1", "func(c unsafe.Pointer, elem unsafe.Pointer)"),
    b("chanrecv1", "func(c unsafe.Pointer, elem unsafe.Pointer)"),
    b("chanrecv2", "func(c unsafe.Pointer, elem unsafe.Pointer) bool"),
    b("closechan", "func(c unsafe.Pointer)"),
    b("selectnbsend", "func(c unsafe.Pointer, elem unsafe.Pointer) bool"),
    b("selectnbrecv", "func(elem unsafe.Pointer, c unsafe.Pointer) (selected bool, received bool)"),
    // selectgo: cases is an array of {channel, element: pointers} of 16 bytes, sends first. Gives the index (-1: nothing ready and !block)
    // and whether a receive got a value.
    b("selectgo", "func(cases unsafe.Pointer, nsends int, nrecvs int, block bool) (int, bool)"),
    // Goroutines: starts the closure, a func(). Panics for a nil func ("go of nil func value").
    b("newproc", "func(fn unsafe.Pointer, at unsafe.Pointer)"),
    // recover(): deferred says whether the calling function was called by the deferring machinery.
    b("gorecover", "func(deferred bool) any"),
    // print and println: between printlock and printunlock.
    b("printlock", "func()"),
    b("printunlock", "func()"),
    b("printbool", "func(v bool)"),
    b("printint", "func(v int64)"),
    b("printuint", "func(v uint64)"),
    b("printhex", "func(v uint64)"),
    b("printfloat64", "func(v float64)"),
    b("printfloat32", "func(v float32)"),
    b("printcomplex128", "func(v complex128)"),
    b("printcomplex64", "func(v complex64)"),
    b("printstring", "func(s string)"),
    b("printpointer", "func(p unsafe.Pointer)"),
    b("printslice", "func(s []byte)"),
    b("printeface", "func(e any)"),
    b("printnl", "func()"),
    b("printsp", "func()"),
    // Arithmetic.
    b("complex128div", "func(n complex128, m complex128) complex128"),
];

/// The row of `name`, which lacks the `runtime.`.
pub fn lookup(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|row| row.name == name)
}

impl Builtin {
    /// Scalars of parameters and results as the calling convention flattens them.
    pub fn scalars(&self) -> (Vec<Mem>, Vec<Mem>) {
        let body = self.signature.strip_prefix("func(").unwrap_or_default();
        let close = body.find(')').unwrap_or(body.len());
        let params = body[..close].split(',').flat_map(scalars_of).collect();
        let results = body[close + 1..].trim().trim_matches(['(', ')']);
        (params, results.split(',').flat_map(scalars_of).collect())
    }
}

/// Scalars of one `name type` or `type` of a signature in the table.
fn scalars_of(item: &str) -> Vec<Mem> {
    let item = item.trim();
    match item.rsplit(' ').next().unwrap_or_default() {
        "" => vec![],
        "int" | "uint" | "int64" | "uint64" | "uintptr" => vec![Mem::I64],
        "int32" | "uint32" | "rune" => vec![Mem::I32],
        "bool" => vec![Mem::I8U],
        "float64" => vec![Mem::F64],
        "float32" => vec![Mem::F32],
        "complex128" => vec![Mem::F64, Mem::F64],
        "complex64" => vec![Mem::F32, Mem::F32],
        "string" => vec![Mem::Ptr, Mem::I64],
        "any" => vec![Mem::Ptr, Mem::Ptr],
        "[]byte" | "[]rune" | "[]string" => vec![Mem::Ptr, Mem::I64, Mem::I64],
        _ => vec![Mem::Ptr],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_signatures_parse() {
        let mut names: Vec<_> = BUILTINS.iter().map(|row| row.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BUILTINS.len());
        for row in BUILTINS {
            assert!(row.signature.starts_with("func("), "{}", row.name);
        }
        let (params, results) = lookup("growslice").unwrap().scalars();
        assert_eq!((params.len(), results.len()), (5, 3));
        assert_eq!(lookup("panicdivide").unwrap().scalars(), (vec![], vec![]));
        assert_eq!(lookup("decoderune").unwrap().scalars().1, vec![Mem::I32, Mem::I64]);
    }
}
