//! The system around the process: names, limits, times, random numbers, terminals, timers.

use libc::c_int;
use taipan_macros::{constant, function};
use taipan_objects::bytes::Bytes;
use taipan_objects::exceptions::{ExceptionKind, os_error};
use taipan_objects::list::List;
use taipan_objects::native::{ConstantDef, FunctionDef};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, float, int};

use super::arguments::{Fildes, PathOrFd};
use super::names::{self, ConfstrName, PathconfName, SysconfName};
use crate::blocking;
use crate::filesystem::fs_decode;
use crate::os_result::OsResult;
use crate::sys::{file, path, process, system as calls};

/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![
    uname,
    sysconf,
    confstr,
    pathconf,
    fpathconf,
    getloadavg,
    times,
    urandom,
    getrandom,
    strerror,
    sync,
    get_terminal_size,
    ttyname,
    openpty,
    posix_openpt,
    grantpt,
    unlockpt,
    ptsname,
    timerfd_create,
    timerfd_settime,
    timerfd_settime_ns,
    timerfd_gettime,
    timerfd_gettime_ns,
    _inputhook,
    _is_inputhook_installed
];
/// The constants of this file.
pub const CONSTANTS: &[ConstantDef] = taipan_macros::constants![
    uname_result_class,
    times_result_class,
    terminal_size_class,
    sysconf_names,
    confstr_names,
    pathconf_names,
    error,
    _have_functions
];

static UNAME_RESULT: StructSeqDef = StructSeqDef {
    name: "uname_result",
    module: "posix",
    doc: "uname_result: Result from os.uname().\n\nThis object may be accessed either as a tuple of\n  (sysname, nodename, release, version, machine),\nor via the attributes sysname, nodename, release, version, and machine.\n\nSee os.uname for more information.",
    fields: &[
        Field::new("sysname", "operating system name"),
        Field::new(
            "nodename",
            "name of machine on network (implementation-defined)",
        ),
        Field::new("release", "operating system release"),
        Field::new("version", "operating system version"),
        Field::new("machine", "hardware identifier"),
    ],
    visible: 5,
    instantiable: true,
    complete: None,
};

static TIMES_RESULT: StructSeqDef = StructSeqDef {
    name: "times_result",
    module: "posix",
    doc: "times_result: Result from os.times().\n\nThis object may be accessed either as a tuple of\n  (user, system, children_user, children_system, elapsed),\nor via the attributes user, system, children_user, children_system,\nand elapsed.\n\nSee os.times for more information.",
    fields: &[
        Field::new("user", "user time"),
        Field::new("system", "system time"),
        Field::new("children_user", "user time of children"),
        Field::new("children_system", "system time of children"),
        Field::new(
            "elapsed",
            "elapsed time since an arbitrary point in the past",
        ),
    ],
    visible: 5,
    instantiable: true,
    complete: None,
};

static TERMINAL_SIZE: StructSeqDef = StructSeqDef {
    name: "terminal_size",
    module: "os",
    doc: "A tuple of (columns, lines) for holding terminal window size",
    fields: &[
        Field::new("columns", "width of the terminal window in characters"),
        Field::new("lines", "height of the terminal window in characters"),
    ],
    visible: 2,
    instantiable: true,
    complete: None,
};

#[constant(name = "uname_result")]
fn uname_result_class() -> Value {
    UNAME_RESULT.class().to_value()
}

#[constant(name = "times_result")]
fn times_result_class() -> Value {
    TIMES_RESULT.class().to_value()
}

#[constant(name = "terminal_size")]
fn terminal_size_class() -> Value {
    TERMINAL_SIZE.class().to_value()
}

#[constant]
fn sysconf_names() -> Value {
    names::name_dict(names::SYSCONF_NAMES).into_value()
}

#[constant]
fn confstr_names() -> Value {
    names::name_dict(names::CONFSTR_NAMES).into_value()
}

#[constant]
fn pathconf_names() -> Value {
    names::name_dict(names::PATHCONF_NAMES).into_value()
}

#[constant]
fn error() -> Value {
    ExceptionKind::OSError.class().to_value()
}

/// What the system has, from which `os` tells which arguments its functions take.
#[constant]
fn _have_functions() -> Ref<List> {
    const HAVE: &[&str] = &[
        "HAVE_EVENTFD",
        "HAVE_TIMERFD_CREATE",
        "HAVE_FACCESSAT",
        "HAVE_FCHDIR",
        "HAVE_FCHMOD",
        "HAVE_FCHMODAT",
        "HAVE_FCHOWN",
        "HAVE_FCHOWNAT",
        "HAVE_FEXECVE",
        "HAVE_FDOPENDIR",
        "HAVE_FPATHCONF",
        "HAVE_FSTATAT",
        "HAVE_FSTATVFS",
        "HAVE_FTRUNCATE",
        "HAVE_FUTIMENS",
        "HAVE_FUTIMES",
        "HAVE_FUTIMESAT",
        "HAVE_LINKAT",
        "HAVE_LCHOWN",
        "HAVE_LSTAT",
        "HAVE_LUTIMES",
        "HAVE_MEMFD_CREATE",
        "HAVE_MKDIRAT",
        "HAVE_MKFIFOAT",
        "HAVE_MKNODAT",
        "HAVE_OPENAT",
        "HAVE_READLINKAT",
        "HAVE_RENAMEAT",
        "HAVE_SYMLINKAT",
        "HAVE_UNLINKAT",
        "HAVE_UTIMENSAT",
        "HAVE_PTSNAME_R",
    ];
    List::new(
        HAVE.iter()
            .map(|name| Str::new(name).into_value())
            .collect(),
    )
}

/// Return an object identifying the current operating system.
///
/// The object behaves like a named tuple with the following fields:
///   (sysname, nodename, release, version, machine)
#[function("()")]
fn uname() -> PyResult<Value> {
    let names = calls::uname().or_raise()?;
    Ok(UNAME_RESULT.make(
        names
            .iter()
            .map(|name| fs_decode(name).into_value())
            .collect(),
    ))
}

/// Return an integer-valued system configuration variable.
#[function("(name, /)")]
fn sysconf(name: SysconfName) -> PyResult<i64> {
    calls::sysconf(name.0).or_raise()
}

/// Return a string-valued system configuration variable.
#[function("(name, /)")]
fn confstr(name: ConfstrName) -> PyResult<Option<Ref<Str>>> {
    Ok(calls::confstr(name.0)
        .or_raise()?
        .map(|text| fs_decode(&text)))
}

/// Return the configuration limit name for the file or directory path.
///
/// If there is no limit, return -1.
/// On some platforms, path may also be specified as an open file descriptor.
///   If this functionality is unavailable, using it raises an exception.
#[function("(path, name)")]
fn pathconf(path: PathOrFd, name: PathconfName) -> PyResult<i64> {
    match &path {
        PathOrFd::Descriptor(fd, _) => file::fpathconf(*fd, name.0).or_raise(),
        PathOrFd::Path(given) => {
            let answer = path::pathconf(given.as_c_str(), name.0);
            // A name that the system does not know is not the path's fault.
            match answer {
                Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Err(error).or_raise(),
                answer => path.check(answer),
            }
        }
    }
}

/// Return the configuration limit name for the file descriptor fd.
///
/// If there is no limit, return -1.
#[function("(fd, name, /)")]
fn fpathconf(fd: Fildes, name: PathconfName) -> PyResult<i64> {
    file::fpathconf(fd.0, name.0).or_raise()
}

/// Return average recent system load information.
///
/// Return the number of processes in the system run queue averaged over
/// the last 1, 5, and 15 minutes as a tuple of three floats.
/// Raises OSError if the load average was unobtainable.
#[function("()")]
fn getloadavg() -> PyResult<(f64, f64, f64)> {
    match calls::getloadavg() {
        Some([one, five, fifteen]) => Ok((one, five, fifteen)),
        None => bail!(OSError, "Load averages are unobtainable"),
    }
}

/// Return a collection containing process timing information.
///
/// The object returned behaves like a named tuple with these fields:
///   (utime, stime, cutime, cstime, elapsed_time)
/// All fields are floating-point numbers.
#[function("()")]
fn times() -> PyResult<Value> {
    let times = calls::times().or_raise()?;
    Ok(TIMES_RESULT.make(times.map(float::new).into()))
}

/// Fills a buffer with random bytes.
pub fn fill_random(buffer: &mut [u8], flags: u32) -> PyResult<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        filled += blocking::retry(|| calls::getrandom(&mut buffer[filled..], flags)).or_raise()?;
    }
    Ok(())
}

/// Return a bytes object containing random bytes suitable for cryptographic use.
#[function("(size, /)")]
fn urandom(size: isize) -> PyResult<Ref<Bytes>> {
    let Ok(size) = usize::try_from(size) else {
        bail!(ValueError, "negative argument not allowed");
    };
    let mut buffer = Vec::new();
    super::files::reserve(&mut buffer, size)?;
    buffer.resize(size, 0);
    fill_random(&mut buffer, 0)?;
    Ok(Bytes::new(&buffer))
}

/// Obtain a series of random bytes.
#[function("(size, flags=0)")]
fn getrandom(size: isize, flags: i32) -> PyResult<Ref<Bytes>> {
    let Ok(size) = usize::try_from(size) else {
        return Err(std::io::Error::from_raw_os_error(libc::EINVAL)).or_raise();
    };
    let mut buffer = Vec::new();
    super::files::reserve(&mut buffer, size)?;
    buffer.resize(size, 0);
    let count = blocking::retry(|| calls::getrandom(&mut buffer, flags as u32)).or_raise()?;
    Ok(Bytes::new(&buffer[..count]))
}

/// Translate an error code to a message string.
#[function("(code, /)")]
fn strerror(code: i32) -> String {
    os_error::errno_text(code)
}

/// Force write of everything to disk.
#[function("()")]
fn sync() {
    blocking::call(process::sync);
}

/// Return the size of the terminal window as (columns, lines).
///
/// The optional argument fd (default standard output) specifies
/// which file descriptor should be queried.
///
/// If the file descriptor is not connected to a terminal, an OSError
/// is thrown.
///
/// This function will only be defined if an implementation is
/// available for this system.
///
/// shutil.get_terminal_size is the high-level function which should
/// normally be used, os.get_terminal_size is the low-level implementation.
#[function("(fd=<unrepresentable>, /)")]
fn get_terminal_size(fd: Option<i32>) -> PyResult<Value> {
    let (columns, lines) = file::terminal_size(fd.unwrap_or(1)).or_raise()?;
    Ok(TERMINAL_SIZE.make(vec![int::new(columns.into()), int::new(lines.into())]))
}

/// Return the name of the terminal device connected to 'fd'.
///
///   fd
///     Integer file descriptor handle.
#[function("(fd, /)")]
fn ttyname(fd: i32) -> PyResult<Ref<Str>> {
    Ok(fs_decode(&file::ttyname(fd).or_raise()?))
}

/// Open a pseudo-terminal.
///
/// Return a tuple of (master_fd, slave_fd) containing open file descriptors
/// for both the master and slave ends.
#[function("()")]
fn openpty() -> PyResult<(c_int, c_int)> {
    file::openpty().or_raise()
}

/// Open and return a file descriptor for a master pseudo-terminal device.
///
/// Performs a posix_openpt() C function call. The oflag argument is used to
/// set file status flags and file access modes as specified in the manual page
/// of posix_openpt() of your system.
#[function("(oflag, /)")]
fn posix_openpt(oflag: i32) -> PyResult<c_int> {
    let fd = file::posix_openpt(oflag).or_raise()?;
    file::set_inheritable(fd, false).or_raise()?;
    Ok(fd)
}

/// Grant access to the slave pseudo-terminal device.
///
///   fd
///     File descriptor of a master pseudo-terminal device.
///
/// Performs a grantpt() C function call.
#[function("(fd, /)")]
fn grantpt(fd: Fildes) -> PyResult<()> {
    file::grantpt(fd.0).or_raise().map(drop)
}

/// Unlock a pseudo-terminal master/slave pair.
///
///   fd
///     File descriptor of a master pseudo-terminal device.
///
/// Performs an unlockpt() C function call.
#[function("(fd, /)")]
fn unlockpt(fd: Fildes) -> PyResult<()> {
    file::unlockpt(fd.0).or_raise().map(drop)
}

/// Return the name of the slave pseudo-terminal device.
///
///   fd
///     File descriptor of a master pseudo-terminal device.
///
/// If the ptsname_r() C function is available, it is called;
/// otherwise, performs a ptsname() C function call.
#[function("(fd, /)")]
fn ptsname(fd: Fildes) -> PyResult<Ref<Str>> {
    Ok(fs_decode(&file::ptsname(fd.0).or_raise()?))
}

/// Create and return a timer file descriptor.
///
///   clockid
///     A valid clock ID constant as timer file descriptor.
///
///     time.CLOCK_REALTIME
///     time.CLOCK_MONOTONIC
///     time.CLOCK_BOOTTIME
///   flags
///     0 or a bit mask of os.TFD_NONBLOCK or os.TFD_CLOEXEC.
///
///     os.TFD_NONBLOCK
///         If *TFD_NONBLOCK* is set as a flag, read doesn't blocks.
///         If *TFD_NONBLOCK* is not set as a flag, read block until the timer fires.
///
///     os.TFD_CLOEXEC
///         If *TFD_CLOEXEC* is set as a flag, enable the close-on-exec flag
#[function("(clockid, /, *, flags=TFD_CLOEXEC)")]
fn timerfd_create(clockid: i32, flags: Option<i32>) -> PyResult<c_int> {
    file::timerfd_create(clockid, flags.unwrap_or(libc::TFD_CLOEXEC)).or_raise()
}

const NANOS: i128 = 1_000_000_000;

fn timer_spec(nanos: i128) -> PyResult<libc::timespec> {
    match i64::try_from(nanos.div_euclid(NANOS)) {
        Ok(tv_sec) => Ok(libc::timespec {
            tv_sec,
            tv_nsec: nanos.rem_euclid(NANOS) as i64,
        }),
        Err(_) => bail!(OverflowError, "timestamp out of range for platform time_t"),
    }
}

fn nanos_of(spec: libc::timespec) -> i128 {
    i128::from(spec.tv_sec) * NANOS + i128::from(spec.tv_nsec)
}

/// Seconds as nanoseconds, rounded to positive infinity, so that a small time does not disarm the timer.
fn nanos_of_seconds(seconds: f64) -> PyResult<i128> {
    if seconds.is_nan() {
        bail!(ValueError, "Invalid value NaN (not a number)");
    }
    let nanos = (seconds * 1e9).ceil();
    if nanos.abs() >= 9.2e18 {
        bail!(
            OverflowError,
            "timestamp too large to convert to C PyTime_t"
        );
    }
    Ok(nanos as i128)
}

fn seconds_pair(timer: &libc::itimerspec) -> (f64, f64) {
    let seconds = |spec| nanos_of(spec) as f64 * 1e-9;
    (seconds(timer.it_value), seconds(timer.it_interval))
}

fn nanos_pair(timer: &libc::itimerspec) -> Ref<Tuple> {
    Tuple::pair(
        int::from_i128(nanos_of(timer.it_value)),
        int::from_i128(nanos_of(timer.it_interval)),
    )
}

fn set_timer(fd: c_int, flags: c_int, initial: i128, interval: i128) -> PyResult<libc::itimerspec> {
    let new = libc::itimerspec {
        it_value: timer_spec(initial)?,
        it_interval: timer_spec(interval)?,
    };
    blocking::call(|| file::timerfd_settime(fd, flags, &new)).or_raise()
}

/// Alter a timer file descriptor's internal timer in seconds.
///
///   fd
///     A timer file descriptor.
///   flags
///     0 or a bit mask of TFD_TIMER_ABSTIME or TFD_TIMER_CANCEL_ON_SET.
///   initial
///     The initial expiration time, in seconds.
///   interval
///     The timer's interval, in seconds.
#[function("(fd, /, *, flags=0, initial=0.0, interval=0.0)")]
fn timerfd_settime(fd: Fildes, flags: i32, initial: f64, interval: f64) -> PyResult<(f64, f64)> {
    let old = set_timer(
        fd.0,
        flags,
        nanos_of_seconds(initial)?,
        nanos_of_seconds(interval)?,
    )?;
    Ok(seconds_pair(&old))
}

/// Alter a timer file descriptor's internal timer in nanoseconds.
///
///   fd
///     A timer file descriptor.
///   flags
///     0 or a bit mask of TFD_TIMER_ABSTIME or TFD_TIMER_CANCEL_ON_SET.
///   initial
///     initial expiration timing in seconds.
///   interval
///     interval for the timer in seconds.
#[function("(fd, /, *, flags=0, initial=0, interval=0)")]
fn timerfd_settime_ns(fd: Fildes, flags: i32, initial: i64, interval: i64) -> PyResult<Ref<Tuple>> {
    let old = set_timer(fd.0, flags, initial.into(), interval.into())?;
    Ok(nanos_pair(&old))
}

/// Return a tuple of a timer file descriptor's (interval, next expiration) in float seconds.
///
///   fd
///     A timer file descriptor.
#[function("(fd, /)")]
fn timerfd_gettime(fd: Fildes) -> PyResult<(f64, f64)> {
    Ok(seconds_pair(&file::timerfd_gettime(fd.0).or_raise()?))
}

/// Return a tuple of a timer file descriptor's (interval, next expiration) in nanoseconds.
///
///   fd
///     A timer file descriptor.
#[function("(fd, /)")]
fn timerfd_gettime_ns(fd: Fildes) -> PyResult<Ref<Tuple>> {
    Ok(nanos_pair(&file::timerfd_gettime(fd.0).or_raise()?))
}

/// Calls PyOS_CallInputHook droppong the GIL first
#[function("()")]
fn _inputhook() {}

/// Checks if PyOS_CallInputHook is set
#[function("()")]
fn _is_inputhook_installed() -> bool {
    false
}
