//! What a CPython checkout says about its instruction set.
//!
//! Four generated headers hold it: `opcode_ids.h`, `pycore_uop_ids.h`, `pycore_uop_metadata.h` and
//! `pycore_opcode_metadata.h`. Every table, function and macro in them is either read here, known to repeat what is read,
//! or listed in `unread`; a shape that is not the expected one is a `Misread`. Constants of other files are looked up one
//! by one, and a file that the checkout does not have is remembered as missing.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::{self, Expression};
use super::items::{self, Body, Item, Value};
use super::tables::Table;
use super::tokens::{self, Define, Kind, Misread, Source, Token, written};

/// Opcodes and their numbers.
pub const OPCODE_IDS: &str = "Include/opcode_ids.h";
/// Uops and their numbers.
pub const UOP_IDS: &str = "Include/internal/pycore_uop_ids.h";
/// What uops do.
pub const UOP_METADATA: &str = "Include/internal/pycore_uop_metadata.h";
/// What opcodes do.
pub const OPCODE_METADATA: &str = "Include/internal/pycore_opcode_metadata.h";
const REQUIRED: [&str; 4] = [OPCODE_IDS, UOP_IDS, UOP_METADATA, OPCODE_METADATA];

/// Functions and macros that are computed from what is read elsewhere.
const REPEATED: [&str; 6] = [
    "_PyOpcode_max_stack_effect",
    "is_pseudo_target",
    "IS_PSEUDO_INSTR",
    "IS_VALID_OPCODE",
    "EXTRA_CASES",
    "InstructionFormat",
];
/// Macros that test one flag.
const FLAG_TEST: &str = "OPCODE_HAS_";

/// A stack count as an expression in `oparg`.
#[derive(Clone, Debug)]
pub struct Count {
    pub text: String,
    pub expression: Expression,
}

/// A row of an opcode's metadata.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Code units of inline cache, by the instruction's format; nothing for a pseudo opcode.
    pub cache: Option<usize>,
    pub flags: BTreeSet<String>,
}

/// The size of an expansion's entry, which some headers write as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Size {
    Name(String),
    Number(i64),
}

/// One uop of an expansion.
#[derive(Clone, Debug)]
pub struct Entry {
    pub uop: String,
    pub size: Size,
    pub offset: i64,
}

/// What a pseudo opcode becomes.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Nothing where the table does not say.
    pub is_sequence: Option<bool>,
    pub names: Vec<String>,
}

/// Everything that is compared, by name.
#[derive(Debug, Default)]
pub struct Cpython {
    pub opcodes: BTreeMap<String, i64>,
    pub metadata: BTreeMap<String, Metadata>,
    pub popped: BTreeMap<String, Count>,
    pub pushed: BTreeMap<String, Count>,
    pub names: BTreeMap<String, String>,
    pub caches: BTreeMap<String, i64>,
    /// What an opcode falls back to; a key may be an unused number.
    pub families: BTreeMap<String, String>,
    pub expansions: BTreeMap<String, Vec<Entry>>,
    pub pseudos: BTreeMap<String, Targets>,
    pub uops: BTreeMap<String, i64>,
    pub uop_flags: BTreeMap<String, BTreeSet<String>>,
    pub uop_names: BTreeMap<String, String>,
    pub uop_popped: BTreeMap<String, Count>,
    /// First and one past the last oparg that has a copy.
    pub replication: BTreeMap<String, (i64, i64)>,
    /// Values of `HAS_…_FLAG`, without prefix and suffix.
    pub flags: BTreeMap<String, i64>,
    /// What the size of an expansion's entry may be.
    pub sizes: BTreeMap<String, i64>,
    /// Other constants of the four headers: name, value.
    pub constants: BTreeMap<String, String>,
    /// Names that `pycore_uop_ids.h` numbers above `MAX_UOP_ID`.
    pub numbered_above: Vec<(String, i64)>,
    /// Tables, functions and macros that nothing here reads: name, what and where.
    pub unread: Vec<(String, String)>,
}

/// How files of the checkout are read; an error is that there is none.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> std::io::Result<String>;

/// A constant looked up in a file.
pub enum Lookup {
    NoFile,
    NoConstant,
    /// Each value it is defined with; as written where it is no number.
    Values(Vec<Result<i64, String>>),
}

/// The files read so far.
pub struct Checkout<'a> {
    read_file: ReadFile<'a>,
    files: BTreeMap<String, Option<Source>>,
}

impl<'a> Checkout<'a> {
    /// A checkout of which nothing is read yet.
    pub fn new(read_file: ReadFile<'a>) -> Checkout<'a> {
        Checkout {
            read_file,
            files: BTreeMap::new(),
        }
    }

    fn file(&mut self, path: &str) -> Result<Option<&Source>, Misread> {
        if !self.files.contains_key(path) {
            let source = match (self.read_file)(path) {
                Ok(text) => Some(tokens::read(path, &text)?),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => return Err(misread(path, 0, error.to_string())),
            };
            self.files.insert(path.to_string(), source);
        }
        Ok(self.files.get(path).and_then(Option::as_ref))
    }

    fn required(&mut self, path: &str) -> Result<&Source, Misread> {
        self.file(path)?
            .ok_or_else(|| misread(path, 0, "there is no such file"))
    }

    /// The values of a macro.
    pub fn constant(&mut self, path: &str, name: &str) -> Result<Lookup, Misread> {
        let Some(source) = self.file(path)? else {
            return Ok(Lookup::NoFile);
        };
        let values: Vec<_> = source
            .defines
            .iter()
            .filter(|define| define.name == name && !define.has_parameters)
            .map(|define| value_of(source, &define.value, 0).map_err(|_| written(&define.value)))
            .collect();
        Ok(match values.is_empty() {
            true => Lookup::NoConstant,
            false => Lookup::Values(values),
        })
    }

    /// The macros of a file whose names begin with `prefix` and whose values are plain numbers; nothing without the file.
    pub fn numbers(
        &mut self,
        path: &str,
        prefix: &str,
    ) -> Result<Option<BTreeMap<String, i64>>, Misread> {
        let Some(source) = self.file(path)? else {
            return Ok(None);
        };
        let named = values(source).filter(|define| define.name.starts_with(prefix));
        let numbers = named.filter_map(|define| {
            let plain = |token: &&Token| !(token.is("(") || token.is(")"));
            let is_number = define
                .value
                .iter()
                .filter(plain)
                .all(|t| t.kind == Kind::Number);
            let number = value_of(source, &define.value, 0).ok();
            Some((define.name.clone(), number.filter(|_| is_number)?))
        });
        Ok(Some(numbers.collect()))
    }

    /// Reads the four headers.
    pub fn instruction_set(&mut self) -> Result<Cpython, Misread> {
        let mut found = Cpython::default();
        for path in REQUIRED {
            self.required(path)?;
        }
        let mut all_items = Vec::new();
        for path in REQUIRED {
            for item in items::items(self.required(path)?)? {
                all_items.push((path, item));
            }
        }
        let mut has = BTreeSet::new();
        for (path, item) in &all_items {
            if found.read_item(path, item)? && !has.insert(item.name.clone()) {
                let what = format!("{} is there twice", item.name);
                return Err(misread(path, item.line, what));
            }
        }
        for (path, name) in EXPECTED {
            if !has.contains(*name) {
                return Err(misread(path, 0, format!("there is no {name}")));
            }
        }
        found.number_opcodes(self.required(OPCODE_IDS)?)?;
        found.number_uops(self.required(UOP_IDS)?)?;
        for path in [OPCODE_METADATA, UOP_METADATA] {
            found.read_defines(self.required(path)?)?;
        }
        found.check_names()?;
        found.unread.sort();
        found.unread.dedup();
        Ok(found)
    }
}

/// What has to be there.
const EXPECTED: &[(&str, &str)] = &[
    (UOP_METADATA, "_PyUop_Flags"),
    (UOP_METADATA, "_PyUop_Replication"),
    (UOP_METADATA, "_PyOpcode_uop_name"),
    (UOP_METADATA, "_PyUop_num_popped"),
    (OPCODE_METADATA, "_PyOpcode_num_popped"),
    (OPCODE_METADATA, "_PyOpcode_num_pushed"),
    (OPCODE_METADATA, "_PyOpcode_opcode_metadata"),
    (OPCODE_METADATA, "_PyOpcode_macro_expansion"),
    (OPCODE_METADATA, "_PyOpcode_OpName"),
    (OPCODE_METADATA, "_PyOpcode_Caches"),
    (OPCODE_METADATA, "_PyOpcode_Deopt"),
    (OPCODE_METADATA, "_PyOpcode_PseudoTargets"),
];

/// A misread at a place; line 0 is the whole file.
pub fn misread(path: &str, line: usize, what: impl Into<String>) -> Misread {
    Misread {
        path: path.to_string(),
        line,
        what: what.into(),
    }
}

/// The value of a macro's tokens, with other macros of the file.
fn value_of(source: &Source, value: &[Token], depth: usize) -> Result<i64, String> {
    if depth > 16 {
        return Err("a macro that names itself".to_string());
    }
    expression::parse(value)?.value(&|name| {
        let mut defines = source.defines.iter();
        let define = defines.find(|define| define.name == name && !define.has_parameters)?;
        value_of(source, &define.value, depth + 1).ok()
    })
}

impl Cpython {
    /// Takes an item's values; false if nothing reads it.
    fn read_item(&mut self, path: &str, item: &Item) -> Result<bool, Misread> {
        let table = match &item.body {
            Body::Table(rows) => Table { path, item, rows },
            Body::Function(body) => return self.read_function(path, item, body),
            Body::Other(what) => {
                self.leave_unread(&item.name, what, path, item.line);
                return Ok(false);
            }
        };
        match item.name.as_str() {
            "_PyUop_Flags" => self.uop_flags = table.by_name(|row| table.flags(row, &row.value))?,
            "_PyUop_Replication" => {
                self.replication = table.by_name(|row| match &row.value {
                    Value::Plain(_) => Ok((0, table.number(row)?)),
                    Value::List(range) => match range.as_slice() {
                        [start, stop] => Ok((table.number(start)?, table.number(stop)?)),
                        _ => Err(table.misread(row, "a range is two numbers")),
                    },
                })?;
            }
            "_PyOpcode_uop_name" => self.uop_names = table.by_name(|row| table.text(row))?,
            "_PyOpcode_OpName" => self.names = table.by_name(|row| table.text(row))?,
            "_PyOpcode_Caches" => self.caches = table.by_name(|row| table.number(row))?,
            "_PyOpcode_Deopt" => self.families = table.by_name(|row| table.word(row))?,
            "_PyOpcode_opcode_metadata" => {
                self.metadata = table.by_name(|row| table.metadata(row))?;
            }
            "_PyOpcode_macro_expansion" => {
                self.expansions = table.by_name(|row| table.expansion(row))?;
            }
            "_PyOpcode_PseudoTargets" => {
                self.pseudos = table.by_name(|row| table.targets(row))?;
            }
            _ => {
                self.leave_unread(&item.name, "table", path, item.line);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn read_function(&mut self, path: &str, item: &Item, body: &[Token]) -> Result<bool, Misread> {
        let counts = match item.name.as_str() {
            "_PyOpcode_num_popped" => &mut self.popped,
            "_PyOpcode_num_pushed" => &mut self.pushed,
            "_PyUop_num_popped" => &mut self.uop_popped,
            _ => {
                self.leave_unread(&item.name, "function", path, item.line);
                return Ok(false);
            }
        };
        for (name, line, value) in items::cases(path, item, body)? {
            let at = value.first().map_or(line, |token| token.line);
            let expression = expression::parse(&value).map_err(|what| misread(path, at, what))?;
            // Tried once, so that comparing cannot fail on a name it does not know.
            expression
                .value(&|name| (name == "oparg").then_some(2))
                .map_err(|what| misread(path, at, what))?;
            let text = written(&value);
            if counts
                .insert(name.clone(), Count { text, expression })
                .is_some()
            {
                return Err(misread(path, line, format!("{name} is there twice")));
            }
        }
        Ok(true)
    }

    fn leave_unread(&mut self, name: &str, what: &str, path: &str, line: usize) {
        if !REPEATED.contains(&name) {
            let what = format!("{what} at {path}:{line}");
            self.unread.push((name.to_string(), what));
        }
    }

    /// An opcode is what a table has a row for; other numbers are constants.
    fn number_opcodes(&mut self, source: &Source) -> Result<(), Misread> {
        for define in values(source) {
            let Ok(number) = value_of(source, &define.value, 0) else {
                return Err(no_number(source, define));
            };
            let is_opcode = self.metadata.contains_key(&define.name)
                || self.names.contains_key(&define.name)
                || self.families.contains_key(&define.name);
            if !is_opcode {
                self.constants
                    .insert(define.name.clone(), number.to_string());
            } else if self
                .opcodes
                .insert(define.name.clone(), number)
                .is_some_and(|other| other != number)
            {
                return Err(twice(source, define));
            }
        }
        Ok(())
    }

    fn number_uops(&mut self, source: &Source) -> Result<(), Misread> {
        let mut numbers = BTreeMap::new();
        for define in values(source) {
            let alias = match define.value.as_slice() {
                [token] if token.kind == Kind::Name => self.opcodes.get(&token.text).copied(),
                _ => None,
            };
            let number = alias.or_else(|| value_of(source, &define.value, 0).ok());
            let Some(number) = number else {
                return Err(no_number(source, define));
            };
            if !define.name.starts_with('_') {
                self.constants
                    .insert(define.name.clone(), number.to_string());
            } else if numbers
                .insert(define.name.clone(), number)
                .is_some_and(|other| other != number)
            {
                return Err(twice(source, define));
            }
        }
        let most = self.constants.get("MAX_UOP_ID");
        let most = most.and_then(|most| most.parse().ok()).unwrap_or(i64::MAX);
        for (name, number) in numbers {
            if number > most {
                self.numbered_above.push((name, number));
            } else {
                self.uops.insert(name, number);
            }
        }
        self.numbered_above.sort_by_key(|(_, number)| *number);
        Ok(())
    }

    fn read_defines(&mut self, source: &Source) -> Result<(), Misread> {
        for define in &source.defines {
            let name = define.name.as_str();
            if REPEATED.contains(&name) || name.starts_with(FLAG_TEST) {
                continue;
            }
            if define.has_parameters {
                self.leave_unread(name, "macro", &source.path, define.line);
                continue;
            }
            if define.value.is_empty() {
                continue;
            }
            let value = value_of(source, &define.value, 0);
            let flag = name
                .strip_prefix("HAS_")
                .and_then(|name| name.strip_suffix("_FLAG"));
            let values = if flag.is_some() {
                &mut self.flags
            } else if name.starts_with("OPARG_") || name.starts_with("OPERAND") {
                &mut self.sizes
            } else {
                let value = value.map_or_else(|_| written(&define.value), |n| n.to_string());
                self.constants.insert(name.to_string(), value);
                continue;
            };
            let Ok(value) = value else {
                return Err(no_number(source, define));
            };
            if values
                .insert(flag.unwrap_or(name).to_string(), value)
                .is_some_and(|other| other != value)
            {
                return Err(twice(source, define));
            }
        }
        Ok(())
    }

    /// Every name in the tables has its number or value.
    fn check_names(&self) -> Result<(), Misread> {
        let unknown = |path, what: &str, name: &str| {
            Err(misread(path, 0, format!("{what} {name} has no number")))
        };
        for name in self.metadata.keys() {
            if !self.opcodes.contains_key(name) {
                return unknown(OPCODE_IDS, "the opcode", name);
            }
        }
        for name in self.uop_flags.keys() {
            if !self.uops.contains_key(name) {
                return unknown(UOP_IDS, "the uop", name);
            }
        }
        let opcode_flags = self.metadata.values().flat_map(|opcode| &opcode.flags);
        for flag in opcode_flags.chain(self.uop_flags.values().flatten()) {
            if !self.flags.contains_key(flag) {
                return unknown(OPCODE_METADATA, "the flag", flag);
            }
        }
        for entry in self.expansions.values().flatten() {
            match &entry.size {
                Size::Name(name) if !self.sizes.contains_key(name) => {
                    return unknown(OPCODE_METADATA, "the size", name);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The macros of a file that stand for values.
fn values(source: &Source) -> impl Iterator<Item = &Define> {
    let defines = source.defines.iter();
    defines.filter(|define| !define.has_parameters && !define.value.is_empty())
}

fn no_number(source: &Source, define: &Define) -> Misread {
    let what = format!("{} is no number: `{}`", define.name, written(&define.value));
    misread(&source.path, define.line, what)
}

fn twice(source: &Source, define: &Define) -> Misread {
    let what = format!("{} has two values", define.name);
    misread(&source.path, define.line, what)
}
