//! The last step to an executor: uops with a fixed oparg, no `_NOP`s, and behind the trace a stub for each way out.
//!
//! ```text
//! before                       after
//!                              0  _START_EXECUTOR
//! _NOP                         1  _LOAD_FAST_BORROW_1
//! _LOAD_FAST_BORROW 1          2  _GUARD_TOS_INT -> 4
//! _GUARD_TOS_INT               3  _JUMP_TO_TOP -> 1
//! _JUMP_TO_TOP                 4  _EXIT_TRACE exit 17
//! ```
//!
//! A uop that may leave to a side trace jumps to an `_EXIT_TRACE`, one that may only deoptimize to a `_DEOPT`, and one that may
//! raise to an `_ERROR_POP_N`. Neighbours with the same stub share it.

use taipan_bytecode::tunables::{JUMP_TO_TOP_TARGET, UOP_MAX_TRACE_LENGTH};
use taipan_bytecode::{Flags, Opcode, Uop};

use crate::abort::TraceAbort;
use taipan_interp::traces::Instruction;

/// Finishes a trace. It ends with its terminator.
pub fn finish(trace: &[Instruction]) -> Result<Vec<Instruction>, TraceAbort> {
    let mut finished: Vec<Instruction> = trace
        .iter()
        .filter(|instruction| instruction.uop() != Uop::Nop)
        .map(with_fixed_oparg)
        .collect();
    let length = finished.len();
    let mut stubs = Stubs::default();
    for at in 0..length {
        let instruction = finished[at];
        let uop = instruction.uop();
        let leaves = uop.may_exit() || uop.may_deopt();
        if uop == Uop::JumpToTop {
            finished[at].set_jumps(JUMP_TO_TOP_TARGET as u16, 0);
        } else if leaves || uop.may_raise() {
            let exit = leaves.then(|| stubs.exit(&mut finished, &instruction));
            let error = uop
                .may_raise()
                .then(|| stubs.error(&mut finished, &instruction));
            finished[at].set_jumps(exit.unwrap_or(0), error.unwrap_or(0));
        }
    }
    if finished.len() > UOP_MAX_TRACE_LENGTH {
        return Err(TraceAbort::TooLong);
    }
    Ok(finished)
}

/// The copy of the uop for its oparg, if there is one.
fn with_fixed_oparg(instruction: &Instruction) -> Instruction {
    let mut instruction = *instruction;
    if let Some(copy) = instruction.uop().copy(instruction.oparg) {
        instruction.set_uop(copy);
    }
    instruction
}

/// The stubs that were made last.
#[derive(Default)]
struct Stubs {
    /// What the exit does, its offset, and its place.
    exit: Option<(Uop, u32, u16)>,
    /// The raising instruction's offset, how many values it has popped, and the stub's place.
    error: Option<(u32, i64, u16)>,
}

impl Stubs {
    fn exit(&mut self, finished: &mut Vec<Instruction>, from: &Instruction) -> u16 {
        let uop = match from.uop().may_exit() {
            true => Uop::ExitTrace,
            false => Uop::Deopt,
        };
        let target = exit_target(from);
        match self.exit {
            Some((known, at, place)) if (known, at) == (uop, target) => place,
            _ => {
                let place = finished.len() as u16;
                finished.push(Instruction::new(uop, 0, 0, target));
                self.exit = Some((uop, target, place));
                place
            }
        }
    }

    fn error(&mut self, finished: &mut Vec<Instruction>, from: &Instruction) -> u16 {
        let keeps_inputs = from.uop().flags().contains(Flags::ERROR_NO_POP);
        let popped = match keeps_inputs {
            true => 0,
            false => from.uop().effect().consumed(i64::from(from.oparg)),
        };
        match self.error {
            Some((at, known, place)) if (at, known) == (from.target(), popped) => place,
            _ => {
                let place = finished.len() as u16;
                let operand = u64::from(from.target());
                finished.push(Instruction::new(Uop::ErrorPopN, 0, operand, 0));
                self.error = Some((from.target(), popped, place));
                place
            }
        }
    }
}

/// Where tier 1 goes on when the uop leaves: at its instruction, but behind a loop whose iterator has nothing more.
fn exit_target(from: &Instruction) -> u32 {
    if !from.uop().flags().contains(Flags::LOOP_EXIT) {
        return from.target();
    }
    let oparg = u32::from(from.oparg);
    let prefix = u32::from(oparg > 0xff);
    let next = from.target() + prefix + 1 + Opcode::ForIter.cache_units() as u32;
    // The END_FOR at the end of the loop is skipped.
    next + oparg + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show;

    fn finished(trace: &[(Uop, u16, u32)]) -> Vec<String> {
        let trace: Vec<Instruction> = trace
            .iter()
            .map(|(uop, oparg, target)| Instruction::new(*uop, *oparg, 0, *target))
            .collect();
        let finished = finish(&trace).expect("it is short");
        finished.iter().map(show::line).collect()
    }

    #[test]
    fn nops_go_and_small_opargs_are_fixed() {
        assert_eq!(
            finished(&[
                (Uop::StartExecutor, 0, 0),
                (Uop::Nop, 0, 0),
                (Uop::LoadFast, 7, 2),
                (Uop::LoadFast, 8, 3),
                (Uop::JumpToTop, 0, 0),
            ]),
            [
                "_START_EXECUTOR",
                "_LOAD_FAST_7",
                "_LOAD_FAST 8",
                "_JUMP_TO_TOP -> 1"
            ]
        );
    }

    #[test]
    fn neighbours_share_a_stub() {
        assert_eq!(
            finished(&[
                (Uop::StartExecutor, 0, 0),
                (Uop::GuardTosInt, 0, 4),
                (Uop::GuardNosInt, 0, 4),
                (Uop::GuardTosList, 0, 4),
                (Uop::GuardTosInt, 0, 9),
                (Uop::ExitTrace, 0, 20),
            ]),
            [
                "_START_EXECUTOR",
                "_GUARD_TOS_INT -> 6",
                "_GUARD_NOS_INT -> 6",
                "_GUARD_TOS_LIST -> 6",
                "_GUARD_TOS_INT -> 7",
                "_EXIT_TRACE exit 20",
                "_EXIT_TRACE exit 4",
                "_EXIT_TRACE exit 9",
            ]
        );
    }

    #[test]
    fn what_only_deoptimizes_and_what_raises_have_stubs_of_their_own() {
        assert_eq!(
            finished(&[
                (Uop::StartExecutor, 0, 0),
                (Uop::BinaryOp, 0, 4),
                (Uop::BinaryOp, 13, 4),
                (Uop::BinaryOpSubscrListInt, 0, 6),
                (Uop::ExitTrace, 0, 20),
            ]),
            [
                "_START_EXECUTOR",
                "_BINARY_OP 0 -> 0, error 5",
                "_BINARY_OP 13 -> 0, error 5",
                "_BINARY_OP_SUBSCR_LIST_INT -> 6",
                "_EXIT_TRACE exit 20",
                "_ERROR_POP_N 0",
                "_DEOPT exit 6",
            ]
        );
    }

    #[test]
    fn an_exhausted_loop_exits_behind_its_end() {
        let lines = finished(&[
            (Uop::StartExecutor, 0, 0),
            (Uop::GuardNotExhaustedRange, 30, 10),
            (Uop::GuardNotExhaustedRange, 300, 50),
            (Uop::JumpToTop, 0, 0),
        ]);
        assert_eq!(
            lines[4..],
            [
                format!("_EXIT_TRACE exit {}", 10 + 2 + 30 + 1),
                format!("_EXIT_TRACE exit {}", 50 + 3 + 300 + 1),
            ]
        );
    }
}
