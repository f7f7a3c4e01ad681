//! The memory of generators' frames: blocks by size, kept for the next generator.
//!
//! Blocks of up to [`LARGEST`] words are cut from slabs and go to a list of their size when they are free; the first word of
//! a free block is the address of the next. Larger blocks come from the global allocator and go back there. Only the holder
//! of the interpreter lock touches the lists.

use std::ptr;

use taipan_objects::cell::Locked;

/// Sizes are rounded up to so many words.
const STEP: usize = 2;
/// The largest block that is kept, in words.
const LARGEST: usize = 128;
/// Words of a slab that blocks are cut from.
const SLAB_WORDS: usize = 2048;

/// Free blocks of each size.
static FREE: Locked<[*mut u64; LARGEST / STEP + 1]> =
    Locked::new([ptr::null_mut(); LARGEST / STEP + 1]);

/// A block of at least `words` words.
#[inline(always)]
pub(crate) fn allocate(words: usize) -> *mut u64 {
    let size = words.div_ceil(STEP);
    if !is_kept(words) {
        return Box::into_raw(Box::<[u64]>::new_uninit_slice(words)).cast();
    }
    // SAFETY: the interpreter lock is held; what is listed is free, and begins with the address of the next.
    unsafe {
        let list = &raw mut (*FREE.as_ptr())[size];
        let block = *list;
        if block.is_null() {
            return cut_slab(size);
        }
        *list = *block.cast::<*mut u64>();
        block
    }
}

/// Makes blocks of `size` steps; answers one, the others are free.
#[cold]
#[inline(never)]
fn cut_slab(size: usize) -> *mut u64 {
    let words = size * STEP;
    let count = SLAB_WORDS / words;
    let slab: *mut u64 = Box::into_raw(Box::<[u64]>::new_uninit_slice(count * words)).cast();
    for index in 1..count {
        // SAFETY: the block lies in the slab, which is never freed; nobody uses it yet.
        unsafe { keep(slab.add(index * words), size) };
    }
    slab
}

/// # Safety
/// The block is one of `size` steps from [`allocate`] that nobody uses any more.
#[inline(always)]
unsafe fn keep(block: *mut u64, size: usize) {
    // SAFETY: by contract; the interpreter lock is held.
    unsafe {
        let list = &raw mut (*FREE.as_ptr())[size];
        *block.cast::<*mut u64>() = *list;
        *list = block;
    }
}

/// Whether blocks of so many words are kept for the next generator.
#[inline(always)]
pub(crate) fn is_kept(words: usize) -> bool {
    words <= LARGEST
}

/// Gives a block back without a call.
///
/// # Safety
/// The block came from [`allocate`] for so many words, which [`is_kept`] holds for, and nobody uses it any more.
#[inline(always)]
pub(crate) unsafe fn free_quick(block: *mut u64, words: usize) {
    debug_assert!(is_kept(words));
    // SAFETY: by contract.
    unsafe { keep(block, words.div_ceil(STEP)) };
}

/// Gives a block back.
///
/// # Safety
/// The block came from [`allocate`] for so many words, and nobody uses it any more.
pub(crate) unsafe fn free(block: *mut u64, words: usize) {
    // SAFETY: by contract; large blocks are boxes.
    unsafe {
        if is_kept(words) {
            free_quick(block, words);
        } else {
            drop(Box::from_raw(ptr::slice_from_raw_parts_mut(block, words)));
        }
    }
}
