//! Syntax errors and warnings as Python shows them.
//!
//! The wrapped crate reports a position in characters and a message that is CPython's in most
//! cases; this module chooses the exception class, rewrites what is not CPython's wording, and
//! finds the line of source that the error quotes.

use ruff_python_parser::{LexicalErrorType, ParseErrorType};
use ruff_source_file::SourceFile;
use ruff_text_size::TextRange;
use rustpython_codegen::error::{CodegenError, CodegenErrorType};
use rustpython_compiler::{CompileError, ParseError};

use crate::compile::place_of;

/// The exception class of a failed compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `SyntaxError`.
    Syntax,
    /// `IndentationError`.
    Indentation,
    /// `TabError`.
    Tab,
    /// `_IncompleteInputError`, which `codeop` waits for.
    IncompleteInput,
    /// `RecursionError`: the syntax tree is nested too deeply for the passes over it.
    Recursion,
    /// `MemoryError`: the source is nested too deeply for the parser.
    Memory,
    /// `OverflowError`: the source is longer than positions can count.
    Overflow,
}

/// A range of source, as the attributes of `SyntaxError` give it: lines and columns count from
/// one, columns in characters; CPython's special values 0 and -1 occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// `lineno`.
    pub line: i32,
    /// `offset`.
    pub column: i32,
    /// `end_lineno` and `end_offset`, unless they are `None`.
    pub end: Option<(i32, i32)>,
}

/// Why a source does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The exception class.
    pub kind: ErrorKind,
    /// `msg`.
    pub message: String,
    /// `filename`.
    pub filename: String,
    /// Where; `None` when the exception carries no position at all.
    pub position: Option<Position>,
    /// The line that `position` names, its newline included.
    pub text: Option<String>,
    /// Whether the parser found it. CPython's later passes quote a line only when they can read
    /// it from the file; the parser quotes the source it was given.
    pub from_parser: bool,
    /// The line, from one, and the byte column, from zero, of the last statement before the error;
    /// zeros when there is none. Python suggests keywords by it.
    pub last_statement: (i32, i32),
    /// Warnings issued before the error.
    pub warnings: Vec<Warning>,
}

/// A `SyntaxWarning`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The text of the warning.
    pub message: String,
    /// The line it belongs to, from one.
    pub line: u32,
    /// The column it belongs to, from one, in bytes.
    pub column: u32,
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

impl SyntaxError {
    /// An error with no position.
    pub(crate) fn bare(kind: ErrorKind, message: impl Into<String>, filename: &str) -> Self {
        Self {
            kind,
            message: message.into(),
            filename: filename.to_owned(),
            position: None,
            text: None,
            from_parser: true,
            last_statement: (0, 0),
            warnings: Vec::new(),
        }
    }

    /// An error of the parser at a position of `source`.
    pub(crate) fn at(
        kind: ErrorKind,
        message: impl Into<String>,
        filename: &str,
        source: &str,
        position: Position,
    ) -> Self {
        Self {
            position: Some(position),
            text: Some(quoted_line(source, position.line)),
            ..Self::bare(kind, message, filename)
        }
    }

    /// An error of the parser about a range of a source.
    pub fn about(message: &str, source: &SourceFile, range: TextRange) -> Self {
        let text = source.source_text();
        let (line, column) = place_of(text, range.start().into());
        let end = Some(place_of(text, range.end().into()));
        let position = Position { line, column, end };
        Self::at(ErrorKind::Syntax, message, source.name(), text, position)
    }

    /// What the wrapped crate reports about `source`.
    pub(crate) fn from_wrapped(error: CompileError, source: &str, filename: &str) -> Self {
        let (line, column) = error.python_location();
        let (end_line, end_column) = error.python_end_location().unwrap_or((line, column));
        let position = Position {
            line: clamp(line),
            column: clamp(column),
            end: Some((clamp(end_line), clamp(end_column))),
        };
        let has_position = error.location().is_some();
        let (kind, message, from_parser) = match error {
            CompileError::Codegen(error) => codegen_message(&error),
            CompileError::Parse(error) => parse_message(&error),
        };
        let mut result = if has_position && kind != ErrorKind::Recursion {
            Self::at(kind, message, filename, source, position)
        } else {
            Self::bare(kind, message, filename)
        };
        result.from_parser = from_parser;
        result
    }
}

fn clamp(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Line `line` of `source`, from one, with its newline; an empty string past the end.
pub(crate) fn quoted_line(source: &str, line: i32) -> String {
    let index = usize::try_from(line.max(1) - 1).unwrap_or(0);
    source
        .split_inclusive('\n')
        .nth(index)
        .unwrap_or("")
        .to_owned()
}

fn codegen_message(error: &CodegenError) -> (ErrorKind, String, bool) {
    let kind = match error.error {
        CodegenErrorType::RecursionError => ErrorKind::Recursion,
        _ => ErrorKind::Syntax,
    };
    (kind, error.error.to_string(), false)
}

fn parse_message(error: &ParseError) -> (ErrorKind, String, bool) {
    let (kind, message) = match &error.error {
        ParseErrorType::Lexical(LexicalErrorType::IndentationError) => (
            ErrorKind::Indentation,
            "unindent does not match any outer indentation level".to_owned(),
        ),
        ParseErrorType::UnexpectedIndentation => {
            (ErrorKind::Indentation, "unexpected indent".to_owned())
        }
        other => {
            let message = other.to_string();
            (kind_of_message(&message), message)
        }
    };
    (kind, message, true)
}

fn kind_of_message(message: &str) -> ErrorKind {
    const INDENTATION: [&str; 5] = [
        "expected an indented block",
        "unindent does not match",
        "unexpected indent",
        "unexpected unindent",
        "too many levels of indentation",
    ];
    if message.starts_with("inconsistent use of tabs") {
        ErrorKind::Tab
    } else if INDENTATION.iter().any(|start| message.starts_with(start)) {
        ErrorKind::Indentation
    } else {
        ErrorKind::Syntax
    }
}
