"""What reviewers work with: rubrics, reviewers that a project names, saved comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.submissions.handlers import ReviewHandler
from platform_extensions.submissions.models import (
    NamedReviewers,
    NewSavedComment,
    RubricBody,
    kept_rubric_model,
    project_rubric_model,
    rubric_model,
    saved_comment_model,
)
from platform_extensions.submissions.shapes import ReviewersModel
from platform_extensions.versioned import VersionedHandler
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.review.desk import SavedId

if TYPE_CHECKING:
    from platform_server.review.desk import DeskService


class DeskHandler(ReviewHandler):
    """Base of what reviewers work with."""

    @property
    def desk(self) -> DeskService:
        """The service behind it."""
        return self.reviews.desk


class ProjectReviewersHandler(DeskHandler):
    """Who reviews a project."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """List the ids of those it names; none: its groups' reviewers. Owners and admins."""
        await self._reply_named(ProjectId(project_id))

    @web.authenticated
    async def put(self, project_id: str) -> None:
        """Say who: only they, and admins, see and review what is submitted. Owners and admins."""
        wanted = [UserId(one) for one in self.body(NamedReviewers).reviewers]
        await self.desk.name(self.principal, ProjectId(project_id), wanted)
        await self._reply_named(ProjectId(project_id))

    async def _reply_named(self, project_id: ProjectId) -> None:
        named = await self.desk.named(self.principal, project_id)
        self.reply(ReviewersModel(reviewers=sorted(named)))


class RubricHandler(VersionedHandler, DeskHandler):
    """What points are given for in projects without a rubric of their own.

    ``If-Match: "<version>"`` makes a change conditional.
    """

    @web.authenticated
    async def get(self) -> None:
        """Show it."""
        await self._reply_rubric()

    @web.authenticated
    async def put(self) -> None:
        """Change it. Admins only."""
        wanted = self.body(RubricBody).rubric
        await self.desk.set_rubric(self.principal, None, wanted, self.expected)
        await self._reply_rubric()

    async def _reply_rubric(self) -> None:
        self.reply(kept_rubric_model(await self.desk.rubric(None)))


class ProjectRubricHandler(VersionedHandler, DeskHandler):
    """What points are given for in one project.

    ``If-Match: "<version>"`` makes a change conditional.
    """

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """Show it, and whether it is the project's own. Members and admins."""
        await self._reply_rubric(ProjectId(project_id))

    @web.authenticated
    async def put(self, project_id: str) -> None:
        """Change it; without criteria the installation's counts. Owners and admins."""
        project = ProjectId(project_id)
        wanted = self.body(RubricBody).rubric
        await self.desk.set_rubric(self.principal, project, wanted, self.expected)
        await self._reply_rubric(project)

    async def _reply_rubric(self, project_id: ProjectId) -> None:
        own = await self.desk.own_rubric(self.principal, project_id)
        common = await self.desk.rubric(None)
        self.reply(project_rubric_model(own, common))


class SubmissionRubricHandler(DeskHandler):
    """What points are given for in a submission."""

    @web.authenticated
    async def get(self, submission_id: str) -> None:
        """Show it: its project's rubric, or the installation's."""
        view = await self.view(submission_id)
        self.reply(rubric_model(await self.desk.rubric(view.submission.project_id)))


class SavedCommentsHandler(DeskHandler):
    """What a reviewer says again and again."""

    @web.authenticated
    async def get(self) -> None:
        """List one's own, by title."""
        saved = await self.desk.saved(self.principal)
        self.reply([saved_comment_model(one) for one in saved])

    @web.authenticated
    async def post(self) -> None:
        """Keep one."""
        wanted = self.body(NewSavedComment)
        saved = await self.desk.save(self.principal, wanted.title, wanted.body)
        self.reply(saved_comment_model(saved), status=201)


class OneSavedCommentHandler(DeskHandler):
    """One of them."""

    @web.authenticated
    async def delete(self, saved_id: str) -> None:
        """Remove it."""
        await self.desk.drop(self.principal, SavedId(saved_id))
        self.set_status(204)
        self.finish()
