//! The registry of codecs and error handlers that Python code fills (`codecs.register`, `codecs.register_error`).
//!
//! Codecs are found by asking the registered search functions, of which the `encodings` package provides the first; what
//! was found is remembered by normalized name.

use std::cell::{Cell, RefCell};

use crate::bytes::{ByteArray, Bytes};
use crate::cell::{Locked, Slot};
use crate::codecs::handlers::{BUILTIN_HANDLERS, handle};
use crate::dict::Dict;
use crate::exceptions::{self, ExceptionKind};
use crate::native::{Binding, FunctionDef, NativeCode, NativeFunction};
use crate::protocol;
use crate::raised::PyResult;
use crate::str::Str;
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{id, runtime, warnings};

struct Registry {
    searches: RefCell<Vec<Value>>,
    codecs: Slot<Ref<Dict>>,
    handlers: Slot<Ref<Dict>>,
    /// Whether the `encodings` package was asked for.
    started: Cell<bool>,
}

static REGISTRY: Locked<Registry> = Locked::new(Registry {
    searches: RefCell::new(Vec::new()),
    codecs: Slot::empty(),
    handlers: Slot::empty(),
    started: Cell::new(false),
});

fn found_codecs() -> Ref<Dict> {
    dict_in(|registry| &registry.codecs)
}

fn dict_in(slot: fn(&Registry) -> &Slot<Ref<Dict>>) -> Ref<Dict> {
    if let Some(dict) = REGISTRY.with(|registry| slot(registry).get()) {
        return dict;
    }
    let dict = Dict::new();
    REGISTRY.with(|registry| slot(registry).replace(Some(dict.clone())));
    dict
}

/// Adds a search function (`codecs.register`).
pub fn register(search: &Value) -> PyResult<()> {
    if !protocol::is_callable(search) {
        bail!(TypeError, "argument must be callable");
    }
    start()?;
    REGISTRY.with(|registry| registry.searches.borrow_mut().push(search.clone()));
    Ok(())
}

/// Removes a search function and forgets what was found (`codecs.unregister`).
pub fn unregister(search: &Value) {
    let removed = REGISTRY.with(|registry| {
        let mut searches = registry.searches.borrow_mut();
        let at = searches.iter().position(|other| other.is(search))?;
        Some(searches.remove(at))
    });
    if removed.is_some() {
        found_codecs().clear_all();
    }
}

/// Imports the package whose search function knows the standard encodings.
fn start() -> PyResult<()> {
    if REGISTRY.with(|registry| registry.started.replace(true)) {
        return Ok(());
    }
    match runtime::import_module("encodings") {
        Ok(_) => Ok(()),
        Err(raised) => {
            REGISTRY.with(|registry| registry.started.set(false));
            Err(raised)
        }
    }
}

/// The name under which a codec is looked up: lower case, with one `_` for each run of other characters than letters, digits and dots.
fn normalized(encoding: &Str) -> String {
    let mut out = String::with_capacity(encoding.len());
    let mut gap = false;
    for code in encoding.code_points() {
        match char::from_u32(code) {
            Some(character) if character.is_ascii_alphanumeric() || character == '.' => {
                if gap && !out.is_empty() {
                    out.push('_');
                }
                gap = false;
                out.push(character.to_ascii_lowercase());
            }
            _ => gap = true,
        }
    }
    out
}

/// The codec of a name: a tuple of encoder, decoder, stream reader and stream writer (`codecs.lookup`).
pub fn lookup(encoding: &Ref<Str>) -> PyResult<Ref<Tuple>> {
    start()?;
    let name = Str::intern(&normalized(encoding));
    let codecs = found_codecs();
    if let Some(found) = codecs
        .get_str(&name)
        .and_then(|found| found.into_ref::<Tuple>().ok())
    {
        return Ok(found);
    }
    let searches = REGISTRY.with(|registry| registry.searches.borrow().clone());
    if searches.is_empty() {
        bail!(
            LookupError,
            "no codec search functions registered: can't find encoding"
        );
    }
    for search in searches {
        let answer = protocol::call1(&search, name.as_value())?;
        if answer.is_none() {
            continue;
        }
        return match answer.into_ref::<Tuple>() {
            Ok(codec) if codec.tail().len() == 4 => {
                codecs.set_str(&name, codec.to_value());
                Ok(codec)
            }
            _ => bail!(TypeError, "codec search functions must return 4-tuples"),
        };
    }
    bail!(LookupError, "unknown encoding: {}", encoding.to_display())
}

/// Whether a codec is known under a name, without an error if it is not.
pub fn is_known(encoding: &Ref<Str>) -> PyResult<bool> {
    match lookup(encoding) {
        Ok(_) => Ok(true),
        Err(raised) if raised.is(ExceptionKind::LookupError) => Ok(false),
        Err(raised) => Err(raised),
    }
}

/// Sets the error handler of a name (`codecs.register_error`).
pub fn register_error(name: &Ref<Str>, handler: &Value) -> PyResult<()> {
    if !protocol::is_callable(handler) {
        bail!(TypeError, "handler must be callable");
    }
    dict_in(|registry| &registry.handlers).set_str(name, handler.clone());
    Ok(())
}

/// Removes an error handler; answers whether there was one (`codecs._unregister_error`).
pub fn unregister_error(name: &Ref<Str>) -> PyResult<bool> {
    if BUILTIN_HANDLERS.iter().any(|builtin| name.eq_str(builtin)) {
        bail!(
            ValueError,
            "cannot un-register built-in error handler '{}'",
            name.to_display()
        );
    }
    Ok(dict_in(|registry| &registry.handlers)
        .remove_str(name)
        .is_some())
}

/// The error handler of a name (`codecs.lookup_error`).
pub fn lookup_error(name: &Ref<Str>) -> PyResult<Value> {
    let handlers = dict_in(|registry| &registry.handlers);
    if let Some(handler) = handlers.get_str(name) {
        return Ok(handler);
    }
    let Some(index) = BUILTIN_HANDLERS
        .iter()
        .position(|builtin| name.eq_str(builtin))
    else {
        bail!(
            LookupError,
            "unknown error handler name '{}'",
            name.to_display()
        );
    };
    let handler = NativeFunction::bound(&HANDLER_FUNCTIONS[index], Value::NONE).into_value();
    handlers.set_str(name, handler.clone());
    Ok(handler)
}

macro_rules! handler_functions {
    ($($index:literal $python:literal $doc:literal;)*) => {
        /// The built-in handlers as functions, in the order of their names' list.
        static HANDLER_FUNCTIONS: [FunctionDef; BUILTIN_HANDLERS.len()] = [$(FunctionDef {
            name: $python,
            signature: Some("($module, exception, /)"),
            doc: Some($doc),
            code: NativeCode::One(|_, error| handle(BUILTIN_HANDLERS[$index], error)),
            binding: Binding::Static,
        },)*];
    };
}

handler_functions! {
    0 "strict_errors" "Raises the exception.";
    1 "ignore_errors" "Leaves out what cannot be encoded or decoded.";
    2 "replace_errors" "Puts a replacement mark in place of what cannot be encoded or decoded.";
    3 "xmlcharrefreplace_errors" "Puts XML character references in place of what cannot be encoded.";
    4 "backslashreplace_errors" "Puts escapes with a backslash in place of what cannot be encoded or decoded.";
    5 "namereplace_errors" "Puts names of characters in place of what cannot be encoded.";
    6 "surrogateescape" "Lets undecodable bytes stand as surrogates.";
    7 "surrogatepass" "Encodes and decodes surrogates like other code points.";
}

fn arguments(object: Value, errors: Option<&Ref<Str>>) -> Vec<Value> {
    match errors {
        Some(errors) => vec![object, errors.to_value()],
        None => vec![object],
    }
}

/// Calls one of a codec's functions and takes the first item of its answer.
fn call_codec(
    codec: &Ref<Tuple>,
    index: usize,
    object: Value,
    encoding: &Str,
    errors: Option<&Ref<Str>>,
) -> PyResult<Value> {
    let (what, role) = if index == 0 {
        ("encoding", "encoder")
    } else {
        ("decoding", "decoder")
    };
    let answer = match protocol::call_positional(&codec.tail()[index], &arguments(object, errors)) {
        Ok(answer) => answer,
        Err(raised) => {
            exceptions::add_note(
                raised.exception(),
                &format!("{what} with '{}' codec failed", encoding.to_display()),
            );
            return Err(raised);
        }
    };
    match answer.downcast::<Tuple>().map(|pair| pair.tail()) {
        Some([result, _]) => Ok(result.clone()),
        _ => bail!(TypeError, "{role} must return a tuple (object, integer)"),
    }
}

/// `codecs.encode(object, encoding, errors)`.
pub fn encode_object(
    object: &Value,
    encoding: &Ref<Str>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Value> {
    call_codec(&lookup(encoding)?, 0, object.clone(), encoding, errors)
}

/// `codecs.decode(object, encoding, errors)`.
pub fn decode_object(
    object: &Value,
    encoding: &Ref<Str>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Value> {
    call_codec(&lookup(encoding)?, 1, object.clone(), encoding, errors)
}

/// The codec of a name, which must be one between text and bytes.
fn lookup_text(encoding: &Ref<Str>, alternative: &str) -> PyResult<Ref<Tuple>> {
    let codec = lookup(encoding)?;
    if !codec.class().is(<Tuple as crate::class::Payload>::class())
        && let Some(is_text) =
            protocol::getattr_optional(codec.as_value(), id!("_is_text_encoding"))?
        && !protocol::is_true(&is_text)?
    {
        bail!(
            LookupError,
            "'{}' is not a text encoding; use {alternative} to handle arbitrary codecs",
            encoding.to_display()
        );
    }
    Ok(codec)
}

/// Encodes text with a registered codec.
pub fn encode_text(
    text: &Ref<Str>,
    encoding: &Ref<Str>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Ref<Bytes>> {
    let codec = lookup_text(encoding, "codecs.encode()")?;
    let answer = call_codec(&codec, 0, text.to_value(), encoding, errors)?;
    if let Some(array) = answer.downcast::<ByteArray>() {
        let message = format!(
            "encoder {} returned bytearray instead of bytes; use codecs.encode() to encode to arbitrary types",
            encoding.to_display()
        );
        warnings::warn(ExceptionKind::RuntimeWarning, &message)?;
        return Ok(Bytes::new(&array.cell().to_vec()));
    }
    match answer.into_ref::<Bytes>() {
        Ok(bytes) => Ok(bytes),
        Err(other) => bail!(
            TypeError,
            "'{}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
            encoding.to_display(),
            other.class().name()
        ),
    }
}

/// Decodes bytes with a registered codec.
pub fn decode_text(
    bytes: &Ref<Bytes>,
    encoding: &Ref<Str>,
    errors: Option<&Ref<Str>>,
) -> PyResult<Ref<Str>> {
    let codec = lookup_text(encoding, "codecs.decode()")?;
    let answer = call_codec(&codec, 1, bytes.to_value(), encoding, errors)?;
    match answer.into_ref::<Str>() {
        Ok(text) => Ok(text),
        Err(other) => bail!(
            TypeError,
            "'{}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to arbitrary types",
            encoding.to_display(),
            other.class().name()
        ),
    }
}
