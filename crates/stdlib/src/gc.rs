//! `gc`: the interface to the collector of cycles.

use taipan_macros::{define_module, function};
use taipan_objects::args::Args;
use taipan_objects::dict::Dict;
use taipan_objects::gc;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

define_module!(
    name = "gc",
    doc = "This module provides access to the garbage collector for reference cycles.\n\nenable() -- Enable automatic garbage collection.\ndisable() -- Disable automatic garbage collection.\nisenabled() -- Returns true if automatic collection is enabled.\ncollect() -- Do a full collection right now.\nget_count() -- Return the current collection counts.\nget_stats() -- Return list of dictionaries containing per-generation stats.\nset_debug() -- Set debugging flags.\nget_debug() -- Get debugging flags.\nset_threshold() -- Set the collection thresholds.\nget_threshold() -- Return the current collection thresholds.\nget_objects() -- Return a list of all objects tracked by the collector.\nis_tracked() -- Returns true if a given object is tracked.\nis_finalized() -- Returns true if a given object has been already finalized.\nget_referrers() -- Return the list of objects that refer to an object.\nget_referents() -- Return the list of objects that an object refers to.\nfreeze() -- Freeze all tracked objects and ignore them for future collections.\nunfreeze() -- Unfreeze all objects in the permanent generation.\nget_freeze_count() -- Return the number of objects in the permanent generation.\n",
    functions(
        enable,
        disable,
        isenabled,
        collect,
        get_count,
        get_threshold,
        set_threshold,
        get_debug,
        set_debug,
        get_objects,
        get_referrers,
        get_referents,
        get_stats,
        is_tracked,
        is_finalized,
        freeze,
        unfreeze,
        get_freeze_count,
    ),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("garbage", gc::garbage());
    module.set("callbacks", gc::callbacks());
    let flags = [
        ("DEBUG_STATS", gc::debug::STATS),
        ("DEBUG_COLLECTABLE", gc::debug::COLLECTABLE),
        ("DEBUG_UNCOLLECTABLE", gc::debug::UNCOLLECTABLE),
        ("DEBUG_SAVEALL", gc::debug::SAVEALL),
        ("DEBUG_LEAK", gc::debug::LEAK),
    ];
    for (name, bits) in flags {
        module.set(name, int::new(i64::from(bits)));
    }
    Ok(())
}

/// Enable automatic garbage collection.
#[function("()")]
fn enable() {
    gc::set_enabled(true);
}

/// Disable automatic garbage collection.
#[function("()")]
fn disable() {
    gc::set_enabled(false);
}

/// Returns true if automatic garbage collection is enabled.
#[function("()")]
fn isenabled() -> bool {
    gc::is_enabled()
}

/// Run the garbage collector.
///
/// With no arguments, run a full collection.  The optional argument
/// may be an integer specifying which generation to collect.  A ValueError
/// is raised if the generation number is invalid.
///
/// The number of unreachable objects is returned.
#[function("(generation=2)")]
fn collect(generation: i32) -> PyResult<usize> {
    match generation {
        0..=2 => Ok(gc::collect(generation as u8)),
        _ => bail!(ValueError, "invalid generation"),
    }
}

fn three(numbers: [i32; 3]) -> Ref<Tuple> {
    Tuple::from_array(numbers.map(|number| int::new(i64::from(number))))
}

/// Return a three-tuple of the current collection counts.
#[function("()")]
fn get_count() -> Ref<Tuple> {
    three(gc::counts())
}

/// Return the current collection thresholds.
#[function("()")]
fn get_threshold() -> Ref<Tuple> {
    three(gc::thresholds())
}

/// set_threshold(threshold0, [threshold1, [threshold2]])
/// Set the collection thresholds (the collection frequency).
///
/// Setting 'threshold0' to zero disables collection.
#[function(nosig)]
fn set_threshold(args: Args<'_>) -> PyResult<()> {
    args.no_keywords("gc.set_threshold")?;
    let given = args.positional();
    if !(1..=3).contains(&given.len()) {
        bail!(TypeError, "gc.set_threshold requires 1 to 3 arguments");
    }
    let mut thresholds = gc::thresholds();
    for (place, value) in thresholds.iter_mut().zip(given) {
        *place = int::as_i32(value)?;
    }
    gc::set_thresholds(thresholds);
    Ok(())
}

/// Get the garbage collection debugging flags.
#[function("()")]
fn get_debug() -> i32 {
    gc::debug_flags()
}

/// Set the garbage collection debugging flags.
///
///   flags
///     An integer that can have the following bits turned on:
///       DEBUG_STATS - Print statistics during collection.
///       DEBUG_COLLECTABLE - Print collectable objects found.
///       DEBUG_UNCOLLECTABLE - Print unreachable but uncollectable objects
///         found.
///       DEBUG_SAVEALL - Save objects to gc.garbage rather than freeing them.
///       DEBUG_LEAK - Debug leaking programs (everything but STATS).
///
/// Debugging information is written to sys.stderr.
#[function("(flags, /)")]
fn set_debug(flags: i32) {
    gc::set_debug_flags(flags);
}

/// Return a list of objects tracked by the collector (excluding the list returned).
///
///   generation
///     Generation to extract the objects from.
///
/// If generation is not None, return only the objects tracked by the collector
/// that are in that generation.
#[function("(generation=None)")]
fn get_objects(generation: Option<isize>) -> PyResult<Ref<List>> {
    let objects = match generation {
        None | Some(-1) => gc::objects(None),
        Some(0) => gc::objects(Some(true)),
        // What survived one collection is old at once; the middle generation is a part of it with nothing in it.
        Some(1) => Vec::new(),
        Some(2) => gc::objects(Some(false)),
        Some(generation) if generation < 0 => {
            bail!(ValueError, "generation parameter cannot be negative")
        }
        Some(_) => bail!(
            ValueError,
            "generation parameter must be less than the number of available generations (3)"
        ),
    };
    Ok(List::new(objects))
}

/// get_referrers(*objs)
///
/// Return the list of objects that directly refer to any of 'objs'.
#[function("(*objs)")]
fn get_referrers(objs: &[Value]) -> Ref<List> {
    List::new(gc::referrers(objs))
}

/// get_referents(*objs)
///
/// Return the list of objects that are directly referred to by 'objs'.
#[function("(*objs)")]
fn get_referents(objs: &[Value]) -> Ref<List> {
    List::new(gc::referents(objs))
}

/// Return a list of dictionaries containing per-generation statistics.
#[function("()")]
fn get_stats() -> Ref<List> {
    let entry = |statistics: gc::Statistics| {
        let dict = Dict::new();
        dict.set_str(id!("collections"), int::from_u64(statistics.collections));
        dict.set_str(id!("collected"), int::from_u64(statistics.collected));
        dict.set_str(
            id!("uncollectable"),
            int::from_u64(statistics.uncollectable),
        );
        dict.into_value()
    };
    List::new(gc::statistics().map(entry).to_vec())
}

/// Returns true if the object is tracked by the garbage collector.
///
/// Simple atomic objects will return false.
#[function("(obj, /)")]
fn is_tracked(obj: &Value) -> bool {
    gc::is_tracked(obj)
}

/// Returns true if the object has been already finalized by the garbage collector.
#[function("(obj, /)")]
fn is_finalized(obj: &Value) -> bool {
    gc::is_finalized(obj)
}

/// Freeze all current tracked objects and ignore them for future collections.
///
/// This can be used before a POSIX fork() call to make the gc copy-on-write friendly.
/// Note: collection before a POSIX fork() call may free pages for future allocation
/// which can cause copy-on-write.
#[function("()")]
fn freeze() {
    gc::freeze();
}

/// Unfreeze all objects in the permanent generation.
///
/// Put all objects in the permanent generation back into oldest generation.
#[function("()")]
fn unfreeze() {
    gc::unfreeze();
}

/// Return the number of objects in the permanent generation.
#[function("()")]
fn get_freeze_count() -> usize {
    gc::freeze_count()
}
