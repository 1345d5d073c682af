"""Counting without a lock, and exactly: every thread adds to a cell of its own, and the sum is what is reported.

``n += 1`` on a shared attribute is not atomic in every Python (3.9, free-threaded builds); a lock costs more than the
counting. Knows no job: a :class:`Count` is the number behind a phase, a job without phases, and a counter.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any

Cells = dict[Any, list[int]]


class Count:
    """A number that many threads raise."""

    __slots__ = ("_base", "_cells")

    def __init__(self) -> None:
        self._base = 0
        self._cells: Cells = {}

    def inc(self, n: int = 1) -> None:
        """Adds ``n``."""
        try:
            self._cells[get_ident()][0] += n
        except KeyError:
            self._cells[get_ident()] = [n]

    def set(self, value: int) -> None:
        """Makes it ``value``. Meant for one thread: what others add at the same moment may be lost."""
        self._base = value - self._sum()

    def value(self) -> int:
        """What it stands at."""
        return self._base + self._sum()

    def _sum(self) -> int:
        return sum([cell[0] for cell in list(self._cells.values())])

    def _lend(self) -> tuple[object, list[int]]:
        """A cell for one loop, which alone adds to it, and the key to give it back with."""
        key, cell = object(), [0]
        self._cells[key] = cell
        return key, cell

    def _take_back(self, key: object) -> None:
        """Keeps what the loop counted, without its cell. For a moment the sum is lower, never higher."""
        cell = self._cells.pop(key, None)
        if cell is not None:
            self.inc(cell[0])
