//! What a reader of `ops/ops.def` cannot see: that it agrees with itself.
//!
//! An expansion reads exactly its inline cache; parts compose to the stack effect an `inst` states; the members of a
//! family leave the stack as its base opcode does; replacements and guards take what they replace.

use super::Failure;
use super::lists::Bits;
use super::model::{Kind, Model, Opcode, Replacement, depends_on_oparg, slots};
use super::syntax::{Effect, Part};

/// Opargs that tell all the slot counts of the grammar apart.
const OPARGS: [i64; 8] = [0, 1, 2, 3, 7, 255, 256, 770];

/// Checks the model; the failure lists everything found.
pub fn check(model: &Model, flags: &Bits) -> Result<(), Failure> {
    let mut found = Vec::new();
    for opcode in model.opcodes.values() {
        check_cache(model, opcode, &mut found);
        check_effect(model, opcode, &mut found);
        check_family(model, opcode, &mut found);
    }
    check_uops(model, flags, &mut found);
    for branch in &model.branches {
        for guard in [&branch.stay, &branch.jump] {
            if model.uop(guard).is_none_or(|uop| !uop.viable) {
                found.push(format!("branch {}: {guard} is no guard", branch.opcode));
            }
        }
        if model.opcode_by_name(&branch.opcode).is_none() {
            found.push(format!("branch {}: no such opcode", branch.opcode));
        }
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(Failure(found.join("\n")))
    }
}

fn check_cache(model: &Model, opcode: &Opcode, found: &mut Vec<String>) {
    let units = i32::from(opcode.cache_units());
    let mut read: i32 = operand_units(&opcode.effect);
    if !opcode.effect.operands.is_empty() || opcode.parts.is_empty() {
        if read != units {
            found.push(format!("{} reads {read} of {units} units", opcode.name));
        }
        return;
    }
    for part in &opcode.parts {
        read += match part {
            Part::Skip(n) => i32::from(*n),
            Part::Rewind(n) => -i32::from(*n),
            Part::Step(name) => model.steps.get(name).copied().unwrap_or(0).into(),
            Part::Uop(name, _) => model.uop(name).map_or(0, |uop| operand_units(&uop.effect)),
        };
    }
    if read != units {
        found.push(format!("{} reads {read} of {units} units", opcode.name));
    }
}

fn operand_units(effect: &Effect) -> i32 {
    effect
        .operands
        .iter()
        .map(|operand| i32::from(operand.units))
        .sum()
}

/// An `inst` with parts states an effect; its parts must compose to it.
fn check_effect(model: &Model, opcode: &Opcode, found: &mut Vec<String>) {
    if opcode.parts.is_empty() {
        return;
    }
    match model.compose(&opcode.parts) {
        Err(what) => found.push(format!("{}: {what}", opcode.name)),
        Ok(composed) => {
            if OPARGS
                .iter()
                .any(|&oparg| counts(&composed, oparg) != counts(&opcode.effect, oparg))
            {
                found.push(format!("{}: its parts have another effect", opcode.name));
            }
        }
    }
}

fn counts(effect: &Effect, oparg: i64) -> (i64, i64) {
    (slots(&effect.inputs, oparg), slots(&effect.outputs, oparg))
}

/// A specialized or instrumented opcode does to the stack what its base does.
fn check_family(model: &Model, opcode: &Opcode, found: &mut Vec<String>) {
    if opcode.kind == Kind::Base || opcode.base == opcode.name {
        return;
    }
    let Some(base) = model.opcode_by_name(&opcode.base) else {
        found.push(format!(
            "{}: there is no opcode {}",
            opcode.name, opcode.base
        ));
        return;
    };
    let fixed = opcode.fixed_oparg.map(i64::from);
    let skipped = match &opcode.skips {
        None => 0,
        Some(name) => match model.opcode_by_name(name) {
            Some(skipped) => slots(&skipped.effect.inputs, 0),
            None => {
                found.push(format!("{}: there is no opcode {name}", opcode.name));
                return;
            }
        },
    };
    for oparg in fixed.map_or(OPARGS.to_vec(), |oparg| vec![oparg]) {
        let (popped, mut pushed) = counts(&opcode.effect, oparg);
        // What the new frame returns is pushed when it does.
        pushed += i64::from(opcode.enters_frame);
        let (base_popped, base_pushed) = counts(&base.effect, oparg);
        let net = pushed - popped == base_pushed - base_popped - skipped;
        // Events of some instrumented opcodes look at more of the stack than the plain opcode does.
        let same_depth = popped == base_popped || opcode.kind == Kind::Instrumented;
        if !net || !same_depth {
            found.push(format!(
                "{} at oparg {oparg}: another stack effect than {}",
                opcode.name, base.name
            ));
            return;
        }
    }
}

fn check_uops(model: &Model, flags: &Bits, found: &mut Vec<String>) {
    let arg = flags.value("arg").unwrap_or_default();
    for uop in model.uops.values() {
        let has_arg = uop.flags & arg != 0 || uop.copy_of.is_some();
        if uop.viable && depends_on_oparg(&uop.effect) && !has_arg {
            found.push(format!("{} has no oparg, but its effect does", uop.name));
        }
        if let Some(Replacement::Uop(name)) = &uop.tier2 {
            match model.uop(name) {
                Some(other)
                    if other.viable
                        && other.effect.inputs.len() == uop.effect.inputs.len()
                        && other.effect.outputs.len() == uop.effect.outputs.len() => {}
                _ => found.push(format!("{}: {name} cannot stand in for it", uop.name)),
            }
        }
        if uop.tier2.is_some() && uop.viable {
            found.push(format!("{} is replaced, so it is unviable", uop.name));
        }
    }
}
