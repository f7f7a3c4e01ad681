//! The reader. It takes the types that code objects are made of, and refuses the others.

use malachite_bigint::{BigInt, Sign};
use rustpython_wtf8::Wtf8Buf;

use super::FLAG_REF;
use crate::code::{Code, Const};

/// Why bytes are no marshalled code object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarshalError {
    /// The data ends inside an object.
    Truncated,
    /// A type byte that does not occur in code objects.
    UnexpectedType(u8),
    /// A reference to an object that is not complete, or does not exist.
    BadReference(u32),
    /// A string that is not text.
    BadText,
    /// An object of another type than its place asks for.
    WrongType(&'static str),
    /// Objects nested more than 2000 deep.
    TooDeep,
}

impl std::fmt::Display for MarshalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => f.write_str("marshal data too short"),
            Self::UnexpectedType(byte) => {
                write!(f, "bad marshal data (unexpected type 0x{byte:02x})")
            }
            Self::BadReference(number) => {
                write!(f, "bad marshal data (invalid reference {number})")
            }
            Self::BadText => f.write_str("bad marshal data (invalid string)"),
            Self::WrongType(expected) => write!(f, "bad marshal data (expected {expected})"),
            Self::TooDeep => f.write_str("bad marshal data (objects nested too deeply)"),
        }
    }
}

impl std::error::Error for MarshalError {}

/// Reads a code object.
pub fn read(data: &[u8]) -> Result<Code, MarshalError> {
    let mut reader = Reader {
        data,
        references: Vec::new(),
    };
    match reader.object(MAX_DEPTH)? {
        Const::Code(code) => Ok(*code),
        _ => Err(MarshalError::WrongType("a code object")),
    }
}

const MAX_DEPTH: u32 = 2000;

struct Reader<'a> {
    data: &'a [u8],
    /// `None` while the object is still being read.
    references: Vec<Option<Const>>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], MarshalError> {
        let (taken, rest) = self
            .data
            .split_at_checked(len)
            .ok_or(MarshalError::Truncated)?;
        self.data = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MarshalError> {
        let (taken, rest) = self
            .data
            .split_first_chunk::<N>()
            .ok_or(MarshalError::Truncated)?;
        self.data = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, MarshalError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Result<u32, MarshalError> {
        self.array().map(u32::from_le_bytes)
    }

    fn i32(&mut self) -> Result<i32, MarshalError> {
        self.array().map(i32::from_le_bytes)
    }

    fn f64(&mut self) -> Result<f64, MarshalError> {
        self.array().map(f64::from_le_bytes)
    }

    fn len(&mut self) -> Result<usize, MarshalError> {
        usize::try_from(self.i32()?).map_err(|_| MarshalError::Truncated)
    }

    fn object(&mut self, depth: u32) -> Result<Const, MarshalError> {
        let depth = depth.checked_sub(1).ok_or(MarshalError::TooDeep)?;
        let byte = self.byte()?;
        let reserved = (byte & FLAG_REF != 0).then(|| {
            self.references.push(None);
            self.references.len() - 1
        });
        let object = match byte & !FLAG_REF {
            b'N' => Const::None,
            b'T' => Const::True,
            b'F' => Const::False,
            b'.' => Const::Ellipsis,
            b'i' => Const::Int(BigInt::from(self.i32()?)),
            b'l' => Const::Int(self.long()?),
            b'g' => Const::Float(self.f64()?),
            b'y' => Const::Complex(self.f64()?, self.f64()?),
            b's' => {
                let len = self.len()?;
                Const::Bytes(self.take(len)?.to_vec())
            }
            b'z' | b'Z' => {
                let len = usize::from(self.byte()?);
                self.text(len)?
            }
            b'a' | b'A' | b'u' | b't' => {
                let len = self.len()?;
                self.text(len)?
            }
            b')' => {
                let len = usize::from(self.byte()?);
                Const::Tuple(self.objects(len, depth)?)
            }
            b'(' => {
                let len = self.len()?;
                Const::Tuple(self.objects(len, depth)?)
            }
            b'>' => {
                let len = self.len()?;
                Const::FrozenSet(self.objects(len, depth)?)
            }
            b':' => Const::Slice(Box::new([
                self.object(depth)?,
                self.object(depth)?,
                self.object(depth)?,
            ])),
            b'c' => Const::Code(Box::new(self.code(depth)?)),
            b'r' => {
                let number = self.u32()?;
                usize::try_from(number)
                    .ok()
                    .and_then(|index| self.references.get(index)?.clone())
                    .ok_or(MarshalError::BadReference(number))?
            }
            other => return Err(MarshalError::UnexpectedType(other)),
        };
        if let Some(index) = reserved {
            self.references[index] = Some(object.clone());
        }
        Ok(object)
    }

    fn objects(&mut self, len: usize, depth: u32) -> Result<Vec<Const>, MarshalError> {
        // Each object takes a byte at least, so a length past the data is refused before it
        // reserves memory.
        if len > self.data.len() {
            return Err(MarshalError::Truncated);
        }
        (0..len).map(|_| self.object(depth)).collect()
    }

    fn text(&mut self, len: usize) -> Result<Const, MarshalError> {
        Wtf8Buf::from_bytes(self.take(len)?.to_vec())
            .map(Const::Str)
            .map_err(|_| MarshalError::BadText)
    }

    fn long(&mut self) -> Result<BigInt, MarshalError> {
        let count = self.i32()?;
        let len = usize::try_from(count.unsigned_abs()).map_err(|_| MarshalError::Truncated)?;
        let digits = self.take(len.checked_mul(2).ok_or(MarshalError::Truncated)?)?;
        let mut bytes = Vec::with_capacity(digits.len());
        let mut pending = 0u32;
        let mut bits = 0;
        for digit in digits.chunks_exact(2) {
            pending |= u32::from(u16::from_le_bytes([digit[0], digit[1]]) & 0x7fff) << bits;
            bits += 15;
            while bits >= 8 {
                bytes.push((pending & 0xff) as u8);
                pending >>= 8;
                bits -= 8;
            }
        }
        bytes.push((pending & 0xff) as u8);
        let sign = if count < 0 { Sign::Minus } else { Sign::Plus };
        Ok(BigInt::from_bytes_le(sign, &bytes))
    }

    fn code(&mut self, depth: u32) -> Result<Code, MarshalError> {
        Ok(Code {
            arg_count: self.u32()?,
            posonly_arg_count: self.u32()?,
            kwonly_arg_count: self.u32()?,
            stack_size: self.u32()?,
            flags: self.u32()?,
            code: self.bytes(depth)?.into_boxed_slice(),
            consts: match self.object(depth)? {
                Const::Tuple(items) => items,
                _ => return Err(MarshalError::WrongType("a tuple")),
            },
            names: self.names(depth)?,
            localsplus_names: self.names(depth)?,
            localsplus_kinds: self.bytes(depth)?,
            filename: self.name(depth)?,
            name: self.name(depth)?,
            qualname: self.name(depth)?,
            first_line: self.u32()?,
            linetable: self.bytes(depth)?.into_boxed_slice(),
            exceptiontable: self.bytes(depth)?.into_boxed_slice(),
        })
    }

    fn bytes(&mut self, depth: u32) -> Result<Vec<u8>, MarshalError> {
        match self.object(depth)? {
            Const::Bytes(bytes) => Ok(bytes),
            _ => Err(MarshalError::WrongType("bytes")),
        }
    }

    fn name(&mut self, depth: u32) -> Result<String, MarshalError> {
        string(self.object(depth)?)
    }

    fn names(&mut self, depth: u32) -> Result<Vec<String>, MarshalError> {
        match self.object(depth)? {
            Const::Tuple(items) => items.into_iter().map(string).collect(),
            _ => Err(MarshalError::WrongType("a tuple of names")),
        }
    }
}

fn string(object: Const) -> Result<String, MarshalError> {
    match object {
        Const::Str(text) => text.into_string().map_err(|_| MarshalError::BadText),
        _ => Err(MarshalError::WrongType("a string")),
    }
}
