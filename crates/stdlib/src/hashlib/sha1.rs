//! The module `_sha1`.

use taipan_macros::{constant, define_module};
use taipan_objects::class::Payload;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Ref;

use super::object::{LONG, hash_class};

hash_class!(Sha1Type, "sha1", "_sha1", Sha1, sha1);

#[constant(name = "_GIL_MINSIZE")]
const GIL_MINSIZE: usize = LONG;

define_module! {
    name = "_sha1",
    functions(sha1),
    constants(GIL_MINSIZE),
    init = add_classes,
}

fn add_classes(module: &Ref<Module>) -> PyResult<()> {
    Sha1Type::init_class();
    module.set("SHA1Type", Sha1Type::class().to_value());
    Ok(())
}
