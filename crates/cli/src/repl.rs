//! The conversation with a person: the library's `_pyrepl` where the terminal allows it, or else a simple prompt.

use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::value::Value;
use taipan_objects::{id, protocol, runtime};
use taipan_stdlib::{config, startup, system};

use crate::exit::{self, Status};
use crate::options::{Action, Program};
use crate::run;

/// Greets and prompts until the input ends.
pub fn start(program: &Program) -> Status {
    if !program.quiet {
        greet();
    }
    set_prompts();
    let prepared = run::main_namespace().and_then(|_| prepare());
    if let Err(raised) = prepared {
        exit::show(raised);
    }
    interact()
}

/// Prompts after a program has run, where `-i` asks for it.
pub fn after(program: &Program, status: Status) -> Status {
    if matches!(program.action, Action::Interact) || !program.inspect {
        return status;
    }
    set_prompts();
    interact()
}

fn greet() {
    let version = system::get("version").and_then(|version| protocol::str(&version).ok());
    let version = version.map_or_else(String::new, |version| version.to_display().into_owned());
    eprintln!("Python {version} on {}", std::env::consts::OS);
    if !config::get().no_site {
        eprintln!("Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.");
    }
}

fn set_prompts() {
    for (name, prompt) in [("ps1", ">>> "), ("ps2", "... ")] {
        if system::get(name).is_none() {
            system::set(name, Str::new(prompt));
        }
    }
}

fn prepare() -> PyResult<()> {
    if let Err(raised) = run::run_startup_file() {
        exit::show(raised);
    }
    if let Some(hook) = system::get("__interactivehook__").filter(|hook| !hook.is_none())
        && let Err(raised) = protocol::call0(&hook)
    {
        eprintln!("Failed calling sys.__interactivehook__");
        exit::show(raised);
    }
    Ok(())
}

fn interact() -> Status {
    let basic = std::env::var_os("PYTHON_BASIC_REPL").is_some_and(|value| !value.is_empty()) && !config::get().ignore_environment;
    let result = if basic { converse_simply() } else { converse() };
    match result {
        Ok(_) => Status::Code(0),
        Err(raised) => exit::status_of(raised),
    }
}

/// The library's own prompt, with editing of several lines, history and completion.
fn converse() -> PyResult<Value> {
    let main = runtime::import_module("_pyrepl.__main__");
    match main {
        Ok(_) => {
            let console = runtime::import_attribute("_pyrepl.main", "interactive_console")?;
            protocol::call0(&console)
        }
        Err(_) => converse_simply(),
    }
}

/// `code.interact`: a prompt without editing.
fn converse_simply() -> PyResult<Value> {
    let class = runtime::import_attribute("code", "InteractiveConsole")?;
    let namespace = run::main_namespace()?;
    let console = protocol::call1(&class, namespace.as_value())?;
    let _exit_leaves_the_process = startup::builtins_module();
    protocol::call_method(&console, id!("interact"), &[Str::empty().into_value(), Str::empty().into_value()])
}
