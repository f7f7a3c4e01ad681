//! Weak references.
use crate::value::Value;
pub fn object_dies(_v: &Value) {}
pub fn first_reference(_v: &Value) -> Option<Value> { None }
