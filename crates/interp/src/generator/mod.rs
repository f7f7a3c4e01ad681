//! Generators and coroutines: frames that stop and go on.
//!
//! The frame of a generator lives in a block of its own, one word behind a pointer back to the [`Core`]. `resuming` links it
//! on top of the running frame and unlinks it at a `yield`; `for` and `await` in Python code resume without a native loop of
//! their own. `throwing` puts exceptions in. The classes are in `class` and `coroutine`. Each generator has its own level of
//! handled exceptions while it runs.
//!
//! Invariant: the block exists exactly while the state is not `Finished`; all words of a suspended frame own their
//! references.

pub(crate) mod blocks;
mod class;
mod coroutine;
mod resuming;
mod throwing;

use std::cell::Cell;
use std::ptr;

use taipan_bytecode::{CodeUnit, Opcode};
use taipan_compiler::flags;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Trace, Visitor};
use taipan_objects::header::flags as header_flags;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::thread::{self, HandledException};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap};

use crate::code::Code;
use crate::cursor::Cursor;
use crate::frame_object::{detach_frame_object, frame_object};
use crate::frame_stack::{
    Frame, FrameOwner, FramePointer, StackRef, clear_frame, frame_words, trace_frame,
};
use crate::function::Function;
use crate::monitoring::{self, Event};

pub use class::Generator;
pub use coroutine::{Coroutine, CoroutineWrapper};
pub use resuming::{Input, resume, resume_inline, resume_with, sent_to_result, yield_value};
pub(crate) use resuming::{frame_ends, return_quick, yield_quick};
pub use throwing::{close, throw, thrown_exception};
pub(crate) use throwing::{finalize, make_thrown};

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
    /// `__name__` and `__qualname__`, where they are not the code's.
    names: Slot<Ref<Tuple>>,
    /// The code, which outlives the frame.
    pub code: Ref<Code>,
    handled: HandledException,
    /// `cr_origin`.
    pub origin: Slot,
}

impl Trace for Core {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.names.trace(visitor);
        self.code.trace(visitor);
        self.handled.value.trace(visitor);
        self.origin.trace(visitor);
        if matches!(self.state.get(), State::Created | State::Suspended)
            && let Some(frame) = self.frame.get()
        {
            // SAFETY: a suspended frame's words up to its `sp` are valid.
            unsafe { trace_frame(frame, visitor) };
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
pub(crate) const BLOCK_HEAD: usize = 2;

/// The core behind a generator's frame.
///
/// # Safety
/// The frame's owner is a generator.
#[inline(always)]
pub(crate) unsafe fn core_of(frame: *mut Frame) -> *const Core {
    // SAFETY: the word two before the frame points back to the core.
    unsafe { *frame.cast::<*const Core>().sub(BLOCK_HEAD) }
}

/// The core of the generator whose frame this is, if it is a generator's.
pub(crate) fn core_of_frame(frame: *mut Frame) -> Option<&'static Core> {
    // SAFETY: the frame is live, so a generator that owns it is too; the reference is used before it can go.
    unsafe { ((*frame).kind.owner == FrameOwner::Generator).then(|| &*core_of(frame)) }
}

/// The generator whose frame this is, if it is a generator's.
pub(crate) fn owner_of_frame(frame: *mut Frame) -> Option<Value> {
    // SAFETY: the frame is live; the word before it names the object that owns it, without a count.
    unsafe {
        if (*frame).kind.owner != FrameOwner::Generator {
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
        coroutine::warn_never_awaited(owner);
    }
    if let Some(core) = core(owner) {
        core.discard_frame();
    }
}

impl Core {
    /// `gi_frame` and the like exist while the generator has a frame.
    #[inline(always)]
    pub fn frame(&self) -> Option<*mut Frame> {
        self.frame.get()
    }

    /// Notes that the frame is about to run, on top of the running one.
    #[inline(always)]
    pub(crate) fn start_running(&self, thread: &thread::ThreadState) {
        self.handled.previous.set(thread.handled_top.get());
        thread.handled_top.set(&raw const self.handled);
        self.state.set(State::Running);
    }

    /// Where the generator stands.
    #[inline(always)]
    pub fn state(&self) -> State {
        self.state.get()
    }

    /// Notes that the frame stopped, or ended.
    #[inline(always)]
    pub(crate) fn stop_running(&self, thread: &thread::ThreadState, state: State) {
        thread
            .handled_top
            .set(self.handled.previous.replace(ptr::null()));
        self.state.set(state);
    }

    /// Notes at the generator's end that its finalizer has nothing to do any more.
    ///
    /// # Safety
    /// `frame` is the generator's frame, whose block names the object.
    #[inline(always)]
    pub(crate) unsafe fn needs_no_finalizer(frame: *mut Frame) {
        // SAFETY: by contract; the object is alive while its frame runs.
        unsafe {
            let owner = Value::borrow_bits(&*frame.cast::<u64>().sub(1));
            if let Some(header) = owner.header() {
                header.set(header_flags::FINALIZED);
            }
        }
    }

    /// Whether the generator handles no exception.
    #[inline(always)]
    pub(crate) fn handles_nothing(&self) -> bool {
        self.handled.value.is_empty()
    }

    /// `__name__`.
    pub fn name(&self) -> Ref<Str> {
        self.own_name(0).unwrap_or_else(|| self.code.name.clone())
    }

    /// `__qualname__`.
    pub fn qualname(&self) -> Ref<Str> {
        self.own_name(1)
            .unwrap_or_else(|| self.code.qualname.clone())
    }

    fn own_name(&self, place: usize) -> Option<Ref<Str>> {
        let names = self.names.get()?;
        names.as_slice().get(place)?.downcast::<Str>().cloned()
    }

    /// Sets `__name__`.
    pub(crate) fn set_name(&self, value: Option<&Value>) -> PyResult<()> {
        let name = text_of("__name__", value)?;
        self.set_names(name, self.qualname());
        Ok(())
    }

    /// Sets `__qualname__`.
    pub(crate) fn set_qualname(&self, value: Option<&Value>) -> PyResult<()> {
        let qualname = text_of("__qualname__", value)?;
        self.set_names(self.name(), qualname);
        Ok(())
    }

    fn set_names(&self, name: Ref<Str>, qualname: Ref<Str>) {
        let names = Tuple::pair(name.into_value(), qualname.into_value());
        self.names.set(Some(names));
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
            if (*frame).kind.has_object {
                detach_frame_object(frame);
            }
            let words = BLOCK_HEAD + frame_words((*frame).code());
            clear_frame(frame, (*frame).sp);
            blocks::free(frame.cast::<u64>().sub(BLOCK_HEAD), words);
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

/// Makes the core of a generator whose frame is a copy of the running one.
///
/// # Safety
/// `frame` is the running frame, its words below `sp` valid; it is given up afterwards without clearing.
unsafe fn adopt_frame(frame: *mut Frame, sp: *mut StackRef) -> Core {
    // SAFETY: by contract; the block has room for the whole frame.
    unsafe {
        let code = (*frame).code().clone();
        let block = blocks::allocate(BLOCK_HEAD + frame_words(&code));
        let copy = block.add(BLOCK_HEAD).cast::<Frame>();
        ptr::copy_nonoverlapping(frame, copy, 1);
        (*copy).function = (*frame).function.promote();
        let mut place = Frame::locals(copy);
        let mut word = Frame::locals(frame);
        while word < sp {
            *place = (*word).promote();
            place = place.add(1);
            word = word.add(1);
        }
        (*copy).kind.owner = FrameOwner::Generator;
        (*copy).previous = ptr::null_mut();
        (*copy).kind.is_entry = false;
        (*copy).sp = place;
        let core = Core {
            frame: FramePointer::new(copy),
            state: Cell::new(State::Created),
            names: Slot::empty(),
            code,
            handled: HandledException::new(),
            origin: Slot::empty(),
        };
        let function = (*copy).function.view();
        let function = function.downcast_unchecked::<Function>();
        let is_own =
            |name: Option<&Ref<Str>>, own: &Ref<Str>| name.is_some_and(|name| name.is(own));
        if !is_own(function.name.peek(), &core.code.name)
            || !is_own(function.qualname.peek(), &core.code.qualname)
        {
            keep_names(&core, function);
        }
        core
    }
}

/// The function has other names than its code, and may change them.
#[cold]
fn keep_names(core: &Core, function: &Function) {
    let (name, qualname) = (function.name.get(), function.qualname.get());
    core.set_names(
        name.unwrap_or_else(|| core.code.name.clone()),
        qualname.unwrap_or_else(|| core.code.qualname.clone()),
    );
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
        if (*frame).kind.has_object {
            let object = (*frame).replace_object(StackRef::NULL);
            if let Some(copy) = core.frame.get() {
                crate::frame_object::move_frame_object(object, copy);
            }
        }
        let kind = core.code.flags & (flags::ASYNC_GENERATOR | flags::COROUTINE);
        if kind == 0 {
            let generator = heap::new_object(Generator::class(), Generator { core });
            anchor(&generator.core, generator.as_value());
            return Ok(generator.into_value());
        }
        if kind & flags::COROUTINE == 0 {
            return Ok(crate::async_generator::AsyncGenerator::from_core(core).into_value());
        }
        if (*c.engine).thread.origin_depth.get() > 0 {
            core.origin
                .set(coroutine::coroutine_origin((*frame).previous));
        }
        let coroutine = heap::new_object(Coroutine::class(), Coroutine { core });
        anchor(&coroutine.core, coroutine.as_value());
        Ok(coroutine.into_value())
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

/// `<generator object name at 0x…>`.
pub(crate) fn show(core: &Core, kind: &str, value: &Value) -> Value {
    let name = core.qualname();
    let text = format!("<{kind} object {} at {:#x}>", name.to_display(), value.id());
    Str::new(&text).into_value()
}

/// `gi_frame` and the like.
pub(crate) fn frame_of(core: &Core) -> Option<Value> {
    core.frame
        .get()
        .map(|frame| frame_object(frame).into_value())
}

fn text_of(attribute: &str, value: Option<&Value>) -> PyResult<Ref<Str>> {
    match value.and_then(|value| value.downcast::<Str>()) {
        Some(text) => Ok(text.clone()),
        None => bail!(TypeError, "{attribute} must be set to a string object"),
    }
}

/// A value that an asynchronous generator yields, marked as such.
pub fn wrap_async_value(value: Value) -> Value {
    crate::async_generator::wrap(value)
}
