"""What pyperformance's scripts need of pyperf, in one process and without statistics.

A benchmark is run in rounds until its seconds are over. Each prints one line, tab-separated: RESULT, its name, and the
best, the median and the first round's seconds for one run. The first round is what a cold start costs; the others
are compared. BENCH_SECONDS in the environment says how long a benchmark may take.

With BENCH_CHECK in the environment nothing is measured: each benchmark runs a few times, and prints what it gives as
CHECK lines.
"""

import argparse
import os
import re
import statistics
import sys
import time

perf_counter = time.perf_counter

LEAST_ROUNDS = 3
ROUND_SECONDS = 0.05
CHECKED_RUNS = 3


def without_addresses(value):
    return re.sub(r" at 0x[0-9a-f]+", " at", ascii(value))[:1000]


def python_implementation():
    return sys.implementation.name


def python_has_jit():
    return False


class Runner:
    def __init__(self, values=None, processes=None, add_cmdline_args=None, **options):
        self.argparser = argparse.ArgumentParser()
        self.metadata = {}
        self.args = None

    def parse_args(self, args=None):
        if self.args is None:
            self.args = self.argparser.parse_args(args)
        return self.args

    def bench_func(self, name, func, *args, inner_loops=None, metadata=None):
        def seconds_of(loops):
            start = perf_counter()
            for _ in range(loops):
                func(*args)
            return perf_counter() - start

        if self._checks(name, func, *args):
            return None
        self._run(name, seconds_of, inner_loops)
        return None

    def bench_checked(self, name, func):
        """For programs of our own: prints what the function gives, so that interpreters can be compared."""
        print("CHECK", name, ascii(func()), sep="\t", flush=True)
        self.bench_func(name, func)

    def bench_time_func(self, name, time_func, *args, inner_loops=None, metadata=None):
        self._run(name, lambda loops: time_func(loops, *args), inner_loops)
        return None

    def bench_async_func(self, name, func, *args, inner_loops=None, loop_factory=None, metadata=None):
        import asyncio

        if self._checks(name, lambda: asyncio.run(func(*args))):
            return None

        async def main(loops):
            start = perf_counter()
            for _ in range(loops):
                await func(*args)
            return perf_counter() - start

        def seconds_of(loops):
            if loop_factory is None:
                return asyncio.run(main(loops))
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                return runner.run(main(loops))

        self._run(name, seconds_of, inner_loops)
        return None

    def timeit(self, name, stmt=None, setup="pass", teardown="pass", inner_loops=None, globals=None, **options):
        import timeit

        timer = timeit.Timer(stmt, setup, globals=globals)
        self._run(name, timer.timeit, inner_loops)
        return None

    def bench_command(self, name, command):
        """Start-up is measured from outside."""
        return None

    def _checks(self, name, func, *args):
        """Whether results are wanted: then the function runs, and its results are printed."""
        if "BENCH_CHECK" not in os.environ:
            return False
        self.parse_args()
        for _ in range(CHECKED_RUNS):
            print("CHECK", name, without_addresses(func(*args)), sep="\t", flush=True)
        return True

    def _run(self, name, seconds_of, inner_loops):
        self.parse_args()
        if "BENCH_CHECK" in os.environ:
            seconds_of(CHECKED_RUNS)
            print("CHECK", name, "done", sep="\t", flush=True)
            return
        budget = float(os.environ.get("BENCH_SECONDS", "2"))
        begin = perf_counter()
        loops = 1
        rounds = []
        while True:
            seconds = seconds_of(loops)
            rounds.append(seconds / loops / (inner_loops or 1))
            spent = perf_counter() - begin
            if spent > budget and (len(rounds) >= LEAST_ROUNDS or spent > 3 * budget):
                break
            if seconds < ROUND_SECONDS:
                # Later rounds may be quicker than the first; so the step is at most tenfold.
                wanted = ROUND_SECONDS / max(seconds / loops, 1e-9)
                loops = max(loops, min(int(wanted) + 1, loops * 10))
        warm = rounds[1:] or rounds
        fields = [min(warm), statistics.median(warm), rounds[0]]
        print("RESULT", name, *("%.9g" % field for field in fields), sep="\t", flush=True)
