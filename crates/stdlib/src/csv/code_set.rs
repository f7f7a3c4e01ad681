//! A set of the code points at which a scan over text stops.
//!
//! Nearly all text and all usual dialects lie below 0x100, where one look at a table decides.

use taipan_objects::str::Unit;

/// A few code points.
pub(super) struct CodeSet {
    low: [bool; 0x100],
    /// Those from 0x100 up.
    high: Vec<u32>,
}

impl CodeSet {
    pub(super) fn new(codes: impl Iterator<Item = u32>) -> CodeSet {
        let mut set = CodeSet {
            low: [false; 0x100],
            high: Vec::new(),
        };
        for code in codes {
            match set.low.get_mut(code as usize) {
                Some(place) => *place = true,
                None => set.high.push(code),
            }
        }
        set
    }

    #[inline(always)]
    fn contains(&self, code: u32) -> bool {
        match self.low.get(code as usize) {
            Some(&found) => found,
            None => self.high.contains(&code),
        }
    }

    /// Where the first of them stands at or after `from`, or the length.
    #[inline(always)]
    pub(super) fn find<T: Unit>(&self, units: &[T], from: usize) -> usize {
        units[from..]
            .iter()
            .position(|&unit| self.contains(unit.into()))
            .map_or(units.len(), |distance| from + distance)
    }
}
