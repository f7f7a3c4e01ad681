//! The running code: frames, exceptions being handled, tracing, asynchronous generators.

use taipan_interp::frames;
use taipan_interp::specialize::stats;
use taipan_interp::traces::{Cause, registry};
use taipan_interp::tracing::{self, Threads};
use taipan_macros::function;
use taipan_objects::class::{ClassFlags, Type, clear_lookup_cache};
use taipan_objects::dict::Dict;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol, thread};

/// Return the frame object of the caller, or of the depth-th call above it.
///
/// This is meant for special purposes of the implementation.
#[function("(depth=0, /)")]
pub(super) fn _getframe(depth: i32) -> PyResult<Value> {
    match frames::frame_object_at(depth.max(0) as usize) {
        Some(frame) => {
            super::audit("sys._getframe", std::slice::from_ref(&frame))?;
            Ok(frame)
        }
        None => bail!(ValueError, "call stack is not deep enough"),
    }
}

/// Return the name of the module of the caller, or of the depth-th call above it, or None.
#[function("(depth=0)")]
pub(super) fn _getframemodulename(depth: i32) -> PyResult<Value> {
    super::audit("sys._getframemodulename", &[int::new(depth.into())])?;
    let Some(function) = frames::function_at(depth.max(0) as usize) else {
        return Ok(Value::NONE);
    };
    Ok(protocol::getattr_optional(function.as_value(), id!("__module__"))?.unwrap_or(Value::NONE))
}

/// Return a dictionary from each thread's identifier to its frame.
#[function("()")]
pub(super) fn _current_frames() -> PyResult<Ref<Dict>> {
    super::audit("sys._current_frames", &[])?;
    let mut found = Vec::new();
    runtime::for_each_thread(|state| {
        found.extend(frames::frame_object_of_thread(state).map(|frame| (state.ident, frame)))
    });
    by_thread(found)
}

/// Return a dictionary from each thread's identifier to the exception it is handling.
#[function("()")]
pub(super) fn _current_exceptions() -> PyResult<Ref<Dict>> {
    super::audit("sys._current_exceptions", &[])?;
    let mut found = Vec::new();
    runtime::for_each_thread(|state| {
        found.push((
            state.ident,
            thread::handled_by(state).map_or(Value::NONE, Ref::into_value),
        ))
    });
    by_thread(found)
}

fn by_thread(found: Vec<(u64, Value)>) -> PyResult<Ref<Dict>> {
    let threads = Dict::new();
    for (ident, value) in found {
        threads.set(int::from_u64(ident), value)?;
    }
    Ok(threads)
}

/// Return (class, exception, traceback) of the exception that is being handled, or three times None.
#[function("()")]
pub(super) fn exc_info() -> Ref<Tuple> {
    match thread::handled_exception() {
        Some(exception) => {
            let traceback = exception.traceback().unwrap_or(Value::NONE);
            Tuple::from_array([
                exception.class().to_value(),
                exception.into_value(),
                traceback,
            ])
        }
        None => Tuple::from_array([Value::NONE, Value::NONE, Value::NONE]),
    }
}

/// Return the exception that is being handled, or None.
#[function("()")]
pub(super) fn exception() -> Option<Value> {
    thread::handled_exception().map(Ref::into_value)
}

/// The function, or nothing for None.
fn hook(function: &Value) -> Option<Value> {
    Some(function.clone()).filter(|function| !function.is_none())
}

/// Set the function that is told about every call, line, return and exception, in this thread.
#[function("(function, /)")]
pub(super) fn settrace(function: &Value) -> PyResult<()> {
    super::audit("sys.settrace", &[])?;
    tracing::set_trace(hook(function), Threads::Current);
    Ok(())
}

/// Return the function that settrace() set, or None.
#[function("()")]
pub(super) fn gettrace() -> Option<Value> {
    thread::current().trace.get()
}

/// Set the function that is told about every call and return, in this thread.
#[function("(function, /)")]
pub(super) fn setprofile(function: &Value) -> PyResult<()> {
    super::audit("sys.setprofile", &[])?;
    tracing::set_profile(hook(function), Threads::Current);
    Ok(())
}

/// Return the function that setprofile() set, or None.
#[function("()")]
pub(super) fn getprofile() -> Option<Value> {
    thread::current().profile.get()
}

/// As settrace(), for all threads.
#[function("(function, /)")]
pub(super) fn _settraceallthreads(function: &Value) {
    tracing::set_trace(hook(function), Threads::All);
}

/// As setprofile(), for all threads.
#[function("(function, /)")]
pub(super) fn _setprofileallthreads(function: &Value) {
    tracing::set_profile(hook(function), Threads::All);
}

/// Call func(*args) with tracing enabled, for debuggers that run code while they trace.
#[function("(func, args, /)")]
pub(super) fn call_tracing(func: &Value, args: &Ref<Tuple>) -> PyResult<Value> {
    tracing::call_tracing(func, args.as_slice())
}

static ASYNCGEN_HOOKS: StructSeqDef = StructSeqDef {
    name: "asyncgen_hooks",
    module: "sys",
    doc: "The functions of set_asyncgen_hooks().",
    fields: &[
        Field::new(
            "firstiter",
            "called when an asynchronous generator is first iterated",
        ),
        Field::new("finalizer", "called when one is finalized"),
    ],
    visible: 2,
    instantiable: true,
    complete: None,
};

/// Return the functions that asynchronous generators call.
#[function("()")]
pub(super) fn get_asyncgen_hooks() -> Value {
    let (first, finalizer) = &thread::current().asyncgen_hooks;
    ASYNCGEN_HOOKS.make(vec![
        first.get().unwrap_or(Value::NONE),
        finalizer.get().unwrap_or(Value::NONE),
    ])
}

/// set_asyncgen_hooks([firstiter] [, finalizer])
///
/// Set the functions that asynchronous generators call when they start and when they are finalized.
#[function("(firstiter=<unrepresentable>, finalizer=<unrepresentable>)", nosig)]
pub(super) fn set_asyncgen_hooks(
    firstiter: Option<&Value>,
    finalizer: Option<&Value>,
) -> PyResult<()> {
    for (name, hook) in [("finalizer", finalizer), ("firstiter", firstiter)] {
        if let Some(hook) = hook
            && !hook.is_none()
            && !protocol::is_callable(hook)
        {
            bail!(
                TypeError,
                "callable {name} expected, got {}",
                hook.class().name()
            );
        }
    }
    let (first_slot, finalizer_slot) = &thread::current().asyncgen_hooks;
    for (slot, hook) in [(finalizer_slot, finalizer), (first_slot, firstiter)] {
        if let Some(hook) = hook {
            super::audit(
                if std::ptr::eq(slot, first_slot) {
                    "sys.set_asyncgen_hooks_firstiter"
                } else {
                    "sys.set_asyncgen_hooks_finalizer"
                },
                &[],
            )?;
            slot.set(Some(hook.clone()).filter(|hook| !hook.is_none()));
        }
    }
    Ok(())
}

/// Return how many frames a new coroutine remembers of where it was made.
#[function("()")]
pub(super) fn get_coroutine_origin_tracking_depth() -> u32 {
    thread::current().origin_depth.get()
}

/// Set how many frames a new coroutine remembers of where it was made.
#[function("(depth)")]
pub(super) fn set_coroutine_origin_tracking_depth(depth: i32) -> PyResult<()> {
    match u32::try_from(depth) {
        Ok(depth) => {
            thread::current().origin_depth.set(depth);
            Ok(())
        }
        Err(_) => bail!(ValueError, "depth must be >= 0"),
    }
}

/// Clear the cache of attribute lookups.
#[function("()")]
pub(super) fn _clear_type_cache() {
    clear_lookup_cache();
}

/// Clear the caches of the implementation: lookups, and traces.
#[function("()")]
pub(super) fn _clear_internal_caches() {
    registry::invalidate_all(Cause::All);
    clear_lookup_cache();
}

/// Count from now on.
#[function("()")]
pub(super) fn _stats_on() {
    stats::set_counting(true);
}

/// Count no longer.
#[function("()")]
pub(super) fn _stats_off() {
    stats::set_counting(false);
}

/// Forget what was counted.
#[function("()")]
pub(super) fn _stats_clear() {
    stats::clear();
}

/// Write what was counted where `-X stats` says.
#[function("()")]
pub(super) fn _stats_dump() -> PyResult<bool> {
    match stats::dump() {
        Ok(()) => Ok(true),
        Err(error) => bail!(OSError, "{error}"),
    }
}

/// Remove the descriptors of `__dict__` and `__weakref__` from a class that is being replaced by another.
#[function("(type, /)")]
pub(super) fn _clear_type_descriptors(class: &Ref<Type>) -> PyResult<()> {
    if class.has(ClassFlags::IMMUTABLE) {
        bail!(TypeError, "argument is immutable");
    }
    let dict = class.dict();
    for name in [id!("__dict__"), id!("__weakref__")] {
        dict.remove_str(name);
    }
    class.modified();
    Ok(())
}

/// Return whether frames leave trampolines on the native stack for profilers. They do not.
#[function("()")]
pub(super) fn is_stack_trampoline_active() -> bool {
    false
}

/// Let frames leave trampolines on the native stack for profilers, which is not supported.
#[function("(backend, /)")]
pub(super) fn activate_stack_trampoline(backend: &Ref<Str>) -> PyResult<()> {
    bail!(
        ValueError,
        "perf trampoline not available: {}",
        backend.to_display()
    )
}

/// Stop leaving trampolines on the native stack.
#[function("()")]
pub(super) fn deactivate_stack_trampoline() {}

/// Return whether other processes can make this one execute code. They cannot.
#[function("()")]
pub(super) fn is_remote_debug_enabled() -> bool {
    false
}

/// Execute a script in another process, which is not supported.
#[function("(pid, script)")]
pub(super) fn remote_exec(_pid: i32, _script: &Value) -> PyResult<()> {
    bail!(RuntimeError, "Remote debugging is not enabled")
}
