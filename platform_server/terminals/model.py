"""A terminal: a login shell in a project's sandbox, and who opened it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import TerminalName


@dataclass(frozen=True, kw_only=True)
class TerminalInfo:
    """One open terminal. Only its owner can see it."""

    name: TerminalName
    project_id: ProjectId
    owner_id: UserId
    cwd: str  # where the shell started, relative to the project
    created_at: datetime
    last_activity: datetime  # the last time that its owner typed, or saw output


@dataclass(frozen=True, kw_only=True)
class TerminalLimits:
    """What the platform allows."""

    per_user: int = 20  # open terminals of one user, over all projects
    idle: timedelta | None = None  # a terminal without activity for so long is closed; None: never
