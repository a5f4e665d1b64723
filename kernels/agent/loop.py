"""A small event loop: one thread, so that the process can fork at any moment."""

from __future__ import annotations

import heapq
import itertools
import os
import selectors
import signal
import time
from collections.abc import Callable

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
Callback = Callable[[], None]


class Loop:
    """Calls back when a descriptor is ready, a child has ended, or a moment has come."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callback]] = []
        self._order = itertools.count()
        self._wake, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def watch(self, fd: int, events: int, callback: Callback) -> None:
        """Call back whenever the descriptor is ready for the events; 0 stops that."""
        known = fd in self._selector.get_map()
        if events and known:
            self._selector.modify(fd, events, callback)
        elif events:
            self._selector.register(fd, events, callback)
        elif known:
            self._selector.unregister(fd)

    def later(self, seconds: float, callback: Callback) -> None:
        """Call back once, after that many seconds."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), callback))

    def on_child(self, callback: Callback) -> None:
        """Call back whenever a child may have ended."""

        def woken() -> None:
            os.read(self._wake, 4096)
            callback()

        self.watch(self._wake, READ, woken)

    def turn(self, *, wait: bool = True) -> None:
        """Handle what is ready; ``wait`` for something to be."""
        for key, _events in self._selector.select(self._patience() if wait else 0):
            if key.fd in self._selector.get_map():  # an earlier callback may have let it go
                key.data()
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()

    def _patience(self) -> float | None:
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - time.monotonic())
