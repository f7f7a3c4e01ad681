//! What stands behind the payload of an instance: `__slots__` members, then inline attributes.
//!
//! ```text
//! [header][payload][tail…][member 0]…[member m-1][AttrTable][value 0]…[value c-1][order bytes…]
//! ```
//! Inline attributes are laid out by the class's [`SharedKeys`]: place `i` holds the attribute named `keys[i]`. The order
//! bytes keep the order of insertion. When something needs a real dict (`obj.__dict__`, a key that is not a name, too many
//! names), the values move into a dict once and for all, and the table's capacity becomes 0.
//!
//! Invariant: an object of a class with `EXTRAS` has this region, zeroed or initialized, right behind its payload and tail;
//! member count and capacity used at allocation are found again in the class (members never change) and in the table.

use std::cell::{Cell, UnsafeCell};

use crate::cell::Slot;
use crate::class::{ClassFlags, Payload as _, Trace as _, Type, Visitor};
use crate::dict::Dict;
use crate::header::Header;
use crate::raised::PyResult;
use crate::rare_events::{self, RareEvent};
use crate::str::Str;
use crate::value::{Ref, Value};

/// Most names a class shares among its instances; CPython's `SHARED_KEYS_MAX_SIZE`.
pub const SHARED_KEYS_MAX: usize = 30;

/// The attribute names that a class's instances have places for.
pub struct SharedKeys {
    names: UnsafeCell<Vec<Ref<Str>>>,
    /// Changes with every added name.
    version: Cell<u32>,
}

impl SharedKeys {
    pub(crate) fn new(names: Vec<Ref<Str>>) -> SharedKeys {
        SharedKeys {
            names: UnsafeCell::new(names),
            version: Cell::new(0),
        }
    }

    /// The names, in order of their places.
    pub fn names(&self) -> &[Ref<Str>] {
        // SAFETY: names are only added, under the interpreter lock, by `add`, which no holder of this slice calls.
        unsafe { &*self.names.get() }
    }

    /// The place of `name`.
    #[inline]
    pub fn find(&self, name: &Ref<Str>) -> Option<usize> {
        match self.position(name) {
            // Two interned strings that are not the same object are not equal.
            None if !name.is_interned() => self.find_text(name),
            place => place,
        }
    }

    #[cold]
    #[inline(never)]
    fn find_text(&self, name: &Ref<Str>) -> Option<usize> {
        self.names().iter().position(|key| key.same_text(name))
    }

    /// The place of an interned name. Without closures: the interpreter's loop inlines this where no local may have an
    /// address.
    #[inline(always)]
    pub fn position(&self, name: &Ref<Str>) -> Option<usize> {
        let names = self.names();
        let mut index = 0;
        while index < names.len() {
            if names[index].is(name) {
                return Some(index);
            }
            index += 1;
        }
        None
    }

    /// The number of names: it only grows, so it stands for the names themselves.
    #[inline(always)]
    pub fn version(&self) -> u32 {
        self.version.get()
    }

    fn add(&self, name: &Ref<Str>) -> Option<usize> {
        // SAFETY: no slice from `names` is held across this call.
        let names = unsafe { &mut *self.names.get() };
        if names.len() >= SHARED_KEYS_MAX {
            return None;
        }
        names.push(Str::intern_ref(name));
        self.version.set(self.version.get() + 1);
        Some(names.len() - 1)
    }
}

/// The fixed part of an instance's inline attributes; the values and the order bytes follow it.
#[repr(C)]
pub struct AttrTable {
    /// The dict, once there is one; then `capacity` is 0.
    dict: Slot<Ref<Dict>>,
    capacity: Cell<u8>,
    /// Number of attributes set, and of valid order bytes.
    len: Cell<u8>,
    /// The capacity the region was allocated with.
    allocated: Cell<u8>,
}

const TABLE: usize = size_of::<AttrTable>();
const _: () = assert!(TABLE == 16);

fn round_up(size: usize) -> usize {
    (size + 7) & !7
}

/// Bytes to allocate for an instance of `class` whose header, payload and tail take `fixed` bytes.
#[inline(always)]
pub(crate) fn allocation_size(class: &Type, fixed: usize) -> usize {
    if !class.has(ClassFlags::EXTRAS) {
        return fixed;
    }
    let mut size = round_up(fixed) + class.member_count.get() as usize * 8;
    if class.has(ClassFlags::ATTRIBUTES) {
        let capacity = class.attr_capacity.get() as usize;
        size += TABLE + capacity * 9;
    }
    size
}

/// Initializes the region behind an instance's `fixed` bytes.
///
/// # Safety
/// `object` was allocated with [`allocation_size`] for the same class and `fixed`, and the class did not change since.
#[inline(always)]
pub(crate) unsafe fn initialize_extras(object: *mut Header, class: &Type, fixed: usize) {
    // SAFETY: the region has room for members, table and values by the computation of `allocation_size`.
    unsafe {
        let members = object
            .cast::<u8>()
            .add(round_up(fixed))
            .cast::<Option<Value>>();
        let count = class.member_count.get() as usize;
        for index in 0..count {
            members.add(index).write(None);
        }
        if class.has(ClassFlags::ATTRIBUTES) {
            let capacity = class.attr_capacity.get() as u8;
            let table = members.add(count).cast::<AttrTable>();
            table.write(AttrTable {
                dict: Slot::empty(),
                capacity: Cell::new(capacity),
                len: Cell::new(0),
                allocated: Cell::new(capacity),
            });
            let values = table.add(1).cast::<Option<Value>>();
            for index in 0..capacity as usize {
                values.add(index).write(None);
            }
        }
    }
}

/// # Safety
/// `object` is a live object of a class with `EXTRAS`.
#[inline(always)]
unsafe fn extras(object: *const Header, class: &Type) -> *const Slot {
    let layout = class.layout();
    // SAFETY: the layout knows the tail of its objects.
    let fixed = layout.size
        + layout
            .tail_bytes
            .map_or(0, |bytes| unsafe { bytes(object) });
    // SAFETY: the region starts right behind payload and tail.
    unsafe { object.cast::<u8>().add(round_up(fixed)).cast() }
}

/// Releases members and attributes of a dying instance.
///
/// # Safety
/// The object is dying, its payload intact, and its extras are not used afterwards.
pub(crate) unsafe fn drop_extras(object: *mut Header, class: &Type) {
    // SAFETY: by contract.
    unsafe {
        let members = extras(object, class);
        let count = class.member_count.get() as usize;
        for index in 0..count {
            (*members.add(index)).set(None);
        }
        if class.has(ClassFlags::ATTRIBUTES) {
            let table = &*members.add(count).cast::<AttrTable>();
            table.dict.set(None);
            for place in table.places() {
                place.set(None);
            }
        }
    }
}

/// Visits members and attributes for the collector.
pub(crate) fn trace_extras(value: &Header, visitor: &mut Visitor<'_>) {
    let class = crate::value::header_class(value);
    if !class.has(ClassFlags::EXTRAS) {
        return;
    }
    // SAFETY: a live object of a class with extras; the collector's visitor changes nothing.
    unsafe {
        let members = extras(value, class);
        let count = class.member_count.get() as usize;
        for member in std::slice::from_raw_parts(members, count) {
            member.trace(visitor);
        }
        if class.has(ClassFlags::ATTRIBUTES) {
            let table = &*members.add(count).cast::<AttrTable>();
            table.dict.trace(visitor);
            for place in table.places() {
                place.trace(visitor);
            }
        }
    }
}

/// Releases members and attributes of garbage, to break cycles. The object stays usable.
pub(crate) fn clear_extras(value: &Value) {
    let class = value.class().clone();
    for index in 0..class.member_count.get() as usize {
        set_member(value, index, None);
    }
    if let Some(table) = attributes(value) {
        // All is empty before the first release, which may run code that sets attributes anew.
        let taken: Vec<Value> = table.places().iter().filter_map(Slot::take).collect();
        let dict = table.dict.take();
        table.len.set(0);
        drop((taken, dict));
    }
}

fn member(value: &Value, index: usize) -> Option<&Slot> {
    let header = value.header()?;
    let class = value.class();
    if index >= class.member_count.get() as usize {
        return None;
    }
    // SAFETY: the class has at least `index + 1` members, so it has extras and the member exists.
    Some(unsafe { &*extras(header, class).add(index) })
}

/// What a `__slots__` member holds.
#[inline]
pub fn get_member(value: &Value, index: usize) -> Option<Value> {
    member(value, index)?.get()
}

/// Sets or empties a `__slots__` member; answers what it held.
#[inline]
pub fn set_member(value: &Value, index: usize, new: Option<Value>) -> Option<Value> {
    member(value, index)?.replace(new)
}

/// The inline attributes of an instance, if its class gives it any.
#[inline(always)]
pub fn attributes(value: &Value) -> Option<&AttrTable> {
    let class = value.class();
    if !class.has(ClassFlags::ATTRIBUTES) {
        return None;
    }
    let header = value.header()?;
    // SAFETY: instances of classes with `ATTRIBUTES` have a table behind their members.
    Some(unsafe {
        &*extras(header, class)
            .add(class.member_count.get() as usize)
            .cast::<AttrTable>()
    })
}

impl AttrTable {
    #[inline(always)]
    fn places(&self) -> &[Slot] {
        // SAFETY: `allocated` places follow the table.
        unsafe {
            std::slice::from_raw_parts(
                (self as *const AttrTable).add(1).cast(),
                self.allocated.get() as usize,
            )
        }
    }

    #[inline(always)]
    fn order(&self) -> &[Cell<u8>] {
        // SAFETY: as many order bytes as places follow the places.
        unsafe {
            let places = (self as *const AttrTable).add(1).cast::<Slot>();
            std::slice::from_raw_parts(
                places.add(self.allocated.get() as usize).cast(),
                self.allocated.get() as usize,
            )
        }
    }

    /// Number of inline places in use; 0 once there is a dict.
    #[inline(always)]
    pub fn capacity(&self) -> usize {
        self.capacity.get() as usize
    }

    /// The value at a place of the shared keys.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        if index < self.capacity() {
            self.places()[index].get()
        } else {
            None
        }
    }

    /// The slot at a place, if this instance has it inline.
    #[inline(always)]
    pub fn at(&self, place: AttrPlace) -> Option<&Slot> {
        // Both are bytes, and compared as such.
        if (place.0 as u8) < self.capacity.get() {
            // SAFETY: as for `slot`.
            Some(unsafe {
                &*(self as *const AttrTable)
                    .add(1)
                    .cast::<Slot>()
                    .add(place.index())
            })
        } else {
            None
        }
    }

    /// The slot at a place of the shared keys, if this instance has it inline.
    #[inline(always)]
    pub fn slot(&self, index: usize) -> Option<&Slot> {
        if index < self.capacity() {
            // SAFETY: the capacity is at most the number of allocated places, which follow the table.
            Some(unsafe { &*(self as *const AttrTable).add(1).cast::<Slot>().add(index) })
        } else {
            None
        }
    }

    /// Views the instance's dict, if it has one already.
    ///
    /// # Safety
    /// Nothing changes the instance while the reference is in use.
    #[inline(always)]
    pub unsafe fn peek_dict(&self) -> Option<&Ref<Dict>> {
        // SAFETY: by contract.
        unsafe { self.dict.peek() }
    }

    /// The instance's dict, if it has one already.
    #[inline(always)]
    pub fn dict(&self) -> Option<Ref<Dict>> {
        self.dict.get()
    }

    /// Sets the attribute at a place; answers what it held. The place is within the capacity.
    #[inline(always)]
    pub fn set(&self, index: usize, value: Value) -> Option<Value> {
        assert!(index < self.capacity());
        // SAFETY: checked above.
        unsafe { self.set_unchecked(index, value) }
    }

    /// As [`AttrTable::set`].
    ///
    /// # Safety
    /// The place is within the capacity.
    #[inline(always)]
    pub unsafe fn set_unchecked(&self, index: usize, value: Value) -> Option<Value> {
        // SAFETY: by contract; the order has a byte for each place, and no more places than that are filled.
        unsafe {
            let places = (self as *const AttrTable).add(1).cast::<Slot>();
            let old = (*places.add(index)).replace(Some(value));
            if old.is_none() {
                let len = self.len.get();
                let order = places.add(self.allocated.get() as usize).cast::<Cell<u8>>();
                (*order.add(len as usize)).set(index as u8);
                self.len.set(len + 1);
            }
            old
        }
    }

    fn remove(&self, index: usize) -> Option<Value> {
        let old = self.places()[index].take()?;
        let len = self.len.get() as usize;
        let order = self.order();
        if let Some(at) = order[..len]
            .iter()
            .position(|place| place.get() as usize == index)
        {
            for next in at + 1..len {
                order[next - 1].set(order[next].get());
            }
            self.len.set(len as u8 - 1);
        }
        Some(old)
    }

    /// Names and values in order of insertion, without making a dict.
    pub fn items(&self, keys: &SharedKeys) -> Vec<(Ref<Str>, Value)> {
        if self.capacity() == 0 {
            return Vec::new();
        }
        self.order()[..self.len.get() as usize]
            .iter()
            .filter_map(|place| {
                Some((
                    keys.names()[place.get() as usize].clone(),
                    self.places()[place.get() as usize].get()?,
                ))
            })
            .collect()
    }

    /// The instance's dict, made now from the inline values if need be.
    pub fn ensure_dict(&self, class: &Type) -> Ref<Dict> {
        if let Some(dict) = self.dict.get() {
            return dict;
        }
        let dict = Dict::new();
        for (name, value) in self.items(&class.shared_keys) {
            dict.set_str(&name, value);
        }
        self.adopt(Some(dict.clone()));
        dict
    }

    /// Replaces the dict (`obj.__dict__ = d`); the inline values are released.
    pub fn adopt(&self, dict: Option<Ref<Dict>>) {
        let old = self.dict.replace(dict);
        let places = self.capacity();
        self.capacity.set(0);
        self.len.set(0);
        for place in &self.places()[..places] {
            place.set(None);
        }
        drop(old);
    }
}

/// An attribute of the instance itself (not of its class).
#[inline]
pub fn get_attribute(value: &Value, name: &Ref<Str>) -> Option<Value> {
    let table = attributes(value)?;
    if table.capacity() > 0 {
        return table.get(value.class().shared_keys.find(name)?);
    }
    table.dict()?.get_str(name)
}

/// Views an attribute of the instance itself, if its class has shared keys for it or it has a dict.
///
/// # Safety
/// Nothing changes the instance while the reference is in use.
#[inline(always)]
pub unsafe fn peek_attribute<'a>(value: &'a Value, name: &Ref<Str>) -> Option<&'a Value> {
    let table = attributes(value)?;
    let capacity = table.capacity();
    // SAFETY: by contract.
    unsafe {
        if capacity > 0 {
            let index = value.class().shared_keys.position(name)?;
            if index >= capacity {
                return None;
            }
            return table.places()[index].peek();
        }
        let dict = table.dict.peek()?;
        dict.peek_str(name).map(|found| &*(found as *const Value))
    }
}

/// Where instances of a class keep one of their attributes, in the sixteen bits that an inline cache has for it: in the high
/// byte the words from the start of the object to its [`AttrTable`], in the low byte the place of the shared keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AttrPlace(pub u16);

impl AttrPlace {
    /// The place of `name` in instances of `class`: nothing if the name has none, or if the table is not at the same offset
    /// in all instances.
    pub fn find(class: &Type, name: &Ref<Str>) -> Option<AttrPlace> {
        let index = class.shared_keys.find(name)?;
        Some(AttrPlace(AttrPlace::table(class)?.0 | index as u16))
    }

    /// The table itself, with place 0.
    pub fn table(class: &Type) -> Option<AttrPlace> {
        if !class.has(ClassFlags::ATTRIBUTES) || class.layout().tail_bytes.is_some() {
            return None;
        }
        let words = round_up(class.layout().size) / 8 + class.member_count.get() as usize;
        Some(AttrPlace(u16::from(u8::try_from(words).ok()?) << 8))
    }

    /// The table of an instance.
    ///
    /// # Safety
    /// `value` is an instance of the class that the place is of.
    #[inline(always)]
    pub unsafe fn table_of(self, value: &Value) -> &AttrTable {
        let words = usize::from(self.0 >> 8);
        // SAFETY: by contract the table lies there, as long as the value lives.
        unsafe { &*(value.bits() as *const u64).add(words).cast::<AttrTable>() }
    }

    /// The place of the shared keys.
    #[inline(always)]
    pub fn index(self) -> usize {
        usize::from(self.0 & 0xff)
    }
}

/// Where instances of a class keep a `__slots__` member: words from the start of the object.
pub fn member_words(class: &Type, place: usize) -> Option<u16> {
    if class.layout().tail_bytes.is_some() || place >= class.member_count.get() as usize {
        return None;
    }
    u16::try_from(round_up(class.layout().size) / 8 + place).ok()
}

/// The member of an instance that is so many words from its start.
///
/// # Safety
/// [`member_words`] answered `words` for the class of `value`.
#[inline(always)]
pub unsafe fn member_at(value: &Value, words: u16) -> &Slot {
    // SAFETY: by contract the member lies there, as long as the value lives.
    unsafe {
        &*(value.bits() as *const u64)
            .add(usize::from(words))
            .cast::<Slot>()
    }
}

/// The place of an attribute that is set already, for a store without further ado.
#[inline(always)]
pub fn filled_place<'a>(value: &'a Value, name: &Ref<Str>) -> Option<&'a Slot> {
    let table = attributes(value)?;
    let index = value.class().shared_keys.position(name)?;
    if index >= table.capacity() {
        return None;
    }
    let place = &table.places()[index];
    if place.is_empty() { None } else { Some(place) }
}

/// Sets or deletes an attribute of the instance itself. Answers false when it cannot: the class gives its instances no
/// attributes, or the one to delete is not there.
pub fn set_attribute(value: &Value, name: &Ref<Str>, new: Option<Value>) -> bool {
    let Some(table) = attributes(value) else {
        return false;
    };
    let class = value.class();
    if table.dict.is_empty() && class.is_heap() {
        let keys = &class.shared_keys;
        let found = keys.find(name);
        let Some(new) = new else {
            return found
                .filter(|&index| index < table.capacity())
                .and_then(|index| table.remove(index))
                .is_some();
        };
        let index = found.or_else(|| {
            if table.capacity() > 0 || class.shared_keys.names().is_empty() {
                keys.add(name)
            } else {
                None
            }
        });
        match index {
            Some(index) if index < table.capacity() => {
                drop(table.set(index, new));
                return true;
            }
            Some(index) => class.grow_attributes(index + 1),
            None => {}
        }
        table.ensure_dict(class).set_str(name, new);
        return true;
    }
    let dict = table.ensure_dict(class);
    match new {
        Some(new) => {
            dict.set_str(name, new);
            true
        }
        None => dict.remove_str(name).is_some(),
    }
}

impl Type {
    /// The attribute names that instances have places for.
    pub fn shared_keys(&self) -> &SharedKeys {
        &self.shared_keys
    }

    /// New instances get at least `count` places.
    fn grow_attributes(&self, count: usize) {
        let capacity = (count + 2).min(SHARED_KEYS_MAX) as u32;
        if capacity > self.attr_capacity.get() {
            self.attr_capacity.set(capacity);
        }
    }
}

/// Assigns `object.__class__`: both classes are made at run time and give their instances the same layout.
pub fn assign_class(value: &Value, class: &Ref<Type>) -> PyResult<()> {
    let old = value.class().clone();
    let is_module = |class: &Ref<Type>| class.is_subclass(crate::module::Module::class());
    let both_modules = is_module(&old) && is_module(class);
    if !both_modules && (!old.is_heap() || !class.is_heap()) {
        bail!(
            TypeError,
            "__class__ assignment only supported for mutable types or ModuleType subclasses"
        );
    }
    let same_layout = std::ptr::eq(old.layout(), class.layout())
        && old.member_count.get() == class.member_count.get()
        && old.has(ClassFlags::ATTRIBUTES) == class.has(ClassFlags::ATTRIBUTES)
        && same_members(&old, class);
    if !same_layout {
        bail!(
            TypeError,
            "__class__ assignment: '{}' object layout differs from '{}'",
            class.name(),
            old.name()
        );
    }
    crate::class::watch::class_modified(&old);
    rare_events::count(RareEvent::SetClass);
    // Places are laid out by the old class's keys: the attributes move into a dict.
    if let Some(table) = attributes(value) {
        table.ensure_dict(&old);
    }
    let header = value
        .header()
        .expect("instances of classes made at run time are heap objects");
    if class.is_heap() {
        header_of(class).increment();
    }
    header.class.set(Some(class.as_ptr()));
    if old.is_heap() {
        // The reference that the header owned.
        // SAFETY: the header owned one reference to its old heap class and no longer names it.
        drop(unsafe { Ref::from_owned(old.as_ptr()) });
    }
    Ok(())
}

fn header_of(class: &Ref<Type>) -> &Header {
    class.header()
}

/// Whether two classes with equally many members took them from `__slots__` of the same names.
fn same_members(left: &Type, right: &Type) -> bool {
    if left.member_count.get() == 0 {
        return true;
    }
    let names = |class: &Type| -> Vec<String> {
        let mut names = Vec::new();
        for class in class.mro().tail() {
            if let Some(class) = class.downcast::<Type>()
                && let Some(slots) = class.dict().get_str(crate::id!("__slots__"))
            {
                let items = if slots.downcast::<Str>().is_some() {
                    vec![slots]
                } else {
                    crate::protocol::collect(&slots).unwrap_or_default()
                };
                names.extend(items.iter().filter_map(|name| {
                    name.downcast::<Str>()
                        .map(|name| name.to_display().into_owned())
                }));
            }
        }
        names.sort();
        names
    };
    names(left) == names(right)
}

/// Bytes an object takes, header and extras included (`__sizeof__`).
pub fn size_of_object(value: &Value) -> usize {
    let Some(header) = value.header() else {
        return 8;
    };
    let class = value.class();
    // SAFETY: the layout knows the tail of its objects.
    let fixed = class.layout().size
        + class
            .layout()
            .tail_bytes
            .map_or(0, |bytes| unsafe { bytes(header) });
    allocation_size(class, fixed)
}
