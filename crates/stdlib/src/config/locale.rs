//! What the environment says about the locale of text: the names of LC_ALL, LC_CTYPE and LANG, in this order.
//!
//! All text is UTF-8 here; the locale decides only how strict the standard streams are, and whether `sys.flags` speaks
//! of UTF-8 mode (PEP 538, PEP 540).

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

/// Whether the locale of C stays what it is, so that UTF-8 mode takes its place: where LC_ALL asks for it, or where
/// `coerces` says that no other locale may.
pub fn asks_for_utf8_mode(coerces: bool) -> bool {
    is_c(&ctype()) && (variable("LC_ALL").is_some() || !coerces)
}
