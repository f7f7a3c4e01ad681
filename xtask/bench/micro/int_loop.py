"""A `while` loop over small ints: arithmetic and comparison of locals."""

import pyperf


def run():
    total = 0
    i = 0
    while i < 1_000_000:
        if i & 3 == 1:
            total += i * 3
        else:
            total -= i // 7
        i += 1
    return total


pyperf.Runner().bench_checked("int_loop", run)
