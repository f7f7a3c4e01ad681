//! What Python sees of frames.
//!
//! A frame object answers from the activation it points to, which runs, is suspended in a generator, or was moved into the
//! object when it ended. Assigning `f_lineno` is a jump, see [`crate::jump`].

use taipan_compiler::{flags, kinds};
use taipan_macros::methods;
use taipan_objects::bail;
use taipan_objects::class::Payload;
use taipan_objects::dict::Dict;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::traceback::FrameHooks;
use taipan_objects::value::{Ref, Value};

use crate::code::Code;
use crate::frame_object::{FrameObject, frame_object};
use crate::frame_stack::{FRAME_WORDS, Frame, FrameOwner, StackRef};
use crate::frames::first_complete;
use crate::generator::{self, State};
use crate::locals_proxy::FrameLocalsProxy;

/// What tracebacks ask of frames.
pub(crate) fn hooks() -> FrameHooks {
    FrameHooks {
        class: FrameObject::class,
        line: line_of,
    }
}

/// The line of the instruction at a byte offset of the frame's code.
fn line_of(frame: &Value, lasti: i32) -> Option<i32> {
    let code = frame.downcast::<FrameObject>()?.code();
    let line = if lasti < 0 {
        Some(code.first_line)
    } else {
        code.line_at(lasti as u32 / 2)
    };
    line.map(|line| line as i32)
}

/// Whether a variable of an inlined comprehension has a value now.
fn shows_hidden(frame: &FrameObject, code: &Code) -> bool {
    let hidden = code
        .localsplus_kinds
        .0
        .iter()
        .enumerate()
        .filter(|(_, kind)| **kind & kinds::HIDDEN != 0);
    hidden
        .map(|(index, _)| index)
        .any(|index| frame.local(index).is_some())
}

impl FrameObject {
    fn frame(&self) -> &Frame {
        // SAFETY: the frame is live while the object points to it; the reference is not kept across foreign code.
        unsafe { &*self.activation() }
    }

    /// Where the generator stands whose frame this is.
    fn generator_state(&self) -> Option<State> {
        generator::core_of_frame(self.activation()).map(|core| core.state())
    }

    /// The line that runs, if it has one.
    pub fn line(&self) -> Option<u32> {
        self.frame().line()
    }
}

/// `frame.f_locals`: the namespace of a module or class body, or a view of a function's variables.
pub fn frame_locals(this: &Ref<FrameObject>) -> Value {
    let code = this.code();
    if code.has_flag(flags::OPTIMIZED) || shows_hidden(this, &code) {
        return FrameLocalsProxy::new(this.clone()).into_value();
    }
    if let Some(namespace) = this.frame().namespace() {
        return namespace;
    }
    let namespace = Dict::new().into_value();
    // SAFETY: the frame is live, and has no namespace yet.
    unsafe { (*this.activation()).replace_namespace(StackRef::from_value(namespace.clone())) };
    namespace
}

#[methods]
impl FrameObject {
    #[slot(repr)]
    fn repr(this: &Ref<FrameObject>) -> PyResult<String> {
        let code = this.code();
        let line = this.line().map_or(-1, |line| line as i32);
        let file = protocol::repr(code.filename().as_value())?;
        Ok(format!(
            "<frame at {:#x}, file {}, line {line}, code {}>",
            this.as_value().id(),
            file.to_display(),
            code.name.to_display()
        ))
    }

    /// Clear all references held by the frame.
    #[method("($self, /)")]
    fn clear(this: &Ref<FrameObject>) -> PyResult<()> {
        match this.frame().kind.owner {
            FrameOwner::Thread | FrameOwner::Initializer => {
                bail!(RuntimeError, "cannot clear an executing frame")
            }
            FrameOwner::Generator => match this.generator_state() {
                Some(State::Running) => bail!(RuntimeError, "cannot clear an executing frame"),
                Some(State::Suspended) => bail!(RuntimeError, "cannot clear a suspended frame"),
                _ => {
                    if let Some(owner) = generator::owner_of_frame(this.activation()) {
                        generator::abandon(&owner);
                    }
                }
            },
            FrameOwner::FrameObject => {
                this.release();
                this.trace.set(None);
                this.extra_locals.set(None);
            }
        }
        Ok(())
    }

    /// Return the size of the frame in memory, in bytes.
    #[method("($self, /)")]
    fn __sizeof__(this: &Ref<FrameObject>) -> usize {
        let fixed = FrameObject::layout().size + FRAME_WORDS * 8;
        fixed + this.code().frame_size * 8
    }
}

#[methods(part = attributes)]
impl FrameObject {
    #[getter]
    fn f_back(this: &Ref<FrameObject>) -> Option<Value> {
        if this.frame().kind.owner == FrameOwner::FrameObject {
            return this.back.get();
        }
        if this
            .generator_state()
            .is_some_and(|state| state != State::Running)
        {
            return None;
        }
        // SAFETY: a running frame's callers are live.
        let caller = unsafe { first_complete(this.frame().previous) };
        (!caller.is_null()).then(|| frame_object(caller).into_value())
    }

    /// Return the mapping used by the frame to look up local variables.
    #[getter]
    fn f_locals(this: &Ref<FrameObject>) -> Value {
        frame_locals(this)
    }

    /// Return the current line number in the frame.
    #[getter]
    fn f_lineno(this: &Ref<FrameObject>) -> Option<u32> {
        this.line()
    }

    #[setter]
    fn set_f_lineno(this: &Ref<FrameObject>, value: Option<&Value>) -> PyResult<()> {
        crate::jump::set_line(this, value)
    }

    /// Return the trace function for this frame, or None if no trace function is set.
    #[getter]
    fn f_trace(this: &Ref<FrameObject>) -> Option<Value> {
        this.trace.get()
    }

    #[setter]
    fn set_f_trace(this: &Ref<FrameObject>, value: Option<&Value>) {
        this.trace
            .set(value.filter(|value| !value.is_none()).cloned());
        if !this.trace.is_empty() && this.trace_opcodes.get() {
            crate::tracing::trace_opcodes(this, true);
        }
    }

    /// Return the index of the last attempted instruction in the frame.
    #[getter]
    fn f_lasti(this: &Ref<FrameObject>) -> i32 {
        let index = this.frame().instruction_index();
        // A suspended generator is seen behind the instruction that suspended it.
        let behind = this
            .generator_state()
            .is_some_and(|state| matches!(state, State::Created | State::Suspended));
        if index < 0 {
            -1
        } else {
            (index + i32::from(behind)) * 2
        }
    }

    /// Return the global variables in the frame.
    #[getter]
    fn f_globals(this: &Ref<FrameObject>) -> Ref<Dict> {
        this.frame().globals().clone()
    }

    /// Return the built-in variables in the frame.
    #[getter]
    fn f_builtins(this: &Ref<FrameObject>) -> Value {
        this.frame().builtins().clone()
    }

    /// Return the code object being executed in this frame.
    #[getter]
    fn f_code(this: &Ref<FrameObject>) -> Ref<Code> {
        this.code()
    }

    /// Return True if opcode tracing is enabled, False otherwise.
    #[getter]
    fn f_trace_opcodes(this: &Ref<FrameObject>) -> bool {
        this.trace_opcodes.get()
    }

    #[setter]
    fn set_f_trace_opcodes(this: &Ref<FrameObject>, value: Option<&Value>) -> PyResult<()> {
        let wanted = boolean(value)?;
        this.trace_opcodes.set(wanted);
        if !wanted || !this.trace.is_empty() {
            crate::tracing::trace_opcodes(this, wanted);
        }
        Ok(())
    }

    #[getter(member)]
    fn f_trace_lines(this: &Ref<FrameObject>) -> bool {
        this.trace_lines.get()
    }

    #[setter(member)]
    fn set_f_trace_lines(this: &Ref<FrameObject>, value: Option<&Value>) -> PyResult<()> {
        if value.is_none() {
            bail!(TypeError, "can't delete numeric/char attribute");
        }
        this.trace_lines.set(boolean(value)?);
        Ok(())
    }

    /// Return the generator or coroutine associated with this frame, or None.
    #[getter]
    fn f_generator(this: &Ref<FrameObject>) -> Option<Value> {
        generator::owner_of_frame(this.activation())
    }
}

fn boolean(value: Option<&Value>) -> PyResult<bool> {
    match value {
        Some(value) if value.is_true() => Ok(true),
        Some(value) if value.is_false() => Ok(false),
        _ => bail!(TypeError, "attribute value type must be bool"),
    }
}
