//! What does not change while a program runs: version, platform, flags, numeric limits.

use std::cell::Cell;

use taipan_macros::function;
use taipan_objects::cell::Locked;
use taipan_objects::dict::Dict;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::set::FrozenSet;
use taipan_objects::simple_namespace::SimpleNamespace;
use taipan_objects::str::Str;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{float, id, int};

use crate::config::{self, Config, paths};
use crate::filesystem::fs_decode_os;

/// The Python version that programs see.
const VERSION: [i64; 3] = [3, 14, 2];

/// `sys.hexversion` of a final release.
fn hex_version([major, minor, micro]: [i64; 3], level: i64) -> i64 {
    major << 24 | minor << 16 | micro << 8 | level << 4
}

static VERSION_INFO: StructSeqDef = StructSeqDef {
    name: "version_info",
    module: "sys",
    doc: "sys.version_info\n\nVersion information as a named tuple.",
    fields: &[
        Field::new("major", "Major release number"),
        Field::new("minor", "Minor release number"),
        Field::new("micro", "Patch release number"),
        Field::new("releaselevel", "'alpha', 'beta', 'candidate', or 'final'"),
        Field::new("serial", "Serial release number"),
    ],
    visible: 5,
    instantiable: false,
    complete: None,
};

static FLAGS: StructSeqDef = StructSeqDef {
    name: "flags",
    module: "sys",
    doc: "sys.flags\n\nFlags of the command line and the environment.",
    fields: &[
        Field::new("debug", "-d"),
        Field::new("inspect", "-i"),
        Field::new("interactive", "-i"),
        Field::new("optimize", "-O or -OO"),
        Field::new("dont_write_bytecode", "-B"),
        Field::new("no_user_site", "-s"),
        Field::new("no_site", "-S"),
        Field::new("ignore_environment", "-E"),
        Field::new("verbose", "-v"),
        Field::new("bytes_warning", "-b"),
        Field::new("quiet", "-q"),
        Field::new("hash_randomization", "-R"),
        Field::new("isolated", "-I"),
        Field::new("dev_mode", "-X dev"),
        Field::new("utf8_mode", "-X utf8"),
        Field::new("warn_default_encoding", "-X warn_default_encoding"),
        Field::new("safe_path", "-P"),
        Field::new("int_max_str_digits", "-X int_max_str_digits"),
        Field::new("gil", "-X gil"),
        Field::new("thread_inherit_context", "-X thread_inherit_context"),
        Field::new("context_aware_warnings", "-X context_aware_warnings"),
    ],
    visible: 18,
    instantiable: false,
    complete: None,
};

static FLOAT_INFO: StructSeqDef = StructSeqDef {
    name: "float_info",
    module: "sys",
    doc: "sys.float_info\n\nThe range and the precision of floats.",
    fields: &[
        Field::new("max", "largest finite float"),
        Field::new(
            "max_exp",
            "largest exponent of 2 of a finite float, plus one",
        ),
        Field::new("max_10_exp", "largest exponent of 10 of a finite float"),
        Field::new("min", "smallest positive normalized float"),
        Field::new(
            "min_exp",
            "smallest exponent of 2 of a normalized float, plus one",
        ),
        Field::new(
            "min_10_exp",
            "smallest exponent of 10 of a normalized float",
        ),
        Field::new("dig", "decimal digits that every float keeps"),
        Field::new("mant_dig", "digits of the mantissa"),
        Field::new("epsilon", "difference between 1 and the next float"),
        Field::new("radix", "base of the exponent"),
        Field::new("rounds", "how additions round"),
    ],
    visible: 11,
    instantiable: true,
    complete: None,
};

static INT_INFO: StructSeqDef = StructSeqDef {
    name: "int_info",
    module: "sys",
    doc: "sys.int_info\n\nHow integers are represented.",
    fields: &[
        Field::new("bits_per_digit", "bits of a digit"),
        Field::new("sizeof_digit", "bytes of a digit"),
        Field::new(
            "default_max_str_digits",
            "longest decimal text that converts, by default",
        ),
        Field::new(
            "str_digits_check_threshold",
            "smallest limit of that kind other than 0",
        ),
    ],
    visible: 4,
    instantiable: true,
    complete: None,
};

static HASH_INFO: StructSeqDef = StructSeqDef {
    name: "hash_info",
    module: "sys",
    doc: "hash_info\n\nHow hash values are computed.",
    fields: &[
        Field::new("width", "bits of a hash value"),
        Field::new("modulus", "prime modulus of the hash of numbers"),
        Field::new("inf", "hash of infinity"),
        Field::new("nan", "unused"),
        Field::new("imag", "multiplier of the imaginary part"),
        Field::new("algorithm", "how str and bytes are hashed"),
        Field::new("hash_bits", "bits of that algorithm's result"),
        Field::new("seed_bits", "bits of its seed"),
        Field::new("cutoff", "length up to which another algorithm is used"),
    ],
    visible: 9,
    instantiable: true,
    complete: None,
};

static THREAD_INFO: StructSeqDef = StructSeqDef {
    name: "thread_info",
    module: "sys",
    doc: "sys.thread_info\n\nHow threads are implemented.",
    fields: &[
        Field::new("name", "name of the implementation"),
        Field::new("lock", "what locks are"),
        Field::new("version", "its version"),
    ],
    visible: 3,
    instantiable: true,
    complete: None,
};

fn text(value: &str) -> Value {
    Str::new(value).into_value()
}

fn number(value: i64) -> Value {
    int::new(value)
}

fn version(numbers: [i64; 3], level: &str) -> Value {
    let mut fields: Vec<Value> = numbers.into_iter().map(number).collect();
    fields.extend([text(level), number(0)]);
    VERSION_INFO.make(fields)
}

/// This implementation's own version: numbers, and `alpha` before 1.0.
fn own_version() -> ([i64; 3], &'static str) {
    let mut parts = env!("CARGO_PKG_VERSION")
        .split(['.', '-'])
        .map(|part| part.parse().unwrap_or(0));
    let numbers = [0; 3].map(|_: i64| parts.next().unwrap_or(0));
    (numbers, if numbers[0] == 0 { "alpha" } else { "final" })
}

fn implementation() -> Value {
    let (numbers, level) = own_version();
    let hex = hex_version(numbers, if level == "alpha" { 0xa } else { 0xf });
    SimpleNamespace::new(&[
        (id!("name"), text("taipan")),
        (id!("cache_tag"), text("taipan-314")),
        (id!("version"), version(numbers, level)),
        (id!("hexversion"), number(hex)),
        (id!("_multiarch"), text(&crate::sysconfigdata::multiarch())),
        (id!("supports_isolated_interpreters"), Value::FALSE),
    ])
    .into_value()
}

fn flags(config: &Config) -> Value {
    let flag = |set: bool| number(set.into());
    FLAGS.make(vec![
        flag(config.parser_debug > 0),
        flag(config.inspect),
        flag(config.interactive),
        number(config.optimize.into()),
        flag(config.dont_write_bytecode),
        flag(config.no_user_site),
        flag(config.no_site),
        flag(config.ignore_environment),
        number(config.verbose.into()),
        number(config.bytes_warning.into()),
        flag(config.quiet),
        flag(config.hash_seed != Some(0)),
        flag(config.isolated),
        Value::from_bool(config.dev_mode),
        flag(config.utf8_mode),
        flag(config.warn_default_encoding),
        Value::from_bool(config.safe_path),
        int::from_usize(int::max_str_digits()),
        number(1),
        flag(config.thread_inherit_context),
        flag(config.context_aware_warnings),
    ])
}

fn float_info() -> Value {
    FLOAT_INFO.make(vec![
        float::new(f64::MAX),
        number(f64::MAX_EXP.into()),
        number(f64::MAX_10_EXP.into()),
        float::new(f64::MIN_POSITIVE),
        number(f64::MIN_EXP.into()),
        number(f64::MIN_10_EXP.into()),
        number(f64::DIGITS.into()),
        number(f64::MANTISSA_DIGITS.into()),
        float::new(f64::EPSILON),
        number(f64::RADIX.into()),
        number(1),
    ])
}

fn thread_info() -> Value {
    THREAD_INFO.make(vec![text("pthread"), text("mutex+cond"), thread_library()])
}

/// `NPTL 2.36`, or None where the C library does not say.
fn thread_library() -> Value {
    match crate::sys::system::confstr(libc::_CS_GNU_LIBPTHREAD_VERSION) {
        Ok(Some(version)) => text(&String::from_utf8_lossy(&version)),
        _ => Value::NONE,
    }
}

fn x_options(config: &Config) -> Ref<Dict> {
    let options = Dict::new();
    for (name, value) in &config.x_options {
        options.set_str(
            &Str::intern(name),
            value.as_deref().map_or(Value::TRUE, text),
        );
    }
    options
}

fn library_names() -> PyResult<Ref<FrozenSet>> {
    let names: Vec<Value> = super::library_names::names()
        .map(|name| Str::intern(name).into_value())
        .collect();
    FrozenSet::from_items(&names)
}

fn native_names() -> Ref<Tuple> {
    let mut names: Vec<&str> = crate::names().collect();
    names.sort_unstable();
    Tuple::new(
        names
            .into_iter()
            .map(|name| Str::intern(name).into_value())
            .collect(),
    )
}

/// Fills the module with everything that is a plain value.
pub(super) fn fill(module: &Ref<Module>) -> PyResult<()> {
    let config = config::get();
    let [major, minor, micro] = VERSION;
    let own = env!("CARGO_PKG_VERSION");
    module.set(
        "version",
        text(&format!(
            "{major}.{minor}.{micro} (main, Dec  5 2025, 00:00:00) [Taipan {own}]"
        )),
    );
    module.set("version_info", version(VERSION, "final"));
    module.set("hexversion", number(hex_version(VERSION, 0xf)));
    module.set("api_version", number(1013));
    module.set("implementation", implementation());
    module.set("copyright", text("Copyright (c) the authors of Taipan.\n\nThe standard library: Copyright (c) Python Software Foundation.\nAll Rights Reserved."));
    module.set(
        "_git",
        Tuple::from_array([text("Taipan"), text(""), text("")]),
    );
    module.set("_framework", text(""));
    module.set("abiflags", text(""));
    module.set(
        "byteorder",
        text(if cfg!(target_endian = "little") {
            "little"
        } else {
            "big"
        }),
    );
    module.set("platform", text(std::env::consts::OS));
    module.set("maxsize", number(isize::MAX as i64));
    module.set("maxunicode", number(0x10_ffff));
    module.set("float_repr_style", text("short"));
    module.set("float_info", float_info());
    module.set(
        "int_info",
        INT_INFO.make([30, 4, 4300, 640].map(number).to_vec()),
    );
    let nan_and_imag = [number(0), number(1_000_003)];
    let mut hash_info = vec![number(64), number((1 << 61) - 1), number(314_159)];
    hash_info.extend(nan_and_imag);
    hash_info.extend([text("siphash13"), number(64), number(128), number(0)]);
    module.set("hash_info", HASH_INFO.make(hash_info));
    module.set("thread_info", thread_info());
    module.set("flags", flags(config));
    module.set(
        "dont_write_bytecode",
        Value::from_bool(config.dont_write_bytecode),
    );
    let prefix = config
        .pycache_prefix
        .as_ref()
        .map_or(Value::NONE, |prefix| fs_decode_os(prefix).into_value());
    module.set("pycache_prefix", prefix);
    module.set(
        "warnoptions",
        List::new(
            config
                .warn_options
                .iter()
                .map(|option| text(option))
                .collect(),
        ),
    );
    module.set("_xoptions", x_options(config));
    module.set("builtin_module_names", native_names());
    module.set("stdlib_module_names", library_names()?);
    fill_paths(module, config);
    Ok(())
}

fn fill_paths(module: &Ref<Module>, config: &Config) {
    let paths = paths::get();
    let path = |path: &std::path::Path| fs_decode_os(path.as_os_str()).into_value();
    module.set("executable", path(&paths.executable));
    module.set("_base_executable", path(&paths.base_executable));
    for (name, place) in [
        ("prefix", &paths.prefix),
        ("exec_prefix", &paths.prefix),
        ("base_prefix", &paths.base_prefix),
        ("base_exec_prefix", &paths.base_prefix),
    ] {
        module.set(name, path(place));
    }
    module.set(
        "platlibdir",
        text(config.platlibdir.as_deref().unwrap_or(paths::PLATLIBDIR)),
    );
    module.set("_stdlib_dir", text(&paths.library));
    module.set("_home", Value::NONE);
    let arguments = |list: &[std::ffi::OsString]| {
        List::new(
            list.iter()
                .map(|argument| fs_decode_os(argument).into_value())
                .collect(),
        )
    };
    module.set("argv", arguments(&config.argv));
    module.set("orig_argv", arguments(&config.orig_argv));
}

static DLOPEN_FLAGS: Locked<Cell<i32>> = Locked::new(Cell::new(libc::RTLD_NOW));

/// Return the flags with which shared libraries are opened.
#[function("()")]
pub(super) fn getdlopenflags() -> i32 {
    DLOPEN_FLAGS.with(|flags| flags.get())
}

/// Set the flags with which shared libraries are opened.
#[function("(flags, /)")]
pub(super) fn setdlopenflags(flags: i32) {
    DLOPEN_FLAGS.with(|current| current.set(flags));
}
