//! Which line each instruction comes from, and which instructions start one.
//!
//! A line starts where the instruction before comes from another one, and where a jump or an exception can arrive: there
//! the event is told only if the instruction that ran last was of another line.

use taipan_bytecode::{CodeUnit, Opcode, exception_table, instructions, linetable};

use crate::code::Code;

/// The lines of a code object, by code unit.
pub(super) struct Lines {
    lines: Box<[i32]>,
    starts: Box<[bool]>,
}

/// An instruction that comes from no line.
const NO_LINE: i32 = -1;

/// Opcodes that are skipped from elsewhere, or that instrumentation itself stands on.
const fn never_starts(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::EndAsyncFor | Opcode::EndFor | Opcode::EndSend | Opcode::Resume | Opcode::PopIter
    )
}

impl Lines {
    /// Reads the tables of `code`, whose plain units are `units`.
    pub(super) fn of(code: &Code, units: &[u16]) -> Lines {
        let mut lines = vec![NO_LINE; units.len()].into_boxed_slice();
        for entry in linetable::entries(&code.linetable.0, code.first_line) {
            let line = entry.location.line.map_or(NO_LINE, |line| line as i32);
            for unit in entry.start..entry.end.min(units.len() as u32) {
                lines[unit as usize] = line;
            }
        }
        let mut found = Lines {
            lines,
            starts: vec![false; units.len()].into_boxed_slice(),
        };
        let plain: Vec<CodeUnit> = units.iter().map(|&unit| CodeUnit(unit)).collect();
        found.mark_changes(&plain, code.first_traceable as usize);
        found.mark_targets(&plain, code.first_traceable);
        for entry in exception_table::entries(&code.exceptiontable.0) {
            let target = entry.handler.target as usize;
            if plain.get(target).and_then(|unit| unit.opcode()) != Some(Opcode::EndAsyncFor) {
                found.mark(target);
            }
        }
        found
    }

    fn mark(&mut self, index: usize) {
        if self.lines.get(index).is_some_and(|&line| line != NO_LINE) {
            self.starts[index] = true;
        }
    }

    fn mark_changes(&mut self, units: &[CodeUnit], first: usize) {
        let (mut index, mut current) = (0, NO_LINE);
        while index < units.len() {
            let opcode = units[index].opcode();
            if index >= first && !opcode.is_some_and(never_starts) {
                let line = self.lines[index];
                if line != current {
                    self.mark(index);
                }
                current = line;
            }
            index += 1 + opcode.map_or(0, Opcode::cache_units);
        }
    }

    fn mark_targets(&mut self, units: &[CodeUnit], first: u32) {
        for instruction in instructions(units).filter(|instruction| instruction.start >= first) {
            let (next, oparg) = (instruction.end(), instruction.oparg);
            let target = match instruction.opcode {
                Ok(
                    Opcode::PopJumpIfFalse
                    | Opcode::PopJumpIfTrue
                    | Opcode::PopJumpIfNone
                    | Opcode::PopJumpIfNotNone,
                )
                | Ok(Opcode::JumpForward) => next + oparg,
                // Behind END_FOR or END_SEND.
                Ok(Opcode::ForIter | Opcode::Send) => next + oparg + 1,
                Ok(Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt) => {
                    next.saturating_sub(oparg)
                }
                _ => continue,
            };
            if units.get(target as usize).and_then(|unit| unit.opcode()) != Some(Opcode::PopIter) {
                self.mark(target as usize);
            }
        }
    }

    /// The line of an instruction.
    pub(super) fn line(&self, index: usize) -> Option<i32> {
        self.lines
            .get(index)
            .copied()
            .filter(|&line| line != NO_LINE)
    }

    /// Whether a line starts at an instruction.
    pub(super) fn starts_at(&self, index: usize) -> bool {
        self.starts[index]
    }
}
