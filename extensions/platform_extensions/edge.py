"""The first thing a request meets: how much it may carry, decided before any of it is read."""

from __future__ import annotations

import json
import re
import resource
from functools import partial
from typing import TYPE_CHECKING

from tornado.http1connection import HTTP1Connection, HTTP1ServerConnection
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)

from platform_extensions.routing import SMALL_BODY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from tornado.web import Application

    from platform_extensions.routing import Route

UNBOUNDED = 1 << 62  # bytes; the handler counts what it streams
SMALL_BODY_PATIENCE = 60.0  # seconds in which a small body has to be there
_DRAINED = 64 << 20  # bytes of a refused body that are read away: its sender sees the answer


class BodyLimits:
    """How much the body of a request may have, by its path."""

    def __init__(self, routes: Iterable[Route], base_url: str) -> None:
        self._prefix = base_url.rstrip("/")
        self._special = [
            (re.compile(route.pattern), route.max_body or UNBOUNDED)
            for route in routes
            if route.max_body != SMALL_BODY
        ]

    def limit(self, path: str) -> int:
        """Return the most bytes that a request to the path may carry."""
        inside = path.removeprefix(self._prefix)
        return next(
            (limit for pattern, limit in self._special if pattern.fullmatch(inside)), SMALL_BODY
        )


def most_connections() -> int:
    """Return how many connections leave the process enough file descriptors for its work."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft * 3 // 4


class Edge(HTTPServerConnectionDelegate):
    """Stands before the web application; bounds connections in number, and bodies in size.

    When all places are taken, the connection that has said nothing for longest makes place: one
    that a browser keeps for later, which opens another by itself, or one of somebody who opens many
    in order to say nothing.
    """

    def __init__(self, application: Application, limits: BodyLimits, *, connections: int) -> None:
        self._application = application
        self._limits = limits
        self._most = connections
        self._open: set[HTTP1ServerConnection] = set()
        self._silent: dict[HTTP1ServerConnection, None] = {}  # for longest first

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        """Let the application handle the next request of a connection, within bounds."""
        assert isinstance(request_conn, HTTP1Connection)
        assert isinstance(server_conn, HTTP1ServerConnection)
        if server_conn not in self._open and len(self._open) >= self._most:
            self._make_place(server_conn)
        self._open.add(server_conn)
        self._silent[server_conn] = None
        inner = self._application.start_request(server_conn, request_conn)
        speaks = partial(self._silent.pop, server_conn, None)
        return _Bounded(inner, request_conn, self._limits, speaks)

    def on_close(self, server_conn: object) -> None:
        """Forget a connection that was closed."""
        assert isinstance(server_conn, HTTP1ServerConnection)
        self._open.discard(server_conn)
        self._silent.pop(server_conn, None)
        self._application.on_close(server_conn)

    def _make_place(self, newcomer: HTTP1ServerConnection) -> None:
        """Close the one that has been silent for longest, or the newcomer if nobody is."""
        closed = next(iter(self._silent), newcomer)
        self._silent.pop(closed, None)
        closed.stream.close()


class _Bounded(HTTPMessageDelegate):
    """One request."""

    def __init__(
        self,
        inner: HTTPMessageDelegate,
        connection: HTTP1Connection,
        limits: BodyLimits,
        speaks: Callable[[], object],
    ) -> None:
        self._inner: HTTPMessageDelegate | None = inner
        self._connection = connection
        self._limits = limits
        self._speaks = speaks  # called when a small request is there, or a large one has begun
        self._limit = 0
        self._received = 0

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        assert isinstance(start_line, RequestStartLine)
        assert self._inner is not None
        self._limit = self._limits.limit(start_line.path.partition("?")[0])
        self._connection.set_max_body_size(self._limit + _DRAINED)
        if self._limit <= SMALL_BODY:
            self._connection.set_body_timeout(SMALL_BODY_PATIENCE)
        else:
            self._speaks()
        if _declared(headers) > self._limit:
            self._refuse()
            return None
        return self._inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self._received += len(chunk)
        if self._inner and self._received > self._limit:  # its length was not declared
            self._inner.on_connection_close()
            self._refuse()
        return self._inner.data_received(chunk) if self._inner else None

    def finish(self) -> None:
        self._speaks()
        if self._inner:
            self._inner.finish()
        else:
            self._connection.finish()

    def on_connection_close(self) -> None:
        if self._inner:
            self._inner.on_connection_close()

    def _refuse(self) -> None:
        """Answer at once, and end it when the body is read away: closing would lose the answer."""
        self._inner = None
        message = f"The request is too large: at most {self._limit} bytes are accepted here."
        body = json.dumps({"message": message, "reason": "too_large"}).encode()
        headers = HTTPHeaders(
            {"Content-Type": "application/json", "Content-Length": str(len(body))}
        )
        line = ResponseStartLine("HTTP/1.1", 413, "Content Too Large")
        self._connection.set_body_timeout(SMALL_BODY_PATIENCE)
        self._connection.write_headers(line, headers, body)


def _declared(headers: HTTPHeaders) -> int:
    length = headers.get("Content-Length", "0")
    return int(length) if length.isdecimal() else 0
