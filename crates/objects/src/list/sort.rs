//! `list.sort`: stable, adaptive, and safe against comparisons that raise, lie or meddle with the list.
//!
//! Keys that are all small ints, floats or strings compare without foreign code and have a total order, so the standard
//! library sorts them. All others go through a merge sort of our own, over positions instead of values: runs that are
//! there already are found, short ones are filled up by binary insertion, the merge order is powersort's, and merges gallop
//! where one side wins often. An error leaves some order of the same items. While the sort runs the list is empty.

use crate::class::Comparison;
use crate::float;
use crate::list::List;
use crate::protocol;
use crate::raised::PyResult;
use crate::sequence;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::Value;

/// Runs shorter than a number between half of this and this are filled up.
const MAX_MIN_RUN: usize = 64;
/// How often in a row one side of a merge must win before the merge gallops.
const MIN_GALLOP: usize = 7;

/// Sorts a list in place.
pub(super) fn sort(list: &List, key: Option<&Value>, reverse: bool) -> PyResult<()> {
    let mut items = list.take_all();
    let outcome = sort_items(&mut items, key, reverse);
    let was_changed = list.items.capacity() != 0;
    drop(list.replace_all(items));
    outcome?;
    if was_changed {
        bail!(ValueError, "list modified during sort");
    }
    Ok(())
}

/// Sorts items. Equal ones keep their order, with `reverse` too. After an error the items are all there, in some order.
pub fn sort_items(items: &mut Vec<Value>, key: Option<&Value>, reverse: bool) -> PyResult<()> {
    let Some(key) = key else {
        if reverse {
            items.reverse();
        }
        let outcome = sort_by_kind(items, |item| item);
        if reverse {
            items.reverse();
        }
        return outcome;
    };
    let mut keys = Vec::with_capacity(items.len());
    for item in items.iter() {
        keys.push(protocol::call1(key, item)?);
    }
    let mut pairs: Vec<(Value, Value)> = keys.into_iter().zip(items.drain(..)).collect();
    if reverse {
        pairs.reverse();
    }
    let outcome = sort_by_kind(&mut pairs, |(key, _)| key);
    if reverse {
        pairs.reverse();
    }
    // The keys are released after the items are in place again.
    let (keys, sorted): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    *items = sorted;
    drop(keys);
    outcome
}

/// What all keys of a sort have in common.
enum KeyKind {
    SmallInts,
    Floats,
    Strings,
    Tuples,
    Any,
}

fn kind_of<'a>(mut keys: impl Iterator<Item = &'a Value>) -> KeyKind {
    let Some(first) = keys.next() else {
        return KeyKind::Any;
    };
    let is_number = |key: &Value| float::exact(key).is_some_and(|number| !number.is_nan());
    if first.as_small_int().is_some() {
        if keys.all(|key| key.as_small_int().is_some()) {
            KeyKind::SmallInts
        } else {
            KeyKind::Any
        }
    } else if is_number(first) {
        if keys.all(is_number) {
            KeyKind::Floats
        } else {
            KeyKind::Any
        }
    } else if first.downcast_exact::<Str>().is_some() {
        if keys.all(|key| key.downcast_exact::<Str>().is_some()) {
            KeyKind::Strings
        } else {
            KeyKind::Any
        }
    } else if first.downcast_exact::<Tuple>().is_some()
        && keys.all(|key| key.downcast_exact::<Tuple>().is_some())
    {
        KeyKind::Tuples
    } else {
        KeyKind::Any
    }
}

fn sort_by_kind<T>(items: &mut Vec<T>, key: impl Fn(&T) -> &Value) -> PyResult<()> {
    if items.len() < 2 {
        return Ok(());
    }
    match kind_of(items.iter().map(&key)) {
        KeyKind::SmallInts => items.sort_by_key(|item| key(item).as_small_int()),
        KeyKind::Floats => items.sort_by(|left, right| {
            let order = float::exact(key(left)).partial_cmp(&float::exact(key(right)));
            order.expect("numbers that are not NaN have an order")
        }),
        KeyKind::Strings => items.sort_by(|left, right| {
            let text = |item| {
                key(item)
                    .downcast_exact::<Str>()
                    .expect("all keys are strings")
            };
            text(left).compare(text(right))
        }),
        KeyKind::Tuples => {
            return merge_sort(items, |left, right| {
                let (left, right) = (tuple_items(key(left)), tuple_items(key(right)));
                protocol::is_true(&sequence::compare_slices(left, right, Comparison::Lt)?)
            });
        }
        KeyKind::Any => {
            return merge_sort(items, |left, right| {
                protocol::less_than(key(left), key(right))
            });
        }
    }
    Ok(())
}

fn tuple_items(key: &Value) -> &[Value] {
    key.downcast_exact::<Tuple>()
        .expect("all keys are tuples")
        .as_slice()
}

/// Sorts by a comparison that may raise.
fn merge_sort<T>(items: &mut Vec<T>, less: impl Fn(&T, &T) -> PyResult<bool>) -> PyResult<()> {
    let mut sorter = Sorter {
        order: (0..items.len()).collect(),
        less: |left: usize, right: usize| less(&items[left], &items[right]),
        runs: Vec::new(),
        scratch: Vec::new(),
        min_gallop: MIN_GALLOP,
    };
    let outcome = sorter.sort();
    let order = sorter.order;
    let mut unordered: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(order.into_iter().map(|at| {
        unordered[at]
            .take()
            .expect("an order names every position once")
    }));
    outcome
}

/// A sorted stretch of the order.
struct Run {
    start: usize,
    len: usize,
    /// Depth in the merge tree of the node between this run and the next.
    power: u32,
}

struct Sorter<F> {
    /// The positions of the items, in the order reached so far.
    order: Vec<usize>,
    less: F,
    runs: Vec<Run>,
    scratch: Vec<usize>,
    min_gallop: usize,
}

/// The length that short runs are filled up to: `len` divided by it is a power of two or a little less.
fn min_run(mut len: usize) -> usize {
    let mut rest = 0;
    while len >= MAX_MIN_RUN {
        rest |= len & 1;
        len >>= 1;
    }
    len + rest
}

/// Where two neighbouring runs meet in the ideal merge tree of `total` items.
fn power(start: usize, left: usize, right: usize, total: usize) -> u32 {
    let mut first = 2 * start + left;
    let mut second = first + left + right;
    let mut depth = 0;
    loop {
        depth += 1;
        if first >= total {
            first -= total;
            second -= total;
        } else if second >= total {
            return depth;
        }
        first <<= 1;
        second <<= 1;
    }
}

/// How many of `len` places, from the first on, are `before` something; they all stand in front of the others. The search
/// doubles its steps from one end, so it is quick when the answer is near that end.
fn gallop(
    len: usize,
    from_end: bool,
    mut before: impl FnMut(usize) -> PyResult<bool>,
) -> PyResult<usize> {
    let (mut low, mut high) = (0, len);
    let mut step = 1;
    while low < high {
        let probe = if from_end {
            high - step.min(high - low)
        } else {
            low + step.min(high - low) - 1
        };
        if before(probe)? {
            low = probe + 1;
            if from_end {
                break;
            }
        } else {
            high = probe;
            if !from_end {
                break;
            }
        }
        step *= 2;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle)? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// How a merge ended.
enum Merged {
    /// All of the right run is placed; what is left of the left run follows.
    RightIsDone,
    /// One item of the left run is left, and it is the last of all.
    LastOfLeft,
}

/// The state of one merge: `scratch[left..]` and `order[right..end]` are to be placed from `order[place]` on.
struct Merge {
    place: usize,
    left: usize,
    right: usize,
    end: usize,
}

impl<F: Fn(usize, usize) -> PyResult<bool>> Sorter<F> {
    fn sort(&mut self) -> PyResult<()> {
        let total = self.order.len();
        let min_run = min_run(total);
        let mut start = 0;
        while start < total {
            let mut len = self.find_run(start)?;
            if len < min_run {
                let wanted = min_run.min(total - start);
                self.insert_sorted(start, len, wanted)?;
                len = wanted;
            }
            self.push_run(start, len)?;
            start += len;
        }
        while self.runs.len() > 1 {
            let mut at = self.runs.len() - 2;
            if at > 0 && self.runs[at - 1].len < self.runs[at + 1].len {
                at -= 1;
            }
            self.merge_at(at)?;
        }
        Ok(())
    }

    /// The length of the run that starts at `start`; a falling one is turned round.
    fn find_run(&mut self, start: usize) -> PyResult<usize> {
        let rest = &self.order[start..];
        if rest.len() < 2 {
            return Ok(rest.len());
        }
        let falls = (self.less)(rest[1], rest[0])?;
        let mut len = 2;
        while len < rest.len() && (self.less)(rest[len], rest[len - 1])? == falls {
            len += 1;
        }
        if falls {
            self.order[start..start + len].reverse();
        }
        Ok(len)
    }

    /// Makes `wanted` places sorted of which the first `sorted` are.
    fn insert_sorted(&mut self, start: usize, sorted: usize, wanted: usize) -> PyResult<()> {
        for at in start + sorted..start + wanted {
            let pivot = self.order[at];
            let (mut low, mut high) = (start, at);
            while low < high {
                let middle = low + (high - low) / 2;
                if (self.less)(pivot, self.order[middle])? {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            self.order[low..=at].rotate_right(1);
        }
        Ok(())
    }

    fn push_run(&mut self, start: usize, len: usize) -> PyResult<()> {
        if let Some(last) = self.runs.last() {
            let power = power(last.start, last.len, len, self.order.len());
            while self.runs.len() > 1 && self.runs[self.runs.len() - 2].power > power {
                self.merge_at(self.runs.len() - 2)?;
            }
            if let Some(last) = self.runs.last_mut() {
                last.power = power;
            }
        }
        self.runs.push(Run {
            start,
            len,
            power: 0,
        });
        Ok(())
    }

    /// Merges run `at` with the next.
    fn merge_at(&mut self, at: usize) -> PyResult<()> {
        let right = self.runs.remove(at + 1);
        let left = &mut self.runs[at];
        let (mut start, middle) = (left.start, right.start);
        left.len += right.len;
        left.power = right.power;
        // What is in place already at either end needs no merging.
        let (order, less) = (&self.order, &self.less);
        start += gallop(middle - start, false, |index| {
            Ok(!less(order[middle], order[start + index])?)
        })?;
        if start == middle {
            return Ok(());
        }
        let end = middle
            + gallop(right.len, true, |index| {
                less(order[middle + index], order[middle - 1])
            })?;
        if end == middle {
            return Ok(());
        }
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.order[start..middle]);
        let mut merge = Merge {
            place: start,
            left: 0,
            right: middle,
            end,
        };
        let outcome = self.merge(&mut merge);
        if let Ok(Merged::LastOfLeft) = outcome {
            self.order.copy_within(merge.right..merge.end, merge.place);
            merge.place += merge.end - merge.right;
        }
        // As many items of the left run are left as there are places: also after an error every item is there once.
        let rest = &self.scratch[merge.left..];
        self.order[merge.place..merge.place + rest.len()].copy_from_slice(rest);
        outcome.map(drop)
    }

    fn place_left(&mut self, merge: &mut Merge, count: usize) {
        self.order[merge.place..merge.place + count]
            .copy_from_slice(&self.scratch[merge.left..merge.left + count]);
        merge.place += count;
        merge.left += count;
    }

    fn place_right(&mut self, merge: &mut Merge, count: usize) {
        self.order
            .copy_within(merge.right..merge.right + count, merge.place);
        merge.place += count;
        merge.right += count;
    }

    /// Whether the merge is over.
    fn end_of(&self, merge: &Merge) -> Option<Merged> {
        if merge.right == merge.end {
            Some(Merged::RightIsDone)
        } else if merge.left + 1 >= self.scratch.len() {
            Some(Merged::LastOfLeft)
        } else {
            None
        }
    }

    /// The right run's first item is smaller than the left run's first, and the left run's last is the largest.
    fn merge(&mut self, merge: &mut Merge) -> PyResult<Merged> {
        self.place_right(merge, 1);
        if let Some(end) = self.end_of(merge) {
            return Ok(end);
        }
        loop {
            if let Some(end) = self.merge_one_by_one(merge)? {
                return Ok(end);
            }
            self.min_gallop += 1;
            if let Some(end) = self.merge_galloping(merge)? {
                return Ok(end);
            }
            // Leaving the gallop costs: make the next one less likely.
            self.min_gallop += 1;
        }
    }

    /// Places single items until one side wins often.
    fn merge_one_by_one(&mut self, merge: &mut Merge) -> PyResult<Option<Merged>> {
        let (mut left_wins, mut right_wins) = (0, 0);
        while left_wins < self.min_gallop && right_wins < self.min_gallop {
            if (self.less)(self.order[merge.right], self.scratch[merge.left])? {
                self.place_right(merge, 1);
                (left_wins, right_wins) = (0, right_wins + 1);
            } else {
                self.place_left(merge, 1);
                (left_wins, right_wins) = (left_wins + 1, 0);
            }
            if let Some(end) = self.end_of(merge) {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Places stretches found by galloping, as long as they are long.
    fn merge_galloping(&mut self, merge: &mut Merge) -> PyResult<Option<Merged>> {
        loop {
            self.min_gallop = self.min_gallop.saturating_sub(1).max(1);
            let (order, scratch, less) = (&self.order, &self.scratch, &self.less);
            let (first_left, first_right) = (merge.left, merge.right);
            let key = order[first_right];
            let from_left = gallop(scratch.len() - first_left, false, |index| {
                Ok(!less(key, scratch[first_left + index])?)
            })?;
            // A comparison that lies could claim the last item too, which ends the merge.
            self.place_left(merge, from_left.min(self.scratch.len() - 1 - first_left));
            if let Some(end) = self.end_of(merge) {
                return Ok(Some(end));
            }
            self.place_right(merge, 1);
            if let Some(end) = self.end_of(merge) {
                return Ok(Some(end));
            }
            let (order, less, first_right) = (&self.order, &self.less, merge.right);
            let key = self.scratch[merge.left];
            let from_right = gallop(merge.end - first_right, false, |index| {
                less(order[first_right + index], key)
            })?;
            self.place_right(merge, from_right);
            if let Some(end) = self.end_of(merge) {
                return Ok(Some(end));
            }
            self.place_left(merge, 1);
            if let Some(end) = self.end_of(merge) {
                return Ok(Some(end));
            }
            if from_left < MIN_GALLOP && from_right < MIN_GALLOP {
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(input: &[u32]) -> (Vec<u32>, usize) {
        let calls = std::cell::Cell::new(0);
        let mut items: Vec<(u32, usize)> = input.iter().copied().zip(0..).collect();
        let outcome = merge_sort(&mut items, |left, right| {
            calls.set(calls.get() + 1);
            Ok(left.0 < right.0)
        });
        assert!(outcome.is_ok());
        assert!(items.is_sorted(), "the sort is stable");
        (items.into_iter().map(|(key, _)| key).collect(), calls.get())
    }

    #[test]
    fn orders_of_all_shapes_are_sorted_stably() {
        let mut state = 12345u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        for len in (0..200).chain([1000, 4097]) {
            for spread in [2, 10, 60_000] {
                let input: Vec<u32> = (0..len).map(|_| random() % spread).collect();
                let mut expected = input.clone();
                expected.sort();
                assert_eq!(sorted(&input).0, expected);
            }
            let sawtooth: Vec<u32> = (0..len).map(|index| index % 17 * 3 + index / 40).collect();
            let mut expected = sawtooth.clone();
            expected.sort();
            assert_eq!(sorted(&sawtooth).0, expected);
        }
    }

    #[test]
    fn what_is_sorted_costs_one_comparison_an_item() {
        let rising: Vec<u32> = (0..5000).collect();
        assert_eq!(sorted(&rising).1, 4999);
        let falling: Vec<u32> = (0..5000).rev().collect();
        assert_eq!(sorted(&falling).1, 4999);
    }

    #[test]
    fn a_lying_comparison_loses_nothing() {
        for salt in 0..50u32 {
            let calls = std::cell::Cell::new(salt);
            let mut items: Vec<u32> = (0..777).collect();
            let outcome = merge_sort(&mut items, |_, _| {
                calls.set(
                    calls
                        .get()
                        .wrapping_mul(1_664_525)
                        .wrapping_add(1_013_904_223),
                );
                Ok(calls.get() & 0x4000_0000 != 0)
            });
            assert!(outcome.is_ok());
            items.sort();
            assert_eq!(items, (0..777).collect::<Vec<u32>>());
        }
    }
}
