//! Line endings: which ones were read, turning them into `\n`, and finding where a line ends.

use std::cell::Cell;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bytes::Bytes;
use taipan_objects::cell::Slot;
use taipan_objects::class::Type;
use taipan_objects::heap;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, StrBuilder, Units};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

const CR: u32 = '\r' as u32;
const LF: u32 = '\n' as u32;

const SEEN_CR: u8 = 1;
const SEEN_LF: u8 = 2;
const SEEN_CRLF: u8 = 4;

/// Looks at text as it is decoded: keeps a `\r` back until it is known whether a `\n` follows, notes what endings occur,
/// and turns them into `\n` where that is wanted.
#[derive(Default)]
pub struct Newlines {
    /// Whether endings are turned into `\n`.
    pub translate: Cell<bool>,
    /// Whether a `\r` is kept back.
    pub pending: Cell<bool>,
    seen: Cell<u8>,
}

impl Newlines {
    /// Passes a piece of text on; `last` says that no more follows.
    pub fn decode(&self, text: Ref<Str>, last: bool) -> Ref<Str> {
        let mut text = text;
        if self.pending.get() && (last || !text.is_empty()) {
            text = Str::concat(&Str::from_char('\r'), &text);
            self.pending.set(false);
        }
        if !last && text.units().ends_with(Units::One(b"\r")) {
            let len = text.len();
            text = text.slice(0..len - 1);
            self.pending.set(true);
        }
        if text.is_empty() {
            return text;
        }
        let units = text.units();
        let Some(first) = units.find_code(CR) else {
            if self.seen.get() & SEEN_LF == 0 && units.find_code(LF).is_some() {
                self.seen.set(self.seen.get() | SEEN_LF);
            }
            return text;
        };
        self.note(units);
        if !self.translate.get() {
            return text;
        }
        let mut out = StrBuilder::with_capacity(units.len());
        let mut from = 0;
        let mut next = Some(first);
        while let Some(at) = next {
            out.push_part(units.range(from..at));
            out.push(LF);
            from = at + 1;
            if from < units.len() && units.at(from) == LF {
                from += 1;
            }
            next = units
                .range(from..units.len())
                .find_code(CR)
                .map(|index| from + index);
        }
        out.push_part(units.range(from..units.len()));
        out.finish()
    }

    fn note(&self, units: Units<'_>) {
        let mut seen = self.seen.get();
        let mut before = 0;
        for code in units.code_points() {
            match code {
                LF if before == CR => seen |= SEEN_CRLF,
                LF => seen |= SEEN_LF,
                _ if before == CR => seen |= SEEN_CR,
                _ => {}
            }
            before = code;
        }
        if before == CR {
            seen |= SEEN_CR;
        }
        self.seen.set(seen);
    }

    /// The endings seen so far: None, one, or a tuple of them.
    pub fn seen_value(&self) -> Value {
        let seen = self.seen.get();
        let mut endings = Vec::new();
        for (bit, ending) in [(SEEN_CR, "\r"), (SEEN_LF, "\n"), (SEEN_CRLF, "\r\n")] {
            if seen & bit != 0 {
                endings.push(Str::new(ending).into_value());
            }
        }
        match endings.len() {
            0 => Value::NONE,
            1 => endings.remove(0),
            _ => Tuple::new(endings).into_value(),
        }
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.seen.set(0);
        self.pending.set(false);
    }
}

/// What ends a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineEnd {
    /// `\n`.
    Feed,
    /// `\r`.
    Return,
    /// `\r\n`.
    Both,
    /// Any of the three.
    Any,
}

impl LineEnd {
    /// Where the first line of `units` ends, behind its ending.
    pub fn find(self, units: Units<'_>) -> Option<usize> {
        match self {
            LineEnd::Feed => units.find_code(LF).map(|at| at + 1),
            LineEnd::Return => units.find_code(CR).map(|at| at + 1),
            LineEnd::Both => units.find(Units::One(b"\r\n")).map(|at| at + 2),
            LineEnd::Any => {
                let feed = units.find_code(LF);
                let within = units.range(0..feed.unwrap_or(units.len()));
                match (within.find_code(CR), feed) {
                    // The `\r` may be the first half of the ending that was found.
                    (Some(at), Some(feed)) if at + 1 == feed => Some(feed + 1),
                    (Some(at), _) => Some(at + 1),
                    (None, feed) => feed.map(|at| at + 1),
                }
            }
        }
    }

    /// How a file opened with `newline` finds the ends of lines.
    pub fn of_newline(newline: Option<&str>) -> LineEnd {
        match newline {
            None | Some("\n") => LineEnd::Feed,
            Some("\r") => LineEnd::Return,
            Some("\r\n") => LineEnd::Both,
            Some(_) => LineEnd::Any,
        }
    }
}

/// Whether `newline` is one of the values that files take.
pub fn is_valid_newline(newline: &str) -> bool {
    matches!(newline, "" | "\n" | "\r" | "\r\n")
}

/// Text with each `\n` replaced.
pub fn replace_feeds(text: &Ref<Str>, ending: &str) -> Ref<Str> {
    let units = text.units();
    let mut out = StrBuilder::with_capacity(units.len() + 16);
    let mut from = 0;
    while let Some(index) = units.range(from..units.len()).find_code(LF) {
        out.push_part(units.range(from..from + index));
        out.push_str(ending);
        from += index + 1;
    }
    out.push_part(units.range(from..units.len()));
    out.finish()
}

/// The payload of `IncrementalNewlineDecoder`.
#[class(
    name = "IncrementalNewlineDecoder",
    module = "_io",
    flags(BASETYPE),
    doc = "Codec used when reading a file in universal newlines mode.\n\nIt wraps another incremental decoder, translating \\r\\n and \\r into \\n.\nIt also records the types of newlines encountered.  When used with\ntranslate=False, it ensures that the newline sequence is returned in\none piece. When used with decoder=None, it expects unicode strings as\ndecode input and translates newlines without first invoking an external\ndecoder."
)]
#[derive(Default)]
pub struct IncrementalNewlineDecoder {
    decoder: Slot,
    errors: Slot,
    #[untraced]
    newlines: Newlines,
}

#[methods]
impl IncrementalNewlineDecoder {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, IncrementalNewlineDecoder::default()).into_value()
    }

    #[init("(decoder, translate, errors='strict')")]
    fn init(this: &Ref<Self>, decoder: &Value, translate: bool, errors: Option<&Value>) {
        this.decoder.set(Some(decoder.clone()));
        this.errors.set(Some(
            errors.cloned().unwrap_or_else(|| id!("strict").to_value()),
        ));
        this.newlines.translate.set(translate);
        this.newlines.reset();
    }

    fn inner(&self) -> PyResult<Value> {
        match self.decoder.get() {
            Some(decoder) => Ok(decoder),
            None => bail!(
                ValueError,
                "IncrementalNewlineDecoder.__init__() not called"
            ),
        }
    }

    #[method("($self, input, final=False)")]
    fn decode(&self, input: &Value, r#final: bool) -> PyResult<Ref<Str>> {
        let decoder = self.inner()?;
        let text = if decoder.is_none() {
            input.clone()
        } else {
            protocol::call_method(
                &decoder,
                id!("decode"),
                &[input.clone(), Value::from_bool(r#final)],
            )?
        };
        match text.into_ref::<Str>() {
            Ok(text) => Ok(self.newlines.decode(text, r#final)),
            Err(other) => bail!(
                TypeError,
                "decoder should return a string result, not '{}'",
                other.class().name()
            ),
        }
    }

    #[method("($self, /)")]
    fn getstate(&self) -> PyResult<(Value, Value)> {
        let decoder = self.inner()?;
        let (buffer, flags) = if decoder.is_none() {
            (Bytes::empty().into_value(), int::new(0))
        } else {
            let state = protocol::call_method(&decoder, id!("getstate"), &[])?;
            match state.downcast::<Tuple>().map(|state| state.as_slice()) {
                Some([buffer, flags]) => (buffer.clone(), flags.clone()),
                _ => bail!(TypeError, "illegal decoder state"),
            }
        };
        let flags = protocol::lshift(&flags, &int::new(1))?;
        let pending = int::new(self.newlines.pending.get().into());
        Ok((buffer, protocol::or(&flags, &pending)?))
    }

    #[method("($self, state, /)")]
    fn setstate(&self, state: &Value) -> PyResult<Value> {
        let decoder = self.inner()?;
        let Some(parts) = state.downcast::<Tuple>() else {
            bail!(TypeError, "state argument must be a tuple");
        };
        let [buffer, flags] = parts.as_slice() else {
            bail!(TypeError, "setstate(): illegal state argument");
        };
        let flag_bits = int::as_u64_wrapping(flags)?;
        self.newlines.pending.set(flag_bits & 1 != 0);
        if decoder.is_none() {
            return Ok(Value::NONE);
        }
        let rest = protocol::rshift(flags, &int::new(1))?;
        protocol::call_method(
            &decoder,
            id!("setstate"),
            &[Tuple::pair(buffer.clone(), rest).into_value()],
        )
    }

    #[method("($self, /)")]
    fn reset(&self) -> PyResult<Value> {
        let decoder = self.inner()?;
        self.newlines.reset();
        if decoder.is_none() {
            Ok(Value::NONE)
        } else {
            protocol::call_method(&decoder, id!("reset"), &[])
        }
    }

    #[getter]
    fn newlines(&self) -> PyResult<Value> {
        self.inner()?;
        Ok(self.newlines.seen_value())
    }
}
