//! Laying out a number: sign, prefix, grouped digits, point, fraction, and the padding around them.

use crate::format::spec::{Align, Grouping, Spec};
use crate::heap;
use crate::raised::PyResult;
use crate::str::{Str, StrBuilder};
use crate::value::Ref;

/// What separates digits, and where.
struct Separators {
    point: String,
    separator: String,
    /// Sizes of groups from the point outwards: 0 repeats the size before it, 127 ends grouping.
    groups: Vec<u8>,
}

fn separators(grouping: Grouping) -> Separators {
    let plain = |separator: &str, groups: &[u8]| Separators {
        point: ".".to_owned(),
        separator: separator.to_owned(),
        groups: groups.to_vec(),
    };
    match grouping {
        Grouping::None => plain("", &[]),
        Grouping::Comma => plain(",", &[3, 0]),
        Grouping::Underscore => plain("_", &[3, 0]),
        Grouping::UnderscoreFour => plain("_", &[4, 0]),
        Grouping::Locale => {
            let conventions = crate::format::locale::conventions();
            Separators {
                point: conventions.decimal_point,
                separator: conventions.thousands_separator,
                groups: conventions.grouping,
            }
        }
    }
}

/// The sizes of groups, one after the other, until grouping ends.
fn group_sizes(groups: &[u8]) -> impl Iterator<Item = usize> {
    let (mut at, mut previous) = (0, 0);
    std::iter::from_fn(move || {
        match groups.get(at) {
            None | Some(0) => {}
            Some(127) => return None,
            Some(&size) => {
                previous = usize::from(size);
                at += 1;
            }
        }
        (previous > 0).then_some(previous)
    })
}

/// Digits with separators between groups, filled with zeros on the left up to `width` characters.
fn grouped(digits: &str, separators: &Separators, width: usize) -> String {
    if separators.groups.is_empty() || separators.separator.is_empty() && width <= digits.len() {
        return format!("{}{digits}", "0".repeat(width.saturating_sub(digits.len())));
    }
    let separator_width = separators.separator.chars().count() as isize;
    let mut parts: Vec<String> = Vec::new();
    let (mut remaining, mut width) = (digits.len(), width as isize);
    let mut push = |length: usize, remaining: &mut usize| {
        let taken = length.min(*remaining);
        let part = format!(
            "{}{}",
            "0".repeat(length - taken),
            &digits[*remaining - taken..*remaining]
        );
        *remaining -= taken;
        parts.push(part);
    };
    let mut ended = false;
    for size in group_sizes(&separators.groups) {
        let length = size.min((remaining as isize).max(width).max(1) as usize);
        push(length, &mut remaining);
        width -= length as isize;
        if remaining == 0 && width <= 0 {
            ended = true;
            break;
        }
        width -= separator_width;
    }
    if !ended {
        let length = (remaining as isize).max(width).max(1) as usize;
        push(length, &mut remaining);
    }
    parts.reverse();
    parts.join(&separators.separator)
}

/// Digits behind the point, with separators between groups of three from the left.
fn grouped_fraction(digits: &str, grouping: Grouping) -> String {
    let separators = separators(grouping);
    if separators.separator.is_empty() {
        return digits.to_owned();
    }
    let mut out = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == 0 {
            out.push_str(&separators.separator);
        }
        out.push(digit);
    }
    out
}

/// The pieces of a number as text, all ASCII.
pub struct NumberText<'a> {
    /// Whether a minus sign stands before it.
    pub negative: bool,
    /// `0x` and the like.
    pub prefix: &'a str,
    /// Digits before the point; empty for what is no number.
    pub digits: &'a str,
    /// Whether there is a point.
    pub has_point: bool,
    /// Digits behind the point.
    pub fraction: &'a str,
    /// What follows: an exponent, `%`, or the letters of `inf` and `nan`.
    pub rest: &'a str,
}

impl<'a> NumberText<'a> {
    /// Takes the text of a float apart.
    pub fn of_float(negative: bool, text: &'a str) -> NumberText<'a> {
        let whole = text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = text.split_at(whole);
        let (has_point, rest) = rest
            .strip_prefix('.')
            .map_or((false, rest), |rest| (true, rest));
        let behind = if has_point {
            rest.bytes().take_while(u8::is_ascii_digit).count()
        } else {
            0
        };
        let (fraction, rest) = rest.split_at(behind);
        NumberText {
            negative,
            prefix: "",
            digits,
            has_point,
            fraction,
            rest,
        }
    }

    /// Sign, prefix, digits, fraction and rest in the style of `spec`; filled with zeros to `width`.
    fn unpadded(&self, spec: &Spec, width: usize) -> (&'static str, String) {
        let sign = match spec.sign {
            _ if self.negative => "-",
            Some('+') => "+",
            Some(' ') => " ",
            _ => "",
        };
        let separators = separators(spec.grouping);
        let mut tail = String::new();
        if self.has_point {
            tail.push_str(&separators.point);
        }
        if spec.fraction_grouping == Grouping::None {
            tail.push_str(self.fraction);
        } else {
            tail.push_str(&grouped_fraction(self.fraction, spec.fraction_grouping));
        }
        tail.push_str(self.rest);
        if self.digits.is_empty() {
            return (sign, tail);
        }
        let taken = sign.len() + self.prefix.len() + tail.chars().count();
        let mut body = grouped(self.digits, &separators, width.saturating_sub(taken));
        body.push_str(&tail);
        (sign, body)
    }

    /// The number in the style of `spec`, without padding but for zeros.
    pub fn plain(&self, spec: &Spec) -> String {
        let (sign, body) = self.unpadded(spec, 0);
        format!("{sign}{}{body}", self.prefix)
    }

    /// The number as `spec` wants it.
    pub fn layout(&self, spec: &Spec) -> PyResult<Ref<Str>> {
        let width = spec.width.unwrap_or(0);
        heap::ensure_room(width.saturating_mul(8))?;
        let zero_filled = spec.fill == u32::from('0') && spec.align == Align::AfterSign;
        let (sign, body) = self.unpadded(spec, if zero_filled { width } else { 0 });
        let length = sign.len() + self.prefix.len() + body.chars().count();
        let padding = width.saturating_sub(length);
        if padding == 0 {
            return Ok(Str::new(&format!("{sign}{}{body}", self.prefix)));
        }
        let (left, middle, right) = match spec.align {
            Align::Left => (0, 0, padding),
            Align::Right => (padding, 0, 0),
            Align::Center => (padding / 2, 0, padding - padding / 2),
            Align::AfterSign => (0, padding, 0),
        };
        let mut out = StrBuilder::with_capacity(length + padding);
        out.push_repeated(spec.fill, left);
        out.push_str(sign);
        out.push_str(self.prefix);
        out.push_repeated(spec.fill, middle);
        out.push_str(&body);
        out.push_repeated(spec.fill, right);
        Ok(out.finish())
    }
}
