# Futures and tasks on an event loop that has no sockets: what _asyncio does natively.
import asyncio
import contextvars
import gc
import io
import re
import sys
import warnings

asyncio._set_running_loop(None)


class Nothing:
    def select(self, timeout):
        return []


class Loop(asyncio.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = Nothing()
        self._now = 0

    def time(self):
        return self._now

    def _run_once(self):
        if not self._ready and self._scheduled:
            self._now = self._scheduled[0].when() + 0.001
        super()._run_once()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass


def run(main):
    loop = Loop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


def shown(value):
    text = value if isinstance(value, str) else repr(value)
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    text = re.sub(r"([^ ]*/)?(program|asyncio_native)\.py:\d+", "program", text)
    return re.sub(r"at [^ ]*/([a-z_]+\.py):\d+", r"at \1", text)


def attempt(label, function, *args, **kwargs):
    try:
        print(label, shown(function(*args, **kwargs)))
    except BaseException as error:
        print(label, type(error).__name__, shown(str(error)))


print("== classes")
for cls in asyncio.Future, asyncio.Task:
    print(cls, cls.__mro__[1:], cls.__module__, cls.__qualname__)
    print([name for name in dir(cls) if name not in dir(object) and name not in ("__dict__", "__module__")])
    print(cls[int])
print(asyncio.Future.__doc__.splitlines()[0], asyncio.Task.__doc__)
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future).result())
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future)._state)
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future).done())
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future)._loop)
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future).cancel())
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future).set_result(1))
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future).set_exception(1))
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future).add_done_callback(print))
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future).remove_done_callback(print))
attempt("no init", lambda: asyncio.Future.__new__(asyncio.Future).get_loop())
attempt("no init", lambda: iter(asyncio.Future.__new__(asyncio.Future)))
attempt("no init", lambda: repr(asyncio.Future.__new__(asyncio.Future)))
attempt("no init", lambda: asyncio.Task.__new__(asyncio.Task).get_name())
attempt("no init", lambda: asyncio.Task.__new__(asyncio.Task).get_coro())

print("== futures")
loop = Loop()
future = asyncio.Future(loop=loop)
print(future, future._state, future._loop is loop, future._callbacks, future._result, future._exception)
print(future._log_traceback, future._source_traceback, future._cancel_message, future._asyncio_future_blocking, future._asyncio_awaited_by)
future.extra = 5
print(future.extra)
attempt("result", future.result)
attempt("exception", future.exception)
attempt("positional", asyncio.Future, 3)
attempt("blocking", setattr, future, "_asyncio_future_blocking", 2)
print(future._asyncio_future_blocking)
attempt("blocking", delattr, future, "_asyncio_future_blocking")
attempt("state", setattr, future, "_state", 2)
attempt("log", setattr, future, "_log_traceback", True)
attempt("log", delattr, future, "_log_traceback")
future._asyncio_future_blocking = False
future.add_done_callback(lambda f: print("first", f.result()))
future.add_done_callback(print, context=contextvars.copy_context())
future.add_done_callback(len)
future.add_done_callback(len)
print(len(future._callbacks), [type(entry).__name__ for entry in future._callbacks], future._callbacks[2][0])
print(future.remove_done_callback(len), future.remove_done_callback(len), future.remove_done_callback(print), len(future._callbacks))
attempt("add", future.add_done_callback)
attempt("add", future.add_done_callback, 1, 2)
future.set_result(10)
print(future, future._callbacks, future.done(), future.cancelled(), future.result(), future.exception())
attempt("again", future.set_result, 3)
attempt("again", future.set_exception, ValueError)
print(future.cancel())
loop.run_until_complete(asyncio.sleep(0))
future.add_done_callback(lambda f: print("late", f.result()))
loop.run_until_complete(asyncio.sleep(0))
failed = asyncio.Future(loop=loop)
attempt("exc", failed.set_exception, 5)
attempt("exc", failed.set_exception, int)
failed.set_exception(KeyError)
print(failed, failed._log_traceback)
print(repr(failed.exception()), failed._log_traceback)
attempt("failed", failed.result)
attempt("failed", failed.result)
stop = asyncio.Future(loop=loop)
stop.set_exception(StopIteration(4))
print(shown(stop.exception()), repr(stop.exception().__cause__), repr(stop.exception().__context__))
cancelled = asyncio.Future(loop=loop)
print(cancelled.cancel("why"), cancelled.cancel(), cancelled, cancelled._cancel_message)
attempt("cancelled", cancelled.result)
attempt("cancelled", cancelled.exception)
print(repr(cancelled._make_cancelled_error()))
waits = asyncio.Future(loop=loop)
iterator = iter(waits)
print(type(iterator).__name__, next(iterator) is waits, waits._asyncio_future_blocking)
attempt("next", next, iterator)
waits.set_result("there")
attempt("next", next, iterator)
attempt("send", waits.__await__().send, None)
attempt("throw", iter(asyncio.Future(loop=loop)).throw, ValueError("thrown"))
attempt("throw", iter(asyncio.Future(loop=loop)).throw, 5)
closed = iter(asyncio.Future(loop=loop))
print(closed.close())
import pickle
attempt("pickle", pickle.dumps, waits)
loop.close()

print("== tasks")


async def add(a, b):
    await asyncio.sleep(0)
    return a + b


async def main():
    loop = asyncio.get_running_loop()
    print(asyncio.get_event_loop() is loop, asyncio.current_task() is asyncio.current_task(loop))
    task = asyncio.create_task(add(1, 2), name="adder")
    print(shown(task), task.get_name(), task.get_coro().__name__, task._fut_waiter, task._must_cancel, task._log_destroy_pending)
    print(len(asyncio.all_tasks()), asyncio.all_tasks() == {task, asyncio.current_task()})
    print(await task, shown(task), task.get_coro() is None)
    task.set_name(5)
    print(task.get_name(), type(task.get_context()).__name__, task.cancelling(), task.cancel())
    unnamed = asyncio.create_task(add(2, 3))
    print(bool(re.fullmatch(r"Task-\d+", unnamed.get_name())), await unnamed)
    attempt("set", task.set_result, 3)
    attempt("set", task.set_exception, 3)
    attempt("init", asyncio.Task, 3, loop=loop)
    attempt("init", asyncio.Task)
    attempt("init", asyncio.Task, add(1, 1), loop)
    results = await asyncio.gather(*(add(i, i) for i in range(5)))
    print(results)

    async def waiting():
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError as error:
            print("cancelled with", error.args)
            raise

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    print(shown(task), shown(task._fut_waiter), shown(task._fut_waiter._callbacks[0][0]))
    print(task._fut_waiter._asyncio_awaited_by == {task}, task.get_stack()[0].f_code.co_name, task.get_stack(limit=0))
    out = io.StringIO()
    task.print_stack(file=out)
    print("waiting" in out.getvalue(), out.getvalue().startswith("Stack for"))
    print(task.cancel("enough"), task.cancelling(), task._must_cancel)
    attempt("uncancel", task.uncancel)
    try:
        await task
    except asyncio.CancelledError as error:
        print("main sees", error.args)
    print(shown(task), task.cancelled(), task.uncancel())
    attempt("cancelled", task.result)
    attempt("cancelled", task.exception)

    task = asyncio.create_task(add(1, 1))
    print(task.cancel(), task._must_cancel, task.uncancel(), task._must_cancel, await task)

    async def stubborn():
        for _ in range(2):
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                print("refused", asyncio.current_task().cancelling(), asyncio.current_task().uncancel())
        return "survived"

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    print(await task)

    class Wrong:
        def __init__(self, value):
            self.value = value

        def __await__(self):
            return (yield self.value)

    def generator():
        yield

    async def wrong(value):
        return await Wrong(value)

    other = Loop()
    for value in 5, generator(), asyncio.Future(loop=loop), asyncio.Future(loop=other), None:
        task = asyncio.create_task(wrong(value), name="wrong")
        try:
            print("wrong", await task)
        except RuntimeError as error:
            print(shown(str(error)).replace("Loop running", "").split(" cb=")[0])
    other.close()

    async def itself():
        await asyncio.current_task()

    try:
        await asyncio.create_task(itself(), name="itself")
    except RuntimeError as error:
        print(shown(str(error)).split(" cb=")[0])

    async def failing():
        raise ZeroDivisionError("no")

    task = asyncio.create_task(failing())
    try:
        await task
    except ZeroDivisionError as error:
        print(repr(error), shown(task), [frame.f_code.co_name for frame in task.get_stack()])
    step = []
    future = loop.create_future()
    task = asyncio.create_task(add(1, 1))
    soon = [handle for handle in loop._ready if "TaskStep" in repr(handle)][0]
    print(shown(soon), soon._callback.__self__ is task, type(soon._callback).__name__)
    attempt("step", soon._callback, 1)
    attempt("step", soon._callback, a=1)
    attempt("step", soon._callback)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")

    class Foreign:
        _asyncio_future_blocking = False

        def __init__(self):
            self._loop = loop
            self.callbacks = []

        def __await__(self):
            self._asyncio_future_blocking = True
            yield self
            return "foreign"

        __iter__ = __await__

        def add_done_callback(self, callback, *, context):
            self.callbacks.append((callback, context))

        def result(self):
            return 7

        def cancel(self, msg=None):
            print("foreign cancel", msg)
            return False

    async def foreign(value):
        return await value

    value = Foreign()
    task = asyncio.create_task(foreign(value))
    await asyncio.sleep(0)
    print(task._fut_waiter is value, value._asyncio_future_blocking, shown(value.callbacks[0][0]))
    value.callbacks[0][1].run(loop.call_soon, value.callbacks[0][0], value)
    print(await task)

    variable = contextvars.ContextVar("variable", default="unset")

    async def reads():
        before = variable.get()
        variable.set("inner")
        await asyncio.sleep(0)
        return before, variable.get()

    variable.set("outer")
    context = contextvars.copy_context()
    task = asyncio.create_task(reads(), context=context)
    print(await task, variable.get(), context[variable], task.get_context() is context)
    print(await asyncio.wait_for(add(5, 5), 10))
    try:
        async with asyncio.timeout(0.5):
            await asyncio.sleep(100)
    except TimeoutError as error:
        print("timeout", repr(error))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(failing())
            group.create_task(asyncio.sleep(100))
    except* ZeroDivisionError as error:
        print(error.exceptions)


run(main())

print("== eager")


async def eager():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)

    async def at_once():
        print("runs", asyncio.current_task().get_name())
        return 1

    async def later():
        await asyncio.sleep(0)
        print("again", asyncio.current_task().get_name())
        return 2

    task = asyncio.create_task(at_once(), name="now")
    print(task.done(), task.get_coro(), task.result(), task in asyncio.all_tasks())
    task = asyncio.create_task(later(), name="later")
    print(task.done(), task in asyncio.all_tasks(), asyncio.current_task().get_name() != "later")
    print(await task)

    async def fails():
        raise ValueError("early")

    task = asyncio.create_task(fails())
    attempt("failed", task.result)
    print(asyncio.Task(at_once(), loop=loop, eager_start=True, name="direct").done())


run(eager())

print("== functions")
loop = Loop()
task, other = "a task", "another task"
attempt("running", asyncio.get_running_loop)
print(asyncio._get_running_loop())
attempt("enter", asyncio.tasks._enter_task, loop, task)
attempt("current", asyncio.current_task)
asyncio._set_running_loop(loop)
print(asyncio.get_running_loop() is loop, asyncio.current_task(), asyncio.current_task("no loop"))
asyncio.tasks._enter_task(loop, task)
print(asyncio.current_task(loop))
attempt("enter", asyncio.tasks._enter_task, loop, other)
attempt("leave", asyncio.tasks._leave_task, loop, other)
print(asyncio.tasks._swap_current_task(loop, other), asyncio.tasks._swap_current_task(loop, None), asyncio.tasks._swap_current_task(loop, task))
asyncio.tasks._leave_task(loop, task)
attempt("leave", asyncio.tasks._leave_task, loop, task)


class OtherTask:
    def __init__(self, done):
        self._done = done

    def done(self):
        return self._done

    def get_loop(self):
        return loop


pending, done = OtherTask(False), OtherTask(True)
asyncio.tasks._register_task(pending)
asyncio.tasks._register_task(done)
print(asyncio.all_tasks() == {pending})
asyncio.tasks._unregister_task(pending)
asyncio.tasks._register_eager_task(pending)
print(asyncio.all_tasks(loop) == {pending})
asyncio.tasks._unregister_eager_task(pending)
print(asyncio.all_tasks(loop))
asyncio._set_running_loop(None)
first, second, third = (asyncio.Future(loop=loop) for _ in range(3))
asyncio.future_add_to_awaited_by(first, second)
print(first._asyncio_awaited_by == {second})
asyncio.future_add_to_awaited_by(first, third)
asyncio.future_add_to_awaited_by(first, 5)
print(first._asyncio_awaited_by == {second, third}, type(first._asyncio_awaited_by))
asyncio.future_discard_from_awaited_by(first, second)
asyncio.future_discard_from_awaited_by(first, second)
print(first._asyncio_awaited_by == {third})
loop.close()

print("== reports")


class Talking(Loop):
    def call_exception_handler(self, context):
        print(sorted(context), context["message"], repr(context.get("exception")))


loop = Talking()
future = loop.create_future()
future.set_exception(ValueError("lost"))
del future
gc.collect()


class MyFuture(asyncio.Future):
    pass


future = MyFuture(loop=loop)
future.set_exception(ValueError("lost"))
del future
gc.collect()


async def never():
    await asyncio.Future(loop=loop)


task = asyncio.Task(never(), loop=loop)
loop.call_soon(loop.stop)
loop.run_forever()
print(shown(task._coro.cr_await))
del task
gc.collect()
print(asyncio.all_tasks(loop))
task = asyncio.Task(never(), loop=loop)
task._log_destroy_pending = False
loop.call_soon(loop.stop)
loop.run_forever()
del task
gc.collect()
loop.set_debug(True)
future = asyncio.Future(loop=loop)
print(type(future._source_traceback).__name__, shown(repr(future)))
future.set_exception(ValueError("debug"))
del future
gc.collect()


class Broken(Talking):
    def call_exception_handler(self, context):
        raise KeyError("handler")


sys.unraisablehook = lambda hook: print(repr(hook.exc_value), shown(str(hook.err_msg)))
broken = Broken()
future = broken.create_future()
future.set_exception(ValueError("lost"))
del future
gc.collect()


class Kept(Loop):
    def call_exception_handler(self, context):
        self.kept = context["task"]


loop = Kept()
task = asyncio.Task(never(), loop=loop)
loop.call_soon(loop.stop)
loop.run_forever()
del task
gc.collect()
print(shown(loop.kept))
