//! `re.Match`: what a pattern found.

use taipan_macros::{class, methods};
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, generic_alias, heap, int, protocol};

use crate::sre::machine::{Request, Scratch};
use crate::sre::pattern::Pattern;
use crate::sre::subject::Subject;

/// The payload of `re.Match`.
#[class(
    name = "Match",
    module = "re",
    doc = "The result of re.match() and re.search().\nMatch objects always have a boolean value of True.",
    flags(NO_INSTANTIATION)
)]
pub struct Match {
    string: Value,
    pattern: Ref<Pattern>,
    pos: usize,
    endpos: usize,
    /// The number of the last group that matched, or 0.
    #[untraced]
    last_index: u32,
    /// Start and end of the match and of each group; `usize::MAX` where there is none.
    #[untraced]
    marks: Box<[usize]>,
}

impl Match {
    /// The match that a run found.
    pub fn new(
        pattern: &Ref<Pattern>,
        subject: &Subject,
        request: Request,
        scratch: &Scratch,
    ) -> Ref<Match> {
        let marks = [scratch.start, scratch.end]
            .into_iter()
            .chain(scratch.marks.iter().copied())
            .collect();
        let found = Match {
            string: subject.object.clone(),
            pattern: pattern.clone(),
            pos: request.start,
            endpos: request.end,
            last_index: scratch.last_index,
            marks,
        };
        heap::new_object(Match::class(), found)
    }

    /// Start and end of a group, if it matched.
    fn span(&self, group: usize) -> Option<(usize, usize)> {
        match self.marks[2 * group..2 * group + 2] {
            [start, end] if start != usize::MAX && end != usize::MAX && start <= end => {
                Some((start, end))
            }
            _ => None,
        }
    }

    fn group_count(&self) -> usize {
        self.marks.len() / 2
    }

    /// Whether the match is in text and not in bytes.
    pub fn is_text(&self) -> bool {
        self.string.downcast::<Str>().is_some()
    }

    /// A group by its number; None if it did not match.
    pub fn group(&self, group: usize) -> PyResult<Value> {
        if group >= self.group_count() {
            bail!(IndexError, "no such group");
        }
        Ok(match self.span(group) {
            Some((start, end)) => Subject::of(&self.string)?.slice(start, end),
            None => Value::NONE,
        })
    }

    /// The number of a group that is given by number or name.
    fn number(&self, group: &Value) -> PyResult<usize> {
        let index = if group.class().slots.index.get().is_some() {
            int::as_i64_clamped(group)?
        } else {
            match self.pattern.group_index().get(group) {
                Ok(found) => found.as_ref().and_then(int::to_i64).unwrap_or(-1),
                Err(_) => -1,
            }
        };
        match usize::try_from(index) {
            Ok(index) if index < self.group_count() => Ok(index),
            _ => bail!(IndexError, "no such group"),
        }
    }

    fn all_groups(&self, default: &Value) -> PyResult<Vec<Value>> {
        let subject = Subject::of(&self.string)?;
        Ok((1..self.group_count())
            .map(|group| {
                self.span(group)
                    .map_or_else(|| default.clone(), |(start, end)| subject.slice(start, end))
            })
            .collect())
    }

    fn span_value(&self, group: usize) -> Value {
        let (start, end) = self
            .span(group)
            .map_or((-1, -1), |(start, end)| (start as i64, end as i64));
        Tuple::pair(int::new(start), int::new(end)).into_value()
    }
}

#[methods]
impl Match {
    #[slot(repr)]
    fn repr(this: &Ref<Match>) -> PyResult<String> {
        let (start, end) = this.span(0).unwrap_or((0, 0));
        let text = protocol::repr(&this.group(0)?)?;
        Ok(format!(
            "<{} object; span=({start}, {end}), match={}>",
            this.class().display_name(),
            text.to_display()
        ))
    }

    #[slot(getitem)]
    fn getitem(&self, key: &Value) -> PyResult<Value> {
        self.group(self.number(key)?)
    }

    /// The text of one group, or of several as a tuple; without arguments the whole match.
    #[method(name = "group", nosig)]
    fn group_method(&self, groups: &[Value]) -> PyResult<Value> {
        match groups {
            [] => self.group(0),
            [only] => self.group(self.number(only)?),
            _ => {
                let texts = groups
                    .iter()
                    .map(|group| self.group(self.number(group)?))
                    .collect::<PyResult<Vec<Value>>>()?;
                Ok(Tuple::new(texts).into_value())
            }
        }
    }

    /// The texts of all groups; default stands for those that did not match.
    #[method("($self, /, default=None)")]
    fn groups(&self, default: Option<&Value>) -> PyResult<Ref<Tuple>> {
        Ok(Tuple::new(
            self.all_groups(default.unwrap_or(&Value::NONE))?,
        ))
    }

    /// The texts of all named groups; default stands for those that did not match.
    #[method("($self, /, default=None)")]
    fn groupdict(&self, default: Option<&Value>) -> PyResult<Ref<Dict>> {
        let answer = Dict::new();
        for (name, index) in self.pattern.group_index().iter_snapshot() {
            let text = self.group(self.number(&index)?)?;
            let text = if text.is_none() {
                default.cloned().unwrap_or(Value::NONE)
            } else {
                text
            };
            answer.set(name, text)?;
        }
        Ok(answer)
    }

    /// Where a group starts, or -1.
    #[method("($self, group=0, /)")]
    fn start(&self, group: Option<&Value>) -> PyResult<isize> {
        let group = group.map_or(Ok(0), |group| self.number(group))?;
        Ok(self.span(group).map_or(-1, |(start, _)| start as isize))
    }

    /// Where a group ends, or -1.
    #[method("($self, group=0, /)")]
    fn end(&self, group: Option<&Value>) -> PyResult<isize> {
        let group = group.map_or(Ok(0), |group| self.number(group))?;
        Ok(self.span(group).map_or(-1, |(_, end)| end as isize))
    }

    /// Where a group starts and ends.
    #[method("($self, group=0, /)", name = "span")]
    fn span_method(&self, group: Option<&Value>) -> PyResult<Value> {
        let group = group.map_or(Ok(0), |group| self.number(group))?;
        Ok(self.span_value(group))
    }

    /// The replacement template filled with the groups of this match.
    #[method("($self, /, template)")]
    fn expand(&self, template: &Value) -> PyResult<Value> {
        Pattern::compile_template(&self.pattern, template)?.expand(self)
    }

    #[method("($self, /)", name = "__copy__")]
    fn copy(this: &Ref<Match>) -> Ref<Match> {
        this.clone()
    }

    #[method("($self, memo, /)", name = "__deepcopy__")]
    fn deepcopy(this: &Ref<Match>, _memo: &Value) -> Ref<Match> {
        this.clone()
    }

    /// See PEP 585
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: &Ref<Type>, object: &Value) -> PyResult<Value> {
        generic_alias::new(class.as_value(), object)
    }

    /// The string passed to match() or search().
    #[getter(member)]
    fn string(&self) -> Value {
        self.string.clone()
    }

    /// The regular expression object.
    #[getter(member)]
    fn re(&self) -> Ref<Pattern> {
        self.pattern.clone()
    }

    /// The index into the string at which the RE engine started looking for a match.
    #[getter(member)]
    fn pos(&self) -> usize {
        self.pos
    }

    /// The index into the string beyond which the RE engine will not go.
    #[getter(member)]
    fn endpos(&self) -> usize {
        self.endpos
    }

    /// The integer index of the last matched capturing group.
    #[getter]
    fn lastindex(&self) -> Value {
        if self.last_index == 0 {
            Value::NONE
        } else {
            int::new(self.last_index.into())
        }
    }

    /// The name of the last matched capturing group.
    #[getter]
    fn lastgroup(&self) -> Value {
        match self.last_index {
            0 => Value::NONE,
            index => self.pattern.group_name(index as usize),
        }
    }

    #[getter]
    fn regs(&self) -> Ref<Tuple> {
        Tuple::new(
            (0..self.group_count())
                .map(|group| self.span_value(group))
                .collect(),
        )
    }
}
