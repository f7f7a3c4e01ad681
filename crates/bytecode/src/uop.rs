//! What is known about a micro-op.
//!
//! The enum and the rows are generated. A uop's number is CPython 3.14's; below 300 it is also the number of the
//! opcode it is one op with.

use crate::effect::Effect;
use crate::generated::uops::{INDEX, ROWS};
use crate::{Flags, Opcode, Uop};

/// A value that a uop reads from the inline cache: in a trace its `operand0`, a second one its `operand1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// Its name.
    pub name: &'static str,
    /// Its size in code units: 16 bits each.
    pub units: u8,
}

/// What projection puts in the place of a uop that no trace holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// This uop.
    Uop(Uop),
    /// One of the opcode's branch guards.
    BranchGuard,
}

/// The generated facts of one uop.
pub(crate) struct UopRow {
    pub(crate) name: &'static str,
    pub(crate) uop: Uop,
    pub(crate) flags: Flags,
    pub(crate) is_viable: bool,
    pub(crate) copies: u16,
    pub(crate) copy_of: Option<(Uop, u16)>,
    pub(crate) opcode: Option<Opcode>,
    pub(crate) replacement: Option<Replacement>,
    pub(crate) takes_return_offset: bool,
    pub(crate) enters_frame: bool,
    pub(crate) operands: &'static [Operand],
    pub(crate) effect: Effect,
}

impl TryFrom<u16> for Uop {
    type Error = u16;

    /// The uop with this number; the error is the number back.
    fn try_from(number: u16) -> Result<Uop, u16> {
        Uop::from_number(number).ok_or(number)
    }
}

impl Uop {
    /// One more than the highest number.
    pub const LIMIT: usize = INDEX.len();

    /// The uop with this number.
    pub const fn from_number(number: u16) -> Option<Uop> {
        if number as usize >= INDEX.len() || INDEX[number as usize] == u16::MAX {
            return None;
        }
        Some(ROWS[INDEX[number as usize] as usize].uop)
    }

    const fn row(self) -> &'static UopRow {
        &ROWS[self.index()]
    }

    /// Its place in `Uop::ALL`: dense, for tables over all uops.
    pub const fn index(self) -> usize {
        INDEX[self as usize] as usize
    }

    /// The uop with this name, with its leading underscore.
    pub fn from_name(name: &str) -> Option<Uop> {
        Uop::ALL.into_iter().find(|uop| uop.name() == name)
    }

    /// The name in capitals, with its leading underscore.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What it may do.
    pub const fn flags(self) -> Flags {
        self.row().flags
    }

    /// Whether a trace may hold it.
    pub const fn is_viable(self) -> bool {
        self.row().is_viable
    }

    /// How many copies with a fixed oparg, from 0, there are.
    pub const fn copies(self) -> u16 {
        self.row().copies
    }

    /// The copy for this oparg, if there is one.
    pub const fn copy(self, oparg: u16) -> Option<Uop> {
        if oparg < self.copies() {
            Uop::from_number(self as u16 + 1 + oparg)
        } else {
            None
        }
    }

    /// The uop that this is a copy of, and the oparg it fixes.
    pub const fn copy_of(self) -> Option<(Uop, u16)> {
        self.row().copy_of
    }

    /// The opcode it is one op with.
    pub const fn opcode(self) -> Option<Opcode> {
        self.row().opcode
    }

    /// What projection puts in its place.
    pub const fn replacement(self) -> Option<Replacement> {
        self.row().replacement
    }

    /// Whether its oparg is the offset of the next instruction.
    pub const fn takes_return_offset(self) -> bool {
        self.row().takes_return_offset
    }

    /// Whether it starts a Python frame.
    pub const fn enters_frame(self) -> bool {
        self.row().enters_frame
    }

    /// What it reads from the inline cache.
    pub const fn operands(self) -> &'static [Operand] {
        self.row().operands
    }

    /// What it takes from the stack and leaves there.
    pub const fn effect(self) -> &'static Effect {
        &self.row().effect
    }

    /// Whether its oparg means something.
    pub const fn has_arg(self) -> bool {
        self.flags().contains(Flags::ARG)
    }

    /// Whether it may leave to tier 1.
    pub const fn may_deopt(self) -> bool {
        self.flags().contains(Flags::DEOPT)
    }

    /// Whether it may leave to a side trace.
    pub const fn may_exit(self) -> bool {
        self.flags().contains(Flags::EXIT)
    }

    /// Whether it may raise.
    pub const fn may_raise(self) -> bool {
        self.flags().contains(Flags::ERROR)
    }

    /// Whether it may run arbitrary code.
    pub const fn may_escape(self) -> bool {
        self.flags().contains(Flags::ESCAPES)
    }

    /// Whether it does nothing but compute its outputs.
    pub const fn is_pure(self) -> bool {
        self.flags().contains(Flags::PURE)
    }

    /// Whether it ends a trace.
    pub const fn is_terminator(self) -> bool {
        self.flags().contains(Flags::TERMINATOR)
    }
}
