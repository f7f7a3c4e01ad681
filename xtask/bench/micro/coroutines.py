"""Coroutines that await coroutines, driven without an event loop."""

import pyperf


async def leaf(n):
    return n & 7


async def middle(n):
    return await leaf(n) + await leaf(n + 1)


async def main():
    total = 0
    for i in range(100_000):
        total += await middle(i)
    return total


def run():
    try:
        main().send(None)
    except StopIteration as end:
        return end.value


pyperf.Runner().bench_checked("coroutines", run)
