"""Dispatch is a jump: a thread with little native stack runs every opcode many times."""

import threading

from sites import finish, same


class Base:
    table = (1, 2)

    def method(self, a):
        return a

    def keyword(self, a, key=0):
        return a + key


class Point(Base):
    kind = "point"

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def method(self, a):
        return super().method(a)

    @property
    def total(self):
        return self.x

    def __getitem__(self, key):
        return key


class Slotted:
    __slots__ = ("a",)
    constant = 5

    def get(self):
        return self.a


class Meta(type):
    pass


class Made(metaclass=Meta):
    x = 1


class Proxy:
    def __getattribute__(self, name):
        return name


class Wide:
    def __init__(self):
        for i in range(40):
            self.__dict__[f"a{i}"] = i


def generate(n):
    for i in range(n):
        yield i


def delegate(n):
    yield from generate(n)


def add(a, b):
    return a + b


def default(a, b=1):
    return a


def loop(n):
    point, slotted, wide, proxy, error = Point(1, 2), Slotted(), Wide(), Proxy(), ValueError()
    wide.x = 1
    items, pair, triple, table, names, text = [1, 2, 3], (1, 2), (1, 2, 3), {"a": 1, 2: 3}, {1, 2}, "text"
    bound = point.method
    empty, nothing, words, growing = [], None, "", ""
    for i in range(n):
        a, b = pair
        a, b, c = triple
        a, b, c = items
        d = 1.5
        d = d + 1.5
        d = d - 1.5
        d = d * 1.0
        d = d / 2.0 + i
        d < 1.5
        e = i + 1
        e = e - 1
        e = e * 3
        e = e & 255 | 1 ^ 2
        e = e >> 1 << 2
        e = e // 3 % 7
        e < i
        text == words
        text != "other"
        growing = growing + "" if i & 1 else ""
        growing += "x"
        f = items[1] + pair[1] + table["a"] + table[2]
        f = text[1]
        items[0] = i
        table["b"] = i
        i in names
        i in table
        point.x = i
        slotted.a = i
        wide.x = i
        f = point.x, slotted.a, wide.x, Made.x, Point.kind, point.table, slotted.constant, point.total, proxy.name
        f = threading.current_thread
        f = point[i]
        f = point.method(i), slotted.get(), bound(i), error.add_note
        f = point.keyword(i, key=1), add(i, 1), default(i), len(items), len(text), isinstance(i, int), type(i), str(i)
        f = tuple(items), int("5"), abs(i), max(i, 1), text.upper(), text.find("x"), items.index(i), text.split()
        f = Point(i, 1)
        items.append(i)
        items.pop()
        f = -i
        if empty or nothing or words or not i or not point or not items or not text:
            f = False
        while f:
            f = None
        if f is None:
            f = i
        if f is not None:
            f = 1
        if i % 50 == 0:
            for f in generate(3):
                pass
            for f in delegate(3):
                pass
            for f in pair:
                pass
            for f in items:
                pass
            for f in names:
                pass
    for f in generate(n):
        pass
    for f in delegate(n):
        pass
    for f in range(n):
        f = pair
    return n


ended = []
threading.stack_size(256 * 1024)
thread = threading.Thread(target=lambda: ended.append(loop(20000)))
thread.start()
thread.join()
threading.stack_size(0)
same(ended, [20000])
finish()
