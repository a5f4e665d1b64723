"""A connection to one of a kernel's sockets, made anew whenever it breaks."""

from __future__ import annotations

import asyncio
import logging
import time
from contextvars import Context
from typing import TYPE_CHECKING, Protocol

from platform_kernels import zmtp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_kernels.bounds import Allowance, Pace

_SLICE = 0.001  # seconds of decoding and handling before others get their turn
_STABLE = 1.0  # seconds after which a connection counts as a good one
_FIRST_DELAY, _LAST_DELAY = 0.005, 1.0  # seconds between attempts to connect

log = logging.getLogger(__name__)


class Receiver(Protocol):
    """Who gets what comes over a wire."""

    def wire_opened(self, wire: Wire) -> None:
        """Note that the kernel's side answered; called again after each reconnection."""

    def wire_received(self, wire: Wire, frames: list[bytes]) -> None:
        """Take one message."""

    def wire_skipped(self, wire: Wire, skipped: zmtp.Oversized) -> None:
        """Note that one message was larger than allowed."""


class Wire(asyncio.Protocol):
    """One ZeroMQ conversation over a unix socket. ``start`` it once, then ``aclose``.

    Reading takes turns with everything else on the loop, and pauses when ``pace`` says so: a kernel
    that floods waits, and nobody else.
    """

    def __init__(
        self,
        channel: str,
        path: str,
        receiver: Receiver,
        *,
        opening: bytes,
        limit: int,
        allowance: Allowance,
        pace: Pace,
    ) -> None:
        self.channel = channel
        self._path = path
        self._receiver = receiver
        self._opening = opening
        self._limit = limit
        self._allowance = allowance
        self._pace = pace
        self._decoder = zmtp.Decoder(limit)
        self._held = 0  # bytes reserved from the allowance
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()
        self._resume: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.create_task(self._keep_connected(), context=Context())

    async def aclose(self) -> None:
        """Hang up for good. May be called twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._hang_up()

    @property
    def waiting(self) -> int:
        """How many bytes wait to be sent."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def send(self, frames: Sequence[bytes]) -> None:
        """Send a message; it is lost when there is no connection, as it is with a dead kernel."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(zmtp.encode(frames))

    async def _keep_connected(self) -> None:
        delay = _FIRST_DELAY
        while True:
            started = time.monotonic()
            try:
                await asyncio.get_running_loop().create_unix_connection(lambda: self, self._path)
                await self._lost.wait()
            except OSError as error:
                log.debug("no connection to %s: %s", self.channel, error)
            lived = time.monotonic() - started
            delay = _FIRST_DELAY if lived > _STABLE else min(_LAST_DELAY, delay * 2)
            await asyncio.sleep(delay)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Speak first, without waiting for the other side."""
        assert isinstance(transport, asyncio.Transport)
        self._lost.clear()
        self._decoder = zmtp.Decoder(self._limit)
        self._transport = transport
        transport.set_write_buffer_limits(high=0)
        transport.write(self._opening)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Let go of what is left; the task connects again."""
        self._hang_up()
        self._lost.set()

    def data_received(self, data: bytes) -> None:
        """Take bytes from the kernel."""
        self._decoder.feed(data)
        self._take_turn()

    def _take_turn(self) -> None:
        """Handle what has arrived, for one slice of time; the rest, and more, after a pause."""
        self._resume = None
        started = time.perf_counter()
        try:
            unfinished = self._deliver(until=started + _SLICE)
        except zmtp.ProtocolError as error:
            log.warning("kernel broke the protocol on %s: %s", self.channel, error)
            self._hang_up()
            return
        if self._transport is not None:
            self._reserve(self._decoder.held)
            self._pause(unfinished=unfinished, spent=time.perf_counter() - started)

    def _deliver(self, *, until: float) -> bool:
        """Hand on messages until there is none left (False) or the time is up (True)."""
        decoder = self._decoder
        decoder.limit = min(self._limit, self._held + self._allowance.free)
        while (message := self._pull()) is not None:
            if isinstance(message, zmtp.Oversized):
                self._receiver.wire_skipped(self, message)
            else:
                self._receiver.wire_received(self, message)
            if time.perf_counter() > until:
                return True
        return False

    def _pull(self) -> list[bytes] | zmtp.Oversized | None:
        was_ready = self._decoder.ready
        message = self._decoder.pull()
        if self._decoder.ready and not was_ready:
            self._receiver.wire_opened(self)
        return message

    def _pause(self, *, unfinished: bool, spent: float) -> None:
        wait = self._pace.spend(spent)
        if self._transport is not None and (unfinished or wait):
            self._transport.pause_reading()
            self._resume = asyncio.get_running_loop().call_later(wait, self._go_on)

    def _go_on(self) -> None:
        self._take_turn()
        if self._resume is None and self._transport is not None:
            self._transport.resume_reading()

    def _reserve(self, size: int) -> None:
        self._allowance.force(size - self._held)
        self._held = size

    def _hang_up(self) -> None:
        self._reserve(0)
        if self._resume is not None:
            self._resume.cancel()
            self._resume = None
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
