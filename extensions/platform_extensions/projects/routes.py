"""The routes of the projects resource."""

from __future__ import annotations

from platform_extensions.projects.archives import ArchiveHandler, ImportHandler
from platform_extensions.projects.checkpoints import (
    ChangesHandler,
    OneProjectCheckpointHandler,
    ProjectCheckpointsHandler,
    RestoreProjectHandler,
)
from platform_extensions.projects.files import ProjectFileHandler
from platform_extensions.projects.handlers import (
    MembersHandler,
    OneMemberHandler,
    OneProjectHandler,
    ProjectsHandler,
)
from platform_extensions.projects.history import (
    DiffHandler,
    GoneHandler,
    HistoryHandler,
    RestoreHandler,
    RevisionHandler,
)
from platform_extensions.projects.storage import StorageHandler
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

_READ, _WRITE = Permission.READ, Permission.WRITE
_ONE = r"/api/projects/(\w+)"

ROUTES = (
    Route(r"/api/projects/?", ProjectsHandler, _READ, write=_WRITE),
    Route(_ONE, OneProjectHandler, _READ, write=_WRITE),
    Route(rf"{_ONE}/members/?", MembersHandler, _READ, write=_WRITE),
    Route(rf"{_ONE}/members/([\w-]+)", OneMemberHandler, _READ, write=_WRITE),
    Route(rf"{_ONE}/history", HistoryHandler, _READ),
    Route(rf"{_ONE}/gone", GoneHandler, _READ),
    Route(rf"{_ONE}/revisions/(\w+)", RevisionHandler, _READ),
    Route(rf"{_ONE}/diff", DiffHandler, _READ),
    Route(rf"{_ONE}/restore", RestoreHandler, _WRITE),
    Route(rf"{_ONE}/checkpoints/?", ProjectCheckpointsHandler, _READ, write=_WRITE),
    Route(rf"{_ONE}/checkpoints/(\w+)", OneProjectCheckpointHandler, _READ, write=_WRITE),
    Route(rf"{_ONE}/checkpoints/(\w+)/changes", ChangesHandler, _READ),
    Route(rf"{_ONE}/checkpoints/(\w+)/restore", RestoreProjectHandler, _WRITE),
    Route(rf"{_ONE}/archive", ArchiveHandler, _READ),
    Route(rf"{_ONE}/import", ImportHandler, _WRITE, max_body=None),
    Route(r"/api/storage", StorageHandler, _READ),
    Route(rf"{_ONE}/files/(.+)", ProjectFileHandler, _READ, write=_WRITE, max_body=None),
)
