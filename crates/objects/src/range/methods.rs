//! What `range` does in Python: its methods and slots.

use malachite_bigint::{BigInt, Sign};
use taipan_macros::methods;

use crate::args::Args;
use crate::class::{Comparison, Payload, Type};
use crate::hash::SequenceHasher;
use crate::int;
use crate::protocol;
use crate::raised::PyResult;
use crate::range::{Form, LongRangeIterator, Range, RangeIterator, Small};
use crate::sequence;
use crate::slice::Slice;
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

impl Range {
    /// `range[index]` for an int of any size.
    fn item_at(&self, index: &Value) -> PyResult<Value> {
        if let (Form::Small(range), Some(index)) = (&self.form, int::to_i64(index)) {
            let place = if index < 0 { index + range.len } else { index };
            if place < 0 || place >= range.len {
                bail!(IndexError, "range object index out of range");
            }
            return Ok(int::new(range.at(place)));
        }
        let (start, _, step, len) = self.to_big();
        let index = int::as_big(index)?;
        let place = if index.sign() == Sign::Minus {
            index + &len
        } else {
            index
        };
        if place.sign() == Sign::Minus || place >= len {
            bail!(IndexError, "range object index out of range");
        }
        Ok(int::from_big(start + place * step))
    }

    fn slice(&self, slice: &Slice) -> PyResult<Ref<Range>> {
        let (start, _, step, len) = self.to_big();
        let (from, to, by) = slice.big_indices(&len)?;
        Ok(Range::from_big(
            &start + from * &step,
            start + to * &step,
            step * by,
        ))
    }

    /// The position of an item that is an int; nothing for an int that is no item.
    fn position(&self, item: &Value) -> PyResult<Option<Value>> {
        if let (Form::Small(range), Some(item)) = (&self.form, int::to_i64(item)) {
            return Ok(range.find(item).map(int::new));
        }
        let item = int::as_big(item)?;
        Ok(match &self.form {
            Form::Small(_) => None,
            Form::Big(range) => range.find(&item).map(int::from_big),
        })
    }

    /// Whether both ranges give the same items.
    fn equals(&self, other: &Range) -> bool {
        if let (Form::Small(left), Form::Small(right)) = (&self.form, &other.form) {
            let Small {
                start, step, len, ..
            } = *left;
            return len == right.len
                && (len == 0 || start == right.start && (len == 1 || step == right.step));
        }
        let (left, right) = (self.to_big(), other.to_big());
        let one = BigInt::from(1);
        left.3 == right.3
            && (left.3.sign() == Sign::NoSign
                || left.0 == right.0 && (left.3 == one || left.2 == right.2))
    }

    /// An iterator from the start.
    pub fn iterator(&self) -> Value {
        match &self.form {
            Form::Small(range) => {
                RangeIterator::new(range.start, range.step, range.len).into_value()
            }
            Form::Big(range) => {
                LongRangeIterator::new(range.start.clone(), range.step.clone(), range.len.clone())
                    .into_value()
            }
        }
    }

    fn reverse_iterator(&self) -> Value {
        if let Form::Small(range) = &self.form
            && let Some(step) = range.step.checked_neg()
            && let Some(_) = range.start.checked_add(step)
        {
            let last = if range.len > 0 {
                range.at(range.len - 1)
            } else {
                range.start
            };
            return RangeIterator::new(last, step, range.len).into_value();
        }
        let (start, _, step, len) = self.to_big();
        LongRangeIterator::new(start + (&len - 1) * &step, -step, len).into_value()
    }
}

/// Whether a value is an int or bool, not of a subclass: only those are found by arithmetic.
fn is_plain_int(value: &Value) -> bool {
    value.as_small_int().is_some()
        || value.is_true()
        || value.is_false()
        || value.class().is(int::Int::class())
}

#[methods]
impl Range {
    #[new(nosig)]
    fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Range>> {
        args.no_keywords("range")?;
        let (start, stop, step) = match args.positional() {
            [] => bail!(TypeError, "range expected at least 1 argument, got 0"),
            [stop] => (int::new(0), protocol::index(stop)?, int::new(1)),
            [start, stop] => (protocol::index(start)?, protocol::index(stop)?, int::new(1)),
            [start, stop, step] => {
                let (start, stop, step) = (
                    protocol::index(start)?,
                    protocol::index(stop)?,
                    protocol::index(step)?,
                );
                if int::to_i64(&step) == Some(0) {
                    bail!(ValueError, "range() arg 3 must not be zero");
                }
                (start, stop, step)
            }
            more => bail!(
                TypeError,
                "range expected at most 3 arguments, got {}",
                more.len()
            ),
        };
        if let (Some(start), Some(stop), Some(step)) =
            (int::to_i64(&start), int::to_i64(&stop), int::to_i64(&step))
        {
            return Ok(Range::new(start, stop, step));
        }
        Ok(Range::from_big(
            int::as_big(&start)?,
            int::as_big(&stop)?,
            int::as_big(&step)?,
        ))
    }

    #[slot(repr)]
    fn repr(&self) -> PyResult<Ref<Str>> {
        let mut text = StrBuilder::new();
        let has_step = int::to_i64(&self.step()) != Some(1);
        for (before, number) in [("range(", self.start()), (", ", self.stop())] {
            text.push_str(before);
            text.push_string(&*protocol::repr(&number)?);
        }
        if has_step {
            text.push_str(", ");
            text.push_string(&*protocol::repr(&self.step())?);
        }
        text.push_char(')');
        Ok(text.finish())
    }

    #[slot(hash)]
    fn hash(&self) -> PyResult<i64> {
        // Equal ranges hash alike: an empty range has neither start nor step, one of one item has no step.
        let one = matches!(int::to_i64(&self.len_value()), Some(1));
        let start = if self.is_empty() {
            Value::NONE
        } else {
            self.start()
        };
        let step = if self.is_empty() || one {
            Value::NONE
        } else {
            self.step()
        };
        let mut hasher = SequenceHasher::new();
        for item in [self.len_value(), start, step] {
            hasher.add(protocol::hash(&item)?);
        }
        Ok(hasher.finish())
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(other) = other.downcast::<Range>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        Ok(match comparison {
            Comparison::Eq => Value::from_bool(self.equals(other)),
            Comparison::Ne => Value::from_bool(!self.equals(other)),
            _ => Value::NOT_IMPLEMENTED,
        })
    }

    #[slot(iter)]
    fn iter(&self) -> Value {
        self.iterator()
    }

    #[slot(bool)]
    fn bool(&self) -> PyResult<bool> {
        Ok(!self.is_empty())
    }

    #[slot(len)]
    fn length(&self) -> PyResult<usize> {
        match &self.form {
            Form::Small(range) => Ok(range.len as usize),
            Form::Big(range) => match i64::try_from(&range.len) {
                Ok(len) => Ok(len as usize),
                Err(_) => bail!(
                    OverflowError,
                    "Python int too large to convert to C ssize_t"
                ),
            },
        }
    }

    #[slot(getitem)]
    fn subscript(&self, key: &Value) -> PyResult<Value> {
        if let Some(slice) = key.downcast_exact::<Slice>() {
            return Ok(self.slice(slice)?.into_value());
        }
        if key.class().slots.index.get().is_none() {
            bail!(
                TypeError,
                "range indices must be integers or slices, not {}",
                key.class().name()
            );
        }
        self.item_at(&protocol::index(key)?)
    }

    #[slot(contains)]
    fn contains(this: &Ref<Range>, item: &Value) -> PyResult<bool> {
        if is_plain_int(item) {
            return Ok(this.position(item)?.is_some());
        }
        protocol::contains_by_iteration(this.as_value(), item)
    }

    /// An iterator over the items, the last one first.
    #[method]
    fn __reversed__(&self) -> Value {
        self.reverse_iterator()
    }

    #[method]
    fn __reduce__(this: &Ref<Range>) -> Value {
        let arguments = Tuple::from_array([this.start(), this.stop(), this.step()]);
        Tuple::pair(this.class().to_value(), arguments.into_value()).into_value()
    }

    /// How many items equal a value.
    #[method("($self, object, /)")]
    fn count(this: &Ref<Range>, object: &Value) -> PyResult<usize> {
        if is_plain_int(object) {
            return Ok(usize::from(this.position(object)?.is_some()));
        }
        let mut found = 0;
        protocol::iterate(this.as_value(), |item| {
            found += usize::from(sequence::same_item(&item, object)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The position of a value.
    ///
    /// ValueError if it is no item.
    #[method("($self, object, /)")]
    fn index(this: &Ref<Range>, object: &Value) -> PyResult<Value> {
        if is_plain_int(object) {
            return match this.position(object)? {
                Some(position) => Ok(position),
                None => bail!(ValueError, "range.index(x): x not in range"),
            };
        }
        let iterator = this.iterator();
        let mut index = 0;
        while let Some(item) = protocol::next(&iterator)? {
            if sequence::same_item(&item, object)? {
                return Ok(int::from_usize(index));
            }
            index += 1;
        }
        bail!(ValueError, "sequence.index(x): x not in sequence")
    }

    #[getter(member, name = "start")]
    fn get_start(&self) -> Value {
        self.start()
    }

    #[getter(member, name = "stop")]
    fn get_stop(&self) -> Value {
        self.stop()
    }

    #[getter(member, name = "step")]
    fn get_step(&self) -> Value {
        self.step()
    }
}
