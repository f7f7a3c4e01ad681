//! The abstract operations: what `a + b`, `x.y`, `f(z)`, `len(s)` mean for any values.
//!
//! Each function goes through the slots of the operands' classes, as CPython's abstract object layer does, and raises
//! what it raises. Foreign code can run in any of them: hold no borrow of a container's inside across a call.

mod attr;
mod call;
mod compare;
mod convert;
mod isinstance;
mod item;
mod iter;
mod number;

pub use attr::*;
pub use call::*;
pub use compare::*;
pub use convert::*;
pub use isinstance::*;
pub use item::*;
pub use iter::*;
pub use number::*;

use crate::value::Value;

/// The name of the value's class, for messages.
pub fn type_name(value: &Value) -> String {
    value.class().name()
}
