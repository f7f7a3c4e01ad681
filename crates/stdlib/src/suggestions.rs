//! `_suggestions`: which name was meant, for the messages of tracebacks.
//!
//! The distance between two names is Levenshtein's with weights: a move costs 2, a change of case 1. Only a candidate that
//! is close for its length is suggested, the first of the closest.

use taipan_macros::{define_module, function};
use taipan_objects::bail;
use taipan_objects::list::List;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::Ref;

define_module!(name = "_suggestions", functions(_generate_suggestions));

const MOVE_COST: usize = 2;
const CASE_COST: usize = 1;
const LONGEST_NAME: usize = 40;
const MOST_CANDIDATES: usize = 750;

/// Returns the candidate in candidates that's closest to item
#[function("(candidates, item, /)")]
fn _generate_suggestions(candidates: &Ref<List>, item: &Ref<Str>) -> PyResult<Option<Ref<Str>>> {
    let candidates = candidates.to_vec();
    if candidates
        .iter()
        .any(|candidate| candidate.downcast_exact::<Str>().is_none())
    {
        bail!(TypeError, "all elements in 'candidates' must be strings");
    }
    let names: Vec<&Ref<Str>> = candidates
        .iter()
        .filter_map(|candidate| candidate.downcast::<Str>())
        .collect();
    Ok(closest(&names, item).cloned())
}

/// The name that `item` was probably meant to be.
pub fn closest<'a>(candidates: &[&'a Ref<Str>], item: &Ref<Str>) -> Option<&'a Ref<Str>> {
    if candidates.len() >= MOST_CANDIDATES {
        return None;
    }
    // Distances are counted in bytes of UTF-8, as in CPython.
    let wanted = item.to_wtf8();
    let wanted = wanted.as_bytes();
    let mut best = None;
    let mut best_distance = usize::MAX;
    for &candidate in candidates {
        if candidate.same_text(item) {
            continue;
        }
        let text = candidate.to_wtf8();
        let text = text.as_bytes();
        // No more than a third of the involved characters may need a change.
        let limit =
            ((wanted.len() + text.len() + 3) * MOVE_COST / 6).min(best_distance.saturating_sub(1));
        let distance = distance(wanted, text, limit);
        if distance > limit {
            continue;
        }
        if distance < best_distance {
            best = Some(candidate);
            best_distance = distance;
        }
    }
    best
}

fn substitution_cost(left: u8, right: u8) -> usize {
    if left == right {
        0
    } else if left.eq_ignore_ascii_case(&right) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

/// The distance, or something above `limit` as soon as it is known to exceed it.
fn distance<'a>(mut left: &'a [u8], mut right: &'a [u8], limit: usize) -> usize {
    if left == right {
        return 0;
    }
    while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right)
        && first == second
    {
        (left, right) = (left_rest, right_rest);
    }
    while let ([left_rest @ .., last], [right_rest @ .., other]) = (left, right)
        && last == other
    {
        (left, right) = (left_rest, right_rest);
    }
    if left.is_empty() || right.is_empty() {
        return (left.len() + right.len()) * MOVE_COST;
    }
    if left.len() > LONGEST_NAME || right.len() > LONGEST_NAME {
        return limit + 1;
    }
    if right.len() < left.len() {
        (left, right) = (right, left);
    }
    if (right.len() - left.len()) * MOVE_COST > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (1..=left.len()).map(|index| index * MOVE_COST).collect();
    let mut result = 0;
    for (index, &code) in right.iter().enumerate() {
        let mut diagonal = index * MOVE_COST;
        result = diagonal;
        let mut minimum = usize::MAX;
        for (place, &other) in row.iter_mut().zip(left) {
            let substitute = diagonal + substitution_cost(code, other);
            diagonal = *place;
            let insert_or_delete = result.min(diagonal) + MOVE_COST;
            result = insert_or_delete.min(substitute);
            *place = result;
            minimum = minimum.min(result);
        }
        if minimum > limit {
            return limit + 1;
        }
    }
    result
}
