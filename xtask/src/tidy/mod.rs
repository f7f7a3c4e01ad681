//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! Every Rust file says at its top what it is; stays short or is listed; holds `unsafe` only where it may, each use
//! with its SAFETY; leaves no open ends; and no text names a path of the machine it was written on.

mod exceptions;

use std::path::Path;

use crate::{Failure, workspace};

/// The most lines a hand-written source file may have.
const LINE_LIMIT: usize = 800;
/// How far above a use of `unsafe` its comment may begin.
const SAFETY_REACH: usize = 12;
/// What files besides Rust are read for machine paths.
const TEXT_FILES: [&str; 8] = ["md", "toml", "def", "sh", "yml", "py", "html", "tsv"];

/// Checks every file; the failure lists what was found.
pub fn run() -> Result<(), Failure> {
    let root = workspace::root();
    let paths_of_machine = paths_of_machine(&root);
    let mut found = Vec::new();
    let mut count = 0;
    for path in workspace::files(&root, "rs") {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let name = relative(&root, &path);
        check_header(&name, &text, &mut found);
        check_length(&name, &text, &mut found);
        check_unsafe(&name, &text, &mut found);
        check_open_ends(&name, &text, &mut found);
        check_paths(&name, &text, &paths_of_machine, &mut found);
        count += 1;
    }
    for suffix in TEXT_FILES {
        for path in workspace::files(&root, suffix) {
            if let Ok(text) = std::fs::read_to_string(&path) {
                let name = relative(&root, &path);
                check_paths(&name, &text, &paths_of_machine, &mut found);
                count += 1;
            }
        }
    }
    check_lists(&root, &mut found);
    println!("tidy: {count} files");
    if found.is_empty() {
        Ok(())
    } else {
        Err(Failure(found.join("\n")))
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

fn is_generated(name: &str) -> bool {
    name.contains("/generated/")
}

fn is_test(name: &str) -> bool {
    name.starts_with("tests/") || name.contains("/tests/") || name.ends_with("/tests.rs")
}

fn check_header(name: &str, text: &str, found: &mut Vec<String>) {
    let first = text.lines().find(|line| !line.trim().is_empty());
    if !first.is_some_and(|line| line.starts_with("//!")) {
        found.push(format!("{name}: does not open with `//!`"));
    }
}

fn check_length(name: &str, text: &str, found: &mut Vec<String>) {
    let lines = text.lines().count();
    let is_listed = exceptions::LONG_FILES.iter().any(|(file, _)| *file == name);
    if lines > LINE_LIMIT && !is_listed && !is_generated(name) && !is_test(name) {
        found.push(format!("{name}: {lines} lines, the limit is {LINE_LIMIT}"));
    }
}

fn may_be_unsafe(name: &str) -> bool {
    exceptions::UNSAFE_MODULES.iter().any(|(module, _)| {
        let folder = module.ends_with('/');
        *module == name || folder && name.starts_with(module)
    })
}

fn check_unsafe(name: &str, text: &str, found: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let code = code_of(line);
        let Some(use_of) = use_of_unsafe(&code) else {
            continue;
        };
        let place = format!("{name}:{}", index + 1);
        if !may_be_unsafe(name) && !is_test(name) {
            found.push(format!(
                "{place}: `unsafe` outside of the modules that may hold it"
            ));
            return;
        }
        let wanted = match use_of {
            Use::Act => "SAFETY:",
            Use::Contract => "# Safety",
        };
        if !has_comment_above(&lines, index, wanted) {
            found.push(format!("{place}: `unsafe` without `{wanted}`"));
        }
    }
}

/// A block or an `impl` does something unsafe; an `fn` or a trait asks it of others.
enum Use {
    Act,
    Contract,
}

fn use_of_unsafe(code: &str) -> Option<Use> {
    let (before, after) = code.split_once("unsafe")?;
    let joined = |c: char| c.is_alphanumeric() || c == '_';
    if before.ends_with(joined) || after.starts_with(joined) {
        return None;
    }
    let after = after.trim_start();
    if let Some(block) = after.strip_prefix("extern") {
        // A block of declarations says why they fit; an `extern fn` has a contract like any other.
        let is_function = block.contains("fn");
        let is_type = block.contains("fn(");
        return (!is_type).then_some(if is_function { Use::Contract } else { Use::Act });
    }
    if after.starts_with("fn") || after.starts_with("trait") {
        // A function pointer's type and a private function's body state no contract of their own.
        let declares = before.trim_start().is_empty() || before.trim_start().starts_with("pub");
        let is_type = after.contains("fn(");
        return (declares && !is_type).then_some(Use::Contract);
    }
    (after.starts_with('{') || after.starts_with("impl") || after.is_empty()).then_some(Use::Act)
}

fn has_comment_above(lines: &[&str], index: usize, wanted: &str) -> bool {
    let first = index.saturating_sub(SAFETY_REACH);
    for line in lines[first..=index].iter().rev() {
        if line.contains(wanted) {
            return true;
        }
    }
    false
}

/// The line without its comment and without what its strings say.
fn code_of(line: &str) -> String {
    let mut code = String::new();
    let mut in_string = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if in_string => {
                letters.next();
            }
            '"' => in_string = !in_string,
            '/' if !in_string && letters.peek() == Some(&'/') => break,
            _ if !in_string => code.push(letter),
            _ => {}
        }
    }
    code
}

fn check_open_ends(name: &str, text: &str, found: &mut Vec<String>) {
    let todo = concat!("TO", "DO");
    let open = [
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ];
    for (index, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", index + 1);
        for word in open {
            if line.contains(word) {
                found.push(format!("{place}: `{word}`"));
            }
        }
        if let Some((_, rest)) = line.split_once(todo) {
            let condition = ["when ", "once ", "until ", "after "];
            let rest = rest.trim_start_matches([':', ' ', '(']);
            if !condition.iter().any(|word| rest.starts_with(word)) {
                found.push(format!(
                    "{place}: {todo} without the condition that removes it"
                ));
            }
        }
    }
}

/// The beginnings of paths that only this machine has: where the workspace and the user's files are.
fn paths_of_machine(root: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let top = root.components().take(2).collect::<std::path::PathBuf>();
    paths.push(format!("{}/", top.display()));
    if let Some(home) = std::env::var_os("HOME") {
        paths.push(format!("{}/", home.to_string_lossy().trim_end_matches('/')));
    }
    // Folders that many machines have say nothing about this one.
    paths.retain(|path| !["/", "/tmp/", "/home/", "/usr/", "/opt/"].contains(&path.as_str()));
    paths
}

fn check_paths(name: &str, text: &str, paths: &[String], found: &mut Vec<String>) {
    for (index, line) in text.lines().enumerate() {
        for path in paths {
            let begins_here = |at: usize| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || "._-~/>".contains(c))
            };
            if line
                .match_indices(path.as_str())
                .any(|(at, _)| begins_here(at))
            {
                found.push(format!(
                    "{name}:{}: a path of this machine: {path}",
                    index + 1
                ));
            }
        }
    }
}

/// A list that names a file that is long gone would let a new one pass unseen.
fn check_lists(root: &Path, found: &mut Vec<String>) {
    for (name, _) in exceptions::LONG_FILES {
        let lines = std::fs::read_to_string(root.join(name)).map(|text| text.lines().count());
        if lines.unwrap_or(0) <= LINE_LIMIT {
            found.push(format!("{name}: listed as long, but it is not"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: impl Fn(&mut Vec<String>)) -> usize {
        let mut found = Vec::new();
        check(&mut found);
        found.len()
    }

    #[test]
    fn unsafe_needs_its_module_and_its_comment() {
        let module = exceptions::UNSAFE_MODULES[0].0;
        let bare = "//! x\nlet a = unsafe { b() };\n";
        let said = "//! x\n// SAFETY: b is.\nlet a = unsafe { b() };\n";
        assert_eq!(found(|f| check_unsafe("crates/a/src/b.rs", said, f)), 1);
        assert_eq!(found(|f| check_unsafe(module, bare, f)), 1);
        assert_eq!(found(|f| check_unsafe(module, said, f)), 0);
    }

    #[test]
    fn words_in_strings_comments_and_names_are_not_uses() {
        let text = "#![forbid(unsafe_code)]\nlet a = \"unsafe { }\"; // unsafe { }\n";
        assert_eq!(found(|f| check_unsafe("crates/a/src/b.rs", text, f)), 0);
    }

    #[test]
    fn an_open_end_needs_its_condition() {
        let open = concat!("// TO", "DO: later");
        let bound = concat!("// TO", "DO when the JIT lowers calls: drop this");
        assert_eq!(found(|f| check_open_ends("a.rs", open, f)), 1);
        assert_eq!(found(|f| check_open_ends("a.rs", bound, f)), 0);
    }

    #[test]
    fn a_path_counts_only_from_its_beginning() {
        let paths = vec!["/srv/".to_string()];
        assert_eq!(found(|f| check_paths("a", "see /srv/b", &paths, f)), 1);
        assert_eq!(found(|f| check_paths("a", "http://x/srv/b", &paths, f)), 0);
    }
}
