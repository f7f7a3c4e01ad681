//! The kinds of tokens, numbered as Python's `token` module numbers them.

/// The kind of a token; `as u8` is its number in Python's `token` module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(
    missing_docs,
    reason = "each is the constant of the same name in the `token` module"
)]
pub enum TokenKind {
    EndMarker = 0,
    Name = 1,
    Number = 2,
    String = 3,
    Newline = 4,
    Indent = 5,
    Dedent = 6,
    LeftParen = 7,
    RightParen = 8,
    LeftBracket = 9,
    RightBracket = 10,
    Colon = 11,
    Comma = 12,
    Semicolon = 13,
    Plus = 14,
    Minus = 15,
    Star = 16,
    Slash = 17,
    VerticalBar = 18,
    Ampersand = 19,
    Less = 20,
    Greater = 21,
    Equal = 22,
    Dot = 23,
    Percent = 24,
    LeftBrace = 25,
    RightBrace = 26,
    EqualEqual = 27,
    NotEqual = 28,
    LessEqual = 29,
    GreaterEqual = 30,
    Tilde = 31,
    Circumflex = 32,
    LeftShift = 33,
    RightShift = 34,
    DoubleStar = 35,
    PlusEqual = 36,
    MinusEqual = 37,
    StarEqual = 38,
    SlashEqual = 39,
    PercentEqual = 40,
    AmpersandEqual = 41,
    VerticalBarEqual = 42,
    CircumflexEqual = 43,
    LeftShiftEqual = 44,
    RightShiftEqual = 45,
    DoubleStarEqual = 46,
    DoubleSlash = 47,
    DoubleSlashEqual = 48,
    At = 49,
    AtEqual = 50,
    RightArrow = 51,
    Ellipsis = 52,
    ColonEqual = 53,
    Exclamation = 54,
    Op = 55,
    FStringStart = 59,
    FStringMiddle = 60,
    FStringEnd = 61,
    TStringStart = 62,
    TStringMiddle = 63,
    TStringEnd = 64,
    Comment = 65,
    NonLogicalNewline = 66,
    Error = 67,
}

use TokenKind as K;

/// The operators, longest first among those that begin alike.
const OPERATORS: [(&str, TokenKind); 49] = [
    ("**=", K::DoubleStarEqual),
    ("//=", K::DoubleSlashEqual),
    ("<<=", K::LeftShiftEqual),
    (">>=", K::RightShiftEqual),
    ("...", K::Ellipsis),
    ("!=", K::NotEqual),
    ("<>", K::NotEqual),
    ("%=", K::PercentEqual),
    ("&=", K::AmpersandEqual),
    ("**", K::DoubleStar),
    ("*=", K::StarEqual),
    ("+=", K::PlusEqual),
    ("-=", K::MinusEqual),
    ("->", K::RightArrow),
    ("//", K::DoubleSlash),
    ("/=", K::SlashEqual),
    (":=", K::ColonEqual),
    ("<<", K::LeftShift),
    ("<=", K::LessEqual),
    ("==", K::EqualEqual),
    (">=", K::GreaterEqual),
    (">>", K::RightShift),
    ("@=", K::AtEqual),
    ("^=", K::CircumflexEqual),
    ("|=", K::VerticalBarEqual),
    ("!", K::Exclamation),
    ("%", K::Percent),
    ("&", K::Ampersand),
    ("(", K::LeftParen),
    (")", K::RightParen),
    ("*", K::Star),
    ("+", K::Plus),
    (",", K::Comma),
    ("-", K::Minus),
    (".", K::Dot),
    ("/", K::Slash),
    (":", K::Colon),
    (";", K::Semicolon),
    ("<", K::Less),
    ("=", K::Equal),
    (">", K::Greater),
    ("@", K::At),
    ("[", K::LeftBracket),
    ("]", K::RightBracket),
    ("^", K::Circumflex),
    ("{", K::LeftBrace),
    ("|", K::VerticalBar),
    ("}", K::RightBrace),
    ("~", K::Tilde),
];

impl TokenKind {
    /// The kind of an operator's text; other text has none.
    pub fn of_operator(text: &str) -> Option<Self> {
        OPERATORS
            .iter()
            .find(|(operator, _)| *operator == text)
            .map(|(_, kind)| *kind)
    }

    /// The operator that `bytes` begin with, and its length.
    pub(crate) fn operator_at(bytes: &[u8]) -> (Self, usize) {
        OPERATORS
            .iter()
            .find(|(operator, _)| bytes.starts_with(operator.as_bytes()))
            .map_or((K::Op, 1), |(operator, kind)| (*kind, operator.len()))
    }

    /// Whether the token is a string or a part of one, which may span lines.
    pub(crate) fn is_string_part(self) -> bool {
        matches!(
            self,
            K::String
                | K::FStringStart
                | K::FStringMiddle
                | K::FStringEnd
                | K::TStringStart
                | K::TStringMiddle
                | K::TStringEnd
        )
    }
}
