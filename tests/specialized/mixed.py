"""Specialized code among what looks at code and changes it: tracing, monitoring, marshalling, threads; and random programs."""

import copy
import dis
import gc
import marshal
import opcode
import random
import sys
import threading
import types
import weakref

from sites import MODE, finish, held, raises, reaches, same, warm


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def add(self, other):
        return Point(self.x + other.x, self.y + other.y)

    @property
    def total(self):
        return self.x + self.y

    def __getitem__(self, index):
        return (self.x, self.y)[index]


def work(n):
    table = {}
    total = Point(0, 0)
    text = ""
    for i in range(n):
        total = total.add(Point(i, 1.5))
        table[i] = total.total
        text += str(i)
        if i % 3 and total[0] >= 0 and i in table:
            a, b = total.x, total[1]
            table[i] += a - b
    return sum(table.values()), len(text), sorted(table)[-1]


def what_code_says():
    """co_code and what compares and stores code show nothing of specialization."""
    before = work.__code__.co_code
    copied = work.__code__.replace()
    answer = warm(work, 50, times=3)
    same(work.__code__.co_code, before)
    same(work.__code__ == copied, True)
    same(hash(work.__code__), hash(copied))
    stored = marshal.dumps(work.__code__)
    loaded = marshal.loads(stored)
    same(loaded.co_code, before)
    same(loaded == work.__code__, True)
    again = types.FunctionType(loaded, globals())
    same(warm(again, 50), answer)
    replaced = types.FunctionType(work.__code__.replace(co_name="other"), globals())
    same(replaced.__code__.co_code, before)
    same(set(opcode._specialized_opmap) & held(replaced), set())
    same(warm(replaced, 50), answer)
    built = types.CodeType(
        copied.co_argcount, copied.co_posonlyargcount, copied.co_kwonlyargcount, copied.co_nlocals, copied.co_stacksize,
        copied.co_flags, work.__code__.co_code, copied.co_consts, copied.co_names, copied.co_varnames, copied.co_filename,
        copied.co_name, copied.co_qualname, copied.co_firstlineno, copied.co_linetable, copied.co_exceptiontable,
        copied.co_freevars, copied.co_cellvars,
    )
    same(warm(types.FunctionType(built, globals()), 50), answer)
    same(copy.copy(work), work)
    plain = [i.opname for i in dis.get_instructions(work)]
    same([name for name in plain if name in opcode._specialized_opmap], [])
    lines = list(work.__code__.co_lines())
    same(lines, list(copied.co_lines()))


def tracing():
    """Tracing starts and stops while specialized code runs: each run tells the same lines."""
    function = types.FunctionType(work.__code__.replace(), globals())
    answer = warm(function, 20)

    def lines_of(run):
        lines = []

        def tracer(frame, event, arg):
            if frame.f_code is function.__code__ and event == "line":
                lines.append(frame.f_lineno - function.__code__.co_firstlineno)
            return tracer
        sys.settrace(tracer)
        try:
            same(run(20), answer)
        finally:
            sys.settrace(None)
        return lines
    first = lines_of(function)
    same(len(first) > 100, True)
    fresh_lines = lines_of(function)
    same(fresh_lines, first)
    same(warm(function, 20), answer)
    same(lines_of(function), first)

    def opcodes(frame, event, arg):
        frame.f_trace_opcodes = True
        return opcodes
    sys.settrace(opcodes)
    same(function(20), answer)
    sys.settrace(None)
    same(warm(function, 20), answer)
    calls = []
    sys.setprofile(lambda frame, event, arg: calls.append((event, frame.f_code.co_name)))
    same(function(5), function(5))
    sys.setprofile(None)
    names = {name for event, name in calls}
    same({"__init__", "add", "total", "__getitem__"} <= names, True)
    same(calls.count(("call", "total")) , calls.count(("return", "total")))

    # Tracing starts in the middle of a specialized loop.
    def middle(n):
        total = 0
        for i in range(n):
            total += i
            if i == 5:
                sys.settrace(tracer)
                sys._getframe().f_trace = tracer
            elif i == 10:
                sys.settrace(None)
                sys._getframe().f_trace = None
        return total
    seen = []

    def tracer(frame, event, arg):
        seen.append(event)
        return tracer
    for _ in range(4):
        same(middle(20), 190)
    same(len(seen) > 40, True)
    same(set(seen) <= {"line", "call", "return", "opcode"}, True)


def monitoring():
    E = sys.monitoring.events
    tool = 3
    sys.monitoring.use_tool_id(tool, "test")
    try:
        counts = {}

        def count(name):
            def callback(*args):
                counts[name] = counts.get(name, 0) + 1
            return callback
        function = types.FunctionType(work.__code__.replace(), globals())
        answer = warm(function, 20)
        for event in ("CALL", "LINE", "INSTRUCTION", "JUMP", "BRANCH_LEFT", "BRANCH_RIGHT", "PY_START", "PY_RETURN"):
            sys.monitoring.register_callback(tool, getattr(E, event), count(event))
            sys.monitoring.set_local_events(tool, function.__code__, getattr(E, event))
            same(function(20), answer)
            same(counts[event] > 0, True)
            number = counts[event]
            same(function(20), answer)
            same(counts[event], number * 2)
            sys.monitoring.set_local_events(tool, function.__code__, 0)
            same(warm(function, 20), answer)
            same(counts[event], number * 2)
        # Events that are disabled one by one.
        def disable(*args):
            counts["disabled"] = counts.get("disabled", 0) + 1
            return sys.monitoring.DISABLE
        sys.monitoring.register_callback(tool, E.LINE, disable)
        sys.monitoring.set_local_events(tool, function.__code__, E.LINE)
        same(function(20), answer)
        number = counts["disabled"]
        same(warm(function, 20), answer)
        same(counts["disabled"], number)
        sys.monitoring.set_local_events(tool, function.__code__, 0)
        sys.monitoring.restart_events()
    finally:
        sys.monitoring.free_tool_id(tool)


def threads():
    def hammer(index):
        for _ in range(30):
            answers.add(work(30))
    answers = set()
    old = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        workers = [threading.Thread(target=hammer, args=(i,)) for i in range(4)]
        for worker in workers:
            worker.start()
        for i in range(200):
            Point.extra = i
            globals()[f"noise_{i}"] = i
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(old)
    same(answers, {work(30)})


def lifetimes():
    """Caches keep nothing alive, and nothing that they name is used when it is gone."""
    def use(owner):
        return owner.method(), owner.x

    def make(i):
        class Short:
            x = [i]

            def method(self):
                return i
        return Short
    references = []
    for i in range(50):
        cls = make(i)
        references.append(weakref.ref(cls))
        owner = cls()
        for _ in range(3):
            same(use(owner), (i, [i]))
        del owner, cls
    gc.collect()
    same([r() for r in references], [None] * 50)

    def call(function):
        return function()
    functions = []
    for i in range(50):
        def inner(value=i):
            return value
        functions.append(weakref.ref(inner))
        for _ in range(3):
            same(call(inner), i)
        del inner
    gc.collect()
    same([f() for f in functions], [None] * 50)


def clearing():
    def read(p):
        return p.x, p.total, len([p])
    p = Point(1, 2)
    same(warm(read, p), (1, 3, 1))
    sys._clear_internal_caches()
    same(warm(read, p), (1, 3, 1))
    same(read(p), (1, 3, 1))


# --- Random programs: each runs at sites that see ever other types, against answers of fresh code ---
class Slot:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def get(self):
        return ("slot", self.x)

    def __len__(self):
        return 3

    def __getitem__(self, key):
        if key == 3:
            raise IndexError
        return ("item", key)

    def __contains__(self, item):
        return item == 1


class Inst:
    def __init__(self, x):
        self.x = x

    def get(self):
        return ("inst", self.x)

    def __iter__(self):
        yield self.x
        yield self.x

    def __add__(self, other):
        return "added"

    __radd__ = __add__

    def __eq__(self, other):
        return "equal"

    __hash__ = None


class Sub(Inst):
    x = property(lambda self: "computed", lambda self, value: self.__dict__.__setitem__("y", value))

    def get(self):
        return ("sub", super().get())


class Dyn:
    def __getattr__(self, name):
        if name == "get":
            return lambda: "dyn"
        return "dynamic " + name

    def __bool__(self):
        return False


class Callable:
    x = 5

    def __call__(self, *args, **keywords):
        return ("called", len(args), sorted(keywords))


def pair_generator():
    yield 1
    yield 2


VALUES = [
    lambda: 3, lambda: -1, lambda: 2**62, lambda: 10**20, lambda: 1.5, lambda: "ab", lambda: "", lambda: [1, 2], lambda: (1, 2),
    lambda: {1: 2, "x": 3}, lambda: {1, 2}, lambda: None, lambda: True, lambda: range(2), lambda: pair_generator(),
    lambda: Slot(4), lambda: Inst(5), lambda: Sub(6), lambda: Dyn(), lambda: Callable(), lambda: len, lambda: Inst, lambda: int,
    lambda: (lambda *args, **keywords: (args, keywords)), lambda: (lambda a=1: a), lambda: Inst(7).get, lambda: [].append,
    lambda: slice(0, 1), lambda: math_module, lambda: Slot, lambda: b"ab", lambda: frozenset({1}),
]
math_module = types.ModuleType("math_module")
math_module.x = "module x"
math_module.get = lambda: "module get"

SOURCES = [
    "def f(a, b):\n    return a + b",
    "def f(a, b):\n    a += b\n    return a",
    "def f(a, b):\n    return a - b, a * b",
    "def f(a, b):\n    return a[b]",
    "def f(a, b):\n    a[b] = 1\n    return a[b]",
    "def f(a, b):\n    return a in b, a not in b",
    "def f(a, b):\n    return a == b, a != b",
    "def f(a, b):\n    return a < b",
    "def f(a, b):\n    return a.x, b.x",
    "def f(a, b):\n    a.x = 1\n    return a.x",
    "def f(a, b):\n    return a.get()",
    "def f(a, b):\n    return a(b)",
    "def f(a, b):\n    return a(b, key=1)",
    "def f(a, b):\n    return a()",
    "def f(a, b):\n    c, d = a\n    return d, c",
    "def f(a, b):\n    return [i for i in a]",
    "def f(a, b):\n    return 'yes' if a else 'no', not b",
    "def f(a, b):\n    return len(a), isinstance(a, int), str(b)[:5] if not callable(b) else 0, type(a).__name__",
    "def f(a, b):\n    try:\n        return a[b]\n    finally:\n        log.append(1)",
    "def f(a, b):\n    def g():\n        yield a + b\n        yield from a\n    return list(g())",
    "def f(a, b):\n    def g(x):\n        return x.x, a.x\n    return g(b), g(a)",
    "def f(a, b):\n    for i in a:\n        for j in b:\n            try:\n                i + j\n            except TypeError:\n                continue\n            else:\n                return i + j\n    return 'none'",
    "def f(a, b):\n    while a:\n        return a & b, a | b, a << b\n    return a / b, a // b, a % b",
]


def show(value):
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [show(item) for item in value]
    if value.__class__.__module__ in ("builtins",) and not callable(value) and not hasattr(value, "send"):
        return repr(value)
    return type(value).__name__


def outcome(function, a, b):
    try:
        return show(function(a(), b()))
    except Exception as error:
        return type(error).__name__, str(error).split(" at 0x")[0]


def random_programs():
    generator = random.Random(5)
    log = []
    for source in SOURCES:
        def make():
            namespace = {"log": log, "__builtins__": __builtins__}
            exec(source, namespace)
            return namespace["f"]
        wanted = {}
        f = make()
        for _ in range(1200):
            a, b = generator.randrange(len(VALUES)), generator.randrange(len(VALUES))
            if "<<" in source and (a in (2, 3) or b in (2, 3)):
                continue
            if (a, b) not in wanted:
                wanted[a, b] = outcome(make(), VALUES[a], VALUES[b])
            for _ in range(generator.choice((1, 1, 3))):
                got = outcome(f, VALUES[a], VALUES[b])
                assert got == wanted[a, b], (source, a, b, got, wanted[a, b])


what_code_says()
tracing()
monitoring()
threads()
lifetimes()
clearing()
random_programs()
finish()
