"""A Jupyter client of a kernel's websocket, for tests. It knows our server by its address only."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import websockets

from platform_kernels import frames
from platform_kernels.messages import Message, compose, message_from_parts
from platform_server.testing.conversations import is_over

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_PATIENCE = 30.0  # seconds


class KernelSocket:
    """An open websocket: what it says, and everything it was told."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self.messages: list[Message] = []
        self._arrived = asyncio.Event()
        self._listener = asyncio.create_task(self._listen())

    async def aclose(self) -> None:
        """Close it."""
        self._listener.cancel()
        await self.connection.close()

    async def drop(self) -> None:
        """Lose the connection, without a goodbye."""
        self._listener.cancel()
        self.connection.transport.abort()
        await self.connection.wait_closed()

    async def send(self, channel: str, kind: str, content: dict[str, Any]) -> Message:
        """Send a message of a type."""
        return await self.deliver(compose(channel, kind, content))

    async def deliver(self, message: Message) -> Message:
        """Send a message."""
        is_v1 = self.connection.subprotocol == frames.V1
        encode = frames.encode_v1 if is_v1 else frames.encode_legacy
        await self.connection.send(encode(message))
        return message

    async def execute(self, code: str, **options: Any) -> Message:
        """Send code."""
        content = {"code": code, "silent": False, "allow_stdin": True, **options}
        return await self.send("shell", "execute_request", content)

    async def execute_cell(self, code: str, cell_id: str) -> Message:
        """Send code as JupyterLab sends a cell's."""
        return await self.deliver(cell_request(code, cell_id))

    async def ask(self, kind: str, content: dict[str, Any], channel: str = "shell") -> Message:
        """Send a request, and return its reply."""
        request = await self.send(channel, kind, content)
        reply = kind.replace("_request", "_reply")
        return await self.first(lambda one: one.header.type == reply and _is_of(one, request))

    async def finished(self, request: Message) -> list[Message]:
        """Return what came for a request once it has its reply and its idle."""
        await self.until(lambda: is_over(self.messages, request))
        return [one for one in self.messages if _is_of(one, request)]

    async def run(self, code: str, **options: Any) -> list[Message]:
        """Send code, and return what came for it once it has ended."""
        return await self.finished(await self.execute(code, **options))

    async def first(self, condition: Callable[[Message], bool]) -> Message:
        """Return the first message of which the condition holds."""
        await self.until(lambda: any(map(condition, self.messages)))
        return next(filter(condition, self.messages))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds, which is looked at with each message."""
        async with asyncio.timeout(_PATIENCE):
            while not condition():
                if self._listener.done():
                    raise ConnectionError(f"closed with {self.connection.close_code}")
                self._arrived.clear()
                await self._arrived.wait()

    async def closed(self) -> int | None:
        """Return the close code once the server has closed it."""
        async with asyncio.timeout(_PATIENCE):
            await self.connection.wait_closed()
        return self.connection.close_code

    async def _listen(self) -> None:
        try:
            async for frame in self.connection:
                self.messages.append(_message(frame))
                self._arrived.set()
        except websockets.ConnectionClosed:
            pass
        finally:
            self._arrived.set()


@asynccontextmanager
async def kernel_socket(
    base_url: str,
    kernel_id: str,
    token: str,
    *,
    session: str | None = None,
    protocol: str | None = frames.V1,
    last_seen: str | None = None,
) -> AsyncIterator[KernelSocket]:
    """Open a kernel's websocket with an API token."""
    url = base_url.replace("http", "ws", 1) + f"/api/kernels/{kernel_id}/channels"
    connection = await websockets.connect(
        f"{url}?session_id={session or uuid.uuid4().hex}"
        + (f"&last_seen={last_seen}" if last_seen else ""),
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=[websockets.Subprotocol(protocol)] if protocol else None,
        max_size=None,
        proxy=None,
        close_timeout=0.5,
    )
    socket = KernelSocket(connection)
    try:
        yield socket
    finally:
        await socket.aclose()


def cell_request(code: str, cell_id: str) -> Message:
    """Return the request to execute a cell, as JupyterLab makes it."""
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
    header, parent, _, body = compose("shell", "execute_request", content).parts
    metadata = json.dumps({"trusted": True, "cellId": cell_id}).encode()
    return message_from_parts("shell", [header, parent, metadata, body])


def _is_of(message: Message, request: Message) -> bool:
    return message.parent.id == request.header.id


def _message(frame: bytes | str) -> Message:
    """Read what a server sends on any channel."""
    if isinstance(frame, str) or frame[0] == 0:
        raise TypeError("a legacy frame; read those as JSON")
    count = int.from_bytes(frame[:8], "little")
    offsets = [int.from_bytes(frame[at : at + 8], "little") for at in range(8, 8 * count + 8, 8)]
    cut = [frame[start:stop] for start, stop in pairwise(offsets)]
    return message_from_parts(cut[0].decode(), cut[1:])
