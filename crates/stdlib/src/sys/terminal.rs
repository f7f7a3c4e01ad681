//! Terminals: their settings and size.

use std::io;

use libc::c_int;

use super::check;

/// A terminal's settings.
pub fn settings(fd: c_int) -> io::Result<libc::termios> {
    // SAFETY: a zeroed structure is valid and is filled by the call.
    unsafe {
        let mut settings: libc::termios = std::mem::zeroed();
        check(libc::tcgetattr(fd, &mut settings))?;
        Ok(settings)
    }
}

/// The speeds of input and output in settings.
pub fn speeds(settings: &libc::termios) -> (u32, u32) {
    // SAFETY: both only read the structure.
    unsafe { (libc::cfgetispeed(settings), libc::cfgetospeed(settings)) }
}

/// Sets the speeds in settings.
pub fn set_speeds(settings: &mut libc::termios, input: u32, output: u32) -> io::Result<()> {
    // SAFETY: both only write the structure.
    unsafe {
        check(libc::cfsetispeed(settings, input))?;
        check(libc::cfsetospeed(settings, output)).map(drop)
    }
}

/// Applies settings.
pub fn apply(fd: c_int, when: c_int, settings: &libc::termios) -> io::Result<()> {
    // SAFETY: the structure is valid and is read.
    check(unsafe { libc::tcsetattr(fd, when, settings) }).map(drop)
}

/// `tcsendbreak(fd, duration)`.
pub fn send_break(fd: c_int, duration: c_int) -> io::Result<()> {
    // SAFETY: takes numbers.
    check(unsafe { libc::tcsendbreak(fd, duration) }).map(drop)
}

/// `tcdrain(fd)`.
pub fn drain(fd: c_int) -> io::Result<()> {
    // SAFETY: takes a number.
    check(unsafe { libc::tcdrain(fd) }).map(drop)
}

/// `tcflush(fd, queue)`.
pub fn flush(fd: c_int, queue: c_int) -> io::Result<()> {
    // SAFETY: takes numbers.
    check(unsafe { libc::tcflush(fd, queue) }).map(drop)
}

/// `tcflow(fd, action)`.
pub fn flow(fd: c_int, action: c_int) -> io::Result<()> {
    // SAFETY: takes numbers.
    check(unsafe { libc::tcflow(fd, action) }).map(drop)
}

/// Rows and columns.
pub fn window_size(fd: c_int) -> io::Result<libc::winsize> {
    // SAFETY: a zeroed structure is valid and is filled by the call.
    unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        check(libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut size))?;
        Ok(size)
    }
}

/// Sets rows and columns.
pub fn set_window_size(fd: c_int, size: &libc::winsize) -> io::Result<()> {
    // SAFETY: the structure is valid and is read.
    check(unsafe { libc::ioctl(fd, libc::TIOCSWINSZ, std::ptr::from_ref(size)) }).map(drop)
}
