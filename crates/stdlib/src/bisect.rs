//! `_bisect`: where an item belongs in a sorted sequence.

use taipan_macros::{define_module, function};
use taipan_objects::bail;
use taipan_objects::id;
use taipan_objects::int;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;

define_module! {
    name = "_bisect",
    doc = "Bisection algorithms.\n\nThey keep a list in order without sorting it after each insertion.",
    functions(bisect_right, insort_right, bisect_left, insort_left),
}

/// On which side of equal items the place is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The place for `x`, which is compared with the key of each item that is looked at.
fn search(
    a: &Value,
    x: &Value,
    lo: isize,
    hi: Option<isize>,
    key: Option<&Value>,
    side: Side,
) -> PyResult<usize> {
    if lo < 0 {
        bail!(ValueError, "lo must be non-negative");
    }
    let mut low = lo as usize;
    let mut high = match hi {
        None | Some(-1) => protocol::len(a)?,
        Some(hi) => hi.max(0) as usize,
    };
    let list = a.downcast_exact::<List>();
    while low < high {
        let middle = low + (high - low) / 2;
        let mut item = match list.and_then(|list| list.get(middle)) {
            Some(item) => item,
            None => protocol::getitem(a, &int::from_usize(middle))?,
        };
        if let Some(key) = key {
            item = protocol::call1(key, &item)?;
        }
        let goes_right = match side {
            Side::Left => protocol::less_than(&item, x)?,
            Side::Right => !protocol::less_than(x, &item)?,
        };
        if goes_right {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn insert(
    a: &Value,
    x: &Value,
    lo: isize,
    hi: Option<isize>,
    key: Option<&Value>,
    side: Side,
) -> PyResult<()> {
    let place = match key {
        Some(key) => search(a, &protocol::call1(key, x)?, lo, hi, Some(key), side)?,
        None => search(a, x, lo, hi, None, side)?,
    };
    if let Some(list) = a.downcast_exact::<List>() {
        return list.insert(place, x.clone());
    }
    protocol::call_method(a, id!("insert"), &[int::from_usize(place), x.clone()]).map(drop)
}

/// The position at which to insert x into the sorted sequence a, behind all items that equal x.
///
/// lo and hi limit the search; key gives what each item of a is compared by.
#[function("($module, /, a, x, lo=0, hi=None, *, key=None)")]
fn bisect_right(
    a: &Value,
    x: &Value,
    lo: isize,
    hi: Option<isize>,
    key: Option<&Value>,
) -> PyResult<usize> {
    search(a, x, lo, hi, key, Side::Right)
}

/// Insert x into the sorted sequence a, behind all items that equal x.
///
/// lo and hi limit the search; key gives what x and each item of a are compared by.
#[function("($module, /, a, x, lo=0, hi=None, *, key=None)")]
fn insort_right(
    a: &Value,
    x: &Value,
    lo: isize,
    hi: Option<isize>,
    key: Option<&Value>,
) -> PyResult<()> {
    insert(a, x, lo, hi, key, Side::Right)
}

/// The position at which to insert x into the sorted sequence a, before all items that equal x.
///
/// lo and hi limit the search; key gives what each item of a is compared by.
#[function("($module, /, a, x, lo=0, hi=None, *, key=None)")]
fn bisect_left(
    a: &Value,
    x: &Value,
    lo: isize,
    hi: Option<isize>,
    key: Option<&Value>,
) -> PyResult<usize> {
    search(a, x, lo, hi, key, Side::Left)
}

/// Insert x into the sorted sequence a, before all items that equal x.
///
/// lo and hi limit the search; key gives what x and each item of a are compared by.
#[function("($module, /, a, x, lo=0, hi=None, *, key=None)")]
fn insort_left(
    a: &Value,
    x: &Value,
    lo: isize,
    hi: Option<isize>,
    key: Option<&Value>,
) -> PyResult<()> {
    insert(a, x, lo, hi, key, Side::Left)
}
