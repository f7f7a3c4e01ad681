//! `_struct`: Python values as packed bytes, by format strings.
//!
//! The functions of the module make a [`Struct`] of their format and remember it, so that a format in a loop is read once.

mod layout;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use taipan_macros::{class, define_module, function, methods};
use taipan_objects::args::Args;
use taipan_objects::buffer::{self, BufferFlags, BufferView};
use taipan_objects::bytes::Bytes;
use taipan_objects::cell::{Once, Slot};
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, codecs, heap, id, protocol};

use layout::Layout;

define_module!(
    name = "_struct",
    doc = "Functions to convert between Python values and C structs.",
    functions(
        _clearcache,
        calcsize,
        iter_unpack,
        pack,
        pack_into,
        unpack,
        unpack_from
    ),
    classes(Struct, UnpackIterator),
    init = fill,
);

static ERROR: Once<Ref<Type>> = Once::new();
/// Formats and their structs.
static CACHE: Slot<Ref<Dict>> = Slot::empty();
const CACHE_SIZE: usize = 100;

fn fill(module: &Ref<Module>) -> PyResult<()> {
    if !ERROR.is_set() {
        ERROR.set(exceptions::new_exception_class(
            "struct",
            "error",
            ExceptionKind::Exception.class(),
        )?);
    }
    module.set("error", ERROR.to_value());
    Ok(())
}

/// A `struct.error`.
#[cold]
fn error(message: &str) -> Raised {
    exceptions::raise_args(&ERROR, vec![Str::new(message).into_value()])
}

/// The payload of `Struct`.
#[class(
    name = "Struct",
    module = "_struct",
    doc = "Struct(fmt) --> compiled struct object\n\n",
    flags(BASETYPE, WEAKREFABLE)
)]
struct Struct {
    format: Slot<Ref<Str>>,
    #[untraced]
    layout: RefCell<Option<Rc<Layout>>>,
}

/// A format as ASCII text.
fn format_text(format: &Value) -> PyResult<Ref<Str>> {
    if let Some(text) = format.downcast::<Str>() {
        codecs::encode(text, id!("ascii"), None)?;
        return Ok(text.to_exact());
    }
    match format.downcast::<Bytes>() {
        Some(bytes) => Ok(Str::from_latin1(bytes.as_slice())),
        None => bail!(
            TypeError,
            "Struct() argument 1 must be a str or bytes object, not {}",
            format.class().name()
        ),
    }
}

impl Struct {
    fn of_format(format: &Value) -> PyResult<Ref<Struct>> {
        let text = format_text(format)?;
        let layout = Layout::parse(text.units().bytes())?;
        Ok(heap::new_object(
            Struct::class(),
            Struct {
                format: Slot::new(Some(text)),
                layout: RefCell::new(Some(Rc::new(layout))),
            },
        ))
    }

    /// The struct of a format, remembered.
    fn cached(format: &Value) -> PyResult<Ref<Struct>> {
        let cache = CACHE.get().unwrap_or_else(|| {
            let cache = Dict::new();
            CACHE.set(Some(cache.clone()));
            cache
        });
        let can_be_key =
            format.downcast_exact::<Str>().is_some() || format.downcast_exact::<Bytes>().is_some();
        if can_be_key
            && let Some(found) = cache
                .get(format)?
                .and_then(|found| found.into_ref::<Struct>().ok())
        {
            return Ok(found);
        }
        let made = Struct::of_format(format)?;
        if can_be_key {
            if cache.len() >= CACHE_SIZE {
                cache.clear_all();
            }
            cache.set(format.clone(), made.to_value())?;
        }
        Ok(made)
    }

    fn layout(&self) -> PyResult<Rc<Layout>> {
        match &*self.layout.borrow() {
            Some(layout) => Ok(Rc::clone(layout)),
            None => bail!(RuntimeError, "Struct object is not initialized"),
        }
    }

    fn pack_values(&self, values: &[Value]) -> PyResult<Vec<u8>> {
        let layout = self.layout()?;
        if values.len() != layout.count {
            return Err(error(&format!(
                "pack expected {} items for packing (got {})",
                layout.count,
                values.len()
            )));
        }
        heap::ensure_room(layout.size)?;
        let mut bytes = vec![0; layout.size];
        layout.pack(values, &mut bytes)?;
        Ok(bytes)
    }

    fn pack_values_into(&self, arguments: &[Value]) -> PyResult<()> {
        let layout = self.layout()?;
        let [target, offset, values @ ..] = arguments else {
            let missing = if arguments.is_empty() {
                "buffer"
            } else {
                "offset"
            };
            return Err(error(&format!("pack_into expected {missing} argument")));
        };
        if values.len() != layout.count {
            return Err(error(&format!(
                "pack_into expected {} items for packing (got {})",
                layout.count,
                values.len()
            )));
        }
        let view = match buffer::request(target, BufferFlags::WRITABLE) {
            Ok(view) => view,
            Err(_) => bail!(
                TypeError,
                "argument must be read-write bytes-like object, not {}",
                target.class().name()
            ),
        };
        let offset = protocol::to_index(offset)?;
        let at = place(offset, view.len(), layout.size, &PACK_INTO)?;
        let mut bytes = vec![0; layout.size];
        layout.pack(values, &mut bytes)?;
        view.with_bytes_mut(|memory| memory[at..at + bytes.len()].copy_from_slice(&bytes));
        Ok(())
    }

    fn unpack_whole(&self, view: &BufferView) -> PyResult<Ref<Tuple>> {
        let layout = self.layout()?;
        let bytes = view.to_bytes();
        if bytes.len() != layout.size {
            return Err(error(&format!(
                "unpack requires a buffer of {} bytes",
                layout.size
            )));
        }
        Ok(Tuple::new(layout.unpack(&bytes)))
    }

    fn unpack_part(&self, view: &BufferView, offset: isize) -> PyResult<Ref<Tuple>> {
        let layout = self.layout()?;
        let bytes = view.to_bytes();
        let at = place(offset, bytes.len(), layout.size, &UNPACK_FROM)?;
        Ok(Tuple::new(layout.unpack(&bytes[at..at + layout.size])))
    }

    fn iterate(this: &Ref<Struct>, view: BufferView) -> PyResult<Ref<UnpackIterator>> {
        let layout = this.layout()?;
        if layout.size == 0 {
            return Err(error("cannot iteratively unpack with a struct of length 0"));
        }
        if !view.len().is_multiple_of(layout.size) {
            return Err(error(&format!(
                "iterative unpacking requires a buffer of a multiple of {} bytes",
                layout.size
            )));
        }
        let iterator = UnpackIterator {
            view: RefCell::new(Some(view)),
            layout,
            at: Cell::new(0),
        };
        Ok(heap::new_object(UnpackIterator::class(), iterator))
    }
}

/// The words of the messages about offsets.
struct Words {
    function: &'static str,
    doing: &'static str,
    negative: fn(usize, isize) -> String,
}

const PACK_INTO: Words = Words {
    function: "pack_into",
    doing: "packing",
    negative: |size, offset| format!("no space to pack {size} bytes at offset {offset}"),
};
const UNPACK_FROM: Words = Words {
    function: "unpack_from",
    doing: "unpacking",
    negative: |size, offset| format!("not enough data to unpack {size} bytes at offset {offset}"),
};

/// Where an offset points to in a buffer of `len` bytes, with room for `size`.
fn place(offset: isize, len: usize, size: usize, words: &Words) -> PyResult<usize> {
    let at = if offset < 0 {
        if offset.unsigned_abs() < size {
            return Err(error(&(words.negative)(size, offset)));
        }
        match len.checked_sub(offset.unsigned_abs()) {
            Some(at) => at,
            None => {
                return Err(error(&format!(
                    "offset {offset} out of range for {len}-byte buffer"
                )));
            }
        }
    } else {
        offset as usize
    };
    match at.checked_add(size) {
        Some(end) if end <= len => Ok(at),
        _ => {
            let (needed, function, doing) = (at.saturating_add(size), words.function, words.doing);
            Err(error(&format!(
                "{function} requires a buffer of at least {needed} bytes for {doing} {size} bytes at offset {at} (actual buffer size is {len})"
            )))
        }
    }
}

#[methods]
impl Struct {
    #[new]
    fn new_instance(class: &Ref<Type>, _args: Args<'_>) -> Ref<Struct> {
        heap::new_object(
            class,
            Struct {
                format: Slot::empty(),
                layout: RefCell::new(None),
            },
        )
    }

    #[init("(format)", nosig)]
    fn init(&self, format: &Value) -> PyResult<()> {
        let text = format_text(format)?;
        let layout = Layout::parse(text.units().bytes())?;
        self.format.set(Some(text));
        *self.layout.borrow_mut() = Some(Rc::new(layout));
        Ok(())
    }

    #[slot(repr)]
    fn repr(this: &Ref<Struct>) -> PyResult<String> {
        this.layout()?;
        let format = this.format.get().unwrap_or_else(Str::empty);
        Ok(format!(
            "{}({})",
            this.class().name(),
            protocol::repr(format.as_value())?.to_display()
        ))
    }

    /// The format string.
    #[getter]
    fn format(&self) -> PyResult<Value> {
        self.layout()?;
        Ok(self.format.get().map_or(Value::NONE, Ref::into_value))
    }

    /// The number of bytes.
    #[getter]
    fn size(&self) -> PyResult<usize> {
        Ok(self.layout()?.size)
    }

    /// Packs values into bytes.
    #[method(name = "pack", nosig)]
    fn pack(&self, values: &[Value]) -> PyResult<Ref<Bytes>> {
        Ok(Bytes::new(&self.pack_values(values)?))
    }

    /// Packs values into a writable buffer, from an offset on.
    #[method(name = "pack_into", nosig)]
    fn pack_into(&self, arguments: &[Value]) -> PyResult<()> {
        self.pack_values_into(arguments)
    }

    /// The values in a buffer, which has the size of the struct.
    #[method("($self, buffer, /)")]
    fn unpack(&self, buffer: BufferView) -> PyResult<Ref<Tuple>> {
        self.unpack_whole(&buffer)
    }

    /// The values in a part of a buffer, from an offset on.
    #[method("($self, /, buffer, offset=0)")]
    fn unpack_from(&self, buffer: BufferView, offset: isize) -> PyResult<Ref<Tuple>> {
        self.unpack_part(&buffer, offset)
    }

    /// An iterator over the values in a buffer that holds several structs.
    #[method("($self, buffer, /)")]
    fn iter_unpack(this: &Ref<Struct>, buffer: BufferView) -> PyResult<Ref<UnpackIterator>> {
        Struct::iterate(this, buffer)
    }

    /// The size of the object in memory, in bytes.
    #[method("($self, /)", name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        48 + self
            .layout
            .borrow()
            .as_ref()
            .map_or(0, |layout| 32 * (layout.count + 1))
    }
}

/// The payload of `unpack_iterator`. At the end it lets go of the buffer.
#[class(name = "unpack_iterator", module = "_struct", flags(NO_INSTANTIATION))]
struct UnpackIterator {
    view: RefCell<Option<BufferView>>,
    #[untraced]
    layout: Rc<Layout>,
    at: Cell<usize>,
}

#[methods]
impl UnpackIterator {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let at = self.at.get();
        let values = match &*self.view.borrow() {
            None => return Ok(None),
            Some(view) => view
                .to_bytes()
                .get(at..at + self.layout.size)
                .map(|bytes| self.layout.unpack(bytes)),
        };
        match values {
            Some(values) => {
                self.at.set(at + self.layout.size);
                Ok(Some(Tuple::new(values).into_value()))
            }
            None => {
                let view = self.view.borrow_mut().take();
                drop(view);
                Ok(None)
            }
        }
    }

    /// The number of structs that are left.
    #[method("($self, /)", name = "__length_hint__")]
    fn length_hint(&self) -> usize {
        self.view
            .borrow()
            .as_ref()
            .map_or(0, |view| (view.len() - self.at.get()) / self.layout.size)
    }
}

/// Forgets the formats that were read.
#[function("()")]
fn _clearcache() {
    CACHE.set(None);
}

/// The number of bytes of a format.
#[function("(format, /)")]
fn calcsize(format: &Value) -> PyResult<usize> {
    Ok(Struct::cached(format)?.layout()?.size)
}

/// Packs values into bytes.
#[function(nosig)]
fn pack(arguments: &[Value]) -> PyResult<Ref<Bytes>> {
    let (layout, values) = format_and_rest(arguments)?;
    Ok(Bytes::new(&layout.pack_values(values)?))
}

/// Packs values into a writable buffer, from an offset on.
#[function(nosig)]
fn pack_into(arguments: &[Value]) -> PyResult<()> {
    let (layout, rest) = format_and_rest(arguments)?;
    layout.pack_values_into(rest)
}

fn format_and_rest(arguments: &[Value]) -> PyResult<(Ref<Struct>, &[Value])> {
    match arguments.split_first() {
        Some((format, rest)) => Ok((Struct::cached(format)?, rest)),
        None => bail!(TypeError, "missing format argument"),
    }
}

/// The values in a buffer, which has the size of the format.
#[function("(format, buffer, /)")]
fn unpack(format: &Value, buffer: BufferView) -> PyResult<Ref<Tuple>> {
    Struct::cached(format)?.unpack_whole(&buffer)
}

/// The values in a part of a buffer, from an offset on.
#[function("(format, /, buffer, offset=0)")]
fn unpack_from(format: &Value, buffer: BufferView, offset: isize) -> PyResult<Ref<Tuple>> {
    Struct::cached(format)?.unpack_part(&buffer, offset)
}

/// An iterator over the values in a buffer that holds several structs.
#[function("(format, buffer, /)")]
fn iter_unpack(format: &Value, buffer: BufferView) -> PyResult<Ref<UnpackIterator>> {
    Struct::iterate(&Struct::cached(format)?, buffer)
}
