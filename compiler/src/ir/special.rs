//! Names of symbols that lowering, code generation, debug tables and linker agree on.

/// Closure object of the function the main goroutine runs.
pub const MAIN: &str = "runtime.main·f";
/// Closure object of the function that prints an unrecovered panic, if there is one.
pub const FATAL_PANIC: &str = "runtime.fatalpanic·f";
/// Read-only array of addresses of itabs, weak, 4 bytes each.
pub const ITABS: &str = "go:itabs";
/// Read-only array of addresses of type descriptors sorted by their string, weak, 4 bytes each.
pub const TYPE_LINKS: &str = "go:typelinks";
/// Read-only array of addresses of call records (see lowering's `reflection`), 4 bytes each, 0 for those that were left out.
pub const CALL_RECORDS: &str = "go:callrecords";
/// What the runtime is told about the module (`warren_abi::module_info`).
pub const MODULE_INFO: &str = "go:moduleinfo";

/// Through this the scheduler enters compiled code.
pub const CALL_FRAME: &str = "go:callframe";
/// Tells compiled code where the machine is that it runs on.
pub const SET_MACHINE: &str = "go:setmachine";
/// Resume functions of the fixed sites (`warren_abi::frame`); the last one is the runtime's.
pub const GO_ENTRY: &str = "go:goentry";
pub const DEFER_CALL: &str = "go:defercall";
pub const PANIC_STEP: &str = "rt_panic_step";
