"""Runs a program and reports its hot loops: what they became, and what is left to check in them.

    python -m hotloops [--json FILE] PROGRAM [ARGUMENT ...]
    python -m hotloops [--json FILE] -m MODULE [ARGUMENT ...]
    python -m hotloops [--json FILE] -c COMMAND [ARGUMENT ...]

The report goes to the standard error stream when the program has ended, or as JSON into FILE.
docs/hot-loops.md describes both.
"""

import _hotloops
import argparse
import os
import runpy
import sys
import types

__all__ = ["start", "report", "main"]

start = _hotloops.start
report = _hotloops.report


def _parser():
    parser = argparse.ArgumentParser(
        prog="hotloops", description="Run a program and report its hot loops."
    )
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON into FILE")
    parser.add_argument("-m", dest="module", action="store_true",
                        help="PROGRAM is the name of a module")
    parser.add_argument("-c", dest="command", action="store_true",
                        help="PROGRAM is the text of a program")
    parser.add_argument("program", metavar="PROGRAM", help="a Python file, or a folder or zip file")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER,
                        help="what the program finds in sys.argv")
    return parser


def _run_command(text):
    _hotloops.add_source("<string>", text)
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    exec(compile(text, "<string>", "exec"), vars(main))


def _write(file):
    sys.stdout.flush()
    if file is None:
        sys.stderr.write(report())
        sys.stderr.flush()
        return
    try:
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(report(json=True))
    except OSError as error:
        sys.stderr.write(f"hotloops: {error}\n")


def main(arguments=None):
    """Run the program that the arguments name, and report."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.module and options.command:
        parser.error("-m and -c exclude each other")
    file = None if options.json is None else os.path.abspath(options.json)
    sys.argv[:] = [options.program, *options.arguments]
    start()
    try:
        if options.command:
            sys.argv[0] = "-c"
            _run_command(options.program)
        elif options.module:
            runpy.run_module(options.program, run_name="__main__", alter_sys=True)
        else:
            sys.path[0] = os.path.dirname(os.path.realpath(options.program))
            runpy.run_path(options.program, run_name="__main__")
    finally:
        _write(file)


if __name__ == "__main__":
    main()
