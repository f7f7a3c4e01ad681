//! Warnings raised by the runtime itself.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::class::Comparison;
use crate::exceptions::ExceptionKind;
use crate::raised::PyResult;
use crate::runtime;
use crate::str::Str;
use crate::value::Value;

/// Whether bytes and text that meet are warned of (`-b`).
static WARNS_OF_BYTES: AtomicBool = AtomicBool::new(false);

/// Settles whether bytes and text that meet are warned of (`-b`).
pub fn set_bytes_warning(warns: bool) {
    WARNS_OF_BYTES.store(warns, Ordering::Relaxed);
}

/// Warns, where it is wanted, that bytes become text by their repr.
#[inline]
pub(crate) fn about_str_of_bytes(message: &str) -> PyResult<()> {
    if WARNS_OF_BYTES.load(Ordering::Relaxed) {
        warn(ExceptionKind::BytesWarning, message)
    } else {
        Ok(())
    }
}

/// Warns, where it is wanted, that bytes (`what`) are compared with something that they never equal.
#[inline]
pub(crate) fn about_comparison_of_bytes(
    what: &str,
    other: &Value,
    comparison: Comparison,
) -> PyResult<()> {
    if !WARNS_OF_BYTES.load(Ordering::Relaxed)
        || !matches!(comparison, Comparison::Eq | Comparison::Ne)
    {
        return Ok(());
    }
    if other.downcast::<Str>().is_some() {
        return warn(
            ExceptionKind::BytesWarning,
            &format!("Comparison between {what} and string"),
        );
    }
    if what == "bytes" && crate::int::is_int(other) {
        return warn(
            ExceptionKind::BytesWarning,
            "Comparison between bytes and int",
        );
    }
    Ok(())
}

/// Issues a warning at the caller of the running code. An `error` filter turns it into an exception.
pub fn warn(category: ExceptionKind, message: &str) -> PyResult<()> {
    warn_at(category, message, 1)
}

/// Issues a warning `stack_level` frames up.
pub fn warn_at(category: ExceptionKind, message: &str, stack_level: isize) -> PyResult<()> {
    match runtime::hooks() {
        Some(hooks) => (hooks.warn)(
            category.class(),
            &Str::new(message).into_value(),
            stack_level,
        ),
        None => Ok(()),
    }
}
