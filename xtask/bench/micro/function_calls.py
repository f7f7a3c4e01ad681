"""Calls of a Python function with positional arguments and with defaults."""

import pyperf


def add(a, b):
    return a + b


def scaled(a, factor=3, offset=1):
    return a * factor + offset


def run():
    total = 0
    for i in range(400_000):
        total = add(total, i)
        total -= scaled(i)
    return total


pyperf.Runner().bench_checked("function_calls", run)
