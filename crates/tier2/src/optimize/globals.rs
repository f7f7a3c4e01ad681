//! The first pass: globals and builtins that do not change become constants.
//!
//! ```text
//! before                        after
//! _GUARD_GLOBALS_VERSION        _CHECK_FUNCTION              once for each frame
//! _LOAD_GLOBAL_BUILTINS         _LOAD_CONST_INLINE
//! _NOP
//! _LOAD_GLOBAL_MODULE           _LOAD_CONST_INLINE
//! ```
//!
//! A load of a global holds while the running function is the one that the trace was made for, which `_CHECK_FUNCTION` sees,
//! and while its namespace does not change, which a watcher sees: it invalidates the trace. A namespace that changes too
//! often is left alone. What the inline cache says of the keys is compared first; if the keys are others by now, the trace is
//! not worth making yet.

use taipan_bytecode::Uop;
use taipan_bytecode::tunables::{
    BUILTINS_WATCHER_ID, GLOBALS_WATCHER_ID, MAX_ALLOWED_BUILTINS_MODIFICATIONS,
    MAX_ALLOWED_GLOBALS_MODIFICATIONS,
};
use taipan_interp::function::Function;
use taipan_objects::dict::Dict;
use taipan_objects::value::{Ref, Value};

use crate::abort::TraceAbort;
use crate::kept::Kept;
use crate::project::address;
use taipan_interp::traces::BloomFilter;
use taipan_interp::traces::Instruction;

/// Runs the pass. `builtins` are the interpreter's; `kept` has what operands point to, and gets the constants.
pub fn remove_globals(
    trace: &mut [Instruction],
    function: &Ref<Function>,
    builtins: &Ref<Dict>,
    dependencies: &mut BloomFilter,
    kept: &mut Kept,
) -> Result<(), TraceAbort> {
    if !function.builtins.is(builtins.as_value()) {
        return Ok(());
    }
    let mut pass = Pass {
        builtins,
        dependencies,
        kept,
        frame: Facts::of(function),
        callers: Vec::new(),
    };
    for at in 0..trace.len() {
        if trace[at].uop().is_terminator() || !pass.apply(trace, at)? {
            break;
        }
    }
    Ok(())
}

/// What is known in one frame.
struct Facts {
    function_version: u32,
    globals: Ref<Dict>,
    /// A `_CHECK_FUNCTION` came before.
    is_function_checked: bool,
    are_globals_watched: bool,
    are_builtins_watched: bool,
}

impl Facts {
    fn of(function: &Ref<Function>) -> Facts {
        Facts {
            function_version: function.version_tag(),
            globals: function.globals.clone(),
            is_function_checked: false,
            are_globals_watched: false,
            are_builtins_watched: false,
        }
    }
}

struct Pass<'a> {
    builtins: &'a Ref<Dict>,
    dependencies: &'a mut BloomFilter,
    kept: &'a mut Kept,
    frame: Facts,
    callers: Vec<Facts>,
}

impl Pass<'_> {
    /// Applies the pass to one uop; answers whether it goes on.
    fn apply(&mut self, trace: &mut [Instruction], at: usize) -> Result<bool, TraceAbort> {
        match trace[at].uop() {
            Uop::GuardGlobalsVersion => self.guard_globals(&mut trace[at])?,
            Uop::LoadGlobalBuiltins => self.load_builtin(&mut trace[at])?,
            Uop::LoadGlobalModule => self.load_global(trace, at)?,
            Uop::PushFrame => return Ok(self.enter(trace[at].operand0)),
            Uop::ReturnValue | Uop::ReturnGenerator => return Ok(self.leave()),
            _ => {}
        }
        Ok(true)
    }

    /// Watches the globals, if they do not change too often; answers whether.
    fn watch_globals(&mut self) -> bool {
        let globals = &self.frame.globals;
        if u32::from(globals.mutations()) >= MAX_ALLOWED_GLOBALS_MODIFICATIONS {
            return false;
        }
        if !self.frame.are_globals_watched {
            globals.watch(GLOBALS_WATCHER_ID as u8);
            self.dependencies.add(address(globals));
            self.frame.are_globals_watched = true;
        }
        true
    }

    /// Puts a check in the place of a uop that is not needed any more, unless one came before.
    fn check_function(&mut self, place: &mut Instruction) {
        if self.frame.is_function_checked {
            place.set_uop(Uop::Nop);
        } else {
            place.replace(
                Uop::CheckFunction,
                0,
                u64::from(self.frame.function_version),
            );
            self.frame.is_function_checked = true;
        }
    }

    fn guard_globals(&mut self, guard: &mut Instruction) -> Result<(), TraceAbort> {
        expect_keys(&self.frame.globals, guard)?;
        if self.watch_globals() {
            self.check_function(guard);
        }
        Ok(())
    }

    fn load_builtin(&mut self, load: &mut Instruction) -> Result<(), TraceAbort> {
        expect_keys(self.builtins, load)?;
        if u32::from(self.builtins.mutations()) >= MAX_ALLOWED_BUILTINS_MODIFICATIONS {
            return Ok(());
        }
        if !self.frame.are_builtins_watched {
            self.builtins.watch(BUILTINS_WATCHER_ID as u8);
            self.dependencies.add(address(self.builtins));
            self.frame.are_builtins_watched = true;
        }
        if self.frame.is_function_checked && self.frame.are_globals_watched {
            load_constant(load, self.builtins, self.kept);
        }
        Ok(())
    }

    fn load_global(&mut self, trace: &mut [Instruction], at: usize) -> Result<(), TraceAbort> {
        expect_keys(&self.frame.globals, &trace[at])?;
        if !self.watch_globals() {
            return Ok(());
        }
        if !self.frame.is_function_checked && at > 0 && trace[at - 1].uop() == Uop::Nop {
            self.check_function(&mut trace[at - 1]);
        }
        if self.frame.is_function_checked {
            load_constant(&mut trace[at], &self.frame.globals, self.kept);
        }
        Ok(())
    }

    /// Goes on in the function that an operand names. Answers whether the pass can go on there.
    fn enter(&mut self, operand: u64) -> bool {
        let callee = self.kept.value(operand);
        let callee = callee.as_ref().and_then(Value::downcast_exact::<Function>);
        match callee {
            Some(function) if function.builtins.is(self.builtins.as_value()) => {
                let caller = std::mem::replace(&mut self.frame, Facts::of(function));
                self.callers.push(caller);
                true
            }
            _ => false,
        }
    }

    /// Goes back to the caller, of which everything holds that held before the call.
    fn leave(&mut self) -> bool {
        match self.callers.pop() {
            Some(caller) => {
                self.frame = caller;
                true
            }
            None => false,
        }
    }
}

/// The keys are those that the load was specialized for.
fn expect_keys(dict: &Ref<Dict>, load: &Instruction) -> Result<(), TraceAbort> {
    match u64::from(dict.keys_version()) == load.operand0 {
        true => Ok(()),
        false => Err(TraceAbort::GlobalsChanged),
    }
}

/// Puts the value of the entry that a load names into the trace.
fn load_constant(load: &mut Instruction, dict: &Ref<Dict>, kept: &mut Kept) {
    if let Some(value) = dict.value_at(load.operand1 as usize) {
        let (uop, operand) = kept.watched_constant(&value);
        load.set_uop(uop);
        load.operand0 = operand;
    }
}
