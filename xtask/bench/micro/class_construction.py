"""Instances made by a class with `__init__`, by a subclass that calls `super().__init__`, and by a plain class."""

import pyperf


class Plain:
    pass


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Point3(Point):
    def __init__(self, x, y, z):
        super().__init__(x, y)
        self.z = z


def run():
    total = 0
    for i in range(150_000):
        plain = Plain()
        plain.n = i
        point = Point(i, 1)
        deep = Point3(i, 2, 3)
        total += plain.n + point.x + deep.z
    return total


pyperf.Runner().bench_checked("class_construction", run)
