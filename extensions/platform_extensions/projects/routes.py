"""The routes of the projects resource."""

from __future__ import annotations

from platform_extensions.projects.files import ProjectFileHandler
from platform_extensions.projects.handlers import (
    MembersHandler,
    OneMemberHandler,
    OneProjectHandler,
    ProjectsHandler,
)
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

_READ, _WRITE = Permission.READ, Permission.WRITE
_ONE = r"/api/projects/(\w+)"

ROUTES = (
    Route(r"/api/projects/?", ProjectsHandler, _READ, write=_WRITE),
    Route(_ONE, OneProjectHandler, _READ, write=_WRITE),
    Route(rf"{_ONE}/members/?", MembersHandler, _READ, write=_WRITE),
    Route(rf"{_ONE}/members/(\w+)", OneMemberHandler, _READ, write=_WRITE),
    Route(rf"{_ONE}/files/(.+)", ProjectFileHandler, _READ, write=_WRITE, max_body=None),
)
