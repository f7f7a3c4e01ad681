//! The classes of immediates, by name, for [`crate::value::Value::class`].

use crate::class::{Payload, Type};
use crate::value::Ref;

macro_rules! class_accessors {
    ($($(#[$doc:meta])* $name:ident => $payload:ty;)*) => { $(
        $(#[$doc])*
        #[inline(always)]
        pub fn $name() -> &'static Ref<Type> {
            <$payload>::class()
        }
    )* };
}

class_accessors! {
    /// `int`.
    int_class => crate::int::Int;
    /// `float`.
    float_class => crate::float::Float;
    /// `bool`.
    bool_class => crate::singletons::Bool;
    /// `NoneType`.
    none_class => crate::singletons::NoneType;
    /// `NotImplementedType`.
    not_implemented_class => crate::singletons::NotImplementedType;
    /// `ellipsis`.
    ellipsis_class => crate::singletons::EllipsisType;
}
