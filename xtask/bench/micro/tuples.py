"""Tuples: made, unpacked, swapped, compared, returned by a function."""

import pyperf


def halves(n):
    return n // 2, n - n // 2


def run():
    a, b = 0, 1
    larger = 0
    for i in range(300_000):
        a, b = b, a + 1
        low, high = halves(i)
        if (low, a) < (high, b):
            larger += 1
        first, *rest = (a, b, larger)
    return a, b, first, rest


pyperf.Runner().bench_checked("tuples", run)
