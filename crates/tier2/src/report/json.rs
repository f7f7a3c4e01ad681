//! The report of the hot loops for programs. docs/hot-loops.md describes each field.

use taipan_interp::traces::{self, Instruction};

use super::json_text::{Object, array, counts, string, tall_array};
use super::origins::FunctionName;
use super::records::{Exit, Made, Record, Records};
use super::sources::Sources;
use super::{in_order, reasons};
use crate::show;

/// The version of the format: it grows when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// The whole report.
pub(super) fn report(records: &Records) -> String {
    let (traced, refused) = in_order(records);
    let mut writer = Writer {
        records,
        sources: Sources::default(),
    };
    let places = traced.into_iter().chain(refused);
    let places: Vec<String> = places.map(|record| writer.place(record)).collect();
    let object = Object::new()
        .add("version", VERSION)
        .add("enabled", traces::is_enabled())
        .add("threshold", traces::threshold())
        .add("overlooked", records.overlooked)
        .add("places", tall_array(places, ""));
    format!("{}\n", object.end())
}

struct Writer<'a> {
    records: &'a Records,
    sources: Sources,
}

fn named(object: Object, function: &FunctionName) -> Object {
    object
        .text("file", &function.file)
        .text("function", &function.name)
}

impl Writer<'_> {
    fn place(&mut self, record: &Record) -> String {
        let kind = match record.chain_depth {
            0 => "loop",
            _ => "exit",
        };
        let refusals = record.refusals.iter().map(|(abort, times)| {
            let (why, advice) = reasons::refusal(*abort);
            Object::new()
                .text("reason", abort.name())
                .add("times", times)
                .text("why", why)
                .text("advice", advice)
                .end()
        });
        let refusals = array(refusals);
        // The one that did most comes first.
        let mut traces: Vec<&Made> = record.traces.iter().collect();
        traces.sort_by_key(|made| std::cmp::Reverse(made.heat()));
        let traces: Vec<String> = traces.into_iter().map(|made| self.trace(made)).collect();
        named(Object::new(), &record.function)
            .add("line", record.line)
            .add("offset", record.offset * 2)
            .text("kind", kind)
            .add("chain_depth", record.chain_depth)
            .add("runs", record.runs())
            .add("forgotten_traces", record.forgotten.0)
            .add("refusals", refusals)
            .add("traces", tall_array(traces, "    "))
            .end()
    }

    fn trace(&mut self, made: &Made) -> String {
        let lines = made.lines(0);
        let functions = (0..made.functions.len()).map(|index| self.function(made, index));
        let functions: Vec<String> = functions.collect();
        let exits: Vec<String> = made.exits().iter().map(|exit| self.exit(exit)).collect();
        let dropped = made.dropped.iter();
        let guards = made.guards().into_iter().map(|guard| {
            Object::new()
                .text("uop", guard.uop.name())
                .add("line", guard.line)
                .add("times", guard.times)
                .text("why", guard.reason)
                .end()
        });
        let rows = made.rows.iter().map(|row| {
            Object::new()
                .add("function", row.spot.function)
                .add("line", row.spot.line)
                .text("projected", &show::line(&row.before))
                .optional(
                    "runs_as",
                    row.after.map(|after| show::line(&after)).as_deref(),
                )
                .end()
        });
        let executed = made.finished.iter().map(|uop| string(&shown(uop)));
        Object::new()
            .add("first_line", lines.first().copied().unwrap_or(0))
            .add("last_line", lines.last().copied().unwrap_or(0))
            .add("runs", made.counts.runs())
            .add("length", made.length)
            .add("projected_length", made.rows.len())
            .text("end", made.end.name())
            .optional("halt", made.halt.map(reasons::halt))
            .optional(
                "invalidated",
                made.counts.invalidated().map(|cause| cause.name()),
            )
            .add("functions", array(functions))
            .add("exits", array(exits))
            .add(
                "guards_removed",
                counts(dropped.map(|(uop, times)| (uop.name(), *times))),
            )
            .add("guards", array(guards))
            .add("uops", tall_array(rows, "      "))
            .add("executed", array(executed))
            .end()
    }

    fn function(&mut self, made: &Made, index: usize) -> String {
        let function = &made.functions[index];
        let lines = made.lines(index);
        let texts = lines.iter().map(|&line| {
            Object::new()
                .add("line", line)
                .optional("text", self.sources.line(&function.file, line))
                .end()
        });
        let texts = array(texts);
        named(Object::new(), function).add("lines", texts).end()
    }

    fn exit(&self, exit: &Exit<'_>) -> String {
        let uops = exit.uops.iter().map(|uop| string(uop.name()));
        Object::new()
            .add("function", exit.spot.function)
            .add("line", exit.spot.line)
            .text("way", exit.stub.name())
            .add("uops", array(uops))
            .add("taken", exit.taken)
            .add("goes_on", exit.goes_on(self.records))
            .end()
    }
}

fn shown(uop: &Instruction) -> String {
    show::line(uop)
}
