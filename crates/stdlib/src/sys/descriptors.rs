//! Which standard descriptors the process was started with.
//!
//! Before `main`, Rust's runtime puts `/dev/null` where standard input, output or error are closed, so that no file that
//! is opened later gets their numbers. Python says None for such a stream. So the question is asked before that: the
//! loader calls the functions in `.init_array` first. Invariant: the function only asks the system and stores the answer.

use std::sync::atomic::{AtomicU8, Ordering};

/// A bit for each of the descriptors 0, 1 and 2 that was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

extern "C" fn look() {
    for descriptor in 0..3 {
        // SAFETY: F_GETFD reads no memory.
        if unsafe { libc::fcntl(descriptor, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << descriptor, Ordering::Relaxed);
        }
    }
}

// SAFETY: the section holds pointers to functions of this signature, which the loader calls once.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK_FIRST: extern "C" fn() = look;

/// Whether a standard descriptor was open when the process started.
pub fn was_open(descriptor: i32) -> bool {
    CLOSED.load(Ordering::Relaxed) & (1 << descriptor) == 0
}
