//! `TextIOWrapper`: text over a buffered binary file.
//!
//! Invariants: `decoded` and `used` say which characters were decoded and given out; the snapshot, kept only while
//! positions may be asked for, is the decoder's state and input before them; encoded bytes that the file below did not
//! take yet are in `pending`.

mod codec;
mod reading;
mod seeking;
mod writing;

use std::cell::{Cell, RefCell};

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::{Payload, Type};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::heap;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

use super::base::{
    TextIoBase, both_errors, is_exactly, limit_of, refuse_pickle, size_argument, unsupported,
};
use super::buffered;
use super::newline::{LineEnd, is_valid_newline};
use codec::{Codec, Decoding};

/// What the decoder was given, and its flags before.
#[derive(Clone)]
struct Snapshot {
    flags: i64,
    input: Vec<u8>,
}

/// The payload of `TextIOWrapper`.
#[class(
    name = "TextIOWrapper",
    module = "_io",
    extends = TextIoBase,
    flags(BASETYPE, FINALIZER),
    doc = "Character and line based layer over a BufferedIOBase object, buffer.\n\nencoding gives the name of the encoding that the stream will be\ndecoded or encoded with. It defaults to locale.getencoding().\n\nerrors determines the strictness of encoding and decoding (see\nhelp(codecs.Codec) or the documentation for codecs.register) and\ndefaults to \"strict\".\n\nnewline controls how line endings are handled. It can be None, '',\n'\\n', '\\r', and '\\r\\n'.  It works as follows:\n\n* On input, if newline is None, universal newlines mode is\n  enabled. Lines in the input can end in '\\n', '\\r', or '\\r\\n', and\n  these are translated into '\\n' before being returned to the\n  caller. If it is '', universal newline mode is enabled, but line\n  endings are returned to the caller untranslated. If it has any of\n  the other legal values, input lines are only terminated by the given\n  string, and the line ending is returned to the caller untranslated.\n\n* On output, if newline is None, any '\\n' characters written are\n  translated to the system default line separator, os.linesep. If\n  newline is '' or '\\n', no translation takes place. If newline is any\n  of the other legal values, any '\\n' characters written are translated\n  to the given string.\n\nIf line_buffering is True, a call to flush is implied when a call to\nwrite contains a newline character."
)]
#[repr(C)]
pub struct TextIo {
    base: TextIoBase,
    buffer: Slot,
    detached: Cell<bool>,
    encoding: Slot<Ref<Str>>,
    errors: Slot<Ref<Str>>,
    #[untraced]
    codec: Cell<Codec>,
    has_encoder: Cell<bool>,
    has_decoder: Cell<bool>,
    /// The Python encoder of [`Codec::Other`].
    encoder: Slot,
    decoding: Decoding,
    line_buffering: Cell<bool>,
    write_through: Cell<bool>,
    /// What `\n` becomes when it is written, where it changes.
    write_end: Slot<Ref<Str>>,
    #[untraced]
    line_end: Cell<LineEnd>,
    /// Whether `newline` was None, and whether it was None or empty.
    #[untraced]
    newline_mode: Cell<(bool, bool)>,
    seekable: Cell<bool>,
    telling: Cell<bool>,
    has_read1: Cell<bool>,
    chunk_size: Cell<usize>,
    decoded: Slot<Ref<Str>>,
    used: Cell<usize>,
    #[untraced]
    snapshot: RefCell<Option<Snapshot>>,
    #[untraced]
    bytes_per_char: Cell<f64>,
    #[untraced]
    pending: RefCell<Vec<u8>>,
}

const CHUNK_SIZE: usize = 8192;

impl TextIo {
    fn unopened() -> TextIo {
        TextIo {
            base: TextIoBase::default(),
            buffer: Slot::empty(),
            detached: Cell::new(false),
            encoding: Slot::empty(),
            errors: Slot::empty(),
            codec: Cell::new(Codec::Utf8),
            has_encoder: Cell::new(false),
            has_decoder: Cell::new(false),
            encoder: Slot::empty(),
            decoding: Decoding::default(),
            line_buffering: Cell::new(false),
            write_through: Cell::new(false),
            write_end: Slot::empty(),
            line_end: Cell::new(LineEnd::Feed),
            newline_mode: Cell::new((true, true)),
            seekable: Cell::new(false),
            telling: Cell::new(false),
            has_read1: Cell::new(false),
            chunk_size: Cell::new(CHUNK_SIZE),
            decoded: Slot::empty(),
            used: Cell::new(0),
            snapshot: RefCell::new(None),
            bytes_per_char: Cell::new(0.0),
            pending: RefCell::new(Vec::new()),
        }
    }

    /// A text file over `buffer`: what `TextIOWrapper(buffer, encoding, errors, newline, line_buffering)` makes.
    pub fn open(
        buffer: &Value,
        encoding: Option<&Ref<Str>>,
        errors: Option<&Ref<Str>>,
        newline: Option<&Ref<Str>>,
        line_buffering: bool,
    ) -> PyResult<Ref<TextIo>> {
        let this = heap::new_object(<TextIo as Payload>::class(), TextIo::unopened());
        this.start(buffer, encoding, errors, newline, line_buffering, false)?;
        Ok(this)
    }

    fn start(
        &self,
        buffer: &Value,
        encoding: Option<&Ref<Str>>,
        errors: Option<&Ref<Str>>,
        newline: Option<&Ref<Str>>,
        line_buffering: bool,
        write_through: bool,
    ) -> PyResult<()> {
        self.buffer.set(None);
        self.detached.set(false);
        let encoding = match encoding {
            None => {
                super::open::warn_of_default_encoding(1)?;
                super::open::default_encoding()
            }
            Some(encoding) if encoding.eq_str("locale") => super::open::locale_encoding(),
            Some(encoding) => encoding.to_exact(),
        };
        let errors = errors.map_or_else(|| id!("strict").clone(), Ref::to_exact);
        for text in [&encoding, &errors] {
            if text.units().find_code(0).is_some() {
                bail!(ValueError, "embedded null character");
            }
        }
        self.set_newline(newline)?;
        self.encoding.set(Some(encoding));
        self.errors.set(Some(errors));
        self.line_buffering.set(line_buffering);
        self.write_through.set(write_through);
        self.chunk_size.set(CHUNK_SIZE);
        self.set_decoded(None);
        self.snapshot.replace(None);
        self.pending.borrow_mut().clear();
        self.bytes_per_char.set(0.0);
        self.start_codec(buffer)?;
        self.buffer.set(Some(buffer.clone()));
        let seekable = protocol::is_true(&protocol::call_method(buffer, id!("seekable"), &[])?)?;
        self.seekable.set(seekable);
        self.telling.set(seekable);
        self.has_read1
            .set(protocol::getattr_optional(buffer, id!("read1"))?.is_some());
        self.settle_encoder(buffer)
    }

    /// Makes decoder and encoder for what `buffer` can do.
    fn start_codec(&self, buffer: &Value) -> PyResult<()> {
        let (encoding, errors) = (self.encoding_name(), self.errors_name());
        let codec = Codec::of_name(&encoding);
        let info = if codec == Codec::Other {
            Some(codec::lookup_text(&encoding)?)
        } else {
            None
        };
        self.codec.set(codec);
        self.encoder.set(None);
        let readable = protocol::is_true(&protocol::call_method(buffer, id!("readable"), &[])?)?;
        self.has_decoder.set(readable);
        if readable {
            let (translate, universal) = self.newline_mode.get();
            self.decoding
                .start(codec, info.as_ref(), &errors, universal, translate)?;
        }
        let writable = protocol::is_true(&protocol::call_method(buffer, id!("writable"), &[])?)?;
        self.has_encoder.set(writable);
        if let (true, Some(info)) = (writable, &info) {
            let factory = protocol::getattr(info, id!("incrementalencoder"))?;
            self.encoder
                .set(Some(protocol::call1(&factory, errors.as_value())?));
        }
        Ok(())
    }

    /// A file that is not at its start gets no mark.
    fn settle_encoder(&self, buffer: &Value) -> PyResult<()> {
        if !self.seekable.get() || self.encoder.get().is_none() {
            return Ok(());
        }
        let position = protocol::call_method(buffer, id!("tell"), &[])?;
        if protocol::equal(&position, &int::new(0))? {
            Ok(())
        } else {
            self.reset_encoder(false)
        }
    }

    fn set_newline(&self, newline: Option<&Ref<Str>>) -> PyResult<()> {
        let name = newline.map(|newline| newline.to_display());
        let name = name.as_deref();
        if let Some(name) = name
            && !is_valid_newline(name)
        {
            bail!(ValueError, "illegal newline value: {name}");
        }
        self.newline_mode
            .set((name.is_none(), name.is_none_or(str::is_empty)));
        self.line_end.set(LineEnd::of_newline(name));
        self.write_end
            .set(name.filter(|name| name.starts_with('\r')).map(Str::new));
        Ok(())
    }

    fn encoding_name(&self) -> Ref<Str> {
        self.encoding.get().unwrap_or_else(|| id!("utf-8").clone())
    }

    fn errors_name(&self) -> Ref<Str> {
        self.errors.get().unwrap_or_else(|| id!("strict").clone())
    }

    /// The file below, or ValueError where there is none.
    fn attached(&self) -> PyResult<Value> {
        match self.buffer.get() {
            Some(buffer) => Ok(buffer),
            None if self.detached.get() => bail!(ValueError, "underlying buffer has been detached"),
            None => bail!(ValueError, "I/O operation on uninitialized object"),
        }
    }

    /// ValueError if the file is closed.
    #[inline]
    fn check_open(&self, this: &Value) -> PyResult<()> {
        let buffer = self.attached()?;
        let closed = if is_exactly::<TextIo>(this) {
            match buffered::buffer_of(&buffer) {
                Some(below) => below.is_closed()?,
                None => super::base::is_closed(&buffer)?,
            }
        } else {
            super::base::is_closed(this)?
        };
        if closed {
            bail!(ValueError, "I/O operation on closed file.");
        }
        Ok(())
    }

    fn close(&self, this: &Value) -> PyResult<Value> {
        let buffer = self.attached()?;
        if super::base::is_closed(this)? {
            return Ok(Value::NONE);
        }
        if self.base.base.finalizing.get() {
            // A file below without the method has nothing to warn of.
            let _ =
                protocol::call_method(&buffer, id!("_dealloc_warn"), std::slice::from_ref(this));
        }
        let flushed = protocol::call_method(this, id!("flush"), &[]);
        let closed = protocol::call_method(&buffer, id!("close"), &[]);
        self.pending.replace(Vec::new());
        both_errors(flushed, closed)
    }
}

/// What `reconfigure` changes.
struct Changes<'a> {
    encoding: Option<&'a Ref<Str>>,
    errors: Option<&'a Ref<Str>>,
    newline: Option<Option<&'a Ref<Str>>>,
    line_buffering: Option<bool>,
    write_through: Option<bool>,
}

impl TextIo {
    fn change(&self, this: &Value, changes: &Changes<'_>) -> PyResult<()> {
        let changes_text =
            changes.encoding.is_some() || changes.errors.is_some() || changes.newline.is_some();
        if changes_text && self.decoded.get().is_some() {
            return Err(unsupported(
                "It is not possible to set the encoding or newline of stream after the first read",
            ));
        }
        if let Some(Some(newline)) = changes.newline
            && !is_valid_newline(&newline.to_display())
        {
            bail!(
                ValueError,
                "illegal newline value: {}",
                newline.to_display()
            );
        }
        protocol::call_method(this, id!("flush"), &[])?;
        let buffer = self.attached()?;
        if let Some(newline) = changes.newline {
            self.set_newline(newline)?;
        }
        if changes.encoding.is_some() || changes.errors.is_some() {
            if let Some(encoding) = changes.encoding {
                let encoding = if encoding.eq_str("locale") {
                    super::open::locale_encoding()
                } else {
                    encoding.to_exact()
                };
                // An unknown encoding leaves everything as it was.
                if Codec::of_name(&encoding) == Codec::Other {
                    codec::lookup_text(&encoding)?;
                }
                self.encoding.set(Some(encoding));
                if changes.errors.is_none() {
                    self.errors.set(Some(id!("strict").clone()));
                }
            }
            if let Some(errors) = changes.errors {
                self.errors.set(Some(errors.to_exact()));
            }
            self.start_codec(&buffer)?;
            self.settle_encoder(&buffer)?;
        } else if changes.newline.is_some() && self.has_decoder.get() {
            let (translate, universal) = self.newline_mode.get();
            self.decoding.set_newlines(universal, translate);
        }
        if let Some(line_buffering) = changes.line_buffering {
            self.line_buffering.set(line_buffering);
        }
        if let Some(write_through) = changes.write_through {
            self.write_through.set(write_through);
        }
        Ok(())
    }
}

fn optional_flag(value: Option<&Value>) -> PyResult<Option<bool>> {
    match value {
        Some(value) if !value.is_none() => protocol::is_true(value).map(Some),
        _ => Ok(None),
    }
}

fn optional_text<'a>(value: Option<&'a Value>, what: &str) -> PyResult<Option<&'a Ref<Str>>> {
    match value {
        Some(value) if !value.is_none() => match value.downcast::<Str>() {
            Some(text) => Ok(Some(text)),
            None => bail!(
                TypeError,
                "reconfigure() argument '{what}' must be str or None, not {}",
                value.class().name()
            ),
        },
        _ => Ok(None),
    }
}

#[methods]
impl TextIo {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, TextIo::unopened()).into_value()
    }

    #[init(
        "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)"
    )]
    fn init(
        this: &Ref<Self>,
        buffer: &Value,
        encoding: Option<&Ref<Str>>,
        errors: Option<&Ref<Str>>,
        newline: Option<&Ref<Str>>,
        line_buffering: bool,
        write_through: bool,
    ) -> PyResult<()> {
        this.start(
            buffer,
            encoding,
            errors,
            newline,
            line_buffering,
            write_through,
        )
    }

    /// Reconfigure the text stream with new parameters.
    ///
    /// This also does an implicit stream flush.
    #[method(
        "($self, /, *, encoding=None, errors=None, newline=None, line_buffering=None, write_through=None)",
        nosig
    )]
    fn reconfigure(this: &Ref<Self>, args: Args<'_>) -> PyResult<()> {
        if let Some(first) = args.positional().first() {
            let _ = first;
            bail!(TypeError, "reconfigure() takes no positional arguments");
        }
        let known = [
            "encoding",
            "errors",
            "newline",
            "line_buffering",
            "write_through",
        ];
        if let Some((name, _)) = args
            .keywords()
            .find(|(name, _)| !known.iter().any(|known| name.eq_str(known)))
        {
            bail!(
                TypeError,
                "reconfigure() got an unexpected keyword argument '{}'",
                name.to_display()
            );
        }
        let newline = match args.keyword("newline") {
            None => None,
            Some(value) if value.is_none() => Some(None),
            Some(value) => match value.downcast::<Str>() {
                Some(newline) => Some(Some(newline)),
                None => bail!(
                    TypeError,
                    "newline must be str or None, not {}",
                    value.class().name()
                ),
            },
        };
        let changes = Changes {
            encoding: optional_text(args.keyword("encoding"), "encoding")?,
            errors: optional_text(args.keyword("errors"), "errors")?,
            newline,
            line_buffering: optional_flag(args.keyword("line_buffering"))?,
            write_through: optional_flag(args.keyword("write_through"))?,
        };
        this.attached()?;
        this.change(this.as_value(), &changes)
    }

    #[method("($self, /)", name = "detach")]
    fn detach_method(this: &Ref<Self>) -> PyResult<Value> {
        this.attached()?;
        protocol::call_method(this.as_value(), id!("flush"), &[])?;
        let buffer = this.attached()?;
        this.buffer.set(None);
        this.detached.set(true);
        Ok(buffer)
    }

    #[method("($self, text, /)", name = "write")]
    fn write_method(this: &Ref<Self>, text: &Ref<Str>) -> PyResult<usize> {
        this.write(this.as_value(), text)
    }

    #[method("($self, size=-1, /)", name = "read")]
    fn read_method(this: &Ref<Self>, size: Option<&Value>) -> PyResult<Ref<Str>> {
        this.read(this.as_value(), limit_of(size_argument(size)?))
    }

    #[method("($self, size=-1, /)")]
    fn readline(this: &Ref<Self>, size: isize) -> PyResult<Ref<Str>> {
        this.read_line(this.as_value(), limit_of(Some(size)))
    }

    #[slot(next)]
    fn next(this: &Ref<Self>) -> PyResult<Option<Value>> {
        this.telling.set(false);
        let line = if is_exactly::<TextIo>(this.as_value()) {
            this.read_line(this.as_value(), None)?
        } else {
            let line = protocol::call_method(this.as_value(), id!("readline"), &[])?;
            match line.into_ref::<Str>() {
                Ok(line) => line,
                Err(other) => bail!(
                    OSError,
                    "readline() should have returned an str object, not '{}'",
                    other.class().name()
                ),
            }
        };
        if line.is_empty() {
            this.snapshot.replace(None);
            this.telling.set(this.seekable.get());
            return Ok(None);
        }
        Ok(Some(line.into_value()))
    }

    #[method("($self, /)", name = "flush")]
    fn flush_method(this: &Ref<Self>) -> PyResult<Value> {
        this.flush(this.as_value())
    }

    #[method("($self, /)", name = "close")]
    fn close_method(this: &Ref<Self>) -> PyResult<Value> {
        this.close(this.as_value())
    }

    /// Set the stream position, and return the new stream position.
    ///
    ///   cookie
    ///     Zero or an opaque number returned by tell().
    ///   whence
    ///     The relative position to seek from.
    ///
    /// Four operations are supported, given by the following argument
    /// combinations:
    ///
    /// - seek(0, SEEK_SET): Rewind to the start of the stream.
    /// - seek(cookie, SEEK_SET): Restore a previous position.
    /// - seek(0, SEEK_END): Fast-forward to the end of the stream.
    /// - seek(0, SEEK_CUR): Leave the current stream position unchanged.
    ///
    /// Any other argument combinations are invalid,
    /// and may raise exceptions.
    #[method("($self, cookie, whence=0, /)", name = "seek")]
    fn seek_method(this: &Ref<Self>, cookie: &Value, whence: i32) -> PyResult<Value> {
        this.seek(this.as_value(), cookie, whence)
    }

    /// Return the stream position as an opaque number.
    ///
    /// The return value of tell() can be given as input to seek(), to restore a
    /// previous stream position.
    #[method("($self, /)", name = "tell")]
    fn tell_method(this: &Ref<Self>) -> PyResult<Value> {
        this.tell(this.as_value())
    }

    #[method("($self, pos=None, /)", name = "truncate")]
    fn truncate_method(this: &Ref<Self>, pos: Option<&Value>) -> PyResult<Value> {
        this.truncate(this.as_value(), pos)
    }

    #[method("($self, /)")]
    fn fileno(&self) -> PyResult<Value> {
        protocol::call_method(&self.attached()?, id!("fileno"), &[])
    }

    #[method("($self, /)", name = "seekable")]
    fn seekable_method(&self) -> PyResult<Value> {
        protocol::call_method(&self.attached()?, id!("seekable"), &[])
    }

    #[method("($self, /)")]
    fn readable(&self) -> PyResult<Value> {
        protocol::call_method(&self.attached()?, id!("readable"), &[])
    }

    #[method("($self, /)")]
    fn writable(&self) -> PyResult<Value> {
        protocol::call_method(&self.attached()?, id!("writable"), &[])
    }

    #[method("($self, /)")]
    fn isatty(&self) -> PyResult<Value> {
        protocol::call_method(&self.attached()?, id!("isatty"), &[])
    }

    #[method("($self, /)", nosig)]
    fn __getstate__(this: &Value) -> PyResult<()> {
        Err(refuse_pickle(this))
    }

    #[getter(name = "encoding", member)]
    fn encoding_getter(&self) -> Option<Ref<Str>> {
        self.encoding.get()
    }

    #[getter(name = "buffer", member)]
    fn buffer_getter(&self) -> Option<Value> {
        self.buffer.get()
    }

    #[getter(name = "line_buffering", member)]
    fn line_buffering_getter(&self) -> bool {
        self.line_buffering.get()
    }

    #[getter(name = "write_through", member)]
    fn write_through_getter(&self) -> bool {
        self.write_through.get()
    }

    #[getter]
    fn name(&self) -> PyResult<Value> {
        protocol::getattr(&self.attached()?, id!("name"))
    }

    #[getter]
    fn closed(&self) -> PyResult<Value> {
        protocol::getattr(&self.attached()?, id!("closed"))
    }

    #[getter(name = "newlines")]
    fn newlines_getter(&self) -> PyResult<Value> {
        self.attached()?;
        Ok(if self.has_decoder.get() {
            self.decoding.newlines_value()
        } else {
            Value::NONE
        })
    }

    #[getter(name = "errors")]
    fn errors_getter(&self) -> PyResult<Ref<Str>> {
        self.attached()?;
        Ok(self.errors_name())
    }

    #[getter(name = "_CHUNK_SIZE")]
    fn chunk_size_getter(&self) -> PyResult<usize> {
        self.attached()?;
        Ok(self.chunk_size.get())
    }

    #[setter(name = "_CHUNK_SIZE")]
    fn set_chunk_size(&self, value: Option<&Value>) -> PyResult<()> {
        self.attached()?;
        let Some(value) = value else {
            bail!(AttributeError, "cannot delete attribute")
        };
        match usize::try_from(int::as_isize(value)?) {
            Ok(size) if size > 0 => {
                self.chunk_size.set(size);
                Ok(())
            }
            _ => bail!(ValueError, "a strictly positive integer is required"),
        }
    }

    #[slot(repr)]
    fn repr(this: &Ref<Self>) -> PyResult<String> {
        let class = this.class().display_name();
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            bail!(RuntimeError, "reentrant call inside {class}.__repr__");
        };
        if this.buffer.get().is_none() && !this.detached.get() {
            bail!(ValueError, "I/O operation on uninitialized object");
        }
        let mut text = format!("<{class}");
        for name in ["name", "mode"] {
            let value = match protocol::getattr_optional(this.as_value(), &Str::intern(name)) {
                Ok(value) => value,
                // A file whose buffer is gone is shown without a name.
                Err(raised) if raised.is(ExceptionKind::ValueError) => None,
                Err(raised) => return Err(raised),
            };
            if let Some(value) = value {
                text.push_str(&format!(" {name}={}", protocol::repr(&value)?.to_display()));
            }
        }
        let encoding = protocol::repr(this.encoding_name().as_value())?;
        text.push_str(&format!(" encoding={}>", encoding.to_display()));
        Ok(text)
    }
}
