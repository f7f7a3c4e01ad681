//! What lies where in the block of a dict: the places of the index table, the entries behind it, and their sizes.
//!
//! Invariant: the width of a place and the number of entries follow from the size of the index table alone, the bytes of an
//! entry from the kind alone; so size and kind describe the whole block.

use std::alloc::Layout as Block;

use crate::value::Value;

/// Log2 of the smallest index table.
const MIN_LOG2: u8 = 3;

/// Whether entries carry a hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// All keys are exact strings; entries have 16 bytes.
    Strings = 0,
    /// Entries have 24 bytes.
    General = 1,
}

/// What all entries begin with; entries of general tables have the hash behind it.
#[repr(C)]
pub(super) struct Pair {
    pub(super) key: Option<Value>,
    pub(super) value: Option<Value>,
}

pub(super) const PAIR: usize = size_of::<Pair>();
pub(super) const HASHED: usize = PAIR + 8;

const _: () = assert!(PAIR == 16 && HASHED == 24);

/// An index place: its width depends on the size of the table.
pub(super) trait Place: Copy + Eq {
    const EMPTY: Self;
    const DELETED: Self;
    fn of(index: usize) -> Self;
    fn index(self) -> usize;
}

macro_rules! places {
    ($($type:ty)*) => { $(impl Place for $type {
        const EMPTY: $type = <$type>::MAX;
        const DELETED: $type = <$type>::MAX - 1;
        #[inline(always)]
        fn of(index: usize) -> $type {
            index as $type
        }
        #[inline(always)]
        fn index(self) -> usize {
            self as usize
        }
    })* };
}
places! { u8 u16 u32 }

/// Calls a method generic over the place type with the type for the table's size.
macro_rules! by_width {
    ($table:expr, $method:ident($($arg:expr),*)) => {
        match $table.log2_size.get() {
            0..=8 => $table.$method::<u8>($($arg),*),
            9..=16 => $table.$method::<u16>($($arg),*),
            _ => $table.$method::<u32>($($arg),*),
        }
    };
}
pub(super) use by_width;

/// Bytes of an index table.
pub(super) fn index_bytes(log2_size: u8) -> usize {
    let width_shift = match log2_size {
        0..=8 => 0,
        9..=16 => 1,
        _ => 2,
    };
    1 << (log2_size as usize + width_shift)
}

/// How many entries a table of this size takes: two thirds of its places.
pub(super) fn capacity(log2_size: u8) -> usize {
    (2usize << log2_size) / 3
}

/// Log2 of the smallest table with at least `places` places.
pub(super) fn log2_for_places(places: usize) -> u8 {
    (places
        .max(1 << MIN_LOG2)
        .next_power_of_two()
        .trailing_zeros()) as u8
}

pub(super) fn stride(kind: Kind) -> usize {
    match kind {
        Kind::Strings => PAIR,
        Kind::General => HASHED,
    }
}

pub(super) fn block(log2_size: u8, kind: Kind) -> Block {
    let bytes = capacity(log2_size)
        .checked_mul(stride(kind))
        .and_then(|entries| entries.checked_add(index_bytes(log2_size)))
        .expect("a dict fits the address space");
    Block::from_size_align(bytes, 8).expect("a dict fits the address space")
}
