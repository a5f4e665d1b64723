"""Unix sockets of the server's own: where they are, who is at the other end, what goes through."""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LONGEST = 80  # a socket's path may have 107 bytes; the rest is room for its name
_CREDENTIALS = struct.Struct("3i")


class SocketFolder:
    """A folder for sockets. ``address`` is a path short enough, however deep the folder lies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = -1
        self._prefix = str(path)
        if len(os.fsencode(self._prefix)) > _LONGEST:
            self._handle = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            self._prefix = f"/proc/self/fd/{self._handle}"

    def address(self, name: str) -> str:
        """Return the address of the socket of that name, for this process."""
        return f"{self._prefix}/{name}"

    def listen(
        self, name: str, kind: int, *, mode: int = 0o600, backlog: int = 64
    ) -> socket.socket:
        """Return a new listening socket, in the place of one that an earlier process left."""
        (self.path / name).unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, kind | socket.SOCK_CLOEXEC)
        try:
            listening.setblocking(False)
            listening.bind(self.address(name))
            (self.path / name).chmod(mode)
            listening.listen(backlog)
        except OSError:
            listening.close()
            raise
        return listening

    def remove(self, name: str) -> None:
        """Remove a socket's name. Not an error when it is gone."""
        (self.path / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the folder; its sockets stay. May be called twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def peer_pid(connection: socket.socket) -> int:
    """Return the process that connected, as the server sees it (unix(7), SO_PEERCRED)."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, _uid, _gid = _CREDENTIALS.unpack(raw)
    return int(pid)


async def receive(connection: socket.socket, size: int) -> bytes:
    """Return what came, b"" at the end. Whoever floods gets no more than their turn.

    Raises OSError.
    """
    # The loop's own call does not wait, nor let others run, when there is something already.
    await asyncio.sleep(0)
    return await asyncio.get_running_loop().sock_recv(connection, size)


async def send_message(connection: socket.socket, data: bytes, fds: Sequence[int] = ()) -> None:
    """Send one message with descriptors, waiting for room. Raises OSError when the peer is gone."""
    ancillary = (
        [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds).tobytes())] if fds else []
    )
    while True:
        try:
            connection.sendmsg([data], ancillary)
        except BlockingIOError:
            await _writable(connection)
        else:
            return


def hang_up(connection: socket.socket) -> None:
    """End a connection under whoever reads it: they see its end, and close it."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


async def _writable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def note() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_writer(connection, note)
    try:
        await ready
    finally:
        loop.remove_writer(connection)
