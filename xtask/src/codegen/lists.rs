//! Reads `ops/lists.def` and `ops/tunables.def`: enums, bit sets and constants.
//!
//! Both files are one item a line; their heads describe them.

use super::Failure;

/// One enum: a closed list that an oparg indexes.
#[derive(Debug)]
pub struct List {
    pub name: String,
    pub doc: String,
    pub columns: Vec<(String, String)>,
    /// The file of CPython that has the rows as macros, and what their names begin with.
    pub source: Option<(String, String)>,
    pub rows: Vec<ListRow>,
}

#[derive(Debug)]
pub struct ListRow {
    pub number: u16,
    pub variant: String,
    pub name: String,
    pub values: Vec<String>,
}

/// One set of bits.
#[derive(Debug)]
pub struct Bits {
    pub name: String,
    pub integer: String,
    pub doc: String,
    /// The file of CPython that has the rows as macros, and what their names begin with.
    pub source: Option<(String, String)>,
    pub rows: Vec<BitRow>,
}

#[derive(Debug)]
pub struct BitRow {
    pub value: String,
    pub constant: String,
    pub name: String,
    pub doc: String,
}

impl Bits {
    /// The bit with this name.
    pub fn value(&self, name: &str) -> Option<u32> {
        let row = self.rows.iter().find(|row| row.name == name)?;
        parse_integer(&row.value)
    }
}

/// One constant.
#[derive(Debug)]
pub struct Tunable {
    pub name: String,
    pub integer: String,
    pub value: String,
    /// The file of CPython that has it as a macro, and the macro's name.
    pub source: Option<(String, String)>,
    pub doc: String,
}

fn parse_integer(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Reads the lists file.
pub fn parse_lists(text: &str) -> Result<(Vec<List>, Vec<Bits>), Failure> {
    let mut lists: Vec<List> = Vec::new();
    let mut bits: Vec<Bits> = Vec::new();
    let mut inside = "";
    for (index, line) in text.lines().enumerate() {
        let fail = |what: &str| Failure(format!("ops/lists.def:{}: {what}", index + 1));
        let line = line.trim();
        if line.is_empty() || (inside.is_empty() && line.starts_with('#')) {
            continue;
        }
        let fields = fields(line);
        let field = |n: usize| fields.get(n).cloned().unwrap_or_default();
        if line == "}" {
            inside = "";
        } else if let Some(head) = line.strip_prefix("list ") {
            inside = "list";
            lists.push(list_head(head).ok_or_else(|| fail("not a list's head"))?);
        } else if line.starts_with("bits ") {
            inside = "bits";
            bits.push(Bits {
                name: field(1),
                integer: field(2),
                doc: field(3),
                source: source(&field(4), ""),
                rows: Vec::new(),
            });
        } else if let ("list", Some(list)) = (inside, lists.last_mut()) {
            if fields.len() != 3 + list.columns.len() {
                return Err(fail("wrong number of columns"));
            }
            list.rows.push(ListRow {
                number: field(0).parse().map_err(|_| fail("not a number"))?,
                variant: field(1),
                name: field(2),
                values: fields[3..].to_vec(),
            });
        } else if let ("bits", Some(bits)) = (inside, bits.last_mut()) {
            if fields.len() != 4 || parse_integer(&field(0)).is_none() {
                return Err(fail("a bit is a number, a constant, a name and a sentence"));
            }
            bits.rows.push(BitRow {
                value: field(0),
                constant: field(1),
                name: field(2),
                doc: field(3),
            });
        } else {
            return Err(fail("outside of a list"));
        }
    }
    Ok((lists, bits))
}

fn list_head(head: &str) -> Option<List> {
    let (declared, doc) = head.split_once('"')?;
    let (doc, end) = doc.rsplit_once('"')?;
    let place = end.trim().trim_end_matches('{').trim();
    let declared = declared.trim();
    let (name, columns) = match declared.split_once('(') {
        None => (declared, ""),
        Some((name, columns)) => (name, columns.trim_end_matches(')')),
    };
    let columns = columns
        .split(',')
        .filter_map(|column| column.split_once(':'))
        .map(|(name, kind)| (name.trim().to_string(), kind.trim().to_string()))
        .collect();
    Some(List {
        name: name.to_string(),
        doc: doc.to_string(),
        columns,
        source: source(place, ""),
        rows: Vec::new(),
    })
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        fields.push(field.to_string());
        rest = after.trim_start();
    }
    fields
}

/// Reads the tunables file.
pub fn parse_tunables(text: &str) -> Result<Vec<Tunable>, Failure> {
    let mut tunables = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_default().to_string();
        let (name, integer, value) = (word(), word(), word());
        let mut doc: Vec<&str> = words.collect();
        let source = doc.first().and_then(|word| source(word, &name));
        if source.is_some() {
            doc.remove(0);
        }
        if doc.is_empty() {
            let place = index + 1;
            return Err(Failure(format!(
                "ops/tunables.def:{place}: name, type, value, [where CPython has it], what it is"
            )));
        }
        tunables.push(Tunable {
            name,
            integer,
            value,
            source,
            doc: doc.join(" "),
        });
    }
    Ok(tunables)
}

/// `[FILE]` or `[FILE:NAME]`; the name is `ours` where none is given. Other words are none.
fn source(word: &str, ours: &str) -> Option<(String, String)> {
    let place = word.strip_prefix('[')?.strip_suffix(']')?;
    let (file, name) = place.split_once(':').unwrap_or((place, ours));
    Some((file.to_string(), name.to_string()))
}
