# Frames of generators and coroutines: made, resumed, ended in the running loop and outside of it.
import gc
import sys
import types
import weakref


class Thing:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


print("== names")


def plain():
    yield 1


def renamed():
    yield 1


renamed.__name__ = "other"
renamed.__qualname__ = "Class.other"
first = renamed()
renamed.__name__ = "third"
second = renamed()
print(first.__name__, first.__qualname__, second.__name__, second.__qualname__, plain().__name__)
print(repr(first).split(" at ")[0], repr(plain()).split(" at ")[0])
generator = plain()
generator.__name__ = "set"
print(generator.__name__, generator.__qualname__)
generator.__qualname__ = "set.too"
print(generator.__name__, generator.__qualname__, list(generator), generator.__name__)
for value in 5, None:
    try:
        generator.__name__ = value
    except TypeError as error:
        print(error)
try:
    del generator.__qualname__
except TypeError as error:
    print(error)


async def coroutine():
    return 5


awaited = coroutine()
awaited.__name__ = "awaited"
print(awaited.__name__, awaited.__qualname__, awaited.close())


async def agen():
    yield 1


asynchronous = agen()
asynchronous.__qualname__ = "an.agen"
print(asynchronous.__name__, asynchronous.__qualname__)

print("== iterating")


class Tree:
    def __init__(self, left, value, right):
        self.left, self.value, self.right = left, value, right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right


def tree(values):
    if not values:
        return None
    middle = len(values) // 2
    return Tree(tree(values[:middle]), values[middle], tree(values[middle + 1:]))


print(list(tree(range(20))), [x for x in tree(range(5))], sum(x * x for x in tree(range(50))))
for _ in range(100):
    for value in tree(range(3)):
        pass
print(value)


class Arguments:
    def __iter__(self, more=3):
        yield more


class Many:
    def __iter__(self, *more):
        yield more


class Static:
    @staticmethod
    def __iter__():
        yield "static"


class Class:
    @classmethod
    def __iter__(cls):
        yield cls.__name__


class Wrong:
    def __iter__(self):
        return 5


class None_:
    __iter__ = None


class Needs:
    def __iter__(self, argument):
        yield argument


class Instance:
    def __init__(self):
        self.__iter__ = lambda: iter("ignored")

    def __iter__(self):
        yield "class"


def delegate(value):
    yield from value


for cls in Arguments, Many, Static, Class, Wrong, None_, Needs, Instance:
    for _ in range(3):
        try:
            result = [x for x in cls()], list(delegate(cls()))
        except TypeError as error:
            result = str(error)
    print(cls.__name__, result)


def temporary():
    for value in Tree(None, Thing("iterated"), None):
        print("sees", value.name)
    del value
    print("behind")


temporary()


class Deep:
    def __init__(self, inner):
        self.inner = inner

    def __iter__(self):
        for value in self.inner:
            yield value


deep = [1]
for _ in range(3000):
    deep = Deep(deep)
try:
    list(deep)
except RecursionError as error:
    print("RecursionError")
while isinstance(deep, Deep):
    deep = deep.inner

print("== ends")


def holds(thing):
    same = thing
    yield thing.name
    return same


def outer(name):
    result = yield from holds(Thing(name))
    print("result", result.name)
    del result
    yield "after"


for value in outer("twice"):
    print(value)


def many():
    a = b = c = Thing("shared")
    yield 1
    a = None
    yield 2


for value in many():
    print(value)


def raises():
    thing = Thing("local")
    yield 1
    raise ValueError("end")


try:
    for value in raises():
        print(value)
except ValueError as error:
    print(error, error.__traceback__.tb_next.tb_frame.f_code.co_name)
    error = None


def closure():
    captured = Thing("captured")

    def inner():
        yield captured.name

    return inner()


for value in closure():
    print(value)
print(sum(x for x in [Thing] if False), any(x > 2 for x in range(5)), all(x < 2 for x in range(5)))

names = ", ".join(f"v{i}" for i in range(300))
source = f"def wide():\n    {names} = range(300)\n    yield v0 + v299\n    {names} = reversed(range(300))\n    yield v0 - v299\n    return {names.split(', ')[7]}\n"
namespace = {}
exec(source, namespace)
for _ in range(3):
    print(list(namespace["wide"]()), [*delegate(namespace["wide"]())])
generator = namespace["wide"]()
print(next(generator), generator.close())


def handles():
    try:
        raise KeyError("handled")
    except KeyError:
        yield sys.exception()
        yield sys.exception()
    yield sys.exception()


try:
    raise ValueError("outside")
except ValueError:
    for value in handles():
        print(repr(value), repr(sys.exception()))
print(sys.exception())


def returns_in_handler():
    try:
        yield 1
        raise KeyError("inner")
    except KeyError:
        return sys.exception()


def shows():
    print(repr((yield from returns_in_handler())), sys.exception())
    yield


list(shows())

finished = plain()
reference = weakref.ref(finished)
list(finished)
print(gc.is_tracked(finished), finished.gi_frame, next(finished, "default"), reference() is finished)
del finished
print(reference())
running = None


def reenters():
    yield 1
    try:
        next(running)
    except ValueError as error:
        yield str(error)
    try:
        yield from running
    except ValueError as error:
        yield str(error)


running = reenters()
print(list(running))

print("== awaiting")


@types.coroutine
def suspend(value):
    return (yield value)


async def fibonacci(n):
    if n <= 1:
        return n
    return await fibonacci(n - 1) + await fibonacci(n - 2)


def drive(coroutine, *values):
    sent = []
    values = iter(values)
    value = None
    try:
        while True:
            sent.append(coroutine.send(value))
            value = next(values, None)
    except StopIteration as stop:
        return sent, stop.value


print(drive(fibonacci(12)))


async def twice():
    shared = suspend_once()
    first = await shared
    try:
        await shared
    except RuntimeError as error:
        print(error)
    return first


async def suspend_once():
    return await suspend("waiting")


print(drive(twice(), 5))


async def both():
    shared = suspend_once()

    async def waits():
        return await shared

    first, second = waits(), waits()
    print(first.send(None))
    try:
        second.send(None)
    except RuntimeError as error:
        print(error)
    first.close()


print(drive(both()))


class Asynchronous:
    def __init__(self, n):
        self.n = n

    async def __aiter__(self):
        for i in range(self.n):
            yield await suspend(i)


class WrongAsynchronous:
    async def __aiter__(self):
        return 5


async def loops():
    total = []
    async for value in Asynchronous(3):
        total.append(value)
    total += [value async for value in Asynchronous(2)]
    try:
        async for value in WrongAsynchronous():
            pass
    except TypeError as error:
        print(error)
    return total


import warnings

warnings.simplefilter("ignore")
print(drive(loops(), *"abcdefgh"))
coroutine = suspend_once()
print(coroutine.send(None), coroutine.cr_await.__name__, coroutine.cr_running, coroutine.cr_suspended)
try:
    coroutine.throw(KeyError("thrown"))
except KeyError as error:
    print(repr(error), coroutine.cr_frame, coroutine.cr_suspended)
