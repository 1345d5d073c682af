"""A phase of a job, or a job without phases: what is counted, out of how much, in what unit.

Only counts; when and how that is reported is the line's business. Nothing here takes a lock or waits.
"""

from __future__ import annotations

import operator
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import IO, Any, Generic, TypeVar, cast

from . import _limits as limits
from .count import Count
from .file import counted

T = TypeVar("T")
F = TypeVar("F", bound=IO[Any])


class Phase(Count):
    """What is being worked on. Phases end when the next one begins, or the job ends; ``with`` is for the eye."""

    __slots__ = ("_expected", "_total", "_unit", "name")

    def __init__(self, name: str | None, total: int | None = None, unit: str | None = None) -> None:
        super().__init__()
        self.name = name
        self._total = total
        self._unit = unit
        self._expected = 0

    def total(self, total: int | None) -> None:
        """Out of how much."""
        self._total = total

    def unit(self, unit: str) -> None:
        """Of what: ``rows``, ``files``, ``bytes``."""
        self._unit = unit

    def track(self, items: Iterable[T] | AsyncIterable[T], total: int | None = None) -> Tracked[T]:
        """The same items, for ``for`` or ``async for``, each counted when it is done.

        The total is ``total``, else what ``len`` says, else it stays unknown.
        """
        return Tracked(self, items, self._expect(items, total))

    def read(self, file: F) -> F:
        """The same file; what is read from it is counted, in bytes, out of its size."""
        return self._bytes(file, size=True)

    def write(self, file: F) -> F:
        """The same file; what is written to it is counted, in bytes."""
        return self._bytes(file, size=False)

    def __enter__(self) -> Phase:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        return None

    def phase_report(self) -> dict[str, Any]:
        """The report that starts it."""
        fields = self.fields()
        del fields["current"]
        return {"type": "phase", "name": self.name, **{k: v for k, v in fields.items() if v is not None}}

    def fields(self) -> dict[str, Any]:
        """As a progress report has it."""
        total = self._total if self._total is not None else self._expected or None
        return {
            "current": limits.count(self.value()),
            "total": None if total is None else limits.count(total),
            "unit": None if self._unit is None else limits.text(self._unit, limits.UNIT),
        }

    def _expect(self, items: object, total: int | None) -> int | None:
        """Counts what a loop will do in; where no total was given, the total is the sum of the loops."""
        if total is None:
            try:
                hint = operator.length_hint(items, -1)
            except Exception:  # a __len__ of theirs that raises
                hint = -1
            total = hint if hint >= 0 else None
        if total is not None and self._total is None:
            self._expected = max(self._expected, limits.count(self.value())) + total
        return total

    def _bytes(self, file: F, size: bool) -> F:
        if self._unit is None:
            self._unit = "bytes"
        found, length = counted(file, self.inc)
        if size and length is not None and self._total is None:
            self._expected += length
        return found


class Tracked(Generic[T]):
    """Items that are counted as they are done. Each loop over it goes through the items once."""

    def __init__(self, phase: Phase, items: Iterable[T] | AsyncIterable[T], total: int | None) -> None:
        self._phase, self._items, self._total = phase, items, total

    def __len__(self) -> int:
        if self._total is None:
            raise TypeError("the number of items is not known")
        return self._total

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[T]:
        items = cast("Iterable[T]", self._items)
        key, cell = self._phase._lend()
        try:
            for item in items:
                yield item
                cell[0] += 1
        finally:
            self._phase._take_back(key)

    async def __aiter__(self) -> AsyncIterator[T]:
        items = cast("AsyncIterable[T]", self._items)
        key, cell = self._phase._lend()
        try:
            async for item in items:
                yield item
                cell[0] += 1
        finally:
            self._phase._take_back(key)
