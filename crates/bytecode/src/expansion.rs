//! What projection makes of an opcode.

use crate::{OpargSize, Uop};

/// One entry of an opcode's expansion into uops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expand {
    /// The uop; for `OpargSize::Replaced` the one that is swapped for its replacement.
    pub uop: Uop,
    /// What it gets as oparg and operand. An `Operand1…` entry emits no uop: it fills `operand1` of the one before.
    pub size: OpargSize,
    /// The code units between the opcode's own and the ones it reads.
    pub offset: u8,
}

/// The guards a conditional jump becomes, by which way the trace goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchGuards {
    /// For a trace that does not jump.
    pub stay: Uop,
    /// For a trace that goes on at the jump's target.
    pub jump: Uop,
}
