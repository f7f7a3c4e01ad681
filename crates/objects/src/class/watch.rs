//! Type watchers: callbacks that hear of a class before its version tag goes, and of objects that leave it: who knows an
//! object knows its class by that.
//!
//! A watcher must not run Python code or free objects that run any; it only notes that what was known is void.

use crate::cell::Locked;
use crate::class::Type;

/// Called with the class that is about to change.
pub type Watcher = fn(&Type);

/// As many as CPython's `TYPE_MAX_WATCHERS`.
pub const MAX_WATCHERS: usize = 8;

static WATCHERS: Locked<[Option<Watcher>; MAX_WATCHERS]> = Locked::new([None; MAX_WATCHERS]);

/// Registers a watcher; answers its number, or nothing when all places are taken.
pub fn add_watcher(watcher: Watcher) -> Option<usize> {
    WATCHERS.with(|watchers| {
        let free = watchers.iter().position(Option::is_none)?;
        watchers[free] = Some(watcher);
        Some(free)
    })
}

/// Removes a watcher.
pub fn clear_watcher(index: usize) {
    WATCHERS.with(|watchers| watchers[index] = None);
}

impl Type {
    /// From now on watcher `index` hears of changes of this class.
    pub fn watch(&self, index: usize) {
        self.version_tag();
        self.watched.set(self.watched.get() | 1 << index);
    }

    /// Watcher `index` no longer hears of changes of this class.
    pub fn unwatch(&self, index: usize) {
        self.watched.set(self.watched.get() & !(1 << index));
    }
}

/// Tells the watchers of a class that it is about to change, or that an object of it gets another class.
pub(crate) fn class_modified(class: &Type) {
    let watched = class.watched.get();
    if watched == 0 {
        return;
    }
    for index in 0..MAX_WATCHERS {
        if watched & 1 << index != 0
            && let Some(watcher) = WATCHERS.with(|watchers| watchers[index])
        {
            watcher(class);
        }
    }
}
