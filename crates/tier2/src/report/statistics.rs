//! The part of `-X stats` about tier 2.

use std::collections::BTreeMap;
use std::fmt::Write;

use taipan_interp::specialize::stats::{COUNTS_EXECUTIONS, uops};
use taipan_interp::traces::counts;
use taipan_objects::rare_events;

use super::json_text::{self, Object};
use super::records::{Record, Records};

/// How many exits are listed.
const EXITS_MAX: usize = 20;

/// A way out of a trace in the program.
struct Site {
    file: String,
    line: u32,
    function: String,
    label: String,
    taken: u64,
}

/// The ways out that were taken most.
fn hottest_exits(records: &Records) -> Vec<Site> {
    let mut sites: BTreeMap<(String, u32, String, String), u64> = BTreeMap::new();
    let traces = records.places().flat_map(|record| &record.traces);
    for exit in traces.flat_map(|made| made.exits()) {
        if exit.taken > 0 {
            let function = exit.function();
            let site = (
                function.file.to_string(),
                exit.spot.line,
                function.name.to_string(),
                exit.label(),
            );
            *sites.entry(site).or_insert(0) += exit.taken;
        }
    }
    let sites = sites.into_iter();
    let mut sites: Vec<Site> = sites
        .map(|((file, line, function, label), taken)| Site {
            file,
            line,
            function,
            label,
            taken,
        })
        .collect();
    sites.sort_by_key(|site| std::cmp::Reverse(site.taken));
    sites.truncate(EXITS_MAX);
    sites
}

fn runs(records: &Records) -> u64 {
    records.places().map(Record::runs).sum()
}

/// A histogram's part: from a power of two up to the next.
fn range(exponent: u32) -> String {
    format!("{}-{}", 1u64 << exponent, (1u64 << (exponent + 1)) - 1)
}

fn histogram(lengths: &BTreeMap<u32, u64>) -> Vec<(String, u64)> {
    let lengths = lengths.iter();
    lengths
        .map(|(exponent, count)| (range(*exponent), *count))
        .collect()
}

fn sorted(counts: &BTreeMap<&'static str, u64>) -> Vec<(&'static str, u64)> {
    let mut counts: Vec<_> = counts.iter().map(|(name, count)| (*name, *count)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn total(counts: &BTreeMap<&'static str, u64>) -> u64 {
    counts.values().sum()
}

/// For a person: what happened, and of each group what is not nothing.
pub(super) fn text(records: &Records) -> String {
    let totals = counts::totals();
    let mut text = String::from("\ntier 2\n");
    line(&mut text, "attempts", records.attempts);
    group(
        &mut text,
        "refused",
        total(&records.refusals),
        sorted(&records.refusals),
    );
    group(
        &mut text,
        "traces made, by end",
        total(&records.ends),
        sorted(&records.ends),
    );
    line(&mut text, "analyses that ended early", records.halts);
    group(
        &mut text,
        "uops as projected",
        total_of(&records.projected_lengths),
        histogram(&records.projected_lengths),
    );
    group(
        &mut text,
        "uops as made",
        total_of(&records.lengths),
        histogram(&records.lengths),
    );
    line(&mut text, "runs", runs(records));
    group(
        &mut text,
        "guards removed",
        total(&records.dropped),
        sorted(&records.dropped),
    );
    let invalidated = totals.invalidated.iter();
    let invalidated: Vec<_> = invalidated
        .filter(|(_, count)| *count > 0)
        .map(|(cause, count)| (cause.name(), *count))
        .collect();
    let sum = invalidated.iter().map(|(_, count)| count).sum();
    group(&mut text, "invalidated, by cause", sum, invalidated);
    for (event, count) in rare_events::all() {
        line(&mut text, &format!("rare event {}", event.name()), count);
    }
    line(&mut text, "executors made", totals.made);
    line(&mut text, "executors alive", totals.alive);
    line(&mut text, "traces that wait to be freed", totals.buried);
    line(&mut text, "traces freed", totals.freed);
    let exits = hottest_exits(records);
    if !exits.is_empty() {
        text.push_str("exits taken most\n");
    }
    for site in exits {
        let Site {
            file,
            line,
            function,
            label,
            taken,
        } = site;
        let _ = writeln!(text, "  {taken:>12}  {file}:{line} {function}: {label}");
    }
    if COUNTS_EXECUTIONS {
        let executed = uops();
        let sum = executed.iter().map(|(_, count)| count).sum();
        let executed = executed.into_iter().map(|(uop, count)| (uop.name(), count));
        group(&mut text, "uops executed", sum, executed.collect());
    }
    text
}

fn total_of(counts: &BTreeMap<u32, u64>) -> u64 {
    counts.values().sum()
}

fn line(text: &mut String, name: &str, count: u64) {
    let _ = writeln!(text, "{name:<44} {count:>12}");
}

fn group(text: &mut String, name: &str, sum: u64, parts: Vec<(impl std::fmt::Display, u64)>) {
    line(text, name, sum);
    for (part, count) in parts {
        let part = part.to_string();
        let _ = writeln!(text, "  {part:<42} {count:>12}");
    }
}

/// The same as an object.
pub(super) fn json(records: &Records) -> String {
    let totals = counts::totals();
    let executors = Object::new()
        .add("made", totals.made)
        .add("alive", totals.alive)
        .add("buried", totals.buried)
        .add("freed", totals.freed)
        .end();
    let exits = hottest_exits(records).into_iter().map(|site| {
        Object::new()
            .text("file", &site.file)
            .add("line", site.line)
            .text("function", &site.function)
            .text("uops", &site.label)
            .add("taken", site.taken)
            .end()
    });
    let invalidated = totals.invalidated.iter();
    let invalidated = invalidated.map(|(cause, count)| (cause.name(), *count));
    let rare = rare_events::all().map(|(event, count)| (event.name(), count));
    let object = Object::new()
        .add("attempts", records.attempts)
        .add("refusals", json_text::counts(sorted(&records.refusals)))
        .add("made", json_text::counts(sorted(&records.ends)))
        .add("halted_analyses", records.halts)
        .add(
            "projected_lengths",
            json_text::counts(histogram(&records.projected_lengths)),
        )
        .add("lengths", json_text::counts(histogram(&records.lengths)))
        .add("runs", runs(records))
        .add(
            "guards_removed",
            json_text::counts(sorted(&records.dropped)),
        )
        .add("exits", json_text::array(exits))
        .add("invalidated", json_text::counts(invalidated))
        .add("executors", executors)
        .add("rare_events", json_text::counts(rare))
        .add("overlooked", records.overlooked);
    match COUNTS_EXECUTIONS {
        false => object.end(),
        true => {
            let executed = uops().into_iter().map(|(uop, count)| (uop.name(), count));
            object.add("uops", json_text::counts(executed)).end()
        }
    }
}
