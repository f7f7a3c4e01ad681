//! Integer expressions of C: stack effects in `oparg` and the values of macros.
//!
//! Parsed by precedence, evaluated in 64 bits. Names are looked up by the caller; `Py_MAX` and `Py_MIN` are the only calls.

use super::tokens::{Kind, Token};

/// An expression as a tree; operators are kept as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    Number(i64),
    Name(String),
    Unary(String, Box<Expression>),
    Binary(String, Box<Expression>, Box<Expression>),
    Choice(Box<Expression>, Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
}

/// Binary operators, loosest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", ">", "<=", ">="],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// How deep parentheses may nest.
const MOST_NESTED: usize = 64;

/// Parses all of `tokens`.
pub fn parse(tokens: &[Token]) -> Result<Expression, String> {
    let mut parser = Parser {
        tokens,
        at: 0,
        nested: 0,
    };
    let expression = parser.choice()?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(format!("`{}` is too much", token.text)),
    }
}

/// A C integer with its suffixes.
pub fn integer(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(['u', 'U', 'l', 'L']);
    if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        return i64::from_str_radix(hex, 16).ok();
    }
    match digits.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => i64::from_str_radix(octal, 8).ok(),
        _ => digits.parse().ok(),
    }
}

impl Expression {
    /// Its value, with names as `value_of` says.
    pub fn value(&self, value_of: &dyn Fn(&str) -> Option<i64>) -> Result<i64, String> {
        let value = |expression: &Expression| expression.value(value_of);
        Ok(match self {
            Expression::Number(number) => *number,
            Expression::Name(name) => {
                value_of(name).ok_or_else(|| format!("`{name}` has no value"))?
            }
            Expression::Unary(mark, of) => {
                let of = value(of)?;
                match mark.as_str() {
                    "-" => of.wrapping_neg(),
                    "~" => !of,
                    "!" => i64::from(of == 0),
                    _ => of,
                }
            }
            Expression::Binary(mark, left, right) => binary(mark, value(left)?, value(right)?)?,
            Expression::Choice(condition, then, otherwise) => {
                if value(condition)? != 0 {
                    value(then)?
                } else {
                    value(otherwise)?
                }
            }
            Expression::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
                ("Py_MAX", [left, right]) => value(left)?.max(value(right)?),
                ("Py_MIN", [left, right]) => value(left)?.min(value(right)?),
                _ => return Err(format!("a call of `{name}`")),
            },
        })
    }
}

fn binary(mark: &str, left: i64, right: i64) -> Result<i64, String> {
    let shift = u32::try_from(right).unwrap_or(u32::MAX);
    let result = match mark {
        "||" => Some(i64::from(left != 0 || right != 0)),
        "&&" => Some(i64::from(left != 0 && right != 0)),
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&" => Some(left & right),
        "==" => Some(i64::from(left == right)),
        "!=" => Some(i64::from(left != right)),
        "<" => Some(i64::from(left < right)),
        ">" => Some(i64::from(left > right)),
        "<=" => Some(i64::from(left <= right)),
        ">=" => Some(i64::from(left >= right)),
        "<<" => left.checked_shl(shift),
        ">>" => left.checked_shr(shift),
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        _ => None,
    };
    result.ok_or_else(|| format!("`{left} {mark} {right}` has no value"))
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    nested: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn accept(&mut self, text: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(text));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.accept(text) {
            return Ok(());
        }
        match self.peek() {
            Some(token) => Err(format!("expected `{text}`, found `{}`", token.text)),
            None => Err(format!("expected `{text}`, found the end")),
        }
    }

    fn choice(&mut self) -> Result<Expression, String> {
        self.nested += 1;
        if self.nested > MOST_NESTED {
            return Err("an expression that nests too deep".to_string());
        }
        let mut expression = self.level(0)?;
        if self.accept("?") {
            let then = self.choice()?;
            self.expect(":")?;
            let otherwise = self.choice()?;
            expression =
                Expression::Choice(Box::new(expression), Box::new(then), Box::new(otherwise));
        }
        self.nested -= 1;
        Ok(expression)
    }

    fn level(&mut self, level: usize) -> Result<Expression, String> {
        let Some(marks) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.level(level + 1)?;
        while let Some(mark) = marks
            .iter()
            .find(|mark| self.peek().is_some_and(|token| token.is(mark)))
        {
            self.at += 1;
            let right = self.level(level + 1)?;
            left = Expression::Binary((*mark).to_string(), Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        let mut marks = Vec::new();
        while let Some(mark) = ["-", "+", "~", "!"].iter().find(|mark| self.accept(mark)) {
            marks.push((*mark).to_string());
        }
        let mut of = self.primary()?;
        while let Some(mark) = marks.pop() {
            of = Expression::Unary(mark, Box::new(of));
        }
        Ok(of)
    }

    fn primary(&mut self) -> Result<Expression, String> {
        let Some(token) = self.peek().cloned() else {
            return Err("an expression that ends too early".to_string());
        };
        self.at += 1;
        match token.kind {
            Kind::Number => integer(&token.text)
                .map(Expression::Number)
                .ok_or_else(|| format!("`{}` is no integer", token.text)),
            Kind::Name if self.accept("(") => {
                let mut arguments = vec![self.choice()?];
                while self.accept(",") {
                    arguments.push(self.choice()?);
                }
                self.expect(")")?;
                Ok(Expression::Call(token.text, arguments))
            }
            Kind::Name => Ok(Expression::Name(token.text)),
            Kind::Mark if token.text == "(" => {
                let inner = self.choice()?;
                self.expect(")")?;
                Ok(inner)
            }
            _ => Err(format!("`{}` in an expression", token.text)),
        }
    }
}
