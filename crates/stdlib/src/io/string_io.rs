//! `StringIO`: a text file in memory.
//!
//! Text that is only appended to is collected in a builder, as narrow as it is; the first write in the middle turns it
//! into code points of four bytes, which can be overwritten in place.

use std::cell::{Cell, RefCell};

use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::cell::Slot;
use taipan_objects::class::Type;
use taipan_objects::heap;
use taipan_objects::instance;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::str::{Str, StrBuilder, Units};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

use super::base::{TextIoBase, limit_of, size_argument};
use super::bytes_io::{attributes, restore_attributes};
use super::newline::{LineEnd, Newlines, is_valid_newline, replace_feeds};

enum Text {
    /// Appended to only.
    Growing(StrBuilder),
    /// Written in the middle.
    Open(Vec<u32>),
}

impl Default for Text {
    fn default() -> Text {
        Text::Growing(StrBuilder::new())
    }
}

impl Text {
    fn units(&self) -> Units<'_> {
        match self {
            Text::Growing(builder) => builder.units(),
            Text::Open(codes) => Units::Four(codes),
        }
    }

    fn len(&self) -> usize {
        self.units().len()
    }

    fn write(&mut self, position: usize, text: &Str) {
        if let Text::Growing(builder) = self {
            if position == builder.len() {
                return builder.push_string(text);
            }
            let codes = builder.units().code_points().collect();
            *self = Text::Open(codes);
        }
        if let Text::Open(codes) = self {
            // What lies between the old end and the position reads as null characters.
            let end = position + text.len();
            if codes.len() < end {
                codes.resize(end, 0);
            }
            for (place, code) in codes[position..end].iter_mut().zip(text.code_points()) {
                *place = code;
            }
        }
    }

    fn truncate(&mut self, size: usize) {
        if size < self.len() {
            let mut kept = StrBuilder::new();
            kept.push_part(self.units().range(0..size));
            *self = Text::Growing(kept);
        }
    }
}

/// The payload of `StringIO`.
#[class(
    name = "StringIO",
    module = "_io",
    extends = TextIoBase,
    flags(BASETYPE),
    doc = "Text I/O implementation using an in-memory buffer.\n\nThe initial_value argument sets the value of object.  The newline\nargument is like the one of TextIOWrapper's constructor."
)]
#[derive(Default)]
#[repr(C)]
pub struct StringIo {
    base: TextIoBase,
    #[untraced]
    text: RefCell<Text>,
    position: Cell<usize>,
    ready: Cell<bool>,
    is_closed: Cell<bool>,
    /// The `newline` argument.
    newline: Slot,
    #[untraced]
    line_end: Cell<Option<LineEnd>>,
    /// Reads and writes look at line endings.
    universal: Cell<bool>,
    #[untraced]
    newlines: Newlines,
    /// What `\n` becomes when it is written.
    write_end: Slot<Ref<Str>>,
}

impl StringIo {
    fn check_open(&self) -> PyResult<()> {
        if !self.ready.get() {
            bail!(ValueError, "I/O operation on uninitialized object");
        }
        if self.is_closed.get() {
            bail!(ValueError, "I/O operation on closed file");
        }
        Ok(())
    }

    fn start(&self, initial: Option<&Ref<Str>>, newline: &Value) -> PyResult<()> {
        self.ready.set(false);
        let name = match newline.downcast::<Str>() {
            Some(text) => Some(text.to_display().into_owned()),
            None if newline.is_none() => None,
            None => bail!(
                TypeError,
                "newline must be str or None, not {}",
                newline.class().name()
            ),
        };
        if let Some(name) = &name
            && !is_valid_newline(name)
        {
            bail!(
                ValueError,
                "illegal newline value: {}",
                protocol::repr(newline)?.to_display()
            );
        }
        self.text.replace(Text::default());
        self.position.set(0);
        self.is_closed.set(false);
        self.newline.set(Some(newline.clone()));
        self.line_end
            .set(Some(LineEnd::of_newline(name.as_deref())));
        self.universal
            .set(name.as_deref().is_none_or(str::is_empty));
        self.newlines.reset();
        self.newlines.translate.set(name.is_none());
        // `\n` is written as it is, unless lines end otherwise.
        let write_end = name.filter(|name| name.starts_with('\r'));
        self.write_end.set(write_end.map(|name| Str::new(&name)));
        if let Some(initial) = initial {
            self.put(initial);
        }
        self.position.set(0);
        self.ready.set(true);
        Ok(())
    }

    fn put(&self, text: &Ref<Str>) {
        let mut text = text.to_exact();
        if self.universal.get() {
            text = self.newlines.decode(text, true);
        }
        if let Some(end) = self.write_end.get() {
            text = replace_feeds(&text, &end.to_display());
        }
        self.text.borrow_mut().write(self.position.get(), &text);
        self.position.set(self.position.get() + text.len());
    }

    fn take(&self, size: Option<usize>) -> Ref<Str> {
        let text = self.text.borrow();
        let (start, len) = (self.position.get(), text.len());
        if start >= len {
            return Str::empty();
        }
        let end = size.map_or(len, |size| start.saturating_add(size).min(len));
        self.position.set(end);
        Str::from_units(text.units().range(start..end))
    }

    fn take_line(&self, limit: Option<usize>) -> Ref<Str> {
        let length = {
            let text = self.text.borrow();
            let (start, len) = (self.position.get(), text.len());
            if start >= len {
                return Str::empty();
            }
            let rest = text.units().range(start..len);
            let rest = rest.range(0..limit.map_or(rest.len(), |limit| limit.min(rest.len())));
            self.line_end
                .get()
                .unwrap_or(LineEnd::Feed)
                .find(rest)
                .unwrap_or(rest.len())
        };
        self.take(Some(length))
    }
}

#[methods]
impl StringIo {
    #[slot(new)]
    fn make(class: &Ref<Type>, _args: Args<'_>) -> Value {
        heap::new_object(class, StringIo::default()).into_value()
    }

    #[init("(initial_value='', newline='\\n')")]
    fn init(
        this: &Ref<Self>,
        initial_value: Option<&Value>,
        newline: Option<&Value>,
    ) -> PyResult<()> {
        let initial = match initial_value {
            Some(value) if !value.is_none() => match value.downcast::<Str>() {
                Some(text) => Some(text),
                None => bail!(
                    TypeError,
                    "initial_value must be str or None, not {}",
                    value.class().name()
                ),
            },
            _ => None,
        };
        let default = Str::from_char('\n').into_value();
        this.start(initial, newline.unwrap_or(&default))
    }

    /// Retrieve the entire contents of the object.
    #[method("($self, /)")]
    fn getvalue(&self) -> PyResult<Ref<Str>> {
        self.check_open()?;
        Ok(Str::from_units(self.text.borrow().units()))
    }

    /// Tell the current file position.
    #[method("($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.check_open()?;
        Ok(self.position.get())
    }

    /// Read at most size characters, returned as a string.
    ///
    /// If the argument is negative or omitted, read until EOF
    /// is reached. Return an empty string at EOF.
    #[method("($self, size=-1, /)")]
    fn read(&self, size: Option<&Value>) -> PyResult<Ref<Str>> {
        let size = limit_of(size_argument(size)?);
        self.check_open()?;
        Ok(self.take(size))
    }

    /// Read until newline or EOF.
    ///
    /// Returns an empty string if EOF is hit immediately.
    #[method("($self, size=-1, /)")]
    fn readline(&self, size: Option<&Value>) -> PyResult<Ref<Str>> {
        let size = limit_of(size_argument(size)?);
        self.check_open()?;
        Ok(self.take_line(size))
    }

    /// Truncate size to pos.
    ///
    /// The pos argument defaults to the current file position, as
    /// returned by tell().  The current file position is unchanged.
    /// Returns the new absolute position.
    #[method("($self, pos=None, /)")]
    fn truncate(&self, pos: Option<&Value>) -> PyResult<usize> {
        self.check_open()?;
        let size = match size_argument(pos)? {
            None => self.position.get(),
            Some(size) => match usize::try_from(size) {
                Ok(size) => size,
                Err(_) => bail!(ValueError, "Negative size value {size}"),
            },
        };
        self.text.borrow_mut().truncate(size);
        Ok(size)
    }

    /// Change stream position.
    ///
    /// Seek to character offset pos relative to position indicated by whence:
    ///     0  Start of stream (the default).  pos should be >= 0;
    ///     1  Current position - pos must be 0;
    ///     2  End of stream - pos must be 0.
    /// Returns the new absolute position.
    #[method("($self, pos, whence=0, /)")]
    fn seek(&self, pos: isize, whence: i32) -> PyResult<usize> {
        self.check_open()?;
        match whence {
            0 => match usize::try_from(pos) {
                Ok(pos) => self.position.set(pos),
                Err(_) => bail!(ValueError, "Negative seek position {pos}"),
            },
            1 | 2 if pos != 0 => bail!(OSError, "Can't do nonzero cur-relative seeks"),
            1 => {}
            2 => self.position.set(self.text.borrow().len()),
            _ => bail!(ValueError, "Invalid whence ({whence}, should be 0, 1 or 2)"),
        }
        Ok(self.position.get())
    }

    /// Write string to file.
    ///
    /// Returns the number of characters written, which is always equal to
    /// the length of the string.
    #[method("($self, s, /)")]
    fn write(&self, s: &Value) -> PyResult<usize> {
        let Some(text) = s.downcast::<Str>() else {
            bail!(
                TypeError,
                "string argument expected, got '{}'",
                s.class().name()
            );
        };
        self.check_open()?;
        if !text.is_empty() {
            if isize::try_from(self.position.get().saturating_add(text.len())).is_err() {
                bail!(OverflowError, "new position too large");
            }
            // What lies between the end and the position is filled; what a text is long itself is there already.
            let end = self.position.get() + text.len();
            heap::ensure_room(end.saturating_mul(size_of::<u32>()))?;
            self.put(text);
        }
        Ok(text.len())
    }

    /// Close the IO object.
    ///
    /// Attempting any further operation after the object is closed
    /// will raise a ValueError.
    ///
    /// This method has no effect if the file is already closed.
    #[method("($self, /)")]
    fn close(&self) {
        self.is_closed.set(true);
        self.text.replace(Text::default());
    }

    /// Returns True if the IO object can be read.
    #[method("($self, /)")]
    fn readable(&self) -> PyResult<bool> {
        self.check_open()?;
        Ok(true)
    }

    /// Returns True if the IO object can be written.
    #[method("($self, /)")]
    fn writable(&self) -> PyResult<bool> {
        self.check_open()?;
        Ok(true)
    }

    /// Returns True if the IO object can be seeked.
    #[method("($self, /)")]
    fn seekable(&self) -> PyResult<bool> {
        self.check_open()?;
        Ok(true)
    }

    #[getter]
    fn closed(&self) -> PyResult<bool> {
        if !self.ready.get() {
            bail!(ValueError, "I/O operation on uninitialized object");
        }
        Ok(self.is_closed.get())
    }

    #[getter]
    fn line_buffering(&self) -> PyResult<bool> {
        self.check_open()?;
        Ok(false)
    }

    #[getter]
    fn newlines(&self) -> PyResult<Value> {
        self.check_open()?;
        Ok(if self.universal.get() {
            self.newlines.seen_value()
        } else {
            Value::NONE
        })
    }

    #[method("($self, /)")]
    fn __getstate__(this: &Ref<Self>) -> PyResult<Ref<Tuple>> {
        this.check_open()?;
        let value = Str::from_units(this.text.borrow().units()).into_value();
        let newline = this.newline.get().unwrap_or(Value::NONE);
        Ok(Tuple::from_array([
            value,
            newline,
            int::from_usize(this.position.get()),
            attributes(this.as_value()),
        ]))
    }

    #[method("($self, state, /)")]
    fn __setstate__(this: &Ref<Self>, state: &Value) -> PyResult<()> {
        let class = this.class().display_name();
        if this.ready.get() && this.is_closed.get() {
            bail!(ValueError, "__setstate__ on closed file");
        }
        let Some([initial, newline, position, attributes]) =
            state.downcast::<Tuple>().map(|state| state.as_slice())
        else {
            bail!(
                TypeError,
                "{class}.__setstate__ argument should be 4-tuple, got {}",
                state.class().display_name()
            );
        };
        let text = match initial.downcast::<Str>() {
            Some(text) => Some(text),
            None if initial.is_none() => None,
            None => bail!(
                TypeError,
                "initial_value must be str or None, not {}",
                initial.class().name()
            ),
        };
        this.start(None, newline)?;
        // The value has its line endings already.
        if let Some(text) = text {
            let mut fresh = StrBuilder::new();
            fresh.push_string(text);
            this.text.replace(Text::Growing(fresh));
        }
        if !int::is_int(position) {
            bail!(
                TypeError,
                "third item of state must be an integer, got {}",
                position.class().display_name()
            );
        }
        match usize::try_from(int::as_isize(position)?) {
            Ok(position) => this.position.set(position),
            Err(_) => bail!(ValueError, "position value cannot be negative"),
        }
        restore_attributes(this.as_value(), attributes, "fourth")
    }

    #[method("($self, /)", nosig)]
    fn __sizeof__(this: &Ref<Self>) -> usize {
        let text = this.text.borrow();
        instance::size_of_object(this.as_value()) + (text.len() << text.units().shift())
    }

    #[slot(iter)]
    fn iter(this: &Ref<Self>) -> PyResult<Ref<Self>> {
        this.check_open()?;
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<Self>) -> PyResult<Option<Value>> {
        this.check_open()?;
        if super::base::is_exactly::<StringIo>(this.as_value()) {
            let line = this.take_line(None);
            return Ok(if line.is_empty() {
                None
            } else {
                Some(line.into_value())
            });
        }
        let line = protocol::call_method(this.as_value(), id!("readline"), &[])?;
        match line.downcast::<Str>() {
            Some(text) if text.is_empty() => Ok(None),
            Some(_) => Ok(Some(line)),
            None => bail!(
                OSError,
                "readline() should have returned an str object, not '{}'",
                line.class().name()
            ),
        }
    }
}
