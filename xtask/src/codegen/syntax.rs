//! Reads `ops/ops.def` into statements.
//!
//! The grammar is described at the top of that file. This module knows only the shape of a statement; what the
//! names in it mean is `model`'s business. An error names the line.

use super::Failure;

/// How many stack slots one name of an effect stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    Fixed(u8),
    Oparg,
    OpargMinus(u8),
    OpargTimes(u8),
    LowBit,
    LowByte,
    HighByte,
}

impl Width {
    /// The number of slots for `oparg`.
    pub fn slots(self, oparg: i64) -> i64 {
        match self {
            Width::Fixed(n) => n.into(),
            Width::Oparg => oparg,
            Width::OpargMinus(n) => oparg - i64::from(n),
            Width::OpargTimes(n) => oparg * i64::from(n),
            Width::LowBit => oparg & 1,
            Width::LowByte => oparg & 0xFF,
            Width::HighByte => oparg >> 8,
        }
    }

    fn parse(text: &str) -> Option<Width> {
        Some(match text {
            "oparg" => Width::Oparg,
            "oparg&1" => Width::LowBit,
            "oparg&0xFF" => Width::LowByte,
            "oparg>>8" => Width::HighByte,
            _ => {
                if let Some(n) = text.strip_prefix("oparg-") {
                    Width::OpargMinus(n.parse().ok()?)
                } else if let Some(n) = text.strip_prefix("oparg*") {
                    Width::OpargTimes(n.parse().ok()?)
                } else {
                    Width::Fixed(text.parse().ok()?)
                }
            }
        })
    }
}

/// A named group of stack slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub name: String,
    pub width: Width,
}

/// A read of the inline cache; `_` skips.
#[derive(Clone, Debug)]
pub struct Operand {
    pub name: String,
    pub units: u8,
}

/// What an op reads from the inline cache, takes from the stack and leaves there.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    pub operands: Vec<Operand>,
    pub inputs: Vec<Slot>,
    pub outputs: Vec<Slot>,
}

/// Which bits of the opcode's oparg a uop of an expansion gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    Whole,
    Top,
    Bottom,
}

/// One part of an opcode.
#[derive(Clone, Debug)]
pub enum Part {
    Uop(String, Half),
    Step(String),
    Skip(u8),
    Rewind(u8),
}

/// A statement keyword that defines an opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpKeyword {
    Opcode,
    Inst,
    Instrumented,
}

/// `opcode`, `inst` or `instrumented`.
#[derive(Clone, Debug)]
pub struct OpStatement {
    pub line: usize,
    pub keyword: OpKeyword,
    pub name: String,
    pub number: u16,
    pub of: Option<String>,
    pub effect: Option<Effect>,
    pub words: Vec<String>,
    pub parts: Option<Vec<Part>>,
}

/// One statement of the file.
#[derive(Clone, Debug)]
pub enum Statement {
    Step {
        name: String,
        units: u8,
    },
    Uop {
        line: usize,
        name: String,
        effect: Effect,
        words: Vec<String>,
    },
    Op(OpStatement),
    Family {
        line: usize,
        name: String,
        cache: Vec<Operand>,
        members: Vec<OpStatement>,
    },
    Pseudo {
        line: usize,
        name: String,
        number: u16,
        effect: Effect,
        words: Vec<String>,
        targets: Vec<String>,
        sequence: bool,
    },
    Branch {
        opcode: String,
        stay: String,
        jump: String,
    },
}

const KEYWORDS: [&str; 8] = [
    "step",
    "uop",
    "opcode",
    "inst",
    "family",
    "instrumented",
    "pseudo",
    "branch",
];

/// Reads the whole file.
pub fn parse(text: &str) -> Result<Vec<Statement>, Failure> {
    let mut reader = Reader {
        tokens: tokens(text),
        at: 0,
    };
    let mut statements = Vec::new();
    while let Some(word) = reader.next() {
        let statement = reader
            .statement(&word)
            .map_err(|what| Failure(format!("ops/ops.def:{}: {what}", reader.line())))?;
        statements.push(statement);
    }
    Ok(statements)
}

struct Token {
    text: String,
    line: usize,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split('#').next().unwrap_or_default();
        let mut rest = code.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_ascii_alphanumeric() || "_/:".contains(c);
            let length = if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("--") || rest.starts_with(">>") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push(Token {
                text: rest[..length].to_string(),
                line: index + 1,
            });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

type Parsed<T> = Result<T, String>;

impl Reader {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(|token| token.text.as_str())
    }

    fn next(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token.text.clone())
    }

    fn line(&self) -> usize {
        let last = self.at.saturating_sub(1);
        self.tokens.get(last).map_or(0, |token| token.line)
    }

    fn word(&mut self, what: &str) -> Parsed<String> {
        self.next()
            .ok_or_else(|| format!("the file ends before {what}"))
    }

    fn expect(&mut self, text: &str) -> Parsed<()> {
        let found = self.word(text)?;
        if found == text {
            Ok(())
        } else {
            Err(format!("expected `{text}`, found `{found}`"))
        }
    }

    fn accept(&mut self, text: &str) -> bool {
        let found = self.peek() == Some(text);
        if found {
            self.at += 1;
        }
        found
    }

    fn number(&mut self) -> Parsed<u16> {
        let word = self.word("a number")?;
        word.parse()
            .map_err(|_| format!("expected a number, found `{word}`"))
    }

    fn statement(&mut self, keyword: &str) -> Parsed<Statement> {
        let line = self.line();
        Ok(match keyword {
            "step" => {
                let (name, units) = units_of(&self.word("a step")?)?;
                Statement::Step { name, units }
            }
            "uop" => Statement::Uop {
                line,
                name: self.word("a name")?,
                effect: self.effect()?,
                words: self.words(),
            },
            "opcode" | "inst" | "instrumented" => Statement::Op(self.op(keyword)?),
            "family" => self.family(line)?,
            "pseudo" => self.pseudo(line)?,
            "branch" => {
                let opcode = self.word("an opcode")?;
                self.expect("stay")?;
                let stay = self.word("a guard")?;
                self.expect("jump")?;
                let jump = self.word("a guard")?;
                Statement::Branch { opcode, stay, jump }
            }
            other => return Err(format!("`{other}` begins no statement")),
        })
    }

    fn op(&mut self, keyword: &str) -> Parsed<OpStatement> {
        let line = self.line();
        let keyword = match keyword {
            "opcode" => OpKeyword::Opcode,
            "inst" => OpKeyword::Inst,
            "instrumented" => OpKeyword::Instrumented,
            other => return Err(format!("`{other}` begins no member")),
        };
        let name = self.word("a name")?;
        let number = self.number()?;
        let of = if self.accept("of") {
            Some(self.word("an opcode")?)
        } else {
            None
        };
        let effect = if self.peek() == Some("(") {
            Some(self.effect()?)
        } else {
            None
        };
        let mut words = self.words();
        let parts = if self.accept("=") {
            let mut parts = Vec::new();
            for word in self.words() {
                parts.push(part(&word)?);
            }
            Some(parts)
        } else {
            None
        };
        if self.accept(":") {
            words.extend(self.words());
        }
        if keyword == OpKeyword::Opcode && parts.is_none() {
            return Err(format!("{name} has no parts"));
        }
        if keyword == OpKeyword::Inst && effect.is_none() {
            return Err(format!("{name} has no stack effect"));
        }
        if effect.is_none() && parts.is_none() {
            return Err(format!("{name} has neither parts nor a stack effect"));
        }
        Ok(OpStatement {
            line,
            keyword,
            name,
            number,
            of,
            effect,
            words,
            parts,
        })
    }

    fn family(&mut self, line: usize) -> Parsed<Statement> {
        let name = self.word("a name")?;
        let mut cache = Vec::new();
        if self.accept("cache") {
            while self.peek() != Some("{") {
                let (name, units) = units_of(&self.word("a cache field")?)?;
                cache.push(Operand { name, units });
            }
        }
        self.expect("{")?;
        let mut members = Vec::new();
        while !self.accept("}") {
            let keyword = self.word("a member")?;
            members.push(self.op(&keyword)?);
        }
        Ok(Statement::Family {
            line,
            name,
            cache,
            members,
        })
    }

    fn pseudo(&mut self, line: usize) -> Parsed<Statement> {
        let name = self.word("a name")?;
        let number = self.number()?;
        let effect = self.effect()?;
        let words = self.words();
        self.expect("=")?;
        let mut targets = self.words();
        let mut sequence = targets.len() > 1;
        while self.accept("|") {
            sequence = false;
            targets.extend(self.words());
        }
        Ok(Statement::Pseudo {
            line,
            name,
            number,
            effect,
            words,
            targets,
            sequence,
        })
    }

    /// Words up to a punctuation mark or the next statement.
    fn words(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        while let Some(word) = self.peek() {
            let ends = ["=", "|", ":", "{", "}", "("].contains(&word) || KEYWORDS.contains(&word);
            if ends {
                break;
            }
            words.extend(self.next());
        }
        words
    }

    fn effect(&mut self) -> Parsed<Effect> {
        self.expect("(")?;
        let mut effect = Effect::default();
        let mut before_dashes = true;
        loop {
            let word = self.word("`)`")?;
            match word.as_str() {
                ")" => break,
                "," => {}
                "--" => before_dashes = false,
                _ if word.contains('/') => {
                    let (name, units) = units_of(&word)?;
                    effect.operands.push(Operand { name, units });
                }
                _ => {
                    let slot = self.slot(word)?;
                    if before_dashes {
                        effect.inputs.push(slot);
                    } else {
                        effect.outputs.push(slot);
                    }
                }
            }
        }
        if before_dashes {
            return Err("a stack effect has no `--`".to_string());
        }
        Ok(effect)
    }

    fn slot(&mut self, name: String) -> Parsed<Slot> {
        let mut width = Width::Fixed(1);
        if self.accept("[") {
            let mut text = String::new();
            while !self.accept("]") {
                text.push_str(&self.word("`]`")?);
            }
            width = Width::parse(&text).ok_or_else(|| format!("`{text}` is no slot count"))?;
        }
        Ok(Slot { name, width })
    }
}

fn units_of(word: &str) -> Parsed<(String, u8)> {
    let (name, units) = word
        .split_once('/')
        .ok_or_else(|| format!("`{word}` lacks `/units`"))?;
    let units = units
        .parse()
        .map_err(|_| format!("`{word}`: units are a number"))?;
    Ok((name.to_string(), units))
}

fn part(word: &str) -> Parsed<Part> {
    if word.contains('/') {
        return match units_of(word)? {
            (name, units) if name == "cache" => Ok(Part::Skip(units)),
            (name, units) if name == "rewind" => Ok(Part::Rewind(units)),
            _ => Err(format!("`{word}` is no part")),
        };
    }
    if !word.starts_with('_') {
        return Ok(Part::Step(word.to_string()));
    }
    Ok(match word.split_once(':') {
        None => Part::Uop(word.to_string(), Half::Whole),
        Some((name, "top")) => Part::Uop(name.to_string(), Half::Top),
        Some((name, "bottom")) => Part::Uop(name.to_string(), Half::Bottom),
        Some(_) => return Err(format!("`{word}`: only :top and :bottom")),
    })
}
