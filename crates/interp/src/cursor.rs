//! The registers of the loop, and the two kinds of op bodies.
//!
//! A *quick* body is inlined into its op and must stay free of calls, of destructors and of locals whose address
//! escapes: then the dispatch behind it is a jump. It answers false, without having changed anything, when the case is
//! not its own. A *full* body may do anything; it runs behind a call that takes the registers and gives them back.
//!
//! Invariant: `sp` points one past the top of the current frame's stack, whose words are valid; `ip` points at the next
//! instruction; `frame` is `engine.current`.

use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;

use crate::frame_stack::{EngineState, Frame, StackRef, ViewedValue};

/// The registers.
pub struct Cursor {
    /// The next instruction (behind the inline cache of the current one).
    pub ip: *const u16,
    /// One past the top of the stack.
    pub sp: *mut StackRef,
    /// The running frame.
    pub frame: *mut Frame,
    /// The thread's interpreter state.
    pub engine: *mut EngineState,
}

/// The registers that an op gives back.
#[derive(Clone, Copy)]
pub struct Next {
    /// The next instruction; null when the native loop is left.
    pub ip: *const u16,
    /// One past the top of the stack.
    pub sp: *mut StackRef,
}

impl Next {
    /// What a specialized opcode gives back when its guards fail: its stack, and where code units never are.
    #[inline(always)]
    pub fn miss(sp: *mut StackRef) -> Next {
        Next {
            ip: std::ptr::dangling(),
            sp,
        }
    }

    /// Whether guards failed.
    #[inline(always)]
    pub fn is_miss(self) -> bool {
        std::ptr::eq(self.ip, std::ptr::dangling())
    }
}

impl Cursor {
    /// The word `depth` below the top.
    #[inline(always)]
    pub fn word(&self, depth: usize) -> StackRef {
        // SAFETY: the compiler of the code knows the stack's depth; words below `sp` are valid.
        unsafe { *self.sp.sub(depth + 1) }
    }

    /// Replaces the word `depth` below the top, without a release.
    #[inline(always)]
    pub fn set_word(&mut self, depth: usize, word: StackRef) {
        // SAFETY: as for `word`.
        unsafe { *self.sp.sub(depth + 1) = word }
    }

    /// Views the value `depth` below the top, which is not NULL.
    #[inline(always)]
    pub fn peek(&self, depth: usize) -> ViewedValue {
        // SAFETY: the word stays on the stack while the view is used.
        unsafe { self.word(depth).view() }
    }

    /// Pushes a word.
    #[inline(always)]
    pub fn push_word(&mut self, word: StackRef) {
        // SAFETY: `co_stacksize` words are reserved.
        unsafe {
            *self.sp = word;
            self.sp = self.sp.add(1);
        }
    }

    /// Pushes a value.
    #[inline(always)]
    pub fn push(&mut self, value: Value) {
        self.push_word(StackRef::from_value(value));
    }

    /// Pops a word; the caller now has its reference, if it owns one.
    #[inline(always)]
    pub fn pop_word(&mut self) -> StackRef {
        // SAFETY: as for `word`.
        unsafe {
            self.sp = self.sp.sub(1);
            *self.sp
        }
    }

    /// Pops a value.
    #[inline(always)]
    pub fn pop(&mut self) -> Value {
        // SAFETY: the word leaves the stack.
        unsafe { self.pop_word().into_value() }
    }

    /// Pops a value or NULL.
    #[inline(always)]
    pub fn pop_option(&mut self) -> Option<Value> {
        // SAFETY: the word leaves the stack.
        unsafe { self.pop_word().into_option() }
    }

    /// Pops `count` words and releases them.
    #[inline]
    pub fn drop_words(&mut self, count: usize) {
        for _ in 0..count {
            crate::call::keep_rolled();
            let word = self.pop_word();
            // SAFETY: the word left the stack.
            unsafe { word.close() };
        }
    }

    /// Pops `count` values, deepest first.
    pub fn pop_many(&mut self, count: usize) -> Vec<Value> {
        let mut values = Vec::with_capacity(count);
        for depth in (0..count).rev() {
            // SAFETY: the words leave the stack right after.
            values.push(unsafe { self.word(depth).into_value() });
        }
        // SAFETY: `count` words were on the stack.
        self.sp = unsafe { self.sp.sub(count) };
        values
    }

    /// Gives the top `count` words references of their own and views them as values.
    ///
    /// # Safety
    /// None of the words is NULL, and the slice is not used after the stack changes.
    pub unsafe fn own_top(&mut self, count: usize) -> &'static [Value] {
        // SAFETY: the words are valid; owned words have the bits of values.
        unsafe {
            let start = self.sp.sub(count);
            for index in 0..count {
                crate::call::keep_rolled();
                let word = start.add(index);
                *word = crate::bodies::own_quick(*word);
            }
            std::slice::from_raw_parts(start.cast::<Value>(), count)
        }
    }

    /// A local variable's place.
    #[inline(always)]
    pub fn local(&self, index: u32) -> *mut StackRef {
        // SAFETY: the compiler's index is below `localsplus_count`.
        unsafe { Frame::locals(self.frame).add(index as usize) }
    }

    /// The running frame.
    #[inline(always)]
    pub fn frame(&self) -> &Frame {
        // SAFETY: the frame is live while it runs.
        unsafe { &*self.frame }
    }

    /// The running frame, to change it.
    #[inline(always)]
    pub fn frame_mut(&mut self) -> &mut Frame {
        // SAFETY: the frame is live while it runs, and nobody else holds a reference into it across ops.
        unsafe { &mut *self.frame }
    }

    /// The thread's interpreter state.
    #[inline(always)]
    pub fn engine(&mut self) -> &mut EngineState {
        // SAFETY: the state outlives the loop, and bodies do not keep the reference.
        unsafe { &mut *self.engine }
    }

    /// Moves the instruction pointer forward by `units`.
    #[inline(always)]
    pub fn jump_forward(&mut self, units: u32) {
        // SAFETY: the compiler's jump targets lie in the code object.
        self.ip = unsafe { self.ip.add(units as usize) };
    }

    /// Moves the instruction pointer back by `units`.
    #[inline(always)]
    pub fn jump_backward(&mut self, units: u32) {
        // SAFETY: as for `jump_forward`.
        self.ip = unsafe { self.ip.sub(units as usize) };
    }

    /// The next code unit.
    #[inline(always)]
    pub fn next_unit(&self) -> u16 {
        // SAFETY: code ends with an instruction that does not fall through.
        unsafe { *self.ip }
    }

    /// Leaves the native loop after this op.
    pub fn leave(&mut self) {
        self.ip = std::ptr::null();
    }
}

/// What a full body answers.
pub type Step = PyResult<()>;

/// A full op body.
pub type FullBody = fn(&mut Cursor, u32) -> Step;

/// Runs a full body: saves the instruction for tracebacks, finds a handler when it raises.
#[inline(always)]
pub(crate) fn run_full(
    body: impl FnOnce(&mut Cursor, u32) -> Step,
    cache: usize,
    ip: *const u16,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
    oparg: u32,
) -> Next {
    // SAFETY: the registers satisfy the cursor's invariant.
    unsafe {
        (*frame).ip = ip;
        let mut cursor = Cursor {
            ip: ip.add(1 + cache),
            sp,
            frame,
            engine,
        };
        match body(&mut cursor, oparg) {
            Ok(()) => Next {
                ip: cursor.ip,
                sp: cursor.sp,
            },
            Err(raised) => crate::unwind::unwind(engine, cursor.sp, raised),
        }
    }
}

/// As [`run_full`] for the full bodies of a specialized opcode.
#[inline(always)]
pub(crate) fn run_specialized(
    body: impl FnOnce(&mut Cursor, u32) -> PyResult<crate::uops::Flow>,
    cache: usize,
    ip: *const u16,
    sp: *mut StackRef,
    frame: *mut Frame,
    engine: *mut EngineState,
    oparg: u32,
) -> Next {
    // SAFETY: the registers satisfy the cursor's invariant.
    unsafe {
        (*frame).ip = ip;
        let mut cursor = Cursor {
            ip: ip.add(1 + cache),
            sp,
            frame,
            engine,
        };
        match body(&mut cursor, oparg) {
            Ok(crate::uops::Flow::Miss) => {
                (*engine).missed_oparg = u64::from(oparg);
                Next::miss(sp)
            }
            Ok(_) => Next {
                ip: cursor.ip,
                sp: cursor.sp,
            },
            Err(raised) => crate::unwind::unwind(engine, cursor.sp, raised),
        }
    }
}
