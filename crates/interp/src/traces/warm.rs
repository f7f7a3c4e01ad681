//! Back edges and exits that got hot ask for a trace.
//!
//! The back edge of a loop counts down in its inline cache, an exit in its temperature. At zero the optimizer is asked; a refusal
//! restarts the counter with twice the count. An executor of chain depth 0 is put into the code, where anybody enters it; one
//! behind an exit belongs to that exit, until four are in a row: the next goes into the code again, and has to make progress
//! there. The rules are those of `_PyOptimizer_Optimize` and `_EXIT_TRACE` in CPython 3.14.

use std::rc::Rc;

use taipan_bytecode::tunables::MAX_CHAIN_DEPTH;
use taipan_bytecode::{BackoffCounter, Opcode};
use taipan_objects::value::{Ref, Value};

use super::bloom::BloomFilter;
use super::counts::Counts;
use super::executor::Executor;
use super::instruction::Instruction;
use super::step::{Exit, Trace};
use crate::code::Code;
use crate::cursor::Cursor;
use crate::frame_stack::Frame;
use crate::function::Function;
use crate::monitoring::Event;

/// Where a trace is wanted, and under which conditions.
#[derive(Clone, Debug)]
pub struct Request {
    /// The code of the frame.
    pub code: Ref<Code>,
    /// The function of the frame.
    pub function: Option<Ref<Function>>,
    /// The first instruction, in code units; of one with EXTENDED_ARG that.
    pub offset: u32,
    /// How many values are on the stack there.
    pub depth: usize,
    /// Whether the first instruction must be done by the trace itself: else an executor could leave where it was entered.
    pub progress_needed: bool,
    /// How many traces lead there from one that code enters: 0 at a back edge, more at an exit.
    pub chain_depth: usize,
}

/// A trace that an executor can be made of.
pub struct Finished {
    /// The uops, with the stubs behind them.
    pub instructions: Vec<Instruction>,
    /// What it relies on.
    pub dependencies: BloomFilter,
    /// The objects that operands point to and that nothing it relies on keeps.
    pub kept: Vec<Value>,
    /// What will be counted of it.
    pub counts: Rc<Counts>,
}

/// Makes an executor for what the frame would run next at `offset`, and puts it there if its chain begins.
fn optimize(c: &Cursor, offset: usize, chain_depth: usize) -> Option<Ref<Executor>> {
    let code = c.frame().code().clone();
    // Whether a line starts depends on the instruction before, which a trace that leaves does not name.
    if code.monitoring.is_told(Event::Line) {
        return None;
    }
    let in_chain = chain_depth % MAX_CHAIN_DEPTH;
    let progress_needed = in_chain == 0;
    if progress_needed && !code.has_space_for_executor(offset) {
        return None;
    }
    // SAFETY: both point into the words of the running frame.
    let depth = unsafe {
        let bottom = Frame::locals(c.frame).add(code.localsplus_count());
        usize::try_from(c.sp.offset_from(bottom)).ok()?
    };
    let request = Request {
        function: Some(c.frame().function()),
        offset: offset as u32,
        depth,
        progress_needed,
        chain_depth,
        code,
    };
    let finished = super::optimizer()?.make(&request)?;
    let executor = Executor::new(finished, in_chain as u8);
    if progress_needed {
        drop(request.code.insert_executor(offset, &executor));
    }
    Some(executor)
}

/// The counter of a back edge is at zero. Answers where to go on if there is an executor now; else counts anew.
#[cold]
#[inline(never)]
pub(crate) fn back_edge(c: &Cursor, unit: *const u16, oparg: u32) -> Option<*const u16> {
    // SAFETY: the unit is the instruction's, its cache follows, and its prefixes stand in front; the lock is held.
    unsafe {
        let counter = unit.add(1).cast_mut();
        if *unit as u8 != Opcode::JumpBackwardJit as u8 {
            // An executor stands there, and something was due.
            *counter = BackoffCounter(*counter).pause().0;
            return None;
        }
        let prefixes = (oparg.max(1).ilog2() / u8::BITS) as usize;
        let start = unit.sub(prefixes);
        let offset = start.offset_from(c.frame().code().units_ptr()) as usize;
        if optimize(c, offset, 0).is_some() {
            *counter = super::back_edge_counter().0;
            return Some(start);
        }
        *counter = BackoffCounter(*counter).restart().0;
        None
    }
}

/// The trace that goes on at an exit without one, if there is one by now.
#[cold]
#[inline(never)]
pub(super) fn follow(c: &Cursor, exit: &Exit, from: &Trace) -> Option<*const Trace> {
    if let Some(executor) = exit.executor.get() {
        if executor.is_valid() {
            return Some(executor.own_trace());
        }
        drop(exit.unlink());
    }
    if exit.cool() {
        return None;
    }
    let target = exit.target as usize;
    let there = c.frame().code().executor_at(target);
    let executor = match there.or_else(|| optimize(c, target, usize::from(from.chain_depth) + 1)) {
        Some(executor) => executor,
        None => {
            exit.temperature.set(exit.temperature.get().restart());
            return None;
        }
    };
    exit.temperature.set(super::back_edge_counter());
    let trace: *const Trace = executor.own_trace();
    exit.next.set(trace);
    exit.executor.set(Some(executor));
    Some(trace)
}
