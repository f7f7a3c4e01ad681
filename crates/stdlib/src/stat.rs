//! `_stat`: what the bits of a file's mode mean.

use taipan_macros::{define_module, function};
use taipan_objects::bail;
use taipan_objects::int;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

define_module!(
    name = "_stat",
    doc = "S_IFMT_: file type bits\nS_IFDIR: directory\nS_IFCHR: character device\nS_IFBLK: block device\nS_IFREG: regular file\nS_IFIFO: fifo (named pipe)\nS_IFLNK: symbolic link\nS_IFSOCK: socket file\n",
    functions(
        S_ISDIR, S_ISCHR, S_ISBLK, S_ISREG, S_ISFIFO, S_ISLNK, S_ISSOCK, S_ISDOOR, S_ISPORT,
        S_ISWHT, S_IMODE, S_IFMT, filemode,
    ),
    init = fill,
);

const FORMAT: u32 = libc::S_IFMT;

/// Constants, of which the flags of other systems have the numbers they have there.
const NUMBERS: &[(&str, u32)] = &[
    ("S_IFDIR", libc::S_IFDIR),
    ("S_IFCHR", libc::S_IFCHR),
    ("S_IFBLK", libc::S_IFBLK),
    ("S_IFREG", libc::S_IFREG),
    ("S_IFIFO", libc::S_IFIFO),
    ("S_IFLNK", libc::S_IFLNK),
    ("S_IFSOCK", libc::S_IFSOCK),
    ("S_IFDOOR", 0),
    ("S_IFPORT", 0),
    ("S_IFWHT", 0),
    ("S_ISUID", libc::S_ISUID),
    ("S_ISGID", libc::S_ISGID),
    ("S_ISVTX", libc::S_ISVTX),
    ("S_ENFMT", libc::S_ISGID),
    ("S_IREAD", libc::S_IRUSR),
    ("S_IWRITE", libc::S_IWUSR),
    ("S_IEXEC", libc::S_IXUSR),
    ("S_IRWXU", libc::S_IRWXU),
    ("S_IRUSR", libc::S_IRUSR),
    ("S_IWUSR", libc::S_IWUSR),
    ("S_IXUSR", libc::S_IXUSR),
    ("S_IRWXG", libc::S_IRWXG),
    ("S_IRGRP", libc::S_IRGRP),
    ("S_IWGRP", libc::S_IWGRP),
    ("S_IXGRP", libc::S_IXGRP),
    ("S_IRWXO", libc::S_IRWXO),
    ("S_IROTH", libc::S_IROTH),
    ("S_IWOTH", libc::S_IWOTH),
    ("S_IXOTH", libc::S_IXOTH),
    ("UF_SETTABLE", 0x0000_ffff),
    ("UF_NODUMP", 0x0000_0001),
    ("UF_IMMUTABLE", 0x0000_0002),
    ("UF_APPEND", 0x0000_0004),
    ("UF_OPAQUE", 0x0000_0008),
    ("UF_NOUNLINK", 0x0000_0010),
    ("UF_COMPRESSED", 0x0000_0020),
    ("UF_TRACKED", 0x0000_0040),
    ("UF_DATAVAULT", 0x0000_0080),
    ("UF_HIDDEN", 0x0000_8000),
    ("SF_SETTABLE", 0x3fff_0000),
    ("SF_ARCHIVED", 0x0001_0000),
    ("SF_IMMUTABLE", 0x0002_0000),
    ("SF_APPEND", 0x0004_0000),
    ("SF_RESTRICTED", 0x0008_0000),
    ("SF_NOUNLINK", 0x0010_0000),
    ("SF_SNAPSHOT", 0x0020_0000),
    ("SF_FIRMLINK", 0x0080_0000),
    ("SF_SUPPORTED", 0x009f_0000),
    ("SF_SYNTHETIC", 0xc000_0000),
    ("SF_DATALESS", 0x4000_0000),
    ("ST_MODE", 0),
    ("ST_INO", 1),
    ("ST_DEV", 2),
    ("ST_NLINK", 3),
    ("ST_UID", 4),
    ("ST_GID", 5),
    ("ST_SIZE", 6),
    ("ST_ATIME", 7),
    ("ST_MTIME", 8),
    ("ST_CTIME", 9),
];

fn fill(module: &Ref<Module>) -> PyResult<()> {
    for &(name, number) in NUMBERS {
        module.set(name, int::new(i64::from(number)));
    }
    Ok(())
}

/// A mode from Python: an int that fits `mode_t`.
fn mode_of(value: &Value) -> PyResult<u32> {
    let number = int::as_u64_wrapping(value)?;
    match u32::try_from(number) {
        Ok(mode) => Ok(mode),
        Err(_) => bail!(OverflowError, "mode out of range"),
    }
}

fn has_type(mode: &Value, kind: u32) -> PyResult<bool> {
    Ok(mode_of(mode)? & FORMAT == kind)
}

/// S_ISDIR(mode) -> bool
///
/// Return True if mode is from a directory.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISDIR(mode: &Value) -> PyResult<bool> {
    has_type(mode, libc::S_IFDIR)
}

/// S_ISCHR(mode) -> bool
///
/// Return True if mode is from a character special device file.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISCHR(mode: &Value) -> PyResult<bool> {
    has_type(mode, libc::S_IFCHR)
}

/// S_ISBLK(mode) -> bool
///
/// Return True if mode is from a block special device file.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISBLK(mode: &Value) -> PyResult<bool> {
    has_type(mode, libc::S_IFBLK)
}

/// S_ISREG(mode) -> bool
///
/// Return True if mode is from a regular file.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISREG(mode: &Value) -> PyResult<bool> {
    has_type(mode, libc::S_IFREG)
}

/// S_ISFIFO(mode) -> bool
///
/// Return True if mode is from a FIFO (named pipe).
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISFIFO(mode: &Value) -> PyResult<bool> {
    has_type(mode, libc::S_IFIFO)
}

/// S_ISLNK(mode) -> bool
///
/// Return True if mode is from a symbolic link.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISLNK(mode: &Value) -> PyResult<bool> {
    has_type(mode, libc::S_IFLNK)
}

/// S_ISSOCK(mode) -> bool
///
/// Return True if mode is from a socket.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISSOCK(mode: &Value) -> PyResult<bool> {
    has_type(mode, libc::S_IFSOCK)
}

/// S_ISDOOR(mode) -> bool
///
/// Return True if mode is from a door.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISDOOR(mode: &Value) -> PyResult<bool> {
    mode_of(mode).map(|_| false)
}

/// S_ISPORT(mode) -> bool
///
/// Return True if mode is from an event port.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISPORT(mode: &Value) -> PyResult<bool> {
    mode_of(mode).map(|_| false)
}

/// S_ISWHT(mode) -> bool
///
/// Return True if mode is from a whiteout.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_ISWHT(mode: &Value) -> PyResult<bool> {
    mode_of(mode).map(|_| false)
}

/// Return the portion of the file's mode that can be set by os.chmod().
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_IMODE(mode: &Value) -> PyResult<u32> {
    Ok(mode_of(mode)? & 0o7777)
}

/// Return the portion of the file's mode that describes the file type.
#[function("(mode, /)", nosig)]
#[allow(non_snake_case)]
fn S_IFMT(mode: &Value) -> PyResult<u32> {
    Ok(mode_of(mode)? & FORMAT)
}

/// Convert a file's mode to a string of the form '-rwxrwxrwx'
#[function("(mode, /)", nosig)]
fn filemode(mode: &Value) -> PyResult<String> {
    let mode = mode_of(mode)?;
    let kind = match mode & FORMAT {
        libc::S_IFREG => '-',
        libc::S_IFDIR => 'd',
        libc::S_IFLNK => 'l',
        libc::S_IFBLK => 'b',
        libc::S_IFCHR => 'c',
        libc::S_IFIFO => 'p',
        libc::S_IFSOCK => 's',
        _ => '?',
    };
    let mut text = String::from(kind);
    let special = [
        (libc::S_ISUID, 's', 'S'),
        (libc::S_ISGID, 's', 'S'),
        (libc::S_ISVTX, 't', 'T'),
    ];
    for (index, (bit, with_x, without_x)) in special.into_iter().enumerate() {
        let rights = mode >> (6 - 3 * index);
        text.push(if rights & 4 != 0 { 'r' } else { '-' });
        text.push(if rights & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & bit != 0, rights & 1 != 0) {
            (true, true) => with_x,
            (true, false) => without_x,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    Ok(text)
}
