//! `str_iterator`: walks over the characters of a string.

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::cell::Slot;
use crate::class::Payload;
use crate::heap;
use crate::protocol;
use crate::raised::PyResult;
use crate::runtime;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The payload of `str_iterator`. At the end it lets go of the string.
#[class(name = "str_iterator", references = false)]
pub struct StrIterator {
    string: Slot<Ref<Str>>,
    index: Cell<usize>,
}

impl StrIterator {
    /// An iterator at the start of `string`.
    pub fn new(string: Ref<Str>) -> Ref<StrIterator> {
        heap::new_object(
            StrIterator::class(),
            StrIterator {
                string: Slot::new(Some(string)),
                index: Cell::new(0),
            },
        )
    }

    /// The next character.
    #[inline]
    pub fn advance(&self) -> Option<Ref<Str>> {
        let string = self.string.get()?;
        let index = self.index.get();
        match string.char_at(index) {
            Some(code) => {
                self.index.set(index + 1);
                Some(Str::from_code_point(code))
            }
            None => {
                self.string.set(None);
                None
            }
        }
    }
}

#[methods]
impl StrIterator {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        Ok(self.advance().map(Ref::into_value))
    }

    /// An estimate of the number of characters that are left.
    #[method("($self, /)", name = "__length_hint__")]
    fn length_hint(&self) -> usize {
        self.string
            .get()
            .map_or(0, |string| string.len().saturating_sub(self.index.get()))
    }

    /// How pickle makes the iterator again.
    #[method("($self, /)", name = "__reduce__")]
    fn reduce(&self) -> PyResult<Ref<Tuple>> {
        let iter = runtime::builtin("iter")?;
        Ok(match self.string.get() {
            Some(string) => {
                let index = crate::int::from_usize(self.index.get());
                Tuple::new(vec![
                    iter,
                    Tuple::new(vec![string.into_value()]).into_value(),
                    index,
                ])
            }
            None => Tuple::new(vec![
                iter,
                Tuple::new(vec![Str::empty().into_value()]).into_value(),
            ]),
        })
    }

    /// Moves the iterator to a character.
    #[method("($self, state, /)", name = "__setstate__")]
    fn setstate(&self, state: &Value) -> PyResult<()> {
        let index = usize::try_from(protocol::to_size(state)?).unwrap_or(0);
        if let Some(string) = self.string.get() {
            self.index.set(index.min(string.len()));
        }
        Ok(())
    }
}
