//! Mapped memory.

use std::cell::Cell;
use std::ffi::CStr;
use std::io;
use std::ptr::{self, NonNull};

use libc::{c_int, off_t};
use taipan_objects::buffer::BufferView;
use taipan_objects::value::Value;

use super::check;

/// Pages mapped into memory, unmapped when this is dropped.
///
/// Another process may change a shared mapping's bytes at any time, so they are only copied, never lent as slices beyond a
/// copy.
pub struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

/// The size of a page.
pub fn page_size() -> usize {
    super::system::sysconf(libc::_SC_PAGESIZE)
        .ok()
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(4096)
}

/// The size of the file behind a descriptor.
pub fn file_size(fd: c_int) -> io::Result<u64> {
    super::file::fstat(fd).map(|stat| stat.st_size as u64)
}

/// Sets the size of the file behind a descriptor.
pub fn set_file_size(fd: c_int, size: i64) -> io::Result<()> {
    // SAFETY: takes numbers.
    check(unsafe { libc::ftruncate(fd, size) }).map(drop)
}

/// A copy of a descriptor, closed on exec.
pub fn duplicate(fd: c_int) -> io::Result<c_int> {
    // SAFETY: takes numbers.
    check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })
}

impl Mapping {
    /// Maps `len` bytes, not zero.
    pub fn new(
        len: usize,
        protection: c_int,
        flags: c_int,
        fd: c_int,
        offset: off_t,
    ) -> io::Result<Mapping> {
        // SAFETY: a fresh mapping, at an address of the system's choice.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, protection, flags, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        match NonNull::new(start.cast()) {
            Some(start) => Ok(Mapping { start, len }),
            None => Err(io::Error::from_raw_os_error(libc::ENOMEM)),
        }
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A copy of some bytes; the range is cut to the mapping.
    pub fn read(&self, start: usize, end: usize) -> Vec<u8> {
        let end = end.min(self.len);
        let start = start.min(end);
        let mut bytes = Vec::with_capacity(end - start);
        // SAFETY: the range lies in the mapping, and the vector has room for it.
        unsafe {
            ptr::copy_nonoverlapping(
                self.start.as_ptr().add(start),
                bytes.as_mut_ptr(),
                end - start,
            );
            bytes.set_len(end - start);
        }
        bytes
    }

    /// Overwrites bytes; what lies behind the end is left out. The mapping is writable.
    pub fn write(&self, start: usize, bytes: &[u8]) {
        let start = start.min(self.len);
        let count = bytes.len().min(self.len - start);
        // SAFETY: the range lies in the mapping; `bytes` may lie in it too.
        unsafe { ptr::copy(bytes.as_ptr(), self.start.as_ptr().add(start), count) }
    }

    /// Moves bytes within the mapping; the ranges lie in it.
    pub fn move_bytes(&self, target: usize, source: usize, count: usize) {
        if target
            .max(source)
            .checked_add(count)
            .is_none_or(|end| end > self.len)
        {
            return;
        }
        // SAFETY: both ranges were checked to lie in the mapping.
        unsafe {
            ptr::copy(
                self.start.as_ptr().add(source),
                self.start.as_ptr().add(target),
                count,
            )
        }
    }

    /// Position of the first (or last) occurrence of `needle` in a range.
    pub fn find(&self, needle: &[u8], start: usize, end: usize, last: bool) -> Option<usize> {
        let end = end.min(self.len);
        if start > end || needle.len() > end - start {
            return None;
        }
        // SAFETY: the range lies in the mapping, and the search runs no foreign code; a concurrent change by another process
        // can make the answer wrong, as in C, not the access.
        let hay =
            unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(start), end - start) };
        let found = if last {
            memchr::memmem::rfind(hay, needle)
        } else {
            memchr::memmem::find(hay, needle)
        };
        found.map(|position| position + start)
    }

    /// Writes changed pages of a range back.
    pub fn sync(&self, start: usize, len: usize, flags: c_int) -> io::Result<()> {
        // SAFETY: the caller keeps the range within the mapping; the call does not touch memory.
        check(unsafe {
            libc::msync(
                self.start.as_ptr().add(start.min(self.len)).cast(),
                len,
                flags,
            )
        })
        .map(drop)
    }

    /// Advises the system about the use of a range.
    pub fn advise(&self, start: usize, len: usize, advice: c_int) -> io::Result<()> {
        // SAFETY: the caller keeps the range within the mapping.
        check(unsafe {
            libc::madvise(
                self.start.as_ptr().add(start.min(self.len)).cast(),
                len,
                advice,
            )
        })
        .map(drop)
    }

    /// Changes the size. Nobody has a view of the old memory.
    pub fn resize(&mut self, len: usize) -> io::Result<()> {
        // SAFETY: the mapping is this object's own.
        let start = unsafe {
            libc::mremap(
                self.start.as_ptr().cast(),
                self.len,
                len,
                libc::MREMAP_MAYMOVE,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        self.start = NonNull::new(start.cast()).unwrap_or(self.start);
        self.len = len;
        Ok(())
    }

    /// A view of all bytes for other objects.
    ///
    /// # Safety
    /// `exports` is part of the payload of `owner`, which holds this mapping and neither resizes nor drops it while
    /// `exports` is not zero. Unless `readonly`, the pages are writable.
    pub unsafe fn view(&self, owner: &Value, exports: &Cell<usize>, readonly: bool) -> BufferView {
        // SAFETY: by contract.
        unsafe { BufferView::of_memory(owner, exports, self.start, self.len, readonly) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this object's own, and nobody uses it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// `shm_open(name, flags, mode)`.
pub fn shm_open(name: &CStr, flags: c_int, mode: libc::mode_t) -> io::Result<c_int> {
    // SAFETY: the name is borrowed for the call.
    check(unsafe { libc::shm_open(name.as_ptr(), flags, mode) })
}

/// `shm_unlink(name)`.
pub fn shm_unlink(name: &CStr) -> io::Result<()> {
    // SAFETY: the name is borrowed for the call.
    check(unsafe { libc::shm_unlink(name.as_ptr()) }).map(drop)
}

/// Gives back the pages that hold `data`, a part of `region`, which is constant data of the program: a later access reads
/// them from the program's file again.
///
/// The kernel maps the 64 KiB around each page that is touched, so reading a hundred modules out of the binary would leave
/// most of it resident.
pub fn release_constant_pages(data: &'static [u8], region: &'static [u8]) {
    const WINDOW: usize = 64 * 1024;
    let page = page_size();
    let data = data.as_ptr_range();
    let region = region.as_ptr_range();
    let start =
        (data.start as usize & !(WINDOW - 1)).max((region.start as usize).next_multiple_of(page));
    let end = (data.end as usize)
        .next_multiple_of(WINDOW)
        .min(region.end as usize & !(page - 1));
    if start < end {
        // SAFETY: the pages hold nothing but bytes of `region`, which is never written to, so the file has the same bytes.
        unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_DONTNEED) };
    }
}
