"""What one project's kernels may cost the server: memory held for them, and time on its loop."""

from __future__ import annotations

import time
from collections.abc import Callable

Timer = Callable[[], float]


class Allowance:
    """Bytes that may be held at once, shared by everything that belongs together."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    @property
    def free(self) -> int:
        """How many bytes are left."""
        return max(0, self.limit - self.used)

    def take(self, size: int) -> bool:
        """Reserve bytes; False, and nothing is reserved, when that is more than is left."""
        if self.used + size > self.limit:
            return False
        self.used += size
        return True

    def force(self, size: int) -> None:
        """Reserve bytes that cannot be refused; later ``take``s pay for them."""
        self.used += size

    def give(self, size: int) -> None:
        """Return reserved bytes."""
        self.used -= size


class Share(Allowance):
    """A part of a larger allowance: what is reserved here is reserved there, too."""

    def __init__(self, limit: int, whole: Allowance) -> None:
        super().__init__(limit)
        self._whole = whole

    def take(self, size: int) -> bool:
        """Reserve bytes of both; False when either has not as much left."""
        if not super().take(size):
            return False
        if not self._whole.take(size):
            super().give(size)
            return False
        return True

    def force(self, size: int) -> None:
        """Reserve bytes of both that cannot be refused."""
        super().force(size)
        self._whole.force(size)

    def give(self, size: int) -> None:
        """Return bytes to both."""
        super().give(size)
        self._whole.give(size)


class Pace:
    """A share of the event loop's time, with some saved up for bursts."""

    def __init__(
        self, *, share: float = 0.25, burst: float = 0.5, now: Timer = time.perf_counter
    ) -> None:
        self._share = share  # seconds of work for each second
        self._burst = burst  # seconds of work that can be saved up
        self._now = now
        self._saved = burst
        self._at = now()

    def spend(self, seconds: float) -> float:
        """Note work done; return how long to pause before the next, in seconds, mostly 0."""
        now = self._now()
        self._saved = min(self._burst, self._saved + (now - self._at) * self._share) - seconds
        self._at = now
        return max(0.0, -self._saved / self._share)
