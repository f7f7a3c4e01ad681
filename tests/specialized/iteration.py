"""FOR_ITER and SEND: lists, tuples, ranges, generators and coroutines, and what happens to them while they are iterated."""

import sys
import types

from sites import finish, raises, reaches, same, warm


def fresh(function):
    return types.FunctionType(function.__code__.replace(), globals(), function.__name__)


def collect(iterable):
    items = []
    for item in iterable:
        items.append(item)
    return items


def generate(n):
    for i in range(n):
        yield i
    return "done"


class Iterable:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


class Items(list):
    def __iter__(self):
        return iter("mine")


def every_pair():
    kinds = [
        (lambda: [1, 2, 3], [1, 2, 3]),
        (lambda: (1, 2, 3), [1, 2, 3]),
        (lambda: range(3), [0, 1, 2]),
        (lambda: generate(3), [0, 1, 2]),
        (lambda: "abc", ["a", "b", "c"]),
        (lambda: {1: 2, 3: 4}, [1, 3]),
        (lambda: Iterable(3), [2, 1, 0]),
        (lambda: Items([1]), ["m", "i", "n", "e"]),
        (lambda: [], []),
        (lambda: (), []),
        (lambda: range(0), []),
        (lambda: generate(0), []),
        (lambda: range(2**62 - 2, 2**62 + 2), [2**62 - 2, 2**62 - 1, 2**62, 2**62 + 1]),
        (lambda: range(-(2**62) + 1, -(2**62) - 3, -1), [-(2**62) + 1, -(2**62), -(2**62) - 1, -(2**62) - 2]),
        (lambda: range(2**63 - 2, 2**63 + 1), [2**63 - 2, 2**63 - 1, 2**63]),
        (lambda: range(10**30, 10**30 + 2), [10**30, 10**30 + 1]),
        (lambda: range(2**63 - 1, 2**63 - 4, -2), [2**63 - 1, 2**63 - 3]),
        (lambda: (i * 2 for i in range(3)), [0, 2, 4]),
        (lambda: enumerate("a"), [(0, "a")]),
    ]
    for make, wanted in kinds:
        site = fresh(collect)
        for _ in range(4):
            same(site(make()), wanted)
        for other, its in kinds:
            same(site(other()), its)
        same(site(make()), wanted)
    for bad in (None, 5, object()):
        raises(TypeError, fresh(collect), bad, text="is not iterable")


def members():
    for iterable, opcode in (
        ([1, 2], "FOR_ITER_LIST"),
        ((1, 2), "FOR_ITER_TUPLE"),
        (range(2), "FOR_ITER_RANGE"),
    ):
        site = fresh(collect)
        warm(site, iterable)
        reaches(site, opcode)
    site = fresh(collect)
    for _ in range(4):
        site(generate(2))
    reaches(site, "FOR_ITER_GEN")


def lists_that_change():
    def grow(items, limit):
        seen = []
        for item in items:
            seen.append(item)
            if len(items) < limit:
                items.append(item + 1)
        return seen
    same(warm(grow, [0], 5, times=1), [0, 1, 2, 3, 4])
    for _ in range(4):
        same(grow([0], 5), [0, 1, 2, 3, 4])

    def shrink(items):
        seen = []
        for item in items:
            seen.append(item)
            items.pop()
        return seen
    for _ in range(4):
        same(shrink([1, 2, 3, 4]), [1, 2])

    def clear(items):
        for item in items:
            items.clear()
        return item
    for _ in range(4):
        same(clear([1, 2, 3]), 1)

    def used_up(iterator, items):
        first = collect(iterator)
        items.append(5)
        return first, collect(iterator), next(iterator, "nothing")
    for _ in range(4):
        items = [1]
        same(used_up(iter(items), items), ([1], [], "nothing"))
    # The list is let go of when its iterator is used up.
    log = []

    class Loud:
        def __del__(self):
            log.append("dead")

    def temporary():
        for item in [Loud(), Loud()]:
            del item
        log.append("behind")
    for _ in range(3):
        temporary()
    same(log, ["dead", "dead", "behind"] * 3)
    log.clear()

    def of_tuple():
        for item in (Loud(),):
            item = None
        log.append("behind")
    for _ in range(3):
        of_tuple()
    same(log, ["dead", "behind"] * 3)

    def broken(items):
        for item in items:
            if item == 2:
                break
        else:
            return "else"
        return item
    same(warm(broken, [1, 2, 3]), 2)
    same(broken([1, 3]), "else")
    same(broken(generate(5)), 2)
    same(broken(generate(2)), "else")

    def nested(rows):
        total = 0
        for row in rows:
            for a, b in row:
                for c in range(a):
                    total += b
        return total
    same(warm(nested, [[(1, 2), (3, 4)], []]), 14)
    same(nested(([(1, 2)], ((2, 5) for _ in range(2)))), 22)


def generators():
    def total(n):
        result = 0
        for value in generate(n):
            result += value
        return result
    same(warm(total, 10), 45)
    reaches(total, "FOR_ITER_GEN")

    # A generator that runs already, that raised, that was closed, that is used up.
    def own():
        yield 1
        for item in me:
            yield item
    for _ in range(4):
        me = own()
        next(me)
        raises(ValueError, next, me, text="generator already executing")

    def step(iterator):
        for item in iterator:
            return item
        return "nothing"
    for _ in range(4):
        g = generate(2)
        same([step(g), step(g), step(g), step(g)], [0, 1, "nothing", "nothing"])
    g = generate(2)
    g.close()
    same(step(g), "nothing")

    def failing():
        yield 1
        raise KeyError("inside")
    for _ in range(4):
        f = failing()
        same(step(f), 1)
        raised = raises(KeyError, step, f, text="inside")
        names = []
        tb = raised.__traceback__
        while tb:
            names.append(tb.tb_frame.f_code.co_name)
            tb = tb.tb_next
        same(names, ["raises", "step", "failing"])
        same(step(f), "nothing")

    def stops():
        yield 1
        raise StopIteration(5)
    for _ in range(4):
        s = stops()
        same(step(s), 1)
        raises(RuntimeError, step, s, text="generator raised StopIteration")

    # Exceptions that are handled while generators are suspended.
    def handling():
        try:
            yield 1
            raise ValueError
        except ValueError:
            yield sys.exception().__class__
        yield sys.exception()

    def outside():
        seen = []
        try:
            raise KeyError
        except KeyError:
            for item in handling():
                seen.append((item.__class__.__name__, sys.exception().__class__.__name__))
        return seen
    for _ in range(4):
        same(outside(), [("int", "KeyError"), ("type", "KeyError"), ("KeyError", "KeyError")])

    # Deep chains of generators.
    def chain(n):
        if n:
            for item in chain(n - 1):
                yield item
        yield n
    same(warm(lambda: list(chain(20))), list(range(21)))

    def endless(n=0):
        for item in endless(n + 1):
            yield item
        yield n
    for _ in range(3):
        raises(RecursionError, list, endless())
    same(list(chain(20)), list(range(21)))

    # A loop whose generator is thrown into, and closed by the loop's end.
    log = []

    def guarded():
        try:
            yield 1
            yield 2
        finally:
            log.append("closed")

    def first():
        for item in guarded():
            return item
    for _ in range(4):
        same(first(), 1)
    same(log, ["closed"] * 4)

    def in_finally():
        seen = []
        try:
            for item in guarded():
                try:
                    if item == 2:
                        raise ValueError(item)
                finally:
                    seen.append(item)
        except ValueError as error:
            seen.append(repr(error))
        return seen
    for _ in range(4):
        same(in_finally(), [1, 2, "ValueError(2)"])

    # The frame of a generator seen from outside, with a frame object.
    def spy():
        yield sys._getframe().f_back.f_code.co_name
        yield sys._getframe().f_back.f_code.co_name
    for _ in range(4):
        same(collect(spy()), ["collect", "collect"])


def very_long_loop():
    """The way from a generator's return to behind the loop is more than 16 bits long."""
    for lines in (10, 34000):
        body = "        a = x\n" * lines
        source = f"def f(g):\n    n = 0\n    for x in g:\n{body}        n += 1\n    return n, a\n"
        namespace = {}
        exec(source, namespace)
        f = namespace["f"]
        for _ in range(4):
            same(f(generate(3)), (3, 2))
        same(f([5]), (1, 5))
        same(f(iter((6, 7))), (2, 7))


def sending():
    def inner():
        received = []
        while True:
            value = yield len(received)
            if value is None:
                return received
            received.append(value)

    def outer():
        return (yield from inner())

    def drive(make):
        g = make()
        seen = [g.send(None), g.send("a"), g.send("b")]
        try:
            g.send(None)
        except StopIteration as stop:
            seen.append(stop.value)
        return seen
    for _ in range(4):
        same(drive(outer), [0, 1, 2, ["a", "b"]])
    reaches(outer, "SEND_GEN")

    def delegate(iterable):
        result = yield from iterable
        return ("result", result)

    def run(g):
        items = []
        try:
            while True:
                items.append(g.send(None))
        except StopIteration as stop:
            return items, stop.value
    site = fresh(delegate)
    for _ in range(4):
        same(run(site(generate(2))), ([0, 1], ("result", "done")))
    reaches(site, "SEND_GEN")
    same(run(site([1, 2])), ([1, 2], ("result", None)))
    same(run(site(Iterable(2))), ([1, 0], ("result", None)))
    same(run(site(range(2))), ([0, 1], ("result", None)))
    same(run(site(())), ([], ("result", None)))
    used = generate(1)
    list(used)
    same(run(site(used)), ([], ("result", None)))

    class Sendable:
        def __iter__(self):
            return self

        def __next__(self):
            return "next"

        def send(self, value):
            raise StopIteration(("sent", value))
    g = site(Sendable())
    same(next(g), "next")
    stop = raises(StopIteration, g.send, 5)
    same(stop.value, ("result", ("sent", 5)))
    # Throwing through.
    def catching():
        while True:
            try:
                yield "waiting"
            except ValueError as error:
                yield f"caught {error}"
    for _ in range(4):
        g = site(catching())
        same(next(g), "waiting")
        same(g.throw(ValueError("x")), "caught x")
        same(next(g), "waiting")
        g.close()

    # A generator that sends to itself.
    def to_itself():
        yield 1
        yield from loop[0]
    for _ in range(4):
        loop = [to_itself()]
        same(next(loop[0]), 1)
        raises(ValueError, next, loop[0], text="generator already executing")

    def deep(n):
        if n:
            yield from deep(n - 1)
        yield n
    same(warm(lambda: list(deep(50))), list(range(51)))

    def endless():
        yield from endless()
    for _ in range(3):
        raises(RecursionError, list, endless())
    same(list(deep(50)), list(range(51)))


def coroutines():
    class Later:
        def __init__(self, value):
            self.value = value

        def __await__(self):
            got = yield self.value
            return got

    async def leaf(value):
        return await Later(value)

    async def middle(value):
        return (await leaf(value), await leaf(value + 1))

    def drive(coroutine):
        asked = []
        try:
            value = None
            while True:
                value = coroutine.send(value)
                asked.append(value)
                value = value * 10
        except StopIteration as stop:
            return asked, stop.value
    for _ in range(4):
        same(drive(middle(1)), ([1, 2], (10, 20)))
    reaches(middle, "SEND_GEN")

    async def awaits(thing):
        return await thing
    for _ in range(4):
        same(drive(awaits(leaf(3))), ([3], 30))
    same(drive(awaits(Later(4))), ([4], 40))
    coroutine = leaf(1)
    drive(coroutine)
    raises(RuntimeError, drive, awaits(coroutine), text="cannot reuse already awaited coroutine")
    raises(TypeError, drive, awaits(5))

    async def numbers(n):
        for i in range(n):
            await Later(i)
            yield i

    async def consume(n):
        seen = []
        async for item in numbers(n):
            seen.append(item)
        return seen, [item async for item in numbers(2)]
    for _ in range(4):
        same(drive(consume(2)), ([0, 1, 0, 1], ([0, 1], [0, 1])))

    class Manager:
        async def __aenter__(self):
            return await leaf(1)

        async def __aexit__(self, *error):
            return bool(await leaf(2))

    async def managed():
        async with Manager() as value:
            raise ValueError(value)
        return "swallowed"
    for _ in range(4):
        same(drive(managed()), ([1, 2], "swallowed"))


every_pair()
members()
lists_that_change()
generators()
very_long_loop()
sending()
coroutines()
finish("FOR_ITER", "SEND")
