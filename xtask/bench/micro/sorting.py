"""`sorted` and `list.sort`: of ints and strings, with a key function, in reverse, by a tuple."""

import pyperf


def numbers(n):
    out = []
    state = 12345
    for _ in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(state)
    return out


NUMBERS = numbers(20_000)
WORDS = [str(n) for n in NUMBERS]


def run():
    ascending = sorted(NUMBERS)
    descending = sorted(NUMBERS, reverse=True)
    by_key = sorted(NUMBERS, key=lambda n: n % 1000)
    words = sorted(WORDS)
    pairs = sorted((n & 255, n) for n in NUMBERS)
    return ascending[10], descending[10], by_key[10], words[10], pairs[10]


pyperf.Runner().bench_checked("sorting", run)
