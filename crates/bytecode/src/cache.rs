//! Inline caches: where the specializer keeps what it learned, in the code units behind an opcode.
//!
//! Each family has a module with the offsets of its fields, generated from `ops/ops.def`; offsets count from the unit
//! behind the opcode's. A field of more than one unit has its low 16 bits first. The first unit is a counter in every
//! family but the conditional jumps, where it is the history of the last 16 executions.

use crate::CodeUnit;

pub use crate::generated::caches::*;

/// One field of an inline cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheField {
    /// Its name, as `opcode._cache_format` gives it.
    pub name: &'static str,
    /// Code units between the opcode's unit and it.
    pub offset: u8,
    /// Its size in code units.
    pub units: u8,
}

/// Reads a field of two units at `offset`, or 0 if the cache ends before.
pub fn read_u32(cache: &[CodeUnit], offset: usize) -> u32 {
    read(cache, offset, 2) as u32
}

/// Reads a field of four units at `offset`, or 0 if the cache ends before.
pub fn read_u64(cache: &[CodeUnit], offset: usize) -> u64 {
    read(cache, offset, 4)
}

fn read(cache: &[CodeUnit], offset: usize, units: usize) -> u64 {
    let field = cache.get(offset..offset + units).unwrap_or_default();
    let low_first = field.iter().rev();
    low_first.fold(0, |value, unit| value << 16 | u64::from(unit.0))
}

/// The units of a field of two.
pub const fn units_of_u32(value: u32) -> [CodeUnit; 2] {
    [CodeUnit(value as u16), CodeUnit((value >> 16) as u16)]
}

/// The units of a field of four.
pub const fn units_of_u64(value: u64) -> [CodeUnit; 4] {
    [
        CodeUnit(value as u16),
        CodeUnit((value >> 16) as u16),
        CodeUnit((value >> 32) as u16),
        CodeUnit((value >> 48) as u16),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_back_low_unit_first() {
        let mut cache = [CodeUnit(0); load_attr::UNITS];
        cache[load_attr::VERSION..][..2].copy_from_slice(&units_of_u32(0x1234_5678));
        cache[load_attr::DESCR..][..4].copy_from_slice(&units_of_u64(0x0123_4567_89ab_cdef));
        assert_eq!(cache[load_attr::VERSION].0, 0x5678);
        assert_eq!(read_u32(&cache, load_attr::VERSION), 0x1234_5678);
        assert_eq!(read_u64(&cache, load_attr::DESCR), 0x0123_4567_89ab_cdef);
        assert_eq!(read_u64(&cache, load_attr::UNITS), 0);
    }
}
