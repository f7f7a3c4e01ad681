//! Stack effects: what an op takes from the stack and leaves there.
//!
//! An effect names its slots from the bottom up; a group's size may depend on the oparg. The first `kept` groups are
//! the same on both sides: the op looks at them, or at nothing, and they stay. `stack_effect` is what
//! `dis.stack_effect` answers.

use crate::{Flags, Opcode, OpcodeKind, Pseudo};

/// How many stack slots a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Always this many.
    Fixed(u8),
    /// `oparg`.
    Oparg,
    /// `oparg - n`.
    OpargMinus(u8),
    /// `oparg * n`.
    OpargTimes(u8),
    /// `oparg & 1`.
    LowBit,
    /// `oparg & 0xFF`.
    LowByte,
    /// `oparg >> 8`.
    HighByte,
}

impl Width {
    /// The number of slots for `oparg`; negative only for an oparg below the op's least.
    pub const fn slots(self, oparg: i64) -> i64 {
        match self {
            Width::Fixed(n) => n as i64,
            Width::Oparg => oparg,
            Width::OpargMinus(n) => oparg - n as i64,
            Width::OpargTimes(n) => oparg * n as i64,
            Width::LowBit => oparg & 1,
            Width::LowByte => oparg & 0xFF,
            Width::HighByte => oparg >> 8,
        }
    }
}

/// A named group of neighbouring stack slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its name in the op's stack effect; `_` when the op does not look at it.
    pub name: &'static str,
    /// How many slots it is.
    pub width: Width,
}

pub(crate) const fn slot(name: &'static str) -> Slot {
    group(name, Width::Fixed(1))
}

pub(crate) const fn group(name: &'static str, width: Width) -> Slot {
    Slot { name, width }
}

/// What an op takes from the stack and leaves there; the top of the stack is last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The groups the op finds.
    pub inputs: &'static [Slot],
    /// The groups the op leaves.
    pub outputs: &'static [Slot],
    /// How many leading groups are inputs and outputs alike, and are never popped.
    pub kept: u8,
}

impl Effect {
    /// The slots the op needs on the stack, those it only looks at included.
    pub const fn popped(&self, oparg: i64) -> i64 {
        total(self.inputs, 0, oparg)
    }

    /// The slots the op leaves of those it needs, and above them.
    pub const fn pushed(&self, oparg: i64) -> i64 {
        total(self.outputs, 0, oparg)
    }

    /// The slots the op removes; what it only looks at is not among them.
    pub const fn consumed(&self, oparg: i64) -> i64 {
        total(self.inputs, self.kept as usize, oparg)
    }

    /// The slots the op puts on the stack.
    pub const fn produced(&self, oparg: i64) -> i64 {
        total(self.outputs, self.kept as usize, oparg)
    }

    /// By how much the stack grows.
    pub const fn net(&self, oparg: i64) -> i64 {
        self.pushed(oparg) - self.popped(oparg)
    }
}

const fn total(slots: &[Slot], from: usize, oparg: i64) -> i64 {
    let mut sum = 0;
    let mut index = from;
    while index < slots.len() {
        sum += slots[index].width.slots(oparg);
        index += 1;
    }
    sum
}

/// By how much `opcode` grows the stack, as `dis.stack_effect` says, or `None` where that raises `ValueError`.
///
/// `jump` false asks for the way that does not jump: there, opening a block pushes nothing. Specialized opcodes are
/// not answered for.
pub fn stack_effect(opcode: u32, oparg: i32, jump: Option<bool>) -> Option<i32> {
    let (effect, flags) = match u8::try_from(opcode) {
        Ok(byte) => {
            let opcode = Opcode::try_from(byte).ok()?;
            if opcode.kind() == OpcodeKind::Specialized {
                return None;
            }
            (opcode.effect(), opcode.flags())
        }
        Err(_) => {
            let pseudo = Pseudo::try_from(u16::try_from(opcode).ok()?).ok()?;
            (pseudo.effect(), pseudo.flags())
        }
    };
    let (popped, pushed) = (effect.popped(oparg.into()), effect.pushed(oparg.into()));
    if popped < 0 || pushed < 0 {
        return None;
    }
    if flags.contains(Flags::BLOCK_PUSH) && jump == Some(false) {
        return Some(0);
    }
    i32::try_from(pushed - popped).ok()
}

/// The name of a base, specialized, instrumented or pseudo opcode.
pub fn opcode_name(number: u32) -> Option<&'static str> {
    match u8::try_from(number) {
        Ok(byte) => Opcode::try_from(byte).ok().map(Opcode::name),
        Err(_) => {
            let pseudo = Pseudo::try_from(u16::try_from(number).ok()?).ok()?;
            Some(pseudo.name())
        }
    }
}
