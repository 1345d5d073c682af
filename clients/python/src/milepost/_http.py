"""One kept-alive connection to the service: sends bytes, gives back status and JSON.

Reconnects when the connection is gone and says that it did; repeats a request once, on a new connection, where the
old one had been closed while idle. Knows neither jobs nor reports. Proxies of the environment are not used.
"""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

#: Seconds that connecting may take, and then one answer.
CONNECT = 5.0
ANSWER = 15.0
#: The largest answer read, in bytes.
LIMIT = 4 << 20


class Answer(NamedTuple):
    """What came back."""

    status: int
    #: ``Retry-After``, where it gives seconds.
    retry_after: float | None
    #: ``None`` where it was not JSON.
    body: Any

    @property
    def code(self) -> str:
        """The service's word for what is wrong; empty where somebody else answered, a proxy for instance."""
        found = self.body.get("code") if isinstance(self.body, dict) else None
        return found if isinstance(found, str) else ""

    @property
    def detail(self) -> str:
        """The same for people."""
        found = self.body.get("detail") if isinstance(self.body, dict) else None
        return f"{self.status} {self.code}: {found}" if found else f"status {self.status}"


class Http:
    """The connection, opened on the first request."""

    def __init__(self, url: str) -> None:
        """:raises ValueError: where ``url`` is no ``http://`` or ``https://`` address."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the address of a service: it must be like http://host:8080")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._connection: http.client.HTTPConnection | None = None
        #: How often a connection was made.
        self.connects = 0

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """One request and its answer. :raises OSError: nothing certain is known about what became of it."""
        kept = self._connection is not None
        try:
            return self._exchange(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if kept and isinstance(error, ConnectionError):  # RemoteDisconnected is one
                return self._fresh(method, path, body, headers)
            raise error if isinstance(error, OSError) else OSError(f"no HTTP answer: {error!r}") from error

    def close(self) -> None:
        """Gives the connection up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _fresh(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            return self._exchange(method, path, body, headers)
        except http.client.HTTPException as error:
            self.close()
            raise OSError(f"no HTTP answer: {error!r}") from error
        except OSError:
            self.close()
            raise

    def _exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = self._connected()
        connection.request(method, self._prefix + path, body, headers)
        response = connection.getresponse()
        data = response.read(LIMIT + 1)
        if response.will_close or len(data) > LIMIT:
            self.close()
        asked = response.headers.get("retry-after", "")
        return Answer(response.status, float(asked) if asked.isdecimal() else None, _json(data))

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = connection = self._new()
            connection.connect()
            if connection.sock is not None:
                connection.sock.settimeout(ANSWER)
            self.connects += 1
        return self._connection

    def _new(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=CONNECT)
        import ssl  # a tenth of a second that plain http need not pay

        context = ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT, context=context)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
