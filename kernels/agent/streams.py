"""Byte streams to the server, each on a connection of its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator

from agent.loop import READ, WRITE, Loop

STREAM_SOCKET = "/run/platform/stream.sock"
HIGH_WATER = 64 * 1024  # bytes waiting for the server before the source is made to wait
_CHUNK = 32 * 1024
_PIPE_BYTES = 2**20  # the most that a pipe holds


class Stream:
    """A connection that the server asked for by a one-time token."""

    def __init__(
        self,
        loop: Loop,
        token: str,
        *,
        received: Callable[[bytes], None],
        changed: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._received = received  # gets b"" when the server sends no more
        self._changed = changed  # called when there is room again, or the stream is closed
        self._waiting = bytearray()
        self._ends = False
        self._listens = True
        self.closed = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.connect(STREAM_SOCKET)
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self.send(token.encode() + b"\n")

    @property
    def full(self) -> bool:
        """Tell whether the source should wait."""
        return len(self._waiting) > HIGH_WATER

    def send(self, data: bytes | bytearray) -> None:
        """Send, now or as soon as the server takes it."""
        if not self.closed:
            self._waiting += data
            self._flush()

    def listen(self, *, on: bool) -> None:
        """Read from the server, or let it wait."""
        self._listens = on
        self._update()

    def end(self) -> None:
        """Close once everything is sent."""
        self._ends = True
        if not self._waiting:
            self.close()

    def close(self) -> None:
        """Close at once. May be called twice."""
        if self.closed:
            return
        self.closed = True
        self._loop.watch(self._socket.fileno(), 0, self._ready)
        self._socket.close()
        self._changed()

    def _update(self) -> None:
        if not self.closed:
            events = (READ if self._listens else 0) | (WRITE if self._waiting else 0)
            self._loop.watch(self._socket.fileno(), events, self._ready)

    def _ready(self) -> None:
        was_full = self.full
        self._flush()
        if self._listens and not self.closed:
            self._read()
        if was_full and not self.full and not self.closed:
            self._changed()

    def _flush(self) -> None:
        try:
            while self._waiting:
                del self._waiting[: self._socket.send(self._waiting)]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if self._ends and not self._waiting:
            self.close()
        self._update()

    def _read(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if not data:
            self._listens = False
            self._update()
        self._received(data)


def write_some(fd: int, data: bytearray) -> bool:
    """Write what the descriptor takes and drop it from ``data``; False once nobody reads."""
    try:
        while data:
            del data[: os.write(fd, data)]
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


def read_rest(fd: int) -> Iterator[bytes]:
    """Return what is left in a pipe or terminal, not what others go on to write to it."""
    for _piece in range(_PIPE_BYTES // _CHUNK):
        data = read_some(fd)
        if not data:
            return
        yield data


def read_some(fd: int, most: int = _CHUNK) -> bytes | None:
    """Return what there is to read, b"" at the end, None when nothing is there yet."""
    try:
        return os.read(fd, most)
    except BlockingIOError:
        return None
    except OSError:  # EIO: no process has the terminal open any more
        return b""
