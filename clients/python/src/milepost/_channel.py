"""All jobs of one project at one service: one request at a time, repeated byte for byte until it is answered.

Knows when something is to be sent, how many of it fit into one request, and how long to wait where the service is
away. What a job says, and what an answer means to it, is the line's business. Only the engine's thread calls `turn`.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import _limits as limits
from ._http import Answer, Http
from ._line import Line, Report
from ._token import Source, Token

log = logging.getLogger("milepost")

#: Seconds between two requests with ticks.
TICK = 0.25
#: What one request carries at most. The service takes 1,000 reports and 1 MiB.
ITEMS = 900
BYTES = 900 << 10
#: Creations after which reports have their turn.
CREATIONS = 20
#: Jobs that wait at most, counting those that have ended.
LINES = 2000
#: The longest pause between two attempts, in seconds, and the longest that a Retry-After is obeyed.
PAUSE = 5.0
OBEYED = 60.0


@dataclass
class Request:
    """What is under way until it is answered."""

    method: str
    path: str
    body: bytes
    kind: str
    creates: Line | None = None
    reports: list[tuple[Line, Report]] = field(default_factory=list)


class Channel:
    """The way to one project."""

    def __init__(self, url: str, project: str, source: Source) -> None:
        """:raises ValueError: where ``url`` is no address."""
        self._http = Http(url)
        self._url, self._source = url, source
        self._path = f"/v1/projects/{project}"
        self._token = Token(source)
        self.lines: list[Line] = []
        self._waiting: deque[Request] = deque()
        self._tick = 0.0
        self._not_before = 0.0
        self._failures = 0
        self._created = 0
        self._connects = 0

    def due(self, now: float) -> float | None:
        """When the next request is to be made."""
        if self._waiting:
            return self._not_before
        times = [due for line in self._firsts() if (due := line.due(now, self._tick)) is not None]
        return max(min(times), self._not_before) if times else None

    def waits(self) -> bool:
        """Whether anything lies here that the service has not taken."""
        return bool(self._waiting) or any(line.waits() for line in self.lines)

    def hurry(self) -> None:
        """Somebody waits: long pauses are cut short."""
        self._not_before = min(self._not_before, time.monotonic() + random.uniform(0, 0.5))

    def take_in(self, line: Line) -> None:
        """One more. Where very many wait for a service that is away, the oldest that has ended is given up."""
        self.lines.append(line)
        if len(self.lines) > LINES:
            under_way = {id(request.creates) for request in self._waiting}
            old = next((other for other in self.lines if other.ending is not None and id(other) not in under_way), None)
            if old is not None:
                log.warning("job %s is given up: more than %d wait to be reported", old.job, LINES)
                old.close()
                self.lines.remove(old)

    def forked(self) -> None:
        """In a child process: the connection and the jobs are the parent's."""
        self._http.close()
        self._token = Token(self._source)
        self._waiting.clear()
        for line in self.lines:
            line.forked()
        self.lines.clear()
        self._not_before = self._tick = 0.0
        self._failures = 0

    def prepare(self, now: float) -> None:
        """Under the lock: decides what is sent next."""
        self.lines = [line for line in self.lines if line.stage != "over"]
        if self._waiting:
            return
        first = list(self._firsts())
        new = next((line for line in first if line.stage == "creating"), None)
        if new is not None and self._created < CREATIONS:
            self._created += 1
            self._create(new)
            return
        self._created = 0
        self._collect(first, now)
        if not self._waiting and new is not None:
            self._create(new)

    def busy(self) -> bool:
        """Whether a request is to be made, or made again."""
        return bool(self._waiting)

    def _firsts(self) -> Iterator[Line]:
        """One line for each id: where a job is run again, its last ending goes first."""
        seen: set[str] = set()
        for line in self.lines:
            if line.stage != "over" and line.job not in seen:
                seen.add(line.job)
                yield line

    def _create(self, line: Line) -> None:
        body = limits.encode(line.creation)
        path = f"{self._path}/jobs/{line.job}"
        self._waiting.append(Request("PUT", path, body, "application/json", creates=line))

    def _collect(self, lines: list[Line], now: float) -> None:
        """Puts what the lines have to say into as few requests as it fits."""
        ticks = now >= self._tick
        if ticks:
            self._tick = now + TICK
        reports = []
        for line in lines:
            taken = line.take(now, ticks)
            if taken:
                line.heard(now)
                reports += [(line, report) for report in taken]
        while reports:
            reports = self._batch(reports)

    def _batch(self, reports: list[tuple[Line, Report]]) -> list[tuple[Line, Report]]:
        """Makes a request of the first of them; the rest."""
        body, taken = bytearray(), 0
        for _, report in reports[:ITEMS]:
            item = limits.encode(report)
            if taken and len(body) + len(item) > BYTES:
                break
            body += item + b"\n"
            taken += 1
        request = Request("POST", f"{self._path}/reports", bytes(body), "application/x-ndjson")
        request.reports = reports[:taken]
        self._waiting.append(request)
        return reports[taken:]

    def send(self) -> Answer | None:
        """Without the lock: makes the request. ``None`` where nothing certain is known about it."""
        request = self._waiting[0]
        try:
            headers = {"content-type": request.kind, "user-agent": "milepost-python", **self._token.header()}
        except Exception as error:
            self._away(f"no token could be had: {error!r}")
            return None
        try:
            return self._http.send(request.method, request.path, request.body, headers)
        except OSError as error:
            self._away(str(error) or repr(error))
            return None

    def settle(self, answer: Answer, now: float) -> None:
        """Under the lock: takes the answer to the request that is under way."""
        request = self._waiting[0]
        if self._http.connects != self._connects:
            if self._connects:
                for line in self.lines:
                    line.forget()
            self._connects = self._http.connects
        if answer.status == 401 and self._token.renewable and self._failures == 0:
            self._token.refused()
            self._failures = 1
        elif answer.status in (401, 408, 429) or answer.status >= 500 or not _ours(request, answer):
            self._token.refused()
            self._away(answer.detail, answer.retry_after)
        elif answer.status == 413 and len(request.reports) > 1:
            self._halve(request)
        else:
            self._answered(request, answer, now)

    def _answered(self, request: Request, answer: Answer, now: float) -> None:
        if self._failures > 2:
            log.info("%s answers again", self._url)
        self._failures = 0
        self._waiting.popleft()
        if request.creates is not None:
            if answer.status < 300:
                request.creates.created()
            else:
                request.creates.uncreated(answer.code, answer.detail)
            return
        answers = answer.body["items"] if answer.status < 300 else [answer.body] * len(request.reports)
        again: dict[int, tuple[Line, list[Report]]] = {}
        # Backwards, the ending first: where it has been taken, a repeated tick before it is "finished", and no matter.
        for (line, report), item in reversed(list(zip(request.reports, answers))):
            if line.stage != "over":
                again.setdefault(id(line), (line, []))[1][:0] = line.hear(report, item, now)
        for line, reports in again.values():
            if reports and line.stage != "over":
                line.again(reports)

    def _halve(self, request: Request) -> None:
        """A smaller limit than ours, of a proxy perhaps."""
        self._waiting.popleft()
        later = list(self._waiting)
        self._waiting.clear()
        middle = len(request.reports) // 2
        for half in (request.reports[:middle], request.reports[middle:]):
            while half:
                half = self._batch(half)
        self._waiting.extend(later)

    def _away(self, why: str, asked: float | None = None) -> None:
        """Full jitter: anywhere from at once to twice as long as the last time."""
        self._failures += 1
        if self._failures == 3:
            log.warning("%s does not take reports, still trying: %s", self._url, why)
        pause = random.uniform(0.02, min(PAUSE, 0.25 * 2 ** min(self._failures, 10)))
        if asked is not None:
            pause += min(asked, OBEYED)
        self._not_before = time.monotonic() + pause


def _ours(request: Request, answer: Answer) -> bool:
    """Whether it was the service that answered, and this request: not a proxy's page."""
    body: Any = answer.body
    if answer.status >= 300:
        return bool(answer.code)
    if request.creates is not None:
        return isinstance(body, dict) and "data" in body
    items = body.get("items") if isinstance(body, dict) else None
    return isinstance(items, list) and len(items) == len(request.reports) and all(isinstance(i, dict) for i in items)
