"""What stands between a worker and the service, and misbehaves as networks and load balancers do: lets a request
through and loses the answer, refuses, answers for a service that is away. Writes down what went through."""

from __future__ import annotations

import http.client
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, NamedTuple


class Seen(NamedTuple):
    """One request of the worker's."""

    at: float
    method: str
    path: str
    body: bytes
    verdict: str

    @property
    def reports(self) -> list[Any]:
        """What was reported, where it was reports."""
        return [json.loads(line) for line in self.body.splitlines()] if self.path.endswith("/reports") else []


#: Decides by number what becomes of a request: `pass`, `lose` (served, the answer lost), `drop`, or `busy` (503).
Judge = Callable[[int], str]


class Proxy:
    """On a port of its own, before the service at ``port``."""

    def __init__(self, port: int, judge: Judge = lambda _: "pass") -> None:
        self.judge, self.seen = judge, list[Seen]()
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                with proxy._lock:
                    verdict = proxy.judge(len(proxy.seen))
                    proxy.seen.append(Seen(time.monotonic(), self.command, self.path, body, verdict))
                if verdict == "busy":
                    self.answer(503, b"<h1>no backend</h1>", {"Retry-After": "1", "Content-Type": "text/html"})
                elif verdict == "drop":
                    self.close_connection = True
                else:
                    answer = proxy._forward(port, self.command, self.path, body, dict(self.headers))
                    if verdict == "lose" or answer is None:
                        self.close_connection = True
                    else:
                        self.answer(*answer)

            do_GET = do_PUT = do_POST = handle_any

            def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _forward(self, port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> Any:
        upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            kept = {k: v for k, v in headers.items() if k.lower() in ("content-type", "authorization")}
            upstream.request(method, path, body, kept)
            answer = upstream.getresponse()
            names = ("content-type", "retry-after")
            return answer.status, answer.read(), {n: answer.headers[n] for n in names if answer.headers[n]}
        except OSError:
            return None
        finally:
            upstream.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
