//! Running a program.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol, runtime};
use taipan_stdlib::compile::{Mode, Request, Source, compile_source};
use taipan_stdlib::{config, filesystem, import, system};

use crate::exit::{self, Status};
use crate::options::{Action, Program};
use crate::repl;

/// Runs the program and says how it ended.
pub fn run(program: &Program) -> Status {
    if !config::get().no_site
        && let Err(raised) = runtime::import_module("site")
    {
        return exit::status_of(raised);
    }
    if (matches!(program.action, Action::Interact) && !program.quiet) || program.verbose {
        repl::greet();
    }
    let result = match &program.action {
        Action::Command(command) => run_command(command),
        Action::Module(module) => run_module(module),
        Action::File(file) => run_file(file),
        Action::Stdin => run_stdin(),
        Action::Interact => return repl::start(),
    };
    match result {
        Ok(status) => status,
        Err(raised) if program.inspect && program.interactive => {
            exit::show_before_conversation(raised)
        }
        Err(raised) => exit::status_of(raised),
    }
}

/// The module `__main__`.
pub fn main_module() -> PyResult<Ref<Module>> {
    import::ensure_module(id!("__main__"))
}

/// The namespace of `__main__`.
fn main_namespace() -> PyResult<Ref<Dict>> {
    Ok(main_module()?.dict())
}

/// Puts a folder in front of `sys.path`, unless the path is to be safe.
fn prepend_path(folder: &Ref<Str>) -> PyResult<()> {
    if config::get().safe_path {
        Ok(())
    } else {
        insert_path(folder)
    }
}

fn insert_path(folder: &Ref<Str>) -> PyResult<()> {
    match system::get("path")
        .as_ref()
        .and_then(|path| path.downcast::<List>())
    {
        Some(path) => path.insert(0, folder.to_value()),
        None => bail!(RuntimeError, "unable to get sys.path"),
    }
}

fn run_command(command: &OsStr) -> PyResult<Status> {
    prepend_path(&Str::empty())?;
    let text = filesystem::fs_decode_os(command);
    system::audit("cpython.run_command", &[text.to_value()])?;
    let text = match text.to_str() {
        Ok(text) => dedent(&text),
        Err(raised) => {
            exit::complain("Unable to decode the command from the command line:\n");
            return Err(raised);
        }
    };
    let request = Request {
        filename: id!("<string>").clone(),
        mode: Mode::Exec,
        flags: 0,
        optimize: -1,
        feature_version: -1,
    };
    let code = compile_source(&Source::Text(text.clone()), &request)?;
    // Tracebacks quote the command; without `linecache` they only tell its lines.
    let _ = runtime::import_attribute("linecache", "_register_code").and_then(|register| {
        let arguments = [
            code.to_value(),
            Str::new(&text).into_value(),
            id!("<string>").to_value(),
        ];
        protocol::call_positional(&register, &arguments)
    });
    taipan_tier2::report::add_source("<string>", &text);
    import::run_in_module(&code, &main_namespace()?)?;
    Ok(Status::Code(0))
}

/// The text without the white space that all its lines start with.
fn dedent(text: &str) -> String {
    let indent_of = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut common: Option<&str> = None;
    for line in text.split('\n').filter(|line| !line.trim().is_empty()) {
        let indent = &line[..indent_of(line)];
        common = Some(match common {
            None => indent,
            Some(known) => {
                let shared = known
                    .bytes()
                    .zip(indent.bytes())
                    .take_while(|(left, right)| left == right)
                    .count();
                &known[..shared]
            }
        });
    }
    let Some(common) = common.filter(|common| !common.is_empty()) else {
        return text.to_owned();
    };
    let lines = text.split('\n').map(|line| {
        line.strip_prefix(common)
            .unwrap_or_else(|| line.trim_start_matches([' ', '\t']))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn run_module(module: &OsStr) -> PyResult<Status> {
    let current = std::env::current_dir().unwrap_or_default();
    prepend_path(&filesystem::fs_decode_os(current.as_os_str()))?;
    let name = filesystem::fs_decode_os(module).into_value();
    system::audit("cpython.run_module", std::slice::from_ref(&name))?;
    run_as_main(&name, true)
}

/// Runs a module, or the `__main__` of what `sys.path` starts with.
fn run_as_main(name: &Value, alter_argv: bool) -> PyResult<Status> {
    let run = runtime::import_attribute("runpy", "_run_module_as_main")?;
    protocol::call2(&run, name, &Value::from_bool(alter_argv))?;
    Ok(Status::Code(0))
}

fn run_file(file: &OsStr) -> PyResult<Status> {
    let file = &absolute(file);
    let name = filesystem::fs_decode_os(file);
    if is_importable(&name)? {
        insert_path(&name)?;
        return run_as_main(id!("__main__").as_value(), false);
    }
    let path = Path::new(file);
    let folder = path
        .canonicalize()
        .ok()
        .and_then(|path| path.parent().map(Path::to_path_buf));
    let folder = folder.map_or_else(Str::empty, |folder| {
        filesystem::fs_decode_os(folder.as_os_str())
    });
    prepend_path(&folder)?;
    system::audit("cpython.run_file", &[name.to_value()])?;
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return cannot_open(&name, &error),
    };
    let main = import::ensure_module(id!("__main__"))?;
    main.set("__file__", name.clone());
    main.set("__cached__", Value::NONE);
    set_loader(&main.dict(), &name, is_compiled(file, &bytes))?;
    if is_compiled(file, &bytes) {
        return run_compiled(&bytes);
    }
    run_source(bytes, &name)
}

fn is_importable(name: &Ref<Str>) -> PyResult<bool> {
    let importer = runtime::import_attribute("_frozen_importlib_external", "PathFinder")?;
    let path = Path::new(OsStr::from_bytes(&filesystem::encode(name)?)).to_path_buf();
    let Ok(metadata) = path.metadata() else {
        return Ok(false);
    };
    if metadata.is_file() && !starts_like_zip(&path) {
        return Ok(false);
    }
    let found = protocol::call_method(&importer, id!("_path_importer_cache"), &[name.to_value()])?;
    Ok(!found.is_none())
}

/// Whether the file may be a zip file: they end with a directory, which is found by its mark.
fn starts_like_zip(path: &Path) -> bool {
    use std::io::{Seek, SeekFrom};
    let Ok(mut file) = std::fs::File::open(path) else {
        return false;
    };
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut tail = Vec::new();
    if file
        .seek(SeekFrom::Start(length.saturating_sub(66_000)))
        .is_err()
        || file.read_to_end(&mut tail).is_err()
    {
        return false;
    }
    tail.windows(4).any(|window| window == b"PK\x05\x06")
}

/// The path of a program from the root, with what it is relative to in front.
fn absolute(file: &OsStr) -> OsString {
    if file.as_bytes().starts_with(b"/") {
        return file.to_owned();
    }
    let Ok(mut path) = std::env::current_dir().map(OsString::from) else {
        return file.to_owned();
    };
    let rest = file
        .as_bytes()
        .strip_prefix(b"./")
        .unwrap_or(file.as_bytes());
    if !rest.is_empty() {
        path.push("/");
        path.push(OsStr::from_bytes(rest));
    }
    path
}

fn cannot_open(name: &Ref<Str>, error: &std::io::Error) -> PyResult<Status> {
    let number = error.raw_os_error().unwrap_or(0);
    let text = taipan_objects::exceptions::os_error::errno_text(number);
    let program = config::paths::get().executable.display().to_string();
    let name = protocol::repr(name.as_value())?;
    exit::complain(&format!(
        "{program}: can't open file {}: [Errno {number}] {text}\n",
        name.to_display()
    ));
    Ok(Status::Code(2))
}

fn is_compiled(file: &OsStr, bytes: &[u8]) -> bool {
    Path::new(file).extension() == Some(OsStr::new("pyc"))
        || bytes.starts_with(&import::MAGIC.to_le_bytes())
}

fn set_loader(namespace: &Ref<Dict>, name: &Ref<Str>, compiled: bool) -> PyResult<()> {
    let class = if compiled {
        "SourcelessFileLoader"
    } else {
        "SourceFileLoader"
    };
    let class = runtime::import_attribute("_frozen_importlib_external", class)?;
    let loader = protocol::call2(&class, id!("__main__").as_value(), name.as_value())?;
    namespace.set_str(id!("__loader__"), loader);
    Ok(())
}

fn run_compiled(bytes: &[u8]) -> PyResult<Status> {
    if !bytes.starts_with(&import::MAGIC.to_le_bytes()) {
        bail!(RuntimeError, "Bad magic number in .pyc file");
    }
    let Some(data) = bytes.get(16..) else {
        bail!(RuntimeError, "Bad code object in .pyc file")
    };
    let code = taipan_stdlib::marshal::load_code(data, None)?;
    import::run_in_module(&code, &main_namespace()?)?;
    Ok(Status::Code(0))
}

fn run_source(mut bytes: Vec<u8>, name: &Ref<Str>) -> PyResult<Status> {
    if config::get().skip_first_line {
        let end = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(bytes.len());
        bytes.drain(..end);
    }
    refuse_null_bytes(&bytes, name)?;
    let request = Request {
        filename: name.clone(),
        mode: Mode::Exec,
        flags: 0,
        optimize: -1,
        feature_version: -1,
    };
    let code = compile_source(&Source::Bytes(bytes), &request)?;
    import::run_in_module(&code, &main_namespace()?)?;
    Ok(Status::Code(0))
}

/// The error of a file with null bytes tells of the line with the first one, up to it.
fn refuse_null_bytes(bytes: &[u8], name: &Ref<Str>) -> PyResult<()> {
    let Some(end) = bytes.iter().position(|byte| *byte == 0) else {
        return Ok(());
    };
    let start = bytes[..end]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = bytes[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
    let text = Str::new(&String::from_utf8_lossy(&bytes[start..end])).into_value();
    let place = Tuple::new(vec![
        name.to_value(),
        int::from_usize(line),
        Value::NONE,
        text,
    ]);
    let message = Str::new("source code cannot contain null bytes").into_value();
    Err(Raised::with_args(
        ExceptionKind::SyntaxError,
        vec![message, place.into_value()],
    ))
}

fn run_stdin() -> PyResult<Status> {
    prepend_path(&Str::empty())?;
    system::audit("cpython.run_stdin", &[])?;
    let mut bytes = Vec::new();
    if let Err(error) = std::io::stdin().read_to_end(&mut bytes) {
        return Err(taipan_objects::exceptions::os_error::os_error(&error, None));
    }
    let main = main_module()?;
    main.set("__file__", id!("<stdin>").clone());
    main.set("__cached__", Value::NONE);
    run_source(bytes, id!("<stdin>"))
}

/// The file that `PYTHONSTARTUP` names, run before the first prompt.
pub fn run_startup_file() -> Result<(), Raised> {
    if config::get().ignore_environment {
        return Ok(());
    }
    let Some(file) = std::env::var_os("PYTHONSTARTUP").filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    system::audit(
        "cpython.run_startup",
        &[filesystem::fs_decode_os(&file).into_value()],
    )?;
    match std::fs::read(&file) {
        Ok(bytes) => {
            let name = filesystem::fs_decode_os(&file);
            run_source(bytes, &name).map(drop)
        }
        Err(error) => {
            exit::complain("Could not open PYTHONSTARTUP\n");
            Err(taipan_objects::exceptions::os_error::os_error(
                &error,
                Some(filesystem::fs_decode_os(&file).as_value()),
            ))
        }
    }
}
