//! The buffer of a buffered file, and the moves that keep it and the raw file in step.
//!
//! One piece of memory serves reading and writing. `position` is where the program is, counted from the memory's start;
//! the raw file is at `raw_position`. Bytes up to `read_end` were read; bytes from `write_start` to `write_end` wait to be
//! written. Invariants: what waits to be written stays in the memory until the raw file took it, whatever fails; the
//! memory is borrowed only while the file's lock is held, and never while Python code runs.

use std::cell::{Cell, RefCell};

use taipan_objects::bytes::Bytes;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Trace, Visitor};
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, runtime};

use super::raw;
use crate::io::lock::{Held, IoLock};

/// The state of a buffered file.
pub struct Buffer {
    pub(super) raw: Slot,
    pub(super) detached: Cell<bool>,
    pub(super) readable: Cell<bool>,
    pub(super) writable: Cell<bool>,
    pub(super) memory: RefCell<Vec<u8>>,
    pub(super) size: Cell<usize>,
    pub(super) position: Cell<usize>,
    /// Where the raw file is, counted like `position`; nothing where that is not known.
    pub(super) raw_position: Cell<Option<usize>>,
    /// Where the raw file is, counted from its own start; nothing where that is not known.
    pub(super) absolute: Cell<Option<i64>>,
    pub(super) read_end: Cell<Option<usize>>,
    pub(super) write_start: Cell<usize>,
    pub(super) write_end: Cell<Option<usize>>,
    pub(super) lock: IoLock,
}

impl Trace for Buffer {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.raw.trace(visitor);
    }

    fn clear(&self) {
        Trace::clear(&self.raw);
    }
}

impl Default for Buffer {
    fn default() -> Buffer {
        Buffer {
            raw: Slot::empty(),
            detached: Cell::new(false),
            readable: Cell::new(false),
            writable: Cell::new(false),
            memory: RefCell::new(Vec::new()),
            size: Cell::new(0),
            position: Cell::new(0),
            raw_position: Cell::new(Some(0)),
            absolute: Cell::new(None),
            read_end: Cell::new(None),
            write_start: Cell::new(0),
            write_end: Cell::new(None),
            lock: IoLock::default(),
        }
    }
}

impl Buffer {
    /// Puts the buffer over `raw`; what was there before is forgotten.
    pub(super) fn start(
        &self,
        this: &Value,
        raw: &Value,
        size: isize,
        readable: bool,
        writable: bool,
    ) -> PyResult<()> {
        let Some(size) = usize::try_from(size).ok().filter(|&size| size > 0) else {
            bail!(ValueError, "buffer size must be strictly positive");
        };
        let _held = self.enter(this)?;
        self.raw.set(None);
        self.detached.set(false);
        self.memory.replace(memory_of(size)?);
        self.size.set(size);
        self.readable.set(readable);
        self.writable.set(writable);
        self.forget_read();
        self.forget_written();
        self.position.set(0);
        self.raw_position.set(Some(0));
        // A raw file that cannot tell its position is read and written all the same.
        self.absolute.set(raw::tell(raw).ok());
        self.raw.set(Some(raw.clone()));
        Ok(())
    }

    /// The raw file, or ValueError where there is none.
    #[inline]
    pub(super) fn raw(&self) -> PyResult<Value> {
        match self.raw.get() {
            Some(raw) => Ok(raw),
            None if self.detached.get() => bail!(ValueError, "raw stream has been detached"),
            None => bail!(ValueError, "I/O operation on uninitialized object"),
        }
    }

    /// The raw file, or ValueError when it is closed; `what` says what was asked of it.
    #[inline]
    pub(super) fn open_raw(&self, what: &str) -> PyResult<Value> {
        let raw = self.raw()?;
        if raw::is_closed(&raw)? && self.read_ahead() == 0 {
            bail!(ValueError, "{what} of closed file");
        }
        Ok(raw)
    }

    /// Whether the raw file is closed.
    #[inline]
    pub fn is_closed(&self) -> PyResult<bool> {
        raw::is_closed(&self.raw()?)
    }

    /// Takes the file's lock.
    #[inline]
    pub(super) fn enter(&self, this: &Value) -> PyResult<Held<'_>> {
        self.lock.enter(this)
    }

    /// How many bytes were read and not yet given out.
    #[inline]
    pub(super) fn read_ahead(&self) -> usize {
        if !self.readable.get() {
            return 0;
        }
        self.read_end
            .get()
            .map_or(0, |end| end.saturating_sub(self.position.get()))
    }

    /// How far the raw file is ahead of the program.
    pub(super) fn raw_offset(&self) -> i64 {
        if self.read_end.get().is_none() && self.write_end.get().is_none() {
            return 0;
        }
        self.raw_position
            .get()
            .map_or(0, |raw| raw as i64 - self.position.get() as i64)
    }

    pub(super) fn forget_read(&self) {
        self.read_end.set(None);
    }

    pub(super) fn forget_written(&self) {
        self.write_start.set(0);
        self.write_end.set(None);
    }

    /// Moves the program's position, and the end of what was read with it.
    pub(super) fn move_to(&self, position: usize) {
        self.position.set(position);
        if let Some(end) = self.read_end.get()
            && end < position
        {
            self.read_end.set(Some(position));
        }
    }

    /// Where the raw file is.
    pub(super) fn raw_tell(&self, raw: &Value) -> PyResult<i64> {
        let position = raw::tell(raw)?;
        self.absolute.set(Some(position));
        Ok(position)
    }

    /// Moves the raw file.
    pub(super) fn raw_seek(&self, raw: &Value, offset: i64, whence: i32) -> PyResult<i64> {
        let position = raw::seek(raw, offset, whence)?;
        self.absolute.set(Some(position));
        Ok(position)
    }

    /// One raw read into `place`.
    pub(super) fn raw_read(&self, raw: &Value, place: &mut [u8]) -> PyResult<Option<usize>> {
        let count = raw::read(raw, place)?;
        self.advance(count);
        Ok(count)
    }

    /// One raw write of `bytes`.
    pub(super) fn raw_write(&self, raw: &Value, bytes: &[u8]) -> PyResult<Option<usize>> {
        let count = raw::write(raw, bytes)?;
        self.advance(count);
        Ok(count)
    }

    fn advance(&self, count: Option<usize>) {
        if let (Some(count), Some(absolute)) =
            (count.filter(|&count| count > 0), self.absolute.get())
        {
            self.absolute.set(Some(absolute + count as i64));
        }
    }

    /// One raw read into the memory, behind what was read before.
    pub(super) fn fill(&self, raw: &Value) -> PyResult<Option<usize>> {
        let start = self.read_end.get().unwrap_or(0);
        let mut memory = std::mem::take(&mut *self.memory.borrow_mut());
        memory.resize(self.size.get(), 0);
        let answer = self.raw_read(raw, &mut memory[start..]);
        self.memory.replace(memory);
        let count = answer?;
        if let Some(count) = count.filter(|&count| count > 0) {
            self.read_end.set(Some(start + count));
            self.raw_position.set(Some(start + count));
        }
        Ok(count)
    }

    /// Writes what waits. What the raw file did not take stays for another try.
    pub(super) fn flush_written(&self, raw: &Value) -> PyResult<()> {
        let Some(end) = self
            .write_end
            .get()
            .filter(|&end| end != self.write_start.get())
        else {
            self.forget_written();
            return Ok(());
        };
        let ahead = self.raw_offset() + self.position.get() as i64 - self.write_start.get() as i64;
        if ahead != 0 {
            self.raw_seek(raw, -ahead, libc::SEEK_CUR)?;
            self.raw_position.set(
                self.raw_position
                    .get()
                    .map(|raw| (raw as i64 - ahead) as usize),
            );
        }
        while self.write_start.get() < end {
            let start = self.write_start.get();
            let memory = std::mem::take(&mut *self.memory.borrow_mut());
            let answer = self.raw_write(raw, &memory[start..end]);
            self.memory.replace(memory);
            let Some(count) = answer? else {
                return Err(raw::would_block(0));
            };
            self.move_to(start + count);
            self.write_start.set(start + count);
            self.raw_position.set(Some(start + count));
            // A partial write may be the work of a signal, whose handler runs now.
            runtime::check_signals()?;
        }
        self.forget_written();
        Ok(())
    }

    /// Writes what waits, and puts the raw file where the program is.
    pub(super) fn flush_and_rewind(&self, raw: &Value) -> PyResult<()> {
        self.flush_written(raw)?;
        if self.readable.get() {
            let ahead = self.raw_offset();
            self.forget_read();
            self.raw_seek(raw, -ahead, libc::SEEK_CUR)?;
        }
        Ok(())
    }

    /// Before a read: writes what waits, if anything can wait.
    pub(super) fn settle_writes(&self, raw: &Value) -> PyResult<()> {
        if self.writable.get() {
            self.flush_and_rewind(raw)
        } else {
            Ok(())
        }
    }

    /// Takes up to `count` of the bytes that were read ahead, as `bytes`.
    pub(super) fn bytes_ahead(&self, count: usize) -> Ref<Bytes> {
        let start = self.position.get();
        let end = start + count.min(self.read_ahead());
        self.position.set(end);
        Bytes::new(&self.memory.borrow()[start..end])
    }

    /// Takes up to `count` of the bytes that were read ahead.
    pub(super) fn take_ahead(&self, count: usize) -> Vec<u8> {
        let start = self.position.get();
        let end = start + count.min(self.read_ahead());
        self.position.set(end);
        self.memory.borrow()[start..end].to_vec()
    }
}

/// Memory of zeros. Up to a size that is surely there, the system gives zeros without writing them.
fn memory_of(size: usize) -> PyResult<Vec<u8>> {
    if size <= 1 << 26 {
        return Ok(vec![0; size]);
    }
    let mut memory = Vec::new();
    crate::posix::reserve(&mut memory, size)?;
    memory.resize(size, 0);
    Ok(memory)
}

/// A size argument of a read: -1 means everything, other negative numbers are an error.
pub(super) fn read_size(size: Option<isize>) -> PyResult<Option<usize>> {
    match size {
        None | Some(-1) => Ok(None),
        Some(size) => match usize::try_from(size) {
            Ok(size) => Ok(Some(size)),
            Err(_) => Err(exc!(ValueError, "read length must be non-negative or -1")),
        },
    }
}
