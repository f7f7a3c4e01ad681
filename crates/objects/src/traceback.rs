//! Traceback objects: where an exception passed, innermost last.
//!
//! A traceback names a frame and an instruction in it. The line number is found from the instruction only when somebody
//! asks: exceptions that are caught and forgotten, which is most of them, never need one. Frames belong to the interpreter,
//! so it lends the two things a traceback asks of them ([`FrameHooks`]).

use std::cell::Cell;

use taipan_macros::{class, methods};

use crate::cell::{Once, Slot};
use crate::class::Type;
use crate::list::List;
use crate::raised::PyResult;
use crate::str::Str;
use crate::value::{Ref, Value};
use crate::{heap, id, int};

/// What tracebacks ask of frames.
pub struct FrameHooks {
    /// The class of frame objects.
    pub class: fn() -> &'static Ref<Type>,
    /// The line of the instruction at a byte offset of the frame's code; `None` where it has no line.
    pub line: fn(frame: &Value, lasti: i32) -> Option<i32>,
}

static FRAME_HOOKS: Once<FrameHooks> = Once::new();

/// Installs what the interpreter knows of frames; called once at start-up.
pub fn set_frame_hooks(hooks: FrameHooks) {
    FRAME_HOOKS.set(hooks);
}

/// The line is found when it is asked for.
const LAZY: i32 = -1;

/// One step of an exception's way: a frame and where it was.
#[class(name = "traceback", doc = "Create a new traceback object.")]
pub struct Traceback {
    next: Slot<Ref<Traceback>>,
    frame: Value,
    #[untraced]
    lasti: i32,
    #[untraced]
    line: Cell<i32>,
}

impl Traceback {
    /// A traceback for `frame` at the instruction with byte offset `lasti`; `next` is one call deeper.
    pub fn new(next: Option<Ref<Traceback>>, frame: Value, lasti: i32) -> Ref<Traceback> {
        Traceback::with_line(next, frame, lasti, LAZY)
    }

    /// As [`Traceback::new`], with a known line.
    pub fn with_line(
        next: Option<Ref<Traceback>>,
        frame: Value,
        lasti: i32,
        line: i32,
    ) -> Ref<Traceback> {
        let traceback = Traceback {
            next: Slot::new(next),
            frame,
            lasti,
            line: Cell::new(line),
        };
        heap::new_object(<Traceback as crate::class::Payload>::class(), traceback)
    }

    /// The traceback one call deeper.
    pub fn next(&self) -> Option<Ref<Traceback>> {
        self.next.get()
    }

    /// The frame.
    pub fn frame(&self) -> &Value {
        &self.frame
    }

    /// Byte offset of the instruction.
    pub fn lasti(&self) -> i32 {
        self.lasti
    }

    /// The line number, if the instruction has one.
    pub fn line(&self) -> Option<i32> {
        if self.line.get() == LAZY && FRAME_HOOKS.is_set() {
            // An instruction without a line stays lazy: asking again costs little and is rare.
            self.line
                .set((FRAME_HOOKS.line)(&self.frame, self.lasti).unwrap_or(LAZY));
        }
        Some(self.line.get()).filter(|&line| line != LAZY)
    }
}

/// A traceback or nothing, from a value that must be a traceback or `None`.
fn traceback_or_none(value: &Value) -> PyResult<Option<Ref<Traceback>>> {
    if value.is_none() {
        return Ok(None);
    }
    match value.downcast::<Traceback>() {
        Some(traceback) => Ok(Some(traceback.clone())),
        None => bail!(
            TypeError,
            "expected traceback object or None, got '{}'",
            value.class().name()
        ),
    }
}

#[methods]
impl Traceback {
    #[new("(tb_next, tb_frame, tb_lasti, tb_lineno)")]
    fn py_new(
        _class: &Ref<Type>,
        tb_next: &Value,
        tb_frame: &Value,
        tb_lasti: i32,
        tb_lineno: i32,
    ) -> PyResult<Ref<Traceback>> {
        if FRAME_HOOKS.is_set() && !tb_frame.class().is((FRAME_HOOKS.class)()) {
            bail!(
                TypeError,
                "traceback() argument 'tb_frame' must be frame, not {}",
                tb_frame.class().name()
            );
        }
        let next = traceback_or_none(tb_next)?;
        Ok(Traceback::with_line(
            next,
            tb_frame.clone(),
            tb_lasti,
            tb_lineno,
        ))
    }

    #[getter(name = "tb_next")]
    fn py_next(&self) -> Option<Ref<Traceback>> {
        self.next()
    }

    #[setter(name = "tb_next")]
    fn py_set_next(this: &Ref<Traceback>, new: Option<&Value>) -> PyResult<()> {
        let Some(new) = new else {
            bail!(TypeError, "can't delete tb_next attribute")
        };
        let next = traceback_or_none(new)?;
        let mut cursor = next.clone();
        while let Some(traceback) = cursor {
            if traceback.is(this) {
                bail!(ValueError, "traceback loop detected");
            }
            cursor = traceback.next();
        }
        this.next.set(next);
        Ok(())
    }

    #[getter(name = "tb_frame", member)]
    fn py_frame(&self) -> Value {
        self.frame.clone()
    }

    #[getter(name = "tb_lasti", member)]
    fn py_lasti(&self) -> Value {
        int::new(i64::from(self.lasti))
    }

    #[getter(name = "tb_lineno")]
    fn py_line(&self) -> Option<i32> {
        self.line()
    }

    #[method("($self, /)", name = "__dir__", nosig)]
    fn py_dir(&self) -> Ref<List> {
        let names = [
            id!("tb_frame"),
            id!("tb_next"),
            id!("tb_lasti"),
            id!("tb_lineno"),
        ];
        List::new(
            names
                .iter()
                .map(|&name| Ref::<Str>::to_value(name))
                .collect(),
        )
    }
}
