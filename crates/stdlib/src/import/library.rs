//! The finder and loader of the embedded library.
//!
//! Its modules have paths below [`root`], which stands in `sys.path` like a folder; `sys.path_hooks` makes an importer of
//! such paths, and PathFinder does the rest. So a program's own modules come before the library's or after, as
//! `sys.path` says, and packages of the library can be looked into with `pkgutil` and `importlib.resources`. The importer
//! follows the protocol of `zipimport.zipimporter`: it is finder and loader at once, and modules show their source.

use std::sync::OnceLock;

use taipan_interp::code::Code;
use taipan_macros::{class, define_module, function, methods};
use taipan_objects::args::Args;
use taipan_objects::bytes::Bytes;
use taipan_objects::class::{Payload, Type};
use taipan_objects::dict::Dict;
use taipan_objects::exceptions::{self, ExceptionKind};
use taipan_objects::heap;
use taipan_objects::list::List;
use taipan_objects::module::Module;
use taipan_objects::raised::{PyResult, Raised};
use taipan_objects::str::Str;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id, protocol};
use taipan_pylib as pylib;

use super::bootstrap;
use crate::config::paths;
use crate::sys::memory;

/// What the paths of library modules start with.
pub fn root() -> &'static str {
    &paths::get().library
}

/// The module whose file is `path`, which starts with [`root`].
fn module_of_path(path: &str) -> Option<pylib::Module> {
    pylib::find_path(path.strip_prefix(root())?.strip_prefix('/')?)
}

/// The folder that `path` names within the library, `""` for the library itself.
fn folder_of_path(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(root())?;
    if rest.is_empty() {
        return Some("");
    }
    let folder = rest.strip_prefix('/')?.trim_end_matches('/');
    folders().binary_search(&folder).ok().map(|_| folder)
}

/// Every folder of the library, sorted.
fn folders() -> &'static [&'static str] {
    static FOLDERS: OnceLock<Vec<&'static str>> = OnceLock::new();
    FOLDERS.get_or_init(|| {
        let paths = pylib::modules()
            .map(|module| module.path())
            .chain(pylib::data_files());
        let mut folders: Vec<&str> = paths
            .flat_map(|path| {
                path.match_indices('/')
                    .map(move |(slash, _)| &path[..slash])
            })
            .collect();
        folders.sort_unstable();
        folders.dedup();
        folders
    })
}

fn file_of(module: &pylib::Module) -> Ref<Str> {
    Str::new(&format!("{}/{}", root(), module.path()))
}

#[cold]
fn no_module(name: &Ref<Str>) -> Raised {
    let message = format!(
        "can't find module {}",
        protocol::repr(name.as_value())
            .map_or_else(|_| String::new(), |name| name.to_display().into_owned())
    );
    exceptions::import_error(
        ExceptionKind::ImportError,
        message,
        Some(name.to_value()),
        None,
    )
}

fn named(name: &Ref<Str>) -> PyResult<pylib::Module> {
    name.try_to_str()
        .and_then(|name| pylib::find(&name))
        .ok_or_else(|| no_module(name))
}

/// Finds and loads the modules of one folder of the library.
///
/// The path is that of the library, or of a folder in it.
#[class(name = "EmbeddedImporter", module = "_embedded_library")]
pub struct EmbeddedImporter {
    /// The path it was made for.
    path: Ref<Str>,
    /// What the names of its modules start with: nothing, or a package and a dot.
    #[untraced]
    prefix: String,
}

impl EmbeddedImporter {
    fn of_path(class: &Ref<Type>, path: &Ref<Str>) -> Option<Ref<EmbeddedImporter>> {
        let text = path.try_to_str()?;
        let folder = folder_of_path(&text)?;
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{}.", folder.replace('/', "."))
        };
        Some(heap::new_object(
            class,
            EmbeddedImporter {
                path: path.clone(),
                prefix,
            },
        ))
    }

    /// Puts the hook into `sys.path_hooks`, and one that knows zip files.
    pub(super) fn install() -> PyResult<()> {
        EmbeddedImporter::init_class();
        let Some(hooks) = crate::system::get("path_hooks") else {
            bail!(RuntimeError, "unable to get sys.path_hooks")
        };
        let Some(hooks) = hooks.downcast::<List>() else {
            bail!(
                RuntimeError,
                "sys.path_hooks must be a list of import hooks"
            )
        };
        hooks.insert(0, EmbeddedImporter::class().to_value())?;
        let library = taipan_objects::native::create_module(definition())?;
        if let Some(hook) = library.get("zip_path_hook") {
            hooks.insert(1, hook)?;
        }
        Ok(())
    }

    fn find(&self, full_name: &Ref<Str>) -> Option<pylib::Module> {
        let name = full_name.try_to_str()?;
        let last = name.rsplit('.').next().unwrap_or(&name);
        if self.prefix.is_empty() && last.len() == name.len() {
            return pylib::find(&name);
        }
        pylib::find(&format!("{}{last}", self.prefix))
    }
}

/// A module spec as importlib makes it for a file.
fn make_spec(name: &Ref<Str>, loader: &Value, module: &pylib::Module) -> PyResult<Value> {
    let class = protocol::getattr(super::bootstrap_module()?.as_value(), id!("ModuleSpec"))?;
    let file = file_of(module);
    let arguments = [name.to_value(), loader.clone(), file.to_value()];
    let spec = protocol::call(&class, Args::new(&arguments, &[id!("origin").to_value()]))?;
    protocol::setattr(&spec, id!("_set_fileattr"), &Value::TRUE)?;
    if module.is_package() {
        let folder = file.slice(0..file.len() - "/__init__.py".len());
        protocol::setattr(
            &spec,
            id!("submodule_search_locations"),
            List::new(vec![folder.into_value()]).as_value(),
        )?;
    }
    Ok(spec)
}

#[methods]
impl EmbeddedImporter {
    #[new("(path, /)")]
    fn make(class: &Ref<Type>, path: &Value) -> PyResult<Ref<EmbeddedImporter>> {
        let found = path
            .downcast::<Str>()
            .and_then(|path| EmbeddedImporter::of_path(class, path));
        found.ok_or_else(|| {
            exceptions::import_error(
                ExceptionKind::ImportError,
                "not a path of the embedded library".to_owned(),
                None,
                Some(path.clone()),
            )
        })
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        format!("<EmbeddedImporter object \"{}\">", self.path.to_display())
    }

    /// The path that the importer looks into.
    #[getter]
    fn path(&self) -> Ref<Str> {
        self.path.clone()
    }

    /// Return the spec of a module, or None.
    #[method("($self, fullname, target=None)")]
    fn find_spec(
        this: &Ref<EmbeddedImporter>,
        fullname: &Ref<Str>,
        _target: Option<&Value>,
    ) -> PyResult<Option<Value>> {
        this.find(fullname)
            .map(|module| make_spec(fullname, this.as_value(), &module))
            .transpose()
    }

    /// Forget what was found. Nothing is remembered.
    #[method("($self)")]
    fn invalidate_caches(&self) {}

    /// Return None: modules are made in the usual way.
    #[method("($self, spec)")]
    fn create_module(&self, _spec: &Value) {}

    /// Run the module's code in it.
    #[method("($self, module)")]
    fn exec_module(&self, module: &Value) -> PyResult<()> {
        let name = protocol::getattr(module, id!("__name__"))?;
        let Some(name) = name.downcast::<Str>() else {
            bail!(TypeError, "__name__ must be a string")
        };
        let Some(found) = self.find(name) else {
            return Err(no_module(name));
        };
        let namespace = protocol::getattr(module, id!("__dict__"))?;
        let Some(namespace) = namespace.downcast::<Dict>() else {
            bail!(TypeError, "__dict__ must be a dict")
        };
        let code = load_code(&found, &file_of(&found))?;
        super::run_in_module(&code, namespace)
    }

    /// Import a module, by its full name.
    #[method("($self, fullname)")]
    fn load_module(this: &Ref<EmbeddedImporter>, fullname: &Ref<Str>) -> PyResult<Value> {
        let bootstrap = super::bootstrap_module()?;
        protocol::call_method(
            bootstrap.as_value(),
            id!("_load_module_shim"),
            &[this.to_value(), fullname.to_value()],
        )
    }

    /// Return the code object of a module.
    #[method("($self, fullname)")]
    fn get_code(&self, fullname: &Ref<Str>) -> PyResult<Value> {
        let Some(module) = self.find(fullname) else {
            return Err(no_module(fullname));
        };
        Ok(load_code(&module, &file_of(&module))?.into_value())
    }

    /// Return the source of a module.
    #[method("($self, fullname)")]
    fn get_source(&self, fullname: &Ref<Str>) -> PyResult<String> {
        self.find(fullname)
            .map(|module| module.source())
            .ok_or_else(|| no_module(fullname))
    }

    /// Return the path of a module.
    #[method("($self, fullname)")]
    fn get_filename(&self, fullname: &Ref<Str>) -> PyResult<Ref<Str>> {
        self.find(fullname)
            .map(|module| file_of(&module))
            .ok_or_else(|| no_module(fullname))
    }

    /// Return whether a module is a package.
    #[method("($self, fullname)")]
    fn is_package(&self, fullname: &Ref<Str>) -> PyResult<bool> {
        self.find(fullname)
            .map(|module| module.is_package())
            .ok_or_else(|| no_module(fullname))
    }

    /// Return the content of a file of the library, by its path.
    #[method("($self, pathname, /)")]
    fn get_data(&self, pathname: &Ref<Str>) -> PyResult<Ref<Bytes>> {
        let path = pathname.to_display();
        if let Some(module) = module_of_path(&path) {
            return Ok(Bytes::new(module.source().as_bytes()));
        }
        let inside = path
            .strip_prefix(root())
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(&path);
        match pylib::data_file(inside) {
            Some(content) => Ok(Bytes::new(&content)),
            None => Err(exceptions::os_error::raise_errno(
                libc::ENOENT,
                Some(pathname.as_value()),
                None,
            )),
        }
    }

    /// Return a reader of the files beside a package's modules.
    #[method("($self, fullname)")]
    fn get_resource_reader(this: &Ref<EmbeddedImporter>, fullname: &Ref<Str>) -> PyResult<Value> {
        let readers = super::import_module("_embedded_resources")?;
        let module = named(fullname)?;
        if !module.is_package() {
            return Ok(Value::NONE);
        }
        let file = file_of(&module);
        let folder = file.slice(0..file.len() - "/__init__.py".len());
        protocol::call_method(
            &readers,
            id!("EmbeddedReader"),
            &[this.to_value(), folder.into_value()],
        )
    }

    /// Return (name, is_package) of every module in the folder, with a prefix put before the names.
    #[method("($self, prefix='')")]
    fn iter_modules(&self, prefix: &str) -> Ref<List> {
        let inside = pylib::modules()
            .filter_map(|module| Some((module, module.name().strip_prefix(self.prefix.as_str())?)));
        let direct = inside.filter(|(_, name)| !name.contains('.') && *name != "__main__");
        let pair = |(module, name): (pylib::Module, &str)| {
            Tuple::pair(
                Str::new(&format!("{prefix}{name}")).into_value(),
                Value::from_bool(module.is_package()),
            )
            .into_value()
        };
        List::new(direct.map(pair).collect())
    }

    /// Return the names in a folder of the library, or None where the path is no folder.
    #[method("($self, path, /)")]
    fn list_folder(&self, path: &str) -> Option<Ref<List>> {
        let folder = folder_of_path(path)?;
        let start = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let paths = pylib::modules()
            .map(|module| module.path())
            .chain(pylib::data_files());
        let mut names: Vec<&str> = paths
            .filter_map(|path| path.strip_prefix(start.as_str())?.split('/').next())
            .collect();
        names.sort_unstable();
        names.dedup();
        Some(List::new(
            names
                .into_iter()
                .map(|name| Str::new(name).into_value())
                .collect(),
        ))
    }

    /// Return whether a path is that of a file of the library.
    #[method("($self, path, /)")]
    fn is_file(&self, path: &str) -> bool {
        let inside = path
            .strip_prefix(root())
            .and_then(|rest| rest.strip_prefix('/'));
        module_of_path(path).is_some()
            || inside.is_some_and(|path| pylib::data_file(path).is_some())
    }
}

/// Return an importer for a zip file. Other paths are an ImportError, and are told apart without loading zipimport.
#[function("(path, /)")]
fn zip_path_hook(path: &Value) -> PyResult<Value> {
    let refuse = || {
        Err(exceptions::import_error(
            ExceptionKind::ImportError,
            "not a zip file".to_owned(),
            None,
            Some(path.clone()),
        ))
    };
    let Some(text) = path.downcast::<Str>() else {
        return refuse();
    };
    let Ok(bytes) = crate::filesystem::encode(text) else {
        return refuse();
    };
    if text.is_empty() {
        return refuse();
    }
    let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&bytes);
    let mut candidate = Some(std::path::Path::new(name));
    // The path may lead into a zip file: the first part of it that exists decides.
    while let Some(path) = candidate {
        match path.metadata() {
            Ok(metadata) if metadata.is_file() => return bootstrap::zip_importer(text.as_value()),
            Ok(_) => return refuse(),
            Err(_) => {
                candidate = path
                    .parent()
                    .filter(|parent| !parent.as_os_str().is_empty())
            }
        }
    }
    refuse()
}

define_module!(
    name = "_embedded_library",
    doc = "The finder and loader of the library inside the interpreter.",
    functions(zip_path_hook),
    init = fill,
);

fn fill(module: &Ref<Module>) -> PyResult<()> {
    EmbeddedImporter::init_class();
    module.set("EmbeddedImporter", EmbeddedImporter::class().to_value());
    module.set("root", Str::new(root()));
    Ok(())
}

/// Reads a module's code object. The pages it was read from are given back: it is rarely read twice.
pub(super) fn load_code(module: &pylib::Module, filename: &Ref<Str>) -> PyResult<Ref<Code>> {
    let code = crate::marshal::load_code(module.code(), Some(filename));
    memory::release_constant_pages(module.code(), pylib::all_code());
    code
}
