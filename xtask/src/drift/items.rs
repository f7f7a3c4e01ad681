//! The top-level items of a generated header: tables, switch functions, and what else there is by name.
//!
//! A table is an array with an initializer; its rows are kept as a tree of tokens. A function is kept as its body.
//! Declarations without a value (prototypes, structs, typedefs) say nothing that the tables do not, and are read over.

use super::tokens::{Kind, Misread, Source, Token};

/// What stands in front of a row's value.
#[derive(Clone, Debug)]
pub enum Key {
    /// `[INDEX] =`
    Index(Vec<Token>),
    /// `.FIELD =`
    Field(String),
}

/// One value of an initializer, with its key if it has one.
#[derive(Clone, Debug)]
pub struct Row {
    pub line: usize,
    pub key: Option<Key>,
    pub value: Value,
}

/// A list in braces, or the tokens of one value.
#[derive(Clone, Debug)]
pub enum Value {
    List(Vec<Row>),
    Plain(Vec<Token>),
}

/// An item that holds values.
#[derive(Debug)]
pub enum Body {
    Table(Vec<Row>),
    Function(Vec<Token>),
    /// An `enum`, or a variable that is no table.
    Other(&'static str),
}

/// One item with its name.
#[derive(Debug)]
pub struct Item {
    pub name: String,
    pub line: usize,
    pub body: Body,
}

/// The items of a file.
pub fn items(source: &Source) -> Result<Vec<Item>, Misread> {
    let mut reader = Reader::new(&source.path, &source.tokens);
    let mut items = Vec::new();
    let mut open_blocks = 0usize;
    while let Some(token) = reader.peek() {
        let line = token.line;
        if reader.accept(";") {
            continue;
        }
        if reader.accept("}") {
            open_blocks = open_blocks
                .checked_sub(1)
                .ok_or_else(|| reader.misread_at(line, "`}` closes nothing"))?;
            continue;
        }
        if reader.opens_linkage_block() {
            open_blocks += 1;
            continue;
        }
        items.extend(reader.item()?);
    }
    if open_blocks > 0 {
        return Err(reader.misread("the file ends in a block"));
    }
    Ok(items)
}

/// A cursor over tokens that knows where it is.
pub struct Reader<'a> {
    path: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at the first token.
    pub fn new(path: &'a str, tokens: &'a [Token]) -> Reader<'a> {
        Reader {
            path,
            tokens,
            at: 0,
        }
    }

    /// The token that comes next.
    pub fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    /// Takes a token.
    pub fn next(&mut self) -> Result<&'a Token, Misread> {
        let token = self
            .peek()
            .ok_or_else(|| self.misread("the file ends too early"))?;
        self.at += 1;
        Ok(token)
    }

    /// Takes this name or mark if it comes next.
    pub fn accept(&mut self, text: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(text));
        self.at += usize::from(found);
        found
    }

    /// Takes this name or mark.
    pub fn expect(&mut self, text: &str) -> Result<(), Misread> {
        if self.accept(text) {
            return Ok(());
        }
        Err(match self.peek() {
            Some(token) => self.misread(format!("expected `{text}`, found `{}`", token.text)),
            None => self.misread(format!("expected `{text}`, but the text ends")),
        })
    }

    /// Takes a name.
    pub fn name(&mut self) -> Result<&'a Token, Misread> {
        let token = self.next()?;
        if token.kind == Kind::Name {
            return Ok(token);
        }
        Err(self.misread_at(
            token.line,
            format!("expected a name, found `{}`", token.text),
        ))
    }

    /// A misread at the token that comes next, or at the last one.
    pub fn misread(&self, what: impl Into<String>) -> Misread {
        let last = self.tokens.get(self.at).or_else(|| self.tokens.last());
        self.misread_at(last.map_or(0, |token| token.line), what)
    }

    /// A misread at a line.
    pub fn misread_at(&self, line: usize, what: impl Into<String>) -> Misread {
        Misread {
            path: self.path.to_string(),
            line,
            what: what.into(),
        }
    }

    /// Tokens up to one of `ends` outside of all brackets; the end itself is not taken.
    pub fn until(&mut self, ends: &[&str]) -> Result<&'a [Token], Misread> {
        let start = self.at;
        let mut open: Vec<&Token> = Vec::new();
        while let Some(token) = self.peek() {
            if open.is_empty() && ends.iter().any(|end| token.is(end)) {
                return Ok(&self.tokens[start..self.at]);
            }
            match token.text.as_str() {
                _ if token.kind != Kind::Mark => {}
                "(" | "[" | "{" => open.push(token),
                ")" | "]" | "}" => match open.pop() {
                    Some(opener) if closes(&opener.text, &token.text) => {}
                    Some(opener) => {
                        let what = format!(
                            "`{}` is closed by the `{}` of line {}",
                            opener.text, token.text, token.line
                        );
                        return Err(self.misread_at(opener.line, what));
                    }
                    None => return Err(self.misread(format!("`{}` closes nothing", token.text))),
                },
                _ => {}
            }
            self.at += 1;
        }
        let line = self.tokens.get(start).map_or(0, |token| token.line);
        Err(self.misread_at(line, format!("`{}` is missing", ends.join("` or `"))))
    }

    /// `extern "C" {`
    fn opens_linkage_block(&mut self) -> bool {
        let [first, language, brace, ..] = &self.tokens[self.at..] else {
            return false;
        };
        let opens = first.is("extern") && language.kind == Kind::Text && brace.is("{");
        self.at += if opens { 3 } else { 0 };
        opens
    }

    fn item(&mut self) -> Result<Option<Item>, Misread> {
        let line = self.misread("").line;
        if self.peek().is_some_and(|token| token.is("typedef")) {
            self.until(&[";"])?;
            return Ok(None);
        }
        let head = self.until(&["=", "{", ";"])?;
        if self.accept(";") {
            return Ok(None);
        }
        let name_before = |mark: &str| {
            let at = head.iter().position(|token| token.is(mark))?;
            let before = head.get(at.checked_sub(1)?)?;
            (before.kind == Kind::Name).then(|| before.text.clone())
        };
        let last_name = || {
            let mut names = head.iter().rev().filter(|token| token.kind == Kind::Name);
            names.next().map(|token| token.text.clone())
        };
        let nameless = || self.misread_at(line, "a declaration without a name");
        if self.tokens[self.at].is("=") {
            let name = name_before("[").or_else(last_name).ok_or_else(nameless)?;
            self.expect("=")?;
            let body = if self.accept("{") {
                Body::Table(self.rows()?)
            } else {
                self.until(&[";"])?;
                Body::Other("variable")
            };
            self.expect(";")?;
            return Ok(Some(Item { name, line, body }));
        }
        let keyword = head.first().map_or("", |token| token.text.as_str());
        if let Some(name) = name_before("(") {
            self.expect("{")?;
            let body = self.until(&["}"])?.to_vec();
            self.expect("}")?;
            let body = Body::Function(body);
            return Ok(Some(Item { name, line, body }));
        }
        let name = last_name().ok_or_else(nameless)?;
        self.expect("{")?;
        self.until(&["}"])?;
        self.expect("}")?;
        self.until(&[";"])?;
        self.expect(";")?;
        let body = Body::Other("enum");
        Ok((keyword == "enum").then_some(Item { name, line, body }))
    }

    /// The rows of an initializer, behind its `{`; takes the `}`.
    fn rows(&mut self) -> Result<Vec<Row>, Misread> {
        let mut rows = Vec::new();
        while !self.accept("}") {
            let line = self.misread("").line;
            let key = if self.accept("[") {
                let start = self.at;
                self.until(&["]"])?;
                self.expect("]")?;
                // A table of tables has one index behind the other.
                while self.accept("[") {
                    self.until(&["]"])?;
                    self.expect("]")?;
                }
                let index = self.tokens[start..self.at - 1].to_vec();
                self.expect("=")?;
                Some(Key::Index(index))
            } else if self.accept(".") {
                let field = self.name()?.text.clone();
                self.expect("=")?;
                Some(Key::Field(field))
            } else {
                None
            };
            let value = if self.accept("{") {
                Value::List(self.rows()?)
            } else {
                let tokens = self.until(&[",", "}", ";"])?.to_vec();
                if tokens.is_empty() {
                    return Err(self.misread("a value is missing"));
                }
                Value::Plain(tokens)
            };
            rows.push(Row { line, key, value });
            if !self.accept(",") && !self.peek().is_some_and(|token| token.is("}")) {
                return Err(self.misread("expected `,` or `}`"));
            }
        }
        Ok(rows)
    }
}

fn closes(opener: &str, closer: &str) -> bool {
    matches!((opener, closer), ("(", ")") | ("[", "]") | ("{", "}"))
}

/// The cases of a function that is one `switch` and returns in each: the names, their line, what is returned.
pub fn cases(
    path: &str,
    item: &Item,
    body: &[Token],
) -> Result<Vec<(String, usize, Vec<Token>)>, Misread> {
    let mut reader = Reader::new(path, body);
    if body.is_empty() {
        return Err(reader.misread_at(item.line, format!("{} is empty", item.name)));
    }
    reader.expect("switch")?;
    reader.expect("(")?;
    reader.until(&[")"])?;
    reader.expect(")")?;
    reader.expect("{")?;
    let mut cases = Vec::new();
    let mut waiting = Vec::new();
    while !reader.accept("}") {
        if reader.accept("case") {
            let name = reader.name()?;
            reader.expect(":")?;
            waiting.push((name.text.clone(), name.line));
            continue;
        }
        if reader.accept("default") {
            reader.expect(":")?;
            reader.expect("return")?;
            reader.until(&[";"])?;
            reader.expect(";")?;
            continue;
        }
        reader.expect("return")?;
        let value = reader.until(&[";"])?;
        reader.expect(";")?;
        if waiting.is_empty() {
            return Err(reader.misread("a return that belongs to no case"));
        }
        for (name, line) in waiting.drain(..) {
            cases.push((name, line, value.to_vec()));
        }
    }
    if !waiting.is_empty() {
        return Err(reader.misread("a case without a return"));
    }
    match reader.peek() {
        None => Ok(cases),
        Some(token) => {
            Err(reader.misread_at(token.line, format!("`{}` behind the switch", token.text)))
        }
    }
}
