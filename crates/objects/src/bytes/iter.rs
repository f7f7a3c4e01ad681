//! Iterators over the bytes of `bytes` and `bytearray`.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::bytes::bytearray::ByteArray;
use crate::bytes::bytes_object::Bytes;
use crate::bytes::shared::ByteObject;
use crate::cell::Slot;
use crate::class::Payload;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{heap, int, protocol, runtime};

macro_rules! byte_iterator {
    ($(#[$doc:meta])* $iterator:ident, $name:literal, $source:ident, $references:literal) => {
        $(#[$doc])*
        #[class(name = $name, references = $references)]
        pub struct $iterator {
            source: Slot<Ref<$source>>,
            index: Cell<usize>,
        }

        impl $iterator {
            /// An iterator at the start of `source`.
            pub fn new(source: Ref<$source>) -> Ref<$iterator> {
                heap::new_object($iterator::class(), $iterator { source: Slot::new(Some(source)), index: Cell::new(0) })
            }

            /// The next byte.
            pub fn advance(&self) -> Option<u8> {
                let source = self.source.get()?;
                let index = self.index.get();
                let byte = $source::view(&source, |bytes| bytes.get(index).copied());
                match byte {
                    Some(_) => self.index.set(index + 1),
                    None => self.source.set(None),
                }
                byte
            }
        }

        #[methods]
        impl $iterator {
            #[slot(iter)]
            fn iter(this: &Value) -> Value {
                this.clone()
            }

            #[slot(next)]
            fn next(&self) -> PyResult<Option<Value>> {
                Ok(self.advance().map(|byte| int::new(byte.into())))
            }

            /// An estimate of the number of bytes that are left.
            #[method("($self, /)", name = "__length_hint__")]
            fn length_hint(&self) -> usize {
                self.source.get().map_or(0, |source| $source::view(&source, <[u8]>::len).saturating_sub(self.index.get()))
            }

            /// How pickle makes the iterator again.
            #[method("($self, /)", name = "__reduce__")]
            fn reduce(&self) -> PyResult<Ref<Tuple>> {
                let iter = runtime::builtin("iter")?;
                Ok(match self.source.get() {
                    Some(source) => {
                        let arguments = Tuple::new(vec![source.into_value()]).into_value();
                        Tuple::new(vec![iter, arguments, int::from_usize(self.index.get())])
                    }
                    None => Tuple::new(vec![iter, Tuple::new(vec![Tuple::empty().into_value()]).into_value()]),
                })
            }

            /// Moves the iterator to a byte.
            #[method("($self, state, /)", name = "__setstate__")]
            fn setstate(&self, state: &Value) -> PyResult<()> {
                let index = usize::try_from(protocol::to_size(state)?).unwrap_or(0);
                if let Some(source) = self.source.get() {
                    self.index.set(index.min($source::view(&source, <[u8]>::len)));
                }
                Ok(())
            }
        }
    };
}

byte_iterator! {
    /// The payload of `bytes_iterator`.
    BytesIterator, "bytes_iterator", Bytes, true
}
byte_iterator! {
    /// The payload of `bytearray_iterator`.
    ByteArrayIterator, "bytearray_iterator", ByteArray, true
}
