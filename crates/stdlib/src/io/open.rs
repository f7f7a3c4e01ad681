//! `open` and its neighbours.

use taipan_macros::function;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, warnings};

use super::DEFAULT_BUFFER_SIZE;
use super::buffered::{BufferedRandom, BufferedReader, BufferedWriter};
use super::file::FileIo;
use super::text::TextIo;

/// The name of the encoding of the locale.
pub fn locale_encoding() -> Ref<Str> {
    // The C locale is taken for UTF-8 mode (PEP 540), where the name is written in small letters.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match locale.as_deref() {
        None | Some("C" | "POSIX") => id!("utf-8").clone(),
        Some(_) => id!("UTF-8").clone(),
    }
}

/// Tells that an encoding was not given, where `-X warn_default_encoding` wants to know.
pub fn warn_of_default_encoding(stack_level: isize) -> PyResult<()> {
    if !crate::config::get().warn_default_encoding {
        return Ok(());
    }
    warnings::warn_at(
        ExceptionKind::EncodingWarning,
        "'encoding' argument not specified",
        stack_level,
    )
}

/// The encoding of text files that are opened without one.
pub fn default_encoding() -> Ref<Str> {
    locale_encoding()
}

/// The parts of a mode string.
#[derive(Default)]
struct OpenMode {
    creating: bool,
    reading: bool,
    writing: bool,
    appending: bool,
    updating: bool,
    text: bool,
    binary: bool,
}

impl OpenMode {
    fn parse(mode: &Str) -> PyResult<OpenMode> {
        let mut parsed = OpenMode::default();
        let shown = mode.to_display();
        for letter in shown.chars() {
            let flag = match letter {
                'x' => &mut parsed.creating,
                'r' => &mut parsed.reading,
                'w' => &mut parsed.writing,
                'a' => &mut parsed.appending,
                '+' => &mut parsed.updating,
                't' => &mut parsed.text,
                'b' => &mut parsed.binary,
                _ => bail!(ValueError, "invalid mode: '{shown}'"),
            };
            // A letter that stands twice is as wrong as an unknown one.
            if std::mem::replace(flag, true) {
                bail!(ValueError, "invalid mode: '{shown}'");
            }
        }
        if parsed.text && parsed.binary {
            bail!(ValueError, "can't have text and binary mode at once");
        }
        let kinds = [
            parsed.creating,
            parsed.reading,
            parsed.writing,
            parsed.appending,
        ];
        if kinds.into_iter().filter(|&kind| kind).count() != 1 {
            bail!(
                ValueError,
                "must have exactly one of create/read/write/append mode"
            );
        }
        Ok(parsed)
    }

    fn raw_mode(&self) -> String {
        let letters = [
            (self.creating, 'x'),
            (self.reading, 'r'),
            (self.writing, 'w'),
            (self.appending, 'a'),
            (self.updating, '+'),
        ];
        letters
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, letter)| letter)
            .collect()
    }
}

/// Opens a file as the builtin `open` does.
#[derive(Default)]
pub struct OpenOptions<'a> {
    /// `buffering`, if not the default.
    pub buffering: Option<i32>,
    /// `encoding`.
    pub encoding: Option<&'a Ref<Str>>,
    /// `errors`.
    pub errors: Option<&'a Ref<Str>>,
    /// `newline`.
    pub newline: Option<&'a Ref<Str>>,
    /// Whether the descriptor stays open when the file is closed.
    pub keep_descriptor: bool,
    /// `opener`.
    pub opener: Option<&'a Value>,
}

/// Opens a file as the builtin `open` does.
pub fn open_file(file: &Value, mode: &Ref<Str>, options: &OpenOptions<'_>) -> PyResult<Value> {
    let file = if int::is_int(file) {
        file.clone()
    } else {
        crate::filesystem::fs_path(file)?
    };
    let parsed = OpenMode::parse(mode)?;
    if parsed.binary {
        for (given, what) in [
            (options.encoding, "an encoding"),
            (options.errors, "an errors"),
            (options.newline, "a newline"),
        ] {
            if given.is_some() {
                bail!(ValueError, "binary mode doesn't take {what} argument");
            }
        }
        if options.buffering == Some(1) {
            warnings::warn(
                ExceptionKind::RuntimeWarning,
                "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used",
            )?;
        }
    }
    let raw = FileIo::open(
        &file,
        &parsed.raw_mode(),
        !options.keep_descriptor,
        options.opener,
    )?;
    match wrap(&raw, &parsed, mode, options) {
        Ok(opened) => Ok(opened),
        Err(raised) => {
            let closed = protocol::call_method(raw.as_value(), id!("close"), &[]);
            super::base::both_errors(Err(raised), closed)
        }
    }
}

fn wrap(
    raw: &Ref<FileIo>,
    parsed: &OpenMode,
    mode: &Ref<Str>,
    options: &OpenOptions<'_>,
) -> PyResult<Value> {
    let is_terminal = raw.is_terminal_at_open()?;
    let mut buffering = i64::from(options.buffering.unwrap_or(-1));
    let line_buffering = buffering == 1 || (buffering < 0 && is_terminal);
    if line_buffering {
        buffering = -1;
    }
    if buffering == -1 {
        buffering = raw
            .preferred_block()
            .min(8 << 20)
            .max(DEFAULT_BUFFER_SIZE as i64);
    }
    if buffering < 0 {
        bail!(ValueError, "invalid buffering size");
    }
    if buffering == 0 {
        if !parsed.binary {
            bail!(ValueError, "can't have unbuffered text I/O");
        }
        return Ok(raw.to_value());
    }
    let class = if parsed.updating {
        BufferedRandom::init_class()
    } else if parsed.reading {
        BufferedReader::init_class()
    } else {
        BufferedWriter::init_class()
    };
    let buffer = protocol::call2(class.as_value(), raw.as_value(), &int::new(buffering))?;
    if parsed.binary {
        return Ok(buffer);
    }
    let text = TextIo::open(
        &buffer,
        options.encoding,
        options.errors,
        options.newline,
        line_buffering,
    )?;
    protocol::setattr(text.as_value(), id!("mode"), mode.as_value())?;
    Ok(text.into_value())
}

/// Open file and return a stream.  Raise OSError upon failure.
///
/// file is either a text or byte string giving the name (and the path
/// if the file isn't in the current working directory) of the file to
/// be opened or an integer file descriptor of the file to be
/// wrapped. (If a file descriptor is given, it is closed when the
/// returned I/O object is closed, unless closefd is set to False.)
///
/// mode is an optional string that specifies the mode in which the file
/// is opened. It defaults to 'r' which means open for reading in text
/// mode.  Other common values are 'w' for writing (truncating the file if
/// it already exists), 'x' for creating and writing to a new file, and
/// 'a' for appending (which on some Unix systems, means that all writes
/// append to the end of the file regardless of the current seek position).
/// In text mode, if encoding is not specified the encoding used is platform
/// dependent: locale.getencoding() is called to get the current locale encoding.
/// (For reading and writing raw bytes use binary mode and leave encoding
/// unspecified.) The available modes are:
///
/// ========= ===============================================================
/// Character Meaning
/// --------- ---------------------------------------------------------------
/// 'r'       open for reading (default)
/// 'w'       open for writing, truncating the file first
/// 'x'       create a new file and open it for writing
/// 'a'       open for writing, appending to the end of the file if it exists
/// 'b'       binary mode
/// 't'       text mode (default)
/// '+'       open a disk file for updating (reading and writing)
/// ========= ===============================================================
///
/// The default mode is 'rt' (open for reading text). For binary random
/// access, the mode 'w+b' opens and truncates the file to 0 bytes, while
/// 'r+b' opens the file without truncation. The 'x' mode implies 'w' and
/// raises an `FileExistsError` if the file already exists.
///
/// Python distinguishes between files opened in binary and text modes,
/// even when the underlying operating system doesn't. Files opened in
/// binary mode (appending 'b' to the mode argument) return contents as
/// bytes objects without any decoding. In text mode (the default, or when
/// 't' is appended to the mode argument), the contents of the file are
/// returned as strings, the bytes having been first decoded using a
/// platform-dependent encoding or using the specified encoding if given.
///
/// buffering is an optional integer used to set the buffering policy.
/// Pass 0 to switch buffering off (only allowed in binary mode), 1 to select
/// line buffering (only usable in text mode), and an integer > 1 to indicate
/// the size of a fixed-size chunk buffer.  When no buffering argument is
/// given, the default buffering policy works as follows:
///
/// * Binary files are buffered in fixed-size chunks; the size of the buffer
///  is max(min(blocksize, 8 MiB), DEFAULT_BUFFER_SIZE)
///  when the device block size is available.
///  On most systems, the buffer will typically be 128 kilobytes long.
///
/// * "Interactive" text files (files for which isatty() returns True)
///   use line buffering.  Other text files use the policy described above
///   for binary files.
///
/// encoding is the name of the encoding used to decode or encode the
/// file. This should only be used in text mode. The default encoding is
/// platform dependent, but any encoding supported by Python can be
/// passed.  See the codecs module for the list of supported encodings.
///
/// errors is an optional string that specifies how encoding errors are to
/// be handled---this argument should not be used in binary mode. Pass
/// 'strict' to raise a ValueError exception if there is an encoding error
/// (the default of None has the same effect), or pass 'ignore' to ignore
/// errors. (Note that ignoring encoding errors can lead to data loss.)
/// See the documentation for codecs.register or run 'help(codecs.Codec)'
/// for a list of the permitted encoding error strings.
///
/// newline controls how universal newlines works (it only applies to text
/// mode). It can be None, '', '\n', '\r', and '\r\n'.  It works as
/// follows:
///
/// * On input, if newline is None, universal newlines mode is
///   enabled. Lines in the input can end in '\n', '\r', or '\r\n', and
///   these are translated into '\n' before being returned to the
///   caller. If it is '', universal newline mode is enabled, but line
///   endings are returned to the caller untranslated. If it has any of
///   the other legal values, input lines are only terminated by the given
///   string, and the line ending is returned to the caller untranslated.
///
/// * On output, if newline is None, any '\n' characters written are
///   translated to the system default line separator, os.linesep. If
///   newline is '' or '\n', no translation takes place. If newline is any
///   of the other legal values, any '\n' characters written are translated
///   to the given string.
///
/// If closefd is False, the underlying file descriptor will be kept open
/// when the file is closed. This does not work when a file name is given
/// and must be True in that case.
///
/// A custom opener can be used by passing a callable as *opener*. The
/// underlying file descriptor for the file object is then obtained by
/// calling *opener* with (*file*, *flags*). *opener* must return an open
/// file descriptor (passing os.open as *opener* results in functionality
/// similar to passing None).
///
/// open() returns a file object whose type depends on the mode, and
/// through which the standard file operations such as reading and writing
/// are performed. When open() is used to open a file in a text mode ('w',
/// 'r', 'wt', 'rt', etc.), it returns a TextIOWrapper. When used to open
/// a file in a binary mode, the returned class varies: in read binary
/// mode, it returns a BufferedReader; in write binary and append binary
/// modes, it returns a BufferedWriter, and in read/write mode, it returns
/// a BufferedRandom.
///
/// It is also possible to use a string or bytearray as a file for both
/// reading and writing. For strings StringIO can be used like a file
/// opened in a text mode, and for bytes a BytesIO can be used like a file
/// opened in a binary mode.
#[function(
    "(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)"
)]
pub fn open(
    file: &Value,
    mode: &Ref<Str>,
    buffering: i32,
    encoding: Option<&Ref<Str>>,
    errors: Option<&Ref<Str>>,
    newline: Option<&Ref<Str>>,
    closefd: bool,
    opener: Option<&Value>,
) -> PyResult<Value> {
    let options = OpenOptions {
        buffering: Some(buffering),
        encoding,
        errors,
        newline,
        keep_descriptor: !closefd,
        opener,
    };
    open_file(file, mode, &options)
}

/// Opens the provided file with the intent to import the contents.
///
/// This may perform extra validation beyond open(), but is otherwise interchangeable
/// with calling open(path, 'rb').
#[function("(path)")]
pub fn open_code(path: &Ref<Str>) -> PyResult<Value> {
    open_file(path.as_value(), id!("rb"), &OpenOptions::default())
}

/// A helper function to choose the text encoding.
///
/// When encoding is not None, this function returns it.
/// Otherwise, this function returns the default text encoding
/// (i.e. "locale" or "utf-8" depends on UTF-8 mode).
///
/// This function emits an EncodingWarning if encoding is None and
/// sys.flags.warn_default_encoding is true.
///
/// This can be used in APIs with an encoding=None parameter.
/// However, please consider using encoding="utf-8" for new APIs.
#[function("(encoding, stacklevel=2, /)")]
pub fn text_encoding(encoding: &Value, stacklevel: i32) -> PyResult<Value> {
    if !encoding.is_none() {
        return Ok(encoding.clone());
    }
    warn_of_default_encoding(stacklevel as isize)?;
    let flags = runtime::import_attribute("sys", "flags")?;
    let is_set = |name: &'static Ref<Str>| -> PyResult<bool> {
        match protocol::getattr_optional(&flags, name)? {
            Some(flag) => protocol::is_true(&flag),
            None => Ok(false),
        }
    };
    Ok(if is_set(id!("utf8_mode"))? {
        id!("utf-8").to_value()
    } else {
        id!("locale").to_value()
    })
}
