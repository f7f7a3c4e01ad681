"""fib(32): a function that calls itself."""

import pyperf


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def run():
    return fib(32)


pyperf.Runner().bench_checked("fib_32", run)
