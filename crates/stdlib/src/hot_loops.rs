//! `_hotloops`: what the module `hotloops` needs of the interpreter, to report the hot loops of a program.

use taipan_interp::traces::{self, Form, Reporter};
use taipan_macros::{define_module, function};
use taipan_objects::bail;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::Ref;

define_module!(
    name = "_hotloops",
    doc = "The report of the hot loops of a program.",
    functions(start, add_source, report),
);

fn reporter() -> PyResult<&'static Reporter> {
    match traces::reporter() {
        Some(reporter) => Ok(reporter),
        None => bail!(RuntimeError, "nothing makes traces here"),
    }
}

/// Let hot loops become traces from now on, and note what becomes of each.
#[function("()")]
fn start() -> PyResult<()> {
    (reporter()?.start)();
    traces::set_enabled(true);
    Ok(())
}

/// Let the report quote the text of a program that is in no file.
#[function("(file, text)")]
fn add_source(file: &Ref<Str>, text: &Ref<Str>) -> PyResult<()> {
    (reporter()?.add_source)(&file.to_display(), &text.to_display());
    Ok(())
}

/// Return the report of the hot loops so far, as text or as a JSON object.
#[function("(json=False)")]
fn report(json: bool) -> PyResult<String> {
    let form = match json {
        true => Form::Json,
        false => Form::Text,
    };
    Ok((reporter()?.hot_loops)(form))
}
