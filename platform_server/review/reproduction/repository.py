"""What the checks need from a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId
    from platform_server.review.model import SubmissionId
    from platform_server.review.repository import Note
    from platform_server.review.reproduction.model import Check


class CheckRepository(Protocol):
    """The checks of rounds, one each. Every method is one transaction."""

    async def ask(self, submission_id: SubmissionId, number: int, by: UserId, at: datetime) -> bool:
        """Queue a round's check, again if it has ended; tell whether it had not been waiting."""

    async def check(self, submission_id: SubmissionId, number: int) -> Check | None:
        """Return a round's check."""

    async def before(self, check: Check) -> int:
        """Return how many checks are queued before this one."""

    async def claim(self, at: datetime) -> tuple[Check, ProjectId] | None:
        """Take the check that has waited longest, and note that it runs."""

    async def finish(self, check: Check, note: Note | None) -> bool:
        """Keep how a running check ended; tell whether it was not cancelled meanwhile."""

    async def cancel(self, submission_id: SubmissionId, number: int, at: datetime) -> bool:
        """Note that a check that has not ended is not wanted; tell whether there was one."""

    async def resume(self, at: datetime) -> None:
        """Queue again what ran when an earlier server process ended, and what waits for a decision
        and was never queued.
        """

    async def outcomes(self, submission_id: SubmissionId) -> Mapping[int, Check]:
        """Return a submission's checks by round, without what is told of their notebooks."""
