"""The routes of the groups resource."""

from __future__ import annotations

from platform_extensions.groups.handlers import (
    GroupHandler,
    GroupMembersHandler,
    GroupReviewersHandler,
    GroupsHandler,
)
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

_READ, _ADMIN = Permission.READ, Permission.ADMIN
_ONE = r"/api/groups/(\w+)"

ROUTES = (
    Route(r"/api/groups/?", GroupsHandler, _READ, write=_ADMIN),
    Route(_ONE, GroupHandler, _READ, write=_ADMIN),
    Route(rf"{_ONE}/members", GroupMembersHandler, _ADMIN),
    Route(rf"{_ONE}/reviewers", GroupReviewersHandler, _ADMIN),
)
