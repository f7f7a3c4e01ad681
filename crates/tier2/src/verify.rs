//! Whether a trace is well formed: it ends with its only terminator, holds what traces may hold, and no uop takes more from the
//! stack than there is.

use taipan_bytecode::Uop;

use crate::project::leaves_frame;
use taipan_interp::traces::Instruction;

/// Looks a trace over that is not finished yet. `depth` is the number of values on the stack where it begins. The error says what is
/// wrong, and where.
pub fn verify_trace(trace: &[Instruction], depth: usize) -> Result<(), String> {
    let mut depths = vec![depth as i64];
    for (at, instruction) in trace.iter().enumerate() {
        let uop = instruction.uop();
        let flaw = |what: &str| Err(format!("{at}: {instruction:?}: {what}"));
        if !uop.is_viable() {
            return flaw("no trace may hold it");
        }
        if uop.is_terminator() != (at + 1 == trace.len()) && !ends_early(trace, at) {
            return flaw("a terminator is the last uop, and the last uop is one");
        }
        let Some(depth) = depths.last_mut() else {
            return flaw("the frame that the trace began in was left");
        };
        let effect = uop.effect();
        let oparg = i64::from(instruction.oparg);
        if effect.popped(oparg) > *depth {
            return flaw("the stack has too little");
        }
        *depth += effect.net(oparg);
        if uop == Uop::PushFrame {
            depths.push(0);
        } else if leaves_frame(uop) {
            depths.pop();
            if let Some(caller) = depths.last_mut() {
                *caller += 1;
            }
        }
    }
    Ok(())
}

/// Whether the terminator at `at` was put there by a pass: what follows is cut off by the last one.
fn ends_early(trace: &[Instruction], at: usize) -> bool {
    let before = &trace[..at];
    trace[at].uop() == Uop::ExitTrace || before.iter().any(|uop| uop.uop().is_terminator())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verified(uops: &[(Uop, u16)], depth: usize) -> Result<(), String> {
        let trace: Vec<Instruction> = uops
            .iter()
            .map(|(uop, oparg)| Instruction::new(*uop, *oparg, 0, 0))
            .collect();
        verify_trace(&trace, depth)
    }

    #[test]
    fn a_trace_has_a_terminator() {
        assert!(verified(&[(Uop::StartExecutor, 0), (Uop::JumpToTop, 0)], 0).is_ok());
        assert!(verified(&[(Uop::StartExecutor, 0)], 0).is_err());
    }

    #[test]
    fn a_trace_goes_on_behind_no_loop() {
        assert!(verified(&[(Uop::JumpToTop, 0), (Uop::JumpToTop, 0)], 0).is_err());
    }

    #[test]
    fn the_stack_does_not_run_dry() {
        let sum = [
            (Uop::LoadFast, 0),
            (Uop::BinaryOpAddInt, 0),
            (Uop::JumpToTop, 0),
        ];
        assert!(verified(&sum, 0).is_err());
        assert!(verified(&sum, 1).is_ok());
    }

    #[test]
    fn a_frame_has_a_stack_of_its_own() {
        let call = [
            (Uop::LoadConstInline, 0),
            (Uop::PushNull, 0),
            (Uop::InitCallPyExactArgs, 0),
            (Uop::PushFrame, 0),
            (Uop::PopTop, 0),
            (Uop::JumpToTop, 0),
        ];
        assert!(verified(&call, 5).is_err());
    }

    #[test]
    fn what_only_tier_1_runs_is_refused() {
        assert!(verified(&[(Uop::DoCall, 0), (Uop::JumpToTop, 0)], 5).is_err());
    }
}
