"""The routes of the sessions resource."""

from __future__ import annotations

from platform_extensions.routing import Route
from platform_extensions.sessions.handlers import SessionHandler, SessionsHandler
from platform_server.identity.permissions import Permission

ROUTES: tuple[Route, ...] = (
    Route(r"/api/sessions", SessionsHandler, Permission.READ, write=Permission.RUN),
    Route(
        r"/api/sessions/(?P<session_id>[\w-]+)",
        SessionHandler,
        Permission.READ,
        write=Permission.RUN,
    ),
)
