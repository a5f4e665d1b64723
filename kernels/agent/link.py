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
_KEPT = 256  # reports of what ended while no server listened

Verb = Callable[[Mapping[str, Any], list[int]], dict[str, Any]]


class Link:
    """Answers the server's requests and reports what ended."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._verbs: dict[str, Verb] = {}
        self._socket: socket.socket | None = None
        self._outbox: deque[bytes] = deque(maxlen=_KEPT)  # what ended, for whichever server
        self._replies: deque[bytes] = deque()  # for the server that asked

    def serve(self, verbs: Mapping[str, Verb]) -> None:
        """Add requests that can be answered from now on."""
        self._verbs.update(verbs)

    def report(self, event: Mapping[str, Any]) -> None:
        """Tell the server, or the next one."""
        self._outbox.append(json.dumps(event).encode())
        self._flush()

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
        self._replies.append(json.dumps({"hello": 1}).encode())
        self._flush()

    def _flush(self) -> None:
        if self._socket is None:
            return
        try:
            for waiting in (self._replies, self._outbox):
                while waiting:
                    self._socket.send(waiting[0])
                    waiting.popleft()
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
            self._loop.watch(self._socket.fileno(), READ, self._ready)
            self._flush()
            return
        except OSError:
            data, fds = b"", []
        if data:
            self._answer(json.loads(data), fds)
        else:
            self._hang_up()

    def _answer(self, request: Mapping[str, Any], fds: list[int]) -> None:
        for fd in fds:
            os.set_inheritable(fd, False)
        try:
            reply = {"id": request["id"], "result": self._verbs[str(request["op"])](request, fds)}
        except (LookupError, ValueError, OSError) as error:
            reply = {"id": request["id"], "error": type(error).__name__, "detail": str(error)}
        self._replies.append(json.dumps(reply).encode())
        self._flush()

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._loop.watch(self._socket.fileno(), 0, self._ready)
            self._socket.close()
            self._socket = None
            self._replies.clear()
            self._loop.later(_REDIAL, self.dial)
