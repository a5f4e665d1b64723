"""The routes of the event stream."""

from __future__ import annotations

from platform_extensions.events.handlers import EventsSocket
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

ROUTES: tuple[Route, ...] = (Route(r"/api/events/subscribe", EventsSocket, Permission.READ),)
