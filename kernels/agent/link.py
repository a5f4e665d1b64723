"""The connection to the server: dialled by the agent, for ever again when it breaks."""

from __future__ import annotations

import json
import os
import socket
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from agent.loop import READ, WRITE, Loop

CONTROL_SOCKET = "/run/platform/agent.sock"
_MESSAGE_BYTES = 64 * 1024
_DESCRIPTORS = 8
_REDIAL = 0.1  # seconds
_KEPT = 256  # reports of what ended, the latest
_DETAIL = 500  # characters of an error's text

Verb = Callable[[Mapping[str, Any], list[int]], dict[str, Any]]


class Link:
    """Answers the server's requests and reports what ended."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._verbs: dict[str, Verb] = {}
        self._socket: socket.socket | None = None
        self._ended: deque[bytes] = deque(maxlen=_KEPT)  # for whichever server dials next
        self._told: deque[bytes] = deque(maxlen=_KEPT)  # what the server can tell it has heard
        self._outbox: deque[bytes] = deque()  # for the server at the other end
        self.ready = False  # kernels can be forked

    def serve(self, verbs: Mapping[str, Verb]) -> None:
        """Add requests that can be answered from now on."""
        self._verbs.update(verbs)

    def report(self, event: Mapping[str, Any]) -> None:
        """Tell the server that something ended, and each later one, which may have missed it."""
        self._ended.append(json.dumps(event).encode())
        self._send(self._ended[-1])

    def tell(self, event: Mapping[str, Any]) -> None:
        """Tell the server of something, and each later one the latest of it, told or not."""
        self._told.append(json.dumps(event).encode())
        self._send(self._told[-1])

    def note_ready(self) -> None:
        """Tell the server that kernels can be forked from now on."""
        self.ready = True
        self._send(b'{"event": "ready"}')

    def dial(self) -> None:
        """Connect, now or as soon as a server listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        try:
            connection.connect(CONTROL_SOCKET)
        except OSError:
            connection.close()
            self._loop.later(_REDIAL, self.dial)
            return
        connection.setblocking(False)
        self._socket = connection
        self._loop.watch(connection.fileno(), READ, self._ready)
        self._outbox += [json.dumps({"hello": 1, "ready": self.ready}).encode(), *self._ended]
        self._outbox += self._told
        self._flush()

    def _send(self, message: bytes) -> None:
        if self._socket is not None:
            self._outbox.append(message)
            self._flush()

    def _flush(self) -> None:
        if self._socket is None:
            return
        try:
            while self._outbox:
                self._socket.send(self._outbox[0])
                self._outbox.popleft()
        except BlockingIOError:
            self._loop.watch(self._socket.fileno(), READ | WRITE, self._ready)
        except OSError:
            self._hang_up()

    def _ready(self) -> None:
        assert self._socket is not None
        try:
            data, fds, _flags, _address = socket.recv_fds(
                self._socket, _MESSAGE_BYTES, _DESCRIPTORS
            )
        except BlockingIOError:
            data, fds = None, []
        except OSError:
            data, fds = b"", []
        if data:
            self._answer(json.loads(data), fds)
        elif data is None:
            self._loop.watch(self._socket.fileno(), READ, self._ready)
            self._flush()
        else:
            self._hang_up()

    def _answer(self, request: Mapping[str, Any], fds: list[int]) -> None:
        for fd in fds:
            os.set_inheritable(fd, False)
        try:
            reply = {"id": request["id"], "result": self._verbs[str(request["op"])](request, fds)}
        except Exception as error:  # noqa: BLE001 - the server's mistake must not end the sandbox
            detail = str(error)[:_DETAIL]
            reply = {"id": request["id"], "error": type(error).__name__, "detail": detail}
            for fd in fds:
                os.close(fd)
        self._send(json.dumps(reply).encode())

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._loop.watch(self._socket.fileno(), 0, self._ready)
            self._socket.close()
            self._socket = None
            self._outbox.clear()
            self._loop.later(_REDIAL, self.dial)
