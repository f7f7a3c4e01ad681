//! `_tokenize`: the tokens of a source, as `tokenize` shows them.
//!
//! The scanner is the compiler's own. It sees the source as one text, so the lines are all read before the first token.

use std::cell::RefCell;

use taipan_compiler::tokenizer::{TokenInfo, TokenStream, with_final_newline};
use taipan_macros::{class, methods};
use taipan_objects::args::Args;
use taipan_objects::bytes::Bytes;
use taipan_objects::class::Type;
use taipan_objects::codecs;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::heap;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int, protocol};

use crate::compile;

taipan_macros::define_module!(name = "_tokenize", classes(TokenizerIter));

/// The scanner, once the lines were read, and the line of the token before.
#[derive(Default)]
struct Progress {
    stream: Option<TokenStream<'static>>,
    line: Option<(i32, String, Ref<Str>)>,
}

/// The payload of `_tokenize.TokenizerIter`.
#[class(name = "TokenizerIter", module = "_tokenize", flags(BASETYPE))]
pub struct TokenizerIter {
    readline: Value,
    encoding: Option<Ref<Str>>,
    extra_tokens: bool,
    #[untraced]
    progress: RefCell<Progress>,
}

impl TokenizerIter {
    /// One line, or nothing at the end.
    fn line(&self) -> PyResult<Option<String>> {
        let line = match protocol::call(&self.readline, Args::EMPTY) {
            Ok(line) => line,
            Err(raised) if raised.is(ExceptionKind::StopIteration) => return Ok(None),
            Err(raised) => return Err(raised),
        };
        let text = match (
            &self.encoding,
            line.downcast::<Bytes>(),
            line.downcast::<Str>(),
        ) {
            (Some(encoding), Some(bytes), _) => codecs::decode(bytes.as_slice(), encoding, None)?,
            (Some(_), None, _) => bail!(TypeError, "readline() returned a non-bytes object"),
            (None, _, Some(text)) => text.clone(),
            (None, _, None) => bail!(TypeError, "readline() returned a non-string object"),
        };
        let text = text.to_str()?;
        Ok((!text.is_empty()).then(|| text.into_owned()))
    }

    fn source(&self) -> PyResult<String> {
        let mut source = String::new();
        while let Some(line) = self.line()? {
            source.push_str(&line);
        }
        Ok(source)
    }

    /// The line of a token, which tokens of the same line share.
    fn line_object(progress: &mut Progress, number: i32, text: String) -> Ref<Str> {
        match &progress.line {
            Some((known, known_text, line)) if *known == number && *known_text == text => {
                line.clone()
            }
            _ => {
                let line = Str::new(&text);
                progress.line = Some((number, text, line.clone()));
                line
            }
        }
    }
}

fn pair((line, column): (i32, i32)) -> Value {
    Tuple::from_array([int::new(line.into()), int::new(column.into())]).into_value()
}

#[methods]
impl TokenizerIter {
    #[new("(readline, *, encoding=None, extra_tokens=False)")]
    fn make(
        class: &Ref<Type>,
        readline: &Value,
        encoding: Option<&Ref<Str>>,
        extra_tokens: bool,
    ) -> Value {
        let made = TokenizerIter {
            readline: readline.clone(),
            encoding: encoding.cloned(),
            extra_tokens,
            progress: RefCell::default(),
        };
        heap::new_object(class, made).into_value()
    }

    #[slot(iter)]
    fn iter(this: &Ref<TokenizerIter>) -> Value {
        this.to_value()
    }

    #[slot(next)]
    fn next(&self) -> PyResult<Option<Value>> {
        if self.progress.borrow().stream.is_none() {
            let source = self.source()?;
            let (source, newline_added) = with_final_newline(&source);
            let stream = TokenStream::new(source.into_owned(), newline_added, self.extra_tokens);
            self.progress.borrow_mut().stream = Some(stream);
        }
        let mut progress = self.progress.borrow_mut();
        let token = match progress.stream.as_mut().and_then(Iterator::next) {
            None => return Ok(None),
            Some(Ok(token)) => token,
            Some(Err(error)) => return Err(compile::syntax_error(error, &Str::new("<string>"))),
        };
        let TokenInfo {
            kind,
            text,
            start,
            end,
            line,
        } = token;
        let line = TokenizerIter::line_object(&mut progress, end.0, line);
        Ok(Some(
            Tuple::from_array([
                int::new(kind.into()),
                Str::new(&text).into_value(),
                pair(start),
                pair(end),
                line.into_value(),
            ])
            .into_value(),
        ))
    }
}
