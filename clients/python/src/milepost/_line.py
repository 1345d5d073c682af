"""One job's line to the service: what it has to say, in order, and how much of it the service has taken.

The order: create, claim, then notices, phases and ticks, then one ending. Everything here happens under the engine's
lock and takes no time. Knows the contract's refusals; does not know how a report travels. What waits is bounded.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from typing import Any

from . import _limits as limits
from .cancel import CancelEvent
from .count import Count
from .phase import Phase

Report = dict[str, Any]

log = logging.getLogger("milepost")

#: Notices that wait at most; more are counted by code and summed up before the end.
NOTICES = 1000
#: Phases (and the last count of the one before) that wait at most, while the service is away.
ORDERS = 200
#: Notices in a burst, and in a second. The service takes 50 on one job in any second of its clock.
BURST = 8.0
PACE = 32.0
#: Seconds after which a wish to cancel is learnt, where somebody waits for one and nothing else is said.
SOON = 2.0
#: Codes of notices that are counted one by one.
CODES = 20
_FIELDS = ("current", "total", "unit", "message", "percent")


class Line:
    """What one job says. ``creation`` is ``None`` where somebody else has created it."""

    def __init__(self, job: str, creation: Report | None, lease: float) -> None:
        self.job = job
        self.creation = creation
        self.lease = lease
        #: ``creating``, ``claiming``, ``working`` or ``over``.
        self.stage = "creating" if creation is not None else "claiming"
        #: Whether this process is to claim it.
        self.claims = True
        self.delivered = False
        self.known = False
        self.cancel = CancelEvent()
        self.work = Phase(None)
        self.counters: dict[str, Count] = {}
        self.message: str | None = None
        self.percent: float | None = None
        self.ending: Report | None = None
        self.worker = ""
        self.hold = 0.0
        self._attempt: int | None = None
        self._seq = 0
        self._heard = 0.0
        self._metadata: Report = dict(creation.get("metadata", {})) if creation else {}
        self._fresh_metadata: Report = {}
        self._notices: deque[Report] = deque()
        self._unlisted: dict[str, int] = {}
        self._orders: deque[Report] = deque()
        self._said: Report = {"current": 0}
        self._said_counters: Report = {}
        self._tokens, self._filled = BURST, 0.0
        self._plain, self._simplified = False, False

    # What the job says.

    def enter(self, work: Phase) -> None:
        """Goes over to another phase."""
        if work is self.work or self.ending is not None:
            return
        if self.stage == "over":
            self.work = work
            return
        if self.work.name is not None or self._progress(full=False):
            self._orders.append(self._say(full=True))
        self._orders.append(work.phase_report())
        while len(self._orders) > ORDERS:
            self._orders.popleft()
        self.work = work
        self._said.update(work.fields(), current=0)

    def notice(self, report: Report, room: int = NOTICES) -> None:
        """Something that happened. Where too many wait already it is only counted."""
        if self.ending is not None or self.stage == "over":
            return
        if len(self._notices) < max(BURST, min(NOTICES, room)):
            self._notices.append(report)
        else:
            code = report.get("code", "notices")
            code = code if code in self._unlisted or len(self._unlisted) < CODES else "notices"
            self._unlisted[code] = self._unlisted.get(code, 0) + 1

    def merge(self, metadata: Report) -> None:
        """Adds to the metadata, unless they would become too large."""
        merged = {**self._metadata, **metadata}
        if limits.size(merged) > limits.METADATA:
            log.warning("job %s: metadata of more than %d bytes are left out", self.job, limits.METADATA)
            return
        self._metadata = merged
        self._fresh_metadata.update(metadata)

    def end(self, ending: Report) -> bool:
        """The first ending is the one that counts."""
        if self.ending is not None:
            return False
        self.ending = ending
        return True

    def hurry(self) -> None:
        """There is little time left: notices that wait are summed up rather than sent one by one."""
        while len(self._notices) > BURST:
            code = self._notices.pop().get("code", "notices")
            self._unlisted[code] = self._unlisted.get(code, 0) + 1

    def forget(self) -> None:
        """What was answered 202 may be lost with a crash of the service: it is said again."""
        self._said.clear()
        self._said_counters.clear()
        self._fresh_metadata = dict(self._metadata)

    def close(self, delivered: bool = False) -> None:
        """Nothing is said any more."""
        self.stage, self.delivered = "over", delivered
        self._notices.clear()
        self._orders.clear()

    def forked(self) -> None:
        """In a child process: the job is the parent's, and a thread that is not here may have held the event's lock."""
        self.close()
        reset = getattr(self.cancel, "_at_fork_reinit", None)
        if reset is not None:
            reset()

    # What is sent.

    def due(self, now: float, tick: float) -> float | None:
        """When there is something to send, where ticks go out at ``tick``."""
        if self.stage == "over" or (self.stage == "claiming" and not self.claims):
            return None
        if self.stage != "working" or self._orders:
            return max(now, self.hold)
        urgent = self.ending is not None and not self._notices
        return max(now if urgent else tick, self.hold)

    def waits(self) -> bool:
        """Whether anything lies here that the service has not taken."""
        if self.stage == "over":
            return False
        if self.stage == "claiming" and not self.claims:
            return False
        return bool(
            self.stage != "working" or self.ending or self._notices or self._orders or self._progress(full=False)
        )

    def take(self, now: float, ticks: bool) -> list[Report]:
        """What is to be sent now, numbered."""
        if now < self.hold or self.stage in ("over", "creating"):
            return []
        if self.stage == "claiming":
            return self._number([{"type": "started", "worker": self.worker}]) if self.claims else []
        items = self._paced(now)
        items += self._orders
        self._orders.clear()
        if self.ending is not None and not self._notices:
            items += [self._say(full=True), self.ending]
        elif ticks and self._progress(full=False):
            items.append(self._say(full=False))
        if not items and now - self._heard >= self._beat():
            items.append({"type": "heartbeat"})
        return self._number(items)

    def _beat(self) -> float:
        """How long the line may be silent. What is heard back is the only way to learn of a wish to cancel."""
        return min(SOON, self.lease / 3) if self.cancel.awaited else self.lease / 3

    def _number(self, items: list[Report]) -> list[Report]:
        numbered = []
        for item in items:
            said = {"job": self.job, **item}
            if item["type"] != "heartbeat":
                self._seq += 1
                said["seq"] = self._seq
            if self._attempt is not None:
                said["attempt"] = self._attempt
            numbered.append(said)
        return numbered

    def _paced(self, now: float) -> list[Report]:
        """As many notices as may go now."""
        if self.ending is not None:
            for code, lost in self._unlisted.items():
                text = f"{lost} more of these were not listed"
                self._notices.append(
                    {"type": "notice", "level": "warning", "code": code, "message": text, "data": {"unlisted": lost}}
                )
            self._unlisted.clear()
        self._tokens = min(BURST, self._tokens + (now - self._filled) * PACE)
        self._filled = now
        most = min(int(self._tokens), len(self._notices))
        self._tokens -= most
        return [self._notices.popleft() for _ in range(most)]

    def _progress(self, full: bool) -> Report:
        """What has changed since it was last said, or all of it; empty where nothing has."""
        fields = {**self.work.fields(), "message": self.message, "percent": self.percent}
        counters = {} if self._plain else {name: limits.number(c.value()) for name, c in list(self.counters.items())}
        if full:
            fresh, fresh_counters, metadata = fields, counters, self._metadata
        else:
            fresh = {key: value for key, value in fields.items() if self._said.get(key) != value}
            fresh_counters = {k: v for k, v in counters.items() if self._said_counters.get(k) != v}
            metadata = self._fresh_metadata
        report = {key: value for key, value in fresh.items() if value is not None}
        if fresh_counters:
            report["counters"] = fresh_counters
        if metadata and not self._plain:
            report["metadata"] = dict(metadata)
        if not report and not full:
            return {}
        return {"type": "progress", **report}

    def _say(self, full: bool) -> Report:
        """The same, remembered as said."""
        report = self._progress(full)
        self._said.update({key: value for key, value in report.items() if key in _FIELDS})
        self._said_counters.update(report.get("counters", {}))
        self._fresh_metadata = {}
        return report

    def heard(self, now: float) -> None:
        """Something of this line went out at that time."""
        self._heard = now

    # What is answered.

    def created(self) -> None:
        """The service knows the job."""
        self.known, self.stage = True, "claiming"

    def uncreated(self, code: str, detail: str) -> None:
        """The service does not want the job."""
        if code == "no_parent" and self.creation and self.creation.pop("parent", None):
            log.warning("job %s: its parent is not there or has ended; it is created without one", self.job)
            return
        if code == "exists":
            # Another attempt created it, with a title or metadata of its own: the job is the same, and those stay.
            log.warning("job %s exists already, created with other fields; it goes on under those", self.job)
            self.created()
            return
        log.warning("job %s is not reported: its creation was refused: %s", self.job, detail)
        self.close()

    def hear(self, report: Report, answer: Report, now: float) -> list[Report]:
        """Reads the answer to one report; what of it has to be said again."""
        code = answer.get("code")
        if isinstance(code, str):
            return self._refused(report, code, answer, now)
        if answer.get("cancel_requested"):
            self.cancel.trip("asked")
        if report["type"] == "started":
            self._attempt, self.stage, self.known = answer.get("attempt"), "working", True
        elif self._is_ending(report):
            self.close(delivered=True)
        return []

    def again(self, reports: list[Report]) -> None:
        """Puts back what was not taken."""
        keep = [{k: v for k, v in r.items() if k not in ("job", "seq", "attempt")} for r in reports]
        self._notices.extendleft(reversed([r for r in keep if r["type"] == "notice"]))
        self._orders.extendleft(reversed([r for r in keep if r["type"] in ("phase", "progress")]))

    def _is_ending(self, report: Report) -> bool:
        return self.ending is not None and report["type"] == self.ending["type"]

    def _refused(self, report: Report, code: str, answer: Report, now: float) -> list[Report]:
        status, said = answer.get("status", 0), report["type"]
        if status == 429 or status >= 500:
            self.hold = now + (answer.get("retry_after_seconds") or 1)
            return [report]
        if code == "already_running" or (code == "not_found" and self._may_come()):
            # Its worker may be dead, and its lease run out; or whoever creates it is about to.
            self.hold = now + random.uniform(0.5, 1.5) * min(2.0, self.lease / 5)
        elif code == "cancelling" and said == "retrying":
            self.ending = {"type": "cancelled", "message": "cancelled while it waited to be tried again"}
        elif code in ("fenced", "finished", "cancelling"):
            self._lost(said, code, answer)
        elif code in ("not_found", "not_started", "forbidden", "unauthorized"):
            log.warning("job %s is not reported any more: %s", self.job, answer.get("detail", code))
            self.close()
        else:
            log.warning("job %s: a report (%s) was refused: %s", self.job, said, answer)
            return self._simpler(report)
        return []

    def _may_come(self) -> bool:
        """Whether somebody else may still create the job."""
        return self.creation is None and not self.known and self.ending is None

    def _lost(self, said: str, code: str, answer: Report) -> None:
        """The job is not, or no more, this worker's."""
        status = (answer.get("job") or {}).get("status")
        if code == "fenced" or (code == "finished" and said != "started"):
            self.cancel.trip(code)
        elif code == "cancelling" or status == "cancelled":
            self.cancel.trip("asked")
        log.warning("job %s is not reported any more: %s", self.job, answer.get("detail", code))
        self.close()

    def _simpler(self, report: Report) -> list[Report]:
        """A report that was refused for what it says, with less in it; a second refusal is final."""
        said = report["type"]
        if said == "progress" and ("counters" in report or "metadata" in report):
            self._plain = True
            return [{k: v for k, v in report.items() if k not in ("counters", "metadata")}]
        if self._is_ending(report) and self.ending is not None:
            if self._simplified:
                self.close()
            elif said == "failed":
                error = self.ending["error"]
                plain = {"code": limits.code(error["code"]), "message": "the report was refused"}
                self.ending = {"type": said, "error": {**plain, "retryable": bool(error.get("retryable"))}}
            else:
                self.ending = {"type": said}
            self._simplified = True
        elif said == "started":
            self.close()
        return []
