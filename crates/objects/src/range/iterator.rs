//! The two iterators over ranges: in machine ints and in big ones.

use std::cell::{Cell, RefCell};

use malachite_bigint::BigInt;
use taipan_macros::{class, methods};

use crate::heap;
use crate::int;
use crate::iterators::reduce_iterator;
use crate::raised::PyResult;
use crate::range::Range;
use crate::value::{Ref, Value};

/// `iter(range)` within 64 bits. The interpreter reads the fields directly for `for` loops over ranges.
#[class(name = "range_iterator", flags(NO_INSTANTIATION), references = false)]
#[repr(C)]
pub struct RangeIterator {
    /// The next item.
    #[untraced]
    pub next: Cell<i64>,
    /// How far apart items are.
    #[untraced]
    pub step: Cell<i64>,
    /// How many items are left.
    #[untraced]
    pub left: Cell<i64>,
}

impl RangeIterator {
    /// A new iterator over `left` items from `next` on, which with one step more all fit 64 bits.
    #[inline]
    pub fn new(next: i64, step: i64, left: i64) -> Ref<RangeIterator> {
        let payload = RangeIterator {
            next: Cell::new(next),
            step: Cell::new(step),
            left: Cell::new(left),
        };
        heap::new_exact(payload)
    }

    /// The next item.
    #[inline(always)]
    pub fn advance(&self) -> Option<i64> {
        let left = self.left.get();
        if left <= 0 {
            return None;
        }
        let item = self.next.get();
        self.next.set(item.wrapping_add(self.step.get()));
        self.left.set(left - 1);
        Some(item)
    }
}

#[methods]
impl RangeIterator {
    #[slot(iter)]
    fn iter(this: &Ref<RangeIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        Ok(self.advance().map(int::new))
    }

    /// How many items are left.
    #[method]
    fn __length_hint__(&self) -> i64 {
        self.left.get().max(0)
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        let (start, step) = (self.next.get(), self.step.get());
        let stop = BigInt::from(start) + BigInt::from(step) * BigInt::from(self.left.get().max(0));
        let rest = Range::from_big(start.into(), stop, step.into());
        reduce_iterator("iter", rest.into_value(), Value::NONE)
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: &Value) -> PyResult<()> {
        let index = int::as_i64(object)?.clamp(0, self.left.get().max(0));
        self.next.set(
            self.next
                .get()
                .wrapping_add(index.wrapping_mul(self.step.get())),
        );
        self.left.set(self.left.get() - index);
        Ok(())
    }
}

/// `iter(range)` of ints of any size.
#[class(
    name = "longrange_iterator",
    flags(NO_INSTANTIATION),
    references = false
)]
pub struct LongRangeIterator {
    /// The next item, the step, and how many items are left.
    #[untraced]
    state: RefCell<(BigInt, BigInt, BigInt)>,
}

impl LongRangeIterator {
    /// A new iterator over `left` items from `next` on.
    pub fn new(next: BigInt, step: BigInt, left: BigInt) -> Ref<LongRangeIterator> {
        heap::new_exact(LongRangeIterator {
            state: RefCell::new((next, step, left)),
        })
    }
}

#[methods]
impl LongRangeIterator {
    #[slot(iter)]
    fn iter(this: &Ref<LongRangeIterator>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let mut state = self.state.borrow_mut();
        let (next, step, left) = &mut *state;
        if *left <= BigInt::from(0) {
            return Ok(None);
        }
        let following = &*next + &*step;
        let item = std::mem::replace(next, following);
        *left -= 1;
        Ok(Some(int::from_big(item)))
    }

    /// How many items are left.
    #[method]
    fn __length_hint__(&self) -> Value {
        int::from_big(self.state.borrow().2.clone())
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(&self) -> PyResult<Value> {
        let (next, step, left) = self.state.borrow().clone();
        let stop = &next + &step * left;
        reduce_iterator(
            "iter",
            Range::from_big(next, stop, step).into_value(),
            Value::NONE,
        )
    }

    /// Set state information for unpickling.
    #[method("($self, object, /)")]
    fn __setstate__(&self, object: &Value) -> PyResult<()> {
        let index = int::as_big(object)?;
        let mut state = self.state.borrow_mut();
        let (next, step, left) = &mut *state;
        let index = index.max(BigInt::from(0)).min(left.clone());
        *next += &*step * &index;
        *left -= index;
        Ok(())
    }
}
