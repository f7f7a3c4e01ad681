"""Generators: a loop over one, `yield from`, a generator expression, `send`."""

import pyperf


def count(n):
    for i in range(n):
        yield i


def chained(n):
    yield from count(n)
    yield from count(n)


def averager():
    total = 0
    while True:
        total += yield total


def run():
    total = 0
    for i in count(200_000):
        total += i
    for i in chained(50_000):
        total -= i
    total += sum(i & 3 for i in range(100_000))
    average = averager()
    next(average)
    for i in range(100_000):
        total += average.send(i) & 1
    return total


pyperf.Runner().bench_checked("generators", run)
