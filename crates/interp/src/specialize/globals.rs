//! LOAD_GLOBAL.

use taipan_bytecode::Opcode;
use taipan_objects::dict::Dict;
use taipan_objects::str::Str;
use taipan_objects::value::Ref;

use super::stats::Failure;
use super::{Found, Site};
use crate::cursor::Cursor;

/// The keys version of a dict and the entry of a name in it, in the sixteen bits each that the cache has.
fn entry(dict: &Dict, name: &Ref<Str>) -> Result<(u16, u16), Failure> {
    let index = dict.index_of_str(name).ok_or(Failure::Absent)?;
    let index = u16::try_from(index).map_err(|_| Failure::OutOfRange)?;
    Ok((version(dict)?, index))
}

fn version(dict: &Dict) -> Result<u16, Failure> {
    match u16::try_from(dict.keys_version_tag()) {
        Ok(0) => Err(Failure::NoVersion),
        Ok(version) => Ok(version),
        Err(_) => Err(Failure::OutOfVersions),
    }
}

/// Finds where a global or builtin is.
pub(crate) fn load_global(site: &Site, c: &Cursor, oparg: u32) -> Found {
    let frame = c.frame();
    let name = &frame.code().names[(oparg >> 1) as usize];
    let globals = frame.globals();
    if globals.as_value().downcast_exact::<Dict>().is_none() {
        return Err(Failure::Subclass);
    }
    if globals.index_of_str(name).is_some() {
        let (version, index) = entry(globals, name)?;
        site.put_u16(1, version);
        site.put_u16(3, index);
        return Ok(Opcode::LoadGlobalModule);
    }
    let Some(builtins) = frame.builtins().downcast_exact::<Dict>() else {
        return Err(Failure::Subclass);
    };
    let (builtins_version, index) = entry(builtins, name)?;
    site.put_u16(1, version(globals)?);
    site.put_u16(2, builtins_version);
    site.put_u16(3, index);
    Ok(Opcode::LoadGlobalBuiltin)
}
