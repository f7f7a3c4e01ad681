//! The `%` operator of str, bytes and bytearray: directives read from a template, arguments taken in order or by key.
//!
//! [`Directives`] does what all three share over the template's units; numbers become padded ASCII text, and each type
//! adds its own conversions for the rest.

use std::ops::Range;

use crate::buffer;
use crate::bytes::Bytes;
use crate::class::ClassFlags;
use crate::exceptions::ExceptionKind;
use crate::float;
use crate::format::{Conversion, FloatStyle, float_text, magnitude_text};
use crate::heap;
use crate::int::{self, IntView};
use crate::protocol;
use crate::raised::{Absent, PyResult};
use crate::str::{Kind, Str, StrBuilder, Units};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// What stands between `%` and the conversion letter.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Style {
    left: bool,
    plus: bool,
    space: bool,
    pub alternate: bool,
    zero: bool,
    pub width: usize,
    pub precision: Option<usize>,
}

impl Style {
    /// Fill characters on the left and on the right of `length` characters.
    pub fn padding(&self, length: usize) -> (usize, usize) {
        let missing = self.width.saturating_sub(length);
        if self.left {
            (0, missing)
        } else {
            (missing, 0)
        }
    }
}

/// The values a template is filled with.
struct Arguments<'a> {
    all: &'a Value,
    items: Option<&'a [Value]>,
    next: usize,
    mapping: bool,
}

impl<'a> Arguments<'a> {
    fn new(all: &'a Value, for_bytes: bool) -> Arguments<'a> {
        let items = all.downcast::<Tuple>().map(|tuple| tuple.tail());
        let class = all.class();
        let is_text = class.has(ClassFlags::STR | ClassFlags::TUPLE)
            || for_bytes && buffer::is_bytes_or_bytearray(all);
        let mapping = class.slots.getitem.get().is_some() && !is_text;
        Arguments {
            all,
            items,
            next: 0,
            mapping,
        }
    }

    fn take(&mut self) -> PyResult<Value> {
        let next = self.next;
        self.next += 1;
        match self.items {
            Some(items) => items.get(next).cloned(),
            None => (next == 0).then(|| self.all.clone()),
        }
        .ok_or_else(|| exc!(TypeError, "not enough arguments for format string"))
    }

    fn is_used_up(&self) -> bool {
        self.mapping || self.next >= self.items.map_or(1, <[Value]>::len)
    }
}

/// A conversion that a template asks for, and its argument.
pub(crate) struct Directive {
    pub style: Style,
    pub letter: char,
    pub argument: Value,
    /// Where the letter stands.
    pub at: usize,
}

/// A piece of a template.
pub(crate) enum Piece {
    Literal(Range<usize>),
    Directive(Directive),
}

/// Reads a template.
pub(crate) struct Directives<'a> {
    text: Units<'a>,
    at: usize,
    arguments: Arguments<'a>,
    /// Whether the template is bytes, whose keys are bytes too.
    for_bytes: bool,
}

impl<'a> Directives<'a> {
    pub fn new(text: Units<'a>, arguments: &'a Value, for_bytes: bool) -> Directives<'a> {
        Directives {
            text,
            at: 0,
            arguments: Arguments::new(arguments, for_bytes),
            for_bytes,
        }
    }

    fn peek(&self) -> Option<char> {
        (self.at < self.text.len())
            .then(|| char::from_u32(self.text.at(self.at)).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Takes a conversion without flags, width and precision, as most are, and answers its letter.
    fn take_simple(&mut self) -> Option<u8> {
        let Units::One(text) = self.text else {
            return None;
        };
        match text.get(self.at..self.at + 2)? {
            [b'%', letter @ (b's' | b'd' | b'r')] => {
                self.at += 2;
                Some(*letter)
            }
            _ => None,
        }
    }

    /// The next piece; at the end, an error if arguments are left.
    pub fn next_piece(&mut self, what: &str) -> PyResult<Option<Piece>> {
        if self.at >= self.text.len() {
            if !self.arguments.is_used_up() {
                bail!(
                    TypeError,
                    "not all arguments converted during {what} formatting"
                );
            }
            return Ok(None);
        }
        let start = self.at;
        if !self.take('%') {
            let rest = self.text.range(start..self.text.len());
            self.at = rest
                .find_code('%'.into())
                .map_or(self.text.len(), |length| start + length);
            return Ok(Some(Piece::Literal(start..self.at)));
        }
        if self.take('%') {
            return Ok(Some(Piece::Literal(start..start + 1)));
        }
        self.directive()
    }

    fn directive(&mut self) -> PyResult<Option<Piece>> {
        let mut keyed = None;
        if self.take('(') {
            keyed = Some(self.keyed_value()?);
        }
        let mut style = Style::default();
        loop {
            match self.peek() {
                Some('-') => style.left = true,
                Some('+') => style.plus = true,
                Some(' ') => style.space = true,
                Some('#') => style.alternate = true,
                Some('0') => style.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        if self.take('*') {
            let width = self.star()?;
            style.left |= width < 0;
            style.width = width.unsigned_abs();
        } else if let Some(width) = self.number(isize::MAX as usize, "width too big")? {
            style.width = width;
        }
        if self.take('.') {
            style.precision = Some(0);
            if self.take('*') {
                let precision = self.star()?;
                if precision > i32::MAX as isize {
                    bail!(OverflowError, "Python int too large to convert to C int");
                }
                style.precision = Some(usize::try_from(precision).unwrap_or(0));
            } else if let Some(precision) = self.number(i32::MAX as usize, "precision too big")? {
                style.precision = Some(precision);
            }
        }
        if matches!(self.peek(), Some('h' | 'l' | 'L')) {
            self.at += 1;
        }
        let Some(letter) = self.peek() else {
            bail!(ValueError, "incomplete format")
        };
        let at = self.at;
        self.at += 1;
        let argument = match keyed {
            Some(value) => value,
            None => self.arguments.take()?,
        };
        Ok(Some(Piece::Directive(Directive {
            style,
            letter,
            argument,
            at,
        })))
    }

    fn keyed_value(&mut self) -> PyResult<Value> {
        if !self.arguments.mapping {
            bail!(TypeError, "format requires a mapping");
        }
        let start = self.at;
        let mut depth = 1;
        while depth > 0 {
            match self.peek() {
                Some('(') => depth += 1,
                Some(')') => depth -= 1,
                Some(_) => {}
                None => bail!(ValueError, "incomplete format key"),
            }
            self.at += 1;
        }
        let key = self.text.range(start..self.at - 1);
        let key = if self.for_bytes {
            Bytes::new(key.bytes()).into_value()
        } else {
            Str::from_units(key).into_value()
        };
        protocol::getitem(self.arguments.all, &key)
    }

    fn star(&mut self) -> PyResult<isize> {
        let value = self.arguments.take()?;
        if !int::is_int(&value) {
            bail!(TypeError, "* wants int");
        }
        int::as_isize(&value)
    }

    fn number(&mut self, most: usize, too_big: &str) -> PyResult<Option<usize>> {
        let mut number: Option<usize> = None;
        while let Some(digit) = self.peek().and_then(|next| next.to_digit(10)) {
            self.at += 1;
            let next = number
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|number| number.checked_add(digit as usize));
            match next.filter(|&number| number <= most) {
                Some(next) => number = Some(next),
                None => bail!(ValueError, "{too_big}"),
            }
        }
        Ok(number)
    }
}

/// Sign, prefix and digits padded to the width: by zeros behind the sign, or by spaces around.
fn padded(style: &Style, negative: bool, prefix: &str, digits: &str) -> PyResult<String> {
    heap::ensure_room(style.width.saturating_mul(4))?;
    let sign = match () {
        () if negative => "-",
        () if style.plus => "+",
        () if style.space => " ",
        () => "",
    };
    let length = sign.len() + prefix.len() + digits.len();
    let (left, right) = style.padding(length);
    Ok(if style.zero {
        format!(
            "{sign}{prefix}{}{digits}{}",
            "0".repeat(left),
            " ".repeat(right)
        )
    } else {
        format!(
            "{}{sign}{prefix}{digits}{}",
            " ".repeat(left),
            " ".repeat(right)
        )
    })
}

fn int_text(directive: &Directive) -> PyResult<String> {
    let Directive {
        style,
        letter,
        argument,
        ..
    } = directive;
    let in_base = matches!(letter, 'o' | 'x' | 'X');
    let wrong = || {
        let wanted = if in_base {
            "an integer"
        } else {
            "a real number"
        };
        exc!(
            TypeError,
            "%{letter} format: {wanted} is required, not {}",
            argument.class().name()
        )
    };
    let converted;
    let number = match int::view(argument) {
        Some(view) => view,
        None => {
            let result = if in_base {
                protocol::index(argument)
            } else {
                to_int(argument)
            };
            converted = result
                .absent_on(ExceptionKind::TypeError)?
                .ok_or_else(wrong)?;
            int::view(&converted).ok_or_else(wrong)?
        }
    };
    let kind = if in_base { *letter } else { 'd' };
    let mut digits = magnitude_text(number, kind)?;
    if let Some(precision) = style
        .precision
        .filter(|&precision| precision > digits.len())
    {
        heap::ensure_room(precision.saturating_mul(4))?;
        digits.insert_str(0, &"0".repeat(precision - digits.len()));
    }
    let prefix = match letter {
        _ if !style.alternate => "",
        'o' => "0o",
        'x' => "0x",
        'X' => "0X",
        _ => "",
    };
    padded(style, number.is_negative(), prefix, &digits)
}

/// `int(number)`, without the parsing of text that the class does.
fn to_int(value: &Value) -> PyResult<Value> {
    let slots = &value.class().slots;
    match slots.int.get() {
        Some(convert) => convert(value),
        None => protocol::index(value),
    }
}

fn float_directive(directive: &Directive) -> PyResult<String> {
    let Directive {
        style,
        letter,
        argument,
        ..
    } = directive;
    let value = float::as_f64(argument)?;
    let conversion = match letter.to_ascii_lowercase() {
        'e' => Conversion::Exponent,
        'f' => Conversion::Fixed,
        _ => Conversion::General,
    };
    heap::ensure_room(style.precision.unwrap_or(0).saturating_mul(4))?;
    let float_style = FloatStyle {
        conversion,
        precision: style.precision.unwrap_or(6),
        upper: letter.is_ascii_uppercase(),
        alternate: style.alternate,
        add_dot_zero: false,
    };
    padded(
        style,
        value.is_sign_negative() && !value.is_nan(),
        "",
        &float_text(value, float_style),
    )
}

/// The text of a number directive, or `None` if the letter asks for something else.
pub(crate) fn number_text(directive: &Directive) -> PyResult<Option<String>> {
    match directive.letter {
        'd' | 'i' | 'u' | 'o' | 'x' | 'X' => int_text(directive).map(Some),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => float_directive(directive).map(Some),
        _ => Ok(None),
    }
}

/// `template % arguments` for str.
pub fn format_str(template: &Ref<Str>, arguments: &Value) -> PyResult<Ref<Str>> {
    let mut out = StrBuilder::with_capacity(template.len());
    let mut directives = Directives::new(template.units(), arguments, false);
    loop {
        if let Some(letter) = directives.take_simple() {
            let argument = directives.arguments.take()?;
            push_simple(&mut out, letter, argument, directives.at - 1, template)?;
            continue;
        }
        let Some(piece) = directives.next_piece("string")? else {
            break;
        };
        match piece {
            Piece::Literal(range) if template.kind() == Kind::Ascii => {
                out.push_units(template.units().range(range), Kind::Ascii);
            }
            Piece::Literal(range) => out.push_part(template.units().range(range)),
            Piece::Directive(directive) => push_directive(&mut out, &directive, template)?,
        }
    }
    Ok(out.finish())
}

/// A conversion without flags, width and precision.
fn push_simple(
    out: &mut StrBuilder,
    letter: u8,
    argument: Value,
    at: usize,
    template: &Str,
) -> PyResult<()> {
    if let Some(text) = argument.downcast_exact::<Str>().filter(|_| letter == b's') {
        out.push_string(text);
        return Ok(());
    }
    if letter == b's' || letter == b'd' && argument.as_small_int().is_some() {
        out.push_string(&*protocol::str(&argument)?);
        return Ok(());
    }
    let directive = Directive {
        style: Style::default(),
        letter: letter.into(),
        argument,
        at,
    };
    push_directive(out, &directive, template)
}

fn push_directive(out: &mut StrBuilder, directive: &Directive, template: &Str) -> PyResult<()> {
    if let Some(text) = number_text(directive)? {
        out.push_str(&text);
        return Ok(());
    }
    let argument = &directive.argument;
    let (text, limit) = match directive.letter {
        's' => (protocol::str(argument)?, directive.style.precision),
        'r' => (protocol::repr(argument)?, directive.style.precision),
        'a' => (protocol::ascii(argument)?, directive.style.precision),
        'c' => (character(argument)?, None),
        _ => {
            let code = template.units().at(directive.at);
            let shown = char::from_u32(code)
                .filter(|_| code > 31 && code < 127)
                .unwrap_or('?');
            bail!(
                ValueError,
                "unsupported format character '{shown}' ({code:#x}) at index {}",
                directive.at
            );
        }
    };
    let length = limit.unwrap_or(usize::MAX).min(text.len());
    let (left, right) = directive.style.padding(length);
    heap::ensure_room((left + right).saturating_mul(8))?;
    out.push_repeated(' '.into(), left);
    if length == text.len() {
        out.push_string(&text)
    } else {
        out.push_part(text.units().range(0..length))
    }
    out.push_repeated(' '.into(), right);
    Ok(())
}

fn character(argument: &Value) -> PyResult<Ref<Str>> {
    if let Some(text) = argument.downcast::<Str>() {
        return match text.len() {
            1 => Ok(text.clone()),
            length => bail!(
                TypeError,
                "%c requires an int or a unicode character, not a string of length {length}"
            ),
        };
    }
    let index = match protocol::index(argument).absent_on(ExceptionKind::TypeError)? {
        Some(index) => index,
        None => bail!(
            TypeError,
            "%c requires an int or a unicode character, not {}",
            argument.class().name()
        ),
    };
    match int::view(&index) {
        Some(IntView::Small(code @ 0..=0x10_ffff)) => Ok(Str::from_code_point(code as u32)),
        _ => bail!(OverflowError, "%c arg not in range(0x110000)"),
    }
}

/// `template % arguments` for bytes and bytearray.
pub fn format_bytes(template: &[u8], arguments: &Value) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(template.len());
    let mut directives = Directives::new(Units::One(template), arguments, true);
    while let Some(piece) = directives.next_piece("bytes")? {
        match piece {
            Piece::Literal(range) => out.extend_from_slice(&template[range]),
            Piece::Directive(directive) => extend_directive(&mut out, &directive)?,
        }
    }
    Ok(out)
}

fn extend_directive(out: &mut Vec<u8>, directive: &Directive) -> PyResult<()> {
    let argument = &directive.argument;
    let number = number_text(directive).map_err(|raised| {
        let is_float = matches!(directive.letter.to_ascii_lowercase(), 'e' | 'f' | 'g');
        if is_float && raised.is(ExceptionKind::TypeError) {
            return exc!(
                TypeError,
                "float argument required, not {}",
                argument.class().name()
            );
        }
        raised
    });
    if let Some(text) = number? {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let mut text = match directive.letter {
        's' | 'b' => crate::bytes::convert_for_percent(argument)?,
        'r' | 'a' => protocol::ascii(argument)?.units().bytes().to_vec(),
        'c' => vec![byte(argument)?],
        letter => {
            let code = u32::from(letter);
            bail!(
                ValueError,
                "unsupported format character '{letter}' ({code:#x}) at index {}",
                directive.at
            );
        }
    };
    if let Some(precision) = directive
        .style
        .precision
        .filter(|_| directive.letter != 'c')
    {
        text.truncate(precision);
    }
    let (left, right) = directive.style.padding(text.len());
    heap::ensure_room((left + right).saturating_mul(2))?;
    out.resize(out.len() + left, b' ');
    out.extend_from_slice(&text);
    out.resize(out.len() + right, b' ');
    Ok(())
}

fn byte(argument: &Value) -> PyResult<u8> {
    if let Some(byte) = crate::bytes::single_byte(argument) {
        return Ok(byte);
    }
    if buffer::is_bytes_or_bytearray(argument) {
        let (name, length) = (argument.class().name(), protocol::len(argument)?);
        bail!(
            TypeError,
            "%c requires an integer in range(256) or a single byte, not a {name} object of length {length}"
        );
    }
    let index = match protocol::index(argument).absent_on(ExceptionKind::TypeError)? {
        Some(index) => index,
        None => bail!(
            TypeError,
            "%c requires an integer in range(256) or a single byte, not {}",
            argument.class().name()
        ),
    };
    match int::view(&index) {
        Some(IntView::Small(byte @ 0..=255)) => Ok(byte as u8),
        _ => bail!(OverflowError, "%c arg not in range(256)"),
    }
}
