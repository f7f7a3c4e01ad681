//! The bodies of the opcodes, by topic.

mod attributes;
mod calls;
mod containers;
mod control;
mod exceptions;
mod generators;
mod globals;
mod imports;
mod instrumented;
mod locals;
mod matching;
mod operators;
mod text;

pub(crate) use attributes::*;
pub(crate) use calls::*;
pub(crate) use containers::*;
pub(crate) use control::*;
pub(crate) use exceptions::*;
pub(crate) use generators::*;
pub(crate) use globals::*;
pub(crate) use imports::*;
pub(crate) use instrumented::instrumented;
pub(crate) use locals::*;
pub(crate) use matching::*;
pub(crate) use operators::*;
pub(crate) use text::*;

use taipan_objects::value::bits;

use crate::frame_stack::{StackRef, duplicate_pointer};

/// What a quick body came to that releases words, and may refuse.
pub(crate) enum Ending {
    /// It did all.
    Done,
    /// The case is not its own.
    Refused,
    /// It did all but release this word, whose object dies and which nothing else holds any more.
    Release(StackRef),
    /// A return that is not of a plain call: another op looks at it.
    Special,
    /// This object has to die first: then the opcode, which has no oparg, runs again.
    ReleaseFirst(StackRef),
}

/// The quick body of an opcode that has none.
#[inline(always)]
pub(crate) fn no_quick_body(_: &mut crate::cursor::Cursor, _: u32) -> bool {
    false
}

/// Releases a word without a call if its object does not die; answers false, changing nothing, if it would.
#[inline(always)]
pub(crate) fn close_quick(word: StackRef) -> bool {
    if !word.is_owned() {
        return true;
    }
    let count = word.0 as *mut u32;
    // SAFETY: an owned pointer word points to a live object, whose header begins with its reference count.
    unsafe {
        if *count == 1 {
            return false;
        }
        *count -= 1;
    }
    true
}

/// Releases a word that left its place without a call if its object does not die; else answers it, for who may call.
#[inline(always)]
pub(crate) fn release_quick(word: StackRef) -> Option<StackRef> {
    if close_quick(word) { None } else { Some(word) }
}

/// Whether releasing the word would end its object.
#[inline(always)]
pub(crate) fn would_die(word: StackRef) -> bool {
    // SAFETY: as for `close_quick`.
    word.is_owned() && unsafe { *(word.0 as *const u32) == 1 }
}

/// A word that is not NULL, with a reference of its own, counted without a call.
#[inline(always)]
pub(crate) fn own_quick(word: StackRef) -> StackRef {
    if word.is_borrowed() {
        // SAFETY: a borrowed word that is not NULL points to a live object.
        unsafe { duplicate_pointer(word.0) }
    } else {
        word
    }
}

/// A second owning word, counted without a call.
#[inline(always)]
pub(crate) fn duplicate_quick(word: StackRef) -> StackRef {
    if !bits::is_pointer(word.0) {
        return word;
    }
    // SAFETY: a pointer word points to a live object.
    unsafe { duplicate_pointer(word.0) }
}
