"""The routes of what an admin sees of the whole installation."""

from __future__ import annotations

from platform_extensions.operations.handlers import (
    MetricsHandler,
    ObservedSandboxesHandler,
    ObservedSandboxHandler,
    OverviewHandler,
)
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

ROUTES: tuple[Route, ...] = (
    Route(r"/metrics", MetricsHandler, Permission.METRICS),
    Route(r"/api/admin/overview", OverviewHandler, Permission.ADMIN),
    Route(r"/api/admin/sandboxes/?", ObservedSandboxesHandler, Permission.ADMIN),
    Route(r"/api/admin/sandboxes/(\w+)", ObservedSandboxHandler, Permission.ADMIN),
)
