"""Calls of methods of an instance, one of them inherited, and of a bound method kept in a local."""

import pyperf


class Base:
    def __init__(self):
        self.total = 0

    def add(self, n):
        self.total += n
        return self


class Counter(Base):
    def get(self):
        return self.total


def run():
    counter = Counter()
    add = counter.add
    for i in range(300_000):
        counter.add(i)
        add(-counter.get() // 2)
    return counter.total


pyperf.Runner().bench_checked("method_calls", run)
