//! Methods and attributes of `memoryview`.

use std::borrow::Cow;

use taipan_macros::methods;

use super::item::ItemFormat;
use super::{MemoryView, is_text, nested_list, size_tuple, size_value};
use crate::buffer::{self, BufferFlags, BufferView, c_strides, f_strides};
use crate::bytes::bytes_object::Bytes;
use crate::bytes::text::hex_text;
use crate::class::{Comparison, Type};
use crate::list::List;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::str::window::window;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The most dimensions a view can have.
const MAX_DIMENSIONS: usize = 64;

/// The shape that `cast` is asked for.
fn shape_argument(shape: &Value) -> PyResult<Vec<usize>> {
    let items = if let Some(list) = shape.downcast::<List>() {
        list.to_vec()
    } else if let Some(tuple) = shape.downcast::<Tuple>() {
        tuple.tail().to_vec()
    } else {
        bail!(TypeError, "shape must be a list or a tuple");
    };
    if items.len() > MAX_DIMENSIONS {
        bail!(
            ValueError,
            "memoryview: number of dimensions must not exceed {MAX_DIMENSIONS}"
        );
    }
    let mut sizes = Vec::with_capacity(items.len());
    for item in &items {
        if !crate::int::is_int(item) {
            bail!(
                TypeError,
                "memoryview.cast(): elements of shape must be integers"
            );
        }
        match usize::try_from(protocol::to_size(item)?) {
            Ok(size) if size > 0 => sizes.push(size),
            _ => bail!(
                ValueError,
                "memoryview.cast(): elements of shape must be integers > 0"
            ),
        }
    }
    Ok(sizes)
}

fn cast(view: &BufferView, format: &str, shape: Option<&Value>) -> PyResult<BufferView> {
    if !view.is_c_contiguous() {
        bail!(
            TypeError,
            "memoryview: casts are restricted to C-contiguous views"
        );
    }
    if (shape.is_some() || view.ndim() != 1) && view.shape().contains(&0) {
        bail!(
            TypeError,
            "memoryview: cannot cast view with zeros in shape or strides"
        );
    }
    let shape = shape.map(shape_argument).transpose()?;
    if let Some(shape) = &shape
        && shape.len() != 1
        && view.ndim() != 1
    {
        bail!(TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D");
    }
    let Some(source) = ItemFormat::parse(view.format()) else {
        bail!(
            ValueError,
            "memoryview: source format must be a native single character format prefixed with an optional '@'"
        );
    };
    let Some(target) = ItemFormat::parse(format) else {
        bail!(
            ValueError,
            "memoryview: destination format must be a native single character format prefixed with an optional '@'"
        );
    };
    if !source.is_byte() && !target.is_byte() {
        bail!(
            TypeError,
            "memoryview: cannot cast between two non-byte formats"
        );
    }
    if !view.len().is_multiple_of(target.size()) {
        bail!(
            TypeError,
            "memoryview: length is not a multiple of itemsize"
        );
    }
    let shape = shape.unwrap_or_else(|| vec![view.len() / target.size()]);
    let product = shape
        .iter()
        .try_fold(target.size(), |product, &size| product.checked_mul(size));
    if product != Some(view.len()) {
        bail!(
            TypeError,
            "memoryview: product(shape) * itemsize != buffer size"
        );
    }
    let strides = c_strides(&shape, target.size());
    Ok(view.with_shape(
        view.offset(),
        Cow::Owned(format.to_owned()),
        target.size(),
        shape,
        strides,
    ))
}

/// The bytes of all items in Fortran order.
fn fortran_bytes(view: &BufferView) -> Vec<u8> {
    let shape = view.shape().into_owned();
    let places = f_strides(&shape, view.itemsize());
    let mut bytes = vec![0; view.len()];
    let order = view.with_shape(0, view.format_owned(), view.itemsize(), shape, places);
    for (from, to) in view.item_offsets().zip(order.item_offsets()) {
        bytes[to as usize..to as usize + view.itemsize()].copy_from_slice(view.item(from));
    }
    bytes
}

/// The places of the items of a view of one dimension that equal `value`.
fn occurrences<'a>(
    this: &'a MemoryView,
    value: &'a Value,
    places: std::ops::Range<usize>,
) -> impl Iterator<Item = PyResult<usize>> + 'a {
    places.filter_map(move |place| {
        let item = this.current().and_then(|view| {
            let format = ItemFormat::of_view(&view)?;
            super::unpack_item(
                format,
                view.item(view.offset() as isize + place as isize * view.strides()[0]),
            )
        });
        match item.and_then(|item| {
            if item.is(value) {
                Ok(true)
            } else {
                protocol::compare_bool(&item, value, Comparison::Eq)
            }
        }) {
            Ok(true) => Some(Ok(place)),
            Ok(false) => None,
            Err(raised) => Some(Err(raised)),
        }
    })
}

fn one_dimension(view: &BufferView) -> PyResult<usize> {
    match view.ndim() {
        0 => bail!(TypeError, "invalid lookup on 0-dim memory"),
        1 => Ok(view.shape()[0]),
        _ => bail!(
            NotImplementedError,
            "multi-dimensional lookup is not implemented"
        ),
    }
}

#[methods(part = operations)]
impl MemoryView {
    /// Gives the memory back to the object that lends it; the view cannot be used any more.
    #[method("($self, /)")]
    fn release(&self) -> PyResult<()> {
        self.release_checked()
    }

    #[method("($self, /)", name = "__enter__")]
    fn enter(this: &Ref<MemoryView>) -> PyResult<Ref<MemoryView>> {
        this.current()?;
        Ok(this.clone())
    }

    #[method("($self, /, *args)", name = "__exit__")]
    fn exit(&self, _args: &[Value]) -> PyResult<()> {
        self.release_checked()
    }

    /// The bytes of all items, in C order, in Fortran order, or for 'A' as they lie if that is one of the two.
    #[method("($self, /, order='C')")]
    fn tobytes(&self, order: Option<&Value>) -> PyResult<Ref<Bytes>> {
        let view = self.current()?;
        let fortran = match order {
            None => false,
            Some(order) if order.is_none() => false,
            Some(order) => match order
                .downcast::<Str>()
                .map(|order| order.to_display())
                .as_deref()
            {
                Some("C") => false,
                Some("F") => true,
                Some("A") => view.is_f_contiguous() && !view.is_c_contiguous(),
                Some(_) => bail!(ValueError, "order must be 'C', 'F' or 'A'"),
                None => bail!(
                    TypeError,
                    "tobytes() argument 'order' must be str or None, not {}",
                    order.class().name()
                ),
            },
        };
        Ok(if fortran {
            Bytes::new(&fortran_bytes(&view))
        } else {
            Bytes::new(&view.to_bytes())
        })
    }

    /// The items as a list, nested if there are several dimensions.
    #[method("($self, /)")]
    fn tolist(&self) -> PyResult<Value> {
        let view = self.current()?;
        let format = ItemFormat::of_view(&view)?;
        nested_list(&view, format, 0, view.offset() as isize)
    }

    /// The bytes as hexadecimal digits, with a separator between groups of bytes if one is given.
    #[method("($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
    fn hex(&self, sep: Option<&Value>, bytes_per_sep: isize) -> PyResult<Ref<Str>> {
        hex_text(&self.current()?.to_bytes(), sep, bytes_per_sep)
    }

    /// The same view, not to be written.
    #[method("($self, /)")]
    fn toreadonly(&self) -> PyResult<Ref<MemoryView>> {
        Ok(MemoryView::of_view(self.current()?.to_readonly()))
    }

    /// The same memory with another format or shape.
    #[method("($self, /, format, shape=None)")]
    fn cast(&self, format: &Value, shape: Option<&Value>) -> PyResult<Ref<MemoryView>> {
        let view = self.current()?;
        let Some(format) = format.downcast::<Str>() else {
            bail!(
                TypeError,
                "cast() argument 'format' must be str, not {}",
                format.class().name()
            );
        };
        Ok(MemoryView::of_view(cast(
            &view,
            &format.to_display(),
            shape,
        )?))
    }

    /// The number of items that equal the value.
    #[method("($self, value, /)")]
    fn count(&self, value: &Value) -> PyResult<usize> {
        let len = one_dimension(&self.current()?)?;
        let mut count = 0;
        for place in occurrences(self, value, 0..len) {
            place?;
            count += 1;
        }
        Ok(count)
    }

    /// The first place of an item that equals the value; ValueError if there is none.
    #[method("($self, value, start=0, stop=sys.maxsize, /)")]
    fn index(&self, value: &Value, start: Option<&Value>, stop: Option<&Value>) -> PyResult<usize> {
        let len = one_dimension(&self.current()?)?;
        let places = window(start, stop, len)?.unwrap_or(0..0);
        match occurrences(self, value, places).next() {
            Some(place) => place,
            None => bail!(ValueError, "memoryview.index(x): x not found"),
        }
    }

    #[classmethod("($type, /, object, flags)", name = "_from_flags")]
    fn from_flags(_class: &Ref<Type>, object: &Value, flags: i32) -> PyResult<Ref<MemoryView>> {
        if is_text(object) || !buffer::is_bytes_like(object) {
            bail!(
                TypeError,
                "memoryview: a bytes-like object is required, not '{}'",
                object.class().name()
            );
        }
        Ok(MemoryView::of_view(buffer::request(
            object,
            flags as u32 | BufferFlags::SIMPLE,
        )?))
    }

    /// The object that lends the memory.
    #[getter]
    fn obj(&self) -> PyResult<Value> {
        Ok(self.current()?.owner().clone())
    }

    /// The number of bytes that tobytes() answers.
    #[getter]
    fn nbytes(&self) -> PyResult<Value> {
        Ok(size_value(self.current()?.len()))
    }

    /// Whether the memory must not be written.
    #[getter]
    fn readonly(&self) -> PyResult<bool> {
        Ok(self.current()?.is_readonly())
    }

    /// The number of bytes of an item.
    #[getter]
    fn itemsize(&self) -> PyResult<Value> {
        Ok(size_value(self.current()?.itemsize()))
    }

    /// The format of an item, in the language of struct.
    #[getter]
    fn format(&self) -> PyResult<String> {
        Ok(self.current()?.format().to_owned())
    }

    /// The number of dimensions.
    #[getter]
    fn ndim(&self) -> PyResult<Value> {
        Ok(size_value(self.current()?.ndim()))
    }

    /// The number of items in each dimension.
    #[getter]
    fn shape(&self) -> PyResult<Ref<Tuple>> {
        Ok(size_tuple(
            self.current()?.shape().iter().map(|&size| size as isize),
        ))
    }

    /// The number of bytes from one item to the next in each dimension.
    #[getter]
    fn strides(&self) -> PyResult<Ref<Tuple>> {
        Ok(size_tuple(self.current()?.strides().iter().copied()))
    }

    /// Empty: no exporter here lends memory through pointers.
    #[getter]
    fn suboffsets(&self) -> PyResult<Ref<Tuple>> {
        self.current()?;
        Ok(Tuple::empty())
    }

    /// Whether the items lie in C order without gaps.
    #[getter]
    fn c_contiguous(&self) -> PyResult<bool> {
        Ok(self.current()?.is_c_contiguous())
    }

    /// Whether the items lie in Fortran order without gaps.
    #[getter]
    fn f_contiguous(&self) -> PyResult<bool> {
        Ok(self.current()?.is_f_contiguous())
    }

    /// Whether the items lie without gaps.
    #[getter]
    fn contiguous(&self) -> PyResult<bool> {
        let view = self.current()?;
        Ok(view.is_c_contiguous() || view.is_f_contiguous())
    }
}
