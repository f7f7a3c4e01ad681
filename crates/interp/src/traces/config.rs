//! Whether hot loops get traces, and when they count as hot.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

use taipan_bytecode::BackoffCounter;
use taipan_bytecode::tunables::{JUMP_BACKWARD_INITIAL_VALUE, MAX_BACKOFF};

/// The most that a back edge counts before its loop is hot, and the default: CPython's `TIER2_THRESHOLD`.
const TIER2_THRESHOLD: u32 = JUMP_BACKWARD_INITIAL_VALUE as u32 + 1;

static ENABLED: AtomicBool = AtomicBool::new(false);
static THRESHOLD: AtomicU32 = AtomicU32::new(TIER2_THRESHOLD);
static STRESS: AtomicU8 = AtomicU8::new(Stress::None as u8);

/// What is done to executors beside running them, for tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Stress {
    /// Nothing.
    None,
    /// Every `_CHECK_VALIDITY` invalidates the executor that runs.
    Invalidate,
}

/// Whether hot loops get traces.
pub fn is_enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}

/// Switches tier 2 on or off, for code that has not run yet.
pub fn set_enabled(enabled: bool) {
    ENABLED.store(enabled, Ordering::Relaxed);
}

/// How often a back edge or an exit is taken before it counts as hot.
pub fn threshold() -> u32 {
    THRESHOLD.load(Ordering::Relaxed)
}

/// Sets the threshold, for code that is made from now on. It is at least 1 and at most CPython's 4096.
pub fn set_threshold(threshold: u32) {
    let threshold = threshold.clamp(1, TIER2_THRESHOLD);
    THRESHOLD.store(threshold, Ordering::Relaxed);
}

/// What is done to executors for a test.
pub fn stress() -> Stress {
    match STRESS.load(Ordering::Relaxed) {
        1 => Stress::Invalidate,
        _ => Stress::None,
    }
}

/// Sets what is done to executors that are made from now on.
pub fn set_stress(stress: Stress) {
    STRESS.store(stress as u8, Ordering::Relaxed);
}

/// The first state of the counter of a back edge or an exit. A low threshold begins with a low backoff, too, so that what could
/// not be traced at once is tried again soon.
pub(crate) fn back_edge_counter() -> BackoffCounter {
    let value = threshold() - 1;
    let backoff = (u32::BITS - value.leading_zeros()).min(MAX_BACKOFF as u32);
    BackoffCounter::new(value as u16, backoff as u16)
}
