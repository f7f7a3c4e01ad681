//! Jumps, loops, returns, safe points.

use std::sync::atomic::Ordering;

use taipan_bytecode::Opcode;
use taipan_compiler::flags;
use taipan_objects::class::ClassFlags;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::id;
use taipan_objects::list::iterators::ListIterator;
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::range::RangeIterator;
use taipan_objects::runtime::EVAL_BREAKER;
use taipan_objects::value::{Value, bits};

use super::{Ending, close_quick, duplicate_quick};
use crate::cursor::{Cursor, Step};
use crate::dispatch::leaving_instruction;
use crate::frame_stack::{Frame, FrameOwner, StackRef};
use crate::generator::Generator;
use crate::monitoring::{self, Event};
use crate::uops::{enter_generator_method, is_exact};

#[inline(always)]
pub(crate) fn jump_forward(c: &mut Cursor, oparg: u32) {
    c.jump_forward(oparg);
}

#[inline(always)]
pub(crate) fn jump_backward_no_interrupt(c: &mut Cursor, oparg: u32) {
    c.jump_backward(oparg);
}

#[inline(always)]
pub(crate) fn jump_backward(c: &mut Cursor, oparg: u32) -> bool {
    if EVAL_BREAKER.load(Ordering::Relaxed) != 0 {
        return false;
    }
    c.jump_backward(oparg);
    true
}

pub(crate) fn jump_backward_full(c: &mut Cursor, oparg: u32) -> Step {
    c.jump_backward(oparg);
    crate::eval::safe_point(c)
}

#[inline(always)]
pub(crate) fn resume(_c: &mut Cursor, _oparg: u32) -> bool {
    EVAL_BREAKER.load(Ordering::Relaxed) == 0
}

pub(crate) fn resume_full(c: &mut Cursor, oparg: u32) -> Step {
    // Behind `yield from` and `await` the innermost generator looks.
    if oparg & 3 >= 2 {
        return Ok(());
    }
    crate::eval::safe_point(c)
}

/// Notes in the inline cache of a conditional jump, behind which the cursor stands, whether it jumps. The last sixteen answers
/// are what a trace goes by.
#[inline(always)]
fn record(c: &Cursor, jumps: bool) {
    // SAFETY: the unit before is the instruction's inline cache; the interpreter lock is held.
    unsafe {
        let history = c.ip.sub(1).cast_mut();
        *history = *history << 1 | u16::from(jumps);
    }
}

/// Jumps forward by `oparg` units.
#[inline(always)]
fn take_jump(c: &mut Cursor, oparg: u32) {
    record(c, true);
    c.jump_forward(oparg);
}

/// Goes on behind a NOT_TAKEN, which only tools look at.
#[inline(always)]
fn fall_through(c: &mut Cursor) {
    record(c, false);
    if c.next_unit() as u8 == Opcode::NotTaken as u8 {
        c.jump_forward(1);
    }
}

/// Does a conditional jump that follows the opcode that made its condition, which is on top and a bool.
#[inline(always)]
pub(crate) fn jump_on_truth(c: &mut Cursor) {
    const UNITS: u32 = 1 + Opcode::PopJumpIfFalse.cache_units() as u32;
    let unit = c.next_unit();
    let jumps_if = if unit as u8 == Opcode::PopJumpIfFalse as u8 {
        bits::FALSE
    } else if unit as u8 == Opcode::PopJumpIfTrue as u8 {
        bits::TRUE
    } else {
        return;
    };
    c.jump_forward(UNITS);
    if c.pop_word().0 == jumps_if {
        take_jump(c, u32::from(unit >> 8));
    } else {
        fall_through(c);
    }
}

/// Does the RESUME_CHECK that a fresh frame begins with, if nothing is due.
#[inline(always)]
pub(crate) fn resume_at_once(c: &mut Cursor) {
    if c.next_unit() as u8 == Opcode::ResumeCheck as u8 && EVAL_BREAKER.load(Ordering::Relaxed) == 0
    {
        c.jump_forward(1);
    }
}

#[inline(always)]
pub(crate) fn pop_jump_if_false(c: &mut Cursor, oparg: u32) -> bool {
    let word = c.pop_word().0;
    if word == bits::FALSE {
        take_jump(c, oparg);
    } else {
        fall_through(c);
    }
    true
}

#[inline(always)]
pub(crate) fn pop_jump_if_true(c: &mut Cursor, oparg: u32) -> bool {
    let word = c.pop_word().0;
    if word == bits::TRUE {
        take_jump(c, oparg);
    } else {
        fall_through(c);
    }
    true
}

pub(crate) fn pop_jump_full(_c: &mut Cursor, _oparg: u32) -> Step {
    Ok(())
}

#[inline(always)]
pub(crate) fn pop_jump_if_none(c: &mut Cursor, oparg: u32) -> bool {
    let word = c.word(0);
    if !close_quick(word) {
        return false;
    }
    c.pop_word();
    if word.0 == bits::NONE {
        take_jump(c, oparg);
    } else {
        fall_through(c);
    }
    true
}

pub(crate) fn pop_jump_if_none_full(c: &mut Cursor, oparg: u32) -> Step {
    if c.pop().is_none() {
        take_jump(c, oparg);
    } else {
        fall_through(c);
    }
    Ok(())
}

#[inline(always)]
pub(crate) fn pop_jump_if_not_none(c: &mut Cursor, oparg: u32) -> bool {
    let word = c.word(0);
    if !close_quick(word) {
        return false;
    }
    c.pop_word();
    if word.0 != bits::NONE {
        take_jump(c, oparg);
    } else {
        fall_through(c);
    }
    true
}

pub(crate) fn pop_jump_if_not_none_full(c: &mut Cursor, oparg: u32) -> Step {
    if c.pop().is_none() {
        fall_through(c);
    } else {
        take_jump(c, oparg);
    }
    Ok(())
}

/// Runs an `__iter__` that is a generator function in the running loop: what it answers is an iterator for sure.
pub(crate) fn enter_iter_method(c: &mut Cursor) -> bool {
    let is_instance = c.peek(0).class().has(ClassFlags::HEAP);
    is_instance && enter_generator_method(c, id!("__iter__"), flags::GENERATOR)
}

/// A generator is its own iterator.
#[inline(always)]
pub(crate) fn get_iter(c: &mut Cursor, _oparg: u32) -> bool {
    is_exact::<Generator>(c.word(0))
}

pub(crate) fn get_iter_full(c: &mut Cursor, oparg: u32) -> Step {
    if enter_iter_method(c) {
        return Ok(());
    }
    get_iter_native(c, oparg)
}

/// The same, where no frame is entered.
pub(crate) fn get_iter_native(c: &mut Cursor, _oparg: u32) -> Step {
    let iterator = protocol::iter(&c.peek(0))?;
    let word = c.word(0);
    c.set_word(0, StackRef::from_value(iterator));
    // SAFETY: the word left the stack.
    unsafe { word.close() };
    Ok(())
}

#[inline(always)]
pub(crate) fn for_iter(c: &mut Cursor, _oparg: u32) -> bool {
    let iterator = c.word(0);
    // SAFETY: the iterator stays on the stack; what it answers is counted before anything else runs.
    unsafe {
        let view = iterator.view();
        if let Some(range) = view.downcast_exact::<RangeIterator>() {
            let next = range.next.get();
            if range.left.get() > 0 && next.unsigned_abs() < 1 << 62 {
                range.advance();
                c.push_word(StackRef(bits::from_small_int(next)));
                return true;
            }
            return false;
        }
        if let Some(list) = view.downcast_exact::<ListIterator>()
            && let Some(items) = list.list.peek()
            && let Some(item) = items.peek().get(list.index.get())
        {
            let word = duplicate_quick(StackRef(item.bits()));
            list.index.set(list.index.get() + 1);
            c.push_word(word);
            return true;
        }
    }
    false
}

/// An iterator raised: StopIteration ends the loop, after tools were told of it.
pub(crate) fn end_of_iteration(c: &mut Cursor, raised: Raised) -> PyResult<()> {
    if !raised.is(ExceptionKind::StopIteration) {
        return Err(raised);
    }
    if monitoring::listens(Event::Raise) {
        c.frame_mut().sp = c.sp;
        let index = c.frame().instruction_index().max(0) as usize;
        let raised = monitoring::exception_event(c.engine, Event::Raise, index, raised);
        if !raised.is(ExceptionKind::StopIteration) {
            return Err(raised);
        }
    }
    Ok(())
}

pub(crate) fn for_iter_full(c: &mut Cursor, oparg: u32) -> Step {
    if super::generators::for_iter_generator(c, oparg)? {
        return Ok(());
    }
    if !next_of_iterator(c)? {
        // The iterator stays for POP_ITER; END_FOR in between is skipped.
        c.jump_forward(oparg + 1);
    }
    Ok(())
}

/// Pushes the next item of the iterator on top; answers whether there was one.
pub(crate) fn next_of_iterator(c: &mut Cursor) -> PyResult<bool> {
    // The stack keeps the iterator while it runs.
    let next = match protocol::next_or_result(&c.peek(0)) {
        Ok(next) => next,
        Err(raised) => {
            end_of_iteration(c, raised)?;
            None
        }
    };
    let goes_on = next.is_some();
    if let Some(value) = next {
        c.push(value);
    }
    Ok(goes_on)
}

/// A return to a frame of the same native loop.
#[inline(always)]
pub(crate) fn return_value(c: &mut Cursor, _oparg: u32) -> Ending {
    // SAFETY: the frame is live.
    if unsafe { (*c.frame).kind }.is_plain() {
        return_plain::<false>(c)
    } else {
        Ending::Special
    }
}

/// A return out of the loop, of a generator, or of an `__init__`.
#[inline(always)]
pub(crate) fn return_special(c: &mut Cursor) -> Ending {
    // SAFETY: the frame is live.
    let kind = unsafe { (*c.frame).kind };
    if kind.has_namespace || kind.has_object {
        return Ending::Refused;
    }
    match (kind.owner, kind.is_entry) {
        (FrameOwner::Thread, true) => return_plain::<true>(c),
        (FrameOwner::Initializer, false) if c.word(0) == StackRef::NONE => {
            let ending = return_plain::<false>(c);
            if let Ending::Done = ending {
                // The instance stands below.
                c.pop_word();
            }
            ending
        }
        // SAFETY: the frame is a generator's.
        (FrameOwner::Generator, true) => unsafe { crate::generator::return_quick::<true>(c) },
        // SAFETY: as above.
        (FrameOwner::Generator, false) => unsafe { crate::generator::return_quick::<false>(c) },
        _ => Ending::Refused,
    }
}

/// The return of a frame on the thread's stack without a namespace and a frame object.
#[inline(always)]
fn return_plain<const ENTRY: bool>(c: &mut Cursor) -> Ending {
    let frame = c.frame;
    // SAFETY: the frame is live and the newest.
    unsafe {
        if !(*c.engine).gives_back_quick(frame) || (ENTRY && leaving_instruction().is_none()) {
            return Ending::Refused;
        }
        let result = match release_frame(c) {
            Ok(result) => result,
            Err(ending) => return ending,
        };
        let caller = (*frame).previous;
        (*c.engine).top = frame.cast();
        hand_over::<ENTRY>(c, caller, result, false);
    }
    Ending::Done
}

/// Releases the words of the running frame, and its function, and answers the result, which stood on top. Locals are emptied as
/// they are released, so that after an object died, or in the full body, the rest can be.
///
/// # Safety
/// The frame is live; after a result it is dead.
#[inline(always)]
pub(crate) unsafe fn release_frame(c: &mut Cursor) -> Result<StackRef, Ending> {
    // SAFETY: by contract; words below the stack pointer are valid.
    unsafe {
        let mut result = c.word(0);
        if result.is_borrowed() {
            result = duplicate_quick(result);
            c.set_word(0, result);
        }
        let end = c.sp.sub(1);
        let mut local = Frame::locals(c.frame);
        // What is left on the stack is released like a local.
        while local != end {
            let word = *local;
            if word.is_owned() {
                *local = StackRef::NULL;
                if !close_quick(word) {
                    return Err(Ending::ReleaseFirst(word));
                }
            }
            local = local.add(1);
        }
        if !close_quick((*c.frame).function) {
            return Err(Ending::Refused);
        }
        Ok(result)
    }
}

/// Gives the result of a dead frame to its caller, or, out of the loop, to whoever entered it.
///
/// # Safety
/// `caller` called the frame; if `ENTRY`, the loop can be left without a call.
#[inline(always)]
pub(crate) unsafe fn hand_over<const ENTRY: bool>(
    c: &mut Cursor,
    caller: *mut Frame,
    result: StackRef,
    finished: bool,
) {
    // SAFETY: by contract. Whoever ran the loop took the result of the one before: nothing is dropped here.
    unsafe {
        let engine = c.engine;
        (*engine).current = caller;
        let depth = &(*engine).thread.depth;
        depth.set(depth.get() - 1);
        if ENTRY {
            (&raw mut (*engine).result).write(Some(Value::from_bits(result.0)));
            (*engine).finished = finished;
            if let Some(leaving) = leaving_instruction() {
                c.ip = leaving;
            }
            return;
        }
        c.frame = caller;
        c.sp = (*caller).sp;
        c.ip = (*caller).ip.add((*caller).return_offset as usize);
        c.push_word(result);
    }
}

pub(crate) fn return_value_full(c: &mut Cursor, _oparg: u32) -> Step {
    let result = c.pop();
    crate::eval::return_from_frame(c, result)
}

pub(crate) fn interpreter_exit(c: &mut Cursor, _oparg: u32) -> Step {
    return_value_full(c, 0)
}
