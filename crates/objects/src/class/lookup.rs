//! Attribute lookup along the MRO, cached by version tag.

use std::cell::Cell;

use taipan_bytecode::tunables::TYPE_VERSION_CACHE_SIZE;

use crate::cell::Locked;
use crate::class::{Type, watch};
use crate::header::flags;
use crate::instance::AttrPlace;
use crate::str::Str;
use crate::value::{Ref, Value};

/// Number of cache entries; CPython's type cache has as many.
const ENTRIES: usize = 4096;
/// Version tags are given out once each; when they run out, classes stay without.
const LAST_VERSION: u32 = u32::MAX;

/// One remembered lookup. The value is borrowed: the class that holds it lives and is unchanged while its version is.
#[derive(Clone, Copy)]
struct Entry {
    version: u32,
    name: u64,
    /// Bits of the found value; 0 for "no such attribute".
    value: u64,
}

static CACHE: Locked<[Entry; ENTRIES]> = Locked::new(
    [Entry {
        version: 0,
        name: 0,
        value: 0,
    }; ENTRIES],
);
static NEXT_VERSION: Locked<Cell<u32>> = Locked::new(Cell::new(1));

/// A class that has a version. It is not owned: it takes itself out.
#[derive(Clone, Copy)]
struct Versioned(*const Type);

const NO_CLASS: Versioned = Versioned(std::ptr::null());

/// The classes that have versions, by version; a later one takes the place of an earlier one.
static BY_VERSION: Locked<[Versioned; TYPE_VERSION_CACHE_SIZE]> =
    Locked::new([NO_CLASS; TYPE_VERSION_CACHE_SIZE]);

/// Forgets every cached lookup (`sys._clear_type_cache`).
pub fn clear_lookup_cache() {
    CACHE.with(|cache| {
        cache.fill(Entry {
            version: 0,
            name: 0,
            value: 0,
        })
    });
}

#[inline(always)]
fn entry_index(version: u32, name: u64) -> usize {
    (version as usize ^ (name >> 4) as usize) & (ENTRIES - 1)
}

impl Type {
    /// The class's version tag, given out now if the class has none. 0 when tags ran out.
    #[inline(always)]
    pub fn version_tag(&self) -> u32 {
        match self.version.get() {
            0 => self.assign_version(),
            version => version,
        }
    }

    /// The class that has this version tag, if it is among those that got one lately (`_PyType_LookupByVersion`).
    pub fn of_version(version: u32) -> Option<Ref<Type>> {
        let place = BY_VERSION.with(|classes| classes[version as usize % TYPE_VERSION_CACHE_SIZE]);
        // SAFETY: a class takes itself out of the table before its version goes and before it is freed.
        let class = unsafe { place.0.as_ref() }?;
        (version != 0 && class.current_version() == version).then(|| class.this())
    }

    /// Takes the class out of the table of versions: its version goes, or the class.
    pub(super) fn forget_version(&self) {
        let version = self.version.get();
        BY_VERSION.with(|classes| {
            let place = &mut classes[version as usize % TYPE_VERSION_CACHE_SIZE];
            if std::ptr::eq(place.0, self) {
                *place = NO_CLASS;
            }
        });
    }

    /// The version tag if the class has one.
    #[inline(always)]
    pub fn current_version(&self) -> u32 {
        self.version.get()
    }

    /// Where instances have their table of attributes; nothing if it is not at the same offset in all of them, or if the class
    /// has no version tag.
    #[inline(always)]
    pub fn attr_table(&self) -> Option<AttrPlace> {
        match self.attr_table.get() {
            0 => None,
            place => Some(AttrPlace(place)),
        }
    }

    #[cold]
    fn assign_version(&self) -> u32 {
        // A tag speaks for the bases too, so that a change of a base reaches this class: bases first. The base of a class
        // whose `mro()` made up an order of its own may not know of that class: such a class gets no tag.
        if !self.order_follows_bases() {
            return 0;
        }
        for class in self.bases().tail() {
            if let Some(class) = class.downcast::<Type>()
                && class.version_tag() == 0
            {
                return 0;
            }
        }
        NEXT_VERSION.with(|next| {
            let version = next.get();
            if version == LAST_VERSION {
                return 0;
            }
            next.set(version + 1);
            self.version.set(version);
            BY_VERSION.with(|classes| {
                classes[version as usize % TYPE_VERSION_CACHE_SIZE] = Versioned(self);
            });
            self.attr_table
                .set(AttrPlace::table(self).map_or(0, |place| place.0));
            version
        })
    }

    /// Whether all classes of the MRO are found by going from base to base.
    fn order_follows_bases(&self) -> bool {
        let mut found: Vec<Ref<Type>> = Vec::new();
        let mut next = 0;
        let mut bases = self.bases();
        loop {
            for base in bases.tail().iter().filter_map(Value::downcast::<Type>) {
                if !found.iter().any(|known| known.is(base)) {
                    found.push(base.clone());
                }
            }
            let Some(class) = found.get(next) else { break };
            bases = class.bases();
            next += 1;
        }
        let mro = self.mro();
        let mut others = mro
            .tail()
            .iter()
            .filter_map(Value::downcast::<Type>)
            .filter(|class| !std::ptr::eq(&raw const ***class, self));
        others.all(|class| found.iter().any(|known| known.is(class)))
    }

    /// Takes the version tag away from this class and all below it: what was learned about them may be false.
    pub fn modified(&self) {
        if self.version.get() == 0 {
            return;
        }
        watch::class_modified(self);
        self.forget_version();
        self.version.set(0);
        self.special.init.set(0);
        self.special.getitem.set(0);
        for class in self.subclasses() {
            class.modified();
        }
    }

    /// Finds `name` along the MRO.
    #[inline]
    pub fn lookup(&self, name: &Ref<Str>) -> Option<Value> {
        // SAFETY: the value is cloned at once.
        unsafe { self.lookup_borrowed(name).cloned() }
    }

    /// Finds `name` along the MRO without counting a reference.
    ///
    /// # Safety
    /// The result is not used after foreign code may have run: a change of the class may release it.
    #[inline]
    pub(crate) unsafe fn lookup_borrowed(&self, name: &Ref<Str>) -> Option<&Value> {
        let version = self.version_tag();
        if version == 0 || !name.is_interned() {
            // SAFETY: passed on to the caller.
            return unsafe { self.lookup_uncached(name) };
        }
        let name_bits = name.as_value().bits();
        let index = entry_index(version, name_bits);
        // SAFETY: the cache is only touched under the interpreter lock; an entry's value lives while its version is current.
        unsafe {
            let entry = &mut (*CACHE.as_ptr())[index];
            if entry.version == version && entry.name == name_bits {
                return if entry.value == 0 {
                    None
                } else {
                    Some(Value::borrow_bits(&entry.value))
                };
            }
            self.lookup_and_remember(name, version, entry)
        }
    }

    /// What the cache says of `name`: nothing if it says nothing, else what the MRO holds. Runs no code and makes no call.
    ///
    /// # Safety
    /// As [`Type::lookup_borrowed`].
    #[inline(always)]
    pub unsafe fn peek_cached(&self, name: &Ref<Str>) -> Option<Option<&Value>> {
        let version = self.version.get();
        let name_bits = name.as_value().bits();
        // SAFETY: as for `lookup_borrowed`.
        unsafe {
            let entry = &raw const (*CACHE.as_ptr())[entry_index(version, name_bits)];
            if version == 0 || (*entry).version != version || (*entry).name != name_bits {
                return None;
            }
            Some(if (*entry).value == 0 {
                None
            } else {
                Some(Value::borrow_bits(&(*entry).value))
            })
        }
    }

    /// # Safety
    /// As [`Type::lookup_borrowed`].
    #[cold]
    unsafe fn lookup_and_remember<'a>(
        &'a self,
        name: &Ref<Str>,
        version: u32,
        entry: &'a mut Entry,
    ) -> Option<&'a Value> {
        // SAFETY: as for the caller.
        let found = unsafe { self.lookup_uncached(name) };
        // Interned names live for ever, so an address in the cache is never another name's.
        debug_assert!(name.header().has(flags::IMMORTAL) || name.is_interned());
        *entry = Entry {
            version,
            name: name.as_value().bits(),
            value: found.map_or(0, Value::bits),
        };
        found
    }

    /// # Safety
    /// As [`Type::lookup_borrowed`].
    unsafe fn lookup_uncached(&self, name: &Ref<Str>) -> Option<&Value> {
        // SAFETY: class dicts have string keys and string lookup runs no foreign code, so nothing changes meanwhile.
        unsafe {
            for class in self.mro.peek()?.tail() {
                let class = class.downcast::<Type>()?;
                if let Some(dict) = class.dict.peek()
                    && let Some(value) = dict.peek_str(name)
                {
                    return Some(&*(value as *const Value));
                }
            }
        }
        None
    }

    /// Finds `name` along the MRO behind `class`.
    pub fn lookup_after(&self, class: &Ref<Type>, name: &Ref<Str>) -> Option<Value> {
        // SAFETY: as for `lookup_uncached`; the value is cloned at once.
        unsafe {
            let mro = self.mro.peek()?.tail();
            let behind = mro.iter().skip_while(|item| !item.is(class.as_value()));
            for class in behind.skip(1).filter_map(Value::downcast::<Type>) {
                if let Some(dict) = class.dict.peek()
                    && let Some(value) = dict.peek_str(name)
                {
                    return Some(value.clone());
                }
            }
        }
        None
    }

    /// Finds `name` along the MRO and says in which class.
    pub fn lookup_with_owner(&self, name: &Ref<Str>) -> Option<(Value, Ref<Type>)> {
        self.mro().tail().iter().find_map(|class| {
            let class = class.downcast::<Type>()?;
            Some((class.dict().get_str(name)?, class.clone()))
        })
    }
}

/// Finds a special method on `value`'s class, for calling with `value` as `self` by [`crate::protocol::call_special`].
pub fn lookup_special(value: &Value, name: &Ref<Str>) -> Option<Value> {
    value.class().lookup(name)
}
