"""Reads and writes of attributes: of an instance, of one with `__slots__`, of a class, through a property."""

import pyperf


class Point:
    scale = 2

    def __init__(self, x, y):
        self.x = x
        self.y = y

    @property
    def size(self):
        return self.x + self.y


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a = 0
        self.b = 1


def run():
    point = Point(1, 2)
    slotted = Slotted()
    for i in range(250_000):
        point.x = point.y + i
        point.y = point.x - point.scale
        slotted.a = slotted.b + point.x
        slotted.b = i
        if point.size < 0:
            point.y = 0
    return point.x, point.y, slotted.a, slotted.b


pyperf.Runner().bench_checked("attributes", run)
