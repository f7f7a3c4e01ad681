//! Formatting: `format()`, f-strings, `str.format` and `%`.
//!
//! [`format_value`] is what replacement fields do; [`format_int`], [`format_float`], [`format_complex`] and [`format_str`]
//! are the `__format__` of the builtin types, written over one reader of specifications and one layout of numbers.

pub mod digits;
pub mod locale;
mod number;
pub mod percent;
mod spec;
pub mod template;

use malachite_bigint::BigInt;

pub use digits::{Conversion, FloatStyle, float_repr, float_text};
pub use spec::{Align, Grouping, Spec, decimal_value};

use number::NumberText;
use spec::unknown_kind;

use crate::complex;
use crate::float;
use crate::heap;
use crate::id;
use crate::int::{self, IntView};
use crate::protocol;
use crate::raised::PyResult;
use crate::str::{Kind, Str, StrBuilder};
use crate::value::{Ref, Value};

/// What a replacement field does to its value before formatting it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueConversion {
    /// `!s`
    Str,
    /// `!r`
    Repr,
    /// `!a`
    Ascii,
}

impl ValueConversion {
    /// The conversion of a letter.
    pub fn of_letter(letter: u32) -> Option<ValueConversion> {
        Some(match char::from_u32(letter)? {
            's' => ValueConversion::Str,
            'r' => ValueConversion::Repr,
            'a' => ValueConversion::Ascii,
            _ => return None,
        })
    }

    /// Applies the conversion.
    pub fn apply(self, value: &Value) -> PyResult<Ref<Str>> {
        match self {
            ValueConversion::Str => protocol::str(value),
            ValueConversion::Repr => protocol::repr(value),
            ValueConversion::Ascii => protocol::ascii(value),
        }
    }
}

/// `format(value, spec)`; no specification is the empty one.
pub fn format(value: &Value, spec: Option<&Ref<Str>>) -> PyResult<Ref<Str>> {
    let empty = spec.is_none_or(|spec| spec.is_empty());
    if let Some(text) = value.downcast_exact::<Str>() {
        return match spec {
            Some(spec) if !empty => format_str(text, spec),
            _ => Ok(text.clone()),
        };
    }
    if int::is_exact(value) {
        return match spec {
            Some(spec) if !empty => format_int(value, spec),
            _ => protocol::str(value),
        };
    }
    if let Some(spec) = spec
        && !empty
        && float::is_exact(value)
    {
        return format_float(value, spec);
    }
    let spec = spec.cloned().unwrap_or_else(Str::empty);
    let Some(answer) =
        protocol::call_special_optional(value, id!("__format__"), &[spec.into_value()])?
    else {
        bail!(
            TypeError,
            "Type {} doesn't define __format__",
            value.class().name()
        );
    };
    match answer.into_ref::<Str>() {
        Ok(text) => Ok(text),
        Err(other) => bail!(
            TypeError,
            "{}.__format__() must return a str, not {}",
            value.class().name(),
            other.class().name()
        ),
    }
}

/// What a replacement field `{value!conversion:spec}` stands for.
pub fn format_value(
    value: &Value,
    conversion: Option<ValueConversion>,
    spec: Option<&Ref<Str>>,
) -> PyResult<Ref<Str>> {
    match conversion {
        None => format(value, spec),
        Some(conversion) => format(conversion.apply(value)?.as_value(), spec),
    }
}

/// `str.__format__`.
pub fn format_str(text: &Ref<Str>, spec: &Ref<Str>) -> PyResult<Ref<Str>> {
    if spec.is_empty() {
        return Ok(text.to_exact());
    }
    let spec = Spec::parse(spec, 's'.into(), Align::Left, &text.class().name())?;
    if spec.kind != u32::from('s') {
        return Err(unknown_kind(spec.kind, &text.class().name()));
    }
    match spec.sign {
        Some(' ') => bail!(ValueError, "Space not allowed in string format specifier"),
        Some(_) => bail!(ValueError, "Sign not allowed in string format specifier"),
        None => {}
    }
    if spec.no_negative_zero {
        bail!(
            ValueError,
            "Negative zero coercion (z) not allowed in string format specifier"
        );
    }
    if spec.alternate {
        bail!(
            ValueError,
            "Alternate form (#) not allowed in string format specifier"
        );
    }
    if spec.align == Align::AfterSign {
        bail!(
            ValueError,
            "'=' alignment not allowed in string format specifier"
        );
    }
    let length = spec.precision.unwrap_or(usize::MAX).min(text.len());
    let padding = spec.width.unwrap_or(0).saturating_sub(length);
    if padding == 0 {
        return Ok(text.slice(0..length));
    }
    pad_str(text, length, padding, &spec)
}

fn pad_str(text: &Ref<Str>, length: usize, padding: usize, spec: &Spec) -> PyResult<Ref<Str>> {
    let widest = text.kind().max(Kind::of_code_bits(spec.fill));
    heap::ensure_room(padding.saturating_mul(2 << widest.shift()))?;
    let left = match spec.align {
        Align::Left | Align::AfterSign => 0,
        Align::Right => padding,
        Align::Center => padding / 2,
    };
    let mut out = StrBuilder::with_capacity(length + padding);
    out.push_repeated(spec.fill, left);
    out.push_part(text.units().range(0..length));
    out.push_repeated(spec.fill, padding - left);
    Ok(out.finish())
}

/// `int.__format__`, for ints and instances of subclasses.
pub fn format_int(value: &Value, spec: &Ref<Str>) -> PyResult<Ref<Str>> {
    if spec.is_empty() {
        return protocol::str(value);
    }
    let type_name = value.class().name();
    let mut spec = Spec::parse(spec, 'd'.into(), Align::Right, &type_name)?;
    match char::from_u32(spec.kind) {
        Some('b' | 'c' | 'd' | 'n' | 'o' | 'x' | 'X') => {}
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
            return float_by_spec(float::int_to_f64(value)?, spec, &type_name);
        }
        _ => return Err(unknown_kind(spec.kind, &type_name)),
    }
    if spec.precision.is_some() {
        bail!(
            ValueError,
            "Precision not allowed in integer format specifier"
        );
    }
    if spec.no_negative_zero {
        bail!(
            ValueError,
            "Negative zero coercion (z) not allowed in integer format specifier"
        );
    }
    let Some(number) = int::view(value) else {
        bail!(TypeError, "an integer is required, not {type_name}")
    };
    let kind = char::from_u32(spec.kind).unwrap_or('d');
    if kind == 'c' {
        return character(number, &spec);
    }
    if kind == 'n' {
        spec.grouping = Grouping::Locale;
    }
    let digits = magnitude_text(number, kind)?;
    let prefix = match kind {
        _ if !spec.alternate => "",
        'b' => "0b",
        'o' => "0o",
        'x' => "0x",
        'X' => "0X",
        _ => "",
    };
    let text = NumberText {
        negative: number.is_negative(),
        prefix,
        digits: &digits,
        has_point: false,
        fraction: "",
        rest: "",
    };
    text.layout(&spec)
}

/// The magnitude of an int in the base of a presentation type.
pub(crate) fn magnitude_text(number: IntView<'_>, kind: char) -> PyResult<String> {
    Ok(match (number, kind) {
        (IntView::Small(small), 'b') => format!("{:b}", small.unsigned_abs()),
        (IntView::Small(small), 'o') => format!("{:o}", small.unsigned_abs()),
        (IntView::Small(small), 'x') => format!("{:x}", small.unsigned_abs()),
        (IntView::Small(small), 'X') => format!("{:X}", small.unsigned_abs()),
        (IntView::Small(small), _) => small.unsigned_abs().to_string(),
        (IntView::Big(big), 'b') => magnitude_in_base(big, 2),
        (IntView::Big(big), 'o') => magnitude_in_base(big, 8),
        (IntView::Big(big), 'x') => magnitude_in_base(big, 16),
        (IntView::Big(big), 'X') => magnitude_in_base(big, 16).to_ascii_uppercase(),
        (IntView::Big(big), _) => {
            let text = protocol::str(&int::from_big(big.clone()))?;
            text.to_display().trim_start_matches('-').to_owned()
        }
    })
}

fn magnitude_in_base(big: &BigInt, base: u32) -> String {
    big.magnitude().to_str_radix(base)
}

fn character(number: IntView<'_>, spec: &Spec) -> PyResult<Ref<Str>> {
    if spec.sign.is_some() {
        bail!(
            ValueError,
            "Sign not allowed with integer format specifier 'c'"
        );
    }
    if spec.alternate {
        bail!(
            ValueError,
            "Alternate form (#) not allowed with integer format specifier 'c'"
        );
    }
    let IntView::Small(code) = number else {
        bail!(OverflowError, "Python int too large to convert to C long")
    };
    let Some(code) = u32::try_from(code).ok().filter(|&code| code <= 0x10_ffff) else {
        bail!(OverflowError, "%c arg not in range(0x110000)");
    };
    let text = Str::from_code_point(code);
    let padding = spec.width.unwrap_or(0).saturating_sub(1);
    let mut spec = spec.clone();
    if spec.align == Align::AfterSign {
        spec.align = Align::Right;
    }
    if padding == 0 {
        Ok(text)
    } else {
        pad_str(&text, 1, padding, &spec)
    }
}

/// `float.__format__`, for floats and instances of subclasses.
pub fn format_float(value: &Value, spec: &Ref<Str>) -> PyResult<Ref<Str>> {
    if spec.is_empty() {
        return protocol::str(value);
    }
    let type_name = value.class().name();
    let spec = Spec::parse(spec, 0, Align::Right, &type_name)?;
    float_by_spec(float::as_f64(value)?, spec, &type_name)
}

/// The conversion and case of a presentation type of floats.
fn float_kind(kind: u32) -> Option<(Conversion, bool)> {
    Some(match char::from_u32(kind)? {
        'e' => (Conversion::Exponent, false),
        'E' => (Conversion::Exponent, true),
        'f' => (Conversion::Fixed, false),
        'F' => (Conversion::Fixed, true),
        'g' | 'n' => (Conversion::General, false),
        'G' => (Conversion::General, true),
        _ => return None,
    })
}

fn check_precision(precision: Option<usize>) -> PyResult<()> {
    if precision.is_some_and(|precision| precision > i32::MAX as usize) {
        bail!(ValueError, "precision too big");
    }
    heap::ensure_room(precision.unwrap_or(0).saturating_mul(4))
}

fn has_digit_above_zero(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    mantissa.bytes().any(|byte| !matches!(byte, b'0' | b'.'))
}

fn float_by_spec(value: f64, mut spec: Spec, type_name: &str) -> PyResult<Ref<Str>> {
    let percent = spec.kind == u32::from('%');
    let (conversion, upper) = match spec.kind {
        0 if spec.precision.is_some() => (Conversion::General, false),
        0 => (Conversion::Shortest, false),
        _ if percent => (Conversion::Fixed, false),
        kind => float_kind(kind).ok_or_else(|| unknown_kind(kind, type_name))?,
    };
    check_precision(spec.precision)?;
    let style = FloatStyle {
        conversion,
        precision: spec.precision.unwrap_or(6),
        upper,
        alternate: spec.alternate,
        add_dot_zero: spec.kind == 0,
    };
    let value = if percent { value * 100.0 } else { value };
    let mut text = float_text(value, style);
    let mut negative = value.is_sign_negative() && !value.is_nan();
    if negative && spec.no_negative_zero && !has_digit_above_zero(&text) {
        negative = false;
    }
    if percent {
        text.push('%');
    }
    if spec.kind == u32::from('n') {
        spec.grouping = Grouping::Locale;
    }
    NumberText::of_float(negative, &text).layout(&spec)
}

/// `complex.__format__`, for complex numbers and instances of subclasses.
pub fn format_complex(value: &Value, spec: &Ref<Str>) -> PyResult<Ref<Str>> {
    if spec.is_empty() {
        return protocol::str(value);
    }
    let type_name = value.class().name();
    let Some(parts) = complex::parts_of(value) else {
        bail!(TypeError, "a complex number is required, not {type_name}")
    };
    let spec = Spec::parse(spec, 0, Align::Right, &type_name)?;
    check_precision(spec.precision)?;
    let bare = spec.kind == 0;
    let (conversion, upper) = match spec.kind {
        0 if spec.precision.is_some() => (Conversion::General, false),
        0 => (Conversion::Shortest, false),
        kind => float_kind(kind).ok_or_else(|| unknown_kind(kind, &type_name))?,
    };
    if spec.fill == u32::from('0') {
        bail!(
            ValueError,
            "Zero padding is not allowed in complex format specifier"
        );
    }
    if spec.align == Align::AfterSign {
        bail!(
            ValueError,
            "'=' alignment flag is not allowed in complex format specifier"
        );
    }
    let style = FloatStyle {
        conversion,
        precision: spec.precision.unwrap_or(6),
        upper,
        alternate: spec.alternate,
        add_dot_zero: false,
    };
    let mut part = spec.clone();
    if spec.kind == u32::from('n') {
        part.grouping = Grouping::Locale;
    }
    let show = |value: f64, part: &Spec| {
        let text = float_text(value, style);
        let kept = !spec.no_negative_zero || has_digit_above_zero(&text);
        NumberText::of_float(value.is_sign_negative() && !value.is_nan() && kept, &text).plain(part)
    };
    let (real, imaginary) = (parts.re, parts.im);
    let skips_real = bare && real == 0.0 && real.is_sign_positive();
    let mut text = String::new();
    if !skips_real {
        text.push_str(&show(real, &part));
        part.sign = Some('+');
    }
    text.push_str(&show(imaginary, &part));
    text.push('j');
    if bare && !skips_real {
        text = format!("({text})");
    }
    let text = Str::new(&text);
    let padding = spec.width.unwrap_or(0).saturating_sub(text.len());
    if padding == 0 {
        Ok(text)
    } else {
        pad_str(&text, text.len(), padding, &spec)
    }
}
