//! The process's allocator: free lists by size for small blocks, the system's allocator for the rest.
//!
//! The memory behind lists, dicts, sets and big ints comes and goes as often as objects do, in few sizes. A thread has a list
//! of free blocks for each multiple of 16 bytes up to [`LARGEST`]; taking and giving back is a load and a store. New blocks
//! are cut from chunks that are never given back. A block freed by another thread goes to that thread's list; what a thread
//! leaves behind goes to the next one that runs out.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;
use std::sync::Mutex;

/// The largest block that comes from a free list, in bytes.
const LARGEST: usize = 256;
/// Sizes are multiples of this, and blocks are aligned to it.
const STEP: usize = 16;
const CLASSES: usize = LARGEST / STEP + 1;
/// Bytes that are cut into blocks.
const CHUNK: usize = 64 * 1024;

/// A block on a free list.
struct Free {
    next: *mut Free,
}

/// One thread's blocks.
struct Local {
    free: [Cell<*mut Free>; CLASSES],
    /// The rest of the chunk that is being cut.
    rest: Cell<*mut u8>,
    rest_len: Cell<usize>,
    /// Whether the thread hands its blocks on when it ends.
    leaves: Cell<bool>,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            free: [const { Cell::new(ptr::null_mut()) }; CLASSES],
            rest: Cell::new(ptr::null_mut()),
            rest_len: Cell::new(0),
            leaves: Cell::new(false),
        }
    };
    /// Hands the blocks on when the thread ends.
    static LEAVING: Leaving = const { Leaving };
}

struct Leaving;

/// Lists that threads left behind.
struct Left([*mut Free; CLASSES]);

// SAFETY: the blocks are free: they belong to whoever holds the list.
unsafe impl Send for Left {}

static LEFT: Mutex<Left> = Mutex::new(Left([ptr::null_mut(); CLASSES]));

impl Drop for Leaving {
    fn drop(&mut self) {
        let Ok(mut left) = LEFT.lock() else { return };
        LOCAL.with(|local| {
            for (class, list) in local.free.iter().enumerate() {
                let first = list.replace(ptr::null_mut());
                let mut last = first;
                // SAFETY: blocks on a list are free and linked.
                unsafe {
                    while !last.is_null() && !(*last).next.is_null() {
                        last = (*last).next;
                    }
                    if !last.is_null() {
                        (*last).next = left.0[class];
                        left.0[class] = first;
                    }
                }
            }
        });
    }
}

/// The allocator: a binary names it as its `#[global_allocator]`.
pub struct Blocks;

#[inline(always)]
fn is_small(layout: Layout) -> bool {
    layout.size() <= LARGEST && layout.align() <= STEP
}

#[inline(always)]
fn class_of(size: usize) -> usize {
    size.div_ceil(STEP)
}

/// A block where the list is empty.
#[cold]
#[inline(never)]
fn refill(local: &Local, class: usize) -> *mut u8 {
    if !local.leaves.replace(true) {
        // A thread that is ending already cannot hand its blocks on: they are lost.
        let _ = LEAVING.try_with(|_| ());
    }
    if let Ok(mut left) = LEFT.try_lock()
        && !left.0[class].is_null()
    {
        let first = left.0[class];
        left.0[class] = ptr::null_mut();
        // SAFETY: the list is this thread's now.
        local.free[class].set(unsafe { (*first).next });
        return first.cast();
    }
    let size = class.max(1) * STEP;
    if local.rest_len.get() < size {
        // What is left of the old chunk, less than a block, is lost.
        let layout = Layout::from_size_align(CHUNK, STEP).expect("a constant");
        // SAFETY: the layout has a size.
        let chunk = unsafe { System.alloc(layout) };
        if chunk.is_null() {
            return chunk;
        }
        local.rest.set(chunk);
        local.rest_len.set(CHUNK);
    }
    let block = local.rest.get();
    // SAFETY: the rest of the chunk has the size.
    local.rest.set(unsafe { block.add(size) });
    local.rest_len.set(local.rest_len.get() - size);
    block
}

// SAFETY: blocks are at least as large and as aligned as asked for, belong to one owner at a time, and go back to the list of
// their size, which the layout says again.
unsafe impl GlobalAlloc for Blocks {
    /// # Safety
    /// As [`GlobalAlloc::alloc`].
    #[inline(always)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_small(layout) {
            // SAFETY: passed on.
            return unsafe { System.alloc(layout) };
        }
        let class = class_of(layout.size());
        LOCAL.with(|local| {
            let first = local.free[class].get();
            if first.is_null() {
                return refill(local, class);
            }
            // SAFETY: blocks on a list are free and linked.
            local.free[class].set(unsafe { (*first).next });
            first.cast()
        })
    }

    /// # Safety
    /// As [`GlobalAlloc::dealloc`].
    #[inline(always)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !is_small(layout) {
            // SAFETY: passed on.
            return unsafe { System.dealloc(block, layout) };
        }
        let class = class_of(layout.size());
        LOCAL.with(|local| {
            let free = block.cast::<Free>();
            // SAFETY: the block is the caller's to give, and has room for a pointer.
            unsafe { (*free).next = local.free[class].get() };
            local.free[class].set(free);
        });
    }

    /// # Safety
    /// As [`GlobalAlloc::alloc_zeroed`].
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_small(layout) {
            // SAFETY: passed on.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: the block has the size.
        unsafe {
            let block = self.alloc(layout);
            if !block.is_null() {
                block.write_bytes(0, layout.size());
            }
            block
        }
    }

    /// # Safety
    /// As [`GlobalAlloc::realloc`].
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's layout is valid for the new size, too.
        unsafe {
            let new = Layout::from_size_align_unchecked(size, layout.align());
            match (is_small(layout), is_small(new)) {
                (false, false) => return System.realloc(block, layout, size),
                (true, true) if class_of(layout.size()) == class_of(size) => return block,
                _ => {}
            }
            let moved = self.alloc(new);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}
