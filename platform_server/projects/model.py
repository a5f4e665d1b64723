"""A project, and who may do what in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.identity.model import UserId

ProjectId = NewType("ProjectId", str)


class Access(IntEnum):
    """What a member may do in a project; a higher one includes the lower."""

    VIEWER = 1  # read
    EDITOR = 2  # read, write and run
    OWNER = 3  # all of it, rename, share and delete


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project, without regard to who looks at it."""

    id: ProjectId
    owner_id: UserId
    name: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectView:
    """A project as one of its members sees it."""

    project: Project
    access: Access
    label: str  # its folder name in the contents API: "demo", or "demo (owner)" when shared
