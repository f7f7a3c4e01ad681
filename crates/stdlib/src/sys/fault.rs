//! Handlers for fatal signals: what they may do, and the alternate stack they run on.
//!
//! A handler here runs in the middle of anything. It allocates nothing, takes no lock and touches only atomics and what
//! the hook reads; the hook is the caller's to keep to that.

use std::io;
use std::mem;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicUsize, Ordering};

use libc::c_int;

use super::check;

/// The signals that end a program by a fault, and what they are called.
pub const FATAL: [(c_int, &str); 5] = [
    (libc::SIGBUS, "Bus error"),
    (libc::SIGILL, "Illegal instruction"),
    (libc::SIGFPE, "Floating-point exception"),
    (libc::SIGABRT, "Aborted"),
    (libc::SIGSEGV, "Segmentation fault"),
];

/// What a handler calls: the signal and the descriptor to write to.
pub type Hook = fn(signal: c_int, fd: c_int);

/// Descriptor per signal; -1 for signals that are not handled here.
static DESCRIPTORS: [AtomicI32; 65] = [const { AtomicI32::new(-1) }; 65];
/// The hook per signal, as a function pointer.
static HOOKS: [AtomicUsize; 65] = [const { AtomicUsize::new(0) }; 65];
/// The disposition before, per signal; boxes that live on.
static PREVIOUS: [AtomicPtr<libc::sigaction>; 65] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; 65];
/// Whether the disposition before is called after the hook, per signal.
static CHAINED: [AtomicI32; 65] = [const { AtomicI32::new(0) }; 65];

fn hook_of(signal: usize) -> Option<Hook> {
    match HOOKS[signal].load(Ordering::SeqCst) {
        0 => None,
        // SAFETY: only `install` stores here, and it stores a `Hook`.
        address => Some(unsafe { mem::transmute::<usize, Hook>(address) }),
    }
}

extern "C" fn fatal(signal: c_int) {
    let index = signal as usize;
    // The next fault, in this handler or behind it, is the old disposition's.
    restore(signal);
    if let Some(hook) = hook_of(index) {
        hook(signal, DESCRIPTORS[index].load(Ordering::SeqCst));
    }
    // SAFETY: takes a number; the signal arrives when this handler returns.
    unsafe { libc::raise(signal) };
}

extern "C" fn informative(signal: c_int) {
    let index = signal as usize;
    // SAFETY: the thread's own variable.
    let errno = unsafe { *libc::__errno_location() };
    if let Some(hook) = hook_of(index) {
        hook(signal, DESCRIPTORS[index].load(Ordering::SeqCst));
    }
    let previous = PREVIOUS[index].load(Ordering::SeqCst);
    if CHAINED[index].load(Ordering::SeqCst) != 0 && !previous.is_null() {
        // SAFETY: the box lives for ever; the signal is raised again under the old disposition, then this one returns.
        unsafe {
            let mut own: libc::sigaction = mem::zeroed();
            if libc::sigaction(signal, previous, &mut own) == 0 {
                libc::raise(signal);
                libc::sigaction(signal, &own, std::ptr::null_mut());
            }
        }
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

fn restore(signal: c_int) {
    let previous = PREVIOUS[signal as usize].load(Ordering::SeqCst);
    if !previous.is_null() {
        // SAFETY: the box lives for ever.
        unsafe { libc::sigaction(signal, previous, std::ptr::null_mut()) };
    }
}

/// Installs a handler that calls `hook`. A fatal one runs once and lets the signal arrive again afterwards; `chain` lets the
/// disposition before run after the hook.
pub fn install(
    signal: c_int,
    hook: Hook,
    fd: c_int,
    is_fatal: bool,
    chain: bool,
) -> io::Result<()> {
    let index = signal as usize;
    DESCRIPTORS[index].store(fd, Ordering::SeqCst);
    CHAINED[index].store(c_int::from(chain), Ordering::SeqCst);
    if HOOKS[index].swap(hook as usize, Ordering::SeqCst) != 0 {
        return Ok(());
    }
    // SAFETY: a zeroed action is valid; the handler lives for ever and keeps to what handlers may do.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = if is_fatal {
            fatal as *const () as usize
        } else {
            informative as *const () as usize
        };
        libc::sigemptyset(&mut action.sa_mask);
        action.sa_flags = libc::SA_ONSTACK
            | if is_fatal {
                libc::SA_NODEFER
            } else {
                libc::SA_RESTART | if chain { libc::SA_NODEFER } else { 0 }
            };
        let mut previous: libc::sigaction = mem::zeroed();
        if let Err(error) = check(libc::sigaction(signal, &action, &mut previous)) {
            HOOKS[index].store(0, Ordering::SeqCst);
            return Err(error);
        }
        // The box of an earlier installation is left alone: a handler may be reading it.
        PREVIOUS[index].store(Box::into_raw(Box::new(previous)), Ordering::SeqCst);
    }
    Ok(())
}

/// Takes a handler off; answers whether there was one.
pub fn uninstall(signal: c_int) -> bool {
    let index = signal as usize;
    if HOOKS[index].swap(0, Ordering::SeqCst) == 0 {
        return false;
    }
    restore(signal);
    DESCRIPTORS[index].store(-1, Ordering::SeqCst);
    true
}

/// Gives the running thread a stack of its own for handlers, so that they run when the ordinary one is used up.
pub fn use_alternate_stack() {
    let size = libc::SIGSTKSZ.max(64 * 1024);
    let memory = Box::leak(vec![0u8; size].into_boxed_slice());
    let stack = libc::stack_t {
        ss_sp: memory.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: size,
    };
    // SAFETY: the memory lives for ever, and the thread may use it from now on.
    unsafe { libc::sigaltstack(&stack, std::ptr::null_mut()) };
}

/// Writes all of some bytes, as far as the descriptor takes them. Safe in handlers.
pub fn write_all(fd: c_int, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: the bytes are readable for their length; `write` is safe in handlers.
        let written = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            Ok(count) if count > 0 => bytes = &bytes[count.min(bytes.len())..],
            _ => return,
        }
    }
}

/// The system's number of the running thread, as `threading.get_ident()` shows it.
pub fn thread_number() -> u64 {
    // SAFETY: no arguments; safe in handlers.
    unsafe { libc::pthread_self() as u64 }
}

/// Sends a signal to a thread of this process.
pub fn interrupt_thread(thread: u64, signal: c_int) {
    // SAFETY: the caller names a thread that is alive.
    unsafe { libc::pthread_kill(thread as libc::pthread_t, signal) };
}

/// Ends the process at once.
pub fn exit_at_once(status: c_int) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(status) }
}

/// Raises a signal in the running thread.
pub fn raise(signal: c_int) {
    // SAFETY: takes a number.
    unsafe { libc::raise(signal) };
}
