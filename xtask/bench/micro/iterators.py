"""zip, enumerate, map, filter, reversed, any and all, and itertools."""

import itertools

import pyperf


def run():
    left, right = list(range(3000)), list(range(3000, 0, -1))
    total = 0
    for a, b in zip(left, right):
        total += a * b & 15
    for index, value in enumerate(right):
        total += index ^ value
    total += sum(map(abs, map(int.__neg__, left)))
    total += sum(filter(lambda n: n % 3 == 0, left))
    for value in reversed(left):
        total -= value & 3
    total += any(value > 2990 for value in left) + all(value >= 0 for value in left)
    for value in itertools.islice(itertools.chain(left, right), 10, 5000, 2):
        total += value & 7
    for key, group in itertools.groupby(left, lambda n: n >> 4):
        total += key + len(list(group))
    pairs = sum(1 for a, b in itertools.product(range(40), repeat=2) if a < b)
    steps = list(itertools.accumulate(left))[-1]
    return total, pairs, steps, list(itertools.combinations("abcd", 2))[-1]


pyperf.Runner().bench_checked("iterators", run)
