//! From a valid [`Tree`] to the compiler's tree.
//!
//! The compiler's tree refers to a text by offsets; [`Layout`] makes one that has the positions of the nodes. Nothing here
//! fails, and nothing calls Python code, so the walk may run on a stack of its own.

mod constants;
mod expressions;
mod patterns;
mod statements;
mod strings;

use taipan_compiler::ast::{self, name::Name};
use taipan_compiler::source_file::SourceFile;
use taipan_compiler::text_size::TextRange;

use super::grammar::Kind;
use super::places::Layout;
use super::tree::{Item, Tree};

/// The walk over one tree.
pub(super) struct Lower {
    layout: Layout,
}

/// A tree of the compiler and the text of its positions.
pub(super) fn lower(tree: &Tree, filename: &str) -> (ast::Mod, SourceFile) {
    let mut layout = Layout::default();
    mention(tree, &mut layout);
    layout.arrange();
    let mut walk = Lower { layout };
    let range = TextRange::default();
    let body = &tree.fields[0];
    let module = match body.node().filter(|_| tree.kind == Kind::Expression) {
        Some(body) => {
            let body = Box::new(walk.expression(body));
            ast::Mod::Expression(ast::ModExpression {
                node_index: Default::default(),
                range,
                body,
            })
        }
        None => {
            let body = walk.body(body);
            ast::Mod::Module(ast::ModModule {
                node_index: Default::default(),
                range,
                body,
                runtime_body: None,
            })
        }
    };
    (module, walk.layout.into_source(filename))
}

fn mention(tree: &Tree, layout: &mut Layout) {
    layout.mention(tree.position);
    tree.fields
        .iter()
        .for_each(|item| mention_item(item, layout));
}

fn mention_item(item: &Item, layout: &mut Layout) {
    match item {
        Item::Node(tree) => mention(tree, layout),
        Item::List(items) => items.iter().for_each(|item| mention_item(item, layout)),
        _ => {}
    }
}

/// The nodes of a list.
fn nodes(list: &Item) -> impl Iterator<Item = &Tree> {
    list.items().iter().filter_map(Item::node)
}

impl Lower {
    fn range(&self, tree: &Tree) -> TextRange {
        self.layout.range(tree.position)
    }

    /// An identifier, which has no position of its own in Python's tree.
    fn identifier(&self, item: &Item, range: TextRange) -> ast::Identifier {
        let text = item
            .name()
            .map(|name| name.to_display())
            .unwrap_or_default();
        ast::Identifier {
            id: Name::new(&*text),
            range,
            node_index: Default::default(),
        }
    }

    fn optional_identifier(&self, item: &Item, range: TextRange) -> Option<ast::Identifier> {
        item.name().map(|_| self.identifier(item, range))
    }

    fn parameters(&mut self, tree: &Tree) -> ast::Parameters {
        let [posonly, args, vararg, kwonly, kw_defaults, kwarg, defaults] = &tree.fields[..] else {
            return ast::Parameters::default();
        };
        let positional = posonly.items().len() + args.items().len();
        let first_default = positional - defaults.items().len();
        let default_at = |index: usize| {
            index
                .checked_sub(first_default)
                .and_then(|index| defaults.items()[index].node())
        };
        let posonlyargs = nodes(posonly)
            .enumerate()
            .map(|(index, parameter)| self.parameter(parameter, default_at(index)));
        let posonlyargs = posonlyargs.collect();
        let after = posonly.items().len();
        let args = nodes(args)
            .enumerate()
            .map(|(index, parameter)| self.parameter(parameter, default_at(after + index)));
        let args = args.collect();
        let vararg = vararg
            .node()
            .map(|parameter| Box::new(self.bare_parameter(parameter)));
        let kwonlyargs = nodes(kwonly)
            .zip(kw_defaults.items())
            .map(|(parameter, default)| self.parameter(parameter, default.node()));
        let kwonlyargs = kwonlyargs.collect();
        let kwarg = kwarg
            .node()
            .map(|parameter| Box::new(self.bare_parameter(parameter)));
        ast::Parameters {
            posonlyargs,
            args,
            vararg,
            kwonlyargs,
            kwarg,
            ..ast::Parameters::default()
        }
    }

    fn parameter(&mut self, parameter: &Tree, default: Option<&Tree>) -> ast::ParameterWithDefault {
        ast::ParameterWithDefault {
            range: self.range(parameter),
            node_index: Default::default(),
            parameter: self.bare_parameter(parameter),
            default: default.map(|default| Box::new(self.expression(default))),
        }
    }

    fn bare_parameter(&mut self, parameter: &Tree) -> ast::Parameter {
        let range = self.range(parameter);
        ast::Parameter {
            range,
            node_index: Default::default(),
            name: self.identifier(&parameter.fields[0], range),
            annotation: self.optional(&parameter.fields[1]),
            runtime_type_comment: None,
            runtime_type_comment_bytes: None,
        }
    }

    /// Arguments of a call or of a class; `range` is that of the whole.
    fn arguments(
        &mut self,
        positional: &Item,
        keywords: &Item,
        range: TextRange,
    ) -> ast::Arguments {
        let args = nodes(positional)
            .map(|argument| self.expression(argument))
            .collect();
        let keywords = nodes(keywords).map(|keyword| {
            let range = self.range(keyword);
            ast::Keyword {
                range,
                node_index: Default::default(),
                arg: self.optional_identifier(&keyword.fields[0], range),
                value: self.required(&keyword.fields[1]),
            }
        });
        let keywords = keywords.collect();
        ast::Arguments {
            range,
            node_index: Default::default(),
            args,
            keywords,
            runtime_args: None,
            runtime_bases: None,
        }
    }

    fn type_params(&mut self, list: &Item, range: TextRange) -> Option<Box<ast::TypeParams>> {
        if list.items().is_empty() {
            return None;
        }
        let type_params = nodes(list).map(|param| self.type_param(param)).collect();
        Some(Box::new(ast::TypeParams {
            range,
            node_index: Default::default(),
            type_params,
            runtime_type_params: None,
        }))
    }

    fn type_param(&mut self, tree: &Tree) -> ast::TypeParam {
        let range = self.range(tree);
        let node_index = Default::default();
        let name = self.identifier(&tree.fields[0], range);
        let last = tree.fields.last().unwrap_or(&Item::Nothing);
        let default = self.optional(last);
        match tree.kind {
            Kind::TypeVar => {
                let bound = self.optional(&tree.fields[1]);
                ast::TypeParam::TypeVar(ast::TypeParamTypeVar {
                    range,
                    node_index,
                    name,
                    bound,
                    default,
                })
            }
            Kind::ParamSpec => ast::TypeParam::ParamSpec(ast::TypeParamParamSpec {
                range,
                node_index,
                name,
                default,
            }),
            _ => ast::TypeParam::TypeVarTuple(ast::TypeParamTypeVarTuple {
                range,
                node_index,
                name,
                default,
            }),
        }
    }
}
