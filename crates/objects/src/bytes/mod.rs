//! `bytes`, `bytearray` and `memoryview`.
//!
//! [`Bytes`] holds its bytes in its tail and never changes; [`ByteArray`] holds them in a
//! [`ByteCell`](crate::buffer::ByteCell) that grows; [`MemoryView`] looks at the memory of another object. The methods that
//! the first two share are written once, in `shared`, over slices.

mod bytearray;
mod bytearray_methods;
mod bytes_object;
mod convert;
mod iter;
mod memoryview;
mod search;
mod shared;
mod text;

pub use bytearray::ByteArray;
pub use bytes_object::Bytes;
pub use convert::{
    Pattern, buffer_from_python, convert_for_percent, copy_bytes, item_bytes,
    memory_view_with_flags, single_byte,
};
pub use iter::{ByteArrayIterator, BytesIterator};
pub use memoryview::{
    ItemFormat, MemoryIterator, MemoryView, f64_to_half, half_to_f64, pack_item, unpack_item,
};
pub use text::{hex_text, parse_hex, repr_text};

/// Makes the classes of this module.
pub fn init_classes() {
    Bytes::init_class();
    ByteArray::init_class();
    BytesIterator::init_class();
    ByteArrayIterator::init_class();
    MemoryView::init_class();
    MemoryIterator::init_class();
    convert::PythonBuffer::init_class();
}
