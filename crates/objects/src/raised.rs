//! The error half of every fallible operation: a raised Python exception.
//!
//! [`Raised`] owns the exception instance, so an error that is dropped is an exception that was handled, and nothing is
//! pending anywhere else. The interpreter's op bodies turn it into the exception that the thread unwinds with.

use std::fmt;

use crate::class::Type;
use crate::exceptions::{self, BaseException, ExceptionKind};
use crate::value::{Ref, Value};

/// The result of anything that can raise.
pub type PyResult<T = Value> = Result<T, Raised>;

/// A raised exception.
#[repr(transparent)]
pub struct Raised(Ref<BaseException>);

impl Raised {
    /// Raises `kind(message)`. The exception being handled becomes its context.
    #[cold]
    #[inline(never)]
    pub fn new(kind: ExceptionKind, message: impl Into<String>) -> Raised {
        exceptions::raise_message(kind, message.into())
    }

    /// Raises `kind(*args)`.
    #[cold]
    #[inline(never)]
    pub fn with_args(kind: ExceptionKind, args: Vec<Value>) -> Raised {
        exceptions::raise_args(kind.class(), args)
    }

    /// Wraps an exception that is already complete, context included (re-raise).
    pub fn from_exception(exception: Ref<BaseException>) -> Raised {
        Raised(exception)
    }

    /// Whether the exception is an instance of a builtin exception class or of a subclass.
    pub fn is(&self, kind: ExceptionKind) -> bool {
        self.0.class().is_subclass(kind.class())
    }

    /// Whether the exception is an instance of `class` or of a subclass.
    pub fn is_instance(&self, class: &Ref<Type>) -> bool {
        self.0.class().is_subclass(class)
    }

    /// The exception.
    pub fn exception(&self) -> &Ref<BaseException> {
        &self.0
    }

    /// The exception, taken out of the error.
    pub fn into_exception(self) -> Ref<BaseException> {
        self.0
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raised({})", exceptions::describe(&self.0))
    }
}

/// Builds a [`Raised`] with a formatted message: `exc!(TypeError, "'{}' object is not iterable", name)`.
#[macro_export]
macro_rules! exc {
    ($kind:ident, $($arg:tt)+) => {
        $crate::raised::Raised::new($crate::exceptions::ExceptionKind::$kind, format!($($arg)+))
    };
}

/// Returns early with an exception: `bail!(ValueError, "negative count")`.
#[macro_export]
macro_rules! bail {
    ($kind:ident, $($arg:tt)+) => {
        return Err($crate::exc!($kind, $($arg)+))
    };
}

/// Turns an exception of one kind into `None`, passing others on: for "missing" that is not an error.
pub trait Absent<T> {
    /// `Ok(None)` where the error is a `kind`.
    fn absent_on(self, kind: ExceptionKind) -> PyResult<Option<T>>;
}

impl<T> Absent<T> for PyResult<T> {
    fn absent_on(self, kind: ExceptionKind) -> PyResult<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(raised) if raised.is(kind) => Ok(None),
            Err(raised) => Err(raised),
        }
    }
}
