//! Object memory: size classes with free lists, pages that can be walked, release without recursion.
//!
//! Small objects (up to 512 bytes) live in slots of 64 KiB pages, one size class a page; the page header sits at the
//! page's aligned start, so the size class of an object is found from its address. A free slot keeps a header with the flag
//! `FREE`, which lets the collector walk pages and see what is alive; nothing is linked per object. Larger objects have a
//! malloc block each and stand in a table. Slots of objects that can hold references are written down, once until the next
//! collection, so that a young collection looks at them alone; the list may name slots that were freed or reused since,
//! never memory that is gone. Only the holder of the interpreter lock allocates or frees.

mod young;

use std::alloc::{Layout as Block, alloc, dealloc, handle_alloc_error, realloc};
use std::cell::Cell;
use std::collections::HashSet;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use young::{YOUNG_MASK, forget_young, take_young};
pub use young::{set_young_threshold, young_count};

use crate::cell::Locked;
use crate::class::{ClassFlags, Payload, Tailed, Type, Visitor};
use crate::header::{Header, flags};
use crate::instance;
use crate::raised::PyResult;
use crate::value::{Object, Ref, Value};
use young::{YoungList, remember_slow};

const GRANULE: usize = 16;
const LARGEST_SMALL: usize = 512;
const CLASS_COUNT: usize = LARGEST_SMALL / GRANULE;
const PAGE_SIZE: usize = 64 * 1024;
const PAGE_HEADER: usize = 64;
/// Deallocations nested deeper than this are queued, so that deep structures do not overflow the native stack.
const NESTING_LIMIT: u32 = 50;

/// A slot on a free list. It overlays a [`Header`]: the link stands in the place of the class.
#[repr(C)]
struct FreeSlot {
    refcount: u32,
    /// `FREE`, and `LISTED` if the list of young objects names the slot.
    flags: u32,
    next: *mut FreeSlot,
}

/// The start of a page.
struct Page {
    slot_size: usize,
    /// The free list of slots of this size.
    free: *mut *mut FreeSlot,
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

static HEAP: Locked<Heap> = Locked::new(Heap {
    free: [ptr::null_mut(); CLASS_COUNT],
    current: [ptr::null_mut(); CLASS_COUNT],
    pages: Vec::new(),
    large: HashSet::with_hasher(BUILD),
    young_large: HashSet::with_hasher(BUILD),
    pending: Vec::new(),
    nesting: 0,
    young: YoungList::empty(),
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

/// Memory for an object of `size` bytes, header not yet written, and the flags that it has.
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
                return (slot.cast(), (*slot).flags & flags::LISTED);
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
                page = new_page(slot_size, &raw mut heap.free[index]);
                heap.pages.push(page);
                heap.current[index] = page;
            }
            let slot = page.cast::<u8>().add((*page).bump).cast::<Header>();
            (*page).bump += slot_size;
            slot
        }
    })
}

fn new_page(slot_size: usize, free: *mut *mut FreeSlot) -> *mut Page {
    let block = Block::from_size_align(PAGE_SIZE, PAGE_SIZE).expect("a page is a valid block");
    // SAFETY: the block has a size; the header fits at its start.
    unsafe {
        let page = alloc(block).cast::<Page>();
        if page.is_null() {
            handle_alloc_error(block);
        }
        page.write(Page {
            slot_size,
            free,
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
        let slot = object.cast::<FreeSlot>();
        let list = (*page).free;
        (*slot).flags = (*slot).flags & flags::LISTED | flags::FREE;
        (*slot).next = *list;
        *list = slot;
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
        (*moved).unset(flags::LISTED);
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

/// Writes the header of a fresh object with one reference, and lists it for the collector.
///
/// # Safety
/// `object` is fresh memory for an instance of `class`, and has `flags`.
#[inline(always)]
unsafe fn write_header(object: *mut Header, class: &Ref<Type>, flags: u32) {
    if class.has(ClassFlags::HEAP) {
        class.header().increment();
    }
    // SAFETY: by contract.
    unsafe { write_counted_header(object, class, flags, class.has(ClassFlags::TRACED)) }
}

/// As [`write_header`], with a reference to the class that is owned already, and for a class of which it is known whether it
/// is traced.
///
/// # Safety
/// As [`write_header`].
#[inline(always)]
unsafe fn write_counted_header(
    object: *mut Header,
    class: &Ref<Type>,
    mut flags: u32,
    is_traced: bool,
) {
    // SAFETY: by contract.
    unsafe {
        object.write(Header {
            refcount: Cell::new(1),
            flags: Cell::new(flags),
            class: Cell::new(Some(class.as_ptr())),
        });
        if is_traced {
            if flags == 0 {
                flags = flags::LISTED;
                let young = &raw mut (*HEAP.as_ptr()).young;
                let place = (*young).next;
                if place == (*young).end {
                    remember_slow(object);
                } else {
                    place.write(object);
                    (*young).next = place.add(1);
                }
            }
            (*object).flags.set(flags | flags::TRACKED);
        }
    }
}

/// A new instance of `T`'s own class, which is builtin and gives its instances no attributes: the quickest way.
#[inline(always)]
pub fn new_exact<T: Payload>(payload: T) -> Ref<T> {
    let class = T::class();
    debug_assert!(
        !class.has(ClassFlags::HEAP | ClassFlags::EXTRAS)
            && class.has(ClassFlags::TRACED) == T::REFERENCES
            && ptr::eq(class.layout(), T::layout()),
        "a class of another kind"
    );
    debug_assert!(T::layout().tail_bytes.is_none());
    // SAFETY: as `new_object`.
    unsafe {
        let (memory, flags) = allocate(size_of::<Object<T>>());
        write_counted_header(memory, class, flags, T::REFERENCES);
        let object = memory.cast::<Object<T>>();
        (&raw mut (*object).payload).write(payload);
        Ref::from_owned(NonNull::new_unchecked(object))
    }
}

/// As [`new_exact`], for a payload with a tail, whose items hold references or do not.
///
/// # Safety
/// As [`new_tailed`].
#[inline(always)]
pub unsafe fn new_exact_tailed<T: Tailed>(
    payload: T,
    is_traced: bool,
    fill: impl FnOnce(*mut T::Item),
) -> Ref<T> {
    let class = T::class();
    debug_assert!(
        !class.has(ClassFlags::HEAP | ClassFlags::EXTRAS)
            && class.has(ClassFlags::TRACED) == is_traced
            && ptr::eq(class.layout(), T::layout()),
        "a class of another kind"
    );
    // SAFETY: as `new_tailed`.
    unsafe {
        let tail = payload.tail_len() * size_of::<T::Item>();
        let (memory, flags) = allocate(size_of::<Object<T>>() + tail);
        write_counted_header(memory, class, flags, is_traced);
        let object = memory.cast::<Object<T>>();
        (&raw mut (*object).payload).write(payload);
        fill(object.add(1).cast());
        Ref::from_owned(NonNull::new_unchecked(object))
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
    // Every way out is a call at the end: the shortest way saves no registers.
    // SAFETY: the interpreter lock is held; the object has a class.
    unsafe {
        let class = crate::value::header_class(&*object);
        if class.has(ClassFlags::TRACED | ClassFlags::FINALIZER | ClassFlags::EXTRAS)
            || (*object).has(flags::WEAKLY_REFERENCED)
        {
            return end_nesting(object);
        }
        // Without references nothing nests; classes made at run time are always traced.
        match class.layout().drop {
            None => free(object),
            Some(drop) => end_leaf(object, drop),
        }
    }
}

/// # Safety
/// As [`deallocate`]; `drop` is that of the object's layout, and all there is to do.
#[inline(never)]
unsafe fn end_leaf(object: *mut Header, drop: unsafe fn(*mut Header)) {
    // SAFETY: by contract.
    unsafe {
        drop(object);
        free(object);
    }
}

/// Ends an object that may hold references to others.
///
/// # Safety
/// As [`deallocate`].
#[inline(never)]
unsafe fn end_nesting(object: *mut Header) {
    // SAFETY: the heap's fields are plain words; the interpreter lock is held.
    unsafe {
        let heap = HEAP.as_ptr();
        if (*heap).nesting >= NESTING_LIMIT {
            return postpone(&mut *heap, object);
        }
        (*heap).nesting += 1;
        let class = crate::value::header_class(&*object);
        if class.has(ClassFlags::FINALIZER | ClassFlags::EXTRAS | ClassFlags::HEAP)
            || (*object).has(flags::WEAKLY_REFERENCED)
        {
            end_instance(object);
        } else {
            if let Some(drop) = class.layout().drop {
                drop(object);
            }
            free(object);
        }
        (*heap).nesting -= 1;
        if (*heap).nesting == 0 && !(*heap).pending.is_empty() {
            end_pending(heap);
        }
    }
}

#[cold]
#[inline(never)]
fn postpone(heap: &mut Heap, object: *mut Header) {
    // SAFETY: the count stays zero: queued objects are unreachable, but they are not free for the collector's walk.
    unsafe { (*object).set(flags::DYING) };
    heap.pending.push(object);
}

/// Ends the objects that waited for the outermost deallocation.
///
/// # Safety
/// The interpreter lock is held, and no deallocation is under way.
#[cold]
#[inline(never)]
unsafe fn end_pending(heap: *mut Heap) {
    // SAFETY: queued objects have a count of zero, and each is in the queue once.
    unsafe {
        while let Some(object) = (*heap).pending.pop() {
            (*heap).nesting += 1;
            end_instance(object);
            (*heap).nesting -= 1;
        }
    }
}

/// Ends an object of whatever class.
///
/// # Safety
/// As [`deallocate`].
#[inline(never)]
unsafe fn end_instance(object: *mut Header) {
    // SAFETY: the object is intact until its payload is dropped; the class outlives it because the header owns a
    // reference to heap classes and the others are immortal.
    unsafe {
        let class = ManuallyDrop::new(Ref::from_owned(
            (*object).class.get().expect("a live object has a class"),
        ));
        let class_flags = class.flags();
        if (class_flags & (ClassFlags::FINALIZER | ClassFlags::EXTRAS) != 0
            || (*object).has(flags::WEAKLY_REFERENCED))
            && !end_extras(object, &class)
        {
            return;
        }
        if let Some(drop) = class.layout().drop {
            drop(object);
        }
        free(object);
        if class_flags & ClassFlags::HEAP != 0 {
            drop(ManuallyDrop::into_inner(class));
        }
    }
}

/// Runs the finalizer, clears weak references, and releases what stands behind the payload. Answers whether the object
/// still dies.
///
/// # Safety
/// As [`deallocate`].
#[inline(always)]
unsafe fn end_extras(object: *mut Header, class: &Ref<Type>) -> bool {
    let class_flags = class.flags();
    // SAFETY: the object is intact.
    unsafe {
        if class_flags & ClassFlags::FINALIZER != 0
            && !(*object).has(flags::FINALIZED)
            && !finalize(object)
        {
            return false;
        }
        if (*object).has(flags::WEAKLY_REFERENCED) {
            (*object).refcount.set(1);
            crate::weakref::object_dies(borrow(&object));
            (*object).refcount.set(0);
        }
        (*object).set(flags::DYING);
        if class_flags & ClassFlags::EXTRAS != 0 {
            instance::drop_extras(object, class);
        }
    }
    true
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

/// Visits every reference an object owns: its payload's, its attributes', and its class where that is counted.
pub(crate) fn trace_object(object: &Header, visitor: &mut Visitor<'_>) {
    let class = crate::value::header_class(object);
    // SAFETY: the object is live, and the layout is its class's.
    unsafe { (class.layout().trace)(object, visitor) };
    instance::trace_extras(object, visitor);
    if class.has(ClassFlags::HEAP) {
        visitor.visit(class.as_value());
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

#[inline(always)]
fn walk(size: Option<usize>, mut visit: impl FnMut(&Header)) {
    let is_large = |size: usize| size > LARGEST_SMALL;
    let slot_size = size.map(|size| size.next_multiple_of(GRANULE));
    // SAFETY: the interpreter lock is held; slots below `bump` hold a header or a free slot, told apart by a flag.
    unsafe {
        let heap = HEAP.as_ptr();
        for &page in &(*heap).pages {
            if slot_size.is_some_and(|slot_size| slot_size != (*page).slot_size) {
                continue;
            }
            let mut offset = PAGE_HEADER;
            while offset < (*page).bump {
                let object = page.cast::<u8>().add(offset).cast::<Header>();
                if !(*object).has(flags::FREE) {
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
    const LOOKED_AT: u32 = flags::TRACKED | flags::OLD;
    let mut count = 0;
    for_each_object(|object| count += usize::from(object.flags.get() & YOUNG_MASK == LOOKED_AT));
    count
}

/// Number of bytes in pages, for statistics.
pub fn page_bytes() -> usize {
    HEAP.with(|heap| heap.pages.len() * PAGE_SIZE)
}

const _: () = assert!(size_of::<FreeSlot>() == 16 && size_of::<Page>() <= PAGE_HEADER);
const _: () = assert!(std::mem::offset_of!(FreeSlot, flags) == std::mem::offset_of!(Header, flags));
const _: () = assert!(std::mem::offset_of!(FreeSlot, next) == std::mem::offset_of!(Header, class));

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
            flags: Cell::new(flags | flags::TRACKED),
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
