"""Deny by default: a request gets through if its handler is in the route table, and no other.

The identity provider asks here for each request, websockets and pages included, because that is
the one place which every handler of a Jupyter Server passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

from platform_extensions.load import Load
from platform_server.errors import AccessDenied, NotFound, NotSignedIn, PlatformError
from platform_server.identity.permissions import may

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tornado.web import RequestHandler

    from platform_extensions.routing import Route
    from platform_server.identity.model import Principal

SETTING = "platform_gate"  # where the web application keeps its gate


class Gate:
    """The route table, by handler, and what each user keeps busy."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: Mapping[type[RequestHandler], Route] = _by_handler(routes)
        self.load = Load()

    def refusal(self, handler: RequestHandler, principal: Principal | None) -> PlatformError | None:
        """Return why the request is refused, None when it may go on.

        Pages do not refuse strangers: Jupyter's own check sends them to the login page.
        """
        route = self._routes.get(type(handler))
        if route is None:
            return NotFound()
        needed = route.needs(handler.request.method)
        if needed is None or handler.request.method == "OPTIONS":
            return None
        if principal is None:
            return NotSignedIn() if _speaks_to_programs(handler) else None
        return None if may(principal, needed) else AccessDenied()

    def count(self, handler: RequestHandler, principal: Principal | None) -> None:
        """Count a request that is let in. Raises TooManyRequests."""
        if principal is not None and not isinstance(handler, WebSocketHandler):
            self.load.admit(principal, handler)


def check_route(handler: RequestHandler, principal: Principal | None) -> None:
    """Refuse the request if the table does not let it in.

    Raises NotFound, NotSignedIn, AccessDenied or TooManyRequests; for a websocket HTTPError 404 or
    403, because its client sees the status only.
    """
    gate: Gate = handler.settings[SETTING]
    refusal = gate.refusal(handler, principal)
    if refusal is None:
        gate.count(handler, principal)
        return
    if isinstance(handler, WebSocketHandler):
        raise HTTPError(404 if isinstance(refusal, NotFound) else 403, refusal.message)
    raise refusal


def _speaks_to_programs(handler: RequestHandler) -> bool:
    return isinstance(handler, APIHandler | WebSocketHandler)


def _by_handler(routes: Iterable[Route]) -> dict[type[RequestHandler], Route]:
    table: dict[type[RequestHandler], Route] = {}
    for route in routes:
        first = table.setdefault(route.handler, route)
        if (first.permission, first.write) != (route.permission, route.write):
            raise ValueError(f"{route.handler.__name__} has two sets of permissions")
    return table
