"""Closures: a cell that inner functions read and write, and the making of new ones."""

import pyperf


def counter():
    count = 0

    def step(n):
        nonlocal count
        count += n
        return count

    return step


def adder(n):
    return lambda m: n + m


def run():
    step = counter()
    total = 0
    for i in range(250_000):
        total += step(i) & 7
        total += adder(i)(1)
    return total


pyperf.Runner().bench_checked("closures", run)
