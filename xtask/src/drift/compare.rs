//! Every difference between `ops/*.def` and a CPython checkout.
//!
//! Both sides are matched by name. What only one side has is one difference that tells all about it; what both have is
//! compared field by field. Flags are compared by name, so our own bits, which CPython does not have, are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::constants;
use super::expression::{Expression, integer};
use super::headers::{Checkout, Count, Cpython, Entry, Size, Targets};
use super::report::{Difference, Kind, Report};
use super::tokens::Misread;
use crate::Failure;
use crate::codegen::Definitions;
use crate::codegen::lists::List;
use crate::codegen::model::{self, Model, Opcode, Pseudo, Uop, kept, slots};
use crate::codegen::syntax::{Effect, Slot, Width};

/// Our flags from here up are not CPython's.
const OWN_FLAGS: u32 = 0x10000;
/// Opargs that tell slot counts apart: all small ones, and some on both sides of a byte.
const OPARGS: [i64; 6] = [17, 127, 128, 255, 256, 770];
const SMALL_OPARGS: i64 = 16;
/// What is written where a side has nothing.
pub const NONE: &str = "none";

/// Compares everything. A failure is a fault of our own files.
pub fn compare(
    ours: &Definitions,
    checkout: &mut Checkout,
) -> Result<Result<Report, Misread>, Failure> {
    let bits = ours.flags()?;
    let mut flag_names = Vec::new();
    for row in &bits.rows {
        let value = bits.value(&row.name).unwrap_or_default();
        if value < OWN_FLAGS {
            flag_names.push((value, row.name.clone(), row.constant.clone()));
        }
    }
    let sizes = ours.lists.iter().find(|list| list.name == "OpargSize");
    let sizes = sizes.ok_or_else(|| Failure("ops/lists.def lacks `list OpargSize`".to_string()))?;
    let theirs = match checkout.instruction_set() {
        Ok(theirs) => theirs,
        Err(misread) => return Ok(Err(misread)),
    };
    let mut comparison = Comparison {
        model: &ours.model,
        flag_names,
        sizes,
        theirs: &theirs,
        report: Report::default(),
    };
    comparison.opcodes();
    comparison.expansions();
    comparison.uops();
    comparison.flag_bits();
    comparison.oparg_sizes();
    for (name, what) in &theirs.unread {
        comparison.differ(Kind::Unread, name, NONE, what);
    }
    let mut report = comparison.report;
    if let Err(misread) = constants::tunables(&ours.tunables, &theirs, checkout, &mut report)
        .and_then(|()| constants::lists(ours, checkout, &mut report))
    {
        return Ok(Err(misread));
    }
    report.compared.extend([
        (theirs.opcodes.len() - theirs.pseudos.len(), "opcodes"),
        (theirs.pseudos.len(), "pseudo opcodes"),
        (theirs.expansions.len(), "expansions"),
        (theirs.uops.len(), "uops"),
    ]);
    report.differences.sort_by_key(|difference| difference.kind);
    Ok(Ok(report))
}

struct Comparison<'a> {
    model: &'a Model,
    /// CPython's flags as we have them: value, name, constant.
    flag_names: Vec<(u32, String, String)>,
    sizes: &'a List,
    theirs: &'a Cpython,
    report: Report,
}

/// An opcode or a pseudo opcode of ours.
struct Op<'a> {
    name: &'a str,
    number: u16,
    effect: &'a Effect,
    flags: u32,
    opcode: Option<&'a Opcode>,
    pseudo: Option<&'a Pseudo>,
}

impl Comparison<'_> {
    fn differ(&mut self, kind: Kind, name: &str, here: impl Display, cpython: impl Display) {
        self.report.differ(kind, name, here, cpython);
    }

    /// A difference if the texts are not equal.
    fn check(&mut self, kind: Kind, name: &str, here: impl Display, cpython: impl Display) {
        let (here, cpython) = (here.to_string(), cpython.to_string());
        if here != cpython {
            self.differ(kind, name, here, cpython);
        }
    }

    fn ops(&self) -> BTreeMap<String, Op<'_>> {
        let opcodes = self.model.opcodes.values().map(|opcode| Op {
            name: &opcode.name,
            number: opcode.number.into(),
            effect: &opcode.effect,
            flags: opcode.flags,
            opcode: Some(opcode),
            pseudo: None,
        });
        let pseudos = self.model.pseudos.iter().map(|pseudo| Op {
            name: &pseudo.name,
            number: pseudo.number,
            effect: &pseudo.effect,
            flags: pseudo.flags,
            opcode: None,
            pseudo: Some(pseudo),
        });
        let all = opcodes.chain(pseudos);
        all.map(|op| (op.name.to_string(), op)).collect()
    }

    fn opcodes(&mut self) {
        let theirs = self.theirs;
        let mut report = std::mem::take(&mut self.report);
        let ops = self.ops();
        let names: BTreeSet<&String> = ops.keys().chain(theirs.opcodes.keys()).collect();
        for name in names {
            match (ops.get(name), theirs.opcodes.get(name)) {
                (Some(op), None) => {
                    report.differ(self.presence(op), name, self.describe(op), NONE);
                }
                (None, Some(number)) => {
                    let kind = match theirs.pseudos.contains_key(name) {
                        true => Kind::Pseudos,
                        false => Kind::Opcodes,
                    };
                    report.differ(kind, name, NONE, self.describe_theirs(name, *number));
                }
                (Some(op), Some(number)) => self.opcode(op, *number, &mut report),
                (None, None) => {}
            }
        }
        // A table of fallbacks names unused numbers as their own.
        for (name, family) in &theirs.families {
            let is_unused =
                integer(name).is_some_and(|n| !theirs.opcodes.values().any(|&m| m == n));
            let is_own = is_unused && name == family;
            if !is_own && !theirs.opcodes.contains_key(name) {
                report.differ(Kind::Families, name, NONE, family);
            }
        }
        self.report = report;
    }

    fn presence(&self, op: &Op) -> Kind {
        match op.pseudo {
            Some(_) => Kind::Pseudos,
            None => Kind::Opcodes,
        }
    }

    fn opcode(&self, op: &Op, number: i64, report: &mut Report) {
        let (name, theirs) = (op.name, self.theirs);
        report.check(Kind::OpcodeNumbers, name, op.number, number);
        let their_name = theirs.names.get(name).map_or(NONE, String::as_str);
        report.check(Kind::OpcodeNames, name, name, their_name);
        match theirs.metadata.get(name) {
            None => {
                let flags = joined(&self.our_flags(op.flags));
                report.differ(Kind::OpcodeFlags, name, flags, "no row of metadata");
            }
            Some(metadata) => {
                self.flags(Kind::OpcodeFlags, name, op.flags, &metadata.flags, report);
                let units = op.opcode.map(|opcode| usize::from(opcode.cache_units()));
                let shown = |units: Option<usize>| {
                    units.map_or_else(|| "no format".to_string(), |units| units.to_string())
                };
                report.check(Kind::Caches, name, shown(units), shown(metadata.cache));
            }
        }
        let counts = [
            (Kind::Popped, &op.effect.inputs, &theirs.popped),
            (Kind::Pushed, &op.effect.outputs, &theirs.pushed),
        ];
        for (kind, ours, theirs) in counts {
            compare_counts(kind, name, &Stack::of(ours), theirs.get(name), report);
        }
        if let Some(opcode) = op.opcode {
            let family = theirs.families.get(name).map_or(NONE, String::as_str);
            report.check(Kind::Families, name, family_of(opcode), family);
            let by_format = theirs.metadata.get(name).and_then(|opcode| opcode.cache);
            let by_table = theirs.caches.get(name).copied().unwrap_or(0);
            // The table is of families. A size that differs in the format, too, is told already.
            let is_told = by_format.and_then(|units| i64::try_from(units).ok()) == Some(by_table);
            if opcode.kind == model::Kind::Base && !is_told {
                report.check(Kind::Caches, name, opcode.cache_units(), by_table);
            }
        }
        let targets = theirs.pseudos.get(name);
        let here = op.pseudo.map_or(NONE.to_string(), |pseudo| {
            targets_text(&pseudo.targets, pseudo.is_sequence)
        });
        let is_sequence = op.pseudo.is_some_and(|pseudo| pseudo.is_sequence);
        let cpython = targets.map_or(NONE.to_string(), |targets| {
            their_targets(targets, is_sequence)
        });
        report.check(Kind::Pseudos, name, here, cpython);
    }

    fn flags(
        &self,
        kind: Kind,
        name: &str,
        ours: u32,
        theirs: &BTreeSet<String>,
        report: &mut Report,
    ) {
        let ours = self.our_flags(ours);
        let theirs = self.their_flags(theirs);
        if ours == theirs {
            return;
        }
        let only = |these: &[String], those: &[String]| {
            let only = these.iter().filter(|name| !those.contains(name));
            only.cloned().collect::<Vec<_>>()
        };
        let mut notes = Vec::new();
        for (where_, names) in [
            ("here", only(&ours, &theirs)),
            ("in CPython", only(&theirs, &ours)),
        ] {
            if !names.is_empty() {
                notes.push(format!("only {where_}: {}", names.join(", ")));
            }
        }
        report.differences.push(Difference {
            kind,
            name: name.to_string(),
            here: joined(&ours),
            cpython: joined(&theirs),
            note: notes.join("; "),
        });
    }

    /// The names of our flags that CPython has, too, by value.
    fn our_flags(&self, flags: u32) -> Vec<String> {
        let known = self.flag_names.iter();
        known
            .filter(|(value, _, _)| flags & value != 0)
            .map(|(_, name, _)| name.clone())
            .collect()
    }

    /// The same names for CPython's flags; those that we do not have come last.
    fn their_flags(&self, flags: &BTreeSet<String>) -> Vec<String> {
        let known = self.flag_names.iter();
        let mut names: Vec<String> = known
            .filter(|(_, _, constant)| flags.contains(constant))
            .map(|(_, name, _)| name.clone())
            .collect();
        let is_known = |flag: &String| self.flag_names.iter().any(|(_, _, c)| c == flag);
        let unknown = flags.iter().filter(|flag| !is_known(flag));
        names.extend(unknown.map(|flag| flag.to_lowercase()));
        names
    }

    fn describe(&self, op: &Op) -> String {
        let mut text = format!(
            "{}, pops {}, pushes {}, flags {}",
            op.number,
            Stack::of(&op.effect.inputs).text(),
            Stack::of(&op.effect.outputs).text(),
            joined(&self.our_flags(op.flags))
        );
        if let Some(opcode) = op.opcode {
            text += &format!(", cache {}", opcode.cache_units());
            if family_of(opcode) != op.name {
                text += &format!(", family {}", family_of(opcode));
            }
            if let Some(entries) = &opcode.expansion {
                text += &format!(", = {}", self.our_entries(entries));
            }
        }
        if let Some(pseudo) = op.pseudo {
            text += &format!(", = {}", targets_text(&pseudo.targets, pseudo.is_sequence));
        }
        text
    }

    fn describe_theirs(&self, name: &str, number: i64) -> String {
        let theirs = self.theirs;
        let count = |counts: &BTreeMap<String, Count>| {
            counts
                .get(name)
                .map_or(NONE.to_string(), |count| count.text.clone())
        };
        let mut text = format!(
            "{number}, pops {}, pushes {}",
            count(&theirs.popped),
            count(&theirs.pushed)
        );
        if let Some(metadata) = theirs.metadata.get(name) {
            text += &format!(", flags {}", joined(&self.their_flags(&metadata.flags)));
            if let Some(cache) = metadata.cache {
                text += &format!(", cache {cache}");
            }
        }
        if let Some(family) = theirs.families.get(name).filter(|family| *family != name) {
            text += &format!(", family {family}");
        }
        if let Some(entries) = theirs.expansions.get(name) {
            text += &format!(", = {}", self.their_entries(entries));
        }
        if let Some(targets) = theirs.pseudos.get(name) {
            text += &format!(", = {}", their_targets(targets, false));
        }
        text
    }

    fn expansions(&mut self) {
        let theirs = self.theirs;
        let model = self.model;
        for opcode in model.opcodes.values() {
            if theirs.opcodes.contains_key(&opcode.name) {
                let here = match &opcode.expansion {
                    None => NONE.to_string(),
                    Some(entries) => self.our_entries(entries),
                };
                let cpython = match theirs.expansions.get(&opcode.name) {
                    None => NONE.to_string(),
                    Some(entries) => self.their_entries(entries),
                };
                self.check(Kind::Expansions, &opcode.name, here, cpython);
            }
        }
        for (name, entries) in &theirs.expansions {
            if !theirs.opcodes.contains_key(name) {
                let entries = self.their_entries(entries);
                self.differ(Kind::Expansions, name, NONE, entries);
            }
        }
    }

    fn our_entries(&self, entries: &[model::Entry]) -> String {
        let entries = entries.iter().map(|entry| {
            let mut rows = self.sizes.rows.iter();
            let row = rows.find(|row| row.variant == entry.size);
            let size = row.map_or(entry.size, |row| row.name.as_str());
            format!("{}:{size}:{}", entry.uop, entry.offset)
        });
        entries.collect::<Vec<_>>().join(" ")
    }

    fn their_entries(&self, entries: &[Entry]) -> String {
        let entries = entries.iter().map(|entry| {
            let size = self.size_name(&entry.size);
            format!("{}:{size}:{}", entry.uop, entry.offset)
        });
        entries.collect::<Vec<_>>().join(" ")
    }

    /// A size as we name it: a renamed one is told once, among the sizes.
    fn size_name(&self, size: &Size) -> String {
        let (name, number) = match size {
            Size::Name(name) => (name.clone(), self.theirs.sizes.get(name).copied()),
            Size::Number(number) => {
                let mut all = self.theirs.sizes.iter();
                let name = all.find(|(_, value)| *value == number);
                let name = name.map_or(number.to_string(), |(name, _)| name.clone());
                (name, Some(*number))
            }
        };
        let rows = &self.sizes.rows;
        if rows.iter().any(|row| row.name == name) {
            return name;
        }
        let renamed = rows.iter().find(|row| {
            Some(i64::from(row.number)) == number && !self.theirs.sizes.contains_key(&row.name)
        });
        renamed.map_or(name, |row| row.name.clone())
    }

    fn uops(&mut self) {
        let theirs = self.theirs;
        let model = self.model;
        let ours: BTreeMap<&String, &Uop> =
            model.uops.values().map(|uop| (&uop.name, uop)).collect();
        let names: BTreeSet<&String> = ours.keys().copied().chain(theirs.uops.keys()).collect();
        let mut report = std::mem::take(&mut self.report);
        for name in names {
            match (ours.get(name), theirs.uops.get(name)) {
                (Some(uop), None) => {
                    report.differ(Kind::Uops, name, self.describe_uop(uop), NONE);
                }
                (None, Some(number)) => {
                    let text = self.describe_their_uop(name, *number);
                    report.differ(Kind::Uops, name, NONE, text);
                }
                (Some(uop), Some(number)) => self.uop(uop, *number, &mut report),
                (None, None) => {}
            }
        }
        if let (Some((first, low)), Some((last, high))) =
            (theirs.numbered_above.first(), theirs.numbered_above.last())
        {
            let count = theirs.numbered_above.len();
            let text = format!("{count}, from {first} {low} to {last} {high}");
            report.differ(Kind::Uops, "names above MAX_UOP_ID", NONE, text);
        }
        self.report = report;
    }

    fn uop(&self, uop: &Uop, number: i64, report: &mut Report) {
        let (name, theirs) = (uop.name.as_str(), self.theirs);
        report.check(Kind::UopNumbers, name, uop.number, number);
        let viable = |is_viable: bool| {
            if is_viable {
                "in traces"
            } else {
                "not in traces"
            }
        };
        let flags = theirs.uop_flags.get(name);
        report.check(
            Kind::Uops,
            name,
            viable(uop.viable),
            viable(flags.is_some()),
        );
        let (Some(flags), true) = (flags, uop.viable) else {
            return;
        };
        self.flags(Kind::UopFlags, name, uop.flags, flags, report);
        let their_name = theirs.uop_names.get(name).map_or(NONE, String::as_str);
        report.check(Kind::UopNames, name, name, their_name);
        let popped = Stack::of(popped(&uop.effect));
        compare_counts(
            Kind::UopPopped,
            name,
            &popped,
            theirs.uop_popped.get(name),
            report,
        );
        let copies = copies_text(0, uop.copies.into());
        let theirs = theirs.replication.get(name).unwrap_or(&(0, 0));
        report.check(
            Kind::Replication,
            name,
            copies,
            copies_text(theirs.0, theirs.1),
        );
    }

    fn describe_uop(&self, uop: &Uop) -> String {
        if !uop.viable {
            return format!("{}, not in traces", uop.number);
        }
        let mut text = format!(
            "{}, pops {}, flags {}",
            uop.number,
            Stack::of(popped(&uop.effect)).text(),
            joined(&self.our_flags(uop.flags))
        );
        if uop.copies > 0 {
            text += &format!(", copies {}", copies_text(0, uop.copies.into()));
        }
        text
    }

    fn describe_their_uop(&self, name: &str, number: i64) -> String {
        let theirs = self.theirs;
        let Some(flags) = theirs.uop_flags.get(name) else {
            return format!("{number}, not in traces");
        };
        let popped = theirs.uop_popped.get(name);
        let mut text = format!(
            "{number}, pops {}, flags {}",
            popped.map_or(NONE, |count| count.text.as_str()),
            joined(&self.their_flags(flags))
        );
        if let Some((start, stop)) = theirs.replication.get(name) {
            text += &format!(", copies {}", copies_text(*start, *stop));
        }
        text
    }

    fn flag_bits(&mut self) {
        let theirs = self.theirs;
        let ours: BTreeMap<String, u32> = self
            .flag_names
            .iter()
            .map(|(value, _, constant)| (constant.clone(), *value))
            .collect();
        let names: BTreeSet<&String> = ours.keys().chain(theirs.flags.keys()).collect();
        for name in names {
            let here = ours.get(name).map(|value| i64::from(*value));
            let cpython = theirs.flags.get(name).copied();
            let name = format!("HAS_{name}_FLAG");
            self.check(Kind::FlagBits, &name, shown(here), shown(cpython));
        }
    }

    fn oparg_sizes(&mut self) {
        let theirs = self.theirs;
        let rows = &self.sizes.rows;
        let ours: BTreeMap<&String, i64> = rows
            .iter()
            .map(|row| (&row.name, row.number.into()))
            .collect();
        let names: BTreeSet<&String> = ours.keys().copied().chain(theirs.sizes.keys()).collect();
        for name in names {
            let here = ours.get(name).copied();
            let cpython = theirs.sizes.get(name).copied();
            self.check(Kind::OpargSizes, name, shown(here), shown(cpython));
        }
    }
}

/// What an opcode becomes when it is not specialized.
fn family_of(opcode: &Opcode) -> &str {
    match opcode.kind {
        model::Kind::Specialized => &opcode.base,
        _ => &opcode.name,
    }
}

/// The inputs of a uop that leave the stack.
fn popped(effect: &Effect) -> &[Slot] {
    &effect.inputs[kept(effect)..]
}

fn joined(names: &[String]) -> String {
    match names.is_empty() {
        true => NONE.to_string(),
        false => names.join("|"),
    }
}

/// A number, or that there is none.
pub fn shown(number: Option<i64>) -> String {
    number.map_or_else(|| NONE.to_string(), |number| number.to_string())
}

fn copies_text(start: i64, stop: i64) -> String {
    match start == stop {
        true => NONE.to_string(),
        false => format!("{start}..{stop}"),
    }
}

fn targets_text(names: &[String], is_sequence: bool) -> String {
    names.join(if is_sequence { " " } else { " | " })
}

/// Their targets; a table that does not tell sequences agrees with ours in that.
fn their_targets(targets: &Targets, ours_is_sequence: bool) -> String {
    targets_text(
        &targets.names,
        targets.is_sequence.unwrap_or(ours_is_sequence),
    )
}

fn compare_counts(
    kind: Kind,
    name: &str,
    ours: &Stack,
    theirs: Option<&Count>,
    report: &mut Report,
) {
    let Some(theirs) = theirs else {
        report.differ(kind, name, ours.text(), NONE);
        return;
    };
    let differs = (0..=SMALL_OPARGS)
        .chain(OPARGS)
        .any(|oparg| value_at(&theirs.expression, oparg) != Some(slots(ours.slots, oparg)));
    if differs {
        report.differ(kind, name, ours.text(), &theirs.text);
    }
}

fn value_at(expression: &Expression, oparg: i64) -> Option<i64> {
    expression
        .value(&|name| (name == "oparg").then_some(oparg))
        .ok()
}

/// Slots whose sum is written as an expression in `oparg`.
struct Stack<'a> {
    slots: &'a [Slot],
}

impl<'a> Stack<'a> {
    fn of(slots: &'a [Slot]) -> Stack<'a> {
        Stack { slots }
    }

    fn text(&self) -> String {
        let mut fixed = 0i64;
        let mut terms = Vec::new();
        for slot in self.slots {
            match slot.width {
                Width::Fixed(n) => fixed += i64::from(n),
                Width::Oparg => terms.push("oparg".to_string()),
                Width::OpargMinus(n) => {
                    fixed -= i64::from(n);
                    terms.push("oparg".to_string());
                }
                Width::OpargTimes(n) => terms.push(format!("oparg * {n}")),
                Width::LowBit => terms.push("(oparg & 1)".to_string()),
                Width::LowByte => terms.push("(oparg & 0xFF)".to_string()),
                Width::HighByte => terms.push("(oparg >> 8)".to_string()),
            }
        }
        if terms.is_empty() || fixed > 0 {
            terms.insert(0, fixed.to_string());
        }
        let mut text = terms.join(" + ");
        if fixed < 0 && !self.slots.is_empty() {
            text += &format!(" - {}", -fixed);
        }
        text
    }
}
