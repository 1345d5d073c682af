"""The wish to stop: an event that threads can wait for and asyncio can await, and the exception that carries it out.

Set by the reporter when a person asked for the job to be cancelled, or when the job is no longer this worker's to
work on. Knows nothing of how that was learnt.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator


class Cancelled(Exception):
    """Raised by :meth:`milepost.Job.bail_if_cancelled`.

    A ``with job:`` block that it leaves reports ``cancelled`` and lets it propagate, so that nothing after the block
    takes the work for done. It is an ``Exception``: Celery and thread pools know what to do with one.

    ``reason`` is ``asked`` (a person's wish), ``fenced`` (another worker has the job by now) or ``finished`` (the job
    has ended without us; it was given up as lost, for instance).
    """

    def __init__(self, reason: str = "asked") -> None:
        super().__init__(_WORDS.get(reason, reason))
        self.reason = reason


_WORDS = {
    "asked": "somebody asked for the job to be cancelled",
    "fenced": "another worker has taken the job over",
    "finished": "the job has ended without this worker",
}


class CancelEvent(threading.Event):
    """``is_set()``, ``wait(timeout)`` from any thread; ``await event`` in asyncio; true once it is set."""

    def __init__(self) -> None:
        super().__init__()
        #: Why: ``asked``, ``fenced`` or ``finished``; ``None`` until it is set.
        self.reason: str | None = None
        self._futures: list[asyncio.Future[None]] = []
        self._waiting = 0

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for it right now, so that it should be learnt soon."""
        return self._waiting > 0 or bool(self._futures)

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it is set, at most so many seconds. Whether it is."""
        self._waiting += 1
        try:
            return super().wait(timeout)
        finally:
            self._waiting -= 1

    def __bool__(self) -> bool:
        return self.is_set()

    def __await__(self) -> Generator[object, None, None]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> None:
        if self.is_set():
            return
        future = asyncio.get_running_loop().create_future()
        self._futures.append(future)
        try:
            if not self.is_set():  # it may have been, since the first look
                await future
        finally:
            self._futures.remove(future)

    def trip(self, reason: str) -> None:
        """Sets it, with the reason. The first one stays."""
        if self.reason is None:
            self.reason = reason
        self.set()

    def set(self) -> None:
        """Sets it: the program's own wish, where the reporter did not."""
        self.reason = self.reason or "asked"
        super().set()
        for future in list(self._futures):
            try:
                future.get_loop().call_soon_threadsafe(_settle, future)
            except RuntimeError:  # its loop is closed; nobody waits any more
                continue


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
