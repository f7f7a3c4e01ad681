//! `_heapq`: priority queues in lists.
//!
//! Comparing can run foreign code that changes the list, so every step looks at the length again and raises when it
//! changed. Items move by single replacements; the list always holds each item once or, during a step, twice.

use taipan_macros::{define_module, function};
use taipan_objects::bail;
use taipan_objects::class::Comparison;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

define_module! {
    name = "_heapq",
    doc = "Heap queue algorithm (a.k.a. priority queue).\n\nA heap is a list in which no item is smaller than the one at half its position: heap[0] is always the smallest.\nThe functions that end in _max keep the largest there.",
    functions(
        heappush, heappushpop, heappop, heapreplace, heapify, heappush_max, heappushpop_max, heappop_max, heapreplace_max,
        heapify_max
    ),
}

/// Which item belongs on top.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Min,
    Max,
}

impl Order {
    /// Whether `upper` must stand above `lower`.
    #[inline(always)]
    fn above(self, upper: &Value, lower: &Value) -> PyResult<bool> {
        let (first, second) = if self == Order::Min {
            (upper, lower)
        } else {
            (lower, upper)
        };
        if let (Some(first), Some(second)) = (first.as_small_int(), second.as_small_int()) {
            return Ok(first < second);
        }
        protocol::compare_bool(first, second, Comparison::Lt)
    }
}

fn changed<T>() -> PyResult<T> {
    bail!(RuntimeError, "list changed size during iteration")
}

/// The item at a place that was there a moment ago.
fn item(heap: &List, place: usize) -> PyResult<Value> {
    match heap.get(place) {
        Some(item) => Ok(item),
        None => changed(),
    }
}

fn swap(heap: &List, left: usize, right: usize) -> PyResult<()> {
    let (first, second) = (item(heap, left)?, item(heap, right)?);
    drop(heap.set(left, second));
    drop(heap.set(right, first));
    Ok(())
}

/// Moves the item at `place` up, not above `top`, to where it belongs.
fn sift_up_to(heap: &List, top: usize, mut place: usize, order: Order) -> PyResult<()> {
    let len = heap.len();
    if place >= len {
        bail!(IndexError, "index out of range");
    }
    let moving = item(heap, place)?;
    while place > top {
        let parent = (place - 1) >> 1;
        let above = item(heap, parent)?;
        let rises = order.above(&moving, &above)?;
        if heap.len() != len {
            return changed();
        }
        if !rises {
            break;
        }
        swap(heap, parent, place)?;
        place = parent;
    }
    Ok(())
}

/// Moves the item at `top` down to a leaf, following the children that belong higher, then up to where it belongs: fewer
/// comparisons than to compare it on the way down.
fn sift_down(heap: &List, top: usize, order: Order) -> PyResult<()> {
    let len = heap.len();
    if top >= len {
        bail!(IndexError, "index out of range");
    }
    let mut place = top;
    let first_leaf = len >> 1;
    while place < first_leaf {
        let mut child = 2 * place + 1;
        if child + 1 < len {
            let (left, right) = (item(heap, child)?, item(heap, child + 1)?);
            if !order.above(&left, &right)? {
                child += 1;
            }
            if heap.len() != len {
                return changed();
            }
        }
        swap(heap, child, place)?;
        place = child;
    }
    sift_up_to(heap, top, place, order)
}

fn push(heap: &List, new: &Value, order: Order) -> PyResult<()> {
    heap.push(new.clone())?;
    sift_up_to(heap, 0, heap.len() - 1, order)
}

fn pop(heap: &List, order: Order) -> PyResult<Value> {
    let Some(last) = heap.pop() else {
        bail!(IndexError, "index out of range")
    };
    match heap.set(0, last.clone()) {
        None => Ok(last),
        Some(top) => {
            sift_down(heap, 0, order)?;
            Ok(top)
        }
    }
}

fn replace(heap: &List, new: &Value, order: Order) -> PyResult<Value> {
    match heap.set(0, new.clone()) {
        None => bail!(IndexError, "index out of range"),
        Some(top) => {
            sift_down(heap, 0, order)?;
            Ok(top)
        }
    }
}

fn push_pop(heap: &List, new: &Value, order: Order) -> PyResult<Value> {
    let Some(top) = heap.get(0) else {
        return Ok(new.clone());
    };
    if !order.above(&top, new)? {
        return Ok(new.clone());
    }
    match heap.set(0, new.clone()) {
        None => bail!(IndexError, "index out of range"),
        Some(top) => {
            sift_down(heap, 0, order)?;
            Ok(top)
        }
    }
}

fn heapify_list(heap: &List, order: Order) -> PyResult<()> {
    // From the bottom up; leaves are heaps already.
    for place in (0..heap.len() >> 1).rev() {
        sift_down(heap, place, order)?;
    }
    Ok(())
}

/// Push an item onto a heap, which stays a heap.
#[function("($module, heap, item, /)")]
fn heappush(heap: &Ref<List>, item: &Value) -> PyResult<()> {
    push(heap, item, Order::Min)
}

/// Push an item onto a heap, then pop and return the smallest; faster than heappush() and heappop().
#[function("($module, heap, item, /)")]
fn heappushpop(heap: &Ref<List>, item: &Value) -> PyResult<Value> {
    push_pop(heap, item, Order::Min)
}

/// Pop the smallest item off a heap, which stays a heap.
#[function("($module, heap, /)")]
fn heappop(heap: &Ref<List>) -> PyResult<Value> {
    pop(heap, Order::Min)
}

/// Pop and return the smallest item, and put a new one in.
///
/// The answer may be larger than the new item; heappushpop() would return that one then.
#[function("($module, heap, item, /)")]
fn heapreplace(heap: &Ref<List>, item: &Value) -> PyResult<Value> {
    replace(heap, item, Order::Min)
}

/// Make a list a heap, in place, in linear time.
#[function("($module, heap, /)")]
fn heapify(heap: &Ref<List>) -> PyResult<()> {
    heapify_list(heap, Order::Min)
}

/// Push an item onto a max heap, which stays a max heap.
#[function("($module, heap, item, /)")]
fn heappush_max(heap: &Ref<List>, item: &Value) -> PyResult<()> {
    push(heap, item, Order::Max)
}

/// Push an item onto a max heap, then pop and return the largest.
#[function("($module, heap, item, /)")]
fn heappushpop_max(heap: &Ref<List>, item: &Value) -> PyResult<Value> {
    push_pop(heap, item, Order::Max)
}

/// Pop the largest item off a max heap, which stays a max heap.
#[function("($module, heap, /)")]
fn heappop_max(heap: &Ref<List>) -> PyResult<Value> {
    pop(heap, Order::Max)
}

/// Pop and return the largest item of a max heap, and put a new one in.
#[function("($module, heap, item, /)")]
fn heapreplace_max(heap: &Ref<List>, item: &Value) -> PyResult<Value> {
    replace(heap, item, Order::Max)
}

/// Make a list a max heap, in place, in linear time.
#[function("($module, heap, /)")]
fn heapify_max(heap: &Ref<List>) -> PyResult<()> {
    heapify_list(heap, Order::Max)
}
