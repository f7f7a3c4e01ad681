//! `OSError`: error numbers, file names, and the subclass that an error number selects.
//!
//! The arguments are looked at in `__new__`, because they choose the class; a subclass that has its own `__init__` but not
//! its own `__new__` has them looked at in `__init__` instead, so that it can pass other arguments on.

use std::io;

use taipan_macros::methods;

use crate::args::Args;
use crate::class::{ClassBuilder, Type};
use crate::native::GetSetDef;
use crate::raised::{PyResult, Raised};
use crate::str::{Str, StrBuilder};
use crate::tuple::Tuple;
use crate::value::{Ref, Value};
use crate::{heap, int, protocol};

use super::base::{self, own_dict};
use super::payload::{ExceptionPayload, exception_payload, object_members, view};
use super::{BaseException, ExceptionKind, raise, raise_args};

exception_payload! {
    /// `OSError`: number, text and file names; for `BlockingIOError` the number of characters written.
    OsError, OSError, { errno, strerror, filename, filename2 } { written: isize = -1 }
}

/// Fills the class `OSError`.
pub(super) fn build(builder: &ClassBuilder<'_>) {
    OsError::build_methods(builder);
    let slots = builder.slots();
    slots.new.set(Some(new));
    slots.init.set(Some(init));
    slots.str.set(Some(str));
    object_members!(builder, OsError,
        errno "errno" "POSIX exception code",
        strerror "strerror" "exception strerror",
        filename "filename" "exception filename",
        filename2 "filename2" "second exception filename",
    );
    builder.getset(&CHARACTERS_WRITTEN);
}

static CHARACTERS_WRITTEN: GetSetDef = GetSetDef {
    name: "characters_written",
    doc: None,
    get: Some(|this| match view::<OsError>(this).written.get() {
        -1 => bail!(AttributeError, "characters_written"),
        written => Ok(int::new(written as i64)),
    }),
    set: Some(|this, new| {
        let error = view::<OsError>(this);
        match new {
            None if error.written.get() == -1 => bail!(AttributeError, "characters_written"),
            None => error.written.set(-1),
            Some(new) => error.written.set(written_from(new)?),
        }
        Ok(())
    }),
    member: false,
};

/// Whether a value is a number in the sense of `PyNumber_Check`.
fn is_number(value: &Value) -> bool {
    let slots = &value.class().slots;
    slots.index.get().is_some() || slots.int.get().is_some() || slots.float.get().is_some()
}

fn written_from(value: &Value) -> PyResult<isize> {
    int::with_index(value, |view| match view {
        int::IntView::Small(small) => isize::try_from(small).ok(),
        int::IntView::Big(big) => isize::try_from(big).ok(),
    })?
    .ok_or_else(|| {
        crate::exc!(
            ValueError,
            "cannot fit '{}' into an index-sized integer",
            value.class().name()
        )
    })
}

/// The class for an error number, where it has one of its own.
pub fn kind_of_errno(errno: i32) -> Option<ExceptionKind> {
    use ExceptionKind::*;
    Some(match errno {
        // EWOULDBLOCK is EAGAIN on most systems, which is why these are no alternatives of one pattern.
        _ if errno == libc::EAGAIN || errno == libc::EWOULDBLOCK => BlockingIOError,
        libc::EALREADY | libc::EINPROGRESS => BlockingIOError,
        libc::EPIPE | libc::ESHUTDOWN => BrokenPipeError,
        libc::ECHILD => ChildProcessError,
        libc::ECONNABORTED => ConnectionAbortedError,
        libc::ECONNREFUSED => ConnectionRefusedError,
        libc::ECONNRESET => ConnectionResetError,
        libc::EEXIST => FileExistsError,
        libc::ENOENT => FileNotFoundError,
        libc::EISDIR => IsADirectoryError,
        libc::ENOTDIR => NotADirectoryError,
        libc::EINTR => InterruptedError,
        libc::EACCES | libc::EPERM => PermissionError,
        libc::ESRCH => ProcessLookupError,
        libc::ETIMEDOUT => TimeoutError,
        _ => return None,
    })
}

#[allow(unpredictable_function_pointer_comparisons)]
fn parses_in_init(class: &Type) -> bool {
    class.slots.init.get() != Some(init as fn(&Value, Args<'_>) -> PyResult<()>)
        && class.slots.new.get() == Some(new as fn(&Ref<Type>, Args<'_>) -> PyResult<Value>)
}

fn new(class: &Ref<Type>, args: Args<'_>) -> PyResult<Value> {
    if parses_in_init(class) {
        return Ok(heap::new_object(
            class,
            OsError::fresh(BaseException::with_args(Tuple::empty())),
        )
        .into_value());
    }
    args.no_keywords(&class.name())?;
    let items = args.positional();
    let mut class = class.clone();
    if class.is(ExceptionKind::OSError.class())
        && (2..=5).contains(&items.len())
        && let Some(kind) =
            int::to_i64(&items[0]).and_then(|errno| kind_of_errno(i32::try_from(errno).ok()?))
    {
        class = kind.class().clone();
    }
    let made = heap::new_object(
        &class,
        OsError::fresh(BaseException::with_args(Tuple::empty())),
    );
    fill(&made, items)?;
    Ok(made.into_value())
}

fn init(this: &Value, args: Args<'_>) -> PyResult<()> {
    if !parses_in_init(this.class()) {
        return Ok(());
    }
    args.no_keywords(&this.class().name())?;
    fill(view::<OsError>(this), args.positional())
}

/// Spreads the arguments over the attributes: `(errno, strerror[, filename[, winerror[, filename2]]])`.
fn fill(error: &Ref<OsError>, args: &[Value]) -> PyResult<()> {
    let given = |index: usize| args.get(index).filter(|value| !value.is_none());
    let mut kept = args;
    if (2..=5).contains(&args.len()) {
        error.errno.set(Some(args[0].clone()));
        error.strerror.set(Some(args[1].clone()));
        if let Some(filename) = given(2) {
            if error.class().is(ExceptionKind::BlockingIOError.class()) && is_number(filename) {
                error.written.set(written_from(filename)?);
            } else {
                error.filename.set(Some(filename.clone()));
                error.filename2.set(given(4).cloned());
                kept = &args[..2];
            }
        }
    }
    error.base.args.set(Some(Tuple::from_slice(kept)));
    Ok(())
}

/// `[Errno 2] No such file or directory: 'name'`.
fn str(this: &Value) -> PyResult<Value> {
    let error = view::<OsError>(this);
    let (errno, strerror) = (error.errno.get(), error.strerror.get());
    let filename = error.filename.get();
    if filename.is_none() && (errno.is_none() || strerror.is_none()) {
        return base::str(this);
    }
    let mut text = StrBuilder::new();
    text.push_str("[Errno ");
    text.push_string(&*protocol::str(&errno.unwrap_or(Value::NONE))?);
    text.push_str("] ");
    text.push_string(&*protocol::str(&strerror.unwrap_or(Value::NONE))?);
    if let Some(filename) = filename {
        text.push_str(": ");
        text.push_string(&*protocol::repr(&filename)?);
        if let Some(second) = error.filename2.get() {
            text.push_str(" -> ");
            text.push_string(&*protocol::repr(&second)?);
        }
    }
    Ok(text.finish().into_value())
}

#[methods]
impl OsError {
    #[method("($self, /)", name = "__reduce__", nosig)]
    fn py_reduce(this: &Ref<OsError>) -> Value {
        let mut args = this.base.args().to_vec();
        if let Some(filename) = this.filename.get()
            && args.len() == 2
        {
            args.push(filename);
            if let Some(second) = this.filename2.get() {
                args.push(Value::NONE);
                args.push(second);
            }
        }
        let mut parts = vec![this.class().to_value(), Tuple::new(args).into_value()];
        parts.extend(own_dict(this.as_value()).map(Ref::into_value));
        Tuple::new(parts).into_value()
    }
}

/// The system's text for an error number (`os.strerror`).
pub fn errno_text(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Raises `OSError(errno, text[, filename[, None, filename2]])`, of the class that the number selects.
#[cold]
pub fn raise_errno(errno: i32, filename: Option<&Value>, filename2: Option<&Value>) -> Raised {
    let kind = kind_of_errno(errno).unwrap_or(ExceptionKind::OSError);
    let mut args = vec![
        int::new(i64::from(errno)),
        Str::new(&errno_text(errno)).into_value(),
    ];
    if let Some(filename) = filename {
        args.push(filename.clone());
        if let Some(second) = filename2 {
            args.push(Value::NONE);
            args.push(second.clone());
        }
    }
    let error = heap::new_object(
        kind.class(),
        OsError::fresh(BaseException::with_args(Tuple::empty())),
    );
    match fill(&error, &args) {
        Ok(()) => raise(
            error
                .into_value()
                .into_ref::<BaseException>()
                .expect("an OSError is an exception"),
        ),
        Err(raised) => raised,
    }
}

/// Raises what a failed system call answered.
#[cold]
pub fn os_error(error: &io::Error, filename: Option<&Value>) -> Raised {
    match error.raw_os_error() {
        Some(errno) => raise_errno(errno, filename, None),
        None => raise_args(
            ExceptionKind::OSError.class(),
            vec![Str::new(&error.to_string()).into_value()],
        ),
    }
}

/// Raises what the last failed call of the C library left in `errno`.
#[cold]
pub fn last_os_error(filename: Option<&Value>) -> Raised {
    os_error(&io::Error::last_os_error(), filename)
}
