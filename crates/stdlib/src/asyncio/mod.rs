//! `_asyncio`: futures, tasks and the current event loop, as `Modules/_asynciomodule.c` has them.
//!
//! `future` holds what a [`Future`] does, `future_methods` and `future_iterator` what programs and `await` see of it; `task`
//! is [`Task`], `step` how a task advances; `current` knows which loop and which task run; `library` holds what comes from
//! asyncio's Python part. Tasks are found by walking over the heap, so registering one costs nothing.

mod current;
mod future;
mod future_iterator;
mod future_methods;
mod library;
mod step;
mod task;

use taipan_macros::function;
use taipan_objects::module::Module;
use taipan_objects::raised::PyResult;
use taipan_objects::set::Set;
use taipan_objects::value::{Ref, Value};
use taipan_objects::{gc, id, protocol, thread};

pub use future::Future;
pub use task::Task;

use future::State;

taipan_macros::define_module!(
    name = "_asyncio",
    doc = "Accelerator module for asyncio",
    functions(
        current::current_task,
        get_event_loop_function,
        current::get_running_loop,
        current::_get_running_loop,
        current::_set_running_loop,
        _register_task,
        _register_eager_task,
        _unregister_task,
        _unregister_eager_task,
        current::_enter_task,
        current::_leave_task,
        current::_swap_current_task,
        all_tasks,
        future_add_to_awaited_by,
        future_discard_from_awaited_by,
    ),
    classes(Future, Task),
    init = init,
);

fn init(_module: &Ref<Module>) -> PyResult<()> {
    future_iterator::FutureIterator::init_class();
    step::Step::init_class();
    library::initialize()
}

/// The running event loop, or the one that the policy answers.
fn get_event_loop() -> PyResult<Value> {
    if let Some(event_loop) = thread::current().event_loop.get() {
        return Ok(event_loop);
    }
    let policy = protocol::call0(&library::get(&library::EVENT_LOOP_POLICY)?)?;
    protocol::call_method(&policy, id!("get_event_loop"), &[])
}

/// Return an asyncio event loop.
///
/// When called from a coroutine or a callback (e.g. scheduled with
/// call_soon or similar API), this function will always return the
/// running event loop.
///
/// If there is no running event loop set, the function will return
/// the result of `get_event_loop_policy().get_event_loop()` call.
#[function("($module, /)", name = "get_event_loop")]
fn get_event_loop_function() -> PyResult<Value> {
    get_event_loop()
}

/// Register a new task in asyncio as executed by loop.
///
/// Returns None.
#[function("($module, /, task)")]
fn _register_task(task: &Value) -> PyResult<()> {
    match task.downcast::<Task>() {
        Some(task) => task.future.is_registered.set(true),
        None => {
            let others = library::get(&library::OTHER_TASKS)?;
            protocol::call_method(&others, id!("add"), std::slice::from_ref(task))?;
        }
    }
    Ok(())
}

/// Register a new task in asyncio as executed by loop.
///
/// Returns None.
#[function("($module, /, task)")]
fn _register_eager_task(task: &Value) -> PyResult<()> {
    match task.downcast::<Task>() {
        Some(task) => task.future.is_registered.set(true),
        None => {
            if let Some(others) = library::OTHER_EAGER_TASKS.get() {
                others.add(task.clone())?;
            }
        }
    }
    Ok(())
}

/// Unregister a task.
///
/// Returns None.
#[function("($module, /, task)")]
fn _unregister_task(task: &Value) -> PyResult<()> {
    match task.downcast::<Task>() {
        Some(task) => task.future.is_registered.set(false),
        None => {
            let others = library::get(&library::OTHER_TASKS)?;
            protocol::call_method(&others, id!("discard"), std::slice::from_ref(task))?;
        }
    }
    Ok(())
}

/// Unregister a task.
///
/// Returns None.
#[function("($module, /, task)")]
fn _unregister_eager_task(task: &Value) -> PyResult<()> {
    match task.downcast::<Task>() {
        Some(task) => task.future.is_registered.set(false),
        None => {
            if let Some(others) = library::OTHER_EAGER_TASKS.get() {
                others.discard(task)?;
            }
        }
    }
    Ok(())
}

/// Return a set of all tasks for the loop.
#[function("($module, /, loop=None)")]
fn all_tasks(event_loop: Option<&Value>) -> PyResult<Ref<Set>> {
    let event_loop = match event_loop.filter(|event_loop| !event_loop.is_none()) {
        Some(event_loop) => event_loop.clone(),
        None => current::get_running_loop()?,
    };
    let mut tasks = match library::OTHER_EAGER_TASKS.get() {
        Some(others) => others.snapshot(),
        None => Vec::new(),
    };
    tasks.extend(protocol::collect(&library::get(&library::OTHER_TASKS)?)?);
    let registered = gc::instances_of::<Task>()
        .into_iter()
        .filter(|task| task.future.is_registered.get());
    tasks.extend(registered.map(Ref::into_value));
    let answer = Set::new();
    for task in tasks {
        let is_pending = match task.downcast_exact::<Task>() {
            Some(task) => task.future.state.get() == State::Pending,
            None => !protocol::call_method(&task, id!("done"), &[])?.is_true(),
        };
        if is_pending && library::loop_of(&task)?.is(&event_loop) {
            answer.add(task)?;
        }
    }
    Ok(answer)
}

/// Record that `fut` is awaited on by `waiter`.
#[function("($module, fut, waiter, /)")]
fn future_add_to_awaited_by(future: &Value, waiter: &Value) -> PyResult<()> {
    match (future.downcast::<Future>(), waiter.downcast::<Future>()) {
        (Some(future), Some(_)) => future.add_waiter(waiter),
        _ => Ok(()),
    }
}

#[function("($module, fut, waiter, /)")]
fn future_discard_from_awaited_by(future: &Value, waiter: &Value) -> PyResult<()> {
    match (future.downcast::<Future>(), waiter.downcast::<Future>()) {
        (Some(future), Some(_)) => future.discard_waiter(waiter),
        _ => Ok(()),
    }
}
