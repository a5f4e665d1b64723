"""Requests that carry more than a little: nothing is read before their sender is let in."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError, stream_request_body

from platform_extensions.base import current_principal
from platform_extensions.gate import SETTING as GATE
from platform_server.errors import InvalidInput, PlatformError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from platform_extensions.gate import Gate

_READ_AWAY = 64 << 20  # bytes of a refused body that are read, and dropped
_PATIENCE = 30.0  # seconds that they may take


@stream_request_body
class HearsOut(APIHandler):
    """Mixin, before the handler's base: a refusal is answered when the body has come.

    Whoever is still sending when the connection closes never sees the answer. Subclasses override
    ``admit`` instead of ``prepare`` and ``take`` instead of ``data_received``.
    """

    _is_refused = False
    _to_drop = 0  # bytes of a refused request that have yet to come
    _dropped: asyncio.Event | None = None

    async def prepare(self) -> None:  # type: ignore[override]  # as in Jupyter's own handlers
        """Let the request in, or refuse it."""
        try:
            await self.admit()
        except (PlatformError, HTTPError):
            self._is_refused = True
            await self._read_away()
            raise

    def clear(self) -> None:
        """Begin the answer; to a refusal it says that the connection ends, as Tornado ends it."""
        super().clear()
        if self._is_refused:
            self.set_header("Connection", "close")

    async def admit(self) -> None:
        """Check who asks, and for what; raises to refuse."""
        await super().prepare()

    def take(self, chunk: bytes) -> Awaitable[None] | None:
        """Take a piece of the body of a request that was let in."""
        raise NotImplementedError

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take a piece of the body, or drop it."""
        if self._dropped is None:
            return self.take(chunk)
        self._to_drop -= len(chunk)
        if self._to_drop <= 0:
            self._dropped.set()
        return None

    def on_connection_close(self) -> None:
        """Wait no longer for who went away."""
        super().on_connection_close()
        if self._dropped is not None:
            self._dropped.set()

    async def _read_away(self) -> None:
        length = self.request.headers.get("Content-Length", "0")
        self._to_drop = int(length) if length.isdecimal() else 0
        if self._prepared_future is None or not 0 < self._to_drop <= _READ_AWAY:
            return
        self._dropped = asyncio.Event()
        self._prepared_future.set_result(None)  # what Tornado waits for to go on with the body
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._dropped.wait()


class LargeBody(HearsOut):
    """Mixin, before the handler's base: its methods find the whole body in ``request.body``.

    A handler without it gets its bodies read into memory first, whoever sends them; so only those
    with it may have a ``max_body`` beyond the usual in their route.
    """

    _expected = 0  # bytes

    async def admit(self) -> None:
        """Check who asks, and reserve the memory that the body will take.

        Raises InvalidInput for a body of unknown length, TooManyRequests.
        """
        await super().admit()
        headers = self.request.headers
        if "Transfer-Encoding" in headers:
            raise InvalidInput("Say how long the body is, with Content-Length.")
        self._expected = int(headers.get("Content-Length", "0"))
        self._received = bytearray()
        if self._expected:
            gate: Gate = self.settings[GATE]
            gate.load.reserve(current_principal(), self, self._expected)

    def take(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        self._received += chunk
        if len(self._received) == self._expected:
            self.request.body = bytes(self._received)
            self._received.clear()
