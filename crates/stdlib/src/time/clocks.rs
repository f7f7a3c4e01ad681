//! Reading and setting clocks, and sleeping.

use libc::{clockid_t, timespec};
use taipan_macros::{constant, function};
use taipan_objects::int;
use taipan_objects::raised::PyResult;
use taipan_objects::simple_namespace::SimpleNamespace;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, float, id};

use super::convert::{NANOS, Rounding, nanoseconds, seconds};
use crate::blocking;
use crate::os_result::OsResult;
use crate::sys::clock;

macro_rules! clock_constants {
    ($($name:ident)*) => { $(
        #[constant]
        pub const $name: i32 = libc::$name;
    )* };
}
clock_constants! {
    CLOCK_BOOTTIME CLOCK_MONOTONIC CLOCK_MONOTONIC_RAW CLOCK_PROCESS_CPUTIME_ID CLOCK_REALTIME CLOCK_TAI
    CLOCK_THREAD_CPUTIME_ID
}

fn to_nanoseconds(time: timespec) -> i64 {
    time.tv_sec * NANOS + time.tv_nsec
}

fn from_nanoseconds(time: i64) -> timespec {
    timespec {
        tv_sec: time.div_euclid(NANOS),
        tv_nsec: time.rem_euclid(NANOS),
    }
}

fn now(id: clockid_t) -> PyResult<i64> {
    clock::read(id).map(to_nanoseconds).or_raise()
}

macro_rules! readers {
    ($($(#[doc = $doc:literal])* $seconds:ident $nanoseconds:ident $clock:ident;)*) => { $(
        $(#[doc = $doc])*
        #[function]
        pub fn $seconds() -> PyResult<f64> {
            now(libc::$clock).map(seconds)
        }

        $(#[doc = $doc])*
        ///
        /// In nanoseconds, as an int.
        #[function]
        pub fn $nanoseconds() -> PyResult<i64> {
            now(libc::$clock)
        }
    )* };
}

readers! {
    /// The time since the start of 1970 in UTC.
    time time_ns CLOCK_REALTIME;
    /// The time of a clock that never goes back.
    monotonic monotonic_ns CLOCK_MONOTONIC;
    /// The time of the clock to measure short durations with.
    perf_counter perf_counter_ns CLOCK_MONOTONIC;
    /// The processor time the process has used.
    process_time process_time_ns CLOCK_PROCESS_CPUTIME_ID;
    /// The processor time the thread has used.
    thread_time thread_time_ns CLOCK_THREAD_CPUTIME_ID;
}

/// The time of a clock.
#[function("(clk_id, /)")]
pub fn clock_gettime(clk_id: i32) -> PyResult<f64> {
    now(clk_id).map(seconds)
}

/// The time of a clock in nanoseconds.
#[function("(clk_id, /)")]
pub fn clock_gettime_ns(clk_id: i32) -> PyResult<i64> {
    now(clk_id)
}

/// clock_settime(clk_id, time)
///
/// Sets a clock.
#[function(nosig)]
pub fn clock_settime(clk_id: i32, time: &Value) -> PyResult<()> {
    clock::set(
        clk_id,
        from_nanoseconds(nanoseconds(time, Rounding::Floor)?),
    )
    .or_raise()
}

/// clock_settime_ns(clk_id, time)
///
/// Sets a clock, in nanoseconds.
#[function(nosig)]
pub fn clock_settime_ns(clk_id: i32, time: &Value) -> PyResult<()> {
    clock::set(clk_id, from_nanoseconds(int::as_i64(time)?)).or_raise()
}

/// clock_getres(clk_id) -> floating-point number
///
/// The resolution of a clock.
#[function(nosig)]
pub fn clock_getres(clk_id: i32) -> PyResult<f64> {
    clock::resolution(clk_id)
        .map(|time| seconds(to_nanoseconds(time)))
        .or_raise()
}

/// pthread_getcpuclockid(thread_id) -> int
///
/// The clock of a thread's processor time.
#[function(nosig)]
pub fn pthread_getcpuclockid(thread_id: u64) -> PyResult<i32> {
    clock::of_thread(thread_id).or_raise()
}

/// get_clock_info(name: str) -> dict
///
/// What is known of a clock: implementation, monotonic, adjustable, resolution.
#[function(nosig)]
pub fn get_clock_info(name: &Ref<Str>) -> PyResult<Value> {
    let (id, call, is_monotonic, is_adjustable) = match &*name.to_display() {
        "time" => (CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)", false, true),
        "monotonic" | "perf_counter" => (
            CLOCK_MONOTONIC,
            "clock_gettime(CLOCK_MONOTONIC)",
            true,
            false,
        ),
        "process_time" => (
            CLOCK_PROCESS_CPUTIME_ID,
            "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)",
            true,
            false,
        ),
        "thread_time" => (
            CLOCK_THREAD_CPUTIME_ID,
            "clock_gettime(CLOCK_THREAD_CPUTIME_ID)",
            true,
            false,
        ),
        _ => bail!(ValueError, "unknown clock"),
    };
    let resolution = clock_getres(id)?;
    let info = SimpleNamespace::new(&[
        (id!("implementation"), Str::new(call).into_value()),
        (id!("monotonic"), Value::from_bool(is_monotonic)),
        (id!("adjustable"), Value::from_bool(is_adjustable)),
        (id!("resolution"), float::new(resolution)),
    ]);
    Ok(info.into_value())
}

/// sleep(seconds)
///
/// Does nothing for so many seconds.
#[function("($self, object, /)")]
pub fn sleep(object: &Value) -> PyResult<()> {
    let duration = nanoseconds(object, Rounding::Up)?;
    if duration < 0 {
        bail!(ValueError, "sleep length must be non-negative");
    }
    let Some(deadline) = now(CLOCK_MONOTONIC)?.checked_add(duration) else {
        bail!(
            OverflowError,
            "timestamp too large to convert to C PyTime_t"
        );
    };
    // A deadline, not a duration: after a signal the sleep goes on for what is left of it.
    blocking::retry(|| clock::sleep_until(deadline)).or_raise()
}
