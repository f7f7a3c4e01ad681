//! What the grammar's types do not say about a tree: contexts, lengths, positions, names, constants.
//!
//! Invariant: what passes here has a tree of the compiler that means the same.

use taipan_objects::bytes::Bytes;
use taipan_objects::int::boolean;
use taipan_objects::raised::PyResult;
use taipan_objects::set::FrozenSet;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::Value;
use taipan_objects::{bail, complex, float, int};

use super::grammar::Kind;
use super::places::Position;
use super::tree::{Item, Tree};

/// Checks a tree.
pub(super) fn validate(tree: &Tree) -> PyResult<()> {
    match (tree.kind, &tree.fields[..]) {
        (Kind::Module | Kind::Interactive, [body, ..]) => statements(body),
        (Kind::Expression, [body]) => required(body, |body| expression(body, Kind::Load)),
        (Kind::FunctionType, [arguments, returns]) => {
            expressions(arguments, Kind::Load, false)?;
            required(returns, |returns| expression(returns, Kind::Load))
        }
        _ => Ok(()),
    }
}

fn place(
    Position {
        line,
        column,
        end_line,
        end_column,
    }: Position,
) -> PyResult<()> {
    if line > end_line {
        bail!(
            ValueError,
            "AST node line range ({line}, {end_line}) is not valid"
        );
    }
    if (line < 0 && end_line != line) || (column < 0 && column != end_column) {
        bail!(
            ValueError,
            "AST node column range ({column}, {end_column}) for line range ({line}, {end_line}) is not valid"
        );
    }
    if line == end_line && column > end_column {
        bail!(
            ValueError,
            "line {line}, column {column}-{end_column} is not a valid range"
        );
    }
    Ok(())
}

/// A node that the constructor of its owner would not do without.
fn required(item: &Item, check: impl FnOnce(&Tree) -> PyResult<()>) -> PyResult<()> {
    item.node().map_or(Ok(()), check)
}

/// All nodes of a list of which none may be missing.
fn all(item: &Item, what: &str, mut check: impl FnMut(&Tree) -> PyResult<()>) -> PyResult<()> {
    for item in item.items() {
        let Some(tree) = item.node() else {
            bail!(ValueError, "None disallowed in {what} list")
        };
        check(tree)?;
    }
    Ok(())
}

fn load(item: &Item) -> PyResult<()> {
    required(item, |tree| expression(tree, Kind::Load))
}

fn store(item: &Item) -> PyResult<()> {
    required(item, |tree| expression(tree, Kind::Store))
}

fn expressions(list: &Item, context: Kind, may_be_none: bool) -> PyResult<()> {
    for item in list.items() {
        match item.node() {
            Some(tree) => expression(tree, context)?,
            None if may_be_none => {}
            None => bail!(ValueError, "None disallowed in expression list"),
        }
    }
    Ok(())
}

fn statements(list: &Item) -> PyResult<()> {
    all(list, "statement", statement)
}

fn nonempty(list: &Item, what: &str, owner: &str) -> PyResult<()> {
    if list.items().is_empty() {
        bail!(ValueError, "empty {what} on {owner}");
    }
    Ok(())
}

fn body(list: &Item, owner: &str) -> PyResult<()> {
    nonempty(list, "body", owner)?;
    statements(list)
}

fn identifiers(list: &Item) -> PyResult<()> {
    if list.items().iter().any(|item| item.name().is_none()) {
        bail!(ValueError, "None disallowed in identifier list");
    }
    Ok(())
}

fn name(item: &Item) -> PyResult<()> {
    if let Some(name) = item.name()
        && let Some(constant) = ["None", "True", "False"]
            .into_iter()
            .find(|&constant| name.eq_str(constant))
    {
        bail!(
            ValueError,
            "identifier field can't represent '{constant}' constant"
        );
    }
    Ok(())
}

fn capture(item: &Item) -> PyResult<()> {
    if item.name().is_some_and(|name| name.eq_str("_")) {
        bail!(ValueError, "can't capture name '_' in patterns");
    }
    name(item)
}

fn comprehension(generators: &Item) -> PyResult<()> {
    if generators.items().is_empty() {
        bail!(ValueError, "comprehension with no generators");
    }
    all(generators, "comprehension", |generator| {
        let [target, iterable, conditions, _] = &generator.fields[..] else {
            return Ok(());
        };
        store(target)?;
        load(iterable)?;
        expressions(conditions, Kind::Load, false)
    })
}

fn keywords(list: &Item) -> PyResult<()> {
    all(list, "keyword", |keyword| load(&keyword.fields[1]))
}

fn parameters(tree: &Tree) -> PyResult<()> {
    let [posonly, args, vararg, kwonly, kw_defaults, kwarg, defaults] = &tree.fields[..] else {
        return Ok(());
    };
    let parameter = |parameter: &Tree| {
        place(parameter.position)?;
        load(&parameter.fields[1])
    };
    all(posonly, "argument", parameter)?;
    all(args, "argument", parameter)?;
    required(vararg, |vararg| load(&vararg.fields[1]))?;
    all(kwonly, "argument", parameter)?;
    required(kwarg, |kwarg| load(&kwarg.fields[1]))?;
    if defaults.items().len() > posonly.items().len() + args.items().len() {
        bail!(
            ValueError,
            "more positional defaults than args on arguments"
        );
    }
    if kw_defaults.items().len() != kwonly.items().len() {
        bail!(
            ValueError,
            "length of kwonlyargs is not the same as kw_defaults on arguments"
        );
    }
    expressions(defaults, Kind::Load, false)?;
    expressions(kw_defaults, Kind::Load, true)
}

fn type_params(list: &Item) -> PyResult<()> {
    all(list, "type_param", |param| {
        place(param.position)?;
        name(&param.fields[0])?;
        param.fields[1..].iter().try_for_each(load)
    })
}

/// Whether a value is of a type itself, not of a subclass.
pub(super) fn is_plain_constant(value: &Value) -> bool {
    value.is_none()
        || value.is(&Value::ELLIPSIS)
        || int::is_exact(value)
        || boolean::as_bool(value).is_some()
        || float::is_exact(value)
        || is_exact_complex(value)
        || value.downcast_exact::<Str>().is_some()
        || value.downcast_exact::<Bytes>().is_some()
}

fn is_exact_complex(value: &Value) -> bool {
    complex::parts_of(value).is_some() && value.downcast_exact::<complex::Complex>().is_some()
}

fn constant(value: &Value) -> bool {
    if let Some(tuple) = value.downcast_exact::<Tuple>() {
        return tuple.as_slice().iter().all(constant);
    }
    if let Some(set) = value.downcast_exact::<FrozenSet>() {
        return set.snapshot().iter().all(constant);
    }
    is_plain_constant(value)
}

fn expression(tree: &Tree, context: Kind) -> PyResult<()> {
    place(tree.position)?;
    let fields = &tree.fields[..];
    match tree.kind {
        Kind::Attribute
        | Kind::Subscript
        | Kind::Starred
        | Kind::Name
        | Kind::List
        | Kind::Tuple => {
            if tree.kind == Kind::Name {
                name(&fields[0])?;
            }
            let actual = fields
                .last()
                .and_then(Item::node)
                .map_or(Kind::Load, |context| context.kind);
            if actual != context {
                let (wanted, actual) = (context.name(), actual.name());
                bail!(
                    ValueError,
                    "expression must have {wanted} context but has {actual} instead"
                );
            }
        }
        _ if context != Kind::Load => {
            bail!(
                ValueError,
                "expression which can't be assigned to in {} context",
                context.name()
            );
        }
        _ => {}
    }
    match (tree.kind, fields) {
        (Kind::BoolOp, [_, values]) => {
            if values.items().len() < 2 {
                bail!(ValueError, "BoolOp with less than 2 values");
            }
            expressions(values, Kind::Load, false)
        }
        (Kind::BinOp, [left, _, right]) => {
            load(left)?;
            load(right)
        }
        (Kind::UnaryOp, [_, operand]) => load(operand),
        (Kind::Lambda, [arguments, value]) => {
            required(arguments, parameters)?;
            load(value)
        }
        (Kind::IfExp | Kind::Slice, parts) => parts.iter().try_for_each(load),
        (Kind::Dict, [keys, values]) => {
            if keys.items().len() != values.items().len() {
                bail!(
                    ValueError,
                    "Dict doesn't have the same number of keys as values"
                );
            }
            // A missing key stands for the items of another mapping.
            expressions(keys, Kind::Load, true)?;
            expressions(values, Kind::Load, false)
        }
        (Kind::Set, [elements]) => expressions(elements, Kind::Load, false),
        (Kind::ListComp | Kind::SetComp | Kind::GeneratorExp, [element, generators]) => {
            comprehension(generators)?;
            load(element)
        }
        (Kind::DictComp, [key, value, generators]) => {
            comprehension(generators)?;
            load(key)?;
            load(value)
        }
        (Kind::Await | Kind::Yield | Kind::YieldFrom, [value]) => load(value),
        (Kind::Compare, [left, operators, comparators]) => {
            if comparators.items().is_empty() {
                bail!(ValueError, "Compare with no comparators");
            }
            if comparators.items().len() != operators.items().len() {
                bail!(
                    ValueError,
                    "Compare has a different number of comparators and operands"
                );
            }
            expressions(comparators, Kind::Load, false)?;
            load(left)
        }
        (Kind::Call, [function, arguments, named]) => {
            load(function)?;
            expressions(arguments, Kind::Load, false)?;
            keywords(named)
        }
        (Kind::Constant, [value, _]) => match value.constant() {
            Some(value) if !constant(value) => {
                bail!(
                    TypeError,
                    "got an invalid type in Constant: {}",
                    invalid_type(value).class().name()
                )
            }
            _ => Ok(()),
        },
        (Kind::JoinedStr | Kind::TemplateStr, [values]) => expressions(values, Kind::Load, false),
        (Kind::FormattedValue, [value, flag, spec]) => {
            conversion(flag)?;
            load(value)?;
            load(spec)
        }
        (Kind::Interpolation, [value, text, flag, spec]) => {
            conversion(flag)?;
            if let Some(text) = text.constant()
                && !constant(text)
            {
                bail!(
                    TypeError,
                    "got an invalid type in Constant: {}",
                    invalid_type(text).class().name()
                );
            }
            load(value)?;
            load(spec)
        }
        (Kind::Attribute, [value, ..]) => load(value),
        (Kind::Subscript, [value, slice, _]) => {
            load(slice)?;
            load(value)
        }
        (Kind::Starred, [value, _]) => required(value, |value| expression(value, context)),
        (Kind::List | Kind::Tuple, [elements, _]) => expressions(elements, context, false),
        (Kind::NamedExpr, [target, value]) => {
            // Only a name can be assigned to; the compiler relies on it.
            if target.node().is_none_or(|target| target.kind != Kind::Name) {
                bail!(TypeError, "NamedExpr target must be a Name");
            }
            store(target)?;
            load(value)
        }
        _ => Ok(()),
    }
}

fn conversion(flag: &Item) -> PyResult<()> {
    let is_known = flag.int() == -1 || b"sra".iter().any(|&letter| i32::from(letter) == flag.int());
    if !is_known {
        bail!(
            SystemError,
            "Unrecognized conversion character {}",
            flag.int()
        );
    }
    Ok(())
}

/// The part of a constant that is none.
fn invalid_type(value: &Value) -> Value {
    let inner = if let Some(tuple) = value.downcast_exact::<Tuple>() {
        tuple.as_slice().to_vec()
    } else if let Some(set) = value.downcast_exact::<FrozenSet>() {
        set.snapshot()
    } else {
        return value.clone();
    };
    inner
        .iter()
        .find(|item| !constant(item))
        .map_or_else(|| value.clone(), invalid_type)
}

fn is_number(item: &Item, may_be_real: bool, may_be_imaginary: bool) -> bool {
    let Some(tree) = item.node().filter(|tree| tree.kind == Kind::Constant) else {
        return false;
    };
    let Some(value) = tree.fields[0].constant() else {
        return false;
    };
    (may_be_real && (float::is_exact(value) || is_exact_int(value)))
        || (may_be_imaginary && is_exact_complex(value))
}

fn is_exact_int(value: &Value) -> bool {
    int::is_exact(value) && boolean::as_bool(value).is_none()
}

fn is_negative(tree: &Tree, may_be_imaginary: bool) -> bool {
    let [operator, operand] = &tree.fields[..] else {
        return false;
    };
    operator
        .node()
        .is_some_and(|operator| operator.kind == Kind::USub)
        && is_number(operand, true, may_be_imaginary)
}

fn is_complex_sum(tree: &Tree) -> bool {
    let [left, operator, right] = &tree.fields[..] else {
        return false;
    };
    let is_sum = operator
        .node()
        .is_some_and(|operator| matches!(operator.kind, Kind::Add | Kind::Sub));
    let is_left = match left.node() {
        Some(left) if left.kind == Kind::UnaryOp => is_negative(left, false),
        _ => is_number(left, true, false),
    };
    is_sum && is_left && is_number(right, false, true)
}

fn pattern_value(item: &Item) -> PyResult<()> {
    let Some(tree) = item.node() else {
        return Ok(());
    };
    expression(tree, Kind::Load)?;
    let is_allowed = match tree.kind {
        Kind::Constant => {
            let value = tree.fields[0].constant();
            if !value.is_some_and(|value| {
                is_exact_int(value)
                    || float::is_exact(value)
                    || is_exact_complex(value)
                    || value.downcast_exact::<Str>().is_some()
                    || value.downcast_exact::<Bytes>().is_some()
            }) {
                bail!(
                    ValueError,
                    "unexpected constant inside of a literal pattern"
                );
            }
            true
        }
        // What is wrong with an f-string here is for the compiler to say.
        Kind::Attribute | Kind::JoinedStr => true,
        Kind::UnaryOp => is_negative(tree, true),
        Kind::BinOp => is_complex_sum(tree),
        _ => false,
    };
    if !is_allowed {
        bail!(
            ValueError,
            "patterns may only match literals and attribute lookups"
        );
    }
    Ok(())
}

fn patterns(list: &Item, star_is_allowed: bool) -> PyResult<()> {
    all(list, "pattern", |tree| pattern(tree, star_is_allowed))
}

fn is_singleton(value: &Value) -> bool {
    value.is_none() || boolean::as_bool(value).is_some()
}

fn pattern(tree: &Tree, star_is_allowed: bool) -> PyResult<()> {
    place(tree.position)?;
    match (tree.kind, &tree.fields[..]) {
        (Kind::MatchValue, [value]) => pattern_value(value),
        (Kind::MatchSingleton, [value]) => {
            if !value.constant().is_some_and(is_singleton) {
                bail!(
                    ValueError,
                    "MatchSingleton can only contain True, False and None"
                );
            }
            Ok(())
        }
        (Kind::MatchSequence, [inner]) => patterns(inner, true),
        (Kind::MatchMapping, [keys, inner, rest]) => {
            if keys.items().len() != inner.items().len() {
                bail!(
                    ValueError,
                    "MatchMapping doesn't have the same number of keys as patterns"
                );
            }
            capture(rest)?;
            for key in keys.items() {
                match key.node() {
                    None => bail!(ValueError, "None disallowed in expression list"),
                    Some(tree)
                        if tree.kind == Kind::Constant
                            && tree.fields[0].constant().is_some_and(is_singleton) => {}
                    Some(_) => pattern_value(key)?,
                }
            }
            patterns(inner, false)
        }
        (Kind::MatchClass, [class, inner, names, named]) => {
            if names.items().len() != named.items().len() {
                bail!(
                    ValueError,
                    "MatchClass doesn't have the same number of keyword attributes as patterns"
                );
            }
            load(class)?;
            let mut class = class.node();
            while let Some(tree) = class {
                class = match tree.kind {
                    Kind::Name => None,
                    Kind::Attribute => tree.fields[0].node(),
                    _ => bail!(
                        ValueError,
                        "MatchClass cls field can only contain Name or Attribute nodes."
                    ),
                };
            }
            identifiers(names)?;
            names.items().iter().try_for_each(name)?;
            patterns(inner, false)?;
            patterns(named, false)
        }
        (Kind::MatchStar, [target]) => {
            if !star_is_allowed {
                bail!(ValueError, "can't use MatchStar here");
            }
            capture(target)
        }
        (Kind::MatchAs, [inner, target]) => {
            capture(target)?;
            match inner.node() {
                None => Ok(()),
                Some(_) if target.name().is_none() => {
                    bail!(
                        ValueError,
                        "MatchAs must specify a target name if a pattern is given"
                    )
                }
                Some(inner) => pattern(inner, false),
            }
        }
        (Kind::MatchOr, [inner]) => {
            if inner.items().len() < 2 {
                bail!(ValueError, "MatchOr requires at least 2 patterns");
            }
            patterns(inner, false)
        }
        _ => Ok(()),
    }
}

fn statement(tree: &Tree) -> PyResult<()> {
    place(tree.position)?;
    let owner = tree.kind.name();
    match (tree.kind, &tree.fields[..]) {
        (
            Kind::FunctionDef | Kind::AsyncFunctionDef,
            [_, arguments, inner, decorators, returns, _, params],
        ) => {
            body(inner, owner)?;
            type_params(params)?;
            required(arguments, parameters)?;
            expressions(decorators, Kind::Load, false)?;
            load(returns)
        }
        (Kind::ClassDef, [_, bases, named, inner, decorators, params]) => {
            body(inner, owner)?;
            type_params(params)?;
            expressions(bases, Kind::Load, false)?;
            keywords(named)?;
            expressions(decorators, Kind::Load, false)
        }
        (Kind::Return | Kind::Expr, [value]) => load(value),
        (Kind::Delete, [targets]) => {
            nonempty(targets, "targets", owner)?;
            expressions(targets, Kind::Del, false)
        }
        (Kind::Assign, [targets, value, _]) => {
            nonempty(targets, "targets", owner)?;
            expressions(targets, Kind::Store, false)?;
            load(value)
        }
        (Kind::AugAssign, [target, _, value]) => {
            store(target)?;
            load(value)
        }
        (Kind::AnnAssign, [target, annotation, value, simple]) => {
            if target
                .node()
                .is_some_and(|target| target.kind != Kind::Name)
                && simple.int() != 0
            {
                bail!(TypeError, "AnnAssign with simple non-Name target");
            }
            store(target)?;
            load(value)?;
            load(annotation)
        }
        (Kind::TypeAlias, [target, params, value]) => {
            if target
                .node()
                .is_some_and(|target| target.kind != Kind::Name)
            {
                bail!(TypeError, "TypeAlias with non-Name name");
            }
            store(target)?;
            type_params(params)?;
            load(value)
        }
        (Kind::For | Kind::AsyncFor, [target, iterable, inner, orelse, _]) => {
            store(target)?;
            load(iterable)?;
            body(inner, owner)?;
            statements(orelse)
        }
        (Kind::While | Kind::If, [test, inner, orelse]) => {
            load(test)?;
            body(inner, owner)?;
            statements(orelse)
        }
        (Kind::With | Kind::AsyncWith, [items, inner, _]) => {
            nonempty(items, "items", owner)?;
            all(items, "withitem", |item| {
                load(&item.fields[0])?;
                store(&item.fields[1])
            })?;
            body(inner, owner)
        }
        (Kind::Match, [subject, cases]) => {
            load(subject)?;
            nonempty(cases, "cases", owner)?;
            all(cases, "match_case", |case| {
                let [wanted, guard, inner] = &case.fields[..] else {
                    return Ok(());
                };
                required(wanted, |wanted| pattern(wanted, false))?;
                load(guard)?;
                body(inner, "match_case")
            })
        }
        (Kind::Raise, [exception, cause]) => {
            if exception.node().is_none() && cause.node().is_some() {
                bail!(ValueError, "Raise with cause but no exception");
            }
            load(exception)?;
            load(cause)
        }
        (Kind::Try | Kind::TryStar, [inner, handlers, orelse, finalbody]) => {
            body(inner, owner)?;
            if handlers.items().is_empty() && finalbody.items().is_empty() {
                bail!(
                    ValueError,
                    "{owner} has neither except handlers nor finalbody"
                );
            }
            if handlers.items().is_empty() && !orelse.items().is_empty() {
                bail!(ValueError, "{owner} has orelse but no except handlers");
            }
            all(handlers, "excepthandler", |handler| {
                place(handler.position)?;
                load(&handler.fields[0])?;
                body(&handler.fields[2], "ExceptHandler")
            })?;
            statements(finalbody)?;
            statements(orelse)
        }
        (Kind::Assert, [test, message]) => {
            load(test)?;
            load(message)
        }
        (Kind::Import, [names]) => aliases(names, owner),
        (Kind::ImportFrom, [_, names, level]) => {
            if level.int() < 0 {
                bail!(ValueError, "Negative ImportFrom level");
            }
            aliases(names, owner)
        }
        (Kind::Global | Kind::Nonlocal, [names]) => {
            nonempty(names, "names", owner)?;
            identifiers(names)
        }
        _ => Ok(()),
    }
}

fn aliases(names: &Item, owner: &str) -> PyResult<()> {
    nonempty(names, "names", owner)?;
    all(names, "alias", |_| Ok(()))
}
