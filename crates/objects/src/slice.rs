//! `slice`: start, stop and step, and what they mean for a sequence of some length.
//!
//! Resolving happens in two steps, as in CPython: [`Slice::unpack`] turns the three values into machine integers, which
//! may run foreign code, and [`SliceBounds::adjust`] fits them to a length, which must be read afterwards.

use malachite_bigint::{BigInt, Sign};
use taipan_macros::{class, methods};

use crate::args::Args;
use crate::class::{Comparison, Payload, Type};
use crate::hash::SequenceHasher;
use crate::heap;
use crate::int;
use crate::protocol;
use crate::raised::PyResult;
use crate::sequence;
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// The payload of `slice`.
#[class(
    name = "slice",
    doc = "slice(stop)\nslice(start, stop[, step])\n\nDescribes the positions that an extended slice such as a[0:10:2] selects."
)]
pub struct Slice {
    start: Value,
    stop: Value,
    step: Value,
}

/// The three numbers of a slice, not yet fitted to a length.
#[derive(Clone, Copy, Debug)]
pub struct SliceBounds {
    /// Where it starts.
    pub start: isize,
    /// Where it stops.
    pub stop: isize,
    /// How far it steps; not 0, and above `isize::MIN`.
    pub step: isize,
}

/// The positions a slice selects from a sequence.
#[derive(Clone, Copy, Debug)]
pub struct SliceRange {
    /// The first position, if there is one.
    pub start: isize,
    /// The position that is not selected any more.
    pub stop: isize,
    /// The distance between positions.
    pub step: isize,
    /// How many positions there are.
    pub len: usize,
}

impl SliceBounds {
    /// Fits the bounds to a sequence of `len` items.
    pub fn adjust(self, len: usize) -> SliceRange {
        let len = len as isize;
        let (low, high) = if self.step < 0 {
            (-1, len - 1)
        } else {
            (0, len)
        };
        let fit = |bound: isize| {
            if bound < 0 {
                (bound + len).max(low)
            } else {
                bound.min(high)
            }
        };
        let (start, stop) = (fit(self.start), fit(self.stop));
        let count = if self.step < 0 {
            if stop < start {
                (start - stop - 1) / -self.step + 1
            } else {
                0
            }
        } else if start < stop {
            (stop - start - 1) / self.step + 1
        } else {
            0
        };
        SliceRange {
            start,
            stop,
            step: self.step,
            len: count as usize,
        }
    }
}

impl SliceRange {
    /// The positions, in the slice's order.
    pub fn positions(self) -> impl ExactSizeIterator<Item = usize> {
        (0..self.len).map(move |index| (self.start + index as isize * self.step) as usize)
    }

    /// The same positions in ascending order, as start and step.
    pub fn ascending(self) -> (usize, usize) {
        if self.step > 0 || self.len == 0 {
            (self.start.max(0) as usize, self.step.unsigned_abs())
        } else {
            (
                (self.start + (self.len as isize - 1) * self.step) as usize,
                self.step.unsigned_abs(),
            )
        }
    }

    /// Copies the selected items.
    pub fn select(self, items: &[Value]) -> Vec<Value> {
        if self.len == 0 {
            return Vec::new();
        }
        if self.step == 1 {
            let start = self.start as usize;
            return items[start..start + self.len].to_vec();
        }
        self.positions()
            .map(|position| items[position].clone())
            .collect()
    }
}

/// A bound as a machine integer, cut off at the limits.
fn clamped(bound: &Value) -> PyResult<isize> {
    if let Some(small) = bound.as_small_int() {
        return Ok(small as isize);
    }
    if bound.class().slots.index.get().is_none() {
        bail!(
            TypeError,
            "slice indices must be integers or None or have an __index__ method"
        );
    }
    protocol::to_index_clamped(bound)
}

fn big(bound: &Value) -> PyResult<BigInt> {
    if bound.class().slots.index.get().is_none() {
        bail!(
            TypeError,
            "slice indices must be integers or None or have an __index__ method"
        );
    }
    int::as_big(bound)
}

impl Slice {
    /// A new slice.
    pub fn new(start: Value, stop: Value, step: Value) -> Ref<Slice> {
        heap::new_exact(Slice { start, stop, step })
    }

    /// Where the slice starts.
    pub fn start_value(&self) -> &Value {
        &self.start
    }

    /// Where the slice stops.
    pub fn stop_value(&self) -> &Value {
        &self.stop
    }

    /// How far the slice steps.
    pub fn step_value(&self) -> &Value {
        &self.step
    }

    /// The bounds as machine integers. Runs `__index__` of what is not an int.
    pub fn unpack(&self) -> PyResult<SliceBounds> {
        let step = if self.step.is_none() {
            1
        } else {
            clamped(&self.step)?.max(-isize::MAX)
        };
        if step == 0 {
            bail!(ValueError, "slice step cannot be zero");
        }
        let start = match self.start.is_none() {
            true if step < 0 => isize::MAX,
            true => 0,
            false => clamped(&self.start)?,
        };
        let stop = match self.stop.is_none() {
            true if step < 0 => isize::MIN,
            true => isize::MAX,
            false => clamped(&self.stop)?,
        };
        Ok(SliceBounds { start, stop, step })
    }

    /// Unpacks the slice, then fits it to the length that `len` answers.
    pub fn resolve(&self, len: impl FnOnce() -> usize) -> PyResult<SliceRange> {
        let bounds = self.unpack()?;
        Ok(bounds.adjust(len()))
    }

    fn items(&self) -> [Value; 3] {
        [self.start.clone(), self.stop.clone(), self.step.clone()]
    }

    /// Start, stop and step for a sequence of any length, however large (`slice.indices`).
    pub fn big_indices(&self, len: &BigInt) -> PyResult<(BigInt, BigInt, BigInt)> {
        let zero = BigInt::from(0);
        let step = if self.step.is_none() {
            BigInt::from(1)
        } else {
            big(&self.step)?
        };
        if step == zero {
            bail!(ValueError, "slice step cannot be zero");
        }
        let backwards = step.sign() == Sign::Minus;
        let (low, high) = if backwards {
            (BigInt::from(-1), len - 1)
        } else {
            (zero.clone(), len.clone())
        };
        let fit = |bound: &Value, default: &BigInt| -> PyResult<BigInt> {
            if bound.is_none() {
                return Ok(default.clone());
            }
            let bound = big(bound)?;
            Ok(if bound < zero {
                (bound + len).max(low.clone())
            } else {
                bound.min(high.clone())
            })
        };
        let start = fit(&self.start, if backwards { &high } else { &low })?;
        let stop = fit(&self.stop, if backwards { &low } else { &high })?;
        Ok((start, stop, step))
    }
}

#[methods]
impl Slice {
    #[new]
    fn make(_class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<Slice>> {
        match args.positional_between("slice", 1, 3)? {
            [stop] => Ok(Slice::new(Value::NONE, stop.clone(), Value::NONE)),
            [start, stop] => Ok(Slice::new(start.clone(), stop.clone(), Value::NONE)),
            [start, stop, step, ..] => Ok(Slice::new(start.clone(), stop.clone(), step.clone())),
            [] => bail!(TypeError, "slice expected at least 1 argument, got 0"),
        }
    }

    #[slot(repr)]
    fn repr(&self) -> PyResult<Ref<Str>> {
        let mut text = StrBuilder::new();
        for (before, item) in ["slice(", ", ", ", "].into_iter().zip(self.items()) {
            text.push_str(before);
            text.push_string(&*protocol::repr(&item)?);
        }
        text.push_char(')');
        Ok(text.finish())
    }

    #[slot(hash)]
    fn hash(&self) -> PyResult<i64> {
        let mut hasher = SequenceHasher::new();
        for item in self.items() {
            hasher.add(protocol::hash(&item)?);
        }
        Ok(hasher.finish_record())
    }

    #[slot(richcompare)]
    fn compare(this: &Ref<Slice>, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let Some(other) = other.downcast::<Slice>() else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if this.is(other) {
            return Ok(Value::from_bool(matches!(
                comparison,
                Comparison::Eq | Comparison::Le | Comparison::Ge
            )));
        }
        sequence::compare_slices(&this.items(), &other.items(), comparison)
    }

    #[getter(member)]
    fn start(&self) -> Value {
        self.start.clone()
    }

    #[getter(member)]
    fn stop(&self) -> Value {
        self.stop.clone()
    }

    #[getter(member)]
    fn step(&self) -> Value {
        self.step.clone()
    }

    /// Fits the slice to a sequence of len items: start, stop and step as a tuple.
    #[method("($self, object, /)")]
    fn indices(&self, object: &Value) -> PyResult<Value> {
        let len = int::as_big(object)?;
        if len.sign() == Sign::Minus {
            bail!(ValueError, "length should not be negative");
        }
        let (start, stop, step) = self.big_indices(&len)?;
        Ok(Tuple::from_array([
            int::from_big(start),
            int::from_big(stop),
            int::from_big(step),
        ])
        .into_value())
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<Slice>) -> Value {
        Tuple::pair(
            Slice::class().to_value(),
            Tuple::from_array(this.items()).into_value(),
        )
        .into_value()
    }
}
