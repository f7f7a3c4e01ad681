//! What Python sees of traces: executors, `dis`, `sys._jit`, the optimizer as an object.

use std::path::Path;
use std::process::{Command, Output};

fn taipan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_taipan"))
        .args(arguments)
        .env("PYTHONHASHSEED", "0")
        .env_remove("PYTHON_JIT")
        .output()
        .expect("the interpreter starts")
}

fn assert_ok(output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && output.stdout.ends_with(b"ok\n"),
        "{} | {errors}",
        output.status
    );
}

#[test]
fn executors_are_seen_as_in_cpython() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/visible/executors.py");
    let program = program.to_str().expect("the path is text");
    assert_ok(&taipan(&[
        "-X",
        "jit=1",
        "-X",
        "tier2-threshold=16",
        program,
    ]));
}

const LOOP: &str = "
import sys
def loop():
    for _ in range(100_000):
        pass
    return None
loop()
loop()
";

#[test]
fn a_program_prints_the_trace_of_its_loop() {
    let program = format!(
        "{LOOP}
ex = sys._getframe().f_code.co_executors[0]
for name, oparg, target in ex.get_trace():
    print(f'{{name:35}} {{oparg:5}} {{target}}')
"
    );
    let output = taipan(&["-X", "jit=1", "-c", &program]);
    let printed = String::from_utf8_lossy(&output.stdout);
    let names: Vec<&str> = printed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(names.first(), Some(&"_START_EXECUTOR"), "{printed}");
    assert!(names.contains(&"_ITER_NEXT_RANGE"), "{printed}");
    assert!(names.contains(&"_JUMP_TO_TOP"), "{printed}");
}

#[test]
fn without_the_option_there_are_no_executors() {
    let program = format!(
        "{LOOP}
assert loop.__code__.co_executors == ()
assert sys._jit.is_available() and not sys._jit.is_enabled() and not sys._jit.is_active()
print('ok')
"
    );
    assert_ok(&taipan(&["-X", "jit=0", "-c", &program]));
}
