//! BINARY_OP, COMPARE_OP, CONTAINS_OP, STORE_SUBSCR, TO_BOOL, UNPACK_SEQUENCE: by the exact types of the operands.

use taipan_bytecode::{BinaryOp, Opcode};
use taipan_objects::dict::Dict;
use taipan_objects::id;
use taipan_objects::list::List;
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::slice::Slice;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::bits;

use super::stats::Failure;
use super::{Found, Site};
use crate::cursor::Cursor;
use crate::frame_stack::StackRef;
use crate::function::Function;
use crate::uops::{Extension, class_of, is_exact, is_exact_float, is_exact_int};

/// The operands' types and the operator.
pub(crate) fn binary_op(site: &Site, c: &Cursor, oparg: u32) -> Found {
    let (left, right) = (c.word(1), c.word(0));
    let operator = BinaryOp::from_number(oparg).ok_or(Failure::OtherType)?;
    let ints = is_exact_int(left) && is_exact_int(right);
    let floats = is_exact_float(left) && is_exact_float(right);
    let found = match operator {
        BinaryOp::Add | BinaryOp::InplaceAdd => {
            if is_exact::<Str>(left) && is_exact::<Str>(right) {
                if adds_in_place(c, left) {
                    Some(Opcode::BinaryOpInplaceAddUnicode)
                } else {
                    Some(Opcode::BinaryOpAddUnicode)
                }
            } else {
                by_type(
                    ints,
                    Opcode::BinaryOpAddInt,
                    floats,
                    Opcode::BinaryOpAddFloat,
                )
            }
        }
        BinaryOp::Subtract | BinaryOp::InplaceSubtract => by_type(
            ints,
            Opcode::BinaryOpSubtractInt,
            floats,
            Opcode::BinaryOpSubtractFloat,
        ),
        BinaryOp::Multiply | BinaryOp::InplaceMultiply => by_type(
            ints,
            Opcode::BinaryOpMultiplyInt,
            floats,
            Opcode::BinaryOpMultiplyFloat,
        ),
        BinaryOp::Subscr => return subscript(left, right),
        _ => None,
    };
    if let Some(member) = found {
        return Ok(member);
    }
    let kind = Extension::of(operator, left, right).ok_or(Failure::OtherType)?;
    site.put_u64(1, kind as u64);
    Ok(Opcode::BinaryOpExtend)
}

fn by_type(ints: bool, int: Opcode, floats: bool, float: Opcode) -> Option<Opcode> {
    if ints {
        Some(int)
    } else if floats {
        Some(float)
    } else {
        None
    }
}

/// Whether the next instruction stores into the local that the left operand came from.
fn adds_in_place(c: &Cursor, left: StackRef) -> bool {
    let next = c.next_unit();
    // SAFETY: the place is a local's.
    next & 0xff == Opcode::StoreFast as u16
        && unsafe { (*c.local(u32::from(next >> 8))).value_bits() == left.value_bits() }
}

fn subscript(container: StackRef, key: StackRef) -> Found {
    let small = bits::is_int(key.0);
    if is_exact::<List>(container) {
        if small {
            return Ok(Opcode::BinaryOpSubscrListInt);
        }
        return if is_exact::<Slice>(key) {
            Ok(Opcode::BinaryOpSubscrListSlice)
        } else {
            Err(Failure::OtherType)
        };
    }
    if is_exact::<Tuple>(container) && small {
        return Ok(Opcode::BinaryOpSubscrTupleInt);
    }
    if is_exact::<Str>(container) && small {
        return Ok(Opcode::BinaryOpSubscrStrInt);
    }
    if is_exact::<Dict>(container) {
        return Ok(Opcode::BinaryOpSubscrDict);
    }
    let class = class_of(container).ok_or(Failure::OtherType)?;
    if !class.is_heap() || class.version_tag() == 0 {
        return Err(Failure::OtherType);
    }
    let getitem = class.lookup(id!("__getitem__")).ok_or(Failure::Absent)?;
    let function = getitem
        .downcast_exact::<Function>()
        .ok_or(Failure::OtherType)?;
    let code = function.code();
    if !code.is_simple || code.arg_count != 2 {
        return Err(Failure::ComplexParameters);
    }
    class.special.getitem.set(getitem.bits());
    Ok(Opcode::BinaryOpSubscrGetitem)
}

/// The operands' types; strings only for equality.
pub(crate) fn compare_op(_: &Site, c: &Cursor, oparg: u32) -> Found {
    let (left, right) = (c.word(1), c.word(0));
    if is_exact_int(left) && is_exact_int(right) {
        // Ints that are not immediate are rare: they stay with the general opcode, as those that are not compact do in CPython.
        return if left.0 & right.0 & 1 != 0 {
            Ok(Opcode::CompareOpInt)
        } else {
            Err(Failure::OutOfRange)
        };
    }
    if is_exact_float(left) && is_exact_float(right) {
        return Ok(Opcode::CompareOpFloat);
    }
    if is_exact::<Str>(left) && is_exact::<Str>(right) {
        return if matches!(oparg >> 5, 2 | 3) {
            Ok(Opcode::CompareOpStr)
        } else {
            Err(Failure::Ordering)
        };
    }
    Err(Failure::OtherType)
}

/// The container's type.
pub(crate) fn contains_op(_: &Site, c: &Cursor, _: u32) -> Found {
    let container = c.word(0);
    if is_exact::<Dict>(container) {
        Ok(Opcode::ContainsOpDict)
    } else if is_exact::<Set>(container) || is_exact::<FrozenSet>(container) {
        Ok(Opcode::ContainsOpSet)
    } else {
        Err(Failure::OtherType)
    }
}

/// The container's type.
pub(crate) fn store_subscr(_: &Site, c: &Cursor, _: u32) -> Found {
    let (container, key) = (c.word(1), c.word(0));
    if is_exact::<List>(container) {
        return if bits::is_int(key.0) {
            Ok(Opcode::StoreSubscrListInt)
        } else {
            Err(Failure::OtherType)
        };
    }
    if is_exact::<Dict>(container) {
        return Ok(Opcode::StoreSubscrDict);
    }
    Err(Failure::OtherType)
}

/// The value's type.
pub(crate) fn to_bool(site: &Site, c: &Cursor, _: u32) -> Found {
    let word = c.word(0);
    match word.0 {
        bits::TRUE | bits::FALSE => return Ok(Opcode::ToBoolBool),
        bits::NONE => return Ok(Opcode::ToBoolNone),
        _ if is_exact_int(word) => return Ok(Opcode::ToBoolInt),
        _ => {}
    }
    if is_exact::<List>(word) {
        return Ok(Opcode::ToBoolList);
    }
    if is_exact::<Str>(word) {
        return Ok(Opcode::ToBoolStr);
    }
    let class = class_of(word).ok_or(Failure::OtherType)?;
    if class.slots.bool.get().is_some() || class.slots.len.get().is_some() {
        return Err(Failure::OtherType);
    }
    match class.version_tag() {
        0 => Err(Failure::NoVersion),
        version => {
            site.put_u32(1, version);
            Ok(Opcode::ToBoolAlwaysTrue)
        }
    }
}

/// The sequence's type and length.
pub(crate) fn unpack_sequence(_: &Site, c: &Cursor, oparg: u32) -> Found {
    let word = c.word(0);
    let view = c.peek(0);
    let expected = oparg as usize;
    if is_exact::<Tuple>(word) {
        let fits = view
            .downcast_exact::<Tuple>()
            .is_some_and(|tuple| tuple.len() == expected);
        return match (fits, expected) {
            (true, 2) => Ok(Opcode::UnpackSequenceTwoTuple),
            (true, _) => Ok(Opcode::UnpackSequenceTuple),
            (false, _) => Err(Failure::WrongLength),
        };
    }
    if is_exact::<List>(word) {
        let fits = view
            .downcast_exact::<List>()
            .is_some_and(|list| list.len() == expected);
        return if fits {
            Ok(Opcode::UnpackSequenceList)
        } else {
            Err(Failure::WrongLength)
        };
    }
    Err(Failure::OtherType)
}
