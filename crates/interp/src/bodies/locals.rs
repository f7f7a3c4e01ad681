//! Local variables, cells, constants, and moving words about the stack.

use taipan_bytecode::CommonConstant;
use taipan_compiler::kinds;
use taipan_objects::cell_object::CellObject;
use taipan_objects::class::Payload;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value, bits};
use taipan_objects::{bail, id};

use super::{Ending, close_quick, duplicate_quick, release_quick, would_die};
use crate::cursor::{Cursor, Step};
use crate::frame_stack::StackRef;

pub(crate) fn unknown_opcode(c: &mut Cursor, _oparg: u32) -> Step {
    // SAFETY: `ip` of the frame points at the running instruction.
    let byte = unsafe { *c.frame().ip } & 0xff;
    bail!(SystemError, "unknown opcode {byte}")
}

#[inline(always)]
pub(crate) fn nop(_: &mut Cursor, _oparg: u32) {}

#[inline(always)]
pub(crate) fn load_fast(c: &mut Cursor, oparg: u32) {
    // SAFETY: the place is a local's; the compiler proved it set.
    let word = unsafe { *c.local(oparg) };
    c.push_word(duplicate_quick(word));
}

#[inline(always)]
pub(crate) fn load_fast_borrow(c: &mut Cursor, oparg: u32) {
    // SAFETY: as above; the local outlives the word, the compiler proved.
    let word = unsafe { *c.local(oparg) };
    c.push_word(word.borrow());
}

#[inline(always)]
pub(crate) fn load_fast_load_fast(c: &mut Cursor, oparg: u32) {
    load_fast(c, oparg >> 4);
    load_fast(c, oparg & 15);
}

#[inline(always)]
pub(crate) fn load_fast_borrow_load_fast_borrow(c: &mut Cursor, oparg: u32) {
    load_fast_borrow(c, oparg >> 4);
    load_fast_borrow(c, oparg & 15);
}

#[inline(always)]
pub(crate) fn load_fast_and_clear(c: &mut Cursor, oparg: u32) {
    // SAFETY: the place is a local's.
    let word = unsafe { c.local(oparg).replace(StackRef::NULL) };
    c.push_word(word);
}

#[inline(always)]
pub(crate) fn load_fast_check(c: &mut Cursor, oparg: u32) -> bool {
    // SAFETY: the place is a local's.
    let word = unsafe { *c.local(oparg) };
    if word.is_null() {
        return false;
    }
    c.push_word(duplicate_quick(word));
    true
}

pub(crate) fn load_fast_check_full(c: &mut Cursor, oparg: u32) -> Step {
    // SAFETY: the place is a local's.
    let word = unsafe { *c.local(oparg) };
    if word.is_null() {
        return Err(unbound_local(c, oparg));
    }
    c.push_word(duplicate_quick(word));
    Ok(())
}

#[cold]
fn unbound_local(c: &Cursor, index: u32) -> Raised {
    let name = c.frame().code().localsplus_names[index as usize].clone();
    let message = format!(
        "cannot access local variable '{}' where it is not associated with a value",
        name.to_display()
    );
    exceptions::name_error(ExceptionKind::UnboundLocalError, &name, message)
}

/// Stores the top word in a local; borrowed words get a reference of their own. Answers what was there if its object dies.
#[inline(always)]
pub(crate) fn store_fast(c: &mut Cursor, oparg: u32) -> Option<StackRef> {
    let word = c.pop_word();
    // SAFETY: the word left the stack for the place, which is a local's.
    release_quick(unsafe { c.local(oparg).replace(word.promote()) })
}

#[inline(always)]
pub(crate) fn store_fast_load_fast(c: &mut Cursor, oparg: u32) -> Option<StackRef> {
    let dying = store_fast(c, oparg >> 4);
    load_fast(c, oparg & 15);
    dying
}

#[inline(always)]
pub(crate) fn store_fast_store_fast(c: &mut Cursor, oparg: u32) -> Ending {
    let (first, second) = (c.local(oparg >> 4), c.local(oparg & 15));
    let (top, below) = (c.word(0), c.word(1));
    // SAFETY: the places are locals'.
    unsafe {
        if top.is_borrowed() || below.is_borrowed() || (would_die(*first) && would_die(*second)) {
            return Ending::Refused;
        }
        c.sp = c.sp.sub(2);
        // The same place twice, or two names of one object: one release at most is the last.
        let (old_first, old_second) = (first.replace(top), second.replace(below));
        if !close_quick(old_first) {
            close_quick(old_second);
            return Ending::Release(old_first);
        }
        if !close_quick(old_second) {
            return Ending::Release(old_second);
        }
    }
    Ending::Done
}

pub(crate) fn store_fast_store_fast_full(c: &mut Cursor, oparg: u32) -> Step {
    for place in [oparg >> 4, oparg & 15] {
        if let Some(dying) = store_fast(c, place) {
            // SAFETY: nothing else holds the word any more.
            unsafe { dying.close() };
        }
    }
    Ok(())
}

pub(crate) fn delete_fast(c: &mut Cursor, oparg: u32) -> Step {
    // SAFETY: the place is a local's.
    let word = unsafe { c.local(oparg).replace(StackRef::NULL) };
    if word.is_null() {
        return Err(unbound_local(c, oparg));
    }
    // SAFETY: the word left its place.
    unsafe { word.close() };
    Ok(())
}

#[inline(always)]
pub(crate) fn load_const(c: &mut Cursor, oparg: u32) -> bool {
    let Some(constant) = c.frame().code().consts.get(oparg as usize) else {
        return false;
    };
    let word = StackRef(constant.bits());
    c.push_word(duplicate_quick(word));
    true
}

pub(crate) fn load_const_full(_: &mut Cursor, oparg: u32) -> Step {
    bail!(SystemError, "the code has no constant {oparg}")
}

#[inline(always)]
pub(crate) fn load_small_int(c: &mut Cursor, oparg: u32) {
    c.push_word(StackRef(bits::from_small_int(i64::from(oparg))));
}

pub(crate) fn load_common_constant(c: &mut Cursor, oparg: u32) -> Step {
    let value = match CommonConstant::from_number(oparg) {
        Some(CommonConstant::AssertionError) => ExceptionKind::AssertionError.class().to_value(),
        Some(CommonConstant::NotImplementedError) => {
            ExceptionKind::NotImplementedError.class().to_value()
        }
        Some(CommonConstant::Tuple) => Tuple::class().to_value(),
        Some(CommonConstant::All) => builtin(c, id!("all"))?,
        Some(CommonConstant::Any) => builtin(c, id!("any"))?,
        None => bail!(SystemError, "bad constant number {oparg}"),
    };
    c.push(value);
    Ok(())
}

/// A builtin function, from the module itself: a program that rebinds the name does not change it.
fn builtin(_c: &Cursor, name: &Ref<Str>) -> PyResult<Value> {
    let builtins = taipan_objects::runtime::import_module("builtins")?;
    taipan_objects::protocol::getattr(&builtins, name)
}

#[inline(always)]
pub(crate) fn push_null(c: &mut Cursor, _oparg: u32) {
    c.push_word(StackRef::NULL);
}

#[inline(always)]
pub(crate) fn copy(c: &mut Cursor, oparg: u32) {
    let word = c.word(oparg as usize - 1);
    c.push_word(duplicate_quick(word));
}

#[inline(always)]
pub(crate) fn swap(c: &mut Cursor, oparg: u32) {
    let depth = oparg as usize - 1;
    let (top, bottom) = (c.word(0), c.word(depth));
    c.set_word(0, bottom);
    c.set_word(depth, top);
}

#[inline(always)]
pub(crate) fn pop_top(c: &mut Cursor, _oparg: u32) -> Option<StackRef> {
    release_quick(c.pop_word())
}

/// Views a cell behind a local's word.
#[inline(always)]
fn cell_at(c: &Cursor, index: u32) -> &Ref<CellObject> {
    // SAFETY: the compiler put a cell there; the word has the bits of a `Ref`, and stays while the op runs.
    unsafe { &*c.local(index).cast::<Ref<CellObject>>() }
}

pub(crate) fn make_cell(c: &mut Cursor, oparg: u32) -> Step {
    let place = c.local(oparg);
    // SAFETY: the place is a local's; its word moves into the cell.
    unsafe {
        let old = place.replace(StackRef::NULL);
        let cell = CellObject::new(old.into_option());
        *place = StackRef::from_value(cell.into_value());
    }
    Ok(())
}

pub(crate) fn copy_free_vars(c: &mut Cursor, oparg: u32) -> Step {
    let function = c.frame().function();
    let Some(closure) = function.closure.get() else {
        bail!(SystemError, "a closure is missing")
    };
    let first = c.frame().local_count() - oparg as usize;
    for (index, cell) in closure.tail().iter().enumerate() {
        // SAFETY: free variables are the last of the locals.
        unsafe { *c.local((first + index) as u32) = StackRef::from_value(cell.clone()) };
    }
    Ok(())
}

#[inline(always)]
pub(crate) fn load_deref(c: &mut Cursor, oparg: u32) -> bool {
    // SAFETY: the contents are counted before anything else runs.
    let word = unsafe {
        cell_at(c, oparg)
            .contents
            .peek()
            .map_or(StackRef::NULL, |value| StackRef(value.bits()))
    };
    if word.is_null() {
        return false;
    }
    c.push_word(duplicate_quick(word));
    true
}

pub(crate) fn load_deref_full(c: &mut Cursor, oparg: u32) -> Step {
    match cell_at(c, oparg).contents.get() {
        Some(value) => {
            c.push(value);
            Ok(())
        }
        None => Err(unbound_cell(c, oparg)),
    }
}

/// The NameError for an empty cell: one's own variable or one of an enclosing function.
#[cold]
pub(crate) fn unbound_cell(c: &Cursor, index: u32) -> Raised {
    let code = c.frame().code();
    let name = code.localsplus_names[index as usize].clone();
    if code.localsplus_kinds.0[index as usize] & kinds::FREE == 0 {
        return unbound_local(c, index);
    }
    let message = format!(
        "cannot access free variable '{}' where it is not associated with a value in enclosing scope",
        name.to_display()
    );
    exceptions::name_error(ExceptionKind::NameError, &name, message)
}

pub(crate) fn store_deref(c: &mut Cursor, oparg: u32) -> Step {
    let value = c.pop();
    cell_at(c, oparg).contents.set(Some(value));
    Ok(())
}

pub(crate) fn delete_deref(c: &mut Cursor, oparg: u32) -> Step {
    if cell_at(c, oparg).contents.take().is_none() {
        return Err(unbound_cell(c, oparg));
    }
    Ok(())
}

/// What the cell of a free variable holds, if anything.
pub(crate) fn cell_contents(c: &Cursor, index: u32) -> Option<Value> {
    cell_at(c, index).contents.get()
}
