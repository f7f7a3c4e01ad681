//! Comparisons.

use crate::class::Comparison;
use crate::protocol::is_true;
use crate::raised::PyResult;
use crate::str::Str;
use crate::thread;
use crate::value::Value;

/// `left OP right`, whatever it answers.
pub fn compare(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
    thread::with_recursion(" in comparison", || compare_inner(left, right, comparison))
}

fn compare_inner(left: &Value, right: &Value, comparison: Comparison) -> PyResult<Value> {
    let (left_class, right_class) = (left.class(), right.class());
    let mut reflected_done = false;
    if !left_class.is(right_class)
        && right_class.is_subclass(left_class)
        && let Some(compare) = right_class.slots.richcompare.get()
    {
        reflected_done = true;
        let answer = compare(right, left, comparison.swapped())?;
        if !answer.is_not_implemented() {
            return Ok(answer);
        }
    }
    if let Some(compare) = left.class().slots.richcompare.get() {
        let answer = compare(left, right, comparison)?;
        if !answer.is_not_implemented() {
            return Ok(answer);
        }
    }
    if !reflected_done && let Some(compare) = right.class().slots.richcompare.get() {
        let answer = compare(right, left, comparison.swapped())?;
        if !answer.is_not_implemented() {
            return Ok(answer);
        }
    }
    match comparison {
        Comparison::Eq => Ok(Value::from_bool(left.is(right))),
        Comparison::Ne => Ok(Value::from_bool(!left.is(right))),
        _ => bail!(
            TypeError,
            "'{}' not supported between instances of '{}' and '{}'",
            comparison.symbol(),
            left.class().name(),
            right.class().name()
        ),
    }
}

/// The truth of `left OP right` where both are small ints, or both are strings: what most comparisons are.
#[inline(always)]
fn compare_plain(left: &Value, right: &Value, comparison: Comparison) -> Option<bool> {
    if let (Some(left), Some(right)) = (left.as_small_int(), right.as_small_int()) {
        return Some(comparison.holds(left.cmp(&right)));
    }
    let (left, right) = (
        left.downcast_exact::<Str>()?,
        right.downcast_exact::<Str>()?,
    );
    Some(match comparison {
        Comparison::Eq => left.is(right) || left.same_text(right),
        Comparison::Ne => !left.is(right) && !left.same_text(right),
        _ => comparison.holds(left.compare(right)),
    })
}

/// The truth of `left OP right`. Identity decides `==` and `!=` first, as containers do.
#[inline]
pub fn compare_bool(left: &Value, right: &Value, comparison: Comparison) -> PyResult<bool> {
    if left.is(right) {
        match comparison {
            Comparison::Eq => return Ok(true),
            Comparison::Ne => return Ok(false),
            _ => {}
        }
    }
    match compare_plain(left, right, comparison) {
        Some(answer) => Ok(answer),
        None => is_true(&compare(left, right, comparison)?),
    }
}

/// Whether the values are the same object or equal: what containers mean by "the same item".
#[inline]
pub fn equal(left: &Value, right: &Value) -> PyResult<bool> {
    compare_bool(left, right, Comparison::Eq)
}

/// The truth of `left < right`.
#[inline]
pub fn less_than(left: &Value, right: &Value) -> PyResult<bool> {
    compare_bool(left, right, Comparison::Lt)
}
