//! Guards on what stands on the stack: exact types, NULL.

use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::float::Float;
use taipan_objects::int::Int;
use taipan_objects::list::List;
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::slice::Slice;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, bits};

use super::uops;
use crate::frame_stack::StackRef;

/// The class of a word that is a pointer to an object. The word is not NULL.
#[inline(always)]
pub(crate) fn class_of(word: StackRef) -> Option<&'static Ref<Type>> {
    debug_assert!(!word.is_null());
    if !bits::is_pointer(word.0) {
        return None;
    }
    // SAFETY: the word is valid and no NULL: it points to a live object. Its class outlives the uop, which runs no foreign code.
    unsafe {
        let view = word.view();
        Some(&*std::ptr::from_ref(view.class()))
    }
}

/// Whether a word that is not NULL is an object whose class is exactly `T`'s.
#[inline(always)]
pub(crate) fn is_exact<T: Payload>(word: StackRef) -> bool {
    class_of(word).is_some_and(|class| class.is(T::class()))
}

/// Whether a word is an `int` and of no subclass; bools are none.
#[inline(always)]
pub(crate) fn is_exact_int(word: StackRef) -> bool {
    bits::is_int(word.0) || is_exact::<Int>(word)
}

/// Whether a word is a `float` and of no subclass.
#[inline(always)]
pub(crate) fn is_exact_float(word: StackRef) -> bool {
    bits::is_rotated_float(word.0) || word.0 == bits::ZERO || is_exact::<Float>(word)
}

#[inline(always)]
fn is_any_set(word: StackRef) -> bool {
    is_exact::<Set>(word) || is_exact::<FrozenSet>(word)
}

macro_rules! type_guards {
    ($($name:ident: $depth:literal $test:expr;)*) => {
        uops! { $(
            #[doc = "Holds if the word so deep has this exact type."]
            quick $name = |c: &mut Cursor, _oparg: u32, _: Operands| $test(c.word($depth));
        )* }
    };
}

type_guards! {
    GuardTosInt: 0 is_exact_int;
    GuardNosInt: 1 is_exact_int;
    GuardTosFloat: 0 is_exact_float;
    GuardNosFloat: 1 is_exact_float;
    GuardTosUnicode: 0 is_exact::<Str>;
    GuardNosUnicode: 1 is_exact::<Str>;
    GuardTosList: 0 is_exact::<List>;
    GuardNosList: 1 is_exact::<List>;
    GuardTosTuple: 0 is_exact::<Tuple>;
    GuardNosTuple: 1 is_exact::<Tuple>;
    GuardTosDict: 0 is_exact::<Dict>;
    GuardNosDict: 1 is_exact::<Dict>;
    GuardTosAnySet: 0 is_any_set;
    GuardTosSlice: 0 is_exact::<Slice>;
    GuardNosNull: 1 StackRef::is_null;
}

uops! {
    /// Holds if the owner's class has the version of the cache.
    quick GuardTypeVersion = |c: &mut Cursor, _oparg: u32, [version, ..]: Operands| {
        class_of(c.word(0)).is_some_and(|class| class.current_version() == version as u32)
    };
    /// As `GuardTypeVersion`: one lock guards every object, and it is held.
    quick GuardTypeVersionAndLock = |c: &mut Cursor, oparg: u32, operands: Operands| {
        <GuardTypeVersion as super::Uop>::quick(c, oparg, operands)
    };
    /// Frames are always evaluated by this interpreter: PEP 523's hook does not exist.
    quick CheckPep523 = |_: &mut Cursor, _: u32, _: Operands| true;
}
