"""BINARY_OP and COMPARE_OP on ints, floats and strings, up to and beyond where their results are small."""

import math
import operator
import types

from sites import finish, raises, reaches, same, warm

SMALL = 2**62 - 1
EDGES = [0, 1, -1, 2, -2, 3, 7, -7, 63, 255, 256, 257, 2**29, 2**30, 2**31, -(2**31), 2**52, 2**53, 2**53 + 1]
EDGES += [SMALL, SMALL - 1, -SMALL, -SMALL - 1, -SMALL - 2, 2**61, -(2**61), 2**63 - 1, 2**63, -(2**63), 2**64, 10**30]
FLOATS = [0.0, -0.0, 1.0, -1.5, 0.1, 1e-300, 5e-324, 1.7976931348623157e308, 1e16, 2.0**62, math.inf, -math.inf, math.nan]

FUNCTIONS = {
    "add": (lambda a, b: a + b, operator.add),
    "sub": (lambda a, b: a - b, operator.sub),
    "mul": (lambda a, b: a * b, operator.mul),
    "and": (lambda a, b: a & b, operator.and_),
    "or": (lambda a, b: a | b, operator.or_),
    "xor": (lambda a, b: a ^ b, operator.xor),
    "floordiv": (lambda a, b: a // b, operator.floordiv),
    "mod": (lambda a, b: a % b, operator.mod),
    "truediv": (lambda a, b: a / b, operator.truediv),
    "lshift": (lambda a, b: a << b, operator.lshift),
    "rshift": (lambda a, b: a >> b, operator.rshift),
    "lt": (lambda a, b: a < b, operator.lt),
    "le": (lambda a, b: a <= b, operator.le),
    "eq": (lambda a, b: a == b, operator.eq),
    "ne": (lambda a, b: a != b, operator.ne),
    "gt": (lambda a, b: a > b, operator.gt),
    "ge": (lambda a, b: a >= b, operator.ge),
}


def fresh(function):
    return types.FunctionType(function.__code__.replace(), globals(), function.__name__)


def outcome(function, a, b):
    try:
        answer = function(a, b)
        return type(answer).__name__, repr(answer)
    except (ArithmeticError, TypeError, ValueError) as error:
        return type(error).__name__, str(error)


def tables():
    """Every pair of edges at a site that has seen small ints, floats, or both: the answer of the general operation."""
    warm_ups = [(3, 5), (1.5, 2.5), (1.5, 2), (2, 1.5)]
    pairs = [(a, b) for a in EDGES for b in EDGES]
    pairs += [(a, b) for a in FLOATS for b in FLOATS]
    pairs += [(a, b) for a in EDGES for b in FLOATS] + [(b, a) for a in EDGES for b in FLOATS]
    pairs += [(True, 1), (1, True), (False, True), (1.5, True), (1, None), ("a", 1), (1, "a"), (1, 1j)]
    for name, (function, general) in FUNCTIONS.items():
        for warm_up in warm_ups:
            site = fresh(function)
            for _ in range(4):
                outcome(site, *warm_up)
            for a, b in pairs:
                if name == "lshift" and isinstance(b, int) and b > 1000:
                    continue
                got, wanted = outcome(site, a, b), outcome(general, a, b)
                if wanted[0] in ("TypeError",):
                    got, wanted = got[0], wanted[0]
                assert got == wanted, (name, warm_up, a, b, got, wanted)


def ints():
    for name, opcode in (("add", "BINARY_OP_ADD_INT"), ("sub", "BINARY_OP_SUBTRACT_INT"), ("mul", "BINARY_OP_MULTIPLY_INT")):
        site = fresh(FUNCTIONS[name][0])
        warm(site, 3, 4)
        reaches(site, opcode)
        same(site(SMALL, SMALL), FUNCTIONS[name][1](SMALL, SMALL))
        same(site(-SMALL - 1, SMALL), FUNCTIONS[name][1](-SMALL - 1, SMALL))
        same(site(1.5, 2), FUNCTIONS[name][1](1.5, 2))
        same(site(True, True), FUNCTIONS[name][1](True, True))
    site = fresh(FUNCTIONS["add"][0])
    warm(site, 1, 2)
    same(site("a", "b"), "ab")
    same(site([1], [2]), [1, 2])
    raises(TypeError, site, 1, "b", text="unsupported operand type(s) for +: 'int' and 'str'")

    class Int(int):
        def __add__(self, other):
            return "mine"

        def __radd__(self, other):
            return "reflected"
    same(site(Int(1), 2), "mine")
    same(site(1, Int(2)), "reflected")
    same(site(10**30, 1), 10**30 + 1)

    def in_place(a, b):
        a += b
        a -= 1
        a *= 2
        return a
    same(warm(in_place, 3, 4), 12)
    reaches(in_place, "BINARY_OP_ADD_INT", "BINARY_OP_SUBTRACT_INT", "BINARY_OP_MULTIPLY_INT")

    class Acc:
        def __init__(self):
            self.log = []

        def __iadd__(self, other):
            self.log.append(other)
            return self

        def __isub__(self, other):
            return self

        def __imul__(self, other):
            return self.log
    same(in_place(Acc(), 5), [5])


def floats():
    for name, opcode in (("add", "BINARY_OP_ADD_FLOAT"), ("sub", "BINARY_OP_SUBTRACT_FLOAT"), ("mul", "BINARY_OP_MULTIPLY_FLOAT")):
        site = fresh(FUNCTIONS[name][0])
        warm(site, 3.5, 4.25)
        reaches(site, opcode)
        for a in FLOATS:
            for b in FLOATS:
                same(site(a, b), FUNCTIONS[name][1](a, b))
        same(math.copysign(1, site(-0.0, -0.0)), math.copysign(1, FUNCTIONS[name][1](-0.0, -0.0)))
        same(site(1, 2), FUNCTIONS[name][1](1, 2))

    class Float(float):
        def __add__(self, other):
            return "mine"
    site = fresh(FUNCTIONS["add"][0])
    warm(site, 1.5, 2.5)
    same(site(Float(1), 2.0), "mine")
    compare = fresh(FUNCTIONS["lt"][0])
    warm(compare, 1.5, 2.5)
    reaches(compare, "COMPARE_OP_FLOAT")
    same(compare(math.nan, 1.0), False)
    same(compare(1.0, math.nan), False)
    same(compare(1, 2), True)
    same(compare(0.0, -0.0), False)
    equal = fresh(FUNCTIONS["eq"][0])
    warm(equal, 1.5, 2.5)
    same(equal(math.nan, math.nan), False)
    same(equal(0.0, -0.0), True)
    unequal = fresh(FUNCTIONS["ne"][0])
    warm(unequal, 1.5, 2.5)
    same(unequal(math.nan, math.nan), True)


def strings():
    site = fresh(FUNCTIONS["add"][0])
    same(warm(site, "a", "b"), "ab")
    reaches(site, "BINARY_OP_ADD_UNICODE")
    same(site("a", "ĉ😀"), "aĉ😀")
    same(site("", "b"), "b")
    same(site("\udc80", "é"), "\udc80é")
    raises(TypeError, site, "a", 1, text='can only concatenate str (not "int") to str')
    same(site(b"a", b"b"), b"ab")

    class Text(str):
        def __add__(self, other):
            return "mine"
    same(site(Text("a"), "b"), "mine")

    def append(text, more):
        text += more
        return text
    base = "base"
    same(warm(append, base, "x"), "basex")
    reaches(append, "BINARY_OP_INPLACE_ADD_UNICODE")
    same(base, "base")
    same(append(b"a", b"b"), b"ab")
    same(append(1, 2), 3)
    same(append(Text("a"), "b"), "mine")
    raises(TypeError, append, "a", None)

    def grow(n):
        text = ""
        other = text
        kept = []
        for i in range(n):
            text += str(i)
            if i % 10 == 0:
                kept.append(text)
        return text, kept, other
    text, kept, other = warm(grow, 60)
    same(text, "".join(map(str, range(60))))
    same([len(k) for k in kept], [len("".join(map(str, range(i + 1)))) for i in range(0, 60, 10)])
    assert all(text.startswith(k) for k in kept)
    same(other, "")

    def twice(text):
        text += text
        return text
    same(warm(twice, "ab"), "abab")
    same(twice("é"), "éé")

    def swapped(a, b):
        for _ in range(3):
            a = b + a
        return a
    same(warm(swapped, "1", "2"), "2221")

    def cell(text):
        def inner():
            return text
        text += "!"
        return inner()
    same(warm(cell, "a"), "a!")
    keys = {"key": 1}

    def as_key(text):
        text += "y"
        return keys[text], text
    same(warm(as_key, "ke"), (1, "key"))
    hashed = "k" + "e"
    hash(hashed)
    same(as_key(hashed), (1, "key"))

    equal, less = fresh(FUNCTIONS["eq"][0]), fresh(FUNCTIONS["lt"][0])
    same(warm(equal, "a", "b"), False)
    reaches(equal, "COMPARE_OP_STR")
    same(equal("ab", "".join(["a", "b"])), True)
    same(equal("".join(["a", "b"]), "".join(["a", "b"])), True)
    same(equal("a", 1), False)
    same(equal(1, 1), True)
    unequal = fresh(FUNCTIONS["ne"][0])
    same(warm(unequal, "a", "b"), True)
    same(unequal("a" * 50, "a" * 50), False)
    same(warm(less, "a", "b"), True)
    same(less("b", "a"), False)

    class Equal(str):
        def __eq__(self, other):
            return "mine"
        __hash__ = str.__hash__
    same(equal(Equal("a"), "b"), "mine")
    same(equal("b", Equal("a")), "mine")

    def of_temporaries(a, b):
        return a + b == b + a
    same(warm(of_temporaries, "x", "y"), False)
    same(of_temporaries("x", "x"), True)
    same(of_temporaries("", ""), True)


def comparisons():
    site = fresh(FUNCTIONS["lt"][0])
    same(warm(site, 1, 2), True)
    reaches(site, "COMPARE_OP_INT")
    same(site(10**30, 1), False)
    same(site(-(10**30), 1), True)
    same(site(1.5, 2), True)
    same(site(True, 2), True)
    same(site("a", "b"), True)
    same(site({1}, {1, 2}), True)
    raises(TypeError, site, 1, "a", text="'<' not supported between instances of 'int' and 'str'")

    class Always:
        def __lt__(self, other):
            return []

        def __gt__(self, other):
            return "reflected"
    same(site(Always(), 1), [])
    same(site(1, Always()), "reflected")

    def branch(a, b):
        if a < b:
            return "less"
        return "not less"
    same(warm(branch, 1, 2), "less")
    same(branch(2, 1), "not less")
    same(branch(Always(), 1), "not less")
    same(branch(1, Always()), "less")
    same(branch(10**30, 10**31), "less")
    same(branch(math.nan, 1.0), "not less")


def extended():
    for name in ("and", "or", "xor"):
        site = fresh(FUNCTIONS[name][0])
        same(warm(site, 6, 3), FUNCTIONS[name][1](6, 3))
        reaches(site, "BINARY_OP_EXTEND")
        same(site(True, False), FUNCTIONS[name][1](True, False))
        same(site({1, 2}, {2, 3}), FUNCTIONS[name][1]({1, 2}, {2, 3}))
        same(site(10**30, -1), FUNCTIONS[name][1](10**30, -1))
        raises(TypeError, site, 1.5, 1)
    for a, b in ((1.5, 2), (2, 1.5)):
        for name in ("add", "sub", "mul", "truediv"):
            site = fresh(FUNCTIONS[name][0])
            same(warm(site, a, b), FUNCTIONS[name][1](a, b))
            reaches(site, "BINARY_OP_EXTEND")
            same(site(b, a), FUNCTIONS[name][1](b, a))
            same(site(10**20, a), FUNCTIONS[name][1](10**20, a))
            raises(OverflowError, site, 10**400, 1.5)
    divide = fresh(FUNCTIONS["truediv"][0])
    same(warm(divide, 1.5, 2), 0.75)
    raises(ZeroDivisionError, divide, 1.5, 0)
    raises(ZeroDivisionError, divide, 1.5, 0.0)
    raises(ZeroDivisionError, fresh(FUNCTIONS["mod"][0]), 1, 0)

    def bits(flags):
        flags |= 8
        flags &= ~1
        flags ^= 2
        return flags
    same(warm(bits, 5), 14)
    reaches(bits, "BINARY_OP_EXTEND")
    same(bits(10**20), ((10**20 | 8) & ~1) ^ 2)

    class Flags:
        def __ior__(self, other):
            return "or"
    raises(TypeError, bits, Flags())


def matrices():
    class Matrix:
        def __matmul__(self, other):
            return "product"

        def __pow__(self, other):
            return "power"

    def general(a, b):
        return a @ b, a**b
    same(warm(general, Matrix(), 2), ("product", "power"))

    def power(a, b):
        return a**b
    same(warm(power, 2, 10), 1024)
    same(power(2, -1), 0.5)
    same(power(2, 100), 2**100)


ints()
floats()
strings()
comparisons()
extended()
matrices()
tables()
finish("COMPARE_OP")
