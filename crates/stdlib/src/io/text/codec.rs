//! The codec of a text file: UTF-8, ASCII and Latin-1 directly, everything else through Python's incremental codecs.
//!
//! A [`Decoding`] is an incremental decoder with line endings looked at behind it; its state is the one that CPython's
//! `IncrementalNewlineDecoder` over the codec's decoder would have, so positions (`tell`) are the same numbers.

use std::cell::{Cell, RefCell};

use taipan_objects::bytes::Bytes;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Trace, Visitor};
use taipan_objects::codecs::{self, Errors, registry};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

use crate::io::newline::Newlines;

/// How text and bytes turn into each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Codec {
    /// UTF-8, without a mark.
    #[default]
    Utf8,
    /// ASCII.
    Ascii,
    /// Latin-1.
    Latin1,
    /// What `codecs.lookup` finds.
    Other,
}

impl Codec {
    /// The codec of an encoding's name.
    pub fn of_name(name: &Str) -> Codec {
        let Some(name) = name.as_ascii().filter(|name| name.len() <= 12) else {
            return Codec::Other;
        };
        let plain: String = name
            .chars()
            .map(|letter| {
                if letter == '_' || letter == ' ' {
                    '-'
                } else {
                    letter.to_ascii_lowercase()
                }
            })
            .collect();
        match plain.as_str() {
            "utf-8" | "utf8" => Codec::Utf8,
            "ascii" | "us-ascii" => Codec::Ascii,
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Codec::Latin1,
            _ => Codec::Other,
        }
    }
}

/// The codec object of an encoding that is for text, or LookupError.
pub fn lookup_text(encoding: &Ref<Str>) -> PyResult<Value> {
    let info = registry::lookup(encoding)?.into_value();
    if let Some(flag) = protocol::getattr_optional(&info, id!("_is_text_encoding"))?
        && !protocol::is_true(&flag)?
    {
        let name = encoding.to_display();
        bail!(
            LookupError,
            "'{name}' is not a text encoding; use codecs.open() to handle arbitrary codecs"
        );
    }
    Ok(info)
}

/// Encodes `text`, with nothing kept between calls.
pub fn encode(codec: Codec, text: &Ref<Str>, errors: &Ref<Str>) -> PyResult<Vec<u8>> {
    let errors = Errors::new(Some(errors));
    match codec {
        Codec::Ascii => codecs::ascii_encode(text, &errors),
        Codec::Latin1 => codecs::latin1_encode(text, &errors),
        Codec::Utf8 | Codec::Other => codecs::utf8_encode(text, &errors),
    }
}

/// An incremental decoder.
#[derive(Default)]
pub struct Decoding {
    codec: Cell<Codec>,
    /// The Python decoder of [`Codec::Other`].
    decoder: Slot,
    errors: Slot<Ref<Str>>,
    /// The start of a character whose other bytes did not come yet.
    pending: RefCell<Vec<u8>>,
    /// Whether line endings are looked at.
    universal: Cell<bool>,
    /// The line endings.
    pub newlines: Newlines,
}

impl Trace for Decoding {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.decoder.trace(visitor);
        self.errors.trace(visitor);
    }

    fn clear(&self) {
        Trace::clear(&self.decoder);
    }
}

/// The state of a decoder: bytes it keeps, and its flags.
pub struct State {
    /// Bytes that are not decoded yet.
    pub kept: Vec<u8>,
    /// Flags, the codec's and that of a kept `\r`.
    pub flags: i64,
}

impl Decoding {
    /// Begins to decode with a codec; `info` is the codec object of [`Codec::Other`].
    pub fn start(
        &self,
        codec: Codec,
        info: Option<&Value>,
        errors: &Ref<Str>,
        universal: bool,
        translate: bool,
    ) -> PyResult<()> {
        let decoder = match (codec, info) {
            (Codec::Other, Some(info)) => {
                let factory = protocol::getattr(info, id!("incrementaldecoder"))?;
                Some(protocol::call1(&factory, errors.as_value())?)
            }
            _ => None,
        };
        self.codec.set(codec);
        self.decoder.set(decoder);
        self.errors.set(Some(errors.clone()));
        self.pending.take();
        self.set_newlines(universal, translate);
        self.newlines.reset();
        Ok(())
    }

    /// Says how line endings are looked at.
    pub fn set_newlines(&self, universal: bool, translate: bool) {
        self.universal.set(universal);
        self.newlines.translate.set(translate);
    }

    /// Decodes what is new; `last` says that no more follows.
    pub fn decode(&self, bytes: &[u8], last: bool) -> PyResult<Ref<Str>> {
        let text = match self.codec.get() {
            Codec::Utf8 => self.decode_utf8(bytes, last)?,
            Codec::Latin1 => Str::from_latin1(bytes),
            Codec::Ascii => codecs::ascii_decode(bytes, &Errors::new(self.errors.get().as_ref()))?,
            Codec::Other => self.decode_other(bytes, last)?,
        };
        Ok(if self.universal.get() {
            self.newlines.decode(text, last)
        } else {
            text
        })
    }

    fn decode_utf8(&self, bytes: &[u8], last: bool) -> PyResult<Ref<Str>> {
        let errors = self.errors.get();
        let errors = Errors::new(errors.as_ref());
        let kept = std::mem::take(&mut *self.pending.borrow_mut());
        if kept.is_empty() {
            let (text, used) = codecs::utf8_decode(bytes, &errors, last)?;
            if used < bytes.len() {
                self.pending.borrow_mut().extend_from_slice(&bytes[used..]);
            }
            return Ok(text);
        }
        let mut all = kept;
        let kept_len = all.len();
        all.extend_from_slice(bytes);
        match codecs::utf8_decode(&all, &errors, last) {
            Ok((text, used)) => {
                self.pending.borrow_mut().extend_from_slice(&all[used..]);
                Ok(text)
            }
            Err(raised) => {
                all.truncate(kept_len);
                self.pending.replace(all);
                Err(raised)
            }
        }
    }

    fn decode_other(&self, bytes: &[u8], last: bool) -> PyResult<Ref<Str>> {
        let Some(decoder) = self.decoder.get() else {
            return Ok(Str::empty());
        };
        let input = Bytes::new(bytes).into_value();
        let text =
            protocol::call_method(&decoder, id!("decode"), &[input, Value::from_bool(last)])?;
        match text.into_ref::<Str>() {
            Ok(text) => Ok(text),
            Err(other) => bail!(
                TypeError,
                "decoder should return a string result, not '{}'",
                other.class().name()
            ),
        }
    }

    /// The state between two pieces.
    pub fn state(&self) -> PyResult<State> {
        let (kept, mut flags) = match self.decoder.get() {
            None => (self.pending.borrow().clone(), 0),
            Some(decoder) => {
                let state = protocol::call_method(&decoder, id!("getstate"), &[])?;
                let Some([kept, flags]) = state.downcast::<Tuple>().map(|state| state.as_slice())
                else {
                    bail!(TypeError, "illegal decoder state");
                };
                let Some(kept) = kept.downcast::<Bytes>() else {
                    bail!(
                        TypeError,
                        "illegal decoder state: the first item should be a bytes object, not '{}'",
                        kept.class().name()
                    );
                };
                (kept.as_slice().to_vec(), int::as_i64(flags)?)
            }
        };
        if self.universal.get() {
            flags = flags << 1 | i64::from(self.newlines.pending.get());
        }
        Ok(State { kept, flags })
    }

    /// Goes back to a state.
    pub fn set_state(&self, state: &State) -> PyResult<()> {
        let mut flags = state.flags;
        if self.universal.get() {
            self.newlines.pending.set(flags & 1 != 0);
            flags >>= 1;
        }
        match self.decoder.get() {
            None => {
                self.pending.replace(state.kept.clone());
                Ok(())
            }
            Some(decoder) => {
                let state =
                    Tuple::pair(Bytes::new(&state.kept).into_value(), int::new(flags)).into_value();
                protocol::call_method(&decoder, id!("setstate"), &[state]).map(drop)
            }
        }
    }

    /// Forgets what came before.
    pub fn reset(&self) -> PyResult<()> {
        self.pending.take();
        if self.universal.get() {
            self.newlines.reset();
        }
        match self.decoder.get() {
            None => Ok(()),
            Some(decoder) => protocol::call_method(&decoder, id!("reset"), &[]).map(drop),
        }
    }

    /// The line endings seen, as `newlines` answers them.
    pub fn newlines_value(&self) -> Value {
        if self.universal.get() {
            self.newlines.seen_value()
        } else {
            Value::NONE
        }
    }
}
