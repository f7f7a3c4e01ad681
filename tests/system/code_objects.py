"""Compiles a folder of sources and compares every code object with a table of CPython 3.14.2's, by hash.

usage: code_objects.py FOLDER TABLE

A row of the table, which is compressed with zlib, names a file and the names that lead to a code object in it, then the
first ten digits of four MD5 sums: of the code, of names and constants, of the exception table, and of the positions.
"""
import hashlib
import os
import sys
import zlib


def digest(data):
    return hashlib.md5(data).hexdigest()[:10]


def shown(constant):
    if hasattr(constant, "co_code"):
        return "<code>"
    if isinstance(constant, tuple):
        return f"({','.join(map(shown, constant))})"
    if isinstance(constant, frozenset):
        return f"{{{','.join(sorted(map(shown, constant)))}}}"
    return f"{type(constant).__name__}:{constant!r}"


def rows(code, path):
    names = [",".join(group) for group in (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)]
    numbers = [str(number) for number in (code.co_flags, code.co_stacksize, code.co_argcount)]
    summary = "|".join([*names, *numbers, ";".join(map(shown, code.co_consts))])
    parts = (
        code.co_code,
        summary.encode("utf-8", "surrogatepass"),
        code.co_exceptiontable,
        repr(list(code.co_positions())).encode(),
    )
    yield (path, *map(digest, parts))
    seen = {}
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            number = seen.get(constant.co_name, 0)
            seen[constant.co_name] = number + 1
            name = f"{constant.co_name}#{number}" if number else constant.co_name
            yield from rows(constant, f"{path}/{name}")


def main(folder, table):
    with open(table, "rb") as file:
        expected = [tuple(line.split("\t")) for line in zlib.decompress(file.read()).decode().splitlines()]
    found = set()
    for name in dict.fromkeys(row[0] for row in expected):
        with open(os.path.join(folder, name), "rb") as file:
            code = compile(file.read(), name, "exec", dont_inherit=True)
        found.update((name, *row) for row in rows(code, "<module>"))
    different = [row for row in expected if row not in found]
    for row in different[:10]:
        print("differs:", *row)
    print("equal:", len(expected) - len(different), "of", len(expected))


main(*sys.argv[1:])
