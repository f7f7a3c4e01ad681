//! The matcher finds what CPython's finds: compiled patterns, texts and spans from `tests/data/patterns.txt`.

use taipan_objects::str::Units;

use super::machine::{Mode, Request, Scratch, run};
use super::program::{Program, read};

const DATA: &str = include_str!("../../tests/data/patterns.txt");

/// The text behind Python's escapes.
fn unescape(text: &str) -> Vec<u32> {
    let mut codes = Vec::new();
    let mut chars = text.chars();
    while let Some(character) = chars.next() {
        if character != '\\' {
            codes.push(character.into());
            continue;
        }
        let width = match chars.next() {
            Some('n') => {
                codes.push('\n'.into());
                continue;
            }
            Some('\\') => {
                codes.push('\\'.into());
                continue;
            }
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            other => panic!("an escape the data does not use: {other:?}"),
        };
        let digits: String = chars.by_ref().take(width).collect();
        codes.push(u32::from_str_radix(&digits, 16).expect("escapes are hexadecimal"));
    }
    codes
}

fn shown(found: bool, scratch: &Scratch) -> String {
    if !found {
        return "-".to_owned();
    }
    let mut spans = vec![format!("{},{}", scratch.start, scratch.end)];
    for group in scratch.marks.chunks_exact(2) {
        let matched = group[0] != usize::MAX && group[1] != usize::MAX && group[0] <= group[1];
        spans.push(if matched {
            format!("{},{}", group[0], group[1])
        } else {
            "-1,-1".to_owned()
        });
    }
    spans.push(scratch.last_index.to_string());
    spans.join(" ")
}

fn answer(program: &Program, mode: &str, text: Units<'_>) -> String {
    let mut scratch = Scratch::default();
    let mut request = Request {
        start: 0,
        end: text.len(),
        mode: Mode::Search,
        must_advance: false,
    };
    match mode {
        "m" => request.mode = Mode::Match,
        "f" => request.mode = Mode::FullMatch,
        "b" => (request.start, request.end) = (1, text.len() - 1),
        "i" => {
            let mut spans = Vec::new();
            while run(program, text, request, &mut scratch) {
                spans.push(format!("{},{}", scratch.start, scratch.end));
                request.must_advance = scratch.start == scratch.end;
                request.start = scratch.end;
            }
            return spans.join(" ");
        }
        _ => {}
    }
    let found = run(program, text, request, &mut scratch);
    shown(found, &scratch)
}

#[test]
fn patterns_find_what_cpython_finds() {
    let mut pattern = (Program::default(), "");
    let mut failures = Vec::new();
    for line in DATA.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        if let ["P", groups, code, source] = fields[..] {
            let code: Vec<u32> = code
                .split(' ')
                .map(|word| word.parse().expect("code is numbers"))
                .collect();
            let groups = groups.parse().expect("a count of groups");
            pattern = (
                read(&code, groups).unwrap_or_else(|_| panic!("{source} is well formed")),
                source,
            );
            continue;
        }
        let [mode, text, expected] = fields[..] else {
            panic!("a line has three fields: {line}")
        };
        let codes = unescape(text);
        // Every width that holds the text must give the same answer.
        let mut answers = vec![answer(&pattern.0, mode, Units::Four(&codes))];
        if let Ok(codes) = codes
            .iter()
            .map(|&code| u16::try_from(code))
            .collect::<Result<Vec<_>, _>>()
        {
            answers.push(answer(&pattern.0, mode, Units::Two(&codes)));
        }
        if let Ok(codes) = codes
            .iter()
            .map(|&code| u8::try_from(code))
            .collect::<Result<Vec<_>, _>>()
        {
            answers.push(answer(&pattern.0, mode, Units::One(&codes)));
        }
        for found in answers {
            if found != expected {
                failures.push(format!(
                    "{} {mode} {text:?}\n  expected {expected}\n  found    {found}",
                    pattern.1
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} answers differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn malformed_code_is_refused() {
    for code in [
        &[][..],
        &[0],
        &[16],
        &[16, 97],
        &[7, 9, 1],
        &[24, 3, 0],
        &[17, 9, 1],
        &[13, 200, 1],
        &[99, 1],
        &[15, 1, 1],
    ] {
        assert!(read(code, 1).is_err(), "{code:?}");
    }
}
