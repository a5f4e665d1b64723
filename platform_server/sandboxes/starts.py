"""How often sandboxes are started: who starts and stops without end is made to wait."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from platform_server.errors import TooManyRequests

if TYPE_CHECKING:
    from platform_server.identity.model import UserId

MINUTES = 10


class Starts:
    """Counts the starts of each owner's sandboxes. ``most`` in any ten minutes; 0: no limit."""

    def __init__(self, most: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._item = RateLimitItemPerMinute(most, MINUTES) if most else None

    def check(self, owner_id: UserId) -> None:
        """Raise TooManyRequests when there were too many."""
        if self._item is None or self._limiter.test(self._item, owner_id):
            return
        free_at = self._limiter.get_window_stats(self._item, owner_id).reset_time
        wait = max(1, math.ceil(free_at - time.time()))
        raise TooManyRequests(
            f"Sandboxes of this account's projects were started {self._item.amount} times within "
            f"{MINUTES} minutes, which is the limit: try again in {math.ceil(wait / 60)} min.",
            retry_after=wait,
        )

    def count(self, owner_id: UserId) -> None:
        """Count a start."""
        if self._item is not None:
            self._limiter.hit(self._item, owner_id)
