//! `range`: an arithmetic progression of ints that is never written out.
//!
//! A range whose bounds and length fit 64 bits computes with them; any other computes with big numbers. Both forms answer
//! the same questions, so the choice is made once, when the range is made.

mod iterator;
mod methods;

use malachite_bigint::{BigInt, Sign};
use taipan_macros::class;

use crate::heap;
use crate::int;
use crate::value::{Ref, Value};

pub use iterator::{LongRangeIterator, RangeIterator};

/// The payload of `range`.
#[class(
    name = "range",
    doc = "range(stop)\nrange(start, stop[, step])\n\nThe ints from start, by default 0, up to but without stop, each step apart; step may be negative.",
    flags(SEQUENCE),
    references = false
)]
pub struct Range {
    #[untraced]
    form: Form,
}

/// How a range holds its numbers.
enum Form {
    Small(Small),
    Big(Box<Big>),
}

/// A range within 64 bits: every item, `stop`, `step` and the length fit.
#[derive(Clone, Copy)]
struct Small {
    start: i64,
    stop: i64,
    step: i64,
    len: i64,
}

struct Big {
    start: BigInt,
    stop: BigInt,
    step: BigInt,
    len: BigInt,
}

/// The number of items.
fn big_len(start: &BigInt, stop: &BigInt, step: &BigInt) -> BigInt {
    let (distance, step) = match step.sign() {
        Sign::Minus => (start - stop, -step),
        _ => (stop - start, step.clone()),
    };
    if distance.sign() != Sign::Plus {
        BigInt::from(0)
    } else {
        (distance - 1) / step + 1
    }
}

/// The number of items, if it fits and no item overflows on the way.
fn small_len(start: i64, stop: i64, step: i64) -> Option<i64> {
    let (low, high) = if step > 0 {
        (start, stop)
    } else {
        (stop, start)
    };
    if low >= high {
        return Some(0);
    }
    let distance = high.checked_sub(low)? as u64;
    let len = (distance - 1) / step.unsigned_abs() + 1;
    // The iterator steps once past the last item.
    stop.checked_add(step)?;
    i64::try_from(len).ok()
}

impl Small {
    fn at(self, index: i64) -> i64 {
        self.start + index * self.step
    }

    /// The position of an item.
    fn find(self, item: i64) -> Option<i64> {
        let (inside, distance) = if self.step > 0 {
            (
                self.start <= item && item < self.stop,
                item.wrapping_sub(self.start),
            )
        } else {
            (
                self.stop < item && item <= self.start,
                self.start.wrapping_sub(item),
            )
        };
        let step = self.step.unsigned_abs() as i64;
        (inside && distance % step == 0).then(|| distance / step)
    }
}

impl Big {
    fn find(&self, item: &BigInt) -> Option<BigInt> {
        let inside = match self.step.sign() {
            Sign::Minus => &self.stop < item && item <= &self.start,
            _ => &self.start <= item && item < &self.stop,
        };
        let distance = item - &self.start;
        (inside && (&distance % &self.step).sign() == Sign::NoSign).then(|| distance / &self.step)
    }
}

impl Range {
    /// `range(start, stop, step)` of machine ints. The step is not 0.
    pub fn new(start: i64, stop: i64, step: i64) -> Ref<Range> {
        match small_len(start, stop, step) {
            Some(len) => Range::of(Form::Small(Small {
                start,
                stop,
                step,
                len,
            })),
            None => Range::from_big(start.into(), stop.into(), step.into()),
        }
    }

    /// `range(start, stop, step)` of ints of any size. The step is not 0.
    pub fn from_big(start: BigInt, stop: BigInt, step: BigInt) -> Ref<Range> {
        let small = |number: &BigInt| i64::try_from(number).ok();
        if let (Some(start), Some(stop), Some(step)) = (small(&start), small(&stop), small(&step))
            && let Some(len) = small_len(start, stop, step)
        {
            return Range::of(Form::Small(Small {
                start,
                stop,
                step,
                len,
            }));
        }
        let len = big_len(&start, &stop, &step);
        Range::of(Form::Big(Box::new(Big {
            start,
            stop,
            step,
            len,
        })))
    }

    fn of(form: Form) -> Ref<Range> {
        heap::new_exact(Range { form })
    }

    /// Start, stop and step, if all fit machine ints.
    pub fn as_small(&self) -> Option<(i64, i64, i64)> {
        match &self.form {
            Form::Small(range) => Some((range.start, range.stop, range.step)),
            Form::Big(_) => None,
        }
    }

    fn start(&self) -> Value {
        match &self.form {
            Form::Small(range) => int::new(range.start),
            Form::Big(range) => int::from_big(range.start.clone()),
        }
    }

    fn stop(&self) -> Value {
        match &self.form {
            Form::Small(range) => int::new(range.stop),
            Form::Big(range) => int::from_big(range.stop.clone()),
        }
    }

    fn step(&self) -> Value {
        match &self.form {
            Form::Small(range) => int::new(range.step),
            Form::Big(range) => int::from_big(range.step.clone()),
        }
    }

    fn len_value(&self) -> Value {
        match &self.form {
            Form::Small(range) => int::new(range.len),
            Form::Big(range) => int::from_big(range.len.clone()),
        }
    }

    /// Start, stop, step and length as big numbers.
    fn to_big(&self) -> (BigInt, BigInt, BigInt, BigInt) {
        match &self.form {
            Form::Small(range) => (
                range.start.into(),
                range.stop.into(),
                range.step.into(),
                range.len.into(),
            ),
            Form::Big(range) => (
                range.start.clone(),
                range.stop.clone(),
                range.step.clone(),
                range.len.clone(),
            ),
        }
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        match &self.form {
            Form::Small(range) => range.len == 0,
            Form::Big(range) => range.len.sign() == Sign::NoSign,
        }
    }
}

/// Makes the classes.
pub fn init_classes() {
    Range::init_class();
    RangeIterator::init_class();
    LongRangeIterator::init_class();
}
