//! `_operator`: the operators as functions, and callables that fetch attributes and items.

use taipan_macros::{class, define_module, function, methods};
use taipan_objects::args::Args;
use taipan_objects::bail;
use taipan_objects::buffer;
use taipan_objects::class::{Comparison, Type};
use taipan_objects::heap;
use taipan_objects::int;
use taipan_objects::protocol;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::sequence;
use taipan_objects::str::{Str, StrBuilder};
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};

define_module! {
    name = "_operator",
    doc = "The operators of the language as functions: operator.add(x, y) is x + y.",
    functions(
        truth, contains, indexOf, countOf, is_, is_not, is_none, is_not_none, index, add, sub, mul, matmul, floordiv, truediv,
        r#mod, neg, pos, abs, inv, invert, lshift, rshift, not_, and_, xor, or_, iadd, isub, imul, imatmul, ifloordiv, itruediv,
        imod, ilshift, irshift, iand, ixor, ior, concat, iconcat, getitem, setitem, delitem, pow, ipow, eq, ne, lt, le, gt, ge,
        _compare_digest, length_hint, call
    ),
    classes(AttrGetter, ItemGetter, MethodCaller),
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident = $operation:path;)*) => { $(
        $(#[$doc])*
        #[function("($module, a, b, /)")]
        fn $name(a: &Value, b: &Value) -> PyResult<Value> {
            $operation(a, b)
        }
    )* };
}

binary! {
    /// Same as a + b.
    add = protocol::add;
    /// Same as a - b.
    sub = protocol::subtract;
    /// Same as a * b.
    mul = protocol::multiply;
    /// Same as a @ b.
    matmul = protocol::matrix_multiply;
    /// Same as a // b.
    floordiv = protocol::floor_divide;
    /// Same as a / b.
    truediv = protocol::true_divide;
    /// Same as a % b.
    r#mod = protocol::remainder;
    /// Same as a << b.
    lshift = protocol::lshift;
    /// Same as a >> b.
    rshift = protocol::rshift;
    /// Same as a & b.
    and_ = protocol::and;
    /// Same as a ^ b.
    xor = protocol::xor;
    /// Same as a | b.
    or_ = protocol::or;
    /// Same as a += b.
    iadd = protocol::inplace_add;
    /// Same as a -= b.
    isub = protocol::inplace_subtract;
    /// Same as a *= b.
    imul = protocol::inplace_multiply;
    /// Same as a @= b.
    imatmul = protocol::inplace_matrix_multiply;
    /// Same as a //= b.
    ifloordiv = protocol::inplace_floor_divide;
    /// Same as a /= b.
    itruediv = protocol::inplace_true_divide;
    /// Same as a %= b.
    imod = protocol::inplace_remainder;
    /// Same as a <<= b.
    ilshift = protocol::inplace_lshift;
    /// Same as a >>= b.
    irshift = protocol::inplace_rshift;
    /// Same as a &= b.
    iand = protocol::inplace_and;
    /// Same as a ^= b.
    ixor = protocol::inplace_xor;
    /// Same as a |= b.
    ior = protocol::inplace_or;
    /// Same as a[b].
    getitem = protocol::getitem;
    /// Same as a **= b.
    ipow = protocol::inplace_power;
}

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident = $operation:path;)*) => { $(
        $(#[$doc])*
        #[function("($module, a, /)")]
        fn $name(a: &Value) -> PyResult<Value> {
            $operation(a)
        }
    )* };
}

unary! {
    /// Same as -a.
    neg = protocol::negative;
    /// Same as +a.
    pos = protocol::positive;
    /// Same as abs(a).
    abs = protocol::absolute;
    /// Same as ~a.
    inv = protocol::invert;
    /// Same as ~a.
    invert = protocol::invert;
    /// Same as a.__index__().
    index = protocol::index;
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident = $comparison:ident;)*) => { $(
        $(#[$doc])*
        #[function("($module, a, b, /)")]
        fn $name(a: &Value, b: &Value) -> PyResult<Value> {
            protocol::compare(a, b, Comparison::$comparison)
        }
    )* };
}

comparisons! {
    /// Same as a == b.
    eq = Eq;
    /// Same as a != b.
    ne = Ne;
    /// Same as a < b.
    lt = Lt;
    /// Same as a <= b.
    le = Le;
    /// Same as a > b.
    gt = Gt;
    /// Same as a >= b.
    ge = Ge;
}

/// True if a is true, False otherwise.
#[function("($module, a, /)")]
fn truth(a: &Value) -> PyResult<bool> {
    protocol::is_true(a)
}

/// Same as not a.
#[function("($module, a, /)")]
fn not_(a: &Value) -> PyResult<bool> {
    Ok(!protocol::is_true(a)?)
}

/// Same as b in a (note reversed operands).
#[function("($module, a, b, /)")]
fn contains(a: &Value, b: &Value) -> PyResult<bool> {
    protocol::contains(a, b)
}

/// Goes over `a`, which must be iterable, until `body` answers false.
fn each_item(a: &Value, mut body: impl FnMut(&Value) -> PyResult<bool>) -> PyResult<()> {
    let slots = &a.class().slots;
    if slots.iter.get().is_none() && slots.getitem.get().is_none() {
        bail!(
            TypeError,
            "argument of type '{}' is not iterable",
            a.class().name()
        );
    }
    let iterator = protocol::iter(a)?;
    while let Some(item) = protocol::next(&iterator)? {
        if !body(&item)? {
            break;
        }
    }
    Ok(())
}

/// The position of the first item of a that equals b.
#[function("($module, a, b, /)")]
#[allow(non_snake_case)]
fn indexOf(a: &Value, b: &Value) -> PyResult<usize> {
    let (mut index, mut found) = (0, false);
    each_item(a, |item| {
        found = sequence::same_item(item, b)?;
        index += usize::from(!found);
        Ok(!found)
    })?;
    if !found {
        bail!(ValueError, "sequence.index(x): x not in sequence");
    }
    Ok(index)
}

/// How many items of a equal b.
#[function("($module, a, b, /)")]
#[allow(non_snake_case)]
fn countOf(a: &Value, b: &Value) -> PyResult<usize> {
    let mut count = 0;
    each_item(a, |item| {
        count += usize::from(sequence::same_item(item, b)?);
        Ok(true)
    })?;
    Ok(count)
}

/// Same as a is b.
#[function("($module, a, b, /)")]
fn is_(a: &Value, b: &Value) -> bool {
    a.is(b)
}

/// Same as a is not b.
#[function("($module, a, b, /)")]
fn is_not(a: &Value, b: &Value) -> bool {
    !a.is(b)
}

/// Same as a is None.
#[function("($module, a, /)")]
fn is_none(a: &Value) -> bool {
    a.is_none()
}

/// Same as a is not None.
#[function("($module, a, /)")]
fn is_not_none(a: &Value) -> bool {
    !a.is_none()
}

fn check_sequence(a: &Value) -> PyResult<()> {
    if !protocol::is_sequence(a) {
        bail!(
            TypeError,
            "'{}' object can't be concatenated",
            a.class().name()
        );
    }
    Ok(())
}

/// Same as a + b, for a and b sequences.
#[function("($module, a, b, /)")]
fn concat(a: &Value, b: &Value) -> PyResult<Value> {
    if let Some(concat) = a.class().slots.concat.get() {
        return concat(a, b);
    }
    check_sequence(a)?;
    protocol::add(a, b)
}

/// Same as a += b, for a and b sequences.
#[function("($module, a, b, /)")]
fn iconcat(a: &Value, b: &Value) -> PyResult<Value> {
    let slots = &a.class().slots;
    if let Some(concat) = slots.inplace_concat.get().or(slots.concat.get()) {
        return concat(a, b);
    }
    check_sequence(a)?;
    protocol::inplace_add(a, b)
}

/// Same as a[b] = c.
#[function("($module, a, b, c, /)")]
fn setitem(a: &Value, b: &Value, c: &Value) -> PyResult<()> {
    protocol::setitem(a, b, c)
}

/// Same as del a[b].
#[function("($module, a, b, /)")]
fn delitem(a: &Value, b: &Value) -> PyResult<()> {
    protocol::delitem(a, b)
}

/// Same as a ** b.
#[function("($module, a, b, /)")]
fn pow(a: &Value, b: &Value) -> PyResult<Value> {
    protocol::power(a, b, &Value::NONE)
}

/// Return 'a == b' in a time that does not tell where the texts or bytes differ.
#[function("($module, a, b, /)")]
fn _compare_digest(a: &Value, b: &Value) -> PyResult<bool> {
    if let (Some(left), Some(right)) = (a.downcast::<Str>(), b.downcast::<Str>()) {
        return match (left.as_ascii(), right.as_ascii()) {
            (Some(left), Some(right)) => Ok(same_bytes(left.as_bytes(), right.as_bytes())),
            _ => bail!(
                TypeError,
                "comparing strings with non-ASCII characters is not supported"
            ),
        };
    }
    match (buffer::view_optional(a)?, buffer::view_optional(b)?) {
        (Some(left), Some(right)) => Ok(same_bytes(&left.to_vec(), &right.to_vec())),
        _ => bail!(
            TypeError,
            "unsupported operand types(s) or combination of types: '{}' and '{}'",
            a.class().name(),
            b.class().name()
        ),
    }
}

/// Compares all bytes, whatever the first ones say.
fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    let other = if left.len() == right.len() {
        left
    } else {
        right
    };
    let difference = other.iter().zip(right).fold(
        u8::from(left.len() != right.len()),
        |all, (first, second)| std::hint::black_box(all | (first ^ second)),
    );
    difference == 0
}

/// An estimate of how many items obj has: its length, what __length_hint__() answers, or default.
#[function("($module, obj, default=0, /)")]
fn length_hint(obj: &Value, default: Option<&Value>) -> PyResult<Value> {
    let default = match default {
        Some(default) if !int::is_int(default) => {
            bail!(
                TypeError,
                "'{}' object cannot be interpreted as an integer",
                default.class().name()
            )
        }
        Some(default) => int::as_isize(default)?,
        None => 0,
    };
    Ok(match protocol::length_hint(obj)? {
        Some(hint) => int::from_usize(hint),
        None => int::new(default as i64),
    })
}

/// Same as obj(*args, **kwargs).
#[function("($module, obj, /, *args, **kwargs)")]
fn call(args: Args<'_>) -> PyResult<Value> {
    match args.positional().first() {
        Some(callable) => protocol::call(callable, args.without_first()),
        None => bail!(TypeError, "call expected at least 1 argument, got 0"),
    }
}

/// The one positional argument of a call.
fn only_argument<'a>(function: &str, args: Args<'a>) -> PyResult<&'a Value> {
    args.no_keywords(function)?;
    match args.positional() {
        [argument] => Ok(argument),
        other => bail!(
            TypeError,
            "{function} expected 1 argument, got {}",
            other.len()
        ),
    }
}

/// `operator.name(arguments)`, keywords after the others.
fn call_repr(
    name: &str,
    arguments: &[Value],
    keywords: &[(Ref<Str>, Value)],
) -> PyResult<Ref<Str>> {
    let mut text = StrBuilder::new();
    text.push_str("operator.");
    text.push_str(name);
    text.push_char('(');
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_string(&*protocol::repr(argument)?);
    }
    for (key, value) in keywords {
        text.push_str(", ");
        text.push_string(key);
        text.push_char('=');
        text.push_string(&*protocol::repr(value)?);
    }
    text.push_char(')');
    Ok(text.finish())
}

/// `attrgetter`: fetches attributes.
#[class(
    name = "attrgetter",
    module = "operator",
    doc = "A callable that fetches attributes of its argument: attrgetter('a.b')(x) is x.a.b, with several names a tuple.",
    flags(WEAKREFABLE)
)]
pub struct AttrGetter {
    names: Ref<Tuple>,
    /// For each name, the attributes on the way.
    paths: Vec<Vec<Ref<Str>>>,
}

fn follow(object: &Value, path: &[Ref<Str>]) -> PyResult<Value> {
    path.iter().try_fold(object.clone(), |object, name| {
        protocol::getattr(&object, name)
    })
}

#[methods]
impl AttrGetter {
    #[new("(attr, /, *attrs)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<AttrGetter>> {
        args.no_keywords("attrgetter")?;
        if args.positional().is_empty() {
            bail!(TypeError, "attrgetter expected 1 argument, got 0");
        }
        let mut paths = Vec::new();
        for name in args.positional() {
            let Some(text) = name.downcast::<Str>() else {
                bail!(TypeError, "attribute name must be a string")
            };
            let mut path = Vec::new();
            let mut start = 0;
            for (index, code) in text.code_points().enumerate() {
                if code == u32::from('.') {
                    path.push(Str::intern_ref(&text.slice(start..index)));
                    start = index + 1;
                }
            }
            path.push(Str::intern_ref(&text.slice(start..text.len())));
            paths.push(path);
        }
        Ok(heap::new_object(
            class,
            AttrGetter {
                names: Tuple::from_slice(args.positional()),
                paths,
            },
        ))
    }

    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let object = only_argument("attrgetter", args)?;
        if let [path] = &self.paths[..] {
            return follow(object, path);
        }
        let values = self
            .paths
            .iter()
            .map(|path| follow(object, path))
            .collect::<PyResult<Vec<Value>>>()?;
        Ok(Tuple::new(values).into_value())
    }

    #[slot(repr)]
    fn repr(this: &Ref<AttrGetter>) -> PyResult<Ref<Str>> {
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("operator.attrgetter(...)"));
        };
        call_repr("attrgetter", this.names.as_slice(), &[])
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<AttrGetter>) -> Value {
        Tuple::pair(this.class().to_value(), this.names.to_value()).into_value()
    }
}

/// `itemgetter`: fetches items.
#[class(
    name = "itemgetter",
    module = "operator",
    doc = "A callable that fetches items of its argument: itemgetter(2)(x) is x[2], with several keys a tuple.",
    flags(WEAKREFABLE)
)]
pub struct ItemGetter {
    keys: Ref<Tuple>,
}

#[methods]
impl ItemGetter {
    #[new("(item, /, *items)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<ItemGetter>> {
        args.no_keywords("itemgetter")?;
        if args.positional().is_empty() {
            bail!(TypeError, "itemgetter expected 1 argument, got 0");
        }
        Ok(heap::new_object(
            class,
            ItemGetter {
                keys: Tuple::from_slice(args.positional()),
            },
        ))
    }

    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let object = only_argument("itemgetter", args)?;
        if let [key] = self.keys.as_slice() {
            if let (Some(index), Some(tuple)) =
                (key.as_small_int(), object.downcast_exact::<Tuple>())
                && let Some(item) = usize::try_from(index)
                    .ok()
                    .and_then(|index| tuple.get(index))
            {
                return Ok(item);
            }
            return protocol::getitem(object, key);
        }
        let items = self
            .keys
            .as_slice()
            .iter()
            .map(|key| protocol::getitem(object, key))
            .collect::<PyResult<Vec<Value>>>()?;
        Ok(Tuple::new(items).into_value())
    }

    #[slot(repr)]
    fn repr(this: &Ref<ItemGetter>) -> PyResult<Ref<Str>> {
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("operator.itemgetter(...)"));
        };
        call_repr("itemgetter", this.keys.as_slice(), &[])
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<ItemGetter>) -> Value {
        Tuple::pair(this.class().to_value(), this.keys.to_value()).into_value()
    }
}

/// `methodcaller`: calls a method.
#[class(
    name = "methodcaller",
    module = "operator",
    doc = "A callable that calls a method of its argument: methodcaller('name', 'foo', bar=1)(x) is x.name('foo', bar=1).",
    flags(WEAKREFABLE)
)]
pub struct MethodCaller {
    name: Ref<Str>,
    /// The positional arguments, then the values of the keyword arguments.
    values: Vec<Value>,
    /// The names of the keyword arguments.
    names: Vec<Value>,
}

impl MethodCaller {
    fn positional(&self) -> &[Value] {
        &self.values[..self.values.len() - self.names.len()]
    }

    fn keywords(&self) -> Vec<(Ref<Str>, Value)> {
        Args::new(&self.values, &self.names)
            .keywords()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

#[methods]
impl MethodCaller {
    #[new("(name, /, *args, **kwargs)")]
    fn make(class: &Ref<Type>, args: Args<'_>) -> PyResult<Ref<MethodCaller>> {
        let Some(name) = args.positional().first() else {
            bail!(
                TypeError,
                "methodcaller needs at least one argument, the method name"
            );
        };
        let Some(name) = name.downcast::<Str>() else {
            bail!(TypeError, "method name must be a string")
        };
        let rest = args.without_first();
        let payload = MethodCaller {
            name: Str::intern_ref(name),
            values: rest.values().to_vec(),
            names: rest.names().to_vec(),
        };
        Ok(heap::new_object(class, payload))
    }

    #[slot(call)]
    fn call(&self, args: Args<'_>) -> PyResult<Value> {
        let object = only_argument("methodcaller", args)?;
        protocol::call_method_args(object, &self.name, Args::new(&self.values, &self.names))
    }

    #[slot(repr)]
    fn repr(this: &Ref<MethodCaller>) -> PyResult<Ref<Str>> {
        let Some(_guard) = protocol::repr_guard(this.as_value()) else {
            return Ok(Str::new("operator.methodcaller(...)"));
        };
        let mut arguments = vec![this.name.to_value()];
        arguments.extend_from_slice(this.positional());
        call_repr("methodcaller", &arguments, &this.keywords())
    }

    /// Return state information for pickling.
    #[method]
    fn __reduce__(this: &Ref<MethodCaller>) -> PyResult<Value> {
        let class = this.class().to_value();
        if this.names.is_empty() {
            let mut arguments = vec![this.name.to_value()];
            arguments.extend_from_slice(this.positional());
            return Ok(Tuple::pair(class, Tuple::new(arguments).into_value()).into_value());
        }
        let partial = runtime::import_attribute("functools", "partial")?;
        let mut values = vec![class, this.name.to_value()];
        values.extend_from_slice(&this.values[this.positional().len()..]);
        let made = protocol::call(&partial, Args::new(&values, &this.names))?;
        Ok(Tuple::pair(made, Tuple::from_slice(this.positional()).into_value()).into_value())
    }
}
