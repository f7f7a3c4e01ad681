//! Reading through the buffer: as few raw reads as will do, and none past what was asked for.

use taipan_objects::bytes::Bytes;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

use super::core::{Buffer, read_size};
use super::raw;
use crate::bytes_like::WritableBytes;

impl Buffer {
    /// `read(size)`.
    pub(super) fn read(&self, this: &Value, size: Option<isize>) -> PyResult<Value> {
        let size = read_size(size)?;
        let raw = self.open_raw("read")?;
        let Some(size) = size else {
            let _held = self.enter(this)?;
            return self.read_everything(&raw);
        };
        if size <= self.read_ahead() && self.lock.is_free() {
            return Ok(self.bytes_ahead(size).into_value());
        }
        let _held = self.enter(this)?;
        Ok(self
            .read_exactly(&raw, size)?
            .map_or(Value::NONE, |bytes| Bytes::new(&bytes).into_value()))
    }

    /// Reads `size` bytes, less at the end; nothing where the first read would block.
    fn read_exactly(&self, raw: &Value, size: usize) -> PyResult<Option<Vec<u8>>> {
        if size <= self.read_ahead() {
            return Ok(Some(self.take_ahead(size)));
        }
        let mut bytes = Vec::new();
        crate::posix::reserve(&mut bytes, size)?;
        bytes.extend(self.take_ahead(size));
        self.settle_writes(raw)?;
        self.forget_read();
        // Whole blocks go straight to where they are wanted.
        loop {
            let left = size - bytes.len();
            let whole = left - left % self.size.get();
            if whole == 0 {
                break;
            }
            let start = bytes.len();
            bytes.resize(start + whole, 0);
            let count = self.raw_read(raw, &mut bytes[start..]);
            bytes.truncate(start + count.as_ref().map_or(0, |count| count.unwrap_or(0)));
            match count? {
                None if start == 0 => return Ok(None),
                None | Some(0) => return Ok(Some(bytes)),
                Some(_) => {}
            }
        }
        self.position.set(0);
        self.raw_position.set(Some(0));
        self.read_end.set(Some(0));
        while bytes.len() < size && self.read_end.get().unwrap_or(0) < self.size.get() {
            match self.fill(raw)? {
                None if bytes.is_empty() => return Ok(None),
                None | Some(0) => return Ok(Some(bytes)),
                Some(_) => bytes.extend(self.take_ahead(size - bytes.len())),
            }
        }
        Ok(Some(bytes))
    }

    /// Reads until the end.
    fn read_everything(&self, raw: &Value) -> PyResult<Value> {
        let mut bytes = self.take_ahead(usize::MAX);
        self.settle_writes(raw)?;
        self.forget_read();
        if let Some(rest) = raw::read_all(raw)? {
            let Some(rest) = rest.downcast::<Bytes>() else {
                // Nothing can be read now: what was read ahead is all, unless that is nothing too.
                return Ok(if bytes.is_empty() {
                    rest
                } else {
                    Bytes::new(&bytes).into_value()
                });
            };
            self.absolute.set(None);
            if bytes.is_empty() {
                return Ok(rest.to_value());
            }
            bytes.extend_from_slice(rest.as_slice());
            return Ok(Bytes::new(&bytes).into_value());
        }
        loop {
            let chunk = raw::read_some(raw)?;
            let Some(chunk) = chunk.downcast::<Bytes>().filter(|chunk| !chunk.is_empty()) else {
                return Ok(if bytes.is_empty() {
                    chunk
                } else {
                    Bytes::new(&bytes).into_value()
                });
            };
            bytes.extend_from_slice(chunk.as_slice());
            if let Some(absolute) = self.absolute.get() {
                self.absolute.set(Some(absolute + chunk.len() as i64));
            }
        }
    }

    /// `peek(size)`: what was read ahead, after at most one raw read.
    pub(super) fn peek(&self, this: &Value) -> PyResult<Ref<Bytes>> {
        let raw = self.open_raw("peek")?;
        let _held = self.enter(this)?;
        self.settle_writes(&raw)?;
        if self.read_ahead() == 0 {
            self.forget_read();
            self.position.set(0);
            self.fill(&raw)?;
            self.position.set(0);
        }
        let start = self.position.get();
        Ok(Bytes::new(
            &self.memory.borrow()[start..start + self.read_ahead()],
        ))
    }

    /// `read1(size)`: at most one raw read.
    pub(super) fn read_once(&self, this: &Value, size: isize) -> PyResult<Ref<Bytes>> {
        let size = usize::try_from(size).unwrap_or(self.size.get());
        let raw = self.open_raw("read")?;
        if size == 0 {
            return Ok(Bytes::empty());
        }
        let _held = self.enter(this)?;
        let ahead = self.read_ahead();
        if ahead > 0 {
            return Ok(self.bytes_ahead(size));
        }
        self.settle_writes(&raw)?;
        self.forget_read();
        if size >= self.size.get() {
            let mut bytes = Vec::new();
            crate::posix::reserve(&mut bytes, size)?;
            bytes.resize(size, 0);
            let count = self.raw_read(&raw, &mut bytes)?.unwrap_or(0);
            return Ok(Bytes::new(&bytes[..count]));
        }
        self.position.set(0);
        self.fill(&raw)?;
        Ok(self.bytes_ahead(size))
    }

    /// `readinto(buffer)`, or `readinto1(buffer)` with `once`.
    pub(super) fn read_into(
        &self,
        this: &Value,
        target: &WritableBytes,
        once: bool,
    ) -> PyResult<Option<usize>> {
        let raw = self.open_raw("readinto")?;
        let total = target.len();
        let _held = self.enter(this)?;
        let mut filled = self.copy_ahead(target, 0);
        if filled == total {
            return Ok(Some(filled));
        }
        self.settle_writes(&raw)?;
        self.forget_read();
        self.position.set(0);
        while filled < total {
            let left = total - filled;
            let count = if left > self.size.get() {
                // Not through the memory: through a piece of our own, because the target may be freed by Python code.
                let mut piece = vec![0; left];
                let count = self.raw_read(&raw, &mut piece)?;
                if let Some(count) = count {
                    target.with(|place| {
                        place[filled..filled + count].copy_from_slice(&piece[..count])
                    });
                }
                count
            } else if once && filled > 0 {
                Some(0)
            } else {
                self.position.set(0);
                self.forget_read();
                match self.fill(&raw)? {
                    Some(count) if count > 0 => {
                        filled += self.copy_ahead(target, filled);
                        if once {
                            break;
                        }
                        continue;
                    }
                    count => count,
                }
            };
            match count {
                None if filled == 0 => return Ok(None),
                None | Some(0) => break,
                Some(count) => filled += count,
            }
            if once {
                break;
            }
        }
        Ok(Some(filled))
    }

    /// Copies what was read ahead to `target[start..]`; answers how much.
    fn copy_ahead(&self, target: &WritableBytes, start: usize) -> usize {
        let count = self.read_ahead().min(target.len() - start);
        let position = self.position.get();
        if count > 0 {
            let memory = self.memory.borrow();
            target.with(|place| {
                place[start..start + count].copy_from_slice(&memory[position..position + count])
            });
        }
        self.position.set(position + count);
        count
    }

    /// `readline(limit)`.
    pub(super) fn read_line(&self, this: &Value, limit: Option<usize>) -> PyResult<Ref<Bytes>> {
        let raw = self.open_raw("readline")?;
        if let Some(line) = self.line_ahead(limit) {
            return Ok(line);
        }
        let _held = self.enter(this)?;
        let limit = limit.unwrap_or(usize::MAX);
        let mut line = self.take_ahead(limit);
        self.settle_writes(&raw)?;
        while line.len() < limit {
            self.forget_read();
            self.position.set(0);
            match self.fill(&raw)? {
                None | Some(0) => break,
                Some(_) => {}
            }
            let ahead = self.read_ahead().min(limit - line.len());
            let end = memchr::memchr(b'\n', &self.memory.borrow()[..ahead]);
            line.extend(self.take_ahead(end.map_or(ahead, |end| end + 1)));
            if end.is_some() {
                break;
            }
        }
        Ok(Bytes::new(&line))
    }

    /// The next line, if it was read ahead to its end or to the limit.
    #[inline]
    fn line_ahead(&self, limit: Option<usize>) -> Option<Ref<Bytes>> {
        let start = self.position.get();
        let ahead = self.read_ahead();
        if ahead == 0 || !self.lock.is_free() {
            return None;
        }
        let memory = self.memory.borrow();
        let within = limit.map_or(ahead, |limit| limit.min(ahead));
        let bytes = memory.get(start..start + within)?;
        let end = match memchr::memchr(b'\n', bytes) {
            Some(at) => at + 1,
            None if limit == Some(within) => within,
            None => return None,
        };
        self.position.set(start + end);
        Some(Bytes::new(&bytes[..end]))
    }
}
