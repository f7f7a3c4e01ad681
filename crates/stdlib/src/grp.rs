//! `grp`: the database of groups.

use taipan_macros::{define_module, function};
use taipan_objects::exceptions::os_error;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::structseq::{Field, StructSeqDef};
use taipan_objects::value::{Ref, Value};
use taipan_objects::{protocol, runtime};

use crate::filesystem::fs_decode;
use crate::pwd::{c_name, id_of, not_found, number};
use crate::sys::accounts::{self, Group};

define_module!(
    name = "grp",
    doc = "Access to the Unix group database.\n\nGroup entries are reported as 4-tuples containing the following fields\nfrom the group database, in order:\n\n  name   - name of the group\n  passwd - group password (encrypted); often empty\n  gid    - numeric ID of the group\n  mem    - list of members\n\nThe gid is an integer, name and password are strings.  (Note that most\nusers are not explicitly listed as members of the groups they are in\naccording to the password database.  Check both databases to get\ncomplete membership information.)",
    functions(getgrgid, getgrnam, getgrall),
    init = fill,
);

static GROUP: StructSeqDef = StructSeqDef {
    name: "struct_group",
    module: "grp",
    doc: "grp.struct_group: Results from getgr*() routines.\n\nThis object may be accessed either as a tuple of\n  (gr_name,gr_passwd,gr_gid,gr_mem)\nor via the object attributes as named in the above tuple.\n",
    fields: &[
        Field::new("gr_name", "group name"),
        Field::new("gr_passwd", "password"),
        Field::new("gr_gid", "group id"),
        Field::new("gr_mem", "group members"),
    ],
    visible: 4,
    instantiable: true,
    complete: None,
};

fn fill(module: &Ref<Module>) -> PyResult<()> {
    module.set("struct_group", GROUP.class());
    Ok(())
}

fn shown(group: &Group) -> Value {
    let text = |bytes: &[u8]| fs_decode(bytes).into_value();
    let members = group.members.iter().map(|member| text(member)).collect();
    GROUP.make(vec![
        text(&group.name),
        text(&group.password),
        number(group.gid),
        List::new(members).into_value(),
    ])
}

/// Return the group database entry for the given numeric group ID.
///
/// If id is not valid, raise KeyError.
#[function("(id)")]
fn getgrgid(id: &Value) -> PyResult<Value> {
    let Some(gid) = id_of(id)? else {
        return Err(not_found("getgrgid(): gid not found".to_owned()));
    };
    match runtime::allow_threads(|| accounts::group_by_id(gid)) {
        Ok(Some(group)) => Ok(shown(&group)),
        Ok(None) => Err(not_found(format!(
            "getgrgid(): gid not found: {}",
            protocol::str(id)?.to_display()
        ))),
        Err(error) => Err(os_error::os_error(&error, None)),
    }
}

/// Return the group database entry for the given group name.
///
/// If name is not valid, raise KeyError.
#[function("(name)")]
fn getgrnam(name: &Ref<Str>) -> PyResult<Value> {
    let wanted = c_name(name)?;
    match runtime::allow_threads(|| accounts::group_by_name(&wanted)) {
        Ok(Some(group)) => Ok(shown(&group)),
        Ok(None) => {
            let name = protocol::repr(name.as_value())?;
            Err(not_found(format!(
                "getgrnam(): name not found: {}",
                name.to_display()
            )))
        }
        Err(error) => Err(os_error::os_error(&error, None)),
    }
}

/// Return a list of all available group entries, in arbitrary order.
///
/// An entry whose name starts with '+' or '-' represents an instruction
/// to use YP/NIS and may not be accessible via getgrnam or getgrgid.
#[function("()")]
fn getgrall() -> Ref<List> {
    List::new(accounts::all_groups().iter().map(shown).collect())
}
