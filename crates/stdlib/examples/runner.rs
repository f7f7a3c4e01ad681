use taipan_compiler::{Mode, Options};
use taipan_interp::{code::Code, eval};
use taipan_macros::{define_module, function};
use taipan_objects::args::Args;
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, boot, id, int, native, protocol, runtime, thread, cell::Once};

define_module! { name = "builtins", functions(print, repr, len, iter, next, hash, isinstance, issubclass, id_, getattr, setattr, hasattr, callable, sorted, sum, min, max, abs, any, all, exec, eval_, ord, chr, divmod, dir, __build_class__, __import__, vars) }

#[function(nosig)]
fn print(args: Args<'_>) -> PyResult<()> {
    let parts: Vec<String> = args.positional().iter().map(|v| protocol::str(v).map(|t| t.to_display().into_owned())).collect::<PyResult<_>>()?;
    println!("{}", parts.join(" ")); Ok(())
}
#[function("(v, /)")] fn repr(v: &Value) -> PyResult<Ref<Str>> { protocol::repr(v) }
#[function("(v, /)")] fn len(v: &Value) -> PyResult<usize> { protocol::len(v) }
#[function(nosig)] fn iter(args: Args<'_>) -> PyResult<Value> {
    match args.positional() { [v] => protocol::iter(v), [f, s] => { if !protocol::is_callable(f) { bail!(TypeError, "iter(v, w): v must be callable") } Ok(taipan_objects::iterators::CallableIterator::new(f.clone(), s.clone()).into_value()) }, _ => bail!(TypeError, "iter") }
}
#[function("(v, default=<unrepresentable>, /)")] fn next(v: &Value, default: Option<&Value>) -> PyResult<Value> {
    match protocol::next(v)? { Some(x) => Ok(x), None => match default { Some(d) => Ok(d.clone()), None => Err(taipan_objects::exceptions::raise_args(ExceptionKind::StopIteration.class(), vec![])) } }
}
#[function("(v, /)")] fn hash(v: &Value) -> PyResult<i64> { protocol::hash(v) }
#[function("(v, c, /)")] fn isinstance(v: &Value, c: &Value) -> PyResult<bool> { protocol::is_instance(v, c) }
#[function("(v, c, /)")] fn issubclass(v: &Value, c: &Value) -> PyResult<bool> { protocol::is_subclass(v, c) }
#[function("(v, /)", name = "id")] fn id_(v: &Value) -> Value { int::from_u64(v.id()) }
#[function("(v, n, default=<unrepresentable>, /)")] fn getattr(v: &Value, n: &Ref<Str>, default: Option<&Value>) -> PyResult<Value> {
    match default { None => protocol::getattr(v, n), Some(d) => Ok(protocol::getattr_optional(v, n)?.unwrap_or(d.clone())) }
}
#[function("(v, n, x, /)")] fn setattr(v: &Value, n: &Ref<Str>, x: &Value) -> PyResult<()> { protocol::setattr(v, n, x) }
#[function("(v, n, /)")] fn hasattr(v: &Value, n: &Ref<Str>) -> PyResult<bool> { Ok(protocol::getattr_optional(v, n)?.is_some()) }
#[function("(v, /)")] fn callable(v: &Value) -> bool { protocol::is_callable(v) }
#[function("(v, /, *, key=None, reverse=False)")] fn sorted(v: &Value, key: Option<Value>, reverse: bool) -> PyResult<Value> {
    let list = List::from_iterable(v)?;
    let sort = protocol::getattr(list.as_value(), id!("sort"))?;
    let values = [key.unwrap_or(Value::NONE), Value::from_bool(reverse)];
    let names = [Str::new("key").into_value(), Str::new("reverse").into_value()];
    protocol::call(&sort, Args::new(&values, &names))?;
    Ok(list.into_value())
}
#[function("(v, start=0, /)")] fn sum(v: &Value, start: Option<&Value>) -> PyResult<Value> { let mut t = start.cloned().unwrap_or(int::new(0)); protocol::iterate(v, |x| { t = protocol::add(&t, &x)?; Ok(()) })?; Ok(t) }
#[function("(v, /)")] fn min(v: &Value) -> PyResult<Value> { let mut b: Option<Value> = None; protocol::iterate(v, |x| { if b.is_none() || protocol::less_than(&x, b.as_ref().unwrap())? { b = Some(x) } Ok(()) })?; Ok(b.unwrap()) }
#[function("(v, /)")] fn max(v: &Value) -> PyResult<Value> { let mut b: Option<Value> = None; protocol::iterate(v, |x| { if b.is_none() || protocol::less_than(b.as_ref().unwrap(), &x)? { b = Some(x) } Ok(()) })?; Ok(b.unwrap()) }
#[function("(v, /)")] fn abs(v: &Value) -> PyResult<Value> { protocol::absolute(v) }
#[function("(v, /)")] fn any(v: &Value) -> PyResult<bool> { for x in protocol::collect(v)? { if protocol::is_true(&x)? { return Ok(true) } } Ok(false) }
#[function("(v, /)")] fn all(v: &Value) -> PyResult<bool> { for x in protocol::collect(v)? { if !protocol::is_true(&x)? { return Ok(false) } } Ok(true) }
#[function("(a, b, /)")] fn divmod(a: &Value, b: &Value) -> PyResult<Value> { protocol::divmod(a, b) }
#[function("(a, /)")] fn ord(a: &Ref<Str>) -> u32 { a.char_at(0).unwrap() }
#[function("(a, /)")] fn chr(a: u32) -> Ref<Str> { Str::from_code_point(a) }
#[function("(a, /)")] fn dir(a: &Value) -> PyResult<Value> { let l = protocol::collect(&protocol::call_method(a, id!("__dir__"), &[])?)?; sorted(List::new(l).as_value(), None, false) }
#[function("(a, /)")] fn vars(a: &Value) -> PyResult<Value> { protocol::getattr(a, id!("__dict__")) }
fn compile(source: &str, mode: Mode) -> PyResult<Ref<Code>> {
    match taipan_compiler::compile(source, "<test>", mode, &Options::default()) { Ok(c) => Ok(Code::from_compiled(&c.code)), Err(e) => { let _ = e; bail!(SyntaxError, "does not compile: {source}") } }
}
#[function("(s, g, /)")] fn exec(s: &Ref<Str>, g: &Ref<Dict>) -> PyResult<()> { with_builtins(g); eval::run(&compile(&s.to_display(), Mode::Exec)?, g, None, None).map(drop) }
#[function("(s, g, /)", name = "eval")] fn eval_(s: &Ref<Str>, g: &Ref<Dict>) -> PyResult<Value> { with_builtins(g); eval::run(&compile(&s.to_display(), Mode::Eval)?, g, None, None) }
fn with_builtins(g: &Ref<Dict>) { if !g.contains_str(id!("__builtins__")) { g.set_str(id!("__builtins__"), BUILTINS.dict().into_value()) } }
#[function(nosig)] fn __build_class__(args: Args<'_>) -> PyResult<Value> {
    let [func, name, bases @ ..] = args.positional() else { bail!(TypeError, "build_class") };
    let bases = Tuple::from_slice(bases);
    let mut meta = match bases.as_slice().first() { Some(b) => b.class().to_value(), None => <Type as Payload>::class().to_value() };
    for (k, v) in args.keywords() { if k.eq_str("metaclass") { meta = v.clone() } }
    let ns = match protocol::getattr_optional(&meta, id!("__prepare__"))? { Some(p) => protocol::call2(&p, name, bases.as_value())?, None => Dict::new().into_value() };
    let function = taipan_interp::function::as_function(func).unwrap();
    let closure = protocol::getattr(func, id!("__closure__"))?.into_ref::<Tuple>().ok();
    let globals = protocol::getattr(func, id!("__globals__"))?.into_ref::<Dict>().ok().unwrap();
    eval::run(&function.code(), &globals, Some(&ns), closure)?;
    protocol::call_positional(&meta, &[name.clone(), bases.into_value(), ns])
}
static BUILTINS: Once<Ref<Module>> = Once::new();
static MODULES: Once<Ref<Dict>> = Once::new();
fn import(name: &str) -> PyResult<Value> {
    if name == "builtins" { return Ok(BUILTINS.to_value()) }
    let key = Str::intern(name);
    if let Some(m) = MODULES.get_str(&key) { return Ok(m) }
    let real = match name { "collections" => "_collections", "functools" => "_functools", "operator" => "_operator", "heapq" => "_heapq", "bisect" => "_bisect", n => n };
    let m = if name == "types" {
        let m = Module::new(&key, None);
        m.set("MappingProxyType", taipan_objects::mapping_proxy::MappingProxy::class());
        m.set("SimpleNamespace", taipan_objects::simple_namespace::SimpleNamespace::class());
        m.set("GenericAlias", taipan_objects::generic_alias::GenericAlias::class());
        m.set("UnionType", taipan_objects::union::Union::class());
        m
    } else {
        let Some(def) = taipan_stdlib::find(real) else { bail!(ImportError, "no module {name}") };
        native::create_module(def)?
    };
    MODULES.set_str(&key, m.to_value());
    Ok(m.into_value())
}
#[function(nosig)] fn __import__(args: Args<'_>) -> PyResult<Value> { import(&args.positional()[0].downcast::<Str>().unwrap().to_display()) }

fn main() {
    runtime::attach(thread::ThreadState::new(1));
    boot::boot();
    taipan_interp::init_classes();
    runtime::set_hooks(runtime::Hooks {
        is_python_function: |v| taipan_interp::function::as_function(v).is_some(),
        current_module_name: || Some(Str::new("__main__").into_value()),
        import_module: import,
        unraisable: |r, m, _| println!("unraisable {m:?} {r:?}"),
        warn: |_, _, _| Ok(()),
        super_arguments: || { bail!(RuntimeError, "super(): no arguments") },
        modules: || Ok(MODULES.to_value()),
    });
    MODULES.set(Dict::new());
    BUILTINS.set(native::create_module(definition()).ok().unwrap());
    let b = BUILTINS.dict();
    use taipan_objects as o;
    for (n, c) in [("range", o::range::Range::class()), ("list", List::class()), ("dict", Dict::class()), ("tuple", Tuple::class()), ("str", Str::class()), ("set", o::set::Set::class()), ("frozenset", o::set::FrozenSet::class()), ("int", int::Int::class()), ("float", o::float::Float::class()), ("bool", o::singletons::Bool::class()), ("bytes", o::bytes::Bytes::class()), ("bytearray", o::bytes::ByteArray::class()), ("memoryview", o::bytes::MemoryView::class()), ("complex", o::complex::Complex::class()), ("type", <Type as Payload>::class()), ("object", o::object::Object::class()), ("slice", o::slice::Slice::class()), ("enumerate", o::iterators::Enumerate::class()), ("zip", o::iterators::Zip::class()), ("map", o::iterators::Map::class()), ("filter", o::iterators::Filter::class()), ("reversed", o::iterators::Reversed::class()), ("property", o::descriptors::Property::class()), ("classmethod", o::descriptors::ClassMethod::class()), ("staticmethod", o::descriptors::StaticMethod::class()), ("super", o::descriptors::Super::class())] {
        b.set_str(&Str::intern(n), c.to_value());
    }
    for kind in ExceptionKind::ALL { b.set_str(&Str::intern(kind.name()), kind.class().to_value()); }
    b.set_str(id!("NotImplemented"), Value::NOT_IMPLEMENTED); b.set_str(id!("Ellipsis"), Value::ELLIPSIS);
    let source = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let globals = Dict::new();
    globals.set_str(id!("__builtins__"), b.into_value());
    globals.set_str(id!("__name__"), Str::new("__main__").into_value());
    let code = match compile(&source, Mode::Exec) { Ok(c) => c, Err(e) => { println!("{e:?}"); return } };
    if let Err(e) = eval::run(&code, &globals, None, None) { println!("!! {e:?}"); }
}
