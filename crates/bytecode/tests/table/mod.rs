//! Reads the tables in `tests/data`: comment lines, a header, tab-separated rows.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::HashMap;

/// A row by column name; a missing field is empty.
pub type Row = HashMap<String, String>;

/// A table of `tests/data`.
pub struct Table {
    pub rows: Vec<Row>,
}

impl Table {
    pub fn read(name: &str) -> Table {
        let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
        let rows = lines.map(|line| {
            let mut fields = line.split('\t');
            let fields = header.iter().map(|column| {
                let field = fields.next().unwrap_or_default();
                (column.to_string(), field.to_string())
            });
            fields.collect()
        });
        Table {
            rows: rows.collect(),
        }
    }

    /// The id, name and meaning of the rows of one group.
    pub fn group(&self, group: &str) -> impl Iterator<Item = (&str, &str, &str)> {
        let rows = self.rows.iter().filter(move |row| row["group"] == group);
        rows.map(|row| {
            let field = |name: &str| row[name].as_str();
            (field("id"), field("name"), field("meaning"))
        })
    }
}

/// A decimal or hexadecimal number.
pub fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

pub fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The value of a sum such as `2+(oparg&1)`; every other operation stands in brackets or alone.
pub fn evaluate(expression: &str, oparg: i64) -> i64 {
    let terms = expression.split('+');
    terms
        .map(|term| evaluate_term(term.trim_matches(['(', ')']), oparg))
        .sum()
}

fn evaluate_term(term: &str, oparg: i64) -> i64 {
    if let Some(rest) = term.strip_prefix("oparg") {
        let operand = |sign: &str| rest.strip_prefix(sign).map(|text| number(text) as i64);
        if let Some(n) = operand("&") {
            return oparg & n;
        } else if let Some(n) = operand(">>") {
            return oparg >> n;
        } else if let Some(n) = operand("-") {
            return oparg - n;
        } else if let Some(n) = operand("*") {
            return oparg * n;
        }
        assert_eq!(rest, "");
        return oparg;
    }
    number(term) as i64
}
