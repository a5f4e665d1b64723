"""What a submission would have in it, told before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from platform_server.projects.model import Access
from platform_server.review.model import OPEN, UNDECIDED
from platform_server.review.repository import Wanted

if TYPE_CHECKING:
    from platform_server.identity.model import Principal
    from platform_server.projects.model import ProjectId
    from platform_server.review.model import SubmissionId, SubmittedFile
    from platform_server.review.repository import SubmissionRepository
    from platform_server.review.service import Contents, Projects


class Change(Enum):
    """What became of a file since the round before."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would be submitted now."""

    submission_id: SubmissionId | None  # None: it would be a new one
    round: int  # that it would be
    is_waiting: bool  # a round waits for its decision: nothing can be submitted
    files: tuple[SubmittedFile, ...]
    before: tuple[SubmittedFile, ...] | None  # those of the round before
    unkept: tuple[str, ...]  # paths of files that are in the sandbox only

    def changes(self) -> dict[Change, list[str]]:
        """Return the paths of the files that differ from the round before."""
        old = {one.path: one.blob for one in self.before or ()}
        new = {one.path: one.blob for one in self.files}
        return {
            Change.ADDED: sorted(new.keys() - old.keys()),
            Change.CHANGED: sorted(one for one in new.keys() & old.keys() if new[one] != old[one]),
            Change.REMOVED: sorted(old.keys() - new.keys()),
        }


class PreviewService:
    """Looks at what would be submitted. Changes nothing, but what is stored is complete then."""

    def __init__(
        self, repository: SubmissionRepository, projects: Projects, contents: Contents
    ) -> None:
        self._repository = repository
        self._projects = projects
        self._contents = contents

    async def preview(self, principal: Principal, project_id: ProjectId) -> Preview:
        """Return what would be submitted. Editors only. Raises ProjectNotFound, AccessDenied."""
        await self._projects.get(principal, project_id, Access.EDITOR)
        await self._contents.complete(project_id)
        wanted = Wanted(states=OPEN, projects=[project_id])
        known = next(iter(await self._repository.submissions(wanted)), None)
        before = None if known is None else await self._repository.files(known.id, known.round)
        is_waiting = known is not None and known.state in UNDECIDED
        latest = 0 if known is None else known.round
        return Preview(
            submission_id=None if known is None else known.id,
            round=latest if is_waiting else latest + 1,
            is_waiting=is_waiting,
            files=tuple(await self._repository.present(project_id)),
            before=None if before is None else tuple(before),
            unkept=tuple(self._contents.not_kept(project_id)),
        )
