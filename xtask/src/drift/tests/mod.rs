//! What `cargo xtask drift` says about headers that are known.
//!
//! `writer` prints the headers that our own instruction set would have: nothing differs. `xtask/tests/drift/` holds a small
//! instruction set with its headers, and cases: edits of the headers, and the exact lines that they give.

mod writer;

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::{options, outcome};
use crate::codegen::Definitions;
use crate::workspace;

type Files = BTreeMap<String, String>;

fn outcome_of(ours: &Definitions, files: &Files, json: bool) -> (String, u8) {
    let read_file = |path: &str| match files.get(path) {
        Some(text) => Ok(text.clone()),
        None => Err(Error::from(ErrorKind::NotFound)),
    };
    outcome(ours, &read_file, json).expect("our own definitions are sound")
}

fn folder() -> PathBuf {
    workspace::root().join("xtask/tests/drift")
}

fn sample() -> (Definitions, Files) {
    let folder = folder().join("sample");
    let read = |path: &Path| std::fs::read_to_string(path).expect("the sample is there");
    let [ops, lists, tunables] =
        ["ops.def", "lists.def", "tunables.def"].map(|name| read(&folder.join(name)));
    let ours = Definitions::parse(&ops, &lists, &tunables).expect("the sample is sound");
    let mut files = Files::new();
    for suffix in ["h", "c"] {
        for path in workspace::files(&folder, suffix) {
            let name = path.strip_prefix(&folder).expect("it is in the sample");
            files.insert(name.to_string_lossy().replace('\\', "/"), read(&path));
        }
    }
    (ours, files)
}

/// One case of a file.
#[derive(Default)]
struct Case {
    title: String,
    files: Files,
    code: u8,
    expected: String,
}

/// `=== TITLE`, then for each file `== PATH` and edits (lines with `- ` become lines with `+ `; `missing`), then
/// `== exit CODE` and what is printed up to the summary.
fn cases(text: &str, sample: &Files) -> Vec<Case> {
    let mut cases = Vec::new();
    for text in text.split("=== ").skip(1) {
        let (title, text) = text.split_once('\n').expect("a title is a line");
        let mut case = Case {
            title: title.to_string(),
            files: sample.clone(),
            ..Case::default()
        };
        for section in text.split("== ").skip(1) {
            let (head, lines) = section.split_once('\n').expect("a head is a line");
            if let Some(code) = head.strip_prefix("exit ") {
                case.code = code.parse().expect("a code is a number");
                case.expected = lines.trim_end().to_string();
            } else if lines.trim() == "missing" {
                case.files.remove(head);
            } else {
                let file = case.files.get_mut(head).expect("the sample has the file");
                edit(file, lines, title);
            }
        }
        cases.push(case);
    }
    cases
}

fn edit(file: &mut String, lines: &str, title: &str) {
    let mut lines = lines.lines().peekable();
    while lines.peek().is_some_and(|line| !line.is_empty()) {
        let mut take = |mark: char| {
            let mut taken: Vec<&str> = Vec::new();
            while let Some(line) = lines.next_if(|line| line.starts_with(mark)) {
                taken.push(line.get(2..).unwrap_or_default());
            }
            taken.join("\n")
        };
        let (old, new) = (take('-'), take('+'));
        assert!(!old.is_empty(), "{title}: an edit is `- ` and `+ `");
        // Both switch functions of a header may have the same lines; the first is meant.
        assert!(file.contains(&old), "{title}: there is no `{old}`");
        *file = file.replacen(&old, &new, 1);
    }
}

fn check_cases(name: &str) {
    let (ours, files) = sample();
    let path = folder().join("cases").join(name);
    let text = std::fs::read_to_string(path).expect("the cases are there");
    let cases = cases(&text, &files);
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in cases {
        let (text, code) = outcome_of(&ours, &case.files, false);
        let printed = text.split("compared: ").next().unwrap_or_default();
        if code != case.code || printed.trim_end() != case.expected {
            wrong.push(format!("{}: exit {code}\n{printed}", case.title));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn differences_of_opcodes_are_lines() {
    check_cases("opcodes.cases");
}

#[test]
fn differences_of_uops_are_lines() {
    check_cases("uops.cases");
}

#[test]
fn differences_of_constants_are_lines() {
    check_cases("constants.cases");
}

#[test]
fn malformed_headers_name_their_place() {
    check_cases("malformed.cases");
}

#[test]
fn our_own_instruction_set_does_not_differ_from_itself() {
    let ours = Definitions::of_workspace(&workspace::root()).expect("ops/ is sound");
    let (text, code) = outcome_of(&ours, &writer::headers(&ours), false);
    assert_eq!(code, 0, "{text}");
    assert!(text.ends_with("drift: no difference\n"), "{text}");
    assert!(text.contains(&format!("{} uops", ours.model.uops.len())));
    assert!(!text.contains("not compared"), "{text}");
}

#[test]
fn every_flag_of_the_whole_set_is_compared() {
    let ours = Definitions::of_workspace(&workspace::root()).expect("ops/ is sound");
    let mut files = writer::headers(&ours);
    let metadata = files.get_mut(super::headers::UOP_METADATA);
    let metadata = metadata.expect("the writer writes it");
    *metadata = metadata.replace("[_NOP] = HAS_PURE_FLAG", "[_NOP] = HAS_LOCAL_FLAG");
    let (text, code) = outcome_of(&ours, &files, false);
    let line = "  _NOP: here pure; CPython local (only here: pure; only in CPython: local)\n";
    assert_eq!(code, 1);
    assert!(
        text.starts_with(&format!("uop flags\n{line}compared: ")),
        "{text}"
    );
    assert!(
        text.ends_with("drift: 1 difference: uop flags 1\n"),
        "{text}"
    );
}

#[test]
fn the_summary_counts_by_kind_and_names_what_is_missing() {
    let (ours, mut files) = sample();
    files.remove("Python/optimizer.c");
    let ids = files.get_mut("Include/opcode_ids.h").expect("it is there");
    *ids = ids.replace("HAVE_ARGUMENT 43", "HAVE_ARGUMENT 44");
    *ids = ids.replace("LOAD_FAST                  84", "LOAD_FAST 85");
    *ids = ids.replace("JUMP                      257", "JUMP 256");
    let (text, code) = outcome_of(&ours, &files, false);
    let summary = "compared: 4 constants, 4 rows of lists, 10 opcodes, 2 pseudo opcodes, 6 expansions, 12 uops\n\
                   not compared, there is no Python/optimizer.c: ARENA_SIZE\n\
                   drift: 3 differences: opcode numbers 2, constants 1\n";
    assert_eq!(code, 1);
    assert!(text.ends_with(summary), "{text}");
}

#[test]
fn json_says_the_same() {
    let (ours, mut files) = sample();
    files.remove("Python/optimizer.c");
    let metadata = files.get_mut(super::headers::OPCODE_METADATA);
    let metadata = metadata.expect("it is there");
    *metadata = metadata.replace("= \"NOP\"", "= \"N\\\\O\"");
    let (text, code) = outcome_of(&ours, &files, true);
    let expected = r#"{
  "differences": [
    {"kind": "opcode names", "name": "NOP", "here": "NOP", "cpython": "N\\\\O"}
  ],
  "counts": {"opcode names": 1},
  "compared": {"constants": 4, "rows of lists": 4, "opcodes": 10, "pseudo opcodes": 2, "expansions": 6, "uops": 12},
  "not_compared": {"Python/optimizer.c": ["ARENA_SIZE"]},
  "total": 1
}
"#;
    assert_eq!((text.as_str(), code), (expected, 1));
}

#[test]
fn arguments_are_a_folder_and_json() {
    assert!(options(&["--cpython", "x", "--json"]).is_ok_and(|options| options.json));
    assert!(options(&["--cpython", "x"]).is_ok_and(|options| !options.json));
    for wrong in [
        &[][..],
        &["--cpython"],
        &["--json"],
        &["--cpython", "x", "y"],
    ] {
        assert!(options(wrong).is_err_and(|failure| failure.0.starts_with("usage: ")));
    }
}
