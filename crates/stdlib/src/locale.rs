//! `_locale`: the C library's locale.

use std::ffi::CString;

use taipan_macros::{class, define_module, function};
use taipan_objects::class::Type;
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{ExceptionKind, os_error, raise_args};
use taipan_objects::format::locale as format_locale;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, int};

use crate::filesystem::{encode, fs_decode};
use crate::sys::locale::{self as system, Wide};

define_module!(
    name = "_locale",
    doc = "Support for POSIX locales.",
    functions(
        setlocale,
        localeconv,
        strcoll,
        strxfrm,
        nl_langinfo,
        gettext,
        dgettext,
        dcgettext,
        textdomain,
        bindtextdomain,
        bind_textdomain_codeset,
        getencoding,
    ),
    init = fill,
);

/// The error of this module.
#[class(name = "Error", module = "locale", base = LocaleErrorBase, marker, no_methods, flags(BASETYPE))]
pub struct LocaleError;

/// `Exception`, as the base of a class made by the macros.
struct LocaleErrorBase;

impl LocaleErrorBase {
    fn init_class() -> &'static Ref<Type> {
        ExceptionKind::Exception.class()
    }
}

macro_rules! numbers {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

const CATEGORIES: &[(&str, i64)] =
    numbers! { LC_CTYPE LC_TIME LC_COLLATE LC_MONETARY LC_MESSAGES LC_NUMERIC LC_ALL };

/// The items that `nl_langinfo` answers.
const ITEMS: &[(&str, i64)] = numbers! {
    DAY_1 DAY_2 DAY_3 DAY_4 DAY_5 DAY_6 DAY_7 ABDAY_1 ABDAY_2 ABDAY_3 ABDAY_4 ABDAY_5 ABDAY_6 ABDAY_7 MON_1 MON_2 MON_3
    MON_4 MON_5 MON_6 MON_7 MON_8 MON_9 MON_10 MON_11 MON_12 ABMON_1 ABMON_2 ABMON_3 ABMON_4 ABMON_5 ABMON_6 ABMON_7
    ABMON_8 ABMON_9 ABMON_10 ABMON_11 ABMON_12 RADIXCHAR THOUSEP CRNCYSTR D_FMT D_T_FMT T_FMT AM_STR PM_STR CODESET
    T_FMT_AMPM ERA ERA_D_FMT ERA_D_T_FMT ERA_T_FMT ALT_DIGITS YESEXPR NOEXPR
};

/// `_DATE_FMT` of glibc: the format of `date`, which the libc crate does not name.
const DATE_FORMAT: i64 = 131_180;

fn fill(module: &Ref<Module>) -> PyResult<()> {
    for &(name, number) in CATEGORIES.iter().chain(ITEMS) {
        module.set(name, int::new(number));
    }
    module.set("_DATE_FMT", int::new(DATE_FORMAT));
    module.set("CHAR_MAX", int::new(127));
    module.set("Error", LocaleError::init_class());
    format_locale::set_provider(number_conventions);
    Ok(())
}

/// Adopts the environment's character type, as a program does at its start; the other categories stay "C".
pub fn adopt_environment() {
    drop(system::set(libc::LC_CTYPE, Some(&CString::default())));
}

fn number_conventions() -> format_locale::Conventions {
    let now = system::conventions();
    format_locale::Conventions {
        decimal_point: String::from_utf8_lossy(&now.decimal_point).into_owned(),
        thousands_separator: String::from_utf8_lossy(&now.thousands_sep).into_owned(),
        grouping: now.grouping,
    }
}

fn locale_error(message: &str) -> Raised {
    raise_args(
        LocaleError::init_class(),
        vec![Str::new(message).into_value()],
    )
}

fn c_text(text: &Ref<Str>) -> PyResult<CString> {
    CString::new(encode(text)?).map_err(|_| exc!(ValueError, "embedded null character"))
}

/// Activates/queries locale processing.
#[function("(category, locale=None, /)")]
fn setlocale(category: i32, locale: Option<&Ref<Str>>) -> PyResult<Ref<Str>> {
    let name = locale.map(c_text).transpose()?;
    match system::set(category, name.as_deref()) {
        Some(current) => Ok(fs_decode(&current)),
        None if name.is_some() => Err(locale_error("unsupported locale setting")),
        None => Err(locale_error("locale query failed")),
    }
}

/// The sizes of groups of digits, with the number that ends them.
fn grouping(sizes: &[u8]) -> Value {
    if sizes.is_empty() {
        return List::new(Vec::new()).into_value();
    }
    let mut list = Vec::new();
    for &size in sizes.iter().chain(&[0]) {
        list.push(int::new(i64::from(size)));
        if size == 0 || size == 127 {
            break;
        }
    }
    List::new(list).into_value()
}

/// Returns numeric and monetary locale-specific parameters.
#[function("()")]
fn localeconv() -> Ref<Dict> {
    let now = system::conventions();
    let dict = Dict::new();
    let text = |bytes: &[u8]| fs_decode(bytes).into_value();
    let entries = [
        ("int_curr_symbol", text(&now.int_curr_symbol)),
        ("currency_symbol", text(&now.currency_symbol)),
        ("mon_decimal_point", text(&now.mon_decimal_point)),
        ("mon_thousands_sep", text(&now.mon_thousands_sep)),
        ("mon_grouping", grouping(&now.mon_grouping)),
        ("positive_sign", text(&now.positive_sign)),
        ("negative_sign", text(&now.negative_sign)),
    ];
    let names = [
        "int_frac_digits",
        "frac_digits",
        "p_cs_precedes",
        "p_sep_by_space",
        "n_cs_precedes",
        "n_sep_by_space",
        "p_sign_posn",
        "n_sign_posn",
    ];
    for (name, value) in entries {
        dict.set_str(&Str::intern(name), value);
    }
    for (name, number) in names.into_iter().zip(now.numbers) {
        dict.set_str(&Str::intern(name), int::new(i64::from(number)));
    }
    dict.set_str(&Str::intern("decimal_point"), text(&now.decimal_point));
    dict.set_str(&Str::intern("thousands_sep"), text(&now.thousands_sep));
    dict.set_str(&Str::intern("grouping"), grouping(&now.grouping));
    dict
}

fn wide(text: &Ref<Str>) -> PyResult<Wide> {
    Wide::new(text.code_points()).ok_or_else(|| exc!(ValueError, "embedded null character"))
}

/// Compares two strings according to the locale.
#[function("(os1, os2, /)")]
fn strcoll(os1: &Ref<Str>, os2: &Ref<Str>) -> PyResult<i32> {
    Ok(system::collate(&wide(os1)?, &wide(os2)?))
}

/// Return a string that can be used as a key for locale-aware comparisons.
#[function("(string, /)")]
fn strxfrm(string: &Ref<Str>) -> PyResult<Ref<Str>> {
    match system::transform(&wide(string)?) {
        Ok(codes) => {
            if let Some(code) = codes.iter().find(|&&code| code > 0x10_ffff) {
                bail!(
                    ValueError,
                    "character U+{code:x} is not in range [U+0000; U+10ffff]"
                );
            }
            Ok(Str::from_code_points(codes.into_iter()))
        }
        Err(error) => Err(os_error::os_error(&error, None)),
    }
}

/// Return the value for the locale information associated with key.
#[function("(key, /)")]
fn nl_langinfo(key: i32) -> PyResult<Ref<Str>> {
    let known =
        ITEMS.iter().any(|&(_, number)| number == i64::from(key)) || i64::from(key) == DATE_FORMAT;
    if !known {
        bail!(ValueError, "unsupported langinfo constant");
    }
    Ok(fs_decode(&system::info(key)))
}

/// gettext(msg) -> string
///
/// Return translation of msg.
#[function("(msg, /)")]
fn gettext(msg: &Ref<Str>) -> PyResult<Ref<Str>> {
    Ok(fs_decode(&system::translate(None, &c_text(msg)?, None)))
}

/// dgettext(domain, msg) -> string
///
/// Return translation of msg in domain.
#[function("(domain, msg, /)")]
fn dgettext(domain: Option<&Ref<Str>>, msg: &Ref<Str>) -> PyResult<Ref<Str>> {
    let domain = domain.map(c_text).transpose()?;
    Ok(fs_decode(&system::translate(
        domain.as_deref(),
        &c_text(msg)?,
        None,
    )))
}

/// Return translation of msg in domain and category.
#[function("(domain, msg, category, /)")]
fn dcgettext(domain: Option<&Ref<Str>>, msg: &Ref<Str>, category: i32) -> PyResult<Ref<Str>> {
    let domain = domain.map(c_text).transpose()?;
    Ok(fs_decode(&system::translate(
        domain.as_deref(),
        &c_text(msg)?,
        Some(category),
    )))
}

/// Set the C library's textdmain to domain, returning the new domain.
#[function("(domain, /)")]
fn textdomain(domain: Option<&Ref<Str>>) -> PyResult<Ref<Str>> {
    let domain = domain.map(c_text).transpose()?;
    match system::domain(domain.as_deref()) {
        Ok(current) => Ok(fs_decode(&current)),
        Err(error) => Err(os_error::os_error(&error, None)),
    }
}

/// Bind the C library's domain to dir.
#[function("(domain, dir, /)")]
fn bindtextdomain(domain: &Ref<Str>, dir: Option<&Value>) -> PyResult<Ref<Str>> {
    if domain.is_empty() {
        return Err(locale_error("domain must be a non-empty string"));
    }
    let dir = dir.map(crate::filesystem::fs_c_string).transpose()?;
    match system::domain_directory(&c_text(domain)?, dir.as_deref()) {
        Ok(current) => Ok(fs_decode(&current)),
        Err(error) => Err(os_error::os_error(&error, None)),
    }
}

/// Bind the C library's domain to codeset.
#[function("(domain, codeset, /)")]
fn bind_textdomain_codeset(
    domain: &Ref<Str>,
    codeset: Option<&Ref<Str>>,
) -> PyResult<Option<Ref<Str>>> {
    let codeset = codeset.map(c_text).transpose()?;
    Ok(system::domain_codeset(&c_text(domain)?, codeset.as_deref())
        .map(|current| fs_decode(&current)))
}

/// Get the current locale encoding.
#[function("()")]
fn getencoding() -> Ref<Str> {
    match system::info(libc::CODESET) {
        empty if empty.is_empty() => Str::new("UTF-8"),
        name => fs_decode(&name),
    }
}
