"""A Jupyter client as small as it can be: sessions, and a kernel's websocket."""

from __future__ import annotations

import asyncio
import json
import struct
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from websockets.typing import Subprotocol

from benchmarks.target import PATIENCE, Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from websockets.asyncio.client import ClientConnection

V1 = Subprotocol("v1.kernel.websocket.jupyter.org")


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a kernel said."""

    kind: str
    parent: str  # the id of the request that it answers
    content: dict[str, Any]


class Channels:
    """An open websocket of a kernel."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._session = uuid4().hex

    async def execute(self, code: str) -> str:
        """Send a request to run code; returns its id."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        return await self._ask("execute_request", content)

    async def complete(self, code: str) -> Message:
        """Return what a press of Tab at the end of the code offers."""
        request = await self._ask("complete_request", {"code": code, "cursor_pos": len(code)})
        return await self.until(request, lambda message: message.kind == "complete_reply")

    async def _ask(self, kind: str, content: dict[str, Any]) -> str:
        header = {
            "msg_id": uuid4().hex,
            "msg_type": kind,
            "session": self._session,
            "username": "",
            "version": "5.3",
            "date": "2026-01-01T00:00:00Z",
        }
        await self._socket.send(_packed(header, content))
        return str(header["msg_id"])

    async def until(self, request: str, is_last: Callable[[Message], bool]) -> Message:
        """Return the first answer to a request that is the one waited for."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = _unpacked(await self._socket.recv())
                if message.parent == request and is_last(message):
                    return message

    async def run(self, code: str) -> None:
        """Run code to its end: the reply has come, and the kernel is idle."""
        request = await self.execute(code)
        missing = {"execute_reply", "status"}
        while missing:
            last = await self.until(request, _is_end)
            missing.discard(last.kind)

    async def first_output(self, code: str, *, again_after: float = PATIENCE) -> None:
        """Run code that prints, and return when its first output is here.

        The request is sent again when so many seconds passed without any.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                request = await self.execute(code)
                with suppress(TimeoutError):
                    async with asyncio.timeout(again_after):
                        await self.until(request, lambda message: message.kind == "stream")
                        return


def _is_end(message: Message) -> bool:
    is_idle = message.content.get("execution_state") == "idle"
    return message.kind == "execute_reply" or (message.kind == "status" and is_idle)


async def new_session(target: Target, name: str) -> dict[str, Any]:
    """Create a session with a kernel, as a notebook that is opened does."""
    body = {
        "path": target.place(name),
        "name": name,
        "type": "notebook",
        "kernel": {"name": "python3"},
    }
    session: dict[str, Any] = await target.call("POST", "/api/sessions", body)
    return session


async def end_session(target: Target, session: dict[str, Any]) -> None:
    """Shut its kernel down."""
    await target.call("DELETE", f"/api/sessions/{session['id']}")


@asynccontextmanager
async def channels(target: Target, kernel_id: str) -> AsyncIterator[Channels]:
    """Open a kernel's websocket with the protocol that JupyterLab speaks."""
    path = f"/api/kernels/{kernel_id}/channels?session_id={uuid4().hex}"
    async with target.socket(path, V1) as socket:
        yield Channels(socket)


@asynccontextmanager
async def running_kernel(target: Target, name: str) -> AsyncIterator[tuple[str, Channels]]:
    """Start a kernel and run something; yields its id and its websocket."""
    session = await new_session(target, name)
    try:
        async with channels(target, session["kernel"]["id"]) as kernel:
            await kernel.run("0")
            yield session["kernel"]["id"], kernel
    finally:
        await end_session(target, session)


def _packed(header: dict[str, Any], content: dict[str, Any]) -> bytes:
    parts = [b"shell", *(json.dumps(part).encode() for part in (header, {}, {}, content))]
    ends = [8 * (len(parts) + 2)]
    for part in parts:
        ends.append(ends[-1] + len(part))
    return struct.pack(f"<{len(ends) + 1}Q", len(ends), *ends) + b"".join(parts)


def _unpacked(frame: str | bytes) -> Message:
    assert isinstance(frame, bytes)
    count = struct.unpack_from("<Q", frame)[0]
    ends = struct.unpack_from(f"<{count}Q", frame, 8)
    header, parent, content = (json.loads(frame[ends[i] : ends[i + 1]]) for i in (1, 2, 4))
    return Message(kind=header["msg_type"], parent=parent.get("msg_id", ""), content=content)
