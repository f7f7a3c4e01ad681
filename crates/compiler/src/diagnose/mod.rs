//! Why a source is no program, in CPython's words.
//!
//! The parser that compiles programs is not CPython's, and what it says about other texts is not
//! either. So a text it rejects is parsed again here, the way CPython does: a first pass over
//! Python's grammar finds how far the source makes sense, a second one tries the alternatives
//! that recognize common mistakes as well. Which token was read last, what the tokenizer finds in
//! the rest of the source, and the order of alternatives all decide the error, as they do there.
//!
//! Speed does not matter here, but time stays linear in the source: every rule's result at every
//! token is kept.

mod actions;
mod engine;
mod escapes;
mod grammar;
mod node;
mod report;

use crate::error::{ErrorKind, SyntaxError};
use crate::options::{Mode, Options};
use crate::tokenizer::{Done, TokenKind};
use engine::{Engine, Value};
use node::Range;
use report::Failure;

/// `CO_FUTURE_BARRY_AS_BDFL`.
const BARRY: u32 = 0x40_0000;

/// The error CPython reports for a source, if its parser rejects it.
pub(crate) fn explain(
    source: &str,
    filename: &str,
    mode: Mode,
    options: &Options,
) -> Option<SyntaxError> {
    let (start_rule, text) = match mode {
        Mode::Exec => ("file", crate::tokenizer::with_final_newline(source).0),
        Mode::Eval => ("eval", source.into()),
        Mode::Single => ("interactive", source.into()),
    };
    let mut engine = Engine::new(&text);
    engine.interactive = mode == Mode::Single;
    engine.keep_blocks_open = options.dont_imply_dedent;
    engine.barry = options.future_flags & BARRY != 0 || source.contains("barry_as_FLUFL");
    engine.max_digits = options.int_max_str_digits;
    find(&mut engine, start_rule, options);
    let Failure {
        kind,
        message,
        position,
        text,
    } = engine.failure?;
    Some(SyntaxError {
        position: Some(position),
        text: Some(text),
        last_statement: engine.last_statement,
        ..SyntaxError::bare(kind, message, filename)
    })
}

/// Parses in two passes; leaves the error, if there is one, in the engine.
fn find(engine: &mut Engine<'_>, start_rule: &str, options: &Options) {
    if let Ok(Some(_)) = engine.parse(start_rule) {
        if engine.interactive && !is_single_statement(engine) {
            let message = "multiple statements found while compiling a single statement";
            engine.raise_last(ErrorKind::Syntax, message);
        }
        return;
    }
    let at_end = matches!(engine.scanner.done, Done::EndOfFile | Done::RaisedAtEnd);
    if options.allow_incomplete_input && at_end {
        engine.failure = None;
        engine.raise_last(ErrorKind::IncompleteInput, "incomplete input");
        return;
    }
    let Some(last) = engine.tokens.last().copied() else {
        engine.raise_last(ErrorKind::Syntax, "error at start before reading any input");
        return;
    };
    if engine.failure.is_none() {
        engine.explain();
        // The second pass matches at most what the first one did; it is run for its errors.
        let _: Result<Option<Value>, _> = engine.parse(start_rule);
    }
    if engine.failure.is_some() {
        if engine.scanner.done == Done::Running {
            engine.prefer_tokenizer_errors();
        }
        return;
    }
    match last.token.kind {
        TokenKind::Indent => {
            engine.raise_last(ErrorKind::Indentation, "unexpected indent");
        }
        TokenKind::Dedent => {
            engine.raise_last(ErrorKind::Indentation, "unexpected unindent");
        }
        _ => {
            let _: Result<_, _> = engine.raise_range("invalid syntax", Range::from(&last.token));
            engine.prefer_tokenizer_errors();
        }
    }
}

/// Whether nothing but blanks and comments follows what was parsed.
fn is_single_statement(engine: &Engine<'_>) -> bool {
    let rest = engine.source.get(engine.scanner.cur..).unwrap_or("");
    rest.lines().all(|line| {
        let line = line.trim_start_matches([' ', '\t', '\x0c']);
        line.is_empty() || line.starts_with('#')
    })
}
