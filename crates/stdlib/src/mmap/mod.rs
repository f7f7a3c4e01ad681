//! `mmap`: files mapped into memory.

mod object;

use taipan_macros::define_module;
use taipan_objects::exceptions::ExceptionKind;
use taipan_objects::int;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::value::Ref;

use crate::sys::memory::page_size;

pub use object::Mmap;

define_module!(name = "mmap", init = fill);

macro_rules! numbers {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

const NUMBERS: &[(&str, i64)] = numbers! {
    PROT_EXEC PROT_READ PROT_WRITE MAP_SHARED MAP_PRIVATE MAP_DENYWRITE MAP_EXECUTABLE MAP_ANON MAP_ANONYMOUS MAP_POPULATE
    MAP_STACK MAP_NORESERVE MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED MADV_REMOVE MADV_DONTFORK
    MADV_DOFORK MADV_HWPOISON MADV_MERGEABLE MADV_UNMERGEABLE MADV_HUGEPAGE MADV_NOHUGEPAGE MADV_DONTDUMP MADV_DODUMP
    MADV_FREE
};

/// Constants that the libc crate has for some processors only.
const LINUX: &[(&str, i64)] = &[
    ("MAP_32BIT", 64),
    ("ACCESS_DEFAULT", 0),
    ("ACCESS_READ", 1),
    ("ACCESS_WRITE", 2),
    ("ACCESS_COPY", 3),
];

fn fill(module: &Ref<Module>) -> PyResult<()> {
    for &(name, number) in NUMBERS.iter().chain(LINUX) {
        module.set(name, int::new(number));
    }
    module.set("PAGESIZE", int::from_usize(page_size()));
    module.set("ALLOCATIONGRANULARITY", int::from_usize(page_size()));
    module.set("error", ExceptionKind::OSError.class());
    module.set("mmap", Mmap::init_class());
    Ok(())
}
