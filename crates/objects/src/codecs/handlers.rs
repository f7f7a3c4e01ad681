//! Error handlers: what a codec does about characters it cannot encode and bytes it cannot decode.
//!
//! The handlers of the standard are done here without an exception object; others are called with one. [`handle`] is the
//! same set for Python code that holds an exception.

use crate::bytes::Bytes;
use crate::codecs::registry;
use crate::exceptions::{BaseException, ExceptionKind, unicode};
use crate::int;
use crate::protocol;
use crate::raised::{PyResult, Raised};
use crate::str::repr::push_escape;
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};

/// An error handler.
#[derive(Clone)]
pub enum Handler {
    /// Raises.
    Strict,
    /// Leaves the part out.
    Ignore,
    /// Puts `?` or U+FFFD in its place.
    Replace,
    /// `&#8364;`
    XmlCharRef,
    /// `\u20ac`
    Backslash,
    /// `\N{EURO SIGN}`
    Name,
    /// Bytes above 0x7f stand as U+DC80 to U+DCFF.
    SurrogateEscape,
    /// Surrogates are encoded like other code points.
    SurrogatePass,
    /// A function that was registered.
    Registered(Value),
}

/// The names of the handlers that are always there.
pub const BUILTIN_HANDLERS: [&str; 8] = [
    "strict",
    "ignore",
    "replace",
    "xmlcharrefreplace",
    "backslashreplace",
    "namereplace",
    "surrogateescape",
    "surrogatepass",
];

impl Handler {
    /// The built-in handler of a name.
    pub fn builtin(name: &str) -> Option<Handler> {
        Some(match name {
            "strict" => Handler::Strict,
            "ignore" => Handler::Ignore,
            "replace" => Handler::Replace,
            "xmlcharrefreplace" => Handler::XmlCharRef,
            "backslashreplace" => Handler::Backslash,
            "namereplace" => Handler::Name,
            "surrogateescape" => Handler::SurrogateEscape,
            "surrogatepass" => Handler::SurrogatePass,
            _ => return None,
        })
    }

    /// The handler an `errors` argument names.
    pub fn of_name(name: Option<&Ref<Str>>) -> PyResult<Handler> {
        let Some(name) = name else {
            return Ok(Handler::Strict);
        };
        match Handler::builtin(&name.to_display()) {
            Some(handler) => Ok(handler),
            None => registry::lookup_error(name).map(Handler::Registered),
        }
    }
}

/// What takes the place of a part that cannot be encoded.
pub enum Replacement {
    /// Text, which is encoded in turn.
    Text(Ref<Str>),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

/// What takes the place of a part that cannot be decoded.
pub struct DecodeAnswer {
    /// The text.
    pub text: Ref<Str>,
    /// Where decoding goes on.
    pub resume: usize,
    /// The input to go on with, if the handler replaced it.
    pub input: Option<Ref<Bytes>>,
}

fn is_surrogate(code: u32) -> bool {
    (0xd800..0xe000).contains(&code)
}

/// The text that stands for a range of characters under a handler that works on text.
fn text_for(handler: &Handler, text: &Str, start: usize, end: usize) -> Ref<Str> {
    let mut out = StrBuilder::new();
    for code in text.units().range(start..end).code_points() {
        match handler {
            Handler::Replace => out.push('?'.into()),
            Handler::XmlCharRef => out.push_str(&format!("&#{code};")),
            Handler::Name => {
                match char::from_u32(code).and_then(rustpython_unicode::character_name) {
                    Some(name) => out.push_str(&format!("\\N{{{name}}}")),
                    None => push_escape(&mut out, code),
                }
            }
            _ => push_escape(&mut out, code),
        }
    }
    out.finish()
}

/// How `surrogatepass` writes surrogates, by encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Utf8,
    Utf16 { big: bool },
    Utf32 { big: bool },
}

fn form_of(encoding: &str) -> Option<Form> {
    let lower = encoding.to_ascii_lowercase().replace('_', "-");
    let native = cfg!(target_endian = "big");
    Some(match lower.as_str() {
        "utf-8" | "utf8" | "cp-utf8" | "cp65001" => Form::Utf8,
        "utf-16" | "utf16" => Form::Utf16 { big: native },
        "utf-16-le" | "utf-16le" | "utf16-le" | "utf16le" => Form::Utf16 { big: false },
        "utf-16-be" | "utf-16be" | "utf16-be" | "utf16be" => Form::Utf16 { big: true },
        "utf-32" | "utf32" => Form::Utf32 { big: native },
        "utf-32-le" | "utf-32le" | "utf32-le" | "utf32le" => Form::Utf32 { big: false },
        "utf-32-be" | "utf-32be" | "utf32-be" | "utf32be" => Form::Utf32 { big: true },
        _ => return None,
    })
}

fn pass_surrogates(encoding: &str, text: &Str, start: usize, end: usize) -> Option<Vec<u8>> {
    let form = form_of(encoding)?;
    let mut out = Vec::new();
    for code in text.units().range(start..end).code_points() {
        if !is_surrogate(code) {
            return None;
        }
        match form {
            Form::Utf8 => out.extend([
                0xe0 | (code >> 12) as u8,
                0x80 | (code >> 6 & 0x3f) as u8,
                0x80 | (code & 0x3f) as u8,
            ]),
            Form::Utf16 { big } => out.extend(if big {
                (code as u16).to_be_bytes()
            } else {
                (code as u16).to_le_bytes()
            }),
            Form::Utf32 { big } => out.extend(if big {
                code.to_be_bytes()
            } else {
                code.to_le_bytes()
            }),
        }
    }
    Some(out)
}

/// The surrogate that the bytes at `start` stand for under `surrogatepass`, and its length.
fn passed_surrogate(encoding: &str, bytes: &[u8], start: usize) -> Option<(u32, usize)> {
    let rest = bytes.get(start..)?;
    let (code, length) = match form_of(encoding)? {
        Form::Utf8 => match rest {
            [first, second, third, ..]
                if first & 0xf0 == 0xe0 && second & 0xc0 == 0x80 && third & 0xc0 == 0x80 =>
            {
                (
                    u32::from(first & 0x0f) << 12
                        | u32::from(second & 0x3f) << 6
                        | u32::from(third & 0x3f),
                    3,
                )
            }
            _ => return None,
        },
        Form::Utf16 { big } => {
            let unit = <[u8; 2]>::try_from(rest.get(..2)?).ok()?;
            (
                u32::from(if big {
                    u16::from_be_bytes(unit)
                } else {
                    u16::from_le_bytes(unit)
                }),
                2,
            )
        }
        Form::Utf32 { big } => {
            let unit = <[u8; 4]>::try_from(rest.get(..4)?).ok()?;
            (
                if big {
                    u32::from_be_bytes(unit)
                } else {
                    u32::from_le_bytes(unit)
                },
                4,
            )
        }
    };
    is_surrogate(code).then_some((code, length))
}

/// Asks the handler about characters that cannot be encoded. Answers what takes their place and where to go on.
pub fn on_encode_error(
    handler: &Handler,
    encoding: &str,
    text: &Ref<Str>,
    start: usize,
    end: usize,
    reason: &str,
) -> PyResult<(Replacement, usize)> {
    let raise = |start: usize| unicode::encode_error(encoding, text, start, end, reason);
    match handler {
        Handler::Strict => Err(raise(start)),
        Handler::Ignore => Ok((Replacement::Bytes(Vec::new()), end)),
        Handler::SurrogateEscape => {
            let escaped = text
                .units()
                .range(start..end)
                .code_points()
                .map_while(|code| {
                    code.checked_sub(0xdc00)
                        .filter(|byte| (0x80..0x100).contains(byte))
                });
            let bytes: Vec<u8> = escaped.map(|byte| byte as u8).collect();
            if bytes.is_empty() {
                return Err(raise(start));
            }
            // What follows the escaped bytes is reported by itself.
            let resume = start + bytes.len();
            Ok((Replacement::Bytes(bytes), resume))
        }
        Handler::SurrogatePass => match pass_surrogates(encoding, text, start, end) {
            Some(bytes) => Ok((Replacement::Bytes(bytes), end)),
            None => Err(raise(start)),
        },
        Handler::Registered(function) => {
            let error = unicode::new_encode_error(encoding, text, start, end, reason);
            let (answer, resume) = call(function, &error, "encoding", "(str/bytes, int)")?;
            let resume = position(resume, text.len())?;
            if let Some(bytes) = answer.downcast::<Bytes>() {
                return Ok((Replacement::Bytes(bytes.as_slice().to_vec()), resume));
            }
            match answer.into_ref::<Str>() {
                Ok(text) => Ok((Replacement::Text(text), resume)),
                Err(_) => Err(bad_answer("encoding", "(str/bytes, int)")),
            }
        }
        _ => Ok((Replacement::Text(text_for(handler, text, start, end)), end)),
    }
}

/// Asks the handler about bytes that cannot be decoded.
pub fn on_decode_error(
    handler: &Handler,
    encoding: &str,
    bytes: &[u8],
    start: usize,
    end: usize,
    reason: &str,
) -> PyResult<DecodeAnswer> {
    let raise = || unicode::decode_error(encoding, &Bytes::new(bytes), start, end, reason);
    let answer = |text: Ref<Str>, resume: usize| {
        Ok(DecodeAnswer {
            text,
            resume,
            input: None,
        })
    };
    match handler {
        Handler::Strict => Err(raise()),
        Handler::Ignore => answer(Str::empty(), end),
        Handler::Replace => answer(Str::from_code_point(0xfffd), end),
        Handler::Backslash => answer(backslashed(&bytes[start..end]), end),
        Handler::SurrogateEscape => {
            let escaped: Vec<u32> = bytes[start..end]
                .iter()
                .take(4)
                .take_while(|byte| !byte.is_ascii())
                .map(|&byte| 0xdc00 + u32::from(byte))
                .collect();
            if escaped.is_empty() {
                return Err(raise());
            }
            answer(
                Str::from_code_points(escaped.iter().copied()),
                start + escaped.len(),
            )
        }
        Handler::SurrogatePass => match passed_surrogate(encoding, bytes, start) {
            Some((code, length)) => answer(Str::from_code_point(code), start + length),
            None => Err(raise()),
        },
        Handler::XmlCharRef | Handler::Name => Err(exc!(
            TypeError,
            "don't know how to handle UnicodeDecodeError in error callback"
        )),
        Handler::Registered(function) => {
            let object = Bytes::new(bytes);
            let error = unicode::new_decode_error(encoding, &object, start, end, reason);
            let (text, resume) = call(function, &error, "decoding", "(str, int)")?;
            let input = unicode::payload_of(error.as_value())?.bytes()?;
            let resume = position(resume, input.len())?;
            match text.into_ref::<Str>() {
                Ok(text) => Ok(DecodeAnswer {
                    text,
                    resume,
                    input: (!input.is(&object)).then_some(input),
                }),
                Err(_) => Err(bad_answer("decoding", "(str, int)")),
            }
        }
    }
}

fn backslashed(bytes: &[u8]) -> Ref<Str> {
    let mut out = StrBuilder::with_capacity(4 * bytes.len());
    for &byte in bytes {
        push_escape(&mut out, byte.into());
    }
    out.finish()
}

#[cold]
fn bad_answer(what: &str, shape: &str) -> Raised {
    exc!(TypeError, "{what} error handler must return {shape} tuple")
}

/// Calls a registered handler.
fn call(
    function: &Value,
    error: &Ref<BaseException>,
    what: &str,
    shape: &str,
) -> PyResult<(Value, isize)> {
    let answer = protocol::call1(function, error.as_value())?;
    let Some([replacement, position]) = answer
        .downcast::<Tuple>()
        .and_then(|tuple| <&[Value; 2]>::try_from(tuple.tail()).ok())
    else {
        return Err(bad_answer(what, shape));
    };
    if !int::is_int(position) {
        return Err(bad_answer(what, shape));
    }
    Ok((replacement.clone(), int::as_isize(position)?))
}

/// Where a handler wants to go on.
fn position(position: isize, len: usize) -> PyResult<usize> {
    let place = if position < 0 {
        len.checked_sub(position.unsigned_abs())
    } else {
        Some(position as usize)
    };
    match place.filter(|&place| place <= len) {
        Some(place) => Ok(place),
        None => bail!(
            IndexError,
            "position {position} from error handler out of bounds"
        ),
    }
}

fn pair(text: Value, end: usize) -> Value {
    Tuple::new(vec![text, int::from_usize(end)]).into_value()
}

#[cold]
fn cannot_handle(error: &Value) -> Raised {
    exc!(
        TypeError,
        "don't know how to handle {} in error callback",
        error.class().name()
    )
}

/// What the built-in handler called `name` does with an exception: answers the replacement and where to go on, or raises
/// the exception.
pub fn handle(name: &str, error: &Value) -> PyResult<Value> {
    let Some(handler) = Handler::builtin(name) else {
        bail!(LookupError, "unknown error handler name '{name}'")
    };
    let Some(exception) = error.downcast::<BaseException>() else {
        match handler {
            Handler::Strict => bail!(TypeError, "codec must pass exception instance"),
            _ => return Err(cannot_handle(error)),
        }
    };
    let raise = || Raised::from_exception(exception.clone());
    if let Handler::Strict = handler {
        return Err(raise());
    }
    let payload = unicode::payload_of(error)?;
    let (start, end) = (payload.start(), payload.end().max(payload.start()));
    let is = |kind: ExceptionKind| error.class().is_subclass(kind.class());
    if is(ExceptionKind::UnicodeEncodeError) {
        let text = payload.text()?;
        return match handler {
            Handler::SurrogateEscape => {
                let codes = text.units().range(start..end);
                let bytes: Option<Vec<u8>> = codes
                    .code_points()
                    .map(|code| {
                        code.checked_sub(0xdc00)
                            .filter(|byte| (0x80..0x100).contains(byte))
                            .map(|byte| byte as u8)
                    })
                    .collect();
                Ok(pair(
                    Bytes::new(&bytes.ok_or_else(raise)?).into_value(),
                    end,
                ))
            }
            Handler::SurrogatePass => {
                let encoding = payload.encoding()?;
                let bytes =
                    pass_surrogates(&encoding.to_display(), &text, start, end).ok_or_else(raise)?;
                Ok(pair(Bytes::new(&bytes).into_value(), end))
            }
            Handler::Ignore => Ok(pair(Str::empty().into_value(), end)),
            _ => Ok(pair(
                text_for(&handler, &text, start, end).into_value(),
                end,
            )),
        };
    }
    if is(ExceptionKind::UnicodeDecodeError) {
        if matches!(handler, Handler::XmlCharRef | Handler::Name) {
            return Err(cannot_handle(error));
        }
        let bytes = payload.bytes()?;
        let encoding = payload.encoding()?;
        return match on_decode_error(
            &handler,
            &encoding.to_display(),
            bytes.as_slice(),
            start,
            end,
            "",
        ) {
            Ok(answer) => Ok(pair(answer.text.into_value(), answer.resume)),
            Err(_) => Err(raise()),
        };
    }
    if is(ExceptionKind::UnicodeTranslateError) {
        let text = payload.text()?;
        return match handler {
            Handler::Ignore => Ok(pair(Str::empty().into_value(), end)),
            Handler::Replace => Ok(pair(
                Str::from_code_points(std::iter::repeat_n(0xfffd, end - start)).into_value(),
                end,
            )),
            Handler::Backslash => Ok(pair(
                text_for(&handler, &text, start, end).into_value(),
                end,
            )),
            _ => Err(cannot_handle(error)),
        };
    }
    Err(cannot_handle(error))
}
