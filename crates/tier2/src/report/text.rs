//! The report of the hot loops for a person: plain text of at most 100 columns, but for source lines and paths that are longer.

use std::collections::BTreeSet;

use taipan_bytecode::Uop;
use taipan_interp::traces;

use super::origins::FunctionName;
use super::records::{Made, Record, Records, ended_by};
use super::sources::Sources;
use super::{in_order, reasons};
use crate::show;

/// The widest a line gets where words can be wrapped.
const COLUMNS: usize = 100;
/// The most traced places that are shown, and the most refused ones.
const PLACES_SHOWN: usize = 20;
/// The most exits of a trace that are listed.
const EXITS_SHOWN: usize = 8;
/// How many lines in a row that a trace does not go through are shown.
const GAP_SHOWN: u32 = 2;
/// The width of a uop with its oparg.
const UOP_WIDTH: usize = 45;

/// The whole report.
pub(super) fn report(records: &Records) -> String {
    let (traced, refused) = in_order(records);
    let mut page = Page::default();
    page.summary(traced.len(), refused.len());
    for (at, record) in traced.iter().take(PLACES_SHOWN).enumerate() {
        page.traced(records, record, at + 1);
    }
    page.rest(traced.len(), "traced");
    if !refused.is_empty() {
        page.out.push_str("\nRefused\n");
    }
    for record in refused.iter().take(PLACES_SHOWN) {
        page.refused(record);
    }
    page.rest(refused.len(), "refused");
    page.out
}

/// A number with commas.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn times(number: u64) -> String {
    match number {
        1 => "once".to_owned(),
        number => format!("{} times", grouped(number)),
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

/// A path as a person would type it here.
fn short(file: &str) -> String {
    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| {
        let path = std::path::Path::new(file).strip_prefix(here).ok()?;
        Some(path.display().to_string())
    });
    inside.unwrap_or_else(|| file.to_owned())
}

fn lines_of(lines: &BTreeSet<u32>) -> String {
    match (lines.first(), lines.last()) {
        (Some(first), Some(last)) if first != last => format!("{first}-{last}"),
        (Some(only), _) => only.to_string(),
        _ => "?".to_owned(),
    }
}

#[derive(Default)]
struct Page {
    out: String,
    sources: Sources,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// Words, wrapped; the first line begins with `head`, the others are indented by `indent`.
    fn words(&mut self, head: &str, words: &str, indent: usize) {
        let mut line = head.to_owned();
        let mut is_first = true;
        for word in words.split(' ') {
            if !is_first && line.chars().count() + 1 + word.chars().count() > COLUMNS {
                self.line(&line);
                line = " ".repeat(indent);
            } else if !is_first {
                line.push(' ');
            }
            line.push_str(word);
            is_first = false;
        }
        self.line(&line);
    }

    fn summary(&mut self, traced: usize, refused: usize) {
        self.line("Hot loops");
        self.line("");
        if traced + refused > 0 {
            let traced = counted(traced, "place has a trace", "places have traces");
            let refused = match refused {
                0 => "none was refused".to_owned(),
                refused => counted(refused, "was refused", "were refused"),
            };
            let words = format!("{traced}, {refused}. What did most comes first: runs times uops.");
            self.words("", &words, 0);
            return;
        }
        match traces::is_enabled() {
            true => {
                let words = format!(
                    "None: no loop went round {} times.",
                    grouped(u64::from(traces::threshold()))
                );
                self.line(&words);
            }
            false => self.line("None: traces are off. -X jit=uops turns them on."),
        }
    }

    fn rest(&mut self, places: usize, what: &str) {
        if let Some(more @ 1..) = places.checked_sub(PLACES_SHOWN) {
            let places = counted(more, "place", "places");
            self.line(&format!(
                "\n{places} more {what}: the report as JSON has them."
            ));
        }
    }

    fn traced(&mut self, records: &Records, record: &Record, number: usize) {
        let Some(made) = record.hottest() else { return };
        let lines = made.lines(0);
        let place = match record.chain_depth {
            0 if lines.last() == Some(&record.line) => String::new(),
            0 => format!(", from the jump back in line {}", record.line),
            _ => format!(", behind an exit to line {}", record.line),
        };
        self.line("");
        self.line(&format!(
            "{number}. {}:{} in {}{place}",
            short(&record.function.file),
            lines_of(&lines),
            record.function.name
        ));
        let words = format!(
            "{} of {} ({} as projected); {}",
            match made.counts.runs() {
                1 => "1 run".to_owned(),
                runs => format!("{} runs", grouped(runs)),
            },
            counted(made.length, "uop", "uops"),
            made.rows.len(),
            reasons::end(made.end)
        );
        self.words("   ", &words, 3);
        if let Some(cause) = made.counts.invalidated() {
            self.words(
                "   ",
                &format!("No longer entered: {}.", ended_by(cause)),
                3,
            );
        }
        let others = record.traces.len() as u64 - 1 + record.forgotten.0;
        if others > 0 {
            let runs = record.runs() - made.counts.runs();
            let words = format!(
                "{} of this place ran {}.",
                counted(others as usize, "other trace", "other traces"),
                times(runs)
            );
            self.words("   ", &words, 3);
        }
        self.sources(made);
        self.exits(records, made);
        self.trace(made);
        self.guards(made);
        self.refusals(record);
    }

    fn sources(&mut self, made: &Made) {
        for (index, function) in made.functions.iter().enumerate() {
            let lines = made.lines(index);
            self.line("");
            if index > 0 {
                self.line(&format!(
                    "   inlined: {} ({}:{})",
                    function.name,
                    short(&function.file),
                    lines_of(&lines)
                ));
            }
            self.source(function, &lines);
        }
    }

    /// The lines from the first to the last of a set, those of it with a mark.
    fn source(&mut self, function: &FunctionName, lines: &BTreeSet<u32>) {
        let mut next = None;
        for &line in lines {
            let gap = next.map_or(line..line, |next| next..line);
            if gap.end - gap.start > GAP_SHOWN {
                self.line("          ...");
            } else {
                gap.for_each(|line| self.source_line(function, line, ' '));
            }
            self.source_line(function, line, '>');
            next = Some(line + 1);
        }
    }

    fn source_line(&mut self, function: &FunctionName, line: u32, mark: char) {
        let text = self.sources.line(&function.file, line).unwrap_or("");
        let text = format!("   {mark} {line:>4} | {text}");
        self.line(&text);
    }

    fn exits(&mut self, records: &Records, made: &Made) {
        let mut exits = made.exits();
        let all = exits.len();
        exits.retain(|exit| exit.taken > 0);
        exits.sort_by_key(|exit| std::cmp::Reverse(exit.taken));
        self.line("");
        if exits.is_empty() {
            self.line(&format!(
                "   Never left ({}).",
                counted(all, "exit", "exits")
            ));
            return;
        }
        let taken = exits.iter().map(|exit| exit.taken).sum();
        let places = counted(exits.len(), "place", "places");
        self.line(&format!("   Left {}, at {places} of {all}:", times(taken)));
        for exit in exits.iter().take(EXITS_SHOWN) {
            let goes_on = match exit.goes_on(records) {
                true => "; another trace goes on",
                false => "",
            };
            let head = format!("   {:>10}  ", grouped(exit.taken));
            let words = format!("line {}: {}{goes_on}", exit.spot.line, exit.label());
            self.words(&head, &words, 15);
            let text = self.sources.line(&exit.function().file, exit.spot.line);
            if let Some(text) = text.map(|text| text.trim().to_owned()) {
                self.line(&format!("               {text}"));
            }
        }
        if let Some(more @ 1..) = exits.len().checked_sub(EXITS_SHOWN) {
            self.line(&format!(
                "               and {} more",
                counted(more, "place", "places")
            ));
        }
    }

    fn trace(&mut self, made: &Made) {
        self.line("");
        self.line(&format!(
            "    line  {:UOP_WIDTH$}as it runs",
            "as projected"
        ));
        let mut hidden = [[0; 2]; 2];
        let (mut function, mut line) = (0, 0);
        for row in &made.rows {
            let uops = [Some(row.before), row.after];
            let is_hidden = |uop| matches!(uop, Uop::CheckValidity | Uop::SetIp);
            if is_hidden(row.before.uop()) {
                let which = usize::from(row.before.uop() == Uop::SetIp);
                for (column, _) in uops.iter().enumerate().filter(|(_, uop)| uop.is_some()) {
                    hidden[column][which] += 1;
                }
                continue;
            }
            if row.spot.function != function {
                function = row.spot.function;
                line = 0;
                self.line(&format!("          in {}", made.functions[function].name));
            }
            let [before, after] =
                uops.map(|uop| uop.map_or_else(String::new, |uop| show::line(&uop)));
            let number = match row.spot.line == line {
                true => String::new(),
                false => row.spot.line.to_string(),
            };
            line = row.spot.line;
            self.line(&format!("   {number:>5}  {before:UOP_WIDTH$}{after}"));
        }
        let [before, after] = hidden;
        let words = format!(
            "Not shown: _CHECK_VALIDITY, {} before and {} after; _SET_IP, {} before and {} after.",
            before[0], after[0], before[1], after[1]
        );
        self.words("   ", &words, 3);
        if let Some(halt) = made.halt {
            let words = format!("The analysis ended early: {}.", reasons::halt(halt));
            self.words("   ", &words, 3);
        }
    }

    fn guards(&mut self, made: &Made) {
        let guards = made.guards();
        let removed = made.dropped.iter().map(|(_, times)| times).sum();
        self.line("");
        let head = match guards.is_empty() {
            true => "No guards remain",
            false => "Guards that remain",
        };
        match removed {
            0 => self.line(&format!("   {head}:")),
            removed => self.line(&format!(
                "   {head}; {} {} gone:",
                grouped(removed),
                match removed {
                    1 => "is",
                    _ => "are",
                }
            )),
        }
        if guards.is_empty() {
            // The colon would announce nothing.
            self.out.truncate(self.out.len() - 2);
            self.out.push_str(".\n");
        }
        for guard in guards {
            let often = match guard.times {
                1 => String::new(),
                times => format!(" ({times} times)"),
            };
            let words = format!(
                "{}, line {}{often}: {}",
                guard.uop.name(),
                guard.line,
                guard.reason
            );
            self.words("     ", &words, 9);
        }
    }

    fn refusals(&mut self, record: &Record) {
        for (abort, number) in &record.refusals {
            let (why, _) = reasons::refusal(*abort);
            let words = format!(
                "Refused {} meanwhile ({}): {why}.",
                times(*number),
                abort.name()
            );
            self.words("   ", &words, 3);
        }
    }

    fn refused(&mut self, record: &Record) {
        self.line("");
        let place = match record.chain_depth {
            0 => "",
            _ => ", behind an exit",
        };
        self.line(&format!(
            "   {}:{} in {}{place}, {}",
            short(&record.function.file),
            record.line,
            record.function.name,
            times(record.refused())
        ));
        self.source_line(&record.function, record.line, '>');
        for (abort, _) in &record.refusals {
            let (why, advice) = reasons::refusal(*abort);
            self.words("     ", &format!("{}: {why}.", abort.name()), 9);
            self.words("     ", &format!("What could help: {advice}."), 9);
        }
    }
}
