//! Builtin functions about numbers and characters.

use taipan_macros::function;
use taipan_objects::bytes::{ByteArray, Bytes};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol};

/// Return the absolute value of a number.
#[function("(number, /)")]
pub(super) fn abs(number: &Value) -> PyResult<Value> {
    protocol::absolute(number)
}

fn in_base(number: &Value, base: u32, prefix: &str) -> PyResult<String> {
    let number = protocol::index(number)?;
    int::with_index(&number, |view| int::to_radix(view, base, prefix))
}

/// Return the binary text of an integer: bin(10) is '0b1010'.
#[function("(number, /)")]
pub(super) fn bin(number: &Value) -> PyResult<String> {
    in_base(number, 2, "0b")
}

/// Return the octal text of an integer: oct(10) is '0o12'.
#[function("(number, /)")]
pub(super) fn oct(number: &Value) -> PyResult<String> {
    in_base(number, 8, "0o")
}

/// Return the hexadecimal text of an integer: hex(255) is '0xff'.
#[function("(number, /)")]
pub(super) fn hex(number: &Value) -> PyResult<String> {
    in_base(number, 16, "0x")
}

/// Return the string of one character with the given code point, from 0 to 0x10ffff.
#[function("(i, /)")]
pub(super) fn chr(i: &Value) -> PyResult<Ref<Str>> {
    let number = protocol::index(i)?;
    match int::to_i64(&number) {
        Some(code @ 0..0x11_0000) => Ok(Str::from_code_point(code as u32)),
        _ => bail!(ValueError, "chr() arg not in range(0x110000)"),
    }
}

/// Return the code point of a string of one character, or the value of one byte.
#[function("(character, /)")]
pub(super) fn ord(character: &Value) -> PyResult<u32> {
    let (first, len) = if let Some(text) = character.downcast::<Str>() {
        (text.char_at(0), text.len())
    } else if let Some(bytes) = character.downcast::<Bytes>() {
        (
            bytes.as_slice().first().map(|byte| u32::from(*byte)),
            bytes.len(),
        )
    } else if let Some(bytes) = character.downcast::<ByteArray>() {
        bytes
            .cell()
            .with(|bytes| (bytes.first().map(|byte| u32::from(*byte)), bytes.len()))
    } else {
        bail!(
            TypeError,
            "ord() expected string of length 1, but {} found",
            character.class().name()
        );
    };
    match first {
        Some(code) if len == 1 => Ok(code),
        _ => bail!(
            TypeError,
            "ord() expected a character, but string of length {len} found"
        ),
    }
}

/// Return the tuple (x//y, x%y).
#[function("(x, y, /)")]
pub(super) fn divmod(x: &Value, y: &Value) -> PyResult<Value> {
    protocol::divmod(x, y)
}

/// Return base**exp, or base**exp % mod where mod is given.
///
/// With integers the latter is computed without the large power in between.
#[function("(base, exp, mod=None)")]
pub(super) fn pow(base: &Value, exp: &Value, modulus: Option<&Value>) -> PyResult<Value> {
    protocol::power(base, exp, modulus.unwrap_or(&Value::NONE))
}

/// Round a number to a precision in decimal digits.
///
/// Without ndigits the answer is an integer; otherwise it is of the number's own class. ndigits may be negative.
#[function("(number, ndigits=None)")]
pub(super) fn round(number: &Value, ndigits: Option<&Value>) -> PyResult<Value> {
    let answer = match ndigits {
        None => protocol::call_special_optional(number, id!("__round__"), &[])?,
        Some(digits) => {
            protocol::call_special_optional(number, id!("__round__"), std::slice::from_ref(digits))?
        }
    };
    match answer {
        Some(answer) => Ok(answer),
        None => bail!(
            TypeError,
            "type {} doesn't define __round__ method",
            number.class().name()
        ),
    }
}
