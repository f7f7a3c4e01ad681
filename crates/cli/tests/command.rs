//! The command's options, variables, ways to name a program, streams and exit codes.
//!
//! The cases stand in command/cases.txt: after `$` a line for the shell (`$P` is the interpreter), after `|` its standard
//! output (`\` where no line end follows), after `!` the last line of its standard error, after `=` the exit code that is
//! not 0. They run in a copy of command/files. `BLESS=1` writes the file anew; CPython 3.14 decides what is right.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command")
}

/// The shell's text of a case, and all of its lines.
struct Case<'a> {
    shell: String,
    block: &'a str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let is_answer = |line: &str| {
        ["  |", "  !", "  =", "  \\"]
            .iter()
            .any(|mark| line.starts_with(mark))
    };
    let case = |block| {
        let lines: Vec<&str> = str::lines(block)
            .take_while(|line| !is_answer(line))
            .map(|line| &line[2..])
            .collect();
        Case {
            shell: lines.join("\n"),
            block,
        }
    };
    text.split("\n\n")
        .map(str::trim_end)
        .filter(|block| !block.is_empty())
        .map(case)
        .collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let target = to.join(path.file_name().expect("entries have names"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("the file can be copied");
        }
    }
}

/// Runs a case in `home`; answers its block as it should stand in the file.
fn run(shell: &str, home: &Path) -> String {
    let interpreter = env!("CARGO_BIN_EXE_taipan");
    // Whoever runs the tests may ignore signals, as a shell does for what it starts in the background.
    let mut command = Command::new("/usr/bin/env");
    command
        .args(["--default-signal", "bash", "-c", shell])
        .current_dir(home)
        .stdin(Stdio::null())
        .env_clear();
    command
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("P", interpreter);
    // A variable whose bytes are not text.
    command.env(
        "A",
        <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff"),
    );
    if !shell.contains("LC_ALL=C ") {
        command.env("LC_ALL", "C.UTF-8");
    }
    let output = command.output().expect("the shell starts");
    let shown = |bytes: &[u8]| {
        let text = bytes.utf8_chunks().fold(String::new(), |text, chunk| {
            let escapes: String = chunk
                .invalid()
                .iter()
                .map(|byte| format!("\\x{byte:02x}"))
                .collect();
            text + chunk.valid() + &escapes
        });
        text.replace(interpreter, "$P")
            .replace(home.to_str().expect("it is text"), "$HOME")
    };
    let mut block = String::new();
    for (index, line) in shell.lines().enumerate() {
        let _ = writeln!(block, "{}{line}", if index == 0 { "$ " } else { "  " });
    }
    for line in shown(&output.stdout).split_inclusive('\n') {
        let mark = if line.ends_with('\n') { '|' } else { '\\' };
        let _ = writeln!(
            block,
            "{}",
            format!("  {mark} {}", line.trim_end_matches('\n')).trim_end()
        );
    }
    if let Some(line) = shown(&output.stderr).trim_end_matches('\n').lines().last() {
        let _ = writeln!(block, "{}", format!("  ! {line}").trim_end());
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => drop(writeln!(block, "  = {code}")),
        None => drop(writeln!(block, "  = {}", output.status)),
    }
    block.trim_end().to_owned()
}

#[test]
fn the_command_behaves_as_cpythons() {
    let file = folder().join("cases.txt");
    let text = fs::read_to_string(&file).expect("the cases are there");
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("command");
    let _ = fs::remove_dir_all(&home);
    copy(&folder().join("files"), &home);
    fs::create_dir_all(home.join("nomain")).expect("the folder can be made");
    let home = home.canonicalize().expect("it is there");
    let mut failures = Vec::new();
    let mut blessed = Vec::new();
    for case in cases(&text) {
        let actual = run(&case.shell, &home);
        if actual != case.block {
            failures.push(format!("expected:\n{}\ngot:\n{actual}\n", case.block));
        }
        blessed.push(actual);
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, blessed.join("\n\n") + "\n").expect("the cases can be written");
        return;
    }
    assert!(
        failures.is_empty(),
        "{} cases:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
