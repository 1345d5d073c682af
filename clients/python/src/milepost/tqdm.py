"""For code that uses tqdm: the same calls, and what they say goes to a job, too.

    from milepost.tqdm import tqdm

Inside a ``with job:`` block a bar is a phase of that job, named by its ``desc`` (without one it is the job's own
progress); bars inside bars are shown in the job's message, numbers of ``set_postfix`` are its counters. Elsewhere a
bar is a job by itself. A bar is drawn where there is a terminal, as tqdm draws it. ``disable=True`` silences both;
``disable=None`` only the drawing. Long because it has tqdm's whole surface.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from . import _bar
from .file import CountedFile
from .job import Job, current_job
from .phase import Phase
from .reporter import Reporter

T = TypeVar("T")

_open = threading.local()


def _stack() -> list[tqdm[Any]]:
    """The bars of this thread that are open, the outermost first."""
    found: list[tqdm[Any]] | None = getattr(_open, "bars", None)
    if found is None:
        found = _open.bars = []
    return found


class tqdm(Generic[T]):
    """A progress bar that reports. Options of tqdm's that are not named here are taken and change nothing."""

    #: Where a bar outside of any job reports to; ``None``: what the environment says.
    reporter: Reporter | None = None
    #: The kind of a job that a bar makes for itself.
    kind = "tqdm"
    _lock: Any = threading.RLock()

    def __init__(
        self,
        iterable: Iterable[T] | AsyncIterable[T] | None = None,
        desc: str | None = None,
        total: float | None = None,
        leave: bool | None = True,
        file: Any = None,
        ncols: int | None = None,
        mininterval: float = 0.1,
        maxinterval: float = 10.0,
        miniters: float | None = None,
        ascii: bool | str | None = None,
        disable: bool | None = False,
        unit: str = "it",
        unit_scale: bool | float = False,
        dynamic_ncols: bool = False,
        smoothing: float = 0.3,
        bar_format: str | None = None,
        initial: float = 0,
        position: int | None = None,
        postfix: Any = None,
        unit_divisor: float = 1000,
        *,
        job: Job | None = None,
        **options: Any,
    ) -> None:
        if total is None and iterable is not None:
            with contextlib.suppress(TypeError, AttributeError):
                total = len(iterable)  # type: ignore[arg-type]
        total = None if total == float("inf") else total
        self.iterable, self.desc, self.leave, self.unit = iterable, desc or "", leave, unit
        self.unit_scale, self.unit_divisor, self.ncols = unit_scale, unit_divisor, ncols
        self.mininterval, self.initial, self.postfix = mininterval, initial, ""
        self.disable = bool(disable)
        self.fp = sys.stderr if file is None else file
        self.ascii = _lacks_blocks(self.fp) if ascii is None else bool(ascii)
        self.pos = position if position is not None else len(_stack())
        self.start_t = self.last_print_t = time.time()
        self._draws = not self.disable and (file is not None or _is_terminal(self.fp))
        self._drawn, self._next = False, initial
        self._phase: Phase = Phase(None)
        self._key, self._cell = self._phase._lend()
        self._cell[0] = cast(int, initial)
        self._total: float | None = total
        self._job, self._own = job, False
        self._nested = False
        if not self.disable:
            self._attach()
            _stack().append(self)
        if postfix:
            self.set_postfix(postfix, refresh=False)
        if not self.disable:
            self.refresh()

    # What it counts.

    @property
    def n(self) -> Any:
        """How far it is."""
        return self._cell[0]

    @n.setter
    def n(self, value: Any) -> None:
        self._cell[0] = value

    @property
    def total(self) -> Any:
        """Out of how much."""
        return self._total

    @total.setter
    def total(self, value: Any) -> None:
        if self._phase._total is None:
            self._phase._expected += int(value or 0) - int(self._total or 0)
        self._total = value

    def update(self, n: float | None = 1) -> bool | None:
        """Adds ``n``. True where the bar was drawn anew."""
        if self.disable:
            return None
        cell = self._cell
        cell[0] += n  # type: ignore[operator,assignment]
        return self._look() if cell[0] >= self._next else None

    def __iter__(self) -> Iterator[T]:
        items = cast("Iterable[T]", self.iterable)
        if self.disable:
            yield from items
            return
        cell = self._cell
        try:
            for item in items:
                yield item
                cell[0] += 1
                if cell[0] >= self._next:
                    self._look()
        except GeneratorExit:
            self._end(broken=True)
            raise
        finally:
            self.close()

    async def __aiter__(self) -> AsyncIterator[T]:
        try:
            async for item in cast("AsyncIterable[T]", self.iterable):
                yield item
                self.update()
        finally:
            self.close()

    def reset(self, total: float | None = None) -> None:
        """Back to the start, for another round."""
        self._phase._take_back(self._key)
        self._key, self._cell = self._phase._lend()
        self._next = 0
        self._phase._expected += int(total if total is not None else self._total or 0)
        self._total = self._total if total is None else total
        self.start_t = time.time()
        self.refresh()

    # What it says.

    def set_description(self, desc: str | None = None, refresh: bool | None = True) -> None:
        """What stands before the bar. The phase keeps its name; the job's message says the new one."""
        self.set_description_str(f"{desc}: " if desc else "", refresh)

    def set_description_str(self, desc: str | None = None, refresh: bool | None = True) -> None:
        """The same, as it is."""
        self.desc = desc or ""
        if self._job is not None and self.desc:
            self._job.message(self.desc.removesuffix(": "))
        if refresh:
            self.refresh()

    def set_postfix(self, ordered_dict: Any = None, refresh: bool | None = True, **kwargs: Any) -> None:
        """What stands behind the bar. Numbers are counters of the job."""
        values = {**dict(ordered_dict or {}), **dict(sorted(kwargs.items()))}
        for name, value in values.items():
            if not isinstance(value, (str, bytes, bool)) and self._job is not None:
                with contextlib.suppress(TypeError, ValueError):
                    self._job.counter(name).set(float(value))  # type: ignore[arg-type]
        texts = {k: v if isinstance(v, str) else _bar.short(v) if _is_number(v) else str(v) for k, v in values.items()}
        self.set_postfix_str(", ".join(f"{key}={text.strip()}" for key, text in texts.items()), refresh)

    def set_postfix_str(self, s: str = "", refresh: bool | None = True) -> None:
        """The same, as it is."""
        self.postfix = str(s)
        if refresh:
            self.refresh()

    @classmethod
    def write(cls, s: str, file: Any = None, end: str = "\n", nolock: bool = False) -> None:
        """Prints a line without tearing the bars."""
        out = sys.stdout if file is None else file
        with cls.external_write_mode(file=out):
            out.write(s)
            out.write(end)

    @classmethod
    @contextlib.contextmanager
    def external_write_mode(cls, file: Any = None, nolock: bool = False) -> Iterator[None]:
        """Takes the bars away while something else is printed."""
        bars = [bar for bar in _stack() if bar._drawn]
        for bar in bars:
            bar.clear()
        try:
            yield
        finally:
            for bar in bars:
                bar.refresh()

    @classmethod
    @contextlib.contextmanager
    def wrapattr(
        cls, stream: Any, method: str, total: float | None = None, bytes: bool = True, **kw: Any
    ) -> Iterator[Any]:
        """The stream, what goes through it counted."""
        units = {"unit": "B", "unit_scale": True, "unit_divisor": 1024} if bytes else {}
        with cls(total=total, **{**units, **kw}) as bar:
            yield CountedFile(stream, bar.update)

    @classmethod
    def get_lock(cls) -> Any:
        """For programs that hand tqdm's lock on; drawing here needs none."""
        return cls._lock

    @classmethod
    def set_lock(cls, lock: Any) -> None:
        """The same."""
        cls._lock = lock

    # How it is drawn.

    @property
    def format_dict(self) -> dict[str, Any]:
        """What the line is made of."""
        elapsed = time.time() - self.start_t
        known = {"n": self.n, "total": self.total, "elapsed": elapsed, "ncols": self.ncols, "prefix": self.desc}
        more = {"ascii": self.ascii, "unit": self.unit, "unit_scale": self.unit_scale, "postfix": self.postfix or None}
        return {**known, **more, "unit_divisor": self.unit_divisor, "initial": self.initial}

    def __str__(self) -> str:
        elapsed = time.time() - self.start_t
        done = self.n - self.initial
        return _bar.line(
            self.n,
            self.total,
            elapsed,
            prefix=self.desc,
            postfix=self.postfix,
            unit=self.unit,
            unit_scale=self.unit_scale,
            divisor=self.unit_divisor,
            rate=done / elapsed if elapsed and done > 0 else None,
            columns=self._columns(),
            plain=self.ascii,
        )

    __repr__ = __str__

    def refresh(self, nolock: bool = False, lock_args: Any = None) -> bool:
        """Draws it now."""
        if not self.disable:
            self.display()
        return True

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Draws it, or ``msg`` in its place."""
        self.last_print_t = time.time()
        if self._nested and self._job is not None:
            self._job.message(f"{self.desc.removesuffix(': ') or self.unit}: {self.n}/{self.total or '?'}")
        if self._draws:
            self._drawn = True
            self._print(str(self) if msg is None else msg)
        return True

    def clear(self, nolock: bool = False) -> None:
        """Takes the line away."""
        if self._draws:
            self._print("")

    def unpause(self) -> None:
        """Leaves the time since the last drawing out of the elapsed time."""
        now = time.time()
        self.start_t += now - self.last_print_t
        self.last_print_t = now

    def close(self) -> None:
        """It is done. A job that the bar made for itself is completed."""
        self._end()

    def __enter__(self) -> tqdm[T]:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, where: Any) -> None:
        self._end(error)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self._end(broken=True)

    def __len__(self) -> int:
        if self.iterable is None:
            return cast(int, self.total)
        return len(self.iterable)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        if self.total is not None:
            return bool(self.total > 0)
        if self.iterable is None:
            raise TypeError("bool() undefined when iterable == total == None")
        return bool(self.iterable)

    def __contains__(self, item: object) -> bool:
        return item in cast("list[T]", self.iterable)

    # Inside.

    def _attach(self) -> None:
        """Finds the job to report to, and the place in it."""
        outer = next(iter(_stack()), None)
        job = self._job or current_job.get() or (outer._job if outer is not None else None)
        self._nested = outer is not None and job is outer._job
        if job is None:
            job = self._new_job()
            self._own = True
        self._job = job
        if self._nested:
            return
        # The phase is announced with its total, so that the first thing seen of it is whole.
        name = None if self._own else self.desc.strip().removesuffix(":")
        phase = job._phase(name, self.unit, self._total) if name else job._line.work
        initial = self.n
        self._phase = phase
        if not name:
            job.unit(self.unit)
            phase._expect(self.iterable, cast("int | None", self._total))
        self._key, self._cell = phase._lend()
        self._cell[0] = initial

    def _new_job(self) -> Job:
        if tqdm.reporter is None:
            tqdm.reporter = Reporter.from_env()
        script = Path(sys.argv[0] if sys.argv else "").name
        return tqdm.reporter.job(self.kind, title=self.desc or script or None, unit=self.unit).start()

    def _look(self) -> bool | None:
        """Draws it where the last time is long enough ago; sets how far to count until the next look."""
        now, n = time.time(), self._cell[0]
        elapsed = now - self.start_t
        # As many as make a fifth of the interval: looking at the clock costs more than counting.
        pace = (n - self.initial) / elapsed if elapsed > 0 else 0
        self._next = n + pace * self.mininterval / 5
        if now - self.last_print_t < self.mininterval:
            return None
        return self.display()

    def _end(self, error: BaseException | None = None, broken: bool = False) -> None:
        if self.disable:
            return
        self.disable = True
        bars = _stack()
        if self in bars:
            bars.remove(self)
        if self._drawn:
            self._print(str(self) if self.leave or (self.leave is None and self.pos == 0) else "", last=True)
        n, key = self._cell[0], self._key
        if not self._nested:
            self._phase._take_back(key)
            self._cell = [n]
        if self._own and self._job is not None:
            if error is not None:
                self._job._end_by(error)
            elif broken and (self.total is None or n < self.total):
                self._job.cancel(f"broken off at {n}" + (f" of {self.total}" if self.total else ""))
            else:
                self._job.complete()

    def _print(self, text: str, last: bool = False) -> None:
        with contextlib.suppress(Exception):  # a terminal that went away
            down, up = "\n" * self.pos, "\x1b[A" * self.pos
            end = "\n" if last and text and self.pos == 0 else up
            self.fp.write(f"{down}\r\x1b[K{text}{end}" if _is_terminal(self.fp) else f"{down}\r{text}{end}")
            self.fp.flush()

    def _columns(self) -> int | None:
        if self.ncols is not None:
            return self.ncols
        return shutil.get_terminal_size().columns - 1 if _is_terminal(self.fp) else None


def trange(*args: int, **options: Any) -> tqdm[int]:
    """``tqdm(range(…))``."""
    return tqdm(range(*args), **options)


def _is_terminal(file: Any) -> bool:
    try:
        return bool(file.isatty())
    except Exception:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or hasattr(value, "__float__")


def _lacks_blocks(file: Any) -> bool:
    return "utf" not in str(getattr(file, "encoding", None) or "").lower()
