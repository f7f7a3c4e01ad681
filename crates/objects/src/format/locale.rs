//! The number conventions of the current locale, for the presentation type `n`.
//!
//! The system is asked by the module that changes locales; it sets the provider. Without one, the "C" locale holds.

use crate::cell::Locked;

/// How a locale writes numbers.
#[derive(Clone, Debug)]
pub struct Conventions {
    /// What stands between whole and fraction.
    pub decimal_point: String,
    /// What stands between groups of digits.
    pub thousands_separator: String,
    /// Sizes of groups, from the point outwards: 0 repeats the size before it, 127 ends grouping.
    pub grouping: Vec<u8>,
}

static PROVIDER: Locked<Option<fn() -> Conventions>> = Locked::new(None);

/// Says who knows the current locale.
pub fn set_provider(provider: fn() -> Conventions) {
    PROVIDER.with(|current| *current = Some(provider));
}

/// The current locale's conventions.
pub fn conventions() -> Conventions {
    match PROVIDER.with(|provider| *provider) {
        Some(provider) => provider(),
        None => Conventions {
            decimal_point: ".".to_owned(),
            thousands_separator: String::new(),
            grouping: Vec::new(),
        },
    }
}
