//! The views of `OrderedDict` and their iterator.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::bail;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::dict::views::{DictItems, DictKeys, DictValues};
use taipan_objects::heap;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use crate::collections::OrderedDict;

/// What an iterator gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Keys.
    Keys,
    /// Values.
    Values,
    /// Pairs.
    Items,
}

/// An iterator over an ordered dict.
#[class(name = "odict_iterator", flags(NO_INSTANTIATION))]
pub struct OrderedIterator {
    dict: Slot<Ref<OrderedDict>>,
    #[untraced]
    kind: Kind,
    #[untraced]
    backwards: bool,
    #[untraced]
    cursor: Cell<usize>,
    #[untraced]
    len: usize,
    #[untraced]
    state: usize,
}

impl OrderedIterator {
    /// A new iterator.
    pub fn over(dict: &Ref<OrderedDict>, kind: Kind, backwards: bool) -> Ref<OrderedIterator> {
        let payload = OrderedIterator {
            dict: Slot::new(Some(dict.clone())),
            kind,
            backwards,
            cursor: Cell::new(if backwards {
                dict.inner().last_cursor()
            } else {
                0
            }),
            len: dict.inner().len(),
            state: dict.state(),
        };
        heap::new_object(OrderedIterator::class(), payload)
    }

    fn entry(&self, dict: &OrderedDict, cursor: usize) -> Option<(usize, Value, Value)> {
        if self.backwards {
            dict.inner().entry_before(cursor)
        } else {
            dict.inner().entry_at(cursor)
        }
    }
}

#[methods]
impl OrderedIterator {
    #[slot(iter)]
    fn iter(this: &Ref<OrderedIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(dict) = self.dict.get() else {
            return Ok(None);
        };
        if dict.state() != self.state {
            self.dict.set(None);
            bail!(RuntimeError, "OrderedDict mutated during iteration");
        }
        if dict.inner().len() != self.len {
            self.dict.set(None);
            bail!(RuntimeError, "OrderedDict changed size during iteration");
        }
        let Some((cursor, key, value)) = self.entry(&dict, self.cursor.get()) else {
            self.dict.set(None);
            return Ok(None);
        };
        self.cursor.set(cursor);
        if self.kind == Kind::Keys {
            return Ok(Some(key));
        }
        // A subclass may answer other values.
        let value = match dict.class().is(OrderedDict::class()) {
            true => value,
            false => protocol::getitem(dict.as_value(), &key)?,
        };
        Ok(Some(if self.kind == Kind::Values {
            value
        } else {
            Tuple::pair(key, value).into_value()
        }))
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        let mut items = Vec::new();
        if let Some(dict) = self.dict.get() {
            let mut cursor = self.cursor.get();
            while let Some((next, key, value)) = self.entry(&dict, cursor) {
                items.push(match self.kind {
                    Kind::Keys => key,
                    Kind::Values => value,
                    Kind::Items => Tuple::pair(key, value).into_value(),
                });
                cursor = next;
            }
        }
        let function = runtime::builtin("iter")?;
        let arguments = Tuple::from_array([List::new(items).into_value()]);
        Ok(Tuple::pair(function, arguments.into_value()).into_value())
    }
}

macro_rules! ordered_views {
    ($($(#[$doc:meta])* $type:ident = $name:literal, $base:ident, $kind:expr;)*) => { $(
        $(#[$doc])*
        #[class(name = $name, extends = $base, flags(NO_INSTANTIATION))]
        #[repr(C)]
        pub struct $type {
            view: $base,
        }

        impl $type {
            /// A new view.
            pub fn over(dict: &Ref<OrderedDict>) -> Value {
                let dict: Ref<Dict> = dict.to_value().into_ref().expect("an OrderedDict begins with a dict");
                heap::new_object($type::class(), $type { view: $base { dict } }).into_value()
            }

            fn dict(&self) -> PyResult<&Ref<OrderedDict>> {
                match self.view.dict.as_value().downcast::<OrderedDict>() {
                    Some(dict) => Ok(dict),
                    None => bail!(TypeError, "a view of an OrderedDict shows an OrderedDict"),
                }
            }
        }

        #[methods]
        impl $type {
            #[slot(iter)]
            fn iter(&self) -> PyResult<Value> {
                Ok(OrderedIterator::over(self.dict()?, $kind, false).into_value())
            }

            /// An iterator over the same, the last one first.
            #[method]
            fn __reversed__(&self) -> PyResult<Value> {
                Ok(OrderedIterator::over(self.dict()?, $kind, true).into_value())
            }
        }
    )* };
}

ordered_views! {
    /// `OrderedDict.keys()`.
    OrderedKeys = "odict_keys", DictKeys, Kind::Keys;
    /// `OrderedDict.values()`.
    OrderedValues = "odict_values", DictValues, Kind::Values;
    /// `OrderedDict.items()`.
    OrderedItems = "odict_items", DictItems, Kind::Items;
}

/// Makes the classes.
pub fn init_classes() -> [&'static Ref<Type>; 4] {
    [
        OrderedIterator::init_class(),
        OrderedKeys::init_class(),
        OrderedValues::init_class(),
        OrderedItems::init_class(),
    ]
}
