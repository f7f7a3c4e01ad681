//! The bytes of a pickle while it is written: one growing buffer, cut into frames.
//!
//! From protocol 4 on, opcodes lie in frames of about 64 KiB, so that a reader can fetch many at once. Large strings of bytes
//! stand between frames, so that neither side copies them into one. With a file, each finished frame goes out.

use taipan_objects::bytes::Bytes;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;

use crate::pickle::opcodes::FRAME;

/// A frame shorter than this has no header.
const FRAME_SIZE_MIN: usize = 4;
/// A frame ends at the first opcode behind so many bytes; as many bytes in one string stand outside of frames.
const FRAME_SIZE_TARGET: usize = 64 * 1024;
const FRAME_HEADER_SIZE: usize = 9;

/// The bytes so far.
pub(super) struct Output {
    bytes: Vec<u8>,
    /// The `write` method of the file, if there is one.
    write: Option<Value>,
    /// Whether there are frames.
    framing: bool,
    /// Where the header of the open frame is.
    frame_start: Option<usize>,
}

impl Output {
    /// Nothing yet, for a file or not.
    pub(super) fn new(write: Option<Value>) -> Output {
        Output {
            bytes: Vec::with_capacity(256),
            write,
            framing: false,
            frame_start: None,
        }
    }

    /// From now on there are frames.
    pub(super) fn start_framing(&mut self) {
        self.framing = true;
    }

    fn commit_frame(&mut self) {
        let Some(start) = self.frame_start.take() else {
            return;
        };
        let content = start + FRAME_HEADER_SIZE;
        let len = self.bytes.len() - content;
        if len >= FRAME_SIZE_MIN {
            self.bytes[start] = FRAME;
            self.bytes[start + 1..content].copy_from_slice(&(len as u64).to_le_bytes());
        } else {
            self.bytes.drain(start..content);
        }
    }

    /// Between two opcodes: ends a frame that is full.
    #[inline]
    pub(super) fn boundary(&mut self) -> PyResult<()> {
        match self.frame_start {
            Some(start) if self.bytes.len() - start - FRAME_HEADER_SIZE >= FRAME_SIZE_TARGET => {
                self.commit_frame();
                self.flush()
            }
            _ => Ok(()),
        }
    }

    #[inline]
    fn open_frame(&mut self) {
        if self.framing && self.frame_start.is_none() {
            self.frame_start = Some(self.bytes.len());
            self.bytes.extend_from_slice(&[0; FRAME_HEADER_SIZE]);
        }
    }

    /// Writes one byte.
    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.open_frame();
        self.bytes.push(byte);
    }

    /// Writes bytes.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.open_frame();
        self.bytes.extend_from_slice(bytes);
    }

    /// Hands what there is to the file, if there is one.
    fn flush(&mut self) -> PyResult<()> {
        let Some(write) = &self.write else {
            return Ok(());
        };
        let bytes = Bytes::new(&self.bytes).into_value();
        self.bytes.clear();
        protocol::call1(write, &bytes).map(drop)
    }

    /// Writes a header and a string of `size` bytes behind it: `payload` as an object for the file's `write` method, if it
    /// is large and there is a file; otherwise what `append` adds.
    pub(super) fn sized(
        &mut self,
        header: &[u8],
        size: usize,
        payload: impl FnOnce() -> Value,
        append: impl FnOnce(&mut Vec<u8>),
    ) -> PyResult<()> {
        if size < FRAME_SIZE_TARGET {
            self.push(header);
            append(&mut self.bytes);
            return Ok(());
        }
        self.commit_frame();
        self.bytes.extend_from_slice(header);
        match self.write.clone() {
            Some(write) => {
                self.flush()?;
                protocol::call1(&write, &payload()).map(drop)
            }
            None => {
                append(&mut self.bytes);
                Ok(())
            }
        }
    }

    /// Ends the pickle: hands it to the file or, without one, answers the bytes.
    pub(super) fn finish(mut self) -> PyResult<Vec<u8>> {
        self.commit_frame();
        self.flush()?;
        Ok(self.bytes)
    }
}
