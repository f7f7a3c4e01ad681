//! `re.Pattern`: a compiled pattern and what it does with strings.

use std::cell::RefCell;

use taipan_macros::{class, methods};
use taipan_objects::class::{Comparison, Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::hash::SequenceHasher;
use taipan_objects::list::List;
use taipan_objects::mapping_proxy::MappingProxy;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, buffer, bytes, generic_alias, heap, int, protocol, runtime};

use crate::sre::machine::{self, Mode, Request, Scratch};
use crate::sre::match_object::Match;
use crate::sre::program::{self, Program};
use crate::sre::scanner::{MatchIterator, Scanner};
use crate::sre::subject::{Subject, join};
use crate::sre::template::Template;

/// The payload of `re.Pattern`.
#[class(
    name = "Pattern",
    module = "re",
    doc = "Compiled regular expression object.",
    flags(NO_INSTANTIATION, WEAKREFABLE),
    parts(replacing)
)]
pub struct Pattern {
    pattern: Value,
    #[untraced]
    flags: i32,
    group_index: Ref<Dict>,
    index_group: Ref<Tuple>,
    #[untraced]
    code: Box<[u32]>,
    #[untraced]
    program: Program,
    /// What the last run used, for the next one.
    #[untraced]
    scratch: RefCell<Scratch>,
}

/// The names of flags, in the order in which a repr shows them.
const FLAGS: [(&str, i32); 8] = [
    ("re.IGNORECASE", 2),
    ("re.MULTILINE", 8),
    ("re.DOTALL", 16),
    ("re.VERBOSE", 64),
    ("re.DEBUG", 128),
    ("re.ASCII", 256),
    ("re.LOCALE", 4),
    ("re.UNICODE", 32),
];
const UNICODE: i32 = 32;
const LOCALE_AND_ASCII: i32 = 4 | 256;

impl Pattern {
    /// A pattern from what `re._compiler` made of it.
    pub fn compile(
        pattern: &Value,
        flags: i32,
        code: &[Value],
        groups: isize,
        group_index: &Ref<Dict>,
        index_group: &Ref<Tuple>,
    ) -> PyResult<Ref<Pattern>> {
        let mut words = Vec::with_capacity(code.len());
        for word in code {
            match u32::try_from(int::as_u64(word)?) {
                Ok(word) => words.push(word),
                Err(_) => bail!(OverflowError, "regular expression code size limit exceeded"),
            }
        }
        let Some(program) = usize::try_from(groups)
            .ok()
            .and_then(|groups| program::read(&words, groups).ok())
        else {
            bail!(RuntimeError, "invalid SRE code");
        };
        let payload = Pattern {
            pattern: pattern.clone(),
            flags,
            group_index: group_index.clone(),
            index_group: index_group.clone(),
            code: words.into_boxed_slice(),
            program,
            scratch: RefCell::default(),
        };
        Ok(heap::new_object(Pattern::class(), payload))
    }

    /// The groups' numbers by name.
    pub fn group_index(&self) -> &Ref<Dict> {
        &self.group_index
    }

    /// The name of a group, or None.
    pub fn group_name(&self, index: usize) -> Value {
        self.index_group
            .tail()
            .get(index)
            .cloned()
            .unwrap_or(Value::NONE)
    }

    /// Runs the pattern.
    pub fn run(&self, subject: &Subject, request: Request, scratch: &mut Scratch) -> bool {
        machine::run(&self.program, subject.units(), request, scratch)
    }

    /// The subject, if the pattern is of its kind.
    fn subject(&self, string: &Value) -> PyResult<Subject> {
        let subject = Subject::of(string)?;
        if !self.pattern.is_none() {
            let wants_text = self.pattern.downcast::<Str>().is_some();
            if wants_text && !subject.is_text() {
                bail!(
                    TypeError,
                    "cannot use a string pattern on a bytes-like object"
                );
            }
            if !wants_text && subject.is_text() {
                bail!(
                    TypeError,
                    "cannot use a bytes pattern on a string-like object"
                );
            }
        }
        Ok(subject)
    }

    fn request(subject: &Subject, pos: isize, endpos: isize, mode: Mode) -> Request {
        let len = subject.len();
        let place = |place: isize| usize::try_from(place).unwrap_or(0).min(len);
        Request {
            start: place(pos),
            end: place(endpos),
            mode,
            must_advance: false,
        }
    }

    fn find(
        this: &Ref<Pattern>,
        string: &Value,
        pos: isize,
        endpos: isize,
        mode: Mode,
    ) -> PyResult<Option<Ref<Match>>> {
        let subject = this.subject(string)?;
        let request = Pattern::request(&subject, pos, endpos, mode);
        let mut scratch = this.scratch.take();
        let found = this
            .run(&subject, request, &mut scratch)
            .then(|| Match::new(this, &subject, request, &scratch));
        this.scratch.replace(scratch);
        Ok(found)
    }

    /// Calls `body` for each match of the part of a subject from `request.start` on, with what was found.
    fn each(
        &self,
        subject: &Subject,
        mut request: Request,
        mut body: impl FnMut(&Scratch) -> PyResult<bool>,
    ) -> PyResult<()> {
        let mut scratch = self.scratch.take();
        while self.run(subject, request, &mut scratch) {
            request.must_advance = scratch.end == scratch.start;
            request.start = scratch.end;
            if !body(&scratch)? {
                break;
            }
        }
        self.scratch.replace(scratch);
        Ok(())
    }

    /// The template of a replacement, which `re._compile_template` parses.
    pub fn compile_template(this: &Ref<Pattern>, template: &Value) -> PyResult<Ref<Template>> {
        let function = runtime::import_attribute("re", "_compile_template")?;
        let compiled = match protocol::call2(&function, this.as_value(), template) {
            // The function remembers templates, so it wants one that can be hashed.
            Err(raised) if raised.is(ExceptionKind::TypeError) => match exact_template(template)? {
                Some(exact) => protocol::call2(&function, this.as_value(), &exact)?,
                None => return Err(raised),
            },
            other => other?,
        };
        match compiled.into_ref::<Template>() {
            Ok(template) => Ok(template),
            Err(other) => {
                let (given, wanted) = (other.class().name(), Template::CLASS_NAME);
                bail!(
                    TypeError,
                    "the result of compiling a replacement string is {given}, not {wanted}"
                )
            }
        }
    }

    /// `sub` and `subn`: the new string, and how often something was replaced.
    fn substitute(
        this: &Ref<Pattern>,
        replacement: &Value,
        string: &Value,
        count: isize,
    ) -> PyResult<(Value, usize)> {
        let limit = if count == 0 {
            usize::MAX
        } else {
            usize::try_from(count).unwrap_or(0)
        };
        let replacement = Replacement::of(this, replacement)?;
        let subject = this.subject(string)?;
        let request = Pattern::request(&subject, 0, isize::MAX, Mode::Search);
        let (mut parts, mut done, mut last) = (Vec::new(), 0, 0);
        if limit > 0 {
            this.each(&subject, request, |scratch| {
                if last < scratch.start {
                    parts.push(subject.slice(last, scratch.start));
                }
                let new = match &replacement {
                    Replacement::Literal(literal) => literal.clone(),
                    Replacement::Template(template) => {
                        template.expand(&Match::new(this, &subject, request, scratch))?
                    }
                    Replacement::Function(function) => protocol::call1(
                        function,
                        Match::new(this, &subject, request, scratch).as_value(),
                    )?,
                };
                if !new.is_none() {
                    parts.push(new);
                }
                last = scratch.end;
                done += 1;
                Ok(done < limit)
            })?;
        }
        if last < subject.len() || parts.is_empty() {
            parts.push(subject.slice(last, subject.len()));
        }
        let joined = join(&parts, subject.is_text())?;
        Ok((joined, done))
    }
}

/// What replaces a match.
enum Replacement {
    Literal(Value),
    Template(Ref<Template>),
    Function(Value),
}

impl Replacement {
    fn of(pattern: &Ref<Pattern>, replacement: &Value) -> PyResult<Replacement> {
        if protocol::is_callable(replacement) {
            return Ok(Replacement::Function(replacement.clone()));
        }
        let plain = match (
            replacement.downcast_exact::<Str>(),
            replacement.downcast_exact::<bytes::Bytes>(),
        ) {
            (Some(text), _) => text.units().find_code(0x5c).is_none(),
            (_, Some(bytes)) => !bytes.as_slice().contains(&0x5c),
            _ => false,
        };
        if plain {
            return Ok(Replacement::Literal(replacement.clone()));
        }
        let template = Pattern::compile_template(pattern, replacement)?;
        Ok(match template.only_literal() {
            Some(literal) => Replacement::Literal(literal.clone()),
            None => Replacement::Template(template),
        })
    }
}

/// A template as an exact str or bytes, if it is neither but stands for one.
fn exact_template(template: &Value) -> PyResult<Option<Value>> {
    if let Some(text) = template.downcast::<Str>() {
        return Ok((!text.is_exact()).then(|| text.to_exact().into_value()));
    }
    let is_bytes = template.downcast_exact::<bytes::Bytes>().is_some();
    if buffer::is_bytes_like(template) && !is_bytes {
        return bytes::Bytes::from_object(template).map(|bytes| Some(bytes.into_value()));
    }
    Ok(None)
}

#[methods]
impl Pattern {
    #[slot(repr)]
    fn repr(&self) -> PyResult<String> {
        let text = protocol::repr(&self.pattern)?;
        let shown = text.slice(0..text.len().min(200)).to_display().into_owned();
        let is_text = self.pattern.downcast::<Str>().is_some();
        let mut flags = self.flags;
        if is_text && flags & (LOCALE_AND_ASCII | UNICODE) == UNICODE {
            flags &= !UNICODE;
        }
        let mut names: Vec<String> = FLAGS
            .iter()
            .filter(|(_, flag)| flags & flag != 0)
            .map(|(name, _)| (*name).to_owned())
            .collect();
        let rest = FLAGS.iter().fold(flags, |rest, (_, flag)| rest & !flag);
        if rest != 0 {
            names.push(format!("{rest:#x}"));
        }
        let flags = if names.is_empty() {
            String::new()
        } else {
            format!(", {}", names.join("|"))
        };
        Ok(format!("re.compile({shown}{flags})"))
    }

    #[slot(hash)]
    fn hash(&self) -> PyResult<i64> {
        let mut hasher = SequenceHasher::new();
        self.code.iter().for_each(|&word| hasher.add(word.into()));
        let hash = hasher.finish() ^ protocol::hash(&self.pattern)? ^ i64::from(self.flags);
        Ok(taipan_objects::hash::avoid_minus_one(hash))
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> PyResult<Value> {
        let (Some(other), Comparison::Eq | Comparison::Ne) =
            (other.downcast::<Pattern>(), comparison)
        else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let is_text = |pattern: &Pattern| pattern.pattern.downcast::<Str>().is_some();
        let alike =
            self.flags == other.flags && is_text(self) == is_text(other) && self.code == other.code;
        let equal = alike && protocol::equal(&self.pattern, &other.pattern)?;
        Ok(Value::from_bool(equal == (comparison == Comparison::Eq)))
    }

    /// Matches zero or more characters at the beginning of the string.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)", name = "match")]
    fn match_method(
        this: &Ref<Pattern>,
        string: &Value,
        pos: isize,
        endpos: isize,
    ) -> PyResult<Option<Ref<Match>>> {
        Pattern::find(this, string, pos, endpos, Mode::Match)
    }

    /// Matches against all of the string.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn fullmatch(
        this: &Ref<Pattern>,
        string: &Value,
        pos: isize,
        endpos: isize,
    ) -> PyResult<Option<Ref<Match>>> {
        Pattern::find(this, string, pos, endpos, Mode::FullMatch)
    }

    /// Scans through the string looking for a match; None if no position in the string matches.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn search(
        this: &Ref<Pattern>,
        string: &Value,
        pos: isize,
        endpos: isize,
    ) -> PyResult<Option<Ref<Match>>> {
        Pattern::find(this, string, pos, endpos, Mode::Search)
    }

    /// A list of all matches in the string that do not overlap: their text, or that of their groups.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn findall(
        this: &Ref<Pattern>,
        string: &Value,
        pos: isize,
        endpos: isize,
    ) -> PyResult<Ref<List>> {
        let subject = this.subject(string)?;
        let request = Pattern::request(&subject, pos, endpos, Mode::Search);
        let mut found = Vec::new();
        this.each(&subject, request, |scratch| {
            let group = |group: usize| match scratch.marks[2 * group..2 * group + 2] {
                [start, end] if start != usize::MAX && end != usize::MAX => {
                    subject.slice(start, end)
                }
                _ => subject.empty(),
            };
            found.push(match this.program.groups {
                0 => subject.slice(scratch.start, scratch.end),
                1 => group(0),
                groups => Tuple::new((0..groups).map(group).collect()).into_value(),
            });
            Ok(true)
        })?;
        Ok(List::new(found))
    }

    /// An iterator over all matches in the string that do not overlap.
    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn finditer(
        this: &Ref<Pattern>,
        string: &Value,
        pos: isize,
        endpos: isize,
    ) -> PyResult<Ref<MatchIterator>> {
        let subject = this.subject(string)?;
        let request = Pattern::request(&subject, pos, endpos, Mode::Search);
        Ok(MatchIterator::new(Scanner::new(this, &subject, request)))
    }

    #[method("($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn scanner(
        this: &Ref<Pattern>,
        string: &Value,
        pos: isize,
        endpos: isize,
    ) -> PyResult<Ref<Scanner>> {
        let subject = this.subject(string)?;
        let request = Pattern::request(&subject, pos, endpos, Mode::Search);
        Ok(Scanner::new(this, &subject, request))
    }

    /// The parts of the string between matches, with the groups of the matches.
    #[method("($self, /, string, maxsplit=0)")]
    fn split(this: &Ref<Pattern>, string: &Value, maxsplit: isize) -> PyResult<Ref<List>> {
        let subject = this.subject(string)?;
        let request = Pattern::request(&subject, 0, isize::MAX, Mode::Search);
        let limit = if maxsplit == 0 {
            usize::MAX
        } else {
            usize::try_from(maxsplit).unwrap_or(0)
        };
        let (mut parts, mut done, mut last) = (Vec::new(), 0, 0);
        if limit > 0 {
            this.each(&subject, request, |scratch| {
                parts.push(subject.slice(last, scratch.start));
                for group in scratch.marks.chunks_exact(2) {
                    parts.push(match group {
                        [start, end] if *start != usize::MAX && *end != usize::MAX => {
                            subject.slice(*start, *end)
                        }
                        _ => Value::NONE,
                    });
                }
                last = scratch.end;
                done += 1;
                Ok(done < limit)
            })?;
        }
        parts.push(subject.slice(last, subject.len()));
        Ok(List::new(parts))
    }

    #[method("($self, /)", name = "__copy__")]
    fn copy(this: &Ref<Pattern>) -> Ref<Pattern> {
        this.clone()
    }

    #[method("($self, memo, /)", name = "__deepcopy__")]
    fn deepcopy(this: &Ref<Pattern>, _memo: &Value) -> Ref<Pattern> {
        this.clone()
    }

    /// See PEP 585
    #[classmethod("($type, object, /)", name = "__class_getitem__")]
    fn class_getitem(class: &Ref<Type>, object: &Value) -> PyResult<Value> {
        generic_alias::new(class.as_value(), object)
    }
}

#[methods(part = replacing)]
impl Pattern {
    /// The string in which matches are replaced by repl.
    #[method("($self, /, repl, string, count=0)")]
    fn sub(this: &Ref<Pattern>, repl: &Value, string: &Value, count: isize) -> PyResult<Value> {
        Ok(Pattern::substitute(this, repl, string, count)?.0)
    }

    /// The string in which matches are replaced by repl, and the number of replacements.
    #[method("($self, /, repl, string, count=0)")]
    fn subn(
        this: &Ref<Pattern>,
        repl: &Value,
        string: &Value,
        count: isize,
    ) -> PyResult<Ref<Tuple>> {
        let (new, count) = Pattern::substitute(this, repl, string, count)?;
        Ok(Tuple::pair(new, int::from_usize(count)))
    }

    /// The pattern string from which the RE object was compiled.
    #[getter(member)]
    fn pattern(&self) -> Value {
        self.pattern.clone()
    }

    /// The regex matching flags.
    #[getter(member)]
    fn flags(&self) -> i32 {
        self.flags
    }

    /// The number of capturing groups in the pattern.
    #[getter(member)]
    fn groups(&self) -> usize {
        self.program.groups
    }

    /// A dictionary mapping group names to group numbers.
    #[getter]
    fn groupindex(&self) -> Value {
        MappingProxy::new(self.group_index.to_value()).into_value()
    }
}
