"""Requests that carry more than a little: nothing is read before their sender is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.base.handlers import APIHandler
from tornado.web import stream_request_body

from platform_extensions.base import current_principal
from platform_extensions.gate import SETTING as GATE
from platform_server.errors import InvalidInput

if TYPE_CHECKING:
    from platform_extensions.gate import Gate


@stream_request_body
class LargeBody(APIHandler):
    """Mixin, before the handler's base: its methods find the whole body in ``request.body``.

    A handler without it gets its bodies read into memory first, whoever sends them; so only those
    with it may have a ``max_body`` beyond the usual in their route.
    """

    _expected = 0  # bytes

    async def prepare(self) -> None:  # type: ignore[override]  # as in Jupyter's own handlers
        """Check who asks, and reserve the memory that the body will take.

        Raises InvalidInput for a body of unknown length, TooManyRequests.
        """
        await super().prepare()
        headers = self.request.headers
        if "Transfer-Encoding" in headers:
            raise InvalidInput("Say how long the body is, with Content-Length.")
        self._expected = int(headers.get("Content-Length", "0"))
        self._received = bytearray()
        if self._expected:
            gate: Gate = self.settings[GATE]
            gate.load.reserve(current_principal(), self, self._expected)

    def data_received(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        self._received += chunk
        if len(self._received) == self._expected:
            self.request.body = bytes(self._received)
            self._received.clear()
