//! What the environment says about the locale of text: the names of LC_ALL, LC_CTYPE and LANG, in this order.
//!
//! All text is UTF-8 here; the locale decides only how strict the standard streams are, and whether `sys.flags` speaks
//! of UTF-8 mode (PEP 538, PEP 540).

use std::ffi::CStr;

use crate::sys::{environment, locale};

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn ctype() -> String {
    variable("LC_ALL")
        .or_else(|| variable("LC_CTYPE"))
        .or_else(|| variable("LANG"))
        .unwrap_or_else(|| "C".to_owned())
}

fn is_c(locale: &str) -> bool {
    locale == "C" || locale == "POSIX"
}

/// Whether the standard streams take and give bytes that are not UTF-8: in the locale of C and those that stand for it.
pub fn is_lenient() -> bool {
    let locale = ctype();
    is_c(&locale) || matches!(locale.as_str(), "C.UTF-8" | "C.utf8" | "UTF-8")
}

/// Whether UTF-8 mode is on where nothing else says so: in the locale of C, even if another takes its place.
pub fn asks_for_utf8_mode() -> bool {
    is_c(&ctype())
}

/// The locales of UTF-8 that may take the place of C's, in the order they are tried.
const COERCED: [&CStr; 3] = [c"C.UTF-8", c"C.utf8", c"UTF-8"];

/// Makes the environment's locale of text the process's. Where `coerces` allows it, one of UTF-8 takes the place of C's, and
/// child processes get it too.
pub fn choose(coerces: bool) {
    locale::set(libc::LC_CTYPE, Some(c""));
    if !coerces || variable("LC_ALL").is_some() || !is_c(&ctype()) {
        return;
    }
    let mut names = COERCED.into_iter();
    if let Some(name) = names.find(|name| locale::set(libc::LC_CTYPE, Some(name)).is_some()) {
        // Without room for the variable child processes choose for themselves.
        let _ = environment::set(c"LC_CTYPE", name);
    }
}
