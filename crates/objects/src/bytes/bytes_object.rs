//! `bytes`: the payload, construction and slots.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::buffer::{self, BufferView};
use crate::bytes::convert::{self, Pattern};
use crate::bytes::iter::BytesIterator;
use crate::bytes::shared::ByteObject;
use crate::bytes::text;
use crate::cell::Slot;
use crate::class::{Comparison, Payload, Tailed, Type};
use crate::codecs;
use crate::format::percent;
use crate::hash;
use crate::heap;
use crate::int;
use crate::protocol;
use crate::raised::PyResult;
use crate::slice::Slice;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The payload of `bytes`; the bytes are the tail.
#[class(
    name = "bytes",
    doc = "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized with null bytes\nbytes() -> empty bytes object\n\nAn immutable sequence of bytes.",
    flags(BASETYPE, MATCH_SELF, BYTES),
    parts(shared),
    references = false,
    tailed
)]
#[repr(C)]
pub struct Bytes {
    /// The hash, or -1 when it is not known yet.
    hash: Cell<i64>,
    len: Cell<usize>,
}

impl Tailed for Bytes {
    type Item = u8;

    #[inline(always)]
    fn tail_len(&self) -> usize {
        self.len.get()
    }
}

static SINGLES: [Slot<Ref<Bytes>>; 256] = [const { Slot::empty() }; 256];
static EMPTY: Slot<Ref<Bytes>> = Slot::empty();

fn cached(slot: &Slot<Ref<Bytes>>, bytes: &[u8]) -> Ref<Bytes> {
    slot.get().unwrap_or_else(|| {
        let object = Bytes::new_in(Bytes::class(), bytes);
        slot.set(Some(object.clone()));
        object
    })
}

impl Bytes {
    /// A bytes object that holds a copy of `bytes`. The empty one, and those of one byte, are one object each.
    pub fn new(bytes: &[u8]) -> Ref<Bytes> {
        match bytes {
            [] => Bytes::empty(),
            [only] => Bytes::single(*only),
            _ => Bytes::new_in(Bytes::class(), bytes),
        }
    }

    /// An instance of `class`, which is `bytes` or a subclass.
    pub fn new_in(class: &Ref<Type>, bytes: &[u8]) -> Ref<Bytes> {
        buffer::new_with_bytes(
            class,
            Bytes {
                hash: Cell::new(-1),
                len: Cell::new(bytes.len()),
            },
            bytes,
        )
    }

    /// A bytes object of at most `len` bytes: `fill` writes them over zeros and answers how many there are.
    pub fn filled<E>(
        len: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<Ref<Bytes>, E> {
        let bytes = buffer::new_with_zeros(
            Bytes::class(),
            Bytes {
                hash: Cell::new(-1),
                len: Cell::new(len),
            },
            fill,
        )?;
        let (bytes, count) = bytes;
        // Nothing lies behind the tail of an instance of `bytes` itself, so its end can move.
        bytes.len.set(count.min(len));
        Ok(if count == 0 { Bytes::empty() } else { bytes })
    }

    /// The object of one byte.
    pub fn single(byte: u8) -> Ref<Bytes> {
        cached(&SINGLES[usize::from(byte)], &[byte])
    }

    /// The empty object.
    pub fn empty() -> Ref<Bytes> {
        cached(&EMPTY, &[])
    }

    /// What `bytes(source)` answers.
    pub fn from_object(source: &Value) -> PyResult<Ref<Bytes>> {
        match source.downcast_exact::<Bytes>() {
            Some(bytes) => Ok(bytes.clone()),
            None => construct(Some(source), None, None),
        }
    }

    /// Number of bytes.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there is no byte.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len.get() == 0
    }
}

impl Ref<Bytes> {
    /// The bytes.
    #[inline(always)]
    pub fn as_slice(&self) -> &[u8] {
        self.tail()
    }

    /// Whether the object's class is `bytes` itself.
    #[inline(always)]
    pub fn is_exact(&self) -> bool {
        self.class().is(Bytes::class())
    }

    /// The hash, computed once.
    pub fn hash_value(&self) -> i64 {
        if self.hash.get() == -1 {
            self.hash.set(hash::hash_bytes(self.as_slice()));
        }
        self.hash.get()
    }
}

impl ByteObject for Bytes {
    fn view<R>(this: &Ref<Bytes>, body: impl FnOnce(&[u8]) -> R) -> R {
        body(this.as_slice())
    }

    fn make(bytes: Vec<u8>) -> Ref<Bytes> {
        Bytes::new(&bytes)
    }

    fn unchanged(this: &Ref<Bytes>) -> Ref<Bytes> {
        if this.is_exact() {
            this.clone()
        } else {
            Bytes::new(this.as_slice())
        }
    }

    fn separator(given: &Value, _: &[u8]) -> Value {
        given.clone()
    }
}

/// What `bytes(source, encoding, errors)` holds.
fn construct(
    source: Option<&Value>,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Ref<Bytes>> {
    let Some(source) = source else {
        if encoding.is_some() || errors.is_some() {
            let what = if encoding.is_some() {
                "encoding"
            } else {
                "errors"
            };
            bail!(TypeError, "{what} without a string argument");
        }
        return Ok(Bytes::empty());
    };
    if let Some(text) = source
        .downcast::<Str>()
        .filter(|_| encoding.is_some() || errors.is_some())
    {
        if encoding.is_none() {
            bail!(TypeError, "string argument without an encoding");
        }
        return codecs::encode_to_bytes(text, encoding, errors);
    }
    if encoding.is_some() {
        bail!(TypeError, "encoding without a string argument");
    }
    if errors.is_some() {
        bail!(TypeError, "errors without a string argument");
    }
    if let Some(answer) = protocol::call_special_optional(source, crate::id!("__bytes__"), &[])? {
        return match answer.into_ref::<Bytes>() {
            Ok(bytes) => Ok(bytes),
            Err(other) => bail!(
                TypeError,
                "__bytes__ returned non-bytes (type {})",
                other.class().name()
            ),
        };
    }
    if source.downcast::<Str>().is_some() {
        bail!(TypeError, "string argument without an encoding");
    }
    if source.class().slots.index.get().is_some() {
        match convert::count_of(source)? {
            Some(count) => {
                heap::ensure_room(count.saturating_mul(2))?;
                return Ok(Bytes::new(&vec![0; count]));
            }
            None => bail!(ValueError, "negative count"),
        }
    }
    Ok(Bytes::new(&convert::copy_bytes(
        source,
        "bytes must be in range(0, 256)",
        "bytes",
    )?))
}

#[methods]
impl Bytes {
    #[new("(source=b'', encoding='utf-8', errors='strict')", nosig)]
    fn new_instance(
        class: &Ref<Type>,
        source: Option<&Value>,
        encoding: Option<&Ref<Str>>,
        errors: Option<&Ref<Str>>,
    ) -> PyResult<Ref<Bytes>> {
        let bytes = construct(source, encoding, errors)?;
        if class.is(Bytes::class()) {
            Ok(bytes)
        } else {
            Ok(Bytes::new_in(class, bytes.as_slice()))
        }
    }

    #[slot(str)]
    fn str_slot(this: &Ref<Bytes>) -> PyResult<Ref<Str>> {
        crate::warnings::about_str_of_bytes("str() on a bytes instance")?;
        Ok(Bytes::repr(this))
    }

    #[slot(repr)]
    fn repr(this: &Ref<Bytes>) -> Ref<Str> {
        text::repr_text(this.as_slice(), "", "")
    }

    #[slot(hash)]
    fn hash_slot(this: &Ref<Bytes>) -> i64 {
        this.hash_value()
    }

    #[slot(richcompare)]
    fn compare(this: &Ref<Bytes>, other: &Value, comparison: Comparison) -> PyResult<Value> {
        if let Some(other) = other.downcast::<Bytes>() {
            return Ok(Value::from_bool(
                comparison.holds(this.as_slice().cmp(other.as_slice())),
            ));
        }
        crate::warnings::about_comparison_of_bytes("bytes", other, comparison)?;
        Ok(Value::NOT_IMPLEMENTED)
    }

    #[slot(iter)]
    fn iter(this: &Ref<Bytes>) -> Ref<BytesIterator> {
        BytesIterator::new(this.clone())
    }

    #[slot(len)]
    fn len_slot(&self) -> usize {
        self.len.get()
    }

    #[slot(buffer)]
    fn buffer(this: &Ref<Bytes>, flags: u32) -> PyResult<BufferView> {
        if flags & buffer::BufferFlags::WRITABLE != 0 {
            bail!(BufferError, "Object is not writable.");
        }
        Ok(BufferView::of_tail(this))
    }

    #[slot(contains)]
    fn contains(this: &Ref<Bytes>, item: &Value) -> PyResult<bool> {
        let pattern = Pattern::of_item(item)?;
        Ok(pattern.with(|pattern| text::find(this.as_slice(), pattern).is_some()))
    }

    #[slot(getitem)]
    fn getitem(this: &Ref<Bytes>, key: &Value) -> PyResult<Value> {
        let bytes = this.as_slice();
        if let Some(slice) = key.downcast::<Slice>() {
            let range = slice.unpack()?.adjust(bytes.len());
            return Ok(match range.len {
                len if range.step == 1 && len == bytes.len() && this.is_exact() => this.to_value(),
                0 => Bytes::empty().into_value(),
                len if range.step == 1 => {
                    Bytes::new(&bytes[range.start as usize..range.start as usize + len])
                        .into_value()
                }
                _ => Bytes::new(&range.positions().map(|at| bytes[at]).collect::<Vec<u8>>())
                    .into_value(),
            });
        }
        let index = match key.as_small_int() {
            Some(small) => small as isize,
            None if key.class().slots.index.get().is_some() => protocol::to_index(key)?,
            None => bail!(
                TypeError,
                "byte indices must be integers or slices, not {}",
                key.class().name()
            ),
        };
        match protocol::wrap_index(index, bytes.len()) {
            Some(place) => Ok(int::new(bytes[place].into())),
            None => bail!(IndexError, "index out of range"),
        }
    }

    #[slot(concat)]
    fn concat(this: &Ref<Bytes>, other: &Value) -> PyResult<Ref<Bytes>> {
        if let Some(other) = other.downcast_exact::<Bytes>() {
            if this.is_empty() {
                return Ok(other.clone());
            }
            if other.is_empty() && this.is_exact() {
                return Ok(this.clone());
            }
        }
        if !buffer::is_bytes_like(other) {
            bail!(TypeError, "can't concat {} to bytes", other.class().name());
        }
        let other = buffer::bytes_like(other)?;
        Ok(Bytes::new(&[this.as_slice(), &other.to_bytes()].concat()))
    }

    #[slot(repeat)]
    fn repeat(this: &Ref<Bytes>, count: &Value) -> PyResult<Ref<Bytes>> {
        let count = protocol::to_size(count)?;
        if count == 1 {
            return Ok(Bytes::unchanged(this));
        }
        Ok(Bytes::new(&text::repeat(
            this.as_slice(),
            count,
            "repeated bytes are too long",
        )?))
    }

    #[slot(remainder)]
    fn remainder(left: &Value, right: &Value) -> PyResult<Value> {
        match left.downcast::<Bytes>() {
            Some(left) => {
                Ok(Bytes::new(&percent::format_bytes(left.as_slice(), right)?).into_value())
            }
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    /// The object as exact bytes.
    #[method("($self, /)", name = "__bytes__")]
    fn to_bytes(this: &Ref<Bytes>) -> Ref<Bytes> {
        Bytes::unchanged(this)
    }

    /// What pickle passes to `__new__`.
    #[method("($self, /)", name = "__getnewargs__")]
    fn getnewargs(this: &Ref<Bytes>) -> Ref<Tuple> {
        Tuple::new(vec![Bytes::new(this.as_slice()).into_value()])
    }

    /// The size of the object in memory, in bytes.
    #[method("($self, /)", name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        33 + self.len.get()
    }

    /// The bytes that a string of hexadecimal digits, two for each byte, stands for.
    #[classmethod("($type, string, /)")]
    fn fromhex(class: &Ref<Type>, string: &Value) -> PyResult<Value> {
        let bytes = Bytes::new(&text::parse_hex(string)?);
        if class.is(Bytes::class()) {
            Ok(bytes.into_value())
        } else {
            protocol::call1(class.as_value(), bytes.as_value())
        }
    }
}
