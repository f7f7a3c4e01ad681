"""Calls through `*args` and `**kwargs`, as decorators make them."""

import functools

import pyperf


def passed_on(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@passed_on
def combine(a, b, c=0):
    return a + b * c


def run():
    total = 0
    for i in range(200_000):
        total += combine(i, 2)
        total += combine(i, 2, c=3)
    return total


pyperf.Runner().bench_checked("star_calls", run)
