//! The builtin functions that have opcodes of their own.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use taipan_objects::class::Payload;
use taipan_objects::list::List;
use taipan_objects::native::{FunctionDef, MethodDescriptor, NativeFunction};
use taipan_objects::str::Str;
use taipan_objects::value::Value;
use taipan_objects::{id, runtime};

use crate::frame_stack::StackRef;
use crate::uops::is_exact;

/// The definitions of `len`, `isinstance` and `list.append`, as addresses: the functions themselves may be rebound.
static LEN: AtomicUsize = AtomicUsize::new(0);
static ISINSTANCE: AtomicUsize = AtomicUsize::new(0);
static LIST_APPEND: AtomicUsize = AtomicUsize::new(0);

/// Finds the definitions. Before, nothing is taken for one of these functions.
pub(crate) fn find() {
    static FOUND: Once = Once::new();
    FOUND.call_once(|| {
        let builtin = |name: &str| {
            let module = runtime::import_module("builtins").ok()?;
            let function = taipan_objects::protocol::getattr(&module, &Str::intern(name)).ok()?;
            let function = function.downcast_exact::<NativeFunction>()?;
            (function.def().name == name).then_some(std::ptr::from_ref(function.def()) as usize)
        };
        let append = List::class().lookup(id!("append"));
        let append = append
            .as_ref()
            .and_then(|append| append.downcast_exact::<MethodDescriptor>());
        LEN.store(builtin("len").unwrap_or(0), Ordering::Relaxed);
        ISINSTANCE.store(builtin("isinstance").unwrap_or(0), Ordering::Relaxed);
        LIST_APPEND.store(
            append.map_or(0, |append| std::ptr::from_ref(append.def()) as usize),
            Ordering::Relaxed,
        );
    });
}

#[inline(always)]
fn is_defined_by(word: StackRef, address: usize) -> bool {
    if !is_exact::<NativeFunction>(word) {
        return false;
    }
    // SAFETY: the class was seen.
    let def: &'static FunctionDef =
        unsafe { word.view().downcast_unchecked::<NativeFunction>().def() };
    std::ptr::from_ref(def) as usize == address
}

/// Whether a word is the builtin function `len`.
#[inline(always)]
pub(crate) fn is_len(word: StackRef) -> bool {
    is_defined_by(word, LEN.load(Ordering::Relaxed))
}

/// Whether a value is the builtin function `len`.
pub fn is_len_value(value: &Value) -> bool {
    is_len(StackRef(value.bits()))
}

/// Whether a word is the builtin function `isinstance`.
#[inline(always)]
pub(crate) fn is_isinstance(word: StackRef) -> bool {
    is_defined_by(word, ISINSTANCE.load(Ordering::Relaxed))
}

/// Whether a word is the method `append` of `list`.
#[inline(always)]
pub(crate) fn is_list_append(word: StackRef) -> bool {
    if !is_exact::<MethodDescriptor>(word) {
        return false;
    }
    // SAFETY: the class was seen.
    let def: &'static FunctionDef =
        unsafe { word.view().downcast_unchecked::<MethodDescriptor>().def() };
    std::ptr::from_ref(def) as usize == LIST_APPEND.load(Ordering::Relaxed)
}
