//! Finding functions and classes by name.
//!
//! Before protocol 3, names may be those of Python 2; from protocol 4 on, a name may have dots.

use taipan_objects::codecs::{self, Errors};
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, exc, int, protocol};

use super::load::Loader;
use crate::pickle::{LIBRARY, dotted_path, import_named, unpickling_error, with_context};

/// The names of Python 3 for names of Python 2.
fn new_names(module: Value, name: Value) -> PyResult<(Value, Value)> {
    let key = Tuple::pair(module.clone(), name.clone());
    if let Some(found) = LIBRARY.name_mapping.get(key.as_value())? {
        return match found.downcast::<Tuple>().map(|pair| pair.as_slice()) {
            Some([module, name])
                if module.downcast::<Str>().is_some() && name.downcast::<Str>().is_some() =>
            {
                Ok((module.clone(), name.clone()))
            }
            Some([module, name]) => bail!(
                RuntimeError,
                "_compat_pickle.NAME_MAPPING values should be pairs of str, not ({}, {})",
                module.class().name(),
                name.class().name()
            ),
            _ => bail!(
                RuntimeError,
                "_compat_pickle.NAME_MAPPING values should be 2-tuples, not {}",
                found.class().name()
            ),
        };
    }
    match LIBRARY.import_mapping.get(&module)? {
        Some(found) if found.downcast::<Str>().is_none() => bail!(
            RuntimeError,
            "_compat_pickle.IMPORT_MAPPING values should be strings, not {}",
            found.class().name()
        ),
        found => Ok((found.unwrap_or(module), name)),
    }
}

/// The object that a name leads to in a module.
pub(super) fn find_class(
    module: &Value,
    name: &Value,
    protocol: u8,
    fix_imports: bool,
) -> PyResult<Value> {
    crate::system::audit("pickle.find_class", &[module.clone(), name.clone()])?;
    let (module_name, name) = if protocol < 3 && fix_imports {
        new_names(module.clone(), name.clone())?
    } else {
        (module.clone(), name.clone())
    };
    let module = import_named(&module_name)?;
    let name = protocol::attribute_name(&name)?;
    if protocol < 4 {
        return protocol::getattr(&module, name);
    }
    let path = dotted_path(name);
    let found = path
        .iter()
        .try_fold(module, |value, part| protocol::getattr(&value, part));
    match found {
        Err(raised) if path.len() > 1 && raised.is(ExceptionKind::AttributeError) => {
            let (name, module) = (
                protocol::repr(name.as_value())?,
                protocol::repr(&module_name)?,
            );
            let error = exc!(
                AttributeError,
                "Can't resolve path {} on module {}",
                name.to_display(),
                module.to_display()
            );
            Err(with_context(error, raised))
        }
        found => found,
    }
}

fn decode_line(bytes: &[u8]) -> PyResult<Ref<Str>> {
    Ok(codecs::utf8_decode(bytes, &Errors::STRICT, true)?.0)
}

impl Loader<'_> {
    pub(super) fn global(&mut self) -> PyResult<()> {
        let module = decode_line(self.input.full_line()?)?;
        let name = decode_line(self.input.full_line()?)?;
        let found = self.find_class(module.as_value(), name.as_value())?;
        self.push(found);
        Ok(())
    }

    pub(super) fn stack_global(&mut self) -> PyResult<()> {
        let name = self.pop()?;
        let module = self.pop()?;
        if name.downcast_exact::<Str>().is_none() || module.downcast_exact::<Str>().is_none() {
            return Err(unpickling_error("STACK_GLOBAL requires str"));
        }
        let found = self.find_class(&module, &name)?;
        self.push(found);
        Ok(())
    }

    /// The class of an `INST` opcode, whose names are ASCII.
    pub(super) fn inst_class(&mut self) -> PyResult<Value> {
        let module = codecs::ascii_decode(self.input.full_line()?, &Errors::STRICT)?;
        let name = codecs::ascii_decode(self.input.full_line()?, &Errors::STRICT)?;
        self.find_class(module.as_value(), name.as_value())
    }

    /// Pushes the object that is registered as an extension.
    pub(super) fn extension(&mut self, code: i64) -> PyResult<()> {
        if code <= 0 {
            return Err(unpickling_error("EXT specifies code <= 0"));
        }
        let key = int::new(code);
        if let Some(found) = LIBRARY.extension_cache.get(&key)? {
            self.push(found);
            return Ok(());
        }
        let Some(pair) = LIBRARY.inverted_registry.get(&key)? else {
            bail!(ValueError, "unregistered extension code {code}");
        };
        let names = pair.downcast::<Tuple>().map(|pair| pair.as_slice());
        let Some([module, name]) = names else {
            return not_names(code);
        };
        if module.downcast::<Str>().is_none() || name.downcast::<Str>().is_none() {
            return not_names(code);
        }
        let found = self.find_class(module, name)?;
        LIBRARY.extension_cache.set(key, found.clone())?;
        self.push(found);
        Ok(())
    }
}

#[cold]
fn not_names(code: i64) -> PyResult<()> {
    bail!(
        ValueError,
        "_inverted_registry[{code}] isn't a 2-tuple of strings"
    )
}
