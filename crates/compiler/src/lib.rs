//! Source text in, plain-data code objects out.
//!
//! The parser and the code generator are those of `rustpython-compiler`; this crate is the only
//! one that names them. What it adds is the boundary: bytes become text as PEP 263 says
//! ([`decode_source`]), nesting is measured before anything recurses over it ([`compile()`] never
//! overflows the stack), errors carry CPython's kind, words and columns ([`SyntaxError`]), and
//! the result is plain data ([`Code`]) that a runtime turns into its own objects, or that
//! [`marshal`] writes in CPython's format.
//!
//! Invariant: nothing here knows the runtime's objects, and no input panics.
#![forbid(unsafe_code)]
#![expect(
    clippy::result_large_err,
    reason = "an error ends its compilation, so its size is paid once"
)]

mod code;
mod compile;
mod decode;
mod diagnose;
mod doubts;
mod error;
mod feature_version;
mod function_type;
pub mod marshal;
mod nesting;
mod options;
mod symbols;
pub mod tokenizer;
mod warnings;

pub use code::{Code, Const, flags, kinds};
pub use compile::{Compiled, Parsed, compile, compile_ast, parse, preprocess};
pub use decode::{DecodeError, Decoded, decode_source};
pub use error::{ErrorKind, Position, SyntaxError, Warning};
pub use function_type::{FunctionType, parse_function_type};
pub use nesting::with_deep_stack;
pub use options::{Mode, Options};
pub use symbols::{Scope, ScopeKind, Symbol, symbol_table};

pub use malachite_bigint::BigInt;
/// The syntax tree, for the module that shows it to Python programs.
pub use ruff_python_ast as ast;
/// Source text with its line index, which the positions of the syntax tree refer to.
pub use ruff_source_file as source_file;
/// Byte offsets and ranges of the syntax tree.
pub use ruff_text_size as text_size;
/// The values that literals of the syntax tree stand for.
pub use rustpython_codegen::{
    compile::ruff_int_to_bigint as integer_value, interpolated_string_literal_value,
    interpolation_debug_text, string_literal_part_value, string_literal_value,
};
pub use rustpython_wtf8::Wtf8Buf;
