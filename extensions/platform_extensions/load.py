"""How much of the server one user may keep busy at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from platform_server.errors import TooManyRequests

if TYPE_CHECKING:
    from tornado.web import RequestHandler

    from platform_server.identity.model import Principal, UserId

REQUESTS_PER_USER = 100  # that are being answered at the same time
MEMORY_PER_USER = 256 << 20  # bytes of the bodies of these
MEMORY = 1 << 30  # bytes of the bodies of everybody's


class Load:
    """Counts the requests that are being answered, by user, and the memory that they need.

    Open websockets are counted apart.
    """

    def __init__(
        self,
        *,
        requests_per_user: int = REQUESTS_PER_USER,
        memory_per_user: int = MEMORY_PER_USER,
        memory: int = MEMORY,
    ) -> None:
        self._most = requests_per_user
        self._memory_per_user = memory_per_user
        self._memory = memory
        self._busy: dict[UserId, WeakKeyDictionary[RequestHandler, int]] = {}

    def admit(self, principal: Principal, handler: RequestHandler) -> None:
        """Count a request until it is answered. Raises TooManyRequests."""
        busy = self._answering(principal.id)
        if len(busy) >= self._most:
            raise TooManyRequests(
                f"{self._most} of your requests are being answered: wait for some of them.",
                retry_after=1,
            )
        busy[handler] = 0
        self._busy[principal.id] = busy

    def reserve(self, principal: Principal, handler: RequestHandler, size: int) -> None:
        """Count the bytes of an admitted request's body too. Raises TooManyRequests."""
        own = self._answering(principal.id)
        if sum(own.values()) + size > self._memory_per_user:
            raise TooManyRequests("You are sending too much at once.", retry_after=5)
        total = sum(sum(self._answering(one).values()) for one in self._busy)
        if total + size > self._memory:
            raise TooManyRequests("Everybody is sending too much at once.", retry_after=5)
        own[handler] = size
        self._busy[principal.id] = own

    def _answering(self, user_id: UserId) -> WeakKeyDictionary[RequestHandler, int]:
        busy = self._busy.get(user_id)
        items = busy.items() if busy else ()
        return WeakKeyDictionary({one: size for one, size in items if not _is_answered(one)})


def _is_answered(handler: RequestHandler) -> bool:
    return handler._finished  # noqa: SLF001 - tornado says it nowhere else
