"""Dicts: stores, reads, `get`, `in`, deletion, iteration; keys are strings and ints."""

import pyperf

WORDS = ["word%d" % n for n in range(100)]


def run():
    counts = {}
    for _ in range(1_000):
        for word in WORDS:
            counts[word] = counts.get(word, 0) + 1
    numbers = {}
    for i in range(100_000):
        numbers[i * 7] = i
    total = 0
    for key, value in numbers.items():
        total += key - value
    for i in range(0, 700_000, 14):
        if i in numbers:
            del numbers[i]
    return total, len(numbers), counts["word7"], sum(counts.values())


pyperf.Runner().bench_checked("dicts", run)
