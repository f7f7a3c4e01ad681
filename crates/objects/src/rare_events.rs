//! Events that assumptions about a program break at: how often each happened.
//!
//! They are CPython's (`_rare_events` in `Include/internal/pycore_interp.h`), but for the function that evaluates frames,
//! which nobody can replace here. Code that took one of them for granted hears of it from a watcher; the counts are for statistics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Something that happens rarely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RareEvent {
    /// An object got another class.
    SetClass,
    /// A class got other bases.
    SetBases,
    /// The builtins changed, while somebody watches them.
    BuiltinDict,
    /// A function got other code or defaults.
    FuncModification,
}

impl RareEvent {
    /// All of them.
    pub const ALL: [RareEvent; 4] = [
        RareEvent::SetClass,
        RareEvent::SetBases,
        RareEvent::BuiltinDict,
        RareEvent::FuncModification,
    ];

    /// The name in statistics.
    pub fn name(self) -> &'static str {
        match self {
            RareEvent::SetClass => "set_class",
            RareEvent::SetBases => "set_bases",
            RareEvent::BuiltinDict => "builtin_dict",
            RareEvent::FuncModification => "func_modification",
        }
    }
}

static COUNTS: [AtomicU64; RareEvent::ALL.len()] = [const { AtomicU64::new(0) }; 4];

/// It happened once more.
pub fn count(event: RareEvent) {
    COUNTS[event as usize].fetch_add(1, Ordering::Relaxed);
}

/// How often each happened since the last [`reset`].
pub fn all() -> [(RareEvent, u64); RareEvent::ALL.len()] {
    RareEvent::ALL.map(|event| (event, COUNTS[event as usize].load(Ordering::Relaxed)))
}

/// Counts from zero again.
pub fn reset() {
    for count in &COUNTS {
        count.store(0, Ordering::Relaxed);
    }
}
