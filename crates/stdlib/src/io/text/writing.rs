//! Writing text: encoded bytes wait in `pending` until there are enough of them, or something asks for them.
//!
//! Invariant: bytes leave `pending` only when the file below took them.

use taipan_objects::bytes::Bytes;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

use super::TextIo;
use super::codec::{self, Codec};
use crate::io::base::unsupported;
use crate::io::buffered;
use crate::io::newline::replace_feeds;

impl TextIo {
    pub(super) fn has_pending(&self) -> bool {
        !self.pending.borrow().is_empty()
    }

    /// `write(text)`.
    pub(super) fn write(&self, this: &Value, text: &Ref<Str>) -> PyResult<usize> {
        self.check_open(this)?;
        if !self.has_encoder.get() {
            return Err(unsupported("not writable"));
        }
        let length = text.len();
        let write_end = self.write_end.get();
        let asks_for_lines = write_end.is_some() || self.line_buffering.get();
        let has_feed = asks_for_lines && text.units().find_code(u32::from(b'\n')).is_some();
        let needs_flush = self.line_buffering.get()
            && (has_feed || text.units().find_code(u32::from(b'\r')).is_some());
        let replaced;
        let text = match write_end {
            Some(end) if has_feed => {
                replaced = replace_feeds(text, &end.to_display());
                &replaced
            }
            _ => text,
        };
        self.encode_pending(text)?;
        if self.write_through.get()
            || needs_flush
            || self.pending.borrow().len() >= self.chunk_size.get()
        {
            self.flush_pending()?;
        }
        if needs_flush {
            protocol::call_method(&self.attached()?, id!("flush"), &[])?;
        }
        if self.decoded.get().is_some() {
            self.set_decoded(None);
        }
        self.snapshot.replace(None);
        if self.has_decoder.get() {
            self.decoding.reset()?;
        }
        Ok(length)
    }

    /// Encodes `text` behind what waits. When that gets too much, what waited is written first.
    fn encode_pending(&self, text: &Ref<Str>) -> PyResult<()> {
        if self.codec.get() != Codec::Other
            && let Some(ascii) = text.as_ascii()
        {
            self.make_room(ascii.len())?;
            self.pending
                .borrow_mut()
                .extend_from_slice(ascii.as_bytes());
            return Ok(());
        }
        let bytes = match self.codec.get() {
            Codec::Other => self.encode_other(text)?,
            codec => codec::encode(codec, text, &self.errors_name())?,
        };
        self.make_room(bytes.len())?;
        self.pending.borrow_mut().extend_from_slice(&bytes);
        Ok(())
    }

    fn make_room(&self, length: usize) -> PyResult<()> {
        let waiting = self.pending.borrow().len();
        if waiting > 0 && waiting + length > self.chunk_size.get() {
            self.flush_pending()
        } else {
            Ok(())
        }
    }

    fn encode_other(&self, text: &Ref<Str>) -> PyResult<Vec<u8>> {
        let Some(encoder) = self.encoder.get() else {
            return Err(unsupported("not writable"));
        };
        let bytes = protocol::call_method(&encoder, id!("encode"), &[text.to_value()])?;
        match bytes.downcast::<Bytes>() {
            Some(bytes) => Ok(bytes.as_slice().to_vec()),
            None => bail!(
                TypeError,
                "encoder should return a bytes object, not '{}'",
                bytes.class().name()
            ),
        }
    }

    /// Hands what waits to the file below.
    pub(super) fn flush_pending(&self) -> PyResult<()> {
        if !self.has_pending() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut *self.pending.borrow_mut());
        let buffer = self.attached()?;
        if let Some(below) = buffered::buffer_of(&buffer) {
            let mut taken = 0;
            return below
                .write_counting(&buffer, &bytes, &mut taken)
                .map(drop)
                .inspect_err(|_| self.keep(bytes, taken));
        }
        let data = Bytes::new(&bytes).into_value();
        loop {
            match protocol::call_method(&buffer, id!("write"), std::slice::from_ref(&data)) {
                Err(raised) if raised.is(ExceptionKind::InterruptedError) => {
                    runtime::check_signals()?
                }
                answer => return answer.map(drop),
            }
        }
    }

    /// Puts back what the file below did not take, in front of what was written meanwhile.
    fn keep(&self, mut bytes: Vec<u8>, taken: usize) {
        bytes.drain(..taken.min(bytes.len()));
        let mut pending = self.pending.borrow_mut();
        bytes.append(&mut pending);
        *pending = bytes;
    }

    /// `flush()`.
    pub(super) fn flush(&self, this: &Value) -> PyResult<Value> {
        self.check_open(this)?;
        self.telling.set(self.seekable.get());
        self.flush_pending()?;
        protocol::call_method(&self.attached()?, id!("flush"), &[])
    }

    /// Tells the encoder where the next character goes: at the start of the file a mark may be written, elsewhere not.
    pub(super) fn reset_encoder(&self, at_start: bool) -> PyResult<()> {
        let Some(encoder) = self.encoder.get() else {
            return Ok(());
        };
        if at_start {
            protocol::call_method(&encoder, id!("reset"), &[]).map(drop)
        } else {
            protocol::call_method(&encoder, id!("setstate"), &[int::new(0)]).map(drop)
        }
    }
}
