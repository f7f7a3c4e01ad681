//! What a pickler and an unpickler remember.
//!
//! A pickler's [`Memo`] finds an object by identity: entries stand in the order of their arrival, and a table of indices
//! with open addressing leads to them. It keeps its objects alive, so an address stays the name of one object. An
//! unpickler's [`Recall`] finds an object by number: numbers that follow one another lie in a vector, others, which only a
//! made-up pickle has, in a map, so that a large number costs no memory.

use std::collections::HashMap;

use taipan_objects::class::Trace;
use taipan_objects::gc::Visitor;
use taipan_objects::value::Value;

/// The smallest table.
const MIN_TABLE: usize = 16;

/// The objects a pickler has written, and their numbers.
#[derive(Default)]
pub(super) struct Memo {
    entries: Vec<(Value, i64)>,
    /// Index of an entry plus one; zero for a free place. The length is a power of two, at least twice that of `entries`.
    table: Vec<u32>,
}

impl Memo {
    /// Number of objects.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The objects with their numbers, in the order in which they came.
    pub(super) fn entries(&self) -> &[(Value, i64)] {
        &self.entries
    }

    /// The place of an object, or the free place where it belongs.
    #[inline]
    fn place(&self, bits: u64) -> usize {
        let mask = self.table.len() - 1;
        let shift = 64 - self.table.len().trailing_zeros();
        let mut place = (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize;
        loop {
            match self.table[place] {
                0 => return place,
                entry if self.entries[entry as usize - 1].0.bits() == bits => return place,
                _ => place = (place + 1) & mask,
            }
        }
    }

    /// The number of an object.
    #[inline]
    pub(super) fn get(&self, value: &Value) -> Option<i64> {
        if self.table.is_empty() {
            return None;
        }
        match self.table[self.place(value.bits())] {
            0 => None,
            entry => Some(self.entries[entry as usize - 1].1),
        }
    }

    /// Gives an object a number.
    pub(super) fn set(&mut self, value: &Value, number: i64) {
        if (self.entries.len() + 1) * 2 > self.table.len() {
            self.grow();
        }
        let place = self.place(value.bits());
        match self.table[place] {
            0 => {
                self.entries.push((value.clone(), number));
                self.table[place] = self.entries.len() as u32;
            }
            entry => self.entries[entry as usize - 1].1 = number,
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.table = vec![0; (self.table.len() * 4).max(MIN_TABLE)];
        for index in 0..self.entries.len() {
            let place = self.place(self.entries[index].0.bits());
            self.table[place] = index as u32 + 1;
        }
    }
}

impl Clone for Memo {
    fn clone(&self) -> Memo {
        Memo {
            entries: self.entries.clone(),
            table: self.table.clone(),
        }
    }
}

impl Trace for Memo {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.entries
            .iter()
            .for_each(|(value, _)| visitor.visit(value));
    }
}

/// How far beyond the end of the vector a number may lie to go into it.
const GAP: usize = 1024;

/// The objects an unpickler can be referred to, by number.
#[derive(Clone, Default)]
pub(super) struct Recall {
    dense: Vec<Option<Value>>,
    sparse: HashMap<usize, Value>,
    len: usize,
}

impl Recall {
    /// Number of objects.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The object with a number.
    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<&Value> {
        match self.dense.get(number) {
            Some(Some(value)) => Some(value),
            _ if self.sparse.is_empty() => None,
            _ => self.sparse.get(&number),
        }
    }

    /// Gives an object a number. The object that had it is answered, to be released when nobody looks at the memo.
    #[inline]
    #[must_use = "releasing the old object can run foreign code"]
    pub(super) fn set(&mut self, number: usize, value: Value) -> Option<Value> {
        if number == self.dense.len() && self.sparse.is_empty() {
            self.dense.push(Some(value));
            self.len += 1;
            return None;
        }
        let old = self.set_anywhere(number, value);
        if old.is_none() {
            self.len += 1;
        }
        old
    }

    fn set_anywhere(&mut self, number: usize, value: Value) -> Option<Value> {
        if number >= self.dense.len() {
            if number > self.dense.len() * 2 + GAP {
                return self.sparse.insert(number, value);
            }
            self.dense.resize_with(number + 1, || None);
        }
        let old = self.dense[number].replace(value);
        old.or_else(|| self.sparse.remove(&number))
    }

    /// The objects with their numbers, in ascending order.
    pub(super) fn entries(&self) -> Vec<(usize, Value)> {
        let dense = self.dense.iter().enumerate();
        let mut entries: Vec<(usize, Value)> = dense
            .filter_map(|(number, value)| Some((number, value.clone()?)))
            .collect();
        entries.extend(
            self.sparse
                .iter()
                .map(|(number, value)| (*number, value.clone())),
        );
        entries.sort_by_key(|(number, _)| *number);
        entries
    }
}

impl Trace for Recall {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.dense
            .iter()
            .flatten()
            .chain(self.sparse.values())
            .for_each(|value| visitor.visit(value));
    }
}
