//! Tunables, lists and bits that CPython has as macros.
//!
//! `tunables.def` and `lists.def` say in which file and under which name or prefix. A file that the checkout does not have
//! is remembered in the report; a macro that is gone or new is a difference.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{NONE, shown};
use super::expression::integer;
use super::headers::{Checkout, Cpython, Lookup};
use super::report::{Difference, Kind, Report};
use super::tokens::Misread;
use crate::codegen::Definitions;
use crate::codegen::lists::Tunable;

/// The ends of lists are no rows of them.
const LAST: &str = "_LAST";

/// Tunables that are macros in CPython, and constants of its headers that no tunable names.
pub fn tunables(
    ours: &[Tunable],
    theirs: &Cpython,
    checkout: &mut Checkout,
    report: &mut Report,
) -> Result<(), Misread> {
    let mut count = 0;
    let mut named = BTreeSet::new();
    for tunable in ours {
        let Some((file, name)) = &tunable.source else {
            continue;
        };
        named.insert(name.as_str());
        let here = integer(&tunable.value);
        let cpython = match checkout.constant(file, name)? {
            Lookup::NoFile => {
                let missing = report.missing.entry(file.clone()).or_default();
                missing.push(tunable.name.clone());
                continue;
            }
            Lookup::NoConstant => NONE.to_string(),
            Lookup::Values(values) => {
                if here.is_some()
                    && values
                        .iter()
                        .all(|value| value.as_ref().ok() == here.as_ref())
                {
                    count += 1;
                    continue;
                }
                let mut texts: Vec<String> = values
                    .into_iter()
                    .map(|value| value.map_or_else(|text| text, |value| value.to_string()))
                    .collect();
                texts.dedup();
                texts.join(" or ")
            }
        };
        count += 1;
        report.differences.push(Difference {
            kind: Kind::Constants,
            name: tunable.name.clone(),
            here: tunable.value.clone(),
            cpython,
            note: match *name == tunable.name {
                true => file.clone(),
                false => format!("{name} in {file}"),
            },
        });
    }
    for (name, value) in &theirs.constants {
        if !named.contains(name.as_str()) {
            report.differ(Kind::Constants, name, NONE, value);
        }
    }
    report.compared.push((count, "constants"));
    Ok(())
}

/// Lists and bits that are macros in CPython.
pub fn lists(
    ours: &Definitions,
    checkout: &mut Checkout,
    report: &mut Report,
) -> Result<(), Misread> {
    let lists = ours.lists.iter().filter_map(|list| {
        let rows = list.rows.iter();
        let rows = rows.map(|row| (row.name.clone(), i64::from(row.number)));
        Some((&list.name, list.source.as_ref()?, rows.collect()))
    });
    let bits = ours.bits.iter().filter_map(|bits| {
        let rows = bits.rows.iter();
        let rows = rows.filter_map(|row| Some((row.name.clone(), integer(&row.value)?)));
        Some((&bits.name, bits.source.as_ref()?, rows.collect()))
    });
    let all: Vec<(&String, &(String, String), Vec<(String, i64)>)> = lists.chain(bits).collect();
    let mut count = 0;
    let mut told = BTreeSet::new();
    for (title, (file, prefix), rows) in &all {
        let Some(mut theirs) = checkout.numbers(file, prefix)? else {
            let missing = report.missing.entry(file.clone()).or_default();
            missing.push((*title).clone());
            continue;
        };
        count += rows.len();
        theirs.retain(|name, _| !name.ends_with(LAST));
        if !rows
            .iter()
            .any(|(name, _)| name.starts_with(prefix.as_str()))
        {
            by_number(title, rows, &theirs, report);
            continue;
        }
        for (name, number) in rows {
            let cpython = shown(theirs.get(name).copied());
            report.check(Kind::Lists, &format!("{title} {name}"), number, cpython);
        }
        // Two lists may share a prefix, and a tunable may have it, too.
        let is_named = |name: &String| {
            let mut sharing = all.iter().filter(|(_, (other, _), _)| other == file);
            let mut tunables = ours.tunables.iter().filter_map(|t| t.source.as_ref());
            sharing.any(|(_, _, rows)| rows.iter().any(|(row, _)| row == name))
                || tunables.any(|(other, macro_)| other == file && macro_ == name)
        };
        for (name, number) in &theirs {
            if !is_named(name) && told.insert(name.clone()) {
                report.differ(Kind::Lists, &format!("{title} {name}"), NONE, number);
            }
        }
    }
    report.compared.push((count, "rows of lists"));
    Ok(())
}

/// Rows that have other names than the macros.
fn by_number(
    title: &str,
    rows: &[(String, i64)],
    theirs: &BTreeMap<String, i64>,
    report: &mut Report,
) {
    for (name, number) in rows {
        if !theirs.values().any(|value| value == number) {
            report.differ(Kind::Lists, &format!("{title} {number}"), name, NONE);
        }
    }
    for (name, number) in theirs {
        if !rows.iter().any(|(_, row)| row == number) {
            report.differ(Kind::Lists, &format!("{title} {number}"), NONE, name);
        }
    }
}
