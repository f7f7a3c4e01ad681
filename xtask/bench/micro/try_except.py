"""`try` blocks that nothing leaves by an exception: `except`, `finally`, `with`."""

import pyperf


class Guard:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False


def run():
    total = 0
    guard = Guard()
    for i in range(300_000):
        try:
            total += i
        except ValueError:
            total = 0
        try:
            total -= 1
        finally:
            total += 2
        with guard:
            total ^= 1
    return total


pyperf.Runner().bench_checked("try_except", run)
