//! What is known about a pseudo opcode.
//!
//! The compiler emits them before jumps and blocks are resolved; no code object holds one, but `dis` and `opcode`
//! name them.

use crate::effect::Effect;
use crate::generated::pseudos::ROWS;
use crate::{Flags, Opcode, Pseudo};

/// The generated facts of one pseudo opcode.
pub(crate) struct PseudoRow {
    pub(crate) name: &'static str,
    pub(crate) pseudo: Pseudo,
    pub(crate) flags: Flags,
    pub(crate) is_sequence: bool,
    pub(crate) targets: &'static [Opcode],
    pub(crate) effect: Effect,
}

/// The rows follow each other from the first pseudo opcode's number.
const FIRST: u16 = Pseudo::ALL[0] as u16;

impl TryFrom<u16> for Pseudo {
    type Error = u16;

    /// The pseudo opcode with this number; the error is the number back.
    fn try_from(number: u16) -> Result<Pseudo, u16> {
        let row = ROWS.get(usize::from(number.wrapping_sub(FIRST)));
        row.map(|row| row.pseudo).ok_or(number)
    }
}

impl Pseudo {
    fn row(self) -> &'static PseudoRow {
        &ROWS[usize::from(self as u16 - FIRST)]
    }

    /// The name in capitals.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What it may do.
    pub fn flags(self) -> Flags {
        self.row().flags
    }

    /// What it takes from the stack and leaves there; for one that opens a block, what the handler finds.
    pub fn effect(self) -> &'static Effect {
        &self.row().effect
    }

    /// The opcodes it becomes: all of them in order if `is_sequence`, else one of them.
    pub fn targets(self) -> &'static [Opcode] {
        self.row().targets
    }

    /// Whether it becomes all its targets.
    pub fn is_sequence(self) -> bool {
        self.row().is_sequence
    }
}
