//! Dict watchers: functions that hear of every change of the dicts they watch.
//!
//! A dict has a byte of watcher bits; while it is zero a change costs one test. Watchers are told before the change
//! happens, must not change any dict, and must not run Python code.

use taipan_bytecode::tunables::DICT_WATCHED_MUTATION_BITS;

use crate::cell::Locked;
use crate::dict::Dict;
use crate::value::Value;

/// What happens to a watched dict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DictEvent {
    /// A new key gets a value.
    Added,
    /// A key that is there gets another value.
    Modified,
    /// A key is removed.
    Deleted,
    /// All of another dict is copied into the empty dict.
    Cloned,
    /// All keys are removed.
    Cleared,
    /// The dict dies.
    Deallocated,
}

/// Hears of changes: event, dict, key and new value where the event has them.
pub type DictWatcher = fn(DictEvent, &Dict, Option<&Value>, Option<&Value>);

/// Number of watcher slots.
pub const MAX_WATCHERS: usize = 8;

static WATCHERS: Locked<[Option<DictWatcher>; MAX_WATCHERS]> = Locked::new([None; MAX_WATCHERS]);

/// Puts a watcher into a free slot; answers the slot.
pub fn add_dict_watcher(watcher: DictWatcher) -> Option<u8> {
    WATCHERS.with(|watchers| {
        let free = watchers.iter().position(Option::is_none)?;
        watchers[free] = Some(watcher);
        Some(free as u8)
    })
}

/// Empties a watcher slot.
pub fn clear_dict_watcher(slot: u8) {
    WATCHERS.with(|watchers| watchers[slot as usize] = None);
}

impl Dict {
    /// Asks for the watcher in `slot` to hear of this dict's changes.
    pub fn watch(&self, slot: u8) {
        self.watched.set(self.watched.get() | 1 << slot);
    }

    /// Ends what [`Dict::watch`] began.
    pub fn unwatch(&self, slot: u8) {
        self.watched.set(self.watched.get() & !(1 << slot));
    }

    /// The watcher bits.
    pub fn watched(&self) -> u8 {
        self.watched.get()
    }

    /// How often the dict changed while tier 2 watched it, up to 15.
    pub fn mutations(&self) -> u8 {
        self.mutations.get()
    }

    /// Counts one change more.
    pub fn count_mutation(&self) {
        let most = (1 << DICT_WATCHED_MUTATION_BITS) - 1;
        self.mutations.set((self.mutations.get() + 1).min(most));
    }

    /// Tells the watchers.
    #[cold]
    #[inline(never)]
    pub(crate) fn notify(&self, event: DictEvent, key: Option<&Value>, value: Option<&Value>) {
        let watched = self.watched.get();
        for slot in 0..MAX_WATCHERS {
            if watched & 1 << slot != 0
                && let Some(watcher) = WATCHERS.with(|watchers| watchers[slot])
            {
                watcher(event, self, key, value);
            }
        }
    }
}
