//! `_codecs`: the registry of codecs, and the built-in encodings as functions.
//!
//! Every encoder answers bytes and how many characters they stand for; every decoder answers text and how many bytes it
//! used, which without `final` can be fewer than there are.

use taipan_macros::{define_module, function};
use taipan_objects::buffer::{self, BufferView};
use taipan_objects::bytes::Bytes;
use taipan_objects::codecs::{self, ByteOrder, EncodingMap, Errors, registry};
use taipan_objects::native::{ArgInfo, FromArg};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int};

define_module!(
    name = "_codecs",
    functions(
        register,
        unregister,
        lookup,
        encode,
        decode,
        lookup_error,
        register_error,
        _unregister_error,
        escape_encode,
        escape_decode,
        utf_8_encode,
        utf_8_decode,
        utf_7_encode,
        utf_7_decode,
        utf_16_encode,
        utf_16_le_encode,
        utf_16_be_encode,
        utf_16_decode,
        utf_16_le_decode,
        utf_16_be_decode,
        utf_16_ex_decode,
        utf_32_encode,
        utf_32_le_encode,
        utf_32_be_encode,
        utf_32_decode,
        utf_32_le_decode,
        utf_32_be_decode,
        utf_32_ex_decode,
        unicode_escape_encode,
        unicode_escape_decode,
        raw_unicode_escape_encode,
        raw_unicode_escape_decode,
        latin_1_encode,
        latin_1_decode,
        ascii_encode,
        ascii_decode,
        charmap_encode,
        charmap_decode,
        charmap_build,
        readbuffer_encode
    ),
    classes(EncodingMap),
);

/// A bytes-like object, or a string that stands for its UTF-8.
struct TextOrBytes(Vec<u8>);

impl FromArg<'_> for TextOrBytes {
    fn from_arg(value: &Value, info: &ArgInfo) -> PyResult<TextOrBytes> {
        match value.downcast::<Str>() {
            Some(text) => Ok(TextOrBytes(text.to_str()?.as_bytes().to_vec())),
            None if buffer::is_bytes_like(value) => {
                Ok(TextOrBytes(buffer::bytes_like(value)?.to_vec()))
            }
            None => Err(info.mismatch("str or a bytes-like object", value)),
        }
    }
}

fn encoded(bytes: &[u8], text: &Str) -> Ref<Tuple> {
    Tuple::pair(Bytes::new(bytes).into_value(), int::from_usize(text.len()))
}

fn decoded((text, used): (Ref<Str>, usize)) -> Ref<Tuple> {
    Tuple::pair(text.into_value(), int::from_usize(used))
}

/// Adds a function that finds codecs by name.
#[function("(search_function, /)")]
fn register(search_function: &Value) -> PyResult<()> {
    registry::register(search_function)
}

/// Removes a search function and forgets the codecs that were found.
#[function("(search_function, /)")]
fn unregister(search_function: &Value) {
    registry::unregister(search_function);
}

/// The codec of an encoding, as a tuple of four functions.
#[function("(encoding, /)")]
fn lookup(encoding: &Ref<Str>) -> PyResult<Ref<Tuple>> {
    registry::lookup(encoding)
}

/// Encodes an object with the codec of an encoding.
#[function("(obj, encoding='utf-8', errors='strict')")]
fn encode(obj: &Value, encoding: Option<&Ref<Str>>, errors: Option<&Ref<Str>>) -> PyResult<Value> {
    registry::encode_object(obj, encoding.unwrap_or(id!("utf-8")), errors)
}

/// Decodes an object with the codec of an encoding.
#[function("(obj, encoding='utf-8', errors='strict')")]
fn decode(obj: &Value, encoding: Option<&Ref<Str>>, errors: Option<&Ref<Str>>) -> PyResult<Value> {
    registry::decode_object(obj, encoding.unwrap_or(id!("utf-8")), errors)
}

/// The error handler of a name.
#[function("(name, /)")]
fn lookup_error(name: &Ref<Str>) -> PyResult<Value> {
    registry::lookup_error(name)
}

/// Sets the error handler of a name.
#[function("(errors, handler, /)")]
fn register_error(errors: &Ref<Str>, handler: &Value) -> PyResult<()> {
    registry::register_error(errors, handler)
}

/// Removes the error handler of a name, if it is not one that is always there.
#[function("(errors, /)")]
fn _unregister_error(errors: &Ref<Str>) -> PyResult<bool> {
    registry::unregister_error(errors)
}

#[function("(data, errors=None, /)")]
fn escape_encode(data: &Value, _errors: Option<&Ref<Str>>) -> PyResult<Ref<Tuple>> {
    let Some(bytes) = data.downcast::<Bytes>() else {
        bail!(
            TypeError,
            "escape_encode() argument 1 must be bytes, not {}",
            data.class().name()
        );
    };
    let escaped = codecs::bytes_escape_encode(bytes.as_slice());
    Ok(Tuple::pair(
        Bytes::new(&escaped).into_value(),
        int::from_usize(bytes.len()),
    ))
}

#[function("(data, errors=None, /)")]
fn escape_decode(data: TextOrBytes, errors: Option<&Ref<Str>>) -> PyResult<Ref<Tuple>> {
    let bytes = codecs::bytes_escape_decode(&data.0, errors)?;
    Ok(Tuple::pair(
        Bytes::new(&bytes).into_value(),
        int::from_usize(data.0.len()),
    ))
}

#[function("(str, errors=None, /)")]
fn utf_8_encode(str: &Ref<Str>, errors: Option<&Ref<Str>>) -> PyResult<Ref<Tuple>> {
    Ok(encoded(
        &codecs::utf8_encode(str, &Errors::new(errors))?,
        str,
    ))
}

#[function("(data, errors=None, final=False, /)")]
fn utf_8_decode(data: BufferView, errors: Option<&Ref<Str>>, last: bool) -> PyResult<Ref<Tuple>> {
    codecs::utf8_decode(&data.to_vec(), &Errors::new(errors), last).map(decoded)
}

#[function("(str, errors=None, /)")]
fn utf_7_encode(str: &Ref<Str>, _errors: Option<&Ref<Str>>) -> Ref<Tuple> {
    encoded(&codecs::utf7_encode(str), str)
}

#[function("(data, errors=None, final=False, /)")]
fn utf_7_decode(data: BufferView, errors: Option<&Ref<Str>>, last: bool) -> PyResult<Ref<Tuple>> {
    codecs::utf7_decode(&data.to_vec(), &Errors::new(errors), last).map(decoded)
}

macro_rules! wide_codecs {
    ($(
        $encode:path, $decode:path: $marked_encode:ident $little_encode:ident $big_encode:ident
        $marked_decode:ident $little_decode:ident $big_decode:ident $ex_decode:ident;
    )*) => { $(
        #[function("(str, errors=None, byteorder=0, /)")]
        fn $marked_encode(str: &Ref<Str>, errors: Option<&Ref<Str>>, byteorder: i32) -> PyResult<Ref<Tuple>> {
            Ok(encoded(&$encode(str, &Errors::new(errors), ByteOrder::of_number(byteorder.into()))?, str))
        }

        #[function("(str, errors=None, /)")]
        fn $little_encode(str: &Ref<Str>, errors: Option<&Ref<Str>>) -> PyResult<Ref<Tuple>> {
            Ok(encoded(&$encode(str, &Errors::new(errors), ByteOrder::Little)?, str))
        }

        #[function("(str, errors=None, /)")]
        fn $big_encode(str: &Ref<Str>, errors: Option<&Ref<Str>>) -> PyResult<Ref<Tuple>> {
            Ok(encoded(&$encode(str, &Errors::new(errors), ByteOrder::Big)?, str))
        }

        #[function("(data, errors=None, final=False, /)")]
        fn $marked_decode(data: BufferView, errors: Option<&Ref<Str>>, last: bool) -> PyResult<Ref<Tuple>> {
            let answer = $decode(&data.to_vec(), &Errors::new(errors), ByteOrder::Marked, last)?;
            Ok(decoded((answer.text, answer.used)))
        }

        #[function("(data, errors=None, final=False, /)")]
        fn $little_decode(data: BufferView, errors: Option<&Ref<Str>>, last: bool) -> PyResult<Ref<Tuple>> {
            let answer = $decode(&data.to_vec(), &Errors::new(errors), ByteOrder::Little, last)?;
            Ok(decoded((answer.text, answer.used)))
        }

        #[function("(data, errors=None, final=False, /)")]
        fn $big_decode(data: BufferView, errors: Option<&Ref<Str>>, last: bool) -> PyResult<Ref<Tuple>> {
            let answer = $decode(&data.to_vec(), &Errors::new(errors), ByteOrder::Big, last)?;
            Ok(decoded((answer.text, answer.used)))
        }

        /// Decodes like the codec with a mark, and answers the byte order too.
        #[function("(data, errors=None, byteorder=0, final=False, /)")]
        fn $ex_decode(data: BufferView, errors: Option<&Ref<Str>>, byteorder: i32, last: bool) -> PyResult<Ref<Tuple>> {
            let answer = $decode(&data.to_vec(), &Errors::new(errors), ByteOrder::of_number(byteorder.into()), last)?;
            Ok(Tuple::new(vec![answer.text.into_value(), int::from_usize(answer.used), int::new(answer.order.number())]))
        }
    )* };
}

wide_codecs! {
    codecs::utf16_encode, codecs::utf16_decode: utf_16_encode utf_16_le_encode utf_16_be_encode
    utf_16_decode utf_16_le_decode utf_16_be_decode utf_16_ex_decode;
    codecs::utf32_encode, codecs::utf32_decode: utf_32_encode utf_32_le_encode utf_32_be_encode
    utf_32_decode utf_32_le_decode utf_32_be_decode utf_32_ex_decode;
}

#[function("(str, errors=None, /)")]
fn unicode_escape_encode(str: &Ref<Str>, _errors: Option<&Ref<Str>>) -> Ref<Tuple> {
    encoded(&codecs::unicode_escape_encode(str), str)
}

#[function("(data, errors=None, final=True, /)")]
fn unicode_escape_decode(
    data: TextOrBytes,
    errors: Option<&Ref<Str>>,
    last: bool,
) -> PyResult<Ref<Tuple>> {
    codecs::unicode_escape_decode(&data.0, &Errors::new(errors), last).map(decoded)
}

#[function("(str, errors=None, /)")]
fn raw_unicode_escape_encode(str: &Ref<Str>, _errors: Option<&Ref<Str>>) -> Ref<Tuple> {
    encoded(&codecs::raw_unicode_escape_encode(str), str)
}

#[function("(data, errors=None, final=True, /)")]
fn raw_unicode_escape_decode(
    data: TextOrBytes,
    errors: Option<&Ref<Str>>,
    last: bool,
) -> PyResult<Ref<Tuple>> {
    codecs::raw_unicode_escape_decode(&data.0, &Errors::new(errors), last).map(decoded)
}

#[function("(str, errors=None, /)")]
fn latin_1_encode(str: &Ref<Str>, errors: Option<&Ref<Str>>) -> PyResult<Ref<Tuple>> {
    Ok(encoded(
        &codecs::latin1_encode(str, &Errors::new(errors))?,
        str,
    ))
}

#[function("(data, errors=None, /)")]
fn latin_1_decode(data: BufferView, _errors: Option<&Ref<Str>>) -> Ref<Tuple> {
    decoded((Str::from_latin1(&data.to_bytes()), data.len()))
}

#[function("(str, errors=None, /)")]
fn ascii_encode(str: &Ref<Str>, errors: Option<&Ref<Str>>) -> PyResult<Ref<Tuple>> {
    Ok(encoded(
        &codecs::ascii_encode(str, &Errors::new(errors))?,
        str,
    ))
}

#[function("(data, errors=None, /)")]
fn ascii_decode(data: BufferView, errors: Option<&Ref<Str>>) -> PyResult<Ref<Tuple>> {
    Ok(decoded((
        codecs::ascii_decode(&data.to_vec(), &Errors::new(errors))?,
        data.len(),
    )))
}

#[function("(str, errors=None, mapping=None, /)")]
fn charmap_encode(
    str: &Ref<Str>,
    errors: Option<&Ref<Str>>,
    mapping: Option<&Value>,
) -> PyResult<Ref<Tuple>> {
    Ok(encoded(
        &codecs::charmap_encode(str, &Errors::new(errors), mapping)?,
        str,
    ))
}

#[function("(data, errors=None, mapping=None, /)")]
fn charmap_decode(
    data: BufferView,
    errors: Option<&Ref<Str>>,
    mapping: Option<&Value>,
) -> PyResult<Ref<Tuple>> {
    Ok(decoded((
        codecs::charmap_decode(&data.to_vec(), &Errors::new(errors), mapping)?,
        data.len(),
    )))
}

/// The table for charmap_encode() that goes with a table for charmap_decode().
#[function("(map, /)")]
fn charmap_build(map: &Ref<Str>) -> PyResult<Ref<EncodingMap>> {
    codecs::charmap_build(map)
}

#[function("(data, errors=None, /)")]
fn readbuffer_encode(data: TextOrBytes, _errors: Option<&Ref<Str>>) -> Ref<Tuple> {
    Tuple::pair(
        Bytes::new(&data.0).into_value(),
        int::from_usize(data.0.len()),
    )
}
