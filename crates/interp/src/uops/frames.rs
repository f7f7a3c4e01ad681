//! Frames of Python functions: checks, making, entering.
//!
//! What makes a frame leaves its address on the stack as a word, as the stack effects in `ops/ops.def` say; `PushFrame` takes
//! it from there. Nothing looks at the stack in between.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use taipan_bytecode::BackoffCounter;
use taipan_objects::runtime::EVAL_BREAKER;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

use super::{Flow, Uop, is_exact, uops};
use crate::bodies::{duplicate_quick, own_quick};
use crate::call::{initialize_frame_quick, move_words};
use crate::code::Code;
use crate::cursor::Cursor;
use crate::frame_stack::{Frame, StackRef, frame_words};
use crate::function::Function;
use crate::generator::{self, Coroutine, Generator, State};

/// The code of a function that a guard saw.
///
/// # Safety
/// The word is a function's; it keeps its code while the answer is used.
#[inline(always)]
pub(super) unsafe fn code_of(function: StackRef) -> Option<&'static Ref<Code>> {
    // SAFETY: by contract.
    unsafe {
        let view = function.view();
        let code = view.downcast_unchecked::<Function>().code.peek()?;
        Some(&*std::ptr::from_ref(code))
    }
}

/// The version of a function.
///
/// # Safety
/// The word is a function's.
#[inline(always)]
pub(crate) unsafe fn version_of(function: StackRef) -> u32 {
    // SAFETY: by contract.
    unsafe {
        function
            .view()
            .downcast_unchecked::<Function>()
            .version
            .get()
    }
}

/// Whether the thread's stack has room for a frame of `code`.
#[inline(always)]
pub(super) fn has_room(c: &Cursor, code: &Code) -> bool {
    has_words(c, frame_words(code))
}

/// Whether the thread's stack has so many words left without another chunk.
#[inline(always)]
pub(crate) fn has_words(c: &Cursor, words: usize) -> bool {
    // SAFETY: the engine outlives the loop; `top` and `limit` delimit the rest of its chunk.
    unsafe {
        let engine = &*c.engine;
        engine.limit.offset_from(engine.top) as usize >= words
    }
}

/// Whether one more frame is allowed without a closer look.
#[inline(always)]
pub(crate) fn may_recurse(c: &Cursor) -> bool {
    // SAFETY: the engine outlives the loop.
    unsafe { (*c.engine).thread.depth.get() < taipan_objects::thread::unchecked_depth() }
}

/// Moves the top `count` words into the locals of a new frame of `function`, for which there is room.
///
/// # Safety
/// `function` is the owned word of a function that takes exactly so many positional arguments.
#[inline(always)]
pub(super) unsafe fn make_frame(
    c: &mut Cursor,
    function: StackRef,
    code: &Ref<Code>,
    count: usize,
) -> *mut Frame {
    // SAFETY: by contract.
    unsafe { make_frame_of(c, function, code, count, std::ptr::dangling(), 0) }
}

/// As [`make_frame`], with `more` values from `defaults` on behind the words.
///
/// # Safety
/// As there; so many values stand there.
#[inline(always)]
pub(super) unsafe fn make_frame_of(
    c: &mut Cursor,
    function: StackRef,
    code: &Ref<Code>,
    count: usize,
    defaults: *const Value,
    more: usize,
) -> *mut Frame {
    // SAFETY: by contract; the room was checked.
    unsafe {
        let engine = &mut *c.engine;
        let frame = engine.top.cast::<Frame>();
        engine.top = engine.top.add(frame_words(code));
        let locals = Frame::locals(frame);
        let first = c.sp.sub(count);
        move_words(first, locals, count);
        for index in 0..more {
            *locals.add(count + index) = duplicate_quick(StackRef((*defaults.add(index)).bits()));
        }
        c.sp = first;
        initialize_frame_quick(frame, function, code, count + more);
        frame
    }
}

#[inline(always)]
fn push_frame_word(c: &mut Cursor, frame: *mut Frame) {
    c.push_word(StackRef(frame as u64));
}

/// Puts the address of a frame of `function`, with the top `count` words as arguments, in their place.
#[inline(always)]
pub(super) fn replace_by_frame(c: &mut Cursor, function: StackRef, count: u32) -> Flow {
    // SAFETY: the caller saw a function.
    let code = unsafe { code_of(function) };
    match code {
        Some(code)
            if code.is_simple && code.arg_count == count && has_room(c, code) && may_recurse(c) =>
        {
            // SAFETY: checked above.
            let frame = unsafe { make_frame(c, duplicate_quick(function), code, count as usize) };
            push_frame_word(c, frame);
            Flow::Next
        }
        _ => Flow::Miss,
    }
}

/// Calls a method of the word on top, if it is a Python generator function without other parameters: the generator it makes
/// takes the word's place, as if the running instruction of one unit had answered it. Answers whether it did.
pub(crate) fn enter_generator_method(c: &mut Cursor, name: &Ref<Str>, kinds: u32) -> bool {
    let receiver = c.word(0);
    // SAFETY: the receiver stays on the stack until the frame has it.
    let class = unsafe { receiver.view().class().clone() };
    let Some(method) = class.lookup(name) else {
        return false;
    };
    let Some(function) = method.downcast_exact::<Function>() else {
        return false;
    };
    let makes_generator = function.code().flags & kinds != 0;
    if !makes_generator {
        return false;
    }
    c.set_word(0, own_quick(receiver));
    let word = StackRef(function.as_value().bits());
    if replace_by_frame(c, word, 1) != Flow::Next {
        return false;
    }
    set_return(c, 1);
    PushFrame::quick(c, 0, [0; 3]);
    true
}

/// Notes where the running frame goes on when what it calls returns: `units` behind its instruction, the length of which they
/// are.
#[inline(always)]
pub(super) fn set_return(c: &mut Cursor, units: u16) {
    // SAFETY: the instruction is so long.
    let ip = unsafe { c.ip.sub(usize::from(units)) };
    let frame = c.frame_mut();
    frame.ip = ip;
    frame.return_offset = units;
}

/// The function that a call's arguments stand behind.
#[inline(always)]
fn callable(c: &Cursor, oparg: u32) -> StackRef {
    c.word(oparg as usize + 1)
}

uops! {
    /// Holds if the callable is a function of the version of the cache.
    quick CheckFunctionVersion = |c: &mut Cursor, oparg: u32, [version, ..]: Operands| {
        let function = callable(c, oparg);
        // SAFETY: a function was seen.
        is_exact::<Function>(function) && unsafe { u64::from(version_of(function)) == version }
    };
    /// Holds if the function takes exactly the arguments that are there.
    quick CheckFunctionExactArgs = |c: &mut Cursor, oparg: u32, _: Operands| {
        let count = oparg + u32::from(!c.word(oparg as usize).is_null());
        // SAFETY: the guard in front saw a function.
        match unsafe { code_of(callable(c, oparg)) } {
            Some(code) => code.arg_count == count,
            None => false,
        }
    };
    /// Holds if the frame fits the stack's chunk.
    quick CheckStackSpace = |c: &mut Cursor, oparg: u32, _: Operands| {
        // SAFETY: a guard in front saw a function.
        match unsafe { code_of(callable(c, oparg)) } {
            Some(code) => has_room(c, code),
            None => false,
        }
    };
    /// Holds if one more frame is allowed.
    quick CheckRecursionRemaining = |c: &mut Cursor, _: u32, _: Operands| may_recurse(c);
    /// Makes the frame of a function that takes exactly the arguments that are there.
    quick InitCallPyExactArgs = |c: &mut Cursor, oparg: u32, _: Operands| {
        let given = oparg as usize;
        let function = callable(c, oparg);
        let has_self = !c.word(given).is_null();
        let count = given + usize::from(has_self);
        // SAFETY: the guards in front saw such a function, and room.
        unsafe {
            let Some(code) = code_of(function) else {
                return Flow::Miss;
            };
            let frame = make_frame(c, function, code, count);
            // The place of `self`, if it is empty, and the callable, which the frame has now.
            c.sp = c.sp.sub(1 + usize::from(!has_self));
            push_frame_word(c, frame);
        }
        Flow::Next
    };
    /// Notes where the caller goes on.
    quick SaveReturnOffset = |c: &mut Cursor, _: u32, [units, ..]: Operands| {
        set_return(c, units as u16);
        true
    };
    /// Enters the frame on top.
    quick PushFrame = |c: &mut Cursor, _: u32, _: Operands| {
        let frame = c.pop_word().0 as *mut Frame;
        let caller = c.frame;
        // SAFETY: the word is the address of a fresh or suspended frame; both frames are live.
        unsafe {
            (*caller).sp = c.sp;
            (*frame).previous = caller;
            let engine = &mut *c.engine;
            engine.current = frame;
            engine.thread.depth.set(engine.thread.depth.get() + 1);
            c.frame = frame;
            c.ip = (*frame).ip;
            c.sp = (*frame).sp;
        }
        true
    };
    /// The frame of a suspended generator, for the next step of a loop.
    quick ForIterGenFrame = |c: &mut Cursor, oparg: u32, _: Operands| {
        let flow = resume_for_next(c);
        note_resumption(c, oparg, flow)
    };
    /// The frame of a suspended generator or coroutine, which gets the value on top.
    quick SendGenFrame = |c: &mut Cursor, oparg: u32, _: Operands| {
        let flow = resume_with_top(c);
        note_resumption(c, oparg, flow)
    };
}

/// Code units of FOR_ITER and SEND with their caches.
pub(crate) const RESUMING_UNITS: u16 = 2;

/// Makes the suspended frame of the generator on top ready for its next item, and pushes its address.
#[inline(always)]
pub(crate) fn resume_for_next(c: &mut Cursor) -> Flow {
    let iterator = c.word(0);
    if !is_exact::<Generator>(iterator) {
        return Flow::Miss;
    }
    // SAFETY: the class was seen; the generator stays on the stack.
    let core =
        unsafe { &*std::ptr::from_ref(iterator.view().downcast_unchecked::<Generator>().core()) };
    match resumable_frame(c, core) {
        Some(frame) => resume_frame(c, core, frame, StackRef::NONE),
        None => Flow::Miss,
    }
}

/// Makes the suspended frame of the generator or coroutine below the top ready to go on with the value on top, and puts its
/// address there.
#[inline(always)]
pub(crate) fn resume_with_top(c: &mut Cursor) -> Flow {
    let (receiver, value) = (c.word(1), c.word(0));
    // SAFETY: the class is seen; the receiver stays on the stack.
    let core = unsafe {
        if is_exact::<Generator>(receiver) {
            &*std::ptr::from_ref(receiver.view().downcast_unchecked::<Generator>().core())
        } else if is_exact::<Coroutine>(receiver) {
            &*std::ptr::from_ref(receiver.view().downcast_unchecked::<Coroutine>().core())
        } else {
            return Flow::Miss;
        }
    };
    let Some(frame) = resumable_frame(c, core) else {
        return Flow::Miss;
    };
    c.pop_word();
    let value = own_quick(value);
    resume_frame(c, core, frame, value)
}

/// Notes where a frame goes on when the generator that it resumed returns: behind the loop's END_FOR, or at END_SEND, `oparg`
/// units behind the instruction.
#[inline(always)]
fn note_resumption(c: &mut Cursor, oparg: u32, flow: Flow) -> Flow {
    if flow == Flow::Next {
        // SAFETY: the instruction is so long.
        let ip = unsafe { c.ip.sub(usize::from(RESUMING_UNITS)) };
        let caller = c.frame_mut();
        caller.ip = ip;
        caller.return_offset = RESUMING_UNITS + oparg as u16;
    }
    flow
}

/// The frame of a generator that can be resumed in the running loop.
#[inline(always)]
fn resumable_frame(c: &Cursor, core: &generator::Core) -> Option<*mut Frame> {
    let can_resume = matches!(core.state(), State::Created | State::Suspended) && may_recurse(c);
    if can_resume { core.frame() } else { None }
}

/// Makes a suspended frame ready to go on with `value` and pushes its address.
#[inline(always)]
fn resume_frame(
    c: &mut Cursor,
    core: &'static generator::Core,
    frame: *mut Frame,
    value: StackRef,
) -> Flow {
    // SAFETY: the frame is suspended; its stack has room for the value.
    unsafe {
        core.start_running((*c.engine).thread);
        *(*frame).sp = value;
        (*frame).sp = (*frame).sp.add(1);
        (*frame).kind.is_entry = false;
        (*frame).ip = (*frame).ip.add(1);
    }
    push_frame_word(c, frame);
    Flow::Next
}

/// The JUMP_BACKWARD that the cursor came from, and the counter behind it.
#[inline(always)]
fn back_edge(c: &Cursor, oparg: u32) -> (*const u16, &'static Cell<BackoffCounter>) {
    // SAFETY: the target is so far in front of what follows the instruction and its cache of one unit; the code outlives the uop.
    unsafe {
        let unit = c.ip.add(oparg as usize).sub(2);
        (unit, &*unit.add(1).cast())
    }
}

uops! {
    /// Holds if nothing is due between instructions.
    quick ResumeCheck = |_: &mut Cursor, _: u32, _: Operands| EVAL_BREAKER.load(Ordering::Relaxed) == 0;
    /// Counts a back edge, behind the jump, towards a trace; and goes back to the instruction when an executor stands there.
    both StepJit = |c: &mut Cursor, oparg: u32, _: Operands| {
        let counter = back_edge(c, oparg).1;
        if counter.get().is_triggered() {
            return Flow::Miss;
        }
        counter.set(counter.get().advance());
        Flow::Next
    }, |c: &mut Cursor, oparg: u32, _: Operands| {
        let (unit, counter) = back_edge(c, oparg);
        if !counter.get().is_triggered() {
            counter.set(counter.get().advance());
            return Ok(Flow::Next);
        }
        let Some(entrance) = crate::traces::warm::back_edge(c, unit, oparg) else {
            return Ok(Flow::Next);
        };
        c.ip = entrance;
        Ok(Flow::Done)
    };
    /// The jump of a back edge.
    quick StepJumpBackward = |c: &mut Cursor, oparg: u32, _: Operands| {
        c.jump_backward(oparg);
        true
    };
}
