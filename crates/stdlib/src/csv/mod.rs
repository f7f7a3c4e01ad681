//! The module `_csv`: reading and writing rows of comma-separated text.
//!
//! A [`dialect::Dialect`] says how rows are spelled, [`reader::Reader`] takes lines apart by it and [`writer::Writer`]
//! joins fields. Both look for the few code points that mean something ([`code_set::CodeSet`]) and copy what lies between
//! them as a whole. Dialects with names stand in a dict that programs see, too: `_csv._dialects`.

mod code_set;
mod dialect;
mod reader;
mod writer;

use std::cell::Cell;

use taipan_macros::{define_module, function};
use taipan_objects::args::{Args, check_positional};
use taipan_objects::cell::{Locked, Once};
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, int};

use dialect::{Dialect, Quoting};
use reader::Reader;
use writer::Writer;

define_module!(
    name = "_csv",
    doc = "CSV parsing and writing.\n",
    functions(
        field_size_limit,
        get_dialect,
        list_dialects,
        reader::reader,
        register_dialect,
        unregister_dialect,
        writer::writer
    ),
    init = fill,
);

static ERROR: Once<Ref<Type>> = Once::new();
/// Dialects by name.
static DIALECTS: Once<Ref<Dict>> = Once::new();
/// How many code points a field that is read can have.
static FIELD_LIMIT: Locked<Cell<isize>> = Locked::new(Cell::new(128 * 1024));

fn fill(module: &Ref<Module>) -> PyResult<()> {
    if !ERROR.is_set() {
        ERROR.set(exceptions::new_exception_class(
            "_csv",
            "Error",
            ExceptionKind::Exception.class(),
        )?);
        DIALECTS.set(Dict::new());
    }
    Dialect::init_class();
    Reader::init_class();
    Writer::init_class();
    module.set("Dialect", Dialect::class().to_value());
    module.set("Reader", Reader::class().to_value());
    module.set("Writer", Writer::class().to_value());
    module.set("_dialects", DIALECTS.to_value());
    module.set("Error", ERROR.to_value());
    for (name, quoting) in Quoting::NAMED {
        module.set(name, int::new(quoting as i64));
    }
    Ok(())
}

/// A `_csv.Error`.
#[cold]
fn error(message: &str) -> Raised {
    error_of_text(Str::new(message))
}

#[cold]
fn error_of_text(message: Ref<Str>) -> Raised {
    exceptions::raise_args(&ERROR, vec![message.into_value()])
}

fn field_limit() -> isize {
    FIELD_LIMIT.with(|limit| limit.get())
}

/// The dialect, or whatever a program put in its place, of a name.
fn registered(name: &Value) -> PyResult<Value> {
    match DIALECTS.get(name)? {
        Some(dialect) => Ok(dialect),
        None => Err(error("unknown dialect")),
    }
}

/// The one argument that must be there and the dialect that may follow.
fn one_and_dialect<'a>(function: &str, args: Args<'a>) -> PyResult<(&'a Value, Option<&'a Value>)> {
    let positional = args.positional();
    check_positional(function, positional.len(), 1, 2)?;
    Ok((&positional[0], positional.get(1)))
}

/// Gives a dialect a name.
///
/// The dialect is an instance, a class or the name of another one; keyword arguments change single options of it.
#[function("($module, name, /, dialect='excel', **fmtparams)")]
fn register_dialect(args: Args<'_>) -> PyResult<()> {
    let (name, dialect) = one_and_dialect("register_dialect", args)?;
    if name.downcast::<Str>().is_none() {
        bail!(TypeError, "dialect name must be a string");
    }
    let dialect = Dialect::of_call(dialect, args)?;
    Dict::set(&DIALECTS, name.clone(), dialect.into_value())
}

/// Forgets the dialect of a name.
#[function("($module, /, name)")]
fn unregister_dialect(name: &Value) -> PyResult<()> {
    match DIALECTS.pop(name)? {
        Some(_) => Ok(()),
        None => Err(error("unknown dialect")),
    }
}

/// The dialect of a name.
#[function("($module, /, name)")]
fn get_dialect(name: &Value) -> PyResult<Value> {
    registered(name)
}

/// The names of all dialects.
#[function("($module, /)")]
fn list_dialects() -> Ref<List> {
    List::new(DIALECTS.keys_snapshot())
}

/// How many characters a field that is read can have; an argument is the limit from now on.
#[function("($module, /, new_limit=<unrepresentable>)")]
fn field_size_limit(new_limit: Option<&Value>) -> PyResult<isize> {
    let old = field_limit();
    if let Some(new_limit) = new_limit {
        if !int::is_exact(new_limit) {
            bail!(TypeError, "limit must be an integer");
        }
        let new_limit = int::as_isize(new_limit)?;
        FIELD_LIMIT.with(|limit| limit.set(new_limit));
    }
    Ok(old)
}
