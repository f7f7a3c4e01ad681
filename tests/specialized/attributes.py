"""LOAD_ATTR and STORE_ATTR: instances, slots, classes, modules, properties, methods, and what may happen to each."""

import sys
import types
import warnings

from sites import finish, raises, reaches, same, warm


def get(owner):
    return owner.x


def put(owner, value):
    owner.x = value


def call(owner):
    return owner.method()


def fresh(function):
    """The same function with sites of its own."""
    return types.FunctionType(function.__code__.replace(), globals(), function.__name__)


# --- Attributes in the instance ---
class Point:
    def __init__(self, x, y=0):
        self.x = x
        self.y = y

    def method(self):
        return ("method", self.x)


def instance_values():
    load, store = fresh(get), fresh(put)
    points = [Point(i) for i in range(4)]
    same([load(p) for p in points], [0, 1, 2, 3])
    for p in points:
        store(p, p.y + 10)
    same([load(p) for p in points], [10] * 4)
    reaches(load, "LOAD_ATTR_INSTANCE_VALUE")
    reaches(store, "STORE_ATTR_INSTANCE_VALUE")
    # The attribute is deleted, and comes back behind the others.
    p = points[0]
    del p.x
    raises(AttributeError, load, p, text="'Point' object has no attribute 'x'")
    same(list(vars(p)), ["y"])
    p = Point(1)
    del p.x
    store(p, "again")
    same(load(p), "again")
    same(list(vars(p)), ["y", "x"])
    # The instance got a dict: still its own attributes.
    p = points[1]
    view = p.__dict__
    store(p, "by store")
    same(view["x"], "by store")
    view["x"] = "by dict"
    same(load(p), "by dict")
    # Another dict altogether.
    p.__dict__ = {"x": "replaced"}
    same(load(p), "replaced")
    store(p, "stored")
    same(p.__dict__, {"x": "stored"})
    same(view["x"], "by dict")
    p.__dict__ = {}
    raises(AttributeError, load, p)
    # Other types at the same site.
    same(load(types.SimpleNamespace(x=5)), 5)
    raises(AttributeError, load, 1)
    raises(AttributeError, load, None)
    raises(AttributeError, store, None, 1)
    raises(AttributeError, store, 1.5, 1)
    # A class with the same names in another order.
    class Reversed:
        def __init__(self):
            self.y = "y"
            self.x = "x"
    same(load(Reversed()), "x")
    same(load(points[2]), 10)
    # A data descriptor of the class hides the instance's.
    class Hidden(Point):
        pass
    load, store = fresh(get), fresh(put)
    h = Hidden(1)
    for i in range(4):
        store(h, i)
        same(load(h), i)
    reaches(load, "LOAD_ATTR_INSTANCE_VALUE")
    reaches(store, "STORE_ATTR_INSTANCE_VALUE")
    Hidden.x = property(lambda self: "property", lambda self, value: seen.append(value))
    seen = []
    same(load(h), "property")
    store(h, 77)
    same(seen, [77])
    same(h.__dict__["x"], 3)
    Hidden.x = "plain"
    same(load(h), 3)
    del Hidden.x
    same(load(h), 3)
    # The base changes.
    Point.x = property(lambda self: "from base")
    same(load(h), "from base")
    raises(AttributeError, store, h, 1)
    del Point.x
    same(load(h), 3)
    # __class__ assignment.
    class Other:
        @property
        def x(self):
            return "other"
    h.__class__ = Other
    same(load(h), "other")
    raises(AttributeError, store, h, 1)
    # __getattr__, __setattr__ and __getattribute__ come later.
    class Late:
        def __init__(self):
            self.x = 1
    load, store = fresh(get), fresh(put)
    late = Late()
    for i in range(4):
        store(late, i)
        load(late)
    Late.__getattribute__ = lambda self, name: "intercepted " + name
    same(load(late), "intercepted x")
    del Late.__getattribute__
    same(load(late), 3)
    Late.__setattr__ = lambda self, name, value: log.append((name, value))
    log = []
    store(late, 9)
    same(log, [("x", 9)])
    same(load(late), 3)
    del Late.__setattr__
    store(late, 10)
    same(load(late), 10)
    Late.__getattr__ = lambda self, name: "missing " + name
    same(load(late), 10)
    del late.x
    same(load(late), "missing x")


# --- A finalizer runs while an attribute is stored, and while its owner is let go ---
def finalizers():
    log = []

    class Loud:
        def __init__(self, name):
            self.x = name

        def __del__(self):
            log.append(self.x)

    def last_use(name):
        return Loud(name).x

    for i in range(5):
        same(last_use(f"t{i}"), f"t{i}")
    same(log, ["t0", "t1", "t2", "t3", "t4"])
    reaches(last_use, "LOAD_ATTR_INSTANCE_VALUE")
    log.clear()
    store = fresh(put)
    holder = Point(None)
    for i in range(5):
        store(holder, Loud(f"h{i}"))
    store(holder, None)
    same(log, ["h0", "h1", "h2", "h3", "h4"])

    # The finalizer looks at the owner: the new value is there already.
    class Nosy:
        def __init__(self, owner):
            self.owner = owner

        def __del__(self):
            log.append(self.owner.x)

    log.clear()
    for i in range(5):
        store(holder, Nosy(holder))
        store(holder, i)
    same(log, [0, 1, 2, 3, 4])


# --- Attributes in a dict ---
def with_hint():
    class Wide:
        pass

    w = Wide()
    for i in range(60):
        setattr(w, f"a{i}", i)
    w.x = "wide"
    load, store = fresh(get), fresh(put)
    same(warm(load, w), "wide")
    reaches(load, "LOAD_ATTR_WITH_HINT")
    for i in range(4):
        store(w, i)
    reaches(store, "STORE_ATTR_WITH_HINT")
    same(load(w), 3)
    del w.x
    raises(AttributeError, load, w)
    store(w, "new")
    same(load(w), "new")
    same(list(w.__dict__)[-1], "x")
    for i in range(60):
        delattr(w, f"a{i}")
    same(load(w), "new")
    store(w, "newer")
    same(w.__dict__, {"x": "newer"})
    # The hint is beyond a smaller dict.
    other = Wide()
    other.__dict__ = {"x": 1}
    same(load(other), 1)
    store(other, 2)
    same(other.x, 2)
    other.__dict__ = {}
    raises(AttributeError, load, other)

    class Sub(dict):
        def __getitem__(self, key):
            raise ValueError
    other.__dict__ = Sub(x=3)
    same(load(other), 3)
    store(other, 4)
    same(load(other), 4)
    Wide.x = property(lambda self: "descriptor")
    same(load(w), "descriptor")
    raises(AttributeError, store, w, 0)
    del Wide.x
    same(load(w), "newer")


# --- __slots__ ---
def member_of_another_class():
    class Owner:
        __slots__ = ("x",)

    class Other:
        __slots__ = ("own",)
        x = Owner.x

    load, store = fresh(get), fresh(put)
    other = Other()
    other.own = 1
    for _ in range(40):
        raises(TypeError, load, other)
        raises(TypeError, store, other, 2)
    same(other.own, 1)


def methods_of_builtin_classes():
    load = fresh(lambda cls: cls.upper)
    for _ in range(4):
        same(load(str)("a"), "A")
    reaches(load, "LOAD_ATTR_CLASS")
    same(load(bytes)(b"a"), b"A")
    load = fresh(lambda cls: cls.__len__)
    for _ in range(4):
        same(load(str)("abc"), 3)
    same(load(list)([1]), 1)


def slots():
    class Slotted:
        __slots__ = ("w", "x")

    class More(Slotted):
        __slots__ = ("z",)

    load, store = fresh(get), fresh(put)
    s = Slotted()
    raises(AttributeError, load, s)
    for i in range(4):
        store(s, i)
        same(load(s), i)
    reaches(load, "LOAD_ATTR_SLOT")
    reaches(store, "STORE_ATTR_SLOT")
    del s.x
    raises(AttributeError, load, s)
    store(s, "back")
    same(load(s), "back")
    more = More()
    store(more, 1)
    same(load(more), 1)
    member = Slotted.x
    Slotted.x = "class attribute"
    same(load(s), "class attribute")
    raises(AttributeError, store, s, 1)
    Slotted.x = member
    same(load(s), "back")
    Slotted.w, Slotted.x = Slotted.x, Slotted.w
    raises(AttributeError, load, s)
    store(s, "in w")
    same(s.x, "in w")
    same(s.w, "back")
    # The last reference to the owner goes while it is read.
    def last():
        s = Slotted()
        s.x = [1]
        return (lambda: s)().x
    same(warm(last), [1])


# --- Classes ---
def of_classes():
    class Config:
        x = 1

        def function():
            return "plain"

    load = fresh(get)
    same(warm(load, Config), 1)
    reaches(load, "LOAD_ATTR_CLASS")
    Config.x = 2
    same(load(Config), 2)
    del Config.x
    raises(AttributeError, load, Config, text="type object 'Config' has no attribute 'x'")
    Config.x = property(lambda self: 3)
    same(type(load(Config)), property)
    Config.x = classmethod(lambda cls: "bound")
    same(load(Config)(), "bound")

    class Base:
        x = "base"

    class Derived(Base):
        pass

    load = fresh(get)
    same(warm(load, Derived), "base")
    Base.x = "changed"
    same(load(Derived), "changed")
    Derived.x = "own"
    same(load(Derived), "own")
    del Derived.x
    Derived.__bases__ = (Config,)
    same(load(Derived)(), "bound")

    def function(cls):
        return cls.function()
    same(warm(function, Config), "plain")
    reaches(function, "LOAD_ATTR_CLASS")
    Config.function = lambda: "other"
    same(function(Config), "other")

    class Meta(type):
        pass

    class Made(metaclass=Meta):
        x = "made"

    load = fresh(get)
    same(warm(load, Made), "made")
    reaches(load, "LOAD_ATTR_CLASS_WITH_METACLASS_CHECK")
    Meta.x = property(lambda cls: "meta")
    same(load(Made), "meta")
    del Meta.x
    same(load(Made), "made")
    Meta.x = "hidden"
    same(load(Made), "made")
    Meta.__getattribute__ = lambda cls, name: "everything"
    same(load(Made), "everything")
    del Meta.__getattribute__
    same(load(Made), "made")

    class Calm(type):
        pass

    class Plain(metaclass=Calm):
        x = "plain"

    class Tricky(type):
        @property
        def x(cls):
            return "tricky"

    load = fresh(get)
    same(warm(load, Plain), "plain")
    Plain.__class__ = Tricky
    same(load(Plain), "tricky")
    Plain.__class__ = Calm
    same(load(Plain), "plain")
    # An instance at the site of a class, and the other way round.
    load = fresh(get)
    same(warm(load, Plain), "plain")
    same(load(Point(8)), 8)
    load = fresh(get)
    same(warm(load, Point(8)), 8)
    same(load(Plain), "plain")


# --- Modules ---
def of_modules():
    module = types.ModuleType("mine")
    module.x = 1
    load = fresh(get)
    same(warm(load, module), 1)
    reaches(load, "LOAD_ATTR_MODULE")
    module.x = 2
    same(load(module), 2)
    module.other = 3
    same(load(module), 2)
    del module.x
    raises(AttributeError, load, module, text="module 'mine' has no attribute 'x'")
    module.__getattr__ = lambda name: "from __getattr__"
    same(load(module), "from __getattr__")
    module.x = 4
    same(load(module), 4)
    other = types.ModuleType("other")
    other.__dict__.update(module.__dict__)
    other.x = 5
    same(load(other), 5)
    same(load(module), 4)

    class Sub(types.ModuleType):
        @property
        def x(self):
            return "sub"
    same(warm(load, module, times=60), 4)
    module.__class__ = Sub
    same(load(module), "sub")
    module.__class__ = types.ModuleType
    same(load(module), 4)
    # A key goes and another takes its place.
    m = types.ModuleType("m")
    load = fresh(get)
    m.a = 1
    m.x = 2
    same(warm(load, m), 2)
    del m.a
    del m.x
    m.y = "wrong"
    m.z = "wrong"
    raises(AttributeError, load, m)
    m.__dict__.clear()
    raises(AttributeError, load, m)
    m.__init__("m")
    m.x = "new"
    same(load(m), "new")


# --- Properties ---
def properties():
    class Circle:
        def __init__(self):
            self.r = 2

        @property
        def x(self):
            return self.r * 2

        def setter(self, value):
            self.r = value

    load, store = fresh(get), fresh(put)
    c = Circle()
    same(warm(load, c), 4)
    reaches(load, "LOAD_ATTR_PROPERTY")
    raises(AttributeError, store, c, 1, text="has no setter")
    Circle.x = Circle.x.setter(Circle.setter)
    for i in range(5):
        store(c, i)
        same(load(c), i * 2)
    Circle.x = property(lambda self: "replaced", lambda self, value: log.append(value))
    log = []
    same(load(c), "replaced")
    store(c, 1)
    same(log, [1])
    # The getter changes in place.
    prop = property(lambda self: "first")
    Circle.x = prop
    load = fresh(get)
    same(warm(load, c), "first")
    reaches(load, "LOAD_ATTR_PROPERTY")
    prop.__init__(lambda self: "second")
    same(load(c), "second")
    prop.__init__(len)
    raises(TypeError, load, c)
    prop.__init__(lambda self, extra="default": extra)
    same(load(c), "default")
    prop.__init__(lambda *args: len(args))
    same(load(c), 1)
    prop.__init__()
    raises(AttributeError, load, c, text="has no getter")
    # The getter's code changes.
    def getter(self):
        return "code"

    def two(self, other=5):
        return other

    def generator(self):
        yield 1
    Circle.x = property(getter)
    load = fresh(get)
    same(warm(load, c), "code")
    getter.__code__ = two.__code__
    raises(TypeError, load, c)
    getter.__defaults__ = (6,)
    same(load(c), 6)
    with warnings.catch_warnings(action="ignore"):
        getter.__code__ = generator.__code__
    same(list(load(c)), [1])
    # One that raises: the traceback has both frames.
    def failing(self):
        raise AttributeError("inside")
    Circle.x = property(failing)
    raised = raises(AttributeError, load, c, text="inside")
    names = []
    tb = raised.__traceback__
    while tb:
        names.append(tb.tb_frame.f_code.co_name)
        tb = tb.tb_next
    same(names[-2:], ["get", "failing"])
    Circle.__getattr__ = lambda self, name: "fallback"
    same(load(c), "fallback")
    del Circle.x
    c.x = "instance"
    same(load(c), "instance")

    # Deep in the stack, where there is no room for one more frame.
    class Deep:
        @property
        def x(self):
            return 1
    deep = Deep()
    load = fresh(get)
    same(warm(load, deep), 1)

    def down(n):
        return load(deep) if n == 0 else down(n - 1)
    limit = sys.getrecursionlimit()
    results = set()
    for n in range(limit - 60, limit + 5):
        try:
            results.add(down(n))
        except RecursionError:
            results.add("limit")
    same(results, {1, "limit"})


# --- __getattribute__ in Python ---
def overridden():
    class Proxy:
        def __getattribute__(self, name):
            return "got " + name

    load = fresh(get)
    p = Proxy()
    same(warm(load, p), "got x")
    reaches(load, "LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN")
    Proxy.__getattribute__ = lambda self, name: name * 2
    same(load(p), "xx")
    Proxy.__getattribute__.__code__ = (lambda self, name: name * 3).__code__
    same(load(p), "xxx")
    Proxy.__getattribute__ = lambda self, name, extra=1: extra
    same(load(p), 1)

    def fail(self, name):
        raise AttributeError("no " + name)
    Proxy.__getattribute__ = fail
    raises(AttributeError, load, p, text="no x")
    Proxy.__getattr__ = lambda self, name: "fallback"
    same(load(p), "fallback")
    del Proxy.__getattribute__
    same(load(p), "fallback")
    del Proxy.__getattr__
    raises(AttributeError, load, p)
    p.x = "own"
    same(load(p), "own")


# --- Methods ---
def methods():
    go = fresh(call)
    p = Point(1)
    same(warm(go, p), ("method", 1))
    reaches(go, "LOAD_ATTR_METHOD_WITH_VALUES")
    p.method = lambda: "instance"
    same(go(p), "instance")
    q = Point(2)
    same(go(q), ("method", 2))
    del p.method
    same(go(p), ("method", 1))
    p.__dict__["method"] = lambda: "by dict"
    same(go(p), "by dict")
    old = Point.method
    Point.method = lambda self: "changed"
    same(go(q), "changed")
    Point.method = staticmethod(lambda: "static")
    same(go(q), "static")
    Point.method = classmethod(lambda cls: cls.__name__)
    same(go(q), "Point")
    Point.method = property(lambda self: lambda: "property")
    same(go(q), "property")
    Point.method = old
    same(go(q), ("method", 2))

    # No instance attributes at all.
    class Bare:
        __slots__ = ()

        def method(self):
            return "bare"
    go = fresh(call)
    b = Bare()
    same(warm(go, b), "bare")
    reaches(go, "LOAD_ATTR_METHOD_NO_DICT")
    Bare.method = lambda self: "bare 2"
    same(go(b), "bare 2")
    same(go(q), ("method", 2))
    del Bare.method
    raises(AttributeError, go, b)

    def upper(text):
        return text.upper()
    same(warm(upper, "a"), "A")
    reaches(upper, "LOAD_ATTR_METHOD_NO_DICT")

    class Text(str):
        def upper(self):
            return "mine"
    same(upper(Text("b")), "mine")
    same(upper(b"c"), b"C")

    class Error(Exception):
        def method(self):
            return "error"
    go = fresh(call)
    e = Error()
    same(warm(go, e), "error")
    e.y = 1
    same(go(e), "error")
    e.method = lambda: "hidden"
    same(go(e), "hidden")
    same(go(Error()), "error")
    Error.method = lambda self: "new"
    same(go(Error()), "new")

    # Instances without inline attributes whose dict was never made.
    def note(error):
        return error.add_note("note")
    for _ in range(4):
        same(note(ValueError()), None)
    reaches(note, "LOAD_ATTR_METHOD_LAZY_DICT")
    v = ValueError()
    v.other = 1
    same(note(v), None)
    same(v.__notes__, ["note"])
    v.add_note = lambda text: "hidden"
    same(note(v), "hidden")
    v = ValueError()
    v.__dict__
    same(note(v), None)
    v.__dict__["add_note"] = lambda text: "by dict"
    same(note(v), "by dict")
    del v.__dict__["add_note"]
    same(note(v), None)
    v.__dict__ = {"add_note": lambda text: "by another dict"}
    same(note(v), "by another dict")
    same(note(ValueError()), None)


def methods_of_dict_subclasses():
    class D(dict):
        def method(self):
            return len(self)
    go = fresh(call)
    d = D(a=1)
    same(warm(go, d), 1)
    d.method = lambda: "own"
    same(go(d), "own")
    same(go(D()), 0)


# --- What is no descriptor, found on the class ---
def nondescriptors():
    class Holder:
        method = len

        def __init__(self):
            self.own = 1
    # What is called, but is no method.
    def use(owner):
        return owner.table

    class WithTable(Holder):
        table = {"a": 1}
    load = fresh(use)
    w = WithTable()
    same(warm(load, w), {"a": 1})
    reaches(load, "LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES")
    w.table = "instance"
    same(load(w), "instance")
    same(load(WithTable()), {"a": 1})
    WithTable.table = "class"
    same(load(WithTable()), "class")
    WithTable.table = property(lambda self: "property")
    same(load(WithTable()), "property")

    class Bare:
        __slots__ = ()
        table = (1, 2)
    load = fresh(use)
    b = Bare()
    same(warm(load, b), (1, 2))
    reaches(load, "LOAD_ATTR_NONDESCRIPTOR_NO_DICT")
    Bare.table = (3,)
    same(load(b), (3,))
    del Bare.table
    raises(AttributeError, load, b)

    # The class of what stands on the class changes: it becomes a descriptor.
    class Value:
        pass

    class Descriptor:
        def __get__(self, instance, owner):
            return "got"

        def __set__(self, instance, value):
            log.append(value)
    log = []
    value = Value()

    class Owner:
        table = value
    load, store = fresh(use), fresh(put)
    o = Owner()
    o.other = 1
    same(warm(load, o) is value, True)
    value.__class__ = Descriptor
    same(load(o), "got")
    value.__class__ = Value
    same(load(o) is value, True)
    Value.__get__ = lambda self, instance, owner: "late"
    same(load(o), "late")
    Owner.x = value
    o.__dict__["x"] = "dict"
    Value.__set__ = Descriptor.__set__
    same(fresh(get)(o), "late")
    del Value.__set__
    get_x = fresh(get)
    for _ in range(4):
        same(get_x(o), "dict")
    for i in range(4):
        store(o, i)
    same(get_x(o), 3)
    Value.__set__ = Descriptor.__set__
    same(get_x(o), "late")
    store(o, "to descriptor")
    same(log, ["to descriptor"])


# --- Many shapes at one site ---
def polymorphic():
    class A:
        def __init__(self):
            self.x = "a"

    class B:
        __slots__ = ("x",)

        def __init__(self):
            self.x = "b"

    class C:
        x = "c"

    class D:
        @property
        def x(self):
            return "d"

    class E:
        def __getattr__(self, name):
            return "e"

    class F:
        def __getattribute__(self, name):
            return "f"
    module = types.ModuleType("module")
    module.x = "m"
    owners = [A(), B(), C(), C, D(), E(), F(), module, types.SimpleNamespace(x="n")]
    wanted = list("abccdefmn")
    load = fresh(get)
    for _ in range(100):
        same([load(owner) for owner in owners], wanted)
    import itertools
    load = fresh(get)
    for first, second in itertools.product(range(len(owners)), repeat=2):
        for _ in range(3):
            same(load(owners[first]), wanted[first])
        same(load(owners[second]), wanted[second])


# --- Garbage at the same address ---
def replaced_classes():
    load, store, go = fresh(get), fresh(put), fresh(call)
    for i in range(200):
        class Short:
            def __init__(self):
                if i % 2:
                    self.y = 1
                self.x = i

            def method(self):
                return -i
        s = Short()
        same(load(s), i)
        store(s, i + 1)
        same(load(s), i + 1)
        same(go(s), -i)
        same(load(s), i + 1)
        del s, Short


instance_values()
finalizers()
with_hint()
slots()
of_classes()
of_modules()
properties()
overridden()
methods()
methods_of_dict_subclasses()
nondescriptors()
polymorphic()
replaced_classes()
finish("LOAD_ATTR", "STORE_ATTR")
