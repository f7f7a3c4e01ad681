//! The items of a memoryview: formats of one native letter, unpacked to and packed from Python values.

use crate::buffer::BufferView;
use crate::bytes::bytes_object::Bytes;
use crate::class::Comparison;
use crate::exceptions::ExceptionKind;
use crate::float;
use crate::int::{self, IntView};
use crate::protocol;
use crate::raised::{PyResult, Raised};
use crate::runtime;
use crate::value::Value;

/// A format of one item: a native letter of the language of `struct`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ItemFormat(u8);

impl ItemFormat {
    /// The format of a letter, perhaps with `@` before it.
    pub fn parse(text: &str) -> Option<ItemFormat> {
        match text.strip_prefix('@').unwrap_or(text).as_bytes() {
            [letter] if ItemFormat(*letter).size() > 0 => Some(ItemFormat(*letter)),
            _ => None,
        }
    }

    /// The format of a view's items; NotImplementedError if it is not one letter.
    pub fn of_view(view: &BufferView) -> PyResult<ItemFormat> {
        match ItemFormat::parse(view.format()) {
            Some(format) => Ok(format),
            None => bail!(
                NotImplementedError,
                "memoryview: unsupported format {}",
                view.format()
            ),
        }
    }

    /// The letter.
    pub fn letter(self) -> char {
        self.0.into()
    }

    /// Bytes of one item; 0 for letters that are none.
    pub fn size(self) -> usize {
        match self.0 {
            b'b' | b'B' | b'c' | b'?' => 1,
            b'h' | b'H' | b'e' => 2,
            b'i' | b'I' | b'f' => 4,
            b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'd' | b'P' => 8,
            _ => 0,
        }
    }

    /// Whether equal bytes can be unequal items.
    pub(super) fn is_float(self) -> bool {
        matches!(self.0, b'e' | b'f' | b'd')
    }

    /// Whether items are single bytes.
    pub(super) fn is_byte(self) -> bool {
        matches!(self.0, b'b' | b'B' | b'c')
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes
        .try_into()
        .expect("an item has the size of its format")
}

/// The float behind two bytes.
pub fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => sign * f64::INFINITY,
        // The payload of a NaN is kept in the top bits of the wider fraction.
        0x1f => f64::from_bits(
            u64::from(bits & 0x8000) << 48 | 0x7ff << 52 | u64::from(bits & 0x3ff) << 42,
        ),
        _ => sign * (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// The float as two bytes, ties to even; `None` beyond the range.
pub fn f64_to_half(value: f64) -> Option<u16> {
    let sign = ((value.to_bits() >> 48) & 0x8000) as u16;
    let magnitude = value.abs();
    if value.is_nan() {
        let payload = (value.to_bits() >> 42) as u16 & 0x3ff;
        return Some(sign | 0x7c00 | if payload == 0 { 0x200 } else { payload });
    }
    if value.is_infinite() {
        return Some(sign | 0x7c00);
    }
    if magnitude >= 65520.0 {
        return None;
    }
    if magnitude < 2f64.powi(-14) {
        // Subnormal: multiples of 2^-24; rounding up to 1024 is the smallest normal number.
        let units = (magnitude * 2f64.powi(24)).round_ties_even();
        return Some(sign | units as u16);
    }
    let exponent = ((magnitude.to_bits() >> 52) as i32) - 1023;
    let fraction = (magnitude / 2f64.powi(exponent) * 1024.0).round_ties_even() as u32;
    let bits = ((exponent + 15) as u32 * 1024) + (fraction - 1024);
    Some(sign | bits as u16)
}

/// The Python value of an item.
pub fn unpack_item(format: ItemFormat, bytes: &[u8]) -> PyResult<Value> {
    Ok(match format.0 {
        b'b' => int::new(i8::from_ne_bytes(array(bytes)).into()),
        b'B' => int::new(bytes[0].into()),
        b'c' => Bytes::single(bytes[0]).into_value(),
        b'?' => Value::from_bool(bytes[0] != 0),
        b'h' => int::new(i16::from_ne_bytes(array(bytes)).into()),
        b'H' => int::new(u16::from_ne_bytes(array(bytes)).into()),
        b'i' => int::new(i32::from_ne_bytes(array(bytes)).into()),
        b'I' => int::new(u32::from_ne_bytes(array(bytes)).into()),
        b'l' | b'q' | b'n' => int::new(i64::from_ne_bytes(array(bytes))),
        b'L' | b'Q' | b'N' | b'P' => int::from_u64(u64::from_ne_bytes(array(bytes))),
        b'e' => float::new(half_to_f64(u16::from_ne_bytes(array(bytes)))),
        b'f' => float::new(f32::from_ne_bytes(array(bytes)).into()),
        b'd' => float::new(f64::from_ne_bytes(array(bytes))),
        other => bail!(
            NotImplementedError,
            "memoryview: format {} not supported",
            char::from(other)
        ),
    })
}

#[cold]
fn invalid_value(format: ItemFormat) -> Raised {
    exc!(
        ValueError,
        "memoryview: invalid value for format '{}'",
        format.letter()
    )
}

#[cold]
fn invalid_type(format: ItemFormat) -> Raised {
    exc!(
        TypeError,
        "memoryview: invalid type for format '{}'",
        format.letter()
    )
}

/// The bytes of an item.
pub fn pack_item(format: ItemFormat, value: &Value) -> PyResult<Vec<u8>> {
    let number = || -> PyResult<i128> {
        let number = int::with_index(value, |view| match view {
            IntView::Small(small) => Some(i128::from(small)),
            IntView::Big(_) => view.unsigned_abs().map(|magnitude| {
                if view.is_negative() {
                    -i128::from(magnitude)
                } else {
                    i128::from(magnitude)
                }
            }),
        });
        match number {
            Ok(Some(number)) => Ok(number),
            Ok(None) => Err(invalid_value(format)),
            Err(raised) if raised.is(ExceptionKind::TypeError) => Err(invalid_type(format)),
            Err(raised) => Err(raised),
        }
    };
    macro_rules! fit {
        ($ty:ty) => {
            <$ty>::try_from(number()?)
                .map_err(|_| invalid_value(format))?
                .to_ne_bytes()
                .to_vec()
        };
    }
    let real = || match float::as_f64(value) {
        Err(raised) if raised.is(ExceptionKind::TypeError) => Err(invalid_type(format)),
        other => other,
    };
    Ok(match format.0 {
        b'b' => fit!(i8),
        b'B' => fit!(u8),
        b'h' => fit!(i16),
        b'H' => fit!(u16),
        b'i' => fit!(i32),
        b'I' => fit!(u32),
        b'l' | b'q' | b'n' => fit!(i64),
        b'L' | b'Q' | b'N' | b'P' => fit!(u64),
        b'?' => vec![u8::from(protocol::is_true(value)?)],
        b'e' => f64_to_half(real()?)
            .ok_or_else(|| exc!(OverflowError, "float too large to pack with e format"))?
            .to_ne_bytes()
            .to_vec(),
        b'f' => {
            let real = real()?;
            let single = real as f32;
            if single.is_infinite() && real.is_finite() {
                bail!(OverflowError, "float too large to pack with f format");
            }
            single.to_ne_bytes().to_vec()
        }
        b'd' => real()?.to_ne_bytes().to_vec(),
        b'c' => match value.downcast::<Bytes>() {
            Some(bytes) if bytes.len() == 1 => bytes.as_slice().to_vec(),
            Some(_) => return Err(invalid_value(format)),
            None => return Err(invalid_type(format)),
        },
        _ => bail!(
            NotImplementedError,
            "memoryview: format {} not supported",
            format.letter()
        ),
    })
}

/// Whether items of formats that are not single letters are equal: `struct` unpacks them.
pub(super) fn equal_structs(left: &BufferView, right: &BufferView) -> PyResult<bool> {
    let unpack = runtime::import_attribute("struct", "unpack")?;
    let read = |view: &BufferView, offset: isize| {
        let format = Value::from(view.format());
        let bytes = Bytes::new(view.item(offset)).into_value();
        protocol::call2(&unpack, &format, &bytes)
    };
    for (first, second) in left.item_offsets().zip(right.item_offsets()) {
        let (Ok(first), Ok(second)) = (read(left, first), read(right, second)) else {
            return Ok(false);
        };
        if !protocol::compare_bool(&first, &second, Comparison::Eq)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_floats_round_to_even_and_read_back() {
        for (value, bits) in [
            (0.0, 0),
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (65504.0, 0x7bff),
            (2f64.powi(-24), 1),
            (2f64.powi(-25), 0),
            (0.1, 0x2e66),
        ] {
            assert_eq!(f64_to_half(value), Some(bits));
        }
        assert_eq!(f64_to_half(65520.0), None);
        for bits in 0..0x7c00 {
            assert_eq!(f64_to_half(half_to_f64(bits)), Some(bits));
        }
    }
}
