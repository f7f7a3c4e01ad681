//! From a number to text: scientific, engineering, fixed and exponential notation.

use super::number::{Kind, Number};
use super::powers::{count_digits, divide_by_power};
use super::quick::Scalar;

/// Where the point goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notation {
    /// As `str()` does it: an exponent only where it is needed.
    Scientific,
    /// The same, with exponents that are multiples of three.
    Engineering,
    /// Never an exponent.
    Fixed,
    /// Always an exponent; the number stands for how many digits precede the point (one, unless it is a zero).
    Exponential(i64),
}

/// The number without its sign.
pub fn unsigned_text(number: &Number, notation: Notation, capitals: bool) -> String {
    let digits = match number.kind {
        Kind::Infinity => return "Infinity".to_owned(),
        Kind::Finite => number.coefficient.to_text(),
        _ => {
            let name = if number.is_quiet() { "NaN" } else { "sNaN" };
            return match number.coefficient.is_zero() {
                true => name.to_owned(),
                false => format!("{name}{}", number.coefficient.to_text()),
            };
        }
    };
    let length = digits.len() as i64;
    // The place of the point, counted from the first digit.
    let natural = number.exponent + length;
    let point = match notation {
        Notation::Fixed => natural,
        Notation::Scientific if number.exponent <= 0 && natural > -6 => natural,
        Notation::Scientific => 1,
        Notation::Exponential(point) => point,
        Notation::Engineering if number.exponent <= 0 && natural > -6 => natural,
        Notation::Engineering if number.coefficient.is_zero() => (natural + 1).rem_euclid(3) - 1,
        Notation::Engineering => (natural - 1).rem_euclid(3) + 1,
    };
    let mut text = place_point(&digits, point);
    if point != natural || matches!(notation, Notation::Exponential(_)) {
        let exponent = natural - point;
        text.push(if capitals { 'E' } else { 'e' });
        text.push(if exponent < 0 { '-' } else { '+' });
        text.push_str(&exponent.unsigned_abs().to_string());
    }
    text
}

/// Puts the point before the digit of number `point`, with zeros where there are no digits.
fn place_point(digits: &str, point: i64) -> String {
    let length = digits.len() as i64;
    if point <= 0 {
        let zeros = -point as usize;
        let mut text = String::with_capacity(digits.len() + zeros + 2);
        text.push_str("0.");
        text.extend(std::iter::repeat_n('0', zeros));
        text.push_str(digits);
        return text;
    }
    if point >= length {
        let mut text = String::with_capacity(point as usize);
        text.push_str(digits);
        text.extend(std::iter::repeat_n('0', (point - length) as usize));
        return text;
    }
    let (whole, fraction) = digits.split_at(point as usize);
    [whole, ".", fraction].concat()
}

/// The number as `str()` or `to_eng_string()` shows it.
pub fn to_text(number: &Number, notation: Notation, capitals: bool) -> String {
    let text = unsigned_text(number, notation, capitals);
    if number.negative {
        ["-", &text].concat()
    } else {
        text
    }
}

/// Room for the text of any number that [`short_text`] shows.
pub const SHORT: usize = 48;

/// What `str()` shows of a finite number that fits 128 bits and needs no exponent.
pub fn short_text<'a>(number: &Number, buffer: &'a mut [u8; SHORT]) -> Option<&'a [u8]> {
    let scalar = Scalar::of_number(number)?;
    let digits = i64::from(count_digits(scalar.coefficient));
    if scalar.exponent > 0 || scalar.exponent + digits <= -6 {
        return None;
    }
    // There is a digit before the point at least.
    let places = -scalar.exponent;
    let length = digits.max(places + 1);
    let mut at = SHORT;
    let mut put = |byte: u8| {
        at -= 1;
        buffer[at] = byte;
    };
    let mut rest = scalar.coefficient;
    // The lowest digits as a machine word, and how many of them there are to come.
    let (mut word, mut left) = (0u64, 0);
    for place in 0..length {
        if place == places && place > 0 {
            put(b'.');
        }
        if left == 0 {
            let (high, low) = divide_by_power(rest, 19);
            (rest, word, left) = (high, low as u64, 19);
        }
        put(b'0' + (word % 10) as u8);
        word /= 10;
        left -= 1;
    }
    if scalar.negative {
        put(b'-');
    }
    Some(&buffer[at..])
}

/// What class a number belongs to.
pub fn class_name(number: &Number, emin: i64) -> &'static str {
    match number.kind {
        Kind::SignalingNan => "sNaN",
        Kind::QuietNan => "NaN",
        Kind::Infinity if number.negative => "-Infinity",
        Kind::Infinity => "+Infinity",
        Kind::Finite => match (
            number.negative,
            number.coefficient.is_zero(),
            number.adjusted() < emin,
        ) {
            (true, true, _) => "-Zero",
            (true, false, true) => "-Subnormal",
            (true, false, false) => "-Normal",
            (false, true, _) => "+Zero",
            (false, false, true) => "+Subnormal",
            (false, false, false) => "+Normal",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::coefficient::Coefficient;
    use super::super::parse::parse;
    use super::super::settings::{Settings, Status};
    use super::*;

    fn shown(text: &str, notation: Notation) -> String {
        let mut status = Status::NONE;
        to_text(
            &parse(text.as_bytes(), &Settings::DEFAULT, &mut status),
            notation,
            true,
        )
    }

    #[test]
    fn points_and_exponents_stand_where_the_specification_puts_them() {
        for text in [
            "123",
            "-12.50",
            "1.23E+3",
            "0.00001",
            "1E-7",
            "0E+2",
            "0.00",
            "1.2345E-7",
            "Infinity",
            "-sNaN12",
            "0E-8",
        ] {
            assert_eq!(shown(text, Notation::Scientific), text);
        }
        for (text, engineering) in [
            ("1.23E+4", "12.3E+3"),
            ("1E-7", "100E-9"),
            ("0E-7", "0.0E-6"),
            ("0E+1", "0.00E+3"),
            ("1E+5", "100E+3"),
            ("0E-8", "0.00E-6"),
        ] {
            assert_eq!(shown(text, Notation::Engineering), engineering);
        }
        assert_eq!(shown("1.5E+3", Notation::Fixed), "1500");
        assert_eq!(shown("1500", Notation::Exponential(1)), "1.500E+3");
    }

    #[test]
    fn short_texts_are_those_of_the_general_way() {
        let coefficients = [0, 1, 9, 10, 123_456_789, u64::MAX.into(), 1 << 64];
        let longer = [
            10u128.pow(19),
            10u128.pow(37) + 5,
            10u128.pow(38),
            u128::MAX,
        ];
        let mut shown = 0;
        for coefficient in coefficients.into_iter().chain(longer) {
            for exponent in -60..3 {
                for negative in [false, true] {
                    let number = Number::finite(negative, Coefficient::from(coefficient), exponent);
                    let general = to_text(&number, Notation::Scientific, true);
                    let mut buffer = [0; SHORT];
                    match short_text(&number, &mut buffer) {
                        Some(text) => {
                            assert_eq!(text, general.as_bytes());
                            shown += 1;
                        }
                        None => assert!(general.contains('E')),
                    }
                }
            }
        }
        assert!(shown > 300);
        let mut buffer = [0; SHORT];
        assert_eq!(short_text(&Number::NAN, &mut buffer), None);
        assert_eq!(short_text(&Number::infinity(true), &mut buffer), None);
    }
}
