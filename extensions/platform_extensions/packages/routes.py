"""The routes of the packages resource."""

from __future__ import annotations

from platform_extensions.packages.handlers import (
    AuditHandler,
    InstallationHandler,
    InstalledHandler,
    RequirementsHandler,
)
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

_ONE = r"/api/projects/(\w+)/packages"

ROUTES: tuple[Route, ...] = (
    Route(rf"{_ONE}/?", InstalledHandler, Permission.READ, write=Permission.RUN),
    Route(rf"{_ONE}/installation", InstallationHandler, Permission.READ, write=Permission.RUN),
    Route(rf"{_ONE}/requirements\.txt", RequirementsHandler, Permission.READ),
    Route(r"/api/admin/packages/audit", AuditHandler, Permission.ADMIN),
)
