//! The pass of the abstract rules: each uop is run on symbols, once, and rewritten as its rule says.
//!
//! ```text
//! before                      after
//! _LOAD_FAST_BORROW 1         _LOAD_FAST_BORROW 1
//! _LOAD_SMALL_INT 1           _LOAD_SMALL_INT 1
//! _GUARD_TOS_INT              _NOP                   1 is an int
//! _GUARD_NOS_INT              _NOP                   a guard before saw that i is one
//! _BINARY_OP_ADD_INT          _BINARY_OP_ADD_INT
//! ```
//!
//! The pass relies on the trace being a row: what holds before a uop holds at every run of it. It ends at the terminator, or where
//! a rule halts it; a contradiction throws the trace away.

use taipan_bytecode::Uop;
use taipan_interp::code::Code;
use taipan_objects::value::Ref;

use super::context::Context;
use super::rules;
use crate::abort::TraceAbort;
use crate::kept::Kept;
use crate::symbols::Halt;
use taipan_interp::traces::BloomFilter;
use taipan_interp::traces::Instruction;

/// What a rule makes of its uop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rewrite {
    /// It stays.
    Keep,
    /// It is not needed: what it guards is known, or what it does is nothing.
    Drop,
    /// This does the same. The oparg stays, the operand is the first.
    Replace(Uop, u64),
    /// The guard's outcome is known: its flag is popped, and the trace goes on.
    PopFlag,
    /// The guard's outcome is known: its flag is popped, and the trace ends here, at the guard's exit.
    PopFlagAndExit,
}

/// The stack check of an inlined call: `_CHECK_STACK_SPACE`, by its place in the trace.
#[derive(Debug, Default)]
pub(super) struct StackChecks {
    /// The check of the call that is being made.
    pending: Option<usize>,
    /// The first of all: it will check for all of them.
    first: Option<usize>,
    /// Words of the frames that are entered and not yet left, and the most they were.
    words: u32,
    most: u32,
}

/// The pass, at one uop.
pub(super) struct Pass<'a> {
    pub(super) context: Context,
    pub(super) trace: &'a mut [Instruction],
    /// The uop's place.
    pub(super) at: usize,
    pub(super) dependencies: &'a mut BloomFilter,
    pub(super) kept: &'a mut Kept,
    checks: StackChecks,
}

/// What the pass did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The guards that were dropped.
    pub dropped_guards: Vec<Uop>,
    /// Why it ended before the trace did.
    pub halt: Option<Halt>,
}

/// Runs the trace on symbols. `code` is that of the frame it begins in, `depth` what is on that frame's stack. Objects that
/// operands point to from now on are put into `kept`.
pub fn optimize_uops(
    trace: &mut [Instruction],
    code: &Ref<Code>,
    depth: usize,
    dependencies: &mut BloomFilter,
    kept: &mut Kept,
) -> Result<Outcome, TraceAbort> {
    let context = Context::new(code, depth).map_err(|_| TraceAbort::OutOfSpace)?;
    let (outcome, _) = run_on_symbols(trace, context, dependencies, kept);
    match outcome.halt {
        Some(Halt::Contradiction) => Err(TraceAbort::Contradiction),
        _ => Ok(outcome),
    }
}

/// Runs the trace from what `context` knows; answers what is known where the pass ends, too.
pub fn run_on_symbols(
    trace: &mut [Instruction],
    context: Context,
    dependencies: &mut BloomFilter,
    kept: &mut Kept,
) -> (Outcome, Context) {
    let mut pass = Pass {
        context,
        trace,
        at: 0,
        dependencies,
        kept,
        checks: StackChecks::default(),
    };
    let mut outcome = Outcome::default();
    outcome.halt = pass.run(&mut outcome.dropped_guards).err();
    pass.finish_stack_checks();
    (outcome, pass.context)
}

impl Pass<'_> {
    fn run(&mut self, dropped_guards: &mut Vec<Uop>) -> Result<(), Halt> {
        while self.at < self.trace.len() {
            let instruction = self.trace[self.at];
            if instruction.uop().is_terminator() {
                return Ok(());
            }
            let rewrite = rules::apply(self, &instruction)?;
            let uop = instruction.uop();
            if rewrite != Rewrite::Keep && (uop.may_exit() || uop.may_deopt()) {
                dropped_guards.push(uop);
            }
            self.rewrite(rewrite);
            self.at += 1;
        }
        Ok(())
    }

    fn rewrite(&mut self, rewrite: Rewrite) {
        let here = &mut self.trace[self.at];
        match rewrite {
            Rewrite::Keep => {}
            Rewrite::Drop => here.set_uop(Uop::Nop),
            Rewrite::Replace(uop, operand) => {
                here.set_uop(uop);
                here.operand0 = operand;
            }
            Rewrite::PopFlag => here.replace(Uop::PopTop, 0, 0),
            Rewrite::PopFlagAndExit => {
                let target = here.target();
                here.replace(Uop::PopTop, 0, 0);
                if let Some(next) = self.trace.get_mut(self.at + 1) {
                    *next = Instruction::new(Uop::ExitTrace, 0, 0, target);
                }
            }
        }
    }

    /// The uop so many places on, if the trace has it.
    pub(super) fn ahead(&self, places: usize) -> Option<&Instruction> {
        self.trace.get(self.at + places)
    }

    /// The uop is the stack check of the call that follows.
    pub(super) fn note_stack_check(&mut self) {
        self.checks.pending = Some(self.at);
    }

    /// A frame of `words` is entered: one check at the first call checks for all frames that are there at once.
    pub(super) fn frame_entered(&mut self, words: usize) -> Result<(), Halt> {
        let entered = u32::try_from(words).ok();
        let total = entered.and_then(|words| self.checks.words.checked_add(words));
        let total = total.filter(|total| *total <= i32::MAX as u32);
        self.checks.words = total.ok_or(Halt::Unpredictable)?;
        self.checks.most = self.checks.most.max(self.checks.words);
        match (self.checks.first, self.checks.pending.take()) {
            (None, check) => self.checks.first = check,
            (Some(_), Some(later)) => self.trace[later].set_uop(Uop::Nop),
            (Some(_), None) => {}
        }
        Ok(())
    }

    /// A frame of `words` is left.
    pub(super) fn frame_left(&mut self, words: usize) {
        self.checks.words = self.checks.words.saturating_sub(words as u32);
    }

    fn finish_stack_checks(&mut self) {
        if let Some(first) = self.checks.first {
            self.trace[first].replace(Uop::CheckStackSpaceOperand, 0, u64::from(self.checks.most));
        }
    }
}
