//! The specializer (PEP 659): what a site met becomes the opcode that does just that.
//!
//! A family's base opcode counts its executions down in the first unit of its inline cache. At zero it asks here: a
//! specializer looks at the operands, which it does not change, writes what the guards and bodies need into the cache and
//! names a member of the family. The member stands at the site from then on; when its guards fail the base opcode runs for
//! it and counts down, and the site is specialized anew, or becomes general again with twice the count.
//!
//! Invariants: what a cache names without counting a reference is kept by something whose version the guards check; the
//! opcode of a unit is rewritten only while it holds one of the family's, never over an instrumented one.

mod arithmetic;
mod attributes;
mod builtins;
mod calls;
mod globals;
mod iteration;
mod mode;
mod quicken;
pub mod stats;

pub(crate) use arithmetic::{
    binary_op, compare_op, contains_op, store_subscr, to_bool, unpack_sequence,
};
pub(crate) use attributes::{load_attr, load_super_attr, store_attr};
pub use builtins::is_len_value;
pub(crate) use builtins::{is_isinstance, is_len, is_list_append};
pub(crate) use calls::{call, call_kw};
pub(crate) use globals::load_global;
pub(crate) use iteration::{for_iter, send};
pub use mode::{Mode, mode, set_mode};
pub(crate) use quicken::{
    Quickener, quicken_jump_backward, quicken_load_const, quicken_resume, write_counters,
};

use taipan_bytecode::{BackoffCounter, CodeUnit, Opcode};
use taipan_objects::value::Value;

use crate::cursor::Cursor;
use stats::Failure;

/// A place in code that can be specialized.
pub(crate) struct Site {
    /// The unit of the opcode; its inline cache follows.
    unit: *mut u16,
}

impl Site {
    /// Writes a field of one unit. Offsets count from behind the opcode's unit, as in the operands of uops.
    fn put_u16(&self, offset: usize, value: u16) {
        // SAFETY: the cache of the family has the field; the interpreter lock is held.
        unsafe { *self.unit.add(1 + offset) = value }
    }

    /// Writes a field of two units.
    fn put_u32(&self, offset: usize, value: u32) {
        self.put_u16(offset, value as u16);
        self.put_u16(offset + 1, (value >> 16) as u16);
    }

    /// Writes a field of four units.
    fn put_u64(&self, offset: usize, value: u64) {
        self.put_u32(offset, value as u32);
        self.put_u32(offset + 2, (value >> 32) as u32);
    }

    /// Writes a value that something else keeps.
    fn put_value(&self, offset: usize, value: &Value) {
        self.put_u64(offset, value.bits());
    }
}

/// What a specializer finds.
pub(crate) type Found = Result<Opcode, Failure>;

/// Looks at a site with its operands.
pub(crate) type Specializer = fn(&Site, &Cursor, u32) -> Found;

/// A counter ran out: tries to specialize the site. Answers the opcode that runs now.
#[cold]
#[inline(never)]
pub(crate) fn specialize(
    base: Opcode,
    specializer: Specializer,
    unit: *const u16,
    c: &Cursor,
    oparg: u32,
) -> u8 {
    let site = Site {
        unit: unit.cast_mut(),
    };
    // SAFETY: the unit is the site's; the interpreter lock is held.
    let (held, counter) = unsafe { (CodeUnit(*unit), BackoffCounter(*unit.add(1))) };
    let is_own = held
        .opcode()
        .is_some_and(|opcode| opcode == base || opcode.base() == base && opcode.plain().is_none());
    let mode = mode();
    if !is_own || mode == Mode::Off {
        site.put_u16(0, counter.restart().0);
        return base as u8;
    }
    let found = if mode == Mode::Failing {
        Err(Failure::Forced)
    } else {
        specializer(&site, c, oparg)
    };
    stats::attempt(base, &found);
    let (opcode, counter) = match found {
        Ok(member) => (member, BackoffCounter::ADAPTIVE_COOLDOWN),
        Err(_) => (base, counter.restart()),
    };
    let counter = if matches!(mode, Mode::Eager | Mode::Failing) {
        BackoffCounter(0)
    } else {
        counter
    };
    site.put_u16(0, counter.0);
    // SAFETY: as above.
    unsafe { *site.unit = held.with_opcode(opcode).0 };
    opcode as u8
}

/// Reads an operand of a uop from the inline cache behind `unit`; one of no units is its offset itself.
///
/// # Safety
/// The cache has the field.
#[inline(always)]
pub(crate) unsafe fn operand<const UNITS: usize, const OFFSET: usize>(unit: *const u16) -> u64 {
    // SAFETY: by contract. Fields are not aligned.
    unsafe {
        let field = unit.add(1 + OFFSET);
        match UNITS {
            0 => OFFSET as u64,
            1 => u64::from(*field),
            2 => u64::from((*field.cast::<Unaligned<u32>>()).0),
            _ => (*field.cast::<Unaligned<u64>>()).0,
        }
    }
}

/// A number at any address. Reading it as a place needs no address of a local, also in debug builds, as `read_unaligned` does:
/// that would keep the dispatch from being a jump.
#[repr(C, packed)]
struct Unaligned<T>(T);
