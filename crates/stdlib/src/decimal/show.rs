//! From a number to text: scientific, engineering, fixed and exponential notation.

use super::number::{Kind, Number};

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
}
