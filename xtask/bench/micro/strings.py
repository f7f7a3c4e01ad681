"""Strings: concatenation, index, slices, `join`, `split`, `replace`, `find`, case, comparison."""

import pyperf

TEXT = "the quick brown fox jumps over the lazy dog " * 4


def run():
    total = 0
    text = ""
    for i in range(50_000):
        text += TEXT[i % len(TEXT)]
        if text[i] == "o" or text[-1:] == "q":
            total += 1
    for _ in range(3_000):
        words = TEXT.split()
        joined = "-".join(words)
        total += joined.replace("-", " ").find("lazy") + len(joined.upper())
        if words[0] < words[1] and joined.startswith("the") and "fox" in joined:
            total += 1
    return total, len(text), hash(text) == hash("".join(list(text)))


pyperf.Runner().bench_checked("strings", run)
