//! A trace: micro-ops in a row, and what each of them carries.
//!
//! An instruction has CPython's 24 bytes (`_PyUOpInstruction` in `Include/internal/pycore_optimizer.h`): the uop's number and
//! a format bit, an oparg, 32 bits of target, two operands. While a trace is made the target is a bytecode offset, in code
//! units; in a finished one it is, for uops that can leave, the places of two stubs in the trace.

use std::fmt;

use taipan_bytecode::Uop;

/// The bit of an instruction's first word that says that its target is two places in the trace.
const JUMP_FORMAT: u16 = 1 << 15;

/// One micro-op of a trace.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Instruction {
    number_and_format: u16,
    /// The uop's argument.
    pub oparg: u16,
    target: u32,
    /// What the uop reads first beside the stack: cache entries, a constant, a version.
    pub operand0: u64,
    /// What it reads second.
    pub operand1: u64,
}

const _: () = assert!(size_of::<Instruction>() == 24);

impl Instruction {
    /// A uop with the bytecode offset it comes from.
    pub const fn new(uop: Uop, oparg: u16, operand0: u64, target: u32) -> Instruction {
        Instruction {
            number_and_format: uop as u16,
            oparg,
            target,
            operand0,
            operand1: 0,
        }
    }

    /// The uop.
    pub fn uop(&self) -> Uop {
        Uop::from_number(self.number_and_format & !JUMP_FORMAT)
            .expect("an instruction is only made of a uop")
    }

    /// Puts another uop here; oparg, operands and target stay.
    pub fn set_uop(&mut self, uop: Uop) {
        self.number_and_format = uop as u16 | self.number_and_format & JUMP_FORMAT;
    }

    /// Puts another uop here, with its argument and first operand; the target stays.
    pub fn replace(&mut self, uop: Uop, oparg: u16, operand0: u64) {
        self.set_uop(uop);
        self.oparg = oparg;
        self.operand0 = operand0;
    }

    /// Whether the target is two places in the trace.
    pub fn has_jumps(&self) -> bool {
        self.number_and_format & JUMP_FORMAT != 0
    }

    /// The bytecode offset, in code units, at which tier 1 goes on when the trace is left here.
    pub fn target(&self) -> u32 {
        debug_assert!(!self.has_jumps());
        self.target
    }

    /// Sets the bytecode offset.
    pub fn set_target(&mut self, target: u32) {
        debug_assert!(!self.has_jumps());
        self.target = target;
    }

    /// Says where the trace goes on when the uop leaves, and where when it raises: places in the trace.
    pub fn set_jumps(&mut self, jump: u16, error: u16) {
        self.number_and_format |= JUMP_FORMAT;
        self.target = u32::from(jump) | u32::from(error) << 16;
    }

    /// The place in the trace where a uop goes on that leaves or jumps.
    pub fn jump_target(&self) -> u16 {
        debug_assert!(self.has_jumps());
        self.target as u16
    }

    /// The place in the trace where a uop goes on that raises.
    pub fn error_target(&self) -> u16 {
        debug_assert!(self.has_jumps());
        (self.target >> 16) as u16
    }

    /// The 32 bits of the target as they are, for `executor[index]`.
    pub fn raw_target(&self) -> u32 {
        self.target
    }
}

impl fmt::Debug for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.uop().name(), self.oparg)?;
        if self.has_jumps() {
            write!(
                f,
                ", jump to {}, error to {}",
                self.jump_target(),
                self.error_target()
            )?;
        } else {
            write!(f, ", target {}", self.target)?;
        }
        write!(f, ", {:#x}, {:#x})", self.operand0, self.operand1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_uop_keeps_its_target() {
        let mut instruction = Instruction::new(Uop::LoadFast, 3, 0, 17);
        instruction.replace(Uop::LoadConstInlineBorrow, 0, 40);
        assert_eq!(instruction.uop(), Uop::LoadConstInlineBorrow);
        assert_eq!(
            (
                instruction.oparg,
                instruction.operand0,
                instruction.target()
            ),
            (0, 40, 17)
        );
    }

    #[test]
    fn jumps_are_two_places() {
        let mut instruction = Instruction::new(Uop::GuardTosInt, 0, 0, 17);
        instruction.set_jumps(700, 799);
        assert!(instruction.has_jumps());
        assert_eq!(instruction.uop(), Uop::GuardTosInt);
        assert_eq!(
            (instruction.jump_target(), instruction.error_target()),
            (700, 799)
        );
    }
}
