//! Arithmetic, comparison, truth, subscripts.

use std::ops::Range;

use taipan_bytecode::{BinaryOp, CompareMask, CompareOp};
use taipan_objects::class::Comparison;
use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value, bits};
use taipan_objects::{bail, protocol, slice};

use super::{close_quick, duplicate_quick, own_quick, would_die};
use crate::cursor::{Cursor, Step};
use crate::frame_stack::StackRef;

const ADD: u32 = BinaryOp::Add as u32;
const INPLACE_ADD: u32 = BinaryOp::InplaceAdd as u32;
const SUBTRACT: u32 = BinaryOp::Subtract as u32;
const INPLACE_SUBTRACT: u32 = BinaryOp::InplaceSubtract as u32;
const MULTIPLY: u32 = BinaryOp::Multiply as u32;
const INPLACE_MULTIPLY: u32 = BinaryOp::InplaceMultiply as u32;
const TRUE_DIVIDE: u32 = BinaryOp::TrueDivide as u32;
const AND: u32 = BinaryOp::And as u32;
const OR: u32 = BinaryOp::Or as u32;
const XOR: u32 = BinaryOp::Xor as u32;
const FLOOR_DIVIDE: u32 = BinaryOp::FloorDivide as u32;
const REMAINDER: u32 = BinaryOp::Remainder as u32;
const SUBSCRIPT: u32 = BinaryOp::Subscr as u32;

/// The operations on two immediates, whose results are immediates too.
#[inline(always)]
fn immediate(left: u64, right: u64, oparg: u32) -> u64 {
    if bits::is_int(left) && bits::is_int(right) {
        return match oparg {
            ADD | INPLACE_ADD => ((left - 1) as i64)
                .checked_add(right as i64)
                .map_or(0, |sum| sum as u64),
            SUBTRACT | INPLACE_SUBTRACT => (left as i64)
                .checked_sub((right - 1) as i64)
                .map_or(0, |difference| difference as u64),
            MULTIPLY | INPLACE_MULTIPLY => ((left - 1) as i64)
                .checked_mul(bits::to_small_int(right))
                .map_or(0, |product| product as u64 | 1),
            AND => left & right,
            OR => left | right,
            XOR => left ^ right | 1,
            FLOOR_DIVIDE | REMAINDER => {
                let (left, right) = (bits::to_small_int(left), bits::to_small_int(right));
                if right <= 0 || left < 0 {
                    return 0;
                }
                bits::from_small_int(if oparg == REMAINDER {
                    left % right
                } else {
                    left / right
                })
            }
            _ => 0,
        };
    }
    if bits::is_rotated_float(left) && bits::is_rotated_float(right) {
        let (left, right) = (bits::to_float(left), bits::to_float(right));
        let result = match oparg {
            ADD | INPLACE_ADD => left + right,
            SUBTRACT | INPLACE_SUBTRACT => left - right,
            MULTIPLY | INPLACE_MULTIPLY => left * right,
            TRUE_DIVIDE => left / right,
            _ => return 0,
        };
        return bits::from_float(result).unwrap_or(0);
    }
    0
}

/// `list[int]` and `tuple[int]` for exact types; 0 where it is something else.
#[inline(always)]
fn subscript_quick(container: StackRef, index: u64) -> StackRef {
    if !bits::is_pointer(container.0) || !bits::is_int(index) {
        return StackRef::NULL;
    }
    let position = bits::to_small_int(index);
    // SAFETY: the word is on the stack, so its object lives; the item is counted before anything else runs.
    unsafe {
        let view = container.view();
        if let Some(list) = view.downcast_exact::<List>() {
            let items = list.peek();
            let position = if position < 0 {
                position + items.len() as i64
            } else {
                position
            } as usize;
            return match items.get(position) {
                Some(item) => duplicate_quick(StackRef(item.bits())),
                None => StackRef::NULL,
            };
        }
        if let Some(tuple) = view.downcast_exact::<Tuple>() {
            let items = tuple.tail();
            let position = if position < 0 {
                position + items.len() as i64
            } else {
                position
            } as usize;
            return match items.get(position) {
                Some(item) => duplicate_quick(StackRef(item.bits())),
                None => StackRef::NULL,
            };
        }
    }
    StackRef::NULL
}

/// `dict[str]` for exact types, when the key is there.
#[inline(always)]
fn subscript_dict_quick(c: &mut Cursor) -> StackRef {
    let (container, key) = (c.word(1), c.word(0));
    if !bits::is_pointer(container.0) || !bits::is_pointer(key.0) {
        return StackRef::NULL;
    }
    // SAFETY: string lookup runs no foreign code. The key is given a reference of its own, so that the stack's word is a
    // `Ref` that can be lent: the address of a local would keep the dispatch from being a jump.
    unsafe {
        let view = container.view();
        let Some(dict) = view.downcast_exact::<Dict>() else {
            return StackRef::NULL;
        };
        if key.view().downcast_exact::<Str>().is_none() {
            return StackRef::NULL;
        }
        c.set_word(0, own_quick(key));
        let key = &*c.sp.sub(1).cast::<Ref<Str>>();
        match dict.peek_str(key) {
            Some(item) => duplicate_quick(StackRef(item.bits())),
            None => StackRef::NULL,
        }
    }
}

/// Code units of BINARY_OP with its cache.
pub(crate) const BINARY_OP_UNITS: u16 = 1 + taipan_bytecode::Opcode::BinaryOp.cache_units() as u16;

#[inline(always)]
pub(crate) fn binary_op(c: &mut Cursor, oparg: u32) -> bool {
    let (left, right) = (c.word(1), c.word(0));
    if oparg == SUBSCRIPT {
        if would_die(left) {
            return false;
        }
        let mut item = subscript_quick(left, right.0);
        if item.is_null() {
            item = subscript_dict_quick(c);
            if item.is_null() || would_die(c.word(0)) {
                // What was found is counted; the full body looks again.
                close_quick(item);
                return false;
            }
            close_quick(c.word(0));
        }
        close_quick(left);
        c.pop_word();
        c.set_word(0, item);
        return true;
    }
    let result = immediate(left.0, right.0, oparg);
    if result == 0 {
        return false;
    }
    c.pop_word();
    c.set_word(0, StackRef(result));
    true
}

pub(crate) fn binary_op_full(c: &mut Cursor, oparg: u32) -> Step {
    if oparg == INPLACE_ADD
        && let Some(done) = super::text::inplace_concat(c)
    {
        return done;
    }
    let result = {
        let (left, right) = (c.peek(1), c.peek(0));
        binary(&left, &right, oparg)?
    };
    replace_top_two(c, result);
    Ok(())
}

/// Puts a result in place of two operands, and releases them.
pub(crate) fn replace_top_two(c: &mut Cursor, result: Value) {
    let right = c.pop_word();
    let left = c.word(0);
    c.set_word(0, StackRef::from_value(result));
    // SAFETY: the words left the stack.
    unsafe {
        left.close();
        right.close();
    }
}

/// `left OP right` for the oparg of BINARY_OP.
pub(crate) fn binary(left: &Value, right: &Value, oparg: u32) -> PyResult<Value> {
    use protocol as p;
    match BinaryOp::from_number(oparg) {
        Some(BinaryOp::Add) => p::add(left, right),
        Some(BinaryOp::And) => p::and(left, right),
        Some(BinaryOp::FloorDivide) => p::floor_divide(left, right),
        Some(BinaryOp::LShift) => p::lshift(left, right),
        Some(BinaryOp::MatrixMultiply) => p::matrix_multiply(left, right),
        Some(BinaryOp::Multiply) => p::multiply(left, right),
        Some(BinaryOp::Remainder) => p::remainder(left, right),
        Some(BinaryOp::Or) => p::or(left, right),
        Some(BinaryOp::Power) => p::power(left, right, &Value::NONE),
        Some(BinaryOp::RShift) => p::rshift(left, right),
        Some(BinaryOp::Subtract) => p::subtract(left, right),
        Some(BinaryOp::TrueDivide) => p::true_divide(left, right),
        Some(BinaryOp::Xor) => p::xor(left, right),
        Some(BinaryOp::InplaceAdd) => p::inplace_add(left, right),
        Some(BinaryOp::InplaceAnd) => p::inplace_and(left, right),
        Some(BinaryOp::InplaceFloorDivide) => p::inplace_floor_divide(left, right),
        Some(BinaryOp::InplaceLShift) => p::inplace_lshift(left, right),
        Some(BinaryOp::InplaceMatrixMultiply) => p::inplace_matrix_multiply(left, right),
        Some(BinaryOp::InplaceMultiply) => p::inplace_multiply(left, right),
        Some(BinaryOp::InplaceRemainder) => p::inplace_remainder(left, right),
        Some(BinaryOp::InplaceOr) => p::inplace_or(left, right),
        Some(BinaryOp::InplacePower) => p::inplace_power(left, right),
        Some(BinaryOp::InplaceRShift) => p::inplace_rshift(left, right),
        Some(BinaryOp::InplaceSubtract) => p::inplace_subtract(left, right),
        Some(BinaryOp::InplaceTrueDivide) => p::inplace_true_divide(left, right),
        Some(BinaryOp::InplaceXor) => p::inplace_xor(left, right),
        Some(BinaryOp::Subscr) => p::getitem(left, right),
        None => bail!(SystemError, "bad operator number {oparg}"),
    }
}

pub(crate) fn comparison_of(oparg: u32) -> Comparison {
    match CompareOp::from_oparg(oparg) {
        Some(CompareOp::Lt) => Comparison::Lt,
        Some(CompareOp::Le) => Comparison::Le,
        Some(CompareOp::Ne) => Comparison::Ne,
        Some(CompareOp::Gt) => Comparison::Gt,
        Some(CompareOp::Ge) => Comparison::Ge,
        Some(CompareOp::Eq) | None => Comparison::Eq,
    }
}

/// The number behind an immediate word, if a float holds it exactly.
#[inline(always)]
pub(crate) fn number_quick(word: u64) -> Option<f64> {
    if bits::is_int(word) {
        let small = bits::to_small_int(word);
        (small.unsigned_abs() <= 1 << 53).then_some(small as f64)
    } else {
        float_quick(word)
    }
}

/// The float behind an immediate word.
#[inline(always)]
pub(crate) fn float_quick(word: u64) -> Option<f64> {
    if bits::is_rotated_float(word) {
        Some(bits::to_float(word))
    } else if word == bits::ZERO {
        Some(0.0)
    } else {
        None
    }
}

/// Whether the comparison that the oparg of COMPARE_OP names holds: its low bits say for which outcomes it does.
#[inline(always)]
pub(crate) fn compare_quick<T: PartialOrd>(oparg: u32, left: T, right: T) -> bool {
    let outcome = if left < right {
        CompareMask::LESS
    } else if left > right {
        CompareMask::GREATER
    } else if left == right {
        CompareMask::EQUAL
    } else {
        CompareMask::UNORDERED
    };
    oparg & u32::from(outcome.0) != 0
}

#[inline(always)]
pub(crate) fn compare_op(c: &mut Cursor, oparg: u32) -> bool {
    let done = compare_numbers(c, oparg);
    if done {
        super::jump_on_truth(c);
    }
    done
}

/// A comparison of numbers, without the jump behind it.
#[inline(always)]
pub(crate) fn compare_numbers(c: &mut Cursor, oparg: u32) -> bool {
    let (left, right) = (c.word(1).0, c.word(0).0);
    let holds = if bits::is_int(left) && bits::is_int(right) {
        compare_quick(oparg, left as i64, right as i64)
    } else if bits::is_rotated_float(left) && bits::is_rotated_float(right) {
        compare_quick(oparg, bits::to_float(left), bits::to_float(right))
    } else {
        let (Some(left), Some(right)) = (number_quick(left), number_quick(right)) else {
            return false;
        };
        compare_quick(oparg, left, right)
    };
    c.pop_word();
    c.set_word(0, StackRef(if holds { bits::TRUE } else { bits::FALSE }));
    true
}

pub(crate) fn compare_op_full(c: &mut Cursor, oparg: u32) -> Step {
    let result = {
        let (left, right) = (c.peek(1), c.peek(0));
        let answer = protocol::compare(&left, &right, comparison_of(oparg))?;
        if oparg & 16 != 0 {
            Value::from_bool(protocol::is_true(&answer)?)
        } else {
            answer
        }
    };
    replace_top_two(c, result);
    Ok(())
}

#[inline(always)]
pub(crate) fn is_op(c: &mut Cursor, oparg: u32) -> bool {
    let done = is_same(c, oparg);
    if done {
        super::jump_on_truth(c);
    }
    done
}

/// `is` and `is not`, without the jump behind them.
#[inline(always)]
pub(crate) fn is_same(c: &mut Cursor, oparg: u32) -> bool {
    let (left, right) = (c.word(1), c.word(0));
    if would_die(left) || would_die(right) {
        return false;
    }
    let same = left.value_bits() == right.value_bits();
    if same && left.0 & 0xf == 0 && right.0 & 0xf == 0 {
        return false;
    }
    close_quick(left);
    close_quick(right);
    c.pop_word();
    c.set_word(
        0,
        StackRef(if same != (oparg == 1) {
            bits::TRUE
        } else {
            bits::FALSE
        }),
    );
    true
}

pub(crate) fn is_op_full(c: &mut Cursor, oparg: u32) -> Step {
    let same = c.word(1).value_bits() == c.word(0).value_bits();
    replace_top_two(c, Value::from_bool(same != (oparg == 1)));
    Ok(())
}

pub(crate) fn contains_op(c: &mut Cursor, oparg: u32) -> Step {
    let found = {
        let (item, container) = (c.peek(1), c.peek(0));
        protocol::contains(&container, &item)?
    };
    replace_top_two(c, Value::from_bool(found != (oparg == 1)));
    Ok(())
}

/// The truth of an immediate word, or nothing.
#[inline(always)]
fn truth_quick(word: u64) -> Option<bool> {
    match word {
        bits::TRUE => Some(true),
        bits::FALSE | bits::NONE => Some(false),
        _ if bits::is_int(word) => Some(word != bits::from_small_int(0)),
        _ => None,
    }
}

#[inline(always)]
pub(crate) fn to_bool(c: &mut Cursor, _oparg: u32) -> bool {
    match truth_quick(c.word(0).0) {
        Some(truth) => {
            c.set_word(0, StackRef(if truth { bits::TRUE } else { bits::FALSE }));
            true
        }
        None => false,
    }
}

pub(crate) fn to_bool_full(c: &mut Cursor, _oparg: u32) -> Step {
    let truth = protocol::is_true(&c.peek(0))?;
    let word = c.word(0);
    c.set_word(0, StackRef(if truth { bits::TRUE } else { bits::FALSE }));
    // SAFETY: the word left the stack.
    unsafe { word.close() };
    Ok(())
}

#[inline(always)]
pub(crate) fn unary_not(c: &mut Cursor, _oparg: u32) {
    let is_true = c.word(0).0 == bits::TRUE;
    c.set_word(0, StackRef(if is_true { bits::FALSE } else { bits::TRUE }));
}

#[inline(always)]
pub(crate) fn unary_negative(c: &mut Cursor, _oparg: u32) -> bool {
    let word = c.word(0).0;
    if bits::is_rotated_float(word) {
        if let Some(negated) = bits::from_float(-bits::to_float(word)) {
            c.set_word(0, StackRef(negated));
            return true;
        }
        return false;
    }
    if bits::is_int(word)
        && let Some(negated) = 2i64.checked_sub(word as i64)
    {
        c.set_word(0, StackRef(negated as u64));
        return true;
    }
    false
}

fn unary(c: &mut Cursor, operation: fn(&Value) -> PyResult<Value>) -> Step {
    let result = operation(&c.peek(0))?;
    let word = c.word(0);
    c.set_word(0, StackRef::from_value(result));
    // SAFETY: the word left the stack.
    unsafe { word.close() };
    Ok(())
}

pub(crate) fn unary_negative_full(c: &mut Cursor, _oparg: u32) -> Step {
    unary(c, protocol::negative)
}

pub(crate) fn unary_invert(c: &mut Cursor, _oparg: u32) -> Step {
    unary(c, protocol::invert)
}

/// `list[int] = value` within bounds.
#[inline(always)]
pub(crate) fn store_subscr(c: &mut Cursor, _oparg: u32) -> bool {
    let (value, container, key) = (c.word(2), c.word(1), c.word(0).0);
    if !bits::is_pointer(container.0) || !bits::is_int(key) || would_die(container) {
        return false;
    }
    // SAFETY: the list does not die here; the old item is looked at before anything changes.
    unsafe {
        let view = container.view();
        let Some(list) = view.downcast_exact::<List>() else {
            return false;
        };
        let items = list.peek();
        let position = bits::to_small_int(key);
        let position = if position < 0 {
            position + items.len() as i64
        } else {
            position
        } as usize;
        let Some(old) = items.get(position) else {
            return false;
        };
        let old = StackRef(old.bits());
        if would_die(old) {
            return false;
        }
        let word = own_quick(value);
        std::mem::forget(list.set(position, Value::from_bits(word.0)));
        close_quick(old);
        close_quick(container);
    }
    c.pop_word();
    c.pop_word();
    c.pop_word();
    true
}

pub(crate) fn store_subscr_full(c: &mut Cursor, _oparg: u32) -> Step {
    {
        let (value, container, key) = (c.peek(2), c.peek(1), c.peek(0));
        if let Some(list) = container.downcast_exact::<List>()
            && let Some(index) = key.as_small_int()
            && let Some(index) = protocol::wrap_index(index as isize, list.len())
        {
            drop(list.set(index, value.clone()));
        } else {
            protocol::setitem(&container, &key, &value)?;
        }
    }
    c.drop_words(3);
    Ok(())
}

pub(crate) fn delete_subscr(c: &mut Cursor, _oparg: u32) -> Step {
    protocol::delitem(&c.peek(1), &c.peek(0))?;
    c.drop_words(2);
    Ok(())
}

fn make_slice(start: &Value, stop: &Value) -> Value {
    slice::Slice::new(start.clone(), stop.clone(), Value::NONE).into_value()
}

/// The bounds that two ends of a slice mean in a sequence of `len` items, if they are immediate ints or None.
fn bounds(start: &Value, stop: &Value, len: usize) -> Option<Range<usize>> {
    let end = |end: &Value, missing: usize| {
        if end.is_none() {
            return Some(missing);
        }
        let position = end.as_small_int()?;
        let position = if position < 0 {
            position.saturating_add(len as i64).max(0)
        } else {
            position
        };
        Some((position as usize).min(len))
    };
    let start = end(start, 0)?;
    Some(start..end(stop, len)?.max(start))
}

/// The slice of an exact list, tuple or string.
fn sliced(container: &Value, start: &Value, stop: &Value) -> Option<Value> {
    if let Some(list) = container.downcast_exact::<List>() {
        let range = bounds(start, stop, list.len())?;
        return Some(List::new(list.slice(range.start, range.end)).into_value());
    }
    if let Some(text) = container.downcast_exact::<Str>() {
        return Some(text.slice(bounds(start, stop, text.len())?).into_value());
    }
    let tuple = container.downcast_exact::<Tuple>()?;
    let range = bounds(start, stop, tuple.len())?;
    if range.len() == tuple.len() {
        return Some(tuple.to_value());
    }
    Some(Tuple::from_slice(&tuple.tail()[range]).into_value())
}

pub(crate) fn binary_slice(c: &mut Cursor, _oparg: u32) -> Step {
    let quick = sliced(&c.peek(2), &c.peek(1), &c.peek(0));
    if let Some(result) = quick {
        c.drop_words(3);
        c.push(result);
        return Ok(());
    }
    let result = {
        let key = make_slice(&c.peek(1), &c.peek(0));
        protocol::getitem(&c.peek(2), &key)?
    };
    c.drop_words(3);
    c.push(result);
    Ok(())
}

pub(crate) fn store_slice(c: &mut Cursor, _oparg: u32) -> Step {
    {
        let key = make_slice(&c.peek(1), &c.peek(0));
        protocol::setitem(&c.peek(2), &key, &c.peek(3))?;
    }
    c.drop_words(4);
    Ok(())
}
