"""``/api/submissions``: made, listed, claimed, decided."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.submissions.models import (
    NewDecision,
    NewSubmission,
    event_model,
    notice_model,
    people_of,
    view_model,
)
from platform_server.errors import InvalidInput
from platform_server.projects.model import ProjectId
from platform_server.review.model import SubmissionId
from platform_server.review.rubric import scores

if TYPE_CHECKING:
    from platform_server.review.reviews import Reviews
    from platform_server.review.rules import View


_NUMBER = re.compile("[1-9][0-9]{0,8}")


class ReviewHandler(PlatformHandler):
    """Base of what is about submissions."""

    @property
    def reviews(self) -> Reviews:
        """The review services."""
        return self.services.reviews

    async def view(self, submission_id: str) -> View:
        """Return a submission as the principal sees it. Raises SubmissionNotFound."""
        return await self.reviews.submissions.get(self.principal, SubmissionId(submission_id))

    def number(self, view: View, name: str = "round") -> int:
        """Return the round that is asked for, the latest if none is. Raises InvalidInput."""
        return self.number_of(self.get_query_argument(name, str(view.submission.round)), name)

    def number_of(self, value: str, name: str) -> int:
        """Return the number of a round. Raises InvalidInput."""
        if not _NUMBER.fullmatch(value):
            raise InvalidInput(f'"{name}" is the number of a round.')
        return int(value)

    async def reply_view(self, view: View, *, status: int = 200) -> None:
        """Answer with a submission."""
        names = await self.reviews.submissions.names(people_of(view))
        self.reply(view_model(view, names), status=status)


class ProjectSubmissionsHandler(ReviewHandler):
    """A project's submissions."""

    @web.authenticated
    async def post(self, project_id: str) -> None:
        """Submit all of its files as they are now. Editors only."""
        view = await self.reviews.submissions.submit(
            self.principal, ProjectId(project_id), self.body(NewSubmission).message
        )
        await self.reply_view(view, status=201)


class OneSubmissionHandler(ReviewHandler):
    """One submission."""

    @web.authenticated
    async def get(self, submission_id: str) -> None:
        """Show it with its rounds and decisions."""
        await self.reply_view(await self.view(submission_id))


class WithdrawHandler(ReviewHandler):
    """The maker's second thoughts."""

    @web.authenticated
    async def post(self, submission_id: str) -> None:
        """Take an undecided submission back. Makers only."""
        submissions = self.reviews.submissions
        await self.reply_view(
            await submissions.withdraw(self.principal, SubmissionId(submission_id))
        )


class ClaimHandler(ReviewHandler):
    """Whose task a submission is."""

    @web.authenticated
    async def post(self, submission_id: str) -> None:
        """Begin to review. Reviewers only, and nobody their own work."""
        submissions = self.reviews.submissions
        await self.reply_view(await submissions.claim(self.principal, SubmissionId(submission_id)))

    @web.authenticated
    async def delete(self, submission_id: str) -> None:
        """Give it back to the queue: its reviewer, or an admin."""
        submissions = self.reviews.submissions
        await self.reply_view(
            await submissions.release(self.principal, SubmissionId(submission_id))
        )


class DecisionHandler(ReviewHandler):
    """What is decided."""

    @web.authenticated
    async def post(self, submission_id: str) -> None:
        """Approve the latest round, or request changes. Publishes the reviewer's drafts.

        ``scores`` are points for criteria of the rubric.
        """
        wanted = self.body(NewDecision)
        view = await self.view(submission_id)
        rubric = await self.reviews.desk.rubric(view.submission.project_id)
        view = await self.reviews.submissions.decide(
            self.principal,
            view.submission.id,
            number=wanted.round,
            verdict=wanted.decision,
            summary=wanted.summary,
            scores=scores(rubric, [one.given for one in wanted.scores]),
        )
        await self.reply_view(view, status=201)


class SubmissionEventsHandler(ReviewHandler):
    """What happened to a submission."""

    @web.authenticated
    async def get(self, submission_id: str) -> None:
        """List it, the first first."""
        submissions = self.reviews.submissions
        events = await submissions.events(self.principal, SubmissionId(submission_id))
        names = await submissions.names([one.actor_id for one in events])
        self.reply([event_model(one, names) for one in events])


class NoticesHandler(ReviewHandler):
    """What the principal is told of."""

    @web.authenticated
    async def get(self) -> None:
        """List it, the newest first."""
        notices = await self.reviews.submissions.notices(self.principal)
        names = await self.reviews.submissions.names([one.event.actor_id for one in notices])
        self.reply([notice_model(one, names) for one in notices])

    @web.authenticated
    async def delete(self) -> None:
        """Mark all of it as read."""
        await self.reviews.submissions.mark_read(self.principal)
        self.set_status(204)
        self.finish()
