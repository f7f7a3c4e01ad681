//! Interned strings: one immortal object per text, so that names compare by identity.
//!
//! The table holds every interned string for the life of the process; what caches names by address (attribute lookup,
//! inline caches, shared keys) relies on it. `id!("name")` is how Rust code names a Python identifier.

use hashbrown::HashTable;

use crate::cell::Locked;
use crate::hash;
use crate::header::{IMMORTAL_COUNT, flags};
use crate::str::Str;
use crate::value::Ref;

static TABLE: Locked<HashTable<Ref<Str>>> = Locked::new(HashTable::new());

impl Str {
    /// The interned string of `text`.
    pub fn intern(text: &str) -> Ref<Str> {
        if text.is_ascii() {
            let hash = hash::hash_bytes(text.as_bytes());
            let found =
                TABLE.with(|table| table.find(hash as u64, |entry| entry.eq_str(text)).cloned());
            if let Some(found) = found {
                return found;
            }
        }
        Str::intern_ref(&Str::new(text))
    }

    /// The interned string of the same text.
    pub fn intern_ref(string: &Ref<Str>) -> Ref<Str> {
        if string.is_interned() {
            return string.clone();
        }
        let hash = string.hash_value();
        let found = TABLE.with(|table| {
            table
                .find(hash as u64, |entry| entry.same_text(string))
                .cloned()
        });
        if let Some(found) = found {
            return found;
        }
        let string = string.to_exact();
        string.mark_interned();
        string.header().set(flags::IMMORTAL);
        string.header().refcount.set(IMMORTAL_COUNT);
        TABLE.with(|table| {
            table.insert_unique(hash as u64, string.clone(), |entry| {
                entry.hash_value() as u64
            });
        });
        string
    }
}

/// Calls `visit` for every interned string.
pub fn for_each_interned(mut visit: impl FnMut(&Ref<Str>)) {
    TABLE.with(|table| table.iter().for_each(&mut visit));
}

/// The interned string of a literal: `id!("__name__")` is a `&'static Ref<Str>`, made once per place.
#[macro_export]
macro_rules! id {
    ($text:expr) => {{
        static NAME: $crate::cell::Once<$crate::value::Ref<$crate::str::Str>> =
            $crate::cell::Once::new();
        if !NAME.is_set() {
            NAME.set($crate::str::Str::intern($text));
        }
        let name: &'static $crate::value::Ref<$crate::str::Str> = &NAME;
        name
    }};
}
