//! The report of the hot loops: its text, its JSON as docs/hot-loops.md describes it, and the statistics of tier 2.
//!
//! `BLESS=1` writes hot_loops/report.txt.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hot_loops")
}

/// Runs the command where the program is, with low thresholds so that counts are small.
fn taipan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_taipan"))
        .args(["-X", "tier2-threshold=64", "-S"])
        .args(arguments)
        .current_dir(folder())
        .env("PYTHONHASHSEED", "0")
        .env_remove("PYTHON_JIT")
        .output()
        .expect("the interpreter starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file for one test's report.
fn file(name: &str) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run left says nothing about this one.
    let _ = std::fs::remove_file(&file);
    file.to_str().expect("the path is text").to_owned()
}

/// Runs a program that looks at a JSON file in `report`.
fn looks(file: &str, program: &str) {
    let program =
        format!("import json\nreport = json.load(open({file:?}))\n{program}\nprint('ok')");
    let output = taipan(&["-c", &program]);
    assert!(
        output.stdout == b"ok\n",
        "{}\n{}",
        text(&output.stderr),
        std::fs::read_to_string(file).unwrap_or_default()
    );
}

#[test]
fn the_report_tells_lines_traces_guards_and_refusals() {
    let output = taipan(&["-X", "jit=uops", "-X", "hot-loops", "program.py"]);
    let report = text(&output.stderr);
    assert!(output.status.success(), "{report}");
    let recorded = folder().join("report.txt");
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(recorded, report).expect("the report can be written");
    }
    let expected = std::fs::read_to_string(recorded).expect("the report is there");
    for (number, (wanted, got)) in expected.lines().zip(report.lines()).enumerate() {
        assert_eq!(wanted, got, "line {}", number + 1);
    }
    assert_eq!(expected, report);
    let widest = report.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?} columns");
}

#[test]
fn a_file_that_is_named_json_gets_json() {
    let report = file("hot-loops.json");
    let option = format!("hot-loops={report}");
    let output = taipan(&["-X", "jit=uops", "-X", &option, "program.py"]);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    looks(
        &report,
        "
assert report['version'] == 1 and report['enabled'] and report['threshold'] == 64
assert report['overlooked'] == 0
places = {(p['function'], p['kind'], p['line']): p for p in report['places']}
loop = places['calls', 'loop', 27]
assert list(loop) == ['file', 'function', 'line', 'offset', 'kind', 'chain_depth', 'runs',
                      'forgotten_traces', 'refusals', 'traces']
assert loop['file'].endswith('hot_loops/program.py') and loop['chain_depth'] == 0
[trace] = loop['traces']
assert list(trace) == ['first_line', 'last_line', 'runs', 'length', 'projected_length', 'end', 'halt',
                       'invalidated', 'functions', 'exits', 'guards_removed', 'guards', 'uops', 'executed']
assert (trace['first_line'], trace['last_line']) == (26, 27)
assert trace['end'] == 'loop' and trace['invalidated'] == 'class' and trace['halt'] is None
assert trace['runs'] == loop['runs'] > 900
assert trace['length'] < trace['projected_length'] == len(trace['uops'])
assert [f['function'] for f in trace['functions']] == ['calls', 'Point.moved']
assert trace['functions'][1]['lines'][-1] == {'line': 11, 'text': '        return self.x + by'}
taken = [e for e in trace['exits'] if e['taken']]
assert all(list(e) == ['function', 'line', 'way', 'uops', 'taken', 'goes_on'] for e in trace['exits'])
assert [(e['uops'], e['line'], e['taken']) for e in taken] == [(['_GUARD_NOT_EXHAUSTED_RANGE'], 26, 1)]
assert trace['guards_removed']['_GUARD_TYPE_VERSION'] == 1
assert all(list(g) == ['uop', 'line', 'times', 'why'] for g in trace['guards'])
assert all(list(u) == ['function', 'line', 'projected', 'runs_as'] for u in trace['uops'])
gone = [u['projected'] for u in trace['uops'] if u['runs_as'] is None]
assert '_CHECK_PEP_523' in gone
assert trace['executed'][0] == '_START_EXECUTOR'
exits = [p for p in report['places'] if p['kind'] == 'exit']
assert exits and all(p['chain_depth'] > 0 for p in exits)
refused = [r for p in report['places'] for r in p['refusals']]
assert {r['reason'] for r in refused} == {'trace_stack_underflow'}
assert list(refused[0]) == ['reason', 'times', 'why', 'advice']
",
    );
}

#[test]
fn the_module_runs_files_modules_and_commands() {
    let plain = taipan(&["program.py"]);
    let output = taipan(&["-m", "hotloops", "program.py"]);
    assert_eq!(text(&output.stdout), text(&plain.stdout));
    assert!(text(&output.stderr).starts_with("Hot loops\n\n"));

    let report = file("module.json");
    let output = taipan(&["-m", "hotloops", "--json", &report, "-m", "program"]);
    assert_eq!(text(&output.stdout), text(&plain.stdout));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    looks(&report, "assert any(p['traces'] for p in report['places'])");

    let command =
        "import sys\nt = 0\nfor i in range(1000):\n    t += i\nprint(sys.argv, t)\nsys.exit(3)";
    let output = taipan(&["-m", "hotloops", "-c", command, "--json", "x"]);
    assert_eq!(text(&output.stdout), "['-c', '--json', 'x'] 499500\n");
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("   >    4 |     t += i\n"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_program_asks_for_its_own_report() {
    let program = "
import hotloops, json
assert json.loads(hotloops.report(json=True))['places'] == []
hotloops.start()
exec(compile('''
t = 0
for i in range(1000):
    t += i
''', '<text>', 'exec'))
[place] = json.loads(hotloops.report(json=True))['places']
assert place['file'] == '<text>' and place['runs'] > 900, place
print('ok')
";
    let output = taipan(&["-c", program]);
    assert_eq!(text(&output.stdout), "ok\n", "{}", text(&output.stderr));
}

#[test]
fn without_traces_the_report_says_so() {
    let output = taipan(&["-X", "hot-loops", "-c", "pass"]);
    let report = text(&output.stderr);
    assert!(report.contains("-X jit=uops turns them on"), "{report}");
    let output = taipan(&["-X", "jit=uops", "-X", "hot-loops", "-c", "pass"]);
    let report = text(&output.stderr);
    assert!(report.contains("no loop went round 64 times"), "{report}");
}

#[test]
fn bad_values_are_refused_and_bad_files_told() {
    let output = taipan(&["-X", "hot-loops=", "-c", "print('ran')"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = "bad value for option -X hot-loops (expected a file, or no value)";
    assert!(text(&output.stderr).contains(message));

    let output = taipan(&["-X", "hot-loops=/nowhere/at/all.json", "-c", "print('ran')"]);
    assert_eq!(text(&output.stdout), "ran\n");
    assert!(output.status.success());
    assert!(text(&output.stderr).starts_with("-X hot-loops: No such file"));

    let output = taipan(&["-m", "hotloops"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("required: PROGRAM"));
}

/// A loop of which everything is known: it is hot after 64 rounds, and left once.
const LOOP: &str = "
def f(count):
    total = 0
    for number in range(count):
        total = total + number
    return total
f(1000)
f.__globals__['unrelated'] = 1
import sys
sys._clear_internal_caches()
";

#[test]
fn loops_at_exit_are_told_of() {
    let report = file("at_exit.json");
    let option = format!("hot-loops={report}");
    let program = "
import atexit
@atexit.register
def last():
    for number in range(1000):
        pass
";
    let output = taipan(&["-X", "jit=uops", "-X", &option, "-c", program]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    looks(
        &report,
        "assert 'last' in [place['function'] for place in report['places']], report",
    );
}

#[test]
fn statistics_count_what_became_of_traces() {
    let report = file("stats.json");
    let option = format!("stats={report}");
    let output = taipan(&["-X", "jit=uops", "-X", &option, "-c", LOOP]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    looks(
        &report,
        "
tier2 = report['tier2']
assert (tier2['attempts'], tier2['refusals'], tier2['made']) == (1, {}, {'loop': 1}), tier2
assert tier2['runs'] == 1000 - 64 + 1, tier2
assert tier2['projected_lengths'] == {'16-31': 1} and sum(tier2['lengths'].values()) == 1
assert tier2['guards_removed'] == {'_GUARD_TOS_INT': 1}, tier2
[exit] = tier2['exits']
assert (exit['function'], exit['line'], exit['taken']) == ('f', 4, 1), tier2
assert exit['uops'] == '_GUARD_NOT_EXHAUSTED_RANGE'
assert tier2['invalidated']['all'] == 1 and sum(tier2['invalidated'].values()) == 1, tier2
executors = tier2['executors']
assert executors['made'] == 1 and executors['alive'] == 0, tier2
assert executors['buried'] + executors['freed'] == 1
assert tier2['halted_analyses'] == tier2['overlooked'] == 0
",
    );
    let output = taipan(&["-X", "jit=uops", "-X", "stats", "-c", LOOP]);
    let table = text(&output.stderr);
    assert!(table.contains("\ntier 2\nattempts "), "{table}");
    assert!(table.contains("\n  all "), "{table}");
    let cleared = format!("{LOOP}\nsys._stats_clear()");
    let output = taipan(&["-X", "jit=uops", "-X", &option, "-c", &cleared]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    looks(
        &report,
        "
tier2 = report['tier2']
assert tier2['attempts'] == tier2['runs'] == tier2['executors']['made'] == 0, tier2
assert tier2['exits'] == [] and sum(tier2['invalidated'].values()) == 0
",
    );
}
