//! C text as tokens and `#define`s, each with its line.
//!
//! A small lexer: names, numbers, strings, marks. It knows no grammar and runs no preprocessor: conditions are read over,
//! so both sides of an `#if` are seen, and a macro keeps its tokens. What it cannot read is a `Misread` that names the place.

use std::fmt;

/// A place that cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Misread {
    pub path: String,
    /// Counted from 1; 0 is the file as a whole.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Name,
    Number,
    Text,
    Char,
    Mark,
}

/// One token with its place.
#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    /// A string without its quotes; everything else as it is written.
    pub text: String,
    pub line: usize,
    /// No white space stands before it.
    pub is_glued: bool,
}

impl Token {
    /// Whether it is this name or mark.
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Name | Kind::Mark) && self.text == text
    }
}

/// A macro with its value unexpanded.
#[derive(Clone, Debug)]
pub struct Define {
    pub name: String,
    pub line: usize,
    pub has_parameters: bool,
    pub value: Vec<Token>,
}

/// A file: its code and its macros.
#[derive(Debug)]
pub struct Source {
    pub path: String,
    pub tokens: Vec<Token>,
    pub defines: Vec<Define>,
}

/// Tokens as they were written.
pub fn written(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        if !token.is_glued && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&token.text);
    }
    text
}

/// Longest first.
const MARKS: [&str; 24] = [
    "<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##", "::",
];
const SINGLE_MARKS: &str = "{}[]();,:?.<>=+-*/%&|^!~#";
/// Directives that say nothing about values.
const CONDITIONS: [&str; 8] = [
    "if", "ifdef", "ifndef", "elif", "elifdef", "elifndef", "else", "endif",
];
/// Directives whose rest is free text.
const FREE_TEXT: [&str; 5] = ["include", "error", "warning", "pragma", "line"];

/// Reads a file.
pub fn read(path: &str, text: &str) -> Result<Source, Misread> {
    let mut lexer = Lexer {
        path,
        text,
        at: 0,
        line: 1,
        is_glued: false,
        source: Source {
            path: path.to_string(),
            tokens: Vec::new(),
            defines: Vec::new(),
        },
    };
    lexer.run()?;
    Ok(lexer.source)
}

struct Lexer<'a> {
    path: &'a str,
    text: &'a str,
    at: usize,
    line: usize,
    is_glued: bool,
    source: Source,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn misread(&self, line: usize, what: impl Into<String>) -> Misread {
        Misread {
            path: self.path.to_string(),
            line,
            what: what.into(),
        }
    }

    fn run(&mut self) -> Result<(), Misread> {
        let mut starts_line = true;
        while self.skip_space(&mut starts_line)? {
            if starts_line && self.rest().starts_with('#') {
                self.at += 1;
                self.directive()?;
            } else {
                let token = self.token()?;
                self.source.tokens.push(token);
            }
            starts_line = false;
        }
        Ok(())
    }

    /// Goes to the next token; false at the end of the text.
    fn skip_space(&mut self, starts_line: &mut bool) -> Result<bool, Misread> {
        loop {
            if self.skip_blank()? {
                continue;
            }
            if self.rest().starts_with('\n') {
                self.newline();
                *starts_line = true;
                continue;
            }
            return Ok(!self.rest().is_empty());
        }
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line += 1;
        self.is_glued = false;
    }

    /// Skips one blank, comment or spliced line end; false if there is none.
    fn skip_blank(&mut self) -> Result<bool, Misread> {
        let rest = self.rest();
        let length = if let Some(after) = rest.strip_prefix("/*") {
            let Some(end) = after.find("*/") else {
                return Err(self.misread(self.line, "a comment without an end"));
            };
            end + 4
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("\\\n") {
            2
        } else if rest.starts_with("\\\r\n") {
            3
        } else {
            match rest.chars().next() {
                Some(' ' | '\t' | '\r' | '\x0b' | '\x0c') => 1,
                _ => return Ok(false),
            }
        };
        self.line += rest[..length].matches('\n').count();
        self.at += length;
        self.is_glued = false;
        Ok(true)
    }

    fn directive(&mut self) -> Result<(), Misread> {
        let line = self.line;
        let mut words = Vec::new();
        loop {
            if self.skip_blank()? {
                continue;
            }
            if self.rest().is_empty() || self.rest().starts_with('\n') {
                break;
            }
            let word = self.token()?;
            let is_free = words.is_empty() && FREE_TEXT.contains(&word.text.as_str());
            words.push(word);
            if is_free {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                break;
            }
        }
        let Some(first) = words.first() else {
            return Ok(());
        };
        match first.text.as_str() {
            "define" => {
                let Some(name) = words.get(1).filter(|word| word.kind == Kind::Name) else {
                    return Err(self.misread(line, "a #define without a name"));
                };
                let opens = |word: &Token| word.is("(") && word.is_glued;
                self.source.defines.push(Define {
                    name: name.text.clone(),
                    line,
                    has_parameters: words.get(2).is_some_and(opens),
                    value: words[2..].to_vec(),
                });
            }
            "undef" => {}
            other if CONDITIONS.contains(&other) || FREE_TEXT.contains(&other) => {}
            other => return Err(self.misread(line, format!("an unknown directive #{other}"))),
        }
        Ok(())
    }

    fn token(&mut self) -> Result<Token, Misread> {
        let line = self.line;
        let is_glued = self.is_glued;
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or_default();
        let starts_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let (kind, length) = if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            (Kind::Name, end.unwrap_or(rest.len()))
        } else if starts_number(rest) || (first == '.' && starts_number(&rest[1..])) {
            (Kind::Number, number_length(rest))
        } else if first == '"' || first == '\'' {
            let kind = if first == '"' { Kind::Text } else { Kind::Char };
            let Some(end) = quoted_length(rest, first) else {
                return Err(self.misread(line, "a quote without an end"));
            };
            (kind, end)
        } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            (Kind::Mark, mark.len())
        } else if SINGLE_MARKS.contains(first) {
            (Kind::Mark, first.len_utf8())
        } else {
            return Err(self.misread(line, format!("`{first}` is no C")));
        };
        let text = match kind {
            Kind::Text => &rest[1..length - 1],
            _ => &rest[..length],
        };
        let text = text.to_string();
        self.at += length;
        self.is_glued = true;
        Ok(Token {
            kind,
            text,
            line,
            is_glued,
        })
    }
}

/// A preprocessing number: digits, letters, dots, and a sign behind an exponent.
fn number_length(text: &str) -> usize {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let is_sign = (c == '+' || c == '-') && "eEpP".contains(before) && !text.starts_with("0x");
        if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || is_sign) {
            return at;
        }
        before = c;
    }
    text.len()
}

/// The length of a quoted text with its quotes; nothing if the line ends in it.
fn quoted_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return None,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}
