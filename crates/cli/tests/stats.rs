//! The statistics of tier 2 count the uops that were executed, in a build that counts executions, and say nothing of them in others.

use std::path::Path;
use std::process::Command;

const PROGRAM: &str = "
def f(count):
    total = 0
    for number in range(count):
        total = total + number
    return total

f(1000)
";

const LOOKS: &str = "
import json, sys
report = json.load(open(sys.argv[1]))
uops = report['tier2'].get('uops')
if report['counts_executions']:
    # One of a thousand rounds sees the end of the range; the first 64 were not hot.
    rounds = 1000 - 64 + 1
    assert uops['_ITER_CHECK_RANGE'] == rounds, uops
    assert uops['_ITER_NEXT_RANGE'] == uops['_BINARY_OP_ADD_INT'] == uops['_JUMP_TO_TOP'] == rounds - 1, uops
else:
    assert uops is None, uops
print('ok')
";

fn taipan(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_taipan"))
        .args(["-S", "-X", "tier2-threshold=64"])
        .args(arguments)
        .env_remove("PYTHON_JIT")
        .output()
        .expect("the interpreter starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn executed_uops_are_counted() {
    let report = Path::new(env!("CARGO_TARGET_TMPDIR")).join("executed.json");
    let report = report.to_str().expect("the path is text");
    taipan(&[
        "-X",
        "jit=uops",
        "-X",
        &format!("stats={report}"),
        "-c",
        PROGRAM,
    ]);
    assert_eq!(taipan(&["-c", LOOKS, report]), "ok\n");
}
