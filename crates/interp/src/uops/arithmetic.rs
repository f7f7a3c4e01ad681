//! Arithmetic and comparison of exact ints, floats and strings.

use taipan_bytecode::{BinaryOp, Opcode};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value, bits};

use super::{Flow, Operands, uops};
use crate::bodies::{
    binary, close_quick, compare_quick, float_quick, number_quick, replace_top_two, would_die,
};
use crate::cursor::Cursor;
use crate::frame_stack::StackRef;
use taipan_objects::raised::PyResult;

/// Puts an immediate result in place of two immediate operands; 0 stands for none.
#[inline(always)]
fn put(c: &mut Cursor, result: u64) -> bool {
    if result == 0 {
        return false;
    }
    c.pop_word();
    c.set_word(0, StackRef(result));
    true
}

/// Both operands as tagged ints, if they are immediate.
#[inline(always)]
fn small(c: &Cursor) -> Option<(i64, i64)> {
    let (left, right) = (c.word(1).0, c.word(0).0);
    (left & right & 1 != 0).then_some((left as i64, right as i64))
}

/// Both operands as floats, if they are immediate.
#[inline(always)]
fn floats(c: &Cursor) -> Option<(f64, f64)> {
    Some((float_quick(c.word(1).0)?, float_quick(c.word(0).0)?))
}

#[inline(always)]
fn put_float(c: &mut Cursor, result: f64) -> bool {
    match bits::from_float(result) {
        Some(word) => put(c, word),
        None if result.to_bits() == 0 => put(c, bits::ZERO),
        None => false,
    }
}

/// The operation of the uop, on any operands.
fn general(c: &mut Cursor, operator: BinaryOp) -> PyResult<Flow> {
    let result = binary(&c.peek(1), &c.peek(0), operator as u32)?;
    replace_top_two(c, result);
    Ok(Flow::Next)
}

uops! {
    /// The sum of two ints.
    both BinaryOpAddInt = |c: &mut Cursor, _: u32, _: Operands| match small(c) {
        Some((left, right)) => put(c, (left - 1).checked_add(right).map_or(0, |sum| sum as u64)),
        None => false,
    }, |c: &mut Cursor, _: u32, _: Operands| general(c, BinaryOp::Add);
    /// The difference of two ints.
    both BinaryOpSubtractInt = |c: &mut Cursor, _: u32, _: Operands| match small(c) {
        Some((left, right)) => put(c, left.checked_sub(right - 1).map_or(0, |difference| difference as u64)),
        None => false,
    }, |c: &mut Cursor, _: u32, _: Operands| general(c, BinaryOp::Subtract);
    /// The product of two ints.
    both BinaryOpMultiplyInt = |c: &mut Cursor, _: u32, _: Operands| match small(c) {
        Some((left, right)) => put(
            c,
            (left - 1).checked_mul(bits::to_small_int(right as u64)).map_or(0, |product| product as u64 | 1),
        ),
        None => false,
    }, |c: &mut Cursor, _: u32, _: Operands| general(c, BinaryOp::Multiply);
    /// The sum of two floats.
    both BinaryOpAddFloat = |c: &mut Cursor, _: u32, _: Operands| match floats(c) {
        Some((left, right)) => put_float(c, left + right),
        None => false,
    }, |c: &mut Cursor, _: u32, _: Operands| general(c, BinaryOp::Add);
    /// The difference of two floats.
    both BinaryOpSubtractFloat = |c: &mut Cursor, _: u32, _: Operands| match floats(c) {
        Some((left, right)) => put_float(c, left - right),
        None => false,
    }, |c: &mut Cursor, _: u32, _: Operands| general(c, BinaryOp::Subtract);
    /// The product of two floats.
    both BinaryOpMultiplyFloat = |c: &mut Cursor, _: u32, _: Operands| match floats(c) {
        Some((left, right)) => put_float(c, left * right),
        None => false,
    }, |c: &mut Cursor, _: u32, _: Operands| general(c, BinaryOp::Multiply);
    /// Two strings as one.
    full BinaryOpAddUnicode = |c: &mut Cursor, _: u32, _: Operands| {
        let text = {
            let (left, right) = (c.peek(1), c.peek(0));
            // SAFETY: the guards in front saw two exact strings.
            unsafe { Str::concat(left.downcast_unchecked::<Str>(), right.downcast_unchecked::<Str>()) }
        };
        replace_top_two(c, text.into_value());
        Ok(Flow::Next)
    };
    /// `s += t` where the STORE_FAST behind it stores into the local that `s` came from: both at once.
    full BinaryOpInplaceAddUnicode = |c: &mut Cursor, oparg: u32, operands: Operands| inplace_add_unicode(c, oparg, operands);
    /// Holds if the operands are of the types that the cache names.
    quick GuardBinaryOpExtend = |c: &mut Cursor, _: u32, [kind, ..]: Operands| holds(kind, c.word(1), c.word(0));
    /// The operation on operands of the types that the cache names.
    both BinaryOpExtend = |c: &mut Cursor, oparg: u32, _: Operands| {
        let result = extended(oparg, c.word(1).0, c.word(0).0);
        put(c, result)
    }, |c: &mut Cursor, oparg: u32, _: Operands| {
        let result = binary(&c.peek(1), &c.peek(0), oparg)?;
        replace_top_two(c, result);
        Ok(Flow::Next)
    };
    /// Compares two ints.
    both CompareOpInt = |c: &mut Cursor, oparg: u32, _: Operands| match small(c) {
        Some((left, right)) => put_truth(c, compare_quick(oparg, left, right)),
        None => false,
    }, |c: &mut Cursor, oparg: u32, operands: Operands| compare(c, oparg, operands);
    /// Compares two floats.
    both CompareOpFloat = |c: &mut Cursor, oparg: u32, _: Operands| match floats(c) {
        Some((left, right)) => put_truth(c, compare_quick(oparg, left, right)),
        None => false,
    }, |c: &mut Cursor, oparg: u32, operands: Operands| compare(c, oparg, operands);
    /// Compares two strings for equality.
    both CompareOpStr = |c: &mut Cursor, oparg: u32, _: Operands| match differ_quick(c.word(1), c.word(0)) {
        Some(differ) => {
            close_quick(c.word(1));
            close_quick(c.word(0));
            put_truth(c, compare_quick(oparg, i64::from(differ), 0))
        }
        None => false,
    }, |c: &mut Cursor, oparg: u32, _: Operands| {
        let same = {
            let (left, right) = (c.peek(1), c.peek(0));
            // SAFETY: the guards in front saw two exact strings.
            unsafe { left.downcast_unchecked::<Str>().same_text(right.downcast_unchecked::<Str>()) }
        };
        replace_top_two(c, Value::from_bool(compare_quick(oparg, i64::from(!same), 0)));
        Ok(Flow::Next)
    };
}

/// Whether two exact strings differ, where that is seen without a look at their text and none of them dies.
#[inline(always)]
fn differ_quick(left: StackRef, right: StackRef) -> Option<bool> {
    if would_die(left) || would_die(right) {
        return None;
    }
    if left.value_bits() == right.value_bits() {
        // Two owned words may be all that holds the object.
        return ((left.0 | right.0) & 15 != 0).then_some(false);
    }
    // SAFETY: the guards in front saw two exact strings.
    unsafe {
        let (left, right) = (left.view(), right.view());
        let (left, right) = (
            left.downcast_unchecked::<Str>(),
            right.downcast_unchecked::<Str>(),
        );
        (left.len() != right.len() || left.is_interned() && right.is_interned()).then_some(true)
    }
}

fn compare(c: &mut Cursor, oparg: u32, _: Operands) -> PyResult<Flow> {
    crate::bodies::compare_op_full(c, oparg)?;
    Ok(Flow::Next)
}

#[inline(always)]
fn put_truth(c: &mut Cursor, holds: bool) -> bool {
    put(c, if holds { bits::TRUE } else { bits::FALSE })
}

fn inplace_add_unicode(c: &mut Cursor, _oparg: u32, _: Operands) -> PyResult<Flow> {
    let next = c.next_unit();
    if next & 0xff != Opcode::StoreFast as u16 {
        return Ok(Flow::Miss);
    }
    let flow = add_in_place(c, u32::from(next >> 8))?;
    if flow == Flow::Next {
        c.jump_forward(1);
    }
    Ok(flow)
}

/// Adds the text on top to the one below it, which came from a local, and stores the sum there.
pub(crate) fn add_in_place(c: &mut Cursor, local: u32) -> PyResult<Flow> {
    let place = c.local(local);
    let left = c.word(1);
    // SAFETY: the place is a local's. The left operand takes over the local's reference, so that the text can grow in
    // place; the local gets it back.
    unsafe {
        if (*place).value_bits() != left.value_bits() {
            return Ok(Flow::Miss);
        }
        let held = place.replace(StackRef::NULL);
        if left.is_borrowed() {
            c.set_word(1, held);
        } else {
            held.close();
        }
        let right = c.pop();
        let left = c.pop().into_ref::<Str>();
        let (Ok(left), Some(right)) = (left, right.downcast::<Str>()) else {
            return Ok(Flow::Miss);
        };
        let text: Ref<Str> = taipan_objects::str::append(left, right);
        *place = StackRef::from_value(text.into_value());
    }
    Ok(Flow::Next)
}

/// The operand types that `BINARY_OP_EXTEND` knows, as its cache holds them.
///
/// CPython has the bitwise operations on ints and those of a float and an int. Division, remainder and shifts of ints and
/// division of floats are ours: where numbers have no header they are as cheap as the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub(crate) enum Extension {
    Ints = 1,
    Floats = 2,
    FloatAndInt = 3,
    IntAndFloat = 4,
}

impl Extension {
    /// What the operation on two words is, if it is one.
    pub(crate) fn of(operator: BinaryOp, left: StackRef, right: StackRef) -> Option<Extension> {
        use BinaryOp as B;
        let kinds = [
            Extension::Ints,
            Extension::Floats,
            Extension::FloatAndInt,
            Extension::IntAndFloat,
        ];
        let kind = kinds
            .into_iter()
            .find(|kind| holds(*kind as u64, left, right))?;
        let known = match kind {
            Extension::Ints => !matches!(
                operator,
                B::Add
                    | B::InplaceAdd
                    | B::Subtract
                    | B::InplaceSubtract
                    | B::Multiply
                    | B::InplaceMultiply
                    | B::Power
                    | B::InplacePower
                    | B::MatrixMultiply
                    | B::InplaceMatrixMultiply
                    | B::Subscr
            ),
            Extension::Floats => matches!(operator, B::TrueDivide | B::InplaceTrueDivide),
            _ => matches!(
                operator,
                B::Add
                    | B::InplaceAdd
                    | B::Subtract
                    | B::InplaceSubtract
                    | B::Multiply
                    | B::InplaceMultiply
                    | B::TrueDivide
                    | B::InplaceTrueDivide
            ),
        };
        known.then_some(kind)
    }
}

/// Whether two words are of the types that the cache names.
#[inline(always)]
fn holds(kind: u64, left: StackRef, right: StackRef) -> bool {
    const INTS: u64 = Extension::Ints as u64;
    const FLOATS: u64 = Extension::Floats as u64;
    const FLOAT_AND_INT: u64 = Extension::FloatAndInt as u64;
    match kind {
        INTS => left.0 & right.0 & 1 != 0,
        FLOATS => float_quick(left.0).is_some() && float_quick(right.0).is_some(),
        FLOAT_AND_INT => float_quick(left.0).is_some() && bits::is_int(right.0),
        _ => bits::is_int(left.0) && float_quick(right.0).is_some(),
    }
}

/// The immediate result of an operation on two words that [`holds`] saw, or 0 where it is not immediate or an error.
#[inline(always)]
fn extended(operator: u32, left: u64, right: u64) -> u64 {
    const AND: u32 = BinaryOp::And as u32;
    const OR: u32 = BinaryOp::Or as u32;
    const XOR: u32 = BinaryOp::Xor as u32;
    const LSHIFT: u32 = BinaryOp::LShift as u32;
    const RSHIFT: u32 = BinaryOp::RShift as u32;
    const FLOOR_DIVIDE: u32 = BinaryOp::FloorDivide as u32;
    const REMAINDER: u32 = BinaryOp::Remainder as u32;
    const INPLACE: u32 = BinaryOp::InplaceAdd as u32 - BinaryOp::Add as u32;
    let operator = if operator >= INPLACE {
        operator - INPLACE
    } else {
        operator
    };
    if left & right & 1 != 0 {
        let (small_left, small_right) = (bits::to_small_int(left), bits::to_small_int(right));
        match operator {
            AND => return left & right,
            OR => return left | right,
            XOR => return left ^ right | 1,
            FLOOR_DIVIDE | REMAINDER => {
                // By -1 the least int has no immediate quotient.
                if small_right == 0 || small_right == -1 {
                    return 0;
                }
                let (quotient, rest) = (small_left / small_right, small_left % small_right);
                // Python rounds down, the machine towards zero.
                let differs = rest != 0 && (rest < 0) != (small_right < 0);
                return bits::from_small_int(if operator == REMAINDER {
                    rest + if differs { small_right } else { 0 }
                } else {
                    quotient - i64::from(differs)
                });
            }
            LSHIFT => {
                if !(0..62).contains(&small_right)
                    || small_left.unsigned_abs() >> (61 - small_right) != 0
                {
                    return 0;
                }
                return bits::from_small_int(small_left << small_right);
            }
            RSHIFT => {
                return if small_right < 0 {
                    0
                } else {
                    bits::from_small_int(small_left >> small_right.min(63))
                };
            }
            _ => {}
        }
    }
    mixed(operator, left, right)
}

/// Arithmetic of numbers of which one is a float, or a quotient.
#[inline(always)]
fn mixed(operator: u32, left: u64, right: u64) -> u64 {
    const ADD: u32 = BinaryOp::Add as u32;
    const SUBTRACT: u32 = BinaryOp::Subtract as u32;
    const MULTIPLY: u32 = BinaryOp::Multiply as u32;
    let (Some(left), Some(right)) = (number_quick(left), number_quick(right)) else {
        return 0;
    };
    let result = match operator {
        ADD => left + right,
        SUBTRACT => left - right,
        MULTIPLY => left * right,
        _ if right == 0.0 => return 0,
        _ => left / right,
    };
    match bits::from_float(result) {
        Some(word) => word,
        None if result.to_bits() == 0 => bits::ZERO,
        None => 0,
    }
}
