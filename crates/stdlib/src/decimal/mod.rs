//! `_decimal`: decimal arithmetic of any precision, as the General Decimal Arithmetic specification has it.
//!
//! The arithmetic is below and knows no Python: [`number`] holds a number, [`coefficient`] its digits, and every operation
//! takes [`settings`] and says by a status what it had to do to its result. Above stand the classes, which read the settings
//! from a context and turn the status into flags and exceptions.

mod arithmetic;
mod coefficient;
mod context;
mod context_methods;
mod convert;
#[allow(
    clippy::module_inception,
    reason = "it defines the class `decimal.Decimal`"
)]
mod decimal;
mod decimal_methods;
mod digits;
mod format;
mod number;
mod operations;
mod parse;
mod power;
mod powers;
mod quick;
mod rounding;
mod settings;
mod show;
mod signals;
mod transcendental;
mod wide;

use taipan_macros::define_module;
use taipan_objects::args::Args;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime::import_module;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{id, protocol};

use context::{Context, ContextManager, IEEE_CONTEXT_MAX_BITS};
use decimal::{DECIMAL_TUPLE, Decimal, RATIONAL};
use settings::{MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY, Rounding};

define_module!(
    name = "_decimal",
    doc = "Decimal arithmetic of any precision.",
    functions(
        context::getcontext,
        context::ieee_context,
        context::localcontext,
        context::setcontext
    ),
    classes(Decimal, Context, ContextManager),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    if !RATIONAL.is_set() {
        prepare()?;
    }
    signals::fill(module)?;
    for (name, context) in context::make_templates() {
        module.set(name, context.to_value());
    }
    for rounding in Rounding::ALL {
        module.set(rounding.name(), Str::intern(rounding.name()));
    }
    let numbers = [
        ("MAX_PREC", MAX_PREC),
        ("MAX_EMAX", MAX_EMAX),
        ("MIN_EMIN", MIN_EMIN),
        ("MIN_ETINY", MIN_ETINY),
        ("IEEE_CONTEXT_MAX_BITS", IEEE_CONTEXT_MAX_BITS),
    ];
    for (name, number) in numbers {
        module.set(name, number);
    }
    module.set("HAVE_THREADS", Value::TRUE);
    module.set("HAVE_CONTEXTVAR", Value::TRUE);
    module.set("DecimalTuple", DECIMAL_TUPLE.clone());
    // The versions of the specification, and of the library whose behaviour this is.
    module.set("__version__", "1.70");
    module.set("__libmpdec_version__", "2.5.1");
    // What localcontext() answers is not reached by name.
    module.dict().remove_str(id!("ContextManager"));
    Ok(())
}

/// Makes what other modules have a part in, once: the named tuple, and the place among the numbers.
fn prepare() -> PyResult<()> {
    let numbers = import_module("numbers")?;
    let number = protocol::getattr(&numbers, id!("Number"))?;
    protocol::call_method(
        &number,
        id!("register"),
        &[Decimal::init_class().to_value()],
    )?;
    let make = protocol::getattr(&import_module("collections")?, id!("namedtuple"))?;
    let arguments = [
        Str::new("DecimalTuple").into_value(),
        Str::new("sign digits exponent").into_value(),
        Str::intern("decimal").into_value(),
    ];
    let names = [id!("module").to_value()];
    let tuple = protocol::call(&make, Args::new(&arguments, &names))?;
    if !DECIMAL_TUPLE.is_set() {
        DECIMAL_TUPLE.set(tuple);
        RATIONAL.set(protocol::getattr(&numbers, id!("Rational"))?);
    }
    Ok(())
}
