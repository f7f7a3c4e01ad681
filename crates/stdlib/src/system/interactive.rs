//! The simple prompt: statements read line by line from standard input, run one at a time.
//!
//! It is what `-i` without a terminal uses, what `PYTHON_BASIC_REPL` asks for, and what the library's own prompt falls
//! back to through `sys._baserepl`. A statement is complete when the compiler says so of its lines; a block ends at an
//! empty line, as the compiler's mode for single statements has it.

use taipan_macros::function;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::exceptions::os_error::os_error;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::Ref;
use taipan_objects::{id, protocol, runtime};

use super::{display, get, report, set};
use crate::compile::{Mode, Request, Source, compile_flags, compile_source};
use crate::{blocking, import, sys};

/// Prompt for statements on standard input until it ends.
#[function("()")]
pub(super) fn _baserepl() -> PyResult<()> {
    interact()
}

/// Prompts for statements until the input ends; a SystemExit ends it too, and is the error.
pub fn interact() -> PyResult<()> {
    set_prompts();
    loop {
        match read_statement() {
            Ok(Statement::Source(source)) => report_error(run(&source))?,
            Ok(Statement::Empty) => {}
            Ok(Statement::End) => return Ok(()),
            Err(raised) if raised.is(ExceptionKind::KeyboardInterrupt) => {
                report::write("\nKeyboardInterrupt\n")
            }
            Err(raised) => report_error(Err(raised))?,
        }
        if let Err(raised) = flush() {
            report_error(Err(raised))?;
        }
    }
}

/// `sys.ps1` and `sys.ps2` exist while somebody is asked.
pub fn set_prompts() {
    for (name, prompt) in [("ps1", ">>> "), ("ps2", "... ")] {
        if get(name).is_none() {
            set(name, Str::new(prompt));
        }
    }
}

fn report_error(result: PyResult<()>) -> PyResult<()> {
    match result {
        Err(raised) if !raised.is(ExceptionKind::SystemExit) => display::show(raised),
        other => other,
    }
}

/// Flushes the streams. The next statement matters more than a stream that cannot be flushed, but Ctrl-C is told.
fn flush() -> PyResult<()> {
    for name in ["stderr", "stdout"] {
        if let Some(stream) = get(name).filter(|stream| !stream.is_none())
            && let Err(raised) = protocol::call_method(&stream, id!("flush"), &[])
            && raised.is(ExceptionKind::KeyboardInterrupt)
        {
            return Err(raised);
        }
    }
    Ok(())
}

enum Statement {
    Source(Vec<u8>),
    Empty,
    End,
}

/// Reads lines until they are a statement.
fn read_statement() -> PyResult<Statement> {
    let mut source = Vec::new();
    loop {
        let line = read_line(if source.is_empty() { "ps1" } else { "ps2" })?;
        if line.is_empty() {
            report::write("\n");
            return Ok(if source.is_empty() {
                Statement::End
            } else {
                Statement::Source(source)
            });
        }
        let is_blank = line.iter().all(u8::is_ascii_whitespace);
        source.extend_from_slice(&line);
        if source.iter().all(u8::is_ascii_whitespace) || (is_blank && is_comment(&source)) {
            return Ok(Statement::Empty);
        }
        if is_complete(&source) {
            return Ok(Statement::Source(source));
        }
    }
}

/// Whether no further line is needed: the lines compile without their last line end, or not even with it.
fn is_complete(source: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(source) else {
        return true;
    };
    let request = request(compile_flags::ALLOW_INCOMPLETE_INPUT | compile_flags::DONT_IMPLY_DEDENT);
    let compile = |text: &str| {
        taipan_compiler::compile(text, "<stdin>", request.compiler_mode(), &request.options())
    };
    match compile(text.strip_suffix('\n').unwrap_or(text)) {
        Ok(_) => true,
        Err(_) => compile(text)
            .is_err_and(|error| error.kind != taipan_compiler::ErrorKind::IncompleteInput),
    }
}

fn is_comment(source: &[u8]) -> bool {
    source
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_start)
        .all(|line| line.is_empty() || line[0] == b'#')
}

fn request(flags: u32) -> Request {
    Request {
        filename: id!("<stdin>").clone(),
        mode: Mode::Single,
        flags,
        optimize: -1,
        feature_version: -1,
    }
}

fn run(source: &[u8]) -> PyResult<()> {
    let code = compile_source(&Source::Bytes(source.to_vec()), &request(0))?;
    let text = String::from_utf8_lossy(source);
    // Tracebacks quote the statement; without `linecache` they only tell its lines.
    let _ = runtime::import_attribute("linecache", "_register_code").and_then(|register| {
        let arguments = [
            code.to_value(),
            Str::new(&text).into_value(),
            id!("<stdin>").to_value(),
        ];
        protocol::call_positional(&register, &arguments)
    });
    let main = import::ensure_module(id!("__main__"))?;
    import::run_in_module(&code, &main.dict())
}

/// A prompt's text; one that has none is empty.
fn prompt(name: &str) -> Ref<Str> {
    get(name)
        .and_then(|prompt| protocol::str(&prompt).ok())
        .unwrap_or_else(Str::empty)
}

/// A line of standard input with its end; nothing at the end of the input.
fn read_line(prompt_name: &str) -> PyResult<Vec<u8>> {
    let prompt = prompt(prompt_name);
    report::write_str(&prompt);
    flush()?;
    let mut line = Vec::new();
    let mut byte = [0];
    // What follows the line belongs to the program: it may read standard input itself.
    loop {
        match blocking::retry_waiting(|| sys::file::read(0, &mut byte))? {
            Ok(0) => return Ok(line),
            Ok(_) => line.push(byte[0]),
            Err(error) => return Err(os_error(&error, None)),
        }
        if byte[0] == b'\n' {
            return Ok(line);
        }
    }
}
