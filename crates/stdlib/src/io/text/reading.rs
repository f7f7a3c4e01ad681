//! Reading text: bytes come in pieces, and what is decoded of a piece is given out from `decoded` on demand.

use taipan_objects::buffer;
use taipan_objects::bytes::Bytes;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

use super::{Snapshot, TextIo};
use crate::bytes_like::BytesLike;
use crate::io::base::unsupported;
use crate::io::newline::LineEnd;

impl TextIo {
    /// How many decoded characters wait.
    fn waiting(&self) -> usize {
        self.decoded
            .get()
            .map_or(0, |decoded| decoded.len() - self.used.get())
    }

    /// Takes up to `limit` of the decoded characters.
    pub(super) fn take_decoded(&self, limit: Option<usize>) -> Ref<Str> {
        let Some(decoded) = self.decoded.get() else {
            return Str::empty();
        };
        let start = self.used.get();
        let end = limit.map_or(decoded.len(), |limit| {
            start.saturating_add(limit).min(decoded.len())
        });
        self.used.set(end);
        decoded.slice(start..end)
    }

    pub(super) fn set_decoded(&self, decoded: Option<Ref<Str>>) {
        self.decoded.set(decoded);
        self.used.set(0);
    }

    /// UnsupportedOperation unless the file can be read.
    pub(super) fn check_decoder(&self) -> PyResult<()> {
        if self.has_decoder.get() {
            Ok(())
        } else {
            Err(unsupported("not readable"))
        }
    }

    /// Reads and decodes one piece; false at the end. `wanted` says how many characters are.
    fn read_piece(&self, wanted: usize) -> PyResult<bool> {
        self.check_decoder()?;
        let before = if self.telling.get() {
            Some(self.decoding.state()?)
        } else {
            None
        };
        let hint = if wanted > 0 {
            (self.bytes_per_char.get() * wanted as f64) as usize
        } else {
            0
        };
        let size = int::from_usize(self.chunk_size.get().max(hint));
        let method = if self.has_read1.get() {
            id!("read1")
        } else {
            id!("read")
        };
        let buffer = self.attached()?;
        let piece = loop {
            match protocol::call_method(&buffer, method, std::slice::from_ref(&size)) {
                Err(raised) if raised.is(ExceptionKind::InterruptedError) => {
                    runtime::check_signals()?
                }
                answer => break answer?,
            }
        };
        if !buffer::is_bytes_like(&piece) {
            let (method, class) = (method.to_display(), piece.class().name());
            bail!(
                TypeError,
                "underlying {method}() should have returned a bytes-like object, not '{class}'"
            );
        }
        let bytes = BytesLike::of(&piece)?;
        let at_end = bytes.is_empty();
        let decoded = self.decoding.decode(bytes.as_bytes(), at_end)?;
        let count = decoded.len();
        self.bytes_per_char.set(if count > 0 {
            bytes.len() as f64 / count as f64
        } else {
            0.0
        });
        self.set_decoded(Some(decoded));
        if let Some(before) = before {
            let mut input = before.kept;
            input.extend_from_slice(bytes.as_bytes());
            self.snapshot.replace(Some(Snapshot {
                flags: before.flags,
                input,
            }));
        }
        Ok(!at_end || count > 0)
    }

    /// `read(size)`.
    pub(super) fn read(&self, this: &Value, size: Option<usize>) -> PyResult<Ref<Str>> {
        self.check_open(this)?;
        self.check_decoder()?;
        self.flush_pending()?;
        let Some(size) = size else {
            return self.read_rest();
        };
        let first = self.take_decoded(Some(size));
        if first.len() == size {
            return Ok(first);
        }
        let mut text = StrBuilder::new();
        text.push_string(&first);
        while text.len() < size {
            match self.read_piece(size - text.len()) {
                Err(raised) if raised.is(ExceptionKind::InterruptedError) => {
                    runtime::check_signals()?
                }
                answer => {
                    if !answer? {
                        break;
                    }
                    text.push_string(&self.take_decoded(Some(size - text.len())));
                }
            }
        }
        Ok(text.finish())
    }

    /// Reads until the end.
    fn read_rest(&self) -> PyResult<Ref<Str>> {
        let bytes = protocol::call_method(&self.attached()?, id!("read"), &[])?;
        if bytes.is_none() {
            bail!(BlockingIOError, "Read returned None.");
        }
        let decoded = match bytes.downcast::<Bytes>() {
            Some(bytes) => self.decoding.decode(bytes.as_slice(), true)?,
            None => self
                .decoding
                .decode(BytesLike::of(&bytes)?.as_bytes(), true)?,
        };
        let waiting = self.take_decoded(None);
        if self.decoded.get().is_some() {
            self.set_decoded(None);
        }
        self.snapshot.replace(None);
        Ok(if waiting.is_empty() {
            decoded
        } else {
            Str::concat(&waiting, &decoded)
        })
    }

    /// `readline(limit)`.
    pub(super) fn read_line(&self, this: &Value, limit: Option<usize>) -> PyResult<Ref<Str>> {
        self.check_open(this)?;
        if limit.is_none()
            && !self.has_pending()
            && let Some(line) = self.line_waiting()
        {
            return Ok(line);
        }
        self.flush_pending()?;
        let mut line = StrBuilder::new();
        let limit = limit.unwrap_or(usize::MAX);
        loop {
            let left = limit - line.len();
            if left == 0 {
                break;
            }
            if self.waiting() > 0 && self.add_line_part(&mut line, left) {
                break;
            }
            let kept = self.kept_back();
            match self.read_piece(0) {
                Err(raised) if raised.is(ExceptionKind::InterruptedError) => {
                    runtime::check_signals()?
                }
                answer => {
                    let more = answer?;
                    self.put_back(kept);
                    if !more {
                        line.push_string(&self.take_decoded(Some(limit - line.len())));
                        self.set_decoded(None);
                        self.snapshot.replace(None);
                        break;
                    }
                }
            }
        }
        Ok(line.finish())
    }

    /// The next line, if all of it waits.
    #[inline]
    fn line_waiting(&self) -> Option<Ref<Str>> {
        let decoded = self.decoded.get()?;
        let start = self.used.get();
        if start >= decoded.len() {
            return None;
        }
        let length = self
            .line_end
            .get()
            .find(decoded.units().range(start..decoded.len()))?;
        self.used.set(start + length);
        Some(decoded.slice(start..start + length))
    }

    /// Moves what waits to `line`, up to the end of the line or `left` characters; answers whether the line is complete.
    fn add_line_part(&self, line: &mut StrBuilder, left: usize) -> bool {
        let Some(decoded) = self.decoded.get() else {
            return false;
        };
        let start = self.used.get();
        let rest = decoded.units().range(start..decoded.len());
        if let Some(length) = self.line_end.get().find(rest) {
            let taken = length.min(left);
            line.push_part(rest.range(0..taken));
            self.used.set(start + taken);
            return true;
        }
        // The first half of `\r\n` may be the last character here.
        let half =
            self.line_end.get() == LineEnd::Both && rest.at(rest.len() - 1) == u32::from(b'\r');
        let taken = (rest.len() - usize::from(half)).min(left);
        line.push_part(rest.range(0..taken));
        self.used.set(start + taken);
        taken == left
    }

    /// What waits, taken out before the next piece comes.
    fn kept_back(&self) -> Option<Ref<Str>> {
        (self.waiting() > 0).then(|| self.take_decoded(None))
    }

    /// Puts what was kept back in front of the new piece.
    fn put_back(&self, kept: Option<Ref<Str>>) {
        if let Some(kept) = kept {
            let piece = self.decoded.get().unwrap_or_else(Str::empty);
            self.set_decoded(Some(Str::concat(&kept, &piece)));
            // Positions count from the start of the piece, which the kept character is not part of.
            self.snapshot.replace(None);
        }
    }
}
