//! The debug log: what becomes of each request, on the standard error stream.
//!
//! `PYTHON_OPT_DEBUG` is a level, as in CPython: 1 names each trace and refusal, 2 shows the trace that runs, 3 also the one
//! that was projected. `PYTHON_LLTRACE` is taken for the same, for what it says of tier 2.

use std::sync::atomic::{AtomicU8, Ordering};

use taipan_interp::traces::{Instruction, Request};

use crate::abort::TraceAbort;
use crate::show;

static LEVEL: AtomicU8 = AtomicU8::new(0);

/// Sets how much is said.
pub fn set_level(level: u8) {
    LEVEL.store(level, Ordering::Relaxed);
}

fn says(level: u8) -> bool {
    LEVEL.load(Ordering::Relaxed) >= level
}

/// Where a trace is wanted: file, function, line, and the offset in bytes, as `dis` has it.
fn place(request: &Request) -> String {
    let code = &request.code;
    let line = code.line_at(request.offset).unwrap_or(code.first_line);
    format!(
        "{} ({}:{line}) at {}",
        code.qualname.to_display(),
        code.filename().to_display(),
        request.offset * 2
    )
}

/// A trace was refused.
pub(crate) fn refused(request: &Request, abort: TraceAbort) {
    if says(1) {
        eprintln!("tier 2: {}: no trace: {}", place(request), abort.name());
    }
}

/// A trace was projected.
pub(crate) fn projected(request: &Request, trace: &[Instruction], end: &str) {
    if says(3) {
        eprintln!("tier 2: {}: projected, ends: {end}", place(request));
        eprint!("{}", show::numbered(trace));
    }
}

/// A trace is ready to run.
pub(crate) fn finished(request: &Request, trace: &[Instruction], end: &str) {
    if says(1) {
        let length = trace.len();
        eprintln!(
            "tier 2: {}: trace of {length} uops, ends: {end}",
            place(request)
        );
    }
    if says(2) {
        eprint!("{}", show::numbered(trace));
    }
}
