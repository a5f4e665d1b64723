"""How much of the server one user may keep busy at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

from platform_server.errors import TooManyRequests

if TYPE_CHECKING:
    from tornado.web import RequestHandler

    from platform_server.identity.model import Principal, UserId

REQUESTS_PER_USER = 100  # that are being answered at the same time


class Load:
    """Counts the requests that are being answered, by user. Open websockets are counted apart."""

    def __init__(self, *, requests_per_user: int = REQUESTS_PER_USER) -> None:
        self._most = requests_per_user
        self._busy: dict[UserId, WeakSet[RequestHandler]] = {}

    def admit(self, principal: Principal, handler: RequestHandler) -> None:
        """Count a request until it is answered. Raises TooManyRequests."""
        busy = WeakSet(one for one in self._busy.get(principal.id, ()) if not _is_answered(one))
        if len(busy) >= self._most:
            raise TooManyRequests(
                f"{self._most} of your requests are being answered: wait for some of them.",
                retry_after=1,
            )
        busy.add(handler)
        self._busy[principal.id] = busy


def _is_answered(handler: RequestHandler) -> bool:
    return handler._finished  # noqa: SLF001 - tornado says it nowhere else
