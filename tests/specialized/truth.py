"""TO_BOOL, and the jumps behind it."""

import types

from sites import finish, raises, reaches, same, warm


def truth(value):
    return "true" if value else "false"


def negated(value):
    return not value


def fresh(function=truth):
    return types.FunctionType(function.__code__.replace(), globals(), function.__name__)


class Plain:
    pass


class WithBool:
    def __bool__(self):
        return False


class WithLen:
    def __len__(self):
        return 0


class Text(str):
    def __bool__(self):
        return False


class Numbers(list):
    def __len__(self):
        return 1


TRUE = [True, 1, -1, 10**30, 1.5, "a", [0], (0,), {0}, {0: 0}, Plain(), Plain, len, object(), ..., float("nan"), 1j, Numbers(), b"a"]
FALSE = [False, None, 0, 0.0, -0.0, "", [], (), set(), {}, WithBool(), WithLen(), Text("a"), 0j, b"", range(0)]


def every_pair():
    values = [(value, "true") for value in TRUE] + [(value, "false") for value in FALSE]
    for value, wanted in values:
        site, other = fresh(), fresh(negated)
        same(warm(site, value), wanted)
        same(warm(other, value), wanted == "false")
        for another, its in values:
            same(site(another), its)
            same(other(another), its == "false")
        same(site(value), wanted)


def members():
    for value, opcode in (
        (False, "TO_BOOL_BOOL"),
        (5, "TO_BOOL_INT"),
        (None, "TO_BOOL_NONE"),
        ([], "TO_BOOL_LIST"),
        ("", "TO_BOOL_STR"),
        (Plain(), "TO_BOOL_ALWAYS_TRUE"),
    ):
        site = fresh()
        warm(site, value)
        reaches(site, opcode)
    # Bools that nothing knows to be bools.
    def known(a):
        while a:
            a = False
        return a
    same(warm(known, True), False)


def classes_change():
    class Changing:
        pass
    site, p = fresh(), Changing()
    same(warm(site, p), "true")
    reaches(site, "TO_BOOL_ALWAYS_TRUE")
    Changing.__len__ = lambda self: 0
    same(site(p), "false")
    Changing.__bool__ = lambda self: True
    same(site(p), "true")
    Changing.__bool__ = lambda self: 1
    raises(TypeError, site, p, text="__bool__ should return bool, returned int")
    del Changing.__bool__, Changing.__len__
    same(site(p), "true")
    p.__bool__ = lambda: False
    same(site(p), "true")

    class Base:
        pass

    class Derived(Base):
        pass
    d = Derived()
    site = fresh()
    same(warm(site, d), "true")
    Base.__bool__ = lambda self: False
    same(site(d), "false")
    del Base.__bool__
    same(site(d), "true")
    d.__class__ = WithLenHeir
    same(site(d), "false")


class WithLenHeir(WithLen):
    pass


def temporaries():
    log = []

    class Loud:
        def __del__(self):
            log.append(1)

    def make():
        return "yes" if Loud() else "no"
    same(warm(make), "yes")
    reaches(make, "TO_BOOL_ALWAYS_TRUE")
    same(len(log), 4)

    def lists(n):
        return not [Loud()] * n
    same(warm(lists, 1), False)
    same(lists(0), True)
    same(len(log), 9)

    def text(a, b):
        return not (a + b)
    same(warm(text, "a", "b"), False)
    same(text("", ""), True)

    def big(a):
        return not (a * a)
    same(warm(big, 2), False)
    same(big(10**20), False)
    same(big(0), True)


every_pair()
members()
classes_change()
temporaries()
finish("TO_BOOL")
