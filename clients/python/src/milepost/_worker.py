"""The name of this run of a worker process: host, process, and a random part that no other run has."""

from __future__ import annotations

import os
import socket
import time
import uuid

_NAMES: dict[int, str] = {}


def worker_name() -> str:
    """The same for the life of a process; a forked child has its own."""
    pid = os.getpid()
    if pid not in _NAMES:
        _NAMES.clear()
        _NAMES[pid] = f"{socket.gethostname()[:100]}-{pid}-{uuid.uuid4().hex[:12]}"
    return _NAMES[pid]


def new_id() -> str:
    """An id for a job that was given none: a UUID of version 7, which sorts by time."""
    stamp = int(time.time() * 1000) & ((1 << 48) - 1)
    noise = int.from_bytes(os.urandom(10), "big")
    value = (stamp << 80) | (7 << 76) | ((noise >> 62 & 0xFFF) << 64) | (2 << 62) | (noise & ((1 << 62) - 1))
    return str(uuid.UUID(int=value))
