"""The routes of the files resource."""

from __future__ import annotations

from platform_extensions.files.handlers import FilesHandler
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

ROUTES = (Route(r"/files/(.+)", FilesHandler, Permission.READ, write=Permission.WRITE),)
