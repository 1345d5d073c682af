"""A job, as the code that does the work sees it. Every call returns at once, and none raises for reasons of reporting.

Knows what can be said of a job and makes it fit; what is said goes to the job's line, and the engine's thread sends
it. Long because the whole surface of a job is in one place.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import traceback
from collections.abc import AsyncIterable, Generator, Iterable
from threading import get_ident
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal, TypeVar

from . import _limits as limits
from ._engine import ENGINE, GRACE
from ._line import Line, Report
from .cancel import CancelEvent, Cancelled
from .count import Count
from .phase import Phase, Tracked

if TYPE_CHECKING:
    from .reporter import Reporter

Level = Literal["info", "success", "warning", "error"]
T = TypeVar("T")
F = TypeVar("F", bound=IO[Any])

#: The innermost ``with job:`` around the code that asks.
current_job: contextvars.ContextVar[Job | None] = contextvars.ContextVar("milepost_job", default=None)


class Ending:
    """An ending that is on its way. ``wait`` or ``await`` it to know whether the service has it."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def wait(self, seconds: float = 10.0) -> bool:
        """Whether it was delivered within that time."""
        ENGINE.wait(lambda: self._line.stage == "over", seconds)
        return self._line.delivered

    def __await__(self) -> Generator[Any, None, bool]:
        return asyncio.get_running_loop().run_in_executor(None, self.wait).__await__()


class Job:
    """Made by :meth:`milepost.Reporter.job`; begins with ``with``, ``async with`` or :meth:`start`."""

    def __init__(self, reporter: Reporter, line: Line, retry_on: tuple[type[BaseException], ...] = ()) -> None:
        self._reporter, self._line = reporter, line
        self._retry_on = retry_on if isinstance(retry_on, type) else tuple(retry_on)
        self._phases: dict[str, Phase] = {}
        self._cells = line.work._cells
        self._begun = False
        self._outer: contextvars.Token[Job | None] | None = None
        #: What a ``with`` block that ends normally reports as the job's result.
        self.result: dict[str, Any] | None = None

    # Its life.

    @property
    def id(self) -> str:
        """The job's id: where to watch it."""
        return self._line.job

    def start(self) -> Job:
        """Creates and claims it, in the background. ``with`` does this by itself."""
        if not self._begun:
            self._begun = True
            self._reporter._begin(self._line)
        return self

    def known(self, seconds: float = 5.0) -> bool:
        """Waits until the service knows the job. Whether it does."""
        if self._begun and self._line.stage != "over":
            ENGINE.wait(lambda: self._line.known or self._line.stage == "over", seconds)
        return self._line.known

    def __enter__(self) -> Job:
        self.start()
        self._outer = current_job.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._outer is not None:
            with contextlib.suppress(ValueError):  # left in another context, as generators may be
                current_job.reset(self._outer)
            self._outer = None
        if error is None:
            self.complete(self.result)
        else:
            self._end_by(error)

    async def __aenter__(self) -> Job:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, where)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # the interpreter may be half gone
            if self._begun and self._line.ending is None:
                self.fail("worker_dropped", "the worker let go of the job without ending it", retryable=True)

    # What is counted.

    def phase(self, name: str, *, total: int | None = None, unit: str | None = None) -> Phase:
        """Ends the running phase and begins this one, reported at once. The same name again goes on counting."""
        return self._phase(name, unit, explicit=total)

    def _phase(self, name: str, unit: str | None, more: float | None = None, explicit: int | None = None) -> Phase:
        """``more`` is what a loop adds to the total, ``explicit`` a total that stays."""
        name = limits.word(name, limits.PHASE_NAME)
        with ENGINE.changed:
            phase = self._phases.get(name)
            if phase is None:
                phase = self._phases[name] = Phase(name)
            if explicit is not None:
                phase.total(explicit)
            if more is not None:
                phase._expect((), limits.count(more))
            if unit is not None:
                phase.unit(unit)
            if self._begun:
                self._line.enter(phase)
                self._cells = phase._cells
                ENGINE.changed.notify_all()
        return phase

    def inc(self, n: int = 1) -> None:
        """Adds to what is worked on now: the running phase, or the job."""
        try:  # Count.inc, without the cost of calling it
            self._cells[get_ident()][0] += n
        except KeyError:
            self._cells[get_ident()] = [n]

    def set(self, value: int) -> None:
        """How far it is."""
        self._line.work.set(value)

    def total(self, total: int | None) -> None:
        """Out of how much."""
        self._line.work.total(total)

    def unit(self, unit: str) -> None:
        """Of what."""
        self._line.work.unit(unit)

    def percent(self, value: float) -> None:
        """Where nothing can be counted: 0 to 100."""
        self._line.percent = max(0.0, min(100.0, limits.number(value)))

    def track(self, items: Iterable[T] | AsyncIterable[T], total: int | None = None) -> Tracked[T]:
        """The same items, for ``for`` or ``async for``, each counted when it is done."""
        return self._line.work.track(items, total)

    def read(self, file: F) -> F:
        """The same file; what is read from it is counted, in bytes, out of its size."""
        return self._line.work.read(file)

    def write(self, file: F) -> F:
        """The same file; what is written to it is counted, in bytes."""
        return self._line.work.write(file)

    def counter(self, name: str) -> Count:
        """A number of its own beside the bar, as ``added`` or ``failed``: a handle with ``inc`` and ``set``."""
        name = limits.word(name, limits.CODE)
        counters = self._line.counters
        if name not in counters:
            if len(counters) >= limits.COUNTERS:
                return Count()  # the service takes 32 names
            return counters.setdefault(name, Count())
        return counters[name]

    # What is told.

    def message(self, text: str) -> None:
        """The line of text that a person sees beside the bar."""
        self._line.message = limits.text(text, limits.MESSAGE)

    def metadata(self, values: dict[str, Any] | None = None, **more: Any) -> None:
        """Adds to the job's metadata."""
        found = limits.mapping({**(values or {}), **more}, limits.METADATA) or {}
        with ENGINE.changed:
            self._line.merge(found)

    def notice(self, level: Level, code: str, message: str, data: dict[str, Any] | None = None) -> None:
        """Something that happened and that a person should see: ``notice("warning", "bad_row", "line 88: …")``."""
        report: Report = {
            "type": "notice",
            "level": level if level in ("info", "success", "warning", "error") else "info",
            "code": limits.word(code, limits.CODE),
            "message": limits.text(message, limits.NOTICE),
        }
        if data:
            report["data"] = limits.mapping(data, limits.NOTICE_DATA)
        with ENGINE.changed:
            self._line.notice(report, ENGINE.room())

    def info(self, code: str, message: str, data: dict[str, Any] | None = None) -> None:
        """A notice."""
        self.notice("info", code, message, data)

    def success(self, code: str, message: str, data: dict[str, Any] | None = None) -> None:
        """A notice of something that went well."""
        self.notice("success", code, message, data)

    def warning(self, code: str, message: str, data: dict[str, Any] | None = None) -> None:
        """A notice of something that should be looked at."""
        self.notice("warning", code, message, data)

    def error(self, code: str, message: str, data: dict[str, Any] | None = None) -> None:
        """A notice of something that went wrong, and did not end the job."""
        self.notice("error", code, message, data)

    def child(self, kind: str, **options: Any) -> Job:
        """A job that is part of this one: the options are those of :meth:`milepost.Reporter.job`."""
        return self._reporter.job(kind, **{"parent": self.id, **options})

    # How it ends.

    @property
    def cancelled(self) -> CancelEvent:
        """Whether to stop, and why: an event for threads, awaitable in asyncio, true once it is set."""
        return self._line.cancel

    def bail_if_cancelled(self) -> None:
        """:raises Cancelled: where the job is to stop. Its ``with`` block reports that and lets it go on."""
        if self._line.cancel.is_set():
            raise Cancelled(self._line.cancel.reason or "asked")

    @property
    def ended(self) -> bool:
        """Whether an ending was given."""
        return self._line.ending is not None

    def complete(self, result: dict[str, Any] | None = None, message: str | None = None) -> Ending:
        """It is done. Of two endings the first one counts."""
        ending: Report = {"type": "completed"}
        if result is not None:
            ending["result"] = limits.mapping(result, limits.RESULT)
        return self._end(ending, message)

    def fail(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        details: dict[str, Any] | None = None,
    ) -> Ending:
        """It cannot be done. ``code`` is stable, ``message`` for people, ``retryable`` where trying again may help."""
        return self._end({"type": "failed", "error": _error(code, message, retryable, retry_after, details)})

    def cancel(self, message: str | None = None) -> Ending:
        """It was given up, as somebody asked, or unasked."""
        return self._end({"type": "cancelled"}, message)

    def retrying(
        self, code: str, message: str, *, retry_after: float | None = None, details: dict[str, Any] | None = None
    ) -> Ending:
        """This attempt is over; the job waits for the next, which whoever claims the same id begins."""
        return self._end({"type": "retrying", "error": _error(code, message, True, retry_after, details)})

    def _end(self, ending: Report, message: str | None = None) -> Ending:
        if message is not None:
            ending["message"] = limits.text(message, limits.MESSAGE)
        with ENGINE.changed:
            if self._line.end(ending):
                ENGINE.changed.notify_all()
        return Ending(self._line)

    def _end_by(self, error: BaseException) -> None:
        """The ending that an exception means."""
        ending = self._ending_of(error)
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            ending.wait(GRACE)  # the process is about to end, perhaps without asking anybody, as Celery's do

    def _ending_of(self, error: BaseException) -> Ending:
        kind, text = type(error).__name__, limits.text(error, limits.MESSAGE)
        if isinstance(error, Cancelled) or (isinstance(error, asyncio.CancelledError) and self.cancelled):
            return self.cancel(text or None)
        if isinstance(error, GeneratorExit):
            return self.cancel("given up before its end")
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return self.complete(self.result)
        if isinstance(error, self._retry_on):
            return self.retrying(kind, text or kind, details=_details(error))
        if isinstance(error, Exception):
            return self.fail(kind, text or kind, details=_details(error))
        return self.fail("interrupted", f"the worker was interrupted ({kind})", retryable=True)


def _error(
    code: str, message: str, retryable: bool, retry_after: float | None, details: dict[str, Any] | None
) -> Report:
    error: Report = {
        "code": limits.code(code),
        "message": limits.text(message, limits.MESSAGE),
        "retryable": bool(retryable),
    }
    if retry_after is not None:
        error["retry_after_seconds"] = limits.count(retry_after)
    if details:
        error["details"] = limits.mapping(details, limits.RESULT)
    return error


def _details(error: BaseException) -> dict[str, Any]:
    """The end of the traceback: where it happened. No values of variables."""
    with contextlib.suppress(Exception):
        lines = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        kind = type(error)
        return {"type": f"{kind.__module__}.{kind.__qualname__}", "traceback": lines[-6000:]}
    return {}
