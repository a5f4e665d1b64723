"""The server's end of the connection that a sandbox's agent dials."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import socket
from typing import TYPE_CHECKING, Any

from platform_server.errors import (
    LimitReached,
    PlatformError,
    SandboxBusy,
    SandboxGone,
    TooLarge,
    Unavailable,
)
from platform_server.sandboxes.incoming import IncomingStreams
from platform_server.sandboxes.messages import Hello, Reply, Said, parse
from platform_server.sandboxes.sockets import (
    SocketFolder,
    hang_up,
    peer_pid,
    receive,
    send_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_MESSAGE_BYTES = 64 * 1024
_PATIENCE = 20.0  # seconds that one request may take
_PAUSE = 0.05  # seconds

log = logging.getLogger(__name__)


class AgentRefused(Unavailable):
    """The sandbox could not do that."""

    reason = "sandbox_refused"

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self.kind = kind  # the agent's exception


class AgentLink:
    """Requests to one agent, its events, and the streams it opens.

    Only the container's main process is listened to: any other process in the sandbox can reach the
    sockets too, and is hung up on. ``heard`` gets what the agent says unasked. When the connection
    breaks, the agent dials anew.
    """

    def __init__(self, folder: Path, *, heard: Callable[[Said], None]) -> None:
        self._folder = SocketFolder(folder)
        folder.chmod(0o755)  # the agent runs as another user, and sees only this folder
        self.streams = IncomingStreams()
        self._heard = heard
        self._agent_pid: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._connection: socket.socket | None = None
        self._connected = asyncio.Event()
        self._is_closed = False
        self._has_warned = False
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: list[socket.socket] = []

    def listen(self) -> None:
        """Make the sockets, before the container is started."""
        control = self._folder.listen("agent.sock", socket.SOCK_SEQPACKET, mode=0o666)
        streams = self._folder.listen("stream.sock", socket.SOCK_STREAM, mode=0o666)
        self._listening = [control, streams]
        self._own(self._accept(control, self._converse))
        self._own(self._accept(streams, self.streams.take))

    def expect(self, pid: int) -> None:
        """Name the process that is the agent, as the engine reports it."""
        self._agent_pid.set_result(pid)

    async def connected(self) -> None:
        """Return once the agent has dialled in. Raises SandboxGone when the link is closed."""
        await self._connected.wait()
        if self._is_closed:
            raise SandboxGone

    async def request(
        self, op: str, *, fds: Sequence[int] = (), **arguments: Any
    ) -> dict[str, Any]:
        """Ask, and return the answer.

        Raises SandboxGone, SandboxBusy, LimitReached (no process left), TooLarge, AgentRefused.
        """
        number = next(self._numbers)
        data = json.dumps({"id": number, "op": op, **arguments}).encode()
        if len(data) > _MESSAGE_BYTES:
            raise TooLarge("That is too long for a command: put it in a file, or in its input.")
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[number] = answer
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.connected()
                if self._connection is None:  # lost again already
                    raise SandboxGone
                await send_message(self._connection, data, fds)
                return await answer
        except TimeoutError as error:
            raise SandboxBusy from error
        except OSError as error:
            raise SandboxGone from error
        finally:
            self._replies.pop(number, None)

    async def aclose(self) -> None:
        """Hang up; open requests fail with SandboxGone. May be called twice."""
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listening in self._listening:
            listening.close()
        self._hang_up()
        self._connected.set()
        self._folder.close()

    def _own(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(
        self, listening: socket.socket, handle: Callable[[socket.socket], Any]
    ) -> None:
        """Let the agent in, and nobody else."""
        agent = await asyncio.shield(self._agent_pid)
        while True:
            connection = await _accepted(listening)
            if peer_pid(connection) == agent:
                self._own(_closing_if_cancelled(connection, handle))
                continue
            connection.close()
            self._note_stranger()
            await asyncio.sleep(_PAUSE)  # whoever dials without end takes none of others' time

    def _note_stranger(self) -> None:
        if not self._has_warned:  # once: whoever dials without end shall not fill the log
            log.warning("%s: a process other than the agent dialled", self._folder.path.parent.name)
            self._has_warned = True

    async def _converse(self, connection: socket.socket) -> None:
        self._hang_up()
        self._connection = connection
        try:
            while data := await receive(connection, _MESSAGE_BYTES + 1):
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
        if isinstance(said, Reply):
            answer = self._replies.get(said.id)
            if answer is None or answer.done():
                return
            if said.error is None:
                answer.set_result(said.result or {})
            else:
                answer.set_exception(_refusal(said.error))
        else:
            self._heard(said)

    def _hang_up(self) -> None:
        self._connected.clear()
        if self._connection is not None:
            hang_up(self._connection)
            self._connection = None
        for answer in self._replies.values():
            if not answer.done():
                answer.set_exception(SandboxGone())


async def _accepted(listening: socket.socket) -> socket.socket:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(0)
        try:
            connection, _address = await loop.sock_accept(listening)
        except OSError:  # no descriptor left, or the peer has gone already
            await asyncio.sleep(_PAUSE)
        else:
            connection.setblocking(False)
            return connection


async def _closing_if_cancelled(
    connection: socket.socket, handle: Callable[[socket.socket], Any]
) -> None:
    try:
        await handle(connection)
    except asyncio.CancelledError:
        connection.close()
        raise


def _refusal(kind: str) -> PlatformError:
    if kind == BlockingIOError.__name__:  # fork(2): EAGAIN
        return LimitReached(
            "The sandbox has as many processes as it may have: end some, or stop the sandbox."
        )
    return AgentRefused(kind)
