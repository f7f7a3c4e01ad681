//! `chain`, `starmap`, `zip_longest`.

use std::cell::{Cell, RefCell};

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::generic_alias::GenericAlias;
use taipan_objects::heap;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

/// `chain`: one iterable after the other.
#[class(
    name = "chain",
    module = "itertools",
    doc = "An iterator over the items of the first iterable, then of the next, until all have ended.",
    flags(BASETYPE)
)]
pub struct Chain {
    /// Gives the iterables; empty at the end.
    source: Slot,
    active: Slot,
}

impl Chain {
    fn over(class: &Ref<Type>, iterables: &Value) -> PyResult<Ref<Chain>> {
        let source = protocol::iter(iterables)?;
        Ok(heap::new_object(
            class,
            Chain {
                source: Slot::new(Some(source)),
                active: Slot::empty(),
            },
        ))
    }
}

#[methods]
impl Chain {
    #[new("(*iterables)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Chain>> {
        if class.is(Chain::class()) {
            args.no_keywords("chain")?;
        }
        Chain::over(class, Tuple::from_slice(args.positional()).as_value())
    }

    #[slot(iter)]
    fn iter(this: &Ref<Chain>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        while let Some(source) = self.source.get() {
            let active = match self.active.get() {
                Some(active) => active,
                None => {
                    // An iterable that cannot be iterated over ends the chain.
                    let iterable =
                        protocol::next(&source).inspect_err(|_| self.source.set(None))?;
                    let Some(iterable) = iterable else {
                        self.source.set(None);
                        return Ok(None);
                    };
                    let active =
                        protocol::iter(&iterable).inspect_err(|_| self.source.set(None))?;
                    self.active.set(Some(active.clone()));
                    active
                }
            };
            if let Some(item) = protocol::next(&active)? {
                return Ok(Some(item));
            }
            self.active.set(None);
        }
        Ok(None)
    }

    /// A chain of the iterables that an iterable gives.
    #[classmethod("($type, iterable, /)")]
    fn from_iterable(class: &Ref<Type>, iterable: &Value) -> PyResult<Ref<Chain>> {
        Chain::over(class, iterable)
    }

    /// Describe a chain of items of some type.
    #[classmethod("($type, object, /)")]
    fn __class_getitem__(class: &Ref<Type>, object: &Value) -> Ref<GenericAlias> {
        GenericAlias::new(class.to_value(), object.clone())
    }
}

/// `starmap`: a function applied to the items of each item.
#[class(
    name = "starmap",
    module = "itertools",
    doc = "An iterator over what function answers when each item of an iterable is taken for its arguments.",
    flags(BASETYPE)
)]
pub struct StarMap {
    function: Value,
    iterator: Value,
}

#[methods]
impl StarMap {
    #[new("(function, iterable, /)")]
    fn make(class: &Ref<Type>, function: Value, iterable: &Value) -> PyResult<Ref<StarMap>> {
        let iterator = protocol::iter(iterable)?;
        Ok(heap::new_object(class, StarMap { function, iterator }))
    }

    #[slot(iter)]
    fn iter(this: &Ref<StarMap>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(item) = protocol::next(&self.iterator)? else {
            return Ok(None);
        };
        let arguments = Tuple::from_iterable(&item)?;
        protocol::call_positional(&self.function, arguments.as_slice()).map(Some)
    }
}

/// `zip_longest`: rows as long as any iterable lasts.
#[class(
    name = "zip_longest",
    module = "itertools",
    doc = "An iterator over tuples that take one item from each iterable, until the longest ends; fillvalue stands for what is missing.",
    flags(BASETYPE)
)]
pub struct ZipLongest {
    /// The iterators; those that ended are gone.
    iterators: RefCell<Vec<Option<Value>>>,
    #[untraced]
    active: Cell<usize>,
    fill: Value,
}

#[methods]
impl ZipLongest {
    #[new("(*iterables, fillvalue=None)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<ZipLongest>> {
        let mut fill = Value::NONE;
        for (name, value) in args.keywords() {
            if args.names().len() > 1 || !name.eq_str("fillvalue") {
                bail!(
                    TypeError,
                    "zip_longest() got an unexpected keyword argument"
                );
            }
            fill = value.clone();
        }
        let iterators: Vec<Option<Value>> = args
            .positional()
            .iter()
            .map(|iterable| protocol::iter(iterable).map(Some))
            .collect::<PyResult<_>>()?;
        let active = Cell::new(iterators.len());
        Ok(heap::new_object(
            class,
            ZipLongest {
                iterators: RefCell::new(iterators),
                active,
                fill,
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<ZipLongest>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        if self.active.get() == 0 {
            return Ok(None);
        }
        let count = self.iterators.borrow().len();
        let mut row = Vec::with_capacity(count);
        for index in 0..count {
            let iterator = self.iterators.borrow()[index].clone();
            let item = match iterator {
                Some(iterator) => protocol::next(&iterator).inspect_err(|_| self.active.set(0))?,
                None => None,
            };
            row.push(match item {
                Some(item) => item,
                None => {
                    let ended = self.iterators.borrow_mut()[index].take();
                    if ended.is_some() {
                        self.active.set(self.active.get().saturating_sub(1));
                        if self.active.get() == 0 {
                            return Ok(None);
                        }
                    }
                    self.fill.clone()
                }
            });
        }
        Ok(Some(Tuple::new(row).into_value()))
    }
}
