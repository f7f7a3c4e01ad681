//! Clocks, calendars and time zones of the C library.

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;

use libc::{c_char, c_int, clockid_t, time_t, timespec, tm};

use super::{check, check_number};

const NANOS: i64 = 1_000_000_000;

/// A clock's time as seconds and nanoseconds.
pub fn read(clock: clockid_t) -> io::Result<timespec> {
    let mut time = MaybeUninit::uninit();
    // SAFETY: the call fills the time it is given, unless it fails.
    unsafe {
        check(libc::clock_gettime(clock, time.as_mut_ptr()))?;
        Ok(time.assume_init())
    }
}

/// A clock's resolution.
pub fn resolution(clock: clockid_t) -> io::Result<timespec> {
    let mut time = MaybeUninit::uninit();
    // SAFETY: as in `read`.
    unsafe {
        check(libc::clock_getres(clock, time.as_mut_ptr()))?;
        Ok(time.assume_init())
    }
}

/// Sets a clock.
pub fn set(clock: clockid_t, time: timespec) -> io::Result<()> {
    // SAFETY: the time is borrowed for the call.
    check(unsafe { libc::clock_settime(clock, &time) }).map(drop)
}

/// The clock of a thread's processor time.
pub fn of_thread(thread: libc::pthread_t) -> io::Result<clockid_t> {
    let mut clock = 0;
    // SAFETY: the call fills the number; the C library checks the thread as far as it can.
    check_number(unsafe { libc::pthread_getcpuclockid(thread, &mut clock) })?;
    Ok(clock)
}

/// Sleeps until the monotonic clock shows `deadline` nanoseconds. An interruption is an error.
pub fn sleep_until(deadline: i64) -> io::Result<()> {
    let time = timespec {
        tv_sec: deadline / NANOS,
        tv_nsec: deadline % NANOS,
    };
    // SAFETY: the time is borrowed for the call; no remaining time is asked for.
    check_number(unsafe {
        libc::clock_nanosleep(
            libc::CLOCK_MONOTONIC,
            libc::TIMER_ABSTIME,
            &time,
            std::ptr::null_mut(),
        )
    })
}

/// A point in time as the calendar of the local time zone has it.
pub fn local(time: time_t) -> io::Result<tm> {
    let mut calendar = MaybeUninit::uninit();
    // SAFETY: the call fills the calendar it is given, unless it answers null.
    unsafe {
        if libc::localtime_r(&time, calendar.as_mut_ptr()).is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(calendar.assume_init())
    }
}

/// A point in time as the calendar of Universal Time has it.
pub fn universal(time: time_t) -> io::Result<tm> {
    let mut calendar = MaybeUninit::uninit();
    // SAFETY: as in `local`.
    unsafe {
        if libc::gmtime_r(&time, calendar.as_mut_ptr()).is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(calendar.assume_init())
    }
}

/// The point in time that a local calendar stands for; `None` if there is none.
pub fn from_local(mut calendar: tm) -> Option<time_t> {
    calendar.tm_wday = -1;
    // SAFETY: the call reads and completes the calendar it is given.
    let time = unsafe { libc::mktime(&mut calendar) };
    // -1 is an answer too, but only a success sets the day of the week.
    (time != -1 || calendar.tm_wday != -1).then_some(time)
}

/// Reads the time zone from the environment again.
pub fn reset_zone() {
    // SAFETY: the declaration is the C library's; the call takes nothing.
    unsafe extern "C" {
        safe fn tzset();
    }
    tzset();
}

/// The calendar of the start of the epoch, to be filled.
pub fn empty_calendar() -> tm {
    // SAFETY: numbers and a pointer that may be null: all zeros is a value.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// The name of a calendar's time zone.
pub fn zone_name(calendar: &tm) -> Vec<u8> {
    if calendar.tm_zone.is_null() {
        return Vec::new();
    }
    // SAFETY: calendars from `local` and `universal` name their zone by a string of the C library that lives on.
    unsafe { CStr::from_ptr(calendar.tm_zone) }
        .to_bytes()
        .to_vec()
}

/// Formats a calendar. `zone` is the time zone's name, if the calendar has one of its own.
pub fn format(format: &CStr, calendar: &tm, zone: Option<&CString>) -> Vec<u8> {
    let mut calendar = *calendar;
    calendar.tm_zone = zone.map_or(std::ptr::null(), |zone| zone.as_ptr());
    let length = format.to_bytes().len();
    let mut size = 1024;
    loop {
        let mut buffer = vec![0u8; size];
        // SAFETY: the buffer has as many bytes as it is said to have, the strings live through the call.
        let written = unsafe {
            libc::strftime(
                buffer.as_mut_ptr().cast::<c_char>(),
                size,
                format.as_ptr(),
                &calendar,
            )
        };
        // Nothing written means too small a buffer or an empty result; a result is not much longer than its format.
        if written > 0 || size >= 256 * length.max(4) {
            buffer.truncate(written);
            return buffer;
        }
        size *= 2;
    }
}

/// Fields of a calendar that C counts differently from people.
pub const YEAR_BASE: c_int = 1900;
