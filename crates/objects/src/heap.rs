//! Object memory: size classes with free lists, pages that can be walked, release without recursion.
//!
//! Small objects (up to 512 bytes) live in slots of 64 KiB pages, one size class a page; the page header sits at the
//! page's aligned start, so the size class of an object is found from its address. A free slot has a null class word,
//! which lets the collector walk pages and see what is alive; nothing is linked per object. Larger objects have a malloc
//! block each and stand in a table. Objects that can hold references are written down as they are made, so that a young
//! collection looks at them alone; the list may name slots that were freed or reused since, never memory that is gone.
//! Only the holder of the interpreter lock allocates or frees.

use std::alloc::{Layout as Block, alloc, dealloc, handle_alloc_error, realloc};
use std::cell::Cell;
use std::collections::HashSet;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cell::Locked;
use crate::class::{ClassFlags, Payload, Tailed, Type};
use crate::header::{Header, flags};
use crate::instance;
use crate::raised::PyResult;
use crate::value::{Object, Ref, Value};

const GRANULE: usize = 16;
const LARGEST_SMALL: usize = 512;
const CLASS_COUNT: usize = LARGEST_SMALL / GRANULE;
const PAGE_SIZE: usize = 64 * 1024;
const PAGE_HEADER: usize = 64;
/// Deallocations nested deeper than this are queued, so that deep structures do not overflow the native stack.
const NESTING_LIMIT: u32 = 50;

/// A slot on a free list. It overlays a [`Header`] whose class word stays null.
struct FreeSlot {
    next: *mut FreeSlot,
    class: usize,
}

/// The start of a page.
struct Page {
    slot_size: usize,
    /// Bytes handed out from the page so far, counted from its start.
    bump: usize,
}

struct Heap {
    free: [*mut FreeSlot; CLASS_COUNT],
    /// The page each size class bumps from.
    current: [*mut Page; CLASS_COUNT],
    pages: Vec<*mut Page>,
    large: HashSet<*mut Header, AddressHash>,
    /// Those of them made since the last collection.
    young_large: HashSet<*mut Header, AddressHash>,
    /// Objects whose release waits for the outermost deallocation.
    pending: Vec<*mut Header>,
    nesting: u32,
    /// Slots of objects that can hold references, made since the last collection, oldest first.
    young: YoungList,
    /// More young objects than this ask for a collection.
    threshold: usize,
    /// Young objects were made that the list does not name; they are found by a walk of all pages.
    forgot_young: bool,
}

/// A list that is appended to on every allocation: its end is two words that a push compares.
struct YoungList {
    start: *mut *mut Header,
    next: *mut *mut Header,
    end: *mut *mut Header,
}

static HEAP: Locked<Heap> = Locked::new(Heap {
    free: [ptr::null_mut(); CLASS_COUNT],
    current: [ptr::null_mut(); CLASS_COUNT],
    pages: Vec::new(),
    large: HashSet::with_hasher(BUILD),
    young_large: HashSet::with_hasher(BUILD),
    pending: Vec::new(),
    nesting: 0,
    young: YoungList {
        start: ptr::null_mut(),
        next: ptr::null_mut(),
        end: ptr::null_mut(),
    },
    threshold: usize::MAX,
    forgot_young: false,
});

// `HashSet::new` is not const with the default hasher; addresses need no keyed hash.
type AddressHash = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;
const BUILD: AddressHash = AddressHash::new();

/// How many objects were made, ever; the interpreter lock is held where it changes.
#[cfg(debug_assertions)]
static MADE: AtomicU64 = AtomicU64::new(0);

/// How many objects were made since the start of the process; only a build with debug assertions counts them.
#[cfg(debug_assertions)]
pub fn made_count() -> u64 {
    MADE.load(Ordering::Relaxed)
}

/// Memory for an object of `size` bytes, header not yet written.
///
/// # Safety
/// The caller holds the interpreter lock and writes a header with a class before the next collection.
#[inline(always)]
unsafe fn allocate(size: usize) -> (*mut Header, u32) {
    #[cfg(debug_assertions)]
    MADE.store(MADE.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    if size <= LARGEST_SMALL {
        let index = (size - 1) / GRANULE;
        // SAFETY: the interpreter lock is held; slots on a free list are free memory of the class's size.
        unsafe {
            let heap = HEAP.as_ptr();
            let slot = (*heap).free[index];
            if !slot.is_null() {
                (*heap).free[index] = (*slot).next;
                return (slot.cast(), 0);
            }
        }
        (bump(index), 0)
    } else {
        (allocate_large(size), flags::LARGE)
    }
}

#[inline(never)]
fn bump(index: usize) -> *mut Header {
    HEAP.with(|heap| {
        let slot_size = (index + 1) * GRANULE;
        let mut page = heap.current[index];
        // SAFETY: `current` pages are live, and `bump` stays within them.
        unsafe {
            if page.is_null() || (*page).bump + slot_size > PAGE_SIZE {
                page = new_page(slot_size);
                heap.pages.push(page);
                heap.current[index] = page;
            }
            let slot = page.cast::<u8>().add((*page).bump).cast::<Header>();
            (*page).bump += slot_size;
            slot
        }
    })
}

fn new_page(slot_size: usize) -> *mut Page {
    let block = Block::from_size_align(PAGE_SIZE, PAGE_SIZE).expect("a page is a valid block");
    // SAFETY: the block has a size; the header fits at its start.
    unsafe {
        let page = alloc(block).cast::<Page>();
        if page.is_null() {
            handle_alloc_error(block);
        }
        page.write(Page {
            slot_size,
            bump: PAGE_HEADER,
        });
        page
    }
}

const LARGE_PREFIX: usize = 16;

#[inline(never)]
fn allocate_large(size: usize) -> *mut Header {
    let block = Block::from_size_align(size + LARGE_PREFIX, GRANULE)
        .expect("object sizes fit the address space");
    // SAFETY: the block has a size; the prefix keeps its size for `free`.
    let object = unsafe {
        let start = alloc(block);
        if start.is_null() {
            handle_alloc_error(block);
        }
        start.cast::<usize>().write(size);
        start.add(LARGE_PREFIX).cast::<Header>()
    };
    HEAP.with(|heap| {
        heap.large.insert(object);
        heap.young_large.insert(object);
    });
    object
}

/// Gives an object's memory back.
///
/// # Safety
/// `object` came from [`allocate`], its contents are dropped, and nothing refers to it.
#[inline(always)]
unsafe fn free(object: *mut Header) {
    // SAFETY: by contract; the page header is at the aligned start.
    unsafe {
        if (*object).has(flags::LARGE) {
            return free_large(object);
        }
        let page = (object as usize & !(PAGE_SIZE - 1)) as *const Page;
        let index = (*page).slot_size / GRANULE - 1;
        let heap = HEAP.as_ptr();
        let slot = object.cast::<FreeSlot>();
        slot.write(FreeSlot {
            next: (*heap).free[index],
            class: 0,
        });
        (*heap).free[index] = slot;
    }
}

/// # Safety
/// As [`free`], for a large object.
#[inline(never)]
unsafe fn free_large(object: *mut Header) {
    HEAP.with(|heap| {
        heap.large.remove(&object);
        heap.young_large.remove(&object);
    });
    // SAFETY: the prefix holds the size the block was made with.
    unsafe {
        let start = object.cast::<u8>().sub(LARGE_PREFIX);
        let size = start.cast::<usize>().read();
        dealloc(
            start,
            Block::from_size_align_unchecked(size + LARGE_PREFIX, GRANULE),
        );
    }
}

/// Makes room for `size` bytes in an object that uses `used`, moving it if need be. Large objects get some room to spare.
///
/// # Safety
/// The caller owns the only reference to the object and uses the answered address from now on; nothing else knows the
/// object's address.
pub(crate) unsafe fn grow(object: *mut Header, used: usize, size: usize) -> *mut Header {
    // SAFETY: the object is live, so its page header or its prefix is where `allocate` put it; contents move as bytes.
    unsafe {
        if (*object).has(flags::LARGE) {
            let start = object.cast::<u8>().sub(LARGE_PREFIX);
            let capacity = start.cast::<usize>().read();
            return if size <= capacity {
                object
            } else {
                reallocate_large(object, capacity, size + size / 8)
            };
        }
        let page = (object as usize & !(PAGE_SIZE - 1)) as *const Page;
        if size <= (*page).slot_size {
            return object;
        }
        let (moved, flags) = allocate(size);
        moved
            .cast::<u8>()
            .copy_from_nonoverlapping(object.cast(), used);
        (*moved).set(flags);
        free(object);
        moved
    }
}

/// # Safety
/// As [`grow`], for a large object of `capacity` bytes.
unsafe fn reallocate_large(object: *mut Header, capacity: usize, size: usize) -> *mut Header {
    let old = Block::from_size_align(capacity + LARGE_PREFIX, GRANULE).expect("the block exists");
    let new = Block::from_size_align(size + LARGE_PREFIX, GRANULE)
        .expect("object sizes fit the address space");
    let was_young = HEAP.with(|heap| {
        heap.large.remove(&object);
        heap.young_large.remove(&object)
    });
    // SAFETY: the block was made with `old`'s layout; the prefix then says its new size.
    let moved = unsafe {
        let start = realloc(object.cast::<u8>().sub(LARGE_PREFIX), old, new.size());
        if start.is_null() {
            handle_alloc_error(new);
        }
        start.cast::<usize>().write(size);
        start.add(LARGE_PREFIX).cast::<Header>()
    };
    HEAP.with(|heap| {
        heap.large.insert(moved);
        if was_young {
            heap.young_large.insert(moved);
        }
    });
    moved
}

/// Raises MemoryError if the system cannot give `bytes` now; for results whose size a small input decides.
pub fn ensure_room(bytes: usize) -> PyResult<()> {
    const ALWAYS_TRIED: usize = 1 << 26;
    if bytes <= ALWAYS_TRIED || Vec::<u8>::new().try_reserve_exact(bytes).is_ok() {
        Ok(())
    } else {
        bail!(MemoryError, "")
    }
}

/// Writes the header of a fresh object with one reference, and counts it for the collector.
///
/// # Safety
/// `object` is fresh memory for an instance of `class`.
#[inline(always)]
unsafe fn write_header(object: *mut Header, class: &Ref<Type>, flags: u32) {
    if class.has(ClassFlags::HEAP) {
        class.header().increment();
    }
    // SAFETY: by contract.
    unsafe {
        object.write(Header {
            refcount: Cell::new(1),
            flags: Cell::new(flags),
            class: Cell::new(Some(class.as_ptr())),
        });
        if flags == 0 && class.has(ClassFlags::TRACED) {
            let young = &raw mut (*HEAP.as_ptr()).young;
            let place = (*young).next;
            if place == (*young).end {
                remember_slow(object);
            } else {
                place.write(object);
                (*young).next = place.add(1);
            }
        }
    }
}

/// A new instance of `class`, which is `T`'s class or a subclass with the same layout.
#[inline(always)]
pub fn new_object<T: Payload>(class: &Ref<Type>, payload: T) -> Ref<T> {
    debug_assert!(
        class.layout().extends(T::layout()) && T::layout().extends(class.layout()),
        "payload of another layout"
    );
    debug_assert!(T::layout().tail_bytes.is_none());
    // SAFETY: the memory holds `basic_size` bytes, at least those of `Object<T>`; all of it is initialized before anyone sees it.
    unsafe {
        let (memory, flags) = allocate(instance::allocation_size(class, size_of::<Object<T>>()));
        write_header(memory, class, flags);
        let object = memory.cast::<Object<T>>();
        (&raw mut (*object).payload).write(payload);
        if class.has(ClassFlags::EXTRAS) {
            instance::initialize_extras(memory, class, size_of::<Object<T>>());
        }
        Ref::from_owned(NonNull::new_unchecked(object))
    }
}

/// A new instance of `class` with `T::tail_len(&payload)` items behind it, which `fill` writes.
///
/// # Safety
/// `fill` initializes every item of the tail it is given, and runs no foreign code.
#[inline(always)]
pub unsafe fn new_tailed<T: Tailed>(
    class: &Ref<Type>,
    payload: T,
    fill: impl FnOnce(*mut T::Item),
) -> Ref<T> {
    let fixed = size_of::<Object<T>>() + payload.tail_len() * size_of::<T::Item>();
    // SAFETY: as `new_object`; the tail has room for its items and `fill` initializes them.
    unsafe {
        let (memory, flags) = allocate(instance::allocation_size(class, fixed));
        write_header(memory, class, flags);
        let object = memory.cast::<Object<T>>();
        (&raw mut (*object).payload).write(payload);
        fill(object.add(1).cast());
        if class.has(ClassFlags::EXTRAS) {
            instance::initialize_extras(memory, class, fixed);
        }
        Ref::from_owned(NonNull::new_unchecked(object))
    }
}

/// Takes one reference away, and the object with the last one.
///
/// # Safety
/// The caller owns the reference and forgets it.
#[inline(always)]
pub(crate) unsafe fn release(object: *mut Header) {
    // SAFETY: the object is live until its last reference is gone.
    unsafe {
        let count = (*object).refcount.get().wrapping_sub(1);
        (*object).refcount.set(count);
        if count == 0 {
            deallocate(object);
        }
    }
}

/// Ends an object whose last reference is gone.
///
/// # Safety
/// The object's count is zero and nothing refers to it.
#[inline(never)]
pub unsafe fn deallocate(object: *mut Header) {
    // SAFETY: the heap's fields are plain words; the interpreter lock is held.
    unsafe {
        let heap = HEAP.as_ptr();
        if (*heap).nesting >= NESTING_LIMIT {
            // The count stays zero: queued objects are unreachable, and their class word keeps them in the collector's walk.
            (*object).set(flags::DYING);
            (*heap).pending.push(object);
            return;
        }
        (*heap).nesting += 1;
        end_object(object);
        (*heap).nesting -= 1;
        if (*heap).nesting == 0 {
            while let Some(object) = (*heap).pending.pop() {
                (*heap).nesting += 1;
                end_object(object);
                (*heap).nesting -= 1;
            }
        }
    }
}

/// # Safety
/// As [`deallocate`].
unsafe fn end_object(object: *mut Header) {
    // SAFETY: the object is intact until its payload is dropped; the class outlives it because the header owns a
    // reference to heap classes and the others are immortal.
    unsafe {
        let class = ManuallyDrop::new(Ref::from_owned(
            (*object).class.get().expect("a live object has a class"),
        ));
        let class_flags = class.flags();
        if class_flags & (ClassFlags::FINALIZER | ClassFlags::EXTRAS) != 0
            || (*object).has(flags::WEAKLY_REFERENCED)
        {
            if class_flags & ClassFlags::FINALIZER != 0
                && !(*object).has(flags::FINALIZED)
                && !finalize(object)
            {
                return;
            }
            if (*object).has(flags::WEAKLY_REFERENCED) {
                (*object).refcount.set(1);
                crate::weakref::object_dies(borrow(&object));
                (*object).refcount.set(0);
            }
            (*object).set(flags::DYING);
            if class_flags & ClassFlags::EXTRAS != 0 {
                instance::drop_extras(object, &class);
            }
        }
        (class.layout().drop)(object);
        free(object);
        if class_flags & ClassFlags::HEAP != 0 {
            drop(ManuallyDrop::into_inner(class));
        }
    }
}

/// Runs the finalizer of a dying object. Answers whether the object still dies.
///
/// # Safety
/// The object's count is zero and it is intact.
#[inline(never)]
unsafe fn finalize(object: *mut Header) -> bool {
    // SAFETY: the object is alive again for the time of the call; afterwards the count says whether someone kept it.
    unsafe {
        (*object).set(flags::FINALIZED);
        (*object).refcount.set(1);
        crate::class::run_finalizer(borrow(&object));
        let count = (*object).refcount.get() - 1;
        (*object).refcount.set(count);
        count == 0
    }
}

/// # Safety
/// The object outlives the borrow.
unsafe fn borrow(object: &*mut Header) -> &Value {
    // SAFETY: an object pointer has the bits of a value.
    unsafe { &*(object as *const *mut Header).cast::<Value>() }
}

/// Smallest length of the list of young objects.
const YOUNG_MINIMUM: usize = 1024;
/// Longest list that is kept when nobody collects.
const YOUNG_MAXIMUM: usize = 1 << 20;

/// Whether an object is one that young collections look at.
fn is_young(object: &Header) -> bool {
    object.class.get().is_some()
        && !object.has(flags::OLD | flags::IMMORTAL | flags::FROZEN)
        && crate::value::header_class(object).has(ClassFlags::TRACED)
}

/// The list is full.
#[cold]
#[inline(never)]
fn remember_slow(object: *mut Header) {
    // SAFETY: the interpreter lock is held; after `make_room` there is a place.
    unsafe {
        let heap = &mut *HEAP.as_ptr();
        make_room(heap);
        heap.young.next.write(object);
        heap.young.next = heap.young.next.add(1);
    }
}

/// Compacts the list and gives it room until the next look is due. Asks for a collection when many young objects are
/// alive.
///
/// # Safety
/// The interpreter lock is held.
unsafe fn make_room(heap: &mut Heap) {
    // SAFETY: as for the caller.
    unsafe {
        let live = compact_young(heap);
        if live >= YOUNG_MAXIMUM {
            heap.young.next = heap.young.start;
            heap.forgot_young = true;
        }
        let used = heap.young.next.offset_from(heap.young.start) as usize;
        let room = match heap.threshold.checked_sub(used) {
            Some(left) if left > 0 && heap.threshold <= YOUNG_MAXIMUM => left.max(used / 4).max(64),
            _ => used.max(YOUNG_MINIMUM),
        };
        resize_young(&mut heap.young, used + room);
        if live >= heap.threshold {
            crate::runtime::request(crate::runtime::breaker::COLLECT);
        }
    }
}

/// Takes out of the list what is freed, old, or there twice. Answers how many young objects are left, large ones included.
///
/// # Safety
/// The interpreter lock is held.
unsafe fn compact_young(heap: &mut Heap) -> usize {
    // SAFETY: the list names slots of pages, which are never given back; a freed slot has no class.
    unsafe {
        let mut kept = heap.young.start;
        let mut cursor = heap.young.start;
        while cursor != heap.young.next {
            let object = *cursor;
            cursor = cursor.add(1);
            if !is_young(&*object) || (*object).has(flags::LISTED) {
                continue;
            }
            (*object).set(flags::LISTED);
            kept.write(object);
            kept = kept.add(1);
        }
        heap.young.next = kept;
        cursor = heap.young.start;
        while cursor != kept {
            (**cursor).unset(flags::LISTED);
            cursor = cursor.add(1);
        }
        kept.offset_from(heap.young.start) as usize + heap.young_large.len()
    }
}

/// # Safety
/// The list has at most `capacity` entries, and `capacity` is not zero.
unsafe fn resize_young(young: &mut YoungList, capacity: usize) {
    let block = |count: usize| {
        Block::array::<*mut Header>(count).expect("the list of young objects fits in memory")
    };
    // SAFETY: the block was made here with the capacity found from its ends; `next` keeps its distance from the start.
    unsafe {
        let used = young.next.offset_from(young.start) as usize;
        let old = young.end.offset_from(young.start) as usize;
        if old == capacity {
            return;
        }
        let start = if old == 0 {
            alloc(block(capacity))
        } else {
            std::alloc::realloc(young.start.cast(), block(old), block(capacity).size())
        };
        if start.is_null() {
            handle_alloc_error(block(capacity));
        }
        young.start = start.cast();
        young.next = young.start.add(used);
        young.end = young.start.add(capacity);
    }
}

/// Number of traced objects made since the last collection that are still alive.
pub fn young_count() -> usize {
    // SAFETY: the interpreter lock is held.
    unsafe {
        let heap = &mut *HEAP.as_ptr();
        compact_young(heap)
    }
}

/// Sets how many young objects ask for a collection; with `usize::MAX` none do.
pub fn set_young_threshold(threshold: usize) {
    // SAFETY: the interpreter lock is held.
    unsafe {
        let heap = &mut *HEAP.as_ptr();
        heap.threshold = threshold;
        make_room(heap);
    }
}

/// Takes the young objects for a collection: from now on the list names newer ones.
pub(crate) fn take_young() -> Vec<NonNull<Header>> {
    let mut taken = Vec::new();
    // SAFETY: the interpreter lock is held; after compaction the list names live objects.
    unsafe {
        let heap = &mut *HEAP.as_ptr();
        compact_young(heap);
        if heap.forgot_young {
            for_each_object(|object| {
                if is_young(object) {
                    taken.push(NonNull::from(object));
                }
            });
        } else {
            let count = heap.young.next.offset_from(heap.young.start) as usize;
            taken.reserve(count + heap.young_large.len());
            let mut cursor = heap.young.start;
            while cursor != heap.young.next {
                taken.push(NonNull::new_unchecked(*cursor));
                cursor = cursor.add(1);
            }
            let large = heap
                .young_large
                .iter()
                .filter(|&&object| is_young(&*object));
            taken.extend(large.map(|&object| NonNull::new_unchecked(object)));
        }
        drop_young(heap);
    }
    taken
}

/// Forgets the young objects: a collection is about to look at all.
pub(crate) fn forget_young() {
    HEAP.with(drop_young);
}

fn drop_young(heap: &mut Heap) {
    heap.young.next = heap.young.start;
    heap.young_large.clear();
    heap.forgot_young = false;
}

/// Visits every reference an object owns: its payload's, its attributes', and its class where that is counted.
pub(crate) fn trace_object(object: &Header, visit: &mut dyn FnMut(&Value)) {
    let class = crate::value::header_class(object);
    // SAFETY: the object is live, and the layout is its class's.
    unsafe { (class.layout().trace)(object, visit) };
    instance::trace_extras(object, visit);
    if class.has(ClassFlags::HEAP) {
        visit(class.as_value());
    }
}

/// Lets an object of a garbage cycle let go of what it refers to. It stays usable, if empty.
pub(crate) fn clear_object(value: &Value) {
    let Some(object) = value.header() else { return };
    let class = value.class().clone();
    // SAFETY: the object is live, kept so by `value`, and the layout is its class's.
    unsafe { (class.layout().clear)(object) };
    if class.has(ClassFlags::EXTRAS) {
        instance::clear_extras(value);
    }
}

/// Calls `visit` for every live object. `visit` must not allocate or free objects.
pub(crate) fn for_each_object(visit: impl FnMut(&Header)) {
    walk(None, visit);
}

/// Calls `visit` for every live object of exactly `size` bytes, and for others of its size class. `visit` must not
/// allocate or free objects.
pub(crate) fn for_each_object_of_size(size: usize, visit: impl FnMut(&Header)) {
    walk(Some(size), visit);
}

fn walk(size: Option<usize>, mut visit: impl FnMut(&Header)) {
    let is_large = |size: usize| size > LARGEST_SMALL;
    let slot_size = size.map(|size| size.next_multiple_of(GRANULE));
    // SAFETY: the interpreter lock is held; slots below `bump` hold a header or a free slot, told apart by the class word.
    unsafe {
        let heap = HEAP.as_ptr();
        for &page in &(*heap).pages {
            if slot_size.is_some_and(|slot_size| slot_size != (*page).slot_size) {
                continue;
            }
            let mut offset = PAGE_HEADER;
            while offset < (*page).bump {
                let object = page.cast::<u8>().add(offset).cast::<Header>();
                if (*object).class.get().is_some() {
                    visit(&*object);
                }
                offset += (*page).slot_size;
            }
        }
        if size.is_none_or(is_large) {
            for &object in &(*heap).large {
                visit(&*object);
            }
        }
    }
}

/// Number of live objects.
pub fn live_count() -> usize {
    let mut count = 0;
    for_each_object(|_| count += 1);
    count
}

/// Number of live objects that survived a collection and that the next full one looks at.
pub(crate) fn old_count() -> usize {
    const LOOKED_AT: u32 = flags::OLD | flags::FROZEN | flags::IMMORTAL;
    let mut count = 0;
    for_each_object(|object| count += usize::from(object.flags.get() & LOOKED_AT == flags::OLD));
    count
}

/// Number of bytes in pages, for statistics.
pub fn page_bytes() -> usize {
    HEAP.with(|heap| heap.pages.len() * PAGE_SIZE)
}

const _: () = assert!(size_of::<FreeSlot>() == 16 && size_of::<Page>() <= PAGE_HEADER);
const _: () = assert!(std::mem::offset_of!(FreeSlot, class) == std::mem::offset_of!(Header, class));
const _: () =
    assert!(std::mem::offset_of!(FreeSlot, next) == std::mem::offset_of!(Header, refcount));

/// A builtin class. The first one, `type`, is its own class.
pub(crate) fn new_class(payload: Type) -> Ref<Type> {
    if Type::is_allocated() {
        return new_object(Type::class(), payload);
    }
    // SAFETY: as `new_object`; the header's class is the object itself, which is immortal.
    unsafe {
        let (memory, flags) = allocate(size_of::<Object<Type>>());
        let object = memory.cast::<Object<Type>>();
        let pointer = NonNull::new_unchecked(object);
        memory.write(Header {
            refcount: Cell::new(1),
            flags: Cell::new(flags),
            class: Cell::new(Some(pointer)),
        });
        (&raw mut (*object).payload).write(payload);
        Ref::from_owned(pointer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_object_that_moves_is_listed_where_it_went() {
        const FROM: usize = 1 << 12;
        const TO: usize = 1 << 22;
        let object = allocate_large(FROM);
        // SAFETY: the block is `FROM` bytes large, and nothing else knows it.
        let moved = unsafe { reallocate_large(object, FROM, TO) };
        HEAP.with(|heap| {
            assert!(heap.young_large.contains(&moved) && heap.large.contains(&moved));
            assert!(moved == object || !heap.young_large.contains(&object));
        });
        // SAFETY: the memory is not used afterwards.
        unsafe { free_large(moved) };
    }
}
