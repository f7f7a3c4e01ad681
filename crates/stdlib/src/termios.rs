//! `termios`: the settings of terminals.
//!
//! Settings are a list of seven: input, output, control and local flags, input and output speed, and the list of control
//! characters, each a byte; in non-canonical mode the two numbers MIN and TIME stand among them.

use taipan_macros::{class, define_module, function};
use taipan_objects::bytes::Bytes;
use taipan_objects::class::Type;
use taipan_objects::exceptions::{ExceptionKind, os_error, raise_args};
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int, protocol, runtime};

use crate::posix::arguments::file_descriptor;
use crate::sys::terminal as system;

define_module!(
    name = "termios",
    doc = "This module provides an interface to the Posix calls for tty I/O control.\n\nFor a complete description of these calls, see the Posix or Unix manual\npages. It is only available for those Unix versions that support Posix\ntermios style tty I/O control (and then only if configured at installation\ntime).\n\nAll functions in this module take a file descriptor fd as their first\nargument. This can be an integer file descriptor, such as returned by\nsys.stdin.fileno(), or a file object, such as sys.stdin itself.",
    functions(
        tcgetattr,
        tcsetattr,
        tcsendbreak,
        tcdrain,
        tcflush,
        tcflow,
        tcgetwinsize,
        tcsetwinsize
    ),
    init = fill,
);

/// The error of this module.
#[class(name = "error", module = "termios", base = ExceptionBase, marker, no_methods, flags(BASETYPE))]
pub struct TerminalError;

/// `Exception`, as the base of a class made by the macros.
struct ExceptionBase;

impl ExceptionBase {
    fn init_class() -> &'static Ref<Type> {
        ExceptionKind::Exception.class()
    }
}

macro_rules! numbers {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

const NUMBERS: &[(&str, i64)] = numbers! {
    B0 B50 B75 B110 B134 B150 B200 B300 B600 B1200 B1800 B2400 B4800 B9600 B19200 B38400 B57600 B115200 B230400 B460800
    B500000 B576000 B921600 B1000000 B1152000 B1500000 B2000000 B2500000 B3000000 B3500000 B4000000 CBAUDEX TCSANOW
    TCSADRAIN TCSAFLUSH TCIFLUSH TCOFLUSH TCIOFLUSH TCOOFF TCOON TCIOFF TCION IGNBRK BRKINT IGNPAR PARMRK INPCK ISTRIP
    INLCR IGNCR ICRNL IUCLC IXON IXANY IXOFF IMAXBEL IUTF8 OPOST OLCUC ONLCR OCRNL ONOCR ONLRET OFILL OFDEL NLDLY CRDLY
    TABDLY BSDLY VTDLY FFDLY NL0 NL1 CR0 CR1 CR2 CR3 TAB0 TAB1 TAB2 TAB3 XTABS BS0 BS1 VT0 VT1 FF0 FF1 CSIZE CSTOPB CREAD
    PARENB PARODD HUPCL CLOCAL CIBAUD CRTSCTS CS5 CS6 CS7 CS8 ISIG ICANON XCASE ECHO ECHOE ECHOK ECHONL ECHOCTL ECHOPRT
    ECHOKE FLUSHO NOFLSH TOSTOP PENDIN IEXTEN EXTPROC VINTR VQUIT VERASE VKILL VEOF VTIME VMIN VSTART VSTOP VSUSP VEOL
    VREPRINT VDISCARD VWERASE VLNEXT VEOL2 CBAUD EXTA EXTB FIOASYNC FIOCLEX FIONBIO FIONCLEX FIONREAD NCCS TCFLSH TCGETA
    TCGETS TCSBRK TCSBRKP TCSETA TCSETAF TCSETAW TCSETS TCSETSF TCSETSW TCXONC TIOCCONS TIOCEXCL TIOCGETD TIOCGPGRP
    TIOCGSOFTCAR TIOCGWINSZ TIOCINQ TIOCLINUX TIOCMBIC TIOCMBIS TIOCMGET TIOCMIWAIT TIOCMSET TIOCM_CAR TIOCM_CD
    TIOCM_CTS TIOCM_DSR TIOCM_DTR TIOCM_LE TIOCM_RI TIOCM_RNG TIOCM_RTS TIOCM_SR TIOCM_ST TIOCNOTTY TIOCNXCL TIOCOUTQ
    TIOCSCTTY TIOCSETD TIOCSPGRP TIOCSSOFTCAR TIOCSTI TIOCSWINSZ
};

/// Constants of Linux that the libc crate does not name.
const LINUX: &[(&str, i64)] = &[
    ("VSWTC", 7),
    ("VSWTCH", 7),
    ("CDSUSP", 25),
    ("CEOF", 4),
    ("CEOL", 0),
    ("CEOT", 4),
    ("CERASE", 127),
    ("CFLUSH", 15),
    ("CINTR", 3),
    ("CKILL", 21),
    ("CLNEXT", 22),
    ("CQUIT", 28),
    ("CRPRNT", 18),
    ("CSTART", 17),
    ("CSTOP", 19),
    ("CSUSP", 26),
    ("CWERASE", 23),
    ("IOCSIZE_MASK", 0x3fff_0000),
    ("IOCSIZE_SHIFT", 16),
    ("NCC", 8),
    ("N_TTY", 0),
    ("N_SLIP", 1),
    ("N_MOUSE", 2),
    ("N_PPP", 3),
    ("N_STRIP", 4),
    ("TIOCGICOUNT", 0x545d),
    ("TIOCGLCKTRMIOS", 0x5456),
    ("TIOCGSERIAL", 0x541e),
    ("TIOCPKT", 0x5420),
    ("TIOCPKT_DATA", 0),
    ("TIOCPKT_FLUSHREAD", 1),
    ("TIOCPKT_FLUSHWRITE", 2),
    ("TIOCPKT_STOP", 4),
    ("TIOCPKT_START", 8),
    ("TIOCPKT_NOSTOP", 16),
    ("TIOCPKT_DOSTOP", 32),
    ("TIOCSERCONFIG", 0x5453),
    ("TIOCSERGETLSR", 0x5459),
    ("TIOCSERGETMULTI", 0x545a),
    ("TIOCSERGSTRUCT", 0x5458),
    ("TIOCSERGWILD", 0x5454),
    ("TIOCSERSETMULTI", 0x545b),
    ("TIOCSERSWILD", 0x5455),
    ("TIOCSER_TEMT", 1),
    ("TIOCSLCKTRMIOS", 0x5457),
    ("TIOCSSERIAL", 0x541f),
    ("_POSIX_VDISABLE", 0),
];

fn fill(module: &Ref<Module>) -> PyResult<()> {
    for &(name, number) in NUMBERS.iter().chain(LINUX) {
        module.set(name, int::new(number));
    }
    module.set("error", TerminalError::init_class());
    Ok(())
}

fn error(error: std::io::Error) -> Raised {
    let errno = error.raw_os_error().unwrap_or(libc::EINVAL);
    let text = Str::new(&os_error::errno_text(errno)).into_value();
    raise_args(
        TerminalError::init_class(),
        vec![int::new(i64::from(errno)), text],
    )
}

/// Get the tty attributes for file descriptor fd.
///
/// Returns a list [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]
/// where cc is a list of the tty special characters (each a string of
/// length 1, except the items with indices VMIN and VTIME, which are
/// integers when these fields are defined).  The interpretation of the
/// flags and the speeds as well as the indexing in the cc array must be
/// done using the symbolic constants defined in this module.
#[function("(fd, /)")]
fn tcgetattr(fd: &Value) -> PyResult<Ref<List>> {
    let settings = system::settings(file_descriptor(fd)?).map_err(error)?;
    let (input, output) = system::speeds(&settings);
    let canonical = settings.c_lflag & libc::ICANON != 0;
    let characters = settings.c_cc.iter().enumerate().map(|(index, &byte)| {
        let is_number = !canonical && (index == libc::VMIN || index == libc::VTIME);
        if is_number {
            int::new(i64::from(byte))
        } else {
            Bytes::single(byte).into_value()
        }
    });
    let number = |flags: libc::tcflag_t| int::new(i64::from(flags));
    Ok(List::new(vec![
        number(settings.c_iflag),
        number(settings.c_oflag),
        number(settings.c_cflag),
        number(settings.c_lflag),
        int::new(i64::from(input)),
        int::new(i64::from(output)),
        List::new(characters.collect()).into_value(),
    ]))
}

fn flags_of(value: &Value) -> PyResult<libc::tcflag_t> {
    Ok(int::as_u64_wrapping(value)? as libc::tcflag_t)
}

/// Set the tty attributes for file descriptor fd.
///
/// The attributes to be set are taken from the attributes argument, which
/// is a list like the one returned by tcgetattr(). The when argument
/// determines when the attributes are changed: termios.TCSANOW to
/// change immediately, termios.TCSADRAIN to change after transmitting all
/// queued output, or termios.TCSAFLUSH to change after transmitting all
/// queued output and discarding all queued input.
#[function("(fd, when, attributes, /)")]
fn tcsetattr(fd: &Value, when: i32, attributes: &Value) -> PyResult<()> {
    let fd = file_descriptor(fd)?;
    let items = match attributes.downcast::<List>() {
        Some(list) if list.len() == 7 => list.to_vec(),
        _ => bail!(TypeError, "tcsetattr, arg 3: must be 7 element list"),
    };
    let mut settings = system::settings(fd).map_err(error)?;
    settings.c_iflag = flags_of(&items[0])?;
    settings.c_oflag = flags_of(&items[1])?;
    settings.c_cflag = flags_of(&items[2])?;
    settings.c_lflag = flags_of(&items[3])?;
    let (input, output) = (flags_of(&items[4])?, flags_of(&items[5])?);
    let characters = match items[6].downcast::<List>() {
        Some(list) if list.len() == settings.c_cc.len() => list.to_vec(),
        _ => bail!(
            TypeError,
            "tcsetattr: attributes[6] must be {} element list",
            settings.c_cc.len()
        ),
    };
    for (place, character) in settings.c_cc.iter_mut().zip(&characters) {
        *place = match character.downcast::<Bytes>().map(|bytes| bytes.as_slice()) {
            Some(&[byte]) => byte,
            _ if int::is_int(character) => int::as_i64(character)? as u8,
            _ => bail!(
                TypeError,
                "tcsetattr: elements of attributes must be characters or integers"
            ),
        };
    }
    system::set_speeds(&mut settings, input, output).map_err(error)?;
    runtime::allow_threads(|| system::apply(fd, when, &settings)).map_err(error)
}

/// Send a break on file descriptor fd.
///
/// A zero duration sends a break for 0.25-0.5 seconds; a nonzero duration
/// has a system dependent meaning.
#[function("(fd, duration, /)")]
fn tcsendbreak(fd: &Value, duration: i32) -> PyResult<()> {
    let fd = file_descriptor(fd)?;
    runtime::allow_threads(|| system::send_break(fd, duration)).map_err(error)
}

/// Wait until all output written to file descriptor fd has been transmitted.
#[function("(fd, /)")]
fn tcdrain(fd: &Value) -> PyResult<()> {
    let fd = file_descriptor(fd)?;
    runtime::allow_threads(|| system::drain(fd)).map_err(error)
}

/// Discard queued data on file descriptor fd.
///
/// The queue selector specifies which queue: termios.TCIFLUSH for the input
/// queue, termios.TCOFLUSH for the output queue, or termios.TCIOFLUSH for
/// both queues.
#[function("(fd, queue, /)")]
fn tcflush(fd: &Value, queue: i32) -> PyResult<()> {
    let fd = file_descriptor(fd)?;
    runtime::allow_threads(|| system::flush(fd, queue)).map_err(error)
}

/// Suspend or resume input or output on file descriptor fd.
///
/// The action argument can be termios.TCOOFF to suspend output,
/// termios.TCOON to restart output, termios.TCIOFF to suspend input,
/// or termios.TCION to restart input.
#[function("(fd, action, /)")]
fn tcflow(fd: &Value, action: i32) -> PyResult<()> {
    let fd = file_descriptor(fd)?;
    runtime::allow_threads(|| system::flow(fd, action)).map_err(error)
}

/// Get the tty winsize for file descriptor fd.
///
/// Returns a tuple (ws_row, ws_col).
#[function("(fd, /)")]
fn tcgetwinsize(fd: &Value) -> PyResult<(u16, u16)> {
    let size = system::window_size(file_descriptor(fd)?).map_err(error)?;
    Ok((size.ws_row, size.ws_col))
}

/// Set the tty winsize for file descriptor fd.
///
/// The winsize to be set is taken from the winsize argument, which
/// is a two-item tuple (ws_row, ws_col) like the one returned by tcgetwinsize().
#[function("(fd, winsize, /)")]
fn tcsetwinsize(fd: &Value, winsize: &Value) -> PyResult<()> {
    let fd = file_descriptor(fd)?;
    if !protocol::is_sequence(winsize) || protocol::len(winsize)? != 2 {
        bail!(
            TypeError,
            "tcsetwinsize, arg 2: must be a two-item sequence"
        );
    }
    let items = protocol::collect(winsize)?;
    let part = |index: usize| {
        let number = int::as_i64(&items[index])?;
        u16::try_from(number)
            .map_err(|_| taipan_objects::exc!(OverflowError, "winsize value(s) out of range."))
    };
    let (rows, columns) = (part(0)?, part(1)?);
    let mut size = system::window_size(fd).map_err(error)?;
    (size.ws_row, size.ws_col) = (rows, columns);
    system::set_window_size(fd, &size).map_err(error)
}
