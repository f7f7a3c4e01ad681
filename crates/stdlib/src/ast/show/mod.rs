//! From the compiler's tree to Python objects.
//!
//! The two trees differ in detail, and Python's is what programs see: a decorated function starts at its `def`, an `elif`
//! is an `if` in the `else`, a parameter's position leaves out the star, the parts of an implicitly concatenated string
//! are merged. Nothing here calls Python code, so the walk may run on a stack of its own.

mod expressions;
mod patterns;
mod statements;
mod strings;
mod type_comments;

use taipan_compiler::source_file::SourceFile;
use taipan_compiler::text_size::{Ranged, TextRange, TextSize};
use taipan_compiler::{FunctionType, ast};
use taipan_objects::list::List;
use taipan_objects::str::Str;
use taipan_objects::value::Value;
use taipan_objects::{id, instance, int};

use super::classes;
use super::grammar::Kind;
use super::places::Places;
use type_comments::TypeComments;

/// The walk over one tree.
pub(super) struct Show<'a> {
    source: &'a SourceFile,
    places: Places<'a>,
    comments: TypeComments,
}

fn list(items: Vec<Value>) -> Value {
    List::new(items).into_value()
}

fn name(text: &str) -> Value {
    Str::intern(text).into_value()
}

fn identifier(identifier: &ast::Identifier) -> Value {
    name(identifier.as_str())
}

fn optional_identifier(identifier: Option<&ast::Identifier>) -> Value {
    identifier.map_or(Value::NONE, self::identifier)
}

fn flag(set: bool) -> Value {
    int::new(set.into())
}

impl<'a> Show<'a> {
    /// For trees of this source, which has these comments.
    pub fn new(source: &'a SourceFile, comments: &[TextRange]) -> Show<'a> {
        let text = source.source_text();
        Show {
            source,
            places: Places::new(text),
            comments: TypeComments::new(text, comments),
        }
    }

    /// The first type comment that belongs to no node, once a tree was shown, and what is wrong with it.
    pub fn stray_comment(&self) -> Option<(&'static str, TextRange)> {
        self.comments.stray()
    }

    /// A signature.
    pub fn function_type(&self, function: &FunctionType) -> Value {
        classes::make(
            Kind::FunctionType,
            [
                self.expressions(&function.parameters),
                self.expression(&function.returns),
            ],
        )
    }

    /// A whole tree.
    pub fn module(&self, module: &ast::Mod, interactive: bool) -> Value {
        match module {
            ast::Mod::Module(module) if interactive => {
                classes::make(Kind::Interactive, [self.body(&module.body)])
            }
            ast::Mod::Module(module) => {
                classes::make(Kind::Module, [self.body(&module.body), self.type_ignores()])
            }
            ast::Mod::Expression(module) => {
                classes::make(Kind::Expression, [self.expression(&module.body)])
            }
        }
    }

    /// A node with a position.
    fn node<const N: usize>(&self, kind: Kind, range: TextRange, values: [Value; N]) -> Value {
        let node = classes::make(kind, values);
        let position = self.places.position(range);
        for (attribute, value) in [
            (id!("lineno"), position.line),
            (id!("col_offset"), position.column),
            (id!("end_lineno"), position.end_line),
            (id!("end_col_offset"), position.end_column),
        ] {
            instance::set_attribute(&node, attribute, Some(int::new(value.into())));
        }
        node
    }

    fn text(&self) -> &'a str {
        self.places.text()
    }

    /// The offset of the first byte that is neither blank nor part of a comment or a line continuation.
    fn skip_blank(&self, from: TextSize) -> TextSize {
        let bytes = self.text().as_bytes();
        let mut at = from.to_usize();
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\x0c' | b'\n' | b'\\' => at += 1,
                b'#' => at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at),
                _ => break,
            }
        }
        TextSize::try_from(at).unwrap_or(from)
    }

    fn parameters(&self, parameters: &ast::Parameters) -> Value {
        let all = |parameters: &[ast::ParameterWithDefault]| {
            list(
                parameters
                    .iter()
                    .map(|parameter| self.parameter(&parameter.parameter, parameter.range.end()))
                    .collect(),
            )
        };
        let default = |parameter: &ast::ParameterWithDefault| {
            parameter
                .default
                .as_deref()
                .map(|default| self.expression(default))
        };
        let optional = |parameter: Option<&ast::Parameter>| {
            parameter.map_or(Value::NONE, |parameter| {
                self.parameter(parameter, parameter.end())
            })
        };
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        classes::make(
            Kind::arguments,
            [
                all(&parameters.posonlyargs),
                all(&parameters.args),
                optional(parameters.vararg.as_deref()),
                all(&parameters.kwonlyargs),
                list(
                    parameters
                        .kwonlyargs
                        .iter()
                        .map(|parameter| default(parameter).unwrap_or(Value::NONE))
                        .collect(),
                ),
                optional(parameters.kwarg.as_deref()),
                list(positional.filter_map(default).collect()),
            ],
        )
    }

    /// A parameter, which ends with its default; the compiler's range of a starred one starts at the star.
    fn parameter(&self, parameter: &ast::Parameter, end: TextSize) -> Value {
        let range = TextRange::new(parameter.name.start(), parameter.end());
        let annotation = self.optional(parameter.annotation.as_deref());
        self.node(
            Kind::arg,
            range,
            [
                identifier(&parameter.name),
                annotation,
                self.comment_of_parameter(end),
            ],
        )
    }

    fn keywords(&self, keywords: &[ast::Keyword]) -> Value {
        let keyword = |keyword: &ast::Keyword| {
            let values = [
                optional_identifier(keyword.arg.as_ref()),
                self.expression(&keyword.value),
            ];
            self.node(Kind::keyword, keyword.range, values)
        };
        list(keywords.iter().map(keyword).collect())
    }

    fn type_params(&self, params: Option<&ast::TypeParams>) -> Value {
        let params = params.map_or(&[][..], |params| &params.type_params);
        list(params.iter().map(|param| self.type_param(param)).collect())
    }

    fn type_param(&self, param: &ast::TypeParam) -> Value {
        match param {
            ast::TypeParam::TypeVar(param) => {
                let (bound, default) = (
                    self.optional(param.bound.as_deref()),
                    self.optional(param.default.as_deref()),
                );
                self.node(
                    Kind::TypeVar,
                    param.range,
                    [identifier(&param.name), bound, default],
                )
            }
            ast::TypeParam::ParamSpec(param) => {
                let default = self.optional(param.default.as_deref());
                self.node(
                    Kind::ParamSpec,
                    param.range,
                    [identifier(&param.name), default],
                )
            }
            ast::TypeParam::TypeVarTuple(param) => {
                let default = self.optional(param.default.as_deref());
                self.node(
                    Kind::TypeVarTuple,
                    param.range,
                    [identifier(&param.name), default],
                )
            }
        }
    }
}
