//! Object memory: size classes with free lists, pages that can be walked, release without recursion.
//!
//! Small objects (up to 512 bytes) live in slots of 64 KiB pages, one size class a page; the page header sits at the
//! page's aligned start, so the size class of an object is found from its address. A free slot has a null class word,
//! which lets the collector walk pages and see what is alive; nothing is linked per object. Larger objects have a malloc
//! block each and stand in a table. Only the holder of the interpreter lock allocates or frees.

use std::alloc::{Layout as Block, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::collections::HashSet;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use crate::cell::Locked;
use crate::class::{ClassFlags, Payload, Tailed, Type};
use crate::header::{Header, flags};
use crate::instance;
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
    /// Objects whose release waits for the outermost deallocation.
    pending: Vec<*mut Header>,
    nesting: u32,
    /// Objects that can hold references, made since the last collection, less those freed.
    young: isize,
    /// `young` above this asks for a collection.
    threshold: isize,
}

static HEAP: Locked<Heap> = Locked::new(Heap {
    free: [ptr::null_mut(); CLASS_COUNT],
    current: [ptr::null_mut(); CLASS_COUNT],
    pages: Vec::new(),
    large: HashSet::with_hasher(BUILD),
    pending: Vec::new(),
    nesting: 0,
    young: 0,
    threshold: isize::MAX,
});

// `HashSet::new` is not const with the default hasher; addresses need no keyed hash.
type AddressHash = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;
const BUILD: AddressHash = AddressHash::new();

/// Called when the number of young containers passes the threshold: asks for a collection at the next safe point.
pub static COLLECTION_WANTED: Locked<Cell<bool>> = Locked::new(Cell::new(false));

/// Memory for an object of `size` bytes, header not yet written.
///
/// # Safety
/// The caller holds the interpreter lock and writes a header with a class before the next collection.
#[inline(always)]
unsafe fn allocate(size: usize) -> (*mut Header, u32) {
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
        page.write(Page { slot_size, bump: PAGE_HEADER });
        page
    }
}

const LARGE_PREFIX: usize = 16;

#[inline(never)]
fn allocate_large(size: usize) -> *mut Header {
    let block = Block::from_size_align(size + LARGE_PREFIX, GRANULE).expect("object sizes fit the address space");
    // SAFETY: the block has a size; the prefix keeps its size for `free`.
    let object = unsafe {
        let start = alloc(block);
        if start.is_null() {
            handle_alloc_error(block);
        }
        start.cast::<usize>().write(size);
        start.add(LARGE_PREFIX).cast::<Header>()
    };
    HEAP.with(|heap| heap.large.insert(object));
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
        slot.write(FreeSlot { next: (*heap).free[index], class: 0 });
        (*heap).free[index] = slot;
    }
}

/// # Safety
/// As [`free`], for a large object.
#[inline(never)]
unsafe fn free_large(object: *mut Header) {
    HEAP.with(|heap| heap.large.remove(&object));
    // SAFETY: the prefix holds the size the block was made with.
    unsafe {
        let start = object.cast::<u8>().sub(LARGE_PREFIX);
        let size = start.cast::<usize>().read();
        dealloc(start, Block::from_size_align_unchecked(size + LARGE_PREFIX, GRANULE));
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
        if class.has(ClassFlags::TRACED) {
            let heap = HEAP.as_ptr();
            (*heap).young += 1;
            if (*heap).young > (*heap).threshold {
                (*COLLECTION_WANTED.as_ptr()).set(true);
            }
        }
    }
}

/// A new instance of `class`, which is `T`'s class or a subclass with the same layout.
#[inline(always)]
pub fn new_object<T: Payload>(class: &Ref<Type>, payload: T) -> Ref<T> {
    debug_assert!(class.layout().extends(T::layout()) && T::layout().extends(class.layout()), "payload of another layout");
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
pub unsafe fn new_tailed<T: Tailed>(class: &Ref<Type>, payload: T, fill: impl FnOnce(*mut T::Item)) -> Ref<T> {
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
        let class = ManuallyDrop::new(Ref::from_owned((*object).class.get().expect("a live object has a class")));
        let class_flags = class.flags();
        if class_flags & (ClassFlags::FINALIZER | ClassFlags::EXTRAS) != 0 || (*object).has(flags::WEAKLY_REFERENCED) {
            if class_flags & ClassFlags::FINALIZER != 0 && !(*object).has(flags::FINALIZED) && !finalize(object) {
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
        if class_flags & ClassFlags::TRACED != 0 {
            let heap = HEAP.as_ptr();
            (*heap).young -= 1;
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
unsafe fn borrow<'a>(object: &'a *mut Header) -> &'a Value {
    // SAFETY: an object pointer has the bits of a value.
    unsafe { &*(object as *const *mut Header).cast::<Value>() }
}

/// Number of traced objects made since the last collection, less those freed.
pub fn young_count() -> isize {
    HEAP.with(|heap| heap.young)
}

/// Starts a new count after a collection; a collection is asked for when more than `threshold` are made.
pub fn reset_young(threshold: isize) {
    HEAP.with(|heap| {
        heap.young = 0;
        heap.threshold = threshold;
    });
}

/// Calls `visit` for every live object. `visit` must not allocate or free objects.
pub(crate) fn for_each_object(mut visit: impl FnMut(&Header)) {
    // SAFETY: the interpreter lock is held; slots below `bump` hold a header or a free slot, told apart by the class word.
    unsafe {
        let heap = HEAP.as_ptr();
        for &page in &(*heap).pages {
            let mut offset = PAGE_HEADER;
            while offset < (*page).bump {
                let object = page.cast::<u8>().add(offset).cast::<Header>();
                if (*object).class.get().is_some() {
                    visit(&*object);
                }
                offset += (*page).slot_size;
            }
        }
        for &object in &(*heap).large {
            visit(&*object);
        }
    }
}

/// Number of bytes in pages, for statistics.
pub fn page_bytes() -> usize {
    HEAP.with(|heap| heap.pages.len() * PAGE_SIZE)
}

const _: () = assert!(size_of::<FreeSlot>() == 16 && size_of::<Page>() <= PAGE_HEADER);
const _: () = assert!(std::mem::offset_of!(FreeSlot, class) == std::mem::offset_of!(Header, class));
const _: () = assert!(std::mem::offset_of!(FreeSlot, next) == std::mem::offset_of!(Header, refcount));

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
        memory.write(Header { refcount: Cell::new(1), flags: Cell::new(flags), class: Cell::new(Some(pointer)) });
        (&raw mut (*object).payload).write(payload);
        Ref::from_owned(pointer)
    }
}
