//! Globals, builtins, constants.

use taipan_objects::dict::Dict;
use taipan_objects::value::bits;

use super::uops;
use crate::bodies::duplicate_quick;
use crate::cursor::Cursor;
use crate::frame_stack::StackRef;

/// Pushes the value of an entry of a dict whose keys are those of the cache.
#[inline(always)]
fn push_entry(c: &mut Cursor, dict: &Dict, version: u64, index: u64) -> bool {
    if u64::from(dict.keys_version()) != version {
        return false;
    }
    // SAFETY: the value is counted at once. Under this version, which is not 0, the specializer found a key in the entry.
    let found = unsafe { dict.known_value(index as usize).bits() };
    c.push_word(duplicate_quick(StackRef(found)));
    true
}

uops! {
    /// Holds if the keys of the globals are those of the cache.
    quick GuardGlobalsVersion = |c: &mut Cursor, _: u32, [version, ..]: Operands| {
        u64::from(c.frame().globals().keys_version()) == version
    };
    /// A global variable.
    quick LoadGlobalModule = |c: &mut Cursor, _: u32, [version, index, _]: Operands| {
        // SAFETY: the frame keeps its function, which keeps the globals.
        let globals = unsafe { &*std::ptr::from_ref(&**c.frame().globals()) };
        push_entry(c, globals, version, index)
    };
    /// A builtin that no global hides.
    quick LoadGlobalBuiltins = |c: &mut Cursor, _: u32, [version, index, _]: Operands| {
        // SAFETY: as above; the specializer saw a plain dict, and the frame's function is the same code's.
        let builtins = unsafe { &*std::ptr::from_ref(c.frame().builtins()) };
        match builtins.downcast_exact::<Dict>() {
            Some(builtins) => push_entry(c, builtins, version, index),
            None => false,
        }
    };
    /// The place of `self` in front of a call's arguments, if the name is called.
    quick PushNullConditional = |c: &mut Cursor, oparg: u32, _: Operands| {
        if oparg & 1 != 0 {
            c.push_word(StackRef::NULL);
        }
        true
    };
    /// A constant that has a reference count.
    quick LoadConstMortal = |c: &mut Cursor, oparg: u32, _: Operands| {
        crate::bodies::load_const(c, oparg)
    };
    /// A constant without one: the word is the value.
    quick LoadConstImmortal = |c: &mut Cursor, oparg: u32, _: Operands| {
        // SAFETY: the opcode is written where there is such a constant.
        let word = unsafe { c.frame().code().consts.get_unchecked(oparg as usize).bits() };
        debug_assert!(!bits::is_pointer(word));
        c.push_word(StackRef(word));
        true
    };
}
