//! From the failure of a system call to a raised `OSError`.

use std::io;

use taipan_objects::exceptions::os_error;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;

/// Turns failures into exceptions.
pub trait OsResult<T> {
    /// The answer, or `OSError(errno, text)`.
    fn or_raise(self) -> PyResult<T>;
    /// The answer, or `OSError(errno, text, filename)`.
    fn or_raise_for(self, filename: &Value) -> PyResult<T>;
}

impl<T> OsResult<T> for io::Result<T> {
    #[inline]
    fn or_raise(self) -> PyResult<T> {
        self.map_err(|error| os_error::os_error(&error, None))
    }

    #[inline]
    fn or_raise_for(self, filename: &Value) -> PyResult<T> {
        self.map_err(|error| os_error::os_error(&error, Some(filename)))
    }
}

impl<T> OsResult<T> for PyResult<io::Result<T>> {
    #[inline]
    fn or_raise(self) -> PyResult<T> {
        self.and_then(OsResult::or_raise)
    }

    #[inline]
    fn or_raise_for(self, filename: &Value) -> PyResult<T> {
        self.and_then(|answer| answer.or_raise_for(filename))
    }
}
