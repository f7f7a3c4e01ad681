//! The locale of the C library: choosing it, asking it, comparing and translating text by it.

use std::ffi::CStr;
use std::io;

use libc::{c_char, c_int, size_t, wchar_t};

// SAFETY: the declarations are the C library's.
unsafe extern "C" {
    fn wcscoll(left: *const wchar_t, right: *const wchar_t) -> c_int;
    fn wcsxfrm(target: *mut wchar_t, source: *const wchar_t, size: size_t) -> size_t;
    fn gettext(message: *const c_char) -> *mut c_char;
    fn dgettext(domain: *const c_char, message: *const c_char) -> *mut c_char;
    fn dcgettext(domain: *const c_char, message: *const c_char, category: c_int) -> *mut c_char;
    fn textdomain(domain: *const c_char) -> *mut c_char;
    fn bindtextdomain(domain: *const c_char, directory: *const c_char) -> *mut c_char;
    fn bind_textdomain_codeset(domain: *const c_char, codeset: *const c_char) -> *mut c_char;
}

/// # Safety
/// `text` is null or a C string.
unsafe fn copy(text: *const c_char) -> Option<Vec<u8>> {
    // SAFETY: by contract.
    if text.is_null() {
        None
    } else {
        Some(unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
    }
}

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}

/// Sets the locale of a category, or asks for it; `None` when there is no such locale.
pub fn set(category: c_int, name: Option<&CStr>) -> Option<Vec<u8>> {
    // SAFETY: the name is a C string or null; the answer is copied at once.
    unsafe { copy(libc::setlocale(category, pointer(name))) }
}

/// An item of information about the locale.
pub fn info(item: libc::nl_item) -> Vec<u8> {
    // SAFETY: the answer is a C string that is copied at once.
    unsafe { copy(libc::nl_langinfo(item)) }.unwrap_or_default()
}

/// How the locale writes numbers and money. Numbers that are not known are 127.
#[derive(Clone, Debug)]
pub struct Conventions {
    pub decimal_point: Vec<u8>,
    pub thousands_sep: Vec<u8>,
    pub grouping: Vec<u8>,
    pub int_curr_symbol: Vec<u8>,
    pub currency_symbol: Vec<u8>,
    pub mon_decimal_point: Vec<u8>,
    pub mon_thousands_sep: Vec<u8>,
    pub mon_grouping: Vec<u8>,
    pub positive_sign: Vec<u8>,
    pub negative_sign: Vec<u8>,
    /// `int_frac_digits frac_digits p_cs_precedes p_sep_by_space n_cs_precedes n_sep_by_space p_sign_posn n_sign_posn`.
    pub numbers: [u8; 8],
}

/// The conventions of the locale.
pub fn conventions() -> Conventions {
    // SAFETY: the structure and its strings are valid until the next call and are copied at once; the interpreter lock
    // keeps other Python threads out.
    unsafe {
        let now = &*libc::localeconv();
        let text = |text: *const c_char| copy(text).unwrap_or_default();
        Conventions {
            decimal_point: text(now.decimal_point),
            thousands_sep: text(now.thousands_sep),
            grouping: text(now.grouping),
            int_curr_symbol: text(now.int_curr_symbol),
            currency_symbol: text(now.currency_symbol),
            mon_decimal_point: text(now.mon_decimal_point),
            mon_thousands_sep: text(now.mon_thousands_sep),
            mon_grouping: text(now.mon_grouping),
            positive_sign: text(now.positive_sign),
            negative_sign: text(now.negative_sign),
            numbers: [
                now.int_frac_digits as u8,
                now.frac_digits as u8,
                now.p_cs_precedes as u8,
                now.p_sep_by_space as u8,
                now.n_cs_precedes as u8,
                now.n_sep_by_space as u8,
                now.p_sign_posn as u8,
                now.n_sign_posn as u8,
            ],
        }
    }
}

/// Code points with a zero behind them.
pub struct Wide(Vec<wchar_t>);

impl Wide {
    /// Takes code points; `None` if there is a zero among them.
    pub fn new(codes: impl Iterator<Item = u32>) -> Option<Wide> {
        let mut wide: Vec<wchar_t> = codes.map(|code| code as wchar_t).collect();
        if wide.contains(&0) {
            return None;
        }
        wide.push(0);
        Some(Wide(wide))
    }
}

/// Compares by the locale: negative, zero or positive.
pub fn collate(left: &Wide, right: &Wide) -> i32 {
    // SAFETY: both strings end with zero.
    unsafe { wcscoll(left.0.as_ptr(), right.0.as_ptr()) }
}

/// A text whose plain comparison is the locale's comparison of the original.
pub fn transform(text: &Wide) -> io::Result<Vec<u32>> {
    let mut target: Vec<wchar_t> = vec![0; text.0.len()];
    loop {
        // SAFETY: the target has the size that is passed, the source ends with zero; errors of the call are in `errno`.
        let needed = unsafe {
            *libc::__errno_location() = 0;
            wcsxfrm(target.as_mut_ptr(), text.0.as_ptr(), target.len())
        };
        let error = io::Error::last_os_error();
        if error
            .raw_os_error()
            .is_some_and(|errno| errno != 0 && errno != libc::ERANGE)
        {
            return Err(error);
        }
        if needed < target.len() {
            target.truncate(needed);
            return Ok(target.into_iter().map(|code| code as u32).collect());
        }
        target.resize(needed + 1, 0);
    }
}

/// The translation of a message: in a domain or the current one, of a category or the usual one.
pub fn translate(domain: Option<&CStr>, message: &CStr, category: Option<c_int>) -> Vec<u8> {
    // SAFETY: all strings are C strings or null where that is allowed; the answer is copied at once.
    unsafe {
        let answer = match (domain, category) {
            (None, None) => gettext(message.as_ptr()),
            (domain, None) => dgettext(pointer(domain), message.as_ptr()),
            (domain, Some(category)) => dcgettext(pointer(domain), message.as_ptr(), category),
        };
        copy(answer).unwrap_or_default()
    }
}

/// Sets the current domain of messages, or asks for it.
pub fn domain(name: Option<&CStr>) -> io::Result<Vec<u8>> {
    // SAFETY: as above.
    unsafe { copy(textdomain(pointer(name))) }.ok_or_else(io::Error::last_os_error)
}

/// Sets where a domain's messages are, or asks for it.
pub fn domain_directory(name: &CStr, directory: Option<&CStr>) -> io::Result<Vec<u8>> {
    // SAFETY: as above.
    unsafe { copy(bindtextdomain(name.as_ptr(), pointer(directory))) }
        .ok_or_else(io::Error::last_os_error)
}

/// Sets the encoding of a domain's messages, or asks for it.
pub fn domain_codeset(name: &CStr, codeset: Option<&CStr>) -> Option<Vec<u8>> {
    // SAFETY: as above.
    unsafe { copy(bind_textdomain_codeset(name.as_ptr(), pointer(codeset))) }
}
