//! Ints as bytes: `to_bytes`, `from_bytes`, and the two's complement behind them.

use malachite_bigint::{BigInt, Sign};

use super::IntView::{self, Big, Small};
use super::{from_big, from_u64, new};
use crate::raised::PyResult;
use crate::value::Value;

/// The order of an int's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    /// The order that `byteorder='…'` names.
    pub fn named(name: &str) -> PyResult<ByteOrder> {
        match name {
            "little" => Ok(ByteOrder::Little),
            "big" => Ok(ByteOrder::Big),
            _ => bail!(ValueError, "byteorder must be either 'little' or 'big'"),
        }
    }
}

/// `value.to_bytes(length, order, signed=signed)`.
pub fn to_bytes(
    value: IntView<'_>,
    length: usize,
    order: ByteOrder,
    signed: bool,
) -> PyResult<Vec<u8>> {
    if value.is_negative() && !signed {
        bail!(OverflowError, "can't convert negative int to unsigned");
    }
    let mut bytes = match value {
        Small(small) => small.to_le_bytes().to_vec(),
        Big(big) => big.to_signed_bytes_le(),
    };
    let fill = if value.is_negative() { 0xff } else { 0 };
    if bytes.len() > length {
        let fits = bytes[length..].iter().all(|&byte| byte == fill)
            && (!signed
                || length == 0 && fill == 0
                || length > 0 && bytes[length - 1] & 0x80 == fill & 0x80);
        if !fits {
            bail!(OverflowError, "int too big to convert");
        }
    }
    let mut result = Vec::new();
    if result.try_reserve_exact(length).is_err() {
        bail!(MemoryError, "");
    }
    bytes.truncate(length);
    result.append(&mut bytes);
    result.resize(length, fill);
    if order == ByteOrder::Big {
        result.reverse();
    }
    Ok(result)
}

/// `int.from_bytes(bytes, order, signed=signed)`.
pub fn from_bytes(bytes: &[u8], order: ByteOrder, signed: bool) -> Value {
    let top = if order == ByteOrder::Big {
        bytes.first()
    } else {
        bytes.last()
    };
    let negative = signed && top.is_some_and(|byte| byte & 0x80 != 0);
    if bytes.len() <= 8 {
        let mut word = [if negative { 0xff } else { 0 }; 8];
        match order {
            ByteOrder::Little => word[..bytes.len()].copy_from_slice(bytes),
            ByteOrder::Big => word
                .iter_mut()
                .zip(bytes.iter().rev())
                .for_each(|(place, byte)| *place = *byte),
        }
        return if signed {
            new(i64::from_le_bytes(word))
        } else {
            from_u64(u64::from_le_bytes(word))
        };
    }
    from_big(match (order, signed) {
        (ByteOrder::Little, true) => BigInt::from_signed_bytes_le(bytes),
        (ByteOrder::Big, true) => BigInt::from_signed_bytes_be(bytes),
        (ByteOrder::Little, false) => BigInt::from_bytes_le(Sign::Plus, bytes),
        (ByteOrder::Big, false) => BigInt::from_bytes_be(Sign::Plus, bytes),
    })
}
