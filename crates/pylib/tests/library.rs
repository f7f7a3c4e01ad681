//! What the embedded library holds, and that its pieces are whole.

use taipan_compiler::marshal;

#[test]
fn modules_are_found_by_name() {
    let os = taipan_pylib::find("os").expect("os is in the library");
    assert_eq!(
        (os.name(), os.path(), os.is_package()),
        ("os", "os.py", false)
    );
    assert!(os.source().starts_with("r\"\"\"OS routines"));
    let json = taipan_pylib::find("json").expect("json is in the library");
    assert_eq!((json.path(), json.is_package()), ("json/__init__.py", true));
    assert!(taipan_pylib::find("json.decoder").is_some());
    assert!(taipan_pylib::find("json/decoder").is_none());
    assert!(taipan_pylib::find("").is_none());
    let by_path = taipan_pylib::find_path("json/__init__.py").expect("a path finds its module");
    assert_eq!(by_path.name(), "json");
    assert!(taipan_pylib::find_path("json.py").is_none());
}

#[test]
fn every_module_is_readable_code() {
    let mut previous = "";
    for module in taipan_pylib::modules() {
        assert!(previous < module.name(), "the index is sorted");
        previous = module.name();
        let code = marshal::read(module.code())
            .unwrap_or_else(|error| panic!("{}: {error}", module.name()));
        assert_eq!(code.name, "<module>");
        assert_eq!(
            code.filename,
            format!("{}/{}", taipan_pylib::PREFIX, module.path())
        );
    }
    assert!(taipan_pylib::modules().len() > 550);
}

#[test]
fn data_files_are_whole() {
    let paths: Vec<_> = taipan_pylib::data_files().collect();
    let wheel = paths
        .iter()
        .find(|path| path.ends_with(".whl"))
        .expect("pip is bundled");
    let wheel = taipan_pylib::data_file(wheel).expect("a listed file exists");
    assert!(wheel.starts_with(b"PK") && wheel.len() > 1_000_000);
    let licence = taipan_pylib::data_file("PSF-LICENSE").expect("the licence is included");
    assert!(licence.starts_with(b"A. HISTORY OF THE SOFTWARE"));
    assert!(taipan_pylib::data_file("os.py").is_none());
}

#[test]
fn amendments_are_applied() {
    for name in [
        "site",
        "sysconfig",
        "platform",
        "unittest",
        "io",
        "json.decoder",
    ] {
        let source = taipan_pylib::find(name)
            .expect("an amended module exists")
            .source();
        assert!(
            !source.contains("RUSTPYTHON") && !source.contains("RustPython"),
            "{name}"
        );
    }
}
