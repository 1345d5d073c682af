"""The one background thread of a process: wakes when something is due and lets each channel make its request.

Owns the lock under which jobs are changed (re-entrant, because a signal handler or the garbage collector may come in
at any point), the end of the process, and what becomes of all this in a forked child. Never raises into a job.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Callable

from . import _exit
from ._channel import Channel
from ._line import Line
from ._token import Source
from ._worker import worker_name

log = logging.getLogger("milepost")

#: Seconds that the end of a process waits for what has not been delivered.
GRACE = 5.0
#: Notices of all jobs that wait at most.
NOTICES = 20_000


class Engine:
    """What all reporters of the process share."""

    def __init__(self) -> None:
        self.changed = threading.Condition()  # on a re-entrant lock
        self._channels: dict[tuple[str, str, object], Channel] = {}
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    def channel(self, url: str, project: str, source: Source) -> Channel:
        """The channel of these; one for all who ask with the same. :raises ValueError: where ``url`` is none."""
        with self.changed:
            key = (url, project, source)
            if key not in self._channels:
                self._channels[key] = Channel(url, project, source)
            return self._channels[key]

    def begin(self, channel: Channel, line: Line) -> None:
        """Takes a line in, and starts the thread where it does not run."""
        with self.changed:
            line.worker = worker_name()
            channel.take_in(line)
            _exit.install(self.end_process)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="milepost", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError as error:  # the interpreter is going down, or there is no thread to be had
                    log.warning("nothing is reported: %s", error)
                    self._thread = None
            self.changed.notify_all()

    def room(self) -> int:
        """How many notices one job may keep waiting, so that all together stay within bounds."""
        lines = sum(len(channel.lines) for channel in self._channels.values())
        return NOTICES // max(1, lines)

    def wait(self, done: Callable[[], bool], seconds: float | None) -> bool:
        """Waits until ``done``, which is asked under the lock whenever something was answered."""
        with self.changed:
            return self.changed.wait_for(done, seconds)

    def flush(self, channels: list[Channel], seconds: float) -> bool:
        """Waits until everything that was said is delivered. Whether it is."""
        end = time.monotonic() + seconds

        def done() -> bool:
            return not any(channel.waits() for channel in channels)

        # In the first half notices go at their own pace.
        if self.wait(done, seconds / 2):
            return True
        with self.changed:
            for channel in channels:
                channel.hurry()
                for line in channel.lines:
                    line.hurry()
            self.changed.notify_all()
        return self.wait(done, max(0.0, end - time.monotonic()))

    def end_process(self, code: str, message: str, retryable: bool) -> None:
        """The process ends: jobs without an ending fail with this one; what waits is delivered, within limits."""
        with self.changed:
            channels = list(self._channels.values())
            for channel in channels:
                channel.hurry()
                for line in channel.lines:
                    line.end({"type": "failed", "error": {"code": code, "message": message, "retryable": retryable}})
            self.changed.notify_all()
        if self._thread is not None and self._thread.is_alive():
            self.flush(channels, GRACE)

    def forked(self) -> None:
        """In a child process: a new lock, no thread, and nothing of the parent's jobs."""
        self.changed = threading.Condition()
        self._thread = None
        for channel in self._channels.values():
            channel.forked()
        _exit.forked()

    def _run(self) -> None:
        _exit.leave_signals_to_others()
        while True:
            try:
                for channel in self._ready():
                    self._turn(channel)
            except Exception:  # a mistake of ours must not end the reports of the whole process
                log.exception("a report could not be sent")
                time.sleep(1)

    def _ready(self) -> list[Channel]:
        """Waits until something is due."""
        with self.changed:
            while True:
                now = time.monotonic()
                dues = [(due, c) for c in self._channels.values() if (due := c.due(now)) is not None]
                ready = [channel for due, channel in dues if due <= now]
                if ready:
                    return ready
                self.changed.wait(min((due for due, _ in dues), default=now + 3600) - now)

    def _turn(self, channel: Channel) -> None:
        with self.changed:
            channel.prepare(time.monotonic())
            if not channel.busy():
                return
        begun = time.monotonic()
        answer = channel.send()
        with self.changed:
            if answer is not None:
                channel.settle(answer, begun)
            self.changed.notify_all()


ENGINE = Engine()


def _before_fork() -> None:
    ENGINE.changed.acquire()


def _after_fork_in_parent() -> None:
    ENGINE.changed.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=ENGINE.forked)
