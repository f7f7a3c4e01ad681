"""Regular expressions: match, search, findall, split, sub with a function."""

import re

import pyperf

WORD = re.compile(r"[A-Za-z_]\w*")
NUMBER = re.compile(r"(?P<sign>[-+]?)(?P<digits>\d+)(?:\.(\d+))?")
LINE = re.compile(r"^(\w+)\s*=\s*(.*?)\s*(?:#.*)?$", re.MULTILINE)


def run():
    text = "\n".join(f"name_{i} = {i * 7}.{i % 10} + other  # comment {i}" for i in range(300))
    words = WORD.findall(text)
    total = sum(int(match["digits"]) for match in NUMBER.finditer(text))
    lines = LINE.findall(text)
    doubled = NUMBER.sub(lambda match: str(int(match[2]) * 2), text)
    pieces = re.split(r"[\s=+#]+", text)
    found = sum(1 for piece in pieces if re.fullmatch(r"name_\d+|other", piece))
    swapped = re.sub(r"(\w+) = (\d+)", r"\2 = \1", text)
    return len(words), total, lines[5], len(doubled), len(pieces), found, swapped[:30]


pyperf.Runner().bench_checked("regexes", run)
