//! What the collector does with each reference it comes across.
//!
//! All passes go through the same code of the payloads, which is compiled once; a pass is told by a word in the visitor. The
//! look at the target's header is inlined there, so that a reference to what a pass does not look at costs three
//! instructions.

use std::collections::HashMap;
use std::ptr::NonNull;

use crate::header::{Header, flags};
use crate::value::Value;

/// Objects with more references among the candidates than fit their header, and how many more.
pub(super) type Overflow = HashMap<NonNull<Header>, u32>;

/// Told of each reference that an object owns.
pub struct Visitor<'a> {
    /// Which bits of a target's flags matter, and what they must be.
    mask: u32,
    wanted: u32,
    pass: Pass<'a>,
}

enum Pass<'a> {
    /// Counts the reference in the target's header.
    Count(&'a mut Overflow),
    /// Marks the target and puts it on a list.
    Reach(&'a mut Vec<NonNull<Header>>),
    /// Tells someone of the value, whatever it is.
    Tell(&'a mut dyn FnMut(&Value)),
}

impl<'a> Visitor<'a> {
    /// Counts references to objects whose flags are as `wanted` under `mask`.
    pub(super) fn count(mask: u32, wanted: u32, overflow: &'a mut Overflow) -> Visitor<'a> {
        Visitor {
            mask,
            wanted,
            pass: Pass::Count(overflow),
        }
    }

    /// Marks objects whose flags are as `wanted` under `mask` as reached, and lists them.
    pub(super) fn reach(
        mask: u32,
        wanted: u32,
        pending: &'a mut Vec<NonNull<Header>>,
    ) -> Visitor<'a> {
        Visitor {
            mask,
            wanted,
            pass: Pass::Reach(pending),
        }
    }

    /// Calls `told` for each value, immediates included.
    pub(super) fn tell(told: &'a mut dyn FnMut(&Value)) -> Visitor<'a> {
        Visitor {
            mask: 0,
            wanted: 0,
            pass: Pass::Tell(told),
        }
    }

    /// The object that is looked at owns a reference to `value`.
    #[inline(always)]
    pub fn visit(&mut self, value: &Value) {
        let Some(target) = value.header() else {
            if let Pass::Tell(told) = &mut self.pass {
                told(value);
            }
            return;
        };
        let found = target.flags.get();
        if found & self.mask != self.wanted {
            return;
        }
        match &mut self.pass {
            Pass::Count(overflow) => match found.checked_add(1 << flags::COUNT_SHIFT) {
                Some(counted) => target.flags.set(counted),
                None => count_overflow(overflow, target),
            },
            Pass::Reach(pending) => {
                target.flags.set(reached(found));
                pending.push(NonNull::from(target));
            }
            Pass::Tell(told) => told(value),
        }
    }
}

/// The flags of an object that was reached, given what they were.
#[inline(always)]
pub(super) fn reached(found: u32) -> u32 {
    found & ((1 << flags::COUNT_SHIFT) - 1) | flags::OLD
}

#[cold]
#[inline(never)]
fn count_overflow(overflow: &mut Overflow, target: &Header) {
    *overflow.entry(NonNull::from(target)).or_default() += 1;
}
