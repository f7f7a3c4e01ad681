"""Ints beyond a machine word: products, sums, powers, remainders, as text."""

import pyperf


def run():
    product = 1
    for i in range(1, 1_000):
        product *= i
    a, b = 0, 1
    for _ in range(5_000):
        a, b = b, a + b
    total = 0
    for i in range(20_000):
        total += (1 << 70) + i * (1 << 65)
        total %= (1 << 89) - 1
    return pow(3, 5_000, (1 << 127) - 1), len(str(product)), len(str(a)), total


pyperf.Runner().bench_checked("big_ints", run)
