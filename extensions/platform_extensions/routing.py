"""A route: where it is, who answers it, and what it takes to be let in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.web import RequestHandler

    from platform_server.identity.permissions import Permission

READING = frozenset({"GET", "HEAD", "OPTIONS"})
SMALL_BODY = 1 << 20  # bytes; what a request may carry where its route says nothing else


@dataclass(frozen=True, kw_only=False)
class Route:
    """One line of the route table.

    A handler class stands for one set of permissions: the same class may serve several patterns
    only with the same ones, because the gate knows a request by its handler.
    """

    pattern: str  # a regular expression for the whole path, without the server's base_url
    handler: type[RequestHandler]
    permission: Permission | None  # None: everybody, signed in or not
    kwargs: Mapping[str, Any] = field(default_factory=dict)  # for the handler's ``initialize``
    write: Permission | None = None  # for what is not in READING; None: the same as ``permission``
    max_body: int | None = SMALL_BODY  # bytes; None: the handler bounds what it streams

    def needs(self, method: str | None) -> Permission | None:
        """Return the permission that a method of this route asks for."""
        if method in READING or self.write is None:
            return self.permission
        return self.write
