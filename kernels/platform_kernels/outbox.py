"""What waits to be sent to one client: bounded, whatever the kernel writes and the client reads."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from platform_kernels.messages import Message, compose

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from platform_kernels.bounds import Allowance
    from platform_kernels.messages import Place

MEBIBYTE = 2**20
_SMALL = 64 * 1024  # bytes: what is larger is never essential
_ESSENTIAL = frozenset({"status", "input_request", "execute_input", "shutdown_reply"})
TRY_AGAIN_LATER = 1013  # websocket close code


@dataclass(frozen=True, kw_only=True)
class OutboxLimits:
    """Bytes that may wait for one client."""

    outputs: int = 16 * MEBIBYTE  # beyond it outputs are left out; the client is told
    everything: int = 24 * MEBIBYTE  # beyond it the client is cut off
    away: int = 4 * MEBIBYTE  # of outputs, while there is no connection


class Sink(Protocol):
    """A client's connection."""

    def write(self, message: Message) -> asyncio.Future[None]:
        """Send; the future is done when the message has left this process, or never will."""

    def close(self, code: int, reason: str) -> None:
        """Cut the connection."""


class Outbox:
    """Messages on their way to one client, in order.

    While the client is away they wait here. When too much waits, outputs are left out and counted,
    and the client reads so as soon as there is room; states, replies and questions always pass.
    """

    def __init__(self, allowance: Allowance, limits: OutboxLimits) -> None:
        self.on_sent: Callable[[], None] = _nothing
        self._allowance = allowance
        self._limits = limits
        self._sink: Sink | None = None
        self._place: Place | None = None
        self._leaving: deque[tuple[asyncio.Future[None], Place]] = deque()
        self._away: deque[Message] = deque()
        self._waiting = 0  # bytes
        self._left_out = 0  # bytes
        self._left_out_of: bytes = b"{}"  # header of the request whose output it was

    @property
    def place(self) -> Place | None:
        """Up to where in the kernel's journal everything has left, None if that is not known."""
        while self._leaving and self._leaving[0][0].done():
            sent, place = self._leaving.popleft()
            if not sent.cancelled() and sent.exception() is None:
                self._place = place
        return self._place

    def start_at(self, place: Place) -> None:
        """Take it that everything up to there has left."""
        self._leaving.clear()
        self._place = place

    @property
    def waiting(self) -> int:
        """How many bytes are here."""
        return self._waiting

    @property
    def sink(self) -> Sink | None:
        """The connection, None while the client is away."""
        return self._sink

    def attach(self, sink: Sink) -> None:
        """Send what waits, and what follows, to this connection."""
        self._sink = sink
        kept, self._away = self._away, deque()
        for message in kept:
            self._release(message.size)
            self.put(message)
        self._tell()

    def detach(self) -> None:
        """Keep what follows until the next ``attach``."""
        self._sink = None

    def clear(self) -> None:
        """Forget what waits: the client will not come back."""
        while self._away:
            self._release(self._away.popleft().size)

    def put(self, message: Message) -> None:
        """Send a message, or leave it out."""
        if _is_essential(message):
            self._allowance.force(message.size)
        elif self._is_full(message.size) or not self._allowance.take(message.size):
            self._left_out += message.size
            self._left_out_of = message.parts[1]
            return
        self._waiting += message.size
        self._send(message)

    def _is_full(self, size: int) -> bool:
        limit = self._limits.away if self._sink is None else self._limits.outputs
        return bool(self._left_out) or self._waiting + size > limit

    def _send(self, message: Message) -> None:
        if self._waiting > self._limits.everything:
            self._cut_off(message)
        elif self._sink is None:
            self._away.append(message)
        else:
            sent = self._sink.write(message)
            if message.place is not None:
                self._leaving.append((sent, message.place))
            size = message.size
            sent.add_done_callback(lambda sent: self._sent(sent, size))

    def _cut_off(self, message: Message) -> None:
        self._release(message.size)
        if self._sink is None:
            self.clear()
        else:
            self._sink.close(TRY_AGAIN_LATER, "too much output is waiting for this client")

    def _sent(self, sent: asyncio.Future[None], size: int) -> None:
        if not sent.cancelled():
            sent.exception()  # a broken connection says so itself
        self._release(size)
        self._tell()
        self.on_sent()

    def _tell(self) -> None:
        """Say what was left out, once half of the room is free again."""
        if not self._left_out or self._sink is None or self._waiting > self._limits.outputs // 2:
            return
        size, self._left_out = self._left_out, 0
        text = f"[{size / MEBIBYTE:.1f} MB left out: output came faster than it could be sent]"
        self.put(notice(text, parent=self._left_out_of))

    def _release(self, size: int) -> None:
        self._waiting -= size
        self._allowance.give(size)


def _nothing() -> None:
    """Do nothing."""


def notice(text: str, *, parent: bytes) -> Message:
    """Return a line from the platform for the output of the request with header ``parent``."""
    return compose("iopub", "stream", {"name": "stderr", "text": f"{text}\n"}, parent=parent)


def _is_essential(message: Message) -> bool:
    kind = message.header.type
    return message.size <= _SMALL and (kind in _ESSENTIAL or kind.endswith("_reply"))
