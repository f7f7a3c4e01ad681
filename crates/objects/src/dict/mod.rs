//! `dict`: ordered, compact, versioned.
//!
//! The memory is [`table::Table`]'s; this file is the meaning: hashing, the operations every part of the runtime uses, the
//! keys version that inline caches guard on, and the watchers' view of every change. A keys version stands for "the same
//! string keys in the same entries": it goes when a key is added or removed or the table is rebuilt, and stays when a
//! value changes. Released keys and values are dropped after the dict is consistent again, because that may run code.

pub mod iterators;
mod methods;
pub mod table;
pub mod views;
pub mod watch;

use std::cell::Cell;

use taipan_macros::class;

use crate::cell::Locked;
use crate::class::{Payload, Type};
use crate::heap;
use crate::protocol;
use crate::raised::{PyResult, Raised};
use crate::str::Str;
use crate::value::{Ref, Value};

use table::{Kind, Table};
pub use watch::{DictEvent, DictWatcher, MAX_WATCHERS, add_dict_watcher, clear_dict_watcher};

/// The payload of `dict`. Machine code reads the table's entries pointer at offset 0, the keys version at 24 and the
/// watcher bits at 28, all behind the header.
#[class(
    name = "dict",
    doc = "A mapping from hashable keys to values, in order of insertion.\n\ndict() is empty; dict(mapping) takes the pairs of a mapping; dict(iterable) takes pairs as they come;\ndict(**keywords) takes names and values, alone or after the others.",
    flags(BASETYPE, MAPPING, DICT, MATCH_SELF)
)]
#[repr(C)]
pub struct Dict {
    pub(crate) table: Table,
    /// 0, or a number that no other state of any dict's keys has.
    #[untraced]
    keys_version: Cell<u32>,
    #[untraced]
    pub(crate) watched: Cell<u8>,
    /// How often it changed while tier 2 watched it.
    #[untraced]
    pub(crate) mutations: Cell<u8>,
}

const _: () = assert!(size_of::<Dict>() == 32 && std::mem::offset_of!(Dict, keys_version) == 24);
const _: () = assert!(std::mem::offset_of!(Dict, watched) == 28);
const _: () = assert!(std::mem::offset_of!(Dict, mutations) == 29);

impl Default for Dict {
    fn default() -> Dict {
        Dict::of(Table::empty())
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        if self.watched.get() != 0 {
            self.notify(DictEvent::Deallocated, None, None);
        }
    }
}

static NEXT_KEYS_VERSION: Locked<Cell<u32>> = Locked::new(Cell::new(1));

/// The hash of a key, or the TypeError that says that it cannot be one.
#[inline(always)]
pub fn hash_key(key: &Value) -> PyResult<i64> {
    protocol::hash(key).map_err(|raised| unhashable(key, raised, "a dict key"))
}

/// Says what an unhashable object was to be used as.
#[cold]
pub(crate) fn unhashable(key: &Value, raised: Raised, role: &str) -> Raised {
    use crate::exceptions::ExceptionKind::TypeError;
    if !raised.exception().class().is(TypeError.class()) {
        return raised;
    }
    match protocol::str(raised.exception().as_value()) {
        Ok(reason) => exc!(
            TypeError,
            "cannot use '{}' as {role} ({})",
            key.class().display_name(),
            reason.to_display()
        ),
        Err(raised) => raised,
    }
}

impl Dict {
    fn of(table: Table) -> Dict {
        Dict {
            table,
            keys_version: Cell::new(0),
            watched: Cell::new(0),
            mutations: Cell::new(0),
        }
    }

    /// A new empty dict.
    #[inline]
    pub fn new() -> Ref<Dict> {
        heap::new_exact(Dict::default())
    }

    /// A new empty dict of a class that is `dict` or a subclass.
    pub fn new_in(class: &Ref<Type>) -> Ref<Dict> {
        heap::new_object(class, Dict::default())
    }

    /// A new empty dict that takes `count` string keys before it grows.
    pub fn with_capacity(count: usize) -> Ref<Dict> {
        Dict::from_table(Table::with_capacity(count, Kind::Strings))
    }

    /// A new empty dict that takes `count` keys of any kind before it grows.
    pub fn with_general_capacity(count: usize) -> Ref<Dict> {
        Dict::from_table(Table::with_capacity(count, Kind::General))
    }

    pub(crate) fn from_table(table: Table) -> Ref<Dict> {
        heap::new_exact(Dict::of(table))
    }

    /// The keys and values as they lie there, for whoever knows an entry's number.
    #[inline(always)]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Number of keys.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are no keys.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys version if there is one, else 0.
    #[inline(always)]
    pub fn keys_version(&self) -> u32 {
        self.keys_version.get()
    }

    /// The keys version, given out now if there is none. 0 when some key is not an exact string or numbers ran out.
    pub fn keys_version_tag(&self) -> u32 {
        if self.keys_version.get() == 0 && self.table.is_strings() {
            let version = NEXT_KEYS_VERSION.with(|next| {
                let version = next.get();
                if version != 0 {
                    next.set(version.wrapping_add(1));
                }
                version
            });
            self.keys_version.set(version);
        }
        self.keys_version.get()
    }

    /// Whether every key is an exact string.
    pub fn has_only_str_keys(&self) -> bool {
        self.table.is_strings()
    }

    #[inline(always)]
    fn keys_changed(&self) {
        self.keys_version.set(0);
    }

    #[inline(always)]
    fn tell(&self, event: DictEvent, key: Option<&Value>, value: Option<&Value>) {
        if self.watched.get() != 0 {
            self.notify(event, key, value);
        }
    }

    /// `dict[key]`, or nothing.
    #[inline]
    pub fn get(&self, key: &Value) -> PyResult<Option<Value>> {
        self.get_known_hash(key, hash_key(key)?)
    }

    /// `dict[key]` for a key whose hash is known.
    #[inline]
    pub fn get_known_hash(&self, key: &Value, hash: i64) -> PyResult<Option<Value>> {
        Ok(self
            .table
            .find(key, hash)?
            .and_then(|index| self.table.value(index)))
    }

    /// `key in dict`.
    #[inline]
    pub fn contains(&self, key: &Value) -> PyResult<bool> {
        Ok(self.table.find(key, hash_key(key)?)?.is_some())
    }

    /// `dict[key] = value`.
    #[inline]
    pub fn set(&self, key: Value, value: Value) -> PyResult<()> {
        let hash = hash_key(&key)?;
        self.set_known_hash(key, hash, value)
    }

    /// `dict[key] = value` for a key whose hash is known.
    #[inline]
    pub fn set_known_hash(&self, key: Value, hash: i64, value: Value) -> PyResult<()> {
        match self.table.find(&key, hash)? {
            Some(index) => drop(self.replace_at(index, value)),
            None => self.add(key, hash, value),
        }
        Ok(())
    }

    /// Gives the entry `index`, which has a key, another value; answers the old one.
    #[inline(always)]
    fn replace_at(&self, index: usize, value: Value) -> Option<Value> {
        if self.watched.get() != 0 {
            let key = self.table.key(index);
            self.notify(DictEvent::Modified, key.as_ref(), Some(&value));
        }
        self.table.replace_value(index, value)
    }

    /// Adds a key that is not there.
    #[inline(always)]
    fn add(&self, key: Value, hash: i64, value: Value) {
        self.tell(DictEvent::Added, Some(&key), Some(&value));
        self.keys_changed();
        self.table.insert_new(key, hash, value);
    }

    /// Removes the entry `index`, which has a key.
    #[inline(always)]
    fn remove_at(&self, index: usize) -> (Value, Value) {
        if self.watched.get() != 0 {
            let key = self.table.key(index);
            self.notify(DictEvent::Deleted, key.as_ref(), None);
        }
        self.keys_changed();
        self.table.remove(index)
    }

    /// Removes a key; answers the value it had.
    pub fn remove(&self, key: &Value) -> PyResult<Option<Value>> {
        self.remove_known_hash(key, hash_key(key)?)
    }

    /// Removes a key whose hash is known; answers the value it had.
    pub fn remove_known_hash(&self, key: &Value, hash: i64) -> PyResult<Option<Value>> {
        Ok(self
            .table
            .find(key, hash)?
            .map(|index| self.remove_at(index).1))
    }

    /// `dict.setdefault(key, default)`: the value the key has afterwards.
    pub fn setdefault(&self, key: &Value, default: &Value) -> PyResult<Value> {
        let hash = hash_key(key)?;
        if let Some(value) = self.get_known_hash(key, hash)? {
            return Ok(value);
        }
        self.add(key.clone(), hash, default.clone());
        Ok(default.clone())
    }

    /// `dict.pop(key)`, or nothing when the key is missing. A missing key of an empty dict is not hashed.
    pub fn pop(&self, key: &Value) -> PyResult<Option<Value>> {
        if self.is_empty() {
            Ok(None)
        } else {
            self.remove(key)
        }
    }

    /// Removes the last key; answers it and its value.
    pub fn popitem(&self) -> Option<(Value, Value)> {
        let index = self.table.previous_entry(self.table.filled())?;
        if self.watched.get() != 0 {
            let key = self.table.key(index);
            self.notify(DictEvent::Deleted, key.as_ref(), None);
        }
        self.keys_changed();
        self.table.remove_last()
    }

    /// Removes the first key; answers it and its value.
    pub fn pop_first(&self) -> Option<(Value, Value)> {
        let index = self.table.next_entry(0)?;
        Some(self.remove_at(index))
    }

    /// Moves a key to the end of the order; answers its value.
    pub fn move_to_end(&self, key: &Value, hash: i64) -> PyResult<Option<Value>> {
        let Some(index) = self.table.find(key, hash)? else {
            return Ok(None);
        };
        self.keys_changed();
        let (key, value) = self.table.remove(index);
        self.table.insert_new(key, hash, value.clone());
        Ok(Some(value))
    }

    /// Moves a key to the front of the order, which moves all others; answers whether it is there.
    pub fn move_to_front(&self, key: &Value, hash: i64) -> PyResult<bool> {
        let Some(index) = self.table.find(key, hash)? else {
            return Ok(false);
        };
        self.keys_changed();
        let kind = if self.table.is_strings() {
            Kind::Strings
        } else {
            Kind::General
        };
        let moved = Table::with_capacity(self.len(), kind);
        let (key, value) = self.table.remove(index);
        moved.insert_new(key, hash, value);
        let mut cursor = 0;
        while let Some(index) = self.table.next_entry(cursor) {
            let Some((key, value, hash)) = self.table.entry(index) else {
                break;
            };
            moved.insert_new(key, hash, value);
            cursor = index + 1;
        }
        self.table.swap(&moved);
        Ok(true)
    }

    /// The value of a string key. Runs no foreign code: only keys that are strings are considered.
    #[inline]
    pub fn get_str(&self, key: &Ref<Str>) -> Option<Value> {
        self.table
            .value(self.table.find_str(key, key.hash_value())?)
    }

    /// The value of a string key without counting a reference.
    ///
    /// # Safety
    /// Nothing changes the dict while the reference is in use: no foreign code, no release of a value.
    #[inline]
    #[allow(unsafe_code)]
    pub unsafe fn peek_str(&self, key: &Ref<Str>) -> Option<&Value> {
        // SAFETY: passed on to the caller.
        unsafe {
            self.table
                .peek_value(self.table.find_str(key, key.hash_value())?)
        }
    }

    /// Whether a string is a key.
    #[inline]
    pub fn contains_str(&self, key: &Ref<Str>) -> bool {
        self.table.find_str(key, key.hash_value()).is_some()
    }

    /// Sets a string key. A string of a subclass is stored as the plain string of the same text.
    #[inline]
    pub fn set_str(&self, key: &Ref<Str>, value: Value) {
        let hash = key.hash_value();
        match self.table.find_str(key, hash) {
            Some(index) => drop(self.replace_at(index, value)),
            None if key.class().is(Str::class()) => self.add(key.to_value(), hash, value),
            None => self.add(Str::intern_ref(key).into_value(), hash, value),
        }
    }

    /// Removes a string key; answers the value it had.
    pub fn remove_str(&self, key: &Ref<Str>) -> Option<Value> {
        let index = self.table.find_str(key, key.hash_value())?;
        Some(self.remove_at(index).1)
    }

    /// The entry number of a string key, for inline caches that guard on [`Dict::keys_version`].
    pub fn index_of_str(&self, key: &Ref<Str>) -> Option<usize> {
        self.table.find_str(key, key.hash_value())
    }

    /// The value of an entry.
    #[inline(always)]
    pub fn value_at(&self, index: usize) -> Option<Value> {
        self.table.value(index)
    }

    /// The value of an entry without counting a reference.
    ///
    /// # Safety
    /// As [`Dict::peek_str`].
    #[inline(always)]
    #[allow(unsafe_code)]
    pub unsafe fn peek_value_at(&self, index: usize) -> Option<&Value> {
        // SAFETY: passed on to the caller.
        unsafe { self.table.peek_value(index) }
    }

    /// The value of an entry that has a key, of a dict whose keys are all strings, without counting a reference.
    ///
    /// # Safety
    /// The dict has a keys version (not 0), under which the entry was seen to have a key; and as [`Dict::peek_str`].
    #[inline(always)]
    #[allow(unsafe_code)]
    pub unsafe fn known_value(&self, index: usize) -> &Value {
        // SAFETY: passed on to the caller.
        unsafe { self.table.known_value(index) }
    }

    /// Gives an entry that has a key another value; answers the old one, or gives `value` back if there is no such entry.
    #[inline(always)]
    pub fn set_value_at(&self, index: usize, value: Value) -> Result<Value, Value> {
        if self.table.next_entry(index) != Some(index) {
            return Err(value);
        }
        Ok(self
            .replace_at(index, value)
            .expect("an entry with a key has a value"))
    }

    /// Where an iteration goes on: the next cursor, and key and value at the cursor. Start with 0. Changes of values do
    /// not disturb it; when keys are added or removed meanwhile it skips or repeats, but stays safe.
    #[inline]
    pub fn entry_at(&self, cursor: usize) -> Option<(usize, Value, Value)> {
        let index = self.table.next_entry(cursor)?;
        Some((index + 1, self.table.key(index)?, self.table.value(index)?))
    }

    /// Like [`Dict::entry_at`], backwards. Start with [`Dict::last_cursor`]; the answer's cursor is what comes before.
    pub fn entry_before(&self, cursor: usize) -> Option<(usize, Value, Value)> {
        let index = self.table.previous_entry(cursor)?;
        Some((index, self.table.key(index)?, self.table.value(index)?))
    }

    /// The cursor behind the last entry.
    pub fn last_cursor(&self) -> usize {
        self.table.filled()
    }

    /// All keys and values as they are now.
    pub fn iter_snapshot(&self) -> Vec<(Value, Value)> {
        let mut items = Vec::with_capacity(self.len());
        let mut cursor = 0;
        while let Some((next, key, value)) = self.entry_at(cursor) {
            items.push((key, value));
            cursor = next;
        }
        items
    }

    /// All keys as they are now.
    pub fn keys_snapshot(&self) -> Vec<Value> {
        let mut keys = Vec::with_capacity(self.len());
        let mut cursor = 0;
        while let Some(index) = self.table.next_entry(cursor) {
            keys.extend(self.table.key(index));
            cursor = index + 1;
        }
        keys
    }

    /// All values as they are now.
    pub fn values_snapshot(&self) -> Vec<Value> {
        let mut values = Vec::with_capacity(self.len());
        let mut cursor = 0;
        while let Some(index) = self.table.next_entry(cursor) {
            values.extend(self.table.value(index));
            cursor = index + 1;
        }
        values
    }

    /// A new plain dict with the same entries (`dict.copy()`).
    pub fn copy(&self) -> Ref<Dict> {
        Dict::from_table(self.table.duplicate())
    }

    /// Removes everything.
    pub fn clear_all(&self) {
        if self.is_empty() && self.table.filled() == 0 {
            return;
        }
        self.tell(DictEvent::Cleared, None, None);
        self.keys_changed();
        drop(self.table.take());
    }

    /// Room for `more` string keys.
    pub fn reserve(&self, more: usize) {
        self.keys_changed();
        self.table.reserve(more, Kind::Strings);
    }

    /// Room for `more` keys, which are all strings or not.
    pub(crate) fn reserve_general(&self, more: usize, strings: bool) {
        self.keys_changed();
        self.table.reserve(
            more,
            if strings {
                Kind::Strings
            } else {
                Kind::General
            },
        );
    }

    /// Copies the entries of another dict in; what is there already is replaced (`update` with a dict).
    pub fn update(&self, other: &Dict) -> PyResult<()> {
        self.merge(other, Existing::Replace)
    }

    /// Copies the entries of another dict in.
    pub fn merge(&self, other: &Dict, existing: Existing) -> PyResult<()> {
        if std::ptr::eq(self, other) || other.is_empty() {
            return Ok(());
        }
        if self.is_empty() {
            self.tell(DictEvent::Cloned, None, None);
            self.keys_changed();
            let old = self.table.take();
            self.table.swap(&other.table.duplicate());
            drop(old);
            return Ok(());
        }
        if self.len() < other.len() {
            self.keys_changed();
            self.table.reserve(
                other.len(),
                if other.table.is_strings() {
                    Kind::Strings
                } else {
                    Kind::General
                },
            );
        }
        let len = other.len();
        let mut cursor = 0;
        while let Some(index) = other.table.next_entry(cursor) {
            let Some((key, value, hash)) = other.table.entry(index) else {
                break;
            };
            match self.table.find(&key, hash)? {
                None => self.add(key, hash, value),
                Some(index) => match existing {
                    Existing::Replace => drop(self.replace_at(index, value)),
                    Existing::Keep => {}
                    Existing::Refuse => return Err(crate::exceptions::key_error(&key)),
                },
            }
            if other.len() != len {
                bail!(RuntimeError, "dict mutated during update");
            }
            cursor = index + 1;
        }
        Ok(())
    }

    /// Bytes that the dict takes beyond its object.
    pub fn memory(&self) -> usize {
        self.table.memory()
    }
}

/// What [`Dict::merge`] does with a key that is there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Existing {
    /// The new value replaces the old one.
    Replace,
    /// The old value stays.
    Keep,
    /// KeyError(key).
    Refuse,
}

/// Makes the classes of views and iterators; `dict` itself is among the first classes made.
pub fn init_classes() {
    views::init_classes();
    iterators::init_classes();
}
