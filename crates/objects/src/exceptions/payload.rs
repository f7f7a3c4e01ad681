//! How exceptions with attributes of their own are declared.
//!
//! Such a payload begins with a [`BaseException`] and adds slots, which Python code may set to anything and delete; a
//! deleted or unset one reads as `None`. [`exception_payload!`] makes the struct and what the runtime needs to know of it,
//! [`object_members!`] the attributes.

use crate::args::Args;
use crate::class::{Payload, Type};
use crate::heap;
use crate::raised::PyResult;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

use super::BaseException;

/// A payload that begins with a `BaseException` and can be made with nothing else set.
pub(super) trait ExceptionPayload: Payload {
    /// The payload with only the common part set.
    fn fresh(base: BaseException) -> Self;
}

/// `class.__new__(class, *args)`: keeps the arguments, leaves the rest to `__init__`.
pub(super) fn new<T: ExceptionPayload>(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
    let base = BaseException::with_args(Tuple::from_slice(args.positional()));
    Ok(heap::new_object(class, T::fresh(base)).into_value())
}

/// The payload of an instance. Slots and descriptors are only reached through instances of their class.
#[inline]
pub(super) fn view<T: Payload>(this: &Value) -> &Ref<T> {
    this.downcast::<T>()
        .expect("slots and descriptors check their receiver")
}

/// Declares an exception payload: `exception_payload! { /// docs  Name, Kind, { slots } { cell: type = initial } }`.
macro_rules! exception_payload {
    ($(#[$doc:meta])* $payload:ident, $kind:ident, { $($field:ident),* $(,)? } { $($cell:ident: $ty:ty = $initial:expr),* $(,)? }) => {
        $(#[$doc])*
        #[repr(C)]
        pub struct $payload {
            pub(crate) base: $crate::exceptions::BaseException,
            $(pub(crate) $field: $crate::cell::Slot,)*
            $(pub(crate) $cell: ::std::cell::Cell<$ty>,)*
        }

        impl $crate::class::Trace for $payload {
            fn trace(&self, visitor: &mut $crate::class::Visitor<'_>) {
                self.base.trace(visitor);
                $($crate::class::Trace::trace(&self.$field, visitor);)*
            }

            fn clear(&self) {
                $crate::class::Trace::clear(&self.base);
                $($crate::class::Trace::clear(&self.$field);)*
            }
        }

        impl $crate::class::Payload for $payload {
            fn layout() -> &'static $crate::class::Layout {
                static LAYOUT: $crate::class::Layout =
                    $crate::class::Layout::of::<$payload>(stringify!($payload), Some(|| &$crate::exceptions::base::LAYOUT), true);
                &LAYOUT
            }

            fn class() -> &'static $crate::value::Ref<$crate::class::Type> {
                $crate::exceptions::ExceptionKind::$kind.class()
            }
        }

        impl $payload {
            /// The class, for classes made from it; all exception classes are made together.
            pub fn init_class() -> &'static $crate::value::Ref<$crate::class::Type> {
                $crate::exceptions::ExceptionKind::$kind.class()
            }
        }

        impl $crate::exceptions::payload::ExceptionPayload for $payload {
            fn fresh(base: $crate::exceptions::BaseException) -> $payload {
                $payload {
                    base,
                    $($field: $crate::cell::Slot::empty(),)*
                    $($cell: ::std::cell::Cell::new($initial),)*
                }
            }
        }
    };
}
pub(super) use exception_payload;

/// Adds attributes that read and write slots: `object_members!(builder, Payload, code "code" "exception code", …)`.
macro_rules! object_members {
    ($builder:expr, $payload:ty, $($field:ident $name:literal $doc:literal),* $(,)?) => {$({
        static MEMBER: $crate::native::GetSetDef = $crate::native::GetSetDef {
            name: $name,
            doc: Some($doc),
            get: Some(|this| Ok($crate::exceptions::payload::view::<$payload>(this).$field.get().unwrap_or($crate::value::Value::NONE))),
            set: Some(|this, new| {
                $crate::exceptions::payload::view::<$payload>(this).$field.set(new.cloned());
                Ok(())
            }),
            member: true,
        };
        $builder.getset(&MEMBER);
    })*};
}
pub(super) use object_members;

/// Splits the keyword arguments of an exception's `__init__`: each name of `names` may be given, no other.
pub(super) fn keyword_values<'a, const N: usize>(
    function: &str,
    args: Args<'a>,
    names: [&str; N],
) -> PyResult<[Option<&'a Value>; N]> {
    let mut values = [None; N];
    for (name, value) in args.keywords() {
        match names.iter().position(|known| name.eq_str(known)) {
            Some(index) => values[index] = Some(value),
            None => {
                return Err(crate::exc!(
                    TypeError,
                    "{function}() got an unexpected keyword argument '{}'",
                    name.to_display()
                ));
            }
        }
    }
    Ok(values)
}
