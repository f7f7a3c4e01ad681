//! The reader.
//!
//! An object whose type byte has the flag is remembered under the next number before it is read, because objects inside
//! it may be referred to by higher numbers; until it is complete, a reference to it is refused. Where the bytes come
//! from is a [`Source`]: memory, or a Python file.

use malachite_bigint::{BigInt, Sign};
use rustpython_wtf8::Wtf8Buf;
use taipan_interp::code::{Code, CodeParts};
use taipan_objects::bytes::Bytes;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::set::{FrozenSet, Set};
use taipan_objects::slice::Slice;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, buffer, complex, exc, float, id, int, protocol};

use super::{MAX_DEPTH, tag};

/// Reads the value at the start of `data`.
pub fn load_value(data: &[u8], allow_code: bool) -> PyResult<Value> {
    Reader {
        source: Memory { data, at: 0 },
        references: Vec::new(),
        filename: None,
        allow_code,
    }
    .value()
}

pub(super) fn load_with(data: &[u8], filename: Option<&Ref<Str>>) -> PyResult<Value> {
    Reader {
        source: Memory { data, at: 0 },
        references: Vec::new(),
        filename,
        allow_code: true,
    }
    .value()
}

pub(super) fn load_from_file(file: &Value, allow_code: bool) -> PyResult<Value> {
    let probe = protocol::call_method(file, id!("read"), &[int::new(0)])?;
    if probe.downcast::<Bytes>().is_none() {
        bail!(
            TypeError,
            "file.read() returned not bytes but {}",
            probe.class().name()
        );
    }
    Reader {
        source: File {
            file,
            read: Vec::new(),
        },
        references: Vec::new(),
        filename: None,
        allow_code,
    }
    .value()
}

/// Where bytes come from.
trait Source {
    /// The next `len` bytes.
    fn take(&mut self, len: usize) -> PyResult<&[u8]>;

    /// One byte.
    fn byte(&mut self) -> PyResult<u8>;
}

struct Memory<'a> {
    data: &'a [u8],
    at: usize,
}

impl Source for Memory<'_> {
    #[inline]
    fn take(&mut self, len: usize) -> PyResult<&[u8]> {
        match self.data.get(self.at..).and_then(|rest| rest.get(..len)) {
            Some(taken) => {
                self.at += len;
                Ok(taken)
            }
            None => bail!(EOFError, "marshal data too short"),
        }
    }

    #[inline]
    fn byte(&mut self) -> PyResult<u8> {
        match self.data.get(self.at) {
            Some(byte) => {
                self.at += 1;
                Ok(*byte)
            }
            None => bail!(EOFError, "EOF read where not expected"),
        }
    }
}

struct File<'a> {
    file: &'a Value,
    read: Vec<u8>,
}

impl Source for File<'_> {
    fn take(&mut self, len: usize) -> PyResult<&[u8]> {
        self.read.clear();
        if len == 0 {
            return Ok(&[]);
        }
        let answer = protocol::call_method(self.file, id!("read"), &[int::from_usize(len)])?;
        let bytes = buffer::bytes_like(&answer)?;
        match bytes.len() {
            given if given > len => bail!(
                ValueError,
                "read() returned too much data: {len} bytes requested, {given} returned"
            ),
            given if given < len => bail!(EOFError, "EOF read where not expected"),
            _ => self.read.extend_from_slice(&bytes.to_bytes()),
        }
        Ok(&self.read)
    }

    fn byte(&mut self) -> PyResult<u8> {
        self.take(1).map(|bytes| bytes[0])
    }
}

struct Reader<'f, S> {
    source: S,
    /// `None` while the object is being read.
    references: Vec<Option<Value>>,
    /// What `co_filename` becomes.
    filename: Option<&'f Ref<Str>>,
    allow_code: bool,
}

#[cold]
fn bad(what: &str) -> Raised {
    exc!(ValueError, "bad marshal data ({what})")
}

#[cold]
fn null_object(place: &str) -> Raised {
    exc!(TypeError, "NULL object in marshal data for {place}")
}

impl<S: Source> Reader<'_, S> {
    fn value(mut self) -> PyResult<Value> {
        self.required("object", MAX_DEPTH)
    }

    fn i32(&mut self) -> PyResult<i32> {
        let bytes = self.source.take(4)?;
        Ok(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn u32(&mut self) -> PyResult<u32> {
        self.i32().map(|number| number as u32)
    }

    fn i16(&mut self) -> PyResult<i16> {
        let bytes = self.source.take(2)?;
        Ok(i16::from_le_bytes([bytes[0], bytes[1]]))
    }

    fn f64(&mut self) -> PyResult<f64> {
        let bytes = self.source.take(8)?;
        Ok(f64::from_le_bytes(
            bytes.try_into().expect("eight bytes were taken"),
        ))
    }

    fn len(&mut self, what: &str) -> PyResult<usize> {
        usize::try_from(self.i32()?).map_err(|_| bad(&format!("{what} size out of range")))
    }

    fn reserve(&mut self, flagged: bool) -> Option<usize> {
        flagged.then(|| {
            self.references.push(None);
            self.references.len() - 1
        })
    }

    fn remember(&mut self, place: Option<usize>, value: Value) -> Value {
        if let Some(place) = place {
            self.references[place] = Some(value.clone());
        }
        value
    }

    fn required(&mut self, place: &str, depth: u32) -> PyResult<Value> {
        match self.object(depth)? {
            Some(value) => Ok(value),
            None => Err(null_object(place)),
        }
    }

    fn items(&mut self, count: usize, place: &str, depth: u32) -> PyResult<Vec<Value>> {
        // A count is only believed as far as bytes follow.
        let mut items = Vec::with_capacity(count.min(4096));
        for _ in 0..count {
            items.push(self.required(place, depth)?);
        }
        Ok(items)
    }

    /// The next object; nothing for the mark that ends a dict.
    fn object(&mut self, depth: u32) -> PyResult<Option<Value>> {
        let Some(depth) = depth.checked_sub(1) else {
            bail!(ValueError, "recursion limit exceeded")
        };
        let byte = match self.source.byte() {
            Ok(byte) => byte,
            Err(raised) if raised.is(ExceptionKind::EOFError) => {
                bail!(EOFError, "EOF read where object expected")
            }
            Err(raised) => return Err(raised),
        };
        let flagged = byte & tag::FLAG_REF != 0;
        let value = match byte & !tag::FLAG_REF {
            tag::NULL => return Ok(None),
            tag::NONE => Value::NONE,
            tag::FALSE => Value::FALSE,
            tag::TRUE => Value::TRUE,
            tag::ELLIPSIS => Value::ELLIPSIS,
            tag::STOP_ITERATION => ExceptionKind::StopIteration.class().to_value(),
            tag::REFERENCE => {
                let number = self.i32()?;
                let found = usize::try_from(number)
                    .ok()
                    .and_then(|number| self.references.get(number))
                    .cloned()
                    .flatten();
                return found.map(Some).ok_or_else(|| bad("invalid reference"));
            }
            kind => return self.composed(kind, flagged, depth).map(Some),
        };
        Ok(Some(value))
    }

    /// Objects that can be referred to.
    fn composed(&mut self, kind: u8, flagged: bool, depth: u32) -> PyResult<Value> {
        let place = self.reserve(flagged);
        let value = match kind {
            tag::INT => int::new(self.i32()?.into()),
            tag::INT64 => {
                let bytes = self.source.take(8)?;
                int::new(i64::from_le_bytes(
                    bytes.try_into().expect("eight bytes were taken"),
                ))
            }
            tag::LONG => self.long()?,
            tag::FLOAT => float::new(self.float_text()?),
            tag::BINARY_FLOAT => float::new(self.f64()?),
            tag::COMPLEX => {
                let real = self.float_text()?;
                complex::new(real, self.float_text()?)
            }
            tag::BINARY_COMPLEX => {
                let real = self.f64()?;
                complex::new(real, self.f64()?)
            }
            tag::STRING => {
                let len = self.len("bytes object")?;
                Bytes::new(self.source.take(len)?).into_value()
            }
            tag::SHORT_ASCII
            | tag::SHORT_ASCII_INTERNED
            | tag::ASCII
            | tag::ASCII_INTERNED
            | tag::UNICODE
            | tag::INTERNED => self.text(kind)?.into_value(),
            tag::SMALL_TUPLE => {
                let count = self.source.byte()?.into();
                Tuple::new(self.items(count, "tuple", depth)?).into_value()
            }
            tag::TUPLE => {
                let count = self.len("tuple")?;
                Tuple::new(self.items(count, "tuple", depth)?).into_value()
            }
            tag::LIST => return self.list(place, depth),
            tag::DICT => return self.dict(place, depth),
            tag::SET => return self.set(place, depth),
            tag::FROZEN_SET => {
                let count = self.len("set")?;
                FrozenSet::from_items(&self.items(count, "set", depth)?)?.into_value()
            }
            tag::SLICE => {
                let start = self.required("slice", depth)?;
                let stop = self.required("slice", depth)?;
                Slice::new(start, stop, self.required("slice", depth)?).into_value()
            }
            tag::CODE => self.code(depth)?.into_value(),
            _ => return Err(bad("unknown type code")),
        };
        Ok(self.remember(place, value))
    }

    fn list(&mut self, place: Option<usize>, depth: u32) -> PyResult<Value> {
        let count = self.len("list")?;
        let list = List::new(Vec::new());
        let value = self.remember(place, list.to_value());
        for _ in 0..count {
            list.push(self.required("list", depth)?)?;
        }
        Ok(value)
    }

    fn dict(&mut self, place: Option<usize>, depth: u32) -> PyResult<Value> {
        let dict = Dict::new();
        let value = self.remember(place, dict.to_value());
        while let Some(key) = self.object(depth)? {
            let Some(item) = self.object(depth)? else {
                break;
            };
            dict.set(key, item)?;
        }
        Ok(value)
    }

    fn set(&mut self, place: Option<usize>, depth: u32) -> PyResult<Value> {
        let count = self.len("set")?;
        let set = Set::new();
        let value = self.remember(place, set.to_value());
        for _ in 0..count {
            set.add(self.required("set", depth)?)?;
        }
        Ok(value)
    }

    fn long(&mut self) -> PyResult<Value> {
        let count = self.i32()?;
        if count == i32::MIN {
            return Err(bad("long size out of range"));
        }
        let mut digits = Vec::new();
        for _ in 0..count.unsigned_abs() {
            match self.i16()? {
                digit @ 0.. => digits.push(digit as u32),
                _ => return Err(bad("digit out of range in long")),
            }
        }
        if digits.last() == Some(&0) {
            return Err(bad("unnormalized long data"));
        }
        // Fifteen bits a digit become thirty-two a word.
        let (mut words, mut pending, mut bits) =
            (Vec::with_capacity(digits.len() / 2 + 1), 0u64, 0);
        for digit in digits {
            pending |= u64::from(digit) << bits;
            bits += 15;
            if bits >= 32 {
                words.push(pending as u32);
                pending >>= 32;
                bits -= 32;
            }
        }
        words.push(pending as u32);
        let sign = if count < 0 { Sign::Minus } else { Sign::Plus };
        Ok(int::from_big(BigInt::from_slice(sign, &words)))
    }

    fn float_text(&mut self) -> PyResult<f64> {
        let len = self.source.byte()?.into();
        let text = self.source.take(len)?;
        match float::parse(text) {
            Some(float) => Ok(float),
            None => bail!(
                ValueError,
                "could not convert string to float: '{}'",
                String::from_utf8_lossy(text)
            ),
        }
    }

    fn text(&mut self, kind: u8) -> PyResult<Ref<Str>> {
        let len = match kind {
            tag::SHORT_ASCII | tag::SHORT_ASCII_INTERNED => self.source.byte()?.into(),
            _ => self.len("string")?,
        };
        let bytes = self.source.take(len)?;
        let interned = matches!(
            kind,
            tag::SHORT_ASCII_INTERNED | tag::ASCII_INTERNED | tag::INTERNED
        );
        if matches!(kind, tag::UNICODE | tag::INTERNED) {
            let text = decode(bytes)?;
            return Ok(if interned {
                Str::intern_ref(&text)
            } else {
                text
            });
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if interned => Ok(Str::intern(text)),
            Ok(text) if bytes.is_ascii() => Ok(Str::new(text)),
            _ => Ok(Str::from_latin1(bytes)),
        }
    }

    fn str(&mut self, depth: u32) -> PyResult<Ref<Str>> {
        let value = self.required("code object", depth)?;
        value.into_ref::<Str>().map_err(|other| {
            exc!(
                TypeError,
                "a string was expected in a code object, not {}",
                other.class().name()
            )
        })
    }

    fn bytes(&mut self, depth: u32) -> PyResult<Vec<u8>> {
        let value = self.required("code object", depth)?;
        match value.downcast::<Bytes>() {
            Some(bytes) => Ok(bytes.as_slice().to_vec()),
            None => bail!(
                TypeError,
                "bytes were expected in a code object, not {}",
                value.class().name()
            ),
        }
    }

    fn tuple(&mut self, depth: u32) -> PyResult<Vec<Value>> {
        let value = self.required("code object", depth)?;
        match value.downcast::<Tuple>() {
            Some(tuple) => Ok(tuple.to_vec()),
            None => bail!(
                TypeError,
                "a tuple was expected in a code object, not {}",
                value.class().name()
            ),
        }
    }

    fn names(&mut self, depth: u32) -> PyResult<Vec<Ref<Str>>> {
        let names = self.tuple(depth)?;
        let name = |value: Value| match value.into_ref::<Str>() {
            Ok(name) => Ok(Str::intern_ref(&name)),
            Err(other) => bail!(
                TypeError,
                "name tuples must contain only strings, not '{}'",
                other.class().name()
            ),
        };
        names.into_iter().map(name).collect()
    }

    fn code(&mut self, depth: u32) -> PyResult<Ref<Code>> {
        if !self.allow_code {
            bail!(ValueError, "unmarshalling code objects is disallowed");
        }
        let arg_count = self.u32()?;
        let posonly_arg_count = self.u32()?;
        let kwonly_arg_count = self.u32()?;
        let stack_size = self.u32()?;
        let flags = self.u32()?;
        let code = self.bytes(depth)?;
        let consts = self.tuple(depth)?;
        let names = self.names(depth)?;
        let localsplus_names = self.names(depth)?;
        let localsplus_kinds = self.bytes(depth)?;
        let filename = self.str(depth)?;
        let name = self.str(depth)?;
        let qualname = self.str(depth)?;
        let first_line = self.u32()?;
        let linetable = self.bytes(depth)?;
        let exceptiontable = self.bytes(depth)?;
        let parts = CodeParts {
            code,
            consts,
            names,
            localsplus_names,
            localsplus_kinds,
            filename: self.filename.cloned().unwrap_or(filename),
            name,
            qualname,
            linetable,
            exceptiontable,
            flags,
            arg_count,
            posonly_arg_count,
            kwonly_arg_count,
            stack_size,
            first_line,
        };
        check(&parts)?;
        Ok(Code::new(parts))
    }
}

/// Refuses parts that do not fit together, as CPython's constructor of code objects does.
fn check(parts: &CodeParts) -> PyResult<()> {
    let unfit = |what: &str| -> PyResult<()> { bail!(ValueError, "code: {what}") };
    if parts.code.is_empty() || !parts.code.len().is_multiple_of(2) {
        return unfit("co_code is malformed");
    }
    if parts.localsplus_names.len() != parts.localsplus_kinds.len() {
        return unfit("kinds do not match the names of local variables");
    }
    let parameters = u64::from(parts.arg_count) + u64::from(parts.kwonly_arg_count);
    if parts.posonly_arg_count > parts.arg_count || parameters > parts.localsplus_names.len() as u64
    {
        return unfit("too many parameters");
    }
    if parts.stack_size > 1 << 24 {
        return unfit("co_stacksize is too large");
    }
    Ok(())
}

/// Text in UTF-8 that may hold lone surrogates.
fn decode(bytes: &[u8]) -> PyResult<Ref<Str>> {
    match Wtf8Buf::from_bytes(bytes.to_vec()) {
        Ok(text) => Ok(Str::from_wtf8(&text)),
        Err(_) => Err(bad("invalid string")),
    }
}
