//! What a caller of the compiler chooses: the start symbol and the flags of `compile()`.

/// The start symbol: the `mode` argument of `compile()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A module: any number of statements.
    Exec,
    /// One expression, whose value the code returns.
    Eval,
    /// One interactive statement; expression statements print their value.
    Single,
}

/// The flags of one compilation.
#[derive(Clone, Debug)]
pub struct Options {
    /// The `-O` level: 1 drops asserts, 2 drops docstrings as well.
    pub optimize: u8,
    /// Inherited `CO_FUTURE_*` bits; other bits are ignored.
    pub future_flags: u32,
    /// `PyCF_DONT_IMPLY_DEDENT`: an interactive block stays open until an empty line.
    pub dont_imply_dedent: bool,
    /// `PyCF_ALLOW_TOP_LEVEL_AWAIT`: `await` at module level makes the module a coroutine.
    pub allow_top_level_await: bool,
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`: an error at the end of the input becomes
    /// [`ErrorKind::IncompleteInput`](crate::ErrorKind::IncompleteInput).
    pub allow_incomplete_input: bool,
    /// The minor version of Python whose constructs a tree may have, if not all.
    pub feature_version: Option<u8>,
    /// `PyCF_TYPE_COMMENTS`: a parsed tree comes with the comments of its source.
    pub type_comments: bool,
    /// Whether positions carry columns; `-X no_debug_ranges` turns it off.
    pub debug_ranges: bool,
    /// `sys.set_int_max_str_digits()`: the longest decimal literal, 0 for no limit.
    pub int_max_str_digits: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            optimize: 0,
            future_flags: 0,
            dont_imply_dedent: false,
            allow_top_level_await: false,
            allow_incomplete_input: false,
            feature_version: None,
            type_comments: false,
            debug_ranges: true,
            int_max_str_digits: 4300,
        }
    }
}
