"""When a kernel that ended is started again: at once, then ever more slowly, then not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Timer = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class RestartLimits:
    """How a kernel that keeps ending is restarted."""

    attempts: int = 5  # in a row
    stable: float = 30.0  # seconds of life after which a kernel is not "ending again"
    pauses: tuple[float, ...] = (0.0, 0.5, 2.0, 5.0, 10.0)  # seconds before each attempt


class RestartPolicy:
    """Decides after each end of one kernel. Pure but for the clock it is given."""

    def __init__(self, limits: RestartLimits | None = None, *, now: Timer = time.monotonic) -> None:
        self._limits = limits or RestartLimits()
        self._now = now
        self._attempts = 0
        self._started = now()

    def started(self) -> None:
        """Note that the kernel was started."""
        self._started = self._now()

    def forgive(self) -> None:
        """Begin anew: somebody restarted the kernel on purpose."""
        self._attempts = 0

    def pause(self) -> float | None:
        """Return the seconds to wait before the next start, None when it is not to be started."""
        if self._now() - self._started >= self._limits.stable:
            self._attempts = 0
        if self._attempts >= self._limits.attempts:
            return None
        pause = self._limits.pauses[min(self._attempts, len(self._limits.pauses) - 1)]
        self._attempts += 1
        return pause
