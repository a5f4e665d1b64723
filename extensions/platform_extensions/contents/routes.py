"""The routes of the contents API."""

from __future__ import annotations

from jupyter_server.base.handlers import path_regex

from platform_extensions.contents.handlers import (
    CheckpointsHandler,
    ContentsHandler,
    ModifyCheckpointsHandler,
    TrustHandler,
)
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

MAX_BODY = 100 << 20  # bytes of one request; larger files come in pieces

_READ, _WRITE = Permission.READ, Permission.WRITE
_CONTENTS = rf"/api/contents{path_regex}"

ROUTES = (
    Route(rf"{_CONTENTS}/checkpoints", CheckpointsHandler, _READ, write=_WRITE),
    Route(
        rf"{_CONTENTS}/checkpoints/(?P<checkpoint_id>[\w-]+)",
        ModifyCheckpointsHandler,
        _READ,
        write=_WRITE,
    ),
    Route(rf"{_CONTENTS}/trust", TrustHandler, _READ, write=_WRITE),
    Route(_CONTENTS, ContentsHandler, _READ, write=_WRITE, max_body=MAX_BODY),
)
