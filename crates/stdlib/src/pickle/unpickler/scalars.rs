//! Opcodes that push numbers and strings.
//!
//! Protocol 0 writes them as lines of text, and 8-bit strings are those of Python 2, decoded as the unpickler was told to.

use taipan_objects::bytes::{ByteArray, Bytes};
use taipan_objects::codecs::{self, Errors};
use taipan_objects::int::bytes::ByteOrder;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::Value;
use taipan_objects::{bail, float, id, int, protocol};

use super::load::Loader;
use super::no_persistent_load;
use crate::pickle::unpickling_error;

/// The text up to a null, as C reads it.
fn c_text(line: &[u8]) -> &[u8] {
    line.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// An int in decimal digits. `shown` is the text that messages have.
fn parse_int(text: &[u8], shown: &[u8]) -> PyResult<Value> {
    int::parse(text.trim_ascii(), 10, Str::from_latin1(shown).as_value())
}

/// Whether a text can be a float: digits, a sign, a point, an exponent, or the names of numbers that are not finite.
fn may_be_float(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn parse_float(text: &[u8]) -> Option<f64> {
    float::parse(text).filter(|_| may_be_float(text))
}

impl Loader<'_> {
    pub(super) fn counted_text(&mut self, width: usize) -> PyResult<()> {
        let size = self.size(width, || too_large("BINUNICODE"))?;
        let bytes = self.input.read(size)?;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => Str::new(text),
            Err(_) => {
                let errors = Errors::new(Some(id!("surrogatepass")));
                codecs::utf8_decode(bytes, &errors, true)?.0
            }
        };
        self.push(text.into_value());
        Ok(())
    }

    pub(super) fn counted_bytes(&mut self, width: usize) -> PyResult<()> {
        let size = self.size(width, || too_large("BINBYTES"))?;
        let bytes = self.input.bytes(size)?;
        self.push(bytes.into_value());
        Ok(())
    }

    pub(super) fn byte_array(&mut self) -> PyResult<()> {
        let size = self.size(8, || too_large("BYTEARRAY8"))?;
        let bytes = self.input.vec(size)?;
        self.push(ByteArray::new(bytes).into_value());
        Ok(())
    }

    pub(super) fn long(&mut self, size: usize) -> PyResult<()> {
        let bytes = self.input.read(size)?;
        let number = int::bytes::from_bytes(bytes, ByteOrder::Little, true);
        self.push(number);
        Ok(())
    }

    pub(super) fn int_line(&mut self) -> PyResult<()> {
        let text = self.input.full_line()?;
        let is_short = text.len() == 2;
        let Ok(number) = parse_int(c_text(text), text) else {
            bail!(ValueError, "could not convert string to int");
        };
        // `I00` and `I01` stand for the truth values, which were ints once.
        let value = match int::to_i64(&number) {
            Some(0) if is_short => Value::FALSE,
            Some(1) if is_short => Value::TRUE,
            _ => number,
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn long_line(&mut self) -> PyResult<()> {
        let text = self.input.full_line()?;
        let number = match text {
            [digits @ .., b'L'] => parse_int(c_text(digits), c_text(digits))?,
            _ => {
                let shown = [text, b"\n"].concat();
                parse_int(c_text(text), c_text(&shown))?
            }
        };
        self.push(number);
        Ok(())
    }

    pub(super) fn float_line(&mut self) -> PyResult<()> {
        let text = c_text(self.input.full_line()?);
        let Some(number) = parse_float(text) else {
            // A number with something behind it has a message of its own.
            if (1..text.len()).any(|end| parse_float(&text[..end]).is_some()) {
                bail!(ValueError, "could not convert string to float");
            }
            bail!(
                ValueError,
                "could not convert string to float: '{}\n'",
                Str::from_latin1(text).to_display()
            );
        };
        if number.is_infinite() && text.iter().any(u8::is_ascii_digit) {
            bail!(
                OverflowError,
                "value too large to convert to float: '{}\n'",
                Str::from_latin1(text).to_display()
            );
        }
        self.push(float::new(number));
        Ok(())
    }

    pub(super) fn string_line(&mut self) -> PyResult<()> {
        let line = self.input.line()?;
        let text = &line[..line.len() - 1];
        let inner = match text {
            [first @ (b'\'' | b'"'), inner @ .., last] if first == last => inner,
            _ => {
                return Err(unpickling_error(
                    "the STRING opcode argument must be quoted",
                ));
            }
        };
        let bytes = codecs::bytes_escape_decode(inner, None)?;
        self.string(&bytes)
    }

    pub(super) fn counted_string(&mut self, size: usize) -> PyResult<()> {
        let bytes = self.input.read(size)?.to_vec();
        self.string(&bytes)
    }

    /// Pushes an 8-bit string of Python 2.
    fn string(&mut self, bytes: &[u8]) -> PyResult<()> {
        let sources = self.sources;
        let value = if sources.is_bytes {
            Bytes::new(bytes).into_value()
        } else {
            codecs::decode(bytes, &sources.encoding, Some(&sources.errors))?.into_value()
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn unicode_line(&mut self) -> PyResult<()> {
        let line = self.input.line()?;
        let text = &line[..line.len() - 1];
        let text = codecs::raw_unicode_escape_decode(text, &Errors::STRICT, true)?.0;
        self.push(text.into_value());
        Ok(())
    }

    fn number_line(&mut self) -> PyResult<i64> {
        let text = self.input.full_line()?;
        let shown = [text, b"\n"].concat();
        let number = parse_int(c_text(text), c_text(&shown))?;
        Ok(int::as_isize(&number)? as i64)
    }

    pub(super) fn get_line(&mut self) -> PyResult<()> {
        let number = self.number_line()?;
        self.get(number)
    }

    pub(super) fn put_line(&mut self) -> PyResult<()> {
        let text = self.input.full_line()?.to_vec();
        self.top()?;
        let shown = [&text[..], b"\n"].concat();
        let number = int::as_isize(&parse_int(c_text(&text), c_text(&shown))?)?;
        match usize::try_from(number) {
            Ok(number) => self.put(number),
            Err(_) => bail!(ValueError, "negative PUT argument"),
        }
    }

    pub(super) fn persistent_line(&mut self) -> PyResult<()> {
        let line = self.input.line()?;
        let Some(id) = line[..line.len() - 1]
            .is_ascii()
            .then(|| Str::from_latin1(&line[..line.len() - 1]))
        else {
            return Err(unpickling_error(
                "persistent IDs in protocol 0 must be ASCII strings",
            ));
        };
        self.push(id.into_value());
        self.persistent()
    }

    /// Replaces the persistent id on the stack by its object.
    pub(super) fn persistent(&mut self) -> PyResult<()> {
        let Some(hook) = self.persistent_load.clone() else {
            return Err(no_persistent_load());
        };
        let id = self.pop()?;
        let value = protocol::call1(&hook, &id)?;
        self.push(value);
        Ok(())
    }
}

#[cold]
fn too_large(opcode: &str) -> String {
    format!(
        "{opcode} exceeds system's maximum size of {} bytes",
        isize::MAX
    )
}
