"""The routes of the containers resource."""

from __future__ import annotations

from platform_extensions.containers.execute import ExecuteHandler
from platform_extensions.containers.handlers import (
    ActivityHandler,
    ContainersHandler,
    HealthHandler,
    OneContainerHandler,
)
from platform_extensions.containers.limits import ProjectLimitsHandler
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

ROUTES = (
    Route(r"/api/containers/?", ContainersHandler, Permission.READ, write=Permission.RUN),
    Route(r"/api/containers/(\w+)", OneContainerHandler, Permission.READ, write=Permission.RUN),
    Route(r"/api/containers/(\w+)/health", HealthHandler, Permission.READ),
    Route(r"/api/containers/(\w+)/activity", ActivityHandler, Permission.RUN),
    Route(r"/api/containers/(\w+)/execute", ExecuteHandler, Permission.RUN),
    Route(r"/api/admin/projects/(\w+)/limits", ProjectLimitsHandler, Permission.ADMIN),
)
