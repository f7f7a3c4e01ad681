//! Truth of exact types.

use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::bits;

use super::{Flow, is_exact_int, uops};
use crate::bodies::{close_quick, would_die};
use crate::cursor::Cursor;
use crate::frame_stack::StackRef;

/// Puts a truth in place of the top, which does not die.
#[inline(always)]
fn put(c: &mut Cursor, truth: bool) -> Flow {
    let word = c.word(0);
    if would_die(word) {
        return Flow::Miss;
    }
    close_quick(word);
    c.set_word(0, StackRef(if truth { bits::TRUE } else { bits::FALSE }));
    Flow::Next
}

/// The same, where the top dies.
fn put_full(c: &mut Cursor, truth: bool) -> PyResult<Flow> {
    let word = c.word(0);
    c.set_word(0, StackRef(if truth { bits::TRUE } else { bits::FALSE }));
    // SAFETY: the word left the stack.
    unsafe { word.close() };
    Ok(Flow::Next)
}

#[inline(always)]
fn list_len(c: &Cursor) -> usize {
    // SAFETY: the guard in front saw an exact list.
    unsafe { c.peek(0).downcast_unchecked::<List>().len() }
}

#[inline(always)]
fn str_len(c: &Cursor) -> usize {
    // SAFETY: the guard in front saw an exact string.
    unsafe { c.peek(0).downcast_unchecked::<Str>().len() }
}

uops! {
    /// A bool is its own truth.
    quick ToBoolBool = |c: &mut Cursor, _: u32, _: Operands| {
        let word = c.word(0).0;
        word == bits::TRUE || word == bits::FALSE
    };
    /// An int is true unless it is 0; 0 is immediate.
    both ToBoolInt = |c: &mut Cursor, _: u32, _: Operands| {
        let word = c.word(0).0;
        if bits::is_int(word) { put(c, word != bits::from_small_int(0)) } else { Flow::Miss }
    }, |c: &mut Cursor, _: u32, _: Operands| {
        if is_exact_int(c.word(0)) { put_full(c, c.word(0).0 != bits::from_small_int(0)) } else { Ok(Flow::Miss) }
    };
    /// None is false.
    quick ToBoolNone = |c: &mut Cursor, _: u32, _: Operands| {
        let is_none = c.word(0).0 == bits::NONE;
        if is_none {
            c.set_word(0, StackRef(bits::FALSE));
        }
        is_none
    };
    /// A list is true if it has items.
    both ToBoolList = |c: &mut Cursor, _: u32, _: Operands| put(c, list_len(c) != 0),
        |c: &mut Cursor, _: u32, _: Operands| put_full(c, list_len(c) != 0);
    /// A string is true if it has characters.
    both ToBoolStr = |c: &mut Cursor, _: u32, _: Operands| put(c, str_len(c) != 0),
        |c: &mut Cursor, _: u32, _: Operands| put_full(c, str_len(c) != 0);
    /// Instances of a class without `__bool__` and `__len__` are true.
    both ReplaceWithTrue = |c: &mut Cursor, _: u32, _: Operands| put(c, true),
        |c: &mut Cursor, _: u32, _: Operands| put_full(c, true);
}
