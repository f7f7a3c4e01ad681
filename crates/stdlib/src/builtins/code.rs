//! `compile`, `eval` and `exec`.

use taipan_interp::code::Code;
use taipan_interp::{eval as evaluation, frames};
use taipan_macros::function;
use taipan_objects::cell_object::CellObject;
use taipan_objects::dict::Dict;
use taipan_objects::raised::PyResult;
use taipan_objects::tuple::Tuple;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{bail, id};

use crate::compile::{self, Mode, Request, compile_flags};

/// Compile source into a code object.
///
/// source
///   a string, bytes, or a syntax tree
/// filename
///   where the source comes from, for messages
/// mode
///   'exec' for a module, 'eval' for an expression, 'single' for an interactive statement
/// flags
///   future features and other settings
/// dont_inherit
///   whether the settings of the calling code do not apply
/// optimize
///   the optimization level, -1 for that of the interpreter
#[function(
    "(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)"
)]
pub(super) fn compile(
    source: &Value,
    filename: &Value,
    mode: &str,
    flags: i32,
    dont_inherit: bool,
    optimize: i32,
    _feature_version: i32,
) -> PyResult<Value> {
    let filename = compile::path_text(filename)?;
    let mut flags = flags as u32;
    if flags & !compile_flags::KNOWN != 0 {
        bail!(ValueError, "compile(): unrecognised flags");
    }
    if !(-1..=2).contains(&optimize) {
        bail!(ValueError, "compile(): invalid optimize value");
    }
    if !dont_inherit {
        flags |= inherited_flags();
    }
    let only_tree = flags & compile_flags::ONLY_AST != 0;
    let mode = match mode {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        "func_type" if only_tree => Mode::FunctionType,
        "func_type" => bail!(
            ValueError,
            "compile() mode 'func_type' requires flag PyCF_ONLY_AST"
        ),
        _ if only_tree => bail!(
            ValueError,
            "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
        ),
        _ => bail!(
            ValueError,
            "compile() mode must be 'exec', 'eval' or 'single'"
        ),
    };
    let request = Request {
        filename,
        mode,
        flags,
        optimize,
        feature_version: _feature_version,
    };
    if compile::is_tree(source)? {
        return compile::compile_tree(source, &request);
    }
    let source = compile::source_of(source, "compile", "string, bytes or AST")?;
    if only_tree {
        compile::parse_tree(&source, &request)
    } else {
        Ok(compile::compile_source(&source, &request)?.into_value())
    }
}

fn inherited_flags() -> u32 {
    frames::current_code().map_or(0, |code| code.flags & compile_flags::FUTURE)
}

/// The namespaces that code runs in.
struct Namespaces {
    globals: Ref<Dict>,
    locals: Value,
}

fn namespaces(globals: Option<Ref<Dict>>, locals: Option<&Value>) -> PyResult<Namespaces> {
    let (globals, locals) = match (globals, locals) {
        (Some(globals), Some(locals)) => (globals, locals.clone()),
        (Some(globals), None) => (globals.clone(), globals.into_value()),
        (None, locals) => {
            let Some(globals) = frames::current_globals() else {
                bail!(SystemError, "globals and locals cannot be NULL");
            };
            (
                globals,
                locals.map_or_else(frames::current_locals, |locals| Ok(locals.clone()))?,
            )
        }
    };
    if !globals.contains_str(id!("__builtins__")) {
        let builtins = frames::current_builtins().unwrap_or_else(crate::startup::builtins_dict);
        globals.set_str(id!("__builtins__"), builtins);
    }
    Ok(Namespaces { globals, locals })
}

/// Evaluate an expression and return its value.
///
/// The source is a string or a code object that compile() made. The globals must be a dictionary, the locals any
/// mapping; without them the names of the caller are used.
#[function("(source, /, globals=None, locals=None)")]
pub(super) fn eval(
    source: &Value,
    globals: Option<&Value>,
    locals: Option<&Value>,
) -> PyResult<Value> {
    if let Some(locals) = locals
        && !is_mapping(locals)
    {
        bail!(TypeError, "locals must be a mapping");
    }
    let globals = match globals.map(|globals| (globals, globals.downcast::<Dict>())) {
        None => None,
        Some((_, Some(dict))) => Some(dict.clone()),
        Some((other, None)) if is_mapping(other) => {
            bail!(
                TypeError,
                "globals must be a real dict; try eval(code, {{}}, mapping)"
            )
        }
        Some(_) => bail!(TypeError, "globals must be a dict"),
    };
    let spaces = namespaces(globals, locals)?;
    if let Some(code) = source.downcast::<Code>() {
        crate::system::audit("exec", std::slice::from_ref(source))?;
        if code.free_count > 0 {
            bail!(
                TypeError,
                "code object passed to eval() may not contain free variables"
            );
        }
        return evaluation::run(code, &spaces.globals, Some(&spaces.locals), None);
    }
    let source = compile::source_of(source, "eval", "string, bytes or code")?.without_indent();
    let request = Request {
        filename: id!("<string>").clone(),
        mode: Mode::Eval,
        flags: inherited_flags(),
        optimize: -1,
        feature_version: -1,
    };
    let code = compile::compile_source(&source, &request)?;
    evaluation::run(&code, &spaces.globals, Some(&spaces.locals), None)
}

/// Execute statements.
///
/// The source is a string or a code object that compile() made. The globals must be a dictionary, the locals any
/// mapping; without them the names of the caller are used. The closure is a tuple of cells for code that has free
/// variables.
#[function("(source, /, globals=None, locals=None, *, closure=None)")]
pub(super) fn exec(
    source: &Value,
    globals: Option<&Value>,
    locals: Option<&Value>,
    closure: Option<&Value>,
) -> PyResult<()> {
    let globals = match globals.map(|globals| (globals, globals.downcast::<Dict>())) {
        None => None,
        Some((_, Some(dict))) => Some(dict.clone()),
        Some((other, None)) => bail!(
            TypeError,
            "exec() globals must be a dict, not {}",
            other.class().name()
        ),
    };
    if let Some(locals) = locals
        && !is_mapping(locals)
    {
        bail!(
            TypeError,
            "locals must be a mapping or None, not {}",
            locals.class().name()
        );
    }
    let spaces = namespaces(globals, locals)?;
    if let Some(code) = source.downcast::<Code>() {
        let closure = closure_for(code, closure)?;
        crate::system::audit("exec", std::slice::from_ref(source))?;
        evaluation::run(code, &spaces.globals, Some(&spaces.locals), closure)?;
        return Ok(());
    }
    if closure.is_some() {
        bail!(
            TypeError,
            "closure can only be used when source is a code object"
        );
    }
    let source = compile::source_of(source, "exec", "string, bytes or code")?;
    let request = Request {
        filename: id!("<string>").clone(),
        mode: Mode::Exec,
        flags: inherited_flags(),
        optimize: -1,
        feature_version: -1,
    };
    let code = compile::compile_source(&source, &request)?;
    evaluation::run(&code, &spaces.globals, Some(&spaces.locals), None)?;
    Ok(())
}

fn closure_for(code: &Ref<Code>, closure: Option<&Value>) -> PyResult<Option<Ref<Tuple>>> {
    let wanted = code.free_count as usize;
    if wanted == 0 {
        return match closure {
            None => Ok(None),
            Some(_) => bail!(TypeError, "cannot use a closure with this code object"),
        };
    }
    let cells = closure.and_then(|closure| closure.downcast_exact::<Tuple>());
    match cells {
        Some(cells)
            if cells.len() == wanted
                && cells
                    .as_slice()
                    .iter()
                    .all(|cell| cell.downcast::<CellObject>().is_some()) =>
        {
            Ok(Some(cells.clone()))
        }
        _ => bail!(
            TypeError,
            "code object requires a closure of exactly length {wanted}"
        ),
    }
}

fn is_mapping(value: &Value) -> bool {
    value.class().slots.getitem.get().is_some()
}
