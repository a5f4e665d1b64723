"""A terminal as a Jupyter client has it: over HTTP and a websocket."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.client import ClientConnection

    from platform_server.testing.serving import Person


class WebTerminal:
    """The websocket of a terminal, used like any Terminal."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.is_ended = False  # the server said that the shell has ended

    async def read(self) -> bytes:
        """Return the next output, b"" when the shell has ended or the websocket was closed."""
        while not self.is_ended:
            try:
                kind, *content = json.loads(await self.socket.recv())
            except ConnectionClosed:
                return b""
            if kind == "stdout":
                return str(content[0]).encode()
            self.is_ended = kind == "disconnect"
        return b""

    async def write(self, data: bytes) -> None:
        """Type."""
        await self.socket.send(json.dumps(["stdin", data.decode()]))

    async def resize(self, *, rows: int, columns: int) -> None:
        """Say how much this client can show."""
        await self.socket.send(json.dumps(["set_size", rows, columns, 8 * rows, 16 * columns]))

    async def aclose(self) -> None:
        """Close the websocket."""
        await self.socket.close()


async def open_terminal(person: Person, cwd: str) -> str:
    """Open a terminal; returns its name."""
    answer = await person.http.post("/api/terminals", json={"cwd": cwd})
    assert answer.is_success, answer.text
    return str(answer.json()["name"])


@asynccontextmanager
async def attached(person: Person, name: str) -> AsyncIterator[WebTerminal]:
    """Attach to a terminal while the context lasts."""
    async with person.socket(f"/terminals/websocket/{name}") as socket:
        yield WebTerminal(socket)
