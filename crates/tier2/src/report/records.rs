//! What became of each request for a trace, while somebody wants to know.
//!
//! Records are plain text and numbers: a report must not keep code alive. What belongs to the same place is one record. The
//! counts of a trace are shared with what runs it; when that is gone, its numbers are added up and the rest is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use taipan_bytecode::Uop;
use taipan_interp::traces::{Cause, Counts, Instruction, Request};

use super::origins::{FunctionName, Origin, Source, Spot, Walk};
use super::reasons;
use crate::abort::{TraceAbort, TraceEnd};
use crate::optimize::Outcome;
use crate::project::Projected;
use crate::symbols::Halt;

/// The most places that are remembered.
const PLACES_MAX: usize = 4096;
/// The most traces of one place that are remembered whole.
const TRACES_MAX: usize = 4;

/// A uop of a trace, before and after analysis.
#[derive(Debug)]
pub(crate) struct Row {
    pub spot: Spot,
    /// As it was projected.
    pub before: Instruction,
    /// What became of it; nothing if it is gone.
    pub after: Option<Instruction>,
    /// Its place in the finished trace.
    pub place: Option<usize>,
    /// Of a guard that remains: why.
    pub reason: Option<String>,
}

/// A trace that was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub counts: Rc<Counts>,
    pub end: TraceEnd,
    /// Why the analysis ended before the trace did.
    pub halt: Option<Halt>,
    /// Guards that were dropped, by kind.
    pub dropped: Vec<(Uop, u64)>,
    /// The functions that it goes through.
    pub functions: Vec<FunctionName>,
    pub rows: Vec<Row>,
    /// What runs, with its stubs.
    pub finished: Vec<Instruction>,
    /// How many of these are no stubs.
    pub length: usize,
}

impl Made {
    /// How much it did: runs by uops.
    pub fn heat(&self) -> u64 {
        self.counts.runs() * self.length as u64
    }

    /// The lines of a function that it goes through.
    pub fn lines(&self, function: usize) -> BTreeSet<u32> {
        let rows = self.rows.iter().filter(|row| {
            row.spot.function == function
                && !matches!(row.before.uop(), Uop::StartExecutor | Uop::MakeWarm)
        });
        rows.map(|row| row.spot.line).collect()
    }

    /// How often it was left, by the place of the uop that did: the spot, the uops, the stub, how often.
    pub fn exits(&self) -> Vec<Exit<'_>> {
        let mut exits = Vec::new();
        for stub in self.counts.stubs() {
            let leads_here = |place: usize| {
                let uop = &self.finished[place];
                if place == stub.place {
                    return place < self.length;
                }
                if !uop.has_jumps() || place >= self.length || uop.uop() == Uop::JumpToTop {
                    return false;
                }
                let leaves = uop.uop().may_exit() || uop.uop().may_deopt();
                (leaves && usize::from(uop.jump_target()) == stub.place)
                    || (uop.uop().may_raise() && usize::from(uop.error_target()) == stub.place)
            };
            let rows: Vec<&Row> = self
                .rows
                .iter()
                .filter(|row| row.place.is_some_and(leads_here))
                .collect();
            let spot = match rows.first() {
                Some(row) => row.spot.clone(),
                // A stub that only steps have: its target is the instruction.
                None => match self.spot_at(stub.target) {
                    Some(spot) => spot,
                    None => continue,
                },
            };
            exits.push(Exit {
                spot,
                uops: rows
                    .iter()
                    .filter_map(|row| row.after)
                    .map(|uop| uop.uop())
                    .collect(),
                stub: stub.uop,
                target: stub.target,
                taken: stub.taken(),
                functions: &self.functions,
            });
        }
        exits
    }

    /// The guards that remain, those alike as one.
    pub fn guards(&self) -> Vec<Guard<'_>> {
        let mut guards: Vec<Guard<'_>> = Vec::new();
        for row in &self.rows {
            let (Some(after), Some(reason)) = (row.after, &row.reason) else {
                continue;
            };
            let guard = Guard {
                uop: after.uop(),
                line: row.spot.line,
                reason,
                times: 1,
            };
            let known = guards.iter_mut().find(|known| {
                (known.uop, known.line, known.reason) == (guard.uop, guard.line, guard.reason)
            });
            match known {
                Some(known) => known.times += 1,
                None => guards.push(guard),
            }
        }
        guards
    }

    fn spot_at(&self, offset: u32) -> Option<Spot> {
        let row = self.rows.iter().find(|row| row.spot.offset == offset);
        row.map(|row| row.spot.clone())
    }
}

/// A guard that remains.
#[derive(Debug)]
pub(crate) struct Guard<'a> {
    pub uop: Uop,
    pub line: u32,
    pub reason: &'a str,
    /// How many there are of it on the line.
    pub times: u64,
}

/// A way out of a trace.
#[derive(Debug)]
pub(crate) struct Exit<'a> {
    pub spot: Spot,
    /// The uops that leave there.
    pub uops: Vec<Uop>,
    pub stub: Uop,
    /// Where tier 1 goes on, in code units.
    pub target: u32,
    pub taken: u64,
    functions: &'a [FunctionName],
}

impl Exit<'_> {
    /// Whose line it is.
    pub fn function(&self) -> &FunctionName {
        &self.functions[self.spot.function]
    }

    /// Whether another trace begins where this exit leads.
    pub(super) fn goes_on(&self, records: &Records) -> bool {
        self.stub == Uop::ExitTrace && records.goes_on_at(self.function(), self.target)
    }

    /// The names of the uops that leave there, and how.
    pub fn label(&self) -> String {
        let mut names: Vec<&str> = self.uops.iter().map(|uop| uop.name()).collect();
        names.dedup();
        let way = match self.stub {
            Uop::ErrorPopN => "raised",
            _ => "left",
        };
        match names.is_empty() {
            true => format!("{way} within the instruction"),
            false if self.stub == Uop::ErrorPopN => format!("{} raised", names.join(", ")),
            false if names == ["_EXIT_TRACE"] => "_EXIT_TRACE, the end of the trace".to_owned(),
            false => names.join(", "),
        }
    }
}

/// The place of a request: the function, the offset, and whether it is an exit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    file: Rc<str>,
    first_line: u32,
    function: Rc<str>,
    offset: u32,
    is_exit: bool,
}

/// A place where traces were wanted.
#[derive(Debug)]
pub(super) struct Record {
    pub function: FunctionName,
    /// Where, in code units.
    pub offset: u32,
    /// The line of that.
    pub line: u32,
    /// How many traces lead there; 0 at a back edge.
    pub chain_depth: usize,
    /// The traces that were made, the oldest first.
    pub traces: Vec<Made>,
    /// How many more there were, and how often these ran.
    pub forgotten: (u64, u64),
    pub refusals: Vec<(TraceAbort, u64)>,
}

impl Record {
    /// The trace that did most.
    pub fn hottest(&self) -> Option<&Made> {
        // Of those that did the same, the latest.
        self.traces.iter().max_by_key(|made| made.heat())
    }

    /// How much all its traces did.
    pub fn heat(&self) -> u64 {
        self.traces.iter().map(Made::heat).sum()
    }

    /// How often all its traces ran.
    pub fn runs(&self) -> u64 {
        let known = self.traces.iter().map(|made| made.counts.runs());
        known.sum::<u64>() + self.forgotten.1
    }

    /// How often a trace was refused here.
    pub fn refused(&self) -> u64 {
        self.refusals.iter().map(|(_, times)| times).sum()
    }

    fn add(&mut self, made: Made) {
        if self.traces.len() == TRACES_MAX {
            let oldest = self.traces.remove(0);
            self.forgotten.0 += 1;
            self.forgotten.1 += oldest.counts.runs();
        }
        self.traces.push(made);
    }
}

/// Everything that was noted.
#[derive(Debug, Default)]
pub(super) struct Records {
    places: BTreeMap<Key, Record>,
    /// Requests at places for which there was no room.
    pub overlooked: u64,
    pub attempts: u64,
    pub refusals: BTreeMap<&'static str, u64>,
    pub ends: BTreeMap<&'static str, u64>,
    /// How many traces had a length from a power of two on, by its exponent: as projected, as made.
    pub projected_lengths: BTreeMap<u32, u64>,
    pub lengths: BTreeMap<u32, u64>,
    pub dropped: BTreeMap<&'static str, u64>,
    pub halts: u64,
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, more: u64) {
    *counts.entry(key).or_insert(0) += more;
}

impl Records {
    pub const fn new() -> Records {
        Records {
            places: BTreeMap::new(),
            overlooked: 0,
            attempts: 0,
            refusals: BTreeMap::new(),
            ends: BTreeMap::new(),
            projected_lengths: BTreeMap::new(),
            lengths: BTreeMap::new(),
            dropped: BTreeMap::new(),
            halts: 0,
        }
    }

    /// The places, in no order that means something.
    pub fn places(&self) -> impl Iterator<Item = &Record> {
        self.places.values()
    }

    /// Whether a trace was made that begins at an instruction.
    pub fn goes_on_at(&self, function: &FunctionName, offset: u32) -> bool {
        [true, false].into_iter().any(|is_exit| {
            let found = self.places.get(&key(function, offset, is_exit));
            found.is_some_and(|record| !record.traces.is_empty())
        })
    }

    fn record(&mut self, request: &Request) -> Option<&mut Record> {
        let function = FunctionName::of(&request.code);
        let key = key(&function, request.offset, request.chain_depth > 0);
        if self.places.len() >= PLACES_MAX && !self.places.contains_key(&key) {
            self.overlooked += 1;
            return None;
        }
        Some(self.places.entry(key).or_insert_with(|| {
            Record {
                function,
                offset: request.offset,
                line: request
                    .code
                    .line_at(request.offset)
                    .unwrap_or(request.code.first_line),
                chain_depth: request.chain_depth,
                traces: Vec::new(),
                forgotten: (0, 0),
                refusals: Vec::new(),
            }
        }))
    }

    pub fn refused(&mut self, request: &Request, abort: TraceAbort) {
        self.attempts += 1;
        count(&mut self.refusals, abort.name(), 1);
        let Some(record) = self.record(request) else {
            return;
        };
        match record
            .refusals
            .iter_mut()
            .find(|(known, _)| *known == abort)
        {
            Some((_, times)) => *times += 1,
            None => record.refusals.push((abort, 1)),
        }
    }

    pub fn made(&mut self, request: &Request, made: Made) {
        self.attempts += 1;
        count(&mut self.ends, made.end.name(), 1);
        count(&mut self.projected_lengths, made.rows.len().ilog2(), 1);
        count(&mut self.lengths, made.length.max(1).ilog2(), 1);
        for (uop, times) in &made.dropped {
            count(&mut self.dropped, uop.name(), *times);
        }
        self.halts += u64::from(made.halt.is_some());
        if let Some(record) = self.record(request) {
            record.add(made);
        }
    }

    /// Forgets all but the traces that may run still, of which it forgets the counts.
    pub fn clear(&mut self) {
        let mut places = std::mem::take(&mut self.places);
        places.retain(|_, record| {
            record.forgotten = (0, 0);
            record.refusals.clear();
            record
                .traces
                .retain(|made| Rc::strong_count(&made.counts) > 1);
            for made in &record.traces {
                made.counts.clear();
            }
            !record.traces.is_empty()
        });
        *self = Records {
            places,
            ..Records::default()
        };
    }
}

fn key(function: &FunctionName, offset: u32, is_exit: bool) -> Key {
    Key {
        file: function.file.clone(),
        first_line: function.first_line,
        function: function.name.clone(),
        offset,
        is_exit,
    }
}

/// Why a trace is no longer entered, in plain words.
pub(super) fn ended_by(cause: Cause) -> &'static str {
    match cause {
        Cause::Dict => "a global that it took for a constant was changed",
        Cause::Class => "a class that it relies on was changed",
        Cause::Code => "its code is gone, or a tool listens to it",
        Cause::Builtins => "the builtins were changed",
        Cause::All => "a tool listens, or the program had all traces thrown away",
        Cause::Cold => "it did not run for long",
        Cause::Asked => "the program asked for it",
        Cause::Stress => "a test throws traces away",
    }
}

/// A trace in the making: what it is, before the analysis changes it.
#[derive(Debug)]
pub(crate) struct Draft {
    functions: Vec<FunctionName>,
    rows: Vec<Row>,
    /// Of each uop the value that it looks at, should it be a guard.
    subjects: Vec<Origin>,
    end: TraceEnd,
}

impl Draft {
    pub fn new(request: &Request, projected: &Projected) -> Draft {
        let mut walk = Walk::new(&request.code, request.offset, projected);
        let mut rows = Vec::with_capacity(projected.instructions.len());
        let mut subjects = Vec::with_capacity(projected.instructions.len());
        for instruction in &projected.instructions {
            walk.arrive(instruction);
            subjects.push(subject(&walk, instruction));
            rows.push(Row {
                spot: walk.spot.clone(),
                before: *instruction,
                after: None,
                place: None,
                reason: None,
            });
            walk.step(instruction);
        }
        Draft {
            functions: walk.functions,
            rows,
            subjects,
            end: projected.end,
        }
    }

    /// The trace, with what became of each uop.
    pub fn finish(
        mut self,
        optimized: &[Instruction],
        outcome: Option<&Outcome>,
        finished: &[Instruction],
        counts: &Rc<Counts>,
    ) -> Made {
        let mut length = 0;
        for (at, (row, subject)) in self.rows.iter_mut().zip(&self.subjects).enumerate() {
            let after = optimized.get(at).copied();
            row.after = after.filter(|after| after.uop() != Uop::Nop);
            if let Some(after) = row.after {
                row.place = Some(length);
                length += 1;
                row.reason = is_guard(after.uop()).then(|| reasons::guard(after.uop(), subject));
            }
        }
        let mut dropped: Vec<(Uop, u64)> = Vec::new();
        for &uop in outcome.iter().flat_map(|outcome| &outcome.dropped_guards) {
            match dropped.iter_mut().find(|(known, _)| *known == uop) {
                Some((_, times)) => *times += 1,
                None => dropped.push((uop, 1)),
            }
        }
        Made {
            counts: counts.clone(),
            end: self.end,
            halt: outcome.and_then(|outcome| outcome.halt),
            dropped,
            functions: self.functions,
            rows: self.rows,
            finished: finished.to_vec(),
            length,
        }
    }
}

/// Whether a uop can leave for something else than the end of its trace's validity.
fn is_guard(uop: Uop) -> bool {
    (uop.may_exit() || uop.may_deopt()) && uop != Uop::CheckValidity
}

/// The value that a uop looks at: the deepest, but for a store the container, and for two operands not a constant.
fn subject(walk: &Walk<'_>, instruction: &Instruction) -> Origin {
    let popped = instruction
        .uop()
        .effect()
        .popped(i64::from(instruction.oparg));
    match instruction.uop() {
        Uop::StoreSubscrListInt | Uop::StoreAttrSlot | Uop::StoreAttrWithHint => {
            walk.peek((popped - 2).max(0) as usize)
        }
        Uop::GuardBinaryOpExtend if walk.peek(1).source == Source::Constant => walk.peek(0),
        _ => walk.peek((popped - 1).max(0) as usize),
    }
}
