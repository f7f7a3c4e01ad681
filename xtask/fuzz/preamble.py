# What every generated program begins with: printing that stays short, and running one unit.
import binascii, builtins, gc, signal, sys, threading, types, weakref

INF, NAN = float("inf"), float("nan")
BUILTINS = {name: getattr(builtins, name) for name in ("len", "abs", "min", "max", "isinstance", "range", "str", "sum", "int")}
LINES = 25
KINDS = {
    "Plain", "Items", "Finalizer", "Traced", "Mine", "generator", "coroutine", "frame", "traceback", "method", "cell",
    "range_iterator", "list_iterator", "tuple_iterator", "dict_items",
}
shown = 0
digest = 0


def show(*values):
    # The first lines as they are, the others as a checksum.
    global shown, digest
    text = " ".join([clean(value) for value in values])
    shown += 1
    if shown <= LINES:
        print(text)
    digest = binascii.crc32(text.encode("utf-8", "replace"), digest)


def clean(value):
    try:
        text = repr(value)
    except Exception as error:
        text = type(error).__name__
    if " at 0x" in text:
        text = text.partition(" at 0x")[0]
    return text[:150]


def where(error):
    entry = error.__traceback__
    places = []
    while entry is not None:
        places.append((entry.tb_frame.f_code.co_name, entry.tb_lineno, entry.tb_lasti))
        entry = entry.tb_next
    return type(error).__name__, clean(str(error)), places[-4:]


def interrupted(number, frame):
    show("signal", frame.f_lineno, frame.f_lasti)


def restore():
    # What a unit may have changed for all.
    sys.settrace(None)
    sys.setprofile(None)
    sys.setswitchinterval(0.005)
    signal.signal(signal.SIGUSR1, interrupted)
    for name in ("__get__", "__bool__"):
        if name in vars(Plain):
            delattr(Plain, name)
    Items.first = first
    if sys.monitoring.get_tool(4):
        sys.monitoring.set_events(4, 0)
        sys.monitoring.free_tool_id(4)
    for name, value in BUILTINS.items():
        setattr(builtins, name, value)
        globals().pop(name, None)


def leftovers():
    # What the units have left alive: more than in tier 1 is a leak. Finalizers run while there is what they use.
    gc.collect()
    for name in [name for name in globals() if name[-1].isdigit() or name == "traced"]:
        del globals()[name]
    gc.collect()
    # Whether a running frame has an object yet depends on what was collected when.
    running = set()
    frame = sys._getframe()
    while frame is not None:
        running.add(id(frame))
        frame = frame.f_back
    counts = {}
    for value in gc.get_objects():
        if id(value) in running:
            continue
        name = type(value).__name__
        if name[0] == "C" and name[-1].isdigit() or name in KINDS:
            counts[name] = counts.get(name, 0) + 1
    print(sorted(counts.items()))


def run(unit, *arguments, **names):
    global shown, digest
    shown = digest = 0
    name = unit.__name__
    try:
        result = unit(*arguments, **names)
    except Exception as error:
        restore()
        print(name, "raised", *where(error))
    else:
        restore()
        print(name, "gave", clean(result))
    print(name, shown, digest)


def run_text(name, source):
    global shown, digest
    shown = digest = 0
    namespace = {**globals(), "__name__": name}
    try:
        exec(compile(source, name, "exec"), namespace)
    except Exception as error:
        restore()
        print(name, "raised", *where(error))
    restore()
    print(name, shown, digest)


class Traced:
    # Functions for settrace, setprofile and sys.monitoring: what they saw, as counts and a checksum.
    def __init__(self):
        self.counts = {}
        self.digest = 0

    def note(self, event, *details):
        self.counts[event] = self.counts.get(event, 0) + 1
        self.digest = (self.digest * 31 + sum(map(hash, details))) & 0xFFFFFFFF

    def trace(self, frame, event, argument):
        self.note(event, frame.f_lineno or 0, frame.f_lasti)
        return self.trace

    def profile(self, frame, event, argument):
        self.note(event, frame.f_code.co_name)

    def monitor(self, events):
        names = sys.monitoring.events
        if sys.monitoring.get_tool(4) is None:
            sys.monitoring.use_tool_id(4, "fuzz")
        for event in (names.LINE, names.JUMP, names.BRANCH_LEFT, names.BRANCH_RIGHT, names.PY_RETURN, names.PY_START):
            if events & event:
                sys.monitoring.register_callback(4, event, lambda code, *details, event=event: self.note(event, *details[:1]))
        sys.monitoring.set_events(4, events)

    def __repr__(self):
        return f"Traced({sorted(self.counts.items())}, {self.digest})"


class Plain:
    # Always true, and without a constructor.
    pass


def first(self, default):
    return self[0] if self else default


class Items(list):
    # Instances whose dict is made late.
    first = first


class Finalizer:
    # Runs a function when it is released.
    def __init__(self, function):
        self.function = function

    def __repr__(self):
        return "Finalizer()"

    def __del__(self):
        self.function()


restore()
