//! Descriptors that Python programs make: bound methods, `staticmethod`, `classmethod`, `property`, `super`.

mod bound_method;
mod property;
mod static_class;
mod super_object;

pub use bound_method::BoundMethod;
pub use property::Property;
pub use static_class::{ClassMethod, StaticMethod};
pub use super_object::{Super, super_getattr, super_method};
