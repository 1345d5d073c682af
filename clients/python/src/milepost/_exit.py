"""How a process ends, and that the reporter hears of it: normally, as a child of multiprocessing, by SIGTERM.

SIGTERM is listened to only where nobody else does. The process then dies of it as it would have, once it has said
why. Knows only the function to call.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from types import FrameType
from typing import Callable

EndProcess = Callable[[str, str, bool], None]

_DROPPED = ("worker_dropped", "the process ended without ending the job", True)
_INTERRUPTED = ("interrupted", "the worker was told to stop (SIGTERM)", True)


class _Exit:
    """What has been set up in this process."""

    end: EndProcess | None = None
    pid = -1
    listens = False


def install(end: EndProcess) -> None:
    """Makes sure that ``end(code, message, retryable)`` is called. Cheap where that is so already."""
    if _Exit.pid != os.getpid():
        _Exit.pid, _Exit.end = os.getpid(), end
        atexit.unregister(_at_exit)
        atexit.register(_at_exit)
        # Children of multiprocessing and of Celery's own copy of it leave by os._exit, past atexit.
        for name in ("multiprocessing.util", "billiard.util"):
            module = sys.modules.get(name)
            if module is not None:
                with contextlib.suppress(Exception):
                    module.Finalize(None, _at_exit, exitpriority=100)
    if threading.current_thread() is threading.main_thread():
        with contextlib.suppress(Exception):
            if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
                signal.signal(signal.SIGTERM, _terminate)
                _Exit.listens = True


def forked() -> None:
    """In a child process: SIGTERM ends it at once, as if it had never been listened to."""
    if _Exit.listens:
        with contextlib.suppress(Exception):
            if signal.getsignal(signal.SIGTERM) is _terminate:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _Exit.listens = False


def leave_signals_to_others() -> None:
    """For a background thread: signals meant for the process go to the program's own threads, as if this one were not
    there. A program that holds SIGTERM off while it writes (Celery's pool does) holds it off in its own thread only."""
    if hasattr(signal, "pthread_sigmask"):
        names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD")
        signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, name) for name in names])


def _at_exit() -> None:
    if _Exit.end is not None and _Exit.pid == os.getpid():
        _Exit.end(*_DROPPED)


def _terminate(number: int, frame: FrameType | None) -> None:
    try:
        if _Exit.end is not None and _Exit.pid == os.getpid():
            _Exit.end(*_INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
