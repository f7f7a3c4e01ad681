//! Writing the frames of a thread without allocating.

use taipan_interp::frames;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::thread::ThreadState;

use crate::sys::fault;

/// Most frames that are written.
const MOST_FRAMES: usize = 100;
/// Longest text of a name that is written.
const LONGEST_TEXT: usize = 500;

fn text(fd: i32, text: &str) {
    fault::write_all(fd, text.as_bytes());
}

fn decimal(fd: i32, number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    fault::write_all(fd, &digits[at..]);
}

fn hexadecimal(fd: i32, number: u64, width: usize) {
    let mut digits = [b'0'; 16];
    for (index, digit) in digits.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(number >> (60 - 4 * index) & 15) as usize];
    }
    let significant = 16 - (number.leading_zeros() / 4) as usize;
    fault::write_all(fd, &digits[16 - significant.max(width).min(16)..]);
}

/// A string, with what is not printable ASCII escaped.
fn string(fd: i32, value: &Str) {
    for code in value.code_points().take(LONGEST_TEXT) {
        match code {
            0x20..=0x7e => fault::write_all(fd, &[code as u8]),
            0..=0xff => {
                text(fd, "\\x");
                hexadecimal(fd, u64::from(code), 2);
            }
            0x100..=0xffff => {
                text(fd, "\\u");
                hexadecimal(fd, u64::from(code), 4);
            }
            _ => {
                text(fd, "\\U");
                hexadecimal(fd, u64::from(code), 8);
            }
        }
    }
    if value.len() > LONGEST_TEXT {
        text(fd, "...");
    }
}

/// The frames of a thread, innermost first.
fn frames_of_thread(fd: i32, state: Option<&ThreadState>) {
    let mut count = 0;
    let mut visit = |filename: &Str, name: &Str, line: Option<u32>| {
        if count == MOST_FRAMES {
            text(fd, "  ...\n");
            return false;
        }
        count += 1;
        text(fd, "  File \"");
        string(fd, filename);
        text(fd, "\", line ");
        match line {
            Some(line) => decimal(fd, u64::from(line)),
            None => text(fd, "???"),
        }
        text(fd, " in ");
        string(fd, name);
        text(fd, "\n");
        true
    };
    if let Some(state) = state {
        frames::for_each_frame_of(state, &mut visit);
    }
    if count == 0 {
        text(fd, "  <no Python frame>\n");
    }
}

fn thread_line(fd: i32, thread: u64, is_current: bool) {
    text(
        fd,
        if is_current {
            "Current thread 0x"
        } else {
            "Thread 0x"
        },
    );
    hexadecimal(fd, thread, 16);
    text(fd, " (most recent call first):\n");
}

/// Writes the frames of the running thread.
pub(super) fn current(fd: i32, with_thread: bool) {
    if with_thread {
        thread_line(fd, fault::thread_number(), true);
    } else {
        text(fd, "Stack (most recent call first):\n");
    }
    frames_of_thread(fd, runtime::own_state());
}

/// Writes the frames of all threads, the running one last. The interpreter lock is held.
pub(super) fn all(fd: i32) {
    let own = runtime::own_state();
    runtime::for_each_thread(|state| {
        if own.is_some_and(|own| std::ptr::eq(own, state)) {
            return;
        }
        thread_line(fd, state.ident, false);
        frames_of_thread(fd, Some(state));
        text(fd, "\n");
    });
    current(fd, true);
}

/// The hook of fatal signals.
pub(super) fn fatal(signal: i32, fd: i32) {
    let name = fault::FATAL
        .iter()
        .find(|&&(fatal, _)| fatal == signal)
        .map_or("Unknown signal", |&(_, name)| name);
    text(fd, "Fatal Python error: ");
    text(fd, name);
    text(fd, "\n\n");
    current(fd, true);
}

/// The hook of registered signals, for all threads.
pub(super) fn on_signal(_signal: i32, fd: i32) {
    current(fd, true);
}

/// The hook of registered signals, for one thread.
pub(super) fn on_signal_plainly(_signal: i32, fd: i32) {
    current(fd, false);
}

/// The hook of the signal that a timeout sends.
pub(super) fn on_timeout(_signal: i32, fd: i32) {
    thread_line(fd, fault::thread_number(), false);
    frames_of_thread(fd, runtime::own_state());
}
