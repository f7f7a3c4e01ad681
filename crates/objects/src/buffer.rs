//! The memory behind an object (PEP 3118): blocks of bytes that objects export, and views of them.
//!
//! A [`Block`] keeps its owner alive and, for owners whose memory can move, counts as an export until it is dropped: an
//! owner with exports refuses to resize. A [`BufferView`] is a block and a shape; every access is checked against the
//! block, so a wrong shape can answer wrong bytes but never bytes outside. [`ByteCell`] is the growable memory that
//! bytearray, `array` and their like are made of.
//!
//! Invariants: a block's memory stays where it is while the block lives, because its owner is alive and either immutable
//! or counting exports. All access happens under the interpreter lock; a borrowed slice is never held while foreign code
//! runs, which callers of [`BufferView::as_bytes`], [`ByteCell::with`] and their kin keep to.

use std::borrow::Cow;
use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;
use std::rc::Rc;

use crate::bytes::{ByteArray, Bytes};
use crate::class::{Tailed, Trace, Type, Visitor};
use crate::heap;
use crate::raised::PyResult;
use crate::value::{Ref, Value};

/// What a consumer asks of an exporter (`PyBUF_*`).
#[allow(non_snake_case)]
pub mod BufferFlags {
    /// Plain bytes.
    pub const SIMPLE: u32 = 0;
    /// The memory is going to be written.
    pub const WRITABLE: u32 = 1;
    /// The format is wanted.
    pub const FORMAT: u32 = 4;
    /// The shape is wanted.
    pub const ND: u32 = 8;
    /// Strides are understood.
    pub const STRIDES: u32 = 0x10 | ND;
    /// Items lie in C order without gaps.
    pub const C_CONTIGUOUS: u32 = 0x20 | STRIDES;
    /// Items lie in Fortran order without gaps.
    pub const F_CONTIGUOUS: u32 = 0x40 | STRIDES;
    /// Items lie in either order without gaps.
    pub const ANY_CONTIGUOUS: u32 = 0x80 | STRIDES;
    /// Suboffsets are understood.
    pub const INDIRECT: u32 = 0x100 | STRIDES;
    /// Everything, not to be written.
    pub const FULL_RO: u32 = INDIRECT | FORMAT;
    /// Everything.
    pub const FULL: u32 = INDIRECT | FORMAT | WRITABLE;
}

/// Memory that an object lends out.
struct Block {
    owner: Value,
    /// The owner's count of exports; the owner keeps it where it is.
    exports: Option<NonNull<Cell<usize>>>,
    start: NonNull<u8>,
    len: usize,
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(exports) = self.exports {
            // SAFETY: the counter is part of the owner's payload, and the owner is released after this.
            let exports = unsafe { exports.as_ref() };
            exports.set(exports.get() - 1);
        }
    }
}

/// Format, shape and strides of a view that is not plain bytes.
#[derive(Clone, Debug)]
struct Dimensions {
    format: Cow<'static, str>,
    shape: Vec<usize>,
    strides: Vec<isize>,
}

/// A view of memory: where the first item lies, and how the others follow.
#[derive(Clone)]
pub struct BufferView {
    block: Rc<Block>,
    readonly: bool,
    /// Where the first item lies in the block.
    offset: usize,
    itemsize: usize,
    /// Bytes of all items.
    len: usize,
    /// `None` for one dimension of unsigned bytes without gaps.
    dimensions: Option<Box<Dimensions>>,
    /// Counts this view as lent out by another one.
    lending: Option<Rc<Lending>>,
}

/// One count of a view that was lent out, until it is dropped.
struct Lending(Rc<Cell<usize>>);

impl Drop for Lending {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Strides of items that lie in C order without gaps.
pub fn c_strides(shape: &[usize], itemsize: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as isize;
    for (stride, &count) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step *= count as isize;
    }
    strides
}

/// Strides of items that lie in Fortran order without gaps.
pub fn f_strides(shape: &[usize], itemsize: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as isize;
    for (stride, &count) in strides.iter_mut().zip(shape) {
        *stride = step;
        step *= count as isize;
    }
    strides
}

impl BufferView {
    fn of_block(block: Block, readonly: bool) -> BufferView {
        let len = block.len;
        BufferView {
            block: Rc::new(block),
            readonly,
            offset: 0,
            itemsize: 1,
            len,
            dimensions: None,
            lending: None,
        }
    }

    /// Memory that is neither on the heap nor in a [`ByteCell`]: mapped pages.
    ///
    /// # Safety
    /// `exports` is part of the payload of `owner`. While it is not zero, `owner` keeps `len` bytes at `start` in place,
    /// readable, and writable unless `readonly`.
    pub unsafe fn of_memory(
        owner: &Value,
        exports: &Cell<usize>,
        start: NonNull<u8>,
        len: usize,
        readonly: bool,
    ) -> BufferView {
        exports.set(exports.get() + 1);
        let block = Block {
            owner: owner.clone(),
            exports: Some(NonNull::from(exports)),
            start,
            len,
        };
        BufferView::of_block(block, readonly)
    }

    /// The bytes in the tail of an immutable object.
    pub fn of_tail<T: Tailed<Item = u8>>(owner: &Ref<T>) -> BufferView {
        let tail = owner.tail();
        let start = NonNull::from(tail).cast();
        BufferView::of_block(
            Block {
                owner: owner.to_value(),
                exports: None,
                start,
                len: tail.len(),
            },
            true,
        )
    }

    /// The same memory with another format: `format` for items of `itemsize` bytes, in one dimension.
    pub fn with_format(mut self, format: Cow<'static, str>, itemsize: usize) -> BufferView {
        debug_assert!(itemsize > 0 && self.len.is_multiple_of(itemsize));
        let shape = vec![self.len / itemsize];
        self.itemsize = itemsize;
        self.dimensions = Some(Box::new(Dimensions {
            format,
            strides: vec![itemsize as isize],
            shape,
        }));
        self
    }

    /// The same memory seen with another offset, format and shape.
    pub fn with_shape(
        &self,
        offset: usize,
        format: Cow<'static, str>,
        itemsize: usize,
        shape: Vec<usize>,
        strides: Vec<isize>,
    ) -> BufferView {
        debug_assert_eq!(shape.len(), strides.len());
        BufferView {
            block: Rc::clone(&self.block),
            readonly: self.readonly,
            offset,
            itemsize,
            len: shape.iter().product::<usize>() * itemsize,
            dimensions: Some(Box::new(Dimensions {
                format,
                shape,
                strides,
            })),
            lending: self.lending.clone(),
        }
    }

    /// The same view, counted in `counter` until it and its copies are dropped.
    pub(crate) fn lend(mut self, counter: &Rc<Cell<usize>>) -> BufferView {
        counter.set(counter.get() + 1);
        self.lending = Some(Rc::new(Lending(Rc::clone(counter))));
        self
    }

    /// The same view, not to be written.
    pub fn to_readonly(&self) -> BufferView {
        BufferView {
            readonly: true,
            ..self.clone()
        }
    }

    /// The same view with another object that keeps the memory alive.
    pub(crate) fn lent_by(self, owner: Value) -> BufferView {
        let block = Block {
            owner,
            exports: None,
            start: self.block.start,
            len: self.block.len,
        };
        BufferView {
            block: Rc::new(block),
            ..self
        }
    }

    /// The object that lends the memory.
    pub fn owner(&self) -> &Value {
        &self.block.owner
    }

    /// Bytes of all items.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is not a byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the memory must not be written.
    pub fn is_readonly(&self) -> bool {
        self.readonly
    }

    /// Bytes of one item.
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// Where the first item lies in the lent memory.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The items' format, in the language of `struct`.
    pub fn format(&self) -> &str {
        self.dimensions
            .as_ref()
            .map_or("B", |dimensions| &dimensions.format)
    }

    /// The format, to give to another view.
    pub fn format_owned(&self) -> Cow<'static, str> {
        self.dimensions
            .as_ref()
            .map_or(Cow::Borrowed("B"), |dimensions| dimensions.format.clone())
    }

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.dimensions
            .as_ref()
            .map_or(1, |dimensions| dimensions.shape.len())
    }

    /// Number of items in each dimension.
    pub fn shape(&self) -> Cow<'_, [usize]> {
        match &self.dimensions {
            Some(dimensions) => Cow::Borrowed(&dimensions.shape),
            None => Cow::Owned(vec![self.len]),
        }
    }

    /// Bytes from one item to the next in each dimension.
    pub fn strides(&self) -> Cow<'_, [isize]> {
        match &self.dimensions {
            Some(dimensions) => Cow::Borrowed(&dimensions.strides),
            None => Cow::Owned(vec![1]),
        }
    }

    /// Whether the items lie in C order without gaps.
    pub fn is_c_contiguous(&self) -> bool {
        let Some(dimensions) = &self.dimensions else {
            return true;
        };
        let mut step = self.itemsize as isize;
        let mut pairs = dimensions.shape.iter().zip(&dimensions.strides).rev();
        self.len == 0
            || pairs.all(|(&count, &stride)| {
                let fits = count <= 1 || stride == step;
                step *= count as isize;
                fits
            })
    }

    /// Whether the items lie in Fortran order without gaps.
    pub fn is_f_contiguous(&self) -> bool {
        let Some(dimensions) = &self.dimensions else {
            return true;
        };
        let mut step = self.itemsize as isize;
        let mut pairs = dimensions.shape.iter().zip(&dimensions.strides);
        self.len == 0
            || pairs.all(|(&count, &stride)| {
                let fits = count <= 1 || stride == step;
                step *= count as isize;
                fits
            })
    }

    /// The bytes of all items, if they lie in C order without gaps. The slice is not held while foreign code runs.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.is_c_contiguous()
            .then(|| self.memory(self.offset as isize, self.len))
    }

    /// The bytes of all items in C order, copied if they lie otherwise.
    pub fn to_bytes(&self) -> Cow<'_, [u8]> {
        match self.as_bytes() {
            Some(bytes) => Cow::Borrowed(bytes),
            None => {
                let mut bytes = Vec::with_capacity(self.len);
                self.for_each_item(|item| bytes.extend_from_slice(item));
                Cow::Owned(bytes)
            }
        }
    }

    /// A copy of the bytes of all items in C order.
    pub fn to_vec(&self) -> Vec<u8> {
        self.to_bytes().into_owned()
    }

    /// Part of the block.
    fn memory(&self, offset: isize, len: usize) -> &[u8] {
        if len == 0 {
            return &[];
        }
        let offset = usize::try_from(offset).expect("items lie within their block");
        assert!(
            offset
                .checked_add(len)
                .is_some_and(|end| end <= self.block.len),
            "items lie within their block"
        );
        // SAFETY: the range is within the block, which stays in place; nothing writes while the slice is used, by the
        // rule of this module.
        unsafe { std::slice::from_raw_parts(self.block.start.as_ptr().add(offset), len) }
    }

    /// The bytes of the item at a byte offset into the block.
    pub fn item(&self, offset: isize) -> &[u8] {
        self.memory(offset, self.itemsize)
    }

    /// Overwrites the memory at a byte offset into the block.
    pub fn write(&self, offset: isize, bytes: &[u8]) {
        assert!(!self.readonly, "a read-only view is not written");
        if bytes.is_empty() {
            return;
        }
        let place = self.memory(offset, bytes.len()).as_ptr().cast_mut();
        // SAFETY: `memory` checked the range; the owner lent the memory for writing; the bytes may overlap it.
        unsafe { std::ptr::copy(bytes.as_ptr(), place, bytes.len()) }
    }

    /// Overwrites the first bytes of a view whose items lie in C order without gaps.
    pub fn write_bytes(&self, bytes: &[u8]) {
        assert!(
            self.is_c_contiguous() && bytes.len() <= self.len,
            "bytes to write fit the view"
        );
        self.write(self.offset as isize, bytes);
    }

    /// Runs `body` with the bytes of a writable view whose items lie in C order without gaps. `body` runs no foreign code.
    pub fn with_bytes_mut<R>(&self, body: impl FnOnce(&mut [u8]) -> R) -> R {
        assert!(
            !self.readonly && self.is_c_contiguous(),
            "a view to be written as bytes is writable and has no gaps"
        );
        if self.len == 0 {
            return body(&mut []);
        }
        let start = self
            .memory(self.offset as isize, self.len)
            .as_ptr()
            .cast_mut();
        // SAFETY: `memory` checked the range; the owner lent the memory for writing; `body` runs no foreign code, so no
        // other slice of the memory is in use.
        body(unsafe { std::slice::from_raw_parts_mut(start, self.len) })
    }

    /// Byte offsets of all items, in C order.
    pub fn item_offsets(&self) -> impl Iterator<Item = isize> + use<> {
        let (shape, strides) = (self.shape().into_owned(), self.strides().into_owned());
        let mut left = self.len.checked_div(self.itemsize).unwrap_or(0);
        let mut index = vec![0usize; shape.len()];
        let mut offset = self.offset as isize;
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let current = offset;
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                offset += strides[axis];
                if index[axis] < shape[axis] {
                    break;
                }
                offset -= strides[axis] * shape[axis] as isize;
                index[axis] = 0;
            }
            Some(current)
        })
    }

    /// Calls `body` with the bytes of every item, in C order. `body` runs no foreign code.
    pub fn for_each_item(&self, mut body: impl FnMut(&[u8])) {
        for offset in self.item_offsets() {
            body(self.item(offset));
        }
    }

    /// Checks what a consumer asked for, and answers the view.
    pub fn for_request(self, flags: u32, what: &str) -> PyResult<BufferView> {
        let asks = |flag: u32| flags & flag == flag;
        if asks(BufferFlags::WRITABLE) && self.readonly {
            bail!(BufferError, "{what}: underlying buffer is not writable");
        }
        if asks(BufferFlags::C_CONTIGUOUS) && !self.is_c_contiguous() {
            bail!(BufferError, "{what}: underlying buffer is not C-contiguous");
        }
        if asks(BufferFlags::F_CONTIGUOUS) && !self.is_f_contiguous() {
            bail!(
                BufferError,
                "{what}: underlying buffer is not Fortran contiguous"
            );
        }
        if asks(BufferFlags::ANY_CONTIGUOUS) && !self.is_c_contiguous() && !self.is_f_contiguous() {
            bail!(BufferError, "{what}: underlying buffer is not contiguous");
        }
        if !asks(BufferFlags::STRIDES) && !self.is_c_contiguous() {
            bail!(BufferError, "{what}: underlying buffer is not C-contiguous");
        }
        Ok(self)
    }
}

impl Trace for BufferView {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        // Views that share a block share its one reference; it is visited through the one that is alone, or not at all,
        // which leaves the owner to look referenced from outside and so alive.
        if Rc::strong_count(&self.block) == 1 {
            visitor.visit(&self.block.owner);
        }
    }
}

/// The memory of a bytes-like object: `flags` are [`BufferFlags`].
pub fn request(value: &Value, flags: u32) -> PyResult<BufferView> {
    match value.class().slots.buffer.get() {
        Some(buffer) => buffer(value, flags),
        None => bail!(
            TypeError,
            "a bytes-like object is required, not '{}'",
            value.class().name()
        ),
    }
}

/// Whether an object lends its memory.
pub fn is_bytes_like(value: &Value) -> bool {
    value.class().slots.buffer.get().is_some()
}

/// The bytes of a bytes-like object.
pub fn bytes_like(value: &Value) -> PyResult<BufferView> {
    request(value, BufferFlags::SIMPLE)
}

/// The bytes of a bytes-like object; nothing for other objects.
pub fn view_optional(value: &Value) -> PyResult<Option<BufferView>> {
    if is_bytes_like(value) {
        bytes_like(value).map(Some)
    } else {
        Ok(None)
    }
}

/// Whether an object is a bytes or a bytearray.
pub fn is_bytes_or_bytearray(value: &Value) -> bool {
    value.downcast::<Bytes>().is_some() || value.downcast::<ByteArray>().is_some()
}

/// The bytes of a bytes-like object, to be written.
pub fn writable(value: &Value) -> PyResult<BufferView> {
    match value.class().slots.buffer.get() {
        Some(buffer) => match buffer(value, BufferFlags::WRITABLE) {
            Ok(view) => Ok(view),
            Err(raised) if raised.is(crate::exceptions::ExceptionKind::BufferError) => {
                bail!(
                    TypeError,
                    "read-write bytes-like object expected, not {}",
                    value.class().name()
                )
            }
            Err(raised) => Err(raised),
        },
        None => bail!(
            TypeError,
            "read-write bytes-like object expected, not {}",
            value.class().name()
        ),
    }
}

/// Bytes that grow and shrink, and can be lent out.
#[derive(Default)]
pub struct ByteCell {
    bytes: UnsafeCell<Vec<u8>>,
    exports: Cell<usize>,
}

impl ByteCell {
    /// Memory that holds `bytes`.
    pub fn new(bytes: Vec<u8>) -> ByteCell {
        ByteCell {
            bytes: UnsafeCell::new(bytes),
            exports: Cell::new(0),
        }
    }

    /// Number of bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.with(<[u8]>::len)
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that are allocated.
    pub fn capacity(&self) -> usize {
        // SAFETY: a plain read under the interpreter lock.
        unsafe { (*self.bytes.get()).capacity() }
    }

    /// Runs `body` with the bytes. `body` runs no foreign code.
    #[inline(always)]
    pub fn with<R>(&self, body: impl FnOnce(&[u8]) -> R) -> R {
        // SAFETY: nothing writes meanwhile, because `body` runs no foreign code by contract.
        body(unsafe { &*self.bytes.get() })
    }

    /// Runs `body` with the bytes, whose number stays. `body` runs no foreign code.
    #[inline(always)]
    pub fn with_mut<R>(&self, body: impl FnOnce(&mut [u8]) -> R) -> R {
        // SAFETY: nobody else looks meanwhile, because `body` runs no foreign code by contract.
        body(unsafe { &mut *self.bytes.get() })
    }

    /// Runs `body` with the vector of bytes, unless the bytes are lent out. `body` runs no foreign code.
    #[inline(always)]
    pub fn resize_with<R>(&self, body: impl FnOnce(&mut Vec<u8>) -> R) -> PyResult<R> {
        self.check_resizable()?;
        // SAFETY: nothing is lent out and `body` runs no foreign code by contract.
        Ok(body(unsafe { &mut *self.bytes.get() }))
    }

    /// Raises BufferError if the bytes are lent out.
    #[inline]
    pub fn check_resizable(&self) -> PyResult<()> {
        if self.exports.get() == 0 {
            Ok(())
        } else {
            Err(exc!(
                BufferError,
                "Existing exports of data: object cannot be re-sized"
            ))
        }
    }

    /// How often the bytes are lent out.
    pub fn exports(&self) -> usize {
        self.exports.get()
    }

    /// A copy of the bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        self.with(<[u8]>::to_vec)
    }

    /// Lends the bytes out. `owner` is the object whose payload this cell is part of.
    pub fn export(&self, owner: &Value) -> BufferView {
        debug_assert!(owner.is_pointer());
        self.exports.set(self.exports.get() + 1);
        // SAFETY: a vector's pointer is never null; no writer is at work.
        let start = unsafe { NonNull::new_unchecked((*self.bytes.get()).as_mut_ptr()) };
        let block = Block {
            owner: owner.clone(),
            exports: Some(NonNull::from(&self.exports)),
            start,
            len: self.len(),
        };
        BufferView::of_block(block, false)
    }
}

impl Trace for ByteCell {
    const REFERENCES: bool = false;

    fn trace(&self, _: &mut Visitor<'_>) {}
}

/// An object with a tail of bytes.
pub(crate) fn new_with_bytes<T: Tailed<Item = u8>>(
    class: &Ref<Type>,
    payload: T,
    bytes: &[u8],
) -> Ref<T> {
    assert_eq!(
        payload.tail_len(),
        bytes.len(),
        "the payload knows the length of its tail"
    );
    // SAFETY: the tail has room for exactly these bytes.
    unsafe {
        heap::new_tailed(class, payload, |tail| {
            tail.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
        })
    }
}

/// An object with a tail of zeros, over which `fill` writes before anyone sees the object, and what `fill` answered.
pub(crate) fn new_with_zeros<T: Tailed<Item = u8>, R, E>(
    class: &Ref<Type>,
    payload: T,
    fill: impl FnOnce(&mut [u8]) -> Result<R, E>,
) -> Result<(Ref<T>, R), E> {
    let len = payload.tail_len();
    // SAFETY: the tail has room for `len` bytes.
    let object = unsafe { heap::new_tailed(class, payload, |tail| tail.write_bytes(0, len)) };
    // SAFETY: the object is new and this is its only reference, so nothing else looks at the tail.
    let answer =
        fill(unsafe { std::slice::from_raw_parts_mut(object.tail().as_ptr().cast_mut(), len) })?;
    Ok((object, answer))
}
