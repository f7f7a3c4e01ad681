"""A `for` loop over a range with float arithmetic."""

import pyperf


def run():
    x, v = 1.0, 0.0
    for _ in range(1_000_000):
        a = -x
        v += a * 0.001
        x += v * 0.001
    return round(x, 6), round(v, 6)


pyperf.Runner().bench_checked("float_loop", run)
