//! Interprets the grammar over the tokens of a source, reading them one by one as they are
//! looked at: which token was looked at last decides what many errors point to.

use super::grammar::{
    Action, Alternative, Grammar, Item, Memo, RuleIdx, SOFT_KEYWORDS, Terminal, terminal_of_name,
};
use super::node::{Kind, Node, NodeIdx, Nodes, Range};
use super::report::Failure;
use crate::tokenizer::{Scanner, Token, TokenKind};

/// A token with what it is to the grammar.
#[derive(Clone, Copy)]
pub struct Terminated {
    pub token: Token,
    pub terminal: Terminal,
}

/// What an item matched.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// Something, or nothing, that is of no interest.
    Unit,
    /// A token, by number.
    Token(usize),
    /// A node.
    Node(NodeIdx),
}

/// The parse is over: an error was raised.
#[derive(Clone, Copy, Debug)]
pub struct Abort;

/// `Ok(None)` means no match.
pub type Matched = Result<Option<Value>, Abort>;

/// What a kept result was computed under.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Always(RuleIdx),
    InMode(RuleIdx, bool),
}

/// The parser.
pub struct Engine<'a> {
    grammar: &'static Grammar,
    pub source: &'a str,
    pub scanner: Scanner<'a>,
    pub tokens: Vec<Terminated>,
    memos: Vec<Vec<(Key, Option<Value>, usize)>>,
    /// The number of the next token.
    pub mark: usize,
    pub nodes: Nodes,
    /// Whether the alternatives that explain errors are tried.
    pub explaining: bool,
    /// The error that was raised.
    pub failure: Option<Failure>,
    /// Interactive input: the end of the source ends the statement, then the blocks.
    pub interactive: bool,
    pub keep_blocks_open: bool,
    pub barry: bool,
    pub max_digits: usize,
    parsing_started: bool,
    /// Line and byte column of the last statement that parsed.
    pub last_statement: (i32, i32),
}

/// The items that an alternative named.
pub struct Named {
    items: Vec<(char, Value)>,
    start: usize,
}

impl Named {
    /// An item by name.
    pub fn get(&self, name: char) -> Value {
        self.items
            .iter()
            .rev()
            .find(|(other, _)| *other == name)
            .map_or(Value::Unit, |(_, value)| *value)
    }

    /// The number of the alternative's first token.
    pub fn start(&self) -> usize {
        self.start
    }
}

impl<'a> Engine<'a> {
    /// A parser of a source.
    pub fn new(source: &'a str) -> Self {
        Self {
            grammar: Grammar::get(),
            source,
            scanner: Scanner::new(source, false),
            tokens: Vec::new(),
            memos: Vec::new(),
            mark: 0,
            nodes: Nodes::default(),
            explaining: false,
            failure: None,
            interactive: false,
            keep_blocks_open: false,
            barry: false,
            max_digits: 0,
            parsing_started: false,
            last_statement: (0, 0),
        }
    }

    /// Parses from the first token.
    pub fn parse(&mut self, start_rule: &str) -> Matched {
        self.mark = 0;
        self.rule(self.grammar.rule(start_rule))
    }

    /// Forgets all results, to parse again with the rules that explain errors.
    pub fn explain(&mut self) {
        self.memos.iter_mut().for_each(Vec::clear);
        self.last_statement = (0, 0);
        self.explaining = true;
    }

    /// The text of a token.
    pub fn text(&self, token: &Token) -> &'a str {
        self.source.get(token.start..token.end).unwrap_or("")
    }

    /// The token at the mark.
    pub fn peek(&mut self) -> Result<Terminated, Abort> {
        if self.mark == self.tokens.len() {
            self.read_token()?;
        }
        Ok(self.tokens[self.mark])
    }

    fn read_token(&mut self) -> Result<(), Abort> {
        let mut token = self.scanner.next_token();
        if self.interactive && token.kind == TokenKind::EndMarker && self.parsing_started {
            token.kind = TokenKind::Newline;
            self.parsing_started = false;
            if self.scanner.in_block() && !self.keep_blocks_open {
                self.scanner.close_blocks();
            }
        } else {
            self.parsing_started = true;
        }
        let terminal = match token.kind {
            TokenKind::Name => terminal_of_name(self.text(&token)),
            kind => kind as Terminal,
        };
        self.tokens.push(Terminated { token, terminal });
        self.memos.push(Vec::new());
        if token.kind == TokenKind::Error {
            return Err(self.tokenizer_error());
        }
        Ok(())
    }

    fn rule(&mut self, index: RuleIdx) -> Matched {
        let grammar = self.grammar;
        let rule = &grammar.rules[usize::from(index)];
        let key = match rule.memo {
            Memo::Never => return self.alternatives(&rule.alternatives),
            Memo::SameMode => Key::InMode(index, self.explaining),
            Memo::Always | Memo::LeftRecursive => Key::Always(index),
        };
        self.peek()?;
        let start = self.mark;
        if let Some((_, value, end)) = self.memos[start].iter().find(|(other, ..)| *other == key) {
            self.mark = *end;
            return Ok(*value);
        }
        let value = if rule.memo == Memo::LeftRecursive {
            self.grow(key, &rule.alternatives)?
        } else if rule.quiet {
            let explaining = std::mem::replace(&mut self.explaining, false);
            let value = self.alternatives(&rule.alternatives);
            self.explaining = explaining;
            value?
        } else {
            self.alternatives(&rule.alternatives)?
        };
        self.keep(start, key, value);
        Ok(value)
    }

    fn keep(&mut self, start: usize, key: Key, value: Option<Value>) {
        let end = self.mark;
        let memos = &mut self.memos[start];
        match memos.iter_mut().find(|(other, ..)| *other == key) {
            Some(memo) => (memo.1, memo.2) = (value, end),
            None => memos.push((key, value, end)),
        }
    }

    /// Grows a left recursion: what matched so far is what the recursion matches next time.
    fn grow(&mut self, key: Key, alternatives: &'static [Alternative]) -> Matched {
        let start = self.mark;
        let (mut best, mut best_end) = (None, start);
        loop {
            self.mark = best_end;
            self.keep(start, key, best);
            self.mark = start;
            let value = self.alternatives(alternatives)?;
            if value.is_none() || self.mark <= best_end {
                self.mark = best_end;
                return Ok(best);
            }
            (best, best_end) = (value, self.mark);
        }
    }

    fn alternatives(&mut self, alternatives: &'static [Alternative]) -> Matched {
        let start = self.mark;
        for alternative in alternatives {
            if alternative.explains_errors && !self.explaining {
                continue;
            }
            self.mark = start;
            let mut cut = false;
            let matched = self.alternative(alternative, &mut cut)?;
            if matched.is_some() {
                return Ok(matched);
            }
            if cut {
                break;
            }
        }
        self.mark = start;
        Ok(None)
    }

    fn alternative(&mut self, alternative: &'static Alternative, cut: &mut bool) -> Matched {
        let mut named = Named {
            items: Vec::new(),
            start: self.mark,
        };
        let mut values = Vec::new();
        for (name, item) in &alternative.items {
            if matches!(item, Item::Cut) {
                *cut = true;
                continue;
            }
            let Some(value) = self.item(item)? else {
                return Ok(None);
            };
            if let Some(name) = name {
                named.items.push((*name, value));
            }
            if !matches!(item, Item::Lookahead(..)) {
                values.push(value);
            }
        }
        match &alternative.action {
            Action::Default => Ok(Some(self.default_value(&values, named.start))),
            Action::Item(name) => Ok(Some(named.get(*name))),
            Action::Node(kind) => Ok(Some(self.node(*kind, &values, named.start))),
            Action::Call(function) => self.call(function, &named),
            Action::Error(error) => self.raise_action(error, &named),
            Action::Target(targets, name) => self.raise_target(*targets, named.get(*name)),
        }
    }

    /// The only item of an alternative, or else the nodes among its items.
    fn default_value(&mut self, values: &[Value], start: usize) -> Value {
        match values {
            [value] => *value,
            _ if values.iter().any(|value| matches!(value, Value::Node(_))) => {
                self.node(Kind::Sequence, values, start)
            }
            _ => Value::Unit,
        }
    }

    /// A node of the tokens from `start` to the mark.
    pub fn node(&mut self, kind: Kind, values: &[Value], start: usize) -> Value {
        let mut children = Vec::new();
        for value in values {
            if let Value::Node(index) = value {
                self.nodes.flattened(*index, &mut children);
            }
        }
        let first = self.tokens[start].token;
        let last = self.last_text_token();
        let range = Range {
            line: first.line,
            column: first.column,
            end_line: last.end_line,
            end_column: last.end_column,
        };
        Value::Node(self.nodes.add(Node {
            kind,
            range,
            first_token: start,
            children,
        }))
    }

    /// The last token before the mark that is no newline, indentation or end.
    fn last_text_token(&self) -> Token {
        let is_text = |token: &Token| {
            !matches!(
                token.kind,
                TokenKind::EndMarker | TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent
            )
        };
        let before = &self.tokens[..self.mark];
        let last = before.iter().rfind(|terminated| is_text(&terminated.token));
        last.unwrap_or(&self.tokens[0]).token
    }

    fn item(&mut self, item: &'static Item) -> Matched {
        match item {
            Item::Terminal(terminal) => self.terminal(*terminal),
            Item::Forced(terminal, text) => {
                let next = self.peek()?;
                if next.terminal == *terminal {
                    self.mark += 1;
                    return Ok(Some(Value::Unit));
                }
                self.raise_range(&format!("expected '{text}'"), Range::from(&next.token))
            }
            Item::SoftKeyword(text) => {
                let next = self.peek()?;
                let matches =
                    next.terminal == TokenKind::Name as Terminal && self.text(&next.token) == *text;
                Ok(matches.then(|| self.take()))
            }
            Item::AnySoftKeyword => {
                let next = self.peek()?;
                let text = self.text(&next.token);
                let matches =
                    next.terminal == TokenKind::Name as Terminal && SOFT_KEYWORDS.contains(&text);
                Ok(matches.then(|| self.take()))
            }
            Item::Rule(index) => self.rule(*index),
            Item::Group(alternatives) => self.alternatives(alternatives),
            Item::Optional(item) => {
                let start = self.mark;
                let value = self.item(item)?;
                if value.is_none() {
                    self.mark = start;
                }
                Ok(value.or(Some(Value::Unit)))
            }
            Item::Repeat(item, minimum) => self.repeat(item, *minimum),
            Item::Separated(item, separator) => self.separated(item, separator),
            Item::Lookahead(item, positive) => {
                let start = self.mark;
                let matched = self.item(item)?.is_some();
                self.mark = start;
                Ok((matched == *positive).then_some(Value::Unit))
            }
            Item::Cut => Ok(Some(Value::Unit)),
        }
    }

    fn terminal(&mut self, terminal: Terminal) -> Matched {
        let next = self.peek()?;
        if next.terminal != terminal {
            return Ok(None);
        }
        let value = self.take();
        if terminal == TokenKind::Number as Terminal {
            self.check_digits(&next.token)?;
        }
        Ok(Some(value))
    }

    fn take(&mut self) -> Value {
        self.mark += 1;
        Value::Token(self.mark - 1)
    }

    fn repeat(&mut self, item: &'static Item, minimum: usize) -> Matched {
        let start = self.mark;
        let mut values = Vec::new();
        loop {
            let before = self.mark;
            match self.item(item)? {
                Some(value) if self.mark > before => values.push(value),
                _ => {
                    self.mark = before;
                    break;
                }
            }
        }
        if values.len() < minimum {
            self.mark = start;
            return Ok(None);
        }
        Ok(Some(self.sequence(&values, start)))
    }

    fn separated(&mut self, item: &'static Item, separator: &'static Item) -> Matched {
        let start = self.mark;
        let mut values = Vec::new();
        match self.item(item)? {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
        loop {
            let before = self.mark;
            if self.item(separator)?.is_none() {
                self.mark = before;
                break;
            }
            match self.item(item)? {
                Some(value) => values.push(value),
                None => {
                    self.mark = before;
                    break;
                }
            }
        }
        Ok(Some(self.sequence(&values, start)))
    }

    /// Nodes side by side; tokens among them count as nodes of their own.
    fn sequence(&mut self, values: &[Value], start: usize) -> Value {
        if !values.iter().any(|value| matches!(value, Value::Node(_))) {
            return Value::Unit;
        }
        self.node(Kind::Sequence, values, start)
    }
}
