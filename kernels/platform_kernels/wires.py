"""The four conversations with one kernel, as a whole: up or down, and signed."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from platform_kernels import zmtp
from platform_kernels.messages import InvalidMessage, Message, Signer, compose
from platform_kernels.outbox import MEBIBYTE, OutboxLimits
from platform_kernels.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_kernels.bounds import Allowance, Pace
    from platform_server.sandboxes.runtime import KernelEndpoints

_SOCKET_TYPES = {"iopub": b"SUB", "shell": b"DEALER", "control": b"DEALER", "stdin": b"DEALER"}
_PATIENCE = 0.5  # seconds before a kernel that sends no welcome is asked for a sign of life
_SENDING_LIMIT = 32 * MEBIBYTE  # bytes on their way to the kernel

log = logging.getLogger(__name__)


class TooMuchUnsentError(Exception):
    """The kernel does not take messages as fast as they come; this one was not sent."""


@dataclass(frozen=True, kw_only=True)
class LinkLimits:
    """Bytes of one message from the kernel, and of what waits for one client."""

    output: int = 16 * MEBIBYTE
    reply: int = 8 * MEBIBYTE
    outbox: OutboxLimits = field(default_factory=OutboxLimits)


class Handler(Protocol):
    """Who gets the messages."""

    def ready(self) -> None:
        """Note that the kernel listens, and nothing it writes from now on is missed."""

    def received(self, message: Message) -> None:
        """Take a message signed with the kernel's key."""

    def left_out(self, channel: str, size: int, beginning: list[bytes]) -> None:
        """Note that a message was too large; ``beginning`` are the parts before that."""


class Wires:
    """Connections to a kernel's channels. ``open`` is for new and for closed ones.

    What is sent before the kernel listens waits, so that nobody has to. It listens when it has
    welcomed our subscription to its outputs; kernels that do not know the welcome are asked for
    kernel_info until any output proves the subscription.
    """

    def __init__(
        self,
        signer: Signer,
        handler: Handler,
        *,
        identity: bytes,
        limits: LinkLimits,
        allowance: Allowance,
        pace: Pace,
    ) -> None:
        self.is_ready = False
        self._signer = signer
        self._handler = handler
        self._identity = identity
        self._limits = limits
        self._allowance = allowance
        self._pace = pace
        self._wires: dict[str, Wire] = {}
        self._opened: set[str] = set()
        self._subscribed = False
        self._unsent: deque[tuple[str, list[bytes]]] = deque()
        self._unsent_size = 0
        self._nudge: asyncio.TimerHandle | None = None

    async def open(self, endpoints: KernelEndpoints) -> None:
        """Connect, and send what waits for that."""
        for channel in _SOCKET_TYPES:
            self._wires[channel] = self._wire(channel, endpoints)
            self._wires[channel].start()

    async def close(self) -> None:
        """Hang up, and forget what was not sent. May be called twice."""
        wires, self._wires = list(self._wires.values()), {}
        self._opened.clear()
        self._unsent.clear()
        self._unsent_size = 0
        self.is_ready = self._subscribed = False
        if self._nudge is not None:
            self._nudge.cancel()
            self._nudge = None
        for wire in wires:
            await wire.aclose()

    def send(self, channel: str, parts: list[bytes]) -> None:
        """Sign and send, now or when the kernel listens. Raises TooMuchUnsentError."""
        frames = self._signer.frames(parts)
        size = sum(map(len, frames))
        waiting = self._wires[channel].waiting if self.is_ready else self._unsent_size
        if waiting + size > _SENDING_LIMIT:
            raise TooMuchUnsentError
        if self.is_ready:
            self._wires[channel].send(frames)
        else:
            self._unsent.append((channel, frames))
            self._unsent_size += size

    def tell(self, note: Mapping[str, object]) -> None:
        """Say something to the kernel's publisher; lost when there is no connection."""
        if "iopub" in self._wires:
            self._wires["iopub"].send(zmtp.note(json.dumps(note).encode()))

    def wire_opened(self, wire: Wire) -> None:
        """Note that a channel is connected (Receiver)."""
        self._opened.add(wire.channel)
        if wire.channel == "iopub":
            self._subscribe()
            self._nudge_later()
        self._check_ready()

    def wire_received(self, wire: Wire, frames: list[bytes]) -> None:
        """Check a message and pass it on (Receiver)."""
        try:
            message = self._signer.message(wire.channel, frames)
        except InvalidMessage as error:
            log.debug("dropped a message on %s: %s", wire.channel, error)
            return
        if wire.channel == "iopub" and not self._subscribed:
            self._subscribed = True
            self._check_ready()
        if message.header.type != "iopub_welcome":
            self._handler.received(message)

    def wire_skipped(self, wire: Wire, skipped: zmtp.Oversized) -> None:
        """Pass on that a message was too large (Receiver)."""
        self._handler.left_out(wire.channel, skipped.size, self._signer.parts(skipped.beginning))

    def _wire(self, channel: str, endpoints: KernelEndpoints) -> Wire:
        socket_type = _SOCKET_TYPES[channel]
        identity = b"" if socket_type == b"SUB" else self._identity
        return Wire(
            channel,
            f"{endpoints.ip}-{getattr(endpoints, channel + '_port')}",
            self,
            opening=zmtp.opening(socket_type, identity),
            limit=self._limits.output if channel == "iopub" else self._limits.reply,
            allowance=self._allowance,
            pace=self._pace,
        )

    def _check_ready(self) -> None:
        if self.is_ready or not self._subscribed or len(self._opened) < len(_SOCKET_TYPES):
            return
        self.is_ready = True
        self._handler.ready()
        unsent, self._unsent = self._unsent, deque()
        self._unsent_size = 0
        for channel, frames in unsent:
            self._wires[channel].send(frames)

    def _subscribe(self) -> None:
        self.tell({"op": "hello"})
        self._wires["iopub"].send(zmtp.SUBSCRIBE_TO_ALL)

    def _nudge_later(self) -> None:
        if self._nudge is not None:
            self._nudge.cancel()
        self._nudge = asyncio.get_running_loop().call_later(_PATIENCE, self._nudge_now)

    def _nudge_now(self) -> None:
        self._nudge = None
        if not self._subscribed and "iopub" in self._opened:
            # libzmq mixes up whose subscription it hands to a publisher in manual mode when another
            # subscriber's connection ends in the same moment: then nobody is subscribed.
            self._subscribe()
        if not self._subscribed and "control" in self._opened:
            asked = compose("control", "kernel_info_request", {})
            self._wires["control"].send(self._signer.frames(asked.parts))
        if not self.is_ready:
            self._nudge_later()
