//! Timeouts from Python: numbers of seconds or milliseconds, rounded up so that no wait ends early.

use std::time::{Duration, Instant};

use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::Value;
use taipan_objects::{bail, exc, float, int};

/// The longest time that CPython's clock represents.
const MOST_NANOSECONDS: f64 = i64::MAX as f64;

fn too_large() -> Raised {
    exc!(
        OverflowError,
        "timestamp too large to convert to C PyTime_t"
    )
}

/// A signed time in nanoseconds from a number of units of `unit` nanoseconds, rounded away from zero. `None` when the value
/// is no number.
pub fn nanoseconds(value: &Value, unit: i64) -> PyResult<Option<i64>> {
    if let Some(number) = float::value_of(value) {
        if number.is_nan() {
            bail!(ValueError, "Invalid value NaN (not a number)");
        }
        let scaled = number * unit as f64;
        let rounded = if scaled < 0.0 {
            scaled.floor()
        } else {
            scaled.ceil()
        };
        if !(-MOST_NANOSECONDS..MOST_NANOSECONDS).contains(&rounded) {
            bail!(OverflowError, "timestamp out of range for platform time_t");
        }
        return Ok(Some(rounded as i64));
    }
    if !int::is_int(value) && value.class().slots.index.get().is_none() {
        return Ok(None);
    }
    let whole = int::as_i64(value)?;
    whole.checked_mul(unit).map(Some).ok_or_else(too_large)
}

/// When a wait is over.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// A wait of some time from now; `None` never ends.
    pub fn after(time: Option<Duration>) -> Deadline {
        Deadline(time.and_then(|time| Instant::now().checked_add(time)))
    }

    /// The time that is left; `None` for ever.
    pub fn left(self) -> Option<Duration> {
        self.0
            .map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// Whether the time is over.
    pub fn is_over(self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// What is left in milliseconds, rounded up, for `poll` and its like; -1 for ever.
    pub fn milliseconds(self) -> i32 {
        match self.left() {
            None => -1,
            Some(left) => i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX),
        }
    }
}
