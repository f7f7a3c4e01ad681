"""sys.settrace, sys.setprofile, and jumps by f_lineno."""
import sys
import threading

def here():
    return sys._getframe().f_code.co_filename


NAME = here()


def show(event, frame, arg):
    start = frame.f_code.co_firstlineno
    if event == "exception":
        arg = arg[0].__name__
    elif event.startswith("c_"):
        arg = arg.__qualname__
    print(event, frame.f_code.co_name, frame.f_lineno - start, arg)


def tracer(frame, event, arg):
    if frame.f_code.co_filename != NAME or frame.f_code.co_name.startswith("_"):
        return None
    show(event, frame, arg)
    return tracer


def traced(function, *args):
    print("--", function.__name__)
    sys.settrace(tracer)
    try:
        function(*args)
    except Exception as error:
        print(type(error).__name__, error)
    finally:
        sys.settrace(None)


def loops(n):
    total = 0
    for i in range(n):
        if i == 1:
            continue
        total += i
    while n:
        n -= 1
    else:
        total += 1
    for i in range(2): total += i
    return total


def handlers():
    try:
        1 / 0
    except ZeroDivisionError:
        pass
    try:
        raise ValueError
    except TypeError:
        pass
    finally:
        last = 1
    return last


def numbers(n):
    for i in range(n):
        yield i
    return "done"


def delegating():
    value = yield from numbers(2)
    yield value


def generators():
    for i in delegating():
        pass
    try:
        next(numbers(0))
    except StopIteration:
        pass


def closed():
    def inner():
        try:
            yield True
            "continued"
        finally:
            "finally"

    any(inner())
    return [x for x in numbers(1)]


async def step():
    return 1


async def awaiting():
    async with Manager() as m:
        return await step() + m


class Manager:
    async def __aenter__(self):
        return 2

    async def __aexit__(self, *args):
        pass


def coroutines():
    try:
        awaiting().send(None)
    except StopIteration as stop:
        print(stop.value)


class Base:
    def method(self, *args):
        return len(args)


class Derived(Base):
    def method(self, *args):
        return super().method(*args)


def patterns(subject):
    match subject:
        case []:
            return 0
        case [x, *_]:
            y = (
                x
                + 1
            )
            return y


for function, args in (
    (loops, (3,)),
    (handlers, ()),
    (generators, ()),
    (closed, ()),
    (coroutines, ()),
    (patterns, ([1],)),
    (lambda: Derived().method(1), ()),
):
    traced(function, *args)

print("== profile")


def profiler(frame, event, arg):
    if frame.f_code.co_filename == NAME:
        show(event, frame, arg)


def profiled():
    len([])
    [].append(1)
    "a".join("b")
    sorted([2, 1], key=lambda x: -x)
    Derived().method(1, *[2])
    try:
        int("x")
    except ValueError:
        pass
    try:
        {}.pop(1)
    except KeyError:
        pass
    list(numbers(1))
    dict(**{"a": 1})
    str(1)


sys.setprofile(profiler)
profiled()
sys.setprofile(None)

print("== threads")
seen = []


def quiet(frame, event, arg):
    if frame.f_code.co_name == "work":
        seen.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
    return quiet


def work():
    x = 1
    return x


threading.settrace(quiet)
print(threading.gettrace() is quiet)
threading.settrace(None)
threading.settrace_all_threads(quiet)
work()
print(sys.gettrace() is quiet)
threading.settrace_all_threads(None)
print(sys.gettrace())

print("== local options")


def opcodes(frame, event, arg):
    if frame.f_code.co_name != "work":
        return None
    frame.f_trace_opcodes = True
    frame.f_trace_lines = False
    print(event, frame.f_lineno - frame.f_code.co_firstlineno, frame.f_lasti >= 0)
    return opcodes


sys.settrace(opcodes)
work()
sys.settrace(None)


def late():
    def local(frame, event, arg):
        print("local", event, frame.f_lineno - frame.f_code.co_firstlineno)

    frame = sys._getframe()
    sys.settrace(lambda *args: None)
    frame.f_trace = local
    x = 1
    y = 2
    del frame.f_trace
    z = 3
    sys.settrace(None)
    return frame.f_trace


print(late())


def failing(frame, event, arg):
    if event == "line":
        raise RuntimeError("from the trace function")
    return failing


sys.settrace(failing)
try:
    work()
except RuntimeError as error:
    print(error, sys.gettrace())

print("== jumps")


def jumping(function, start, target, event="line"):
    def local(frame, what, arg):
        if what == event and frame.f_lineno == function.__code__.co_firstlineno + start:
            if not done:
                done.append(1)
                try:
                    frame.f_lineno = function.__code__.co_firstlineno + target
                except (ValueError, TypeError) as error:
                    print(type(error).__name__, error)
        return local

    done = []
    output = []
    sys.settrace(lambda frame, *args: local(frame, *args) if frame.f_code is function.__code__ else None)
    try:
        function(output)
    except BaseException as error:
        print("raised", type(error).__name__, error)
    finally:
        sys.settrace(None)
    print(function.__name__, start, target, output)


def plain(output):
    output.append(1)
    output.append(2)
    output.append(3)


def blocks(output):
    for i in 1, 2:
        output.append(i)
    with memoryview(b'') as file:
        output.append(3)
    try:
        output.append(4)
    except ValueError:
        output.append(5)
    finally:
        output.append(6)
    output.append(7)


jumping(plain, 1, 3)
jumping(plain, 3, 1)
jumping(plain, 2, 40)
jumping(plain, 2, -3)
jumping(plain, 0, 2, "call")
jumping(plain, 3, 1, "return")
jumping(blocks, 1, 5)
jumping(blocks, 2, 11)
jumping(blocks, 6, 2)
jumping(blocks, 11, 2)
jumping(blocks, 11, 4)
jumping(blocks, 4, 11)
jumping(blocks, 6, 8)
jumping(blocks, 11, 8)
jumping(blocks, 2, 1)

frame = sys._getframe()
for value in (1, "x", None, 2**80, 1.5):
    try:
        frame.f_lineno = value
    except ValueError as error:
        print(error)
try:
    del frame.f_lineno
except AttributeError as error:
    print(error)
for name in ("f_trace_opcodes", "f_trace_lines"):
    try:
        setattr(frame, name, 1)
    except TypeError as error:
        print(name, error)
