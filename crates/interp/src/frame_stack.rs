//! Frames and the contiguous stack they live on; the words the interpreter's stack holds.
//!
//! A [`StackRef`] is the bits of a value, possibly with the *borrowed* mark (bit 3 of a pointer, which is 16-byte
//! aligned): then somebody else, a local variable of this or a calling frame, owns the reference for longer than the
//! word is used. NULL has the mark, too, and no pointer: whether a word has to be released is one test.
//!
//! ```text
//! [Frame][local 0 … local n-1][stack 0 … stack m-1]   next frame →
//! ```
//! Invariants: `EngineState::current` is the frame that runs; frames of one thread form a chain through `previous`; the
//! memory between a frame's header and its `limit` belongs to it while it is on the chain or in its generator. Words
//! below the stack pointer are valid, words above are garbage; locals are always valid or NULL.

use std::cell::Cell;
use std::ptr;

use taipan_objects::class::{Trace, Visitor};
use taipan_objects::dict::Dict;
use taipan_objects::value::{Ref, Value, bits};

use crate::code::Code;
use crate::function::Function;

/// The mark of a borrowed pointer.
pub const BORROWED: u64 = 8;

/// A word of the interpreter's stack. It has no destructor: whoever pops it decides.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct StackRef(pub u64);

impl StackRef {
    /// No value.
    pub const NULL: StackRef = StackRef(BORROWED);
    /// None.
    pub const NONE: StackRef = StackRef(bits::NONE);

    /// Whether there is no value.
    #[inline(always)]
    pub fn is_null(self) -> bool {
        self.0 == BORROWED
    }

    /// Whether the word is a pointer with a reference of its own.
    #[inline(always)]
    pub fn is_owned(self) -> bool {
        self.0 & 0xf == 0
    }

    /// A word that owns the value's reference.
    #[inline(always)]
    pub fn from_value(value: Value) -> StackRef {
        StackRef(value.into_bits())
    }

    /// An owning word, or NULL.
    #[inline(always)]
    pub fn from_option(value: Option<Value>) -> StackRef {
        value.map_or(StackRef::NULL, StackRef::from_value)
    }

    /// Whether the word is NULL, or a pointer whose reference somebody else owns.
    #[inline(always)]
    pub fn is_borrowed(self) -> bool {
        self.0 & 0xf == BORROWED
    }

    /// The value's bits without the mark. Ints keep bit 3: it is data there.
    #[inline(always)]
    pub fn value_bits(self) -> u64 {
        if bits::is_pointer(self.0) {
            self.0 & !BORROWED
        } else {
            self.0
        }
    }

    /// The same word as a borrowed one.
    #[inline(always)]
    pub fn borrow(self) -> StackRef {
        if bits::is_pointer(self.0) {
            StackRef(self.0 | BORROWED)
        } else {
            self
        }
    }

    /// Views the word as a value.
    ///
    /// # Safety
    /// The word is valid, not NULL, and its owner outlives the view.
    #[inline(always)]
    pub unsafe fn view(self) -> ViewedValue {
        // SAFETY: by contract; the view never drops.
        ViewedValue(std::mem::ManuallyDrop::new(unsafe {
            Value::from_bits(self.value_bits())
        }))
    }

    /// An owned value: counts a reference if the word was borrowed.
    ///
    /// # Safety
    /// The word is valid, not NULL, and not used afterwards if it was owned.
    #[inline(always)]
    pub unsafe fn into_value(self) -> Value {
        // SAFETY: by contract; a borrowed word's reference stays with its owner, so a new one is counted.
        unsafe {
            if self.is_borrowed() {
                return (*self.view()).clone();
            }
            Value::from_bits(self.0)
        }
    }

    /// As [`StackRef::into_value`], where NULL answers `None`.
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    pub unsafe fn into_option(self) -> Option<Value> {
        // SAFETY: by contract.
        if self.is_null() {
            None
        } else {
            Some(unsafe { self.into_value() })
        }
    }

    /// A second, owning word for the same value.
    ///
    /// # Safety
    /// The word is valid and not NULL.
    #[inline(always)]
    pub unsafe fn duplicate(self) -> StackRef {
        // SAFETY: by contract.
        StackRef::from_value(unsafe { (*self.view()).clone() })
    }

    /// The word with a reference of its own.
    ///
    /// # Safety
    /// The word is valid or NULL; it is replaced by the answer.
    #[inline(always)]
    pub unsafe fn promote(self) -> StackRef {
        // SAFETY: by contract.
        if self.is_borrowed() && !self.is_null() {
            unsafe { duplicate_pointer(self.0) }
        } else {
            self
        }
    }

    /// Releases the word's reference, if it owns one.
    ///
    /// # Safety
    /// The word is valid or NULL, and not used afterwards.
    #[inline(always)]
    pub unsafe fn close(self) {
        if self.is_owned() {
            // SAFETY: an owned pointer word gives its reference up.
            drop(unsafe { Value::from_bits(self.0) });
        }
    }
}

/// An owning word for an object that something keeps.
///
/// # Safety
/// The bits are those of a pointer to a live object.
#[inline(always)]
pub(crate) unsafe fn count_pointer(bits: u64) -> StackRef {
    // SAFETY: an object's header begins with its reference count.
    unsafe { *(bits as *mut u32) += 1 };
    StackRef(bits)
}

/// A second owning word of a pointer word, counted without a call.
///
/// # Safety
/// As [`count_pointer`]; the word may have the borrowed mark.
#[inline(always)]
pub(crate) unsafe fn duplicate_pointer(bits: u64) -> StackRef {
    // SAFETY: by contract.
    unsafe { count_pointer(bits & !BORROWED) }
}

/// A value seen through a stack word, whose reference stays where it is.
pub struct ViewedValue(std::mem::ManuallyDrop<Value>);

impl std::ops::Deref for ViewedValue {
    type Target = Value;

    #[inline(always)]
    fn deref(&self) -> &Value {
        &self.0
    }
}

/// Who the memory of a frame belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum FrameOwner {
    /// The thread's stack.
    Thread,
    /// The thread's stack, for an `__init__` whose instance is on top of the caller's: it has to return None.
    Initializer,
    /// A generator, coroutine or asynchronous generator.
    Generator,
    /// A frame object that outlived the call.
    FrameObject,
}

/// An activation of a code object.
#[repr(C)]
pub struct Frame {
    /// Borrowed from `function`, which keeps its globals.
    pub globals: *const taipan_objects::value::Object<Dict>,
    /// Borrowed from `function`.
    pub builtins: StackRef,
    /// The code object. The function keeps it: also the code that it had before another was assigned.
    pub code: StackRef,
    /// The function; owned or borrowed from the caller's stack.
    pub function: StackRef,
    /// The namespace of a class body or module; NULL for functions.
    namespace: StackRef,
    /// The frame object, if somebody asked for one; owned.
    object: StackRef,
    /// The frame that called this one.
    pub previous: *mut Frame,
    /// The instruction that runs, or that called the frame above.
    pub ip: *const u16,
    /// The stack pointer while the frame does not run.
    pub sp: *mut StackRef,
    /// Code units from `ip` to where a returning callee continues.
    pub return_offset: u16,
    /// What leaving the frame has to look at.
    pub kind: FrameKind,
}

/// What leaving a frame has to look at: nothing, for nearly all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(4))]
pub struct FrameKind {
    /// Whose memory this is.
    pub owner: FrameOwner,
    /// Whether leaving this frame leaves the native dispatch loop.
    pub is_entry: bool,
    /// Whether there is a namespace.
    pub has_namespace: bool,
    /// Whether there is a frame object.
    pub has_object: bool,
}

impl FrameKind {
    /// A function's frame on the thread's stack, called by the one below.
    pub const PLAIN: FrameKind = FrameKind {
        owner: FrameOwner::Thread,
        is_entry: false,
        has_namespace: false,
        has_object: false,
    };

    /// Whether nothing has to be looked at.
    #[inline(always)]
    pub fn is_plain(self) -> bool {
        u32::from_ne_bytes(self.bytes()) == u32::from_ne_bytes(FrameKind::PLAIN.bytes())
    }

    #[inline(always)]
    const fn bytes(self) -> [u8; 4] {
        [
            self.owner as u8,
            self.is_entry as u8,
            self.has_namespace as u8,
            self.has_object as u8,
        ]
    }
}

/// Words that a frame's header takes.
pub const FRAME_WORDS: usize = size_of::<Frame>() / 8;
const _: () = assert!(size_of::<Frame>().is_multiple_of(8));

impl Frame {
    /// The frame of a call that was not linked yet.
    #[inline(always)]
    pub fn new(
        globals: *const taipan_objects::value::Object<Dict>,
        builtins: StackRef,
        code: StackRef,
        function: StackRef,
        ip: *const u16,
        sp: *mut StackRef,
    ) -> Frame {
        Frame {
            globals,
            builtins,
            code,
            function,
            namespace: StackRef::NULL,
            object: StackRef::NULL,
            previous: ptr::null_mut(),
            ip,
            sp,
            return_offset: 0,
            kind: FrameKind::PLAIN,
        }
    }

    /// The word of the frame object.
    pub fn object(&self) -> StackRef {
        self.object
    }

    /// The first local.
    ///
    /// # Safety
    /// `frame` points to a frame.
    #[inline(always)]
    pub unsafe fn locals(frame: *mut Frame) -> *mut StackRef {
        // SAFETY: locals follow the header.
        unsafe { frame.add(1).cast() }
    }

    /// The code object.
    #[inline(always)]
    pub fn code(&self) -> &Ref<Code> {
        // SAFETY: the function keeps the code, stored with the bits of a `Ref`.
        unsafe { &*(&raw const self.code).cast::<Ref<Code>>() }
    }

    /// The function whose call this is.
    pub fn function(&self) -> Ref<Function> {
        // SAFETY: frames always have a function word.
        unsafe {
            self.function
                .view()
                .downcast_unchecked::<Function>()
                .clone()
        }
    }

    /// Sets the namespace; what was there is the caller's.
    pub fn replace_namespace(&mut self, namespace: StackRef) -> StackRef {
        self.kind.has_namespace = !namespace.is_null();
        std::mem::replace(&mut self.namespace, namespace)
    }

    /// Sets the frame object; what was there is the caller's.
    pub fn replace_object(&mut self, object: StackRef) -> StackRef {
        self.kind.has_object = !object.is_null();
        std::mem::replace(&mut self.object, object)
    }

    /// The global namespace.
    #[inline(always)]
    pub fn globals(&self) -> &Ref<Dict> {
        // SAFETY: the function keeps its globals alive; the word has the bits of a `Ref`.
        unsafe { &*(&raw const self.globals).cast::<Ref<Dict>>() }
    }

    /// The builtins' namespace: a dict, unless a program gave its globals another mapping.
    #[inline(always)]
    pub fn builtins(&self) -> &Value {
        // SAFETY: the function keeps its builtins alive; the word has the bits of a value.
        unsafe { &*(&raw const self.builtins).cast::<Value>() }
    }

    /// The namespace of a class body or module.
    pub fn namespace(&self) -> Option<Value> {
        // SAFETY: the word is valid or NULL.
        unsafe {
            if self.namespace.is_null() {
                None
            } else {
                Some((*self.namespace.view()).clone())
            }
        }
    }

    /// Index of the running instruction, in code units. -1 before the first one.
    #[inline(always)]
    pub fn instruction_index(&self) -> i32 {
        // SAFETY: `ip` stays within the code object's units, or one before them.
        unsafe { self.ip.offset_from(self.code().units_ptr()) as i32 }
    }

    /// The line that runs.
    pub fn line(&self) -> Option<u32> {
        let index = self.instruction_index();
        if index < 0 {
            Some(self.code().first_line)
        } else {
            self.code().line_at(index as u32)
        }
    }

    /// Whether the frame has started: a frame whose first instructions still build it is not shown.
    pub fn is_complete(&self) -> bool {
        self.kind.owner == FrameOwner::Generator
            || self.instruction_index() >= self.code().first_traceable as i32
    }

    /// Number of locals, cells and free variables.
    #[inline(always)]
    pub fn local_count(&self) -> usize {
        self.code().localsplus_count()
    }
}

/// How many words a frame of `code` takes.
#[inline(always)]
pub fn frame_words(code: &Code) -> usize {
    FRAME_WORDS + code.frame_size
}

/// Words in an ordinary chunk of the stack.
const CHUNK_WORDS: usize = 16 * 1024;

struct Chunk {
    words: Box<[u64]>,
    /// Where the chunk before this one ended when this one was added.
    previous_top: *mut u64,
}

/// The interpreter's state of one thread.
pub struct EngineState {
    /// The running frame; null when only native code runs.
    pub current: *mut Frame,
    /// First free word of the stack.
    pub top: *mut u64,
    /// End of the current chunk.
    pub limit: *mut u64,
    /// The exception that a body raised, on its way to a handler.
    pub raised: Option<taipan_objects::raised::Raised>,
    /// What the entry frame that was left returned or yielded.
    pub result: Option<Value>,
    /// The RERAISE that runs, when it pointed its frame at the instruction that raised first; else null.
    pub reraise_at: *const u16,
    /// Whether a generator's frame ended, rather than yielded.
    pub finished: bool,
    /// How many callbacks of events run, one in another: meanwhile nothing is told.
    pub telling: u32,
    /// The opcode that the next instruction runs as; 0 for what stands there. Set by instrumented opcodes alone.
    pub redirect: u8,
    /// The oparg of the specialized opcode whose guards failed just now.
    pub missed_oparg: u64,
    /// The trace that runs in the native loop that runs; null when none does.
    pub running: *const crate::traces::step::Trace,
    /// Traces that wait for a native loop inside one of their uops.
    pub waiting: *const Waiting,
    /// The event whose callbacks run, if any do: what decides whether `f_lineno` can be assigned.
    pub event: Option<crate::monitoring::Event>,
    /// The thread this is the state of.
    pub thread: &'static taipan_objects::thread::ThreadState,
    /// Start of the current chunk.
    chunk_start: *mut u64,
    chunks: Vec<Chunk>,
}

/// A trace that runs below the running native loop. It lies on the native stack.
pub struct Waiting {
    /// The trace.
    pub trace: *const crate::traces::step::Trace,
    /// The next one below.
    pub below: *const Waiting,
}

impl EngineState {
    /// Names all traces that run on this thread.
    ///
    /// # Safety
    /// The thread is this one, or waits for the interpreter lock.
    pub unsafe fn for_each_running(&self, mut name: impl FnMut(*const crate::traces::step::Trace)) {
        name(self.running);
        let mut waiting = self.waiting;
        // SAFETY: what is linked lies on the stack of the thread.
        while let Some(link) = unsafe { waiting.as_ref() } {
            name(link.trace);
            waiting = link.below;
        }
    }

    /// The state of a thread that has not run anything.
    pub fn new(thread: &'static taipan_objects::thread::ThreadState) -> Box<EngineState> {
        let mut state = Box::new(EngineState {
            current: ptr::null_mut(),
            top: ptr::null_mut(),
            limit: ptr::null_mut(),
            raised: None,
            result: None,
            finished: false,
            reraise_at: ptr::null(),
            telling: 0,
            redirect: 0,
            missed_oparg: 0,
            running: ptr::null(),
            waiting: ptr::null(),
            chunk_start: ptr::null_mut(),
            event: None,
            thread,
            chunks: Vec::new(),
        });
        state.add_chunk(0);
        state
    }

    #[cold]
    #[inline(never)]
    fn add_chunk(&mut self, words: usize) {
        let words = words.max(CHUNK_WORDS);
        let mut memory = Vec::<u64>::with_capacity(words);
        // SAFETY: any bit pattern is a u64; the words are written before they are read as stack words.
        #[allow(clippy::uninit_vec)]
        unsafe {
            memory.set_len(words);
        }
        let mut words = memory.into_boxed_slice();
        let previous_top = self.top;
        let range = words.as_mut_ptr_range();
        self.top = range.start;
        self.limit = range.end;
        self.chunk_start = range.start;
        self.chunks.push(Chunk {
            words,
            previous_top,
        });
    }

    /// Memory for a frame.
    #[inline(always)]
    pub fn reserve(&mut self, words: usize) -> *mut Frame {
        // SAFETY: `top` and `limit` delimit the rest of the current chunk.
        unsafe {
            if (self.limit.offset_from(self.top) as usize) < words {
                self.add_chunk(words);
            }
            let frame = self.top;
            self.top = frame.add(words);
            frame.cast()
        }
    }

    /// Gives the memory of the newest frame back.
    ///
    /// # Safety
    /// `frame` is the newest frame on the stack, and dead.
    #[inline(always)]
    pub unsafe fn give_back(&mut self, frame: *mut Frame) {
        self.top = frame.cast();
        if ptr::eq(self.chunk_start, self.top) {
            self.drop_chunk();
        }
    }

    /// Whether giving the memory of a frame back is no more than moving the top.
    #[inline(always)]
    pub fn gives_back_quick(&self, frame: *mut Frame) -> bool {
        !ptr::eq(self.chunk_start, frame.cast())
    }

    #[cold]
    #[inline(never)]
    fn drop_chunk(&mut self) {
        // The first chunk stays.
        if self.chunks.len() < 2 {
            return;
        }
        if let Some(chunk) = self.chunks.pop() {
            self.top = chunk.previous_top;
        }
        if let Some(below) = self.chunks.last_mut() {
            let range = below.words.as_mut_ptr_range();
            self.limit = range.end;
            self.chunk_start = range.start;
        }
    }
}

/// Visits what a frame's words hold: for generators and frame objects, which own their frames.
///
/// # Safety
/// `frame` is a suspended frame whose locals and stack up to its `sp` are valid.
pub unsafe fn trace_frame(frame: *mut Frame, visitor: &mut Visitor<'_>) {
    // SAFETY: by contract; borrowed words own nothing and are left out.
    unsafe {
        let this = &*frame;
        for word in [this.function, this.namespace, this.object] {
            if !word.is_borrowed() {
                visitor.visit(&word.view());
            }
        }
        let mut word = Frame::locals(frame);
        while word < this.sp {
            if !(*word).is_borrowed() {
                visitor.visit(&(*word).view());
            }
            word = word.add(1);
        }
    }
}

/// Releases everything a frame holds.
///
/// # Safety
/// `frame` is dead; its locals and its stack up to `sp` are valid.
pub unsafe fn clear_frame(frame: *mut Frame, sp: *mut StackRef) {
    // SAFETY: by contract; each word is emptied before it is closed, because closing can run code that looks at the frame.
    unsafe {
        let mut word = Frame::locals(frame);
        while word < sp {
            let held = word.replace(StackRef::NULL);
            held.close();
            word = word.add(1);
        }
        (*frame).sp = Frame::locals(frame);
        (*frame).replace_namespace(StackRef::NULL).close();
        // The code is the function's; whoever looks at the frame meanwhile still finds it.
        let code = (*frame).code().clone();
        (&raw mut (*frame).function).replace(StackRef::NULL).close();
        drop(code);
    }
}

/// Gives every local a reference of its own, for a frame that outlives its caller's stack.
///
/// # Safety
/// `frame` is live and its words up to `sp` are valid.
pub unsafe fn promote_frame(frame: *mut Frame, sp: *mut StackRef) {
    // SAFETY: by contract.
    unsafe {
        (*frame).function = (*frame).function.promote();
        let mut word = Frame::locals(frame);
        while word < sp {
            *word = (*word).promote();
            word = word.add(1);
        }
    }
}

/// A cell for a pointer to a frame that comes and goes.
#[derive(Default)]
pub struct FramePointer(Cell<Option<ptr::NonNull<Frame>>>);

impl FramePointer {
    /// Points nowhere, or to a frame.
    pub fn new(frame: *mut Frame) -> FramePointer {
        FramePointer(Cell::new(ptr::NonNull::new(frame)))
    }

    /// The frame.
    pub fn get(&self) -> Option<*mut Frame> {
        self.0.get().map(ptr::NonNull::as_ptr)
    }

    /// Points to another frame, or nowhere.
    pub fn set(&self, frame: *mut Frame) {
        self.0.set(ptr::NonNull::new(frame));
    }
}

impl Trace for FramePointer {
    fn trace(&self, _: &mut Visitor<'_>) {}
}
