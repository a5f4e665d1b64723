"""The turns of work that nobody waits for: behind everybody's starts, and not for ever."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from platform_server.errors import PlacesTaken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection
    from datetime import datetime

    from platform_server.clock import Clock
    from platform_server.sandboxes.room import Room

_LOOKS = 1.0  # seconds between two looks at whether the machine has memory; nobody tells


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How long a piece of work waits for its turn at most."""

    since: datetime  # when it was asked for
    patience: float  # seconds in which there was no room for any such work; 0: without end


class Turns:
    """Gives each piece of work its turn while there is room for it."""

    def __init__(
        self,
        room: Room,
        others: Callable[[], Collection[asyncio.Task[Any]]],
        *,
        now: Clock,
        every: float = _LOOKS,
    ) -> None:
        self._room = room
        self._others = others
        self._now = now
        self._every = every
        self._none_since: datetime | None = None  # since when there has been no room

    @asynccontextmanager
    async def turn(self, wait: Wait) -> AsyncIterator[None]:
        """Wait for the turn; it lasts while the context does, until the sandbox is made.

        Raises PlacesTaken when there was no room for that long. What was asked for before that time
        began has waited as long as whatever came before it: it does not wait anew.
        """
        with self._room.wanted():
            await self._come(wait)
        with self._room.entered():
            yield

    async def _come(self, wait: Wait) -> None:
        self._none_since = self._none_since or self._now()
        waited = (self._now() - max(wait.since, self._none_since)).total_seconds()
        try:
            async with asyncio.timeout(wait.patience - waited if wait.patience else None):
                await after(self._others, self._room.is_free, every=self._every)
        except TimeoutError as error:
            minutes = f"{wait.patience / 60:g}"
            raise PlacesTaken(f"The machine had no room for it within {minutes} min.") from error
        except asyncio.CancelledError:
            self._none_since = None
            raise
        self._none_since = None


async def after(
    others: Callable[[], Collection[asyncio.Task[Any]]],
    may_make: Callable[[], bool],
    *,
    every: float = _LOOKS,
) -> None:
    """Return once nobody's start is under way or waits, and there is room for one more."""
    while True:
        if waiting := others():
            await asyncio.wait(waiting)
        elif may_make():
            return
        else:
            await asyncio.sleep(every)
