//! The machine types of array items, and how values become items and back.

use taipan_objects::bail;
use taipan_objects::float;
use taipan_objects::int;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::Value;

/// A machine type, by its type code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ItemType(u8);

/// What items are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Signed integers.
    Signed,
    /// Unsigned integers.
    Unsigned,
    /// Floats.
    Float,
    /// Characters of 4 bytes.
    Character,
}

/// One item in machine form.
pub struct Item {
    bytes: [u8; 8],
    len: usize,
}

impl Item {
    fn new<const N: usize>(bytes: [u8; N]) -> Item {
        let mut item = Item {
            bytes: [0; 8],
            len: N,
        };
        item.bytes[..N].copy_from_slice(&bytes);
        item
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A slice of exactly `N` bytes as an array.
fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[..N]);
    array
}

impl ItemType {
    /// The type of a code; `None` for a character that is no code.
    pub fn from_code(code: u32) -> Option<ItemType> {
        let code = u8::try_from(code).ok()?;
        super::TYPECODES
            .as_bytes()
            .contains(&code)
            .then_some(ItemType(code))
    }

    /// The type for items of this kind and size.
    pub fn for_machine(kind: Kind, size: usize) -> Option<ItemType> {
        super::TYPECODES
            .bytes()
            .map(ItemType)
            .find(|item| item.kind() == kind && item.size() == size)
    }

    /// The code.
    pub fn code(self) -> char {
        self.0 as char
    }

    /// The format of the items in a buffer.
    pub fn format(self) -> &'static str {
        match self.0 {
            b'b' => "b",
            b'B' => "B",
            b'h' => "h",
            b'H' => "H",
            b'i' => "i",
            b'I' => "I",
            b'l' => "l",
            b'L' => "L",
            b'q' => "q",
            b'Q' => "Q",
            b'f' => "f",
            b'd' => "d",
            _ => "w",
        }
    }

    /// Bytes of an item.
    pub fn size(self) -> usize {
        match self.0 {
            b'b' | b'B' => 1,
            b'h' | b'H' => 2,
            b'i' | b'I' | b'f' | b'u' | b'w' => 4,
            _ => 8,
        }
    }

    /// What items are.
    pub fn kind(self) -> Kind {
        match self.0 {
            b'b' | b'h' | b'i' | b'l' | b'q' => Kind::Signed,
            b'f' | b'd' => Kind::Float,
            b'u' | b'w' => Kind::Character,
            _ => Kind::Unsigned,
        }
    }

    /// Whether items are characters.
    pub fn is_character(self) -> bool {
        self.kind() == Kind::Character
    }

    /// The value of an item.
    pub fn load(self, bytes: &[u8]) -> Value {
        match self.0 {
            b'b' => int::new(i8::from_ne_bytes(fixed(bytes)).into()),
            b'B' => int::new(bytes[0].into()),
            b'h' => int::new(i16::from_ne_bytes(fixed(bytes)).into()),
            b'H' => int::new(u16::from_ne_bytes(fixed(bytes)).into()),
            b'i' => int::new(i32::from_ne_bytes(fixed(bytes)).into()),
            b'I' => int::new(u32::from_ne_bytes(fixed(bytes)).into()),
            b'l' | b'q' => int::new(i64::from_ne_bytes(fixed(bytes))),
            b'L' | b'Q' => int::from_u64(u64::from_ne_bytes(fixed(bytes))),
            b'f' => float::new(f32::from_ne_bytes(fixed(bytes)).into()),
            b'd' => float::new(f64::from_ne_bytes(fixed(bytes))),
            _ => {
                // Bytes from elsewhere may be no character at all.
                let code = u32::from_ne_bytes(fixed(bytes));
                Str::from_code_point(if code <= 0x10_ffff { code } else { 0xfffd }).into_value()
            }
        }
    }

    /// The item that a value is stored as.
    pub fn store(self, value: &Value) -> PyResult<Item> {
        match self.0 {
            b'b' => narrow(value, i8::MIN.into(), i8::MAX.into(), "signed char")
                .map(|number| Item::new((number as i8).to_ne_bytes())),
            b'B' => narrow(value, 0, u8::MAX.into(), "unsigned byte integer")
                .map(|number| Item::new((number as u8).to_ne_bytes())),
            b'h' => {
                let number = narrow(
                    value,
                    i16::MIN.into(),
                    i16::MAX.into(),
                    "signed short integer",
                )?;
                Ok(Item::new((number as i16).to_ne_bytes()))
            }
            b'H' => narrow(value, 0, u16::MAX.into(), "unsigned short")
                .map(|number| Item::new((number as u16).to_ne_bytes())),
            b'i' => {
                let number = narrow(value, i32::MIN.into(), i32::MAX.into(), "signed integer")?;
                Ok(Item::new((number as i32).to_ne_bytes()))
            }
            b'I' => match u32::try_from(int::as_u64(value)?) {
                Ok(number) => Ok(Item::new(number.to_ne_bytes())),
                Err(_) => bail!(OverflowError, "unsigned int is greater than maximum"),
            },
            b'l' => int::as_i64(value).map(|number| Item::new(number.to_ne_bytes())),
            b'L' => int::as_u64(value).map(|number| Item::new(number.to_ne_bytes())),
            b'q' => int::as_long_long(value).map(|number| Item::new(number.to_ne_bytes())),
            b'Q' => {
                let number = int::with_index(value, |view| {
                    if view.is_negative() {
                        Err("negative")
                    } else {
                        view.unsigned_abs().ok_or("big")
                    }
                })?;
                match number {
                    Ok(number) => Ok(Item::new(number.to_ne_bytes())),
                    Err("negative") => {
                        bail!(OverflowError, "can't convert negative int to unsigned")
                    }
                    Err(_) => bail!(OverflowError, "int too big to convert"),
                }
            }
            b'f' => Ok(Item::new((float::as_f64(value)? as f32).to_ne_bytes())),
            b'd' => Ok(Item::new(float::as_f64(value)?.to_ne_bytes())),
            _ => {
                let Some(text) = value.downcast::<Str>() else {
                    bail!(
                        TypeError,
                        "array item must be a unicode character, not {}",
                        value.class().name()
                    );
                };
                match (text.len(), text.char_at(0)) {
                    (1, Some(code)) => Ok(Item::new(code.to_ne_bytes())),
                    (len, _) => bail!(
                        TypeError,
                        "array item must be a unicode character, not a string of length {len}"
                    ),
                }
            }
        }
    }
}

/// An int within bounds, which CPython's argument parser names in its messages.
fn narrow(value: &Value, least: i64, most: i64, name: &str) -> PyResult<i64> {
    match int::as_i64(value)? {
        number if number < least => bail!(OverflowError, "{name} is less than minimum"),
        number if number > most => bail!(OverflowError, "{name} is greater than maximum"),
        number => Ok(number),
    }
}
