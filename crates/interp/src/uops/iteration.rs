//! Steps of iterators of exact types.

use taipan_objects::list::iterators::ListIterator;
use taipan_objects::range::RangeIterator;
use taipan_objects::tuple::iterator::TupleIterator;
use taipan_objects::value::{Value, bits};

use super::{Flow, is_exact, uops};
use crate::bodies::duplicate_quick;
use crate::cursor::Cursor;
use crate::frame_stack::StackRef;

/// The iterator on top, of the type that the check in front of this saw.
macro_rules! top {
    ($c:ident as $class:ty) => {
        // SAFETY: the check in front saw the type; the iterator stays on the stack.
        unsafe { &*std::ptr::from_ref(&**$c.peek(0).downcast_unchecked::<$class>()) }
    };
}

/// The loop is over: it goes on behind END_FOR, the iterator still on the stack.
#[inline(always)]
fn exhausted(c: &mut Cursor, oparg: u32) -> Flow {
    c.jump_forward(oparg + 1);
    Flow::Done
}

/// Pushes an item that its container keeps.
#[inline(always)]
fn push_item(c: &mut Cursor, item: Option<u64>) -> bool {
    match item {
        Some(item) => {
            c.push_word(duplicate_quick(StackRef(item)));
            true
        }
        None => false,
    }
}

/// Whether the list on whose iterator a loop stands has another item.
#[inline(always)]
pub(crate) fn list_goes_on(c: &Cursor) -> bool {
    let iterator = top!(c as ListIterator);
    // SAFETY: a look at the length.
    unsafe {
        iterator
            .list
            .peek()
            .is_some_and(|list| iterator.index.get() < list.len())
    }
}

/// The same; a list is let go of when its items are used up.
pub(crate) fn list_goes_on_or_ends(c: &Cursor) -> bool {
    let goes_on = list_goes_on(c);
    if !goes_on {
        top!(c as ListIterator).list.set(None);
    }
    goes_on
}

/// Whether the tuple on whose iterator a loop stands has another item.
#[inline(always)]
pub(crate) fn tuple_goes_on(c: &Cursor) -> bool {
    let iterator = top!(c as TupleIterator);
    // SAFETY: a look at the length.
    unsafe {
        iterator
            .tuple
            .peek()
            .is_some_and(|tuple| iterator.index.get() < tuple.len())
    }
}

/// The same; a tuple is let go of when its items are used up.
pub(crate) fn tuple_goes_on_or_ends(c: &Cursor) -> bool {
    let goes_on = tuple_goes_on(c);
    if !goes_on {
        top!(c as TupleIterator).tuple.set(None);
    }
    goes_on
}

/// Whether the range on whose iterator a loop stands has another int.
#[inline(always)]
pub(crate) fn range_goes_on(c: &Cursor) -> bool {
    top!(c as RangeIterator).left.get() > 0
}

uops! {
    /// Holds if the iterator is a list's.
    quick IterCheckList = |c: &mut Cursor, _: u32, _: Operands| is_exact::<ListIterator>(c.word(0));
    /// Leaves the loop if the list's items are used up.
    both IterJumpList = |c: &mut Cursor, _: u32, _: Operands| list_goes_on(c),
    |c: &mut Cursor, oparg: u32, _: Operands| Ok(match list_goes_on_or_ends(c) {
        true => Flow::Next,
        false => exhausted(c, oparg),
    });
    /// Pushes the list's next item.
    quick IterNextList = |c: &mut Cursor, _: u32, _: Operands| {
        let iterator = top!(c as ListIterator);
        let index = iterator.index.get();
        // SAFETY: the item is counted at once.
        let item = unsafe { iterator.list.peek().and_then(|list| list.peek().get(index)).map(Value::bits) };
        iterator.index.set(index + 1);
        push_item(c, item)
    };
    /// Holds if the iterator is a tuple's.
    quick IterCheckTuple = |c: &mut Cursor, _: u32, _: Operands| is_exact::<TupleIterator>(c.word(0));
    /// Leaves the loop if the tuple's items are used up.
    both IterJumpTuple = |c: &mut Cursor, _: u32, _: Operands| tuple_goes_on(c),
    |c: &mut Cursor, oparg: u32, _: Operands| Ok(match tuple_goes_on_or_ends(c) {
        true => Flow::Next,
        false => exhausted(c, oparg),
    });
    /// Pushes the tuple's next item.
    quick IterNextTuple = |c: &mut Cursor, _: u32, _: Operands| {
        let iterator = top!(c as TupleIterator);
        let index = iterator.index.get();
        // SAFETY: the item is counted at once.
        let item = unsafe { iterator.tuple.peek().and_then(|tuple| tuple.tail().get(index)).map(Value::bits) };
        iterator.index.set(index + 1);
        push_item(c, item)
    };
    /// Holds if the iterator is a range's, within 64 bits.
    quick IterCheckRange = |c: &mut Cursor, _: u32, _: Operands| is_exact::<RangeIterator>(c.word(0));
    /// Leaves the loop if the range is used up.
    quick IterJumpRange = |c: &mut Cursor, oparg: u32, _: Operands| {
        if range_goes_on(c) { Flow::Next } else { exhausted(c, oparg) }
    };
    /// Pushes the range's next int.
    both IterNextRange = |c: &mut Cursor, _: u32, _: Operands| {
        let iterator = top!(c as RangeIterator);
        let next = iterator.next.get();
        if next << 1 >> 1 != next {
            return Flow::Miss;
        }
        iterator.advance();
        c.push_word(StackRef(bits::from_small_int(next)));
        Flow::Next
    }, |c: &mut Cursor, _: u32, _: Operands| {
        if let Some(next) = top!(c as RangeIterator).advance() {
            c.push(taipan_objects::int::new(next));
        }
        Ok(Flow::Next)
    };
}
