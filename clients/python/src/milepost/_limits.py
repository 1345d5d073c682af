"""What the service takes, and how anything a job says is made to fit: nothing here raises.

A title that is too long, a file name that is not UTF-8, NaN in a result: each is cut or replaced, so that a report
is never refused for its form and a job never fails for its report. Knows no job and no network.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any

TITLE = 200
MESSAGE = 1000
NOTICE = 500
NOTICE_DATA = 1024
PHASE_NAME = 64
PHASES = 32
UNIT = 32
CODE = 64
COUNTERS = 32
METADATA = 4096
RESULT = 16 * 1024
MAX_COUNT = 2**53 - 1
#: The service takes 32 levels; the report around a value needs three of them.
DEPTH = 28

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KIND = re.compile(r"[a-z][a-z0-9_-]*(:[a-z][a-z0-9_-]*){0,3}")


def text(value: object, limit: int) -> str:
    """As a string of at most ``limit`` characters, without U+0000 and lone surrogates."""
    try:
        found = value if isinstance(value, str) else str(value)
    except Exception:  # a __str__ that raises
        found = f"<{type(value).__name__}>"
    found = found[: limit + 1].replace("\0", "")
    if not found.isascii():
        found = found.encode("utf-8", "replace").decode("utf-8")
    return found if len(found) <= limit else found[: limit - 1] + "…"


def word(value: object, limit: int) -> str:
    """The same, and never empty."""
    return text(value, limit) or "-"


def count(value: Any) -> int:
    """As a count: 0 to 2^53 - 1."""
    try:
        return max(0, min(int(value), MAX_COUNT))
    except Exception:  # NaN, infinity, anything that is no number
        return 0


def number(value: Any) -> float | int:
    """As a number that JSON has."""
    try:
        found: float | int = int(value) if int(value) == value else float(value)
        return found if -MAX_COUNT <= found <= MAX_COUNT else float(found)
    except Exception:
        return 0


def is_name(value: object) -> bool:
    """Whether it can be an id, a subject, an owner or a project as it is."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def name(value: object) -> str:
    """An id, subject or owner. One that cannot be is spelt differently, and stays unlike any other."""
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    found = text(value, 1000)
    mark = hashlib.sha256(found.encode()).hexdigest()[:8]
    spelt = re.sub(r"[^A-Za-z0-9._-]+", "-", found).strip("._-")[:55]
    return f"{spelt}-{mark}" if spelt else mark


def kind(value: object) -> str:
    """The kind of a job: lower case, at most four parts joined by colons."""
    found = text(value, 200)
    if len(found) <= 64 and _KIND.fullmatch(found):
        return found
    parts = [re.sub(r"[^a-z0-9_-]+", "-", part.lower()).strip("-") for part in found.split(":")]
    parts = [part if part[0].isalpha() else f"k{part}" for part in parts if part]
    return ":".join(parts[:4])[:64].strip(":") or "job"


def code(value: object) -> str:
    """The code of an error, snake case: ``HTTPError`` becomes ``http_error``."""
    found = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", text(value, 200)).lower()
    found = re.sub(r"[^a-z0-9]+", "_", found).strip("_")
    found = found if found[:1].isalpha() else f"error_{found}"
    return found[:CODE].strip("_")


def clean(value: Any, depth: int = DEPTH) -> Any:
    """As something JSON has; what it has not becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value, 10 * RESULT)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if depth <= 0:
        return "…"
    if isinstance(value, dict):
        return {text(key, 200): clean(part, depth - 1) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [clean(part, depth - 1) for part in value]
    return text(value, MESSAGE)


def mapping(value: Any, limit: int) -> dict[str, Any] | None:
    """An object of at most ``limit`` bytes. A larger one loses its largest members, and says so."""
    if value is None:
        return None
    try:
        found = clean(value if isinstance(value, dict) else {"value": value})
    except Exception:  # an iterator that raises, a structure without end
        found = {"value": text(value, NOTICE)}
    lost = 0
    while size(found) > limit:
        largest = max(found, key=lambda key: size(found[key]) if key != "omitted" else -1)
        lost += 1
        del found[largest]
        found["omitted"] = lost
    return dict(found)


def size(value: Any) -> int:
    """Bytes as JSON."""
    return len(encode(value))


def encode(value: Any) -> bytes:
    """JSON, as it is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
