//! The three Unicode errors: what was encoded, decoded or translated, which part of it failed, and why.
//!
//! They share one payload. Python code may set `start` and `end` to anything; error handlers get them clipped to the object
//! by [`UnicodeError::start`] and [`UnicodeError::end`], as CPython's accessors do.

use crate::args::Args;
use crate::bytes::Bytes;
use crate::class::ClassBuilder;
use crate::native::GetSetDef;
use crate::raised::{PyResult, Raised};
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{heap, int, protocol};

use super::payload::{ExceptionPayload, exception_payload, new, object_members, view};
use super::{BaseException, ExceptionKind, base, raise};

exception_payload! {
    /// The payload of `UnicodeEncodeError`, `UnicodeDecodeError` and `UnicodeTranslateError`.
    UnicodeError, UnicodeEncodeError, { encoding, object, reason } { start: isize = 0, end: isize = 0 }
}

impl UnicodeError {
    /// The codec's name.
    pub fn encoding(&self) -> PyResult<Ref<Str>> {
        text_attribute(self.encoding.get(), "encoding")
    }

    /// Why it failed.
    pub fn reason(&self) -> PyResult<Ref<Str>> {
        text_attribute(self.reason.get(), "reason")
    }

    /// The string that could not be encoded or translated.
    pub fn text(&self) -> PyResult<Ref<Str>> {
        text_attribute(self.object.get(), "object")
    }

    /// The bytes that could not be decoded.
    pub fn bytes(&self) -> PyResult<Ref<Bytes>> {
        match self.object.get() {
            None => bail!(TypeError, "UnicodeError 'object' attribute is not set"),
            Some(object) => match object.into_ref::<Bytes>() {
                Ok(bytes) => Ok(bytes),
                Err(_) => bail!(TypeError, "UnicodeError 'object' attribute must be a bytes"),
            },
        }
    }

    fn object_len(&self) -> usize {
        let Some(object) = self.object.get() else {
            return 0;
        };
        match (object.downcast::<Str>(), object.downcast::<Bytes>()) {
            (Some(text), _) => text.len(),
            (_, Some(bytes)) => bytes.len(),
            _ => 0,
        }
    }

    /// Where the failing part starts, within the object.
    pub fn start(&self) -> usize {
        let len = self.object_len();
        self.start.get().max(0).min(len.saturating_sub(1) as isize) as usize
    }

    /// Where the failing part ends, within the object; at least 1 unless the object is empty.
    pub fn end(&self) -> usize {
        let len = self.object_len();
        (self.end.get().max(1) as usize).min(len)
    }

    /// Sets the failing part.
    pub fn set_range(&self, start: usize, end: usize) {
        self.start.set(start as isize);
        self.end.set(end as isize);
    }

    /// Sets why it failed.
    pub fn set_reason(&self, reason: &str) {
        self.reason.set(Some(Str::new(reason).into_value()));
    }

    fn raw_range(&self) -> (isize, isize) {
        (self.start.get(), self.end.get())
    }

    /// The position of the failing part, when it is a single item of the object.
    fn single(&self) -> Option<usize> {
        let (start, end) = self.raw_range();
        let len = self.object_len() as isize;
        (start >= 0 && start < len && end == start + 1).then_some(start as usize)
    }
}

fn text_attribute(value: Option<Value>, name: &str) -> PyResult<Ref<Str>> {
    match value {
        None => bail!(TypeError, "UnicodeError '{name}' attribute is not set"),
        Some(value) => match value.into_ref::<Str>() {
            Ok(text) => Ok(text),
            Err(_) => bail!(
                TypeError,
                "UnicodeError '{name}' attribute must be a string"
            ),
        },
    }
}

static START: GetSetDef = GetSetDef {
    name: "start",
    doc: Some("exception start"),
    get: Some(|this| Ok(int::new(view::<UnicodeError>(this).start.get() as i64))),
    set: Some(|this, new| {
        view::<UnicodeError>(this)
            .start
            .set(position_attribute(new)?);
        Ok(())
    }),
    member: true,
};

static END: GetSetDef = GetSetDef {
    name: "end",
    doc: Some("exception end"),
    get: Some(|this| Ok(int::new(view::<UnicodeError>(this).end.get() as i64))),
    set: Some(|this, new| {
        view::<UnicodeError>(this).end.set(position_attribute(new)?);
        Ok(())
    }),
    member: true,
};

fn position_attribute(new: Option<&Value>) -> PyResult<isize> {
    match new {
        None => bail!(TypeError, "can't delete numeric/char attribute"),
        Some(new) if !int::is_int(new) => bail!(TypeError, "an integer is required"),
        Some(new) => int::as_isize(new),
    }
}

fn build_shared(builder: &ClassBuilder<'_>) {
    builder.slots().new.set(Some(new::<UnicodeError>));
    object_members!(builder, UnicodeError, object "object" "exception object", reason "reason" "exception reason");
    builder.getset(&START);
    builder.getset(&END);
}

/// Fills the class `UnicodeEncodeError`.
pub(super) fn build_encode(builder: &ClassBuilder<'_>) {
    build_shared(builder);
    object_members!(builder, UnicodeError, encoding "encoding" "exception encoding");
    let slots = builder.slots();
    slots.init.set(Some(encode_init));
    slots.str.set(Some(encode_str));
}

/// Fills the class `UnicodeDecodeError`.
pub(super) fn build_decode(builder: &ClassBuilder<'_>) {
    build_shared(builder);
    object_members!(builder, UnicodeError, encoding "encoding" "exception encoding");
    let slots = builder.slots();
    slots.init.set(Some(decode_init));
    slots.str.set(Some(decode_str));
}

/// Fills the class `UnicodeTranslateError`.
pub(super) fn build_translate(builder: &ClassBuilder<'_>) {
    build_shared(builder);
    let slots = builder.slots();
    slots.init.set(Some(translate_init));
    slots.str.set(Some(translate_str));
}

fn exactly<'a, const N: usize>(this: &Value, args: Args<'a>) -> PyResult<&'a [Value; N]> {
    base::init(this, args)?;
    let given = args.positional().len();
    match args.positional().first_chunk::<N>() {
        Some(all) if given == N => Ok(all),
        _ => bail!(
            TypeError,
            "function takes exactly {N} arguments ({given} given)"
        ),
    }
}

fn text_argument(args: &[Value], index: usize) -> PyResult<Value> {
    if args[index].downcast::<Str>().is_none() {
        bail!(
            TypeError,
            "argument {} must be str, not {}",
            index + 1,
            args[index].class().name()
        );
    }
    Ok(args[index].clone())
}

fn encode_init(this: &Value, args: Args<'_>) -> PyResult<()> {
    let args = exactly::<5>(this, args)?;
    let (encoding, object) = (text_argument(args, 0)?, text_argument(args, 1)?);
    fill(
        this,
        Some(encoding),
        object,
        int::as_isize(&args[2])?,
        int::as_isize(&args[3])?,
        text_argument(args, 4)?,
    );
    Ok(())
}

fn decode_init(this: &Value, args: Args<'_>) -> PyResult<()> {
    let args = exactly::<5>(this, args)?;
    let encoding = text_argument(args, 0)?;
    let (start, end) = (int::as_isize(&args[2])?, int::as_isize(&args[3])?);
    let reason = text_argument(args, 4)?;
    let object = match args[1].downcast::<Bytes>() {
        Some(bytes) => bytes.to_value(),
        None => {
            let view = crate::buffer::bytes_like(&args[1])?;
            Bytes::new(&view.to_vec()).into_value()
        }
    };
    fill(this, Some(encoding), object, start, end, reason);
    Ok(())
}

fn translate_init(this: &Value, args: Args<'_>) -> PyResult<()> {
    let args = exactly::<4>(this, args)?;
    let object = text_argument(args, 0)?;
    fill(
        this,
        None,
        object,
        int::as_isize(&args[1])?,
        int::as_isize(&args[2])?,
        text_argument(args, 3)?,
    );
    Ok(())
}

fn fill(
    this: &Value,
    encoding: Option<Value>,
    object: Value,
    start: isize,
    end: isize,
    reason: Value,
) {
    let error = view::<UnicodeError>(this);
    error.encoding.set(encoding);
    error.object.set(Some(object));
    error.start.set(start);
    error.end.set(end);
    error.reason.set(Some(reason));
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// The message: who, the failing part, where, why. `part` describes a single failing item, `parts` several.
fn message(
    error: &UnicodeError,
    verb: &str,
    part: impl FnOnce(usize) -> PyResult<String>,
    parts: &str,
) -> PyResult<Value> {
    if error.object.is_empty() {
        return Ok(Str::empty().into_value());
    }
    let reason = protocol::str(&error.reason.get().unwrap_or(Value::NONE))?;
    let mut text = StrBuilder::new();
    if let Some(encoding) = error.encoding.get() {
        text.push_str("'");
        text.push_string(&*protocol::str(&encoding)?);
        text.push_str("' codec ");
    }
    text.push_str(verb);
    match error.single() {
        Some(position) => text.push_str(&format!(" {} in position {position}: ", part(position)?)),
        None => {
            let (start, end) = error.raw_range();
            text.push_str(&format!(
                " {parts} in position {start}-{}: ",
                end.wrapping_sub(1)
            ));
        }
    }
    text.push_string(&reason);
    Ok(text.finish().into_value())
}

fn character(error: &UnicodeError, position: usize) -> PyResult<String> {
    let code = error.text()?.char_at(position).unwrap_or(0);
    Ok(format!("character '{}'", escaped(code)))
}

fn encode_str(this: &Value) -> PyResult<Value> {
    let error = view::<UnicodeError>(this);
    message(
        error,
        "can't encode",
        |position| character(error, position),
        "characters",
    )
}

fn decode_str(this: &Value) -> PyResult<Value> {
    let error = view::<UnicodeError>(this);
    let byte = |position: usize| {
        let bytes = error.bytes()?;
        Ok(format!(
            "byte 0x{:02x}",
            bytes.as_slice().get(position).copied().unwrap_or(0)
        ))
    };
    message(error, "can't decode", byte, "bytes")
}

fn translate_str(this: &Value) -> PyResult<Value> {
    let error = view::<UnicodeError>(this);
    message(
        error,
        "can't translate",
        |position| character(error, position),
        "characters",
    )
}

fn make(
    kind: ExceptionKind,
    encoding: Option<&str>,
    object: Value,
    range: (usize, usize),
    reason: &str,
) -> Ref<BaseException> {
    let encoding = encoding.map(|name| Str::new(name).into_value());
    let reason = Str::new(reason).into_value();
    let mut args: Vec<Value> = encoding.iter().cloned().collect();
    args.extend([
        object.clone(),
        int::from_usize(range.0),
        int::from_usize(range.1),
        reason.clone(),
    ]);
    let error = heap::new_object(
        kind.class(),
        UnicodeError::fresh(BaseException::with_args(Tuple::new(args))),
    )
    .into_value();
    fill(
        &error,
        encoding,
        object,
        range.0 as isize,
        range.1 as isize,
        reason,
    );
    error
        .into_ref::<BaseException>()
        .expect("a Unicode error is an exception")
}

/// A `UnicodeEncodeError`, not raised yet.
pub fn new_encode_error(
    encoding: &str,
    object: &Ref<Str>,
    start: usize,
    end: usize,
    reason: &str,
) -> Ref<BaseException> {
    make(
        ExceptionKind::UnicodeEncodeError,
        Some(encoding),
        object.to_value(),
        (start, end),
        reason,
    )
}

/// A `UnicodeDecodeError`, not raised yet.
pub fn new_decode_error(
    encoding: &str,
    object: &Ref<Bytes>,
    start: usize,
    end: usize,
    reason: &str,
) -> Ref<BaseException> {
    make(
        ExceptionKind::UnicodeDecodeError,
        Some(encoding),
        object.to_value(),
        (start, end),
        reason,
    )
}

/// A `UnicodeTranslateError`, not raised yet.
pub fn new_translate_error(
    object: &Ref<Str>,
    start: usize,
    end: usize,
    reason: &str,
) -> Ref<BaseException> {
    make(
        ExceptionKind::UnicodeTranslateError,
        None,
        object.to_value(),
        (start, end),
        reason,
    )
}

/// Raises `UnicodeEncodeError`.
#[cold]
pub fn encode_error(
    encoding: &str,
    object: &Ref<Str>,
    start: usize,
    end: usize,
    reason: &str,
) -> Raised {
    raise(new_encode_error(encoding, object, start, end, reason))
}

/// Raises `UnicodeDecodeError`.
#[cold]
pub fn decode_error(
    encoding: &str,
    object: &Ref<Bytes>,
    start: usize,
    end: usize,
    reason: &str,
) -> Raised {
    raise(new_decode_error(encoding, object, start, end, reason))
}

/// Raises `UnicodeTranslateError`.
#[cold]
pub fn translate_error(object: &Ref<Str>, start: usize, end: usize, reason: &str) -> Raised {
    raise(new_translate_error(object, start, end, reason))
}

/// The payload of a Unicode error, or the TypeError of an error handler that was given another exception.
pub fn payload_of(exception: &Value) -> PyResult<&Ref<UnicodeError>> {
    exception.downcast::<UnicodeError>().ok_or_else(|| {
        exc!(
            TypeError,
            "don't know how to handle {} in error callback",
            exception.class().name()
        )
    })
}
