//! From source text, or from a syntax tree, to a code object.
//!
//! Every pass after the parser recurses over the syntax tree. So the nesting of a source is
//! measured first, on its tokens ([`crate::nesting`]); what is nested too deeply is refused with
//! CPython's exception, and the rest runs on a stack that is deep enough for it.

use ruff_python_ast as ast;
use ruff_python_parser as parser;
use ruff_source_file::{SourceFile, SourceFileBuilder};
use ruff_text_size::{Ranged, TextRange};
use rustpython_codegen::compile::CompileOpts;
use rustpython_compiler::{self as wrapped, CompileError};
use rustpython_compiler_core::bytecode::CodeFlags;
use std::borrow::Cow;

use crate::code::Code;
use crate::diagnose;
use crate::doubts;
use crate::error::{ErrorKind, Position, SyntaxError, Warning};
use crate::feature_version;
use crate::nesting::{self, Measured, Stack};
use crate::options::{Mode, Options};

/// A compiled source.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The code of the module, expression or interactive statement.
    pub code: Code,
    /// The warnings of the compilation, in source order.
    pub warnings: Vec<Warning>,
}

/// A parsed source: the tree, and the text that its positions refer to.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The syntax tree.
    pub module: ast::Mod,
    /// The source, line ends normalized.
    pub source: SourceFile,
    /// The comments, if [`Options::type_comments`] asks for them.
    pub comments: Vec<TextRange>,
}

/// Compiles source text.
pub fn compile(
    source: &str,
    filename: &str,
    mode: Mode,
    options: &Options,
) -> Result<Compiled, SyntaxError> {
    let source = normalized(source, filename)?;
    let Measured {
        stack,
        mut warnings,
        ..
    } = examined(&source, filename, mode, options)?;
    let result = nesting::with_stack(stack, || {
        let mut note = |location: Location, message: String| {
            warnings.push(warning_at(location, message));
            Ok(())
        };
        wrapped::compile_with_syntax_warning_handler(
            &source,
            wrapped_mode(mode),
            filename,
            wrapped_options(options),
            &mut note,
        )
        .map(Code::from_generated)
        .map_err(|error| syntax_error(error, &source, filename, mode, options))
    });
    match result {
        // The wrapped compiler counts lines: to it, `x = (1,` `2); x` are two statements. The grammar counts statements,
        // and has accepted the source.
        Err(error) if mode == Mode::Single && error.message == SEVERAL_STATEMENTS => {
            if explained(&source, filename, mode, options).is_some() {
                return Err(with_warnings(error, warnings));
            }
            let parsed =
                nesting::with_stack(stack, || parse_here(&source, filename, mode, options))
                    .map_err(|error| syntax_error(error, &source, filename, mode, options))?;
            compile_ast(parsed.module, parsed.source, mode, options)
        }
        result => finish(result, warnings),
    }
}

const SEVERAL_STATEMENTS: &str = "multiple statements found while compiling a single statement";

/// Compiles a syntax tree; `source` is the text its positions refer to.
pub fn compile_ast(
    module: ast::Mod,
    source: SourceFile,
    mode: Mode,
    options: &Options,
) -> Result<Compiled, SyntaxError> {
    let mut warnings = Vec::new();
    let text = source.clone();
    let result = nesting::with_stack(nesting::Stack::DEEPEST, || {
        let options_here = wrapped_options(options);
        let limit = options_here.recursion_limit;
        let mut note = |location: Location, message: String| {
            warnings.push(warning_at(location, message));
            Ok(())
        };
        wrapped::too_deeply_nested_error(&module, &source, limit)
            .and_then(|()| {
                rustpython_codegen::compile::compile_top_with_syntax_warning_handler(
                    module,
                    source,
                    wrapped_mode(mode),
                    options_here,
                    Some(&mut note),
                )
                .map_err(CompileError::from)
            })
            .map(Code::from_generated)
            .map_err(|error| SyntaxError::from_wrapped(error, text.source_text(), text.name()))
    });
    finish(result, warnings)
}

/// Rewrites a tree as the compiler does before it makes code: folds constants, drops docstrings at level 2.
pub fn preprocess(module: &mut ast::Mod, options: &Options) {
    let future = CodeFlags::from_bits_truncate(options.future_flags);
    let future_annotations = future.contains(CodeFlags::FUTURE_ANNOTATIONS)
        || rustpython_codegen::preprocess::has_future_annotations(module);
    rustpython_codegen::preprocess::preprocess_mod(
        module,
        options.optimize,
        future_annotations,
        false,
    );
}

/// Parses source text.
pub fn parse(
    source: &str,
    filename: &str,
    mode: Mode,
    options: &Options,
) -> Result<Parsed, SyntaxError> {
    let source = normalized(source, filename)?;
    let stack = examined(&source, filename, mode, options)?.stack;
    nesting::with_stack(stack, || {
        let parsed = parse_here(&source, filename, mode, options)
            .map_err(|error| syntax_error(error, &source, filename, mode, options))?;
        if doubts::has_doubts(&parsed.module, &source)
            && let Some(error) = explained(&source, filename, mode, options)
        {
            return Err(error);
        }
        if let Some(minor) = options.feature_version
            && let Some((message, range)) =
                feature_version::too_young(&parsed.module, &source, minor)
        {
            let (line, column) = place_of(&source, range.start().into());
            let end = Some(place_of(&source, range.end().into()));
            let position = Position { line, column, end };
            let kind = ErrorKind::Syntax;
            return Err(SyntaxError::at(kind, message, filename, &source, position));
        }
        match doubts::future_error(&parsed.module) {
            Some((message, start, end)) => Err(future_error(message, start, end, &parsed.source)),
            None => Ok(parsed),
        }
    })
}

fn future_error(message: String, start: usize, end: usize, source: &SourceFile) -> SyntaxError {
    let text = source.source_text();
    let (line, column) = place_of(text, start);
    let position = Position {
        line,
        column,
        end: Some(place_of(text, end)),
    };
    let error = SyntaxError::at(ErrorKind::Syntax, message, source.name(), text, position);
    SyntaxError {
        from_parser: false,
        ..error
    }
}

/// The line and the column of an offset, both from one.
pub(crate) fn place_of(text: &str, offset: usize) -> (i32, i32) {
    let before = &text[..offset];
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1;
    let column = offset - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    let clamp = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    (clamp(line), clamp(column))
}

fn parse_here(
    source: &str,
    filename: &str,
    mode: Mode,
    options: &Options,
) -> Result<Parsed, CompileError> {
    let source_file = SourceFileBuilder::new(filename, source).finish();
    let wrapped_options = wrapped_options(options);
    let parse_options = parser::ParseOptions::from(match mode {
        Mode::Eval => parser::Mode::Expression,
        Mode::Exec | Mode::Single => parser::Mode::Module,
    });
    let barry = wrapped::prepare_barry_as_flufl_source(
        source,
        parse_options.clone(),
        wrapped_options
            .future_features
            .contains(CodeFlags::FUTURE_BARRY_AS_BDFL),
    );
    wrapped::pre_parse_source_error(&source_file)?;
    let parsed = parser::parse(barry.source(), parse_options);
    if let Some(error) = barry.diagnostic(parsed.as_ref().err(), &source_file) {
        return Err(error);
    }
    let parsed = parsed.map_err(|error| {
        CompileError::from_ruff_parse_error(error, &source_file, wrapped_mode(mode))
    })?;
    if let Some(error) = wrapped::leading_byte_order_mark_error(&source_file) {
        return Err(error);
    }
    if let Some(error) = wrapped::long_decimal_integer_literal_error(
        &source_file,
        parsed.tokens(),
        wrapped_options.int_max_str_digits,
    ) {
        return Err(error);
    }
    let is_comment = |token: &&ast::token::Token| token.kind() == ast::token::TokenKind::Comment;
    let comments = if options.type_comments {
        let comments = parsed.tokens().iter().filter(is_comment);
        comments.map(Ranged::range).collect()
    } else {
        Vec::new()
    };
    let module = parsed.into_syntax();
    wrapped::too_deeply_nested_error(&module, &source_file, wrapped_options.recursion_limit)?;
    if let Some(error) = wrapped::unsupported_grammar_error(&module, &source_file) {
        return Err(error);
    }
    Ok(Parsed {
        module,
        source: source_file,
        comments,
    })
}

/// The source as every pass sees it: no NUL, line ends `\n`, positions within 32 bits.
pub(crate) fn normalized<'a>(source: &'a str, filename: &str) -> Result<Cow<'a, str>, SyntaxError> {
    if memchr::memchr(0, source.as_bytes()).is_some() {
        return Err(SyntaxError::bare(
            ErrorKind::Syntax,
            "source code string cannot contain null bytes",
            filename,
        ));
    }
    if i32::try_from(source.len()).is_err() {
        return Err(SyntaxError::bare(
            ErrorKind::Overflow,
            "source code is too large",
            filename,
        ));
    }
    if memchr::memchr(b'\r', source.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(source));
    }
    Ok(Cow::Owned(source.replace("\r\n", "\n").replace('\r', "\n")))
}

type Location = rustpython_compiler_core::SourceLocation;

fn warning_at(location: Location, message: String) -> Warning {
    let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Warning {
        message,
        line: short(location.line.get()),
        column: short(location.character_offset.get()),
    }
}

fn finish(
    result: Result<Code, SyntaxError>,
    warnings: Vec<Warning>,
) -> Result<Compiled, SyntaxError> {
    match result {
        Ok(code) => Ok(Compiled { code, warnings }),
        Err(error) => Err(with_warnings(error, warnings)),
    }
}

/// Looks at a source before the parser does.
///
/// What the tokenizer rejects never reaches the parser, which recovers from errors and would go
/// on into parts that were not measured. Interactive input is judged by the grammar itself:
/// whether more of it is wanted depends on details that the parser does not keep.
pub(crate) fn examined(
    source: &str,
    filename: &str,
    mode: Mode,
    options: &Options,
) -> Result<Measured, SyntaxError> {
    let measured = nesting::measure(source, filename)?;
    if measured.tokenizes && mode != Mode::Single && !options.allow_incomplete_input {
        return Ok(measured);
    }
    match explained(source, filename, mode, options) {
        Some(error) => Err(with_warnings(error, measured.warnings)),
        None => Ok(measured),
    }
}

/// The error, with those warnings that came before it.
fn with_warnings(error: SyntaxError, mut warnings: Vec<Warning>) -> SyntaxError {
    if error.from_parser {
        let place = error.position.map_or((0, 0), |at| (at.line, at.column));
        let before = |warning: &Warning| {
            let clamp = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
            (clamp(warning.line), clamp(warning.column)) < place
        };
        warnings.retain(before);
    }
    SyntaxError { warnings, ..error }
}

/// The error for a source that the wrapped compiler rejects.
pub(crate) fn syntax_error(
    error: CompileError,
    source: &str,
    filename: &str,
    mode: Mode,
    options: &Options,
) -> SyntaxError {
    // Some errors that CPython's parser finds are found by later passes here.
    let wrapped = SyntaxError::from_wrapped(error, source, filename);
    if wrapped.kind == ErrorKind::Recursion {
        return wrapped;
    }
    explained(source, filename, mode, options).unwrap_or(wrapped)
}

fn explained(source: &str, filename: &str, mode: Mode, options: &Options) -> Option<SyntaxError> {
    nesting::with_stack(Stack::EXPLAINING, || {
        diagnose::explain(source, filename, mode, options)
    })
}

pub(crate) fn wrapped_mode(mode: Mode) -> wrapped::Mode {
    match mode {
        Mode::Exec => wrapped::Mode::Exec,
        Mode::Eval => wrapped::Mode::Eval,
        Mode::Single => wrapped::Mode::Single,
    }
}

fn wrapped_options(options: &Options) -> CompileOpts {
    CompileOpts {
        optimize: options.optimize,
        debug_ranges: options.debug_ranges,
        int_max_str_digits: options.int_max_str_digits,
        allow_top_level_await: options.allow_top_level_await,
        future_features: CodeFlags::from_bits_truncate(options.future_flags)
            .intersection(CodeFlags::FUTURE_MASK),
        dont_imply_dedent: options.dont_imply_dedent,
        recursion_limit: nesting::TREE_LIMIT,
    }
}
