//! What became of the hot loops of a program: the report of `-X hot-loops`, and the part of `-X stats` about tier 2.
//!
//! Only while somebody wants to know are requests noted ([`start`]): each place with the trace as it was projected and as it
//! runs, or with the refusal. [`origins`] names the operands, [`reasons`] says in words why a guard is there, [`records`] keeps
//! it all; [`text`] and [`json`] tell it, with the source lines of [`sources`]; [`statistics`] adds it up.

mod json;
mod json_text;
mod origins;
mod reasons;
mod records;
mod sources;
mod statistics;
mod text;

use std::sync::atomic::{AtomicBool, Ordering};

use taipan_interp::traces::{Form, Reporter, Request, counts};
use taipan_objects::cell::Locked;

use crate::abort::TraceAbort;
use crate::project::Projected;
use records::{Draft, Made, Record, Records};

pub use sources::add_source;

static IS_RECORDING: AtomicBool = AtomicBool::new(false);
static RECORDS: Locked<Records> = Locked::new(Records::new());

/// What the interpreter asks about traces.
pub(crate) const REPORTER: Reporter = Reporter {
    start,
    add_source,
    statistics,
    clear,
    hot_loops,
};

/// From now on what becomes of each request is noted.
pub fn start() {
    IS_RECORDING.store(true, Ordering::Relaxed);
}

fn is_recording() -> bool {
    IS_RECORDING.load(Ordering::Relaxed)
}

/// A trace was projected. Answers what is to be noted of it, if that is wanted.
pub(crate) fn draft(request: &Request, projected: &Projected) -> Option<Draft> {
    is_recording().then(|| Draft::new(request, projected))
}

/// A trace was made.
pub(crate) fn note_made(request: &Request, made: Made) {
    RECORDS.with(|records| records.made(request, made));
}

/// A trace was refused.
pub(crate) fn note_refused(request: &Request, abort: TraceAbort) {
    if is_recording() {
        RECORDS.with(|records| records.refused(request, abort));
    }
}

/// Forgets what was counted.
fn clear() {
    RECORDS.with(Records::clear);
    counts::clear_totals();
}

/// The statistics of tier 2.
fn statistics(form: Form) -> String {
    RECORDS.with(|records| match form {
        Form::Text => statistics::text(records),
        Form::Json => statistics::json(records),
    })
}

/// The report of the hot loops so far.
pub fn hot_loops(form: Form) -> String {
    RECORDS.with(|records| match form {
        Form::Text => text::report(records),
        Form::Json => json::report(records),
    })
}

/// The places with traces, the hottest first, and those without, the most often refused first.
fn in_order(records: &Records) -> (Vec<&Record>, Vec<&Record>) {
    let (mut traced, mut refused): (Vec<&Record>, Vec<&Record>) = records
        .places()
        .partition(|record| !record.traces.is_empty());
    traced.sort_by_key(|record| std::cmp::Reverse(record.heat()));
    refused.sort_by_key(|record| std::cmp::Reverse(record.refused()));
    (traced, refused)
}
