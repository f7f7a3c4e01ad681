//! Walking over matches: `Pattern.scanner`, and the iterator that `finditer` answers.

use std::cell::{Cell, RefCell};

use taipan_macros::{class, methods};
use taipan_objects::class::Payload;
use taipan_objects::heap;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};

use crate::sre::machine::{Mode, Request, Scratch};
use crate::sre::match_object::Match;
use crate::sre::pattern::Pattern;
use crate::sre::subject::Subject;

/// The payload of `SRE_Scanner`.
#[class(name = "SRE_Scanner", module = "_sre", flags(NO_INSTANTIATION))]
pub struct Scanner {
    pattern: Ref<Pattern>,
    string: Value,
    /// Where the next search starts; `None` when the text is used up.
    #[untraced]
    next: Cell<Option<usize>>,
    end: usize,
    #[untraced]
    must_advance: Cell<bool>,
    #[untraced]
    scratch: RefCell<Scratch>,
}

impl Scanner {
    /// A scanner over the part of a subject that a request names.
    pub fn new(pattern: &Ref<Pattern>, subject: &Subject, request: Request) -> Ref<Scanner> {
        let scanner = Scanner {
            pattern: pattern.clone(),
            string: subject.object.clone(),
            next: Cell::new(Some(request.start)),
            end: request.end,
            must_advance: Cell::new(false),
            scratch: RefCell::default(),
        };
        heap::new_object(Scanner::class(), scanner)
    }

    /// The next match.
    pub fn advance(&self, mode: Mode) -> PyResult<Option<Ref<Match>>> {
        let Some(start) = self.next.get() else {
            return Ok(None);
        };
        let subject = Subject::of(&self.string)?;
        let request = Request {
            start,
            end: self.end.min(subject.len()),
            mode,
            must_advance: self.must_advance.get(),
        };
        let mut scratch = self.scratch.take();
        let answer = if self.pattern.run(&subject, request, &mut scratch) {
            self.must_advance.set(scratch.end == scratch.start);
            self.next.set(Some(scratch.end));
            Some(Match::new(&self.pattern, &subject, request, &scratch))
        } else {
            self.next.set(None);
            None
        };
        self.scratch.replace(scratch);
        Ok(answer)
    }
}

#[methods]
impl Scanner {
    /// The next match at the place the scanner has come to.
    #[method("($self, /)", name = "match")]
    fn match_next(&self) -> PyResult<Option<Ref<Match>>> {
        self.advance(Mode::Match)
    }

    /// The next match from the place the scanner has come to.
    #[method("($self, /)")]
    fn search(&self) -> PyResult<Option<Ref<Match>>> {
        self.advance(Mode::Search)
    }

    #[getter(member)]
    fn pattern(&self) -> Ref<Pattern> {
        self.pattern.clone()
    }
}

/// The payload of the iterator over matches.
#[class(
    name = "callable_iterator",
    module = "builtins",
    flags(NO_INSTANTIATION)
)]
pub struct MatchIterator {
    scanner: Ref<Scanner>,
}

impl MatchIterator {
    /// An iterator over what a scanner finds.
    pub fn new(scanner: Ref<Scanner>) -> Ref<MatchIterator> {
        heap::new_object(MatchIterator::init_class(), MatchIterator { scanner })
    }
}

#[methods]
impl MatchIterator {
    #[slot(iter)]
    fn iter(this: &Value) -> Value {
        this.clone()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        Ok(self.scanner.advance(Mode::Search)?.map(Ref::into_value))
    }
}
