"""Lists: append, pop, index, store, slice, iteration."""

import pyperf


def run():
    numbers = []
    for i in range(200_000):
        numbers.append(i ^ 5)
    for i in range(1, len(numbers)):
        numbers[i] = numbers[i - 1] + numbers[i] & 1023
    total = 0
    for n in numbers:
        total += n
    total += sum(numbers[100:-100])
    while len(numbers) > 100_000:
        total -= numbers.pop()
    return total, numbers[-3:]


pyperf.Runner().bench_checked("lists", run)
