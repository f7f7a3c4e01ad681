//! Sizes, counts and limits.

use std::time::Duration;

use taipan_macros::function;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;
use taipan_objects::{bail, gc, heap, id, int, protocol, runtime, str, thread};

use crate::config;

/// Bytes that CPython's collector keeps before each object it tracks.
const COLLECTOR_HEADER: usize = 16;

/// Return the largest number of nested calls.
#[function("()")]
pub(super) fn getrecursionlimit() -> u32 {
    thread::recursion_limit()
}

/// Set the largest number of nested calls.
#[function("(limit, /)")]
pub(super) fn setrecursionlimit(limit: i32) -> PyResult<()> {
    let Ok(wanted @ 1..) = u32::try_from(limit) else {
        bail!(
            ValueError,
            "recursion limit must be greater or equal than 1"
        );
    };
    let depth = thread::current().depth.get();
    if depth >= wanted {
        bail!(
            RecursionError,
            "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
        );
    }
    thread::set_recursion_limit(wanted);
    Ok(())
}

/// Return the longest decimal text that converts to an integer and back, 0 for no limit.
#[function("()")]
pub(super) fn get_int_max_str_digits() -> usize {
    int::max_str_digits()
}

/// Set the longest decimal text that converts to an integer and back.
#[function("(maxdigits)")]
pub(super) fn set_int_max_str_digits(maxdigits: i32) -> PyResult<()> {
    match usize::try_from(maxdigits) {
        Ok(limit) => int::set_max_str_digits(limit),
        Err(_) => bail!(ValueError, "maxdigits must be 0 or larger than 640"),
    }
}

/// Return the time after which a thread gives way to another one, in seconds.
#[function("()")]
pub(super) fn getswitchinterval() -> f64 {
    runtime::switch_interval().as_secs_f64()
}

/// Set the time after which a thread gives way to another one, in seconds.
#[function("(interval, /)")]
pub(super) fn setswitchinterval(interval: f64) -> PyResult<()> {
    if interval.is_nan() || interval <= 0.0 {
        bail!(ValueError, "switch interval must be strictly positive");
    }
    runtime::set_switch_interval(Duration::try_from_secs_f64(interval).unwrap_or(Duration::MAX));
    Ok(())
}

/// Return the number of references to an object. It is one higher than one might expect: the argument counts.
#[function("(object, /)")]
pub(super) fn getrefcount(object: &Value) -> u32 {
    object.refcount()
}

/// getsizeof(object [, default]) -> int
///
/// Return the size of an object in bytes, without that of what it refers to.
#[function("(object, default=<unrepresentable>)", nosig)]
pub(super) fn getsizeof(object: &Value, default: Option<&Value>) -> PyResult<Value> {
    match size_of(object) {
        Ok(size) => Ok(int::from_usize(size)),
        Err(raised) => match default {
            Some(default) if raised.is(ExceptionKind::TypeError) => Ok(default.clone()),
            _ => Err(raised),
        },
    }
}

fn size_of(object: &Value) -> PyResult<usize> {
    let size = match protocol::call_special_optional(object, id!("__sizeof__"), &[])? {
        Some(size) => size,
        None => bail!(
            TypeError,
            "Type {} doesn't define __sizeof__",
            object.class().name()
        ),
    };
    if !int::is_int(&size) {
        bail!(
            TypeError,
            "'{}' object cannot be interpreted as an integer",
            size.class().name()
        );
    }
    match int::to_i64(&size).map(usize::try_from) {
        Some(Ok(size)) => Ok(size
            + if gc::is_tracked(object) {
                COLLECTOR_HEADER
            } else {
                0
            }),
        Some(Err(_)) => bail!(ValueError, "__sizeof__() should return >= 0"),
        None => bail!(
            OverflowError,
            "Python int too large to convert to C ssize_t"
        ),
    }
}

/// Return the number of memory blocks in use.
#[function("()")]
pub(super) fn getallocatedblocks() -> usize {
    heap::live_count()
}

/// Return the number of interned strings.
#[function("(*, _only_immortal=False)")]
pub(super) fn getunicodeinternedsize(_only_immortal: bool) -> usize {
    let mut count = 0;
    str::for_each_interned(|_| count += 1);
    count
}

/// Return the number of processors that -X cpu_count says, or -1.
#[function("()")]
pub(super) fn _get_cpu_count_config() -> i64 {
    config::get().cpu_count.map_or(-1, i64::from)
}

/// Print the state of the memory allocator to stderr.
#[function("()")]
pub(super) fn _debugmallocstats() {
    eprintln!("{} bytes in pages of small objects", heap::page_bytes());
}
