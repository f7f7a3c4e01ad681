//! `frame`: a Python object that stands for an activation.
//!
//! While the activation lives, the object points to it; when it ends and somebody still holds the object, the frame's
//! words move into a block that the object owns. A live frame owns a reference to its object.

use std::cell::{Cell, RefCell};
use std::ptr;

use taipan_compiler::kinds;
use taipan_macros::class;
use taipan_objects::cell::Slot;
use taipan_objects::cell_object::CellObject;
use taipan_objects::class::{Payload, Trace, Visitor};
use taipan_objects::dict::Dict;
use taipan_objects::heap;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

use crate::code::Code;
use crate::frame_stack::{
    Frame, FrameOwner, FramePointer, StackRef, clear_frame, frame_words, promote_frame, trace_frame,
};
use crate::locals_proxy::FrameLocalsProxy;

/// The payload of `types.FrameType`.
#[class(
    name = "frame",
    flags(WEAKREFABLE, NO_INSTANTIATION),
    parts(attributes),
    manual_trace
)]
pub struct FrameObject {
    /// The activation; null only while the object is made.
    #[untraced]
    pub frame: FramePointer,
    /// `f_trace`.
    pub trace: Slot,
    /// `f_trace_lines`.
    #[untraced]
    pub trace_lines: Cell<bool>,
    /// `f_trace_opcodes`.
    #[untraced]
    pub trace_opcodes: Cell<bool>,
    /// Keys added through `f_locals` that are no variables of the function.
    pub extra_locals: Slot<Ref<Dict>>,
    /// Values that a write through `f_locals` replaced while a callee may borrow them.
    #[untraced]
    pub overwritten: RefCell<Vec<Value>>,
    /// The calling frame, once the activation ended.
    pub back: Slot,
    /// The code, once the activation ended: a function that is garbage lets its code go first.
    code: Slot<Ref<Code>>,
}

impl Trace for FrameObject {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.trace.trace(visitor);
        self.extra_locals.trace(visitor);
        if let Ok(overwritten) = self.overwritten.try_borrow() {
            overwritten.iter().for_each(|value| visitor.visit(value));
        }
        self.back.trace(visitor);
        self.code.trace(visitor);
        if let Some(frame) = self.owned_frame() {
            // SAFETY: an owned frame's words up to its `sp` are valid.
            unsafe { trace_frame(frame, visitor) };
        }
    }

    fn clear(&self) {
        self.release();
        self.back.set(None);
    }
}

impl FrameObject {
    /// The frame, if this object owns its memory.
    fn owned_frame(&self) -> Option<*mut Frame> {
        // SAFETY: the frame is live while the object points to it.
        self.frame
            .get()
            .filter(|&frame| unsafe { (*frame).kind.owner == FrameOwner::FrameObject })
    }

    /// Releases what an owned frame holds; the memory stays until the object goes.
    pub fn release(&self) {
        let overwritten = self.overwritten.take();
        drop(overwritten);
        if let Some(frame) = self.owned_frame() {
            // SAFETY: the frame is owned and does not run. Code and function stay: attributes show them.
            unsafe {
                (*frame).replace_namespace(StackRef::NULL).close();
                let mut word = Frame::locals(frame);
                while word < (*frame).sp {
                    word.replace(StackRef::NULL).close();
                    word = word.add(1);
                }
            }
        }
    }
}

impl Drop for FrameObject {
    fn drop(&mut self) {
        if let Some(frame) = self.owned_frame() {
            // SAFETY: the block was made by `detach_frame_object`; nothing else points to it.
            unsafe {
                let words = frame_words((*frame).code());
                clear_frame(frame, (*frame).sp);
                drop(Box::from_raw(ptr::slice_from_raw_parts_mut(
                    frame.cast::<u64>(),
                    words,
                )));
            }
        }
    }
}

/// The object of a live frame, made on first use.
pub(crate) fn frame_object(frame: *mut Frame) -> Ref<FrameObject> {
    // SAFETY: the frame is live.
    unsafe {
        if (*frame).kind.has_object {
            return (*frame)
                .object()
                .view()
                .downcast_unchecked::<FrameObject>()
                .clone();
        }
        let object = heap::new_object(
            FrameObject::class(),
            FrameObject {
                frame: FramePointer::new(frame),
                trace: Slot::empty(),
                trace_lines: Cell::new(true),
                trace_opcodes: Cell::new(false),
                extra_locals: Slot::empty(),
                overwritten: RefCell::new(Vec::new()),
                back: Slot::empty(),
                code: Slot::empty(),
            },
        );
        (*frame).replace_object(StackRef::from_value(object.to_value()));
        object
    }
}

/// The activation ends: its words move into a block of the object, if anybody else holds the object.
///
/// # Safety
/// `frame` is ending; its words up to its `sp` are valid. Afterwards its locals are NULL.
pub unsafe fn detach_frame_object(frame: *mut Frame) {
    // SAFETY: by contract.
    unsafe {
        let value = (*frame).replace_object(StackRef::NULL).into_value();
        if value.refcount() == 1 {
            return;
        }
        let payload = value.downcast_unchecked::<FrameObject>();
        let sp = (*frame).sp;
        promote_frame(frame, sp);
        let words = frame_words((*frame).code());
        let block = Box::into_raw(Box::<[u64]>::new_uninit_slice(words)).cast::<Frame>();
        let used = sp.offset_from(frame.cast::<StackRef>()) as usize;
        ptr::copy_nonoverlapping(frame.cast::<u64>(), block.cast::<u64>(), used);
        (*block).kind.owner = FrameOwner::FrameObject;
        (*block).previous = ptr::null_mut();
        (*block).sp = block.cast::<StackRef>().add(used);
        // The counted words now belong to the copy.
        payload.code.set(Some((*frame).code().clone()));
        let mut word = Frame::locals(frame);
        while word < sp {
            *word = StackRef::NULL;
            word = word.add(1);
        }
        (*frame).function = (*frame).function.duplicate();
        // The namespace is the copy's now.
        (*frame).replace_namespace(StackRef::NULL);
        let caller = crate::frames::first_complete((*frame).previous);
        if !caller.is_null() && (*frame).kind.owner != FrameOwner::Generator {
            payload.back.set(Some(frame_object(caller).into_value()));
        }
        payload.frame.set(block);
    }
}

/// The frame moved, as it does when it becomes a generator's: its object follows.
pub(crate) fn move_frame_object(object: StackRef, frame: *mut Frame) {
    // SAFETY: the word is a frame object's.
    unsafe {
        if let Some(payload) = object.view().downcast::<FrameObject>() {
            payload.frame.set(frame);
        }
    }
}

/// The value of a fast local, behind its cell if it has one.
///
/// # Safety
/// `frame` is live or owned by a frame object, and `index` is below its local count.
pub unsafe fn local_value(frame: *mut Frame, index: usize) -> Option<Value> {
    // SAFETY: by contract.
    unsafe {
        let word = *Frame::locals(frame).add(index);
        if word.is_null() {
            return None;
        }
        let value = (*word.view()).clone();
        let kind = (*frame).code().localsplus_kinds.0[index];
        if kind & (kinds::CELL | kinds::FREE) != 0
            && let Some(cell) = value.downcast_exact::<CellObject>()
        {
            return cell.contents.get();
        }
        Some(value)
    }
}

/// `locals()`: the namespace of a module or class body, or a new dict of a function's variables.
pub(crate) fn locals_snapshot(frame: *mut Frame) -> PyResult<Value> {
    let locals = crate::frame_attributes::frame_locals(&frame_object(frame));
    match locals.downcast_exact::<FrameLocalsProxy>() {
        Some(proxy) => proxy.to_dict().map(Ref::into_value),
        None => Ok(locals),
    }
}
