//! Warnings raised by the runtime itself.

use crate::exceptions::ExceptionKind;
use crate::raised::PyResult;
use crate::runtime;
use crate::str::Str;

/// Issues a warning at the caller of the running code. An `error` filter turns it into an exception.
pub fn warn(category: ExceptionKind, message: &str) -> PyResult<()> {
    warn_at(category, message, 1)
}

/// Issues a warning `stack_level` frames up.
pub fn warn_at(category: ExceptionKind, message: &str, stack_level: isize) -> PyResult<()> {
    match runtime::hooks() {
        Some(hooks) => (hooks.warn)(category.class(), &Str::new(message).into_value(), stack_level),
        None => Ok(()),
    }
}
