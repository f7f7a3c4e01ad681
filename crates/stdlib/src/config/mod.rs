//! What the command line and the environment say about this process.
//!
//! The command fills a [`Config`] before anything runs; embedding programs take [`Config::default`]. It is set once and
//! then only read. Where programs are and what `sys.prefix` is follows from the path of the executable, see [`paths`].

pub mod locale;
pub mod paths;

use std::ffi::OsString;

use taipan_objects::cell::Once;

/// The version of Python that programs see.
pub const PYTHON_VERSION: &str = "3.14.2";

/// When the source of a hash-based `.pyc` file is looked at (`--check-hash-based-pycs`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckHashPycs {
    /// Where the file asks for it.
    #[default]
    Default,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl CheckHashPycs {
    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            CheckHashPycs::Default => "default",
            CheckHashPycs::Always => "always",
            CheckHashPycs::Never => "never",
        }
    }
}

/// Settings of the process, as CPython's `PyConfig` has them.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `sys.argv`.
    pub argv: Vec<OsString>,
    /// `sys.orig_argv`.
    pub orig_argv: Vec<OsString>,
    /// The program's name as it was called.
    pub program_name: OsString,
    /// `-d`: parser debugging output, which there is none of.
    pub parser_debug: u32,
    /// `-i`: what `sys.flags.inspect` says.
    pub inspect: bool,
    /// Whether statements are read from a terminal.
    pub interactive: bool,
    /// The optimization level.
    pub optimize: u8,
    /// `-B`.
    pub dont_write_bytecode: bool,
    /// `-s`.
    pub no_user_site: bool,
    /// `-S`.
    pub no_site: bool,
    /// `-E`.
    pub ignore_environment: bool,
    /// `-v`.
    pub verbose: u32,
    /// `-b`.
    pub bytes_warning: u32,
    /// `-q`.
    pub quiet: bool,
    /// `PYTHONHOME`: the prefix, and behind a colon the prefix for machine code.
    pub home: Option<OsString>,
    /// The seed of string hashes; none is a random one.
    pub hash_seed: Option<u32>,
    /// `-R`: hashes are random, whatever the environment says.
    pub randomizes_hashes: bool,
    /// `-I`.
    pub isolated: bool,
    /// `-X dev`.
    pub dev_mode: bool,
    /// `-X utf8`, or a locale that asks for it.
    pub utf8_mode: bool,
    /// `-X warn_default_encoding`.
    pub warn_default_encoding: bool,
    /// `-P`.
    pub safe_path: bool,
    /// `-u`.
    pub unbuffered: bool,
    /// `-x`.
    pub skip_first_line: bool,
    /// `-X no_debug_ranges` unset: code objects know their columns.
    pub code_debug_ranges: bool,
    /// `-X importtime`: 0, 1 or 2.
    pub import_time: u32,
    /// `-X faulthandler`.
    pub faulthandler: bool,
    /// `-X tracemalloc`.
    pub tracemalloc: u32,
    /// `-X thread_inherit_context`.
    pub thread_inherit_context: bool,
    /// `-X context_aware_warnings`.
    pub context_aware_warnings: bool,
    /// `-X cpu_count`.
    pub cpu_count: Option<u32>,
    /// `-X int_max_str_digits`.
    pub int_max_str_digits: Option<usize>,
    /// `-X pycache_prefix`.
    pub pycache_prefix: Option<OsString>,
    /// `--check-hash-based-pycs`.
    pub check_hash_pycs: CheckHashPycs,
    /// `-X` options: names and values.
    pub x_options: Vec<(String, Option<String>)>,
    /// Warning filters, in the order in which they apply.
    pub warn_options: Vec<String>,
    /// `PYTHONPATH`.
    pub python_path: Option<OsString>,
    /// `PYTHONIOENCODING`: encoding and error handler.
    pub io_encoding: Option<(Option<String>, Option<String>)>,
    /// `PYTHONPLATLIBDIR`.
    pub platlibdir: Option<String>,
    /// Whether standard streams are checked for what they are (embedding programs have their own).
    pub standard_streams: bool,
}

impl Config {
    /// The settings of an ordinary run.
    pub fn new() -> Config {
        Config {
            code_debug_ranges: true,
            standard_streams: true,
            ..Config::default()
        }
    }
}

static CONFIG: Once<Config> = Once::new();

/// Settles the settings. Called once, before the start.
pub fn set(config: Config) {
    CONFIG.set(config);
}

/// The settings.
pub fn get() -> &'static Config {
    &CONFIG
}
