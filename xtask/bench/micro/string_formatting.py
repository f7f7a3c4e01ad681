"""f-strings with and without format specifications, `%`, and `str.format`."""

import pyperf


def run():
    total = 0
    for i in range(50_000):
        ratio = i / 7
        total += len(f"{i}:{ratio:.3f} {i!r:>8}")
        total += len("%d of %s at %.2f" % (i, "all", ratio))
        total += len("{} {:>6} {name}".format(i, i & 255, name="end"))
        total += len(str(i)) + len(repr(ratio))
    return total


pyperf.Runner().bench_checked("string_formatting", run)
