//! The format specification mini-language: `[[fill]align][sign][z][#][0][width][grouping][.precision[grouping]][type]`.

use crate::raised::{PyResult, Raised};
use crate::str::Str;

/// Where text stands in its field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Center,
    /// `=`: padding between sign and digits.
    AfterSign,
}

/// What separates groups of digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grouping {
    /// Nothing.
    None,
    /// `,` every three digits.
    Comma,
    /// `_` every three digits.
    Underscore,
    /// `_` every four digits, for bases 2, 8 and 16.
    UnderscoreFour,
    /// What the locale says (`n`).
    Locale,
}

impl Grouping {
    fn symbol(self) -> char {
        if self == Grouping::Comma { ',' } else { '_' }
    }
}

/// A parsed format specification.
#[derive(Clone, Debug)]
pub struct Spec {
    /// What padding is made of.
    pub fill: u32,
    /// Where the text stands.
    pub align: Align,
    /// `+`, `-`, or a space.
    pub sign: Option<char>,
    /// `z`: minus zero becomes zero.
    pub no_negative_zero: bool,
    /// `#`.
    pub alternate: bool,
    /// The least width.
    pub width: Option<usize>,
    /// Groups before the point.
    pub grouping: Grouping,
    /// The number behind the point.
    pub precision: Option<usize>,
    /// Groups behind the point.
    pub fraction_grouping: Grouping,
    /// The presentation type; the type's default if none was given (0 for "none" with floats).
    pub kind: u32,
}

/// The value of a decimal digit of any script.
pub fn decimal_value(code: u32) -> Option<u32> {
    match code {
        0x30..=0x39 => Some(code - 0x30),
        0..0x80 => None,
        _ => {
            let point = rustpython_wtf8::CodePoint::from_u32(code)?;
            rustpython_unicode::Ucd::new(true)
                .decimal(point)
                .and_then(|value| u32::try_from(value).ok())
        }
    }
}

fn align_of(code: u32) -> Option<Align> {
    Some(match char::from_u32(code)? {
        '<' => Align::Left,
        '>' => Align::Right,
        '^' => Align::Center,
        '=' => Align::AfterSign,
        _ => return None,
    })
}

struct Reader<'a> {
    text: &'a Str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<u32> {
        self.text.char_at(self.at + ahead)
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek(0) == Some(wanted.into());
        self.at += usize::from(found);
        found
    }

    fn number(&mut self) -> PyResult<Option<usize>> {
        let mut number = None;
        while let Some(digit) = self.peek(0).and_then(decimal_value) {
            self.at += 1;
            let next = number
                .unwrap_or(0usize)
                .checked_mul(10)
                .and_then(|number| number.checked_add(digit as usize));
            match next.filter(|&number| number <= isize::MAX as usize) {
                Some(next) => number = Some(next),
                None => bail!(ValueError, "Too many decimal digits in format string"),
            }
        }
        Ok(number)
    }

    /// A grouping symbol, or two different ones, which is an error.
    fn grouping(&mut self) -> PyResult<Grouping> {
        let mut grouping = Grouping::None;
        if self.take(',') {
            grouping = Grouping::Comma;
        }
        if self.peek(0) == Some('_'.into()) {
            if grouping != Grouping::None {
                return Err(both_groupings());
            }
            self.at += 1;
            grouping = Grouping::Underscore;
        }
        if self.peek(0) == Some(','.into()) && grouping == Grouping::Underscore {
            return Err(both_groupings());
        }
        Ok(grouping)
    }
}

#[cold]
fn both_groupings() -> Raised {
    exc!(ValueError, "Cannot specify both ',' and '_'.")
}

#[cold]
fn cannot_group(symbol: char, kind: u32) -> Raised {
    match char::from_u32(kind) {
        Some(letter) if kind > 32 && kind < 128 => {
            exc!(ValueError, "Cannot specify '{symbol}' with '{letter}'.")
        }
        _ => exc!(ValueError, "Cannot specify '{symbol}' with '\\x{kind:x}'."),
    }
}

/// The error about a presentation type that the formatted type does not have.
#[cold]
pub fn unknown_kind(kind: u32, type_name: &str) -> Raised {
    match char::from_u32(kind) {
        Some(letter) if kind > 32 && kind < 128 => exc!(
            ValueError,
            "Unknown format code '{letter}' for object of type '{type_name}'"
        ),
        _ => exc!(
            ValueError,
            "Unknown format code '\\x{kind:x}' for object of type '{type_name}'"
        ),
    }
}

impl Spec {
    /// Reads a specification for an object of the named type.
    pub fn parse(
        text: &Str,
        default_kind: u32,
        default_align: Align,
        type_name: &str,
    ) -> PyResult<Spec> {
        let mut spec = Spec {
            fill: ' '.into(),
            align: default_align,
            sign: None,
            no_negative_zero: false,
            alternate: false,
            width: None,
            grouping: Grouping::None,
            precision: None,
            fraction_grouping: Grouping::None,
            kind: default_kind,
        };
        let mut reader = Reader { text, at: 0 };
        let (mut filled, mut aligned) = (false, false);
        if let (Some(fill), Some(align)) = (reader.peek(0), reader.peek(1).and_then(align_of)) {
            (spec.fill, spec.align) = (fill, align);
            (filled, aligned) = (true, true);
            reader.at = 2;
        } else if let Some(align) = reader.peek(0).and_then(align_of) {
            spec.align = align;
            aligned = true;
            reader.at = 1;
        }
        spec.sign = reader
            .peek(0)
            .and_then(char::from_u32)
            .filter(|&sign| matches!(sign, ' ' | '+' | '-'));
        reader.at += usize::from(spec.sign.is_some());
        spec.no_negative_zero = reader.take('z');
        spec.alternate = reader.take('#');
        if !filled && reader.take('0') {
            spec.fill = '0'.into();
            if !aligned && default_align == Align::Right {
                spec.align = Align::AfterSign;
            }
        }
        spec.width = reader.number()?;
        spec.grouping = reader.grouping()?;
        if reader.take('.') {
            spec.precision = reader.number()?;
            spec.fraction_grouping = reader.grouping()?;
            if spec.precision.is_none() && spec.fraction_grouping == Grouping::None {
                bail!(ValueError, "Format specifier missing precision");
            }
        }
        if text.len() - reader.at > 1 {
            bail!(
                ValueError,
                "Invalid format specifier '{}' for object of type '{type_name}'",
                text.to_display()
            );
        }
        if let Some(kind) = reader.peek(0) {
            spec.kind = kind;
        }
        spec.check_grouping()?;
        Ok(spec)
    }

    fn check_grouping(&mut self) -> PyResult<()> {
        let kind = char::from_u32(self.kind).unwrap_or('?');
        match (self.grouping, kind) {
            (Grouping::None, _) | (_, 'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' | '\0') => {}
            (Grouping::Underscore, 'b' | 'o' | 'x' | 'X') => {
                self.grouping = Grouping::UnderscoreFour
            }
            (grouping, _) => return Err(cannot_group(grouping.symbol(), self.kind)),
        }
        if kind == 'n' && self.fraction_grouping != Grouping::None {
            return Err(cannot_group(self.fraction_grouping.symbol(), self.kind));
        }
        Ok(())
    }
}
