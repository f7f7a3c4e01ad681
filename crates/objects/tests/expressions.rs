//! Expressions over builtin types answer what CPython answers.
//!
//! Each line of the data files holds an expression, a tab, and the repr of its value or `!Class: message`. The expressions
//! are evaluated by a walk over their syntax tree, so that types are tested without compiler and interpreter. With `BLESS`
//! set to a Python interpreter, that interpreter writes the expectations.

use std::path::Path;

use ruff_python_ast::{self as ast, Expr};
use taipan_objects::class::{Comparison, Payload};
use taipan_objects::exceptions::describe;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{
    args::Args, bytes, dict::Dict, float, format, int, list::List, protocol, slice::Slice,
    tuple::Tuple,
};
use taipan_objects::{boot::boot, runtime, thread};

fn class_named(name: &str) -> Option<Value> {
    let class = match name {
        "str" => Str::class(),
        "bytes" => bytes::Bytes::class(),
        "bytearray" => bytes::ByteArray::class(),
        "memoryview" => bytes::MemoryView::class(),
        "int" => int::Int::class(),
        "float" => float::Float::class(),
        "complex" => taipan_objects::complex::Complex::class(),
        "list" => List::class(),
        "tuple" => Tuple::class(),
        "dict" => Dict::class(),
        "bool" => taipan_objects::singletons::Bool::class(),
        _ => return None,
    };
    Some(class.to_value())
}

fn all(expressions: &[Expr]) -> PyResult<Vec<Value>> {
    expressions.iter().map(evaluate).collect()
}

fn optional(expression: Option<&Expr>) -> PyResult<Value> {
    expression.map_or(Ok(Value::NONE), evaluate)
}

fn call(call: &ast::ExprCall) -> PyResult<Value> {
    let mut values = all(&call.arguments.args)?;
    if let Expr::Name(name) = &*call.func
        && class_named(&name.id).is_none()
    {
        return match name.id.as_str() {
            "repr" => protocol::repr(&values[0]).map(Ref::into_value),
            "ascii" => protocol::ascii(&values[0]).map(Ref::into_value),
            "len" => protocol::len(&values[0]).map(Value::from),
            "hash" => protocol::hash(&values[0]).map(Value::from),
            "iter" => protocol::iter(&values[0]),
            "type_name" => Ok(Value::from(protocol::type_name(&values[0]))),
            "format" => {
                let spec = values.get(1).and_then(|spec| spec.downcast::<Str>());
                format::format(&values[0], spec).map(Ref::into_value)
            }
            other => panic!("the test knows no function {other}"),
        };
    }
    let callable = evaluate(&call.func)?;
    let mut names = Vec::new();
    for keyword in &call.arguments.keywords {
        names.push(Str::intern(keyword.arg.as_ref().expect("a keyword has a name")).into_value());
        values.push(evaluate(&keyword.value)?);
    }
    protocol::call(&callable, Args::new(&values, &names))
}

fn binary(left: &Value, operator: ast::Operator, right: &Value) -> PyResult<Value> {
    match operator {
        ast::Operator::Add => protocol::add(left, right),
        ast::Operator::Sub => protocol::subtract(left, right),
        ast::Operator::Mult => protocol::multiply(left, right),
        ast::Operator::Mod => protocol::remainder(left, right),
        ast::Operator::Div => protocol::true_divide(left, right),
        ast::Operator::FloorDiv => protocol::floor_divide(left, right),
        ast::Operator::Pow => protocol::power(left, right, &Value::NONE),
        ast::Operator::LShift => protocol::lshift(left, right),
        ast::Operator::RShift => protocol::rshift(left, right),
        ast::Operator::BitOr => protocol::or(left, right),
        ast::Operator::BitAnd => protocol::and(left, right),
        ast::Operator::BitXor => protocol::xor(left, right),
        ast::Operator::MatMult => protocol::matrix_multiply(left, right),
    }
}

fn compare(left: &Value, operator: ast::CmpOp, right: &Value) -> PyResult<Value> {
    let comparison = match operator {
        ast::CmpOp::Eq => Comparison::Eq,
        ast::CmpOp::NotEq => Comparison::Ne,
        ast::CmpOp::Lt => Comparison::Lt,
        ast::CmpOp::LtE => Comparison::Le,
        ast::CmpOp::Gt => Comparison::Gt,
        ast::CmpOp::GtE => Comparison::Ge,
        ast::CmpOp::In => return protocol::contains(right, left).map(Value::from),
        ast::CmpOp::NotIn => {
            return protocol::contains(right, left).map(|found| Value::from(!found));
        }
        ast::CmpOp::Is => return Ok(Value::from(left.is(right))),
        ast::CmpOp::IsNot => return Ok(Value::from(!left.is(right))),
    };
    protocol::compare(left, right, comparison)
}

fn number(number: &ast::Number) -> Value {
    match number {
        ast::Number::Int(value) => match value.as_i64() {
            Some(small) => int::new(small),
            None => {
                let text = Value::from(value.to_string());
                protocol::call1(int::Int::class().as_value(), &text).expect("a numeral is an int")
            }
        },
        ast::Number::Float(value) => float::new(*value),
        ast::Number::Complex { real, imag } => {
            let parts = [float::new(*real), float::new(*imag)];
            protocol::call_positional(taipan_objects::complex::Complex::class().as_value(), &parts)
                .expect("two floats make a complex")
        }
    }
}

fn evaluate(expression: &Expr) -> PyResult<Value> {
    Ok(match expression {
        Expr::StringLiteral(literal) => {
            // Lone surrogates are written as \ud800 in the data, which the parser cannot hold in its strings.
            Str::new(literal.value.to_str()).into_value()
        }
        Expr::BytesLiteral(literal) => {
            bytes::Bytes::new(&literal.value.bytes().collect::<Vec<u8>>()).into_value()
        }
        Expr::NumberLiteral(literal) => number(&literal.value),
        Expr::BooleanLiteral(literal) => Value::from(literal.value),
        Expr::NoneLiteral(_) => Value::NONE,
        Expr::EllipsisLiteral(_) => Value::ELLIPSIS,
        Expr::Name(name) => {
            class_named(&name.id).unwrap_or_else(|| panic!("the test knows no name {}", name.id))
        }
        Expr::Tuple(tuple) => Tuple::new(all(&tuple.elts)?).into_value(),
        Expr::List(list) => List::new(all(&list.elts)?).into_value(),
        Expr::Dict(literal) => {
            let dict = Dict::new();
            for item in &literal.items {
                dict.set(
                    evaluate(item.key.as_ref().expect("an item has a key"))?,
                    evaluate(&item.value)?,
                )?;
            }
            dict.into_value()
        }
        Expr::Attribute(attribute) => {
            protocol::getattr(&evaluate(&attribute.value)?, &Str::intern(&attribute.attr))?
        }
        Expr::Subscript(subscript) => {
            protocol::getitem(&evaluate(&subscript.value)?, &evaluate(&subscript.slice)?)?
        }
        Expr::Slice(slice) => {
            let (lower, upper) = (
                optional(slice.lower.as_deref())?,
                optional(slice.upper.as_deref())?,
            );
            Slice::new(lower, upper, optional(slice.step.as_deref())?).into_value()
        }
        Expr::Call(expression) => call(expression)?,
        Expr::BinOp(operation) => binary(
            &evaluate(&operation.left)?,
            operation.op,
            &evaluate(&operation.right)?,
        )?,
        Expr::UnaryOp(operation) => {
            let operand = evaluate(&operation.operand)?;
            match operation.op {
                ast::UnaryOp::USub => protocol::negative(&operand)?,
                ast::UnaryOp::UAdd => protocol::positive(&operand)?,
                ast::UnaryOp::Invert => protocol::invert(&operand)?,
                ast::UnaryOp::Not => Value::from(!protocol::is_true(&operand)?),
            }
        }
        Expr::Compare(comparison) => compare(
            &evaluate(&comparison.left)?,
            comparison.ops[0],
            &evaluate(&comparison.comparators[0])?,
        )?,
        other => panic!("the test knows no such expression: {other:?}"),
    })
}

fn answer(source: &str) -> String {
    let parsed = ruff_python_parser::parse_expression(source)
        .unwrap_or_else(|error| panic!("{source}: {error}"));
    let shown = evaluate(&parsed.syntax().body).and_then(|value| protocol::repr(&value));
    match shown {
        Ok(text) => text.to_display().into_owned(),
        Err(raised) => format!("!{}", describe(raised.exception())),
    }
}

const BLESS: &str = r#"
import sys
def type_name(v): return type(v).__name__
for path in sys.argv[1:]:
    lines = open(path, encoding='utf-8').read().splitlines()
    out = []
    for line in lines:
        if not line or line.startswith('#'):
            out.append(line); continue
        source = line.split('\t')[0]
        try: expected = repr(eval(source))
        except Exception as error: expected = f'!{type(error).__name__}: {error}'
        out.append(source + '\t' + expected.replace('\n', '\\n'))
    open(path, 'w', encoding='utf-8').write('\n'.join(out) + '\n')
"#;

#[test]
fn expressions_answer_what_cpython_answers() {
    runtime::attach(thread::ThreadState::new(1));
    boot();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/expressions");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the data folder exists")
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    files.sort();
    if let Ok(python) = std::env::var("BLESS") {
        let status = std::process::Command::new(python)
            .arg("-c")
            .arg(BLESS)
            .args(&files)
            .status();
        assert!(status.expect("the interpreter starts").success());
    }
    let mut failures = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("data is UTF-8");
        for (index, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        {
            let (source, expected) = line.split_once('\t').expect("a line has a tab");
            let found = answer(source).replace('\n', "\\n");
            if found != expected {
                failures.push(format!(
                    "{}:{}: {source}\n  expected {expected}\n  found    {found}",
                    file.file_name()
                        .and_then(|name| name.to_str())
                        .unwrap_or(""),
                    index + 1
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} expressions answer otherwise:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
