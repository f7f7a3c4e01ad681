"""LOAD_SUPER_ATTR: `super()` and what it finds, when classes and `super` itself change."""

import builtins
import types

from sites import finish, raises, reaches, same, warm


class Base:
    value = "base"

    def method(self):
        return ("base", self.name)

    @classmethod
    def make(cls):
        return ("made", cls.__name__)

    @staticmethod
    def free():
        return "free"

    @property
    def prop(self):
        return ("prop", self.name)


class Derived(Base):
    value = "derived"

    def __init__(self, name="d"):
        self.name = name

    def method(self):
        return ("derived", super().method())

    def get_value(self):
        return super().value

    def get_prop(self):
        return super().prop

    def call_free(self):
        return super().free()

    def missing(self):
        return super().missing_method()

    def explicit(self):
        return super(Derived, self).method()

    def unbound(self):
        return super().method

    @classmethod
    def make(cls):
        return ("derived", super().make())

    def call_value(self):
        return super().table("key")


d = Derived()
same(warm(d.method), ("derived", ("base", "d")))
reaches(Derived.method, "LOAD_SUPER_ATTR_METHOD")
same(warm(d.get_value), "base")
reaches(Derived.get_value, "LOAD_SUPER_ATTR_ATTR")
same(warm(d.get_prop), ("prop", "d"))
same(warm(d.call_free), "free")
same(warm(Derived.make), ("derived", ("made", "Derived")))
same(warm(d.explicit), ("base", "d"))
same(warm(d.unbound)(), ("base", "d"))
for _ in range(4):
    raises(AttributeError, d.missing, text="'super' object has no attribute 'missing_method'")
Base.missing_method = lambda self: "there now"
same(d.missing(), "there now")
Base.missing_method = lambda: "no self"
raises(TypeError, d.missing)
Base.missing_method = staticmethod(lambda: "static")
same(d.missing(), "static")
Base.missing_method = classmethod(lambda cls: cls.__name__)
same(d.missing(), "Derived")
Base.missing_method = len
raises(TypeError, d.missing)
Base.missing_method = property(lambda self: lambda: "property")
same(d.missing(), "property")
del Base.missing_method
raises(AttributeError, d.missing)
Base.table = {"key": 1}.get
same(warm(d.call_value), 1)
Base.value = "changed"
same(d.get_value(), "changed")
Base.value = property(lambda self: self.name)
same(d.get_value(), "d")
del Base.value
raises(AttributeError, d.get_value)
# The instance's own attributes do not count.
d.method = lambda: "instance"
same(Derived.method(d), ("derived", ("base", "d")))
del d.method


# Another subclass, with another order of bases.
class Mixin(Base):
    def method(self):
        return ("mixin", super().method())


class Both(Derived, Mixin):
    pass


same(Both("b").method(), ("derived", ("mixin", ("base", "b"))))
same(d.method(), ("derived", ("base", "d")))
same(Both.make(), ("derived", ("made", "Both")))
raises(TypeError, Derived.method, object(), text="obj")
raises(TypeError, Derived.method, 5)
same(d.method(), ("derived", ("base", "d")))

# The class of the instance changes under way.
m = Mixin()
m.name = "m"
d.__class__ = Mixin
same(d.method(), ("mixin", ("base", "d")))
raises(TypeError, Derived.method, d)
d.__class__ = Derived


# The cell __class__ and the bases change.
class Other:
    def method(self):
        return ("other", self.name)


class Movable(Base):
    def __init__(self):
        self.name = "m"

    def method(self):
        return super().method()


movable = Movable()
same(warm(movable.method), ("base", "m"))
Movable.__bases__ = (Other,)
same(movable.method(), ("other", "m"))
same(warm(movable.method), ("other", "m"))


# `super` is another thing.
class Fake:
    def __init__(self, *args):
        self.args = args

    def method(self):
        return ("fake", len(self.args))


source = '''
class Child(Base):
    name = "child"
    def method(self):
        return super().method()
    def value(self):
        return super().free
'''
namespace = {"Base": Base}
exec(source, namespace)
child = namespace["Child"]()
same(warm(child.method), ("base", "child"))
same(warm(child.value)(), "free")
namespace["super"] = Fake
same(child.method(), ("fake", 0))
raises(AttributeError, child.value)
del namespace["super"]
same(child.method(), ("base", "child"))
real = builtins.super
builtins.super = Fake
try:
    same(child.method(), ("fake", 0))
finally:
    builtins.super = real


# The compiler makes LOAD_SUPER_ATTR only where the module does not speak of `super` itself.
class Super(builtins.super):
    def __getattribute__(self, name):
        return lambda: "own super"


namespace["super"] = Super
same(child.method(), "own super")
same(child.value()(), "own super")
del namespace["super"]
same(child.method(), ("base", "child"))


# In __init__, in a metaclass, in a chain, in a generator and a comprehension.
class A:
    def __init__(self):
        self.log = ["A"]


class B(A):
    def __init__(self):
        super().__init__()
        self.log.append("B")


class C(B):
    def __init__(self):
        super().__init__()
        self.log.append("C")


for _ in range(5):
    same(C().log, ["A", "B", "C"])
reaches(C.__init__, "LOAD_SUPER_ATTR_METHOD")


class Meta(type):
    def __call__(cls, *args):
        return [super().__call__(*args)]

    def __new__(mcls, name, bases, namespace):
        return super().__new__(mcls, name, bases, namespace)


for i in range(4):
    Made = Meta("Made", (), {})
    same(type(Made()), list)


class Lots(Base):
    name = "lots"

    def numbers(self):
        for _ in range(3):
            yield super().method()

    def listed(self):
        return [super(Lots, self).method() for _ in range(3)]

    def __getattribute__(self, name):
        return super().__getattribute__(name)

    def __setattr__(self, name, value):
        super().__setattr__(name, value)


lots = Lots()
for _ in range(4):
    same(list(lots.numbers()), [("base", "lots")] * 3)
    same(lots.listed(), [("base", "lots")] * 3)
lots.x = 5
same(lots.x, 5)


# The last reference to the object goes in the call.
class Dying(Base):
    def __init__(self):
        self.name = "dying"

    def method(self):
        return super().method()

    def __del__(self):
        log.append("dead")


log = []


def temporary():
    return Dying().method()


same(warm(temporary), ("base", "dying"))
same(log, ["dead"] * 4)
finish("LOAD_SUPER_ATTR")
