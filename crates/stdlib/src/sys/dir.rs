//! Reading directories.

use std::ffi::{CStr, c_int};
use std::io;
use std::ptr::NonNull;

/// An open directory stream, closed with the value.
pub struct DirStream(NonNull<libc::DIR>);

/// One entry of a directory.
pub struct Entry {
    /// The file's name.
    pub name: Vec<u8>,
    /// Its inode number.
    pub inode: u64,
    /// Its kind (`DT_…`), `DT_UNKNOWN` where the file system does not say.
    pub kind: u8,
}

impl DirStream {
    /// Opens a directory by its path.
    pub fn open(path: &CStr) -> io::Result<DirStream> {
        // SAFETY: the path is borrowed for the call.
        NonNull::new(unsafe { libc::opendir(path.as_ptr()) })
            .map(DirStream)
            .ok_or_else(io::Error::last_os_error)
    }

    /// Opens a directory by a descriptor, which then belongs to the stream.
    pub fn from_descriptor(fd: c_int) -> io::Result<DirStream> {
        // SAFETY: a call on a number; on success the stream owns the descriptor.
        NonNull::new(unsafe { libc::fdopendir(fd) })
            .map(DirStream)
            .ok_or_else(io::Error::last_os_error)
    }

    /// Goes back to the first entry.
    pub fn rewind(&mut self) {
        // SAFETY: the stream is open.
        unsafe { libc::rewinddir(self.0.as_ptr()) }
    }

    /// The next entry other than `.` and `..`; nothing at the end.
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        loop {
            // SAFETY: the stream is open and used by one thread at a time; the entry is copied before the next call.
            unsafe {
                *libc::__errno_location() = 0;
                let entry = libc::readdir64(self.0.as_ptr());
                if entry.is_null() {
                    let error = io::Error::last_os_error();
                    return if error.raw_os_error() == Some(0) {
                        Ok(None)
                    } else {
                        Err(error)
                    };
                }
                let name = CStr::from_ptr((&raw const (*entry).d_name).cast()).to_bytes();
                if name != b"." && name != b".." {
                    return Ok(Some(Entry {
                        name: name.to_vec(),
                        inode: (*entry).d_ino,
                        kind: (*entry).d_type,
                    }));
                }
            }
        }
    }
}

impl Drop for DirStream {
    fn drop(&mut self) {
        // SAFETY: the stream is open, and this is its only owner.
        unsafe { libc::closedir(self.0.as_ptr()) };
    }
}

// SAFETY: a stream may move between threads; `&mut` keeps its use to one at a time.
unsafe impl Send for DirStream {}
