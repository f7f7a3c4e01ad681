"""LOAD_GLOBAL and LOAD_CONST: globals and builtins that change, appear and go away; RESUME and JUMP_BACKWARD."""

import builtins
import sys

from sites import finish, raises, reaches, same, warm

VALUE = 1


def read():
    return VALUE


def read_len():
    return len


def call_len(value):
    return len(value)


same(warm(read), 1)
reaches(read, "LOAD_GLOBAL_MODULE")
VALUE = 2
same(read(), 2)
VALUE = 2.5
same(read(), 2.5)
globals()["VALUE"] = "text"
same(read(), "text")
for number in range(40):
    globals()[f"other_{number}"] = number
same(read(), "text")
same(warm(read), "text")
reaches(read, "LOAD_GLOBAL_MODULE")
del VALUE
raises(NameError, read, text="name 'VALUE' is not defined")
builtins.VALUE = 3
same(warm(read, times=60), 3)
reaches(read, "LOAD_GLOBAL_BUILTIN")
builtins.VALUE = 4
same(read(), 4)
del builtins.VALUE
raises(NameError, read)
VALUE = 5
same(warm(read), 5)
same(warm(read_len), len)
same(warm(call_len, "abc"), 3)
reaches(read_len, "LOAD_GLOBAL_BUILTIN")
reaches(call_len, "LOAD_GLOBAL_BUILTIN")
globals()["len"] = lambda value: "mine"
same(call_len("abc"), "mine")
same(warm(call_len, "abc"), "mine")
del len
same(call_len("abc"), 3)
same(warm(call_len, "abc"), 3)
real = builtins.len
builtins.len = lambda value: "replaced"
try:
    same(call_len("abc"), "replaced")
    same(warm(call_len, "abc"), "replaced")
finally:
    builtins.len = real
same(call_len("abc"), 3)

# A key that goes and one that comes in its place.
code = compile("def f():\n    return a, b\n", "<test>", "exec")
namespace = {"a": 1, "b": 2}
exec(code, namespace)
f = namespace["f"]
same(warm(f), (1, 2))
del namespace["a"]
namespace["c"] = 7
raises(NameError, f)
namespace["a"] = 9
same(warm(f), (9, 2))
namespace.clear()
raises(NameError, f)
namespace.update(a=5, b=6)
same(warm(f), (5, 6))

# One code object, several namespaces of equal and of other keys.
source = compile("x", "<test>", "eval")
function_type = type(read)


def reader():
    return x  # noqa: F821


readers = [function_type(reader.__code__, {"x": i}) for i in range(5)]
readers += [function_type(reader.__code__, {"y": 0, "x": i}) for i in range(5, 10)]
for _ in range(3):
    same([r() for r in readers], list(range(10)))


# Namespaces that are no plain dicts, with code that was specialized for plain ones.
class Logged(dict):
    def __getitem__(self, key):
        return "item " + key if key == "x" else dict.__getitem__(self, key)


inner = compile("def g():\n    return x\nanswer = [g() for _ in range(4)]\n", "<test>", "exec")
plain = {"x": 1}
exec(inner, plain)
same(plain["answer"], [1] * 4)
own = Logged(x=2)
exec(inner, own)
same(dict.__getitem__(own, "answer"), ["item x"] * 4)
plain = {"x": 3}
exec(inner, plain)
same(plain["answer"], [3] * 4)

# Builtins of one's own, then others with the same globals' keys.
twice = compile("def h():\n    return special\nanswer = [h(), h(), h(), h()]\n", "<test>", "exec")
for number in range(3):
    space = {"__builtins__": {"special": number}}
    exec(twice, space)
    same(space["answer"], [number] * 4)
space = {"__builtins__": {}}
raises(NameError, exec, twice, space)


# A mutable object behind a name, and a name stored between two loads.
def counts():
    global COUNT
    COUNT = 0
    for _ in range(10):
        COUNT = COUNT + 1
    return COUNT


same(warm(counts), 10)
reaches(counts, "LOAD_GLOBAL_MODULE", "JUMP_BACKWARD_NO_JIT", "RESUME_CHECK")


# More versions of keys than the cache has bits for: sites stay general.
def churn(rounds):
    space = {"__builtins__": builtins}
    exec("def f():\n    return a\n", space)
    space["a"] = 0
    f = space["f"]
    for i in range(rounds):
        space["a"] = i
        space[f"k{i % 50}"] = i
        if i % 50 == 49:
            for k in range(50):
                del space[f"k{k}"]
        assert f() == i
    return True


same(churn(3000), True)


# Constants: some are counted, some are not.
def constants():
    return (1, 2.5, None, True, "text", (1, 2), b"bytes", 10**30, frozenset, ...)[4:7]


def immortal():
    return None, 2.5, 100000


def mortal():
    value = "text that is longer than a few characters"
    return value


same(warm(constants), ("text", (1, 2), b"bytes"))
same(warm(immortal), (None, 2.5, 100000))


def two_constants(flag):
    value = 12345678 if flag else "some text"
    return value


same(warm(two_constants, 1), 12345678)
same(warm(two_constants, 0), "some text")
same(warm(mortal), "text that is longer than a few characters")
reaches(two_constants, "LOAD_CONST_IMMORTAL", "LOAD_CONST_MORTAL")
before = sys.getrefcount(mortal.__code__.co_consts[0])
for _ in range(100):
    mortal()
assert sys.getrefcount(mortal.__code__.co_consts[0]) == before


# RESUME_CHECK and JUMP_BACKWARD when work is due: signals, tracing.
import signal

caught = []


def spin(n):
    total = 0
    for i in range(n):
        total += i
        if i == 50:
            signal.raise_signal(signal.SIGINT)
    return total


old = signal.signal(signal.SIGINT, lambda *_: caught.append(1))
same(warm(spin, 100), 4950)
same(len(caught), 4)
signal.signal(signal.SIGINT, old)

events = []


def traced():
    return 1


def tracer(frame, event, arg):
    if frame.f_code is traced.__code__:
        events.append(event)
    return tracer


warm(traced)
reaches(traced, "RESUME_CHECK")
sys.settrace(tracer)
traced()
traced()
sys.settrace(None)
same(events, ["call", "line", "return"] * 2)
traced()
same(events, ["call", "line", "return"] * 2)
warm(traced)
reaches(traced, "RESUME_CHECK")

finish("LOAD_GLOBAL", "LOAD_CONST", "RESUME", "JUMP_BACKWARD")
