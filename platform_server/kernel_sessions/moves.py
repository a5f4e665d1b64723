"""Sessions go along with their documents."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from platform_server.errors import Conflict
from platform_server.projects.names import is_within

if TYPE_CHECKING:
    from platform_server.identity.model import UserId
    from platform_server.kernel_sessions.repository import KernelSessionRepository
    from platform_server.projects.model import ProjectId


async def follow_move(
    repository: KernelSessionRepository,
    user_id: UserId,
    project_id: ProjectId,
    old: str,
    new: str,
) -> None:
    """Give the user's sessions of a file, or of those in a folder, the paths after its move.

    Pages that are open do so themselves; others do not know. What another session has stays its.
    """
    for session in await repository.list(user_id):
        if session.project_id == project_id and is_within(session.path, old):
            path = f"{new}{session.path.removeprefix(old)}"
            with suppress(Conflict):
                await repository.put(replace(session, path=path))
