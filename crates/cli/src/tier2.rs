//! The settings of tier 2: what `-X` and the environment say of traces.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use taipan_interp::traces::{self, Form, Stress};
use taipan_tier2::report;

/// Where the report of the hot loops goes at exit, if it is wanted: into a file, or to stderr.
static REPORT: OnceLock<Option<PathBuf>> = OnceLock::new();

/// `PYTHON_JIT`, `PYTHON_UOPS_OPTIMIZE`, `PYTHON_OPT_DEBUG` and `PYTHON_LLTRACE`, read by `text` if the environment counts.
pub fn from_environment(text: impl Fn(&str) -> Option<String>) {
    if let Some(jit) = text("PYTHON_JIT").filter(|jit| !jit.is_empty()) {
        traces::set_enabled(!jit.starts_with('0'));
    }
    for variable in ["PYTHON_OPT_DEBUG", "PYTHON_LLTRACE"] {
        if let Some(level) = text(variable).and_then(|level| level.parse().ok()) {
            taipan_tier2::log::set_level(level);
        }
    }
    if let Some(analysis) = text("PYTHON_UOPS_OPTIMIZE") {
        taipan_tier2::set_analysis(!analysis.starts_with('0'));
    }
}

/// One `-X` option, if it is about tier 2; the error is what is wrong with it.
pub fn from_x_option(name: &str, value: Option<&str>) -> Result<(), &'static str> {
    match (name, value) {
        ("jit", Some("0" | "off")) => traces::set_enabled(false),
        // Until there is machine code, uops are all there is.
        ("jit", None | Some("1" | "on" | "uops")) => traces::set_enabled(true),
        ("jit", _) => {
            return Err("bad value for option -X jit (expected \"0\", \"1\" or \"uops\")");
        }
        ("optimize_uops", Some("0")) => taipan_tier2::set_analysis(false),
        ("optimize_uops", _) => traces::set_enabled(true),
        ("tier2-threshold", value) => {
            let threshold = value.and_then(|value| value.parse::<u32>().ok());
            let threshold = threshold.filter(|threshold| (1..=4096).contains(threshold));
            let message = "bad value for option -X tier2-threshold (expected 1 to 4096)";
            traces::set_threshold(threshold.ok_or(message)?);
        }
        ("hot-loops", Some("")) => {
            return Err("bad value for option -X hot-loops (expected a file, or no value)");
        }
        ("hot-loops", file) => {
            // Said twice, the first one holds.
            let _ = REPORT.set(file.map(PathBuf::from));
            report::start();
        }
        ("tier2-stress", Some("invalidate")) => traces::set_stress(Stress::Invalidate),
        ("tier2-stress", _) => {
            return Err("bad value for option -X tier2-stress (expected \"invalidate\")");
        }
        _ => {}
    }
    Ok(())
}

/// Writes the report of the hot loops where it was asked for.
pub fn write_report() -> std::io::Result<()> {
    match REPORT.get() {
        None => Ok(()),
        Some(None) => {
            let text = report::hot_loops(Form::Text);
            std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes())
        }
        Some(Some(file)) => std::fs::write(file, report::hot_loops(form_of(file))),
    }
}

/// JSON for a file that is named so, else text.
fn form_of(file: &Path) -> Form {
    match file.extension().is_some_and(|suffix| suffix == "json") {
        true => Form::Json,
        false => Form::Text,
    }
}
