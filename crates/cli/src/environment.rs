//! The environment variables, and how they and the options make the settings.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use taipan_interp::specialize::stats::set_destination;
use taipan_interp::specialize::{Mode, set_mode};
use taipan_stdlib::config::{Config, locale};

use crate::options::Given;

/// A variable that is set and not empty.
fn text(name: &str) -> Option<String> {
    variable(name).map(|value| value.to_string_lossy().into_owned())
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A flag's variable: a number says how often the flag is given, any other text gives it once.
fn level(name: &str) -> u32 {
    match text(name) {
        None => 0,
        Some(value) => value
            .parse::<i64>()
            .map_or(1, |level| u32::try_from(level).unwrap_or(1)),
    }
}

fn is_set(name: &str) -> bool {
    variable(name).is_some()
}

/// Makes the settings of what was given and of the environment; an error is the text to end with.
pub fn settle(given: Given, config: &mut Config) -> Result<(), String> {
    config.isolated = given.isolated;
    config.ignore_environment = given.ignore_environment || given.isolated;
    config.no_user_site = given.no_user_site || given.isolated;
    config.safe_path = given.safe_path || given.isolated;
    config.parser_debug = given.debug;
    config.inspect = given.inspect;
    config.optimize = given.optimize;
    config.dont_write_bytecode = given.dont_write_bytecode;
    config.no_site = given.no_site;
    config.verbose = given.verbose;
    config.bytes_warning = given.bytes_warning;
    config.quiet = given.quiet;
    config.unbuffered = given.unbuffered;
    config.skip_first_line = given.skip_first_line;
    config.randomizes_hashes = given.randomizes;
    config.check_hash_pycs = given.check_hash_pycs;
    config.x_options = given.x_options;
    config.context_aware_warnings = false;
    config.thread_inherit_context = false;
    let mut warnings = Vec::new();
    let coerces = config.ignore_environment || text("PYTHONCOERCECLOCALE").as_deref() != Some("0");
    config.utf8_mode = locale::asks_for_utf8_mode();
    locale::choose(coerces);
    if !config.ignore_environment {
        from_environment(config, &mut warnings)?;
    }
    from_x_options(config)?;
    if config.dev_mode {
        config.warn_options.push("default".to_owned());
        config.faulthandler = true;
    }
    config.warn_options.extend(warnings);
    config.warn_options.extend(given.warnings);
    match config.bytes_warning {
        0 => {}
        1 => config.warn_options.push("default::BytesWarning".to_owned()),
        _ => config.warn_options.push("error::BytesWarning".to_owned()),
    }
    Ok(())
}

fn fatal(place: &str, message: &str) -> String {
    // What is settled before everything else fails a moment earlier.
    let state = if place.starts_with("preconfig") {
        "preinitializing"
    } else {
        "preinitialized"
    };
    format!("Fatal Python error: {place}: {message}\nPython runtime state: {state}\n\n")
}

fn from_environment(config: &mut Config, warnings: &mut Vec<String>) -> Result<(), String> {
    config.parser_debug = config.parser_debug.max(level("PYTHONDEBUG"));
    config.inspect |= is_set("PYTHONINSPECT");
    config.optimize = config
        .optimize
        .max(level("PYTHONOPTIMIZE").min(u8::MAX.into()) as u8);
    config.dont_write_bytecode |= is_set("PYTHONDONTWRITEBYTECODE");
    config.no_user_site |= is_set("PYTHONNOUSERSITE");
    config.safe_path |= is_set("PYTHONSAFEPATH");
    config.unbuffered |= is_set("PYTHONUNBUFFERED");
    config.verbose = config.verbose.max(level("PYTHONVERBOSE"));
    config.dev_mode |= is_set("PYTHONDEVMODE");
    config.faulthandler |= is_set("PYTHONFAULTHANDLER");
    config.warn_default_encoding |= is_set("PYTHONWARNDEFAULTENCODING");
    config.code_debug_ranges &= !is_set("PYTHONNODEBUGRANGES");
    config.import_time = config.import_time.max(level("PYTHONPROFILEIMPORTTIME"));
    if let Some(frames) = text("PYTHONTRACEMALLOC") {
        let message = "PYTHONTRACEMALLOC: invalid number of frames";
        config.tracemalloc = frames
            .parse()
            .map_err(|_| fatal("config_init_tracemalloc", message))?;
    }
    if let Some(gil) = text("PYTHON_GIL") {
        check_gil(Some(&gil))?;
    }
    config.home = variable("PYTHONHOME");
    config.thread_inherit_context |= level("PYTHON_THREAD_INHERIT_CONTEXT") == 1;
    config.context_aware_warnings |= level("PYTHON_CONTEXT_AWARE_WARNINGS") == 1;
    config.python_path = variable("PYTHONPATH");
    config.pycache_prefix = variable("PYTHONPYCACHEPREFIX");
    config.platlibdir = text("PYTHONPLATLIBDIR");
    match text("PYTHONUTF8").as_deref() {
        None => {}
        Some("0") => config.utf8_mode = false,
        Some("1") => config.utf8_mode = true,
        Some(_) => {
            return Err(fatal(
                "preconfig_init_utf8_mode",
                "invalid PYTHONUTF8 environment variable value",
            ));
        }
    }
    // The option `-R` makes the variable void, even a wrong one.
    if let Some(seed) =
        text("PYTHONHASHSEED").filter(|seed| seed != "random" && !config.randomizes_hashes)
    {
        let message = "PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]";
        config.hash_seed = Some(
            seed.parse()
                .map_err(|_| fatal("config_init_hash_seed", message))?,
        );
    }
    if let Some(limit) = text("PYTHONINTMAXSTRDIGITS") {
        config.int_max_str_digits = Some(digits(&limit, "PYTHONINTMAXSTRDIGITS")?);
    }
    if let Some(count) = text("PYTHON_CPU_COUNT").filter(|count| count != "default") {
        config.cpu_count = Some(
            cpu_count(&count).ok_or_else(|| fatal("config_init_cpu_count", CPU_COUNT_MESSAGE))?,
        );
    }
    if let Some(encoding) = text("PYTHONIOENCODING") {
        let (encoding, errors) = encoding
            .split_once(':')
            .map_or((encoding.as_str(), None), |(encoding, errors)| {
                (encoding, Some(errors))
            });
        let present = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        config.io_encoding = Some((present(encoding), errors.and_then(present)));
    }
    crate::tier2::from_environment(text);
    if let Some(list) = text("PYTHONWARNINGS") {
        warnings.extend(list.split(',').map(str::to_owned));
    }
    Ok(())
}

const CPU_COUNT_MESSAGE: &str =
    "-X cpu_count=n option: n is missing or an invalid number, n must be greater than 0";

fn check_gil(value: Option<&str>) -> Result<(), String> {
    match value {
        Some("1") => Ok(()),
        Some("0") => Err(fatal(
            "config_read_gil",
            "Disabling the GIL is not supported by this build",
        )),
        _ => Err(fatal(
            "config_read_gil",
            "PYTHON_GIL / -X gil must be \"0\" or \"1\"",
        )),
    }
}

fn digits(value: &str, source: &str) -> Result<usize, String> {
    match value.parse::<usize>() {
        Ok(limit) if limit == 0 || limit >= 640 => Ok(limit),
        _ => Err(fatal(
            "config_init_int_max_str_digits",
            &format!("{source}: invalid limit; must be >= 640 or 0 for unlimited."),
        )),
    }
}

fn cpu_count(value: &str) -> Option<u32> {
    value.parse().ok().filter(|count| *count > 0)
}

fn from_x_options(config: &mut Config) -> Result<(), String> {
    for (name, value) in config.x_options.clone() {
        let value = value.as_deref();
        match name.as_str() {
            "dev" => config.dev_mode = true,
            "faulthandler" => config.faulthandler = true,
            "utf8" => match value {
                None | Some("1") => config.utf8_mode = true,
                Some("0") => config.utf8_mode = false,
                Some(_) => {
                    return Err(fatal(
                        "preconfig_init_utf8_mode",
                        "invalid -X utf8 option value",
                    ));
                }
            },
            "warn_default_encoding" => config.warn_default_encoding = true,
            "no_debug_ranges" => config.code_debug_ranges = false,
            "importtime" => {
                config.import_time = value.and_then(|value| value.parse().ok()).unwrap_or(1)
            }
            "tracemalloc" => {
                let message = "-X tracemalloc=NFRAME: invalid number of frames";
                let frames = value.map_or(Ok(1), str::parse);
                config.tracemalloc =
                    frames.map_err(|_| fatal("config_init_tracemalloc", message))?;
            }
            "frozen_modules" if !matches!(value, None | Some("" | "on" | "off")) => {
                let message = "bad value for option -X frozen_modules (expected \"on\" or \"off\")";
                return Err(format!(
                    "Fatal Python error: {message}\nPython runtime state: preinitialized\n\n"
                ));
            }
            "pycache_prefix" => {
                config.pycache_prefix = value.filter(|value| !value.is_empty()).map(OsString::from)
            }
            "int_max_str_digits" => {
                config.int_max_str_digits =
                    Some(digits(value.unwrap_or(""), "-X int_max_str_digits")?);
            }
            "cpu_count" => {
                config.cpu_count = match value {
                    Some("default") => None,
                    value => Some(
                        value
                            .and_then(cpu_count)
                            .ok_or_else(|| fatal("config_init_cpu_count", CPU_COUNT_MESSAGE))?,
                    ),
                };
            }
            "thread_inherit_context" => config.thread_inherit_context = value == Some("1"),
            "context_aware_warnings" => config.context_aware_warnings = value == Some("1"),
            "gil" => check_gil(value)?,
            "stats" => {
                set_destination(value.filter(|value| *value != "1").map(PathBuf::from));
                taipan_tier2::report::start();
            }
            "specialize" => {
                let message = "bad value for option -X specialize (expected \"on\", \"off\", \"eager\" or \"failing\")";
                let mode = Mode::from_name(value.unwrap_or("on"));
                set_mode(mode.ok_or_else(|| fatal("config_init_specialize", message))?);
            }
            // Others are for programs to read in `sys._xoptions`.
            _ => {
                let checked = crate::tier2::from_x_option(&name, value);
                checked.map_err(|message| fatal("config_init_tier2", message))?;
            }
        }
    }
    Ok(())
}
