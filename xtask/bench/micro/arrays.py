"""Arrays, bytearrays and memoryviews: index, store, slice, append, iteration."""

from array import array

import pyperf


def run():
    floats = array("d", [i * 0.5 for i in range(1000)])
    for _ in range(20):
        for i in range(1, 999):
            floats[i] = (floats[i - 1] + floats[i] + floats[i + 1]) / 3.0
    ints = array("l")
    for i in range(20_000):
        ints.append(i & 255)
    total = sum(ints) + len(ints[10:-10])
    marks = bytearray(5000)
    for i in range(2, 70):
        if not marks[i]:
            for k in range(i * i, 5000, i):
                marks[k] = 1
    view = memoryview(marks)
    ones = 0
    for i in range(0, 5000, 3):
        ones += view[i]
    return round(floats[500], 6), total, ones, bytes(view[:40]).hex()


pyperf.Runner().bench_checked("arrays", run)
