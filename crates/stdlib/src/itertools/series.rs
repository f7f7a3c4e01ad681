//! `accumulate`, `count`, `cycle`, `repeat`.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::bail;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::heap;
use taipan_objects::int;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::value::{Ref, Value};

/// `accumulate`: running totals.
#[class(
    name = "accumulate",
    module = "itertools",
    doc = "An iterator over the results of a function of two arguments, applied to the result so far and the next item; by default the sums.",
    flags(BASETYPE)
)]
pub struct Accumulate {
    iterator: Value,
    function: Option<Value>,
    total: Slot,
    initial: Slot,
}

#[methods]
impl Accumulate {
    #[new("(iterable, func=None, *, initial=None)")]
    fn make(
        class: &Ref<Type>,
        iterable: &Value,
        func: Option<Value>,
        initial: Option<Value>,
    ) -> PyResult<Ref<Accumulate>> {
        let iterator = protocol::iter(iterable)?;
        let payload = Accumulate {
            iterator,
            function: func,
            total: Slot::empty(),
            initial: Slot::new(initial),
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Accumulate>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        if let Some(initial) = self.initial.take() {
            self.total.set(Some(initial.clone()));
            return Ok(Some(initial));
        }
        let Some(item) = protocol::next(&self.iterator)? else {
            return Ok(None);
        };
        let total = match (self.total.get(), &self.function) {
            (None, _) => item,
            (Some(total), None) => protocol::add(&total, &item)?,
            (Some(total), Some(function)) => protocol::call2(function, &total, &item)?,
        };
        self.total.set(Some(total.clone()));
        Ok(Some(total))
    }
}

/// `count`: numbers without end. While `slow` is empty the numbers are machine ints one apart.
#[class(
    name = "count",
    module = "itertools",
    doc = "An iterator over start, start + step, start + 2 * step, and so on without end.",
    flags(BASETYPE)
)]
pub struct Count {
    #[untraced]
    next: Cell<i64>,
    slow: Slot,
    step: Value,
}

#[methods]
impl Count {
    #[new("(start=0, step=1)")]
    fn make(
        class: &Ref<Type>,
        start: Option<&Value>,
        step: Option<&Value>,
    ) -> PyResult<Ref<Count>> {
        for number in [start, step].into_iter().flatten() {
            let slots = &number.class().slots;
            let is_number = slots.index.get().is_some()
                || slots.int.get().is_some()
                || slots.float.get().is_some();
            if !is_number && !number.class().is(taipan_objects::complex::Complex::class()) {
                bail!(TypeError, "a number is required");
            }
        }
        let start = start.cloned().unwrap_or_else(|| int::new(0));
        let step = step.cloned().unwrap_or_else(|| int::new(1));
        let payload = match int::to_i64(&start) {
            Some(next)
                if int::is_int(&start) && int::is_int(&step) && int::to_i64(&step) == Some(1) =>
            {
                Count {
                    next: Cell::new(next),
                    slow: Slot::empty(),
                    step,
                }
            }
            _ => Count {
                next: Cell::new(0),
                slow: Slot::new(Some(start)),
                step,
            },
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Count>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        if let Some(number) = self.slow.get() {
            self.slow.set(Some(protocol::add(&number, &self.step)?));
            return Ok(Some(number));
        }
        let number = self.next.get();
        match number.checked_add(1) {
            Some(next) => self.next.set(next),
            None => self
                .slow
                .set(Some(protocol::add(&int::new(number), &self.step)?)),
        }
        Ok(Some(int::new(number)))
    }

    #[slot(repr)]
    fn repr(this: &Ref<Count>) -> PyResult<Ref<Str>> {
        let next = this.slow.get().unwrap_or_else(|| int::new(this.next.get()));
        let mut text = StrBuilder::new();
        text.push_str(&this.class().name_object().to_display());
        text.push_char('(');
        text.push_string(&*protocol::repr(&next)?);
        if !(int::is_int(&this.step) && int::to_i64(&this.step) == Some(1)) {
            text.push_str(", ");
            text.push_string(&*protocol::repr(&this.step)?);
        }
        text.push_char(')');
        Ok(text.finish())
    }
}

/// `cycle`: the items again and again.
#[class(
    name = "cycle",
    module = "itertools",
    doc = "An iterator over the items of an iterable, which starts again from the first when they end.",
    flags(BASETYPE)
)]
pub struct Cycle {
    /// What the items come from the first time; empty afterwards.
    iterator: Slot,
    saved: Ref<List>,
    #[untraced]
    index: Cell<usize>,
}

#[methods]
impl Cycle {
    #[new("(iterable, /)")]
    fn make(class: &Ref<Type>, iterable: &Value) -> PyResult<Ref<Cycle>> {
        let iterator = protocol::iter(iterable)?;
        let payload = Cycle {
            iterator: Slot::new(Some(iterator)),
            saved: List::new(Vec::new()),
            index: Cell::new(0),
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Cycle>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        if let Some(iterator) = self.iterator.get() {
            if let Some(item) = protocol::next(&iterator)? {
                self.saved.push(item.clone())?;
                return Ok(Some(item));
            }
            self.iterator.set(None);
        }
        let index = self.index.get();
        let Some(item) = self.saved.get(index) else {
            return Ok(None);
        };
        self.index.set(if index + 1 < self.saved.len() {
            index + 1
        } else {
            0
        });
        Ok(Some(item))
    }
}

/// `repeat`: the same object again and again.
#[class(
    name = "repeat",
    module = "itertools",
    doc = "repeat(object [,times]) -> an iterator that gives object so many times, or without end.",
    flags(BASETYPE)
)]
pub struct Repeat {
    object: Value,
    /// How many times are left; negative for no end.
    #[untraced]
    left: Cell<isize>,
}

#[methods]
impl Repeat {
    #[new("(object, times=<unrepresentable>)", nosig)]
    fn make(class: &Ref<Type>, object: Value, times: Option<&Value>) -> PyResult<Ref<Repeat>> {
        let left = match times {
            Some(times) => int::as_isize(times)?.max(0),
            None => -1,
        };
        Ok(heap::new_object(
            class,
            Repeat {
                object,
                left: Cell::new(left),
            },
        ))
    }

    #[slot(iter)]
    fn iter(this: &Ref<Repeat>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        match self.left.get() {
            0 => return Ok(None),
            left if left > 0 => self.left.set(left - 1),
            _ => {}
        }
        Ok(Some(self.object.clone()))
    }

    #[slot(repr)]
    fn repr(this: &Ref<Repeat>) -> PyResult<Ref<Str>> {
        let mut text = StrBuilder::new();
        text.push_str(&this.class().name_object().to_display());
        text.push_char('(');
        text.push_string(&*protocol::repr(&this.object)?);
        if this.left.get() >= 0 {
            text.push_str(&format!(", {}", this.left.get()));
        }
        text.push_char(')');
        Ok(text.finish())
    }

    /// How many times are left.
    #[method]
    fn __length_hint__(&self) -> PyResult<usize> {
        match usize::try_from(self.left.get()) {
            Ok(left) => Ok(left),
            Err(_) => bail!(TypeError, "len() of unsized object"),
        }
    }
}
