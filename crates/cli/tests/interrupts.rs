//! Ctrl-C ends what a program does: loops, waits, calls in other threads; as in CPython, with the
//! signal that a shell looks for, and not before a native loop is over.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

const SIGINT: i32 = 2;
const TIME: Duration = Duration::from_secs(60);

/// How a program ends after one interrupt.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// With a KeyboardInterrupt that nothing caught.
    Killed,
    /// With an exit code, having printed this.
    Code(i32, &'static str),
}

/// What the programs do after they said "go".
const PROGRAMS: &[(&str, End)] = &[
    ("while True: pass", End::Killed),
    ("while True:\n    try: pass\n    finally: pass", End::Killed),
    ("import time; time.sleep(1000)", End::Killed),
    ("input()", End::Killed),
    ("import sys; sys.stdin.buffer.read(1)", End::Killed),
    ("import os; os.read(0, 1)", End::Killed),
    ("import select; select.select([0], [], [])", End::Killed),
    ("import threading; threading.Event().wait()", End::Killed),
    (
        "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
        End::Killed,
    ),
    ("import queue; queue.Queue().get()", End::Killed),
    ("import queue; queue.SimpleQueue().get()", End::Killed),
    (
        "import subprocess; subprocess.run(['sleep', '1000'])",
        End::Killed,
    ),
    (
        "import os; os.wait() if os.fork() else (os.close(1), os.close(2), __import__('time').sleep(0.5))",
        End::Killed,
    ),
    ("import signal; signal.pause()", End::Killed),
    (
        "import signal; signal.sigtimedwait([signal.SIGUSR1], 1000)",
        End::Killed,
    ),
    (
        "import socket; a, b = socket.socketpair(); a.recv(1)",
        End::Killed,
    ),
    ("for i in iter(int, 1): pass", End::Killed),
    (
        "def f():\n    while True: yield\nfor i in f(): pass",
        End::Killed,
    ),
    (
        "import itertools, collections; collections.deque(map(lambda x: x, itertools.count()), 0)",
        End::Killed,
    ),
    ("[x for x in iter(int, 1) if x]", End::Killed),
    ("sorted(iter(lambda: 0, 1), key=lambda x: x)", End::Killed),
    (
        "def f(): return g()\ndef g():\n    while True: h()\ndef h(): pass\nf()",
        End::Killed,
    ),
    (
        "import threading\ndef f():\n    while True: pass\nthreading.Thread(target=f, daemon=True).start()\nwhile True: pass",
        End::Killed,
    ),
    (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\ntime.sleep(1000)",
        End::Killed,
    ),
    (
        "import asyncio; asyncio.run(asyncio.sleep(1000))",
        End::Killed,
    ),
    (
        "import time\ntry: time.sleep(1000)\nexcept KeyboardInterrupt: print('caught')",
        End::Code(0, "caught"),
    ),
    (
        "import time\ntry: time.sleep(1000)\nfinally: raise SystemExit(5)",
        End::Code(5, ""),
    ),
    (
        "import signal, time\nsignal.signal(2, lambda *a: print('handled'))\ntime.sleep(0.5)",
        End::Code(0, "handled"),
    ),
    (
        "import signal, time\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(0.5)",
        End::Code(0, ""),
    ),
    (
        "import time, atexit\natexit.register(print, 'at exit')\ntime.sleep(1000)",
        End::Killed,
    ),
    (
        "try: sum(range(10 ** 8))\nexcept KeyboardInterrupt: print('late')",
        End::Code(0, "late"),
    ),
    (
        "class A:\n    def __del__(self):\n        while True: pass\ndel A.__del__\nwhile True: A()",
        End::Killed,
    ),
    (
        "import threading\nt = threading.Thread(target=__import__('time').sleep, args=(0.5,)); t.start()\ntry: t.join()\nexcept KeyboardInterrupt: print('caught')",
        End::Code(0, "caught"),
    ),
];

fn start(program: &str) -> Child {
    let program = format!("import sys; print('go', flush=True)\n{program}");
    // Whoever runs the tests may ignore signals, as a shell does for what it starts in the background.
    let mut command = Command::new("/usr/bin/env");
    command
        .args([
            "--default-signal",
            env!("CARGO_BIN_EXE_taipan"),
            "-c",
            &program,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("the interpreter starts")
}

fn interrupt(child: &Child) {
    // The program says "go" before it begins what is interrupted.
    std::thread::sleep(Duration::from_millis(150));
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "the signal can be sent"
    );
}

fn check(program: &str, expected: &End) -> Result<(), String> {
    let mut child = start(program);
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut first = String::new();
    if lines.read_line(&mut first).is_err() || first != "go\n" {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("it said {first:?}"));
    }
    interrupt(&child);
    let mut stderr = child.stderr.take().expect("it is piped");
    let (sender, receiver) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let (mut out, mut errors) = (String::new(), String::new());
        let _ = lines.read_to_string(&mut out);
        let _ = stderr.read_to_string(&mut errors);
        let _ = sender.send(());
        (out, errors)
    });
    if receiver.recv_timeout(TIME).is_err() {
        let _ = child.kill();
        let _ = child.wait();
        return Err("it does not end".to_owned());
    }
    let (out, errors) = reader.join().expect("reading does not panic");
    let status = child.wait().map_err(|error| error.to_string())?;
    let right = match expected {
        End::Killed => {
            status.signal() == Some(SIGINT) && errors.trim_end().ends_with("KeyboardInterrupt")
        }
        End::Code(code, said) => status.code() == Some(*code) && out.trim_end() == *said,
    };
    if right {
        Ok(())
    } else {
        Err(format!(
            "expected {expected:?}, got {status}, {out:?}, {errors:?}"
        ))
    }
}

#[test]
fn programs_end_when_they_are_interrupted() {
    let failures: Vec<String> = PROGRAMS
        .iter()
        .filter_map(|(program, expected)| {
            check(program, expected)
                .err()
                .map(|error| format!("{program}\n  {error}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
