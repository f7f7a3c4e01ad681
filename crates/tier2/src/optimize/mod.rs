//! What is proved about a trace, and what becomes of it.
//!
//! Three passes, each over the whole trace in order, each in place: a uop is kept, becomes `_NOP`, or becomes another that does
//! no more. [`globals`] turns loads of globals into constants that watchers guard; [`rules`] runs the trace on symbols and drops
//! the guards that hold anyway; [`cleanup`] drops what is needed only between things that are gone.
//!
//! A refusal leaves no trace; it is no error (see [`crate::abort`]).

pub mod cleanup;
pub mod context;
mod driver;
pub mod globals;
mod rules;

pub use driver::{Outcome, optimize_uops, run_on_symbols};

use taipan_objects::dict::Dict;
use taipan_objects::value::Ref;

use crate::abort::TraceAbort;
use crate::kept::Kept;
use crate::project::Projected;
use crate::verify::verify_trace;
use taipan_interp::traces::{BloomFilter, Instruction, Request};

/// A trace that was optimized.
#[derive(Debug)]
pub struct Optimized {
    /// The uops; the last is the terminator. Some may be `_NOP`.
    pub instructions: Vec<Instruction>,
    /// Everything that it relies on.
    pub dependencies: BloomFilter,
    /// The objects that operands point to.
    pub kept: Kept,
    /// What was proved.
    pub outcome: Outcome,
}

/// Optimizes a projected trace. `builtins` are the interpreter's.
pub fn optimize(
    projected: Projected,
    start: &Request,
    builtins: &Ref<Dict>,
) -> Result<Optimized, TraceAbort> {
    let depth = start.depth;
    let mut kept = projected.kept_values();
    let mut instructions = projected.instructions;
    let mut dependencies = projected.dependencies;
    verify(&instructions, depth, "projection");
    if let Some(function) = &start.function {
        globals::remove_globals(
            &mut instructions,
            function,
            builtins,
            &mut dependencies,
            &mut kept,
        )?;
        verify(&instructions, depth, "remove_globals");
    }
    let outcome = optimize_uops(
        &mut instructions,
        &start.code,
        depth,
        &mut dependencies,
        &mut kept,
    )?;
    verify(&instructions, depth, "optimize_uops");
    cleanup::remove_unneeded_uops(&mut instructions);
    verify(&instructions, depth, "remove_unneeded_uops");
    Ok(Optimized {
        instructions,
        dependencies,
        kept,
        outcome,
    })
}

/// Debug builds look at what each pass leaves.
fn verify(trace: &[Instruction], depth: usize, pass: &str) {
    if cfg!(debug_assertions)
        && let Err(flaw) = verify_trace(trace, depth)
    {
        panic!("{pass} left a trace that is none: {flaw}");
    }
}
