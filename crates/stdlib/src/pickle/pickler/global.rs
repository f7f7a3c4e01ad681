//! Writing functions and classes: the names under which a reader finds them.
//!
//! An object can only be written by name if its name leads to it, so that is checked here. Names with dots have an opcode
//! from protocol 4 on; before, they are calls of `getattr`.

use taipan_objects::class::Type;
use taipan_objects::codecs::{self, Errors};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::{Absent, PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, int, protocol, runtime};

use super::save::Saver;
use crate::pickle::opcodes::*;
use crate::pickle::{LIBRARY, dotted_path, import_named, pickling_error, with_context};

/// `Can't pickle {object!r}: {reason}`.
#[cold]
fn unpicklable(value: &Value, reason: &str) -> Raised {
    match protocol::repr(value) {
        Ok(shown) => pickling_error(format!("Can't pickle {}: {reason}", shown.to_display())),
        Err(raised) => raised,
    }
}

/// The text of a value in messages.
fn shown(value: &Value) -> PyResult<String> {
    Ok(protocol::str(value)?.to_display().into_owned())
}

fn follow(value: &Value, path: &[Ref<Str>]) -> PyResult<Value> {
    path.iter()
        .try_fold(value.clone(), |value, name| protocol::getattr(&value, name))
}

/// Whether `module` is one that has the object.
fn is_home(name: &Value, module: &Value, value: &Value, path: &[Ref<Str>]) -> PyResult<bool> {
    let is_skipped = |name: &Ref<Str>| name.eq_str("__main__") || name.eq_str("__mp_main__");
    if module.is_none() || name.downcast::<Str>().is_some_and(is_skipped) {
        return Ok(false);
    }
    let found = follow(module, path).absent_on(ExceptionKind::AttributeError)?;
    Ok(found.is_some_and(|found| found.is(value)))
}

/// The name of the module that an object says it is from; of one that has it, if it says nothing.
fn module_of(value: &Value, path: &[Ref<Str>]) -> PyResult<Value> {
    let named = protocol::getattr_optional(value, id!("__module__"))?;
    if let Some(name) = named.filter(|name| !name.is_none()) {
        return Ok(name);
    }
    let modules = runtime::import_attribute("sys", "modules")?;
    let pairs = match modules.downcast::<Dict>() {
        Some(modules) => modules.iter_snapshot(),
        None => protocol::collect(&modules)?
            .into_iter()
            .map(|name| Ok((name.clone(), protocol::getitem(&modules, &name)?)))
            .collect::<PyResult<_>>()?,
    };
    for (name, module) in pairs {
        if is_home(&name, &module, value, path)? {
            return Ok(name);
        }
    }
    Ok(Str::intern("__main__").into_value())
}

/// The name of the module where the object's name leads to the object.
fn checked_module(value: &Value, name: &Ref<Str>, path: &[Ref<Str>]) -> PyResult<Value> {
    let module_name = module_of(value, path)?;
    if path.iter().any(|part| part.eq_str("<locals>")) {
        let object = protocol::repr(value)?;
        return Err(pickling_error(format!(
            "Can't pickle local object {}",
            object.to_display()
        )));
    }
    let module = match import_named(&module_name) {
        Ok(module) => module,
        Err(raised)
            if raised.is(ExceptionKind::ImportError) || raised.is(ExceptionKind::ValueError) =>
        {
            let reason = shown(raised.exception().as_value())?;
            return Err(with_context(unpicklable(value, &reason), raised));
        }
        Err(raised) => return Err(raised),
    };
    let place = format!("{}.{}", shown(&module_name)?, name.to_display());
    match follow(&module, path) {
        Ok(found) if found.is(value) => Ok(module_name),
        Ok(_) => Err(unpicklable(
            value,
            &format!("it's not the same object as {place}"),
        )),
        Err(raised) if raised.is(ExceptionKind::AttributeError) => {
            let error = unpicklable(value, &format!("it's not found as {place}"));
            Err(with_context(error, raised))
        }
        Err(raised) => Err(raised),
    }
}

/// What a mapping of names has for two strings.
fn mapped(mapping: &Ref<Dict>, module: &Value, name: &Value) -> PyResult<Option<Value>> {
    let key = Tuple::pair(module.clone(), name.clone());
    mapping.get(key.as_value())
}

/// The names of Python 2 for the names of Python 3.
fn old_names(module: Value, name: Ref<Str>) -> PyResult<(Value, Ref<Str>)> {
    let mapping = &LIBRARY.reverse_name_mapping;
    if let Some(found) = mapped(mapping, &module, name.as_value())? {
        let pair = found.downcast::<Tuple>().map(|pair| pair.as_slice());
        return match pair {
            Some([module, name]) => match (module.downcast::<Str>(), name.downcast::<Str>()) {
                (Some(module), Some(name)) => Ok((module.to_value(), name.clone())),
                _ => bail!(
                    RuntimeError,
                    "_compat_pickle.REVERSE_NAME_MAPPING values should be pairs of str, not ({}, {})",
                    module.class().name(),
                    name.class().name()
                ),
            },
            _ => bail!(
                RuntimeError,
                "_compat_pickle.REVERSE_NAME_MAPPING values should be 2-tuples, not {}",
                found.class().name()
            ),
        };
    }
    match LIBRARY.reverse_import_mapping.get(&module)? {
        Some(found) if found.downcast::<Str>().is_none() => bail!(
            RuntimeError,
            "_compat_pickle.REVERSE_IMPORT_MAPPING values should be strings, not {}",
            found.class().name()
        ),
        found => Ok((found.unwrap_or(module), name)),
    }
}

impl Saver<'_> {
    /// Writes a class whose class is `type`.
    pub(super) fn class(&mut self, value: &Value) -> PyResult<()> {
        let singletons = [Value::NONE, Value::ELLIPSIS, Value::NOT_IMPLEMENTED];
        match singletons
            .into_iter()
            .find(|singleton| value.is(singleton.class().as_value()))
        {
            Some(singleton) => {
                let class = <Type as taipan_objects::class::Payload>::class().to_value();
                let arguments = Tuple::from_array([singleton]).into_value();
                self.save_reduce(&[class, arguments], Some(value))
            }
            None => self.global(value, None),
        }
    }

    /// Writes an object by its name: `name`, or else what it says its name is.
    pub(super) fn global(&mut self, value: &Value, name: Option<&Ref<Str>>) -> PyResult<()> {
        let name = match name {
            Some(name) => name.to_value(),
            None => match protocol::getattr_optional(value, id!("__qualname__"))? {
                Some(name) => name,
                None => protocol::getattr(value, id!("__name__"))?,
            },
        };
        let Some(name) = name.downcast::<Str>() else {
            bail!(TypeError, "must be str, not {}", name.class().name());
        };
        let path = dotted_path(name);
        let module = checked_module(value, name, &path)?;
        if self.protocol >= 2 && self.extension(&module, name)? {
            return Ok(());
        }
        if self.protocol >= 4 {
            self.save(&module)?;
            self.save(name.as_value())?;
            self.out.byte(STACK_GLOBAL);
        } else {
            self.global_by_getattr(module, &path)?;
        }
        self.memoize(value);
        Ok(())
    }

    /// Writes the code of a name that is registered as an extension, if it is.
    fn extension(&mut self, module: &Value, name: &Ref<Str>) -> PyResult<bool> {
        let registry = &LIBRARY.extension_registry;
        let Some(code) = mapped(registry, module, name.as_value())? else {
            return Ok(false);
        };
        let code = int::as_i64(&code)?;
        match i32::try_from(code) {
            Ok(code @ 1..=0xff) => self.out.push(&[EXT1, code as u8]),
            Ok(code @ 0x100..=0xffff) => {
                let [low, high] = (code as u16).to_le_bytes();
                self.out.push(&[EXT2, low, high]);
            }
            Ok(code @ 0x1_0000..) => {
                let [a, b, c, d] = code.to_le_bytes();
                self.out.push(&[EXT4, a, b, c, d]);
            }
            _ => bail!(RuntimeError, "extension code {code} is out of range"),
        }
        Ok(true)
    }

    /// A global for protocols before 4: the first part of the name, and calls of `getattr` for the others.
    fn global_by_getattr(&mut self, module: Value, path: &[Ref<Str>]) -> PyResult<()> {
        let Some((first, rest)) = path.split_first() else {
            return Ok(());
        };
        for _ in rest {
            self.save(&LIBRARY.getattr.clone())?;
            if self.protocol < 2 {
                self.out.byte(MARK);
            }
        }
        self.top_level(module, first.clone())?;
        for name in rest {
            self.save(name.as_value())?;
            self.out
                .byte(if self.protocol < 2 { TUPLE } else { TUPLE2 });
            self.out.byte(REDUCE);
        }
        Ok(())
    }

    fn top_level(&mut self, module: Value, name: Ref<Str>) -> PyResult<()> {
        let (module, name) = if self.fix_imports {
            old_names(module, name)?
        } else {
            (module, name)
        };
        self.out.byte(GLOBAL);
        let Some(module) = module.downcast::<Str>() else {
            bail!(TypeError, "bad argument type for built-in operation");
        };
        self.identifier(module, "module")?;
        self.identifier(&name, "global")
    }

    fn identifier(&mut self, name: &Ref<Str>, what: &str) -> PyResult<()> {
        let encoded = if self.protocol >= 3 {
            codecs::utf8_encode(name, &Errors::STRICT)
        } else {
            codecs::ascii_encode(name, &Errors::STRICT)
        };
        match encoded {
            Ok(encoded) => {
                self.out.push(&encoded);
                self.out.byte(b'\n');
                Ok(())
            }
            Err(raised) if raised.is(ExceptionKind::UnicodeEncodeError) => {
                let shown = protocol::repr(name.as_value())?;
                let error = pickling_error(format!(
                    "can't pickle {what} identifier {} using pickle protocol {}",
                    shown.to_display(),
                    self.protocol
                ));
                Err(with_context(error, raised))
            }
            Err(raised) => Err(raised),
        }
    }
}
