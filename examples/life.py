"""Conway's game of life on an endless board.

Usage: taipan examples/life.py [GENERATIONS]
"""

import sys
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Board:
    """The living cells, as pairs of row and column."""

    cells: frozenset

    @classmethod
    def of_text(cls, text):
        rows = enumerate(text.splitlines())
        return cls(frozenset((row, column) for row, line in rows for column, char in enumerate(line) if char == "#"))

    def next(self):
        neighbours = Counter(
            (row + down, column + right)
            for row, column in self.cells
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if down or right
        )
        return Board(frozenset(
            cell for cell, count in neighbours.items() if count == 3 or (count == 2 and cell in self.cells)
        ))

    def __str__(self):
        if not self.cells:
            return "(nothing lives)"
        rows = [row for row, _ in self.cells]
        columns = [column for _, column in self.cells]
        return "\n".join(
            "".join("#" if (row, column) in self.cells else "." for column in range(min(columns), max(columns) + 1))
            for row in range(min(rows), max(rows) + 1)
        )


R_PENTOMINO = " ##\n## \n #\n"


def main():
    generations = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    board = Board.of_text(R_PENTOMINO)
    for _ in range(generations):
        board = board.next()
    print(board)
    print(f"{len(board.cells)} cells live after {generations} generations")


if __name__ == "__main__":
    main()
