//! The conversation with a person: the library's `_pyrepl` where the terminal allows it, or else a simple prompt.

use taipan_objects::args::Args;
use taipan_objects::raised::PyResult;
use taipan_objects::str::Str;
use taipan_objects::{protocol, runtime};
use taipan_stdlib::{config, system};

use crate::exit::{self, Status, complain};
use crate::options::{Action, Program};
use crate::run;

/// Greets, runs `PYTHONSTARTUP`, and prompts until the input ends.
pub fn start() -> Status {
    let prepared = prepare().and_then(|()| {
        system::audit("cpython.run_stdin", &[])?;
        interact()
    });
    match prepared {
        Ok(()) => Status::Code(0),
        Err(raised) => exit::status_of(raised),
    }
}

/// Prompts after a program has run, where `-i` or `PYTHONINSPECT` asks for it; the program may have set the variable.
pub fn after(program: &Program, status: Status) -> Status {
    if matches!(program.action, Action::Interact) || !program.interactive || !inspects(program) {
        return status;
    }
    let talked = call_interactive_hook().and_then(|()| interact());
    match talked {
        Ok(()) => Status::Code(0),
        Err(raised) => exit::status_of(raised),
    }
}

fn inspects(program: &Program) -> bool {
    program.inspect || (!config::get().ignore_environment && is_set("PYTHONINSPECT"))
}

/// Whether a variable of `os.environ`, which the program may have changed, is set.
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Tells the version, and where to read more.
pub fn greet() {
    let text = |name: &str| {
        let value = system::get(name).and_then(|value| protocol::str(&value).ok());
        value.map_or_else(String::new, |value| value.to_display().into_owned())
    };
    complain(&format!(
        "Python {} on {}\n",
        text("version"),
        text("platform")
    ));
    if !config::get().no_site {
        complain(
            "Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n",
        );
    }
}

fn prepare() -> PyResult<()> {
    if let Err(raised) = run::run_startup_file() {
        keep_talking(raised)?;
    }
    call_interactive_hook()
}

fn call_interactive_hook() -> PyResult<()> {
    let Some(hook) = system::get("__interactivehook__") else {
        return Ok(());
    };
    system::audit("cpython.run_interactivehook", std::slice::from_ref(&hook))?;
    if let Err(raised) = protocol::call0(&hook) {
        complain("Failed calling sys.__interactivehook__\n");
        keep_talking(raised)?;
    }
    Ok(())
}

/// Shows an error that does not stop the conversation; a SystemExit does.
fn keep_talking(raised: taipan_objects::raised::Raised) -> PyResult<()> {
    if raised.is(taipan_objects::exceptions::ExceptionKind::SystemExit) {
        Err(raised)
    } else {
        system::show(raised)
    }
}

fn interact() -> PyResult<()> {
    let basic = !config::get().ignore_environment && is_set("PYTHON_BASIC_REPL");
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stdin());
    if basic || !terminal {
        return system::interact();
    }
    match runtime::import_attribute("_pyrepl.main", "interactive_console") {
        Ok(console) => {
            let main = run::main_module()?;
            let names = [Str::intern("mainmodule").into_value()];
            protocol::call(&console, Args::new(&[main.into_value()], &names)).map(drop)
        }
        Err(raised) => {
            complain("Could not import _pyrepl.main\n");
            keep_talking(raised)?;
            system::interact()
        }
    }
}
