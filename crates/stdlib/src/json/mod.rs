//! The module `_json`: the fast paths of `json`.
//!
//! [`scanner`] reads a document in one pass over its code points, [`encoder`] writes into one growing text. Python's own
//! `json` stays in charge of everything around them, so behaviour at the edges (error positions, hooks, order of calls) is
//! exactly that of the pure Python versions' C twins.

mod encoder;
mod scanner;
mod strings;

use taipan_macros::define_module;
use taipan_objects::class::Type;
use taipan_objects::exceptions;
use taipan_objects::raised::Raised;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{int, runtime};

/// The JSONDecodeError for what is wrong at a position of a document.
#[cold]
fn decode_error(message: &str, document: &Ref<Str>, position: i64) -> Raised {
    match runtime::import_attribute("json.decoder", "JSONDecodeError") {
        Ok(class) => match class.downcast::<Type>() {
            Some(class) => {
                let arguments = vec![
                    Str::new(message).into_value(),
                    document.to_value(),
                    int::new(position),
                ];
                exceptions::raise_args(class, arguments)
            }
            None => taipan_objects::exc!(TypeError, "JSONDecodeError is not a class"),
        },
        Err(raised) => raised,
    }
}

/// How messages call a value's class.
fn class_name(value: &Value) -> String {
    value.class().name()
}

define_module! {
    name = "_json",
    doc = "Reading and writing JSON quickly.",
    functions(strings::encode_basestring, strings::encode_basestring_ascii, strings::scanstring),
    init = add_classes,
}

fn add_classes(
    module: &Ref<taipan_objects::module::Module>,
) -> taipan_objects::raised::PyResult<()> {
    use taipan_objects::class::Payload;
    scanner::Scanner::init_class();
    encoder::Encoder::init_class();
    module.set("make_scanner", scanner::Scanner::class().to_value());
    module.set("make_encoder", encoder::Encoder::class().to_value());
    Ok(())
}
