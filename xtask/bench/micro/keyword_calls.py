"""Calls of a Python function with keyword arguments, also in another order and with keyword-only parameters."""

import pyperf


def box(left, top, width=1, height=1, *, scale=1):
    return (left + width) * scale - (top + height)


def run():
    total = 0
    for i in range(250_000):
        total += box(i, 2, height=3)
        total += box(i, width=4, top=5, scale=2)
    return total


pyperf.Runner().bench_checked("keyword_calls", run)
