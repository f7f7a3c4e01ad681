//! The methods that `bytes` and `bytearray` have in common, written once over slices of bytes.
//!
//! Arguments are converted before the object's bytes are looked at, because conversion can run foreign code that changes
//! a bytearray.

use taipan_macros::methods;

use crate::buffer::{self, BufferView};
use crate::bytes::bytearray::ByteArray;
use crate::bytes::bytes_object::Bytes;
use crate::bytes::convert::Pattern;
use crate::bytes::search::{
    first, found, has_affix, last, list_of, locate, partition, replace, split,
};
use crate::bytes::text::{hex_text, is_space};
use crate::class::Payload;
use crate::codecs;
use crate::list::List;
use crate::native::{ArgInfo, FromArg};
use crate::raised::PyResult;
use crate::str::Str;
use crate::str::Units;
use crate::str::split::{Ends, between, between_from_right, lines, trim, words, words_from_right};
use crate::str::window::window;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{heap, protocol};

/// `bytes` or `bytearray`.
pub(crate) trait ByteObject: Payload {
    /// Runs `body` with the bytes; `body` runs no foreign code.
    fn view<R>(this: &Ref<Self>, body: impl FnOnce(&[u8]) -> R) -> R;
    /// A new object of the class itself.
    fn make(bytes: Vec<u8>) -> Ref<Self>;
    /// What a method answers that changes nothing: the object itself only if it cannot change.
    fn unchanged(this: &Ref<Self>) -> Ref<Self>;
    /// The separator as `partition` answers it.
    fn separator(given: &Value, bytes: &[u8]) -> Value;
}

/// The byte that `center` and its kin fill with.
struct FillByte(u8);

impl FromArg<'_> for FillByte {
    fn from_arg(value: &Value, info: &ArgInfo) -> PyResult<FillByte> {
        if let Some(byte) = super::convert::single_byte(value) {
            return Ok(FillByte(byte));
        }
        let sized = buffer::is_bytes_or_bytearray(value);
        let given = match (value.downcast::<Bytes>(), value.downcast::<ByteArray>()) {
            (Some(bytes), _) => format!("a bytes object of length {}", bytes.len()),
            (_, Some(array)) => format!("a bytearray object of length {}", array.cell().len()),
            _ => value.class().name(),
        };
        let mark = if sized { ":" } else { "" };
        bail!(
            TypeError,
            "{}(){mark} {} must be a byte string of length 1, not {given}",
            info.function,
            info.describe()
        )
    }
}

fn strip<T: ByteObject>(this: &Ref<T>, dropped: Option<&Value>, ends: Ends) -> PyResult<Ref<T>> {
    let dropped = dropped.map(buffer::bytes_like).transpose()?;
    let (range, len) = T::view(this, |bytes| {
        let range = match &dropped {
            None => trim(Units::One(bytes), ends, is_space),
            Some(dropped) => {
                let dropped = dropped.to_bytes();
                trim(Units::One(bytes), ends, |code| {
                    dropped.contains(&(code as u8))
                })
            }
        };
        (range, bytes.len())
    });
    Ok(if range.len() == len {
        T::unchanged(this)
    } else {
        T::view(this, |bytes| T::make(bytes[range].to_vec()))
    })
}

fn pad<T: ByteObject>(this: &Ref<T>, left: usize, right: usize, fill: u8) -> PyResult<Ref<T>> {
    if left == 0 && right == 0 {
        return Ok(T::unchanged(this));
    }
    heap::ensure_room(left.saturating_add(right).saturating_mul(2))?;
    Ok(T::make(T::view(this, |bytes| {
        let mut out = Vec::with_capacity(left + bytes.len() + right);
        out.resize(left, fill);
        out.extend_from_slice(bytes);
        out.resize(left + bytes.len() + right, fill);
        out
    })))
}

fn missing<T: ByteObject>(this: &Ref<T>, width: isize) -> usize {
    usize::try_from(width)
        .unwrap_or(0)
        .saturating_sub(T::view(this, <[u8]>::len))
}

fn map<T: ByteObject>(this: &Ref<T>, map: impl FnMut(u8) -> u8) -> Ref<T> {
    T::make(T::view(this, |bytes| {
        bytes.iter().copied().map(map).collect()
    }))
}

fn all<T: ByteObject>(this: &Ref<T>, test: fn(&u8) -> bool) -> bool {
    T::view(this, |bytes| !bytes.is_empty() && bytes.iter().all(test))
}

fn join(separator: &[u8], items: &[Value]) -> PyResult<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    let add = |out: &mut Vec<u8>, part: &[u8]| {
        if out.try_reserve(part.len()).is_err() {
            bail!(MemoryError, "");
        }
        out.extend_from_slice(part);
        Ok(())
    };
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            add(&mut out, separator)?;
        }
        if let Some(item) = item.downcast_exact::<Bytes>() {
            add(&mut out, item.as_slice())?;
        } else if buffer::is_bytes_like(item) {
            add(&mut out, &buffer::bytes_like(item)?.to_bytes())?;
        } else {
            bail!(
                TypeError,
                "sequence item {index}: expected a bytes-like object, {} found",
                item.class().name()
            );
        }
    }
    Ok(out)
}

fn expand_tabs(bytes: &[u8], tabsize: usize) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut column = 0;
    for &byte in bytes {
        match byte {
            b'\t' => {
                let width = if tabsize > 0 {
                    tabsize - column % tabsize
                } else {
                    0
                };
                column += width;
                heap::ensure_room(out.len().saturating_add(width).saturating_mul(2))?;
                out.resize(out.len() + width, b' ');
                continue;
            }
            b'\n' | b'\r' => column = 0,
            _ => column += 1,
        }
        out.push(byte);
    }
    Ok(out)
}

/// The table that changes nothing.
static IDENTITY: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = byte as u8;
        byte += 1;
    }
    table
};

fn translate<T: ByteObject>(
    this: &Ref<T>,
    table: &Value,
    delete: Option<&Value>,
) -> PyResult<Ref<T>> {
    let table = if table.is_none() {
        None
    } else {
        Some(buffer::bytes_like(table)?)
    };
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        bail!(ValueError, "translation table must be 256 characters long");
    }
    let view = table.as_ref().map(|table| table.to_bytes());
    let table: &[u8; 256] = view
        .as_deref()
        .and_then(|bytes| bytes.try_into().ok())
        .unwrap_or(&IDENTITY);
    let delete = match delete {
        Some(delete) => buffer::bytes_like(delete)?.to_vec(),
        None => Vec::new(),
    };
    if delete.is_empty() {
        return Ok(T::make(T::view(this, |bytes| {
            bytes.iter().map(|&byte| table[usize::from(byte)]).collect()
        })));
    }
    let mut is_deleted = [false; 256];
    for byte in delete {
        is_deleted[usize::from(byte)] = true;
    }
    Ok(T::make(T::view(this, |bytes| {
        bytes
            .iter()
            .filter(|byte| !is_deleted[usize::from(**byte)])
            .map(|&byte| table[usize::from(byte)])
            .collect()
    })))
}

fn is_title(bytes: &[u8]) -> bool {
    let (mut found, mut in_word) = (false, false);
    for byte in bytes {
        if byte.is_ascii_uppercase() {
            if in_word {
                return false;
            }
            (found, in_word) = (true, true);
        } else if byte.is_ascii_lowercase() {
            if !in_word {
                return false;
            }
            found = true;
        } else {
            in_word = false;
        }
    }
    found
}

macro_rules! shared_methods {
    ($type:ident) => {
        #[methods(part = shared)]
        impl $type {
            /// The lowest index where sub occurs within B[start:end], or -1. The argument is bytes-like or a byte as an int.
            #[method("($self, sub, start=None, end=None, /)")]
            fn find(
                this: &Ref<$type>,
                sub: Pattern,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<isize> {
                Ok(locate(this, &sub, start, end, first)?.map_or(-1, |at| at as isize))
            }

            /// The highest index where sub occurs within B[start:end], or -1.
            #[method("($self, sub, start=None, end=None, /)")]
            fn rfind(
                this: &Ref<$type>,
                sub: Pattern,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<isize> {
                Ok(locate(this, &sub, start, end, last)?.map_or(-1, |at| at as isize))
            }

            /// Like find(), but raises ValueError when sub does not occur.
            #[method("($self, sub, start=None, end=None, /)")]
            fn index(
                this: &Ref<$type>,
                sub: Pattern,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<usize> {
                found(locate(this, &sub, start, end, first)?)
            }

            /// Like rfind(), but raises ValueError when sub does not occur.
            #[method("($self, sub, start=None, end=None, /)")]
            fn rindex(
                this: &Ref<$type>,
                sub: Pattern,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<usize> {
                found(locate(this, &sub, start, end, last)?)
            }

            /// The number of times sub occurs within B[start:end] without overlaps.
            #[method("($self, sub, start=None, end=None, /)")]
            fn count(
                this: &Ref<$type>,
                sub: Pattern,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<usize> {
                let range = window(start, end, $type::view(this, <[u8]>::len))?;
                let count = |part: &[u8]| {
                    sub.with(|sub| Units::One(part).count(Units::One(sub), usize::MAX))
                };
                Ok($type::view(this, |bytes| {
                    range
                        .and_then(|range| bytes.get(range).map(count))
                        .unwrap_or(0)
                }))
            }

            /// Whether B[start:end] begins with the prefix, or with one of a tuple of prefixes.
            #[method("($self, prefix, start=None, end=None, /)")]
            fn startswith(
                this: &Ref<$type>,
                prefix: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<bool> {
                has_affix(this, prefix, start, end, "startswith", |part, prefix| {
                    part.starts_with(prefix)
                })
            }

            /// Whether B[start:end] ends with the suffix, or with one of a tuple of suffixes.
            #[method("($self, suffix, start=None, end=None, /)")]
            fn endswith(
                this: &Ref<$type>,
                suffix: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<bool> {
                has_affix(this, suffix, start, end, "endswith", |part, suffix| {
                    part.ends_with(suffix)
                })
            }

            /// A copy with the occurrences of old replaced by new: all of them, or the first count.
            #[method("($self, old, new, count=-1, /)")]
            fn replace(
                this: &Ref<$type>,
                old: BufferView,
                new: BufferView,
                count: isize,
            ) -> PyResult<Ref<$type>> {
                let limit = usize::try_from(count).unwrap_or(usize::MAX);
                Ok($type::make($type::view(this, |bytes| {
                    replace(bytes, &old.to_bytes(), &new.to_bytes(), limit)
                })?))
            }

            /// The bytes without the prefix, if they have it.
            #[method]
            fn removeprefix(this: &Ref<$type>, prefix: BufferView) -> Ref<$type> {
                let rest = $type::view(this, |bytes| {
                    bytes.strip_prefix(&*prefix.to_bytes()).map(<[u8]>::to_vec)
                });
                rest.map_or_else(|| $type::unchanged(this), $type::make)
            }

            /// The bytes without the suffix, if they have it.
            #[method]
            fn removesuffix(this: &Ref<$type>, suffix: BufferView) -> Ref<$type> {
                let rest = $type::view(this, |bytes| {
                    bytes.strip_suffix(&*suffix.to_bytes()).map(<[u8]>::to_vec)
                });
                rest.map_or_else(|| $type::unchanged(this), $type::make)
            }

            /// The parts between separators: white space, or sep. At most maxsplit splits are made.
            #[method("($self, /, sep=None, maxsplit=-1)")]
            fn split(
                this: &Ref<$type>,
                sep: Option<&Value>,
                maxsplit: isize,
            ) -> PyResult<Ref<List>> {
                split(
                    this,
                    sep,
                    maxsplit,
                    |units, limit| words(units, limit, is_space),
                    between,
                )
            }

            /// As split(), with splits made from the right.
            #[method("($self, /, sep=None, maxsplit=-1)")]
            fn rsplit(
                this: &Ref<$type>,
                sep: Option<&Value>,
                maxsplit: isize,
            ) -> PyResult<Ref<List>> {
                split(
                    this,
                    sep,
                    maxsplit,
                    |units, limit| words_from_right(units, limit, is_space),
                    between_from_right,
                )
            }

            /// The lines, with their line ends if keepends is true.
            #[method("($self, /, keepends=False)")]
            fn splitlines(this: &Ref<$type>, keepends: bool) -> Ref<List> {
                let ends = |code: u32| code == 0x0a || code == 0x0d;
                List::new($type::view(this, |bytes| {
                    list_of::<$type>(bytes, lines(Units::One(bytes), keepends, ends))
                }))
            }

            /// The part before the first separator, the separator, and the part after it; or the bytes and two empty objects.
            #[method("($self, sep, /)")]
            fn partition(this: &Ref<$type>, sep: &Value) -> PyResult<Ref<Tuple>> {
                partition(this, sep, first, true)
            }

            /// The part before the last separator, the separator, and the part after it; or two empty objects and the bytes.
            #[method("($self, sep, /)")]
            fn rpartition(this: &Ref<$type>, sep: &Value) -> PyResult<Ref<Tuple>> {
                partition(this, sep, last, false)
            }

            /// The bytes without white space, or without the given bytes, at both ends.
            #[method("($self, bytes=None, /)")]
            fn strip(this: &Ref<$type>, bytes: Option<&Value>) -> PyResult<Ref<$type>> {
                strip(this, bytes, Ends::Both)
            }

            /// As strip(), at the start alone.
            #[method("($self, bytes=None, /)")]
            fn lstrip(this: &Ref<$type>, bytes: Option<&Value>) -> PyResult<Ref<$type>> {
                strip(this, bytes, Ends::Left)
            }

            /// As strip(), at the end alone.
            #[method("($self, bytes=None, /)")]
            fn rstrip(this: &Ref<$type>, bytes: Option<&Value>) -> PyResult<Ref<$type>> {
                strip(this, bytes, Ends::Right)
            }

            /// The bytes-like objects of the iterable with this object's bytes between them.
            #[method("($self, iterable_of_bytes, /)")]
            fn join(this: &Ref<$type>, iterable_of_bytes: &Value) -> PyResult<Ref<$type>> {
                let class = iterable_of_bytes.class();
                if class.slots.iter.get().is_none() && class.slots.getitem.get().is_none() {
                    bail!(TypeError, "can only join an iterable");
                }
                let items = protocol::collect(iterable_of_bytes)?;
                let separator = $type::view(this, <[u8]>::to_vec);
                Ok($type::make(join(&separator, &items)?))
            }

            /// The bytes in the middle of at least width bytes.
            #[method("($self, width, fillchar=b' ', /)")]
            fn center(
                this: &Ref<$type>,
                width: isize,
                fillchar: Option<FillByte>,
            ) -> PyResult<Ref<$type>> {
                let missing = missing(this, width);
                let left = missing / 2 + (missing & width as usize & 1);
                pad(
                    this,
                    left,
                    missing - left,
                    fillchar.map_or(b' ', |fill| fill.0),
                )
            }

            /// The bytes at the left of at least width bytes.
            #[method("($self, width, fillchar=b' ', /)")]
            fn ljust(
                this: &Ref<$type>,
                width: isize,
                fillchar: Option<FillByte>,
            ) -> PyResult<Ref<$type>> {
                pad(
                    this,
                    0,
                    missing(this, width),
                    fillchar.map_or(b' ', |fill| fill.0),
                )
            }

            /// The bytes at the right of at least width bytes.
            #[method("($self, width, fillchar=b' ', /)")]
            fn rjust(
                this: &Ref<$type>,
                width: isize,
                fillchar: Option<FillByte>,
            ) -> PyResult<Ref<$type>> {
                pad(
                    this,
                    missing(this, width),
                    0,
                    fillchar.map_or(b' ', |fill| fill.0),
                )
            }

            /// The numeral filled up with zeros on the left, behind its sign.
            #[method]
            fn zfill(this: &Ref<$type>, width: isize) -> PyResult<Ref<$type>> {
                let missing = missing(this, width);
                if missing == 0 {
                    return Ok($type::unchanged(this));
                }
                heap::ensure_room(missing.saturating_mul(2))?;
                Ok($type::make($type::view(this, |bytes| {
                    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
                    [&bytes[..sign], &vec![b'0'; missing], &bytes[sign..]].concat()
                })))
            }

            /// A copy in which tabs are replaced by spaces up to the next multiple of tabsize.
            #[method("($self, /, tabsize=8)")]
            fn expandtabs(this: &Ref<$type>, tabsize: i32) -> PyResult<Ref<$type>> {
                Ok($type::make($type::view(this, |bytes| {
                    expand_tabs(bytes, usize::try_from(tabsize).unwrap_or(0))
                })?))
            }

            /// A copy in which each byte is replaced through the table of 256 bytes, and the bytes to delete are left out.
            #[method("($self, table, /, delete=b'')")]
            fn translate(
                this: &Ref<$type>,
                table: &Value,
                delete: Option<&Value>,
            ) -> PyResult<Ref<$type>> {
                translate(this, table, delete)
            }

            /// A table for translate() that maps the bytes of frm to those of to.
            #[staticmethod("(frm, to, /)")]
            fn maketrans(frm: BufferView, to: BufferView) -> PyResult<Ref<Bytes>> {
                if frm.len() != to.len() {
                    bail!(ValueError, "maketrans arguments must have same length");
                }
                let mut table = IDENTITY;
                for (&from, &to) in frm.to_bytes().iter().zip(&*to.to_bytes()) {
                    table[usize::from(from)] = to;
                }
                Ok(Bytes::new(&table))
            }

            /// The text that the bytes encode.
            #[method("($self, /, encoding='utf-8', errors='strict')")]
            fn decode(
                this: &Ref<$type>,
                encoding: Option<&Ref<Str>>,
                errors: Option<&Ref<Str>>,
            ) -> PyResult<Value> {
                codecs::decode_method(this.as_value(), encoding, errors)
            }

            /// The bytes as hexadecimal digits, with a separator between groups of bytes if one is given.
            #[method("($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
            fn hex(
                this: &Ref<$type>,
                sep: Option<&Value>,
                bytes_per_sep: isize,
            ) -> PyResult<Ref<Str>> {
                let bytes = $type::view(this, <[u8]>::to_vec);
                hex_text(&bytes, sep, bytes_per_sep)
            }

            /// A copy with ASCII letters in lower case.
            #[method("($self, /)")]
            fn lower(this: &Ref<$type>) -> Ref<$type> {
                map(this, |byte| byte.to_ascii_lowercase())
            }

            /// A copy with ASCII letters in upper case.
            #[method("($self, /)")]
            fn upper(this: &Ref<$type>) -> Ref<$type> {
                map(this, |byte| byte.to_ascii_uppercase())
            }

            /// A copy with the case of ASCII letters exchanged.
            #[method("($self, /)")]
            fn swapcase(this: &Ref<$type>) -> Ref<$type> {
                map(this, |byte| {
                    if byte.is_ascii_uppercase() {
                        byte.to_ascii_lowercase()
                    } else {
                        byte.to_ascii_uppercase()
                    }
                })
            }

            /// A copy whose first byte is in upper case and the rest in lower case.
            #[method("($self, /)")]
            fn capitalize(this: &Ref<$type>) -> Ref<$type> {
                let mut first = true;
                map(this, |byte| {
                    if std::mem::take(&mut first) {
                        byte.to_ascii_uppercase()
                    } else {
                        byte.to_ascii_lowercase()
                    }
                })
            }

            /// A copy in which ASCII words start in upper case and go on in lower case.
            #[method("($self, /)")]
            fn title(this: &Ref<$type>) -> Ref<$type> {
                let mut in_word = false;
                map(this, |byte| {
                    let mapped = if in_word {
                        byte.to_ascii_lowercase()
                    } else {
                        byte.to_ascii_uppercase()
                    };
                    in_word = byte.is_ascii_alphabetic();
                    mapped
                })
            }

            /// Whether there are bytes and all are ASCII letters or digits.
            #[method("($self, /)")]
            fn isalnum(this: &Ref<$type>) -> bool {
                all(this, u8::is_ascii_alphanumeric)
            }

            /// Whether there are bytes and all are ASCII letters.
            #[method("($self, /)")]
            fn isalpha(this: &Ref<$type>) -> bool {
                all(this, u8::is_ascii_alphabetic)
            }

            /// Whether all bytes are ASCII.
            #[method("($self, /)")]
            fn isascii(this: &Ref<$type>) -> bool {
                $type::view(this, <[u8]>::is_ascii)
            }

            /// Whether there are bytes and all are ASCII digits.
            #[method("($self, /)")]
            fn isdigit(this: &Ref<$type>) -> bool {
                all(this, u8::is_ascii_digit)
            }

            /// Whether there are bytes and all are ASCII white space.
            #[method("($self, /)")]
            fn isspace(this: &Ref<$type>) -> bool {
                all(this, |&byte| is_space(byte.into()))
            }

            /// Whether there are ASCII letters and all are in lower case.
            #[method("($self, /)")]
            fn islower(this: &Ref<$type>) -> bool {
                $type::view(this, |bytes| {
                    bytes.iter().any(u8::is_ascii_lowercase)
                        && !bytes.iter().any(u8::is_ascii_uppercase)
                })
            }

            /// Whether there are ASCII letters and all are in upper case.
            #[method("($self, /)")]
            fn isupper(this: &Ref<$type>) -> bool {
                $type::view(this, |bytes| {
                    bytes.iter().any(u8::is_ascii_uppercase)
                        && !bytes.iter().any(u8::is_ascii_lowercase)
                })
            }

            /// Whether there are ASCII words and all are in title case.
            #[method("($self, /)")]
            fn istitle(this: &Ref<$type>) -> bool {
                $type::view(this, is_title)
            }
        }
    };
}

shared_methods!(Bytes);
shared_methods!(ByteArray);
