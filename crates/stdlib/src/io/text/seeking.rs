//! Positions in text files.
//!
//! A position is a number from which reading can go on: the byte where the decoder can start, and what has to be done from
//! there to reach the character. It is packed into one int, 64 bits a field, so that plain positions are byte positions.

use taipan_objects::int::{BigInt, Sign};
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;
use taipan_objects::{bail, id, int};

use super::codec::State;
use super::{Snapshot, TextIo};
use crate::bytes_like::BytesLike;
use crate::io::base::unsupported;

/// A position.
#[derive(Default)]
struct Cookie {
    /// Where the decoder starts.
    start: i64,
    /// The decoder's flags there.
    flags: i32,
    /// How many bytes to feed it.
    feed: i32,
    /// How many characters to skip of what it makes of them.
    skip: i32,
    /// Whether it has to be told that no more bytes follow.
    at_end: bool,
}

impl Cookie {
    fn to_value(&self) -> Value {
        if self.flags == 0 && self.feed == 0 && self.skip == 0 && !self.at_end {
            return int::new(self.start);
        }
        let mut bytes = Vec::with_capacity(21);
        bytes.extend(self.start.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.feed.to_le_bytes());
        bytes.extend(self.skip.to_le_bytes());
        bytes.push(self.at_end.into());
        int::from_big(BigInt::from_bytes_le(Sign::Plus, &bytes))
    }

    fn parse(value: &Value) -> PyResult<Cookie> {
        let big = int::as_big(value)?;
        let (_, mut bytes) = big.to_bytes_le();
        if bytes.len() > 21 {
            bail!(OverflowError, "int too big to convert");
        }
        bytes.resize(21, 0);
        let four = |at: usize| {
            i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let mut start = [0; 8];
        start.copy_from_slice(&bytes[..8]);
        Ok(Cookie {
            start: i64::from_le_bytes(start),
            flags: four(8),
            feed: four(12),
            skip: four(16),
            at_end: bytes[20] != 0,
        })
    }

    fn decoder_state(&self) -> State {
        State {
            kept: Vec::new(),
            flags: self.flags.into(),
        }
    }
}

impl TextIo {
    fn check_seekable(&self) -> PyResult<()> {
        if self.seekable.get() {
            Ok(())
        } else {
            Err(unsupported("underlying stream is not seekable"))
        }
    }

    /// `tell()`.
    pub(super) fn tell(&self, this: &Value) -> PyResult<Value> {
        self.check_open(this)?;
        self.check_seekable()?;
        if !self.telling.get() {
            bail!(OSError, "telling position disabled by next() call");
        }
        self.flush_pending()?;
        protocol::call_method(this, id!("flush"), &[])?;
        let position = protocol::call_method(&self.attached()?, id!("tell"), &[])?;
        let snapshot = self.snapshot.borrow().clone();
        let (true, Some(snapshot)) = (self.has_decoder.get(), snapshot) else {
            return Ok(position);
        };
        let start = int::as_i64(&position)? - snapshot.input.len() as i64;
        let mut cookie = Cookie {
            start,
            flags: snapshot.flags as i32,
            ..Cookie::default()
        };
        if self.used.get() == 0 || self.decoded.get().is_none() {
            return Ok(cookie.to_value());
        }
        let saved = self.decoding.state()?;
        let found = self.locate(&mut cookie, &snapshot.input);
        self.decoding.set_state(&saved)?;
        found?;
        Ok(cookie.to_value())
    }

    /// Number of characters that the decoder makes of `bytes` from the cookie's state on.
    fn chars_of(&self, cookie: &Cookie, bytes: &[u8]) -> PyResult<usize> {
        self.restore_decoder(cookie)?;
        Ok(self.decoding.decode(bytes, false)?.len())
    }

    /// Finds how to reach the character that was used last, decoding `input` again.
    fn locate(&self, cookie: &mut Cookie, input: &[u8]) -> PyResult<()> {
        let mut skip = self.used.get();
        // Far ahead first: a point where the decoder keeps nothing, not past the character.
        let mut bytes = ((self.bytes_per_char.get() * skip as f64) as usize).min(input.len());
        let mut step = 1;
        while bytes > 0 {
            let chars = self.chars_of(cookie, &input[..bytes])?;
            if chars <= skip {
                let state = self.decoding.state()?;
                if state.kept.is_empty() {
                    cookie.flags = state.flags as i32;
                    skip -= chars;
                    break;
                }
                bytes = bytes.saturating_sub(state.kept.len());
                step = 1;
            } else {
                bytes = bytes.saturating_sub(step);
                step *= 2;
            }
        }
        if bytes == 0 {
            self.restore_decoder(cookie)?;
        }
        cookie.start += bytes as i64;
        cookie.skip = skip as i32;
        if skip == 0 {
            return Ok(());
        }
        // Then byte by byte, with a new start wherever the decoder keeps nothing.
        let mut chars = 0;
        for byte in &input[bytes..] {
            chars += self
                .decoding
                .decode(std::slice::from_ref(byte), false)?
                .len();
            cookie.feed += 1;
            let state = self.decoding.state()?;
            if state.kept.is_empty() && chars <= skip {
                cookie.start += i64::from(cookie.feed);
                skip -= chars;
                cookie.flags = state.flags as i32;
                cookie.feed = 0;
                chars = 0;
            }
            if chars >= skip {
                cookie.skip = skip as i32;
                return Ok(());
            }
        }
        chars += self.decoding.decode(&[], true)?.len();
        cookie.at_end = true;
        cookie.skip = skip as i32;
        if chars < skip {
            bail!(OSError, "can't reconstruct logical file position");
        }
        Ok(())
    }

    /// `seek(cookie, whence)`.
    pub(super) fn seek(&self, this: &Value, target: &Value, whence: i32) -> PyResult<Value> {
        self.check_open(this)?;
        self.check_seekable()?;
        let zero = int::new(0);
        let target = match whence {
            0 => target.clone(),
            1 => {
                if !protocol::equal(target, &zero)? {
                    return Err(unsupported("can't do nonzero cur-relative seeks"));
                }
                protocol::call_method(this, id!("tell"), &[])?
            }
            2 => {
                if !protocol::equal(target, &zero)? {
                    return Err(unsupported("can't do nonzero end-relative seeks"));
                }
                return self.seek_end(this);
            }
            _ => bail!(ValueError, "invalid whence ({whence}, should be 0, 1 or 2)"),
        };
        if protocol::less_than(&target, &zero)? {
            bail!(
                ValueError,
                "negative seek position {}",
                protocol::repr(&target)?.to_display()
            );
        }
        protocol::call_method(this, id!("flush"), &[])?;
        let cookie = Cookie::parse(&target)?;
        let buffer = self.attached()?;
        protocol::call_method(&buffer, id!("seek"), &[int::new(cookie.start)])?;
        self.set_decoded(None);
        self.snapshot.replace(None);
        if self.has_decoder.get() {
            self.restore_decoder(&cookie)?;
        }
        if cookie.skip > 0 {
            self.skip_to(&cookie)?;
        } else if self.has_decoder.get() {
            self.snapshot.replace(Some(Snapshot {
                flags: cookie.flags.into(),
                input: Vec::new(),
            }));
        }
        self.reset_encoder(cookie.start == 0 && cookie.flags == 0)?;
        Ok(target)
    }

    /// Puts the decoder into the cookie's state.
    fn restore_decoder(&self, cookie: &Cookie) -> PyResult<()> {
        if cookie.start == 0 && cookie.flags == 0 {
            self.decoding.reset()
        } else {
            self.decoding.set_state(&cookie.decoder_state())
        }
    }

    /// Decodes from the cookie's start up to its character.
    fn skip_to(&self, cookie: &Cookie) -> PyResult<()> {
        self.check_decoder()?;
        let wanted = int::new(cookie.feed.into());
        let input = protocol::call_method(&self.attached()?, id!("read"), &[wanted])?;
        let Ok(bytes) = BytesLike::of(&input) else {
            bail!(
                TypeError,
                "underlying read() should have returned a bytes object, not '{}'",
                input.class().name()
            );
        };
        let input = bytes.as_bytes().to_vec();
        let decoded = self.decoding.decode(&input, cookie.at_end)?;
        self.snapshot.replace(Some(Snapshot {
            flags: cookie.flags.into(),
            input,
        }));
        let skip = usize::try_from(cookie.skip).unwrap_or(0);
        let count = decoded.len();
        self.set_decoded(Some(decoded));
        if count < skip {
            bail!(OSError, "can't restore logical file position");
        }
        self.used.set(skip);
        Ok(())
    }

    fn seek_end(&self, this: &Value) -> PyResult<Value> {
        protocol::call_method(this, id!("flush"), &[])?;
        self.set_decoded(None);
        self.snapshot.replace(None);
        if self.has_decoder.get() {
            self.decoding.reset()?;
        }
        let position =
            protocol::call_method(&self.attached()?, id!("seek"), &[int::new(0), int::new(2)])?;
        self.reset_encoder(protocol::equal(&position, &int::new(0))?)?;
        Ok(position)
    }

    /// `truncate(size)`.
    pub(super) fn truncate(&self, this: &Value, size: Option<&Value>) -> PyResult<Value> {
        self.attached()?;
        protocol::call_method(this, id!("flush"), &[])?;
        let size = size.cloned().unwrap_or(Value::NONE);
        protocol::call_method(&self.attached()?, id!("truncate"), &[size])
    }
}
