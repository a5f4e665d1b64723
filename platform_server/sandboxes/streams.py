"""Byte streams from a sandbox: attached terminals and running commands."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from platform_server.sandboxes.link import AgentRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from platform_server.sandboxes.link import AgentLink
    from platform_server.sandboxes.model import TerminalName

_CHUNK = 32 * 1024


class AgentTerminal:
    """A terminal over a stream of its own; what is not read waits in the sandbox."""

    def __init__(
        self,
        link: AgentLink,
        name: TerminalName,
        stream: socket.socket,
        *,
        let_go: Callable[[AgentTerminal], None],
    ) -> None:
        self._link = link
        self._let_go = let_go
        self._name = name
        self._stream = stream

    async def read(self) -> bytes:
        """Return the next output, b"" at the end."""
        try:
            return await asyncio.get_running_loop().sock_recv(self._stream, _CHUNK)
        except OSError:
            return b""

    async def write(self, data: bytes) -> None:
        """Type; what is typed at an ended shell is lost."""
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self._stream, data)

    async def resize(self, *, rows: int, columns: int) -> None:
        """Tell the shell the size of its screen, unless it has ended."""
        with contextlib.suppress(AgentRefused):
            await self._link.request(
                "terminal.resize", terminal=self._name, rows=rows, columns=columns
            )

    async def aclose(self) -> None:
        """Let go of it; the shell lives on."""
        self._stream.close()
        self._let_go(self)


async def collect(stream: socket.socket, limit: int) -> tuple[bytes, bool]:
    """Read to the end; return the first ``limit`` bytes, and whether there were more."""
    loop = asyncio.get_running_loop()
    kept = bytearray()
    truncated = False
    with contextlib.suppress(OSError):
        while data := await loop.sock_recv(stream, _CHUNK):
            room = limit - len(kept)
            kept += data[:room]
            truncated = truncated or len(data) > room
    return bytes(kept), truncated


async def feed(stream: socket.socket, data: bytes) -> None:
    """Send the input and then its end; a command that does not read it is no error."""
    with contextlib.suppress(OSError):
        await asyncio.get_running_loop().sock_sendall(stream, data)
        stream.shutdown(socket.SHUT_WR)
