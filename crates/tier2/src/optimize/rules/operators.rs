//! Arithmetic, comparisons, subscripts and builders: what type comes out, and with constants what value.

use taipan_bytecode::{BinaryOp, Uop};
use taipan_interp::fold;
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::float::Float;
use taipan_objects::int::Int;
use taipan_objects::list::List;
use taipan_objects::set::Set;
use taipan_objects::singletons::Bool;
use taipan_objects::slice::Slice;
use taipan_objects::str::Str;
use taipan_objects::value::Value;

use super::super::driver::{Pass, Rewrite};
use super::Ruled;
use crate::symbols::{Halt, SymId};
use taipan_interp::traces::Instruction;

/// The bit of COMPARE_OP's oparg that asks for a bool.
const AS_BOOL: u32 = 16;

/// The rule of an operator, if the uop is one.
pub(super) fn apply(pass: &mut Pass, instruction: &Instruction) -> Option<Ruled> {
    let oparg = u32::from(instruction.oparg);
    Some(match instruction.uop() {
        Uop::BinaryOpAddInt => arithmetic::<Int>(pass, BinaryOp::Add),
        Uop::BinaryOpSubtractInt => arithmetic::<Int>(pass, BinaryOp::Subtract),
        Uop::BinaryOpMultiplyInt => arithmetic::<Int>(pass, BinaryOp::Multiply),
        Uop::BinaryOpAddFloat => arithmetic::<Float>(pass, BinaryOp::Add),
        Uop::BinaryOpSubtractFloat => arithmetic::<Float>(pass, BinaryOp::Subtract),
        Uop::BinaryOpMultiplyFloat => arithmetic::<Float>(pass, BinaryOp::Multiply),
        Uop::BinaryOpAddUnicode => arithmetic::<Str>(pass, BinaryOp::Add),
        Uop::BinaryOpInplaceAddUnicode => inplace_add(pass, instruction),
        Uop::BinaryOp => binary(pass, oparg),
        Uop::BinaryOpSubscrStrInt => result_of::<Str>(pass, 2),
        Uop::BinaryOpSubscrTupleInt => tuple_item(pass),
        Uop::BinaryOpSubscrInitCall => Err(Halt::Unpredictable),
        Uop::CompareOp => match oparg & AS_BOOL {
            0 => result(pass, 2, |pass| pass.context.symbols.not_null()),
            _ => truth(pass, 2),
        },
        Uop::CompareOpInt => compare_ints(pass, oparg),
        Uop::CompareOpFloat | Uop::CompareOpStr => truth(pass, 2),
        Uop::IsOp | Uop::ContainsOp => truth(pass, 2),
        Uop::ContainsOpDict | Uop::ContainsOpSet => truth(pass, 2),
        Uop::BuildList => result_of::<List>(pass, oparg as usize),
        Uop::BuildSet => result_of::<Set>(pass, oparg as usize),
        Uop::BuildMap => result_of::<Dict>(pass, 2 * oparg as usize),
        Uop::BuildSlice => result_of::<Slice>(pass, oparg as usize),
        Uop::BuildString => result_of::<Str>(pass, oparg as usize),
        Uop::IterNextRange => result_of::<Int>(pass, 0),
        _ => return None,
    })
}

/// Takes so many inputs and leaves what `make` makes.
fn result(
    pass: &mut Pass,
    inputs: usize,
    make: impl FnOnce(&mut Pass) -> Result<SymId, Halt>,
) -> Ruled {
    let result = make(pass)?;
    pass.context.drop_values(inputs)?;
    pass.context.push(result);
    Ok(Rewrite::Keep)
}

/// Takes so many inputs and leaves a `T`.
pub(super) fn result_of<T: Payload>(pass: &mut Pass, inputs: usize) -> Ruled {
    result(pass, inputs, |pass| pass.context.symbols.of::<T>())
}

fn truth(pass: &mut Pass, inputs: usize) -> Ruled {
    result(pass, inputs, |pass| {
        pass.context.symbols.of_type(Bool::class())
    })
}

/// What the operator makes of the two values on top, if both are known and computing it raises nothing.
fn folded(pass: &mut Pass, operator: BinaryOp) -> Result<Option<Value>, Halt> {
    let (left, right) = (pass.context.peek(1)?, pass.context.peek(0)?);
    let symbols = &mut pass.context.symbols;
    let (Some(left), Some(right)) = (symbols.known_value(left), symbols.known_value(right)) else {
        return Ok(None);
    };
    Ok(fold::binary(&left, &right, operator as u32).ok())
}

/// Two operands of a type, and a result of it. Of constants the result is known; an immediate one is loaded instead.
fn arithmetic<T: Payload>(pass: &mut Pass, operator: BinaryOp) -> Ruled {
    let Some(value) = folded(pass, operator)? else {
        return result_of::<T>(pass, 2);
    };
    result(pass, 2, |pass| pass.context.symbols.constant(&value))?;
    if value.is_pointer() {
        return Ok(Rewrite::Keep);
    }
    Ok(Rewrite::Replace(
        Uop::PopTwoLoadConstInlineBorrow,
        value.bits(),
    ))
}

/// `s += t` into the local that `s` came from; nothing is pushed.
fn inplace_add(pass: &mut Pass, instruction: &Instruction) -> Ruled {
    let result = match folded(pass, BinaryOp::Add)? {
        Some(value) => pass.context.symbols.constant(&value)?,
        None => pass.context.symbols.of::<Str>()?,
    };
    pass.context.drop_values(2)?;
    pass.context
        .set_local(instruction.operand0 as u32, result)?;
    Ok(Rewrite::Keep)
}

/// `BINARY_OP` on ints and floats that no specialized opcode is for.
fn binary(pass: &mut Pass, oparg: u32) -> Ruled {
    let result = numeric_result(pass, oparg)?;
    pass.context.drop_values(2)?;
    pass.context.push(result);
    Ok(Rewrite::Keep)
}

fn numeric_result(pass: &mut Pass, oparg: u32) -> Result<SymId, Halt> {
    let (left, right) = (pass.context.peek(1)?, pass.context.peek(0)?);
    let symbols = &mut pass.context.symbols;
    let (left_float, right_float) = (symbols.is_of::<Float>(left), symbols.is_of::<Float>(right));
    let is_number = |symbols: &crate::symbols::Symbols, value, is_float| {
        is_float || symbols.is_of::<Int>(value)
    };
    if !is_number(symbols, left, left_float) || !is_number(symbols, right, right_float) {
        return symbols.unknown();
    }
    match BinaryOp::from_number(oparg) {
        Some(BinaryOp::Power | BinaryOp::InplacePower) => {
            if right_float {
                // A negative base makes it complex.
                return symbols.unknown();
            }
            if left_float {
                return symbols.of::<Float>();
            }
            match symbols.known_value(right) {
                None => symbols.unknown(),
                Some(exponent) if is_negative(&exponent) => symbols.of::<Float>(),
                Some(_) => symbols.of::<Int>(),
            }
        }
        Some(BinaryOp::TrueDivide | BinaryOp::InplaceTrueDivide) => symbols.of::<Float>(),
        _ if left_float || right_float => symbols.of::<Float>(),
        _ => symbols.of::<Int>(),
    }
}

fn is_negative(int: &Value) -> bool {
    match int.as_small_int() {
        Some(value) => value < 0,
        None => taipan_objects::int::is_negative(int),
    }
}

/// An item of a tuple whose length, and an index that, is known.
fn tuple_item(pass: &mut Pass) -> Ruled {
    let (tuple, index) = (pass.context.peek(1)?, pass.context.peek(0)?);
    let symbols = &mut pass.context.symbols;
    let index = symbols
        .known_value(index)
        .and_then(|index| index.as_small_int());
    let known = match (index, symbols.tuple_length(tuple)) {
        (Some(index), Some(length)) => usize::try_from(index).ok().filter(|index| *index < length),
        _ => None,
    };
    let item = match known {
        Some(index) => symbols.tuple_item(tuple, index)?,
        None => symbols.not_null()?,
    };
    pass.context.drop_values(2)?;
    pass.context.push(item);
    Ok(Rewrite::Keep)
}

fn compare_ints(pass: &mut Pass, oparg: u32) -> Ruled {
    let (left, right) = (pass.context.peek(1)?, pass.context.peek(0)?);
    let symbols = &mut pass.context.symbols;
    let known = match (symbols.known_value(left), symbols.known_value(right)) {
        (Some(left), Some(right)) => fold::compare(&left, &right, oparg).ok(),
        _ => None,
    };
    let Some(holds) = known else {
        return truth(pass, 2);
    };
    let value = Value::from_bool(holds);
    result(pass, 2, |pass| pass.context.symbols.constant(&value))?;
    Ok(Rewrite::Replace(
        Uop::PopTwoLoadConstInlineBorrow,
        value.bits(),
    ))
}
