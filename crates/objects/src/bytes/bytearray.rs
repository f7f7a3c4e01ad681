//! `bytearray`: the payload, construction and slots.
//!
//! The bytes sit in a cell that counts how often they are lent out; methods that would move them check that first.

use taipan_macros::{class, methods};

use crate::buffer::{self, BufferFlags, BufferView, ByteCell};
use crate::bytes::bytes_object::Bytes;
use crate::bytes::convert::{self, Pattern, item_bytes};
use crate::bytes::iter::ByteArrayIterator;
use crate::bytes::shared::ByteObject;
use crate::bytes::text;
use crate::class::{Comparison, Payload, Type};
use crate::codecs;
use crate::format::percent;
use crate::heap;
use crate::int;
use crate::protocol;
use crate::raised::PyResult;
use crate::slice::{Slice, SliceRange};
use crate::str::Str;
use crate::value::{Ref, Value};

/// The payload of `bytearray`.
#[class(
    name = "bytearray",
    doc = "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\nbytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\nbytearray(int) -> bytes array of size given by the parameter initialized with null bytes\nbytearray() -> empty bytes array\n\nA mutable sequence of bytes.",
    flags(BASETYPE, MATCH_SELF),
    parts(shared, editing),
    references = false
)]
pub struct ByteArray {
    bytes: ByteCell,
}

impl ByteArray {
    /// A bytearray of the bytes.
    pub fn new(bytes: Vec<u8>) -> Ref<ByteArray> {
        heap::new_object(
            ByteArray::class(),
            ByteArray {
                bytes: ByteCell::new(bytes),
            },
        )
    }

    /// Where the bytes are.
    pub fn cell(&self) -> &ByteCell {
        &self.bytes
    }
}

impl ByteObject for ByteArray {
    fn view<R>(this: &Ref<ByteArray>, body: impl FnOnce(&[u8]) -> R) -> R {
        this.bytes.with(body)
    }

    fn make(bytes: Vec<u8>) -> Ref<ByteArray> {
        ByteArray::new(bytes)
    }

    fn unchanged(this: &Ref<ByteArray>) -> Ref<ByteArray> {
        ByteArray::new(this.bytes.to_vec())
    }

    fn separator(_: &Value, bytes: &[u8]) -> Value {
        ByteArray::new(bytes.to_vec()).into_value()
    }
}

/// What `bytearray(source, encoding, errors)` holds.
fn construct(
    source: Option<&Value>,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Vec<u8>> {
    let Some(source) = source else {
        if encoding.is_some() || errors.is_some() {
            let what = if encoding.is_some() {
                "encoding"
            } else {
                "errors"
            };
            bail!(TypeError, "{what} without a string argument");
        }
        return Ok(Vec::new());
    };
    if let Some(text) = source.downcast::<Str>() {
        if encoding.is_none() {
            bail!(TypeError, "string argument without an encoding");
        }
        return Ok(codecs::encode_to_bytes(text, encoding, errors)?
            .as_slice()
            .to_vec());
    }
    if encoding.is_some() || errors.is_some() {
        let what = if encoding.is_some() {
            "encoding"
        } else {
            "errors"
        };
        bail!(TypeError, "{what} without a string argument");
    }
    if source.class().slots.index.get().is_some() {
        let Some(count) = convert::count_of(source)? else {
            bail!(ValueError, "negative count")
        };
        heap::ensure_room(count.saturating_mul(2))?;
        return Ok(vec![0; count]);
    }
    convert::copy_bytes(source, "byte must be in range(0, 256)", "bytearray")
}

/// Puts `new` in place of the bytes of a range with step 1.
fn splice(cell: &ByteCell, range: SliceRange, new: &[u8]) -> PyResult<()> {
    let start = range.start as usize;
    if new.len() == range.len {
        cell.with_mut(|bytes| {
            if let Some(place) = bytes.get_mut(start..start + new.len()) {
                place.copy_from_slice(new);
            }
        });
        return Ok(());
    }
    cell.resize_with(|bytes| {
        let (start, end) = (start.min(bytes.len()), (start + range.len).min(bytes.len()));
        bytes.splice(start..end, new.iter().copied()).for_each(drop);
    })
}

/// Removes the bytes that a slice selects.
fn remove(cell: &ByteCell, range: SliceRange) -> PyResult<()> {
    if range.len == 0 {
        return Ok(());
    }
    let (start, step) = range.ascending();
    cell.resize_with(|bytes| {
        let end = start + (range.len - 1) * step + 1;
        let mut at = 0;
        bytes.retain(|_| {
            let selected = (start..end).contains(&at) && (at - start).is_multiple_of(step);
            at += 1;
            !selected
        });
    })
}

#[methods]
impl ByteArray {
    #[new("(*args, **kwargs)", nosig)]
    fn new_instance(class: &Ref<Type>, args: crate::args::Args<'_>) -> PyResult<Ref<ByteArray>> {
        let _ = args;
        Ok(heap::new_object(
            class,
            ByteArray {
                bytes: ByteCell::default(),
            },
        ))
    }

    #[init("(source=b'', encoding='utf-8', errors='strict')")]
    fn init(
        this: &Ref<ByteArray>,
        source: Option<&Value>,
        encoding: Option<&Ref<Str>>,
        errors: Option<&Ref<Str>>,
    ) -> PyResult<()> {
        let new = construct(source, encoding, errors)?;
        this.bytes.resize_with(|bytes| *bytes = new)
    }

    #[slot(str)]
    fn str_slot(this: &Ref<ByteArray>) -> PyResult<Ref<Str>> {
        crate::warnings::about_str_of_bytes("str() on a bytearray instance")?;
        Ok(ByteArray::repr(this))
    }

    #[slot(repr)]
    fn repr(this: &Ref<ByteArray>) -> Ref<Str> {
        let name = this.class().name();
        this.bytes
            .with(|bytes| text::repr_text(bytes, &format!("{name}("), ")"))
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        if !buffer::is_bytes_like(other) || other.downcast::<Str>().is_some() {
            crate::warnings::about_comparison_of_bytes("bytearray", other, comparison)?;
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let other = buffer::request(other, BufferFlags::FULL_RO)?;
        Ok(self
            .bytes
            .with(|bytes| Value::from_bool(comparison.holds(bytes.cmp(&other.to_bytes())))))
    }

    #[slot(iter)]
    fn iter(this: &Ref<ByteArray>) -> Ref<ByteArrayIterator> {
        ByteArrayIterator::new(this.clone())
    }

    #[slot(len)]
    fn len(&self) -> usize {
        self.bytes.len()
    }

    #[slot(buffer)]
    fn buffer(this: &Ref<ByteArray>, _: u32) -> BufferView {
        this.bytes.export(this.as_value())
    }

    #[slot(contains)]
    fn contains(&self, item: &Value) -> PyResult<bool> {
        let pattern = Pattern::of_item(item)?;
        Ok(pattern.with(|pattern| {
            self.bytes
                .with(|bytes| text::find(bytes, pattern).is_some())
        }))
    }

    #[slot(getitem)]
    fn getitem(&self, key: &Value) -> PyResult<Value> {
        if let Some(slice) = key.downcast::<Slice>() {
            let bounds = slice.unpack()?;
            return Ok(ByteArray::new(self.bytes.with(|bytes| {
                bounds
                    .adjust(bytes.len())
                    .positions()
                    .map(|at| bytes[at])
                    .collect()
            }))
            .into_value());
        }
        let index = ByteArray::index_of(key)?;
        match self
            .bytes
            .with(|bytes| protocol::wrap_index(index, bytes.len()).map(|at| bytes[at]))
        {
            Some(byte) => Ok(int::new(byte.into())),
            None => bail!(IndexError, "bytearray index out of range"),
        }
    }

    fn index_of(key: &Value) -> PyResult<isize> {
        match key.as_small_int() {
            Some(small) => Ok(small as isize),
            None if key.class().slots.index.get().is_some() => protocol::to_index(key),
            None => bail!(
                TypeError,
                "bytearray indices must be integers or slices, not {}",
                key.class().name()
            ),
        }
    }

    #[slot(setitem)]
    fn setitem(&self, key: &Value, value: Option<&Value>) -> PyResult<()> {
        let Some(slice) = key.downcast::<Slice>() else {
            return self.set_one(ByteArray::index_of(key)?, value);
        };
        let bounds = slice.unpack()?;
        let Some(value) = value else {
            return remove(&self.bytes, bounds.adjust(self.bytes.len()));
        };
        if value.class().slots.index.get().is_some() || value.downcast::<Str>().is_some() {
            bail!(
                TypeError,
                "can assign only bytes, buffers, or iterables of ints in range(0, 256)"
            );
        }
        let new = convert::copy_bytes(value, "byte must be in range(0, 256)", "bytearray")?;
        let range = bounds.adjust(self.bytes.len());
        if range.step == 1 {
            return splice(&self.bytes, range, &new);
        }
        if new.is_empty() {
            return remove(&self.bytes, range);
        }
        if new.len() != range.len {
            bail!(
                ValueError,
                "attempt to assign bytes of size {} to extended slice of size {}",
                new.len(),
                range.len
            );
        }
        self.bytes.with_mut(|bytes| {
            range
                .positions()
                .zip(new)
                .for_each(|(at, byte)| bytes[at] = byte)
        });
        Ok(())
    }

    fn set_one(&self, index: isize, value: Option<&Value>) -> PyResult<()> {
        let byte = match value {
            Some(value) => {
                if value.class().slots.index.get().is_none() {
                    bail!(
                        TypeError,
                        "'{}' object cannot be interpreted as an integer",
                        value.class().name()
                    );
                }
                Some(item_bytes(value, "byte must be in range(0, 256)")?)
            }
            None => None,
        };
        let Some(at) = protocol::wrap_index(index, self.bytes.len()) else {
            bail!(IndexError, "bytearray index out of range")
        };
        match byte {
            Some(byte) => self.bytes.with_mut(|bytes| bytes[at] = byte),
            None => {
                self.bytes.resize_with(|bytes| bytes.remove(at))?;
            }
        }
        Ok(())
    }

    #[slot(concat)]
    fn concat(&self, other: &Value) -> PyResult<Ref<ByteArray>> {
        if !buffer::is_bytes_like(other) {
            bail!(
                TypeError,
                "can't concat {} to bytearray",
                other.class().name()
            );
        }
        let other = buffer::bytes_like(other)?;
        Ok(ByteArray::new(
            self.bytes.with(|bytes| [bytes, &other.to_bytes()].concat()),
        ))
    }

    #[slot(repeat)]
    fn repeat(&self, count: &Value) -> PyResult<Ref<ByteArray>> {
        let count = protocol::to_size(count)?;
        Ok(ByteArray::new(self.bytes.with(|bytes| {
            text::repeat(bytes, count, "repeated bytes are too long")
        })?))
    }

    #[slot(inplace_concat)]
    fn inplace_concat(this: &Ref<ByteArray>, other: &Value) -> PyResult<Ref<ByteArray>> {
        if !buffer::is_bytes_like(other) {
            bail!(
                TypeError,
                "can't concat {} to bytearray",
                other.class().name()
            );
        }
        let new = buffer::bytes_like(other)?.to_vec();
        this.bytes
            .resize_with(|bytes| bytes.extend_from_slice(&new))?;
        Ok(this.clone())
    }

    #[slot(inplace_repeat)]
    fn inplace_repeat(this: &Ref<ByteArray>, count: &Value) -> PyResult<Ref<ByteArray>> {
        let count = protocol::to_size(count)?;
        if count != 1 {
            let new = this
                .bytes
                .with(|bytes| text::repeat(bytes, count, "repeated bytes are too long"))?;
            this.bytes.resize_with(|bytes| *bytes = new)?;
        }
        Ok(this.clone())
    }

    #[slot(remainder)]
    fn remainder(left: &Value, right: &Value) -> PyResult<Value> {
        match left.downcast::<ByteArray>() {
            Some(left) => Ok(
                ByteArray::new(percent::format_bytes(&left.bytes.to_vec(), right)?).into_value(),
            ),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    /// The bytes that a string of hexadecimal digits, two for each byte, stands for.
    #[classmethod("($type, string, /)")]
    fn fromhex(class: &Ref<Type>, string: &Value) -> PyResult<Value> {
        let bytes = text::parse_hex(string)?;
        if class.is(ByteArray::class()) {
            return Ok(ByteArray::new(bytes).into_value());
        }
        protocol::call1(class.as_value(), Bytes::new(&bytes).as_value())
    }
}
