//! `memoryview`: a window on the memory of another object, with format and shape.
//!
//! A view holds its [`BufferView`] until it is released; what it lends out itself is counted, and keeps it from being
//! released. Views made from a view share its block of memory, so the exporter counts one export for all.

mod item;
mod methods;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use taipan_macros::{class, methods};

pub use item::{ItemFormat, f64_to_half, half_to_f64, pack_item, unpack_item};

use crate::buffer::{self, BufferFlags, BufferView};
use crate::cell::Slot;
use crate::class::{Comparison, Payload, Trace, Type, Visitor};
use crate::hash;
use crate::heap;
use crate::int;
use crate::list::List;
use crate::protocol;
use crate::raised::PyResult;
use crate::slice::{Slice, SliceRange};
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The payload of `memoryview`.
#[class(
    name = "memoryview",
    doc = "A window on the memory of an object that supports the buffer protocol.",
    flags(WEAKREFABLE, SEQUENCE),
    parts(operations),
    references = true,
    manual_trace
)]
pub struct MemoryView {
    /// The window; `None` once it is released.
    view: RefCell<Option<BufferView>>,
    /// The hash, or -1 when it is not known yet.
    hash: Cell<i64>,
    /// How often the view is lent out.
    lendings: Rc<Cell<usize>>,
}

impl Trace for MemoryView {
    const REFERENCES: bool = true;

    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Ok(view) = self.view.try_borrow()
            && let Some(view) = &*view
        {
            view.trace(visitor);
        }
    }

    fn clear(&self) {
        self.release_quietly();
    }
}

/// A place in a view of several dimensions.
enum Place {
    /// One item, at a byte offset into the block.
    Item(isize),
    /// A view of part of the items.
    Part(BufferView),
}

impl MemoryView {
    /// A memoryview of a view.
    pub fn of_view(view: BufferView) -> Ref<MemoryView> {
        heap::new_object(
            MemoryView::class(),
            MemoryView {
                view: RefCell::new(Some(view)),
                hash: Cell::new(-1),
                lendings: Rc::default(),
            },
        )
    }

    /// `memoryview(object)`.
    pub fn of_object(object: &Value) -> PyResult<Ref<MemoryView>> {
        if let Some(other) = object.downcast::<MemoryView>() {
            return Ok(MemoryView::of_view(other.current()?));
        }
        if !buffer::is_bytes_like(object) {
            bail!(
                TypeError,
                "memoryview: a bytes-like object is required, not '{}'",
                object.class().name()
            );
        }
        Ok(MemoryView::of_view(buffer::request(
            object,
            BufferFlags::FULL_RO,
        )?))
    }

    /// The view, sharing its block; ValueError once it is released.
    pub fn current(&self) -> PyResult<BufferView> {
        match &*self.view.borrow() {
            Some(view) => Ok(view.clone()),
            None => bail!(
                ValueError,
                "operation forbidden on released memoryview object"
            ),
        }
    }

    /// Releases the view without asking whether it is lent out.
    pub(crate) fn release_quietly(&self) {
        let view = self.view.borrow_mut().take();
        drop(view);
    }

    fn release_checked(&self) -> PyResult<()> {
        let lent = self.lendings.get();
        if lent > 0 {
            bail!(
                BufferError,
                "memoryview has {lent} exported buffer{}",
                if lent == 1 { "" } else { "s" }
            );
        }
        self.release_quietly();
        Ok(())
    }
}

/// The bytes of a view that a slice of its first dimension selects.
fn slice_view(view: &BufferView, range: SliceRange) -> BufferView {
    let (mut shape, mut strides) = (view.shape().into_owned(), view.strides().into_owned());
    let start = if range.len == 0 { 0 } else { range.start };
    let offset = view.offset() as isize + start * strides[0];
    shape[0] = range.len;
    strides[0] *= range.step;
    view.with_shape(
        offset as usize,
        view.format_owned(),
        view.itemsize(),
        shape,
        strides,
    )
}

fn wrong_index() -> PyResult<Place> {
    bail!(TypeError, "memoryview: invalid slice key")
}

/// Where the item of several indices lies.
fn item_offset(view: &BufferView, indices: &[Value]) -> PyResult<isize> {
    let (shape, strides) = (view.shape(), view.strides());
    let mut offset = view.offset() as isize;
    for (axis, index) in indices.iter().enumerate() {
        let index = protocol::to_index(index)?;
        match protocol::wrap_index(index, shape[axis]) {
            Some(place) => offset += place as isize * strides[axis],
            None => bail!(IndexError, "index out of bounds on dimension {}", axis + 1),
        }
    }
    Ok(offset)
}

/// What `key` selects.
fn place(view: &BufferView, key: &Value) -> PyResult<Place> {
    if view.ndim() == 0 {
        return match key.downcast::<Tuple>() {
            Some(empty) if empty.tail().is_empty() => Ok(Place::Item(view.offset() as isize)),
            _ if key.is(&Value::ELLIPSIS) => Ok(Place::Part(view.clone())),
            _ => bail!(TypeError, "invalid indexing of 0-dim memory"),
        };
    }
    if key.class().slots.index.get().is_some() {
        let index = protocol::to_index(key)?;
        let Some(at) = protocol::wrap_index(index, view.shape()[0]) else {
            bail!(IndexError, "index out of bounds on dimension 1")
        };
        if view.ndim() > 1 {
            bail!(
                NotImplementedError,
                "multi-dimensional sub-views are not implemented"
            );
        }
        return Ok(Place::Item(
            view.offset() as isize + at as isize * view.strides()[0],
        ));
    }
    if let Some(slice) = key.downcast::<Slice>() {
        return Ok(Place::Part(slice_view(
            view,
            slice.unpack()?.adjust(view.shape()[0]),
        )));
    }
    let Some(keys) = key.downcast::<Tuple>() else {
        return wrong_index();
    };
    let keys = keys.tail();
    let all_indices = keys
        .iter()
        .all(|key| key.class().slots.index.get().is_some());
    if all_indices {
        if keys.len() < view.ndim() {
            bail!(NotImplementedError, "sub-views are not implemented");
        }
        if keys.len() > view.ndim() {
            bail!(
                TypeError,
                "cannot index {}-dimension view with {}-element tuple",
                view.ndim(),
                keys.len()
            );
        }
        return item_offset(view, keys).map(Place::Item);
    }
    if keys.iter().all(|key| key.downcast::<Slice>().is_some()) {
        bail!(
            NotImplementedError,
            "multi-dimensional slicing is not implemented"
        );
    }
    wrong_index()
}

/// The items of a view as nested lists.
fn nested_list(
    view: &BufferView,
    format: ItemFormat,
    axis: usize,
    offset: isize,
) -> PyResult<Value> {
    let (shape, strides) = (view.shape(), view.strides());
    if axis == shape.len() {
        return unpack_item(format, view.item(offset));
    }
    let mut items = Vec::with_capacity(shape[axis]);
    for index in 0..shape[axis] {
        items.push(nested_list(
            view,
            format,
            axis + 1,
            offset + index as isize * strides[axis],
        )?);
    }
    Ok(List::new(items).into_value())
}

/// Whether two views have equal shapes and items.
fn equal_items(left: &BufferView, right: &BufferView) -> PyResult<bool> {
    if left.shape() != right.shape() {
        return Ok(false);
    }
    let (left_format, right_format) = (ItemFormat::of_view(left), ItemFormat::of_view(right));
    let (Ok(left_format), Ok(right_format)) = (left_format, right_format) else {
        // Formats of several items compare as `struct` unpacks them.
        return item::equal_structs(left, right);
    };
    if left_format == right_format && !left_format.is_float() {
        return Ok(left.to_bytes() == right.to_bytes());
    }
    for (first, second) in left.item_offsets().zip(right.item_offsets()) {
        let (first, second) = (
            unpack_item(left_format, left.item(first))?,
            unpack_item(right_format, right.item(second))?,
        );
        // NaN is not equal to itself, so identity does not count here.
        if !protocol::compare_bool(&first, &second, Comparison::Eq)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Assigns the items of `source` to those of `target`, which have the same format and shape.
fn assign_view(target: &BufferView, source: &BufferView) -> PyResult<()> {
    let same_format =
        |left: &str, right: &str| left.trim_start_matches('@') == right.trim_start_matches('@');
    if target.itemsize() != source.itemsize()
        || !same_format(target.format(), source.format())
        || target.shape() != source.shape()
    {
        bail!(
            ValueError,
            "memoryview assignment: lvalue and rvalue have different structures"
        );
    }
    let bytes = source.to_vec();
    for (offset, item) in target
        .item_offsets()
        .zip(bytes.chunks(target.itemsize().max(1)))
    {
        target.write(offset, item);
    }
    Ok(())
}

#[methods]
impl MemoryView {
    #[new("(object)")]
    fn new_instance(_class: &Ref<Type>, object: &Value) -> PyResult<Ref<MemoryView>> {
        MemoryView::of_object(object)
    }

    #[slot(repr)]
    fn repr(this: &Ref<MemoryView>) -> String {
        let state = if this.view.borrow().is_some() {
            "memory"
        } else {
            "released memory"
        };
        format!("<{state} at {:#x}>", this.as_value().id())
    }

    #[slot(len)]
    fn len(&self) -> PyResult<usize> {
        match self.current()?.shape().first() {
            Some(&count) => Ok(count),
            None => bail!(TypeError, "0-dim memory has no length"),
        }
    }

    #[slot(hash)]
    fn hash_slot(&self) -> PyResult<i64> {
        if self.hash.get() != -1 {
            return Ok(self.hash.get());
        }
        let view = self.current()?;
        if !view.is_readonly() {
            bail!(ValueError, "cannot hash writable memoryview object");
        }
        if !matches!(
            ItemFormat::of_view(&view).map(ItemFormat::letter),
            Ok('B' | 'b' | 'c')
        ) {
            bail!(
                ValueError,
                "memoryview: hashing is restricted to formats 'B', 'b' or 'c'"
            );
        }
        // The object that lends the memory decides whether it can be hashed.
        protocol::hash(view.owner())?;
        self.hash.set(hash::hash_bytes(&view.to_bytes()));
        Ok(self.hash.get())
    }

    #[slot(richcompare)]
    fn compare(this: &Ref<MemoryView>, other: &Value, comparison: Comparison) -> PyResult<Value> {
        if !matches!(comparison, Comparison::Eq | Comparison::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let equal = if this.as_value().is(other) && this.view.borrow().is_none() {
            true
        } else {
            let other = match other.downcast::<MemoryView>() {
                Some(view) => view.view.borrow().clone(),
                None if buffer::is_bytes_like(other) => {
                    Some(buffer::request(other, BufferFlags::FULL_RO)?)
                }
                None => return Ok(Value::NOT_IMPLEMENTED),
            };
            let own = this.view.borrow().clone();
            match (own, other) {
                (Some(own), Some(other)) => equal_items(&own, &other)?,
                _ => false,
            }
        };
        Ok(Value::from_bool(equal == (comparison == Comparison::Eq)))
    }

    #[slot(buffer)]
    fn buffer(&self, flags: u32) -> PyResult<BufferView> {
        let view = self.current()?.for_request(flags, "memoryview")?;
        Ok(view.lend(&self.lendings))
    }

    #[slot(getitem)]
    fn getitem(&self, key: &Value) -> PyResult<Value> {
        let view = self.current()?;
        match place(&view, key)? {
            Place::Item(offset) => {
                let format = ItemFormat::of_view(&view)?;
                unpack_item(format, view.item(offset))
            }
            Place::Part(part) => Ok(MemoryView::of_view(part).into_value()),
        }
    }

    #[slot(setitem)]
    fn setitem(&self, key: &Value, value: Option<&Value>) -> PyResult<()> {
        let view = self.current()?;
        let format = ItemFormat::of_view(&view);
        if view.is_readonly() {
            bail!(TypeError, "cannot modify read-only memory");
        }
        let Some(value) = value else {
            bail!(TypeError, "cannot delete memory")
        };
        match place(&view, key)? {
            Place::Item(offset) => {
                let bytes = pack_item(format?, value)?;
                // Packing can have run code that released the view.
                self.current()?;
                view.write(offset, &bytes);
                Ok(())
            }
            Place::Part(part) if part.ndim() > 1 => bail!(
                NotImplementedError,
                "memoryview slice assignments are currently restricted to ndim = 1"
            ),
            Place::Part(part) if part.ndim() == 0 => {
                let bytes = pack_item(format?, value)?;
                part.write(part.offset() as isize, &bytes);
                Ok(())
            }
            Place::Part(part) => assign_view(&part, &buffer::request(value, BufferFlags::FULL_RO)?),
        }
    }

    #[slot(contains)]
    fn contains(this: &Value, item: &Value) -> PyResult<bool> {
        protocol::contains_by_iteration(this, item)
    }

    #[slot(iter)]
    fn iter(this: &Ref<MemoryView>) -> PyResult<Ref<MemoryIterator>> {
        let view = this.current()?;
        match view.ndim() {
            0 => bail!(TypeError, "invalid indexing of 0-dim memory"),
            1 => {}
            _ => bail!(
                NotImplementedError,
                "multi-dimensional sub-views are not implemented"
            ),
        }
        let format = ItemFormat::of_view(&view)?;
        Ok(heap::new_object(
            MemoryIterator::class(),
            MemoryIterator {
                view: Slot::new(Some(this.clone())),
                format,
                index: Cell::new(0),
                len: view.shape()[0],
            },
        ))
    }
}

/// The payload of `memory_iterator`.
#[class(name = "memory_iterator", flags(NO_INSTANTIATION))]
pub struct MemoryIterator {
    view: Slot<Ref<MemoryView>>,
    #[untraced]
    format: ItemFormat,
    index: Cell<usize>,
    len: usize,
}

#[methods]
impl MemoryIterator {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(memory) = self.view.get() else {
            return Ok(None);
        };
        let index = self.index.get();
        if index >= self.len {
            self.view.set(None);
            return Ok(None);
        }
        let view = memory.current()?;
        self.index.set(index + 1);
        unpack_item(
            self.format,
            view.item(view.offset() as isize + index as isize * view.strides()[0]),
        )
        .map(Some)
    }
}

/// An int as Python sees it, for getters.
fn size_value(size: usize) -> Value {
    int::from_usize(size)
}

/// `len` items of a view's shape or strides as a tuple.
fn size_tuple(sizes: impl Iterator<Item = isize>) -> Ref<Tuple> {
    Tuple::new(sizes.map(|size| int::new(size as i64)).collect())
}

/// Whether `text` is a str, to refuse it where bytes are wanted.
fn is_text(value: &Value) -> bool {
    value.downcast::<Str>().is_some()
}
