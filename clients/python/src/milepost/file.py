"""A file that counts the bytes that go through it. Everything else it hands on to the file it wraps."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO, Any, Callable, TypeVar, cast

F = TypeVar("F", bound=IO[Any])
Inc = Callable[[int], Any]


def counted(file: F, inc: Inc) -> tuple[F, int | None]:
    """The file as one that counts, and how many bytes there are left to read of it, where that can be known."""
    return cast(F, CountedFile(file, inc)), _left(file)


def _left(file: Any) -> int | None:
    try:
        left = os.fstat(file.fileno()).st_size
    except Exception:  # no file of the system's: a socket's, an archive's, one in memory
        try:
            left = file.getbuffer().nbytes
        except Exception:
            return None
    try:
        return max(0, int(left - file.tell())) or None
    except Exception:
        return left or None


def _size(data: Any) -> int:
    """Bytes of what was read or written; a text is counted as UTF-8."""
    if isinstance(data, str):
        return len(data) if data.isascii() else len(data.encode("utf-8", "replace"))
    return memoryview(data).nbytes if data else 0


class CountedFile:
    """What :meth:`Phase.read` and :meth:`Phase.write` give."""

    def __init__(self, file: Any, inc: Inc) -> None:
        self._file = file
        self._inc = inc

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> CountedFile:
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._file.__exit__(*error)

    def __iter__(self) -> Iterator[Any]:
        inc = self._inc
        for line in self._file:
            inc(_size(line))
            yield line

    def __next__(self) -> Any:
        return self._in(next(self._file))

    def read(self, *size: int) -> Any:
        return self._in(self._file.read(*size))

    def read1(self, *size: int) -> Any:
        return self._in(self._file.read1(*size))

    def readline(self, *size: int) -> Any:
        return self._in(self._file.readline(*size))

    def readlines(self, *hint: int) -> list[Any]:
        lines: list[Any] = self._file.readlines(*hint)
        self._inc(sum(map(_size, lines)))
        return lines

    def readinto(self, buffer: Any) -> int | None:
        read: int | None = self._file.readinto(buffer)
        self._inc(read or 0)
        return read

    def write(self, data: Any) -> Any:
        written = self._file.write(data)
        # A raw file says how much it took; a text file counts characters.
        exact = isinstance(written, int) and not isinstance(data, str)
        self._inc(written if exact else _size(data))
        return written

    def writelines(self, lines: Iterable[Any]) -> None:
        for line in lines:
            self.write(line)

    def _in(self, data: Any) -> Any:
        if data:
            self._inc(_size(data))
        return data
