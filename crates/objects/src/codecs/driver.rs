//! The two loops behind all codecs: run the codec until something does not fit, ask the error handler, go on.

use std::borrow::Cow;

use crate::bytes::Bytes;
use crate::codecs::handlers::{self, Handler, Replacement};
use crate::exceptions::unicode;
use crate::raised::{PyResult, Raised};
use crate::str::{Str, StrBuilder};
use crate::value::Ref;

/// The `errors` argument of a codec; the handler is looked up when the first error occurs.
#[derive(Clone, Copy)]
pub struct Errors<'a> {
    name: Option<&'a Ref<Str>>,
}

impl<'a> Errors<'a> {
    /// Errors are left to the handler of that name; without one they are raised.
    pub fn new(name: Option<&'a Ref<Str>>) -> Errors<'a> {
        Errors { name }
    }

    /// Errors are raised.
    pub const STRICT: Errors<'static> = Errors { name: None };

    /// The handler.
    pub fn handler(&self) -> PyResult<Handler> {
        Handler::of_name(self.name)
    }
}

/// How far a codec came.
pub enum Progress {
    /// To the end, or to the start of what needs more input.
    Done(usize),
    /// To a part that does not fit.
    Bad {
        /// Where it starts.
        start: usize,
        /// Where it ends.
        end: usize,
        /// Why it does not fit.
        reason: Cow<'static, str>,
    },
}

/// A part that does not fit.
pub fn bad(start: usize, end: usize, reason: &'static str) -> Progress {
    Progress::Bad {
        start,
        end,
        reason: Cow::Borrowed(reason),
    }
}

/// Encodes a text. `step(text, at, out)` encodes from `at` on as far as it can.
pub fn encode_with(
    encoding: &str,
    text: &Ref<Str>,
    errors: &Errors<'_>,
    mut step: impl FnMut(&Str, usize, &mut Vec<u8>) -> PyResult<Progress>,
) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut handler = None;
    let mut at = 0;
    loop {
        let (start, end, reason) = match step(text, at, &mut out)? {
            Progress::Done(_) => return Ok(out),
            Progress::Bad { start, end, reason } => (start, end, reason),
        };
        let handler = match &handler {
            Some(handler) => handler,
            None => handler.insert(errors.handler()?),
        };
        let (replacement, resume) =
            handlers::on_encode_error(handler, encoding, text, start, end, &reason)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(replacement) => {
                let original = || unicode::encode_error(encoding, text, start, end, &reason);
                encode_replacement(&replacement, &mut out, &mut step, original)?;
            }
        }
        at = resume;
    }
}

/// Encodes what a handler answered, which has to be encodable itself.
fn encode_replacement(
    replacement: &Str,
    out: &mut Vec<u8>,
    step: &mut impl FnMut(&Str, usize, &mut Vec<u8>) -> PyResult<Progress>,
    original: impl FnOnce() -> Raised,
) -> PyResult<()> {
    match step(replacement, 0, out)? {
        Progress::Done(_) => Ok(()),
        Progress::Bad { .. } => Err(original()),
    }
}

/// Decodes bytes. `step(bytes, at, out)` decodes from `at` on as far as it can. Answers the text and how many bytes were
/// used, counted in the input of the time: a handler may replace it.
pub fn decode_with(
    encoding: &str,
    bytes: &[u8],
    errors: &Errors<'_>,
    mut step: impl FnMut(&[u8], usize, &mut StrBuilder) -> PyResult<Progress>,
) -> PyResult<(Ref<Str>, usize)> {
    let mut out = StrBuilder::with_capacity(bytes.len());
    let mut handler = None;
    let mut input: Option<Ref<Bytes>> = None;
    let mut at = 0;
    loop {
        let current = input.as_ref().map_or(bytes, |input| input.as_slice());
        let (start, end, reason) = match step(current, at, &mut out)? {
            Progress::Done(used) => return Ok((out.finish(), used)),
            Progress::Bad { start, end, reason } => (start, end, reason),
        };
        let handler = match &handler {
            Some(handler) => handler,
            None => handler.insert(errors.handler()?),
        };
        let answer = handlers::on_decode_error(handler, encoding, current, start, end, &reason)?;
        out.push_string(&answer.text);
        at = answer.resume;
        if answer.input.is_some() {
            input = answer.input;
        }
    }
}
