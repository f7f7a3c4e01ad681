//! The differences as lines or as JSON.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// What differs; the order is the report's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Opcodes,
    OpcodeNumbers,
    OpcodeNames,
    OpcodeFlags,
    Popped,
    Pushed,
    Caches,
    Families,
    Expansions,
    Pseudos,
    Uops,
    UopNumbers,
    UopNames,
    UopFlags,
    UopPopped,
    Replication,
    FlagBits,
    OpargSizes,
    Lists,
    Constants,
    Unread,
}

impl Kind {
    /// The group's title.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Opcodes => "opcodes",
            Kind::OpcodeNumbers => "opcode numbers",
            Kind::OpcodeNames => "opcode names",
            Kind::OpcodeFlags => "opcode flags",
            Kind::Popped => "popped",
            Kind::Pushed => "pushed",
            Kind::Caches => "cache sizes",
            Kind::Families => "families",
            Kind::Expansions => "expansions",
            Kind::Pseudos => "pseudo opcodes",
            Kind::Uops => "uops",
            Kind::UopNumbers => "uop numbers",
            Kind::UopNames => "uop names",
            Kind::UopFlags => "uop flags",
            Kind::UopPopped => "popped by uops",
            Kind::Replication => "copies of uops",
            Kind::FlagBits => "flag bits",
            Kind::OpargSizes => "oparg sizes",
            Kind::Lists => "lists",
            Kind::Constants => "constants",
            Kind::Unread => "not understood by this command",
        }
    }
}

/// One difference with both sides' values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub kind: Kind,
    pub name: String,
    pub here: String,
    pub cpython: String,
    /// What to look at in long values; may be empty.
    pub note: String,
}

impl Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: here {}; CPython {}",
            self.name, self.here, self.cpython
        )?;
        match self.note.as_str() {
            "" => Ok(()),
            note => write!(f, " ({note})"),
        }
    }
}

/// All differences, by kind, and what was compared.
#[derive(Debug, Default)]
pub struct Report {
    pub differences: Vec<Difference>,
    /// How many of what.
    pub compared: Vec<(usize, &'static str)>,
    /// Files that the checkout does not have, and what was to be compared with them.
    pub missing: BTreeMap<String, Vec<String>>,
}

impl Report {
    /// Notes a difference.
    pub fn differ(&mut self, kind: Kind, name: &str, here: impl Display, cpython: impl Display) {
        self.differences.push(Difference {
            kind,
            name: name.to_string(),
            here: here.to_string(),
            cpython: cpython.to_string(),
            note: String::new(),
        });
    }

    /// Notes a difference if the texts are not equal.
    pub fn check(&mut self, kind: Kind, name: &str, here: impl Display, cpython: impl Display) {
        let (here, cpython) = (here.to_string(), cpython.to_string());
        if here != cpython {
            self.differ(kind, name, here, cpython);
        }
    }

    /// Counts by kind, in the report's order.
    fn counts(&self) -> BTreeMap<Kind, usize> {
        let mut counts = BTreeMap::new();
        for difference in &self.differences {
            *counts.entry(difference.kind).or_default() += 1;
        }
        counts
    }

    /// One line a difference, grouped, and a summary.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut kind = None;
        for difference in &self.differences {
            if kind != Some(difference.kind) {
                kind = Some(difference.kind);
                let _ = writeln!(out, "{}", difference.kind.title());
            }
            let _ = writeln!(out, "  {difference}");
        }
        let compared: Vec<String> = self
            .compared
            .iter()
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let _ = writeln!(out, "compared: {}", compared.join(", "));
        for (file, names) in &self.missing {
            let names = names.join(", ");
            let _ = writeln!(out, "not compared, there is no {file}: {names}");
        }
        let counts: Vec<String> = self
            .counts()
            .into_iter()
            .map(|(kind, count)| format!("{} {count}", kind.title()))
            .collect();
        let _ = match self.differences.len() {
            0 => writeln!(out, "drift: no difference"),
            1 => writeln!(out, "drift: 1 difference: {}", counts.join(", ")),
            count => writeln!(out, "drift: {count} differences: {}", counts.join(", ")),
        };
        out
    }

    /// The same as one JSON object.
    pub fn json(&self) -> String {
        let differences: Vec<String> = self
            .differences
            .iter()
            .map(|difference| {
                let mut fields = vec![
                    ("kind", difference.kind.title()),
                    ("name", &difference.name),
                    ("here", &difference.here),
                    ("cpython", &difference.cpython),
                ];
                if !difference.note.is_empty() {
                    fields.push(("note", &difference.note));
                }
                let fields = fields.into_iter().map(|(key, value)| (key, quoted(value)));
                format!("    {}", object(fields))
            })
            .collect();
        let counts = self.counts().into_iter();
        let counts = object(counts.map(|(kind, count)| (kind.title(), count.to_string())));
        let compared = self.compared.iter();
        let compared = object(compared.map(|(count, what)| (*what, count.to_string())));
        let missing = object(self.missing.iter().map(|(file, names)| {
            let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            (file.as_str(), format!("[{}]", names.join(", ")))
        }));
        let list = match differences.is_empty() {
            true => "[]".to_string(),
            false => format!("[\n{}\n  ]", differences.join(",\n")),
        };
        format!(
            "{{\n  \"differences\": {list},\n  \"counts\": {counts},\n  \"compared\": {compared},\n  \
             \"not_compared\": {missing},\n  \"total\": {}\n}}\n",
            self.differences.len()
        )
    }
}

fn object<'a>(fields: impl Iterator<Item = (&'a str, String)>) -> String {
    let fields: Vec<String> = fields
        .map(|(key, value)| format!("{}: {value}", quoted(key)))
        .collect();
    format!("{{{}}}", fields.join(", "))
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
