//! `compress`, `dropwhile`, `filterfalse`, `islice`, `takewhile`.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::builtins;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::heap;
use taipan_objects::int;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

/// `compress`: the items whose selector is true.
#[class(
    name = "compress",
    module = "itertools",
    doc = "An iterator over those items of data for which the item of selectors in the same place is true.",
    flags(BASETYPE)
)]
pub struct Compress {
    data: Value,
    selectors: Value,
}

#[methods]
impl Compress {
    #[new("(data, selectors)")]
    fn make(class: &Ref<Type>, data: &Value, selectors: &Value) -> PyResult<Ref<Compress>> {
        let (data, selectors) = (protocol::iter(data)?, protocol::iter(selectors)?);
        Ok(heap::new_object(class, Compress { data, selectors }))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Compress>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        loop {
            let Some(item) = protocol::next(&self.data)? else {
                return Ok(None);
            };
            let Some(selector) = protocol::next(&self.selectors)? else {
                return Ok(None);
            };
            if protocol::is_true(&selector)? {
                return Ok(Some(item));
            }
        }
    }
}

/// `dropwhile`: what follows the first item that fails.
#[class(
    name = "dropwhile",
    module = "itertools",
    doc = "An iterator that leaves items out as long as predicate(item) is true, and then gives all that follow.",
    flags(BASETYPE)
)]
pub struct DropWhile {
    predicate: Value,
    iterator: Value,
    #[untraced]
    started: Cell<bool>,
}

#[methods]
impl DropWhile {
    #[new("(predicate, iterable, /)")]
    fn make(class: &Ref<Type>, predicate: Value, iterable: &Value) -> PyResult<Ref<DropWhile>> {
        let iterator = protocol::iter(iterable)?;
        Ok(heap::new_object(
            class,
            DropWhile {
                predicate,
                iterator,
                started: Cell::new(false),
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<DropWhile>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        while let Some(item) = protocol::next(&self.iterator)? {
            if self.started.get() || !protocol::is_true(&protocol::call1(&self.predicate, &item)?)?
            {
                self.started.set(true);
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

/// `takewhile`: what precedes the first item that fails.
#[class(
    name = "takewhile",
    module = "itertools",
    doc = "An iterator that gives items as long as predicate(item) is true.",
    flags(BASETYPE)
)]
pub struct TakeWhile {
    predicate: Value,
    iterator: Value,
    #[untraced]
    stopped: Cell<bool>,
}

#[methods]
impl TakeWhile {
    #[new("(predicate, iterable, /)")]
    fn make(class: &Ref<Type>, predicate: Value, iterable: &Value) -> PyResult<Ref<TakeWhile>> {
        let iterator = protocol::iter(iterable)?;
        Ok(heap::new_object(
            class,
            TakeWhile {
                predicate,
                iterator,
                stopped: Cell::new(false),
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<TakeWhile>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        if self.stopped.get() {
            return Ok(None);
        }
        let Some(item) = protocol::next(&self.iterator)? else {
            return Ok(None);
        };
        if protocol::is_true(&protocol::call1(&self.predicate, &item)?)? {
            return Ok(Some(item));
        }
        self.stopped.set(true);
        Ok(None)
    }
}

/// `filterfalse`: the items that fail.
#[class(
    name = "filterfalse",
    module = "itertools",
    doc = "An iterator over those items of an iterable for which function answers something false; None takes the items' own truth.",
    flags(BASETYPE)
)]
pub struct FilterFalse {
    function: Value,
    iterator: Value,
}

#[methods]
impl FilterFalse {
    #[new("(function, iterable, /)")]
    fn make(class: &Ref<Type>, function: Value, iterable: &Value) -> PyResult<Ref<FilterFalse>> {
        let iterator = protocol::iter(iterable)?;
        Ok(heap::new_object(class, FilterFalse { function, iterator }))
    }

    #[slot(iter)]
    fn iter(this: &Ref<FilterFalse>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let own_truth =
            self.function.is_none() || self.function.is(builtins::bool_class().as_value());
        while let Some(item) = protocol::next(&self.iterator)? {
            let good = match own_truth {
                true => protocol::is_true(&item)?,
                false => protocol::is_true(&protocol::call1(&self.function, &item)?)?,
            };
            if !good {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

/// `islice`: a slice of an iterable.
#[class(
    name = "islice",
    module = "itertools",
    doc = "islice(iterable, stop) -> islice object\nislice(iterable, start, stop[, step]) -> islice object\n\nAn iterator over the items in the places that a slice would select.",
    flags(BASETYPE)
)]
pub struct Islice {
    iterator: Slot,
    /// The place of the next item to give.
    #[untraced]
    next: Cell<usize>,
    /// Where to stop; `None` for the end of the iterable.
    #[untraced]
    stop: Option<usize>,
    #[untraced]
    step: usize,
    /// How many items were taken so far.
    #[untraced]
    taken: Cell<usize>,
}

/// A bound as a number: `Ok(None)` for None; an error is -1, which no bound may be.
fn bound(value: &Value) -> Option<isize> {
    if value.is_none() {
        return None;
    }
    Some(int::as_isize(value).unwrap_or(-1))
}

#[methods]
impl Islice {
    #[new(nosig)]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Islice>> {
        if class.is(Islice::class()) {
            args.no_keywords("islice")?;
        }
        let none = Value::NONE;
        let (iterable, start, stop, step) = match args.positional() {
            [iterable, stop] => (iterable, &none, stop, &none),
            [iterable, start, stop] => (iterable, start, stop, &none),
            [iterable, start, stop, step] => (iterable, start, stop, step),
            few if few.len() < 2 => bail!(
                TypeError,
                "islice expected at least 2 arguments, got {}",
                few.len()
            ),
            many => bail!(
                TypeError,
                "islice expected at most 4 arguments, got {}",
                many.len()
            ),
        };
        let stop = bound(stop);
        if stop == Some(-1) {
            bail!(
                ValueError,
                "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize."
            );
        }
        let start = bound(start).unwrap_or(0);
        if start < 0 || stop.is_some_and(|stop| stop < 0) {
            bail!(
                ValueError,
                "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."
            );
        }
        let step = bound(step).unwrap_or(1);
        if step < 1 {
            bail!(
                ValueError,
                "Step for islice() must be a positive integer or None."
            );
        }
        let payload = Islice {
            iterator: Slot::new(Some(protocol::iter(iterable)?)),
            next: Cell::new(start as usize),
            stop: stop.map(|stop| stop as usize),
            step: step as usize,
            taken: Cell::new(0),
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Islice>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(iterator) = self.iterator.get() else {
            return Ok(None);
        };
        while self.taken.get() < self.next.get() {
            if protocol::next(&iterator)?.is_none() {
                self.iterator.set(None);
                return Ok(None);
            }
            self.taken.set(self.taken.get() + 1);
        }
        if self.stop.is_some_and(|stop| self.taken.get() >= stop) {
            self.iterator.set(None);
            return Ok(None);
        }
        let Some(item) = protocol::next(&iterator)? else {
            self.iterator.set(None);
            return Ok(None);
        };
        self.taken.set(self.taken.get() + 1);
        let next = self.next.get().saturating_add(self.step);
        self.next.set(self.stop.map_or(next, |stop| next.min(stop)));
        Ok(Some(item))
    }
}
