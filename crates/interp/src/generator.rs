//! Generators and coroutines: frames that stop and go on.
//!
//! The frame of a generator lives in a block of its own, one word behind a pointer back to the [`Core`]. Resuming links it
//! on top of the running frame; yielding unlinks it. `for` and `await` in Python code resume without a native loop of their
//! own. Each generator has its own level of handled exceptions while it runs.
//!
//! Invariant: the block exists exactly while the state is not `Finished`; all words of a suspended frame own their
//! references.

use std::cell::Cell;
use std::ptr;

use taipan_bytecode::{CodeUnit, Opcode};
use taipan_compiler::flags;
use taipan_macros::{class, methods};
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Sent, Trace};
use taipan_objects::exceptions::{self, BaseException, ExceptionKind};
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::thread::{self, HandledException};
use taipan_objects::traceback::Traceback;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, id, warnings};

use crate::code::Code;
use crate::cursor::Cursor;
use crate::eval;
use crate::frame_object::{detach_frame_object, frame_object};
use crate::frame_stack::{
    EngineState, Frame, FrameOwner, FramePointer, StackRef, clear_frame, frame_words,
    promote_frame, trace_frame,
};
use crate::monitoring::{self, Event};

/// Where a generator stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nothing ran yet.
    Created,
    /// It stopped at a `yield`.
    Suspended,
    /// It runs.
    Running,
    /// It ended.
    Finished,
}

/// What generators, coroutines and asynchronous generators have in common.
pub struct Core {
    frame: FramePointer,
    state: Cell<State>,
    /// `__name__`.
    pub name: Slot<Ref<Str>>,
    /// `__qualname__`.
    pub qualname: Slot<Ref<Str>>,
    /// The code, which outlives the frame.
    pub code: Ref<Code>,
    handled: HandledException,
    /// `cr_origin`.
    pub origin: Slot,
}

impl Trace for Core {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.name.trace(visit);
        self.qualname.trace(visit);
        self.code.trace(visit);
        self.handled.value.trace(visit);
        self.origin.trace(visit);
        if matches!(self.state.get(), State::Created | State::Suspended)
            && let Some(frame) = self.frame.get()
        {
            // SAFETY: a suspended frame's words up to its `sp` are valid.
            unsafe { trace_frame(frame, visit) };
        }
    }

    fn clear(&self) {
        self.discard_frame();
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.discard_frame();
    }
}

/// Words of a generator's block in front of the frame: the addresses of the core and of the object.
const BLOCK_HEAD: usize = 2;

/// The core behind a generator's frame.
///
/// # Safety
/// The frame's owner is a generator.
unsafe fn core_of(frame: *mut Frame) -> *const Core {
    // SAFETY: the word two before the frame points back to the core.
    unsafe { *frame.cast::<*const Core>().sub(BLOCK_HEAD) }
}

/// The core of the generator whose frame this is, if it is a generator's.
pub(crate) fn core_of_frame(frame: *mut Frame) -> Option<&'static Core> {
    // SAFETY: the frame is live, so a generator that owns it is too; the reference is used before it can go.
    unsafe { ((*frame).owner == FrameOwner::Generator).then(|| &*core_of(frame)) }
}

/// The generator whose frame this is, if it is a generator's.
pub(crate) fn owner_of_frame(frame: *mut Frame) -> Option<Value> {
    // SAFETY: the frame is live; the word before it names the object that owns it, without a count.
    unsafe {
        if (*frame).owner != FrameOwner::Generator {
            return None;
        }
        let bits = frame.cast::<u64>().sub(1);
        Some(Value::borrow_bits(&*bits).clone())
    }
}

/// Ends a generator that has not started, as its finalizer would.
pub(crate) fn abandon(owner: &Value) {
    if owner.downcast::<Coroutine>().is_some()
        && core(owner).is_some_and(|core| core.state.get() == State::Created)
    {
        crate::async_generator::warn_never_awaited(owner);
    }
    if let Some(core) = core(owner) {
        core.discard_frame();
    }
}

impl Core {
    /// `gi_frame` and the like exist while the generator has a frame.
    pub fn frame(&self) -> Option<*mut Frame> {
        self.frame.get()
    }

    /// Where the generator stands.
    pub fn state(&self) -> State {
        self.state.get()
    }

    /// Bytes of the frame's block.
    pub(crate) fn frame_bytes(&self) -> usize {
        if self.frame.get().is_some() {
            (BLOCK_HEAD + frame_words(&self.code)) * 8
        } else {
            0
        }
    }

    /// Releases the frame of a generator that will not run again.
    fn discard_frame(&self) {
        if self.state.get() == State::Running {
            return;
        }
        self.state.set(State::Finished);
        let Some(frame) = self.frame.get() else {
            return;
        };
        self.frame.set(ptr::null_mut());
        // SAFETY: the frame is suspended; nothing else points to it once its frame object took its own copy.
        unsafe {
            if !(*frame).object.is_null() {
                detach_frame_object(frame);
            }
            let words = BLOCK_HEAD + frame_words((*frame).code());
            clear_frame(frame, (*frame).sp);
            free_block(frame, words);
        }
    }

    /// The object that a suspended `yield from` or `await` waits for.
    pub fn waiting_for(&self) -> Option<Value> {
        if self.state.get() != State::Suspended {
            return None;
        }
        let frame = self.frame.get()?;
        if self.resume_oparg()? & 3 < 2 {
            return None;
        }
        // SAFETY: the frame is suspended in a delegation: its receiver is on top of the stack.
        unsafe {
            let receiver = *(*frame).sp.sub(1);
            Some((*receiver.view()).clone())
        }
    }

    /// The oparg of the RESUME behind the YIELD_VALUE where the frame is suspended.
    fn resume_oparg(&self) -> Option<u8> {
        let frame = self.frame.get()?;
        // SAFETY: the frame is suspended; code ends with an instruction that does not fall through.
        let unit = CodeUnit(unsafe { *(*frame).ip.add(1) });
        let opcode = unit.opcode()?;
        (opcode.plain().unwrap_or_else(|| opcode.base()) == Opcode::Resume).then(|| unit.oparg())
    }

    /// Whether an exception thrown in now could be handled, or told of: not outside of all blocks, as the compiler notes in
    /// RESUME.
    fn has_handler(&self) -> bool {
        monitoring::listens(Event::PyUnwind)
            || self.resume_oparg().is_none_or(|oparg| oparg & 4 == 0)
    }
}

/// # Safety
/// The block was made by [`adopt_frame`] for so many words.
unsafe fn free_block(frame: *mut Frame, words: usize) {
    // SAFETY: by contract.
    unsafe {
        let start = frame.cast::<u64>().sub(BLOCK_HEAD);
        drop(Box::from_raw(ptr::slice_from_raw_parts_mut(start, words)));
    }
}

/// Makes the core of a generator whose frame is a copy of the running one.
///
/// # Safety
/// `frame` is the running frame, its words below `sp` valid; it is given up afterwards without clearing.
unsafe fn adopt_frame(frame: *mut Frame, sp: *mut StackRef) -> Core {
    // SAFETY: by contract; the block has room for the whole frame.
    unsafe {
        promote_frame(frame, sp);
        let code = (*frame).code().clone();
        let words = BLOCK_HEAD + frame_words(&code);
        let block = Box::into_raw(Box::<[u64]>::new_uninit_slice(words)).cast::<u64>();
        let copy = block.add(BLOCK_HEAD).cast::<Frame>();
        let used = sp.offset_from(frame.cast::<StackRef>()) as usize;
        ptr::copy_nonoverlapping(frame.cast::<u64>(), copy.cast::<u64>(), used);
        (*copy).owner = FrameOwner::Generator;
        (*copy).previous = ptr::null_mut();
        (*copy).is_entry = false;
        (*copy).sp = copy.cast::<StackRef>().add(used);
        let function = (*frame).function();
        Core {
            frame: FramePointer::new(copy),
            state: Cell::new(State::Created),
            name: Slot::new(function.name.get()),
            qualname: Slot::new(function.qualname.get()),
            code,
            handled: HandledException::new(),
            origin: Slot::empty(),
        }
    }
}

/// Points the block back to where the core came to rest, in `owner`.
pub(crate) fn anchor(core: &Core, owner: &Value) {
    if let Some(frame) = core.frame.get() {
        // SAFETY: the block begins with the words for the two addresses.
        unsafe {
            *frame.cast::<*const Core>().sub(BLOCK_HEAD) = core;
            *frame.cast::<u64>().sub(1) = owner.bits();
        }
    }
}

/// RETURN_GENERATOR: the running frame becomes a generator, which the caller gets.
pub fn make_generator(c: &mut Cursor) -> PyResult<Value> {
    let frame = c.frame;
    // SAFETY: the frame runs; after the copy its words belong to the generator.
    unsafe {
        let core = adopt_frame(frame, c.sp);
        if !(*frame).object.is_null() {
            let object = (*frame).object;
            if let Some(copy) = core.frame.get() {
                crate::frame_object::move_frame_object(object, copy);
            }
            (*frame).object = StackRef::NULL;
        }
        let code = core.code.clone();
        if code.has_flag(flags::ASYNC_GENERATOR) {
            return Ok(crate::async_generator::AsyncGenerator::from_core(core).into_value());
        }
        if code.has_flag(flags::COROUTINE) {
            core.origin
                .set(crate::async_generator::coroutine_origin((*frame).previous));
            let coroutine = heap::new_object(Coroutine::class(), Coroutine { core });
            anchor(&coroutine.core, coroutine.as_value());
            return Ok(coroutine.into_value());
        }
        let generator = heap::new_object(Generator::class(), Generator { core });
        anchor(&generator.core, generator.as_value());
        Ok(generator.into_value())
    }
}

/// The core of any generator-like object of ours.
pub fn core(value: &Value) -> Option<&Core> {
    if let Some(generator) = value.downcast::<Generator>() {
        return Some(&generator.core);
    }
    if let Some(coroutine) = value.downcast::<Coroutine>() {
        return Some(&coroutine.core);
    }
    value
        .downcast::<crate::async_generator::AsyncGenerator>()
        .map(|generator| generator.core())
}

/// Links a suspended generator on top of the running frame, with `value` as what its `yield` answers.
fn link(engine: &mut EngineState, core: &Core, value: Option<Value>) -> PyResult<*mut Frame> {
    let frame = core
        .frame
        .get()
        .expect("a generator that is not finished has a frame");
    eval::push_frame(engine, frame)?;
    let state = thread::current();
    core.handled.previous.set(state.handled_top.get());
    state.handled_top.set(&raw const core.handled);
    core.state.set(State::Running);
    // SAFETY: the frame's stack has room for the value: the yielded one was taken from there.
    unsafe {
        if let Some(value) = value {
            *(*frame).sp = StackRef::from_value(value);
            (*frame).sp = (*frame).sp.add(1);
        }
    }
    Ok(frame)
}

/// Unlinks the running generator frame; its caller becomes current.
fn unlink(engine: &mut EngineState, frame: *mut Frame, core: &Core) {
    let state = thread::current();
    state
        .handled_top
        .set(core.handled.previous.replace(ptr::null()));
    // SAFETY: the frame is current.
    engine.current = unsafe { std::mem::replace(&mut (*frame).previous, ptr::null_mut()) };
    thread::leave_frame();
}

/// Resumes a suspended generator in the running native loop. Answers false if it cannot be resumed this way.
pub fn resume_inline(
    c: &mut Cursor,
    core: &Core,
    value: Value,
    return_units: u16,
) -> PyResult<bool> {
    if !matches!(core.state.get(), State::Created | State::Suspended) {
        return Ok(false);
    }
    // SAFETY: the caller's frame is live; the generator's frame is suspended.
    unsafe {
        (*c.frame).sp = c.sp;
        (*c.frame).return_offset = return_units;
        let frame = link(&mut *c.engine, core, Some(value))?;
        (*frame).is_entry = false;
        c.frame = frame;
        c.sp = (*frame).sp;
        // Saved too: the RESUME there need not save it, and lines are told by what ran last.
        (*frame).ip = (*frame).ip.add(1);
        c.ip = (*frame).ip;
    }
    Ok(true)
}

/// YIELD_VALUE: suspends the running generator with `value` for its caller.
pub fn yield_value(c: &mut Cursor, value: Value) {
    let frame = c.frame;
    // SAFETY: the running frame is a generator's; the engine outlives the loop.
    unsafe {
        let core = &*core_of(frame);
        (*frame).sp = c.sp;
        let engine = &mut *c.engine;
        unlink(engine, frame, core);
        core.state.set(State::Suspended);
        if (*frame).is_entry {
            engine.result = Some(value);
            engine.finished = false;
            c.leave();
            return;
        }
        // SEND and FOR_ITER, the two that resume inline, both have one cache unit.
        let caller = engine.current;
        c.frame = caller;
        c.sp = (*caller).sp;
        c.ip = (*caller).ip.add(2);
        c.push(value);
    }
}

/// The running generator frame ends, by return or by exception.
pub(crate) fn frame_ends(engine: &mut EngineState, frame: *mut Frame, sp: *mut StackRef) {
    // SAFETY: the frame is current and a generator's.
    unsafe {
        let core = &*core_of(frame);
        core.state.set(State::Finished);
        core.frame.set(ptr::null_mut());
        if !(*frame).object.is_null() {
            (*frame).sp = sp;
            detach_frame_object(frame);
        }
        let words = BLOCK_HEAD + frame_words((*frame).code());
        let handled = core.handled.value.take();
        unlink(engine, frame, core);
        drop(handled);
        clear_frame(frame, sp);
        free_block(frame, words);
    }
}

/// What is put into a generator.
pub enum Input {
    /// The value of its `yield`.
    Value(Value),
    /// An exception raised at its `yield`.
    Exception(Raised),
}

fn kind_of(code: &Code) -> &'static str {
    if code.has_flag(flags::ASYNC_GENERATOR) {
        "async generator"
    } else if code.has_flag(flags::COROUTINE) {
        "coroutine"
    } else {
        "generator"
    }
}

/// Resumes a generator from native code until it yields, returns or raises.
pub fn resume(core: &Core, owner: &Value, input: Input) -> PyResult<Sent> {
    let keep_alive = owner.clone();
    let kind = kind_of(&core.code);
    match core.state.get() {
        State::Running => bail!(ValueError, "{kind} already executing"),
        State::Finished => {
            return match input {
                _ if kind == "coroutine" => {
                    bail!(RuntimeError, "cannot reuse already awaited coroutine")
                }
                Input::Exception(raised) => Err(raised),
                Input::Value(_) => Ok(Sent::Return(Value::NONE)),
            };
        }
        State::Created => {
            if let Input::Value(value) = &input
                && !value.is_none()
            {
                bail!(
                    TypeError,
                    "can't send non-None value to a just-started {kind}"
                );
            }
        }
        State::Suspended => {}
    }
    thread::check_stack("")?;
    let engine = crate::frames::engine();
    let outcome = match input {
        Input::Value(value) => {
            let frame = link(engine, core, Some(value))?;
            // SAFETY: the frame is linked and suspended one instruction before where it goes on.
            unsafe { (*frame).ip = (*frame).ip.add(1) };
            eval::run_linked_frame(engine, frame)
        }
        Input::Exception(raised) => {
            let frame = link(engine, core, None)?;
            // The context is what the generator handles itself, not what its caller handles.
            exceptions::link_context(
                raised.exception(),
                core.handled.value.get().map(Ref::into_value),
            );
            // No RESUME runs that would bring the code up to date.
            if monitoring::is_active() {
                monitoring::update(&core.code);
            }
            // SAFETY: the frame is live. It shows the YIELD_VALUE; the exception is thrown in at the RESUME behind it.
            let resume = unsafe { (*frame).instruction_index() } + 1;
            let raised =
                monitoring::exception_event(engine, Event::PyThrow, resume.max(0) as usize, raised);
            // SAFETY: the frame is current; its words below `sp` are valid.
            unsafe {
                (*frame).is_entry = true;
                let next = crate::unwind::unwind(engine, (*frame).sp, raised);
                if next.ip.is_null() {
                    match engine.raised.take() {
                        Some(raised) => Err(raised),
                        None => Ok(engine.result.take().unwrap_or(Value::NONE)),
                    }
                } else {
                    eval::run_linked_frame_from(engine, frame, next)
                }
            }
        }
    };
    drop(keep_alive);
    let finished = core.state.get() == State::Finished;
    let value = outcome?;
    Ok(if finished {
        Sent::Return(value)
    } else {
        Sent::Yield(value)
    })
}

/// The exception of `generator.throw(type, value, traceback)`.
pub fn thrown_exception(values: &[Value]) -> PyResult<Raised> {
    if values.len() > 1 {
        warnings::warn(
            ExceptionKind::DeprecationWarning,
            "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
        )?;
    }
    make_thrown(values)
}

/// The exception that `(type, value, traceback)` mean, where the last two may be absent.
pub(crate) fn make_thrown(values: &[Value]) -> PyResult<Raised> {
    let traceback = values.get(2).filter(|value| !value.is_none());
    if traceback.is_some_and(|traceback| traceback.downcast::<Traceback>().is_none()) {
        bail!(
            TypeError,
            "throw() third argument must be a traceback object"
        );
    }
    let argument = values.get(1).filter(|value| !value.is_none());
    let exception = if values[0].downcast::<BaseException>().is_some() {
        if argument.is_some() {
            bail!(
                TypeError,
                "instance exception may not have a separate value"
            );
        }
        exceptions::make(&values[0], None)?
    } else if exceptions::is_exception_class(&values[0]) {
        match exceptions::make(&values[0], argument) {
            Ok(exception) => exception,
            // What is wrong with the exception is raised where it was to be raised.
            Err(raised) => return Ok(raised),
        }
    } else {
        bail!(
            TypeError,
            "exceptions must be classes or instances deriving from BaseException, not {}",
            values[0].class().name()
        );
    };
    if let Some(traceback) = traceback {
        exception.set_traceback(Some(traceback.clone()));
    }
    Ok(Raised::from_exception(exception))
}

/// Throws into a generator, or into what it waits for; GeneratorExit closes that, if `close_inner`.
pub fn throw(core: &Core, owner: &Value, raised: Raised, close_inner: bool) -> PyResult<Sent> {
    if core.state.get() == State::Running {
        bail!(ValueError, "{} already executing", kind_of(&core.code));
    }
    if let Some(inner) = core.waiting_for() {
        if close_inner && raised.is(ExceptionKind::GeneratorExit) {
            let closed = while_running(core, || close_value(&inner));
            return match closed {
                Ok(()) => resume(core, owner, Input::Exception(raised)),
                Err(other) => resume(core, owner, Input::Exception(other)),
            };
        }
        let outcome = while_running(core, || throw_into(&inner, &raised, close_inner));
        return match outcome {
            Ok(Some(Sent::Yield(value))) => Ok(Sent::Yield(value)),
            Ok(Some(Sent::Return(value))) => continue_behind(core, owner, value),
            Ok(None) => resume(core, owner, Input::Exception(raised)),
            Err(other) if other.is(ExceptionKind::StopIteration) => {
                let value = exceptions::stop_value(&other);
                continue_behind(core, owner, value)
            }
            Err(other) => resume(core, owner, Input::Exception(other)),
        };
    }
    resume(core, owner, Input::Exception(raised))
}

/// Runs `body` for a generator that waits for another: its frame is on the stack meanwhile, though its code does not run.
fn while_running<R>(core: &Core, body: impl FnOnce() -> R) -> R {
    let engine = crate::frames::engine();
    let frame = core.frame.get();
    let caller = engine.current;
    if let Some(frame) = frame {
        // SAFETY: the frame is suspended, and the generator that owns it is alive while the body runs.
        unsafe { (*frame).previous = caller };
        engine.current = frame;
    }
    core.state.set(State::Running);
    let result = body();
    core.state.set(State::Suspended);
    if let Some(frame) = frame {
        // SAFETY: as above; a running generator does not lose its frame.
        unsafe { (*frame).previous = ptr::null_mut() };
        engine.current = caller;
    }
    result
}

/// Throws into the object that a generator waits for; `None` when it has no `throw`.
fn throw_into(inner: &Value, raised: &Raised, close_inner: bool) -> PyResult<Option<Sent>> {
    let again = Raised::from_exception(raised.exception().clone());
    if let Some(inner_core) = core(inner) {
        return throw(inner_core, inner, again, close_inner).map(Some);
    }
    match protocol::getattr_optional(inner, id!("throw"))? {
        Some(method) => protocol::call1(&method, raised.exception().as_value())
            .map(|value| Some(Sent::Yield(value))),
        None => Ok(None),
    }
}

/// The inner iterator ended while something was thrown in: the generator goes on behind its `yield from`.
fn continue_behind(core: &Core, owner: &Value, value: Value) -> PyResult<Sent> {
    if let Some(frame) = core.frame.get() {
        // SAFETY: the frame is suspended in `SEND; YIELD_VALUE; RESUME; JUMP_BACKWARD_NO_INTERRUPT`; behind the jump stands
        // END_SEND, which expects the inner iterator below the value.
        unsafe {
            let jump = (*frame).ip.add(2);
            (*frame).ip = jump;
        }
    }
    resume(core, owner, Input::Value(value))
}

/// Closes any iterator that can be closed.
fn close_value(inner: &Value) -> PyResult<()> {
    if let Some(inner_core) = core(inner) {
        return close(inner_core, inner).map(drop);
    }
    match protocol::getattr_optional(inner, id!("close"))? {
        Some(method) => protocol::call0(&method).map(drop),
        None => Ok(()),
    }
}

/// `generator.close()`.
pub fn close(core: &Core, owner: &Value) -> PyResult<Value> {
    match core.state.get() {
        State::Finished => return Ok(Value::NONE),
        State::Created => {
            core.discard_frame();
            return Ok(Value::NONE);
        }
        State::Running => bail!(ValueError, "{} already executing", kind_of(&core.code)),
        State::Suspended => {}
    }
    if core.waiting_for().is_none() && !core.has_handler() {
        core.discard_frame();
        return Ok(Value::NONE);
    }
    let raised = exceptions::raise_args(ExceptionKind::GeneratorExit.class(), Vec::new());
    match throw(core, owner, raised, true) {
        Ok(Sent::Yield(_)) => bail!(
            RuntimeError,
            "{} ignored GeneratorExit",
            kind_of(&core.code)
        ),
        Ok(Sent::Return(value)) => Ok(value),
        Err(raised)
            if raised.is(ExceptionKind::GeneratorExit)
                || raised.is(ExceptionKind::StopIteration) =>
        {
            Ok(Value::NONE)
        }
        Err(raised) => Err(raised),
    }
}

/// A result as `next` and `send` show it: the end is StopIteration.
pub fn sent_to_result(sent: Sent) -> PyResult<Value> {
    match sent {
        Sent::Yield(value) => Ok(value),
        Sent::Return(value) => Err(exceptions::stop_iteration(value)),
    }
}

/// Closes a generator that nobody will resume; errors go to `sys.unraisablehook`.
pub(crate) fn finalize(core: &Core, owner: &Value) {
    if core.state.get() == State::Suspended
        && let Err(raised) = close(core, owner)
    {
        taipan_objects::runtime::unraisable(
            raised,
            Some("Exception ignored while closing generator"),
            Some(owner),
        );
    }
}

/// The payload of `generator`.
#[class(name = "generator", flags(WEAKREFABLE, NO_INSTANTIATION))]
pub struct Generator {
    core: Core,
}

/// The payload of `coroutine`.
#[class(name = "coroutine", flags(WEAKREFABLE, NO_INSTANTIATION))]
pub struct Coroutine {
    core: Core,
}

/// The iterator that `await` of a coroutine goes through outside coroutines.
#[class(name = "coroutine_wrapper", flags(NO_INSTANTIATION))]
pub struct CoroutineWrapper {
    coroutine: Ref<Coroutine>,
}

impl Generator {
    /// The shared part.
    pub fn core(&self) -> &Core {
        &self.core
    }
}

impl Coroutine {
    /// The shared part.
    pub fn core(&self) -> &Core {
        &self.core
    }
}

/// `<generator object name at 0x…>`.
pub(crate) fn show(core: &Core, kind: &str, value: &Value) -> Value {
    let name = core
        .qualname
        .get()
        .map_or_else(String::new, |name| name.to_display().into_owned());
    Str::new(&format!("<{kind} object {name} at {:#x}>", value.id())).into_value()
}

/// `gi_frame` and the like.
pub(crate) fn frame_of(core: &Core) -> Option<Value> {
    core.frame
        .get()
        .map(|frame| frame_object(frame).into_value())
}

/// Sets `__name__` or `__qualname__`.
pub(crate) fn set_text(
    slot: &Slot<Ref<Str>>,
    attribute: &str,
    value: Option<&Value>,
) -> PyResult<()> {
    match value.and_then(|value| value.downcast::<Str>()) {
        Some(text) => {
            slot.set(Some(text.clone()));
            Ok(())
        }
        None => bail!(TypeError, "{attribute} must be set to a string object"),
    }
}

#[methods]
impl Generator {
    #[slot(finalize)]
    fn finalize_slot(this: &Ref<Generator>) {
        finalize(&this.core, this.as_value());
    }

    #[slot(repr)]
    fn repr(this: &Ref<Generator>) -> PyResult<Value> {
        Ok(show(&this.core, "generator", this.as_value()))
    }

    #[slot(iter)]
    fn iter(this: &Value) -> PyResult<Value> {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<Generator>) -> PyResult<Option<Value>> {
        match resume(&this.core, this.as_value(), Input::Value(Value::NONE))? {
            Sent::Yield(value) => Ok(Some(value)),
            Sent::Return(_) => Ok(None),
        }
    }

    #[slot(send)]
    fn send_slot(this: &Value, value: &Value) -> PyResult<Sent> {
        let generator = this
            .downcast::<Generator>()
            .expect("the slot of generators");
        resume(&generator.core, this, Input::Value(value.clone()))
    }

    /// send(value) -> send 'value' into generator,
    /// return next yielded value or raise StopIteration.
    #[method("($self, value, /)")]
    fn send(this: &Ref<Generator>, value: &Value) -> PyResult<Value> {
        sent_to_result(resume(
            &this.core,
            this.as_value(),
            Input::Value(value.clone()),
        )?)
    }

    /// throw(value)
    /// throw(type[,value[,tb]])
    ///
    /// Raise exception in generator, return next yielded value or raise
    /// StopIteration.
    #[method]
    fn throw(this: &Ref<Generator>, args: taipan_objects::args::Args<'_>) -> PyResult<Value> {
        let raised = thrown_exception(args.positional_between("throw", 1, 3)?)?;
        sent_to_result(throw(&this.core, this.as_value(), raised, true)?)
    }

    /// close() -> raise GeneratorExit inside generator.
    #[method("($self, /)")]
    fn close(this: &Ref<Generator>) -> PyResult<Value> {
        close(&this.core, this.as_value())
    }

    /// name of the generator
    #[getter(name = "__name__")]
    fn name(this: &Ref<Generator>) -> Option<Value> {
        this.core.name.get().map(Ref::into_value)
    }

    #[setter(name = "__name__")]
    fn set_name(this: &Ref<Generator>, value: Option<&Value>) -> PyResult<()> {
        set_text(&this.core.name, "__name__", value)
    }

    /// qualified name of the generator
    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<Generator>) -> Option<Value> {
        this.core.qualname.get().map(Ref::into_value)
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(this: &Ref<Generator>, value: Option<&Value>) -> PyResult<()> {
        set_text(&this.core.qualname, "__qualname__", value)
    }

    #[getter]
    fn gi_frame(this: &Ref<Generator>) -> Option<Value> {
        frame_of(&this.core)
    }

    #[getter]
    fn gi_running(this: &Ref<Generator>) -> bool {
        this.core.state.get() == State::Running
    }

    #[getter]
    fn gi_suspended(this: &Ref<Generator>) -> bool {
        this.core.state.get() == State::Suspended
    }

    #[getter]
    fn gi_code(this: &Ref<Generator>) -> Ref<Code> {
        this.core.code.clone()
    }

    /// object being iterated by yield from, or None
    #[getter]
    fn gi_yieldfrom(this: &Ref<Generator>) -> Option<Value> {
        this.core.waiting_for()
    }

    #[classmethod("($cls, object, /)")]
    fn __class_getitem__(class: &Value, item: &Value) -> PyResult<Value> {
        taipan_objects::generic_alias::new(class, item)
    }
}

#[methods]
impl Coroutine {
    #[slot(finalize)]
    fn finalize_slot(this: &Ref<Coroutine>) {
        if this.core.state.get() == State::Created {
            abandon(this.as_value());
            return;
        }
        finalize(&this.core, this.as_value());
    }

    #[slot(repr)]
    fn repr(this: &Ref<Coroutine>) -> PyResult<Value> {
        Ok(show(&this.core, "coroutine", this.as_value()))
    }

    #[slot(await_)]
    fn await_slot(this: &Ref<Coroutine>) -> PyResult<Value> {
        Ok(heap::new_object(
            CoroutineWrapper::class(),
            CoroutineWrapper {
                coroutine: this.clone(),
            },
        )
        .into_value())
    }

    #[slot(send)]
    fn send_slot(this: &Value, value: &Value) -> PyResult<Sent> {
        let coroutine = this
            .downcast::<Coroutine>()
            .expect("the slot of coroutines");
        resume(&coroutine.core, this, Input::Value(value.clone()))
    }

    /// send(arg) -> send 'arg' into coroutine,
    /// return next yielded value or raise StopIteration.
    #[method("($self, value, /)")]
    fn send(this: &Ref<Coroutine>, value: &Value) -> PyResult<Value> {
        sent_to_result(resume(
            &this.core,
            this.as_value(),
            Input::Value(value.clone()),
        )?)
    }

    /// throw(value)
    /// throw(type[,value[,traceback]])
    ///
    /// Raise exception in coroutine, return next yielded value or raise
    /// StopIteration.
    #[method]
    fn throw(this: &Ref<Coroutine>, args: taipan_objects::args::Args<'_>) -> PyResult<Value> {
        let raised = thrown_exception(args.positional_between("throw", 1, 3)?)?;
        if this.core.state.get() == State::Finished {
            bail!(RuntimeError, "cannot reuse already awaited coroutine");
        }
        sent_to_result(throw(&this.core, this.as_value(), raised, true)?)
    }

    /// close() -> raise GeneratorExit inside coroutine.
    #[method("($self, /)")]
    fn close(this: &Ref<Coroutine>) -> PyResult<Value> {
        close(&this.core, this.as_value())
    }

    /// name of the coroutine
    #[getter(name = "__name__")]
    fn name(this: &Ref<Coroutine>) -> Option<Value> {
        this.core.name.get().map(Ref::into_value)
    }

    #[setter(name = "__name__")]
    fn set_name(this: &Ref<Coroutine>, value: Option<&Value>) -> PyResult<()> {
        set_text(&this.core.name, "__name__", value)
    }

    /// qualified name of the coroutine
    #[getter(name = "__qualname__")]
    fn qualname(this: &Ref<Coroutine>) -> Option<Value> {
        this.core.qualname.get().map(Ref::into_value)
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(this: &Ref<Coroutine>, value: Option<&Value>) -> PyResult<()> {
        set_text(&this.core.qualname, "__qualname__", value)
    }

    #[getter]
    fn cr_frame(this: &Ref<Coroutine>) -> Option<Value> {
        frame_of(&this.core)
    }

    #[getter]
    fn cr_running(this: &Ref<Coroutine>) -> bool {
        this.core.state.get() == State::Running
    }

    #[getter]
    fn cr_suspended(this: &Ref<Coroutine>) -> bool {
        this.core.state.get() == State::Suspended
    }

    #[getter]
    fn cr_code(this: &Ref<Coroutine>) -> Ref<Code> {
        this.core.code.clone()
    }

    /// object being awaited on, or None
    #[getter]
    fn cr_await(this: &Ref<Coroutine>) -> Option<Value> {
        this.core.waiting_for()
    }

    #[getter]
    fn cr_origin(this: &Ref<Coroutine>) -> Option<Value> {
        this.core.origin.get()
    }

    #[classmethod("($cls, object, /)")]
    fn __class_getitem__(class: &Value, item: &Value) -> PyResult<Value> {
        taipan_objects::generic_alias::new(class, item)
    }
}

#[methods]
impl CoroutineWrapper {
    #[slot(iter)]
    fn iter(this: &Value) -> PyResult<Value> {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<CoroutineWrapper>) -> PyResult<Option<Value>> {
        match resume(
            &this.coroutine.core,
            this.coroutine.as_value(),
            Input::Value(Value::NONE),
        )? {
            Sent::Yield(value) => Ok(Some(value)),
            Sent::Return(_) => Ok(None),
        }
    }

    #[slot(send)]
    fn send_slot(this: &Value, value: &Value) -> PyResult<Sent> {
        let wrapper = this
            .downcast::<CoroutineWrapper>()
            .expect("the slot of wrappers");
        resume(
            &wrapper.coroutine.core,
            wrapper.coroutine.as_value(),
            Input::Value(value.clone()),
        )
    }

    #[method("($self, value, /)")]
    fn send(this: &Ref<CoroutineWrapper>, value: &Value) -> PyResult<Value> {
        sent_to_result(resume(
            &this.coroutine.core,
            this.coroutine.as_value(),
            Input::Value(value.clone()),
        )?)
    }

    #[method]
    fn throw(
        this: &Ref<CoroutineWrapper>,
        args: taipan_objects::args::Args<'_>,
    ) -> PyResult<Value> {
        let raised = thrown_exception(args.positional_between("throw", 1, 3)?)?;
        sent_to_result(throw(
            &this.coroutine.core,
            this.coroutine.as_value(),
            raised,
            true,
        )?)
    }

    #[method("($self, /)")]
    fn close(this: &Ref<CoroutineWrapper>) -> PyResult<Value> {
        close(&this.coroutine.core, this.coroutine.as_value())
    }
}

/// What `await value` goes through.
pub(crate) fn awaitable_iterator(value: &Value) -> PyResult<Value> {
    crate::bodies::awaitable_iterator(value)
}

/// A value that an asynchronous generator yields, marked as such.
pub fn wrap_async_value(value: Value) -> Value {
    crate::async_generator::wrap(value)
}
