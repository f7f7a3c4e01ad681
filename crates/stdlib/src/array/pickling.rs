//! Pickled arrays: machine form with a number that says which, readable on every machine.

use taipan_macros::function;
use taipan_objects::bail;
use taipan_objects::bytes::Bytes;
use taipan_objects::class::{Payload, Type};
use taipan_objects::float;
use taipan_objects::id;
use taipan_objects::int;
use taipan_objects::list::List;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

use super::Array;
use super::item::{ItemType, Kind};
use super::methods::{item_type, make_array};

/// A machine format: what items are, their size, and whether the most significant byte comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Format {
    kind: Kind,
    size: usize,
    big_endian: bool,
}

const fn format(kind: Kind, size: usize, big_endian: bool) -> Format {
    Format {
        kind,
        size,
        big_endian,
    }
}

/// The formats by their numbers. Numbers 18 and 19 are UTF-16, which items of 2 bytes stand for.
const FORMATS: [Format; 22] = [
    format(Kind::Unsigned, 1, false),
    format(Kind::Signed, 1, false),
    format(Kind::Unsigned, 2, false),
    format(Kind::Unsigned, 2, true),
    format(Kind::Signed, 2, false),
    format(Kind::Signed, 2, true),
    format(Kind::Unsigned, 4, false),
    format(Kind::Unsigned, 4, true),
    format(Kind::Signed, 4, false),
    format(Kind::Signed, 4, true),
    format(Kind::Unsigned, 8, false),
    format(Kind::Unsigned, 8, true),
    format(Kind::Signed, 8, false),
    format(Kind::Signed, 8, true),
    format(Kind::Float, 4, false),
    format(Kind::Float, 4, true),
    format(Kind::Float, 8, false),
    format(Kind::Float, 8, true),
    format(Kind::Character, 2, false),
    format(Kind::Character, 2, true),
    format(Kind::Character, 4, false),
    format(Kind::Character, 4, true),
];

/// The number of this machine's format for items of a type.
fn native_number(item: ItemType) -> usize {
    let native = format(
        item.kind(),
        item.size(),
        cfg!(target_endian = "big") && item.size() > 1,
    );
    FORMATS
        .iter()
        .position(|format| *format == native)
        .unwrap_or(0)
}

/// `__reduce_ex__(protocol)`.
pub(super) fn reduce(this: &Ref<Array>, version: i64) -> PyResult<Value> {
    let class = this.class().to_value();
    let code = Str::from_char(this.item.code()).into_value();
    let state =
        protocol::getattr_optional(this.as_value(), id!("__dict__"))?.unwrap_or(Value::NONE);
    if version < 3 {
        let items = List::new(
            (0..this.len())
                .filter_map(|index| this.get(index))
                .collect(),
        );
        let arguments = Tuple::pair(code, items.into_value()).into_value();
        return Ok(Tuple::from_array([class, arguments, state]).into_value());
    }
    let reconstructor = runtime::import_attribute("array", "_array_reconstructor")?;
    let bytes = this.cell.with(Bytes::new).into_value();
    let number = int::from_usize(native_number(this.item));
    let arguments = Tuple::from_array([class, code, number, bytes]).into_value();
    Ok(Tuple::from_array([reconstructor, arguments, state]).into_value())
}

/// The value of one item in some machine format.
fn decode(format: Format, item: &[u8]) -> Value {
    let mut little = [0; 8];
    for (place, byte) in little.iter_mut().zip(item) {
        *place = *byte;
    }
    if format.big_endian {
        little[..format.size].reverse();
    }
    let unsigned = u64::from_le_bytes(little);
    match (format.kind, format.size) {
        (Kind::Unsigned, _) => int::from_u64(unsigned),
        (Kind::Signed, size) => {
            let shift = 64 - 8 * size as u32;
            int::new((unsigned << shift) as i64 >> shift)
        }
        (Kind::Float, 4) => float::new(f32::from_bits(unsigned as u32).into()),
        (Kind::Float, _) => float::new(f64::from_bits(unsigned)),
        (Kind::Character, _) => int::from_u64(unsigned),
    }
}

/// The text behind items of UTF-16 or UTF-32.
fn decode_text(format: Format, bytes: &[u8]) -> Ref<Str> {
    let units: Vec<u32> = bytes
        .chunks_exact(format.size)
        .map(|unit| {
            let fold = |code: u32, byte: &u8| code << 8 | u32::from(*byte);
            if format.big_endian {
                unit.iter().fold(0, fold)
            } else {
                unit.iter().rev().fold(0, fold)
            }
        })
        .collect();
    if format.size == 4 {
        return Str::from_code_points(
            units
                .into_iter()
                .map(|code| if code <= 0x10_ffff { code } else { 0xfffd }),
        );
    }
    let mut codes: Vec<u32> = Vec::with_capacity(units.len());
    for code in units {
        match codes.last() {
            Some(&high) if (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&code) => {
                codes.pop();
                codes.push(0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00));
            }
            _ => codes.push(code),
        }
    }
    Str::from_code_points(codes.into_iter())
}

/// Internal. Used for pickling support.
#[function("($module, arraytype, typecode, mformat_code, items, /)")]
pub fn _array_reconstructor(
    arraytype: &Ref<Type>,
    typecode: &Value,
    mformat_code: i32,
    items: &Value,
) -> PyResult<Value> {
    if !arraytype.is_subclass(Array::class()) {
        bail!(
            TypeError,
            "{} is not a subtype of {}",
            arraytype.name(),
            Array::class().display_name()
        );
    }
    let item = item_type(typecode, "_array_reconstructor():", "2")?;
    let Some(format) = usize::try_from(mformat_code)
        .ok()
        .and_then(|number| FORMATS.get(number).copied())
    else {
        bail!(
            ValueError,
            "third argument must be a valid machine format code."
        );
    };
    let Some(bytes) = items.downcast::<Bytes>() else {
        bail!(
            TypeError,
            "fourth argument should be bytes, not {}",
            items.class().name()
        );
    };
    if FORMATS[native_number(item)] == format {
        if !bytes.len().is_multiple_of(item.size()) {
            bail!(ValueError, "bytes length not a multiple of item size");
        }
        return Ok(make_array(arraytype, item, Some(items))?.into_value());
    }
    if !bytes.len().is_multiple_of(format.size) {
        bail!(ValueError, "string length not a multiple of item size");
    }
    if format.kind == Kind::Character {
        let text = decode_text(format, bytes.as_slice());
        return Ok(make_array(arraytype, item, Some(text.as_value()))?.into_value());
    }
    // A type of the same size and sign holds the items best.
    let item = match format.kind {
        Kind::Float => item,
        kind => ItemType::for_machine(kind, format.size).unwrap_or(item),
    };
    let values = List::new(
        bytes
            .as_slice()
            .chunks_exact(format.size)
            .map(|item| decode(format, item))
            .collect(),
    );
    Ok(make_array(arraytype, item, Some(values.as_value()))?.into_value())
}
