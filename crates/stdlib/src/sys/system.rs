//! Questions about the system: its name, limits, load, clock and random numbers.

use std::ffi::{CStr, c_int};
use std::io;
use std::mem::MaybeUninit;

use super::check;

/// `uname()`: system, node, release, version, machine.
pub fn uname() -> io::Result<[Vec<u8>; 5]> {
    let mut names = MaybeUninit::<libc::utsname>::uninit();
    // SAFETY: the call fills the answer, arrays that hold null-terminated text.
    let names = unsafe {
        check(libc::uname(names.as_mut_ptr()))?;
        names.assume_init()
    };
    let text = |field: &[libc::c_char]| {
        field
            .iter()
            .map(|&unit| unit as u8)
            .take_while(|&byte| byte != 0)
            .collect()
    };
    Ok([
        text(&names.sysname),
        text(&names.nodename),
        text(&names.release),
        text(&names.version),
        text(&names.machine),
    ])
}

/// `sysconf(name)`; -1 without an error means that there is no limit.
pub fn sysconf(name: c_int) -> io::Result<i64> {
    // SAFETY: numbers only; `errno` tells a missing limit from a failure.
    unsafe {
        *libc::__errno_location() = 0;
        let answer = libc::sysconf(name);
        if answer == -1 && *libc::__errno_location() != 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(answer)
        }
    }
}

/// `confstr(name)`; nothing where the name has no value.
pub fn confstr(name: c_int) -> io::Result<Option<Vec<u8>>> {
    // SAFETY: the first call only measures; the second writes at most as many bytes as there is room for.
    unsafe {
        *libc::__errno_location() = 0;
        let size = confstr_raw(name, std::ptr::null_mut(), 0);
        if size == 0 {
            return if *libc::__errno_location() != 0 {
                Err(io::Error::last_os_error())
            } else {
                Ok(None)
            };
        }
        let mut text = vec![0u8; size];
        confstr_raw(name, text.as_mut_ptr().cast(), size);
        Ok(Some(super::file::until_null(text)))
    }
}

// SAFETY: the declaration is the C library's.
unsafe extern "C" {
    #[link_name = "confstr"]
    fn confstr_raw(name: c_int, buffer: *mut libc::c_char, size: usize) -> usize;
}

/// `getloadavg()`.
pub fn getloadavg() -> Option<[f64; 3]> {
    let mut loads = [0.0; 3];
    // SAFETY: the call writes at most three numbers.
    (unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) } == 3).then_some(loads)
}

/// `times()`: user, system, children's user, children's system, elapsed; in seconds.
pub fn times() -> io::Result<[f64; 5]> {
    let mut times = MaybeUninit::<libc::tms>::uninit();
    // SAFETY: the call fills the answer; `errno` tells a failure from a clock of -1.
    let (elapsed, times) = unsafe {
        *libc::__errno_location() = 0;
        let elapsed = libc::times(times.as_mut_ptr());
        if elapsed == -1 && *libc::__errno_location() != 0 {
            return Err(io::Error::last_os_error());
        }
        (elapsed, times.assume_init())
    };
    let rate = sysconf(libc::_SC_CLK_TCK)? as f64;
    let all = [
        times.tms_utime,
        times.tms_stime,
        times.tms_cutime,
        times.tms_cstime,
        elapsed,
    ];
    Ok(all.map(|ticks| ticks as f64 / rate))
}

/// `getrandom(buffer, flags)`.
pub fn getrandom(buffer: &mut [u8], flags: u32) -> io::Result<usize> {
    // SAFETY: the buffer is writable for its length.
    check(unsafe { libc::getrandom(buffer.as_mut_ptr().cast(), buffer.len(), flags) })
        .map(|count| count as usize)
}

/// `system(command)`.
pub fn system(command: &CStr) -> c_int {
    // SAFETY: the command is borrowed for the call.
    unsafe { libc::system(command.as_ptr()) }
}

/// `ctermid()`.
pub fn ctermid() -> Vec<u8> {
    let mut name = vec![0u8; 256];
    // SAFETY: the declaration is the C library's.
    unsafe extern "C" {
        fn ctermid(buffer: *mut libc::c_char) -> *mut libc::c_char;
    }
    // SAFETY: the buffer has more than the `L_ctermid` bytes the call may write.
    unsafe { ctermid(name.as_mut_ptr().cast()) };
    super::file::until_null(name)
}

/// The name of the character encoding of the locale (`nl_langinfo(CODESET)`).
pub fn locale_codeset() -> Vec<u8> {
    // SAFETY: the answer is a C string that lives until the next call, and is copied at once.
    unsafe {
        CStr::from_ptr(libc::nl_langinfo(libc::CODESET))
            .to_bytes()
            .to_vec()
    }
}
