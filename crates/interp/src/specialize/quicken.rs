//! What needs no counter: opcodes that are rewritten when they run first, and the first state of all counters.

use std::cell::Cell;

use taipan_bytecode::{BackoffCounter, CodeUnit, Opcode, instructions};
use taipan_objects::value::{Value, bits};

use super::mode::{Mode, mode};
use crate::cursor::Cursor;

/// The history of a conditional jump that was never executed: taken every other time.
const NO_HISTORY: u16 = 0x5555;

/// Writes the first state of every counter into the inline caches of fresh code.
pub(crate) fn write_counters(units: &[Cell<u16>]) {
    let plain: Vec<CodeUnit> = units.iter().map(|unit| CodeUnit(unit.get())).collect();
    let warm_up = match mode() {
        Mode::On | Mode::Off => BackoffCounter::ADAPTIVE_WARMUP,
        Mode::Eager | Mode::Failing => BackoffCounter(0),
    };
    for instruction in instructions(&plain) {
        let Ok(opcode) = instruction.opcode else {
            continue;
        };
        if opcode.cache_units() == 0 {
            continue;
        }
        let first = match opcode {
            Opcode::JumpBackward => crate::traces::back_edge_counter().0,
            Opcode::PopJumpIfFalse
            | Opcode::PopJumpIfTrue
            | Opcode::PopJumpIfNone
            | Opcode::PopJumpIfNotNone => NO_HISTORY,
            _ => warm_up.0,
        };
        if let Some(unit) = units.get(instruction.offset as usize + 1) {
            unit.set(first);
        }
    }
}

/// Rewrites the unit of an opcode that runs first.
pub(crate) type Quickener = fn(*const u16, &Cursor, u32);

/// Rewrites a unit that holds `base`.
fn rewrite(unit: *const u16, base: Opcode, member: Opcode) {
    // SAFETY: the unit is the running instruction's; the interpreter lock is held.
    unsafe {
        let held = CodeUnit(*unit);
        if matches!(mode(), Mode::On | Mode::Eager) && held.opcode() == Some(base) {
            *unit.cast_mut() = held.with_opcode(member).0;
        }
    }
}

/// LOAD_CONST: whether the constant has a reference count.
pub(crate) fn quicken_load_const(unit: *const u16, c: &Cursor, oparg: u32) {
    let Some(word) = c.frame().code().consts.get(oparg as usize).map(Value::bits) else {
        return;
    };
    let member = if bits::is_pointer(word) {
        Opcode::LoadConstMortal
    } else {
        Opcode::LoadConstImmortal
    };
    rewrite(unit, Opcode::LoadConst, member);
}

/// RESUME of code that is not instrumented.
pub(crate) fn quicken_resume(unit: *const u16, _: &Cursor, _: u32) {
    rewrite(unit, Opcode::Resume, Opcode::ResumeCheck);
}

/// JUMP_BACKWARD: whether back edges are counted for traces.
pub(crate) fn quicken_jump_backward(unit: *const u16, _: &Cursor, _: u32) {
    let member = match crate::traces::is_enabled() {
        true => Opcode::JumpBackwardJit,
        false => Opcode::JumpBackwardNoJit,
    };
    rewrite(unit, Opcode::JumpBackward, member);
    // SAFETY: the unit is the running instruction's, and its counter follows; the interpreter lock is held.
    unsafe {
        let counter = unit.add(1).cast_mut();
        // The general body goes back this time: the first back edge counts, too.
        if *unit as u8 == Opcode::JumpBackwardJit as u8 && !BackoffCounter(*counter).is_triggered()
        {
            *counter = BackoffCounter(*counter).advance().0;
        }
    }
}
