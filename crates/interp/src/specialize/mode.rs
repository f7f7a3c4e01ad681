//! `-X specialize=MODE`: whether and when sites are specialized. The modes other than `on` are for tests.

use std::sync::atomic::{AtomicU8, Ordering};

/// When sites are specialized.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Mode {
    /// As in CPython: at the second execution, again after 52 misses.
    On,
    /// Never.
    Off,
    /// At the first execution, and at every miss.
    Eager,
    /// Every execution tries, and none succeeds.
    Failing,
}

static MODE: AtomicU8 = AtomicU8::new(Mode::On as u8);

impl Mode {
    /// The mode that `-X specialize=NAME` names.
    pub fn from_name(name: &str) -> Option<Mode> {
        match name {
            "on" => Some(Mode::On),
            "off" => Some(Mode::Off),
            "eager" => Some(Mode::Eager),
            "failing" => Some(Mode::Failing),
            _ => None,
        }
    }
}

/// The mode of this process.
pub fn mode() -> Mode {
    match MODE.load(Ordering::Relaxed) {
        1 => Mode::Off,
        2 => Mode::Eager,
        3 => Mode::Failing,
        _ => Mode::On,
    }
}

/// Sets the mode, for code objects made from now on and counters that run out from now on.
pub fn set_mode(mode: Mode) {
    MODE.store(mode as u8, Ordering::Relaxed);
}
