//! Scheduling: policies, priorities, and the processors a process may run on.

use taipan_macros::{constant, function};
use taipan_objects::args::{Args, check_count};
use taipan_objects::class::Type;
use taipan_objects::native::{Binding, ConstantDef, FunctionDef, NativeCode, descriptor_for};
use taipan_objects::raised::PyResult;
use taipan_objects::set::Set;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, id, int, protocol};

use crate::os_result::OsResult;
use crate::sys::process as calls;

/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![
    sched_get_priority_max,
    sched_get_priority_min,
    sched_getscheduler,
    sched_setscheduler,
    sched_getparam,
    sched_setparam,
    sched_rr_get_interval,
    sched_yield,
    sched_getaffinity,
    sched_setaffinity,
    cpu_count
];
/// The classes of this file.
pub const CONSTANTS: &[ConstantDef] = taipan_macros::constants![sched_param_class];

static SCHED_PARAM: StructSeqDef = StructSeqDef {
    name: "sched_param",
    module: "posix",
    doc: "Currently has only one field: sched_priority\n\n  sched_priority\n    A scheduling parameter.",
    fields: &[Field::new("sched_priority", "the scheduling priority")],
    visible: 1,
    instantiable: true,
    complete: None,
};

static REDUCE: FunctionDef = FunctionDef {
    name: "__reduce__",
    signature: None,
    doc: None,
    code: NativeCode::NoArgs(|this| {
        let fields = this
            .downcast::<Tuple>()
            .map_or_else(Tuple::empty, |fields| Tuple::from_slice(fields.as_slice()));
        Ok(Tuple::pair(this.class().to_value(), fields.into_value()).into_value())
    }),
    binding: Binding::Method,
};

#[constant(name = "sched_param")]
fn sched_param_class() -> Value {
    let class = SCHED_PARAM.class();
    class.slots.new.set(Some(new_sched_param));
    class
        .dict()
        .set_str(id!("__reduce__"), descriptor_for(class, &REDUCE));
    class.to_value()
}

/// `sched_param(sched_priority)`.
fn new_sched_param(_: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
    check_count("sched_param", args.values().len(), 1, 1)?;
    match args
        .positional()
        .first()
        .or_else(|| args.keyword("sched_priority"))
    {
        Some(priority) => Ok(SCHED_PARAM.make(vec![priority.clone()])),
        None => bail!(
            TypeError,
            "sched_param() missing required argument 'sched_priority' (pos 1)"
        ),
    }
}

/// The priority in a `sched_param`.
pub fn priority_of(value: &Value) -> PyResult<i32> {
    if !value.class().is(SCHED_PARAM.class()) {
        bail!(TypeError, "must have a sched_param object");
    }
    let priority = value
        .downcast::<Tuple>()
        .and_then(|fields| fields.get(0))
        .unwrap_or(Value::NONE);
    let number = int::as_i64(&priority)?;
    i32::try_from(number).map_err(|_| exc!(OverflowError, "sched_priority out of range"))
}

/// Get the maximum scheduling priority for policy.
#[function("(policy)")]
fn sched_get_priority_max(policy: i32) -> PyResult<i32> {
    calls::sched_get_priority_max(policy).or_raise()
}

/// Get the minimum scheduling priority for policy.
#[function("(policy)")]
fn sched_get_priority_min(policy: i32) -> PyResult<i32> {
    calls::sched_get_priority_min(policy).or_raise()
}

/// Get the scheduling policy for the process identified by pid.
///
/// Passing 0 for pid returns the scheduling policy for the calling process.
#[function("(pid, /)")]
fn sched_getscheduler(pid: i32) -> PyResult<i32> {
    calls::sched_getscheduler(pid).or_raise()
}

/// Set the scheduling policy for the process identified by pid.
///
/// If pid is 0, the calling process is changed.
/// param is an instance of sched_param.
#[function("(pid, policy, param, /)")]
fn sched_setscheduler(pid: i32, policy: i32, param: &Value) -> PyResult<()> {
    calls::sched_setscheduler(pid, policy, priority_of(param)?).or_raise()
}

/// Returns scheduling parameters for the process identified by pid.
///
/// If pid is 0, returns parameters for the calling process.
/// Return value is an instance of sched_param.
#[function("(pid, /)")]
fn sched_getparam(pid: i32) -> PyResult<Value> {
    let priority = calls::sched_getparam(pid).or_raise()?;
    Ok(SCHED_PARAM.make(vec![int::new(priority.into())]))
}

/// Set scheduling parameters for the process identified by pid.
///
/// If pid is 0, sets parameters for the calling process.
/// param should be an instance of sched_param.
#[function("(pid, param, /)")]
fn sched_setparam(pid: i32, param: &Value) -> PyResult<()> {
    calls::sched_setparam(pid, priority_of(param)?).or_raise()
}

/// Return the round-robin quantum for the process identified by pid, in seconds.
///
/// Value returned is a float.
#[function("(pid, /)")]
fn sched_rr_get_interval(pid: i32) -> PyResult<f64> {
    let interval = calls::sched_rr_get_interval(pid).or_raise()?;
    Ok(interval.tv_sec as f64 + 1e-9 * interval.tv_nsec as f64)
}

/// Voluntarily relinquish the CPU.
#[function("()")]
fn sched_yield() -> PyResult<()> {
    crate::blocking::call(calls::sched_yield)
        .or_raise()
        .map(drop)
}

/// Return the affinity of the process identified by pid (or the current process if zero).
///
/// The affinity is returned as a set of CPU identifiers.
#[function("(pid, /)")]
fn sched_getaffinity(pid: i32) -> PyResult<Ref<Set>> {
    let set = Set::new();
    for processor in calls::sched_getaffinity(pid).or_raise()? {
        set.add(int::from_usize(processor))?;
    }
    Ok(set)
}

/// Set the CPU affinity of the process identified by pid to mask.
///
///   pid
///     The process ID for which to set the CPU affinity mask.
///     If set to 0, affects the current process.
///   mask
///     An iterable of integers identifying CPUs.
#[function("(pid, mask, /)")]
fn sched_setaffinity(pid: i32, mask: &Value) -> PyResult<()> {
    let mut processors = Vec::new();
    protocol::iterate(mask, |item| {
        if !int::is_int(&item) {
            bail!(
                TypeError,
                "expected an iterator of ints, but iterator yielded {}",
                item.class().display_name()
            );
        }
        let number = int::as_i64(&item)?;
        match usize::try_from(number) {
            Ok(number) if number < 1 << 20 => processors.push(number),
            Ok(_) => bail!(OverflowError, "CPU number too large"),
            Err(_) => bail!(ValueError, "negative CPU number"),
        }
        Ok(())
    })?;
    calls::sched_setaffinity(pid, &processors).or_raise()
}

/// Return the number of logical CPUs in the system.
///
/// Return None if indeterminable.
#[function("()")]
fn cpu_count() -> Option<i64> {
    // `PYTHON_CPU_COUNT` and `-X cpu_count` replace what the system says.
    let wanted = crate::config::get().cpu_count.map(i64::from);
    wanted.or_else(|| {
        crate::sys::system::sysconf(libc::_SC_NPROCESSORS_ONLN)
            .ok()
            .filter(|&count| count > 0)
    })
}
