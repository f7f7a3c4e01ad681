"""CALL and CALL_KW: functions, bound methods, builtins and classes, and what may become of them."""

import abc
import sys
import types

from sites import finish, raises, reaches, same, warm


def fresh(function):
    """The same function with sites of its own."""
    return types.FunctionType(function.__code__.replace(), globals(), function.__name__)


def one(function, a):
    return function(a)


def two(function, a, b):
    return function(a, b)


def none(function):
    return function()


def keyword(function, a, b):
    return function(a, key=b)


# --- Python functions ---
def functions():
    def plain(a):
        return ("plain", a)

    def other(a):
        return ("other", a)

    def defaults(a, b=2):
        return (a, b)

    def star(*args):
        return args

    def generator(a):
        yield a

    site = fresh(one)
    same(warm(site, plain, 1), ("plain", 1))
    reaches(site, "CALL_PY_EXACT_ARGS")
    same(site(other, 2), ("other", 2))
    same(site(defaults, 1), (1, 2))
    same(site(star, 1), (1,))
    same(list(site(generator, 1)), [1])
    same(site(len, "abc"), 3)
    same(site(str, 1), "1")
    same(site(lambda a: -a, 1), -1)
    raises(TypeError, site, None, 1, text="'NoneType' object is not callable")
    raises(TypeError, site, lambda: 1, 1, text="takes 0 positional arguments but 1 was given")
    raises(TypeError, site, lambda a, b: 1, 1, text="missing 1 required positional argument: 'b'")
    # The function's code changes.
    plain.__code__ = other.__code__
    same(site(plain, 3), ("other", 3))
    plain.__code__ = star.__code__
    same(site(plain, 3), (3,))
    plain.__code__ = other.__code__
    same(site(plain, 4), ("other", 4))

    site = fresh(one)
    same(warm(site, defaults, 1), (1, 2))
    reaches(site, "CALL_PY_GENERAL")
    defaults.__defaults__ = (7,)
    same(site(defaults, 1), (1, 7))
    defaults.__defaults__ = None
    raises(TypeError, site, defaults, 1)
    defaults.__defaults__ = (8,)
    same(warm(site, defaults, 1), (1, 8))

    def kwonly(a, *, b=3):
        return (a, b)
    site = fresh(one)
    same(warm(site, kwonly, 1), (1, 3))
    kwonly.__kwdefaults__ = {"b": 4}
    same(site(kwonly, 1), (1, 4))
    kwonly.__kwdefaults__["b"] = 5
    same(site(kwonly, 1), (1, 5))
    kwonly.__kwdefaults__ = None
    raises(TypeError, site, kwonly, 1, text="missing 1 required keyword-only argument: 'b'")

    # A generator, a coroutine and a closure where plain functions were called.
    site = fresh(one)
    same([list(site(generator, i)) for i in range(4)], [[0], [1], [2], [3]])
    reaches(site, "CALL_PY_EXACT_ARGS")

    async def coroutine(a):
        return a
    c = site(coroutine, 1)
    raises(StopIteration, c.send, None)

    def closure(n):
        def inner(a):
            return a + n
        return inner
    inners = [closure(i) for i in range(5)]
    same([site(inner, 10) for inner in inners], [10, 11, 12, 13, 14])
    site = fresh(one)
    for _ in range(20):
        same([site(inner, 10) for inner in inners], [10, 11, 12, 13, 14])
    # The callee changes its own code while it runs, and lets go of itself.
    def suicidal(a):
        holder.clear()
        return a
    holder = [suicidal]
    del suicidal

    def call_held(holder):
        return holder[0](5)
    same(call_held(holder), 5)

    # Arguments that die in the callee.
    log = []

    class Loud:
        def __del__(self):
            log.append("dead")

    def drop(a):
        del a
        return len(log)

    def give():
        return drop(Loud())
    same([give() for _ in range(4)], [1, 2, 3, 4])


# --- Recursion ---
def recursion():
    def count(n):
        return 0 if n == 0 else 1 + count(n - 1)
    same(warm(count, 10), 10)
    reaches(count, "CALL_PY_EXACT_ARGS")
    limit = sys.getrecursionlimit()
    raises(RecursionError, count, limit + 10, text="maximum recursion depth exceeded")
    same(count(100), 100)

    def count_default(n, step=1):
        return 0 if n == 0 else step + count_default(n - 1)
    same(warm(count_default, 10), 10)
    raises(RecursionError, count_default, limit + 10)
    same(count_default(100), 100)

    def count_keyword(n, step):
        return 0 if n == 0 else step + count_keyword(n - 1, step=step)
    same(warm(count_keyword, 10, 1), 10)
    reaches(count_keyword, "CALL_KW_PY")
    raises(RecursionError, count_keyword, limit + 10, 1)
    same(count_keyword(100, 1), 100)

    class Node:
        def __init__(self, n):
            self.child = Node(n - 1) if n else None

        def depth(self):
            return 0 if self.child is None else 1 + self.child.depth()

        def __getitem__(self, n):
            return 0 if n == 0 else 1 + self[n - 1]

        @property
        def next(self):
            return self.next
    same(warm(Node, 5).depth(), 5)
    reaches(Node.__init__, "CALL_ALLOC_AND_ENTER_INIT")
    for extra in range(-30, 30):
        try:
            Node((limit + extra) // 2)
        except RecursionError:
            pass
        try:
            Node(limit - 20 + extra)
        except RecursionError:
            pass
    raises(RecursionError, Node, limit + 10)
    same(Node(20).depth(), 20)
    node = Node(3)
    same(node[20], 20)
    reaches(Node.__getitem__, "BINARY_OP_SUBSCR_GETITEM")
    raises(RecursionError, node.__getitem__, limit + 10)
    raises(RecursionError, lambda: node.next)
    same(node[20], 20)
    sys.setrecursionlimit(limit * 20)
    same(count(limit * 10), limit * 10)
    same(count_default(limit * 10), limit * 10)
    same(node[limit * 10], limit * 10)
    sys.setrecursionlimit(limit)
    raises(RecursionError, count, limit + 10)


# --- Bound methods ---
def bound_methods():
    class A:
        def method(self, a):
            return ("A", a)

        def default(self, a, b=1):
            return ("A", a, b)

    class B:
        def method(self, a):
            return ("B", a)
    site = fresh(one)
    same(warm(site, A().method, 1), ("A", 1))
    reaches(site, "CALL_BOUND_METHOD_EXACT_ARGS")
    same(site(B().method, 2), ("B", 2))
    same(site(A.method.__get__(5), 3), ("A", 3))
    same(site(types.MethodType(max, 3), 5), 5)
    same(site([].append, 5), None)
    raises(TypeError, site, types.MethodType(len, "abcd"), 1)
    same(site(lambda a: a, 1), 1)
    a = A()
    m = a.method
    A.method.__code__ = B.method.__code__
    same(site(m, 4), ("B", 4))
    A.method.__code__ = (lambda self, *args: args).__code__
    same(site(m, 4), (4,))
    site = fresh(one)
    same(warm(site, a.default, 1), ("A", 1, 1))
    reaches(site, "CALL_BOUND_METHOD_GENERAL")
    A.default.__defaults__ = (9,)
    same(site(a.default, 1), ("A", 1, 9))
    A.default.__defaults__ = ()
    raises(TypeError, site, a.default, 1)
    same(site(B().method, 2), ("B", 2))
    # The bound method dies in the call.
    def temporary(a):
        return a.method.__func__.__get__(a)(1)
    for _ in range(4):
        same(temporary(B()), ("B", 1))

    def through_getattr(a):
        return getattr(a, "method")(1)
    for _ in range(4):
        same(through_getattr(B()), ("B", 1))
    # Nested: a method bound to a bound method.
    outer = types.MethodType(B().method.__func__, "receiver")
    same(site(outer, 1), ("B", 1))


# --- Classes with __init__ ---
def classes():
    class Point:
        def __init__(self, x):
            self.x = x

    site = fresh(one)
    same(warm(site, Point, 1).x, 1)
    reaches(site, "CALL_ALLOC_AND_ENTER_INIT")
    # The initializer changes.
    old = Point.__init__
    Point.__init__ = lambda self, x: setattr(self, "x", x * 2)
    same(site(Point, 2).x, 4)
    Point.__init__ = lambda self, x, y=5: setattr(self, "x", y)
    same(site(Point, 2).x, 5)
    Point.__init__ = lambda self, x: 5
    raises(TypeError, site, Point, 2, text="__init__() should return None, not 'int'")
    same(warm(lambda: raises(TypeError, site, Point, 2)) is not None, True)
    del Point.__init__
    raises(TypeError, site, Point, 2, text="Point() takes no arguments")
    Point.__init__ = old
    same(site(Point, 3).x, 3)
    same(warm(site, Point, 3, times=60).x, 3)
    # __new__ appears.
    Point.__new__ = lambda cls, x: "not a point"
    same(site(Point, 3), "not a point")
    Point.__new__ = lambda cls, x: object.__new__(cls)
    same(site(Point, 3).x, 3)
    del Point.__new__
    same(site(Point, 4).x, 4)
    # The code of __init__ changes.
    def replaced(self, x):
        self.x = "code"
    Point.__init__.__code__ = replaced.__code__
    same(site(Point, 4).x, "code")
    Point.__init__.__code__ = (lambda self, *args: None).__code__
    same(vars(site(Point, 4)), {})

    # A base's initializer changes.
    class Base:
        def __init__(self, x):
            self.x = ("base", x)

    class Derived(Base):
        pass
    site = fresh(one)
    same(warm(site, Derived, 1).x, ("base", 1))
    Base.__init__ = lambda self, x: setattr(self, "x", "changed")
    same(site(Derived, 1).x, "changed")
    same(type(site(Base, 1)), Base)

    class Meta(type):
        def __call__(cls, x):
            return ("meta", x)

    class Made(metaclass=Meta):
        def __init__(self, x):
            raise AssertionError
    same(site(Made, 1), ("meta", 1))

    class Late(type):
        pass

    class ByLate(metaclass=Late):
        def __init__(self, x):
            self.x = x
    site = fresh(one)
    same(warm(site, ByLate, 1).x, 1)
    Late.__call__ = lambda cls, x: "late"
    same(site(ByLate, 1), "late")
    del Late.__call__
    same(site(ByLate, 1).x, 1)

    # Abstract.
    class Shape(abc.ABC):
        def __init__(self, x):
            self.x = x

        @abc.abstractmethod
        def area(self): ...

    class Square(Shape):
        def area(self):
            return self.x
    site = fresh(one)
    same(warm(site, Square, 1).area(), 1)
    raises(TypeError, site, Shape, 1, text="Can't instantiate abstract class Shape")

    class Plain:
        def __init__(self, x):
            self.x = x
    site = fresh(one)
    same(warm(site, Plain, 1).x, 1)
    reaches(site, "CALL_ALLOC_AND_ENTER_INIT")
    Plain.__abstractmethods__ = frozenset({"area"})
    raises(TypeError, site, Plain, 1, text="Can't instantiate abstract class Plain")
    Plain.__abstractmethods__ = frozenset()
    same(site(Plain, 2).x, 2)

    # An initializer that raises; the instance and the frames are let go of.
    class Failing:
        def __init__(self, x):
            self.x = x
            if x:
                raise ValueError("in __init__")

        def __del__(self):
            log.append(self.__dict__.get("x"))
    log = []
    site = fresh(one)
    warm(site, Failing, 0)
    reaches(site, "CALL_ALLOC_AND_ENTER_INIT")
    raised = raises(ValueError, site, Failing, 1, text="in __init__")
    names = []
    tb = raised.__traceback__
    while tb:
        names.append(tb.tb_frame.f_code.co_name)
        tb = tb.tb_next
    same(names, ["raises", "one", "__init__"])
    del raised, tb
    same(log, [0, 0, 0, 0, 1])
    raises(TypeError, fresh(two), Failing, 1, 2)
    same(log.pop(), None)

    # Who calls __init__.
    class Caller:
        def __init__(self, x):
            self.names = [sys._getframe(i).f_code.co_name for i in range(2)]
            self.back = sys._getframe().f_back.f_code.co_name
            self.locals = sorted(sys._getframe(1).f_locals)
    site = fresh(one)
    made = warm(site, Caller, 1)
    same((made.names, made.back, made.locals), (["__init__", "one"], "one", ["a", "function"]))

    # An initializer that is a generator, or not simple.
    class Lazy:
        def __init__(self, x):
            yield x
    site = fresh(one)
    for _ in range(4):
        raises(TypeError, site, Lazy, 1, text="__init__() should return None, not 'generator'")

    class Starred:
        def __init__(self, *args, **keywords):
            self.args = args

    site = fresh(two)
    same(warm(site, Starred, 1, 2).args, (1, 2))

    class Default:
        def __init__(self, a, b=2):
            self.both = a, b
    site = fresh(one)
    same(warm(site, Default, 1).both, (1, 2))
    Default.__init__.__defaults__ = (3,)
    same(site(Default, 1).both, (1, 3))

    # Slots, subclasses of builtins, exceptions.
    class Slotted:
        __slots__ = ("x",)

        def __init__(self, x):
            self.x = x
    site = fresh(one)
    same(warm(site, Slotted, 1).x, 1)
    reaches(site, "CALL_ALLOC_AND_ENTER_INIT")

    class Items(list):
        def __init__(self, x):
            super().__init__([x, x])
    same(site(Items, 1) == [1, 1], True)

    class Error(Exception):
        def __init__(self, x):
            self.x = x
    same(site(Error, 1).args, (1,))

    # In an expression, in a loop, in a generator; nested.
    def nested():
        return [Slotted(Slotted(i)).x.x for i in range(6)]
    same(warm(nested), list(range(6)))

    # A new class at the address of an old one.
    site = fresh(one)
    for i in range(100):
        class Short:
            def __init__(self, x):
                self.x = (i, x)
        same(site(Short, i).x, (i, i))
        del Short


# --- Builtins ---
def builtins_():
    site = fresh(one)
    same(warm(site, ord, "a"), 97)
    reaches(site, "CALL_BUILTIN_O")
    same(site(chr, 98), "b")
    raises(TypeError, site, ord, "ab")
    same(site(len, [1]), 1)
    same(site(lambda a: a, 1), 1)
    same(site(int, "5"), 5)
    same(site("abc".index, "c"), 2)

    site = fresh(two)
    same(warm(site, divmod, 7, 2), (3, 1))
    reaches(site, "CALL_BUILTIN_FAST")
    raises(ZeroDivisionError, site, divmod, 1, 0)
    same(site(pow, 2, 3), 8)
    same(site(lambda a, b: (b, a), 1, 2), (2, 1))
    site = fresh(two)
    same(warm(site, pow, 2, 3), 8)
    site = fresh(two)

    def with_keywords(items):
        return sorted(items), sum(items), max(items)
    same(warm(with_keywords, [3, 1, 2]), ([1, 2, 3], 6, 3))
    same(with_keywords((5, 4)), ([4, 5], 9, 5))
    raises(TypeError, with_keywords, [1, "a"])
    reaches(with_keywords, "CALL_BUILTIN_FAST_WITH_KEYWORDS")

    def length(value):
        return len(value)
    same(warm(length, [1, 2]), 2)
    reaches(length, "CALL_LEN")
    same(length("ab"), 2)
    same(length({1: 2}), 1)
    same(length(()), 0)
    same(length(range(5)), 5)
    same(length(b"abc"), 3)
    raises(TypeError, length, 5, text="object of type 'int' has no len()")

    class Sized:
        def __len__(self):
            return self.size
    sized = Sized()
    sized.size = 4
    same(length(sized), 4)
    sized.size = -1
    raises(ValueError, length, sized)
    sized.size = 2**70
    raises(OverflowError, length, sized)

    class Items(list):
        def __len__(self):
            return 99
    same(length(Items()), 99)

    def temporary(n):
        return len([object()] * n), len("a" * n)
    same(warm(temporary, 3), (3, 3))
    site = fresh(one)
    same(warm(site, len, "abc"), 3)
    reaches(site, "CALL_LEN")
    same(site(repr, "abc"), "'abc'")
    same(site([].append, 1), None)

    def check(value, kind):
        return isinstance(value, kind)
    same(warm(check, 1, int), True)
    reaches(check, "CALL_ISINSTANCE")
    same(check(1, str), False)
    same(check(True, int), True)
    same(check(1, (str, int)), True)
    same(check(1, int | str), True)
    raises(TypeError, check, 1, 5)

    class Meta(type):
        def __instancecheck__(cls, instance):
            return "yes"

    class Any(metaclass=Meta):
        pass
    same(check(1, Any), True)
    Meta.__instancecheck__ = lambda cls, instance: []
    same(check(1, Any), False)
    site = fresh(two)
    same(warm(site, isinstance, 1, int), True)
    reaches(site, "CALL_ISINSTANCE")
    same(site(issubclass, bool, int), True)
    same(site(max, 1, 2), 2)


def methods_of_builtins():
    def append(items, value):
        items.append(value)
        return items
    same(warm(append, [1], 2), [1, 2, 2, 2, 2])
    reaches(append, "CALL_LIST_APPEND")

    class Items(list):
        pass

    class Own(list):
        def append(self, value):
            self.extend([value, value])
    same(append(Items(), 1) == [1], True)
    same(append(Own(), 1) == [1, 1], True)
    import collections
    same(append(collections.deque(), 1), collections.deque([1]))
    raises(AttributeError, append, (), 1)

    def append_result(items, value):
        return items.append(value)
    same(warm(append_result, [], 1), None)
    reaches(append_result, "CALL_METHOD_DESCRIPTOR_O")
    for _ in range(3):
        items = []
        items.append(items)
        same(append(items, 1)[1], 1)

    def unbound(items, value):
        list.append(items, value)
        return items
    same(warm(unbound, [1], 2), [1, 2, 2, 2, 2])
    raises(TypeError, unbound, (), 1, text="descriptor 'append' for 'list' objects doesn't apply to a 'tuple' object")
    raises(TypeError, unbound, None, 1)
    raises(TypeError, unbound, 5, 1)

    def noargs(text):
        return text.upper(), text.isdigit()
    same(warm(noargs, "a"), ("A", False))
    reaches(noargs, "CALL_METHOD_DESCRIPTOR_NOARGS")
    same(noargs("1"), ("1", True))
    same(noargs(b"b"), (b"B", False))

    class Text(str):
        def upper(self):
            return "mine"
    same(noargs(Text("1")), ("mine", True))

    def with_one(text, other):
        return text.join(other)
    same(warm(with_one, ",", ["a", "b"]), "a,b")
    reaches(with_one, "CALL_METHOD_DESCRIPTOR_O")
    raises(TypeError, with_one, ",", [1])
    same(with_one(b",", [b"a"]), b"a")

    def fast(text, other):
        return text.startswith(other), text.replace(other, "x")
    same(warm(fast, "abc", "a"), (True, "xbc"))
    raises(TypeError, fast, "abc", 1)

    def positional(table, key):
        return table.get(key, 5)
    same(warm(positional, {"a": 1}, "a"), 1)
    reaches(positional, "CALL_METHOD_DESCRIPTOR_FAST")
    same(positional({}, "a"), 5)
    raises(TypeError, positional, {}, [])

    class Table(dict):
        def get(self, key, default):
            return "mine"
    same(positional(Table(), 1), "mine")

    def keywords(text):
        return text.split(), text.encode()
    same(warm(keywords, "a b"), (["a", "b"], b"a b"))
    reaches(keywords, "CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS")
    same(keywords("c"), (["c"], b"c"))
    raises(AttributeError, keywords, b"c")


def builtin_classes():
    site = fresh(one)
    same(warm(site, str, 5), "5")
    reaches(site, "CALL_STR_1")

    class Shown:
        def __str__(self):
            return "shown"
    same(site(str, Shown()), "shown")
    Shown.__str__ = lambda self: 5
    raises(TypeError, site, str, Shown(), text="__str__ returned non-string")
    same(site(tuple, "ab"), ("a", "b"))
    same(site(len, "ab"), 2)

    class Text(str):
        pass
    same(type(site(Text, "a")), Text)
    site = fresh(one)
    same(warm(site, tuple, [1]), (1,))
    reaches(site, "CALL_TUPLE_1")
    t = (1, 2)
    same(site(tuple, t) is t, True)
    raises(TypeError, site, tuple, 5)
    same(site(list, (1,)), [1])

    class Pair(tuple):
        pass
    same(type(site(tuple, Pair((1, 2)))), tuple)
    same(type(site(Pair, (1, 2))), Pair)
    site = fresh(one)
    same(warm(site, type, 5), int)
    reaches(site, "CALL_TYPE_1")
    same(site(type, None), type(None))
    same(site(type, int), type)

    class Liar:
        @property
        def __class__(self):
            return int
    same(site(type, Liar()), Liar)
    same(site(list, "a"), ["a"])

    class Meta(type):
        pass
    raises(TypeError, site, Meta, 5)
    site = fresh(one)
    same(warm(site, int, "5"), 5)
    reaches(site, "CALL_BUILTIN_CLASS")
    raises(ValueError, site, int, "a")
    same(site(float, "1"), 1.0)
    same(site(dict, [(1, 2)]), {1: 2})
    same(site(lambda a: a, 1), 1)
    same(site(Text, 1) == "1", True)

    def several(a):
        return str(a, "utf-8"), type("Name", (), {"a": a}).a, tuple(), list(), dict(a=a)
    same(warm(several, b"x"), ("x", b"x", (), [], {"a": b"x"}))


def others():
    class Callable:
        def __call__(self, a):
            return ("called", a)

    site = fresh(one)
    same(warm(site, Callable(), 1), ("called", 1))
    reaches(site, "CALL_NON_PY_GENERAL")
    same(site(lambda a: a, 1), 1)
    same(site(Callable().__call__, 1), ("called", 1))
    Callable.__call__ = lambda self, a: ("changed", a)
    same(site(Callable(), 1), ("changed", 1))
    Callable.__call__ = None
    raises(TypeError, site, Callable(), 1)
    del Callable.__call__
    raises(TypeError, site, Callable(), 1, text="'Callable' object is not callable")
    import functools
    same(site(functools.partial(max, 5), 3), 5)
    same(site(len, "a"), 1)
    same(site(types.MethodType(max, 3), 5), 5)
    same(warm(site, functools.partial(max, 5), 3, times=60), 5)


# --- Keywords ---
def keywords():
    def function(a, key):
        return (a, key)

    def other(a, key=1, **rest):
        return ("other", a, key, rest)
    site = fresh(keyword)
    same(warm(site, function, 1, 2), (1, 2))
    reaches(site, "CALL_KW_PY")
    same(site(other, 1, 2), ("other", 1, 2, {}))
    raises(TypeError, site, lambda a: 1, 1, 2, text="got an unexpected keyword argument 'key'")
    raises(TypeError, site, lambda key: 1, 1, 2, text="got multiple values for argument 'key'")
    same(site(dict, {"a": 1}, 2), {"a": 1, "key": 2})
    raises(TypeError, site, None, 1, 2)
    function.__code__ = (lambda a, **rest: (a, rest)).__code__
    same(site(function, 1, 2), (1, {"key": 2}))

    class A:
        def method(self, a, key):
            return ("A", a, key)

    class B:
        def method(self, a, key=5, *, more=6):
            return ("B", a, key, more)

        @classmethod
        def make(cls, a, key):
            return (cls, a, key)

        @staticmethod
        def free(a, key):
            return (a, key)
    site = fresh(keyword)
    same(warm(site, A().method, 1, 2), ("A", 1, 2))
    reaches(site, "CALL_KW_BOUND_METHOD")
    same(site(B().method, 1, 2), ("B", 1, 2, 6))
    same(site(B.make, 1, 2), (B, 1, 2))
    same(site(B.free, 1, 2), (1, 2))
    A.method.__code__ = (lambda self, a, key: "code").__code__
    same(site(A().method, 1, 2), "code")
    A.method.__kwdefaults__ = {"x": 1}
    same(site(A().method, 1, 2), "code")

    def by_attribute(owner):
        return owner.method(1, key=2)
    same(warm(by_attribute, B()), ("B", 1, 2, 6))
    reaches(by_attribute, "CALL_KW_PY")

    site = fresh(keyword)
    same(warm(site, dict, {}, 1), {"key": 1})
    reaches(site, "CALL_KW_NON_PY")
    same(site(other, 1, 2), ("other", 1, 2, {}))
    same(site(max, [1, 5], lambda x: -x), 1)
    raises(TypeError, site, len, [1], 2, text="takes no keyword arguments")

    class Made:
        def __init__(self, a, key):
            self.both = a, key
    same(site(Made, 1, 2).both, (1, 2))

    def only_keywords(function):
        return function(a=1, b=2)
    same(warm(only_keywords, lambda *, b, a: (a, b)), (1, 2))
    same(only_keywords(lambda **rest: rest), {"a": 1, "b": 2})
    same(only_keywords(dict), {"a": 1, "b": 2})
    raises(TypeError, only_keywords, lambda b: b)


functions()
recursion()
bound_methods()
classes()
builtins_()
methods_of_builtins()
builtin_classes()
others()
keywords()
finish("CALL", "CALL_KW")
