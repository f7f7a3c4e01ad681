//! From what a program hands over as source to a code object.
//!
//! The compiler crate knows plain text and plain data. Here its input comes from Python values (strings, bytes with a
//! coding declaration, paths), and its errors and warnings become Python's. Syntax trees belong to the module `_ast`,
//! which registers itself with [`set_tree_hooks`].

use std::borrow::Cow;

use taipan_compiler::{Compiled, Decoded, ErrorKind, Options, decode_source};
use taipan_interp::code::Code;
use taipan_objects::buffer;
use taipan_objects::bytes::Bytes;
use taipan_objects::cell::Once;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, id, int, protocol, runtime};

use crate::filesystem;

/// Bits of the `flags` of `compile()`.
pub mod compile_flags {
    /// `CO_FUTURE_*`.
    pub const FUTURE: u32 = taipan_compiler::flags::FUTURE_MASK;
    /// `PyCF_SOURCE_IS_UTF8`.
    pub const SOURCE_IS_UTF8: u32 = 0x100;
    /// `PyCF_DONT_IMPLY_DEDENT`.
    pub const DONT_IMPLY_DEDENT: u32 = 0x200;
    /// `PyCF_ONLY_AST`.
    pub const ONLY_AST: u32 = 0x400;
    /// `PyCF_IGNORE_COOKIE`.
    pub const IGNORE_COOKIE: u32 = 0x800;
    /// `PyCF_TYPE_COMMENTS`.
    pub const TYPE_COMMENTS: u32 = 0x1000;
    /// `PyCF_ALLOW_TOP_LEVEL_AWAIT`.
    pub const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`.
    pub const ALLOW_INCOMPLETE_INPUT: u32 = 0x4000;
    /// `PyCF_OPTIMIZED_AST` without `PyCF_ONLY_AST`.
    pub const OPTIMIZED_AST: u32 = 0x8000;
    /// What `compile()` takes; `CO_NESTED` is obsolete but harmless.
    pub const KNOWN: u32 = FUTURE
        | taipan_compiler::flags::NESTED
        | DONT_IMPLY_DEDENT
        | ONLY_AST
        | SOURCE_IS_UTF8
        | IGNORE_COOKIE
        | TYPE_COMMENTS
        | ALLOW_TOP_LEVEL_AWAIT
        | ALLOW_INCOMPLETE_INPUT
        | OPTIMIZED_AST;
}

/// The start symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `'exec'`.
    Exec,
    /// `'eval'`.
    Eval,
    /// `'single'`.
    Single,
    /// `'func_type'`, for syntax trees only.
    FunctionType,
}

/// One compilation.
pub struct Request {
    /// `co_filename`.
    pub filename: Ref<Str>,
    /// The start symbol.
    pub mode: Mode,
    /// Bits of [`compile_flags`].
    pub flags: u32,
    /// The optimization level, -1 for the interpreter's.
    pub optimize: i32,
    /// The minor version of Python whose constructs a tree may have, -1 for the newest.
    pub feature_version: i32,
}

impl Request {
    /// The compiler's options.
    pub fn options(&self) -> Options {
        let has = |flag: u32| self.flags & flag != 0;
        let config = crate::config::get();
        Options {
            optimize: u8::try_from(self.optimize).unwrap_or(config.optimize),
            future_flags: self.flags & compile_flags::FUTURE,
            dont_imply_dedent: has(compile_flags::DONT_IMPLY_DEDENT),
            allow_top_level_await: has(compile_flags::ALLOW_TOP_LEVEL_AWAIT),
            allow_incomplete_input: has(compile_flags::ALLOW_INCOMPLETE_INPUT),
            feature_version: u8::try_from(self.feature_version)
                .ok()
                .filter(|_| has(compile_flags::ONLY_AST)),
            type_comments: has(compile_flags::TYPE_COMMENTS),
            debug_ranges: config.code_debug_ranges,
            int_max_str_digits: int::max_str_digits(),
        }
    }

    /// The compiler's start symbol.
    pub fn compiler_mode(&self) -> taipan_compiler::Mode {
        match self.mode {
            Mode::Exec | Mode::FunctionType => taipan_compiler::Mode::Exec,
            Mode::Eval => taipan_compiler::Mode::Eval,
            Mode::Single => taipan_compiler::Mode::Single,
        }
    }
}

/// Source that a program handed over.
pub enum Source {
    /// Text: a coding declaration in it is only a comment.
    Text(String),
    /// Bytes, whose first lines may say how to decode them.
    Bytes(Vec<u8>),
}

impl Source {
    /// The source without the spaces and tabs it starts with.
    pub fn without_indent(self) -> Source {
        match self {
            Source::Text(text) => Source::Text(text.trim_start_matches([' ', '\t']).to_owned()),
            Source::Bytes(bytes) => {
                let start = bytes
                    .iter()
                    .position(|byte| !matches!(byte, b' ' | b'\t'))
                    .unwrap_or(bytes.len());
                Source::Bytes(bytes[start..].to_vec())
            }
        }
    }

    /// The text, decoded.
    pub fn text(&self, filename: &Ref<Str>) -> PyResult<Cow<'_, str>> {
        let bytes = match self {
            Source::Text(text) => return Ok(Cow::Borrowed(text)),
            Source::Bytes(bytes) => bytes,
        };
        match decode_source(bytes) {
            Ok(Decoded::Text { text, .. }) => Ok(Cow::Owned(text)),
            Ok(Decoded::Codec(name)) => decode_by_codec(bytes, &name, filename).map(Cow::Owned),
            Err(error) => Err(syntax_error(
                error.into_syntax_error(&filename.to_display()),
                filename,
            )),
        }
    }
}

fn decode_by_codec(bytes: &[u8], name: &str, filename: &Ref<Str>) -> PyResult<String> {
    let bytes = Bytes::new(bytes).into_value();
    let decoded = protocol::call_method(&bytes, id!("decode"), &[Str::new(name).into_value()]);
    match decoded {
        Ok(text) => match text.downcast::<Str>() {
            Some(text) => Ok(text.to_str()?.into_owned()),
            None => bail!(
                TypeError,
                "decoder should return a string result, not '{}'",
                text.class().name()
            ),
        },
        Err(raised) if raised.is(ExceptionKind::LookupError) => {
            let (line, column) = (int::new(0), int::new(-1));
            let place = Place {
                line: line.clone(),
                column: column.clone(),
                end_line: line,
                end_column: column,
                text: Value::NONE,
            };
            Err(make_error(
                ExceptionKind::SyntaxError,
                &format!("unknown encoding: {name}"),
                filename,
                Some(place),
            ))
        }
        Err(raised) if raised.is(ExceptionKind::UnicodeError) => {
            let text = protocol::str(raised.exception().as_value())?;
            let error = exc!(SyntaxError, "(unicode error) {}", text.to_display());
            protocol::setattr(
                error.exception().as_value(),
                id!("filename"),
                filename.as_value(),
            )?;
            Err(error)
        }
        Err(raised) => Err(raised),
    }
}

/// The source behind an argument of `compile`, `eval` or `exec`.
pub fn source_of(value: &Value, function: &str, what: &str) -> PyResult<Source> {
    if let Some(text) = value.downcast::<Str>() {
        return Ok(Source::Text(text.to_str()?.into_owned()));
    }
    if buffer::is_bytes_like(value) {
        return Ok(Source::Bytes(
            buffer::bytes_like(value)?.to_bytes().into_owned(),
        ));
    }
    bail!(TypeError, "{function}() arg 1 must be a {what} object")
}

/// Compiles source to a code object.
pub fn compile_source(source: &Source, request: &Request) -> PyResult<Ref<Code>> {
    let text = source.text(&request.filename)?;
    let filename = request.filename.to_display();
    let compiled = taipan_compiler::compile(
        &text,
        &filename,
        request.compiler_mode(),
        &request.options(),
    );
    finish(compiled, request)
}

/// Issues the warnings of a compilation and makes its code object, or raises its error.
pub fn finish(
    compiled: Result<Compiled, taipan_compiler::SyntaxError>,
    request: &Request,
) -> PyResult<Ref<Code>> {
    let filename = &request.filename;
    match compiled {
        Ok(compiled) => {
            issue_warnings(&compiled.warnings, filename)?;
            let code = Code::from_compiled(&compiled.code);
            // The compiler takes names in UTF-8 only; another one is put in afterwards.
            if filename.try_to_str().is_some() {
                Ok(code)
            } else {
                with_filename(&code, filename)
            }
        }
        Err(mut error) => {
            issue_warnings(&std::mem::take(&mut error.warnings), filename)?;
            Err(syntax_error(error, filename))
        }
    }
}

fn with_filename(code: &Ref<Code>, filename: &Ref<Str>) -> PyResult<Ref<Code>> {
    let bytes = crate::marshal::dump_value(code.as_value(), crate::marshal::VERSION, true)?;
    crate::marshal::load_code(&bytes, Some(filename))
}

fn issue_warnings(warnings: &[taipan_compiler::Warning], filename: &Ref<Str>) -> PyResult<()> {
    if warnings.is_empty() {
        return Ok(());
    }
    let warn = runtime::import_attribute("_warnings", "warn_explicit")?;
    for warning in warnings {
        let category = ExceptionKind::SyntaxWarning.class();
        let arguments = [
            Str::new(&warning.message).into_value(),
            category.to_value(),
            filename.to_value(),
            int::new(warning.line.into()),
        ];
        if let Err(raised) = protocol::call_positional(&warn, &arguments) {
            if !raised.is(ExceptionKind::SyntaxWarning) {
                return Err(raised);
            }
            // A warning that became an error shows its place as an error does.
            let place = Place {
                line: int::new(warning.line.into()),
                column: int::new(warning.column.into()),
                end_line: int::new(warning.line.into()),
                end_column: int::new(warning.column.into()),
                text: line_of_file(filename, warning.line),
            };
            return Err(make_error(
                ExceptionKind::SyntaxError,
                &warning.message,
                filename,
                Some(place),
            ));
        }
    }
    Ok(())
}

struct Place {
    line: Value,
    column: Value,
    end_line: Value,
    end_column: Value,
    text: Value,
}

fn make_error(
    kind: ExceptionKind,
    message: &str,
    filename: &Ref<Str>,
    place: Option<Place>,
) -> Raised {
    let is_about_null_bytes = message.ends_with("cannot contain null bytes");
    let message = Str::new(message).into_value();
    let place = match place {
        Some(Place {
            line,
            column,
            end_line,
            end_column,
            text,
        }) => {
            vec![
                filename.to_value(),
                line,
                column,
                text,
                end_line,
                end_column,
            ]
        }
        // It is found before anything knows of a file.
        None if is_about_null_bytes => return Raised::with_args(kind, vec![message]),
        None => return with_filename_only(Raised::with_args(kind, vec![message]), filename),
    };
    Raised::with_args(kind, vec![message, Tuple::new(place).into_value()])
}

fn with_filename_only(raised: Raised, filename: &Ref<Str>) -> Raised {
    let exception = raised.exception().as_value().clone();
    if raised.is(ExceptionKind::SyntaxError) {
        // Setting a plain attribute of a new exception cannot fail in a way that matters more than the error itself.
        let _ = protocol::setattr(&exception, id!("filename"), filename.as_value());
    }
    raised
}

/// Line `line` of a file, if it can be read, or None.
fn line_of_file(filename: &Ref<Str>, line: u32) -> Value {
    let Some(path) = filename.try_to_str() else {
        return Value::NONE;
    };
    if path.starts_with('<') {
        return Value::NONE;
    }
    let Ok(bytes) = std::fs::read(&*path) else {
        return Value::NONE;
    };
    let Ok(Decoded::Text { text, .. }) = decode_source(&bytes) else {
        return Value::NONE;
    };
    let index = (line.max(1) - 1) as usize;
    text.split_inclusive('\n')
        .nth(index)
        .map_or(Value::NONE, |line| Str::new(line).into_value())
}

/// The Python exception of a failed compilation.
pub fn syntax_error(error: taipan_compiler::SyntaxError, filename: &Ref<Str>) -> Raised {
    let kind = match error.kind {
        ErrorKind::Syntax => ExceptionKind::SyntaxError,
        ErrorKind::Indentation => ExceptionKind::IndentationError,
        ErrorKind::Tab => ExceptionKind::TabError,
        ErrorKind::IncompleteInput => ExceptionKind::_IncompleteInputError,
        ErrorKind::Recursion => return Raised::new(ExceptionKind::RecursionError, error.message),
        ErrorKind::Memory => return Raised::new(ExceptionKind::MemoryError, error.message),
        ErrorKind::Overflow => return Raised::new(ExceptionKind::OverflowError, error.message),
    };
    let place = error.position.map(|position| {
        let text = match error.text {
            Some(text) if error.from_parser => Str::new(&text).into_value(),
            _ => line_of_file(filename, u32::try_from(position.line).unwrap_or(0)),
        };
        Place {
            line: int::new(position.line.into()),
            column: int::new(position.column.into()),
            end_line: position
                .end
                .map_or(Value::NONE, |(line, _)| int::new(line.into())),
            end_column: position
                .end
                .map_or(Value::NONE, |(_, column)| int::new(column.into())),
            text,
        }
    });
    make_error(kind, &error.message, filename, place)
}

/// A path as text: a string, bytes in the file system's encoding, or an object with `__fspath__`.
pub fn path_text(path: &Value) -> PyResult<Ref<Str>> {
    let path = filesystem::fs_path(path)?;
    let text = match path.downcast::<Str>() {
        Some(text) => text.clone(),
        None => filesystem::fs_decode(
            path.downcast::<Bytes>()
                .map_or(&[], |bytes| bytes.as_slice()),
        ),
    };
    if text.code_points().any(|code| code == 0) {
        bail!(ValueError, "embedded null character");
    }
    Ok(text)
}

/// What the module of syntax trees does for `compile()`.
pub struct TreeHooks {
    /// Whether a value is a syntax tree.
    pub is_tree: fn(&Value) -> PyResult<bool>,
    /// Parses text to a tree.
    pub parse: fn(&str, &Request) -> PyResult<Value>,
    /// Compiles a tree, or answers it as it is where only a tree is asked for.
    pub compile: fn(&Value, &Request) -> PyResult<Value>,
}

static TREE_HOOKS: Once<TreeHooks> = Once::new();

/// Registers the module of syntax trees.
pub fn set_tree_hooks(hooks: TreeHooks) {
    if !TREE_HOOKS.is_set() {
        TREE_HOOKS.set(hooks);
    }
}

fn tree_hooks() -> PyResult<&'static TreeHooks> {
    if !TREE_HOOKS.is_set() {
        runtime::import_module("_ast")?;
    }
    if TREE_HOOKS.is_set() {
        Ok(&TREE_HOOKS)
    } else {
        bail!(RuntimeError, "syntax trees are not available")
    }
}

/// Whether a value is a syntax tree. No tree exists before its module does.
pub fn is_tree(value: &Value) -> PyResult<bool> {
    if TREE_HOOKS.is_set() {
        (TREE_HOOKS.is_tree)(value)
    } else {
        Ok(false)
    }
}

/// Parses source to a syntax tree.
pub fn parse_tree(source: &Source, request: &Request) -> PyResult<Value> {
    let text = source.text(&request.filename)?;
    (tree_hooks()?.parse)(&text, request)
}

/// Compiles a syntax tree.
pub fn compile_tree(tree: &Value, request: &Request) -> PyResult<Value> {
    (tree_hooks()?.compile)(tree, request)
}
