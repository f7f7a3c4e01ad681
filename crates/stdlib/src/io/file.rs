//! `FileIO`: a file descriptor as an unbuffered binary file.
//!
//! Reads and writes are single system calls, made again only when a signal interrupts them; a descriptor that would block
//! answers None. Invariant: `fd` is -1 exactly when the file is closed.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::io;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bytes::Bytes;
use taipan_objects::class::Type;
use taipan_objects::exceptions::{ExceptionKind, os_error};
use taipan_objects::heap;
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, id, int, runtime, warnings};

use super::DEFAULT_BUFFER_SIZE;
use super::base::{self, RawIoBase, both_errors, unsupported};
use crate::bytes_like::{BytesLike, WritableBytes};
use crate::filesystem;
use crate::os_result::OsResult;
use crate::{blocking, sys};

/// The payload of `FileIO`.
#[class(
    name = "FileIO",
    module = "_io",
    extends = RawIoBase,
    flags(BASETYPE, FINALIZER),
    doc = "Open a file.\n\nThe mode can be 'r' (default), 'w', 'x' or 'a' for reading,\nwriting, exclusive creation or appending.  The file will be created if it\ndoesn't exist when opened for writing or appending; it will be truncated\nwhen opened for writing.  A FileExistsError will be raised if it already\nexists when opened for creating. Opening a file for creating implies\nwriting so this mode behaves in a similar way to 'w'.Add a '+' to the mode\nto allow simultaneous reading and writing. A custom opener can be used by\npassing a callable as *opener*. The underlying file descriptor for the file\nobject is then obtained by calling opener with (*name*, *flags*).\n*opener* must return an open file descriptor (passing os.open as *opener*\nresults in functionality similar to passing None)."
)]
#[repr(C)]
pub struct FileIo {
    raw: RawIoBase,
    fd: Cell<c_int>,
    created: Cell<bool>,
    readable: Cell<bool>,
    writable: Cell<bool>,
    appending: Cell<bool>,
    seekable: Cell<Option<bool>>,
    closefd: Cell<bool>,
    block_size: Cell<i64>,
    /// What the file was when it was opened, until something is written to it: saves questions to the system.
    #[untraced]
    at_open: RefCell<Option<Box<libc::stat>>>,
}

/// What a mode string asks for.
struct Mode {
    created: bool,
    readable: bool,
    writable: bool,
    appending: bool,
    flags: c_int,
}

fn parse_mode(mode: &str) -> PyResult<Mode> {
    let mut parsed = Mode {
        created: false,
        readable: false,
        writable: false,
        appending: false,
        flags: 0,
    };
    let (mut main, mut plus) = (false, false);
    let bad = || {
        exc!(
            ValueError,
            "Must have exactly one of create/read/write/append mode and at most one plus"
        )
    };
    for letter in mode.chars() {
        if "xrwa".contains(letter) {
            if main {
                return Err(bad());
            }
            main = true;
        }
        match letter {
            'x' => {
                parsed.created = true;
                parsed.writable = true;
                parsed.flags |= libc::O_EXCL | libc::O_CREAT;
            }
            'r' => parsed.readable = true,
            'w' => {
                parsed.writable = true;
                parsed.flags |= libc::O_CREAT | libc::O_TRUNC;
            }
            'a' => {
                parsed.writable = true;
                parsed.appending = true;
                parsed.flags |= libc::O_APPEND | libc::O_CREAT;
            }
            'b' => {}
            '+' if plus => return Err(bad()),
            '+' => plus = true,
            _ => bail!(ValueError, "invalid mode: {mode}"),
        }
    }
    if !main {
        return Err(bad());
    }
    if plus {
        parsed.readable = true;
        parsed.writable = true;
    }
    parsed.flags |= match (parsed.readable, parsed.writable) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    parsed.flags |= libc::O_CLOEXEC;
    Ok(parsed)
}

#[cold]
fn closed_error() -> Raised {
    exc!(ValueError, "I/O operation on closed file")
}

fn is_would_block(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EAGAIN)
}

/// Nothing where a call would block.
fn unless_blocking<T>(answer: PyResult<io::Result<T>>) -> PyResult<Option<T>> {
    match answer? {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_would_block(&error) => Ok(None),
        Err(error) => Err(error).or_raise(),
    }
}

/// The most that one call writes: the system cuts longer ones off at this.
const WRITE_MAX: usize = isize::MAX as usize;

impl FileIo {
    fn unopened() -> FileIo {
        FileIo {
            raw: RawIoBase::default(),
            fd: Cell::new(-1),
            created: Cell::new(false),
            readable: Cell::new(false),
            writable: Cell::new(false),
            appending: Cell::new(false),
            seekable: Cell::new(None),
            closefd: Cell::new(true),
            block_size: Cell::new(0),
            at_open: RefCell::new(None),
        }
    }

    /// Opens a file: what `FileIO(file, mode, closefd, opener)` does.
    pub fn open(
        file: &Value,
        mode: &str,
        closefd: bool,
        opener: Option<&Value>,
    ) -> PyResult<Ref<FileIo>> {
        let this = heap::new_object(
            <FileIo as taipan_objects::class::Payload>::class(),
            FileIo::unopened(),
        );
        this.init_with(&this, file, mode, closefd, opener)?;
        Ok(this)
    }

    fn init_with(
        &self,
        this: &Ref<FileIo>,
        file: &Value,
        mode: &str,
        closefd: bool,
        opener: Option<&Value>,
    ) -> PyResult<()> {
        if self.fd.get() >= 0 {
            if self.closefd.get() {
                self.close_descriptor()?;
            } else {
                self.fd.set(-1);
            }
        }
        let given = descriptor_of(file)?;
        let parsed = parse_mode(mode)?;
        self.created.set(parsed.created);
        self.readable.set(parsed.readable);
        self.writable.set(parsed.writable);
        self.appending.set(parsed.appending);
        self.seekable.set(None);
        let mut opened_here = true;
        match given {
            Some(fd) => {
                self.fd.set(fd);
                self.closefd.set(closefd);
                opened_here = false;
            }
            None => {
                self.closefd.set(true);
                if !closefd {
                    bail!(ValueError, "Cannot use closefd=False with file name");
                }
                self.fd.set(open_name(file, parsed.flags, opener)?);
            }
        }
        let finished = self.after_open(this, file);
        if finished.is_err() {
            if opened_here {
                let _ = self.close_descriptor();
            } else {
                self.fd.set(-1);
            }
        }
        finished
    }

    /// Looks at what was opened, and remembers its name.
    fn after_open(&self, this: &Ref<FileIo>, file: &Value) -> PyResult<()> {
        let fd = self.fd.get();
        self.block_size.set(DEFAULT_BUFFER_SIZE as i64);
        match blocking::call(|| sys::file::fstat(fd)) {
            Ok(stat) => {
                if stat.st_mode & libc::S_IFMT == libc::S_IFDIR {
                    return Err(os_error::raise_errno(libc::EISDIR, Some(file), None));
                }
                if stat.st_blksize > 1 {
                    self.block_size.set(stat.st_blksize);
                }
                self.at_open.replace(Some(Box::new(stat)));
            }
            Err(error) if error.raw_os_error() == Some(libc::EBADF) => {
                return Err(error).or_raise();
            }
            Err(_) => {}
        }
        protocol::setattr(this.as_value(), id!("name"), file)?;
        if self.appending.get() {
            // Files that cannot seek, such as pipes, are appended to by writing.
            if let Err(raised) = self.seek_to(0, libc::SEEK_END)
                && self.seekable.get() != Some(false)
            {
                return Err(raised);
            }
        }
        Ok(())
    }

    fn close_descriptor(&self) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        match blocking::call(|| sys::file::close(fd)) {
            Err(error) if error.raw_os_error() != Some(libc::EINTR) => Err(error).or_raise(),
            _ => Ok(()),
        }
    }

    /// The descriptor, or ValueError when the file is closed.
    #[inline]
    pub fn descriptor(&self) -> PyResult<c_int> {
        match self.fd.get() {
            fd if fd >= 0 => Ok(fd),
            _ => Err(closed_error()),
        }
    }

    /// Whether the file is closed.
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.fd.get() < 0
    }

    fn reading(&self) -> PyResult<c_int> {
        let fd = self.descriptor()?;
        if self.readable.get() {
            Ok(fd)
        } else {
            Err(unsupported("File not open for reading"))
        }
    }

    fn writing(&self) -> PyResult<c_int> {
        let fd = self.descriptor()?;
        if !self.writable.get() {
            return Err(unsupported("File not open for writing"));
        }
        Ok(fd)
    }

    /// Reads into `buffer`; nothing where that would block.
    pub fn read_raw(&self, buffer: &mut [u8]) -> PyResult<Option<usize>> {
        let fd = self.reading()?;
        unless_blocking(blocking::retry_waiting(|| sys::file::read(fd, buffer)))
    }

    /// Writes what the system takes of `bytes`; nothing where that would block.
    pub fn write_raw(&self, bytes: &[u8]) -> PyResult<Option<usize>> {
        let fd = self.writing()?;
        self.at_open.replace(None);
        let bytes = &bytes[..bytes.len().min(WRITE_MAX)];
        unless_blocking(blocking::retry(|| sys::file::write(fd, bytes)))
    }

    /// Moves the position; answers it.
    pub fn seek_to(&self, offset: i64, whence: c_int) -> PyResult<i64> {
        let fd = self.descriptor()?;
        let answer = blocking::call(|| sys::file::lseek(fd, offset, whence));
        if self.seekable.get().is_none() {
            self.seekable.set(Some(answer.is_ok()));
        }
        answer.or_raise()
    }

    /// Reads until the end; nothing where the first read would block.
    pub fn read_all(&self) -> PyResult<Option<Ref<Bytes>>> {
        let fd = self.reading()?;
        match self.expected_rest(fd) {
            Some(rest) if rest > 0 => self.read_expected(fd, rest).map(Some),
            _ => Ok(self
                .read_unexpected(fd, Vec::new())?
                .map(|bytes| Bytes::new(&bytes))),
        }
    }

    /// Reads what is known to remain of a regular file, and more if it has grown.
    fn read_expected(&self, fd: c_int, rest: usize) -> PyResult<Ref<Bytes>> {
        let bytes = Bytes::filled(rest, |place| -> PyResult<usize> {
            let mut filled = 0;
            while filled < place.len() {
                match blocking::retry_waiting(|| sys::file::read(fd, &mut place[filled..]))
                    .or_raise()?
                {
                    0 => break,
                    count => filled += count,
                }
            }
            Ok(filled)
        })?;
        if bytes.len() < rest {
            return Ok(bytes);
        }
        let mut more = Vec::new();
        blocking::retry_waiting(|| sys::file::read_appending(fd, &mut more, 1)).or_raise()?;
        if more.is_empty() {
            return Ok(bytes);
        }
        let mut all = bytes.as_slice().to_vec();
        all.append(&mut more);
        Ok(self
            .read_unexpected(fd, all)?
            .map_or(bytes, |all| Bytes::new(&all)))
    }

    /// Reads until the end, in steps that grow with what is there, behind what was read before.
    fn read_unexpected(&self, fd: c_int, mut buffer: Vec<u8>) -> PyResult<Option<Vec<u8>>> {
        let mut step = DEFAULT_BUFFER_SIZE;
        loop {
            crate::posix::reserve(&mut buffer, step)?;
            match blocking::retry_waiting(|| sys::file::read_appending(fd, &mut buffer, step))? {
                Ok(0) => return Ok(Some(buffer)),
                Ok(_) => {}
                Err(error) if is_would_block(&error) && buffer.is_empty() => return Ok(None),
                Err(error) if is_would_block(&error) => return Ok(Some(buffer)),
                Err(error) => return Err(error).or_raise(),
            }
            step = (buffer.len() / 2).clamp(DEFAULT_BUFFER_SIZE, 1 << 26);
        }
    }

    /// How many bytes remain in a regular file.
    fn expected_rest(&self, fd: c_int) -> Option<usize> {
        let known = self
            .at_open
            .borrow()
            .as_ref()
            .map(|stat| (stat.st_mode, stat.st_size));
        let (mode, size) = match known {
            Some(known) => known,
            None => sys::file::fstat(fd)
                .map(|stat| (stat.st_mode, stat.st_size))
                .ok()?,
        };
        if mode & libc::S_IFMT != libc::S_IFREG {
            return None;
        }
        let position = if size > 65536 {
            sys::file::lseek(fd, 0, libc::SEEK_CUR).ok()?
        } else {
            0
        };
        usize::try_from(size - position).ok()
    }

    fn mode_text(&self) -> &'static str {
        if self.created.get() {
            return if self.readable.get() { "xb+" } else { "xb" };
        }
        if self.appending.get() {
            return if self.readable.get() { "ab+" } else { "ab" };
        }
        match (self.readable.get(), self.writable.get()) {
            (true, true) => "rb+",
            (true, false) => "rb",
            _ => "wb",
        }
    }

    /// Whether the file was opened for reading.
    pub fn can_read(&self) -> bool {
        self.readable.get()
    }

    /// Whether the file was opened for writing.
    pub fn can_write(&self) -> bool {
        self.writable.get()
    }

    /// The size of blocks in which the system likes to read the file.
    pub fn preferred_block(&self) -> i64 {
        self.block_size.get()
    }

    /// Whether the file is a terminal, asking the system only if it was a character device when opened.
    pub fn is_terminal_at_open(&self) -> PyResult<bool> {
        let fd = self.descriptor()?;
        let character_device = self
            .at_open
            .borrow()
            .as_ref()
            .is_none_or(|stat| stat.st_mode & libc::S_IFMT == libc::S_IFCHR);
        Ok(character_device && sys::file::isatty(fd))
    }
}

/// One read of up to `size` bytes; nothing where it would block. Memory for a large size is not touched in vain.
fn read_bytes(size: usize, fd: c_int) -> PyResult<Option<Ref<Bytes>>> {
    if size <= DEFAULT_BUFFER_SIZE {
        let mut blocks = false;
        let bytes = Bytes::filled(size, |place| -> PyResult<usize> {
            let count = unless_blocking(blocking::retry_waiting(|| sys::file::read(fd, place)))?;
            blocks = count.is_none();
            Ok(count.unwrap_or(0))
        })?;
        return Ok((!blocks).then_some(bytes));
    }
    let mut buffer = Vec::new();
    crate::posix::reserve(&mut buffer, size)?;
    let count = unless_blocking(blocking::retry_waiting(|| {
        sys::file::read_appending(fd, &mut buffer, size)
    }))?;
    Ok(count.map(|_| Bytes::new(&buffer)))
}

/// The descriptor that a program passed for a file name.
fn descriptor_of(file: &Value) -> PyResult<Option<c_int>> {
    if !int::is_int(file) {
        return Ok(None);
    }
    if file.is_true() || file.is_false() {
        warnings::warn(
            ExceptionKind::RuntimeWarning,
            "bool is used as a file descriptor",
        )?;
    }
    match int::as_i32(file)? {
        fd if fd < 0 => bail!(ValueError, "negative file descriptor"),
        fd => Ok(Some(fd)),
    }
}

fn open_name(file: &Value, flags: c_int, opener: Option<&Value>) -> PyResult<c_int> {
    let Some(opener) = opener else {
        let path = filesystem::fs_c_string(file)?;
        return blocking::retry(|| sys::path::openat(libc::AT_FDCWD, &path, flags, 0o666))
            .or_raise_for(file);
    };
    let answer = protocol::call2(opener, file, &int::new(flags.into()))?;
    if !int::is_int(&answer) {
        bail!(TypeError, "expected integer from opener");
    }
    let fd = int::as_i32(&answer)?;
    if fd < 0 {
        bail!(ValueError, "opener returned {fd}");
    }
    sys::file::set_inheritable(fd, false).or_raise()?;
    Ok(fd)
}

/// A file position argument.
pub fn position_argument(value: &Value) -> PyResult<i64> {
    if taipan_objects::float::value_of(value).is_some() {
        bail!(TypeError, "an integer is required");
    }
    int::as_i64(value)
}

/// Warns that `source`, which nobody closed, was still open.
pub fn warn_unclosed(source: &Value) {
    let warned = protocol::repr(source).and_then(|shown| {
        warnings::warn(
            ExceptionKind::ResourceWarning,
            &format!("unclosed file {}", shown.to_display()),
        )
    });
    if let Err(raised) = warned {
        // Warnings that are turned into errors have nowhere to go from a finalizer.
        if raised.is(ExceptionKind::Warning) {
            runtime::unraisable(raised, None, Some(source));
        }
    }
}

#[methods]
impl FileIo {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, FileIo::unopened()).into_value()
    }

    #[init("(file, mode='r', closefd=True, opener=None)")]
    fn init(
        this: &Ref<FileIo>,
        file: &Value,
        mode: &Ref<Str>,
        closefd: bool,
        opener: Option<&Value>,
    ) -> PyResult<()> {
        this.init_with(this, file, &mode.to_display(), closefd, opener)
    }

    /// Close the file.
    ///
    /// A closed file cannot be used for further I/O operations.  close() may be
    /// called more than once without error.
    #[method("($self, /)")]
    fn close(this: &Ref<FileIo>) -> PyResult<()> {
        // Subclasses may have state of their own to flush: the base class asks them.
        let flushed = match base::is_exactly::<FileIo>(this.as_value()) {
            true => {
                this.raw.base.closed.set(true);
                Ok(Value::NONE)
            }
            false => close_base(this.as_value()),
        };
        if !this.closefd.get() {
            this.fd.set(-1);
            return flushed.map(drop);
        }
        if this.raw.base.finalizing.get() && this.fd.get() >= 0 {
            warn_unclosed(this.as_value());
        }
        let closed = this.close_descriptor().map(|()| Value::NONE);
        both_errors(flushed, closed).map(drop)
    }

    /// True if the file supports random-access.
    #[method("($self, /)")]
    fn seekable(&self) -> PyResult<bool> {
        self.descriptor()?;
        if self.seekable.get().is_none() {
            // The answer is remembered by the seek itself.
            let _ = self.seek_to(0, libc::SEEK_CUR);
        }
        Ok(self.seekable.get() == Some(true))
    }

    /// True if file was opened in a read mode.
    #[method("($self, /)")]
    fn readable(&self) -> PyResult<bool> {
        self.descriptor()?;
        Ok(self.readable.get())
    }

    /// True if file was opened in a write mode.
    #[method("($self, /)")]
    fn writable(&self) -> PyResult<bool> {
        self.descriptor()?;
        Ok(self.writable.get())
    }

    /// Return the underlying file descriptor (an integer).
    #[method("($self, /)")]
    fn fileno(&self) -> PyResult<c_int> {
        self.descriptor()
    }

    /// True if the file is connected to a TTY device.
    #[method("($self, /)")]
    fn isatty(&self) -> PyResult<bool> {
        let fd = self.descriptor()?;
        Ok(blocking::call(|| sys::file::isatty(fd)))
    }

    #[method("($self, /)", nosig)]
    fn _isatty_open_only(&self) -> PyResult<bool> {
        self.is_terminal_at_open()
    }

    /// Same as RawIOBase.readinto().
    #[method("($self, buffer, /)")]
    fn readinto(&self, buffer: WritableBytes) -> PyResult<Option<usize>> {
        buffer.with(|bytes| self.read_raw(bytes))
    }

    /// Read at most size bytes, returned as bytes.
    ///
    /// If size is less than 0, read all bytes in the file making
    /// multiple read calls. See ``FileIO.readall``.
    ///
    /// Attempts to make only one system call, retrying only per
    /// PEP 475 (EINTR). This means less data may be returned than
    /// requested.
    ///
    /// In non-blocking mode, returns None if no data is available.
    /// Return an empty bytes object at EOF.
    #[method("($self, size=-1, /)")]
    fn read(this: &Ref<FileIo>, size: Option<&Value>) -> PyResult<Value> {
        let fd = this.reading()?;
        let Some(size) = base::limit_of(base::size_argument(size)?) else {
            return protocol::call_method(this.as_value(), id!("readall"), &[]);
        };
        let bytes = read_bytes(size, fd)?;
        Ok(bytes.map_or(Value::NONE, Ref::into_value))
    }

    /// Read all data from the file, returned as bytes.
    ///
    /// Reads until either there is an error or read() returns size 0
    /// (indicates EOF). If the file is already at EOF, returns an
    /// empty bytes object.
    ///
    /// In non-blocking mode, returns as much data as could be read
    /// before EAGAIN. If no data is available (EAGAIN is returned
    /// before bytes are read) returns None.
    #[method("($self, /)")]
    fn readall(&self) -> PyResult<Option<Ref<Bytes>>> {
        self.read_all()
    }

    /// Write buffer b to file, return number of bytes written.
    ///
    /// Only makes one system call, so not all of the data may be written.
    /// The number of bytes actually written is returned.  In non-blocking mode,
    /// returns None if the write would block.
    #[method("($self, b, /)")]
    fn write(&self, b: BytesLike) -> PyResult<Option<usize>> {
        self.write_raw(b.as_bytes())
    }

    /// Move to new file position and return the file position.
    ///
    /// Argument offset is a byte count.  Optional argument whence defaults to
    /// SEEK_SET or 0 (offset from start of file, offset should be >= 0); other values
    /// are SEEK_CUR or 1 (move relative to current position, positive or negative),
    /// and SEEK_END or 2 (move relative to end of file, usually negative, although
    /// many platforms allow seeking beyond the end of a file).
    ///
    /// Note that not all file objects are seekable.
    #[method("($self, pos, whence=0, /)")]
    fn seek(&self, pos: &Value, whence: i32) -> PyResult<i64> {
        self.descriptor()?;
        self.seek_to(position_argument(pos)?, whence)
    }

    /// Current file position.
    ///
    /// Can raise OSError for non seekable files.
    #[method("($self, /)")]
    fn tell(&self) -> PyResult<i64> {
        self.seek_to(0, libc::SEEK_CUR)
    }

    /// Truncate the file to at most size bytes and return the truncated size.
    ///
    /// Size defaults to the current file position, as returned by tell().
    /// The current file position is changed to the value of size.
    #[method("($self, size=None, /)")]
    fn truncate(&self, size: Option<&Value>) -> PyResult<Value> {
        let fd = self.writing()?;
        let size = match size {
            Some(size) => size.clone(),
            None => int::new(self.seek_to(0, libc::SEEK_CUR)?),
        };
        let length = position_argument(&size)?;
        self.at_open.replace(None);
        blocking::call(|| sys::file::ftruncate(fd, length)).or_raise()?;
        Ok(size)
    }

    #[method("($self, source, /)", nosig)]
    fn _dealloc_warn(&self, source: &Value) {
        if self.fd.get() >= 0 && self.closefd.get() {
            warn_unclosed(source);
        }
    }

    #[method("($self, /)", nosig)]
    fn __getstate__(this: &Value) -> PyResult<()> {
        Err(base::refuse_pickle(this))
    }

    /// True if the file is closed
    #[getter]
    fn closed(&self) -> bool {
        self.is_closed()
    }

    /// True if the file descriptor will be closed by close().
    #[getter]
    fn closefd(&self) -> bool {
        self.closefd.get()
    }

    /// String giving the file mode
    #[getter]
    fn mode(&self) -> &'static str {
        self.mode_text()
    }

    /// Stat st_blksize if available
    #[getter]
    fn _blksize(&self) -> i64 {
        self.block_size.get()
    }

    #[slot(repr)]
    fn repr(this: &Ref<FileIo>) -> PyResult<String> {
        let class = this.class().display_name();
        if this.fd.get() < 0 {
            return Ok(format!("<{class} [closed]>"));
        }
        let (mode, closefd) = (
            this.mode_text(),
            if this.closefd.get() { "True" } else { "False" },
        );
        match protocol::getattr_optional(this.as_value(), id!("name"))? {
            None => Ok(format!(
                "<{class} fd={} mode='{mode}' closefd={closefd}>",
                this.fd.get()
            )),
            Some(name) => {
                let Some(_guard) = protocol::repr_guard(this.as_value()) else {
                    bail!(RuntimeError, "reentrant call inside {class}.__repr__");
                };
                Ok(format!(
                    "<{class} name={} mode='{mode}' closefd={closefd}>",
                    protocol::repr(&name)?.to_display()
                ))
            }
        }
    }
}

/// `_RawIOBase.close(file)`.
fn close_base(file: &Value) -> PyResult<Value> {
    let class = <RawIoBase as taipan_objects::class::Payload>::class();
    match class.lookup(id!("close")) {
        Some(close) => protocol::call_bound(&close, file, &[]),
        None => Ok(Value::NONE),
    }
}
