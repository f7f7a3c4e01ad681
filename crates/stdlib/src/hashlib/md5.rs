//! The module `_md5`.

use taipan_macros::{constant, define_module};
use taipan_objects::class::Payload;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Ref;

use super::object::{LONG, hash_class};

hash_class!(Md5Type, "md5", "_md5", Md5, md5);

#[constant(name = "_GIL_MINSIZE")]
const GIL_MINSIZE: usize = LONG;

define_module! {
    name = "_md5",
    functions(md5),
    constants(GIL_MINSIZE),
    init = add_classes,
}

fn add_classes(module: &Ref<Module>) -> PyResult<()> {
    Md5Type::init_class();
    module.set("MD5Type", Md5Type::class().to_value());
    Ok(())
}
