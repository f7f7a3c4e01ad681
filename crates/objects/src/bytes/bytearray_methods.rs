//! The methods of `bytearray` that change it, and those for copying and pickling.

use taipan_macros::methods;

use crate::buffer;
use crate::bytes::bytearray::ByteArray;
use crate::bytes::convert::{copy_bytes, item_bytes};
use crate::class::Payload;
use crate::heap;
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{id, int};

const RANGE: &str = "byte must be in range(0, 256)";

/// What pickle needs besides class and bytes: the instance's `__dict__`.
fn state(this: &Ref<ByteArray>) -> PyResult<Value> {
    if this.class().is(ByteArray::class()) {
        return Ok(Value::NONE);
    }
    protocol::call_method(this.as_value(), id!("__getstate__"), &[])
}

#[methods(part = editing)]
impl ByteArray {
    /// Appends one byte.
    #[method("($self, item, /)")]
    fn append(&self, item: &Value) -> PyResult<()> {
        let byte = item_bytes(item, RANGE)?;
        self.cell().resize_with(|bytes| bytes.push(byte))
    }

    /// Appends the bytes of a bytes-like object or of an iterable of ints.
    #[method("($self, iterable_of_ints, /)")]
    fn extend(&self, iterable_of_ints: &Value) -> PyResult<()> {
        if iterable_of_ints.downcast::<Str>().is_some() {
            bail!(TypeError, "expected iterable of integers; got: 'str'");
        }
        if !buffer::is_bytes_like(iterable_of_ints) {
            let class = iterable_of_ints.class();
            if class.slots.iter.get().is_none() && class.slots.getitem.get().is_none() {
                bail!(TypeError, "can't extend bytearray with {}", class.name());
            }
        }
        let new = copy_bytes(iterable_of_ints, RANGE, "bytearray")?;
        self.cell()
            .resize_with(|bytes| bytes.extend_from_slice(&new))
    }

    /// Inserts one byte before an index.
    #[method("($self, index, item, /)")]
    fn insert(&self, index: isize, item: &Value) -> PyResult<()> {
        let byte = item_bytes(item, RANGE)?;
        self.cell().resize_with(|bytes| {
            let at = if index < 0 {
                bytes.len().saturating_sub(index.unsigned_abs())
            } else {
                (index as usize).min(bytes.len())
            };
            bytes.insert(at, byte);
        })
    }

    /// Removes the byte at an index, the last one by default, and answers it.
    #[method("($self, index=-1, /)")]
    fn pop(&self, index: isize) -> PyResult<Value> {
        if self.cell().is_empty() {
            bail!(IndexError, "pop from empty bytearray");
        }
        let Some(at) = protocol::wrap_index(index, self.cell().len()) else {
            bail!(IndexError, "pop index out of range")
        };
        Ok(int::new(
            self.cell().resize_with(|bytes| bytes.remove(at))?.into(),
        ))
    }

    /// Removes the first occurrence of a byte.
    #[method("($self, value, /)")]
    fn remove(&self, value: &Value) -> PyResult<()> {
        let byte = item_bytes(value, RANGE)?;
        let Some(at) = self.cell().with(|bytes| memchr::memchr(byte, bytes)) else {
            bail!(ValueError, "value not found in bytearray")
        };
        self.cell().resize_with(|bytes| {
            bytes.remove(at);
        })
    }

    /// Removes all bytes.
    #[method("($self, /)")]
    fn clear(&self) -> PyResult<()> {
        self.cell().resize_with(|bytes| *bytes = Vec::new())
    }

    /// A copy.
    #[method("($self, /)")]
    fn copy(&self) -> Ref<ByteArray> {
        ByteArray::new(self.cell().to_vec())
    }

    /// Reverses the order of the bytes.
    #[method("($self, /)")]
    fn reverse(&self) {
        self.cell().with_mut(<[u8]>::reverse);
    }

    /// Makes the array longer, by zero bytes, or shorter.
    #[method("($self, size, /)")]
    fn resize(&self, size: isize) -> PyResult<()> {
        let Ok(size) = usize::try_from(size) else {
            bail!(
                ValueError,
                "bytearray.resize(): new size must be >= 0, got {size}"
            );
        };
        heap::ensure_room(size)?;
        self.cell().resize_with(|bytes| bytes.resize(size, 0))
    }

    /// The number of bytes that are allocated.
    #[method("($self, /)", name = "__alloc__")]
    fn alloc(&self) -> usize {
        let capacity = self.cell().capacity();
        if capacity == 0 { 0 } else { capacity + 1 }
    }

    /// The size of the object in memory, in bytes.
    #[method("($self, /)", name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        56 + self.alloc()
    }

    /// How pickle makes the object again.
    #[method("($self, /)", name = "__reduce__")]
    fn reduce(this: &Ref<ByteArray>) -> PyResult<Ref<Tuple>> {
        let text = this.cell().with(Str::from_latin1).into_value();
        let arguments = Tuple::new(vec![text, Str::new("latin-1").into_value()]).into_value();
        Ok(Tuple::new(vec![
            this.class().to_value(),
            arguments,
            state(this)?,
        ]))
    }

    /// How pickle makes the object again, by protocol.
    #[method("($self, proto=0, /)", name = "__reduce_ex__")]
    fn reduce_ex(this: &Ref<ByteArray>, proto: i32) -> PyResult<Ref<Tuple>> {
        if proto < 3 {
            return ByteArray::reduce(this);
        }
        let arguments = match this.cell().len() {
            0 => Tuple::empty(),
            _ => Tuple::new(vec![
                this.cell().with(crate::bytes::Bytes::new).into_value(),
            ]),
        };
        Ok(Tuple::new(vec![
            this.class().to_value(),
            arguments.into_value(),
            state(this)?,
        ]))
    }
}
