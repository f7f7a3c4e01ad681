//! `listdir` and `scandir`: the entries of a directory.
//!
//! An iterator holds the open stream in a `RefCell`; the stream is taken out for each read, which runs without the
//! interpreter lock, so that a second thread finds it absent and waits for nothing. Invariant: a [`DirEntry`] asks the
//! system at most once for each of its two `stat` results.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::io;

use taipan_macros::{class, function, methods};
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::exceptions::{ExceptionKind, os_error};
use taipan_objects::generic_alias;
use taipan_objects::heap;
use taipan_objects::list::List;
use taipan_objects::native::FunctionDef;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{int, warnings};

use super::arguments::{PathArg, PathOrFd, follow_flag};
use super::paths::path_value;
use super::stat::stat_value;
use crate::filesystem;
use crate::os_result::OsResult;
use crate::sys::dir::{DirStream, Entry};
use crate::{blocking, sys};

/// This file has no constants.
pub const CONSTANTS: &[taipan_objects::native::ConstantDef] = &[];
/// The functions of this file.
pub const FUNCTIONS: &[FunctionDef] = taipan_macros::functions![listdir, scandir];

/// Opens what was given, or the working directory.
fn open_stream(path: &Option<PathOrFd>) -> io::Result<DirStream> {
    match path {
        None => blocking::call(|| DirStream::open(c".")),
        Some(PathOrFd::Path(path)) => blocking::call(|| DirStream::open(path.as_c_str())),
        Some(PathOrFd::Descriptor(fd, _)) => {
            // The stream closes its descriptor; the program's stays open.
            let copy = sys::file::fcntl(*fd, libc::F_DUPFD_CLOEXEC, 0)?;
            let mut stream =
                blocking::call(|| DirStream::from_descriptor(copy)).inspect_err(|_| {
                    let _ = sys::file::close(copy);
                })?;
            stream.rewind();
            Ok(stream)
        }
    }
}

fn check_path<T>(path: &Option<PathOrFd>, answer: io::Result<T>) -> PyResult<T> {
    match path {
        Some(path) => path.check(answer),
        None => answer.or_raise(),
    }
}

fn wants_bytes(path: &Option<PathOrFd>) -> bool {
    matches!(path, Some(PathOrFd::Path(path)) if path.is_bytes())
}

/// Return a list containing the names of the files in the directory.
///
/// path can be specified as either str, bytes, or a path-like object.  If path is bytes,
///   the filenames returned will also be bytes; in all other circumstances
///   the filenames returned will be str.
/// If path is None, uses the path='.'.
/// On some platforms, path may also be specified as an open file descriptor;\
///   the file descriptor must refer to a directory.
///   If this functionality is unavailable, using it raises NotImplementedError.
///
/// The list is in arbitrary order.  It does not include the special
/// entries '.' and '..' even if they are present in the directory.
#[function("(path=None)")]
fn listdir(path: Option<&Value>) -> PyResult<Ref<List>> {
    let path = PathOrFd::nullable(path, "listdir")?;
    let mut stream = check_path(&path, open_stream(&path))?;
    let names = blocking::call(|| {
        let mut names = Vec::new();
        while let Some(entry) = stream.next_entry()? {
            names.push(entry.name);
        }
        Ok(names)
    });
    blocking::call(|| drop(stream));
    let names = check_path(&path, names)?;
    let as_bytes = wants_bytes(&path);
    Ok(List::new(
        names
            .iter()
            .map(|name| path_value(name, as_bytes))
            .collect(),
    ))
}

/// Return an iterator of DirEntry objects for given path.
///
/// path can be specified as either str, bytes, or a path-like object.  If path
/// is bytes, the names of yielded DirEntry objects will also be bytes; in
/// all other circumstances they will be str.
///
/// If path is None, uses the path='.'.
#[function("(path=None)")]
fn scandir(path: Option<&Value>) -> PyResult<Ref<ScandirIterator>> {
    let path = PathOrFd::nullable(path, "scandir")?;
    let stream = check_path(&path, open_stream(&path))?;
    let as_bytes = wants_bytes(&path);
    let (directory, fd) = match path {
        None => (Some(Str::new(".").into_value()), None),
        Some(PathOrFd::Path(path)) => (Some(path.object), None),
        Some(PathOrFd::Descriptor(fd, _)) => (None, Some(fd)),
    };
    let iterator = ScandirIterator {
        stream: RefCell::new(Some(stream)),
        directory: Slot::new(directory),
        fd: Cell::new(fd),
        as_bytes: Cell::new(as_bytes),
    };
    Ok(heap::new_object(ScandirIterator::class(), iterator))
}

/// The payload of what `scandir` answers.
#[class(name = "ScandirIterator", module = "posix", flags(NO_INSTANTIATION))]
pub struct ScandirIterator {
    #[untraced]
    stream: RefCell<Option<DirStream>>,
    directory: Slot,
    #[untraced]
    fd: Cell<Option<c_int>>,
    as_bytes: Cell<bool>,
}

impl ScandirIterator {
    fn end(&self) {
        let stream = self.stream.take();
        if stream.is_some() {
            blocking::call(|| drop(stream));
        }
    }

    fn entry(&self, entry: Entry) -> PyResult<Value> {
        let as_bytes = self.as_bytes.get();
        let name = path_value(&entry.name, as_bytes);
        let path = match self.directory.get() {
            Some(directory) => {
                let mut path = filesystem::fs_encode(&directory)?;
                if !path.is_empty() && !path.ends_with(b"/") {
                    path.push(b'/');
                }
                path.extend_from_slice(&entry.name);
                path_value(&path, as_bytes)
            }
            None => name.clone(),
        };
        let entry = DirEntry {
            name: Slot::new(Some(name)),
            path: Slot::new(Some(path)),
            stat: Slot::empty(),
            lstat: Slot::empty(),
            kind: Cell::new(entry.kind),
            inode: Cell::new(entry.inode),
            fd: Cell::new(self.fd.get()),
        };
        Ok(heap::new_object(DirEntry::class(), entry).into_value())
    }
}

#[methods]
impl ScandirIterator {
    #[slot(iter)]
    fn iter(this: &Ref<Self>) -> Ref<Self> {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        let Some(mut stream) = self.stream.take() else {
            return Ok(None);
        };
        match blocking::call(|| stream.next_entry()) {
            Ok(Some(entry)) => {
                self.stream.replace(Some(stream));
                self.entry(entry).map(Some)
            }
            Ok(None) => {
                blocking::call(|| drop(stream));
                Ok(None)
            }
            Err(error) => {
                blocking::call(|| drop(stream));
                Err(os_error::os_error(&error, self.directory.get().as_ref()))
            }
        }
    }

    #[method("($self, /)", nosig)]
    fn __enter__(this: &Ref<Self>) -> Ref<Self> {
        this.clone()
    }

    #[method("($self, /, *args)", nosig)]
    fn __exit__(&self, _args: &[Value]) {
        self.end();
    }

    #[method("($self, /)", nosig)]
    fn close(&self) {
        self.end();
    }

    #[slot(finalize)]
    fn finalize(this: &Ref<Self>) {
        if this.stream.borrow().is_none() {
            return;
        }
        let text = match protocol::repr(this.as_value()) {
            Ok(text) => text.to_display().into_owned(),
            Err(_) => "scandir iterator".to_owned(),
        };
        if let Err(raised) = warnings::warn(
            ExceptionKind::ResourceWarning,
            &format!("unclosed scandir iterator {text}"),
        ) {
            runtime::unraisable(raised, None, Some(this.as_value()));
        }
        this.end();
    }
}

/// The payload of `os.DirEntry`.
#[class(name = "DirEntry", module = "posix", flags(NO_INSTANTIATION))]
pub struct DirEntry {
    name: Slot,
    path: Slot,
    stat: Slot,
    lstat: Slot,
    kind: Cell<u8>,
    inode: Cell<u64>,
    #[untraced]
    fd: Cell<Option<c_int>>,
}

impl DirEntry {
    fn name_value(&self) -> Value {
        self.name.get().unwrap_or(Value::NONE)
    }

    fn path_value(&self) -> Value {
        self.path.get().unwrap_or(Value::NONE)
    }

    fn fetch(&self, follow_symlinks: bool) -> PyResult<Value> {
        let info = taipan_objects::native::ArgInfo {
            function: "stat",
            place: taipan_objects::native::ArgPlace::Name("path"),
        };
        let path = self.path_value();
        let path = <PathArg as taipan_objects::native::FromArg>::from_arg(&path, &info)?;
        let (dir, flags) = (
            self.fd.get().unwrap_or(libc::AT_FDCWD),
            follow_flag(follow_symlinks),
        );
        let stat = path.check(blocking::call(|| {
            sys::path::fstatat(dir, path.as_c_str(), flags)
        }))?;
        Ok(stat_value(&stat))
    }

    fn lstat(&self) -> PyResult<Value> {
        if let Some(known) = self.lstat.get() {
            return Ok(known);
        }
        let answer = self.fetch(false)?;
        self.lstat.set(Some(answer.clone()));
        Ok(answer)
    }

    fn symlink(&self) -> PyResult<bool> {
        match self.kind.get() {
            libc::DT_LNK => Ok(true),
            libc::DT_UNKNOWN => Ok(mode_of(&self.lstat()?) & libc::S_IFMT == libc::S_IFLNK),
            _ => Ok(false),
        }
    }

    fn stat(&self, follow_symlinks: bool) -> PyResult<Value> {
        if !follow_symlinks {
            return self.lstat();
        }
        if let Some(known) = self.stat.get() {
            return Ok(known);
        }
        let answer = if self.symlink()? {
            self.fetch(true)?
        } else {
            self.lstat()?
        };
        self.stat.set(Some(answer.clone()));
        Ok(answer)
    }

    /// Whether the file's type is `format` (`S_IF…`), asking the system only where the directory did not say.
    fn has_type(&self, follow_symlinks: bool, format: libc::mode_t) -> PyResult<bool> {
        let is_symlink = self.kind.get() == libc::DT_LNK;
        if self.kind.get() == libc::DT_UNKNOWN || follow_symlinks && is_symlink {
            return match self.stat(follow_symlinks) {
                Ok(stat) => Ok(mode_of(&stat) & libc::S_IFMT == format),
                // A file that is gone has no type.
                Err(raised) if raised.is(ExceptionKind::FileNotFoundError) => Ok(false),
                Err(raised) => Err(raised),
            };
        }
        Ok(match format {
            libc::S_IFDIR => self.kind.get() == libc::DT_DIR,
            libc::S_IFREG => self.kind.get() == libc::DT_REG,
            _ => false,
        })
    }
}

fn mode_of(stat: &Value) -> libc::mode_t {
    let mode = stat
        .downcast::<taipan_objects::tuple::Tuple>()
        .and_then(|fields| fields.get(0));
    mode.and_then(|mode| int::to_i64(&mode)).unwrap_or(0) as libc::mode_t
}

#[methods]
impl DirEntry {
    /// the entry's base filename, relative to scandir() "path" argument
    #[getter(member)]
    fn name(&self) -> Value {
        self.name_value()
    }

    /// the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)
    #[getter(member)]
    fn path(&self) -> Value {
        self.path_value()
    }

    /// Return True if the entry is a directory; cached per entry.
    #[method("($self, /, *, follow_symlinks=True)")]
    fn is_dir(&self, follow_symlinks: bool) -> PyResult<bool> {
        self.has_type(follow_symlinks, libc::S_IFDIR)
    }

    /// Return True if the entry is a file; cached per entry.
    #[method("($self, /, *, follow_symlinks=True)")]
    fn is_file(&self, follow_symlinks: bool) -> PyResult<bool> {
        self.has_type(follow_symlinks, libc::S_IFREG)
    }

    /// Return True if the entry is a symbolic link; cached per entry.
    #[method("($self, /)")]
    fn is_symlink(&self) -> PyResult<bool> {
        match self.symlink() {
            Err(raised) if raised.is(ExceptionKind::FileNotFoundError) => Ok(false),
            answer => answer,
        }
    }

    /// Return True if the entry is a junction; cached per entry.
    #[method("($self, /)")]
    fn is_junction(&self) -> bool {
        false
    }

    /// Return stat_result object for the entry; cached per entry.
    #[method("($self, /, *, follow_symlinks=True)", name = "stat")]
    fn stat_method(&self, follow_symlinks: bool) -> PyResult<Value> {
        self.stat(follow_symlinks)
    }

    /// Return inode of the entry; cached per entry.
    #[method("($self, /)")]
    fn inode(&self) -> u64 {
        self.inode.get()
    }

    /// Returns the path for the entry.
    #[method("($self, /)")]
    fn __fspath__(&self) -> Value {
        self.path_value()
    }

    /// See PEP 585
    #[classmethod("($type, item, /)", nosig)]
    fn __class_getitem__(class: &Ref<Type>, item: &Value) -> PyResult<Value> {
        generic_alias::new(class.as_value(), item)
    }

    #[slot(repr)]
    fn repr(&self) -> PyResult<String> {
        Ok(format!(
            "<DirEntry {}>",
            protocol::repr(&self.name_value())?.to_display()
        ))
    }
}
