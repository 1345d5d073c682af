"""The credential: a text, or whatever the program calls to get one. Asked again shortly before it expires and when
the service has refused it. Never logged."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Union

Source = Union[None, str, Callable[[], str]]
#: Seconds before its expiry from which a token counts as old.
EARLY = 30.0


@dataclass(frozen=True)
class TokenFile:
    """A source that reads the file each time: for tokens that something else keeps fresh."""

    path: str

    def __call__(self) -> str:
        return Path(self.path).read_text(encoding="utf-8").strip()


class Token:
    """The newest credential."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._held: str | None = source if isinstance(source, str) else None
        self._until = float("inf")

    @property
    def renewable(self) -> bool:
        """Whether asking again may give another one."""
        return callable(self._source)

    def header(self) -> dict[str, str]:
        """What a request carries. :raises Exception: whatever the program's own function raises."""
        if callable(self._source) and (self._held is None or time.time() >= self._until):
            self._held = str(self._source()).strip()
            self._until = _expiry(self._held)
        return {"authorization": f"Bearer {self._held}"} if self._held else {}

    def refused(self) -> None:
        """The service did not take it."""
        if self.renewable:
            self._held = None


def _expiry(token: str) -> float:
    """When to ask for another one: before it expires, but no more often than half its life from now."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        left = float(claims["exp"]) - time.time()
    except Exception:  # no JWT, or none that says
        return float("inf")
    return time.time() + max(left - EARLY, left / 2)
