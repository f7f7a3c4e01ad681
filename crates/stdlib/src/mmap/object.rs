//! `mmap.mmap`: a file's bytes as a mutable sequence with a position.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::buffer::{self, BufferFlags, BufferView};
use taipan_objects::bytes::Bytes;
use taipan_objects::class::{Payload, Type};
use taipan_objects::exceptions::os_error;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::slice::{Slice, SliceRange};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, heap, int, protocol, runtime};

use crate::sys::memory::{self, Mapping};
use crate::sys::poll;

/// How the mapping may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Default,
    Read,
    Write,
    Copy,
}

/// A mapping; nothing once it is closed.
#[class(
    name = "mmap",
    module = "mmap",
    flags(BASETYPE, WEAKREFABLE),
    doc = "Windows: mmap(fileno, length[, tagname[, access[, offset]]])\n\nMaps length bytes from the file specified by the file handle fileno,\nand returns a mmap object.  If length is larger than the current size\nof the file, the file is extended to contain length bytes.  If length\nis 0, the maximum length of the map is the current size of the file,\nexcept that if the file is empty Windows raises an exception (you cannot\ncreate an empty mapping on Windows).\n\nUnix: mmap(fileno, length[, flags[, prot[, access[, offset[, trackfd]]]]])\n\nMaps length bytes from the file specified by the file descriptor fileno,\nand returns a mmap object.  If length is 0, the maximum length of the map\nwill be the current size of the file when mmap is called.\nflags specifies the nature of the mapping. MAP_PRIVATE creates a\nprivate copy-on-write mapping, so changes to the contents of the mmap\nobject will be private to this process, and MAP_SHARED creates a mapping\nthat's shared with all other processes mapping the same areas of the file.\nThe default value is MAP_SHARED.\n\nTo map anonymous memory, pass -1 as the fileno (both versions)."
)]
pub struct Mmap {
    #[untraced]
    mapping: RefCell<Option<Mapping>>,
    #[untraced]
    position: Cell<usize>,
    #[untraced]
    exports: Cell<usize>,
    #[untraced]
    fd: Cell<i32>,
    #[untraced]
    offset: Cell<i64>,
    #[untraced]
    flags: Cell<i32>,
    #[untraced]
    access: Cell<Access>,
    #[untraced]
    tracks_fd: Cell<bool>,
}

impl Drop for Mmap {
    fn drop(&mut self) {
        if self.fd.get() >= 0 {
            drop(poll::close(self.fd.get()));
        }
    }
}

/// Iterates over single bytes.
#[class(name = "mmap_iterator", module = "mmap", flags(NO_INSTANTIATION))]
pub struct MmapIterator {
    map: Ref<Mmap>,
    #[untraced]
    index: Cell<usize>,
}

#[methods]
impl MmapIterator {
    #[slot(iter)]
    fn iter(this: &Ref<MmapIterator>) -> Ref<MmapIterator> {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let index = self.index.get();
        let found = self.map.with(|mapping| mapping.read(index, index + 1))?;
        self.index.set(index + 1);
        Ok(found.first().map(|&byte| Bytes::single(byte).into_value()))
    }
}

fn error(error: &io::Error) -> Raised {
    os_error::os_error(error, None)
}

impl Mmap {
    /// Runs `body`, which runs no Python code, with the mapping.
    fn with<R>(&self, body: impl FnOnce(&Mapping) -> R) -> PyResult<R> {
        match &*self.mapping.borrow() {
            Some(mapping) => Ok(body(mapping)),
            None => bail!(ValueError, "mmap closed or invalid"),
        }
    }

    fn size_of_mapping(&self) -> PyResult<usize> {
        self.with(Mapping::len)
    }

    fn writable(&self) -> PyResult<()> {
        if self.access.get() == Access::Read {
            bail!(TypeError, "mmap can't modify a readonly memory map.");
        }
        Ok(())
    }

    fn index(&self, value: &Value) -> PyResult<usize> {
        let len = self.size_of_mapping()?;
        let index = protocol::to_index(value)?;
        let index = if index < 0 {
            index + len as isize
        } else {
            index
        };
        match usize::try_from(index) {
            Ok(index) if index < len => Ok(index),
            _ => bail!(IndexError, "mmap index out of range"),
        }
    }

    /// `find` and `rfind`: from the current position on, unless a range is given.
    fn search(&self, args: Args<'_>, function: &str, last: bool) -> PyResult<isize> {
        let given = args.positional_between(function, 1, 3)?;
        let len = self.size_of_mapping()? as isize;
        let view = buffer::request(&given[0], BufferFlags::SIMPLE)?;
        let needle = view.to_bytes();
        let clamp = |value: Option<&Value>, default: isize| -> PyResult<isize> {
            let position = match value.filter(|value| !value.is_none()) {
                Some(value) => protocol::to_index_clamped(value)?,
                None => default,
            };
            let position = if position < 0 {
                position.saturating_add(len)
            } else {
                position
            };
            Ok(position.clamp(0, len))
        };
        let start = clamp(given.get(1), self.position.get() as isize)?;
        let end = clamp(given.get(2), len)?;
        let found =
            self.with(|mapping| mapping.find(&needle, start as usize, end as usize, last))?;
        Ok(found.map_or(-1, |position| position as isize))
    }

    /// The positions that a slice selects. Unpacking it can run code that closes the mapping.
    fn positions(&self, slice: &Ref<Slice>) -> PyResult<SliceRange> {
        let bounds = slice.unpack()?;
        Ok(bounds.adjust(self.size_of_mapping()?))
    }
}

#[methods]
impl Mmap {
    #[new(
        "(fileno, length, flags=MAP_SHARED, prot=PROT_WRITE|PROT_READ, access=ACCESS_DEFAULT, offset=0, *, trackfd=True)"
    )]
    fn make(
        class: &Ref<Type>,
        fileno: i32,
        length: isize,
        flags: Option<i32>,
        prot: Option<i32>,
        access: Option<i32>,
        offset: Option<i64>,
        trackfd: Option<bool>,
    ) -> PyResult<Ref<Mmap>> {
        let offset = offset.unwrap_or(0);
        let Ok(mut len) = usize::try_from(length) else {
            bail!(OverflowError, "memory mapped length must be positive");
        };
        if offset < 0 {
            bail!(OverflowError, "memory mapped offset must be positive");
        }
        let access = access.unwrap_or(0);
        if access != 0
            && (flags.is_some_and(|flags| flags != libc::MAP_SHARED)
                || prot.is_some_and(|prot| prot != libc::PROT_WRITE | libc::PROT_READ))
        {
            bail!(
                ValueError,
                "mmap can't specify both access and flags, prot."
            );
        }
        let (mut flags, prot, access) = match access {
            0 => {
                let (flags, prot) = (
                    flags.unwrap_or(libc::MAP_SHARED),
                    prot.unwrap_or(libc::PROT_WRITE | libc::PROT_READ),
                );
                let access = match (prot & libc::PROT_READ != 0, prot & libc::PROT_WRITE != 0) {
                    (true, true) => Access::Default,
                    (_, true) => Access::Write,
                    _ => Access::Read,
                };
                (flags, prot, access)
            }
            1 => (libc::MAP_SHARED, libc::PROT_READ, Access::Read),
            2 => (
                libc::MAP_SHARED,
                libc::PROT_READ | libc::PROT_WRITE,
                Access::Write,
            ),
            3 => (
                libc::MAP_PRIVATE,
                libc::PROT_READ | libc::PROT_WRITE,
                Access::Copy,
            ),
            _ => bail!(ValueError, "mmap invalid access parameter."),
        };
        if fileno != -1
            && let Ok(size) = memory::file_size(fileno)
            && len as u64 + offset as u64 > 0
        {
            let size = size as i64;
            let is_regular = crate::sys::file::fstat(fileno)
                .is_ok_and(|stat| stat.st_mode & libc::S_IFMT == libc::S_IFREG);
            if is_regular && len > 0 && (offset > size || size - offset < len as i64) {
                bail!(ValueError, "mmap length is greater than file size");
            }
        }
        if fileno != -1 && len == 0 {
            let size = memory::file_size(fileno).map_err(|failed| error(&failed))? as i64;
            if size == 0 {
                bail!(ValueError, "cannot mmap an empty file");
            }
            if offset >= size {
                bail!(ValueError, "mmap offset is greater than file size");
            }
            len = (size - offset) as usize;
        }
        let tracks_fd = trackfd.unwrap_or(true);
        let own_fd = if fileno == -1 {
            flags |= libc::MAP_ANONYMOUS;
            -1
        } else if tracks_fd {
            memory::duplicate(fileno).map_err(|failed| error(&failed))?
        } else {
            -1
        };
        let mapped = runtime::allow_threads(|| Mapping::new(len, prot, flags, fileno, offset));
        let mapping = match mapped {
            Ok(mapping) => mapping,
            Err(failed) => {
                if own_fd >= 0 {
                    drop(poll::close(own_fd));
                }
                return Err(error(&failed));
            }
        };
        let map = Mmap {
            mapping: RefCell::new(Some(mapping)),
            position: Cell::new(0),
            exports: Cell::new(0),
            fd: Cell::new(own_fd),
            offset: Cell::new(offset),
            flags: Cell::new(flags),
            access: Cell::new(access),
            tracks_fd: Cell::new(tracks_fd),
        };
        Ok(heap::new_object(class, map))
    }

    #[slot(repr)]
    fn repr(this: &Ref<Mmap>) -> PyResult<String> {
        let name = this.class().display_name();
        let Ok(len) = this.size_of_mapping() else {
            return Ok(format!("<{name} closed=True>"));
        };
        let access = match this.access.get() {
            Access::Default => "ACCESS_DEFAULT",
            Access::Read => "ACCESS_READ",
            Access::Write => "ACCESS_WRITE",
            Access::Copy => "ACCESS_COPY",
        };
        Ok(format!(
            "<{name} closed=False, access={access}, length={len}, pos={}, offset={}>",
            this.position.get(),
            this.offset.get()
        ))
    }

    #[slot(len)]
    fn len(&self) -> PyResult<usize> {
        self.size_of_mapping()
    }

    #[slot(iter)]
    fn iter(this: &Ref<Mmap>) -> PyResult<Ref<MmapIterator>> {
        this.size_of_mapping()?;
        MmapIterator::init_class();
        Ok(heap::new_object(
            MmapIterator::class(),
            MmapIterator {
                map: this.clone(),
                index: Cell::new(0),
            },
        ))
    }

    #[slot(getitem)]
    fn getitem(&self, key: &Value) -> PyResult<Value> {
        self.size_of_mapping()?;
        if let Some(slice) = key.downcast::<Slice>() {
            let range = self.positions(slice)?;
            let (start, stride) = range.ascending();
            let end = if range.len == 0 {
                start
            } else {
                start + (range.len - 1) * stride + 1
            };
            let bytes = self.with(|mapping| mapping.read(start, end))?;
            let bytes: Vec<u8> = match range.step {
                1 => bytes,
                _ => range
                    .positions()
                    .filter_map(|position| bytes.get(position - start).copied())
                    .collect(),
            };
            return Ok(Bytes::new(&bytes).into_value());
        }
        if !int::is_int(key) && key.class().slots.index.get().is_none() {
            bail!(TypeError, "mmap indices must be integers");
        }
        let index = self.index(key)?;
        let byte = self.with(|mapping| mapping.read(index, index + 1))?;
        Ok(int::new(byte.first().copied().map_or(0, i64::from)))
    }

    #[slot(setitem)]
    fn setitem(&self, key: &Value, new: Option<&Value>) -> PyResult<()> {
        self.size_of_mapping()?;
        self.writable()?;
        if let Some(slice) = key.downcast::<Slice>() {
            let Some(new) = new else {
                bail!(TypeError, "mmap object doesn't support slice deletion")
            };
            let view = buffer::request(new, BufferFlags::SIMPLE)?;
            let bytes = view.to_bytes();
            let range = self.positions(slice)?;
            let positions = range.positions();
            if bytes.len() != positions.len() {
                bail!(IndexError, "mmap slice assignment is wrong size");
            }
            return self.with(|mapping| match range.step {
                1 => mapping.write(range.ascending().0, &bytes),
                _ => positions
                    .zip(bytes.chunks(1))
                    .for_each(|(position, byte)| mapping.write(position, byte)),
            });
        }
        if !int::is_int(key) && key.class().slots.index.get().is_none() {
            bail!(TypeError, "mmap indices must be integers");
        }
        let index = self.index(key)?;
        let Some(new) = new else {
            bail!(TypeError, "mmap doesn't support item deletion")
        };
        if !int::is_int(new) && new.class().slots.index.get().is_none() {
            bail!(TypeError, "mmap item value must be an int");
        }
        let Ok(byte) = u8::try_from(protocol::to_index(new)?) else {
            bail!(ValueError, "mmap item value must be in range(0, 256)");
        };
        self.with(|mapping| mapping.write(index, &[byte]))
    }

    #[slot(buffer)]
    fn buffer(this: &Value, flags: u32) -> PyResult<BufferView> {
        let Some(map) = this.downcast::<Mmap>() else {
            bail!(TypeError, "an mmap object is required")
        };
        let readonly = map.access.get() == Access::Read;
        // SAFETY: the counter is part of the payload; `close` and `resize` refuse while it is not zero, and the payload is
        // dropped only when no view owns the object.
        let view = map.with(|mapping| unsafe { mapping.view(this, &map.exports, readonly) })?;
        view.for_request(flags, "mmap")
    }

    #[method("($self, /)")]
    fn close(&self) -> PyResult<()> {
        if self.exports.get() > 0 {
            bail!(BufferError, "cannot close exported pointers exist");
        }
        let fd = self.fd.replace(-1);
        let mapping = self.mapping.replace(None);
        runtime::allow_threads(|| {
            if fd >= 0 {
                drop(poll::close(fd));
            }
            drop(mapping);
        });
        Ok(())
    }

    #[getter]
    fn closed(&self) -> bool {
        self.mapping.borrow().is_none()
    }

    #[method(nosig)]
    fn find(&self, args: Args<'_>) -> PyResult<isize> {
        self.search(args, "find", false)
    }

    #[method(nosig)]
    fn rfind(&self, args: Args<'_>) -> PyResult<isize> {
        self.search(args, "rfind", true)
    }

    #[method("($self, offset=0, size=<unrepresentable>, *, flags=MS_SYNC)")]
    fn flush(
        &self,
        offset: Option<isize>,
        size: Option<isize>,
        flags: Option<i32>,
    ) -> PyResult<()> {
        let len = self.size_of_mapping()?;
        let offset = offset.unwrap_or(0);
        let size = size.unwrap_or(len as isize - offset);
        let fits = offset >= 0
            && size >= 0
            && offset
                .checked_add(size)
                .is_some_and(|end| end as usize <= len);
        // A range that does not begin on a page is refused too, as the system would.
        if !fits || !(offset as usize).is_multiple_of(memory::page_size()) {
            bail!(ValueError, "flush values out of range");
        }
        if matches!(self.access.get(), Access::Read | Access::Copy) {
            return Ok(());
        }
        let flags = flags.unwrap_or(libc::MS_SYNC);
        self.with(|mapping| mapping.sync(offset as usize, size as usize, flags))?
            .map_err(|failed| error(&failed))
    }

    #[method("($self, option, start=0, length=<unrepresentable>, /)")]
    fn madvise(&self, option: i32, start: Option<isize>, length: Option<isize>) -> PyResult<()> {
        let len = self.size_of_mapping()?;
        let start = start.unwrap_or(0);
        if start < 0 || start as usize >= len {
            bail!(ValueError, "madvise start out of bounds");
        }
        let Ok(length) = usize::try_from(length.unwrap_or(len as isize)) else {
            bail!(ValueError, "madvise length invalid");
        };
        if (start as usize).checked_add(length).is_none() {
            bail!(OverflowError, "madvise length too large");
        }
        let length = length.min(len - start as usize);
        self.with(|mapping| mapping.advise(start as usize, length, option))?
            .map_err(|failed| error(&failed))
    }

    #[method("($self, dest, src, count, /)", name = "move")]
    fn move_bytes(&self, dest: isize, src: isize, count: isize) -> PyResult<()> {
        let len = self.size_of_mapping()?;
        self.writable()?;
        let (Ok(target), Ok(source), Ok(count)) = (
            usize::try_from(dest),
            usize::try_from(src),
            usize::try_from(count),
        ) else {
            bail!(ValueError, "source, destination, or count out of range");
        };
        let fits = |start: usize| start.checked_add(count).is_some_and(|end| end <= len);
        if !fits(target) || !fits(source) {
            bail!(ValueError, "source, destination, or count out of range");
        }
        self.with(|mapping| mapping.move_bytes(target, source, count))
    }

    #[method("($self, n=None, /)")]
    fn read(&self, n: Option<&Value>) -> PyResult<Ref<Bytes>> {
        let len = self.size_of_mapping()?;
        let start = self.position.get().min(len);
        let left = len - start;
        let count = match n {
            None => left,
            Some(n) if !int::is_int(n) && n.class().slots.index.get().is_none() => {
                bail!(
                    TypeError,
                    "argument should be integer or None, not '{}'",
                    n.class().name()
                )
            }
            Some(n) => {
                usize::try_from(protocol::to_index(n)?).map_or(left, |count| count.min(left))
            }
        };
        self.position.set(start + count);
        Ok(Bytes::new(
            &self.with(|mapping| mapping.read(start, start + count))?,
        ))
    }

    #[method("($self, /)")]
    fn read_byte(&self) -> PyResult<u8> {
        let position = self.position.get();
        match self
            .with(|mapping| mapping.read(position, position + 1))?
            .first()
        {
            Some(&byte) => {
                self.position.set(position + 1);
                Ok(byte)
            }
            None => bail!(ValueError, "read byte out of range"),
        }
    }

    #[method("($self, /)")]
    fn readline(&self) -> PyResult<Ref<Bytes>> {
        let len = self.size_of_mapping()?;
        let start = self.position.get().min(len);
        let newline = self.with(|mapping| mapping.find(b"\n", start, len, false))?;
        let end = newline.map_or(len, |position| position + 1);
        self.position.set(end);
        Ok(Bytes::new(&self.with(|mapping| mapping.read(start, end))?))
    }

    #[method("($self, newsize, /)")]
    fn resize(&self, newsize: isize) -> PyResult<()> {
        self.size_of_mapping()?;
        if self.exports.get() > 0 {
            bail!(
                BufferError,
                "mmap can't resize with extant buffers exported."
            );
        }
        if !matches!(self.access.get(), Access::Write | Access::Default) {
            bail!(
                TypeError,
                "mmap can't resize a readonly or copy-on-write memory map."
            );
        }
        if !self.tracks_fd.get() {
            bail!(ValueError, "mmap can't resize with trackfd=False.");
        }
        let Ok(size) = usize::try_from(newsize) else {
            bail!(ValueError, "new size out of range")
        };
        if self.fd.get() != -1 {
            let total = i64::try_from(size)
                .ok()
                .and_then(|size| size.checked_add(self.offset.get()));
            let Some(total) = total else {
                bail!(ValueError, "new size out of range")
            };
            memory::set_file_size(self.fd.get(), total).map_err(|failed| error(&failed))?;
        } else if self.flags.get() & libc::MAP_SHARED != 0 && size > self.size_of_mapping()? {
            bail!(
                ValueError,
                "mmap: can't expand a shared anonymous mapping on Linux"
            );
        }
        match &mut *self.mapping.borrow_mut() {
            Some(mapping) => mapping.resize(size).map_err(|failed| error(&failed)),
            None => bail!(ValueError, "mmap closed or invalid"),
        }
    }

    #[method("($self, pos, whence=0, /)")]
    fn seek(&self, pos: isize, whence: i32) -> PyResult<usize> {
        let len = self.size_of_mapping()?;
        let base = match whence {
            0 => 0,
            1 => self.position.get(),
            2 => len,
            _ => bail!(ValueError, "unknown seek type"),
        };
        let target = (base as isize)
            .checked_add(pos)
            .and_then(|target| usize::try_from(target).ok())
            .filter(|&target| target <= len);
        let Some(target) = target else {
            bail!(ValueError, "seek out of range")
        };
        self.position.set(target);
        Ok(target)
    }

    #[method("($self, /)")]
    fn seekable(&self) -> bool {
        true
    }

    #[method("($self, /)")]
    fn size(&self) -> PyResult<u64> {
        let len = self.size_of_mapping()?;
        if self.fd.get() == -1 {
            if !self.tracks_fd.get() {
                bail!(ValueError, "can't get size with trackfd=False");
            }
            if self.flags.get() & libc::MAP_ANONYMOUS == 0 {
                return Ok(len as u64);
            }
            return Err(os_error::raise_errno(libc::EBADF, None, None));
        }
        memory::file_size(self.fd.get()).map_err(|failed| error(&failed))
    }

    #[method("($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.size_of_mapping()?;
        Ok(self.position.get())
    }

    #[method("($self, bytes, /)")]
    fn write(&self, bytes: &Value) -> PyResult<usize> {
        let len = self.size_of_mapping()?;
        let view = buffer::request(bytes, BufferFlags::SIMPLE)?;
        self.writable()?;
        let start = self.position.get();
        if start > len || len - start < view.len() {
            bail!(ValueError, "data out of range");
        }
        let bytes = view.to_bytes();
        self.with(|mapping| mapping.write(start, &bytes))?;
        self.position.set(start + bytes.len());
        Ok(bytes.len())
    }

    #[method("($self, byte, /)")]
    fn write_byte(&self, byte: &Value) -> PyResult<()> {
        let number = protocol::to_index(byte)?;
        let byte = u8::try_from(number).map_err(|_| match number {
            ..0 => exc!(OverflowError, "unsigned byte integer is less than minimum"),
            _ => exc!(
                OverflowError,
                "unsigned byte integer is greater than maximum"
            ),
        })?;
        let len = self.size_of_mapping()?;
        self.writable()?;
        let position = self.position.get();
        if position >= len {
            bail!(ValueError, "write byte out of range");
        }
        self.position.set(position + 1);
        self.with(|mapping| mapping.write(position, &[byte]))
    }

    #[method("($self, /)")]
    fn __enter__(this: &Ref<Mmap>) -> PyResult<Ref<Mmap>> {
        this.size_of_mapping()?;
        Ok(this.clone())
    }

    #[method("($self, exc_type, exc_value, traceback, /)")]
    fn __exit__(&self, _exc_type: &Value, _exc_value: &Value, _traceback: &Value) -> PyResult<()> {
        self.close()
    }
}
