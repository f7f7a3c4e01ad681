"""Exceptions raised and caught: in the same function, through calls, by a builtin type."""

import pyperf


class Stop(Exception):
    pass


def fail(n):
    if n & 1:
        raise Stop(n)
    return {}["missing"]


def through(n):
    return fail(n)


def run():
    total = 0
    for i in range(60_000):
        try:
            raise ValueError
        except ValueError:
            total += 1
        try:
            through(i)
        except Stop as stop:
            total += stop.args[0] & 7
        except KeyError as error:
            total += len(error.args)
    return total


pyperf.Runner().bench_checked("raise_and_catch", run)
