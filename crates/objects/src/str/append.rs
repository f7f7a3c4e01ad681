//! `s += t` in place: a string that nobody else holds grows where it lies.
//!
//! Loops that build text by appending stay linear because the memory of a large string is reallocated with some room to
//! spare. Only exact strings with one reference grow, so nobody sees a string change; its hash is forgotten.

use crate::str::Str;
use crate::value::Ref;

/// The concatenation of two strings, in the memory of the left one if nobody else holds it.
pub fn append(left: Ref<Str>, right: &Ref<Str>) -> Ref<Str> {
    let alone = left.header().refcount() == 1 && left.is_exact() && !left.is_interned();
    if !alone || right.is_empty() || left.is_empty() || right.kind() > left.kind() {
        return Str::concat(&left, right);
    }
    left.grow(right)
}
