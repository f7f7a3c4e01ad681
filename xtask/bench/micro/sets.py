"""Sets: add, membership, union, intersection, difference."""

import pyperf


def run():
    seen = set()
    hits = 0
    for i in range(200_000):
        n = i * 31 & 16383
        if n in seen:
            hits += 1
        else:
            seen.add(n)
    small = set(range(0, 20_000, 3))
    return hits, len(seen | small), len(seen & small), len(seen - small)


pyperf.Runner().bench_checked("sets", run)
