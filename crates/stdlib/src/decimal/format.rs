//! `format(number, spec)`.
//!
//! The specification is read here and not by the parser that the other numbers share: the zero flag, the types and the
//! errors of decimal numbers are their own.

use super::number::Number;
use super::powers::MOST_DIGITS;
use super::rounding::{rescale, round_to_digits};
use super::settings::{MAX_PREC, Settings, Status};
use super::show::{Notation, unsigned_text};

/// Why there is no text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// It asks for more than there can be.
    Limits,
    /// The memory does not hold the text.
    Memory,
}

/// How a locale writes numbers.
#[derive(Clone, Debug, Default)]
pub struct Separators {
    /// What stands for the point; empty leaves it alone.
    pub point: String,
    /// What stands between groups.
    pub separator: String,
    /// Sizes of groups from the point outwards; 0 or the end repeat the size before, 127 ends grouping.
    pub grouping: Vec<u8>,
}

impl Separators {
    /// Whether the parts can be used.
    pub fn is_valid(&self) -> bool {
        (1..=4).contains(&self.point.len())
            && self.separator.len() <= 4
            && self.grouping.iter().all(|&size| size < 128)
    }
}

/// A parsed specification.
#[derive(Clone, Debug)]
pub struct Spec {
    fill: char,
    /// `<`, `>`, `=`, `^`, or `z` where zeros fill up to the width.
    align: char,
    sign: char,
    no_negative_zero: bool,
    width: usize,
    /// What separates groups, and what the point is.
    pub separators: Separators,
    precision: Option<i64>,
    kind: char,
    /// Whether the locale says how groups are separated.
    pub is_local: bool,
    /// Whether that is asked for by a capital letter.
    pub is_deprecated: bool,
}

impl Spec {
    /// Reads a specification; `capitals` says whether exponents have a capital letter by default.
    pub fn parse(text: &str, capitals: bool) -> Option<Spec> {
        let mut spec = Spec {
            fill: ' ',
            align: '>',
            sign: '-',
            no_negative_zero: false,
            width: 0,
            separators: Separators::default(),
            precision: None,
            kind: if capitals { 'G' } else { 'g' },
            is_local: false,
            is_deprecated: false,
        };
        let is_align =
            |character: Option<char>| character.filter(|character| "<>=^".contains(*character));
        let mut rest = text;
        let mut characters = text.chars();
        let (first, second) = (characters.next(), characters.next());
        let mut aligned = true;
        if let (Some(fill), Some(align)) = (first, is_align(second)) {
            (spec.fill, spec.align) = (fill, align);
            rest = characters.as_str();
        } else if let Some(align) = is_align(first) {
            spec.align = align;
            rest = &rest[1..];
        } else {
            aligned = false;
        }
        if let Some(sign) = rest.chars().next().filter(|sign| "+- ".contains(*sign)) {
            spec.sign = sign;
            rest = &rest[1..];
        }
        if let Some(after) = rest.strip_prefix('z') {
            spec.no_negative_zero = true;
            rest = after;
        }
        if let Some(after) = rest.strip_prefix('0') {
            if aligned {
                return None;
            }
            (spec.align, spec.fill) = ('z', '0');
            rest = after;
        }
        if rest.starts_with('0') {
            return None;
        }
        if let Some((width, after)) = read_number(rest)? {
            spec.width = usize::try_from(width).ok()?;
            rest = after;
        }
        if let Some(after) = rest.strip_prefix(',') {
            spec.separators = Separators {
                point: ".".to_owned(),
                separator: ",".to_owned(),
                grouping: vec![3, 3],
            };
            rest = after;
        }
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = read_number(after)??;
            spec.precision = Some(precision);
            rest = after;
        }
        match rest.chars().next() {
            Some(kind) if "EeFfGg%".contains(kind) => {
                spec.kind = kind;
                rest = &rest[1..];
            }
            Some(kind) if "Nn".contains(kind) => {
                if !spec.separators.separator.is_empty() || (kind == 'N' && spec.no_negative_zero) {
                    return None;
                }
                spec.kind = if kind == 'N' { 'G' } else { 'g' };
                (spec.is_local, spec.is_deprecated) = (true, kind == 'N');
                rest = &rest[1..];
            }
            _ => {}
        }
        rest.is_empty().then_some(spec)
    }

    /// The number as the specification wants it.
    pub fn format(&self, number: &Number, settings: &Settings) -> Result<String, Failure> {
        if self.width as i64 > MAX_PREC
            || self.precision.is_some_and(|precision| precision > MAX_PREC)
        {
            return Err(Failure::Limits);
        }
        if self.width as u64 > 10 * MOST_DIGITS {
            return Err(Failure::Memory);
        }
        let mut sign = match number.negative {
            true => "-",
            false if self.sign == '+' => "+",
            false if self.sign == ' ' => " ",
            false => "",
        };
        let capitals = self.kind.is_ascii_uppercase();
        if !number.is_finite() {
            let percent = if self.kind == '%' { "%" } else { "" };
            let text = format!(
                "{}{percent}",
                unsigned_text(number, Notation::Scientific, capitals)
            );
            let (align, fill) = if self.align == 'z' {
                ('>', ' ')
            } else {
                (self.align, self.fill)
            };
            return Ok(pad(sign, text, align, fill, self.width));
        }
        let (rounded, notation) = self.round(number, settings)?;
        if self.no_negative_zero && rounded.coefficient.is_zero() && number.negative {
            sign = match self.sign {
                '+' => "+",
                ' ' => " ",
                _ => "",
            };
        }
        let mut text = unsigned_text(&rounded, notation, capitals);
        if self.kind == '%' {
            text.push('%');
        }
        if !self.separators.point.is_empty() {
            text = self.separate(sign, &text);
        }
        let align = if self.align == 'z' { '=' } else { self.align };
        Ok(pad(sign, text, align, self.fill, self.width))
    }

    fn round(&self, number: &Number, settings: &Settings) -> Result<(Number, Notation), Failure> {
        let mut status = Status::NONE;
        let kind = self.kind.to_ascii_lowercase();
        let mut rounded = number.clone();
        if kind == '%' {
            rounded.exponent += 2;
        }
        let mut notation = match kind {
            'g' => Notation::Scientific,
            'e' => Notation::Exponential(1),
            _ => Notation::Fixed,
        };
        match (kind, self.precision) {
            (_, None) => {}
            ('g', Some(precision)) => {
                let digits = precision.max(1);
                if rounded.coefficient.digits() > digits {
                    rounded = round_to_digits(&rounded, digits, settings.rounding, &mut status);
                }
            }
            ('e', Some(precision)) if rounded.coefficient.is_zero() => {
                notation = Notation::Exponential(1 - precision)
            }
            ('e', Some(precision)) => {
                rounded = round_to_digits(&rounded, precision + 1, settings.rounding, &mut status)
            }
            (_, Some(precision)) => {
                rounded = rescale(&rounded, -precision, settings.rounding, &mut status)
            }
        }
        if notation == Notation::Fixed && rounded.coefficient.is_zero() && rounded.exponent > 0 {
            rounded = rescale(&rounded, 0, settings.rounding, &mut status);
        }
        if status.has(Status::MEMORY) {
            return Err(Failure::Memory);
        }
        if status.has(Status::ERRORS) {
            return Err(Failure::Limits);
        }
        let places = match notation {
            Notation::Fixed => rounded.adjusted().abs().max(rounded.exponent.abs()),
            Notation::Exponential(point) => point.abs(),
            _ => 0,
        };
        if places > 10 * MOST_DIGITS as i64 {
            return Err(Failure::Memory);
        }
        Ok((rounded, notation))
    }

    /// Puts separators between the groups before the point, and zeros before them up to the width.
    fn separate(&self, sign: &str, text: &str) -> String {
        let whole = text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = text.split_at(whole);
        let (point, rest) = match rest.strip_prefix('.') {
            Some(rest) => (self.separators.point.as_str(), rest),
            None => ("", rest),
        };
        let mut tail = String::from(point);
        tail.push_str(rest);
        let wanted = match self.align {
            'z' => self.width.saturating_sub(tail.chars().count() + sign.len()),
            _ => 0,
        };
        let mut groups = group(digits.as_bytes(), &self.separators, wanted);
        groups.push_str(&tail);
        groups
    }
}

/// A number and what follows it: nothing if there is none, a failure if it is too large.
fn read_number(text: &str) -> Option<Option<(i64, &str)>> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return Some(None);
    }
    let (digits, rest) = text.split_at(length);
    Some(Some((digits.parse().ok()?, rest)))
}

/// Digits with separators, and zeros before them until there are `wanted` characters. A separator never comes first.
fn group(digits: &[u8], separators: &Separators, wanted: usize) -> String {
    let separator: Vec<char> = separators.separator.chars().rev().collect();
    let mut sizes = separators.grouping.iter().copied();
    let mut size = usize::from(sizes.next().unwrap_or(0));
    // From the last digit to the first.
    let mut out: Vec<char> = Vec::with_capacity(digits.len() * 4 / 3 + wanted);
    let mut left = digits.iter().rev();
    let mut in_group = 0;
    loop {
        let digit = match left.next() {
            Some(&digit) => char::from(digit),
            None if out.len() < wanted => '0',
            None => break,
        };
        let ends_group = size != 0 && size != 127 && in_group == size && !separator.is_empty();
        if ends_group {
            out.extend(&separator);
            in_group = 0;
            match sizes.next() {
                None | Some(0) => {}
                Some(next) => size = usize::from(next),
            }
        }
        out.push(digit);
        in_group += 1;
    }
    out.into_iter().rev().collect()
}

/// Fills up to the width.
fn pad(sign: &str, text: String, align: char, fill: char, width: usize) -> String {
    let length = sign.len() + text.chars().count();
    let missing = width.saturating_sub(length);
    if missing == 0 {
        return [sign, &text].concat();
    }
    let padding = |count: usize| -> String { std::iter::repeat_n(fill, count).collect() };
    match align {
        '<' => [sign, &text, &padding(missing)].concat(),
        '=' => [sign, &padding(missing), &text].concat(),
        '^' => [
            &padding(missing / 2),
            sign,
            &text,
            &padding(missing - missing / 2),
        ]
        .concat(),
        _ => [&padding(missing), sign, &text].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn zeros_fill_between_separators() {
        let shown = |number: &str, spec: &str| {
            let mut status = Status::NONE;
            let number = parse(number.as_bytes(), &Settings::DEFAULT, &mut status);
            Spec::parse(spec, true)
                .expect("a valid specification")
                .format(&number, &Settings::DEFAULT)
                .expect("a text")
        };
        assert_eq!(shown("1234567", ","), "1,234,567");
        assert_eq!(
            shown("123456", "010,"),
            "00,123,456".trim_start_matches(' ')
        );
        assert_eq!(shown("123456", "011,"), "000,123,456");
        assert_eq!(shown("123456", "012,"), "0,000,123,456");
        assert_eq!(shown("-1.5", "+08.2f"), "-0001.50");
        assert_eq!(shown("1.5", "*^9"), "***1.5***");
        assert_eq!(shown("0", ".3e"), "0.000e+3");
        assert_eq!(shown("-0.001", "z.1f"), "0.0");
    }
}
