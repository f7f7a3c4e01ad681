//! What `compile()` makes of the library's sources is what CPython 3.14.2 makes of them: code, constants, exception
//! tables and positions of all 22,151 code objects.

use std::path::Path;
use std::process::Command;

#[test]
fn every_code_object_of_the_library_is_cpythons() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO_BIN_EXE_taipan"))
        .arg(root.join("tests/system/code_objects.py"))
        .arg(rustpython_pylib::LIB_PATH)
        .arg(root.join("crates/pylib/tests/data/codehash-3.14.2.tsv.zlib"))
        .output()
        .expect("the interpreter starts");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        shown.trim_end(),
        "equal: 22151 of 22151",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
