//! `_contextvars`: context variables (PEP 567).
//!
//! A [`Context`] maps variables to values; a copy shares the map until one of the two changes. Each thread has a current
//! context, made when it is first needed. A variable reads and writes the current one.

mod context;
mod variable;

use taipan_macros::{define_module, function};
use taipan_objects::value::Ref;

pub use context::Context;
pub use variable::{ContextVar, Token};

define_module!(
    name = "_contextvars",
    doc = "Context Variables",
    functions(copy_context),
    classes(Context, ContextVar, Token),
);

/// copy_context() -> Context
///
/// Return a copy of the current Context object.
#[function("()", nosig)]
fn copy_context() -> Ref<Context> {
    Context::current().copy()
}
