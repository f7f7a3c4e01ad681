//! The matcher: runs a program over text by backtracking.
//!
//! One stack holds both what is left to try and how to undo what was done since; going back pops entries until one says
//! where to go on. Parts that match for themselves (assertions, atomic groups) run as a machine within the machine, whose
//! choices are dropped when it succeeds, while what undoes its effects stays. Invariant: a popped choice finds marks,
//! loops and the current loop as they were when it was pushed.

use taipan_objects::each_kind;
use taipan_objects::str::{Needle, Unit, Units};

use crate::sre::program::{At, Inst, Item, Pc, Program, UNLIMITED};
use crate::sre::set::Category;

/// No place, or no loop.
const NONE: usize = usize::MAX;

/// What can be tried, or must be undone, on the way back.
#[derive(Clone, Copy)]
enum Back {
    /// Go on elsewhere.
    Goto { pc: Pc, at: usize },
    /// Give one character of a greedy repeat back, down to `least`.
    Fewer { pc: Pc, least: usize, at: usize },
    /// Take one more character into a lazy repeat, at most `left`.
    More { pc: Pc, left: u32, at: usize },
    /// Leave a loop.
    Leave { repeat: u32, at: usize },
    /// Run another round of a lazy loop.
    Again { repeat: u32, count: u32, at: usize },
    /// Set a mark back.
    Mark {
        mark: u32,
        last_index: u32,
        old: usize,
    },
    /// Set a loop back.
    Count {
        repeat: u32,
        count: u32,
        last: usize,
    },
    /// Set the current loop back.
    Current { repeat: usize },
    /// Forget the newest loop and set the current one back.
    Forget { repeat: usize },
}

impl Back {
    fn is_choice(self) -> bool {
        matches!(
            self,
            Back::Goto { .. }
                | Back::Fewer { .. }
                | Back::More { .. }
                | Back::Leave { .. }
                | Back::Again { .. }
        )
    }
}

/// A loop that was entered.
#[derive(Clone, Copy)]
struct Repeat {
    /// Its instruction.
    pc: Pc,
    /// Rounds done.
    count: u32,
    /// Where the last round started, to end a loop whose rounds match nothing.
    last: usize,
    /// The loop around it.
    outer: usize,
}

/// What a run needs besides program and text, and what it found. Reused from run to run.
#[derive(Default)]
pub struct Scratch {
    stack: Vec<Back>,
    repeats: Vec<Repeat>,
    /// Where groups start and end; `usize::MAX` for those that did not match.
    pub marks: Vec<usize>,
    /// The number of the last group that matched, or 0.
    pub last_index: u32,
    /// Where the match starts.
    pub start: usize,
    /// Where the match ends.
    pub end: usize,
}

/// How a match must lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// It starts at the start.
    Match,
    /// It starts at the start and ends at the end.
    FullMatch,
    /// It starts anywhere.
    Search,
}

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Where the search starts.
    pub start: usize,
    /// Where the text ends.
    pub end: usize,
    /// How the match must lie.
    pub mode: Mode,
    /// Whether a match at the start must not be empty.
    pub must_advance: bool,
}

/// Runs a program. Answers whether it matched; what matched is in `scratch`.
pub fn run(program: &Program, text: Units<'_>, request: Request, scratch: &mut Scratch) -> bool {
    if request.start > request.end {
        return false;
    }
    if request.mode == Mode::Search && !program.prefix.is_empty() {
        return search_prefix(program, text, request, scratch);
    }
    each_kind!(text, units => Machine::new(program, units, request, scratch).run())
}

/// Searches for the places of the prefix, and runs the program there.
fn search_prefix(
    program: &Program,
    text: Units<'_>,
    request: Request,
    scratch: &mut Scratch,
) -> bool {
    let text_in_bounds = text.range(0..request.end);
    let needle = Needle::new(Units::Four(&program.prefix), text_in_bounds);
    let mut from = request.start;
    while let Some(at) = needle.find(text_in_bounds, from) {
        if program.only_prefix {
            each_kind!(text, units => Machine::new(program, units, request, scratch).reset());
            (scratch.start, scratch.end) = (at, at + program.prefix.len());
            return true;
        }
        let here = Request {
            start: at,
            mode: Mode::Match,
            must_advance: request.must_advance && at == request.start,
            ..request
        };
        if each_kind!(text, units => Machine::new(program, units, here, scratch).run()) {
            return true;
        }
        from = at + 1;
    }
    false
}

struct Machine<'a, T> {
    program: &'a Program,
    text: &'a [T],
    /// Where the text ends for this run.
    end: usize,
    request: Request,
    scratch: &'a mut Scratch,
    current: usize,
}

impl<'a, T: Unit> Machine<'a, T> {
    fn new(
        program: &'a Program,
        text: &'a [T],
        request: Request,
        scratch: &'a mut Scratch,
    ) -> Machine<'a, T> {
        // One bound for both: a look at the text is checked against the end alone.
        let text = text.get(..request.end).unwrap_or(text);
        Machine {
            program,
            text,
            end: text.len(),
            request,
            scratch,
            current: NONE,
        }
    }

    fn reset(&mut self) {
        self.scratch.stack.clear();
        self.scratch.repeats.clear();
        self.scratch.marks.clear();
        self.scratch.marks.resize(2 * self.program.groups, NONE);
        self.scratch.last_index = 0;
        self.current = NONE;
    }

    fn run(&mut self) -> bool {
        self.reset();
        if self.request.mode != Mode::Search {
            return self.run_at(self.request.start);
        }
        let min_width = self.program.min_width;
        let Some(last) = self.end.checked_sub(min_width) else {
            return false;
        };
        let mut at = self.request.start;
        while at <= last {
            if let Some(set) = &self.program.first {
                let limit = (last + 1).min(self.end);
                match self.text[at..limit.max(at)]
                    .iter()
                    .position(|&unit| set.contains(unit.into()))
                {
                    Some(skip) => at += skip,
                    None => return false,
                }
            }
            if self.run_at(at) {
                return true;
            }
            // A pattern that is tied to the start of the text matches nowhere else.
            if let Some(Inst::At(At::Beginning)) = self.program.insts.first() {
                return false;
            }
            at += 1;
        }
        false
    }

    fn run_at(&mut self, at: usize) -> bool {
        if self.end - at < self.program.min_width {
            return false;
        }
        // A run that failed has undone all it did, so nothing has to be set back here.
        match self.advance(0, at, true) {
            Some(end) => {
                (self.scratch.start, self.scratch.end) = (at, end);
                true
            }
            None => false,
        }
    }

    #[inline(always)]
    fn unit(&self, at: usize) -> Option<u32> {
        self.text.get(at).map(|&unit| unit.into())
    }

    #[inline(always)]
    fn push(&mut self, back: Back) {
        self.scratch.stack.push(back);
    }

    /// Runs from an instruction to the end of the part it belongs to. On failure the stack is as it was.
    fn advance(&mut self, start: Pc, place: usize, outermost: bool) -> Option<usize> {
        let program = self.program;
        let base = self.scratch.stack.len();
        let (mut pc, mut at) = (start, place);
        loop {
            let failed = match &program.insts[pc as usize] {
                Inst::One(item) => match self.unit(at) {
                    Some(code) if matches(item, code) => {
                        at += 1;
                        pc += 1;
                        false
                    }
                    _ => true,
                },
                Inst::RepeatOne {
                    item,
                    min,
                    max,
                    tail,
                } => self.repeat_one(item, *min, *max, *tail, &mut pc, &mut at),
                Inst::Branch { next, first } => {
                    let possible = match first {
                        Some(item) => self.unit(at).is_some_and(|code| matches(item, code)),
                        None => true,
                    };
                    if possible {
                        self.push(Back::Goto { pc: *next, at });
                        pc += 1;
                    } else {
                        pc = *next;
                    }
                    false
                }
                Inst::Jump(target) => {
                    pc = *target;
                    false
                }
                Inst::Mark(mark) => {
                    self.set_mark(*mark, at);
                    pc += 1;
                    false
                }
                Inst::At(condition) => {
                    let holds = self.holds(*condition, at);
                    pc += 1;
                    !holds
                }
                Inst::Success => {
                    let refused = outermost
                        && (self.request.mode == Mode::FullMatch && at != self.end
                            || self.request.must_advance && at == self.request.start);
                    if !refused {
                        return Some(at);
                    }
                    true
                }
                Inst::Repeat { until, .. } => {
                    let repeat = self.scratch.repeats.len();
                    self.push(Back::Forget {
                        repeat: self.current,
                    });
                    self.scratch.repeats.push(Repeat {
                        pc,
                        count: 0,
                        last: NONE,
                        outer: self.current,
                    });
                    self.current = repeat;
                    pc = *until;
                    self.until(0, &mut pc, at)
                }
                Inst::Until { .. } => {
                    let rounds = self.scratch.repeats[self.current].count;
                    self.until(rounds.saturating_add(1), &mut pc, at)
                }
                Inst::LazyOne { item, min, max } => {
                    let taken = self.count(item, at, *min);
                    at += taken;
                    let short = taken < *min as usize;
                    if !short && max > min {
                        let left = if *max == UNLIMITED {
                            UNLIMITED
                        } else {
                            max - min
                        };
                        self.push(Back::More { pc, left, at });
                    }
                    pc += 1;
                    short
                }
                Inst::PossessiveOne { item, min, max } => {
                    let taken = self.count(item, at, *max);
                    at += taken;
                    pc += 1;
                    taken < *min as usize
                }
                Inst::Possessive { min, max, tail } => {
                    let (min, max, tail) = (*min, *max, *tail);
                    let done = self.possessive(pc + 1, min, max, &mut at);
                    pc = tail;
                    !done
                }
                Inst::Atomic { tail } => {
                    let tail = *tail;
                    match self.enclosed(pc + 1, at) {
                        Some(end) => {
                            (pc, at) = (tail, end);
                            false
                        }
                        None => true,
                    }
                }
                Inst::Assert {
                    back,
                    tail,
                    negated,
                } => {
                    let (tail, negated) = (*tail, *negated);
                    let found = match at.checked_sub(*back as usize) {
                        Some(from) if negated => self.attempt(pc + 1, from),
                        Some(from) => self.enclosed(pc + 1, from).is_some(),
                        None => false,
                    };
                    pc = tail;
                    found == negated
                }
                Inst::GroupRef { group, fold } => {
                    let (start, end) = self.group(*group);
                    let length = end.wrapping_sub(start);
                    if start == NONE || end == NONE || end < start || length > self.end - at {
                        true
                    } else {
                        let same = (0..length).all(|index| {
                            let (first, second) = (
                                self.text[start + index].into(),
                                self.text[at + index].into(),
                            );
                            match fold {
                                None => first == second,
                                Some(fold) => fold.lower(first) == fold.lower(second),
                            }
                        });
                        at += length;
                        pc += 1;
                        !same
                    }
                }
                Inst::IfGroup { group, otherwise } => {
                    let (start, end) = self.group(*group);
                    pc = if start != NONE && end != NONE && end >= start {
                        pc + 1
                    } else {
                        *otherwise
                    };
                    false
                }
            };
            if failed {
                (pc, at) = self.go_back(base)?;
            }
        }
    }

    fn group(&self, group: u32) -> (usize, usize) {
        let index = 2 * group as usize;
        (self.scratch.marks[index], self.scratch.marks[index + 1])
    }

    fn set_mark(&mut self, mark: u32, at: usize) {
        let old = self.scratch.marks[mark as usize];
        self.push(Back::Mark {
            mark,
            last_index: self.scratch.last_index,
            old,
        });
        self.scratch.marks[mark as usize] = at;
        if mark & 1 == 1 {
            self.scratch.last_index = mark / 2 + 1;
        }
    }

    /// Takes as many items as there are. Answers whether they are too few.
    #[inline]
    fn repeat_one(
        &mut self,
        item: &Item,
        min: u32,
        max: u32,
        tail: Option<u32>,
        pc: &mut Pc,
        at: &mut usize,
    ) -> bool {
        let taken = self.count(item, *at, max);
        if taken < min as usize {
            return true;
        }
        let least = *at + min as usize;
        let most = *at + taken;
        let Some(literal) = tail else {
            if most > least {
                self.push(Back::Fewer {
                    pc: *pc,
                    least,
                    at: most,
                });
            }
            *at = most;
            *pc += 1;
            return false;
        };
        match self.last_before(literal, least, most) {
            Some(place) => {
                if place > least {
                    self.push(Back::Fewer {
                        pc: *pc,
                        least,
                        at: place,
                    });
                }
                *at = place;
                *pc += 1;
                false
            }
            None => true,
        }
    }

    /// The last place from `least` to `most` where the text goes on with a character.
    fn last_before(&self, literal: u32, least: usize, most: usize) -> Option<usize> {
        (least..=most)
            .rev()
            .find(|&place| self.unit(place) == Some(literal))
    }

    /// How many items there are, at most `max`.
    fn count(&self, item: &Item, at: usize, max: u32) -> usize {
        let room = self.end - at;
        let limit = if max == UNLIMITED {
            room
        } else {
            room.min(max as usize)
        };
        let text = &self.text[at..at + limit];
        let run = |found: Option<usize>| found.unwrap_or(limit);
        match item {
            Item::AnyAll => limit,
            Item::Any => run(T::text(text).find_code(0x0a)),
            Item::NotLiteral(literal) => run(T::text(text).find_code(*literal)),
            Item::Literal(literal) => run(text.iter().position(|&unit| unit.into() != *literal)),
            Item::Set(set) => run(text.iter().position(|&unit| !set.contains(unit.into()))),
            _ => run(text.iter().position(|&unit| !matches(item, unit.into()))),
        }
    }

    fn holds(&self, condition: At, at: usize) -> bool {
        let is_line_feed = |place: usize| self.text[place].into() == 0x0a;
        match condition {
            At::Beginning => at == 0,
            At::BeginningLine => at == 0 || is_line_feed(at - 1),
            At::End => at == self.end || at + 1 == self.end && is_line_feed(at),
            At::EndLine => at == self.end || is_line_feed(at),
            At::EndString => at == self.end,
            At::Boundary { unicode, negated } => {
                let word = Category::word(unicode);
                let before = at > 0 && word.contains(self.text[at - 1].into());
                let after = self.unit(at).is_some_and(|code| word.contains(code));
                (before != after) != negated
            }
        }
    }

    /// Decides about another round of the current loop, `count` of which are done. Answers whether it failed.
    fn until(&mut self, count: u32, pc: &mut Pc, at: usize) -> bool {
        let program = self.program;
        let index = self.current;
        let repeat = self.scratch.repeats[index];
        let (Inst::Repeat { min, max, .. }, Inst::Until { lazy }) = (
            &program.insts[repeat.pc as usize],
            &program.insts[*pc as usize],
        ) else {
            return true;
        };
        if count < *min {
            self.start_round(index, count, repeat.last);
            *pc = repeat.pc + 1;
            return false;
        }
        if *lazy {
            self.push(Back::Again {
                repeat: index as u32,
                count,
                at,
            });
        } else if (count < *max || *max == UNLIMITED) && at != repeat.last {
            self.push(Back::Leave {
                repeat: index as u32,
                at,
            });
            self.start_round(index, count, at);
            *pc = repeat.pc + 1;
            return false;
        }
        self.leave(index);
        *pc += 1;
        false
    }

    fn start_round(&mut self, index: usize, count: u32, last: usize) {
        let old = self.scratch.repeats[index];
        self.push(Back::Count {
            repeat: index as u32,
            count: old.count,
            last: old.last,
        });
        let repeat = &mut self.scratch.repeats[index];
        (repeat.count, repeat.last) = (count, last);
    }

    fn leave(&mut self, index: usize) {
        self.push(Back::Current {
            repeat: self.current,
        });
        self.current = self.scratch.repeats[index].outer;
    }

    /// Undoes and pops until something is left to try; `None` when the stack is down to `base`.
    fn go_back(&mut self, base: usize) -> Option<(Pc, usize)> {
        let program = self.program;
        while self.scratch.stack.len() > base {
            match self.scratch.stack.pop()? {
                Back::Goto { pc, at } => return Some((pc, at)),
                Back::Fewer { pc, least, at } => {
                    let tail = match &program.insts[pc as usize] {
                        Inst::RepeatOne {
                            tail: Some(literal),
                            ..
                        } => self.last_before(*literal, least, at - 1),
                        _ => Some(at - 1),
                    };
                    if let Some(place) = tail {
                        if place > least {
                            self.push(Back::Fewer {
                                pc,
                                least,
                                at: place,
                            });
                        }
                        return Some((pc + 1, place));
                    }
                }
                Back::More { pc, left, at } => {
                    let Inst::LazyOne { item, .. } = &program.insts[pc as usize] else {
                        continue;
                    };
                    if self.unit(at).is_some_and(|code| matches(item, code)) {
                        let left = if left == UNLIMITED {
                            UNLIMITED
                        } else {
                            left - 1
                        };
                        if left > 0 {
                            self.push(Back::More {
                                pc,
                                left,
                                at: at + 1,
                            });
                        }
                        return Some((pc + 1, at + 1));
                    }
                }
                Back::Leave { repeat, at } => {
                    let pc = self.scratch.repeats[repeat as usize].pc;
                    self.leave(repeat as usize);
                    if let Inst::Repeat { until, .. } = &program.insts[pc as usize] {
                        return Some((until + 1, at));
                    }
                }
                Back::Again { repeat, count, at } => {
                    let state = self.scratch.repeats[repeat as usize];
                    if let Inst::Repeat { max, .. } = &program.insts[state.pc as usize]
                        && (count < *max || *max == UNLIMITED)
                        && at != state.last
                    {
                        self.start_round(repeat as usize, count, at);
                        return Some((state.pc + 1, at));
                    }
                }
                undo => self.undo(undo),
            }
        }
        None
    }

    #[inline]
    fn undo(&mut self, back: Back) {
        match back {
            Back::Mark {
                mark,
                last_index,
                old,
            } => {
                self.scratch.marks[mark as usize] = old;
                self.scratch.last_index = last_index;
            }
            Back::Count {
                repeat,
                count,
                last,
            } => {
                let repeat = &mut self.scratch.repeats[repeat as usize];
                (repeat.count, repeat.last) = (count, last);
            }
            Back::Current { repeat } => self.current = repeat,
            Back::Forget { repeat } => {
                self.scratch.repeats.pop();
                self.current = repeat;
            }
            _ => {}
        }
    }

    /// Runs a part for itself; on success its choices are dropped.
    fn enclosed(&mut self, pc: Pc, at: usize) -> Option<usize> {
        let base = self.scratch.stack.len();
        let end = self.advance(pc, at, false)?;
        let mut kept = base;
        for index in base..self.scratch.stack.len() {
            let back = self.scratch.stack[index];
            if !back.is_choice() {
                self.scratch.stack[kept] = back;
                kept += 1;
            }
        }
        self.scratch.stack.truncate(kept);
        Some(end)
    }

    /// Whether a part matches; what it did is undone.
    fn attempt(&mut self, pc: Pc, at: usize) -> bool {
        let base = self.scratch.stack.len();
        let found = self.advance(pc, at, false).is_some();
        while self.scratch.stack.len() > base {
            if let Some(back) = self.scratch.stack.pop() {
                self.undo(back);
            }
        }
        found
    }

    fn possessive(&mut self, body: Pc, min: u32, max: u32, at: &mut usize) -> bool {
        let mut count = 0;
        while count < max || max == UNLIMITED {
            match self.enclosed(body, *at) {
                Some(end) => {
                    let moved = end != *at;
                    *at = end;
                    count += 1;
                    // Rounds that match nothing are as many as are wanted.
                    if !moved && count >= min {
                        break;
                    }
                }
                None => break,
            }
        }
        count >= min
    }
}

/// Whether a character is one that the item stands for.
#[inline(always)]
fn matches(item: &Item, code: u32) -> bool {
    match item {
        Item::Literal(literal) => code == *literal,
        Item::Set(set) => set.contains(code),
        Item::Any => code != 0x0a,
        Item::AnyAll => true,
        Item::NotLiteral(literal) => code != *literal,
        Item::LiteralIgnore(fold, literal) => fold.equals(*literal, code),
        Item::NotLiteralIgnore(fold, literal) => !fold.equals(*literal, code),
        Item::SetIgnore(fold, set) => set.contains_folded(*fold, code),
        Item::Category(category) => category.contains(code),
        Item::Never => false,
    }
}
