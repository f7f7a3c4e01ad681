//! How the oparg of `COMPARE_OP` says what is compared and what counts as true.
//!
//! The high bits are the operator, bit 4 asks for a bool, the low four bits are the outcomes for which the
//! comparison holds. The specialized opcodes read only the mask: they compute one outcome and test its bit.

use std::cmp::Ordering;

use crate::{CompareMask, CompareOp};

impl CompareOp {
    /// The operator in the oparg of a `COMPARE_OP`.
    pub const fn from_oparg(oparg: u32) -> Option<CompareOp> {
        CompareOp::from_number(oparg >> 5)
    }

    /// The oparg that compares with this operator.
    pub const fn oparg(self, to_bool: bool) -> u32 {
        let mask = self.mask() as u32;
        let to_bool = if to_bool { CompareMask::TO_BOOL.0 } else { 0 };
        (self as u32) << 5 | to_bool as u32 | mask
    }
}

impl CompareMask {
    /// The mask in the oparg of a `COMPARE_OP`.
    pub const fn from_oparg(oparg: u32) -> CompareMask {
        CompareMask((oparg & 31) as u8)
    }

    /// The outcome's bit; no ordering means that an operand is a NaN.
    pub const fn of(ordering: Option<Ordering>) -> CompareMask {
        match ordering {
            None => CompareMask::UNORDERED,
            Some(Ordering::Less) => CompareMask::LESS,
            Some(Ordering::Greater) => CompareMask::GREATER,
            Some(Ordering::Equal) => CompareMask::EQUAL,
        }
    }
}
