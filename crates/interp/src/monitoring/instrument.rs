//! Instrumented code: which tools listen at which instruction, and the opcodes that follow from that.
//!
//! The tables name, for each instruction, the tools that listen to its own event, to its line and to itself. What stands in
//! the code is computed from them: `INSTRUMENTED_LINE` if a tool listens to the line, else `INSTRUMENTED_INSTRUCTION`, else
//! the instrumented twin of the opcode, else the plain opcode or what the specializer made of it. Each layer, once told,
//! goes on with the next one, so nothing has to be remembered about what an opcode hides.
//!
//! Invariant: the units of a code object show the tables, except that a RESUME may be instrumented beyond them ([`mark`]).

use std::cell::{Cell, RefCell};

use taipan_bytecode::{CodeUnit, Opcode, OpcodeKind, instructions};
use taipan_compiler::flags;
use taipan_objects::class::{Trace, Visitor};

use super::Event;
use super::event::event_of;
use super::lines::Lines;
use super::state::{self, LocalTools, TOOLS};
use crate::code::Code;

/// What is listened to in one code object.
pub(super) struct Tables {
    /// Tools that listen to this code alone, by event.
    pub(super) local: LocalTools,
    /// All tools that listen, by event, as of the last update.
    active: LocalTools,
    /// When each tool's local events were set; older ones than the tool itself do not count.
    pub(super) tool_versions: [u64; TOOLS],
    /// The plain units; caches are 0.
    plain: Box<[u16]>,
    events: Box<[u8]>,
    lines_listened: Box<[u8]>,
    instructions_listened: Box<[u8]>,
    lines: Option<Lines>,
    /// For each POP_ITER, the FOR_ITER that jumps to it.
    loops: Option<Box<[u32]>>,
}

/// The place of a code object for what tools listen to; empty for nearly all code.
#[derive(Default)]
pub struct CodeMonitoring(RefCell<Option<Box<Tables>>>);

impl Trace for CodeMonitoring {
    const REFERENCES: bool = false;

    fn trace(&self, _: &mut Visitor<'_>) {}
}

/// The layers of instrumentation of one instruction, the outermost first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    Line,
    Instruction,
    Event,
}

fn base_of(unit: u16) -> Opcode {
    CodeUnit(unit).opcode().map_or(Opcode::Nop, Opcode::base)
}

impl Tables {
    fn new(code: &Code) -> Tables {
        let bytes = code.original_bytes();
        let plain: Box<[u16]> = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        let none = || vec![0u8; plain.len()].into_boxed_slice();
        Tables {
            local: [0; Event::LOCAL_COUNT],
            active: [0; Event::LOCAL_COUNT],
            tool_versions: [0; TOOLS],
            events: none(),
            lines_listened: none(),
            instructions_listened: none(),
            lines: None,
            loops: None,
            plain,
        }
    }

    /// The first units of all instructions from `first` on; an EXTENDED_ARG counts as one.
    fn starts(&self, first: usize) -> impl Iterator<Item = usize> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let index = next;
            let unit = *self.plain.get(index)?;
            next = index + 1 + base_of(unit).cache_units();
            Some(index)
        })
        .filter(move |&index| index >= first)
    }

    /// The opcode of an instruction behind the layers before `from`.
    fn opcode_from(&self, index: usize, from: Layer) -> Opcode {
        if from <= Layer::Line && self.lines_listened[index] != 0 {
            return Opcode::InstrumentedLine;
        }
        if from <= Layer::Instruction && self.instructions_listened[index] != 0 {
            return Opcode::InstrumentedInstruction;
        }
        let plain = base_of(self.plain[index]);
        match plain.instrumented() {
            Some(instrumented) if from <= Layer::Event && self.events[index] != 0 => instrumented,
            _ => plain,
        }
    }

    /// Writes what the tables say of an instruction into the code.
    fn show(&self, index: usize, unit: &Cell<u16>) {
        let wanted = self.opcode_from(index, Layer::Line);
        let shown = CodeUnit(unit.get()).opcode();
        // What the specializer made of a plain opcode stays.
        if wanted.kind() == OpcodeKind::Base && shown.is_some_and(|shown| shown.base() == wanted) {
            return;
        }
        unit.set(CodeUnit(self.plain[index]).with_opcode(wanted).0);
    }

    /// Takes tools away and adds tools, at every instruction the event can happen at.
    fn change(&mut self, code: &Code, removed: &LocalTools, added: &LocalTools) {
        let first = code.first_traceable as usize;
        if added[Event::Line as usize] != 0 && self.lines.is_none() {
            self.lines = Some(Lines::of(code, &self.plain));
        }
        if added[Event::BranchRight as usize] != 0 && self.loops.is_none() {
            self.loops = Some(self.find_loops());
        }
        let places: Vec<usize> = self.starts(first).collect();
        let apply = |tools: &mut u8, event: Event| {
            *tools = *tools & !removed[event as usize] | added[event as usize]
        };
        for index in places {
            let unit = CodeUnit(self.plain[index]);
            let opcode = base_of(unit.0);
            if let Some(event) = event_of(opcode, unit.oparg()) {
                apply(&mut self.events[index], event);
            }
            if self
                .lines
                .as_ref()
                .is_some_and(|lines| lines.starts_at(index))
            {
                apply(&mut self.lines_listened[index], Event::Line);
            }
            if !matches!(opcode, Opcode::Resume | Opcode::EndFor) {
                apply(&mut self.instructions_listened[index], Event::Instruction);
            }
            self.show(index, &code.units()[index]);
        }
    }

    fn find_loops(&self) -> Box<[u32]> {
        let mut loops = vec![0; self.plain.len()].into_boxed_slice();
        let units: Vec<CodeUnit> = self.plain.iter().map(|&unit| CodeUnit(unit)).collect();
        for instruction in
            instructions(&units).filter(|instruction| instruction.opcode == Ok(Opcode::ForIter))
        {
            // Behind END_FOR.
            if let Some(place) = loops.get_mut((instruction.end() + instruction.oparg + 1) as usize)
            {
                *place = instruction.offset;
            }
        }
        loops
    }
}

impl CodeMonitoring {
    /// Runs `body` with the tables, if there are any. `body` runs no foreign code.
    fn with<R>(&self, body: impl FnOnce(&mut Tables) -> R) -> Option<R> {
        self.0.borrow_mut().as_mut().map(|tables| body(tables))
    }

    /// The tables, made now if need be.
    pub(super) fn with_made<R>(&self, code: &Code, body: impl FnOnce(&mut Tables) -> R) -> R {
        if self.0.borrow().is_none() {
            let tables = Box::new(Tables::new(code));
            *self.0.borrow_mut() = Some(tables);
        }
        self.with(body).expect("the tables were just made")
    }

    /// The plain units, caches 0, if the code was ever instrumented.
    pub(crate) fn plain_units(&self) -> Option<Box<[u16]>> {
        self.with(|tables| tables.plain.clone())
    }

    /// The plain unit at `index`, if the code was ever instrumented.
    pub(crate) fn plain_unit(&self, index: usize) -> Option<CodeUnit> {
        self.with(|tables| tables.plain.get(index).map(|&unit| CodeUnit(unit)))
            .flatten()
    }

    /// Tools that listen to this code alone, by event.
    pub(super) fn local(&self) -> LocalTools {
        self.with(|tables| tables.local).unwrap_or_default()
    }

    /// The tools that listen to an instruction's own event.
    pub(super) fn event_tools(&self, index: usize) -> u8 {
        self.with(|tables| tables.events[index]).unwrap_or(0)
    }

    /// The tools that listen to the line that starts at an instruction.
    pub(super) fn line_tools(&self, index: usize) -> u8 {
        self.with(|tables| tables.lines_listened[index])
            .unwrap_or(0)
    }

    /// The tools that listen to an instruction itself.
    pub(super) fn instruction_tools(&self, index: usize) -> u8 {
        self.with(|tables| tables.instructions_listened[index])
            .unwrap_or(0)
    }

    /// Whether a tool listens to this event in this code.
    pub(crate) fn is_told(&self, event: Event) -> bool {
        self.with(|tables| tables.active[event as usize] != 0)
            .unwrap_or(false)
    }

    /// The line of an instruction, where lines were ever listened to.
    pub(crate) fn line(&self, index: usize) -> Option<i32> {
        self.with(|tables| tables.lines.as_ref().and_then(|lines| lines.line(index)))
            .flatten()
    }

    /// The FOR_ITER whose loop a POP_ITER ends.
    pub(crate) fn loop_of(&self, index: usize) -> Option<usize> {
        self.with(|tables| tables.loops.as_ref().map(|loops| loops[index] as usize))
            .flatten()
    }

    /// What an instruction goes on with when its line was told.
    pub(crate) fn opcode_behind_line(&self, index: usize) -> Opcode {
        self.with(|tables| tables.opcode_from(index, Layer::Instruction))
            .unwrap_or(Opcode::Nop)
    }

    /// What an instruction goes on with when it was told itself.
    pub(crate) fn opcode_behind_instruction(&self, index: usize) -> Opcode {
        self.with(|tables| tables.opcode_from(index, Layer::Event))
            .unwrap_or(Opcode::Nop)
    }
}

/// A tool does not want to hear of a place any more.
pub(super) fn remove(code: &Code, index: usize, layer: Layer, tools: u8) {
    code.monitoring.with(|tables| {
        let place = match layer {
            Layer::Line => &mut tables.lines_listened[index],
            Layer::Instruction => &mut tables.instructions_listened[index],
            Layer::Event => &mut tables.events[index],
        };
        *place &= !tools;
        tables.show(index, &code.units()[index]);
    });
}

/// Brings the instrumentation of a code object up to date.
pub(crate) fn update(code: &Code) {
    if code.instrumentation.get() != state::version() {
        force_update(code);
    }
}

/// As [`update`], whatever version the code has.
pub(super) fn force_update(code: &Code) {
    // What is instrumented is not traced: the units are the code's own again.
    crate::traces::registry::invalidate_code(code);
    let global = state::global_view();
    let seen = code.instrumentation.replace(global.version);
    let has_tables = code.monitoring.0.borrow().is_some();
    if !has_tables && global.tools == [0; Event::LOCAL_COUNT] {
        for unit in resumes(code).into_iter().map(|index| &code.units()[index]) {
            unit.set(CodeUnit(unit.get()).with_opcode(Opcode::Resume).0);
        }
        return;
    }
    code.monitoring.with_made(code, |tables| {
        for (tool, &version) in global.tool_versions.iter().enumerate() {
            if tables.tool_versions[tool] != version {
                tables
                    .local
                    .iter_mut()
                    .for_each(|tools| *tools &= !(1 << tool));
            }
        }
        let mut wanted = global.tools;
        wanted
            .iter_mut()
            .zip(&tables.local)
            .for_each(|(wanted, local)| *wanted |= local);
        let (mut removed, mut added) = (tables.active, wanted);
        if seen >= global.restarted {
            // What was disabled at single places stays disabled.
            for event in 0..Event::LOCAL_COUNT {
                removed[event] &= !wanted[event];
                added[event] &= !tables.active[event];
            }
        }
        tables.active = wanted;
        tables.change(code, &removed, &added);
    });
}

/// The places of RESUME in a code object.
fn resumes(code: &Code) -> Vec<usize> {
    let is_resume = |unit: u16| {
        CodeUnit(unit).opcode().is_some_and(|opcode| {
            opcode.base() == Opcode::Resume || opcode == Opcode::InstrumentedResume
        })
    };
    if code.has_flag(flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR) {
        let units: Vec<CodeUnit> = match code.monitoring.plain_units() {
            Some(plain) => plain.iter().map(|&unit| CodeUnit(unit)).collect(),
            None => code
                .units()
                .iter()
                .map(|unit| CodeUnit(unit.get()))
                .collect(),
        };
        let places = instructions(&units).map(|instruction| instruction.offset as usize);
        return places.filter(|&index| is_resume(units[index].0)).collect();
    }
    let first = code.first_traceable as usize;
    code.units()
        .get(first)
        .filter(|unit| is_resume(unit.get()))
        .map(|_| first)
        .into_iter()
        .collect()
}

/// Lets a code object look at its instrumentation when it runs next.
pub(crate) fn mark(code: &Code) {
    for index in resumes(code) {
        let unit = &code.units()[index];
        unit.set(
            CodeUnit(unit.get())
                .with_opcode(Opcode::InstrumentedResume)
                .0,
        );
    }
}
