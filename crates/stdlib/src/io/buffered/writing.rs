//! Writing through the buffer, and what moves or ends a buffered file.

use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Value;
use taipan_objects::{bail, id, runtime};

use super::core::Buffer;
use super::raw;
use crate::io::base::{both_errors, check_seekable, unsupported};

impl Buffer {
    /// `write(bytes)`: everything is taken, or an exception is raised.
    pub(super) fn write(&self, this: &Value, bytes: &[u8]) -> PyResult<usize> {
        self.write_counting(this, bytes, &mut 0)
    }

    /// As `write`, and says in `taken` how many bytes were taken before an exception.
    pub fn write_counting(&self, this: &Value, bytes: &[u8], taken: &mut usize) -> PyResult<usize> {
        let raw = self.raw()?;
        let held = self.enter(this)?;
        // Checked under the lock: another thread may have closed the file while this one waited.
        if raw::is_closed(&raw)? {
            bail!(ValueError, "write to closed file");
        }
        if self.read_end.get().is_none() && self.write_end.get().is_none() {
            self.position.set(0);
            self.raw_position.set(Some(0));
        }
        let start = self.position.get();
        if bytes.len() <= self.size.get().saturating_sub(start) {
            self.put(start, bytes);
            if self.write_end.get().is_none() || self.write_start.get() > start {
                self.write_start.set(start);
            }
            let end = start + bytes.len();
            self.move_to(end);
            if self.write_end.get().is_none_or(|before| before < end) {
                self.write_end.set(Some(end));
            }
            return Ok(bytes.len());
        }
        if let Err(raised) = self.flush_written(&raw) {
            if !raised.is(ExceptionKind::BlockingIOError) {
                return Err(raised);
            }
            return self.keep_what_fits(bytes, taken);
        }
        self.write_through(&raw, bytes, taken)?;
        drop(held);
        Ok(bytes.len())
    }

    /// Copies `bytes` into the memory.
    fn put(&self, start: usize, bytes: &[u8]) {
        let mut memory = self.memory.borrow_mut();
        let end = start + bytes.len();
        if memory.len() < end {
            memory.resize(end, 0);
        }
        memory[start..end].copy_from_slice(bytes);
    }

    /// The raw file would block: keeps as much as there is room for, and says how much that is if it is not all.
    fn keep_what_fits(&self, bytes: &[u8], taken: &mut usize) -> PyResult<usize> {
        if self.readable.get() {
            self.forget_read();
        }
        let shift = self.write_start.get();
        let end = self.write_end.get().unwrap_or(shift);
        self.memory.borrow_mut().copy_within(shift..end, 0);
        self.write_start.set(0);
        self.raw_position.set(
            self.raw_position
                .get()
                .map(|position| position.saturating_sub(shift)),
        );
        self.position.set(self.position.get().saturating_sub(shift));
        let end = end - shift;
        let fits = bytes.len().min(self.size.get() - end);
        self.put(end, &bytes[..fits]);
        self.write_end.set(Some(end + fits));
        self.position.set(self.position.get() + fits);
        *taken = fits;
        if fits == bytes.len() {
            Ok(fits)
        } else {
            Err(raw::would_block(fits))
        }
    }

    /// Writes more than the memory holds: straight from `bytes`, but for the last part, which waits.
    fn write_through(&self, raw: &Value, bytes: &[u8], taken: &mut usize) -> PyResult<()> {
        let ahead = self.raw_offset();
        if ahead != 0 {
            self.raw_seek(raw, -ahead, libc::SEEK_CUR)?;
            self.raw_position.set(
                self.raw_position
                    .get()
                    .map(|position| (position as i64 - ahead) as usize),
            );
        }
        let mut rest = bytes;
        while rest.len() > self.size.get() {
            match self.raw_write(raw, rest)? {
                Some(count) => {
                    rest = &rest[count..];
                    *taken += count;
                }
                None => {
                    let kept = self.size.get();
                    self.put(0, &rest[..kept]);
                    self.forget_read();
                    self.raw_position.set(Some(0));
                    self.write_start.set(0);
                    self.write_end.set(Some(kept));
                    self.position.set(kept);
                    *taken += kept;
                    return Err(raw::would_block(*taken));
                }
            }
            runtime::check_signals()?;
        }
        if self.readable.get() {
            self.forget_read();
        }
        self.put(0, rest);
        self.write_start.set(0);
        self.write_end.set(Some(rest.len()));
        self.raw_position.set(Some(0));
        self.move_to(rest.len());
        Ok(())
    }

    /// `flush()`.
    pub(super) fn flush(&self, this: &Value) -> PyResult<()> {
        let raw = self.raw()?;
        if raw::is_closed(&raw)? {
            bail!(ValueError, "flush of closed file");
        }
        let _held = self.enter(this)?;
        self.flush_and_rewind(&raw)
    }

    /// `tell()`.
    pub(super) fn tell(&self) -> PyResult<i64> {
        let raw = self.raw()?;
        let position = self.raw_tell(&raw)?;
        Ok((position - self.raw_offset()).max(0))
    }

    /// `seek(target, whence)`.
    pub(super) fn seek(&self, this: &Value, target: &Value, whence: i32) -> PyResult<i64> {
        if !matches!(
            whence,
            libc::SEEK_SET | libc::SEEK_CUR | libc::SEEK_END | libc::SEEK_DATA | libc::SEEK_HOLE
        ) {
            bail!(ValueError, "whence value {whence} unsupported");
        }
        let raw = self.open_raw("seek")?;
        check_seekable(&raw)?;
        let mut target = crate::io::file::position_argument(target)?;
        // A seek that ends within what was read ahead needs no system call.
        if matches!(whence, libc::SEEK_SET | libc::SEEK_CUR) && self.readable.get() {
            let current = match self.absolute.get() {
                Some(current) => current,
                None => self.raw_tell(&raw)?,
            };
            let ahead = self.read_ahead() as i64;
            if ahead > 0 {
                let offset = if whence == libc::SEEK_SET {
                    target - (current - self.raw_offset())
                } else {
                    target
                };
                if offset >= -(self.position.get() as i64) && offset <= ahead {
                    self.position
                        .set((self.position.get() as i64 + offset) as usize);
                    return Ok((current - ahead + offset).max(0));
                }
            }
        }
        let _held = self.enter(this)?;
        if self.writable.get() {
            self.flush_written(&raw)?;
        }
        if whence == libc::SEEK_CUR {
            target -= self.raw_offset();
        }
        let position = self.raw_seek(&raw, target, whence)?;
        self.raw_position.set(None);
        if self.readable.get() {
            self.forget_read();
        }
        Ok(position)
    }

    /// `truncate(size)`.
    pub(super) fn truncate(&self, this: &Value, size: Option<&Value>) -> PyResult<Value> {
        let raw = self.open_raw("truncate")?;
        if !self.writable.get() {
            return Err(unsupported("truncate"));
        }
        let _held = self.enter(this)?;
        self.flush_and_rewind(&raw)?;
        let size = size.cloned().unwrap_or(Value::NONE);
        let answer = protocol::call_method(&raw, id!("truncate"), &[size])?;
        let _ = self.raw_tell(&raw);
        Ok(answer)
    }

    /// `close()`: flushes, then closes the raw file whatever the flush did.
    pub(super) fn close(&self, this: &Value, finalizing: bool) -> PyResult<Value> {
        let raw = self.raw()?;
        {
            let _held = self.enter(this)?;
            if raw::is_closed(&raw)? {
                return Ok(Value::NONE);
            }
            if finalizing {
                // A raw file without the method has nothing to warn of.
                let _ =
                    protocol::call_method(&raw, id!("_dealloc_warn"), std::slice::from_ref(this));
            }
        }
        let flushed = protocol::call_method(this, id!("flush"), &[]);
        let _held = self.enter(this)?;
        let closed = protocol::call_method(&raw, id!("close"), &[]);
        self.memory.replace(Vec::new());
        self.forget_read();
        self.forget_written();
        both_errors(flushed, closed)
    }

    /// `detach()`.
    pub(super) fn detach(&self, this: &Value) -> PyResult<Value> {
        self.raw()?;
        protocol::call_method(this, id!("flush"), &[])?;
        let raw = self.raw()?;
        self.raw.set(None);
        self.detached.set(true);
        Ok(raw)
    }
}
