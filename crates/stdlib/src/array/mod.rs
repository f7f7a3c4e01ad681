//! `array`: sequences of numbers of one machine type.
//!
//! The items lie in a [`ByteCell`], which refuses to change its size while the memory is lent out. What an item looks like
//! is an [`ItemType`]'s business. A Python value is turned into an item's bytes before the memory is touched, because that
//! can run foreign code; afterwards the length is looked at again.

mod item;
mod methods;
mod pickling;

use std::cell::Cell;

use taipan_macros::{class, constant, define_module, methods};
use taipan_objects::buffer::ByteCell;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::heap;
use taipan_objects::int;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};

pub use item::ItemType;

define_module! {
    name = "array",
    doc = "Arrays of basic values: characters, integers, floating-point numbers.\n\nThey behave much like lists, but the type of their items is limited; it is chosen when the array is made, by a type\ncode, which is a single character.",
    functions(pickling::_array_reconstructor),
    constants(TYPECODES),
    classes(Array),
    init = init,
}

/// All type codes.
#[constant(name = "typecodes")]
const TYPECODES: &str = "bBuwhHiIlLqQfd";

fn init(module: &Ref<Module>) -> PyResult<()> {
    ArrayIterator::init_class();
    module.set("ArrayType", Array::class());
    let sequences = runtime::import_attribute("collections.abc", "MutableSequence")?;
    protocol::call_method(&sequences, id!("register"), &[Array::class().to_value()])?;
    Ok(())
}

/// The payload of arrays.
#[class(
    name = "array",
    module = "array",
    doc = "array(typecode [, initializer]) -> array\n\nA sequence of items of one machine type. The initializer is an array, bytes, a str for the types of characters, or an\niterable of items.\n\nType codes: b and B for signed and unsigned bytes, h and H for 2 bytes, i and I for 4, l and L for 8, q and Q for 8,\nf and d for floats of 4 and 8 bytes, w for characters, u for characters in a deprecated form.",
    flags(BASETYPE, SEQUENCE, WEAKREFABLE)
)]
pub struct Array {
    #[untraced]
    item: ItemType,
    #[untraced]
    cell: ByteCell,
}

impl Array {
    /// A new array of items that are already in machine form.
    pub fn from_bytes(class: &Ref<Type>, item: ItemType, bytes: Vec<u8>) -> Ref<Array> {
        debug_assert!(bytes.len().is_multiple_of(item.size()));
        heap::new_object(
            class,
            Array {
                item,
                cell: ByteCell::new(bytes),
            },
        )
    }

    fn len(&self) -> usize {
        self.cell.len() / self.item.size()
    }

    /// The item at `index`.
    fn get(&self, index: usize) -> Option<Value> {
        let size = self.item.size();
        let start = index.checked_mul(size)?;
        self.cell.with(|bytes| {
            bytes
                .get(start..start + size)
                .map(|bytes| self.item.load(bytes))
        })
    }

    /// Raises BufferError while the memory is lent out, with the words of this class.
    fn check_resizable(&self) -> PyResult<()> {
        if self.cell.exports() > 0 {
            bail!(
                BufferError,
                "cannot resize an array that is exporting buffers"
            );
        }
        Ok(())
    }

    /// Puts `new` in place of the bytes `start..stop`.
    fn splice(&self, start: usize, stop: usize, new: &[u8]) -> PyResult<()> {
        if new.len() != stop - start {
            self.check_resizable()?;
        }
        let has_room = self.cell.resize_with(|bytes| {
            let more = new.len().saturating_sub(stop - start);
            let wanted = bytes.len().saturating_add(more);
            if wanted > bytes.capacity() {
                // A sixteenth more than needed, as CPython allocates.
                let room = more
                    .saturating_add(wanted / 16)
                    .saturating_add(7 * self.item.size());
                if bytes.try_reserve_exact(room).is_err() {
                    return false;
                }
            }
            bytes.splice(start..stop, new.iter().copied());
            true
        })?;
        if !has_room {
            bail!(MemoryError, "");
        }
        Ok(())
    }

    /// Adds items in machine form at the end.
    fn append_bytes(&self, new: &[u8]) -> PyResult<()> {
        let len = self.cell.len();
        self.splice(len, len, new)
    }

    /// Adds one item at the end.
    fn push(&self, value: &Value) -> PyResult<()> {
        let item = self.item.store(value)?;
        self.append_bytes(item.bytes())
    }
}

/// `iter(array)`.
#[class(name = "arrayiterator", module = "array", flags(NO_INSTANTIATION))]
pub struct ArrayIterator {
    array: Slot<Ref<Array>>,
    #[untraced]
    index: Cell<usize>,
}

impl ArrayIterator {
    /// A new iterator at the start of `array`.
    pub fn new(array: Ref<Array>) -> Ref<ArrayIterator> {
        heap::new_object(
            ArrayIterator::class(),
            ArrayIterator {
                array: Slot::new(Some(array)),
                index: Cell::new(0),
            },
        )
    }
}

#[methods]
impl ArrayIterator {
    #[slot(iter)]
    fn iter(this: &Ref<ArrayIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(array) = self.array.get() else {
            return Ok(None);
        };
        let item = array.get(self.index.get());
        match item {
            Some(_) => self.index.set(self.index.get() + 1),
            None => self.array.set(None),
        }
        Ok(item)
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        let function = runtime::builtin("iter")?;
        Ok(match self.array.get() {
            Some(array) => {
                let arguments = Tuple::from_array([array.into_value()]).into_value();
                Tuple::from_array([function, arguments, int::from_usize(self.index.get())])
                    .into_value()
            }
            None => Tuple::pair(
                function,
                Tuple::from_array([Tuple::empty().into_value()]).into_value(),
            )
            .into_value(),
        })
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: &Value) -> PyResult<()> {
        let index = int::as_isize(object)?;
        if let Some(array) = self.array.get() {
            self.index.set((index.max(0) as usize).min(array.len()));
        }
        Ok(())
    }
}
