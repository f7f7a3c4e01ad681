//! Replacement templates: literals with groups between, as `re._parser.parse_template` takes them apart.

use taipan_macros::class;
use taipan_objects::class::Payload;
use taipan_objects::raised::PyResult;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, heap, int, protocol};

use crate::sre::match_object::Match;
use crate::sre::subject::join;

/// The payload of `SRE_Template`.
#[class(
    name = "SRE_Template",
    module = "_sre",
    flags(NO_INSTANTIATION),
    no_methods
)]
pub struct Template {
    /// What stands before the first group; None if nothing does.
    literal: Value,
    /// Groups, each with the literal behind it.
    #[untraced]
    groups: Vec<usize>,
    literals: Vec<Value>,
}

impl Template {
    /// The template of a list: a literal, then a group number and a literal alternately.
    pub fn new(parts: &[Value]) -> PyResult<Ref<Template>> {
        let Some((literal, rest)) = parts
            .split_first()
            .filter(|(_, rest)| rest.len().is_multiple_of(2))
        else {
            bail!(TypeError, "invalid template");
        };
        let (mut groups, mut literals) = (Vec::new(), Vec::new());
        for pair in rest.chunks_exact(2) {
            match int::to_i64(&pair[0]).and_then(|group| usize::try_from(group).ok()) {
                Some(group) => groups.push(group),
                None => bail!(TypeError, "invalid template"),
            }
            literals.push(pair[1].clone());
        }
        Ok(heap::new_object(
            Template::class(),
            Template {
                literal: literal.clone(),
                groups,
                literals,
            },
        ))
    }

    /// The literal, if the template has no groups.
    pub fn only_literal(&self) -> Option<&Value> {
        self.groups.is_empty().then_some(&self.literal)
    }

    /// The template filled with a match's groups.
    pub fn expand(&self, found: &Match) -> PyResult<Value> {
        if let Some(literal) = self.only_literal() {
            return Ok(literal.clone());
        }
        let mut parts = Vec::with_capacity(2 * self.groups.len() + 1);
        let mut push = |part: &Value| -> PyResult<()> {
            if protocol::len(part)? > 0 {
                parts.push(part.clone());
            }
            Ok(())
        };
        push(&self.literal)?;
        for (&group, literal) in self.groups.iter().zip(&self.literals) {
            let text = found.group(group)?;
            if !text.is_none() {
                push(&text)?;
            }
            push(literal)?;
        }
        join(&parts, found.is_text())
    }
}
