"""The review's services, together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_server.review.changes.service import ChangesService
    from platform_server.review.desk import DeskService
    from platform_server.review.discussion import DiscussionService
    from platform_server.review.groups.service import GroupService
    from platform_server.review.preview import PreviewService
    from platform_server.review.reproduction.service import ReproductionService
    from platform_server.review.service import ReviewService
    from platform_server.review.submitted import SubmittedFiles
    from platform_server.review.suggestions import SuggestionService
    from platform_server.review.viewer import Viewer


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """What is done with submissions, what is in them, and what is said about that."""

    submissions: ReviewService
    files: SubmittedFiles
    changes: ChangesService
    desk: DeskService
    groups: GroupService
    discussion: DiscussionService
    suggestions: SuggestionService
    viewer: Viewer
    previews: PreviewService
    reproduction: ReproductionService

    async def start(self) -> None:
        """Start what works on the submissions."""
        self.submissions.on_submitted.append(self.reproduction.submitted)
        await self.reproduction.start()

    async def aclose(self) -> None:
        """End what works on the submissions. May be called twice."""
        await self.reproduction.aclose()
        await self.changes.aclose()
        await self.viewer.aclose()
