//! Syntax errors against CPython 3.14.2: kind, message, position and quoted line.

use taipan_compiler::{
    DecodeError, Decoded, ErrorKind, Mode, Options, SyntaxError, compile, decode_source,
};

fn described(error: &SyntaxError) -> String {
    let kind = match error.kind {
        ErrorKind::Syntax => "SyntaxError",
        ErrorKind::Indentation => "IndentationError",
        ErrorKind::Tab => "TabError",
        ErrorKind::IncompleteInput => "_IncompleteInputError",
        ErrorKind::Recursion => "RecursionError",
        ErrorKind::Memory => "MemoryError",
        ErrorKind::Overflow => "OverflowError",
    };
    // CPython's later passes look for the line in a file, and there is none here.
    let text = error.text.as_ref().filter(|_| error.from_parser);
    let text = text.map_or("None".to_owned(), |text| {
        text.replace('\\', "\\\\").replace('\n', "\\n")
    });
    let message = error.message.replace('|', "\\p");
    match error.position {
        Some(position) => {
            let (end_line, end_column) = position.end.unwrap_or((0, 0));
            let (line, column) = (position.line, position.column);
            format!("{kind}|{message}|{line}|{column}|{end_line}|{end_column}|{text}")
        }
        None => format!("{kind}|{message}"),
    }
}

#[test]
fn errors_equal_cpython() {
    let mut checked = 0;
    let mut differing = Vec::new();
    for case in include_str!("data/errors-3.14.2.txt")
        .split("\n== ")
        .skip(1)
    {
        let (mode, rest) = case.split_once('\n').expect("a mode ends its line");
        let (source, expected) = rest
            .split_once("\n-- ")
            .expect("a source ends with two dashes");
        let options = Options {
            allow_incomplete_input: mode == "inc",
            dont_imply_dedent: mode == "inc",
            ..Options::default()
        };
        let start = match mode {
            "exec" => Mode::Exec,
            "eval" => Mode::Eval,
            _ => Mode::Single,
        };
        let actual = match compile(source, "<t>", start, &options) {
            Ok(_) => "ok".to_owned(),
            Err(error) => described(&error),
        };
        checked += 1;
        if actual != expected.trim_end_matches('\n') {
            differing.push(format!("{mode}: {source:?}\n  {expected}\n  {actual}"));
        }
    }
    assert!(checked > 500);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn source_bytes_decode_as_pep_263_says() {
    let text = |bytes: &[u8]| match decode_source(bytes) {
        Ok(Decoded::Text { text, encoding }) => (text, encoding),
        other => panic!("{other:?}"),
    };
    assert_eq!(text("é".as_bytes()), ("é".to_owned(), "utf-8"));
    assert_eq!(text(b"\xef\xbb\xbfx"), ("x".to_owned(), "utf-8"));
    assert_eq!(text(b"# -*- coding: latin-1 -*-\n\xe9").1, "iso-8859-1");
    assert_eq!(
        text(b"#!x\n# vim: set fileencoding=ISO-8859-1-unix :\n\xe9").1,
        "iso-8859-1"
    );
    assert_eq!(text(b"x\n# coding: foo\n").1, "utf-8");
    assert_eq!(text(b"\n\n# coding: foo\n").1, "utf-8");
    assert_eq!(text(b"# coding: US-ASCII\nx").1, "ascii");
    let codec = |name: &str| Ok(Decoded::Codec(name.to_owned()));
    assert_eq!(
        decode_source(b"\r\n  # coding=cp1252\r\nx"),
        codec("cp1252")
    );
    assert_eq!(decode_source(b"# coding: ascii\n\xe9"), codec("ascii"));
}

#[test]
fn undecodable_bytes_are_errors() {
    let message = |bytes: &[u8]| {
        let error: DecodeError = decode_source(bytes).expect_err("the bytes are no source");
        described(&error.into_syntax_error("<t>"))
    };
    assert_eq!(
        message(b"a\0"),
        "SyntaxError|source code string cannot contain null bytes"
    );
    assert_eq!(
        message(b"# coding: utf-8\nx='\xff'"),
        "SyntaxError|Non-UTF-8 code starting with '\\xff' on line 2, but no encoding declared; see \
         https://peps.python.org/pep-0263/ for details|2|4|2|4|x='\u{fffd}'"
    );
    assert_eq!(
        message(b"\xef\xbb\xbf# coding: latin-1\nx"),
        "SyntaxError|encoding problem: iso-8859-1 with BOM|1|0|1|17|# coding: latin-1"
    );
}

#[test]
fn warnings_survive_errors() {
    let options = Options::default();
    let compiled = compile("'a' is x\n'\\d'\n", "<t>", Mode::Exec, &options).expect("a module");
    let warnings: Vec<_> = compiled
        .warnings
        .iter()
        .map(|warning| warning.line)
        .collect();
    // The parser warns before the code generator does.
    assert_eq!(warnings, [2, 1]);
    let error = compile("x is 1\nreturn\n", "<t>", Mode::Exec, &options).expect_err("no function");
    assert_eq!(error.warnings.len(), 1);
}
