//! Compiled patterns: the code that `re._compiler` writes becomes instructions with resolved targets.
//!
//! Reading checks everything the machine relies on: targets lie in the program, group numbers below the group count, and
//! every path ends in [`Inst::Success`]. Code that is not well formed is refused.

use crate::sre::set::{Category, Fold, Set, SetItem};

/// The index of an instruction.
pub type Pc = u32;

/// No upper bound of a repeat.
pub const UNLIMITED: u32 = u32::MAX;

/// A pattern of one character.
#[derive(Clone, Debug)]
pub enum Item {
    /// All but a line feed.
    Any,
    /// Everything.
    AnyAll,
    /// One character.
    Literal(u32),
    /// All but one character.
    NotLiteral(u32),
    /// One character, in either case.
    LiteralIgnore(Fold, u32),
    /// All but one character in either case.
    NotLiteralIgnore(Fold, u32),
    /// A set.
    Set(Box<Set>),
    /// A set, in either case.
    SetIgnore(Fold, Box<Set>),
    /// A category.
    Category(Category),
    /// Nothing.
    Never,
}

/// A condition on a place in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// The start of the text.
    Beginning,
    /// The start of a line.
    BeginningLine,
    /// The end of the text, or before a line feed there.
    End,
    /// The end of a line.
    EndLine,
    /// The end of the text.
    EndString,
    /// A boundary of a word (or none), in ASCII or Unicode.
    Boundary {
        /// Which letters words are made of.
        unicode: bool,
        /// Whether there must be no boundary.
        negated: bool,
    },
}

/// An instruction.
#[derive(Debug)]
pub enum Inst {
    /// The pattern, or the part of it that stands for itself, has matched.
    Success,
    /// One character.
    One(Item),
    /// A condition.
    At(At),
    /// Remembers the place as mark number so-and-so.
    Mark(u32),
    /// Goes on elsewhere.
    Jump(Pc),
    /// Tries what follows, then what stands at `next`.
    Branch {
        /// The next alternative.
        next: Pc,
        /// What the alternative begins with.
        first: Option<Box<Item>>,
    },
    /// Enters a loop, whose `Until` stands at `until`.
    Repeat {
        /// The fewest rounds.
        min: u32,
        /// The most rounds.
        max: u32,
        /// The end of the body.
        until: Pc,
    },
    /// The end of a loop's body: tries another round first, or last.
    Until {
        /// Whether as few rounds as possible are tried first.
        lazy: bool,
    },
    /// As many items as possible, then what follows.
    RepeatOne {
        /// The item.
        item: Item,
        /// The fewest items.
        min: u32,
        /// The most items.
        max: u32,
        /// The character that follows, if it is one.
        tail: Option<u32>,
    },
    /// As few items as possible, then what follows.
    LazyOne {
        /// The item.
        item: Item,
        /// The fewest items.
        min: u32,
        /// The most items.
        max: u32,
    },
    /// As many items as possible, none given back.
    PossessiveOne {
        /// The item.
        item: Item,
        /// The fewest items.
        min: u32,
        /// The most items.
        max: u32,
    },
    /// As many rounds of what follows as possible, none given back; then what stands at `tail`.
    Possessive {
        /// The fewest rounds.
        min: u32,
        /// The most rounds.
        max: u32,
        /// What stands behind the loop.
        tail: Pc,
    },
    /// The first match of what follows; then what stands at `tail`.
    Atomic {
        /// What stands behind the group.
        tail: Pc,
    },
    /// Whether what follows matches (or not) `back` characters before; then what stands at `tail`.
    Assert {
        /// How far back.
        back: u32,
        /// What stands behind the assertion.
        tail: Pc,
        /// Whether it must not match.
        negated: bool,
    },
    /// The text of a group again.
    GroupRef {
        /// The group, from 0.
        group: u32,
        /// How case is ignored, if it is.
        fold: Option<Fold>,
    },
    /// Goes on if the group has matched, else at `otherwise`.
    IfGroup {
        /// The group, from 0.
        group: u32,
        /// Where to go if it has not.
        otherwise: Pc,
    },
}

/// A pattern that can be run.
#[derive(Debug, Default)]
pub struct Program {
    /// The instructions.
    pub insts: Vec<Inst>,
    /// Number of groups.
    pub groups: usize,
    /// The fewest characters of a match.
    pub min_width: usize,
    /// What every match begins with.
    pub prefix: Vec<u32>,
    /// Whether the prefix is all there is.
    pub only_prefix: bool,
    /// What the first character of every match is among.
    pub first: Option<Set>,
}

/// The code is not what the compiler of patterns writes.
#[derive(Debug)]
pub struct Malformed;

type Checked<T> = Result<T, Malformed>;

/// The opcodes, by their numbers in `re._constants`.
mod op {
    pub const FAILURE: u32 = 0;
    pub const SUCCESS: u32 = 1;
    pub const ANY: u32 = 2;
    pub const ANY_ALL: u32 = 3;
    pub const ASSERT: u32 = 4;
    pub const ASSERT_NOT: u32 = 5;
    pub const AT: u32 = 6;
    pub const BRANCH: u32 = 7;
    pub const CATEGORY: u32 = 8;
    pub const CHARSET: u32 = 9;
    pub const BIGCHARSET: u32 = 10;
    pub const GROUPREF: u32 = 11;
    pub const GROUPREF_EXISTS: u32 = 12;
    pub const IN: u32 = 13;
    pub const INFO: u32 = 14;
    pub const JUMP: u32 = 15;
    pub const LITERAL: u32 = 16;
    pub const MARK: u32 = 17;
    pub const MAX_UNTIL: u32 = 18;
    pub const MIN_UNTIL: u32 = 19;
    pub const NOT_LITERAL: u32 = 20;
    pub const NEGATE: u32 = 21;
    pub const RANGE: u32 = 22;
    pub const REPEAT: u32 = 23;
    pub const REPEAT_ONE: u32 = 24;
    pub const MIN_REPEAT_ONE: u32 = 26;
    pub const ATOMIC_GROUP: u32 = 27;
    pub const POSSESSIVE_REPEAT: u32 = 28;
    pub const POSSESSIVE_REPEAT_ONE: u32 = 29;
    pub const GROUPREF_IGNORE: u32 = 30;
    pub const IN_IGNORE: u32 = 31;
    pub const LITERAL_IGNORE: u32 = 32;
    pub const NOT_LITERAL_IGNORE: u32 = 33;
    pub const GROUPREF_LOC_IGNORE: u32 = 34;
    pub const IN_LOC_IGNORE: u32 = 35;
    pub const LITERAL_LOC_IGNORE: u32 = 36;
    pub const NOT_LITERAL_LOC_IGNORE: u32 = 37;
    pub const GROUPREF_UNI_IGNORE: u32 = 38;
    pub const IN_UNI_IGNORE: u32 = 39;
    pub const LITERAL_UNI_IGNORE: u32 = 40;
    pub const NOT_LITERAL_UNI_IGNORE: u32 = 41;
    pub const RANGE_UNI_IGNORE: u32 = 42;
}

/// Bits of an INFO block's mask.
const INFO_PREFIX: u32 = 1;
const INFO_LITERAL: u32 = 2;
const INFO_CHARSET: u32 = 4;

struct Reader<'a> {
    code: &'a [u32],
    insts: Vec<Inst>,
    groups: usize,
}

/// Reads the code of a pattern with so many groups.
pub fn read(code: &[u32], groups: usize) -> Checked<Program> {
    let mut reader = Reader {
        code,
        insts: Vec::new(),
        groups,
    };
    let mut program = Program {
        groups,
        ..Program::default()
    };
    let mut at = 0;
    if reader.word(0)? == op::INFO {
        reader.info(&mut program)?;
        at = reader.target(1)?;
    }
    let end = code.len().checked_sub(1).ok_or(Malformed)?;
    if reader.word(end)? != op::SUCCESS || reader.block(at, end)?.is_some() {
        return Err(Malformed);
    }
    reader.insts.push(Inst::Success);
    reader.note_tails();
    program.insts = reader.insts;
    Ok(program)
}

impl Reader<'_> {
    fn word(&self, at: usize) -> Checked<u32> {
        self.code.get(at).copied().ok_or(Malformed)
    }

    /// Where the skip at `at` leads to.
    fn target(&self, at: usize) -> Checked<usize> {
        let target = at.checked_add(self.word(at)? as usize).ok_or(Malformed)?;
        if target > at && target <= self.code.len() {
            Ok(target)
        } else {
            Err(Malformed)
        }
    }

    fn pc(&self) -> Pc {
        self.insts.len() as Pc
    }

    fn info(&self, program: &mut Program) -> Checked<()> {
        let end = self.target(1)?;
        let mask = self.word(2)?;
        program.min_width = self.word(3)? as usize;
        if mask & INFO_PREFIX != 0 {
            let length = self.word(5)? as usize;
            let prefix = self
                .code
                .get(7..7usize.checked_add(length).ok_or(Malformed)?)
                .ok_or(Malformed)?;
            program.prefix = prefix.to_vec();
            program.only_prefix = mask & INFO_LITERAL != 0;
        } else if mask & INFO_CHARSET != 0 {
            program.first = Some(self.set(5, end)?);
        }
        Ok(())
    }

    /// The set between `at` and `end`, where its mark of the end stands last.
    fn set(&self, mut at: usize, end: usize) -> Checked<Set> {
        let mut items = Vec::new();
        while at < end {
            let code = self.word(at)?;
            at += 1;
            let item = match code {
                op::FAILURE => break,
                op::NEGATE => SetItem::Negate,
                op::LITERAL => SetItem::Literal(self.word(at)?),
                op::CATEGORY => {
                    SetItem::Category(Category::of_code(self.word(at)?).ok_or(Malformed)?)
                }
                op::RANGE => SetItem::Range(self.word(at)?, self.word(at + 1)?),
                op::RANGE_UNI_IGNORE => SetItem::RangeIgnore(self.word(at)?, self.word(at + 1)?),
                op::CHARSET => SetItem::Bitmap(self.bitmap(at)?),
                op::BIGCHARSET => self.big_map(at)?,
                _ => return Err(Malformed),
            };
            at += match &item {
                SetItem::Negate => 0,
                SetItem::Literal(_) | SetItem::Category(_) => 1,
                SetItem::Range(..) | SetItem::RangeIgnore(..) => 2,
                SetItem::Bitmap(_) => 8,
                SetItem::BigMap(_, bitmaps) => 1 + 64 + 8 * bitmaps.len(),
            };
            items.push(item);
        }
        Ok(Set::new(items))
    }

    fn bitmap(&self, at: usize) -> Checked<[u32; 8]> {
        self.code
            .get(at..at + 8)
            .and_then(|words| words.try_into().ok())
            .ok_or(Malformed)
    }

    fn big_map(&self, at: usize) -> Checked<SetItem> {
        let count = self.word(at)? as usize;
        let mut index = Box::new([0u8; 256]);
        for (place, word) in index
            .chunks_mut(4)
            .zip(self.code.get(at + 1..at + 65).ok_or(Malformed)?)
        {
            place.copy_from_slice(&word.to_ne_bytes());
        }
        let bitmaps = (0..count)
            .map(|block| self.bitmap(at + 65 + 8 * block))
            .collect::<Checked<Vec<_>>>()?;
        Ok(SetItem::BigMap(index, bitmaps))
    }

    /// The pattern of one character at `at`, and where the code behind it starts; `None` if there is something else.
    fn item(&self, at: usize) -> Checked<Option<(Item, usize)>> {
        let code = self.word(at)?;
        let argument = || self.word(at + 1);
        let set = || self.set(at + 2, self.target(at + 1)?).map(Box::new);
        let (item, width) = match code {
            op::FAILURE => (Item::Never, 1),
            op::ANY => (Item::Any, 1),
            op::ANY_ALL => (Item::AnyAll, 1),
            op::LITERAL => (Item::Literal(argument()?), 2),
            op::NOT_LITERAL => (Item::NotLiteral(argument()?), 2),
            op::LITERAL_IGNORE => (Item::LiteralIgnore(Fold::Ascii, argument()?), 2),
            op::NOT_LITERAL_IGNORE => (Item::NotLiteralIgnore(Fold::Ascii, argument()?), 2),
            op::LITERAL_LOC_IGNORE => (Item::LiteralIgnore(Fold::Locale, argument()?), 2),
            op::NOT_LITERAL_LOC_IGNORE => (Item::NotLiteralIgnore(Fold::Locale, argument()?), 2),
            op::LITERAL_UNI_IGNORE => (Item::LiteralIgnore(Fold::Unicode, argument()?), 2),
            op::NOT_LITERAL_UNI_IGNORE => (Item::NotLiteralIgnore(Fold::Unicode, argument()?), 2),
            op::CATEGORY => (
                Item::Category(Category::of_code(argument()?).ok_or(Malformed)?),
                2,
            ),
            op::IN => return Ok(Some((Item::Set(set()?), self.target(at + 1)?))),
            op::IN_IGNORE => {
                return Ok(Some((
                    Item::SetIgnore(Fold::Ascii, set()?),
                    self.target(at + 1)?,
                )));
            }
            op::IN_LOC_IGNORE => {
                return Ok(Some((
                    Item::SetIgnore(Fold::Locale, set()?),
                    self.target(at + 1)?,
                )));
            }
            op::IN_UNI_IGNORE => {
                return Ok(Some((
                    Item::SetIgnore(Fold::Unicode, set()?),
                    self.target(at + 1)?,
                )));
            }
            _ => return Ok(None),
        };
        Ok(Some((item, at + width)))
    }

    /// Reads the code from `at` to `end`. A jump at the very end is not read; where it leads to is answered.
    fn block(&mut self, mut at: usize, end: usize) -> Checked<Option<usize>> {
        while at < end {
            if self.word(at)? == op::JUMP {
                return if at + 2 == end {
                    Ok(Some(self.target(at + 1)?))
                } else {
                    Err(Malformed)
                };
            }
            at = self.one(at)?;
        }
        if at == end { Ok(None) } else { Err(Malformed) }
    }

    /// Reads a block that has no jump at its end.
    fn whole(&mut self, at: usize, end: usize) -> Checked<()> {
        if self.block(at, end)?.is_none() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// Reads one operation; answers where the next one starts.
    fn one(&mut self, at: usize) -> Checked<usize> {
        if let Some((item, next)) = self.item(at)? {
            self.insts.push(Inst::One(item));
            return Ok(next);
        }
        match self.word(at)? {
            op::AT => {
                self.insts.push(Inst::At(at_of_code(self.word(at + 1)?)?));
                Ok(at + 2)
            }
            op::MARK => {
                let mark = self.word(at + 1)?;
                if mark as usize >= 2 * self.groups {
                    return Err(Malformed);
                }
                self.insts.push(Inst::Mark(mark));
                Ok(at + 2)
            }
            op::BRANCH => self.branch(at + 1),
            op::REPEAT => self.repeat(at),
            op::REPEAT_ONE | op::MIN_REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => self.repeat_one(at),
            op::POSSESSIVE_REPEAT => {
                let (min, max) = (self.word(at + 2)?, self.word(at + 3)?);
                let end = self.target(at + 1)?;
                if self.word(end)? != op::SUCCESS {
                    return Err(Malformed);
                }
                self.enclosed(at + 4, end, |tail| Inst::Possessive { min, max, tail })?;
                Ok(end + 1)
            }
            op::ATOMIC_GROUP => {
                let end = self.enclosed_end(at + 1)?;
                self.enclosed(at + 2, end, |tail| Inst::Atomic { tail })?;
                Ok(end + 1)
            }
            code @ (op::ASSERT | op::ASSERT_NOT) => {
                let (back, end) = (self.word(at + 2)?, self.enclosed_end(at + 1)?);
                self.enclosed(at + 3, end, |tail| Inst::Assert {
                    back,
                    tail,
                    negated: code == op::ASSERT_NOT,
                })?;
                Ok(end + 1)
            }
            code @ (op::GROUPREF
            | op::GROUPREF_IGNORE
            | op::GROUPREF_LOC_IGNORE
            | op::GROUPREF_UNI_IGNORE) => {
                let group = self.group(at + 1)?;
                let fold = match code {
                    op::GROUPREF => None,
                    op::GROUPREF_IGNORE => Some(Fold::Ascii),
                    op::GROUPREF_LOC_IGNORE => Some(Fold::Locale),
                    _ => Some(Fold::Unicode),
                };
                self.insts.push(Inst::GroupRef { group, fold });
                Ok(at + 2)
            }
            op::GROUPREF_EXISTS => self.if_group(at),
            _ => Err(Malformed),
        }
    }

    fn group(&self, at: usize) -> Checked<u32> {
        let group = self.word(at)?;
        if (group as usize) < self.groups {
            Ok(group)
        } else {
            Err(Malformed)
        }
    }

    /// Where the `SUCCESS` stands that ends a part which the skip at `at` leads past.
    fn enclosed_end(&self, at: usize) -> Checked<usize> {
        let end = self.target(at)?.checked_sub(1).ok_or(Malformed)?;
        if self.word(end)? == op::SUCCESS {
            Ok(end)
        } else {
            Err(Malformed)
        }
    }

    /// Reads a part that matches for itself, behind the instruction that `make` makes from where the rest starts.
    fn enclosed(&mut self, at: usize, end: usize, make: impl FnOnce(Pc) -> Inst) -> Checked<()> {
        let place = self.insts.len();
        self.insts.push(Inst::Success);
        self.whole(at, end)?;
        self.insts.push(Inst::Success);
        self.insts[place] = make(self.pc());
        Ok(())
    }

    fn branch(&mut self, mut at: usize) -> Checked<usize> {
        let mut jumps = Vec::new();
        let mut end = None;
        loop {
            if self.word(at)? == 0 {
                break;
            }
            let next = self.target(at)?;
            let is_last = self.word(next)? == 0;
            let place = self.insts.len();
            if !is_last {
                let first = self.item(at + 1)?.map(|(item, _)| Box::new(item));
                self.insts.push(Inst::Branch { next: 0, first });
            }
            let joins = self.block(at + 1, next)?.ok_or(Malformed)?;
            if *end.get_or_insert(joins) != joins {
                return Err(Malformed);
            }
            if !is_last {
                jumps.push(self.insts.len());
                self.insts.push(Inst::Jump(0));
                let target = self.pc();
                if let Inst::Branch { next, .. } = &mut self.insts[place] {
                    *next = target;
                }
            }
            at = next;
        }
        let after = at + 1;
        if end.is_none() {
            self.insts.push(Inst::One(Item::Never));
        } else if end != Some(after) {
            return Err(Malformed);
        }
        let target = self.pc();
        for jump in jumps {
            self.insts[jump] = Inst::Jump(target);
        }
        Ok(after)
    }

    fn repeat(&mut self, at: usize) -> Checked<usize> {
        let (min, max) = (self.word(at + 2)?, self.word(at + 3)?);
        let end = self.target(at + 1)?;
        let lazy = match self.word(end)? {
            op::MAX_UNTIL => false,
            op::MIN_UNTIL => true,
            _ => return Err(Malformed),
        };
        let place = self.insts.len();
        self.insts.push(Inst::Success);
        self.whole(at + 4, end)?;
        self.insts[place] = Inst::Repeat {
            min,
            max,
            until: self.pc(),
        };
        self.insts.push(Inst::Until { lazy });
        Ok(end + 1)
    }

    fn repeat_one(&mut self, at: usize) -> Checked<usize> {
        let (min, max) = (self.word(at + 2)?, self.word(at + 3)?);
        let end = self.enclosed_end(at + 1)?;
        // Groups without a number and a single item inside are simple too; they leave no trace in the code.
        let Some((item, next)) = self.item(at + 4)? else {
            return Err(Malformed);
        };
        if next != end {
            return Err(Malformed);
        }
        self.insts.push(match self.word(at)? {
            op::REPEAT_ONE => Inst::RepeatOne {
                item,
                min,
                max,
                tail: None,
            },
            op::MIN_REPEAT_ONE => Inst::LazyOne { item, min, max },
            _ => Inst::PossessiveOne { item, min, max },
        });
        Ok(end + 1)
    }

    fn if_group(&mut self, at: usize) -> Checked<usize> {
        let group = self.group(at + 1)?;
        let no = at
            .checked_add(1)
            .and_then(|start| start.checked_add(self.word(at + 2).ok()? as usize))
            .ok_or(Malformed)?;
        let place = self.insts.len();
        self.insts.push(Inst::Success);
        let Some(end) = self.block(at + 3, no)? else {
            self.insts[place] = Inst::IfGroup {
                group,
                otherwise: self.pc(),
            };
            return Ok(no);
        };
        let jump = self.insts.len();
        self.insts.push(Inst::Jump(0));
        self.insts[place] = Inst::IfGroup {
            group,
            otherwise: self.pc(),
        };
        self.whole(no, end)?;
        self.insts[jump] = Inst::Jump(self.pc());
        Ok(end)
    }

    /// Notes for each greedy repeat of one character the literal behind it, which rules most ends out.
    fn note_tails(&mut self) {
        for place in 0..self.insts.len() {
            let mut next = place + 1;
            while let Some(Inst::Jump(target)) = self.insts.get(next) {
                next = *target as usize;
            }
            let literal = match self.insts.get(next) {
                Some(Inst::One(Item::Literal(literal))) => Some(*literal),
                _ => None,
            };
            if let Inst::RepeatOne { tail, .. } = &mut self.insts[place] {
                *tail = literal;
            }
        }
    }
}

fn at_of_code(code: u32) -> Checked<At> {
    Ok(match code {
        0 | 2 => At::Beginning,
        1 => At::BeginningLine,
        3 | 8 => At::Boundary {
            unicode: false,
            negated: false,
        },
        4 | 9 => At::Boundary {
            unicode: false,
            negated: true,
        },
        5 => At::End,
        6 => At::EndLine,
        7 => At::EndString,
        10 => At::Boundary {
            unicode: true,
            negated: false,
        },
        11 => At::Boundary {
            unicode: true,
            negated: true,
        },
        _ => return Err(Malformed),
    })
}
