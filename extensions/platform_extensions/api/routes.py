"""What the server says about itself."""

from __future__ import annotations

from platform_extensions.api.handlers import (
    HealthHandler,
    StatusHandler,
    VersionHandler,
)
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

ROUTES: tuple[Route, ...] = (
    Route(r"/api/?", VersionHandler, None),
    Route(r"/api/health", HealthHandler, None),
    Route(r"/api/status", StatusHandler, Permission.ADMIN),
)
