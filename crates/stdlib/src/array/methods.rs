//! What `array` does in Python: its methods and slots.

use taipan_macros::methods;
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::buffer::{self, BufferView};
use taipan_objects::bytes::{ByteArray, Bytes};
use taipan_objects::class::{Comparison, Payload, Type};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::id;
use taipan_objects::int;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::sequence;
use taipan_objects::slice::Slice;
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::warnings;

use super::item::ItemType;
use super::pickling;
use super::{Array, ArrayIterator};

/// Bytes that `tofile` writes at a time.
const WRITE_BLOCK: usize = 64 * 1024;

/// The characters of a string in machine form.
fn text_bytes(text: &Str) -> Vec<u8> {
    text.code_points().flat_map(u32::to_ne_bytes).collect()
}

/// Whether a value can be a subscript.
fn is_index(key: &Value) -> bool {
    key.class().slots.index.get().is_some()
}

impl Array {
    fn extend(this: &Ref<Array>, iterable: &Value) -> PyResult<()> {
        if let Some(other) = iterable.downcast::<Array>() {
            if other.item != this.item {
                bail!(TypeError, "can only extend with array of same kind");
            }
            return this.append_bytes(&other.cell.to_vec());
        }
        let iterator = protocol::iter(iterable)?;
        while let Some(value) = protocol::next(&iterator)? {
            this.push(&value)?;
        }
        Ok(())
    }

    /// The bytes of the items that a slice selects.
    fn slice_bytes(&self, slice: &Slice) -> PyResult<Vec<u8>> {
        let range = slice.resolve(|| self.len())?;
        let size = self.item.size();
        Ok(self.cell.with(|bytes| {
            let mut selected = Vec::with_capacity(range.len * size);
            for position in range.positions() {
                selected.extend_from_slice(&bytes[position * size..(position + 1) * size]);
            }
            selected
        }))
    }

    fn position(&self, index: &Value, message: &str) -> PyResult<usize> {
        match protocol::wrap_index(protocol::to_index(index)?, self.len()) {
            Some(position) => Ok(position),
            None => bail!(IndexError, "{message}"),
        }
    }

    fn assign_slice(&self, slice: &Slice, new: Option<&Value>) -> PyResult<()> {
        let bounds = slice.unpack()?;
        let new = match new {
            None => Vec::new(),
            Some(value) => match value.downcast::<Array>() {
                Some(other) if other.item == self.item => other.cell.to_vec(),
                Some(_) => bail!(TypeError, "bad argument type for built-in operation"),
                None => bail!(
                    TypeError,
                    "can only assign array (not \"{}\") to array slice",
                    value.class().name()
                ),
            },
        };
        let is_deletion = new.is_empty();
        let size = self.item.size();
        let range = bounds.adjust(self.len());
        if range.step == 1 {
            let start = range.start as usize;
            return self.splice(start * size, (start + range.len) * size, &new);
        }
        if is_deletion {
            if range.len == 0 {
                return Ok(());
            }
            self.check_resizable()?;
            let (start, step) = range.ascending();
            let last = start + (range.len - 1) * step;
            return self.cell.resize_with(|bytes| {
                let mut kept = Vec::with_capacity(bytes.len() - range.len * size);
                for (position, item) in bytes.chunks_exact(size).enumerate() {
                    let is_selected = position >= start
                        && position <= last
                        && (position - start).is_multiple_of(step);
                    if !is_selected {
                        kept.extend_from_slice(item);
                    }
                }
                *bytes = kept;
            });
        }
        let count = new.len() / size;
        if count != range.len {
            bail!(
                ValueError,
                "attempt to assign array of size {count} to extended slice of size {}",
                range.len
            );
        }
        self.cell.with_mut(|bytes| {
            for (position, item) in range.positions().zip(new.chunks_exact(size)) {
                bytes[position * size..(position + 1) * size].copy_from_slice(item);
            }
        });
        Ok(())
    }

    fn repeated(&self, times: &Value) -> PyResult<Vec<u8>> {
        let times = sequence::repeat_count(times)?;
        let bytes = self.cell.to_vec();
        let mut repeated = Vec::new();
        match bytes.len().checked_mul(times) {
            Some(total) if repeated.try_reserve_exact(total).is_ok() => {}
            _ => bail!(MemoryError, ""),
        }
        (0..times).for_each(|_| repeated.extend_from_slice(&bytes));
        Ok(repeated)
    }

    fn text(&self) -> Ref<Str> {
        let codes: Vec<u32> = self.cell.with(|bytes| {
            let units = bytes
                .chunks_exact(4)
                .map(|unit| u32::from_ne_bytes([unit[0], unit[1], unit[2], unit[3]]));
            units
                .map(|code| if code <= 0x10_ffff { code } else { 0xfffd })
                .collect()
        });
        Str::from_code_points(codes.into_iter())
    }

    fn duplicate(&self) -> Ref<Array> {
        Array::from_bytes(Array::class(), self.item, self.cell.to_vec())
    }

    fn check_unicode(&self, method: &str) -> PyResult<()> {
        if !self.item.is_character() {
            bail!(
                ValueError,
                "{method}() may only be called on unicode type arrays ('u' or 'w')"
            );
        }
        Ok(())
    }

    fn append_raw(&self, bytes: &[u8]) -> PyResult<()> {
        if !bytes.len().is_multiple_of(self.item.size()) {
            bail!(ValueError, "bytes length not a multiple of item size");
        }
        self.append_bytes(bytes)
    }
}

/// The type that a type code argument names.
pub(super) fn item_type(code: &Value, function: &str, place: &str) -> PyResult<ItemType> {
    let Some(text) = code.downcast::<Str>() else {
        bail!(
            TypeError,
            "{function} argument {place} must be a unicode character, not {}",
            code.class().name()
        );
    };
    if text.len() != 1 {
        bail!(
            TypeError,
            "{function} argument {place} must be a unicode character, not a string of length {}",
            text.len()
        );
    }
    match text.char_at(0).and_then(ItemType::from_code) {
        Some(item) => Ok(item),
        None => bail!(
            ValueError,
            "bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)"
        ),
    }
}

/// A new array of `class`, filled from an initializer.
pub(super) fn make_array(
    class: &Ref<Type>,
    item: ItemType,
    initial: Option<&Value>,
) -> PyResult<Ref<Array>> {
    let code = item.code();
    if let Some(initial) = initial
        && !item.is_character()
    {
        if initial.downcast::<Str>().is_some() {
            bail!(
                TypeError,
                "cannot use a str to initialize an array with typecode '{code}'"
            );
        }
        if initial
            .downcast::<Array>()
            .is_some_and(|other| other.item.is_character())
        {
            bail!(
                TypeError,
                "cannot use a unicode array to initialize an array with typecode '{code}'"
            );
        }
    }
    let array = Array::from_bytes(class, item, Vec::new());
    let Some(initial) = initial else {
        return Ok(array);
    };
    if let Some(other) = initial
        .downcast::<Array>()
        .filter(|other| other.item == item)
    {
        array.append_bytes(&other.cell.to_vec())?;
    } else if initial.downcast::<Bytes>().is_some() || initial.downcast::<ByteArray>().is_some() {
        array.append_raw(&buffer::bytes_like(initial)?.to_vec())?;
    } else if let Some(text) = initial.downcast::<Str>() {
        array.append_bytes(&text_bytes(text))?;
    } else {
        protocol::iterate(initial, |value| array.push(&value))?;
    }
    Ok(array)
}

#[methods]
impl Array {
    #[new(nosig)]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Array>> {
        if class.is(Array::class()) && !args.names().is_empty() {
            bail!(TypeError, "array.array() takes no keyword arguments");
        }
        let (code, initial) = match args.positional() {
            [] => bail!(TypeError, "array() takes at least 1 argument (0 given)"),
            [code] => (code, None),
            [code, initial] => (code, Some(initial)),
            more => bail!(
                TypeError,
                "array() takes at most 2 arguments ({} given)",
                more.len()
            ),
        };
        let item = item_type(code, "array()", "1")?;
        if item.code() == 'u' {
            warnings::warn(
                ExceptionKind::DeprecationWarning,
                "The 'u' type code is deprecated and will be removed in Python 3.16",
            )?;
        }
        make_array(class, item, initial)
    }

    #[slot(repr)]
    fn repr(this: &Ref<Array>) -> PyResult<Ref<Str>> {
        let mut text = StrBuilder::new();
        text.push_str(&format!(
            "{}('{}'",
            this.class().name_object().to_display(),
            this.item.code()
        ));
        if this.len() > 0 {
            text.push_str(", ");
            let items = match this.item.is_character() {
                true => this.text().into_value(),
                false => Array::tolist(this)?.into_value(),
            };
            text.push_string(&*protocol::repr(&items)?);
        }
        text.push_char(')');
        Ok(text.finish())
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(other) = other.downcast::<Array>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        sequence::compare(
            |index| self.get(index),
            |index| other.get(index),
            || (self.len(), other.len()),
            comparison,
        )
    }

    #[slot(iter)]
    fn iter(this: &Ref<Array>) -> Value {
        ArrayIterator::new(this.clone()).into_value()
    }

    #[slot(buffer)]
    fn buffer(this: &Ref<Array>, flags: u32) -> PyResult<BufferView> {
        let view = this
            .cell
            .export(this.as_value())
            .with_format(this.item.format().into(), this.item.size());
        view.for_request(flags, "array")
    }

    #[slot(len)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(getitem)]
    fn getitem(&self, key: &Value) -> PyResult<Value> {
        if let Some(slice) = key.downcast_exact::<Slice>() {
            return Ok(
                Array::from_bytes(Array::class(), self.item, self.slice_bytes(slice)?).into_value(),
            );
        }
        if !is_index(key) {
            bail!(TypeError, "array indices must be integers");
        }
        let position = self.position(key, "array index out of range")?;
        match self.get(position) {
            Some(value) => Ok(value),
            None => bail!(IndexError, "array index out of range"),
        }
    }

    #[slot(setitem)]
    fn setitem(&self, key: &Value, value: Option<&Value>) -> PyResult<()> {
        if let Some(slice) = key.downcast_exact::<Slice>() {
            return self.assign_slice(slice, value);
        }
        if !is_index(key) {
            bail!(TypeError, "array indices must be integers");
        }
        let message = "array assignment index out of range";
        let size = self.item.size();
        let Some(value) = value else {
            let start = self.position(key, message)? * size;
            return self.splice(start, start + size, &[]);
        };
        self.position(key, message)?;
        let item = self.item.store(value)?;
        // The conversion may have changed the length.
        let start = self.position(key, message)? * size;
        self.cell
            .with_mut(|bytes| bytes[start..start + size].copy_from_slice(item.bytes()));
        Ok(())
    }

    #[slot(contains)]
    fn contains(&self, value: &Value) -> PyResult<bool> {
        Ok(sequence::find(|index| self.get(index), 0, usize::MAX, value)?.is_some())
    }

    #[slot(concat)]
    fn concat(&self, other: &Value) -> PyResult<Ref<Array>> {
        let Some(other) = other.downcast::<Array>() else {
            bail!(
                TypeError,
                "can only append array (not \"{}\") to array",
                other.class().name()
            );
        };
        if self.item != other.item {
            bail!(TypeError, "bad argument type for built-in operation");
        }
        let mut bytes = self.cell.to_vec();
        other.cell.with(|more| bytes.extend_from_slice(more));
        Ok(Array::from_bytes(Array::class(), self.item, bytes))
    }

    #[slot(repeat)]
    fn repeat(&self, times: &Value) -> PyResult<Ref<Array>> {
        Ok(Array::from_bytes(
            Array::class(),
            self.item,
            self.repeated(times)?,
        ))
    }

    #[slot(inplace_concat)]
    fn inplace_concat(this: &Ref<Array>, other: &Value) -> PyResult<Value> {
        if other.downcast::<Array>().is_none() {
            bail!(
                TypeError,
                "can only extend array with array (not \"{}\")",
                other.class().name()
            );
        }
        Array::extend(this, other)?;
        Ok(this.to_value())
    }

    #[slot(inplace_repeat)]
    fn inplace_repeat(this: &Ref<Array>, times: &Value) -> PyResult<Value> {
        let repeated = this.repeated(times)?;
        this.splice(0, this.cell.len(), &repeated)?;
        Ok(this.to_value())
    }

    /// Add an item at the end.
    #[method("($self, v, /)")]
    fn append(&self, v: &Value) -> PyResult<()> {
        self.push(v)
    }

    /// The address of the memory and the number of items in it.
    #[method]
    fn buffer_info(&self) -> Value {
        let address = self.cell.with(|bytes| bytes.as_ptr() as u64);
        Tuple::pair(int::from_u64(address), int::from_usize(self.len())).into_value()
    }

    /// Turn the bytes of each item round. RuntimeError if items do not have 1, 2, 4, or 8 bytes.
    #[method]
    fn byteswap(&self) {
        let size = self.item.size();
        self.cell
            .with_mut(|bytes| bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse));
    }

    /// Remove all items.
    #[method]
    fn clear(&self) -> PyResult<()> {
        self.splice(0, self.cell.len(), &[])
    }

    /// An array of the same items.
    #[method]
    fn __copy__(&self) -> Ref<Array> {
        self.duplicate()
    }

    /// An array of the same items.
    #[method]
    fn __deepcopy__(&self, _unused: &Value) -> Ref<Array> {
        self.duplicate()
    }

    /// How many items equal v.
    #[method("($self, v, /)")]
    fn count(&self, v: &Value) -> PyResult<usize> {
        sequence::count(|index| self.get(index), v)
    }

    /// Add the items of an iterable at the end.
    #[method("($self, bb, /)", name = "extend")]
    fn extend_method(this: &Ref<Array>, bb: &Value) -> PyResult<()> {
        Array::extend(this, bb)
    }

    /// Add n items that are read from a file.
    #[method("($self, f, n, /)")]
    fn fromfile(&self, f: &Value, n: isize) -> PyResult<()> {
        let Ok(count) = usize::try_from(n) else {
            bail!(ValueError, "negative count")
        };
        let Some(wanted) = count.checked_mul(self.item.size()) else {
            bail!(MemoryError, "")
        };
        let read = protocol::call_method(f, id!("read"), &[int::from_usize(wanted)])?;
        let Some(bytes) = read.downcast::<Bytes>() else {
            bail!(TypeError, "read() didn't return bytes")
        };
        self.append_raw(bytes.as_slice())?;
        if bytes.len() != wanted {
            bail!(EOFError, "read() didn't return enough bytes");
        }
        Ok(())
    }

    /// Add the items of a list.
    #[method]
    fn fromlist(&self, list: &Value) -> PyResult<()> {
        let Some(list) = list.downcast::<List>() else {
            bail!(TypeError, "arg must be list")
        };
        let mut bytes = Vec::new();
        let len = list.len();
        let mut index = 0;
        while let Some(value) = list.get(index) {
            bytes.extend_from_slice(self.item.store(&value)?.bytes());
            if list.len() != len {
                bail!(RuntimeError, "list changed size during iteration");
            }
            index += 1;
        }
        self.append_bytes(&bytes)
    }

    /// Add the items that some bytes hold in machine form.
    #[method]
    fn frombytes(&self, buffer: &Value) -> PyResult<()> {
        self.append_raw(&buffer::bytes_like(buffer)?.to_vec())
    }

    /// Add the characters of a string.
    #[method("($self, ustr, /)")]
    fn fromunicode(&self, ustr: &Ref<Str>) -> PyResult<()> {
        self.check_unicode("fromunicode")?;
        self.append_bytes(&text_bytes(ustr))
    }

    /// The position of the first item that equals v.
    ///
    /// ValueError if there is none.
    #[method("($self, v, start=0, stop=sys.maxsize, /)")]
    fn index(&self, v: &Value, start: Option<&Value>, stop: Option<&Value>) -> PyResult<usize> {
        let start = sequence::search_bound(start, 0, self.len())?;
        let stop = sequence::search_bound(stop, isize::MAX, self.len())?;
        match sequence::find(|index| self.get(index), start, stop, v)? {
            Some(index) => Ok(index),
            None => bail!(ValueError, "array.index(x): x not in array"),
        }
    }

    /// Put an item before the item at i.
    #[method("($self, i, v, /)")]
    fn insert(&self, i: &Value, v: &Value) -> PyResult<()> {
        let position = protocol::to_size(i)?;
        let item = self.item.store(v)?;
        let len = self.len() as isize;
        let position = if position < 0 {
            (position + len).max(0)
        } else {
            position.min(len)
        };
        let start = position as usize * self.item.size();
        self.splice(start, start, item.bytes())
    }

    /// Remove the item at i, by default the last, and return it.
    #[method("($self, i=-1, /)")]
    fn pop(&self, i: Option<&Value>) -> PyResult<Value> {
        let position = i.map(protocol::to_size).transpose()?.unwrap_or(-1);
        if self.len() == 0 {
            bail!(IndexError, "pop from empty array");
        }
        let found = protocol::wrap_index(position, self.len())
            .and_then(|position| Some((position, self.get(position)?)));
        let Some((position, value)) = found else {
            bail!(IndexError, "pop index out of range")
        };
        let size = self.item.size();
        self.splice(position * size, (position + 1) * size, &[])?;
        Ok(value)
    }

    /// Return state information for pickling.
    #[method("($self, value, /)")]
    fn __reduce_ex__(this: &Ref<Array>, value: &Value) -> PyResult<Value> {
        if !int::is_int(value) {
            bail!(TypeError, "__reduce_ex__ argument should be an integer");
        }
        pickling::reduce(this, int::as_i64(value)?)
    }

    /// Remove the first item that equals v.
    ///
    /// ValueError if there is none.
    #[method("($self, v, /)")]
    fn remove(&self, v: &Value) -> PyResult<()> {
        let size = self.item.size();
        match sequence::find(|index| self.get(index), 0, usize::MAX, v)? {
            Some(index) if index < self.len() => self.splice(index * size, (index + 1) * size, &[]),
            _ => bail!(ValueError, "array.remove(x): x not in array"),
        }
    }

    /// Turn the order of the items round.
    #[method]
    fn reverse(&self) {
        let size = self.item.size();
        self.cell.with_mut(|bytes| {
            bytes.reverse();
            bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        });
    }

    /// Write the items to a file in machine form.
    #[method("($self, f, /)")]
    fn tofile(&self, f: &Value) -> PyResult<()> {
        let mut start = 0;
        while start < self.cell.len() {
            let block = self
                .cell
                .with(|bytes| Bytes::new(&bytes[start..bytes.len().min(start + WRITE_BLOCK)]));
            protocol::call_method(f, id!("write"), &[block.into_value()])?;
            start += WRITE_BLOCK;
        }
        Ok(())
    }

    /// A list of the items.
    #[method]
    fn tolist(this: &Ref<Array>) -> PyResult<Ref<List>> {
        Ok(List::new(
            (0..this.len())
                .filter_map(|index| this.get(index))
                .collect(),
        ))
    }

    /// The items in machine form.
    #[method]
    fn tobytes(&self) -> Ref<Bytes> {
        self.cell.with(Bytes::new)
    }

    /// The characters as a string.
    #[method]
    fn tounicode(&self) -> PyResult<Ref<Str>> {
        self.check_unicode("tounicode")?;
        Ok(self.text())
    }

    /// The bytes that the array takes.
    #[method]
    fn __sizeof__(this: &Ref<Array>) -> usize {
        this.class().layout().size + this.cell.capacity()
    }

    /// Describe an array of items of some type.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }

    /// The type code of the items.
    #[getter]
    fn typecode(&self) -> Ref<Str> {
        Str::from_char(self.item.code())
    }

    /// The bytes of an item.
    #[getter]
    fn itemsize(&self) -> usize {
        self.item.size()
    }
}
