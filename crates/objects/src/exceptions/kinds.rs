//! Every builtin exception class, once: name, base, payload, what it adds, documentation.
//!
//! The table gives the enum [`ExceptionKind`], the class definitions and the order of their creation (bases come first).
//! A class that adds nothing to its base shares its base's payload; `[function]` names what fills the class with methods
//! and slots of its own.

use crate::cell::Once;
use crate::class::{ClassBuilder, ClassDef, ClassFlags, Payload, Type, create_builtin};
use crate::value::Ref;

use super::base::{self, BaseException};
use super::{
    AttributeError, ImportError, NameError, StopIteration, SyntaxError, SystemExit, UnicodeError,
};
use super::{ExceptionGroup, OsError, group, os_error, simple, syntax, unicode};

macro_rules! build_or_nothing {
    () => {
        nothing
    };
    ($build:path) => {
        $build
    };
}

fn nothing(_: &ClassBuilder<'_>) {}

const fn text_or_none(text: &'static str) -> Option<&'static str> {
    if text.is_empty() { None } else { Some(text) }
}

fn object_class() -> &'static Ref<Type> {
    crate::object::Object::class()
}

macro_rules! exceptions {
    ($root:ident $root_payload:ident $([$root_build:path])? $root_doc:literal;
     $($name:ident($base:ident) $payload:ident $([$build:path])? $doc:literal;)*) => {
        /// A builtin exception class.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr(u8)]
        #[allow(clippy::empty_docs, reason = "ExceptionGroup has no docstring of its own")]
        pub enum ExceptionKind {
            #[doc = $root_doc]
            $root,
            $(#[doc = $doc] $name,)*
        }

        impl ExceptionKind {
            /// Every builtin exception class, bases first.
            pub const ALL: &'static [ExceptionKind] = &[ExceptionKind::$root, $(ExceptionKind::$name,)*];

            /// The class's name.
            pub const fn name(self) -> &'static str {
                match self {
                    ExceptionKind::$root => stringify!($root),
                    $(ExceptionKind::$name => stringify!($name),)*
                }
            }
        }

        static DEFINITIONS: [ClassDef; ExceptionKind::ALL.len()] = [
            ClassDef {
                name: stringify!($root),
                module: "builtins",
                doc: text_or_none($root_doc),
                signature: Once::new(),
                flags: ClassFlags::BASETYPE | ClassFlags::EXCEPTION | ClassFlags::ATTRIBUTES | ClassFlags::EXTRAS,
                layout: <$root_payload as Payload>::layout,
                base: Some(object_class),
                build: build_or_nothing!($($root_build)?),
            },
            $(ClassDef {
                name: stringify!($name),
                module: "builtins",
                doc: text_or_none($doc),
                signature: Once::new(),
                flags: ClassFlags::BASETYPE,
                layout: <$payload as Payload>::layout,
                base: Some(|| ExceptionKind::$base.class()),
                build: build_or_nothing!($($build)?),
            },)*
        ];
    };
}

exceptions! {
    BaseException BaseException [base::build] "Common base class for all exceptions.";
    Exception(BaseException) BaseException "Common base class for all non-exit exceptions.";
    GeneratorExit(BaseException) BaseException "Request that a generator exit.";
    KeyboardInterrupt(BaseException) BaseException "Program interrupted by user.";
    SystemExit(BaseException) SystemExit [simple::build_system_exit] "Request to exit from the interpreter.";
    BaseExceptionGroup(BaseException) ExceptionGroup [group::build] "A combination of multiple unrelated exceptions.";
    ExceptionGroup(BaseExceptionGroup) ExceptionGroup "";
    ArithmeticError(Exception) BaseException "Base class for arithmetic errors.";
    FloatingPointError(ArithmeticError) BaseException "Floating-point operation failed.";
    OverflowError(ArithmeticError) BaseException "Result too large to be represented.";
    ZeroDivisionError(ArithmeticError) BaseException "Second argument to a division or modulo operation was zero.";
    AssertionError(Exception) BaseException "Assertion failed.";
    AttributeError(Exception) AttributeError [simple::build_attribute_error] "Attribute not found.";
    BufferError(Exception) BaseException "Buffer error.";
    EOFError(Exception) BaseException "Read beyond end of file.";
    ImportError(Exception) ImportError [simple::build_import_error] "Import can't find module, or can't find name in module.";
    ModuleNotFoundError(ImportError) ImportError "Module not found.";
    LookupError(Exception) BaseException "Base class for lookup errors.";
    IndexError(LookupError) BaseException "Sequence index out of range.";
    KeyError(LookupError) BaseException [base::build_key_error] "Mapping key not found.";
    MemoryError(Exception) BaseException "Out of memory.";
    NameError(Exception) NameError [simple::build_name_error] "Name not found globally.";
    UnboundLocalError(NameError) NameError "Local name referenced but not bound to a value.";
    OSError(Exception) OsError [os_error::build] "Base class for I/O related errors.";
    BlockingIOError(OSError) OsError "I/O operation would block.";
    ChildProcessError(OSError) OsError "Child process error.";
    ConnectionError(OSError) OsError "Connection error.";
    BrokenPipeError(ConnectionError) OsError "Broken pipe.";
    ConnectionAbortedError(ConnectionError) OsError "Connection aborted.";
    ConnectionRefusedError(ConnectionError) OsError "Connection refused.";
    ConnectionResetError(ConnectionError) OsError "Connection reset.";
    FileExistsError(OSError) OsError "File already exists.";
    FileNotFoundError(OSError) OsError "File not found.";
    InterruptedError(OSError) OsError "Interrupted by signal.";
    IsADirectoryError(OSError) OsError "Operation doesn't work on directories.";
    NotADirectoryError(OSError) OsError "Operation only works on directories.";
    PermissionError(OSError) OsError "Not enough permissions.";
    ProcessLookupError(OSError) OsError "Process not found.";
    TimeoutError(OSError) OsError "Timeout expired.";
    ReferenceError(Exception) BaseException "Weak ref proxy used after referent went away.";
    RuntimeError(Exception) BaseException "Unspecified run-time error.";
    NotImplementedError(RuntimeError) BaseException "Method or function hasn't been implemented yet.";
    PythonFinalizationError(RuntimeError) BaseException "Operation blocked during Python finalization.";
    RecursionError(RuntimeError) BaseException "Recursion limit exceeded.";
    StopAsyncIteration(Exception) BaseException "Signal the end from iterator.__anext__().";
    StopIteration(Exception) StopIteration [simple::build_stop_iteration] "Signal the end from iterator.__next__().";
    SyntaxError(Exception) SyntaxError [syntax::build] "Invalid syntax.";
    _IncompleteInputError(SyntaxError) SyntaxError "incomplete input.";
    IndentationError(SyntaxError) SyntaxError "Improper indentation.";
    TabError(IndentationError) SyntaxError "Improper mixture of spaces and tabs.";
    SystemError(Exception) BaseException "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version.";
    TypeError(Exception) BaseException "Inappropriate argument type.";
    ValueError(Exception) BaseException "Inappropriate argument value (of correct type).";
    UnicodeError(ValueError) BaseException "Unicode related error.";
    UnicodeDecodeError(UnicodeError) UnicodeError [unicode::build_decode] "Unicode decoding error.";
    UnicodeEncodeError(UnicodeError) UnicodeError [unicode::build_encode] "Unicode encoding error.";
    UnicodeTranslateError(UnicodeError) UnicodeError [unicode::build_translate] "Unicode translation error.";
    Warning(Exception) BaseException "Base class for warning categories.";
    BytesWarning(Warning) BaseException "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str.";
    DeprecationWarning(Warning) BaseException "Base class for warnings about deprecated features.";
    EncodingWarning(Warning) BaseException "Base class for warnings about encodings.";
    FutureWarning(Warning) BaseException "Base class for warnings about constructs that will change semantically\nin the future.";
    ImportWarning(Warning) BaseException "Base class for warnings about probable mistakes in module imports";
    PendingDeprecationWarning(Warning) BaseException "Base class for warnings about features which will be deprecated\nin the future.";
    ResourceWarning(Warning) BaseException "Base class for warnings about resource usage.";
    RuntimeWarning(Warning) BaseException "Base class for warnings about dubious runtime behavior.";
    SyntaxWarning(Warning) BaseException "Base class for warnings about dubious syntax.";
    UnicodeWarning(Warning) BaseException "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems.";
    UserWarning(Warning) BaseException "Base class for warnings generated by user code.";
}

static CLASSES: [Once<Ref<Type>>; ExceptionKind::ALL.len()] =
    [const { Once::new() }; ExceptionKind::ALL.len()];

impl ExceptionKind {
    /// The class.
    #[inline(always)]
    pub fn class(self) -> &'static Ref<Type> {
        &CLASSES[self as usize]
    }

    /// The kind whose class is exactly `class`.
    pub fn of_class(class: &Ref<Type>) -> Option<ExceptionKind> {
        ExceptionKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.class().is(class))
    }
}

/// Makes all classes of the table. Runs once, after `object`, `type`, `str`, `tuple` and `dict` exist.
pub fn init_classes() {
    for &kind in ExceptionKind::ALL {
        create_builtin(&DEFINITIONS[kind as usize], &CLASSES[kind as usize]);
    }
    group::add_exception_base(ExceptionKind::ExceptionGroup.class());
}
