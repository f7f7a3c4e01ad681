//! What specialization does, counted: attempts by family and outcome, and with the feature `stats` every execution and miss.
//! `-X stats` shows it, and behind it what the reporter of tier 2 counted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use taipan_bytecode::{Opcode, Uop};
use taipan_objects::cell::Locked;

use super::Found;
use crate::traces::{self, Form};

/// Why a site was not specialized.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Failure {
    /// Tests want every attempt to fail.
    Forced,
    /// No member of the family takes such operands.
    OtherType,
    /// The name, or the method, is not there.
    Absent,
    /// The namespace is of a subclass of dict.
    Subclass,
    /// The class or the dict has no version: too much of it changed, or its keys are no names.
    NoVersion,
    /// The version does not fit the cache any more.
    OutOfVersions,
    /// A number does not fit the cache.
    OutOfRange,
    /// The sequence has another length.
    WrongLength,
    /// Strings are compared for order.
    Ordering,
    /// Attribute access of the class is not that of `object`.
    Overridden,
    /// A descriptor that no member of the family knows.
    Descriptor,
    /// What the class has is of a class that can change: it may become a descriptor.
    MutableDescriptor,
    /// A method that is not called at once.
    BoundMethod,
    /// An attribute of the instance may hide what the class has.
    Shadowed,
    /// The layout of the instance has no fixed place for attributes.
    Layout,
    /// The function takes more than plain positional parameters.
    ComplexParameters,
    /// The metaclass calls in a way of its own.
    Metaclass,
}

static ATTEMPTS: Locked<RefCell<BTreeMap<(Opcode, Outcome), u64>>> =
    Locked::new(RefCell::new(BTreeMap::new()));

/// What an attempt came to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// The site runs this opcode now.
    Specialized(Opcode),
    /// The site stays general.
    Failed(Failure),
}

/// Whether counting goes on; `sys._stats_off` stops it.
static COUNTS: AtomicBool = AtomicBool::new(true);

/// Whether executions are counted in this build.
pub const COUNTS_EXECUTIONS: bool = cfg!(feature = "stats");

/// How often each opcode, by its byte, was dispatched to, and how often its guards failed.
static EXECUTIONS: [AtomicU64; 256] = [const { AtomicU64::new(0) }; 256];
static MISSES: [AtomicU64; 256] = [const { AtomicU64::new(0) }; 256];
/// How often each uop, by its index, ran in traces.
static UOPS: [AtomicU64; Uop::ALL.len()] = [const { AtomicU64::new(0) }; Uop::ALL.len()];

/// Where the statistics go at exit.
static DESTINATION: OnceLock<Option<PathBuf>> = OnceLock::new();

/// Counts a dispatch. Nothing is left of this without the feature.
#[inline(always)]
pub(crate) fn execution(byte: u8) {
    if COUNTS_EXECUTIONS {
        count(&EXECUTIONS[byte as usize]);
    }
}

/// Counts a failed guard of a specialized opcode.
#[inline(always)]
pub(crate) fn miss(byte: u8) {
    if COUNTS_EXECUTIONS {
        count(&MISSES[byte as usize]);
    }
}

/// Counts a uop of a trace, by its index. Nothing is left of this without the feature.
#[inline(always)]
pub(crate) fn uop(index: u16) {
    if COUNTS_EXECUTIONS {
        count(&UOPS[usize::from(index)]);
    }
}

/// Which uops ran in traces, and how often, the most frequent first; none without the feature `stats`.
pub fn uops() -> Vec<(Uop, u64)> {
    let counted = Uop::ALL.iter().zip(&UOPS);
    let mut uops: Vec<(Uop, u64)> = counted
        .map(|(uop, number)| (*uop, number.load(Ordering::Relaxed)))
        .filter(|(_, number)| *number > 0)
        .collect();
    uops.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    uops
}

/// The interpreter lock is held, so nobody else adds meanwhile.
#[inline(always)]
fn count(number: &AtomicU64) {
    if COUNTS.load(Ordering::Relaxed) {
        number.store(number.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

/// Starts or stops counting.
pub fn set_counting(counts: bool) {
    COUNTS.store(counts, Ordering::Relaxed);
}

/// Sets everything to nothing.
pub fn clear() {
    ATTEMPTS.with(|attempts| attempts.borrow_mut().clear());
    for number in EXECUTIONS.iter().chain(&MISSES).chain(&UOPS) {
        number.store(0, Ordering::Relaxed);
    }
    if let Some(reporter) = traces::reporter() {
        (reporter.clear)();
    }
}

/// Asks for the statistics at exit: in a file as JSON, or as a table on stderr.
pub fn set_destination(file: Option<PathBuf>) {
    // Said twice, the first one holds.
    let _ = DESTINATION.set(file);
}

/// Whether somebody asked for the statistics.
pub fn is_wanted() -> bool {
    DESTINATION.get().is_some()
}

/// Writes the statistics where they were asked for.
pub fn dump() -> std::io::Result<()> {
    match DESTINATION.get() {
        None => Ok(()),
        Some(Some(file)) => std::fs::write(file, to_json()),
        Some(None) => std::io::Write::write_all(&mut std::io::stderr(), to_table().as_bytes()),
    }
}

/// Notes an attempt.
pub(super) fn attempt(base: Opcode, found: &Found) {
    if !COUNTS.load(Ordering::Relaxed) {
        return;
    }
    let outcome = match found {
        Ok(member) => Outcome::Specialized(*member),
        Err(failure) => Outcome::Failed(*failure),
    };
    ATTEMPTS.with(|attempts| *attempts.borrow_mut().entry((base, outcome)).or_insert(0) += 1);
}

/// All attempts so far: family, outcome, how often.
pub fn attempts() -> Vec<(Opcode, Outcome, u64)> {
    ATTEMPTS.with(|attempts| {
        let attempts = attempts.borrow();
        attempts
            .iter()
            .map(|(&(base, outcome), &count)| (base, outcome, count))
            .collect()
    })
}

/// What happened at the sites of one family.
#[derive(Clone, Debug)]
pub struct Family {
    /// The general opcode.
    pub base: Opcode,
    /// Attempts that wrote each member.
    pub successes: Vec<(Opcode, u64)>,
    /// Attempts that left the site general, by reason.
    pub failures: Vec<(Failure, u64)>,
    /// Executions of each opcode of the family, the base first, and failed guards; zeros without the feature `stats`.
    pub runs: Vec<(Opcode, u64, u64)>,
}

impl Family {
    /// Attempts that succeeded.
    pub fn success(&self) -> u64 {
        self.successes.iter().map(|(_, number)| number).sum()
    }

    /// Attempts that failed.
    pub fn failure(&self) -> u64 {
        self.failures.iter().map(|(_, number)| number).sum()
    }

    /// Executions of specialized opcodes whose guards held.
    pub fn hits(&self) -> u64 {
        let specialized = self.runs.iter().skip(1);
        specialized
            .map(|(_, runs, misses)| runs.saturating_sub(*misses))
            .sum()
    }

    /// Executions of specialized opcodes whose guards failed.
    pub fn misses(&self) -> u64 {
        self.runs.iter().map(|(_, _, misses)| misses).sum()
    }

    /// Executions of the general opcode that tried nothing.
    pub fn deferred(&self) -> u64 {
        let general = self.runs.first().map_or(0, |(_, runs, _)| *runs);
        general.saturating_sub(self.success() + self.failure())
    }
}

/// Every family that has a counter, in the order of the instruction set.
pub fn families() -> Vec<Family> {
    let attempts = attempts();
    let bases = Opcode::ALL.into_iter();
    bases
        .filter(|base| !base.specializations().is_empty())
        .map(|base| {
            let mut family = Family {
                base,
                successes: Vec::new(),
                failures: Vec::new(),
                runs: Vec::new(),
            };
            for &(of, outcome, number) in attempts.iter().filter(|(of, ..)| *of == base) {
                debug_assert!(of == base);
                match outcome {
                    Outcome::Specialized(member) => family.successes.push((member, number)),
                    Outcome::Failed(failure) => family.failures.push((failure, number)),
                }
            }
            for opcode in std::iter::once(base).chain(base.specializations().iter().copied()) {
                let byte = opcode as u8 as usize;
                let runs = EXECUTIONS[byte].load(Ordering::Relaxed);
                family
                    .runs
                    .push((opcode, runs, MISSES[byte].load(Ordering::Relaxed)));
            }
            family
        })
        .collect()
}

/// The statistics as a JSON object: under `families` a family's name to its numbers, under `tier2` those of traces.
pub fn to_json() -> String {
    let families: Vec<String> = families().iter().map(family_to_json).collect();
    let tier2 = traces::reporter().map_or_else(String::new, |reporter| {
        let statistics = (reporter.statistics)(Form::Json);
        format!(",\n  \"tier2\": {statistics}")
    });
    format!(
        "{{\n  \"counts_executions\": {COUNTS_EXECUTIONS},\n  \"families\": {{\n{}\n  }}{tier2}\n}}\n",
        families.join(",\n")
    )
}

fn family_to_json(family: &Family) -> String {
    let object = |fields: Vec<String>| format!("{{{}}}", fields.join(", "));
    let successes = family
        .successes
        .iter()
        .map(|(member, number)| format!("\"{}\": {number}", member.name()));
    let failures = family
        .failures
        .iter()
        .map(|(failure, number)| format!("\"{failure:?}\": {number}"));
    let mut fields = vec![
        format!("\"success\": {}", family.success()),
        format!("\"failure\": {}", family.failure()),
        format!("\"specialized\": {}", object(successes.collect())),
        format!("\"failures\": {}", object(failures.collect())),
    ];
    if COUNTS_EXECUTIONS {
        let runs = family.runs.iter().map(|(opcode, runs, misses)| {
            format!(
                "\"{}\": {{\"executions\": {runs}, \"misses\": {misses}}}",
                opcode.name()
            )
        });
        fields.push(format!("\"hit\": {}", family.hits()));
        fields.push(format!("\"miss\": {}", family.misses()));
        fields.push(format!("\"deferred\": {}", family.deferred()));
        fields.push(format!("\"opcodes\": {}", object(runs.collect())));
    }
    format!("    \"{}\": {}", family.base.name(), object(fields))
}

/// The statistics for a person: families that did something, what they became, why they did not.
pub fn to_table() -> String {
    let mut text = String::from("specialization            success    failure");
    text.push_str(if COUNTS_EXECUTIONS {
        "          hit         miss     deferred\n"
    } else {
        "\n"
    });
    for family in families() {
        if family.success() + family.failure() == 0 {
            continue;
        }
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "{:<22} {:>10} {:>10}",
            family.base.name(),
            family.success(),
            family.failure()
        );
        if COUNTS_EXECUTIONS {
            let _ = write!(
                text,
                " {:>12} {:>12} {:>12}",
                family.hits(),
                family.misses(),
                family.deferred()
            );
        }
        text.push('\n');
        for (member, number) in &family.successes {
            let _ = writeln!(text, "  {:<31} {number:>10}", member.name());
        }
        for (failure, number) in &family.failures {
            let _ = writeln!(
                text,
                "  failed: {:<34} {number:>10}",
                format!("{failure:?}")
            );
        }
    }
    if let Some(reporter) = traces::reporter().filter(|_| traces::is_enabled()) {
        text.push_str(&(reporter.statistics)(Form::Text));
    }
    text
}
