//! What tidy lets pass, each with its reason: the one place where such lists are kept.

/// Modules that may hold `unsafe`, by path: a `.rs` file, or a folder with a `/` at its end. All others are safe
/// Rust. The reason is the invariant that the module's header states in full.
#[rustfmt::skip]
pub const UNSAFE_MODULES: &[(&str, &str)] = &[
    ("crates/objects/src/value.rs", "tagged bits of a value"),
    ("crates/objects/src/header.rs", "layout of a heap object"),
    ("crates/objects/src/cell.rs", "cells under the interpreter lock"),
    ("crates/objects/src/class/", "what is known of payload types"),
    ("crates/objects/src/instance.rs", "members and inline attributes"),
    ("crates/objects/src/runtime.rs", "the interpreter lock"),
    ("crates/objects/src/thread.rs", "the lock holder's state"),
    ("crates/objects/src/dict/", "the block of a dict"),
    ("crates/objects/src/list/", "the block of a list"),
    ("crates/objects/src/str/", "code points behind a payload"),
    ("crates/objects/src/tuple/", "items behind a payload"),
    ("crates/objects/src/heap/", "allocation and reference counts"),
    ("crates/objects/src/module.rs", "a namespace that is lent"),
    ("crates/objects/src/descriptors/property.rs", "a getter that is lent"),
    ("crates/objects/src/blocks.rs", "the process's allocator"),
    ("crates/objects/src/buffer.rs", "memory that an exporter keeps in place"),
    ("crates/objects/src/gc/", "headers of all objects"),
    ("crates/objects/src/set/", "the block of a set"),
    ("crates/objects/src/weakref/", "objects that may be dying"),
    ("crates/stdlib/src/sys/", "calls of the C library"),
    ("crates/stdlib/src/mmap/object.rs", "a mapping that lends its pages"),
    ("crates/interp/src/frame_stack.rs", "the stack of frames"),
    ("crates/interp/src/cursor.rs", "stack and instruction pointers"),
    ("crates/interp/src/bodies/", "words of the running frame"),
    ("crates/interp/src/call.rs", "words of a frame that is being made"),
    ("crates/interp/src/code.rs", "names lent while no Python code runs"),
    ("crates/interp/src/dispatch/", "registers of the loop"),
    ("crates/interp/src/eval.rs", "frames that are entered and left"),
    ("crates/interp/src/frame_attributes.rs", "frames behind frame objects"),
    ("crates/interp/src/frame_object.rs", "frames behind frame objects"),
    ("crates/interp/src/frames.rs", "the chain of frames"),
    ("crates/interp/src/generator/", "frames that generators own"),
    ("crates/interp/src/jump.rs", "the stack of a frame that jumps"),
    ("crates/interp/src/locals_proxy.rs", "locals of a frame"),
    ("crates/interp/src/monitoring/", "code units and frames that are instrumented"),
    ("crates/interp/src/specialize/", "inline caches and stack words"),
    ("crates/interp/src/uops/", "words of the running frame"),
    ("crates/interp/src/traces/", "steps and stack words; executors that are not owned"),
    ("crates/interp/src/versions.rs", "functions and code that are not owned"),
    ("crates/interp/src/unwind.rs", "frames that an exception leaves"),
    ("crates/jit/src/code_buffer.rs", "executable memory"),
    ("crates/jit/src/entry.rs", "calls into machine code"),
    ("crates/jit/src/libcalls.rs", "calls out of machine code"),
    ("crates/macros/src/function.rs", "it prints a receiver's view"),
];

/// Files over the length limit, by path, and why each is one thing.
pub const LONG_FILES: &[(&str, &str)] = &[];
