//! The exception table: which handler guards which instructions.
//!
//! A sequence of entries sorted by start; they do not overlap, because the compiler resolves nesting to the innermost
//! handler. An entry is four numbers, six bits a byte, the most significant first: start, length and target in code
//! units, then the stack depth and whether the offset of the faulting instruction is pushed. The first byte of an
//! entry, and no other, has bit 7 set, so a reader can start anywhere.

/// Where an exception goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// The handler's first instruction, in code units.
    pub target: u32,
    /// The depth the value stack is unwound to.
    pub depth: u32,
    /// Whether the faulting instruction's offset is pushed before the exception.
    pub lasti: bool,
}

/// Instructions `start` up to but not with `end`, in code units, and their handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The first instruction guarded.
    pub start: u32,
    /// The first instruction no longer guarded.
    pub end: u32,
    /// Where their exceptions go.
    pub handler: Handler,
}

const ENTRY_START: u8 = 0x80;
const MORE: u8 = 0x40;
/// Below this many bytes, reading on is quicker than bisecting.
const SCAN_BYTES: usize = 40;

/// The handler for an exception at code unit `offset` of the code whose table this is.
pub fn lookup(table: &[u8], offset: u32) -> Option<Handler> {
    for entry in entries(from_last_entry_before(table, offset)) {
        if entry.start > offset {
            return None;
        }
        if offset < entry.end {
            return Some(entry.handler);
        }
    }
    None
}

/// The entries in order.
pub fn entries(table: &[u8]) -> Entries<'_> {
    Entries { bytes: table }
}

/// Cuts off entries that start and end before `offset`.
fn from_last_entry_before(table: &[u8], offset: u32) -> &[u8] {
    let mut low = 0;
    let mut high = table.len();
    while high - low > SCAN_BYTES {
        let mut middle = low + (high - low) / 2;
        while middle > low && table[middle] & ENTRY_START == 0 {
            middle -= 1;
        }
        if middle == low {
            // Not one entry starts in half of the bytes: malformed, so read it as it is.
            break;
        }
        let (start, _) = number(&table[middle..]);
        if start <= offset {
            low = middle;
        } else {
            high = middle;
        }
    }
    &table[low..]
}

/// Reads one number; a missing byte ends it.
fn number(bytes: &[u8]) -> (u32, &[u8]) {
    let mut value: u32 = 0;
    for (index, byte) in bytes.iter().enumerate() {
        value = value << 6 | u32::from(byte & 0x3F);
        if byte & MORE == 0 {
            return (value, &bytes[index + 1..]);
        }
    }
    (value, &[])
}

/// The entries of an exception table.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    bytes: &'a [u8],
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if self.bytes.is_empty() {
            return None;
        }
        let (start, rest) = number(self.bytes);
        let (length, rest) = number(rest);
        let (target, rest) = number(rest);
        let (depth, rest) = number(rest);
        self.bytes = rest;
        Some(Entry {
            start,
            end: start.saturating_add(length),
            handler: Handler {
                target,
                depth: depth >> 1,
                lasti: depth & 1 != 0,
            },
        })
    }
}
