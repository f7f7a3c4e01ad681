"""sys.monitoring: tools, events, and what is told where."""
import sys

M = sys.monitoring
E = M.events
TOOL = 3

print([(name, value) for name, value in sorted(vars(E).items(), key=lambda item: (item[1], item[0]))])
print(M.DEBUGGER_ID, M.COVERAGE_ID, M.PROFILER_ID, M.OPTIMIZER_ID)


def fails(function, *args):
    try:
        print(function(*args))
    except (ValueError, TypeError, OverflowError) as error:
        print(type(error).__name__, error)


def nothing():
    pass


def little():
    pass


fails(M.use_tool_id, 6, "x")
fails(M.use_tool_id, -1, "x")
fails(M.use_tool_id, 1, 2)
fails(M.set_events, TOOL, E.LINE)
fails(M.set_local_events, TOOL, nothing.__code__, E.LINE)
print(M.get_tool(TOOL))
M.use_tool_id(TOOL, "test")
fails(M.use_tool_id, TOOL, "again")
print(M.get_tool(TOOL))
fails(M.set_events, TOOL, E.C_RETURN)
fails(M.set_events, TOOL, 1 << 30)
fails(M.set_events, TOOL, -1)
fails(M.set_local_events, TOOL, nothing.__code__, E.RAISE)
fails(M.set_local_events, TOOL, nothing.__code__, -1)
fails(M.set_local_events, TOOL, nothing, E.LINE)
fails(M.register_callback, TOOL, 3, None)
fails(M.register_callback, TOOL, 0, None)
fails(M.register_callback, TOOL, 1 << 25, None)
fails(M.get_events, 9)
M.set_events(TOOL, E.BRANCH | E.CALL | E.C_RETURN | E.C_RAISE)
print(M.get_events(TOOL) == E.BRANCH_LEFT | E.BRANCH_RIGHT | E.CALL, M._all_events())
M.set_events(TOOL, 0)
M.set_local_events(TOOL, nothing.__code__, E.LINE | E.JUMP)
print(M.get_local_events(TOOL, nothing.__code__) == E.LINE | E.JUMP, M._all_events())
M.clear_tool_id(TOOL)
print(M.get_local_events(TOOL, nothing.__code__), M.get_tool(TOOL))

log = []


def describe(code, value):
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, Base) or "wrapped" in type(value).__name__:
        return type(value).__name__
    return getattr(value, "__name__", value if value is not M.MISSING else "MISSING")


def recorder(name, is_line=False):
    def callback(code, *args):
        if code.co_filename != recorder.__code__.co_filename or code.co_name == "watch":
            return
        if is_line:
            args = (args[0] - code.co_firstlineno,)
        log.append((name, code.co_name, *(describe(code, arg) for arg in args)))

    return callback


NAMES = [name for name in vars(E) if name not in ("NO_EVENTS", "BRANCH")]
for name in NAMES:
    print(name, M.register_callback(TOOL, getattr(E, name), recorder(name, name == "LINE")))


def watch(function, *args, events):
    log.clear()
    M.set_events(TOOL, events)
    try:
        function(*args)
    except Exception as error:
        log.append(type(error).__name__)
    M.set_events(TOOL, 0)
    print("--", function.__name__)
    for entry in log:
        print(entry)


FLOW = E.PY_START | E.PY_RESUME | E.PY_RETURN | E.PY_YIELD | E.PY_UNWIND | E.PY_THROW | E.RAISE | E.RERAISE
FLOW |= E.EXCEPTION_HANDLED | E.STOP_ITERATION
CALLS = E.CALL | E.C_RETURN | E.C_RAISE
BRANCHES = E.BRANCH_LEFT | E.BRANCH_RIGHT | E.JUMP


def numbers(n):
    try:
        for i in range(n):
            yield i
    except KeyError:
        yield "caught"
    return "end"


def generators():
    for _ in numbers(1):
        pass
    list(numbers(0))
    g = numbers(3)
    next(g)
    g.throw(KeyError)
    g.close()
    g = (yield_ for yield_ in numbers(2))
    next(g)
    g.close()


def errors():
    try:
        raise ValueError
    except TypeError:
        pass


def handled():
    try:
        errors()
    except ValueError:
        try:
            raise
        except ValueError as error:
            del error
    try:
        1 / 0
    finally:
        pass


def branches(n):
    total = 0
    for i in range(n):
        if i == 1:
            continue
        total += 1
    while n:
        n -= 1
    if total is None:
        pass
    if total is not None and n == 0 or n:
        total = 1 if n else 2
    return [x for x in range(2) if x]


class Base:
    def method(self, *args, **kwargs):
        return len(args)


class Derived(Base):
    def method(self, *args, **kwargs):
        return super().method(*args, **kwargs)


def calls():
    len(())
    "x".upper()
    Derived().method()
    Derived().method(1)
    Derived().method(1, a=1)
    Derived.method(Derived(), *(1, 2))
    dict(a=1)
    print(*[], end="")
    try:
        int("x")
    except ValueError:
        pass
    try:
        [].pop()
    except IndexError:
        pass
    try:
        sorted(1, key=len)
    except TypeError:
        pass


async def ticks():
    yield 1


async def asynchronous():
    async for tick in ticks():
        if tick:
            pass


def coroutines():
    try:
        asynchronous().send(None)
    except StopIteration:
        pass


watch(generators, events=FLOW)
watch(handled, events=FLOW)
watch(branches, 2, events=BRANCHES)
watch(calls, events=CALLS)
watch(coroutines, events=FLOW | BRANCHES)
watch(branches, 2, events=E.LINE | E.JUMP)
watch(generators, events=E.LINE | E.PY_START)
watch(little, events=E.LINE | E.INSTRUCTION)
watch(errors, events=E.LINE | FLOW | CALLS)

print("== disabling")


def lines(n):
    while n:
        n -= 1
        if n == 1:
            n = 0
    return n


def count(function, event, answer, times=2):
    calls = []

    def callback(code, *args):
        if code is function.__code__:
            calls.append(args[0] - code.co_firstlineno if event == E.LINE else args[0])
            return answer

    M.register_callback(TOOL, event, callback)
    M.set_events(TOOL, event)
    for _ in range(times):
        function(2)
    first = len(calls)
    M.restart_events()
    function(2)
    M.set_events(TOOL, 0)
    print(first, len(calls) - first)


for event in (E.LINE, E.PY_START, E.JUMP, E.BRANCH_LEFT, E.BRANCH_RIGHT, E.INSTRUCTION, E.PY_RETURN):
    count(branches if event != E.LINE else lines, event, None)
    count(branches if event != E.LINE else lines, event, M.DISABLE)


def raising(n):
    try:
        raise KeyError
    except KeyError:
        pass


try:
    count(raising, E.RAISE, M.DISABLE)
except ValueError as error:
    print(error)
M.set_events(TOOL, 0)
print(M.register_callback(TOOL, E.RAISE, None))


def boom(*args):
    raise RuntimeError("in a callback")


M.register_callback(TOOL, E.LINE, boom)
M.set_local_events(TOOL, nothing.__code__, E.LINE)
try:
    nothing()
except RuntimeError as error:
    print(error)
M.set_local_events(TOOL, nothing.__code__, 0)
nothing()
print(M.register_callback(TOOL, E.BRANCH, len).__name__, M.register_callback(TOOL, E.BRANCH, None))
M.free_tool_id(TOOL)
print(M.get_tool(TOOL))


def branching(x):
    if x:
        return [y for y in x]
    while x:
        pass


print(list(branching.__code__.co_branches()))


# `super(…)` is a call that may raise, whatever opcode stands for it.
def super_events(statement):
    namespace = {}
    exec(
        statement
        + """
class A:
    def method(self, x):
        return x
class B(A):
    def method(self, x):
        try:
            super(x, self).method(x)
        except TypeError:
            pass
        return super().method(x)
b = B()
""",
        namespace,
    )
    seen = []
    tool = 3
    sys.monitoring.use_tool_id(tool, "super")

    def note(what):
        def callback(code, offset, function, argument):
            if argument is sys.monitoring.MISSING:
                argument = "MISSING"
            elif argument is namespace["b"]:
                argument = "b"
            seen.append((what, function.__name__, argument))

        return callback

    events = sys.monitoring.events
    for what in ("CALL", "C_RAISE", "C_RETURN"):
        sys.monitoring.register_callback(tool, getattr(events, what), note(what))
    sys.monitoring.set_events(tool, events.CALL)
    try:
        namespace["b"].method(1)
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)
    print(seen)


super_events("pass")
super_events("super = super")
