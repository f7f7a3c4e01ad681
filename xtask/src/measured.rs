//! Runs a program and says how long it took and how much memory it had at most.
//!
//! Its output is collected by two threads, so it never blocks on a full pipe; it is ended when its time is over.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::Failure;

/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(2);

/// What a program left behind.
pub struct Finished {
    pub stdout: String,
    pub stderr: String,
    pub succeeded: bool,
    /// Its exit code, if it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    pub timed_out: bool,
    pub wall: Duration,
    /// The largest resident set, in bytes.
    pub peak_memory: u64,
}

/// Runs `command` to its end, or for `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Result<Finished, Failure> {
    let start = Instant::now();
    let shown = format!("{:?}", command.get_program());
    own_group(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Failure(format!("{shown}: {error}")))?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let (usage, wall, timed_out) = wait(child, start, limit)?;
    Ok(Finished {
        stdout: stdout.join().unwrap_or_default(),
        stderr: stderr.join().unwrap_or_default(),
        succeeded: usage.status.success(),
        code: usage.status.code(),
        signal: signal_of(usage.status),
        timed_out,
        wall,
        peak_memory: usage.rusage.maxrss,
    })
}

fn wait(
    mut child: Child,
    start: Instant,
    limit: Duration,
) -> Result<(wait4::ResUse, Duration, bool), Failure> {
    loop {
        if let Some(usage) = child.try_wait4()? {
            return Ok((usage, start.elapsed(), false));
        }
        if start.elapsed() > limit {
            kill_group(child.id());
            child.kill()?;
            return Ok((child.wait4()?, start.elapsed(), true));
        }
        // A program of milliseconds is measured to a fraction of one.
        let pause = (start.elapsed() / 50).min(POLL);
        std::thread::sleep(pause.max(Duration::from_micros(20)));
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is kept.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Makes the program the head of a process group, so that what it starts can be ended with it.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

/// Ends what the program has started; it would keep the output's pipes open.
fn kill_group(leader: u32) {
    let group = format!("-{leader}");
    // No group left is as good.
    let _ = Command::new("kill")
        .args(["-KILL", "--", &group])
        .stderr(Stdio::null())
        .status();
}

#[cfg(unix)]
fn signal_of(status: std::process::ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_: std::process::ExitStatus) -> Option<i32> {
    None
}
