//! Subscripts of exact lists, tuples, strings and dicts.

use taipan_objects::dict::Dict;
use taipan_objects::exceptions;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value, bits};

use super::{Flow, Operands, is_exact, uops};
use crate::bodies::{close_quick, duplicate_quick, own_quick, replace_top_two, would_die};
use crate::cursor::Cursor;
use crate::frame_stack::StackRef;

/// The place that an immediate int names in a sequence of `len` items. Compact ints only, as in CPython: negative ones
/// miss there and count from the end here.
#[inline(always)]
fn place(index: u64, len: usize) -> Option<usize> {
    if !bits::is_int(index) {
        return None;
    }
    let index = bits::to_small_int(index);
    let index = if index < 0 { index + len as i64 } else { index } as usize;
    (index < len).then_some(index)
}

/// Puts an item in place of its container, which does not die, and of the index, which is immediate.
#[inline(always)]
fn put_item(c: &mut Cursor, item: u64) {
    let item = duplicate_quick(StackRef(item));
    close_quick(c.word(1));
    c.pop_word();
    c.set_word(0, item);
}

/// The item of an exact list or tuple at the index on top.
#[inline(always)]
fn item_at(c: &Cursor, items: &[Value]) -> Option<u64> {
    let index = place(c.word(0).0, items.len())?;
    Some(items[index].bits())
}

/// As the quick bodies, where the container dies.
fn put_item_full(c: &mut Cursor, item: Option<Value>) -> PyResult<Flow> {
    let Some(item) = item else {
        return Ok(Flow::Miss);
    };
    replace_top_two(c, item);
    Ok(Flow::Next)
}

/// The bits of the value of the string key on top in the dict behind it, or 0. A call, because a search has locals with
/// addresses.
///
/// # Safety
/// An exact dict and an owned exact string end below `sp`; the value is counted before anything else happens.
#[inline(never)]
unsafe fn entry(sp: *const StackRef) -> u64 {
    // SAFETY: by contract.
    unsafe {
        let dict = (*sp.sub(2)).view();
        let key = &*sp.sub(1).cast::<Ref<Str>>();
        dict.downcast_unchecked::<Dict>()
            .peek_str(key)
            .map_or(0, Value::bits)
    }
}

uops! {
    /// `list[int]`.
    both BinaryOpSubscrListInt = |c: &mut Cursor, _: u32, _: Operands| {
        if would_die(c.word(1)) {
            return Flow::Miss;
        }
        // SAFETY: the guard in front saw an exact list, which stays alive; the item is counted at once.
        let item = unsafe { item_at(c, c.peek(1).downcast_unchecked::<List>().peek()) };
        match item {
            Some(item) => {
                put_item(c, item);
                Flow::Next
            }
            None => Flow::Miss,
        }
    }, |c: &mut Cursor, _: u32, _: Operands| {
        // SAFETY: as above.
        let item = unsafe {
            let list = c.peek(1);
            let list = list.downcast_unchecked::<List>();
            place(c.word(0).0, list.len()).and_then(|index| list.get(index))
        };
        put_item_full(c, item)
    };
    /// `tuple[int]`.
    both BinaryOpSubscrTupleInt = |c: &mut Cursor, _: u32, _: Operands| {
        if would_die(c.word(1)) {
            return Flow::Miss;
        }
        // SAFETY: the guard in front saw an exact tuple, which stays alive; the item is counted at once.
        let item = unsafe { item_at(c, c.peek(1).downcast_unchecked::<Tuple>().tail()) };
        match item {
            Some(item) => {
                put_item(c, item);
                Flow::Next
            }
            None => Flow::Miss,
        }
    }, |c: &mut Cursor, _: u32, _: Operands| {
        // SAFETY: as above.
        let item = unsafe {
            let tuple = c.peek(1);
            let items = tuple.downcast_unchecked::<Tuple>().tail();
            place(c.word(0).0, items.len()).map(|index| items[index].clone())
        };
        put_item_full(c, item)
    };
    /// `str[int]`.
    full BinaryOpSubscrStrInt = |c: &mut Cursor, _: u32, _: Operands| {
        // SAFETY: the guard in front saw an exact string.
        let character = unsafe {
            let text = c.peek(1);
            let text = text.downcast_unchecked::<Str>();
            place(c.word(0).0, text.len()).and_then(|index| text.item(index))
        };
        put_item_full(c, character.map(Ref::into_value))
    };
    /// `list[slice]`.
    full BinaryOpSubscrListSlice = |c: &mut Cursor, _: u32, _: Operands| {
        let items = protocol::getitem(&c.peek(1), &c.peek(0))?;
        replace_top_two(c, items);
        Ok(Flow::Next)
    };
    /// `dict[key]`.
    both BinaryOpSubscrDict = |c: &mut Cursor, _: u32, _: Operands| {
        let (container, key) = (c.word(1), c.word(0));
        if would_die(container) || would_die(key) || !is_exact::<Str>(key) {
            return Flow::Miss;
        }
        // SAFETY: string lookup runs no foreign code. The key gets a reference of its own, so that the stack's word is a
        // `Ref` that can be lent: the address of a local would keep the dispatch from being a jump.
        let item = unsafe {
            c.set_word(0, own_quick(key));
            entry(c.sp)
        };
        if item == 0 {
            return Flow::Miss;
        }
        let item = duplicate_quick(StackRef(item));
        close_quick(c.word(0));
        close_quick(container);
        c.pop_word();
        c.set_word(0, item);
        Flow::Next
    }, |c: &mut Cursor, _: u32, _: Operands| {
        let found = {
            let (dict, key) = (c.peek(1), c.peek(0));
            // SAFETY: the guard in front saw an exact dict.
            match unsafe { dict.downcast_unchecked::<Dict>() }.get(&key)? {
                Some(found) => found,
                None => return Err(exceptions::key_error(&key)),
            }
        };
        replace_top_two(c, found);
        Ok(Flow::Next)
    };
    /// `list[int] = value`, within bounds.
    both StoreSubscrListInt = |c: &mut Cursor, oparg: u32, _: Operands| crate::bodies::store_subscr(c, oparg),
        |c: &mut Cursor, _: u32, _: Operands| {
            // SAFETY: the guard in front saw an exact list.
            let old = unsafe {
                let list = c.peek(1);
                let list = list.downcast_unchecked::<List>();
                let Some(index) = place(c.word(0).0, list.len()) else {
                    return Ok(Flow::Miss);
                };
                c.pop_word();
                let value = own_quick(c.word(1));
                list.set(index, Value::from_bits(value.0))
            };
            let list = c.pop_word();
            c.pop_word();
            drop(old);
            // SAFETY: the word left the stack.
            unsafe { list.close() };
            Ok(Flow::Next)
        };
    /// `dict[key] = value`.
    full StoreSubscrDict = |c: &mut Cursor, _: u32, _: Operands| {
        {
            let (value, dict, key) = (c.peek(2), c.peek(1), c.peek(0));
            // SAFETY: the guard in front saw an exact dict.
            unsafe { dict.downcast_unchecked::<Dict>() }.set(key.clone(), value.clone())?;
        }
        c.drop_words(3);
        Ok(Flow::Next)
    };
    /// `key in set`.
    full ContainsOpSet = |c: &mut Cursor, oparg: u32, _: Operands| {
        let found = {
            let (item, set) = (c.peek(1), c.peek(0));
            match set.downcast_exact::<Set>() {
                Some(set) => set.contains(&item)?,
                // SAFETY: the guard in front saw one of the two.
                None => unsafe { set.downcast_unchecked::<FrozenSet>() }.contains(&item)?,
            }
        };
        replace_top_two(c, Value::from_bool(found != (oparg == 1)));
        Ok(Flow::Next)
    };
    /// `key in dict`.
    full ContainsOpDict = |c: &mut Cursor, oparg: u32, _: Operands| {
        let found = {
            let (item, dict) = (c.peek(1), c.peek(0));
            // SAFETY: the guard in front saw an exact dict.
            unsafe { dict.downcast_unchecked::<Dict>() }.contains(&item)?
        };
        replace_top_two(c, Value::from_bool(found != (oparg == 1)));
        Ok(Flow::Next)
    };
    /// Takes a pair apart.
    both UnpackSequenceTwoTuple = |c: &mut Cursor, oparg: u32, operands: Operands| unpack_tuple(c, oparg, operands),
        |c: &mut Cursor, oparg: u32, operands: Operands| unpack_dying_tuple(c, oparg, operands);
    /// Takes a tuple apart.
    both UnpackSequenceTuple = |c: &mut Cursor, oparg: u32, operands: Operands| unpack_tuple(c, oparg, operands),
        |c: &mut Cursor, oparg: u32, operands: Operands| unpack_dying_tuple(c, oparg, operands);
    /// Takes a list apart.
    both UnpackSequenceList = |c: &mut Cursor, oparg: u32, _: Operands| {
        let word = c.word(0);
        // SAFETY: the guard in front saw an exact list, which does not die.
        unsafe {
            let list = word.view();
            let items = list.downcast_unchecked::<List>().peek();
            if items.len() != oparg as usize || would_die(word) {
                return Flow::Miss;
            }
            push_items(c, items);
        }
        close_quick(word);
        Flow::Next
    }, |c: &mut Cursor, oparg: u32, _: Operands| {
        // SAFETY: as above.
        let items = unsafe { c.peek(0).downcast_unchecked::<List>().to_vec() };
        if items.len() != oparg as usize {
            return Ok(Flow::Miss);
        }
        c.drop_words(1);
        items.into_iter().rev().for_each(|item| c.push(item));
        Ok(Flow::Next)
    };
}

/// Replaces the top by counted items, the first one on top.
#[inline(always)]
fn push_items(c: &mut Cursor, items: &[Value]) {
    c.pop_word();
    let mut index = items.len();
    while index > 0 {
        index -= 1;
        c.push_word(duplicate_quick(StackRef(items[index].bits())));
    }
}

#[inline(always)]
fn unpack_tuple(c: &mut Cursor, oparg: u32, _: Operands) -> Flow {
    let word = c.word(0);
    // SAFETY: the guard in front saw an exact tuple, which does not die.
    unsafe {
        let tuple = word.view();
        let items = tuple.downcast_unchecked::<Tuple>().tail();
        if items.len() != oparg as usize || would_die(word) {
            return Flow::Miss;
        }
        push_items(c, items);
    }
    close_quick(word);
    Flow::Next
}

/// A tuple that dies here, such as a call's result, gives its items up.
fn unpack_dying_tuple(c: &mut Cursor, oparg: u32, _: Operands) -> PyResult<Flow> {
    let word = c.word(0);
    // SAFETY: the guard in front saw an exact tuple, which is kept until its items are counted.
    unsafe {
        let tuple = word.view();
        let items = tuple.downcast_unchecked::<Tuple>().tail();
        if items.len() != oparg as usize {
            return Ok(Flow::Miss);
        }
        push_items(c, items);
        word.close();
    }
    Ok(Flow::Next)
}
