"""The routes of the description."""

from __future__ import annotations

from platform_extensions.openapi.handlers import OpenApiHandler
from platform_extensions.routing import Route

ROUTES: tuple[Route, ...] = (Route(r"/api/openapi\.json", OpenApiHandler, None),)
