"""The most frequent words of files, or of this program itself.

Usage: taipan examples/word_count.py [--top N] [FILE ...]
"""

import argparse
import collections
import pathlib
import re


def words(path):
    for line in path.open(encoding="utf-8"):
        yield from re.findall(r"[^\W\d_]+", line.lower())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--top", type=int, default=10, metavar="N", help="how many words are shown")
    parser.add_argument("files", nargs="*", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    counts = collections.Counter()
    for path in arguments.files or [pathlib.Path(__file__)]:
        counts.update(words(path))
    ranking = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    for word, count in ranking[:arguments.top]:
        print(f"{count:7,} {word}")


if __name__ == "__main__":
    main()
