"""Operators that a class defines: `__add__`, `__eq__`, `__lt__`, `__getitem__`, `__len__`, `__call__`, `__bool__`."""

import pyperf


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __lt__(self, other):
        return self.x < other.x

    def __getitem__(self, index):
        return self.y if index else self.x

    def __len__(self):
        return 2

    def __call__(self, n):
        return n + 1

    def __bool__(self):
        return self.x != 0


def run():
    total = 0
    step = Vector(1, 2)
    here = Vector(0, 0)
    for _ in range(60_000):
        here = here + step
        if here == step or here < step:
            total += 1
        total += here[0] + here[1] + len(here) + here(1)
        if not here:
            total = 0
    return total


pyperf.Runner().bench_checked("operators", run)
