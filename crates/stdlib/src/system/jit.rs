//! `sys._jit`: whether hot loops become traces, and whether the caller runs in one.
//!
//! As in a CPython with the second tier, traces count whether micro-ops or machine code runs them.

use taipan_interp::traces;
use taipan_macros::{define_module, function};

define_module!(
    name = "sys._jit",
    doc = "Whether hot loops are compiled, and whether the caller runs compiled code.",
    functions(is_available, is_enabled, is_active),
);

/// Return True if this interpreter can compile hot loops, and False otherwise.
#[function("()")]
fn is_available() -> bool {
    true
}

/// Return True if hot loops are compiled in this process, and False otherwise.
#[function("()")]
fn is_enabled() -> bool {
    traces::is_enabled()
}

/// Return True if the innermost Python frame is in a compiled loop just now, and False otherwise.
#[function("()")]
fn is_active() -> bool {
    traces::is_running()
}
