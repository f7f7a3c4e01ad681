//! docs/library.md says which modules of the standard library can be imported; this keeps it true. `BLESS=1` writes it.

use std::path::Path;
use std::process::Command;

#[test]
fn the_page_about_the_library_is_up_to_date() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_taipan"))
        .args(["-E", "-s"])
        .arg(here.join("tests/library/page.py"))
        .output()
        .expect("the interpreter starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {errors}", output.status);
    let actual = String::from_utf8_lossy(&output.stdout);
    let file = here.join("../../docs/library.md");
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(file, &*actual).expect("the page can be written");
    }
    let page = std::fs::read_to_string(file).unwrap_or_default();
    let differing: Vec<&str> = actual
        .lines()
        .filter(|line| !page.lines().any(|known| known == *line))
        .collect();
    assert!(
        actual == page,
        "docs/library.md is stale; `cargo xtask library` writes it anew:\n{}",
        differing.join("\n")
    );
}
