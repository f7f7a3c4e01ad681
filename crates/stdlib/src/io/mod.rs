//! `_io`: files, from the descriptor up to text.

pub mod base;
pub mod file;
pub mod lock;

/// `io.DEFAULT_BUFFER_SIZE`.
pub const DEFAULT_BUFFER_SIZE: usize = 128 * 1024;

taipan_macros::define_module!(
    name = "_io",
    classes(base::IoBase, base::RawIoBase, base::BufferedIoBase, base::TextIoBase, file::FileIo),
);
