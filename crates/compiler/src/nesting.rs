//! How deeply a source nests, measured on its tokens before anything recurses over it.
//!
//! The parser grows its own stack, but it returns trees of any depth, and every pass after it,
//! the drop of the tree included, recurses once or more for each level. So the depth is bounded
//! first. A bound is enough: within a bracket, between commas, the operands of `n` operators
//! nest at most `n` deep, and one of them may hold the deepest inner bracket. What exceeds the
//! limits is refused with the exception CPython raises where its own stack ends; the rest runs
//! on a stack sized for its bound.
//!
//! Invariant: a tree parsed from a source that [`check`] accepts is at most [`TREE_LIMIT`] deep.

use crate::error::{ErrorKind, SyntaxError, Warning};
use crate::tokenizer::{Scanner, TokenKind as K};
use crate::warnings;

/// The deepest syntax tree that is compiled.
const DEPTH_LIMIT: u32 = 6000;

/// What the wrapped passes are told: the bound counts operators, and statements, comprehensions
/// and arguments around them add levels of their own.
pub(crate) const TREE_LIMIT: usize = DEPTH_LIMIT as usize + 1000;

/// A lambda is a code object, which the runtime marshals and frees by recursion, and CPython's
/// parser takes several levels for one.
const LAMBDA_WEIGHT: u32 = DEPTH_LIMIT / 1000;

/// The longest chain of `elif`, over all enclosing blocks: CPython's parser recurses for each.
const ELIF_LIMIT: u32 = 3900;

/// The deepest nesting of comprehensions: the time of the wrapped passes doubles with each.
const COMPREHENSION_LIMIT: u32 = 18;

/// Stack for one level of the deepest pass (measured: 0.9 to 2 KB), and for everything else:
/// 200 brackets with comprehensions in them take up to 3.3 KB each, 100 blocks up to 6.
const BYTES_PER_LEVEL: usize = 4096;
const BASE_STACK: usize = 2 * 1024 * 1024;

/// Stack for diagnosing an error: the interpreter of the grammar takes dozens of calls to get from
/// an expression to the expression in parentheses inside it, for 200 brackets at most.
const EXPLAINING_STACK: usize = 16 * 1024 * 1024;
const EXPLAINING_BYTES_PER_LEVEL: usize = 8192;

/// How much stack the passes over one source need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    bytes: usize,
}

impl Stack {
    /// Enough for any tree within [`TREE_LIMIT`].
    pub(crate) const DEEPEST: Self = Self::for_levels(TREE_LIMIT);

    /// Enough to diagnose an error in a source that [`measure`] accepts.
    pub(crate) const EXPLAINING: Self = Self {
        bytes: EXPLAINING_STACK + TREE_LIMIT * EXPLAINING_BYTES_PER_LEVEL,
    };

    const fn for_levels(levels: usize) -> Self {
        Self {
            bytes: BASE_STACK + levels * BYTES_PER_LEVEL,
        }
    }
}

/// Runs `work` with at least that much stack below it.
pub(crate) fn with_stack<T>(stack: Stack, work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(stack.bytes, stack.bytes, work)
}

/// Runs `work` with enough stack to walk, or drop, the deepest tree that a source can have.
pub fn with_deep_stack<T>(work: impl FnOnce() -> T) -> T {
    with_stack(Stack::DEEPEST, work)
}

/// What the tokens of a source say before it is parsed.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// The stack its passes need.
    pub stack: Stack,
    /// Whether the tokenizer reaches the end of the source without an error.
    pub tokenizes: bool,
    /// The warnings of the tokenizer and of string literals.
    pub warnings: Vec<Warning>,
}

/// Measures a source, up to the tokenizer's first error; refuses what nests too deeply.
pub(crate) fn measure(source: &str, filename: &str) -> Result<Measured, SyntaxError> {
    let mut scanner = Scanner::new(source, false);
    let mut walk = Walk::new();
    let mut warnings = Vec::new();
    let tokenizes = loop {
        let token = scanner.next_token();
        let text = source.get(token.start..token.end).unwrap_or("");
        match token.kind {
            K::EndMarker => break true,
            K::Error => break false,
            kind => walk.token(kind, text),
        }
        warnings.append(&mut scanner.warnings);
        if token.kind.is_string_part() && memchr::memchr(b'\\', text.as_bytes()).is_some() {
            warnings.extend(warnings::about_string(
                &token,
                text,
                scanner.in_raw_string(),
            ));
        }
        if let Some(too_deep) = walk.too_deep {
            return Err(refusal(too_deep, filename));
        }
    };
    walk.end_segment();
    let levels = walk.deepest + walk.elifs_at_most + 100;
    Ok(Measured {
        stack: Stack::for_levels(levels as usize),
        tokenizes,
        warnings,
    })
}

fn refusal(too_deep: TooDeep, filename: &str) -> SyntaxError {
    match too_deep {
        TooDeep::Parser => SyntaxError::bare(
            ErrorKind::Memory,
            "Parser stack overflowed - Python source too complex to parse",
            filename,
        ),
        TooDeep::Tree => SyntaxError::bare(
            ErrorKind::Recursion,
            "maximum recursion depth exceeded during compilation",
            filename,
        ),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TooDeep {
    /// CPython's parser would recurse too deeply.
    Parser,
    /// CPython's parser loops, and the passes over its tree recurse too deeply.
    Tree,
}

/// The bound of one bracket, of the statement outside all brackets, or of an f-string.
#[derive(Clone, Copy, Default)]
struct Group {
    /// Operators since the last comma.
    chain: u32,
    /// The bound of the deepest inner group since the last comma.
    inner: u32,
    /// The bound of the deepest segment that a comma ended.
    deepest: u32,
    /// Lambdas whose parameter list is open: its commas separate no operands.
    lambdas: u32,
    /// Parts of an f-string lie side by side.
    is_string: bool,
    /// Whether it is a comprehension, and the deepest nesting of those inside.
    has_for: bool,
    inner_comprehensions: u32,
}

impl Group {
    fn bound(&self) -> u32 {
        self.deepest.max(self.chain + self.inner)
    }

    fn end_segment(&mut self) {
        self.deepest = self.bound();
        self.chain = 0;
        self.inner = 0;
    }
}

struct Walk {
    groups: Vec<Group>,
    /// Operators in the open segments of all groups: the depth on the path to this token.
    open_chains: u32,
    deepest: u32,
    /// `elif`s so far in each open block, and their sum.
    elifs: Vec<u32>,
    elif_sum: u32,
    elifs_at_most: u32,
    /// Whether the next token begins a statement.
    at_statement: bool,
    /// Whether the statement is a `with`, whose items nest.
    in_with: bool,
    /// Whether the token before was an operator, so that a sign after it is a prefix.
    after_operator: bool,
    too_deep: Option<TooDeep>,
}

impl Walk {
    fn new() -> Self {
        Self {
            groups: vec![Group::default()],
            open_chains: 0,
            deepest: 0,
            elifs: vec![0],
            elif_sum: 0,
            elifs_at_most: 0,
            at_statement: true,
            in_with: false,
            after_operator: true,
            too_deep: None,
        }
    }

    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn token(&mut self, kind: K, text: &str) {
        if self.at_statement {
            self.statement_start(kind, text);
        }
        let after_operator = std::mem::replace(&mut self.after_operator, true);
        match kind {
            K::LeftParen | K::LeftBracket | K::LeftBrace => self.open(false),
            K::FStringStart | K::TStringStart => self.open(true),
            K::RightParen | K::RightBracket | K::RightBrace => {
                self.close();
                self.after_operator = false;
            }
            K::FStringEnd | K::TStringEnd => {
                self.close();
                self.after_operator = false;
            }
            K::Comma => self.comma(),
            K::Semicolon => self.end_segment(),
            // A target, a default or a keyword lies beside the value, not around it.
            K::Equal if self.group().lambdas == 0 => self.end_segment(),
            K::Newline => {
                self.end_segment();
                self.group().inner_comprehensions = 0;
                self.at_statement = true;
            }
            K::Indent => {
                self.elifs.push(0);
                self.at_statement = true;
            }
            K::Dedent => {
                let ended = self.elifs.pop().unwrap_or(0);
                self.elif_sum -= ended.min(self.elif_sum);
                self.at_statement = true;
            }
            K::Colon => {
                let group = self.group();
                group.lambdas = group.lambdas.saturating_sub(1);
            }
            K::Plus | K::Minus | K::Tilde if after_operator => self.deepen(1, TooDeep::Parser),
            K::DoubleStar => self.deepen(1, TooDeep::Parser),
            K::Plus
            | K::Minus
            | K::Tilde
            | K::Star
            | K::Slash
            | K::DoubleSlash
            | K::Percent
            | K::At
            | K::VerticalBar
            | K::Ampersand
            | K::Circumflex
            | K::LeftShift
            | K::RightShift
            | K::ColonEqual
            | K::Dot => self.deepen(1, TooDeep::Tree),
            K::Name => self.name(text),
            K::Number | K::String | K::Ellipsis => self.after_operator = false,
            _ => {}
        }
    }

    fn name(&mut self, text: &str) {
        match text {
            "not" | "if" | "else" | "await" | "yield" => self.deepen(1, TooDeep::Parser),
            "for" => {
                self.deepen(1, TooDeep::Tree);
                self.group().has_for = true;
            }
            "lambda" => {
                self.deepen(LAMBDA_WEIGHT, TooDeep::Parser);
                self.group().lambdas += 1;
            }
            "and" | "or" | "in" | "is" | "return" => {}
            _ => self.after_operator = false,
        }
    }

    fn statement_start(&mut self, kind: K, text: &str) {
        if matches!(kind, K::Indent | K::Dedent | K::Newline) {
            return;
        }
        self.at_statement = false;
        self.in_with = text == "with" || (text == "async" && kind == K::Name);
        if self.elifs.is_empty() {
            self.elifs.push(0);
        }
        let last = self.elifs.len() - 1;
        if text == "elif" {
            self.elifs[last] += 1;
            self.elif_sum += 1;
            self.elifs_at_most = self.elifs_at_most.max(self.elif_sum);
            if self.elif_sum > ELIF_LIMIT {
                self.too_deep = Some(TooDeep::Parser);
            }
        } else if text != "else" {
            self.elif_sum -= self.elifs[last].min(self.elif_sum);
            self.elifs[last] = 0;
        }
    }

    /// One level deeper, within the current segment.
    fn deepen(&mut self, levels: u32, kind: TooDeep) {
        self.group().chain += levels;
        self.open_chains += levels;
        self.notice(kind);
    }

    fn notice(&mut self, kind: TooDeep) {
        let group = self.group();
        let inner = group.inner;
        self.deepest = self.deepest.max(self.open_chains + inner);
        if self.deepest > DEPTH_LIMIT {
            self.too_deep = Some(kind);
        }
    }

    fn open(&mut self, is_string: bool) {
        // A bracket after an operand calls or subscripts it. Fields of an f-string do not.
        if !self.group().is_string {
            self.deepen(1, TooDeep::Tree);
        } else {
            self.open_chains += 1;
        }
        self.groups.push(Group {
            is_string,
            ..Group::default()
        });
    }

    fn close(&mut self) {
        let Some(closed) = self.groups.pop() else {
            return;
        };
        self.open_chains -= closed.chain.min(self.open_chains);
        let group = self.group();
        if group.is_string {
            self.open_chains -= 1.min(self.open_chains);
        }
        let comprehensions = closed.inner_comprehensions + u32::from(closed.has_for);
        let group = self.group();
        group.inner = group.inner.max(closed.bound());
        group.inner_comprehensions = group.inner_comprehensions.max(comprehensions);
        if comprehensions > COMPREHENSION_LIMIT {
            self.too_deep = Some(TooDeep::Tree);
        }
        self.notice(TooDeep::Tree);
    }

    fn comma(&mut self) {
        if self.group().lambdas > 0 {
            return;
        }
        if self.in_with && self.groups.len() <= 2 {
            self.deepen(1, TooDeep::Parser);
            return;
        }
        self.end_segment();
    }

    fn end_segment(&mut self) {
        let group = self.group();
        let chain = group.chain;
        group.end_segment();
        self.open_chains -= chain.min(self.open_chains);
    }
}
