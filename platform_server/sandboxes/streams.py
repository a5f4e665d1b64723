"""Byte streams from a sandbox: attached terminals and running commands."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from platform_server.errors import SandboxBusy
from platform_server.sandboxes.link import AgentRefused

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from platform_server.sandboxes.incoming import ExpectedStream
    from platform_server.sandboxes.link import AgentLink
    from platform_server.sandboxes.model import TerminalName

_CHUNK = 32 * 1024
_PATIENCE = 10.0  # seconds for a stream to come


class ByteStream:
    """A connection from the agent. At most a few chunks wait here; the rest waits there."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, connection: socket.socket) -> ByteStream:
        """Return a stream over a connection, which it owns from now on."""
        return cls(*await asyncio.open_unix_connection(sock=connection, limit=_CHUNK))

    async def read(self) -> bytes:
        """Return what comes next, b"" at the end."""
        try:
            return await self._reader.read(_CHUNK)
        except OSError:
            return b""

    async def write(self, data: bytes) -> None:
        """Send, waiting for room; what nobody takes is lost."""
        with contextlib.suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    async def feed(self, data: bytes) -> None:
        """Send the input and then its end; a command that does not read it is no error."""
        await self.write(data)
        with contextlib.suppress(OSError):
            self._writer.write_eof()

    async def collect(self, limit: int) -> tuple[bytes, bool]:
        """Read to the end; return the first ``limit`` bytes, and whether there were more."""
        kept = bytearray()
        truncated = False
        while data := await self.read():
            room = limit - len(kept)
            kept += data[:room]
            truncated = truncated or len(data) > room
        return bytes(kept), truncated

    def close(self) -> None:
        """Let go of it; a reader sees the end. May be called twice."""
        self._writer.close()


async def arrived(expected: ExpectedStream) -> ByteStream:
    """Return a stream that the agent was asked to open. Raises SandboxBusy when it does not."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await ByteStream.over(await expected.arrival())
    except TimeoutError as error:
        raise SandboxBusy from error


class AgentTerminal:
    """A terminal over a stream of its own; what is not read waits in the sandbox."""

    def __init__(
        self,
        link: AgentLink,
        name: TerminalName,
        stream: ByteStream,
        *,
        token: str,
        let_go: Callable[[AgentTerminal], None],
    ) -> None:
        self._link = link
        self._let_go = let_go
        self._name = name
        self._stream = stream
        self._token = token  # what the agent knows the stream by

    async def read(self) -> bytes:
        """Return the next output, b"" at the end."""
        return await self._stream.read()

    async def write(self, data: bytes) -> None:
        """Type; what is typed at an ended shell is lost."""
        await self._stream.write(data)

    async def resize(self, *, rows: int, columns: int) -> None:
        """Tell the shell the size of its screen. Nothing when it has ended."""
        with contextlib.suppress(AgentRefused):
            await self._link.request(
                "terminal.resize",
                terminal=self._name,
                rows=rows,
                columns=columns,
                token=self._token,
            )

    async def aclose(self) -> None:
        """Let go of it; the shell lives on."""
        self._stream.close()
        self._let_go(self)
