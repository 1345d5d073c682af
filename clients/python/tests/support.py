"""The real service for the tests, on a private Postgres in a folder that goes with it; jobs as people see them; and
workers as processes of their own. ``MILEPOST_BIN`` names the binary, else it is this tree's debug build."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable

PACKAGE = Path(__file__).resolve().parents[1]
BINARY = os.environ.get("MILEPOST_BIN") or str(PACKAGE.parents[1] / "target" / "debug" / "milepost")
#: Seconds after which a condition counts as never coming. Nothing else here depends on time.
PATIENCE = 60.0

sys.path.insert(0, str(PACKAGE / "src"))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """The surroundings without what would reach into settings."""
    own = {
        k: v
        for k, v in os.environ.items()
        if k != "DATABASE_URL" and (not k.startswith("MILEPOST_") or k == "MILEPOST_PG_BIN")
    }
    return {**own, **more}


class Service:
    """The binary as a process: started, stopped, killed, brought back on the same port with the same data."""

    def __init__(self, *args: str, secret: str | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = Path(tempfile.mkdtemp(prefix="milepost-python-"))
        self._folder.chmod(0o711)  # Postgres runs as somebody else where this runs as root
        self._args, self._secret = args, secret
        self._child: subprocess.Popen[str] | None = None
        atexit.register(self.close)
        self.up()

    def up(self) -> None:
        """Returns once it listens."""
        listen = ["--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self._folder / "data")]
        with (self._folder / "log").open("a") as log:
            self._child = subprocess.Popen(
                [BINARY, "serve", *listen, *self._args],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment(),
            )
        assert self._child.stdout
        for line in self._child.stdout:
            if line.startswith("listening on "):
                return
        raise RuntimeError(f"{BINARY} did not start:\n{(self._folder / 'log').read_text()[-3000:]}")

    @property
    def is_up(self) -> bool:
        return self._child is not None

    def down(self, how: int = signal.SIGTERM) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.send_signal(how)
            child.wait()
            if child.stdout:
                child.stdout.close()

    def close(self) -> None:
        self.down()
        shutil.rmtree(self._folder, ignore_errors=True)

    def token(self, ttl: str = "1h", scope: str = "watch,report,cancel,create,delete") -> str:
        args = [BINARY, "token", "--project", "acme", "--scope", scope, "--ttl", ttl]
        return subprocess.run(args, env=self._environment(), check=True, capture_output=True, text=True).stdout.strip()

    def _environment(self) -> dict[str, str]:
        return environment(**({"MILEPOST_JWT_SECRET": self._secret} if self._secret else {}))

    # As somebody who watches.

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """One request to the project's API; the JSON of its answer."""
        headers = {"content-type": "application/json"} if body is not None else {}
        if token or self._secret:
            headers["authorization"] = f"Bearer {token or self.token()}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1/projects/acme{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=40) as answer:
            return json.load(answer)

    def job(self, name: str) -> Any:
        return self.ask("GET", f"/jobs/{name}")["data"]

    def wait(self, name: str, done: Callable[[Any], bool]) -> Any:
        """The job's state once it is so."""
        return until(lambda: self.job(name), done)

    def ended(self, name: str) -> Any:
        return self.wait(name, lambda job: job["status"] in ("completed", "failed", "cancelled"))

    def history(self, name: str) -> list[Any]:
        items: list[Any] = []
        after: int | None = 0
        while after is not None:
            page = self.ask("GET", f"/jobs/{name}/history?limit=1000&after={after}")
            items += page["items"]
            after = page["next"]
        return items


def until(look: Callable[[], Any], done: Callable[[Any], bool] = bool) -> Any:
    """What ``look`` sees once it is ``done``; asks again and again."""
    end, seen = time.monotonic() + PATIENCE, None
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.HTTPError, OSError):
            seen = look()
            if done(seen):
                return seen
        time.sleep(0.02)
    raise AssertionError(f"it never came to that; last seen: {seen}")


class Worker:
    """A program as a process of its own, which has ``job`` from the environment's settings and prints lines."""

    def __init__(self, code: str, service: Service, **more: str) -> None:
        settings = {"MILEPOST_URL": service.url, "MILEPOST_PROJECT": "acme", "PYTHONPATH": str(PACKAGE / "src")}
        head = "import milepost, os, sys, time, signal, threading\nreporter = milepost.Reporter.from_env()\n"
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", head + code],
            env=environment(**{**settings, **more}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def kill(self, how: int = signal.SIGKILL) -> int:
        self.process.send_signal(how)
        return self.process.wait()

    def end(self) -> tuple[int, str]:
        """Its exit code and what it said to standard error."""
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


_SHARED: list[Service] = []


def shared() -> Service:
    """One service for all tests that do not disturb it."""
    if not _SHARED:
        _SHARED.append(Service())
    return _SHARED[0]


class ServiceTest(unittest.TestCase):
    """A test on the shared service."""

    service: Service

    @classmethod
    def setUpClass(cls) -> None:
        cls.service = shared()

    def setUp(self) -> None:
        from milepost import Reporter

        self.reporter = Reporter(self.service.url, "acme")
