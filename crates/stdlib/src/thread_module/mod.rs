//! `_thread`: threads, locks and what belongs to a thread.
//!
//! A Python thread is an OS thread that attaches to the interpreter ([`start`]). Its handle is shared between the Python
//! object and the thread, so either may go first. Waiting, for a lock or a thread, happens on futexes without the
//! interpreter lock; a signal interrupts it, and its handler runs before the wait goes on.

mod handle;
mod local;
mod lock;
mod start;

use taipan_macros::function;
use taipan_objects::args::Args;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::module::Module;
use taipan_objects::native::FunctionDef;
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Ref;
use taipan_objects::{bail, class::Payload, float, id, signals, thread};

pub use handle::{Handle, wait_until};
pub use lock::{Lock, RLock, parse_timeout, timeout_duration};
pub use start::shut_down;

use crate::os_result::OsResult;
use crate::sys;

pub(crate) const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![
    start::start_new_thread,
    start::start_new,
    start::start_joinable_thread,
    start::_make_thread_handle,
    start::_shutdown,
    start::_count,
    start::stack_size,
    lock::allocate_lock,
    lock::allocate,
    get_ident,
    get_native_id,
    _get_main_thread_ident,
    _is_main_interpreter,
    daemon_threads_allowed,
    interrupt_main,
    exit,
    exit_thread,
    set_name,
    _excepthook
];

taipan_macros::define_module!(
    name = "_thread",
    doc = "This module provides primitive operations to write multi-threaded programs.\nThe 'threading' module provides a more convenient interface.",
    classes(handle::ThreadHandle, lock::Lock, lock::RLock, local::Local),
    parts(parts),
    init = init,
);

mod parts {
    pub(crate) use super::FUNCTIONS;
    pub(crate) const CONSTANTS: &[taipan_objects::native::ConstantDef] = &[];
}

/// The longest timeout, in seconds.
pub const TIMEOUT_MAX: f64 = 9223372036.0;

static PREPARED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

fn init(module: &Ref<Module>) -> PyResult<()> {
    module.set("TIMEOUT_MAX", float::new(TIMEOUT_MAX));
    module.set("error", ExceptionKind::RuntimeError.class());
    module.set("LockType", Lock::class());
    module.set("_ExceptHookArgs", EXCEPT_HOOK_ARGS.class());
    if !PREPARED.swap(true, std::sync::atomic::Ordering::Relaxed) {
        start::prepare_for_forks();
    }
    Ok(())
}

static EXCEPT_HOOK_ARGS: StructSeqDef = StructSeqDef {
    name: "_ExceptHookArgs",
    module: "_thread",
    doc: "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.",
    fields: &[
        Field::new("exc_type", "Exception type"),
        Field::new("exc_value", "Exception value"),
        Field::new("exc_traceback", "Exception traceback"),
        Field::new("thread", "Thread"),
    ],
    visible: 4,
    instantiable: true,
    complete: None,
};

/// Return a non-zero integer that uniquely identifies the current thread
/// amongst other threads that exist simultaneously.
///
/// This may be used to identify per-thread resources.  Even though on
/// some platforms threads identities may appear to be allocated
/// consecutive numbers starting at 1, this behavior should not be relied
/// upon, and the number should be seen purely as a magic cookie.
/// A thread's identity may be reused for another thread after it exits.
#[function("()")]
fn get_ident() -> u64 {
    thread::current().ident
}

/// Return a non-negative integer identifying the thread as reported
/// by the OS (kernel). This may be used to uniquely identify a
/// particular thread within a system.
#[function("()")]
fn get_native_id() -> i32 {
    sys::process::gettid()
}

/// Internal only. Return a non-zero integer that uniquely identifies the main thread
/// of the main interpreter.
#[function("()")]
fn _get_main_thread_ident() -> u64 {
    match signals::main_thread() {
        0 => thread::current().ident,
        main => main,
    }
}

/// Return True if the current interpreter is the main Python interpreter.
#[function("()")]
fn _is_main_interpreter() -> bool {
    true
}

/// Return True if daemon threads are allowed in the current interpreter,
/// and False otherwise.
#[function("()")]
fn daemon_threads_allowed() -> bool {
    true
}

/// Simulate the arrival of the given signal in the main thread,
/// where the corresponding signal handler will be executed.
/// If *signum* is omitted, SIGINT is assumed.
/// A subthread can use this function to interrupt the main thread.
///
/// Note: the default signal handler for SIGINT raises ``KeyboardInterrupt``.
#[function("(signum=signal.SIGINT, /)")]
fn interrupt_main(signum: Option<i32>) -> PyResult<()> {
    let signum = signum.unwrap_or(libc::SIGINT);
    match usize::try_from(signum) {
        Ok(signal) if (1..signals::COUNT).contains(&signal) => {
            // Only signals that have a Python handler are simulated.
            if signals::handler(signal).is_some_and(|handler| protocol::is_callable(&handler)) {
                signals::trip(signal);
            }
            Ok(())
        }
        _ => bail!(ValueError, "signal number out of range"),
    }
}

/// This is synonymous to ``raise SystemExit''.  It will cause the current
/// thread to exit silently unless the exception is caught.
#[function("()")]
fn exit() -> PyResult<()> {
    Err(Raised::with_args(ExceptionKind::SystemExit, Vec::new()))
}

/// An obsolete synonym of exit().
#[function("()")]
fn exit_thread() -> PyResult<()> {
    exit()
}

/// Set the name of the current thread.
#[function("(name)")]
fn set_name(name: &Ref<Str>) -> PyResult<()> {
    let mut bytes = name.to_display().into_owned().into_bytes();
    if let Some(end) = bytes.iter().position(|&byte| byte == 0) {
        bytes.truncate(end);
    }
    // The system keeps fifteen bytes: cut between characters.
    let mut end = bytes.len().min(15);
    while end > 0 && end < bytes.len() && bytes[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    bytes.truncate(end);
    let name = crate::filesystem::c_string(bytes, "character")?;
    sys::futex::set_thread_name(&name).or_raise()
}

/// Handle uncaught Thread.run() exception.
#[function(nosig)]
fn _excepthook(args: Args<'_>) -> PyResult<()> {
    let hook_args = args.positional_between("_excepthook", 1, 1)?;
    let fields = match hook_args[0].downcast::<Tuple>() {
        Some(fields) if hook_args[0].class().is(EXCEPT_HOOK_ARGS.class()) => fields.as_slice(),
        _ => bail!(
            TypeError,
            "_thread._excepthook argument type must be ExceptHookArgs"
        ),
    };
    let [kind, value, traceback, thread] = fields else {
        return Ok(());
    };
    if kind.is(ExceptionKind::SystemExit.class().as_value()) {
        return Ok(());
    }
    let file = match runtime::import_attribute("sys", "stderr") {
        Ok(file) if !file.is_none() => file,
        // At the end of the program the thread remembers the file it was made with.
        _ if thread.is_none() => return Ok(()),
        _ => match protocol::getattr_optional(thread, id!("_stderr"))? {
            Some(file) if !file.is_none() => file,
            _ => return Ok(()),
        },
    };
    let name = match thread.is_none() {
        true => None,
        false => protocol::getattr_optional(thread, id!("_name"))?,
    };
    let name = match name {
        Some(name) => protocol::str(&name)?,
        None => Str::new(&thread::current().ident.to_string()),
    };
    let heading = Str::new(&format!("Exception in thread {}:\n", name.to_display()));
    protocol::call_method(&file, id!("write"), &[heading.into_value()])?;
    let print = runtime::import_attribute("traceback", "print_exception")?;
    let file_name = [id!("file").to_value()];
    let values = [kind.clone(), value.clone(), traceback.clone(), file.clone()];
    protocol::call(&print, Args::new(&values, &file_name))?;
    protocol::call_method(&file, id!("flush"), &[])?;
    Ok(())
}
