//! Host functions that may block.
//!
//! A call of one goes through a wrapper that tells the runtime before and behind it, so that other goroutines run meanwhile and the world
//! can be stopped (see `host_enter` in `warren_abi::entry`). It is never inlined: the runtime resumes it alone, with its arguments in a
//! frame that the collector sees for the length of the call.

use warren_abi::entry::{HOST_ACTS, HOST_READS, HOST_WAITS};

use crate::ir::{Function, Import, Op, Symbol, Type, Value};

use super::Lowerer;
use super::func::{FnCx, Plan};

/// Functions of WASI preview 1 that answer at once.
const PROMPT: &[&str] = &[
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_advise",
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_renumber",
    "fd_seek",
    "fd_tell",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
];

/// How a host function waits; None if it does not.
pub fn kind(module: &str, name: &str) -> Option<u32> {
    if module != "wasi_snapshot_preview1" {
        return Some(HOST_ACTS);
    }
    match name {
        "fd_read" | "sock_accept" | "sock_recv" => Some(HOST_READS),
        "poll_oneoff" => Some(HOST_WAITS),
        _ if PROMPT.contains(&name) => None,
        _ => Some(HOST_ACTS),
    }
}

impl Lowerer<'_> {
    /// The wrapper `symbol` of a host function.
    pub fn lower_host_call(&mut self, symbol: Symbol, plan: &Plan, kind: u32, module: String, name: String) {
        let sig = self.module.sigs.intern(&plan.ir_params, &plan.ir_results);
        let host = format!("{}:host", self.module.symbols.name(symbol));
        let host = self.module.symbols.intern(&host);
        self.module.imports.push(Import { symbol: host, module, name, sig });
        let mut func = Function::new(symbol, sig, &plan.ir_params);
        func.attrs.noinline = true;
        let mut cx = FnCx::generated(self, func, String::new());
        let args: Vec<Value> = cx.b.func.params().to_vec();
        let descriptor = match plan.ir_params.first() {
            Some(Type::I32) if kind == HOST_READS => args[0],
            _ => cx.b.iconst(Type::I32, 0),
        };
        let kind = cx.b.iconst(Type::I32, i64::from(kind));
        cx.b.call_rt("host_enter", &[kind, descriptor]);
        let results = cx.b.call(&cx.lw.module.sigs, Op::Call { func: host, sig }, &args);
        cx.b.call_rt("host_leave", &[]);
        cx.b.ret(&results);
        let func = cx.b.finish();
        self.add_func(func);
    }
}
