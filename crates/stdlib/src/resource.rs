//! `resource`: what a process may use, and what it used.

use std::io;

use taipan_macros::{define_module, function};
use taipan_objects::exceptions::{ExceptionKind, os_error};
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, float, int, protocol};

use crate::sys::resource as system;

define_module!(
    name = "resource",
    functions(getrusage, getrlimit, prlimit, setrlimit, getpagesize),
    init = fill,
);

static RUSAGE: StructSeqDef = StructSeqDef {
    name: "struct_rusage",
    module: "resource",
    doc: "struct_rusage: Result from getrusage.\n\nThis object may be accessed either as a tuple of\n    (utime,stime,maxrss,ixrss,idrss,isrss,minflt,majflt,\n    nswap,inblock,oublock,msgsnd,msgrcv,nsignals,nvcsw,nivcsw)\nor via the attributes ru_utime, ru_stime, ru_maxrss, and so on.",
    fields: &[
        Field::new("ru_utime", "user time used"),
        Field::new("ru_stime", "system time used"),
        Field::new("ru_maxrss", "max. resident set size"),
        Field::new("ru_ixrss", "shared memory size"),
        Field::new("ru_idrss", "unshared data size"),
        Field::new("ru_isrss", "unshared stack size"),
        Field::new("ru_minflt", "page faults not requiring I/O"),
        Field::new("ru_majflt", "page faults requiring I/O"),
        Field::new("ru_nswap", "number of swap outs"),
        Field::new("ru_inblock", "block input operations"),
        Field::new("ru_oublock", "block output operations"),
        Field::new("ru_msgsnd", "IPC messages sent"),
        Field::new("ru_msgrcv", "IPC messages received"),
        Field::new("ru_nsignals", "signals received"),
        Field::new("ru_nvcsw", "voluntary context switches"),
        Field::new("ru_nivcsw", "involuntary context switches"),
    ],
    visible: 16,
    instantiable: true,
    complete: None,
};

/// `RLIM_NLIMITS` of Linux.
const LIMIT_COUNT: i32 = 16;

const NUMBERS: &[(&str, i64)] = &[
    ("RLIMIT_CPU", libc::RLIMIT_CPU as i64),
    ("RLIMIT_FSIZE", libc::RLIMIT_FSIZE as i64),
    ("RLIMIT_DATA", libc::RLIMIT_DATA as i64),
    ("RLIMIT_STACK", libc::RLIMIT_STACK as i64),
    ("RLIMIT_CORE", libc::RLIMIT_CORE as i64),
    ("RLIMIT_NOFILE", libc::RLIMIT_NOFILE as i64),
    ("RLIMIT_OFILE", libc::RLIMIT_NOFILE as i64),
    ("RLIMIT_AS", libc::RLIMIT_AS as i64),
    ("RLIMIT_RSS", libc::RLIMIT_RSS as i64),
    ("RLIMIT_NPROC", libc::RLIMIT_NPROC as i64),
    ("RLIMIT_MEMLOCK", libc::RLIMIT_MEMLOCK as i64),
    ("RLIMIT_MSGQUEUE", libc::RLIMIT_MSGQUEUE as i64),
    ("RLIMIT_NICE", libc::RLIMIT_NICE as i64),
    ("RLIMIT_RTPRIO", libc::RLIMIT_RTPRIO as i64),
    ("RLIMIT_RTTIME", libc::RLIMIT_RTTIME as i64),
    ("RLIMIT_SIGPENDING", libc::RLIMIT_SIGPENDING as i64),
    ("RUSAGE_SELF", libc::RUSAGE_SELF as i64),
    ("RUSAGE_CHILDREN", libc::RUSAGE_CHILDREN as i64),
    ("RUSAGE_THREAD", libc::RUSAGE_THREAD as i64),
    ("RLIM_INFINITY", libc::RLIM_INFINITY as i64),
];

fn fill(module: &Ref<Module>) -> PyResult<()> {
    for &(name, number) in NUMBERS {
        module.set(name, int::new(number));
    }
    module.set("error", ExceptionKind::OSError.class());
    module.set("struct_rusage", RUSAGE.class());
    Ok(())
}

#[function("(who, /)")]
fn getrusage(who: i32) -> PyResult<Value> {
    let usage = match system::usage(who) {
        Ok(usage) => usage,
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            bail!(ValueError, "invalid who parameter")
        }
        Err(error) => return Err(os_error::os_error(&error, None)),
    };
    let seconds = |time: libc::timeval| float::new(time.tv_sec as f64 + time.tv_usec as f64 * 1e-6);
    let counts = [
        usage.ru_maxrss,
        usage.ru_ixrss,
        usage.ru_idrss,
        usage.ru_isrss,
        usage.ru_minflt,
        usage.ru_majflt,
        usage.ru_nswap,
        usage.ru_inblock,
        usage.ru_oublock,
        usage.ru_msgsnd,
        usage.ru_msgrcv,
        usage.ru_nsignals,
        usage.ru_nvcsw,
        usage.ru_nivcsw,
    ];
    let mut fields = vec![seconds(usage.ru_utime), seconds(usage.ru_stime)];
    fields.extend(counts.map(int::new));
    Ok(RUSAGE.make(fields))
}

fn check_resource(resource: i32) -> PyResult<u32> {
    match u32::try_from(resource) {
        Ok(number) if resource < LIMIT_COUNT => Ok(number),
        _ => bail!(ValueError, "invalid resource specified"),
    }
}

fn shown((soft, hard): system::Limits) -> (Value, Value) {
    (int::new(soft as i64), int::new(hard as i64))
}

/// A pair of limits from Python; -1 is no limit.
fn limits_of(limits: &Value) -> PyResult<system::Limits> {
    let items = protocol::collect(limits)?;
    let [soft, hard] = items.as_slice() else {
        bail!(ValueError, "expected a tuple of 2 integers")
    };
    Ok((int::as_i64(soft)? as u64, int::as_i64(hard)? as u64))
}

fn limit_error(error: &io::Error) -> Raised {
    match error.raw_os_error() {
        Some(libc::EINVAL) => exc!(ValueError, "current limit exceeds maximum limit"),
        Some(libc::EPERM) => exc!(ValueError, "not allowed to raise maximum limit"),
        _ => os_error::os_error(error, None),
    }
}

#[function("(resource, /)")]
fn getrlimit(resource: i32) -> PyResult<(Value, Value)> {
    let resource = check_resource(resource)?;
    system::limits(0, resource, None)
        .map(shown)
        .map_err(|error| os_error::os_error(&error, None))
}

#[function("(resource, limits, /)")]
fn setrlimit(resource: i32, limits: &Value) -> PyResult<()> {
    let resource = check_resource(resource)?;
    let new = limits_of(limits)?;
    system::limits(0, resource, Some(new))
        .map(drop)
        .map_err(|error| limit_error(&error))
}

#[function("(pid, resource, limits=None, /)")]
fn prlimit(pid: i32, resource: i32, limits: Option<&Value>) -> PyResult<(Value, Value)> {
    let resource = check_resource(resource)?;
    let new = limits.map(limits_of).transpose()?;
    system::limits(pid, resource, new)
        .map(shown)
        .map_err(|error| match error.raw_os_error() {
            Some(libc::EINVAL) => limit_error(&error),
            _ => os_error::os_error(&error, None),
        })
}

#[function("()")]
fn getpagesize() -> PyResult<i64> {
    crate::sys::system::sysconf(libc::_SC_PAGESIZE)
        .map_err(|error| os_error::os_error(&error, None))
}
