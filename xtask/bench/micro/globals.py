"""Reads and writes of globals, and reads of builtins."""

import pyperf

LIMIT = 1000
count = 0


def run():
    global count
    count = 0
    for i in range(500_000):
        if i % LIMIT < len("abc"):
            count += 1
        count = abs(count)
    return count


pyperf.Runner().bench_checked("globals", run)
