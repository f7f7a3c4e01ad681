"""Calls of builtin functions and classes: `len`, `isinstance`, `min`, `abs`, `int`, `str`, `ord`, `zip`, `enumerate`."""

import pyperf


def run():
    total = 0
    word = "taipan"
    for i in range(150_000):
        if isinstance(i, int) and not isinstance(word, (bytes, list)):
            total += len(word) + abs(-i) + min(i, 100) + ord(word[i % 6])
        total += int("7") + max(1, 2, i & 3)
    for _ in range(10_000):
        for n, (a, b) in enumerate(zip(word, "python")):
            if a == b:
                total += n
    return total


pyperf.Runner().bench_checked("builtin_calls", run)
