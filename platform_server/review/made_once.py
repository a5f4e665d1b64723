"""What takes long to make, and is the same for all who ask: made once, and remembered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from cachetools import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable
    from typing import Any

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class MadeOnce(Generic[Key, Value]):
    """Remembers as much as there is room for. ``aclose`` when done."""

    def __init__(self, room: int, size: Callable[[Value], int], *, most: int) -> None:
        self.most = most  # that one may take: what takes more is made anew each time
        self._size = size
        self._known: LRUCache[Key, Value] = LRUCache(room, size)
        self._under_way: dict[Key, asyncio.Future[Value]] = {}

    async def get(self, key: Key, make: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """Return what is remembered, else what all who ask now wait for together.

        It is made to its end although somebody who waits for it goes away. Raises what ``make``
        does.
        """
        if key in self._known:
            return self._known[key]
        if key not in self._under_way:
            self._under_way[key] = asyncio.ensure_future(self._made(key, make))
            self._under_way[key].add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(self._under_way[key])

    async def aclose(self) -> None:
        """End what is being made. May be called twice."""
        making = list(self._under_way.values())
        for one in making:
            one.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    async def _made(self, key: Key, make: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        value = await make()
        if self._size(value) <= self.most:
            self._known[key] = value
        return value
