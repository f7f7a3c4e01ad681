//! Truth and branches: what a value's truth says of the value, and which way a branch goes that is known.

use taipan_bytecode::Uop;
use taipan_objects::class::Payload;
use taipan_objects::int::Int;
use taipan_objects::singletons::Bool;
use taipan_objects::value::Value;

use super::super::driver::{Pass, Rewrite};
use super::Ruled;
use crate::symbols::{Halt, SymId};
use taipan_interp::traces::Instruction;

/// The rule of a truth test or a branch, if the uop is one.
pub(super) fn apply(pass: &mut Pass, instruction: &Instruction) -> Option<Ruled> {
    Some(match instruction.uop() {
        Uop::ToBool => to_bool(pass, |pass, value| {
            pass.context.symbols.truth_of(value, false)
        }),
        Uop::ToBoolBool => to_bool(pass, |pass, value| {
            pass.context.symbols.narrow_type(value, Bool::class())?;
            pass.context.symbols.truth_of(value, false)
        }),
        Uop::ToBoolInt => to_bool(pass, truth_of::<Int>),
        Uop::ToBoolStr => to_bool(pass, |pass, value| {
            // The guard in front of it has narrowed the value.
            pass.context.symbols.truth_of(value, false)
        }),
        Uop::ToBoolList => to_bool(pass, |pass, _| pass.context.symbols.of_type(Bool::class())),
        Uop::ToBoolNone => to_bool(pass, |pass, value| {
            pass.context.symbols.narrow_value(value, &Value::NONE)?;
            pass.context.symbols.constant(&Value::FALSE)
        }),
        Uop::UnaryNot => unary_not(pass),
        Uop::ReplaceWithTrue => known_truth(pass, true),
        Uop::GuardIsTruePop => branch(pass, &Value::TRUE),
        Uop::GuardIsFalsePop => branch(pass, &Value::FALSE),
        Uop::GuardIsNonePop => branch_on_none(pass),
        Uop::GuardIsNotNonePop => branch_on_not_none(pass),
        _ => return None,
    })
}

fn truth_of<T: Payload>(pass: &mut Pass, value: SymId) -> Result<SymId, Halt> {
    pass.context.symbols.narrow::<T>(value)?;
    pass.context.symbols.truth_of(value, false)
}

/// A known bool takes the place of the value on top.
fn known_truth(pass: &mut Pass, truth: bool) -> Ruled {
    let truth = Value::from_bool(truth);
    let known = pass.context.symbols.constant(&truth)?;
    pass.context.poke(0, known)?;
    Ok(Rewrite::Replace(
        Uop::PopTopLoadConstInlineBorrow,
        truth.bits(),
    ))
}

/// The truth of the value on top: what `otherwise` says, unless it is a bool, or known.
fn to_bool(
    pass: &mut Pass,
    otherwise: impl FnOnce(&mut Pass, SymId) -> Result<SymId, Halt>,
) -> Ruled {
    let value = pass.context.peek(0)?;
    if pass.context.symbols.is_of_type(value, Bool::class()) {
        return Ok(Rewrite::Drop);
    }
    if let Some(truth) = pass.context.symbols.truth(value) {
        return known_truth(pass, truth);
    }
    let truth = otherwise(pass, value)?;
    pass.context.poke(0, truth)?;
    Ok(Rewrite::Keep)
}

fn unary_not(pass: &mut Pass) -> Ruled {
    let value = pass.context.peek(0)?;
    pass.context.symbols.narrow_type(value, Bool::class())?;
    let opposite = pass.context.symbols.truth_of(value, true)?;
    pass.context.poke(0, opposite)?;
    Ok(Rewrite::Keep)
}

/// A guard that goes on when the flag is `expected`.
fn branch(pass: &mut Pass, expected: &Value) -> Ruled {
    let flag = pass.context.pop()?;
    let known = pass.context.symbols.known_value(flag);
    match known {
        Some(value) if value.is(expected) => Ok(Rewrite::PopFlag),
        // No run goes on behind the guard: what follows is not looked at.
        Some(_) => Ok(Rewrite::PopFlagAndExit),
        None => {
            pass.context.symbols.narrow_value(flag, expected)?;
            Ok(Rewrite::Keep)
        }
    }
}

/// Whether a value is None, if that is known. What is of a known type is None if the type is None's.
fn is_none(pass: &mut Pass, value: SymId) -> Option<bool> {
    let symbols = &mut pass.context.symbols;
    match symbols.known_value(value) {
        Some(known) => Some(known.is_none()),
        None => symbols
            .known_type(value)
            .map(|class| class.is(Value::NONE.class())),
    }
}

fn branch_on_none(pass: &mut Pass) -> Ruled {
    let value = pass.context.pop()?;
    match is_none(pass, value) {
        Some(true) => Ok(Rewrite::PopFlag),
        Some(false) => Ok(Rewrite::PopFlagAndExit),
        None => {
            pass.context.symbols.narrow_value(value, &Value::NONE)?;
            Ok(Rewrite::Keep)
        }
    }
}

fn branch_on_not_none(pass: &mut Pass) -> Ruled {
    let value = pass.context.pop()?;
    Ok(match is_none(pass, value) {
        Some(true) => Rewrite::PopFlagAndExit,
        Some(false) => Rewrite::PopFlag,
        None => Rewrite::Keep,
    })
}
