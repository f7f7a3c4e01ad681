//! The abstract rule of every uop: what is known behind it, and whether it is needed.
//!
//! A rule moves symbols on the abstract stack as the uop moves values, narrows what the uop finds out, and says what becomes of
//! it. A uop without a rule of its own takes its inputs and leaves objects of which nothing else is known. The rules are those of
//! `Python/optimizer_bytecodes.c` in CPython 3.14, and one more: arithmetic of constants becomes its result, if that is an
//! immediate value.

mod calls;
mod guards;
mod loads;
mod operators;
mod truth;

use super::driver::{Pass, Rewrite};
use crate::symbols::Halt;
use taipan_interp::traces::Instruction;

/// What a rule answers.
pub(super) type Ruled = Result<Rewrite, Halt>;

/// Applies the rule of the uop at hand.
pub(super) fn apply(pass: &mut Pass, instruction: &Instruction) -> Ruled {
    let rules = [
        guards::apply,
        loads::apply,
        operators::apply,
        truth::apply,
        calls::apply,
    ];
    for rule in rules {
        if let Some(ruled) = rule(pass, instruction) {
            return ruled;
        }
    }
    by_effect(pass, instruction)
}

/// The rule of a uop of which only the stack effect is known.
fn by_effect(pass: &mut Pass, instruction: &Instruction) -> Ruled {
    let effect = instruction.uop().effect();
    let oparg = i64::from(instruction.oparg);
    pass.context
        .drop_values(effect.consumed(oparg).max(0) as usize)?;
    for _ in 0..effect.produced(oparg) {
        let value = pass.context.symbols.not_null()?;
        pass.context.push(value);
    }
    Ok(Rewrite::Keep)
}
