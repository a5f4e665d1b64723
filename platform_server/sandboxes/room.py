"""The machine's memory: for those who wait first, then for work behind them, last for the pool."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from platform_server.sandboxes.admission import Admission


class Room:
    """Says who may have a sandbox made besides those whom the admission lets in.

    Behind everybody's starts comes work that nobody waits for, such as a check of a submission;
    behind that, sandboxes that wait ready. Whoever comes before takes the memory of those behind.
    """

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._wanted = 0  # by work that waits for a sandbox
        self._entered = 0  # by work whose sandbox is being made

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Count as work that waits for a sandbox. None is made ready meanwhile."""
        self._wanted += 1
        try:
            yield
        finally:
            self._wanted -= 1

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Count as work whose sandbox is being made. None is made ready meanwhile."""
        self._entered += 1
        try:
            yield
        finally:
            self._entered -= 1

    def is_free(self) -> bool:
        """Tell whether nobody's start waits, and work behind them may have a sandbox made."""
        return self._admission.is_quiet and self._admission.has_memory(besides=self._entered)

    def is_spare(self) -> bool:
        """Tell whether a sandbox may be made that nobody wants yet."""
        return not self._wanted and not self._entered and self.is_free()

    def is_short(self) -> bool:
        """Tell whether somebody waits for memory, which a sandbox that waits ready may hold."""
        if self._admission.wants_memory:
            return True
        return self._wanted > 0 and self._admission.is_quiet and not self.is_free()

    async def look(self, give_way: Callable[[], Awaitable[bool]]) -> None:
        """Let in whoever can be, and take for the others what waits ready, one by one.

        ``give_way`` ends one that waits ready, and tells whether there was one.
        """
        self._admission.look()
        while self.is_short() and await give_way():
            self._admission.look()
