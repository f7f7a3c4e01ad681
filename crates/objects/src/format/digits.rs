//! Floats as decimal text: the conversions `e`, `f`, `g` and `r` that `repr`, `format` and `%` are made of.
//!
//! Digits come from `ryu` (the shortest that read back) or from Rust's exact formatting (a given number of digits,
//! correctly rounded, ties to even); this module lays them out as Python does. Text is ASCII and has no sign.

/// How a float becomes text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conversion {
    /// `e`: one digit, a point, `precision` digits, an exponent.
    Exponent,
    /// `f`: `precision` digits behind the point.
    Fixed,
    /// `g`: `precision` significant digits, in whichever of the two forms suits.
    General,
    /// `r`: the shortest digits that read back; there is no precision.
    Shortest,
}

/// The details of a conversion.
#[derive(Clone, Copy, Debug)]
pub struct FloatStyle {
    /// The form.
    pub conversion: Conversion,
    /// Number of digits, by the conversion.
    pub precision: usize,
    /// `E`, `INF` and `NAN` instead of `e`, `inf` and `nan`.
    pub upper: bool,
    /// Keeps the point and the zeros at the end (`#`).
    pub alternate: bool,
    /// Ends numbers that would look like ints with `.0`.
    pub add_dot_zero: bool,
}

/// More digits than this are zeros: no double has as many behind the point.
const MOST_DIGITS: usize = 1100;

/// Significant digits of a number: `0.d1d2d3… * 10^point`.
struct Digits {
    text: Vec<u8>,
    point: i32,
}

impl Digits {
    /// The digits of `1.234e-5`, as `format!("{:e}")` and `ryu` write it.
    fn from_scientific(text: &str) -> Digits {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().expect("an exponent is a number");
        Digits {
            text: mantissa.bytes().filter(u8::is_ascii_digit).collect(),
            point: exponent + 1,
        }
    }

    fn shortest(value: f64) -> Digits {
        if value == 0.0 {
            return Digits {
                text: vec![b'0'],
                point: 1,
            };
        }
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(value);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().expect("an exponent is a number");
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = [whole.as_bytes(), fraction.as_bytes()].concat();
        let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        digits.drain(..zeros);
        while digits.len() > 1 && digits.last() == Some(&b'0') {
            digits.pop();
        }
        Digits {
            text: digits,
            point: exponent + whole.len() as i32 - zeros as i32,
        }
    }

    /// `count` significant digits, at least one.
    fn significant(value: f64, count: usize) -> Digits {
        let behind = (count - 1).min(MOST_DIGITS);
        let mut digits = Digits::from_scientific(&format!("{value:.behind$e}"));
        digits.text.resize(count.max(digits.text.len()), b'0');
        digits
    }
}

fn push_exponent(out: &mut String, exponent: i32, upper: bool) {
    out.push(if upper { 'E' } else { 'e' });
    out.push(if exponent < 0 { '-' } else { '+' });
    let magnitude = exponent.unsigned_abs();
    if magnitude < 10 {
        out.push('0');
    }
    out.push_str(&magnitude.to_string());
}

fn push_digits(out: &mut String, digits: &[u8]) {
    out.push_str(std::str::from_utf8(digits).expect("digits are ASCII"));
}

/// Digits in positional notation; `fraction` digits stand behind the point.
fn positional(digits: &Digits, fraction: usize, style: FloatStyle) -> String {
    let mut out = String::with_capacity(digits.text.len() + 8);
    let point = digits.point;
    let whole = usize::try_from(point).unwrap_or(0);
    if whole == 0 {
        out.push('0');
    } else {
        let known = whole.min(digits.text.len());
        push_digits(&mut out, &digits.text[..known]);
        out.extend(std::iter::repeat_n('0', whole - known));
    }
    if fraction > 0 {
        out.push('.');
        let zeros = usize::try_from(-point).unwrap_or(0).min(fraction);
        out.extend(std::iter::repeat_n('0', zeros));
        let rest = digits.text.get(whole..).unwrap_or_default();
        let known = rest.len().min(fraction - zeros);
        push_digits(&mut out, &rest[..known]);
        out.extend(std::iter::repeat_n('0', fraction - zeros - known));
    } else if style.add_dot_zero {
        out.push_str(".0");
    } else if style.alternate {
        out.push('.');
    }
    out
}

fn scientific(digits: &Digits, style: FloatStyle) -> String {
    let mut out = String::with_capacity(digits.text.len() + 8);
    push_digits(&mut out, &digits.text[..1]);
    if digits.text.len() > 1 || style.alternate {
        out.push('.');
        push_digits(&mut out, &digits.text[1..]);
    }
    push_exponent(&mut out, digits.point - 1, style.upper);
    out
}

/// The text of the magnitude of `value`, without a sign.
pub fn float_text(value: f64, style: FloatStyle) -> String {
    let value = value.abs();
    if !value.is_finite() {
        return match (value.is_nan(), style.upper) {
            (true, false) => "nan",
            (true, true) => "NAN",
            (false, false) => "inf",
            (false, true) => "INF",
        }
        .to_owned();
    }
    match style.conversion {
        Conversion::Fixed => {
            let precision = style.precision.min(MOST_DIGITS);
            let mut out = format!("{value:.precision$}");
            out.extend(std::iter::repeat_n('0', style.precision - precision));
            if style.precision == 0 && style.alternate {
                out.push('.');
            }
            out
        }
        Conversion::Exponent => scientific(
            &Digits::significant(value, style.precision.saturating_add(1)),
            style,
        ),
        Conversion::General => {
            let precision = style.precision.max(1);
            let mut digits = Digits::significant(value, precision);
            let last = i64::try_from(precision).unwrap_or(i64::MAX) - i64::from(style.add_dot_zero);
            let uses_exponent = digits.point <= -4 || i64::from(digits.point) > last;
            if !style.alternate {
                while digits.text.len() > 1 && digits.text.last() == Some(&b'0') {
                    digits.text.pop();
                }
            }
            if uses_exponent {
                scientific(&digits, style)
            } else {
                positional_of(&digits, precision, style)
            }
        }
        Conversion::Shortest => {
            let digits = Digits::shortest(value);
            if digits.point <= -4 || digits.point > 16 {
                scientific(&digits, style)
            } else {
                positional_of(&digits, 0, style)
            }
        }
    }
}

/// Positional notation with the digits there are; with `alternate`, `precision` significant ones.
fn positional_of(digits: &Digits, precision: usize, style: FloatStyle) -> String {
    let shown = if style.alternate {
        precision.max(digits.text.len())
    } else {
        digits.text.len()
    };
    let fraction = i64::try_from(shown).unwrap_or(i64::MAX) - i64::from(digits.point);
    positional(digits, usize::try_from(fraction).unwrap_or(0), style)
}

/// `repr(float)`, with its sign.
pub fn float_repr(value: f64) -> String {
    let style = FloatStyle {
        conversion: Conversion::Shortest,
        precision: 0,
        upper: false,
        alternate: false,
        add_dot_zero: true,
    };
    let text = float_text(value, style);
    if value.is_sign_negative() && !value.is_nan() {
        format!("-{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: f64, conversion: Conversion, precision: usize) -> String {
        float_text(
            value,
            FloatStyle {
                conversion,
                precision,
                upper: false,
                alternate: false,
                add_dot_zero: false,
            },
        )
    }

    #[test]
    fn repr_is_the_shortest_text_that_reads_back() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (123456789.125, "123456789.125"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            (9007199254740993.0, "9007199254740992.0"),
            (1e22, "1e+22"),
            (2f64.powi(-44), "5.684341886080802e-14"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float_repr(value), expected);
        }
    }

    #[test]
    fn precision_is_exact_and_rounds_ties_to_even() {
        assert_eq!(text(0.5, Conversion::Fixed, 0), "0");
        assert_eq!(text(2.5, Conversion::Fixed, 0), "2");
        assert_eq!(text(0.125, Conversion::Fixed, 2), "0.12");
        assert_eq!(text(1e300, Conversion::Exponent, 3), "1.000e+300");
        assert_eq!(text(100000.0, Conversion::General, 6), "100000");
        assert_eq!(text(1000000.0, Conversion::General, 6), "1e+06");
        assert_eq!(text(0.0001, Conversion::General, 6), "0.0001");
        assert_eq!(text(0.0, Conversion::General, 6), "0");
        assert_eq!(text(0.0, Conversion::Exponent, 2), "0.00e+00");
        assert_eq!(text(999999.5, Conversion::General, 6), "1e+06");
    }
}
