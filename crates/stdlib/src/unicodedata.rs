//! `unicodedata`: the properties and names of characters, and normalization.
//!
//! The data is that of `rustpython-unicode`. The module's functions and the methods of `UCD`, a fixed older version of the
//! data, are the same code over a [`Ucd`].

use rustpython_unicode::{LookupResult, NormalizeForm, Ucd};
use rustpython_wtf8::CodePoint;
use taipan_macros::{class, define_module, function, methods};
use taipan_objects::class::Payload;
use taipan_objects::module::Module;
use taipan_objects::native::{ArgInfo, FromArg};
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, exceptions, float, heap, int};

define_module!(
    name = "unicodedata",
    doc = "This module provides access to the Unicode Character Database which\ndefines character properties for all Unicode characters.",
    functions(
        bidirectional,
        category,
        combining,
        decimal,
        decomposition,
        digit,
        east_asian_width,
        is_normalized,
        lookup,
        mirrored,
        name,
        normalize,
        numeric
    ),
    classes(UnicodeDatabase),
    init = fill,
);

/// The version of the data.
const VERSION: &str = "16.0.0";
const LATEST: Ucd = Ucd::new(true);
const OLD: Ucd = Ucd::new(false);
/// No character has a longer name.
const NAME_LIMIT: usize = 256;

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("unidata_version", VERSION);
    module.set(
        "ucd_3_2_0",
        heap::new_object(UnicodeDatabase::class(), UnicodeDatabase {}),
    );
    Ok(())
}

/// One character.
#[derive(Clone, Copy)]
struct Character(CodePoint);

impl FromArg<'_> for Character {
    fn from_arg(value: &Value, info: &ArgInfo) -> PyResult<Character> {
        let Some(text) = value.downcast::<Str>() else {
            return Err(info.mismatch("a unicode character", value));
        };
        match (text.len(), text.char_at(0).and_then(CodePoint::from_u32)) {
            (1, Some(code)) => Ok(Character(code)),
            (length, _) => bail!(
                TypeError,
                "{}(): {} must be a unicode character, not a string of length {length}",
                info.function,
                info.describe()
            ),
        }
    }
}

fn or_default(found: Option<Value>, default: Option<&Value>, missing: &str) -> PyResult<Value> {
    match found.or_else(|| default.cloned()) {
        Some(value) => Ok(value),
        None => Err(exc!(ValueError, "{missing}")),
    }
}

fn decimal_of(data: Ucd, character: Character, default: Option<&Value>) -> PyResult<Value> {
    or_default(
        data.decimal(character.0).map(int::from_u64),
        default,
        "not a decimal",
    )
}

fn digit_of(data: Ucd, character: Character, default: Option<&Value>) -> PyResult<Value> {
    or_default(
        data.digit(character.0).map(int::from_u64),
        default,
        "not a digit",
    )
}

fn numeric_of(data: Ucd, character: Character, default: Option<&Value>) -> PyResult<Value> {
    or_default(
        data.numeric(character.0).map(float::new),
        default,
        "not a numeric character",
    )
}

fn name_of(data: Ucd, character: Character, default: Option<&Value>) -> PyResult<Value> {
    let name = character
        .0
        .to_char()
        .filter(|&character| data.membership(character))
        .and_then(rustpython_unicode::character_name);
    or_default(
        name.map(|name| Str::new(&name).into_value()),
        default,
        "no such name",
    )
}

fn lookup_in(data: Ucd, name: &str) -> PyResult<Ref<Str>> {
    if name.len() > NAME_LIMIT {
        return Err(exceptions::key_error(&Value::from("name too long")));
    }
    match data.lookup(name) {
        Some(LookupResult::Character(character)) => Ok(Str::from_char(character)),
        Some(LookupResult::Sequence(sequence)) => Ok(Str::new(sequence)),
        None => Err(exceptions::key_error(&Value::from(format!(
            "undefined character name '{name}'"
        )))),
    }
}

fn form_named(form: &Str) -> PyResult<NormalizeForm> {
    match form.to_display().parse() {
        Ok(form) => Ok(form),
        Err(_) => bail!(ValueError, "invalid normalization form"),
    }
}

fn normalize_by(form: &Str, text: &Ref<Str>) -> PyResult<Ref<Str>> {
    let form = form_named(form)?;
    if text.is_ascii() {
        return Ok(text.to_exact());
    }
    Ok(Str::from_wtf8(&rustpython_unicode::normalize(
        form,
        &text.to_wtf8(),
    )))
}

fn is_normalized_by(form: &Str, text: &Ref<Str>) -> PyResult<bool> {
    let form = form_named(form)?;
    Ok(text.is_ascii() || rustpython_unicode::is_normalized(form, &text.to_wtf8()))
}

fn bidirectional_of(data: Ucd, character: Character) -> &'static str {
    // Surrogates are left-to-right, like everything that is in no table.
    if character.0.to_char().is_none() {
        "L"
    } else {
        data.bidirectional(character.0)
    }
}

/// Hands the list of functions, over the data that `$data` names, to the macro `$make`.
macro_rules! functions_over {
    ($data:ident, $make:ident) => {
        $make! {
            /// The decimal value of the character.
            decimal(chr: Character, default: Option<&Value>) -> PyResult<Value>, "(chr, default=<unrepresentable>, /)", decimal_of($data, chr, default);
            /// The digit value of the character.
            digit(chr: Character, default: Option<&Value>) -> PyResult<Value>, "(chr, default=<unrepresentable>, /)", digit_of($data, chr, default);
            /// The numeric value of the character.
            numeric(chr: Character, default: Option<&Value>) -> PyResult<Value>, "(chr, default=<unrepresentable>, /)", numeric_of($data, chr, default);
            /// The name of the character.
            name(chr: Character, default: Option<&Value>) -> PyResult<Value>, "(chr, default=<unrepresentable>, /)", name_of($data, chr, default);
            /// The character, or the sequence of characters, of a name.
            lookup(name: String) -> PyResult<Ref<Str>>, "(name, /)", lookup_in($data, &name);
            /// The general category of the character.
            category(chr: Character) -> &'static str, "(chr, /)", $data.category(chr.0);
            /// The bidirectional class of the character.
            bidirectional(chr: Character) -> &'static str, "(chr, /)", bidirectional_of($data, chr);
            /// The canonical combining class of the character.
            combining(chr: Character) -> i64, "(chr, /)", i64::from($data.combining(chr.0));
            /// Whether the character is mirrored in bidirectional text.
            mirrored(chr: Character) -> i64, "(chr, /)", i64::from($data.mirrored(chr.0));
            /// The east asian width of the character.
            east_asian_width(chr: Character) -> &'static str, "(chr, /)", $data.east_asian_width(chr.0);
            /// The decomposition mapping of the character, or the empty string.
            decomposition(chr: Character) -> String, "(chr, /)", $data.decomposition(chr.0);
            /// The normal form of the text.
            normalize(form: &Ref<Str>, unistr: &Ref<Str>) -> PyResult<Ref<Str>>, "(form, unistr, /)", normalize_by(form, unistr);
            /// Whether the text is in normal form.
            is_normalized(form: &Ref<Str>, unistr: &Ref<Str>) -> PyResult<bool>, "(form, unistr, /)", is_normalized_by(form, unistr);
        }
    };
}

macro_rules! module_functions {
    ($($(#[$doc:meta])* $name:ident($($parameter:ident: $ty:ty),*) -> $answer:ty, $signature:literal, $body:expr;)*) => { $(
        $(#[$doc])*
        #[function($signature)]
        fn $name($($parameter: $ty),*) -> $answer {
            $body
        }
    )* };
}

functions_over!(LATEST, module_functions);

/// The payload of `UCD`: the data of Unicode 3.2.
#[class(
    name = "UCD",
    module = "unicodedata",
    flags(NO_INSTANTIATION),
    parts(queries)
)]
struct UnicodeDatabase {}

#[methods]
impl UnicodeDatabase {
    /// The version of the data.
    #[getter(member)]
    fn unidata_version(&self) -> &'static str {
        "3.2.0"
    }
}

macro_rules! methods_of_database {
    ($($(#[$doc:meta])* $name:ident($($parameter:ident: $ty:ty),*) -> $answer:ty, $signature:literal, $body:expr;)*) => {
        #[methods(part = queries)]
        impl UnicodeDatabase { $(
            $(#[$doc])*
            #[method($signature)]
            fn $name(&self, $($parameter: $ty),*) -> $answer {
                $body
            }
        )* }
    };
}

functions_over!(OLD, methods_of_database);
