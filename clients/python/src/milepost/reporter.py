"""Where to report to. Makes jobs, and without a service makes jobs that say nothing, so that code need not branch."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any, Callable, Union

from . import _limits as limits
from ._channel import Channel
from ._engine import ENGINE
from ._line import Line, Report
from ._token import Source, TokenFile
from ._worker import new_id
from .job import Job

log = logging.getLogger("milepost")

PhasePlan = Union[str, Mapping[str, Any]]


class Reporter:
    """One project at one service. Cheap: reporters of one place share a connection, all of a process one thread.

    ``token`` is a text, or a function that gives one and is called again shortly before it expires and when it was
    refused. It needs the scopes ``create`` and ``report``.
    """

    def __init__(
        self, url: str | None, project: str | None = None, token: str | Callable[[], str] | None = None
    ) -> None:
        """:raises ValueError: where ``url`` is no address, or ``project`` cannot be one. ``None``: says nothing."""
        self._made_of = (url, project, token)
        self._channel: Channel | None = None
        if url:
            if project is None or not limits.is_name(project):
                raise ValueError(f"{project!r} cannot be a project: it must match [A-Za-z0-9][A-Za-z0-9._-]{{0,63}}")
            self._channel = ENGINE.channel(url, project, token)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process has a connection of its own."""
        return Reporter, self._made_of

    @classmethod
    def from_env(cls) -> Reporter:
        """From MILEPOST_URL, MILEPOST_PROJECT, and MILEPOST_TOKEN or MILEPOST_TOKEN_FILE.

        MILEPOST_SERVER is taken for MILEPOST_URL; without either it says nothing. With settings that cannot be it
        says so in the log, and then nothing.
        """
        get = os.environ.get
        path = get("MILEPOST_TOKEN_FILE")
        token: Source = get("MILEPOST_TOKEN") or (TokenFile(path) if path else None)
        try:
            return cls(get("MILEPOST_URL") or get("MILEPOST_SERVER"), get("MILEPOST_PROJECT"), token)
        except ValueError as error:
            log.warning("nothing is reported: %s", error)
            return cls.off()

    @classmethod
    def off(cls) -> Reporter:
        """One that says nothing; every call works all the same."""
        return cls(None)

    @property
    def silent(self) -> bool:
        """Whether it says nothing."""
        return self._channel is None

    def job(
        self,
        kind: str,
        *,
        id: str | None = None,
        title: str | None = None,
        subject: str | None = None,
        owner: str | None = None,
        parent: str | None = None,
        total: int | None = None,
        unit: str | None = None,
        phases: Iterable[PhasePlan] = (),
        metadata: dict[str, Any] | None = None,
        lease: float = 30,
        lost_after: float = 300,
        retry_on: tuple[type[BaseException], ...] = (),
    ) -> Job:
        """A job, which begins with ``with``, ``async with`` or ``start()``.

        ``phases`` are names, or mappings with ``name``, ``weight``, ``total``, ``unit``. ``lease`` is how many seconds
        the worker may be silent until the job shows as stalled (5 to 3600), ``lost_after`` how many more until it
        fails as ``worker_lost``. Exceptions of ``retry_on`` end the attempt, not the job.
        """
        creation: Report = {
            "kind": limits.kind(kind),
            "title": None if title is None else limits.text(title, limits.TITLE),
            "subject": None if subject is None else limits.name(subject),
            "owner": None if owner is None else limits.name(owner),
            "parent": None if parent is None else limits.name(parent),
            "total": None if total is None else limits.count(total),
            "unit": None if unit is None else limits.text(unit, limits.UNIT),
            "phases": _plan(phases),
            "metadata": limits.mapping(metadata, limits.METADATA),
            "lease_seconds": max(5, min(3600, limits.count(lease))),
            "lost_after_seconds": min(86_400, limits.count(lost_after)),
        }
        creation = {key: value for key, value in creation.items() if value is not None}
        name = new_id() if id is None else limits.name(id)
        line = Line(name, creation, creation["lease_seconds"])
        line.work.total(creation.get("total"))
        if unit is not None:
            line.work.unit(unit)
        return Job(self, line, retry_on)

    def claim(self, id: str, *, lease: float = 30, retry_on: tuple[type[BaseException], ...] = ()) -> Job:
        """A job that somebody else has created, to be worked on here. ``lease`` must not be longer than it has."""
        return Job(self, Line(limits.name(id), None, max(5.0, float(lease))), retry_on)

    def flush(self, seconds: float = 10.0) -> bool:
        """Waits until what was said so far is delivered. Whether it is; jobs go on."""
        return self._channel is None or ENGINE.flush([self._channel], seconds)

    def close(self, seconds: float = 10.0) -> bool:
        """The same, for the end of a program. Without it the end of the process waits 5 s at most."""
        return self.flush(seconds)

    def _begin(self, line: Line) -> None:
        if self._channel is not None:
            ENGINE.begin(self._channel, line)
        else:
            line.close()


def _plan(phases: Iterable[PhasePlan]) -> list[Report] | None:
    plan: dict[str, Report] = {}
    for phase in phases:
        given: Mapping[str, Any] = {"name": phase} if isinstance(phase, str) else phase
        name = limits.word(given.get("name", "-"), limits.PHASE_NAME)
        entry: Report = {"name": name}
        if given.get("weight") is not None:
            entry["weight"] = max(1e-9, min(1e12, limits.number(given["weight"])))
        if given.get("total") is not None:
            entry["total"] = limits.count(given["total"])
        if given.get("unit") is not None:
            entry["unit"] = limits.text(given["unit"], limits.UNIT)
        plan[name] = entry
    return list(plan.values())[: limits.PHASES] or None
