//! Functions and code objects by version tag: what tier 2 follows a call with (`_PyFunction_LookupByVersion`).
//!
//! A version gets here when a call is specialized for it. The table owns nothing: a function and a code object take themselves
//! out before they are freed. A later version with the same place takes the place of an earlier one.
#![allow(unsafe_code)]

use std::mem::ManuallyDrop;

use taipan_bytecode::tunables::FUNC_VERSION_CACHE_SIZE;
use taipan_objects::cell::Locked;
use taipan_objects::class::Payload;
use taipan_objects::value::{Ref, Value};

use crate::code::Code;
use crate::function::Function;

/// A function that was seen with a version, and its code, if all functions made of that begin with the version. 0 stands for
/// what is not there.
#[derive(Clone, Copy)]
struct Entry {
    version: u32,
    function: u64,
    code: u64,
}

const NO_ENTRY: Entry = Entry {
    version: 0,
    function: 0,
    code: 0,
};

static ENTRIES: Locked<[Entry; FUNC_VERSION_CACHE_SIZE]> =
    Locked::new([NO_ENTRY; FUNC_VERSION_CACHE_SIZE]);

fn place(version: u32) -> usize {
    version as usize % FUNC_VERSION_CACHE_SIZE
}

/// Remembers a function under its version; answers that.
pub(crate) fn remember(function: &Ref<Function>) -> u32 {
    let version = function.version_tag();
    let code = function.code();
    let entry = Entry {
        version,
        function: function.as_value().bits(),
        // A version of the function alone says nothing of the code, which would not find itself here when it is freed.
        code: match code.version() == version {
            true => code.as_value().bits(),
            false => 0,
        },
    };
    ENTRIES.with(|entries| entries[place(version)] = entry);
    version
}

/// Takes what is about to be freed out of the table.
fn forget<T: Payload>(version: u32, payload: &T, word: fn(&mut Entry) -> &mut u64) {
    ENTRIES.with(|entries| {
        let word = word(&mut entries[place(version)]);
        // SAFETY: what the table names was not freed yet, as of each kind only `T`s get into their word.
        let is_same = *word != 0
            && unsafe {
                let lent = lend(*word);
                std::ptr::eq(&raw const **lent.downcast_unchecked::<T>(), payload)
            };
        if is_same {
            *word = 0;
        }
    });
}

/// A value that is not given back.
///
/// # Safety
/// `word` is the bits of an object that was not freed yet.
unsafe fn lend(word: u64) -> ManuallyDrop<Value> {
    // SAFETY: by contract.
    ManuallyDrop::new(unsafe { Value::from_bits(word) })
}

pub(crate) fn forget_function(function: &Function) {
    forget(function.version.get(), function, |entry| {
        &mut entry.function
    });
}

pub(crate) fn forget_code(code: &Code) {
    forget(code.version(), code, |entry| &mut entry.code);
}

/// # Safety
/// `word` is 0 or the bits of a live `T`.
unsafe fn reference<T: Payload>(word: u64) -> Option<Ref<T>> {
    if word == 0 {
        return None;
    }
    // SAFETY: by contract.
    unsafe { lend(word) }.downcast_exact::<T>().cloned()
}

/// The function that was specialized for with this version, if it lives and has it still, and the code of such functions.
pub(crate) fn lookup(version: u32) -> Option<(Option<Ref<Function>>, Ref<Code>)> {
    let entry = ENTRIES.with(|entries| entries[place(version)]);
    if version == 0 || entry.version != version {
        return None;
    }
    // SAFETY: functions and code take themselves out before they are freed.
    let (function, code) = unsafe {
        (
            reference::<Function>(entry.function),
            reference::<Code>(entry.code),
        )
    };
    let function = function.filter(|function| function.version.get() == version);
    let code = match &function {
        Some(function) => function.code(),
        None => code?,
    };
    Some((function, code))
}
