"""The routes of the kernelspecs resource."""

from __future__ import annotations

from platform_extensions.kernelspecs.handlers import (
    KernelSpecFileHandler,
    KernelSpecHandler,
    KernelSpecsHandler,
)
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

_NAME = r"(?P<kernel_name>[\w.-]+)"

ROUTES: tuple[Route, ...] = (
    Route(r"/api/kernelspecs", KernelSpecsHandler, Permission.READ),
    Route(rf"/api/kernelspecs/{_NAME}", KernelSpecHandler, Permission.READ),
    Route(rf"/kernelspecs/{_NAME}/(?P<path>[^/]+)", KernelSpecFileHandler, Permission.READ),
)
