//! `set` and `frozenset`.
//!
//! Both hold a [`SetCore`], which knows all operations; the classes differ in what they let Python do with it. Operations
//! on two sets look at the other one entry by entry, because comparing keys can run foreign code that changes either.

pub mod iterator;
mod methods;
mod table;

use std::cell::Cell;

use taipan_macros::class;

use crate::class::{Payload, Trace, Type, Visitor};
use crate::dict::{Dict, unhashable};
use crate::exceptions::ExceptionKind;
use crate::heap;
use crate::protocol;
use crate::raised::PyResult;
use crate::value::{Ref, Value};

use table::Table;

/// What sets and frozensets have inside.
#[repr(C)]
pub struct SetCore {
    table: Table,
    /// The hash of a frozenset, once computed; -1 before.
    hash: Cell<i64>,
}

/// The payload of `set`.
#[class(
    name = "set",
    doc = "A collection of distinct hashable items without an order.\n\nWithout an argument the set is empty; otherwise the argument is an iterable whose items it takes.",
    flags(BASETYPE, MATCH_SELF, WEAKREFABLE),
    parts(shared)
)]
#[repr(C)]
pub struct Set {
    core: SetCore,
}

/// The payload of `frozenset`.
#[class(
    name = "frozenset",
    doc = "A set that never changes, and can be hashed.\n\nWithout an argument it is empty; otherwise the argument is an iterable whose items it takes.",
    flags(BASETYPE, MATCH_SELF, WEAKREFABLE),
    parts(shared)
)]
#[repr(C)]
pub struct FrozenSet {
    core: SetCore,
}

impl std::ops::Deref for Set {
    type Target = SetCore;

    fn deref(&self) -> &SetCore {
        &self.core
    }
}

impl std::ops::Deref for FrozenSet {
    type Target = SetCore;

    fn deref(&self) -> &SetCore {
        &self.core
    }
}

impl Trace for SetCore {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.table.trace(visitor);
    }

    fn clear(&self) {
        self.table.clear();
    }
}

/// The inside of a set or frozenset, subclasses included.
#[inline]
pub fn any_set(value: &Value) -> Option<&SetCore> {
    if let Some(set) = value.downcast::<Set>() {
        return Some(set);
    }
    value.downcast::<FrozenSet>().map(|set| &set.core)
}

/// The inside of a value that is a set or frozenset.
///
/// # Safety
/// [`any_set`] answers for the value.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn known_set(value: &Value) -> &SetCore {
    debug_assert!(any_set(value).is_some());
    // SAFETY: both payloads are a `SetCore` and nothing else, in the same place of an object.
    let set = unsafe { &*(value as *const Value).cast::<Ref<Set>>() };
    &set.core
}

/// The hash of an item, or the TypeError that says that it cannot be one.
#[inline(always)]
pub(crate) fn hash_item(item: &Value) -> PyResult<i64> {
    protocol::hash(item).map_err(|raised| unhashable(item, raised, "a set element"))
}

/// The hash of an item that is looked for: a set stands for the frozenset of the same items.
fn hash_wanted(item: &Value) -> PyResult<i64> {
    match (hash_item(item), item.downcast::<Set>()) {
        (Err(raised), Some(set)) if raised.is(ExceptionKind::TypeError) => Ok(set.frozen_hash()),
        (hash, _) => hash,
    }
}

impl Set {
    /// A new empty set.
    #[inline]
    pub fn new() -> Ref<Set> {
        Set::new_in(Set::class())
    }

    /// A new empty set of a class that is `set` or a subclass.
    pub fn new_in(class: &Ref<Type>) -> Ref<Set> {
        heap::new_object(
            class,
            Set {
                core: SetCore::new(),
            },
        )
    }

    /// A new set of the items of an iterable.
    pub fn from_iterable(iterable: &Value) -> PyResult<Ref<Set>> {
        let set = Set::new();
        set.update(iterable)?;
        Ok(set)
    }

    /// A new set of these items.
    pub fn from_items(items: &[Value]) -> PyResult<Ref<Set>> {
        let set = Set::new();
        for item in items {
            set.add(item.clone())?;
        }
        Ok(set)
    }

    fn of(core: SetCore) -> Ref<Set> {
        heap::new_exact(Set { core })
    }
}

impl FrozenSet {
    /// A new frozenset of the items of an iterable; a frozenset, exactly, is itself.
    pub fn from_iterable(iterable: &Value) -> PyResult<Ref<FrozenSet>> {
        if let Some(set) = iterable.downcast_exact::<FrozenSet>() {
            return Ok(set.clone());
        }
        FrozenSet::new_in(FrozenSet::class(), Some(iterable))
    }

    /// A new frozenset of a class that is `frozenset` or a subclass.
    pub fn new_in(class: &Ref<Type>, iterable: Option<&Value>) -> PyResult<Ref<FrozenSet>> {
        let core = SetCore::new();
        if let Some(iterable) = iterable {
            core.update(iterable)?;
        }
        Ok(heap::new_object(class, FrozenSet { core }))
    }

    /// A new frozenset of these items.
    pub fn from_items(items: &[Value]) -> PyResult<Ref<FrozenSet>> {
        let core = SetCore::new();
        for item in items {
            core.add(item.clone())?;
        }
        Ok(FrozenSet::of(core))
    }

    fn of(core: SetCore) -> Ref<FrozenSet> {
        heap::new_exact(FrozenSet { core })
    }

    /// `hash(frozenset)`.
    pub fn hash_value(&self) -> i64 {
        if self.core.hash.get() == -1 {
            self.core.hash.set(self.core.frozen_hash());
        }
        self.core.hash.get()
    }
}

/// Spreads the bits of an item's hash, so that the sum of similar hashes is not similar.
fn shuffle_bits(hash: u64) -> u64 {
    ((hash ^ 89_869_747) ^ (hash << 16)).wrapping_mul(3_644_798_167)
}

impl SetCore {
    fn new() -> SetCore {
        SetCore {
            table: Table::empty(),
            hash: Cell::new(-1),
        }
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are no items.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All items as they are now.
    pub fn snapshot(&self) -> Vec<Value> {
        self.table
            .snapshot()
            .into_iter()
            .map(|(key, _)| key)
            .collect()
    }

    /// All items as they are now, with their hashes.
    pub fn snapshot_with_hashes(&self) -> Vec<(Value, i64)> {
        self.table.snapshot()
    }

    /// The item at or after a cursor, and the cursor of what follows. Start with 0.
    #[inline]
    pub fn item_at(&self, cursor: usize) -> Option<(usize, Value)> {
        let (next, item, _) = self.entry_at(cursor)?;
        Some((next, item))
    }

    #[inline]
    fn entry_at(&self, cursor: usize) -> Option<(usize, Value, i64)> {
        let (place, item, hash) = self.table.entry_from(cursor)?;
        Some((place + 1, item, hash))
    }

    /// Calls `body` with each item and its hash; `body` may change the set.
    fn each(&self, mut body: impl FnMut(Value, i64) -> PyResult<()>) -> PyResult<()> {
        let mut cursor = 0;
        while let Some((next, item, hash)) = self.entry_at(cursor) {
            body(item, hash)?;
            cursor = next;
        }
        Ok(())
    }

    /// `item in set`.
    #[inline]
    pub fn contains(&self, item: &Value) -> PyResult<bool> {
        self.table.contains(item, hash_wanted(item)?)
    }

    /// Adds an item; answers whether it is new.
    #[inline]
    pub fn add(&self, item: Value) -> PyResult<bool> {
        let hash = hash_item(&item)?;
        self.table.add(item, hash)
    }

    /// Removes an item; answers whether it was there.
    pub fn discard(&self, item: &Value) -> PyResult<bool> {
        Ok(self.table.remove(item, hash_wanted(item)?)?.is_some())
    }

    /// Removes any item.
    pub fn pop(&self) -> Option<Value> {
        self.table.pop()
    }

    /// Removes all items.
    pub fn clear_all(&self) {
        drop(self.table.take());
    }

    fn copy(&self) -> PyResult<SetCore> {
        let copy = SetCore::new();
        copy.table.merge(&self.table)?;
        Ok(copy)
    }

    fn frozen_hash(&self) -> i64 {
        let mut hash = self
            .table
            .snapshot()
            .iter()
            .fold(0, |mixed, (_, hash)| mixed ^ shuffle_bits(*hash as u64));
        hash ^= (self.len() as u64 + 1).wrapping_mul(1_927_868_237);
        hash ^= (hash >> 11) ^ (hash >> 25);
        hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
        if hash == u64::MAX {
            590_923_713
        } else {
            hash as i64
        }
    }

    /// Adds the items of an iterable.
    pub fn update(&self, iterable: &Value) -> PyResult<()> {
        if let Some(other) = any_set(iterable) {
            return self.table.merge(&other.table);
        }
        if let Some(dict) = iterable.downcast_exact::<Dict>() {
            self.table.reserve(dict.len());
            let mut cursor = 0;
            while let Some(index) = dict.table.next_entry(cursor) {
                let Some((key, _, hash)) = dict.table.entry(index) else {
                    break;
                };
                self.table.add(key, hash)?;
                cursor = index + 1;
            }
            return Ok(());
        }
        protocol::iterate(iterable, |item| self.add(item).map(drop))
    }

    /// Removes the items of an iterable.
    pub fn difference_update(&self, other: &Value) -> PyResult<()> {
        if let Some(set) = any_set(other) {
            if std::ptr::eq(self, set) {
                self.clear_all();
                return Ok(());
            }
            if set.len() >> 3 > self.len() {
                // Most items of the other set are not here: the common ones are found from this side.
                let common = SetCore::new();
                self.intersection_of_sets(set, &common)?;
                return self.table.remove_all(&common.table);
            }
            return self.table.remove_all(&set.table);
        }
        protocol::iterate(other, |item| {
            let hash = hash_item(&item)?;
            self.table.remove(&item, hash).map(drop)
        })
    }

    /// The items that an iterable does not have.
    fn difference(&self, other: &Value) -> PyResult<SetCore> {
        let set = any_set(other);
        let dict = other.downcast_exact::<Dict>();
        let other_len = set
            .map(SetCore::len)
            .or_else(|| dict.map(|dict| dict.len()));
        if other_len.is_none_or(|len| self.len() >> 2 > len) {
            let copy = self.copy()?;
            copy.difference_update(other)?;
            return Ok(copy);
        }
        let result = SetCore::new();
        if let Some(set) = set {
            self.table.select(&set.table, false, &result.table)?;
        } else if let Some(dict) = dict {
            self.each(|item, hash| {
                if dict.get_known_hash(&item, hash)?.is_none() {
                    result.table.add(item, hash)?;
                }
                Ok(())
            })?;
        }
        Ok(result)
    }

    fn intersection_of_sets(&self, other: &SetCore, result: &SetCore) -> PyResult<()> {
        let (fewer, more) = if other.len() > self.len() {
            (self, other)
        } else {
            (other, self)
        };
        fewer.table.select(&more.table, true, &result.table)
    }

    /// Adds to `result` the items that an iterable has too.
    pub fn intersection_into(&self, other: &Value, result: &SetCore) -> PyResult<()> {
        if let Some(set) = any_set(other) {
            return self.intersection_of_sets(set, result);
        }
        protocol::iterate(other, |item| {
            let hash = hash_item(&item)?;
            if self.table.contains(&item, hash)? {
                result.table.add(item, hash)?;
            }
            Ok(())
        })
    }

    fn intersection(&self, other: &Value) -> PyResult<SetCore> {
        if any_set(other).is_some_and(|set| std::ptr::eq(self, set)) {
            return self.copy();
        }
        let result = SetCore::new();
        self.intersection_into(other, &result)?;
        Ok(result)
    }

    /// The items that all of `others` have too.
    fn intersection_of_all(&self, others: &[Value]) -> PyResult<SetCore> {
        let [first, rest @ ..] = others else {
            return self.copy();
        };
        let mut result = self.intersection(first)?;
        for other in rest {
            result = result.intersection(other)?;
        }
        Ok(result)
    }

    /// Keeps what is in one of both sets only.
    pub fn symmetric_difference_update(&self, other: &Value) -> PyResult<()> {
        let toggle = |item: Value, hash: i64| {
            if self.table.remove(&item, hash)?.is_none() {
                self.table.add(item, hash)?;
            }
            Ok(())
        };
        if let Some(set) = any_set(other) {
            if std::ptr::eq(self, set) {
                self.clear_all();
                return Ok(());
            }
            return set.each(toggle);
        }
        if let Some(dict) = other.downcast_exact::<Dict>() {
            let mut cursor = 0;
            while let Some(index) = dict.table.next_entry(cursor) {
                let Some((key, _, hash)) = dict.table.entry(index) else {
                    break;
                };
                toggle(key, hash)?;
                cursor = index + 1;
            }
            return Ok(());
        }
        let others = SetCore::new();
        others.update(other)?;
        others.each(toggle)
    }

    fn symmetric_difference(&self, other: &Value) -> PyResult<SetCore> {
        let result = SetCore::new();
        result.update(other)?;
        self.each(|item, hash| {
            if result.table.remove(&item, hash)?.is_none() {
                result.table.add(item, hash)?;
            }
            Ok(())
        })?;
        Ok(result)
    }

    /// Whether every item of this set is in the other.
    pub fn is_subset_of(&self, other: &SetCore) -> PyResult<bool> {
        if self.len() > other.len() {
            return Ok(false);
        }
        self.table.is_within(&other.table)
    }

    fn is_subset(&self, other: &Value) -> PyResult<bool> {
        match any_set(other) {
            Some(set) => self.is_subset_of(set),
            None => Ok(self.intersection(other)?.len() == self.len()),
        }
    }

    fn is_superset(&self, other: &Value) -> PyResult<bool> {
        if let Some(set) = any_set(other) {
            return set.is_subset_of(self);
        }
        let iterator = protocol::iter(other)?;
        while let Some(item) = protocol::next(&iterator)? {
            if !self.contains(&item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_disjoint(&self, other: &Value) -> PyResult<bool> {
        if let Some(set) = any_set(other) {
            if std::ptr::eq(self, set) {
                return Ok(self.is_empty());
            }
            let (fewer, more) = if set.len() > self.len() {
                (self, set)
            } else {
                (set, self)
            };
            return fewer.table.is_disjoint(&more.table);
        }
        let iterator = protocol::iter(other)?;
        while let Some(item) = protocol::next(&iterator)? {
            if self.table.contains(&item, hash_item(&item)?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether both sets have the same items.
    pub fn equals(&self, other: &SetCore) -> PyResult<bool> {
        if self.len() != other.len() {
            return Ok(false);
        }
        let (left, right) = (self.hash.get(), other.hash.get());
        if left != -1 && right != -1 && left != right {
            return Ok(false);
        }
        self.is_subset_of(other)
    }

    /// Bytes that the set takes beyond its object.
    pub fn memory(&self) -> usize {
        self.table.memory()
    }
}

/// Makes the classes.
pub fn init_classes() {
    Set::init_class();
    FrozenSet::init_class();
    iterator::SetIterator::init_class();
}
