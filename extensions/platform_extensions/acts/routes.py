"""The routes of the record of what admins do."""

from __future__ import annotations

from platform_extensions.acts.handlers import ActsHandler
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

ROUTES: tuple[Route, ...] = (Route(r"/api/admin/acts", ActsHandler, Permission.ADMIN),)
