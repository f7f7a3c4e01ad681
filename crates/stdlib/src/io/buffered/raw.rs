//! The raw file under a buffered one: called directly where it is a plain `FileIO`, through its methods where it is not.

use taipan_objects::bytes::{Bytes, MemoryView};
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::protocol;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::value::Value;
use taipan_objects::{bail, exc, id, int, runtime};

use crate::io::base::zeroed;
use crate::io::file::FileIo;

/// The raw file as a plain `FileIO`, if it is one.
#[inline(always)]
fn plain(raw: &Value) -> Option<&FileIo> {
    raw.downcast_exact::<FileIo>().map(|file| &**file)
}

/// Calls again while signals interrupt.
fn retry(mut body: impl FnMut() -> PyResult<Value>) -> PyResult<Value> {
    loop {
        match body() {
            Err(raised) if raised.is(ExceptionKind::InterruptedError) => runtime::check_signals()?,
            answer => return answer,
        }
    }
}

/// The count that a raw method answered. What is no count is an OSError with the real reason as its cause.
fn count(answer: &Value, method: &str, most: usize) -> PyResult<usize> {
    let given = match int::as_isize(answer) {
        Ok(given) => given,
        Err(raised) => return Err(caused(exc!(OSError, "raw {method}() failed"), raised)),
    };
    match usize::try_from(given) {
        Ok(given) if given <= most => Ok(given),
        _ => bail!(
            OSError,
            "raw {method}() returned invalid length {given} (should have been between 0 and {most})"
        ),
    }
}

fn caused(raised: Raised, cause: Raised) -> Raised {
    let exception = raised.into_exception();
    let cause = cause.into_exception().into_value();
    exception.set_cause(Some(cause.clone()));
    exception.set_context(Some(cause));
    Raised::from_exception(exception)
}

/// Reads into `place`; nothing where that would block.
pub fn read(raw: &Value, place: &mut [u8]) -> PyResult<Option<usize>> {
    if let Some(file) = plain(raw) {
        return file.read_raw(place);
    }
    // The method gets memory of its own, because it can keep what it gets.
    let memory = zeroed(place.len())?;
    let view = MemoryView::of_object(memory.as_value())?;
    let answer = retry(|| protocol::call_method(raw, id!("readinto"), &[view.to_value()]))?;
    if answer.is_none() {
        return Ok(None);
    }
    let count = count(&answer, "readinto", place.len())?;
    memory.cell().with(|bytes| {
        let count = count.min(bytes.len());
        place[..count].copy_from_slice(&bytes[..count]);
    });
    Ok(Some(count))
}

/// Writes what the raw file takes of `bytes`; nothing where that would block.
pub fn write(raw: &Value, bytes: &[u8]) -> PyResult<Option<usize>> {
    if let Some(file) = plain(raw) {
        return file.write_raw(bytes);
    }
    let view = MemoryView::of_object(Bytes::new(bytes).as_value())?;
    let answer = retry(|| protocol::call_method(raw, id!("write"), &[view.to_value()]))?;
    if answer.is_none() {
        return Ok(None);
    }
    count(&answer, "write", bytes.len()).map(Some)
}

/// A position that a raw method answered.
fn position(answer: &Value) -> PyResult<i64> {
    match int::as_i64(answer)? {
        position if position < 0 => {
            bail!(OSError, "Raw stream returned invalid position {position}")
        }
        position => Ok(position),
    }
}

/// `raw.tell()`.
pub fn tell(raw: &Value) -> PyResult<i64> {
    match plain(raw) {
        Some(file) => file.seek_to(0, libc::SEEK_CUR),
        None => position(&protocol::call_method(raw, id!("tell"), &[])?),
    }
}

/// `raw.seek(offset, whence)`.
pub fn seek(raw: &Value, offset: i64, whence: i32) -> PyResult<i64> {
    match plain(raw) {
        Some(file) => file.seek_to(offset, whence),
        None => position(&protocol::call_method(
            raw,
            id!("seek"),
            &[int::new(offset), int::new(whence.into())],
        )?),
    }
}

/// Whether the raw file is closed.
pub fn is_closed(raw: &Value) -> PyResult<bool> {
    match plain(raw) {
        Some(file) => Ok(file.is_closed()),
        None => protocol::is_true(&protocol::getattr(raw, id!("closed"))?),
    }
}

/// `raw.readall()`, where the raw file has that method; else nothing.
pub fn read_all(raw: &Value) -> PyResult<Option<Value>> {
    if let Some(file) = plain(raw) {
        return Ok(Some(
            file.read_all()?
                .map_or(Value::NONE, taipan_objects::value::Ref::into_value),
        ));
    }
    let Some(method) = protocol::getattr_optional(raw, id!("readall"))? else {
        return Ok(None);
    };
    let answer = protocol::call0(&method)?;
    if !answer.is_none() && answer.downcast::<Bytes>().is_none() {
        bail!(TypeError, "readall() should return bytes");
    }
    Ok(Some(answer))
}

/// `raw.read()`: bytes, or None.
pub fn read_some(raw: &Value) -> PyResult<Value> {
    let answer = retry(|| protocol::call_method(raw, id!("read"), &[]))?;
    if !answer.is_none() && answer.downcast::<Bytes>().is_none() {
        bail!(TypeError, "read() should return bytes");
    }
    Ok(answer)
}

/// `BlockingIOError(errno, "write could not complete without blocking", written)`.
#[cold]
pub fn would_block(written: usize) -> Raised {
    let message = taipan_objects::str::Str::new("write could not complete without blocking");
    let args = vec![
        int::new(libc::EAGAIN.into()),
        message.into_value(),
        int::from_usize(written),
    ];
    exceptions::raise_args(ExceptionKind::BlockingIOError.class(), args)
}
