//! Struct formats: a string of letters becomes a list of fields with places, which values are packed into and read from.

use std::ops::Range;

use taipan_objects::bytes::{ByteArray, Bytes, f64_to_half, half_to_f64};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::int::{self, IntView};
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::Value;
use taipan_objects::{bail, complex, exc, float, protocol};

use super::error;

/// One letter of a format, with its count.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    letter: u8,
    /// Where its first item lies.
    offset: usize,
    /// Bytes of one item; of the whole for `s` and `p`.
    size: usize,
    /// Number of items.
    count: usize,
}

/// A parsed format.
#[derive(Debug)]
pub struct Layout {
    fields: Vec<Field>,
    big_endian: bool,
    native: bool,
    /// Bytes of the whole.
    pub size: usize,
    /// Number of values.
    pub count: usize,
}

/// Size and alignment of an item in the machine's own layout.
fn native_size(letter: u8) -> Option<(usize, usize)> {
    Some(match letter {
        b'x' | b'c' | b'b' | b'B' | b's' | b'p' | b'?' => (1, 1),
        b'h' | b'H' | b'e' => (2, 2),
        b'i' | b'I' | b'f' => (4, 4),
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'P' | b'd' => (8, 8),
        b'F' => (8, 4),
        b'D' => (16, 8),
        _ => return None,
    })
}

/// Size of an item in the layout that is the same on all machines.
fn standard_size(letter: u8) -> Option<usize> {
    Some(match letter {
        b'l' | b'L' => 4,
        b'n' | b'N' | b'P' => return None,
        other => native_size(other)?.0,
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

impl Layout {
    /// Reads a format.
    pub fn parse(format: &[u8]) -> PyResult<Layout> {
        let (native, big_endian, letters) = match format {
            [b'<', rest @ ..] => (false, false, rest),
            [b'>' | b'!', rest @ ..] => (false, true, rest),
            [b'=', rest @ ..] => (false, cfg!(target_endian = "big"), rest),
            [b'@', rest @ ..] => (true, cfg!(target_endian = "big"), rest),
            _ => (true, cfg!(target_endian = "big"), format),
        };
        let mut layout = Layout {
            fields: Vec::new(),
            big_endian,
            native,
            size: 0,
            count: 0,
        };
        let mut at = 0;
        while at < letters.len() {
            if is_space(letters[at]) {
                at += 1;
                continue;
            }
            let mut count = 1usize;
            if letters[at].is_ascii_digit() {
                count = 0;
                while at < letters.len() && letters[at].is_ascii_digit() {
                    let digit = usize::from(letters[at] - b'0');
                    count = count
                        .checked_mul(10)
                        .and_then(|count| count.checked_add(digit))
                        .ok_or_else(too_long)?;
                    at += 1;
                }
                if at == letters.len() {
                    return Err(error("repeat count given without format specifier"));
                }
            }
            layout.add(letters[at], count)?;
            at += 1;
        }
        Ok(layout)
    }

    fn add(&mut self, letter: u8, count: usize) -> PyResult<()> {
        let (size, align) = match self.native {
            true => native_size(letter),
            false => standard_size(letter).map(|size| (size, 1)),
        }
        .ok_or_else(|| error("bad char in struct format"))?;
        let offset = self
            .size
            .checked_next_multiple_of(align)
            .ok_or_else(too_long)?;
        let bytes = size.checked_mul(count).ok_or_else(too_long)?;
        self.size = offset
            .checked_add(bytes)
            .filter(|&size| size <= isize::MAX as usize)
            .ok_or_else(too_long)?;
        match letter {
            b'x' => {}
            b's' | b'p' => {
                self.count += 1;
                self.fields.push(Field {
                    letter,
                    offset,
                    size: count,
                    count: 1,
                });
            }
            _ if count > 0 => {
                self.count += count;
                self.fields.push(Field {
                    letter,
                    offset,
                    size,
                    count,
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn places(&self) -> impl Iterator<Item = (u8, Range<usize>)> {
        self.fields.iter().flat_map(|field| {
            (0..field.count).map(move |index| {
                let start = field.offset + index * field.size;
                (field.letter, start..start + field.size)
            })
        })
    }

    /// Packs as many values as the format has into `bytes`, which are as many as the format's size. Values are converted
    /// before anything is written to memory that foreign code can see, so `bytes` is a buffer of the caller's own.
    pub fn pack(&self, values: &[Value], bytes: &mut [u8]) -> PyResult<()> {
        debug_assert!(values.len() == self.count && bytes.len() == self.size);
        for ((letter, place), value) in self.places().zip(values) {
            self.pack_one(letter, value, &mut bytes[place])?;
        }
        Ok(())
    }

    /// The values in `bytes`, which are as many as the format's size.
    pub fn unpack(&self, bytes: &[u8]) -> Vec<Value> {
        debug_assert_eq!(bytes.len(), self.size);
        let mut values = Vec::with_capacity(self.count);
        values.extend(
            self.places()
                .map(|(letter, place)| self.unpack_one(letter, &bytes[place])),
        );
        values
    }

    fn pack_one(&self, letter: u8, value: &Value, place: &mut [u8]) -> PyResult<()> {
        match letter {
            b'c' => match value.downcast::<Bytes>().map(|bytes| bytes.as_slice()) {
                Some([byte]) => place[0] = *byte,
                _ => return Err(error("char format requires a bytes object of length 1")),
            },
            b'?' => place[0] = u8::from(protocol::is_true(value)?),
            b's' => {
                let bytes = bytes_of(value, 's')?;
                let length = bytes.len().min(place.len());
                place[..length].copy_from_slice(&bytes[..length]);
            }
            b'p' => {
                let bytes = bytes_of(value, 'p')?;
                if let Some((first, rest)) = place.split_first_mut() {
                    let length = bytes.len().min(rest.len());
                    rest[..length].copy_from_slice(&bytes[..length]);
                    *first = length.min(255) as u8;
                }
            }
            b'e' => {
                let value = real(value)?;
                let Some(bits) = f64_to_half(value) else {
                    bail!(OverflowError, "float too large to pack with e format")
                };
                self.store(bits.into(), place);
            }
            b'f' => self.store(single(real(value)?)?.into(), place),
            b'd' => self.store(real(value)?.to_bits(), place),
            b'F' | b'D' => {
                let (re, im) = match complex::as_parts(value) {
                    Ok(parts) => (parts.re, parts.im),
                    Err(_) => return Err(error("required argument is not a complex")),
                };
                let (first, second) = place.split_at_mut(place.len() / 2);
                if letter == b'F' {
                    self.store(single(re)?.into(), first);
                    self.store(single(im)?.into(), second);
                } else {
                    self.store(re.to_bits(), first);
                    self.store(im.to_bits(), second);
                }
            }
            _ => self.pack_int(letter, value, place)?,
        }
        Ok(())
    }

    fn pack_int(&self, letter: u8, value: &Value, place: &mut [u8]) -> PyResult<()> {
        let index;
        let value = if int::is_int(value) {
            value
        } else {
            if value.class().slots.index.get().is_none() {
                return Err(error("required argument is not an integer"));
            }
            index = protocol::index(value)?;
            &index
        };
        let signed = matches!(letter, b'b' | b'h' | b'i' | b'l' | b'q' | b'n');
        let bits = 8 * place.len() as u32;
        let (low, high) = if signed {
            (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
        } else {
            (0, (1i128 << bits) - 1)
        };
        let number = match int::view(value) {
            Some(IntView::Small(small)) => Some(i128::from(small)),
            Some(view @ IntView::Big(_)) if !view.is_negative() => {
                view.unsigned_abs().map(i128::from)
            }
            _ => None,
        };
        match number {
            // A pointer is taken from negative numbers too.
            Some(number) if letter == b'P' && number >= i128::from(i64::MIN) => {
                self.store(number as u64, place)
            }
            None if letter == b'P' => return Err(error("int too large to convert")),
            Some(number) if (low..=high).contains(&number) => self.store(number as u64, place),
            _ => {
                return Err(error(&format!(
                    "'{}' format requires {low} <= number <= {high}",
                    char::from(letter)
                )));
            }
        }
        Ok(())
    }

    /// Writes the low bytes of a number in the format's byte order.
    fn store(&self, bits: u64, place: &mut [u8]) {
        let length = place.len();
        if self.big_endian {
            place.copy_from_slice(&bits.to_be_bytes()[8 - length..]);
        } else {
            place.copy_from_slice(&bits.to_le_bytes()[..length]);
        }
    }

    fn load(&self, place: &[u8]) -> u64 {
        let mut bytes = [0; 8];
        if self.big_endian {
            bytes[8 - place.len()..].copy_from_slice(place);
            u64::from_be_bytes(bytes)
        } else {
            bytes[..place.len()].copy_from_slice(place);
            u64::from_le_bytes(bytes)
        }
    }

    fn unpack_one(&self, letter: u8, place: &[u8]) -> Value {
        let float_at = |place: &[u8]| match place.len() {
            4 => f64::from(f32::from_bits(self.load(place) as u32)),
            _ => f64::from_bits(self.load(place)),
        };
        match letter {
            b'c' | b's' => Bytes::new(place).into_value(),
            b'p' => {
                let text = place.split_first().map_or(&[][..], |(&length, rest)| {
                    &rest[..rest.len().min(length.into())]
                });
                Bytes::new(text).into_value()
            }
            b'?' => Value::from_bool(place.iter().any(|&byte| byte != 0)),
            b'e' => float::new(half_to_f64(self.load(place) as u16)),
            b'f' | b'd' => float::new(float_at(place)),
            b'F' | b'D' => {
                let (first, second) = place.split_at(place.len() / 2);
                complex::new(float_at(first), float_at(second))
            }
            b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => {
                let unused = 64 - 8 * place.len() as u32;
                int::new((self.load(place) << unused) as i64 >> unused)
            }
            _ => int::from_u64(self.load(place)),
        }
    }
}

#[cold]
fn too_long() -> Raised {
    error("total struct size too long")
}

fn bytes_of(value: &Value, letter: char) -> PyResult<Vec<u8>> {
    if let Some(bytes) = value.downcast::<Bytes>() {
        return Ok(bytes.as_slice().to_vec());
    }
    match value.downcast::<ByteArray>() {
        Some(array) => Ok(array.cell().to_vec()),
        None => Err(error(&format!(
            "argument for '{letter}' must be a bytes object"
        ))),
    }
}

fn real(value: &Value) -> PyResult<f64> {
    float::as_f64(value).map_err(|raised| {
        if raised.is(ExceptionKind::TypeError) {
            error("required argument is not a float")
        } else {
            raised
        }
    })
}

/// The bits of a float of four bytes.
fn single(value: f64) -> PyResult<u32> {
    let single = value as f32;
    if single.is_infinite() && value.is_finite() {
        return Err(exc!(OverflowError, "float too large to pack with f format"));
    }
    Ok(single.to_bits())
}
