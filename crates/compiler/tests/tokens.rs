//! Token streams against CPython 3.14.2: kinds, texts, positions, lines, errors.

use taipan_compiler::ErrorKind;
use taipan_compiler::tokenizer::{TokenStream, with_final_newline};

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
        .replace('\t', "\\t")
        .replace('\x0c', "\\f")
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        out.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('f') => '\x0c',
                other => other.expect("an escape has a letter"),
            },
            other => other,
        });
    }
    out
}

fn listed(source: &str, extra: bool) -> String {
    let (source, added) = with_final_newline(source);
    let mut out = String::new();
    for token in TokenStream::new(&*source, added, extra) {
        match token {
            Ok(token) => {
                let [text, line] =
                    [&token.text, &token.line].map(|t| escaped(t).replace('|', "\\p"));
                let ((start, column), (end, end_column)) = (token.start, token.end);
                let kind = token.kind;
                out += &format!("{kind} {start}:{column} {end}:{end_column}|{text}|{line}\n");
            }
            Err(error) => {
                let kind = match error.kind {
                    ErrorKind::Indentation => "IndentationError",
                    ErrorKind::Tab => "TabError",
                    _ => "SyntaxError",
                };
                let position = error.position.expect("a tokenizer error has a position");
                let text = error.text.as_deref().map_or("None".to_owned(), escaped);
                let (line, column) = (position.line, position.column);
                out += &format!("{kind} {line}:{column}|{}|{text}\n", error.message);
            }
        }
    }
    out
}

#[test]
fn tokens_equal_cpython() {
    let mut checked = 0;
    for case in include_str!("data/tokens-3.14.2.txt")
        .split("\n== ")
        .skip(1)
    {
        let (head, expected) = case
            .split_once('\n')
            .expect("a case begins with its source");
        let (mode, source) = head.split_once(' ').expect("a mode precedes the source");
        let actual = listed(&unescaped(source), mode == "extra");
        assert_eq!(actual.trim_end(), expected.trim_end(), "{mode}: {source}");
        checked += 1;
    }
    assert!(checked > 70);
}
