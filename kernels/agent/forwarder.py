"""The package index on the sandbox's loopback: connections handed on to the server's socket.

pip and uv speak to an address; what answers is a socket of the server's in a read-only folder.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from agent.loop import READ, WRITE, Loop
from agent.streams import read_some, write_some

ADDRESS = ("127.0.0.1", 3141)
PACKAGE_SOCKET = "/run/platform/packages.sock"
_MOST = 64  # connections at once
# Bytes read at once, and for one side before the other is made to wait: packages are large, and
# each turn of the loop costs as much as copying this.
_PIECE = _WAITING = 256 * 1024


class Forwarder:
    """Listens, and hands each connection on."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._open = 0
        self._listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)

    def listen(self) -> None:
        """Take connections from now on. Raises OSError."""
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.setblocking(False)
        self._listening.bind(ADDRESS)
        self._listening.listen(_MOST)
        self._update()

    def _accept(self) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as undo:
            client = undo.enter_context(self._listening.accept()[0])
            server = undo.enter_context(socket.socket(socket.AF_UNIX))
            server.connect(PACKAGE_SOCKET)  # if nobody listens, the client finds itself hung up on
            undo.pop_all()
            self._open += 1
            _Pair(self._loop, client, server, self._closed)
        self._update()

    def _closed(self) -> None:
        self._open -= 1
        self._update()

    def _update(self) -> None:
        events = READ if self._open < _MOST else 0
        self._loop.watch(self._listening.fileno(), events, self._accept)


class _Side:
    """One of the two ends of a pair."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self.socket = end
        self.waiting = bytearray()  # to be sent to it
        self.has_ended = False  # it sends no more


class _Pair:
    """Two connections, each fed with what the other sends."""

    def __init__(
        self, loop: Loop, one: socket.socket, other: socket.socket, closed: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._closed = closed
        self._sides = (_Side(one), _Side(other))
        self._update()

    def _turn(self) -> None:
        for one, other in (self._sides, self._sides[::-1]):
            if self._may_read(one, other):
                data = read_some(one.socket.fileno(), _PIECE)
                one.has_ended = data == b""
                other.waiting += data or b""
        is_over = False
        for one, other in (self._sides, self._sides[::-1]):
            is_over |= not write_some(one.socket.fileno(), one.waiting)
            is_over |= other.has_ended and not one.waiting
        if is_over:  # HTTP: an end of either is the end of the exchange
            self._close()
        else:
            self._update()

    def _update(self) -> None:
        for one, other in (self._sides, self._sides[::-1]):
            events = READ if self._may_read(one, other) else 0
            events |= WRITE if one.waiting else 0
            self._loop.watch(one.socket.fileno(), events, self._turn)

    @staticmethod
    def _may_read(one: _Side, other: _Side) -> bool:
        return not one.has_ended and len(other.waiting) < _WAITING

    def _close(self) -> None:
        for one in self._sides:
            self._loop.watch(one.socket.fileno(), 0, self._turn)
            one.socket.close()
        self._closed()
