"""List, set and dict comprehensions, with and without a condition, and nested."""

import pyperf


def run():
    total = 0
    for i in range(20):
        squares = [n * n for n in range(5_000)]
        odd = [n for n in squares if n & 1]
        pairs = [(a, b) for a in range(50) for b in range(50)]
        places = {n: i for n in range(2_000)}
        rests = {n % 97 for n in odd}
        total += len(odd) + len(pairs) + len(places) + len(rests) + squares[i]
    return total


pyperf.Runner().bench_checked("comprehensions", run)
