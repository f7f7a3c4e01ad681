//! Native classes and modules written with the macros, seen through the protocols.

#![forbid(unsafe_code)]

use std::cell::Cell;

use taipan_macros::{class, constant, define_module, function, functions, methods, module};
use taipan_objects::args::{Args, Kwargs};
use taipan_objects::class::{Comparison, Payload, Type};
use taipan_objects::native::{FunctionDef, NativeFunction, SliceIndex, create_module};
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::thread::ThreadState;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{boot, exceptions, heap, int, protocol};

/// Counts.
#[class(
    name = "Counter",
    module = "tests",
    flags(BASETYPE),
    doc = "Counts things.",
    parts(texts)
)]
pub struct Counter {
    count: Cell<i64>,
}

#[class(name = "Loud", module = "tests", base = Counter, marker, no_methods)]
pub struct Loud;

#[methods]
impl Counter {
    #[new("(start=0, /, *, step=1)")]
    fn make(class: &Ref<Type>, start: i64, step: i64) -> Ref<Counter> {
        heap::new_object(
            class,
            Counter {
                count: Cell::new(start * step),
            },
        )
    }

    #[slot(len)]
    fn length(&self) -> usize {
        self.count.get() as usize
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!("<count {}>", self.count.get())
    }

    #[slot(next)]
    fn next(&self) -> Option<i64> {
        let count = self.count.get();
        (count > 0).then(|| self.count.replace(count - 1))
    }

    #[slot(richcompare)]
    fn compare(&self, other: &Value, comparison: Comparison) -> Value {
        match other.downcast::<Counter>() {
            Some(other) => {
                Value::from_bool(comparison.holds(self.count.get().cmp(&other.count.get())))
            }
            None => Value::NOT_IMPLEMENTED,
        }
    }

    /// Set to zero.
    #[method]
    fn reset(&self) {
        self.count.set(0);
    }

    #[method("(amount, /)")]
    fn advance(this: &Ref<Counter>, amount: i32) -> Ref<Counter> {
        this.count.set(this.count.get() + i64::from(amount));
        this.clone()
    }

    #[method("(value, start=0, stop=sys.maxsize, /)")]
    fn span(&self, value: &Value, start: SliceIndex, stop: SliceIndex) -> (Value, usize, usize) {
        (value.clone(), start.resolve(10), stop.resolve(10))
    }

    #[method("(*values, key=None, reverse=False, **rest)")]
    fn everything(
        &self,
        values: &[Value],
        key: Option<String>,
        reverse: bool,
        rest: Kwargs<'_>,
    ) -> String {
        let names: Vec<String> = rest
            .0
            .iter()
            .map(|(name, _)| name.to_display().into_owned())
            .collect();
        format!("{} {key:?} {reverse} {}", values.len(), names.join(","))
    }

    #[method(nosig)]
    fn raw(&self, args: Args<'_>) -> usize {
        args.values().len()
    }

    #[classmethod("(name, /)")]
    fn named(class: &Ref<Type>, name: &Ref<Str>) -> String {
        format!("{} {}", class.name(), name.to_display())
    }

    #[staticmethod]
    fn twice(number: f64) -> f64 {
        number * 2.0
    }

    #[getter]
    fn value(&self) -> i64 {
        self.count.get()
    }

    #[setter]
    fn set_value(&self, value: Option<&Value>) -> PyResult<()> {
        self.count.set(value.map_or(Ok(0), int::as_i64)?);
        Ok(())
    }

    #[getter(member)]
    fn frozen(&self) -> bool {
        true
    }

    #[constant]
    const LIMIT: i64 = 99;
}

#[methods(part = texts)]
impl Counter {
    #[method("(prefix='n')")]
    fn label(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.count.get())
    }
}

#[module(
    name = "sums",
    doc = "Sums.",
    classes(super::Counter),
    parts(super::more)
)]
mod sums {
    use super::*;

    /// Adds two numbers.
    #[function("(left, right=1.0, /)")]
    fn add(left: f64, right: f64) -> f64 {
        left + right
    }

    #[function]
    fn own_name(module: &Ref<taipan_objects::module::Module>) -> Option<Ref<Str>> {
        module.name()
    }

    #[constant(name = "zero")]
    const ZERO: i64 = 0;
}

mod more {
    use super::*;
    use taipan_macros::constants;
    use taipan_objects::native::ConstantDef;

    #[function("(value, /)")]
    fn negate(value: i64) -> i64 {
        -value
    }

    #[constant]
    fn half() -> f64 {
        0.5
    }

    pub const FUNCTIONS: &[FunctionDef] = functions![negate];
    pub const CONSTANTS: &[ConstantDef] = constants![half];
}

mod listed {
    use super::*;

    #[function]
    fn nothing() {}

    define_module!(name = "listed", functions(nothing));
}

fn show(value: &Value) -> PyResult<String> {
    if let Some(text) = value.downcast::<Str>() {
        return Ok(format!("'{}'", text.to_display()));
    }
    if let Some(tuple) = value.downcast::<Tuple>() {
        let items: PyResult<Vec<String>> = tuple.as_slice().iter().map(show).collect();
        return Ok(format!("({})", items?.join(", ")));
    }
    Ok(protocol::repr(value)?.to_display().into_owned())
}

fn text(result: PyResult<Value>) -> String {
    match result.and_then(|value| show(&value)) {
        Ok(text) => text,
        Err(raised) => exceptions::describe(raised.exception()),
    }
}

fn ints(values: &[i64]) -> Vec<Value> {
    values.iter().map(|&value| int::new(value)).collect()
}

fn method(object: &Value, name: &str, values: &[Value]) -> String {
    text(protocol::call_method(object, &Str::intern(name), values))
}

fn keywords(object: &Value, name: &str, values: &[Value], names: &[&str]) -> String {
    let names: Vec<Value> = names
        .iter()
        .map(|name| Str::intern(name).into_value())
        .collect();
    text(protocol::call_method_args(
        object,
        &Str::intern(name),
        Args::new(values, &names),
    ))
}

fn attribute(object: &Value, name: &str) -> String {
    text(protocol::getattr(object, &Str::intern(name)))
}

/// One test, because the interpreter is one: each part is a claim of its own.
#[test]
fn native_classes_behave_as_declared() {
    runtime::attach(ThreadState::new(1));
    boot::boot();
    let class = Counter::init_class();
    let counter = protocol::call1(class.as_value(), &int::new(5)).expect("a counter is made");
    methods_take_what_their_signatures_say(&counter);
    wrong_arguments_raise_what_cpython_raises(&counter);
    attributes_and_descriptors(&counter, class);
    modules_have_their_functions();
    runtime::detach();
}

fn methods_take_what_their_signatures_say(counter: &Value) {
    assert_eq!(method(counter, "advance", &ints(&[2])), "<count 7>");
    assert_eq!(method(counter, "span", &ints(&[1])), "(1, 0, 10)");
    assert_eq!(method(counter, "span", &ints(&[1, -3, 4])), "(1, 7, 4)");
    assert_eq!(
        method(counter, "everything", &ints(&[1, 2])),
        "'2 None false '"
    );
    assert_eq!(
        keywords(
            counter,
            "everything",
            &ints(&[1, 2, 3]),
            &["reverse", "other"]
        ),
        "'1 None true other'"
    );
    assert_eq!(method(counter, "raw", &ints(&[1, 2])), "2");
    assert_eq!(method(counter, "label", &[]), "'n7'");
    assert_eq!(
        keywords(counter, "label", &[Str::new("x").into_value()], &["prefix"]),
        "'x7'"
    );
    assert_eq!(
        method(counter, "named", &[Str::new("x").into_value()]),
        "'tests.Counter x'"
    );
    assert_eq!(method(counter, "twice", &ints(&[4])), "8.0");
    assert_eq!(text(protocol::len(counter).map(int::from_usize)), "7");
    assert_eq!(
        text(protocol::next(counter).map(|item| item.unwrap_or(Value::NONE))),
        "7"
    );
    assert_eq!(method(counter, "reset", &[]), "None");
    assert_eq!(
        text(protocol::next(counter).map(|item| item.unwrap_or(Value::NONE))),
        "None"
    );
}

fn wrong_arguments_raise_what_cpython_raises(counter: &Value) {
    assert_eq!(
        method(counter, "reset", &ints(&[1])),
        "TypeError: Counter.reset() takes no arguments (1 given)"
    );
    assert_eq!(
        method(counter, "advance", &[]),
        "TypeError: Counter.advance() takes exactly one argument (0 given)"
    );
    assert_eq!(
        method(counter, "span", &[]),
        "TypeError: span expected at least 1 argument, got 0"
    );
    assert_eq!(
        method(counter, "span", &ints(&[1, 2, 3, 4])),
        "TypeError: span expected at most 3 arguments, got 4"
    );
    assert_eq!(
        keywords(counter, "advance", &ints(&[1]), &["amount"]),
        "TypeError: Counter.advance() takes no keyword arguments"
    );
    assert_eq!(
        method(counter, "label", &ints(&[1])),
        "TypeError: label() argument 'prefix' must be str, not int"
    );
    assert_eq!(
        method(counter, "label", &ints(&[1, 2])),
        "TypeError: label() takes at most 1 argument (2 given)"
    );
    assert_eq!(
        keywords(counter, "label", &ints(&[1]), &["other"]),
        "TypeError: label() got an unexpected keyword argument 'other'"
    );
    assert_eq!(
        method(counter, "named", &ints(&[1])),
        "TypeError: named() argument must be str, not int"
    );
    assert_eq!(
        method(counter, "advance", &ints(&[1 << 40])),
        "OverflowError: Python int too large to convert to C int"
    );
    let unbound = protocol::getattr(Counter::class().as_value(), &Str::intern("reset"))
        .expect("the method is there");
    assert_eq!(
        text(protocol::call0(&unbound)),
        "TypeError: unbound method Counter.reset() needs an argument"
    );
    assert_eq!(
        text(protocol::call1(&unbound, &int::new(1))),
        "TypeError: descriptor 'reset' for 'tests.Counter' objects doesn't apply to a 'int' object"
    );
}

fn attributes_and_descriptors(counter: &Value, class: &Ref<Type>) {
    let loud = Loud::init_class();
    assert!(loud.is_subclass(class) && loud.layout().extends(Counter::layout()));
    assert_eq!(attribute(counter, "value"), "0");
    let set = protocol::setattr(counter, &Str::intern("value"), &int::new(3));
    assert_eq!(text(set.map(|()| Value::NONE)), "None");
    assert_eq!(attribute(counter, "value"), "3");
    let frozen = protocol::setattr(counter, &Str::intern("frozen"), &int::new(3));
    assert_eq!(
        text(frozen.map(|()| Value::NONE)),
        "AttributeError: readonly attribute"
    );
    assert_eq!(
        attribute(class.as_value(), "value"),
        "<attribute 'value' of 'tests.Counter' objects>"
    );
    assert_eq!(
        attribute(class.as_value(), "frozen"),
        "<member 'frozen' of 'tests.Counter' objects>"
    );
    assert_eq!(
        attribute(class.as_value(), "reset"),
        "<method 'reset' of 'tests.Counter' objects>"
    );
    assert_eq!(
        attribute(class.as_value(), "__len__"),
        "<slot wrapper '__len__' of 'tests.Counter' objects>"
    );
    assert_eq!(attribute(class.as_value(), "LIMIT"), "99");
    assert_eq!(
        attribute(class.as_value(), "__text_signature__"),
        "'(start=0, /, *, step=1)'"
    );
    assert_eq!(attribute(class.as_value(), "__doc__"), "'Counts things.'");
    let bound = protocol::getattr(counter, &Str::intern("reset")).expect("the method is there");
    assert!(
        attribute(counter, "reset")
            .starts_with("<built-in method reset of tests.Counter object at 0x")
    );
    assert_eq!(attribute(&bound, "__qualname__"), "'Counter.reset'");
    assert_eq!(attribute(&bound, "__text_signature__"), "'($self, /)'");
    assert_eq!(attribute(&bound, "__doc__"), "'Set to zero.'");
    let again = protocol::getattr(counter, &Str::intern("reset")).expect("the method is there");
    assert!(protocol::equal(&bound, &again).expect("functions compare"));
    assert_eq!(
        protocol::hash(&bound).expect("functions hash"),
        protocol::hash(&again).expect("functions hash")
    );
    let wrapper =
        protocol::getattr(counter, &Str::intern("__len__")).expect("the wrapper is there");
    assert!(
        text(Ok(wrapper.clone()))
            .starts_with("<method-wrapper '__len__' of tests.Counter object at 0x")
    );
    assert_eq!(text(protocol::call0(&wrapper)), "3");
    let new = protocol::getattr(class.as_value(), &Str::intern("__new__"))
        .expect("the class is made by `__new__`");
    assert!(new.downcast::<NativeFunction>().is_some());
    assert_eq!(
        text(protocol::call2(&new, class.as_value(), &int::new(4))),
        "<count 4>"
    );
    assert_eq!(
        text(protocol::call1(&new, &int::new(4))),
        "TypeError: tests.Counter.__new__(X): X is not a type object (int)"
    );
}

fn modules_have_their_functions() {
    let module = create_module(sums::definition())
        .expect("the module is made")
        .into_value();
    assert_eq!(method(&module, "add", &ints(&[1, 2])), "3.0");
    assert_eq!(method(&module, "add", &ints(&[1])), "2.0");
    assert_eq!(method(&module, "own_name", &[]), "'sums'");
    assert_eq!(method(&module, "negate", &ints(&[4])), "-4");
    assert_eq!(
        method(&module, "negate", &[]),
        "TypeError: sums.negate() takes exactly one argument (0 given)"
    );
    assert_eq!(attribute(&module, "zero"), "0");
    assert_eq!(attribute(&module, "half"), "0.5");
    assert_eq!(attribute(&module, "Counter"), "<class 'tests.Counter'>");
    assert_eq!(attribute(&module, "add"), "<built-in function add>");
    let add = protocol::getattr(&module, &Str::intern("add")).expect("the function is there");
    assert_eq!(
        attribute(&add, "__text_signature__"),
        "'($module, left, right=1.0, /)'"
    );
    assert_eq!(attribute(&add, "__module__"), "'sums'");
    let listed = create_module(listed::definition())
        .expect("the module is made")
        .into_value();
    assert_eq!(method(&listed, "nothing", &[]), "None");
}
