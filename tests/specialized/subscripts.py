"""Subscripts, containment, and sequences taken apart."""

import types

from sites import finish, raises, reaches, same, warm


def get(container, key):
    return container[key]


def put(container, key, value):
    container[key] = value
    return container


def has(item, container):
    return item in container


def lacks(item, container):
    return item not in container


def fresh(function):
    return types.FunctionType(function.__code__.replace(), globals(), function.__name__)


class Items(list):
    def __getitem__(self, key):
        return ("mine", key)

    def __setitem__(self, key, value):
        self.append((key, value))


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


def sequences():
    for container, opcode, kind in (
        ([10, 20, 30], "BINARY_OP_SUBSCR_LIST_INT", "list"),
        ((10, 20, 30), "BINARY_OP_SUBSCR_TUPLE_INT", "tuple"),
        ("xyz", "BINARY_OP_SUBSCR_STR_INT", "string"),
    ):
        site = fresh(get)
        same(warm(site, container, 1), container.__getitem__(1))
        reaches(site, opcode)
        for index in (-1, -2, -3, True, Index(2), 0, 2):
            same(site(container, index), container.__getitem__(index))
        for index in (3, -4, 2**62, -(2**62), 2**62 - 1):
            raises(IndexError, site, container, index, text=f"{kind} index out of range")
        raises(IndexError, site, container, 10**30, text="cannot fit 'int' into an index-sized integer")
        raises(TypeError, site, container, 1.0)
        raises(TypeError, site, container, None)
        same(site(container, slice(1, None)), container[1:])
        same(site({1: 2}, 1), 2)
        same(site(Items(), 1), ("mine", 1))
        same(site(b"ab", 1), 98)
        same(site(range(5), -1), 4)
        raises(TypeError, site, 5, 1, text="'int' object is not subscriptable")
    site = fresh(get)
    warm(site, "abc", 1)
    same(site("aéĉ😀", 3), "😀")
    same(site("aéĉ😀", 1), "é")
    same(site("a\udc80", 1), "\udc80")
    # Containers that die here.
    def temporary(n):
        return [n, n + 1][1], (n, n + 1)[0], ("a" + str(n))[1]
    same(warm(temporary, 5), (6, 5, "5"))

    def item_of_temporary():
        return [[object()], [1]][1]
    same(warm(item_of_temporary), [1])
    log = []

    class Loud:
        def __del__(self):
            log.append(1)

    def kept():
        return [Loud(), Loud()][0]
    for _ in range(4):
        kept()
    same(len(log), 8)
    # The list shrinks.
    items = [1, 2, 3]
    site = fresh(get)
    warm(site, items, 2)
    items.pop()
    raises(IndexError, site, items, 2)
    items.clear()
    raises(IndexError, site, items, -1)


def slices():
    site = fresh(get)
    items = [1, 2, 3, 4]
    same(warm(site, items, slice(1, 3)), [2, 3])
    reaches(site, "BINARY_OP_SUBSCR_LIST_SLICE")
    same(site(items, slice(None, None, -1)), [4, 3, 2, 1])
    raises(ValueError, site, items, slice(None, None, 0))
    raises(TypeError, site, items, slice("a", None))
    same(site((1, 2), slice(1)), (1,))
    same(site("abc", slice(1)), "a")
    same(site(Items(), slice(1)), ("mine", slice(1)))
    same(site(items, 0), 1)

    class Shrinking:
        def __init__(self, items):
            self.items = items

        def __index__(self):
            self.items.clear()
            return 1
    items = [1, 2, 3]
    same(site(items, slice(Shrinking(items), None)), [])


def dicts():
    site = fresh(get)
    table = {"a": 1, 2: "two", None: 3, (1, 2): 4}
    same(warm(site, table, "a"), 1)
    reaches(site, "BINARY_OP_SUBSCR_DICT")
    for key in (2, None, (1, 2), 2.0):
        same(site(table, key), table.get(key))
    same(site(table, "".join(["a"])), 1)
    same(raises(KeyError, site, table, "b").args, ("b",))
    same(raises(KeyError, site, table, (5, 6)).args, ((5, 6),))
    raises(TypeError, site, table, [])
    del table["a"]
    raises(KeyError, site, table, "a")

    class Missing(dict):
        def __missing__(self, key):
            return ("missing", key)
    same(site(Missing(), "a"), ("missing", "a"))
    import collections
    same(site(collections.defaultdict(list), "a"), [])
    same(site([5], 0), 5)

    class Key:
        def __init__(self, name):
            self.name = name

        def __hash__(self):
            return hash(self.name)

        def __eq__(self, other):
            log.append(self.name)
            if clears:
                table.clear()
            return self.name == other
    log = []
    clears = True
    table = {"k": [1]}
    raises(KeyError, site, table, Key("k"))
    same(log, ["k"])
    clears = False
    table = {"k": [1]}
    same(site(table, Key("k")), [1])

    class Bad:
        __hash__ = object.__hash__

        def __hash__(self):
            raise ValueError("no hash")
    raises(ValueError, site, table, Bad())

    def temporary(key):
        return {"a": [1], "b": [2]}[key]
    same(warm(temporary, "a"), [1])

    def joined(a, b):
        return names[a + b]
    names = {"ab": 5}
    same(warm(joined, "a", "b"), 5)




def getitems():
    class Getter:
        def __getitem__(self, key):
            return ("got", key)

    site = fresh(get)
    g = Getter()
    same(warm(site, g, 1), ("got", 1))
    reaches(site, "BINARY_OP_SUBSCR_GETITEM")
    Getter.__getitem__ = lambda self, key: ("changed", key)
    same(site(g, 1), ("changed", 1))
    Getter.__getitem__ = lambda self, key, extra=3: ("extra", extra)
    same(site(g, 1), ("extra", 3))
    Getter.__getitem__ = lambda *args: len(args)
    same(site(g, 1), 2)
    Getter.__getitem__ = lambda self: 1
    raises(TypeError, site, g, 1)

    def generator(self, key):
        yield key
    Getter.__getitem__ = generator
    same(list(site(g, 1)), [1])
    Getter.__getitem__ = dict(a=1).get
    same(site(g, "a"), 1)
    del Getter.__getitem__
    raises(TypeError, site, g, 1, text="'Getter' object is not subscriptable")
    g.__getitem__ = lambda key: "instance"
    raises(TypeError, site, g, 1)

    class Base:
        def __getitem__(self, key):
            return "base"

    class Derived(Base):
        pass

    class Other(Base):
        def __getitem__(self, key):
            return "other"
    site = fresh(get)
    d = Derived()
    same(warm(site, d, 1), "base")
    same(site(Other(), 1), "other")
    Base.__getitem__ = lambda self, key: "changed"
    same(site(d, 1), "changed")
    Derived.__getitem__ = lambda self, key: "own"
    same(site(d, 1), "own")
    same(site(Base(), 1), "changed")
    d.__class__ = Other
    same(site(d, 1), "other")
    Derived.__getitem__.__code__ = (lambda self, key: "code").__code__
    same(site(Derived(), 1), "code")
    Derived.__getitem__.__code__ = (lambda self, *keys: keys).__code__
    same(site(Derived(), 1), (1,))
    same(site(Derived(), (1, 2)), ((1, 2),))

    def failing(self, key):
        raise LookupError(key)
    Derived.__getitem__ = failing
    same(raises(LookupError, site, Derived(), 5).args, (5,))
    # The container dies in the call.
    log = []

    class Loud:
        def __getitem__(self, key):
            return key

        def __del__(self):
            log.append(1)

    def temporary(key):
        return Loud()[key]
    same(warm(temporary, 5), 5)
    reaches(temporary, "BINARY_OP_SUBSCR_GETITEM")
    same(len(log), 4)
    # A subscript that is part of an augmented assignment, and a class subscript.
    class Counter:
        def __init__(self):
            self.values = {}

        def __getitem__(self, key):
            return self.values.get(key, 0)

        def __setitem__(self, key, value):
            self.values[key] = value

    def count(counter, keys):
        for key in keys:
            counter[key] += 1
        return counter.values
    same(warm(count, Counter(), "aab"), {"a": 8, "b": 4})


def stores():
    site = fresh(put)
    same(warm(site, [1, 2, 3], 1, "x"), [1, "x", 3])
    reaches(site, "STORE_SUBSCR_LIST_INT")
    same(site([1, 2, 3], -1, "y"), [1, 2, "y"])
    same(site([1, 2, 3], True, "y"), [1, "y", 3])
    raises(IndexError, site, [1], 1, 0, text="list assignment index out of range")
    raises(IndexError, site, [1], -2, 0)
    raises(IndexError, site, [], 0, 0)
    raises(IndexError, site, [1], 10**30, 0)
    raises(TypeError, site, [1], "a", 0)
    raises(TypeError, site, (1,), 0, 0, text="'tuple' object does not support item assignment")
    raises(TypeError, site, None, 0, 0)
    same(site([1, 2, 3], slice(0, 2), "ab"), ["a", "b", 3])
    same(site({}, 1, 2), {1: 2})
    same(list.__getitem__(site(Items(), 1, 2), 0), (1, 2))
    same(site(bytearray(b"abc"), 1, 65), bytearray(b"aAc"))

    # The old value's finalizer changes the list.
    class Loud:
        def __init__(self, items):
            self.items = items

        def __del__(self):
            log.append(list(self.items))
            self.items.clear()
    log = []
    items = []
    for i in range(5):
        items[:] = [Loud(items), "other"]
        site(items, 0, i)
        same(items, [])
    same(log, [[i, "other"] for i in range(5)])

    site = fresh(put)
    same(warm(site, {}, "a", 1), {"a": 1})
    reaches(site, "STORE_SUBSCR_DICT")
    same(site({1: 1}, 1.0, 2), {1: 2})
    raises(TypeError, site, {}, [], 1)
    same(site([1], 0, 2), [2])

    class Table(dict):
        def __setitem__(self, key, value):
            super().__setitem__(key, (value, value))
    same(dict(site(Table(), 1, 2)), {1: (2, 2)})
    import collections
    same(dict(site(collections.OrderedDict(), 1, 2)), {1: 2})
    same(site(collections.deque([1]), 0, 5), collections.deque([5]))

    def into_itself():
        items = [None]
        items[0] = items
        table = {}
        table["me"] = table
        return items[0] is items and table["me"] is table
    same(warm(into_itself), True)

    def temporary():
        [1, 2][0] = object()
        {}["a"] = [1]
        return True
    same(warm(temporary), True)


def containment():
    site, other = fresh(has), fresh(lacks)
    same(warm(site, 1, {1: 2}), True)
    same(warm(other, 1, {1: 2}), False)
    reaches(site, "CONTAINS_OP_DICT")
    same(site(2, {1: 2}), False)
    same(other(2, {1: 2}), True)
    raises(TypeError, site, [], {})
    same(site(1, [1]), True)
    same(site("a", "abc"), True)
    raises(TypeError, site, 1, "abc")
    raises(TypeError, site, 1, 1)
    site, other = fresh(has), fresh(lacks)
    same(warm(site, 1, {1}), True)
    same(warm(other, 1, {1}), False)
    reaches(site, "CONTAINS_OP_SET")
    same(site(1, frozenset({1})), True)
    same(site(2, frozenset({1})), False)
    same(site({1}, {frozenset({1})}), True)
    raises(TypeError, site, [], {1})

    class Set(set):
        def __contains__(self, item):
            return "yes"

    class Table(dict):
        def __contains__(self, item):
            return []
    same(site(5, Set()), True)
    same(site(5, Table()), False)
    same(other(5, Table()), True)

    class Nothing:
        def __eq__(self, other):
            raise ValueError("compared")

        def __hash__(self):
            return hash("a")
    raises(ValueError, site, Nothing(), {"a"})
    raises(ValueError, fresh(has), Nothing(), {"a": 1})

    def temporary(n):
        return n in {n: [1]}, n in {n, str(n)}, n in frozenset([n])
    same(warm(temporary, 5), (True, True, True))


def unpacking():
    def two(value):
        a, b = value
        return b, a

    def three(value):
        a, b, c = value
        return c, b, a

    def one(value):
        (a,) = value
        return a

    def empty(value):
        () = value
        return "empty"

    site = fresh(two)
    same(warm(site, (1, 2)), (2, 1))
    reaches(site, "UNPACK_SEQUENCE_TWO_TUPLE")
    raises(ValueError, site, (1,), text="not enough values to unpack (expected 2, got 1)")
    raises(ValueError, site, (1, 2, 3), text="too many values to unpack (expected 2")
    raises(TypeError, site, 5, text="cannot unpack non-iterable int object")
    same(site([1, 2]), (2, 1))
    same(site("ab"), ("b", "a"))
    same(site({1: 0, 2: 0}), (2, 1))
    same(site(x for x in (1, 2)), (2, 1))

    class Pair(tuple):
        def __iter__(self):
            return iter("xy")

    class Items(list):
        def __iter__(self):
            return iter("xyz")
    same(site(Pair((1, 2))), ("y", "x"))
    site = fresh(three)
    same(warm(site, (1, 2, 3)), (3, 2, 1))
    reaches(site, "UNPACK_SEQUENCE_TUPLE")
    raises(ValueError, site, (1, 2))
    raises(ValueError, site, ())
    raises(ValueError, site, (1, 2, 3, 4))
    same(site([1, 2, 3]), (3, 2, 1))
    site = fresh(three)
    same(warm(site, [1, 2, 3]), (3, 2, 1))
    reaches(site, "UNPACK_SEQUENCE_LIST")
    raises(ValueError, site, [1, 2])
    raises(ValueError, site, [1, 2, 3, 4])
    same(site((1, 2, 3)), (3, 2, 1))
    same(site(Items()), ("z", "y", "x"))
    site = fresh(one)
    same(warm(site, (1,)), 1)
    same(site([2]), 2)
    site = fresh(empty)
    same(warm(site, ()), "empty")
    same(warm(site, []), "empty")
    raises(ValueError, site, (1,))
    raises(ValueError, site, [1])

    # What dies while it is taken apart.
    log = []

    class Loud:
        def __init__(self, name):
            self.name = name

        def __del__(self):
            log.append(self.name)

    def pair(n):
        return Loud(n), [n]

    def results(n):
        a, b = pair(n)
        return a.name, b
    for i in range(4):
        same(results(i), (i, [i]))
    same(log, [0, 1, 2, 3])

    def lists(n):
        a, b, c = [Loud(n), n, str(n)]
        d, e = [n] * 2
        return a.name, b, c, d, e
    for i in range(4):
        same(lists(i), (i, i, str(i), i, i))

    def swap(a, b):
        for _ in range(3):
            a, b = b, a
        return a, b
    same(warm(swap, 1, 2), (2, 1))

    def nested(value):
        (a, b), [c, (d, e)] = value
        return a, b, c, d, e
    same(warm(nested, ((1, 2), [3, (4, 5)])), (1, 2, 3, 4, 5))
    same(nested(["ab", (1, [2, 3])]), ("a", "b", 1, 2, 3))
    # The list is also the target.
    def into(items):
        items[0], items[1] = items
        return items
    same(warm(into, [1, 2]), [1, 2])


sequences()
slices()
dicts()
getitems()
stores()
containment()
unpacking()
finish("STORE_SUBSCR", "CONTAINS_OP", "UNPACK_SEQUENCE")
