//! `-X importtime`: how long imports take, told on stderr as they end.
//!
//! An import's own time leaves out the imports inside it. Those are told first, so the column of names is indented by
//! depth and reads from the bottom up.

use std::cell::Cell;
use std::io::Write;
use std::time::{Duration, Instant};

use taipan_objects::cell::Locked;
use taipan_objects::str::Str;
use taipan_objects::value::Ref;

/// How deep the running import is, and how much time went into imports inside it.
static STATE: Locked<Cell<(usize, Duration)>> = Locked::new(Cell::new((0, Duration::ZERO)));
static TOLD: Locked<Cell<bool>> = Locked::new(Cell::new(false));

/// Runs an import and tells its times.
pub(super) fn timed<T>(name: &Ref<Str>, load: impl FnOnce() -> T) -> T {
    tell_heading();
    let (depth, before) = STATE.with(|state| state.replace((state.get().0 + 1, Duration::ZERO)));
    let start = Instant::now();
    let answer = load();
    let cumulative = start.elapsed();
    let (_, inside) = STATE.with(|state| state.replace((depth, before + cumulative)));
    let own = cumulative.saturating_sub(inside);
    let (own, cumulative) = (
        own.as_micros().to_string(),
        cumulative.as_micros().to_string(),
    );
    tell(&own, &cumulative, depth, name);
    answer
}

/// Tells that a module was there already.
pub(super) fn tell_loaded(name: &Ref<Str>) {
    tell_heading();
    tell("cached", "cached", STATE.with(|state| state.get().0), name);
}

fn tell_heading() {
    if !TOLD.with(|told| told.replace(true)) {
        write("import time: self [us] | cumulative | imported package\n");
    }
}

fn tell(own: &str, cumulative: &str, depth: usize, name: &Ref<Str>) {
    let indent = depth * 2;
    write(&format!(
        "import time: {own:>9} | {cumulative:>10} | {:indent$}{}\n",
        "",
        name.to_display()
    ));
}

fn write(text: &str) {
    // Times that cannot be told are no reason to fail an import.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
