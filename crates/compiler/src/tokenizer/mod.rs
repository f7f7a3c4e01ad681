//! CPython's tokenizer: the same tokens, the same positions, the same errors.
//!
//! Three things read it. The nesting check walks the tokens of every source before the parser
//! sees it; the diagnosis of a rejected source parses them again; and the `tokenize` module shows
//! them to Python programs ([`TokenStream`]).
//!
//! Invariant: what the tokenizer rejects, no Python parser accepts.

mod kind;
mod literal;
mod number;
mod scan;
mod stream;

pub use kind::TokenKind;
pub use stream::{TokenInfo, TokenStream, with_final_newline};

pub(crate) use scan::{Bracket, Done, Scanner, Token, characters};
