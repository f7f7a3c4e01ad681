//! `_sysconfigdata__linux_…`: what `sysconfig` tells of the build.
//!
//! The variables of CPython's makefile that programs read, as far as they have a meaning without a C compiler.

use taipan_objects::dict::Dict;
use taipan_objects::int;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::runtime;
use taipan_objects::str::Str;
use taipan_objects::value::{Ref, Value};

#[cfg(target_arch = "x86_64")]
taipan_macros::define_module!(name = "_sysconfigdata__linux_x86_64-linux-gnu", init = fill);

#[cfg(target_arch = "aarch64")]
taipan_macros::define_module!(
    name = "_sysconfigdata__linux_aarch64-linux-gnu",
    init = fill
);

/// The name that Debian gives the platform.
pub(crate) fn multiarch() -> String {
    format!("{}-linux-gnu", std::env::consts::ARCH)
}

fn fill(module: &Ref<Module>) -> PyResult<()> {
    let variables = Dict::new();
    let set = |name: &str, value: Value| variables.set_str(&Str::intern(name), value);
    let base = runtime::import_attribute("sys", "base_prefix")?;
    let below = |part: &str| match base.downcast::<Str>() {
        Some(base) => Str::new(&format!("{}/{part}", base.to_display())).into_value(),
        None => Value::NONE,
    };
    for name in ["prefix", "exec_prefix"] {
        set(name, base.clone());
    }
    set("BINDIR", below("bin"));
    set("LIBDIR", below("lib"));
    set("INCLUDEPY", below("include/taipan3.14"));
    set("LIBDEST", below("lib"));
    for name in [
        "Py_DEBUG",
        "Py_GIL_DISABLED",
        "Py_ENABLE_SHARED",
        "WITH_DTRACE",
        "WITH_PYMALLOC",
    ] {
        set(name, int::new(0));
    }
    set("HAVE_FORK", int::new(1));
    let texts = [
        ("VERSION", "3.14".to_owned()),
        ("MULTIARCH", multiarch()),
        ("SOABI", format!("taipan-314-{}", multiarch())),
        ("EXT_SUFFIX", format!(".taipan-314-{}.so", multiarch())),
        ("SHLIB_SUFFIX", ".so".to_owned()),
        ("EXE", String::new()),
        ("ABIFLAGS", String::new()),
        ("CONFIG_ARGS", String::new()),
        (
            "TZPATH",
            "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo"
                .to_owned(),
        ),
    ];
    for (name, text) in texts {
        set(name, Str::new(&text).into_value());
    }
    module.set("build_time_vars", variables.to_value());
    Ok(())
}
