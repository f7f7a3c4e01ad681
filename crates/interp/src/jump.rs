//! Jumps by assignment to `frame.f_lineno`, from a trace function.
//!
//! What stands on the stack at each instruction is found by running the code abstractly: every slot is an object, an
//! iterator, an exception being handled, an instruction index for a re-raise, or nothing at all. A jump is possible where
//! the stack at the target is the one here without its uppermost slots, which are released. Invariant: a refused jump
//! changes nothing.

use taipan_bytecode::{
    CodeUnit, Instruction, Opcode, exception_table, instructions, linetable, stack_effect,
};
use taipan_objects::exceptions::{BaseException, ExceptionKind};
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int, thread, warnings};

use crate::code::Code;
use crate::frame_object::FrameObject;
use crate::frame_stack::{Frame, StackRef};
use crate::generator::{self, State};
use crate::monitoring::Event;

/// What a stack slot holds, as far as jumps care.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Iterator,
    Exception,
    Object,
    Null,
    LastInstruction,
}

impl Kind {
    /// Whether a slot that holds `self` can be taken for one that should hold `wanted`.
    fn serves_as(self, wanted: Kind) -> bool {
        match wanted {
            Kind::Object => self != Kind::Null,
            Kind::Null => true,
            _ => self == wanted,
        }
    }
}

/// Slots beyond which a stack is not followed.
const DEEPEST: usize = 20;

/// The stack before an instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Stack {
    /// No way to the instruction was found.
    Unreached,
    /// Too deep to follow.
    Overflowed,
    Known(Vec<Kind>),
}

impl Stack {
    fn push(&mut self, kind: Kind) {
        if let Stack::Known(slots) = self {
            if slots.len() >= DEEPEST {
                *self = Stack::Overflowed;
            } else {
                slots.push(kind);
            }
        }
    }

    fn pop(&mut self) {
        if let Stack::Known(slots) = self {
            slots.pop();
        }
    }

    fn truncate(&mut self, depth: usize) {
        if let Stack::Known(slots) = self {
            slots.truncate(depth);
        }
    }

    fn peek(&self, depth: usize) -> Kind {
        match self {
            Stack::Known(slots) => slots
                .len()
                .checked_sub(depth)
                .and_then(|index| slots.get(index))
                .copied()
                .unwrap_or(Kind::Object),
            _ => Kind::Object,
        }
    }

    fn swap(&mut self, depth: usize) {
        if let Stack::Known(slots) = self
            && let (Some(top), Some(other)) =
                (slots.len().checked_sub(1), slots.len().checked_sub(depth))
        {
            slots.swap(top, other);
        }
    }

    /// Whether one can jump from here to `target`.
    fn leads_to(&self, target: &Stack) -> bool {
        let (Stack::Known(from), Stack::Known(to)) = (self, target) else {
            return false;
        };
        to.len() <= from.len() && from.iter().zip(to).all(|(from, to)| from.serves_as(*to))
    }
}

/// The stacks before all instructions of a code object, by code unit.
fn stacks(code: &Code) -> Vec<Stack> {
    let bytes = code.original_bytes();
    let units: Vec<CodeUnit> = bytes
        .chunks_exact(2)
        .map(|pair| CodeUnit::from_bytes([pair[0], pair[1]]))
        .collect();
    let mut stacks = vec![Stack::Unreached; units.len() + 1];
    stacks[0] = Stack::Known(Vec::new());
    loop {
        let mut found_more = false;
        for instruction in instructions(&units) {
            let before = stacks[instruction.start as usize].clone();
            if before == Stack::Unreached {
                continue;
            }
            stacks[instruction.offset as usize] = before.clone();
            found_more |= step(&mut stacks, instruction, before);
        }
        for entry in exception_table::entries(&code.exceptiontable.0) {
            let (start, target) = (entry.start as usize, entry.handler.target as usize);
            if target >= stacks.len()
                || start >= stacks.len()
                || stacks[start] == Stack::Unreached
                || stacks[target] != Stack::Unreached
            {
                continue;
            }
            let mut stack = stacks[start].clone();
            stack.truncate(entry.handler.depth as usize);
            if entry.handler.lasti {
                stack.push(Kind::LastInstruction);
            }
            stack.push(Kind::Exception);
            stacks[target] = stack;
            found_more = true;
        }
        if !found_more {
            return stacks;
        }
    }
}

/// Carries the stack over one instruction; answers whether an instruction before it was reached for the first time.
fn step(stacks: &mut [Stack], instruction: Instruction, mut stack: Stack) -> bool {
    let (next, oparg) = (instruction.end() as usize, instruction.oparg);
    let Ok(opcode) = instruction.opcode else {
        return false;
    };
    let forward = next + oparg as usize;
    let mut set = |index: usize, stack: Stack| {
        if let Some(place) = stacks.get_mut(index) {
            *place = stack;
        }
    };
    match opcode {
        Opcode::PopJumpIfFalse
        | Opcode::PopJumpIfTrue
        | Opcode::PopJumpIfNone
        | Opcode::PopJumpIfNotNone => {
            stack.pop();
            set(forward, stack.clone());
            set(next, stack);
        }
        Opcode::Send => {
            set(forward, stack.clone());
            set(next, stack);
        }
        Opcode::JumpForward => set(forward, stack),
        Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt => {
            let target = next.saturating_sub(oparg as usize);
            let is_new = target < instruction.offset as usize && stacks[target] == Stack::Unreached;
            stacks[target] = stack;
            return is_new;
        }
        Opcode::GetIter | Opcode::GetAiter => {
            stack.pop();
            stack.push(Kind::Iterator);
            set(next, stack);
        }
        Opcode::ForIter => {
            stack.push(Kind::Object);
            set(forward, stack.clone());
            set(next, stack);
        }
        Opcode::EndAsyncFor => {
            stack.pop();
            stack.pop();
            set(next, stack);
        }
        Opcode::PushExcInfo => {
            stack.push(Kind::Exception);
            set(next, stack);
        }
        Opcode::PopExcept => {
            stack.pop();
            set(next, stack);
        }
        Opcode::ReturnValue | Opcode::RaiseVarargs | Opcode::Reraise => {}
        Opcode::PushNull => {
            stack.push(Kind::Null);
            set(next, stack);
        }
        Opcode::LoadGlobal => {
            stack.push(Kind::Object);
            if oparg & 1 != 0 {
                stack.push(Kind::Null);
            }
            set(next, stack);
        }
        Opcode::LoadAttr => {
            if oparg & 1 != 0 {
                stack.pop();
                stack.push(Kind::Object);
                stack.push(Kind::Null);
            }
            set(next, stack);
        }
        Opcode::Swap => {
            stack.swap(oparg as usize);
            set(next, stack);
        }
        Opcode::Copy => {
            stack.push(stack.peek(oparg as usize));
            set(next, stack);
        }
        _ => {
            let growth = stack_effect(opcode as u32, oparg as i32, None).unwrap_or(0);
            for _ in growth..0 {
                stack.pop();
            }
            for _ in 0..growth {
                stack.push(Kind::Object);
            }
            set(next, stack);
        }
    }
    false
}

/// Where lines start: code unit and line.
fn line_starts(code: &Code) -> Vec<(u32, u32)> {
    let mut starts = Vec::new();
    let mut last = None;
    for range in linetable::lines(&code.linetable.0, code.first_line) {
        if range.line.is_some() && range.line != last {
            last = range.line;
            starts.extend(range.line.map(|line| (range.start, line)));
        }
    }
    starts
}

/// Why no stack at the target line fits.
fn explain(target: &Stack) -> &'static str {
    match target {
        Stack::Overflowed => "stack is too deep to analyze",
        Stack::Unreached => "can't jump into an exception handler, or code may be unreachable",
        Stack::Known(slots) => match slots.last() {
            Some(Kind::Exception) => "can't jump into an 'except' block as there's no exception",
            Some(Kind::LastInstruction) => {
                "can't jump into a re-raising block as there's no location"
            }
            Some(Kind::Iterator) => "can't jump into the body of a for loop",
            Some(Kind::Object | Kind::Null) | None => "incompatible stacks",
        },
    }
}

/// Whether the running event permits a jump.
fn check_event() -> PyResult<()> {
    match crate::frames::engine().event {
        None => bail!(ValueError, "f_lineno can only be set in a trace function"),
        Some(
            Event::PyResume
            | Event::Jump
            | Event::Branch
            | Event::BranchLeft
            | Event::BranchRight
            | Event::Line
            | Event::PyYield,
        ) => Ok(()),
        Some(Event::PyStart) => bail!(
            ValueError,
            "can't jump from the 'call' trace event of a new frame"
        ),
        Some(Event::Call | Event::CReturn) => bail!(ValueError, "can't jump during a call"),
        Some(_) => bail!(ValueError, "can only jump from a 'line' trace event"),
    }
}

/// The instruction to go on with at `line`, and the depth of the stack there.
fn target(code: &Code, from: &Stack, stacks: &[Stack], line: u32) -> PyResult<(u32, usize)> {
    let mut best: Option<(u32, Vec<Kind>)> = None;
    let mut reason = "cannot find bytecode for specified line";
    let mut explained = false;
    for (start, _) in line_starts(code)
        .into_iter()
        .filter(|&(_, found)| found == line)
    {
        let there = &stacks[start as usize];
        if from.leads_to(there) {
            let Stack::Known(slots) = there else { continue };
            if best
                .as_ref()
                .is_none_or(|(_, best)| (slots.len(), slots) > (best.len(), best))
            {
                best = Some((start, slots.clone()));
            }
        } else if !explained {
            reason = match from {
                Stack::Overflowed => "stack to deep to analyze",
                Stack::Unreached => "can't jump from unreachable code",
                Stack::Known(_) => {
                    explained = true;
                    explain(there)
                }
            };
        }
    }
    match best {
        Some((start, slots)) => Ok((start, slots.len())),
        None => bail!(ValueError, "{reason}"),
    }
}

/// Variables that the compiler may have proved to be set are set to None.
fn bind_unset(frame: *mut Frame) -> PyResult<()> {
    // SAFETY: the frame is live; locals are valid words or NULL.
    unsafe {
        let count = (*frame).local_count();
        let unset = (0..count)
            .filter(|&index| (*Frame::locals(frame).add(index)).is_null())
            .count();
        if unset == 0 {
            return Ok(());
        }
        let plural = if unset == 1 { "" } else { "s" };
        warnings::warn_at(
            ExceptionKind::RuntimeWarning,
            &format!("assigning None to {unset} unbound local{plural}"),
            0,
        )?;
        for index in 0..count {
            let word = Frame::locals(frame).add(index);
            if (*word).is_null() {
                *word = StackRef::NONE;
            }
        }
    }
    Ok(())
}

/// `frame.f_lineno = value`.
pub(crate) fn set_line(this: &Ref<FrameObject>, value: Option<&Value>) -> PyResult<()> {
    let Some(value) = value else {
        bail!(AttributeError, "cannot delete attribute")
    };
    if !int::is_exact(value) {
        bail!(ValueError, "lineno must be an integer");
    }
    check_event()?;
    let Some(wanted) = int::to_i64(value).and_then(|line| i32::try_from(line).ok()) else {
        bail!(ValueError, "lineno out of range");
    };
    let code = this.code();
    if wanted < code.first_line as i32 {
        bail!(
            ValueError,
            "line {wanted} comes before the current code block"
        );
    }
    let Some(line) = line_starts(&code)
        .iter()
        .map(|&(_, line)| line)
        .filter(|&line| line >= wanted as u32)
        .min()
    else {
        bail!(
            ValueError,
            "line {wanted} comes after the current code block"
        );
    };
    let frame = this.activation();
    // SAFETY: the frame is live.
    let index = unsafe { (*frame).instruction_index() }.max(0) as usize;
    let stacks = stacks(&code);
    let from = stacks.get(index).unwrap_or(&Stack::Unreached);
    let (start, depth) = target(&code, from, &stacks, line)?;
    bind_unset(frame)?;
    let Stack::Known(slots) = from else {
        bail!(ValueError, "can't jump from unreachable code")
    };
    let mut slots = slots.clone();
    let suspended =
        generator::core_of_frame(frame).is_some_and(|core| core.state() == State::Suspended);
    if suspended {
        // The yielded value left the stack.
        slots.pop();
    }
    // SAFETY: the frame is suspended in an event's callback; its saved stack is what the abstract one says.
    unsafe {
        while slots.len() > depth {
            let kind = slots.pop();
            (*frame).sp = (*frame).sp.sub(1);
            let word = (*frame).sp.replace(StackRef::NULL);
            match kind {
                Some(Kind::Exception) => {
                    let exception = word
                        .into_option()
                        .and_then(|value| value.into_ref::<BaseException>().ok());
                    (*thread::current().handled_top.get()).value.set(exception);
                }
                _ => word.close(),
            }
        }
        (*frame).ip = code.units_ptr().add(start as usize);
    }
    Ok(())
}
