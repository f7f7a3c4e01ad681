//! `_sre`: regular expressions, as `re._compiler` compiles them.
//!
//! [`program`] reads compiled code, [`machine`] runs it over text of any width; [`pattern`], [`match_object`], [`scanner`]
//! and [`template`] are the objects that Python sees. The matcher is our own because the one of `rustpython-sre_engine`
//! only takes text as UTF-8, so that every search would copy the string and count characters to find its place.

mod machine;
mod match_object;
mod pattern;
mod program;
mod scanner;
mod set;
mod subject;
mod template;
#[cfg(test)]
mod tests;

use taipan_macros::{define_module, function};
use taipan_objects::dict::Dict;
use taipan_objects::int;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

pub use match_object::Match;
pub use pattern::Pattern;
pub use scanner::Scanner;
pub use template::Template;

define_module!(
    name = "_sre",
    functions(
        ascii_iscased,
        ascii_tolower,
        compile,
        getcodesize,
        template,
        unicode_iscased,
        unicode_tolower
    ),
    classes(Pattern, Match, Scanner, Template),
    init = fill,
);

/// The version of the compiled code; `re._compiler` checks it.
const MAGIC: i64 = 20_230_612;
const CODE_SIZE: i64 = 4;
const MAX_REPEAT: i64 = u32::MAX as i64;
const MAX_GROUPS: i64 = i32::MAX as i64 / 2;

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("MAGIC", int::new(MAGIC));
    module.set("CODESIZE", int::new(CODE_SIZE));
    module.set("MAXREPEAT", int::new(MAX_REPEAT));
    module.set("MAXGROUPS", int::new(MAX_GROUPS));
    // The objects' classes are reached through their instances, not through the module.
    for name in ["Pattern", "Match", "SRE_Scanner", "SRE_Template"] {
        module
            .dict()
            .remove_str(&taipan_objects::str::Str::intern(name));
    }
    Ok(())
}

/// A pattern from its compiled code.
#[function("(pattern, flags, code, groups, groupindex, indexgroup)")]
fn compile(
    pattern: &Value,
    flags: i32,
    code: &Ref<List>,
    groups: isize,
    groupindex: &Ref<Dict>,
    indexgroup: &Ref<Tuple>,
) -> PyResult<Ref<Pattern>> {
    Pattern::compile(
        pattern,
        flags,
        &code.to_vec(),
        groups,
        groupindex,
        indexgroup,
    )
}

/// A replacement template from its parsed form: a literal, then group numbers and literals alternately.
#[function("(pattern, template, /)")]
fn template(_pattern: &Ref<Pattern>, template: &Ref<List>) -> PyResult<Ref<Template>> {
    Template::new(&template.to_vec())
}

#[function("()")]
fn getcodesize() -> i64 {
    CODE_SIZE
}

#[function("(character, /)")]
fn ascii_iscased(character: i32) -> bool {
    u8::try_from(character).is_ok_and(|byte| byte.is_ascii_alphabetic())
}

#[function("(character, /)")]
fn unicode_iscased(character: i32) -> bool {
    let code = character as u32;
    // Some characters have capitals only as a pair: the ligature of long s and t.
    let has_capital = |character: char| character.to_uppercase().next() != Some(character);
    set::lower_unicode(code) != code || char::from_u32(code).is_some_and(has_capital)
}

#[function("(character, /)")]
fn ascii_tolower(character: i32) -> i64 {
    set::lower_ascii(character as u32).into()
}

#[function("(character, /)")]
fn unicode_tolower(character: i32) -> i64 {
    set::lower_unicode(character as u32).into()
}
