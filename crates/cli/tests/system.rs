//! The programs in tests/system, about files, system calls, threads and processes, find what they expect. They check
//! themselves, because what they see differs from run to run; CPython passes them too.

use std::path::Path;
use std::process::Command;

#[test]
fn programs_about_the_system_find_what_they_expect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/system");
    let mut failures = Vec::new();
    for name in ["files", "calls", "threads", "processes"] {
        let program = folder.join(name).with_extension("py");
        // Whoever runs the tests may ignore signals, as a shell does for what it starts in the background.
        let output = Command::new("/usr/bin/env")
            .args(["--default-signal", env!("CARGO_BIN_EXE_taipan")])
            .arg(&program)
            .output()
            .expect("the interpreter starts");
        let shown = String::from_utf8_lossy(&output.stdout);
        if shown.trim_end() != "ok" {
            failures.push(format!(
                "{name}: {shown}{}",
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
