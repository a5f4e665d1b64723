"""One installation's server, killed and started again on the same home and the same port."""

from __future__ import annotations

import secrets
import socket
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

from platform_server.testing.serving import Server

if TYPE_CHECKING:
    from pathlib import Path


# Below those that the system gives to clients: one of them could take the port of a dead server.
_PORTS = range(20_000, 32_000)


class Lives:
    """The server, life after life. ``logs`` are kept, one of each life."""

    def __init__(self, home: Path, variables: dict[str, str] | None = None) -> None:
        self.home = home
        self.server: Server
        self.port = _lasting_port()
        self._variables = variables
        self._number = 0
        self._stack = AsyncExitStack()

    @property
    def is_over(self) -> bool:
        """Whether it was killed and not started again."""
        return self.server.process.returncode is not None

    async def begin(self) -> None:
        """Start the server."""
        start = Server.start(
            self.home, "--ServerApp.port_retries=0", port=self.port, variables=self._variables
        )
        self.server = await self._stack.enter_async_context(start)
        self._number += 1

    async def kill(self) -> None:
        """End it without a warning."""
        self.server.process.kill()
        await self.server.process.wait()
        self.server.log.rename(self.home.with_name(f"life-{self._number:04}.log"))

    async def aclose(self) -> None:
        """End it well. May be called twice."""
        await self._stack.aclose()


def _lasting_port() -> int:
    """Return a port that nobody listens on, and that no client is given meanwhile."""
    while True:
        port = secrets.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
