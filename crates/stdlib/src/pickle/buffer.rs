//! `PickleBuffer`: memory that a pickle may hold or leave beside itself.
//!
//! It owns a view of another object's memory until it is released; views of the `PickleBuffer` are views of that memory.

use std::borrow::Cow;
use std::cell::RefCell;

use taipan_macros::{class, methods};
use taipan_objects::bail;
use taipan_objects::buffer::{self, BufferFlags, BufferView};
use taipan_objects::bytes::MemoryView;
use taipan_objects::class::{Trace, Type};
use taipan_objects::gc::Visitor;
use taipan_objects::heap;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

/// The payload of `pickle.PickleBuffer`.
#[class(
    name = "PickleBuffer",
    module = "pickle",
    flags(WEAKREFABLE),
    references = true,
    manual_trace,
    doc = "Wrapper for potentially out-of-band buffers"
)]
pub(super) struct PickleBuffer {
    /// The memory; nothing once it is released.
    view: RefCell<Option<BufferView>>,
}

impl Trace for PickleBuffer {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Ok(view) = self.view.try_borrow()
            && let Some(view) = &*view
        {
            view.trace(visitor);
        }
    }

    fn clear(&self) {
        self.release();
    }
}

impl PickleBuffer {
    /// The memory; ValueError once it is released.
    pub(super) fn current(&self) -> PyResult<BufferView> {
        match &*self.view.borrow() {
            Some(view) => Ok(view.clone()),
            None => bail!(
                ValueError,
                "operation forbidden on released PickleBuffer object"
            ),
        }
    }
}

/// Whether the bytes of a view lie side by side, in either order.
pub(super) fn is_contiguous(view: &BufferView) -> bool {
    view.is_c_contiguous() || view.is_f_contiguous()
}

/// The bytes of a contiguous view as one row of bytes, in the order in which they lie in memory.
pub(super) fn flat(view: &BufferView) -> BufferView {
    view.with_shape(
        view.offset(),
        Cow::Borrowed("B"),
        1,
        vec![view.len()],
        vec![1],
    )
}

#[methods]
impl PickleBuffer {
    #[new("(object, /)")]
    fn new(class: &Ref<Type>, object: &Value) -> PyResult<Ref<PickleBuffer>> {
        let view = buffer::request(object, BufferFlags::FULL_RO)?;
        Ok(heap::new_object(
            class,
            PickleBuffer {
                view: RefCell::new(Some(view)),
            },
        ))
    }

    #[slot(buffer)]
    fn buffer(this: &Ref<PickleBuffer>, flags: u32) -> PyResult<BufferView> {
        this.current()?.for_request(flags, "PickleBuffer")
    }

    /// Return a memoryview of the raw memory underlying this buffer.
    ///
    /// Will raise BufferError is the buffer isn't contiguous.
    #[method("($self, /)")]
    fn raw(&self) -> PyResult<Ref<MemoryView>> {
        let view = self.current()?;
        if !is_contiguous(&view) {
            bail!(
                BufferError,
                "cannot extract raw buffer from non-contiguous buffer"
            );
        }
        Ok(MemoryView::of_view(flat(&view)))
    }

    /// Release the underlying buffer exposed by the PickleBuffer object.
    #[method("($self, /)")]
    fn release(&self) {
        let view = self.view.borrow_mut().take();
        drop(view);
    }
}
