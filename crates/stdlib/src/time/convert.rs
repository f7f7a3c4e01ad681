//! Seconds as Python gives them, as numbers that the system takes.

use taipan_objects::float;
use taipan_objects::int::{self, IntView};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::Value;
use taipan_objects::{bail, exc};

/// Nanoseconds in a second.
pub const NANOS: i64 = 1_000_000_000;

/// How a float becomes a whole number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Down.
    Floor,
    /// Away from zero.
    Up,
}

impl Rounding {
    fn apply(self, number: f64) -> f64 {
        match self {
            Rounding::Up if number >= 0.0 => number.ceil(),
            _ => number.floor(),
        }
    }
}

#[cold]
fn too_large() -> Raised {
    exc!(
        OverflowError,
        "timestamp too large to convert to C PyTime_t"
    )
}

#[cold]
fn out_of_range() -> Raised {
    exc!(OverflowError, "timestamp out of range for platform time_t")
}

fn not_nan(number: f64) -> PyResult<f64> {
    if number.is_nan() {
        bail!(ValueError, "Invalid value NaN (not a number)");
    }
    Ok(number)
}

/// Whether a whole number fits an `i64`.
fn fits(number: f64) -> bool {
    const LIMIT: f64 = (1u64 << 63) as f64;
    (-LIMIT..LIMIT).contains(&number)
}

/// Seconds, a float or an int, as nanoseconds.
pub fn nanoseconds(seconds: &Value, rounding: Rounding) -> PyResult<i64> {
    if let Some(float) = float::value_of(seconds) {
        let nanoseconds = rounding.apply(not_nan(float)? * NANOS as f64);
        return if fits(nanoseconds) {
            Ok(nanoseconds as i64)
        } else {
            Err(too_large())
        };
    }
    let whole = int::with_index(seconds, |view| match view {
        IntView::Small(small) => small.checked_mul(NANOS),
        IntView::Big(_) => None,
    })?;
    whole.ok_or_else(too_large)
}

/// Seconds, a float or an int, as whole seconds.
pub fn whole_seconds(seconds: &Value, rounding: Rounding) -> PyResult<i64> {
    if let Some(float) = float::value_of(seconds) {
        let whole = rounding.apply(not_nan(float)?);
        return if fits(whole) {
            Ok(whole as i64)
        } else {
            Err(out_of_range())
        };
    }
    let whole = int::with_index(seconds, |view| {
        if let IntView::Small(small) = view {
            Some(small)
        } else {
            None
        }
    })?;
    whole.ok_or_else(out_of_range)
}

/// Nanoseconds as seconds.
pub fn seconds(nanoseconds: i64) -> f64 {
    if nanoseconds % NANOS == 0 {
        (nanoseconds / NANOS) as f64
    } else {
        nanoseconds as f64 / NANOS as f64
    }
}
