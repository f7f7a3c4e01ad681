//! `binascii`: bytes as ASCII text, and checksums.
//!
//! The transformations are those of `rustpython-common`; here are arguments and error messages.

use base64::prelude::{BASE64_STANDARD, Engine};
use rustpython_common::binascii::{self, Base64DecodeError};
use taipan_macros::{define_module, function};
use taipan_objects::bail;
use taipan_objects::buffer::{self, BufferView};
use taipan_objects::bytes::{Bytes, hex_text};
use taipan_objects::cell::Once;
use taipan_objects::class::Type;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::int;
use taipan_objects::module::Module;
use taipan_objects::native::{ArgInfo, FromArg};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

define_module!(
    name = "binascii",
    doc = "Conversion between binary data and ASCII",
    functions(
        a2b_uu, b2a_uu, a2b_base64, b2a_base64, crc_hqx, crc32, b2a_hex, hexlify, a2b_hex,
        unhexlify, a2b_qp, b2a_qp
    ),
    init = fill,
);

static ERROR: Once<Ref<Type>> = Once::new();
static INCOMPLETE: Once<Ref<Type>> = Once::new();

fn fill(module: &Ref<Module>) -> PyResult<()> {
    if !ERROR.is_set() {
        ERROR.set(exceptions::new_exception_class(
            "binascii",
            "Error",
            ExceptionKind::ValueError.class(),
        )?);
        INCOMPLETE.set(exceptions::new_exception_class(
            "binascii",
            "Incomplete",
            ExceptionKind::Exception.class(),
        )?);
    }
    module.set("Error", ERROR.to_value());
    module.set("Incomplete", INCOMPLETE.to_value());
    Ok(())
}

#[cold]
fn error(message: &str) -> Raised {
    exceptions::raise_args(&ERROR, vec![Str::new(message).into_value()])
}

#[cold]
fn describe(failure: binascii::Error, data: &[u8]) -> Raised {
    use Base64DecodeError as Base64;
    use binascii::Error;
    error(match failure {
        Error::OddLengthString => "Odd-length string",
        Error::NonHexadecimalDigit => "Non-hexadecimal digit found",
        Error::MissingLengthByte | Error::IllegalChar => "Illegal char",
        Error::TrailingGarbage => "Trailing garbage",
        Error::TooLong => "At most 45 bytes at once",
        Error::Base64(Base64::LeadingPaddingNotAllowed) => "Leading padding not allowed",
        Error::Base64(Base64::ExcessPaddingNotAllowed) => "Excess padding not allowed",
        Error::Base64(Base64::OnlyBase64DataAllowed) => "Only base64 data is allowed",
        Error::Base64(Base64::ExcessDataAfterPadding) => "Excess data after padding",
        Error::Base64(Base64::DiscontinuousPaddingNotAllowed) => {
            "Discontinuous padding not allowed"
        }
        Error::Base64(Base64::IncorrectPadding) => "Incorrect padding",
        Error::Base64(Base64::InvalidLastSymbol { .. }) => {
            let is_data = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
            let count = data.iter().filter(is_data).count();
            let reason = "cannot be 1 more than a multiple of 4";
            return error(&format!(
                "Invalid base64-encoded string: number of data characters ({count}) {reason}"
            ));
        }
    })
}

/// ASCII text, or a bytes-like object.
struct AsciiBytes(Vec<u8>);

impl FromArg<'_> for AsciiBytes {
    fn from_arg(value: &Value, _: &ArgInfo) -> PyResult<AsciiBytes> {
        if let Some(text) = value.downcast::<Str>() {
            return match text.as_ascii() {
                Some(ascii) => Ok(AsciiBytes(ascii.as_bytes().to_vec())),
                None => bail!(
                    ValueError,
                    "string argument should contain only ASCII characters"
                ),
            };
        }
        if !buffer::is_bytes_like(value) {
            bail!(
                TypeError,
                "argument should be bytes, buffer or ASCII string, not '{}'",
                value.class().name()
            );
        }
        Ok(AsciiBytes(buffer::bytes_like(value)?.to_vec()))
    }
}

/// Decode a line of uuencoded data.
#[function("(data, /)")]
fn a2b_uu(data: AsciiBytes) -> PyResult<Ref<Bytes>> {
    if data.0.is_empty() {
        // Missing bytes read as zero, and a zero length byte stands for 32.
        return Ok(Bytes::new(&[0; 32]));
    }
    binascii::a2b_uu(&data.0)
        .map(|bytes| Bytes::new(&bytes))
        .map_err(|failure| describe(failure, &data.0))
}

/// Uuencode line of data.
#[function("(data, /, *, backtick=False)")]
fn b2a_uu(data: BufferView, backtick: bool) -> PyResult<Ref<Bytes>> {
    let data = data.to_vec();
    binascii::b2a_uu(&data, backtick)
        .map(|bytes| Bytes::new(&bytes))
        .map_err(|failure| describe(failure, &data))
}

/// Decode a line of base64 data; with strict_mode, input that is not valid base64 is an error.
#[function("(data, /, *, strict_mode=False)")]
fn a2b_base64(data: AsciiBytes, strict_mode: bool) -> PyResult<Ref<Bytes>> {
    // What has no flaw needs no leniency.
    if let Ok(bytes) = BASE64_STANDARD.decode(&data.0) {
        return Ok(Bytes::new(&bytes));
    }
    binascii::a2b_base64(&data.0, strict_mode)
        .map(|bytes| Bytes::new(&bytes))
        .map_err(|failure| describe(failure, &data.0))
}

/// Base64-code line of data.
#[function("(data, /, *, newline=True)")]
fn b2a_base64(data: BufferView, newline: bool) -> Ref<Bytes> {
    let mut text = BASE64_STANDARD.encode(&*data.to_bytes());
    if newline {
        text.push('\n');
    }
    Bytes::new(text.as_bytes())
}

/// Compute CRC-CCITT incrementally.
#[function("(data, crc, /)")]
fn crc_hqx(data: BufferView, crc: &Value) -> PyResult<u32> {
    Ok(binascii::crc_hqx(
        &data.to_bytes(),
        int::as_u64_wrapping(crc)? as u32 & 0xffff,
    ))
}

/// Compute CRC-32 incrementally.
#[function("(data, crc=0, /)")]
fn crc32(data: BufferView, crc: Option<&Value>) -> PyResult<u32> {
    let start = crc.map(int::as_u64_wrapping).transpose()?.unwrap_or(0) as u32;
    Ok(binascii::crc32(&data.to_bytes(), start))
}

fn to_hex(data: &BufferView, sep: Option<&Value>, bytes_per_sep: isize) -> PyResult<Ref<Bytes>> {
    Ok(Bytes::new(
        hex_text(&data.to_vec(), sep, bytes_per_sep)?
            .units()
            .bytes(),
    ))
}

/// Hexadecimal representation of binary data, with a separator between groups of bytes if one is given.
#[function("(data, sep=<unrepresentable>, bytes_per_sep=1)")]
fn b2a_hex(data: BufferView, sep: Option<&Value>, bytes_per_sep: isize) -> PyResult<Ref<Bytes>> {
    to_hex(&data, sep, bytes_per_sep)
}

/// Hexadecimal representation of binary data, with a separator between groups of bytes if one is given.
#[function("(data, sep=<unrepresentable>, bytes_per_sep=1)")]
fn hexlify(data: BufferView, sep: Option<&Value>, bytes_per_sep: isize) -> PyResult<Ref<Bytes>> {
    to_hex(&data, sep, bytes_per_sep)
}

fn of_hex(data: &AsciiBytes) -> PyResult<Ref<Bytes>> {
    binascii::unhexlify(&data.0)
        .map(|bytes| Bytes::new(&bytes))
        .map_err(|failure| describe(failure, &data.0))
}

/// Binary data of hexadecimal representation.
#[function("(hexstr, /)")]
fn a2b_hex(hexstr: AsciiBytes) -> PyResult<Ref<Bytes>> {
    of_hex(&hexstr)
}

/// Binary data of hexadecimal representation.
#[function("(hexstr, /)")]
fn unhexlify(hexstr: AsciiBytes) -> PyResult<Ref<Bytes>> {
    of_hex(&hexstr)
}

/// Decode a string of qp-encoded data.
#[function("(data, header=False)")]
fn a2b_qp(data: AsciiBytes, header: bool) -> Ref<Bytes> {
    Bytes::new(&binascii::a2b_qp(&data.0, header))
}

/// Encode a string using quoted-printable encoding.
#[function("(data, quotetabs=False, istext=True, header=False)")]
fn b2a_qp(data: BufferView, quotetabs: bool, istext: bool, header: bool) -> Ref<Bytes> {
    Bytes::new(&binascii::b2a_qp(
        &data.to_bytes(),
        quotetabs,
        istext,
        header,
    ))
}
