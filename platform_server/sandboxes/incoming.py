"""Byte streams that an agent opens because the server asked for them, told apart by tokens."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING

from platform_server.sandboxes.sockets import receive

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

_TOKEN_BYTES = 33  # 32 hexadecimal digits and a line feed
_PATIENCE = 5.0  # seconds to say what a stream is for


class ExpectedStream:
    """A stream that was asked for. ``token`` is what it begins with, once."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(16)
        self._arrived: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()
        self._is_taken = False

    async def arrival(self) -> socket.socket:
        """Return the connection, the caller's from now on, when it has come."""
        connection = await asyncio.shield(self._arrived)
        self._is_taken = True
        return connection

    def arrive(self, connection: socket.socket) -> None:
        """Take the connection."""
        self._arrived.set_result(connection)

    def drop(self) -> None:
        """Close what came too late. May be called twice."""
        if self._arrived.done() and not self._arrived.cancelled() and not self._is_taken:
            self._arrived.result().close()
        self._arrived.cancel()


class IncomingStreams:
    """The streams of one sandbox that are asked for and have not come."""

    def __init__(self) -> None:
        self._expected: dict[bytes, ExpectedStream] = {}

    @contextlib.asynccontextmanager
    async def expect(self, count: int) -> AsyncIterator[list[ExpectedStream]]:
        """Give that many streams to ask for; what has not been taken at the end is dropped."""
        streams = [ExpectedStream() for _ in range(count)]
        self._expected.update({_line(stream): stream for stream in streams})
        try:
            yield streams
        finally:
            for stream in streams:
                self._expected.pop(_line(stream), None)
                stream.drop()

    async def take(self, connection: socket.socket) -> None:
        """Hand a new connection to whoever waits for it, by its first line; close any other."""
        line = b""
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(_PATIENCE):
                line = await _first_bytes(connection)
        stream = self._expected.pop(line, None)
        if stream is None:
            connection.close()
        else:
            stream.arrive(connection)


async def _first_bytes(connection: socket.socket) -> bytes:
    line = b""
    while len(line) < _TOKEN_BYTES:
        piece = await receive(connection, _TOKEN_BYTES - len(line))
        if not piece:
            break
        line += piece
    return line


def _line(stream: ExpectedStream) -> bytes:
    return stream.token.encode() + b"\n"
