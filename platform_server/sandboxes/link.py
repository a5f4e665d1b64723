"""The server's end of the connection that a sandbox's agent dials."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import secrets
import socket
from typing import TYPE_CHECKING, Any

from platform_server.errors import SandboxGone
from platform_server.sandboxes.messages import Hello, Reply, Said, parse
from platform_server.sandboxes.sockets import SocketFolder, peer_pid, send_message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_MESSAGE_BYTES = 64 * 1024 + 1
_TOKEN_BYTES = 33  # 32 hexadecimal digits and a line feed
_PATIENCE = 30.0  # seconds that one request may take
_TOKEN_PATIENCE = 5.0  # seconds to say what a stream is for

log = logging.getLogger(__name__)


class AgentRefused(Exception):
    """The agent answered a request with an error."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind


class AgentLink:
    """Requests to one agent, its events, and the streams it opens.

    Only the container's main process is listened to: any other process in the sandbox can reach the
    sockets too, and is hung up on. ``heard`` gets what the agent reports; ``lost`` is called when
    the connection breaks, which the agent then dials anew.
    """

    def __init__(self, folder: Path, *, heard: Callable[[Said], None]) -> None:
        self._folder = SocketFolder(folder)
        folder.chmod(0o755)  # the agent runs as another user, and sees only this folder
        self._heard = heard
        self._agent_pid: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._connection: socket.socket | None = None
        self._connected = asyncio.Event()
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._streams: dict[bytes, asyncio.Future[socket.socket]] = {}
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: list[socket.socket] = []

    def listen(self) -> None:
        """Make the sockets, before the container is started."""
        control = self._folder.listen("agent.sock", socket.SOCK_SEQPACKET, mode=0o666)
        streams = self._folder.listen("stream.sock", socket.SOCK_STREAM, mode=0o666)
        self._listening = [control, streams]
        self._own(self._accept(control, self._converse))
        self._own(self._accept(streams, self._take_stream))

    def expect(self, pid: int) -> None:
        """Name the process that is the agent, as the engine reports it."""
        self._agent_pid.set_result(pid)

    async def connected(self) -> None:
        """Return once the agent has dialled in."""
        await self._connected.wait()

    async def request(
        self, op: str, *, fds: Sequence[int] = (), **arguments: Any
    ) -> dict[str, Any]:
        """Ask, and return the answer. Raises SandboxGone, AgentRefused."""
        number = next(self._numbers)
        data = json.dumps({"id": number, "op": op, **arguments}).encode()
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[number] = answer
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._connected.wait()
                assert self._connection is not None
                await send_message(self._connection, data, fds)
                return await answer
        except (TimeoutError, OSError) as error:
            raise SandboxGone from error
        finally:
            self._replies.pop(number, None)

    @contextlib.asynccontextmanager
    async def streams(self, count: int) -> Any:
        """Give tokens for new streams, and a function that waits for the streams themselves."""
        loop = asyncio.get_running_loop()
        tokens = [secrets.token_hex(16) for _ in range(count)]
        futures: list[asyncio.Future[socket.socket]] = [loop.create_future() for _ in tokens]
        self._streams.update(
            {f"{token}\n".encode(): future for token, future in zip(tokens, futures, strict=True)}
        )

        async def opened() -> list[socket.socket]:
            try:
                async with asyncio.timeout(_PATIENCE):
                    return [await future for future in futures]
            except TimeoutError as error:
                raise SandboxGone from error

        try:
            yield tokens, opened
        finally:
            for token in tokens:
                self._streams.pop(f"{token}\n".encode(), None)

    async def aclose(self) -> None:
        """Hang up; open requests fail with SandboxGone. May be called twice."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listening in self._listening:
            listening.close()
        self._hang_up()
        self._folder.close()

    def _own(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(
        self, listening: socket.socket, handle: Callable[[socket.socket], Any]
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listening)
            connection.setblocking(False)
            self._own(self._admit(connection, handle))

    async def _admit(
        self, connection: socket.socket, handle: Callable[[socket.socket], Any]
    ) -> None:
        """Let the agent in, and nobody else."""
        if peer_pid(connection) == await self._agent_pid:
            await handle(connection)
        else:
            log.warning("a process other than the agent dialled the server from a sandbox")
            connection.close()

    async def _converse(self, connection: socket.socket) -> None:
        self._hang_up()
        self._connection = connection
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(connection, _MESSAGE_BYTES):
                self._listen_to(parse(data))
        except (OSError, ValueError) as error:
            log.warning("hung up on an agent: %s", type(error).__name__)
        finally:
            if self._connection is connection:
                self._hang_up()
            connection.close()

    def _listen_to(self, said: Said) -> None:
        if isinstance(said, Hello):
            self._connected.set()
        elif isinstance(said, Reply):
            answer = self._replies.get(said.id)
            if answer is None or answer.done():
                return
            if said.error is None:
                answer.set_result(said.result or {})
            else:
                answer.set_exception(AgentRefused(said.error, said.detail))
        else:
            self._heard(said)

    async def _take_stream(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        token = b""
        try:
            async with asyncio.timeout(_TOKEN_PATIENCE):
                while len(token) < _TOKEN_BYTES:
                    piece = await loop.sock_recv(connection, _TOKEN_BYTES - len(token))
                    token += piece
                    if not piece:
                        break
        except (TimeoutError, OSError):
            token = b""
        waiting = self._streams.pop(token, None)
        if waiting is None or waiting.done():
            connection.close()
        else:
            waiting.set_result(connection)

    def _hang_up(self) -> None:
        self._connected.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        for answer in self._replies.values():
            if not answer.done():
                answer.set_exception(SandboxGone())
        self._replies.clear()
