"""What reviewers work with: who reviews what, rubrics, and comments that are used again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType, Protocol, TypeAlias

from platform_server import clock
from platform_server.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    LimitReached,
    ProjectNotFound,
    ThreadNotFound,
    UserNotFound,
)
from platform_server.identity.permissions import Permission, may
from platform_server.projects.model import Access
from platform_server.review import rubric as rubrics
from platform_server.review.acts import Chosen, Teller
from platform_server.review.model import UNDECIDED, Happening, State
from platform_server.review.repository import Note, Step
from platform_server.review.rules import REVIEWING, may_be_given

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from platform_server.identity.model import Principal, User, UserId
    from platform_server.projects.model import Project, ProjectId
    from platform_server.review.acts import TellingNamed, TellingRubric
    from platform_server.review.repository import SubmissionRepository
    from platform_server.review.rubric import Rubric
    from platform_server.review.rules import View
    from platform_server.review.service import Projects, ReviewService

SavedId = NewType("SavedId", str)
MAX_SAVED = 300  # comments of one reviewer
MAX_NAMED = 100  # reviewers of one project
_NO_REVIEWER = "Only reviewers and admins may review."
_NOT_YOURS = "Only admins, and whoever reviews it, may give it to somebody."
_OWN = "Nobody reviews their own work."
_NOT_NAMED = "This work has reviewers of its own, and this is none of them."
_FULL = f"You can keep {MAX_SAVED} comments: delete some that you do not use."


@dataclass(frozen=True, kw_only=True)
class SavedComment:
    """Something that a reviewer says again and again."""

    id: SavedId
    user_id: UserId
    title: str
    body: str
    created_at: datetime


SavedComments: TypeAlias = list[SavedComment]


class DeskRepository(Protocol):
    """Who reviews what, rubrics, and saved comments. Every method is one transaction.

    With a ``telling`` the act that it gives is kept in it, too.
    """

    async def name_reviewers(
        self,
        project_id: ProjectId,
        reviewers: Collection[UserId],
        telling: TellingNamed | None = None,
    ) -> None:
        """Keep whom a project names as its reviewers. Raises ProjectNotFound."""

    async def rubric(self, project_id: ProjectId | None) -> Rubric | None:
        """Return a project's own rubric, or with None the installation's."""

    async def save_rubric(
        self,
        project_id: ProjectId | None,
        rubric: Rubric | None,
        telling: TellingRubric | None = None,
        expected: str | None = None,
    ) -> None:
        """Keep a rubric, or with None none.

        Raises PreconditionFailed if the one that is there has not the version that is expected,
        where one is.
        """

    async def saved(self, user_id: UserId) -> SavedComments:
        """Return somebody's saved comments, by title."""

    async def save(self, comment: SavedComment) -> None:
        """Keep a new comment."""

    async def drop(self, user_id: UserId, saved_id: SavedId) -> bool:
        """Remove one of somebody's saved comments; tell whether it was there."""


class People(Protocol):
    """The accounts there are; the identity service's directory is one."""

    async def users(self) -> list[User]:
        """Return every account."""


class DeskService:
    """Names and assigns reviewers, and keeps rubrics and saved comments."""

    def __init__(
        self,
        repository: DeskRepository,
        submissions: SubmissionRepository,
        reviews: ReviewService,
        projects: Projects,
        people: People,
        *,
        now: clock.Clock = clock.utc_now,
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self._repository = repository
        self._submissions = submissions
        self._reviews = reviews
        self._projects = projects
        self._people = people
        self._now = now
        self._new_id = new_id

    async def reviewers(self, view: View | None = None) -> dict[UserId, str]:
        """Return everybody who may review, or whose task a submission can be, with their names.

        Raises AccessDenied unless the viewer may give it to them: makers are not told who reviews.
        """
        if view is not None and not view.may_assign:
            raise AccessDenied(_NOT_YOURS)
        return {
            one.id: one.name or one.email
            for one in await self._people.users()
            if one.role in REVIEWING
            and one.disabled_at is None
            and (view is None or _can_be_given(one, view))
        }

    async def named(self, principal: Principal, project_id: ProjectId) -> frozenset[UserId]:
        """Return whom a project names. Owners and admins. Raises ProjectNotFound, AccessDenied."""
        await self._require(principal, project_id, Access.OWNER)
        return await self._submissions.named_reviewers(project_id)

    async def name(
        self, principal: Principal, project_id: ProjectId, reviewers: Collection[UserId]
    ) -> None:
        """Say who reviews a project; nobody: those of its makers' groups. Owners and admins.

        Raises ProjectNotFound, AccessDenied, InvalidInput for who may not review.
        """
        others = await self._require(principal, project_id, Access.OWNER)
        known = await self.reviewers()
        if len(reviewers) > MAX_NAMED or not known.keys() >= set(reviewers):
            raise InvalidInput(_NO_REVIEWER)
        told = None
        if others is not None:
            called = {one.id: one.email for one in await self._people.users()}
            chosen = Chosen(ids=reviewers, called=called)
            told = self._teller(principal).reviewers_named(others, chosen)
        await self._repository.name_reviewers(project_id, set(reviewers), told)

    async def assign(self, view: View, reviewer: UserId) -> View:
        """Make an undecided submission somebody's task: admins, and whose task it is.

        Raises AccessDenied, InvalidInput, Conflict.
        """
        submission = view.submission
        if not view.may_assign:
            raise AccessDenied(_NOT_YOURS)
        person = {one.id: one for one in await self._people.users()}.get(reviewer)
        if person is None or person.disabled_at is not None:
            raise UserNotFound
        if person.role not in REVIEWING:
            raise InvalidInput(_NO_REVIEWER)
        if reviewer in view.makers:
            raise Conflict(_OWN)
        if not may_be_given(person, view.named):
            raise InvalidInput(_NOT_NAMED)
        step = Step(
            submission_id=submission.id,
            expected=UNDECIDED,
            round=submission.round,
            state=State.SUBMITTED,
            reviewer_id=reviewer,
        )
        note = Note(
            at=self._now(),
            actor_id=view.viewer.id,
            what=Happening.ASSIGNED,
            detail={"round": submission.round, "reviewer": reviewer},
            tell=view.parties | {reviewer},
        )
        await self._submissions.step(step, note)
        return await self._reviews.get(view.viewer, submission.id)

    async def rubric(self, project_id: ProjectId | None) -> Rubric:
        """Return what points are given for in a project; with None in those without their own."""
        own = None if project_id is None else await self._repository.rubric(project_id)
        return own or await self._repository.rubric(None) or rubrics.Rubric()

    async def own_rubric(self, principal: Principal, project_id: ProjectId) -> Rubric | None:
        """Return the rubric that a project has for itself. Members and admins.

        Raises ProjectNotFound.
        """
        await self._require(principal, project_id, Access.VIEWER)
        return await self._repository.rubric(project_id)

    async def set_rubric(
        self,
        principal: Principal,
        project_id: ProjectId | None,
        rubric: Rubric,
        expected: str | None = None,
    ) -> None:
        """Say what points are given for: in a project its owner or an admin, everywhere an admin.

        Without criteria the installation's counts. ``expected`` is the version that somebody
        looked at; None: any. Raises ProjectNotFound, AccessDenied, InvalidInput,
        PreconditionFailed.
        """
        others = None
        if project_id is not None:
            others = await self._require(principal, project_id, Access.OWNER)
        elif not may(principal, Permission.ADMIN):
            raise AccessDenied
        rubrics.check(rubric)
        kept, told = rubric if rubric.criteria else None, None
        if project_id is None or others is not None:
            told = self._teller(principal).rubric_changed(others, kept)
        await self._repository.save_rubric(project_id, kept, told, expected)

    async def saved(self, principal: Principal) -> SavedComments:
        """Return the principal's saved comments, by title."""
        return await self._repository.saved(principal.id)

    async def save(self, principal: Principal, title: str, body: str) -> SavedComment:
        """Keep a comment. Raises LimitReached."""
        if len(await self._repository.saved(principal.id)) >= MAX_SAVED:
            raise LimitReached(_FULL)
        comment = SavedComment(
            id=SavedId(self._new_id()),
            user_id=principal.id,
            title=title,
            body=body,
            created_at=self._now(),
        )
        await self._repository.save(comment)
        return comment

    async def drop(self, principal: Principal, saved_id: SavedId) -> None:
        """Remove one of the principal's saved comments. Raises ThreadNotFound."""
        if not await self._repository.drop(principal.id, saved_id):
            raise ThreadNotFound("There is no such comment.")

    async def _require(
        self, principal: Principal, project_id: ProjectId, needs: Access
    ) -> Project | None:
        """Return the project if an admin's right is needed, who need be no member of it.

        Raises ProjectNotFound, AccessDenied.
        """
        if not may(principal, Permission.ADMIN):
            await self._projects.get(principal, project_id, needs)
            return None
        found = (await self._projects.owners([project_id])).get(project_id)
        if found is None:
            raise ProjectNotFound
        return None if found.project.owner_id == principal.id else found.project

    def _teller(self, principal: Principal) -> Teller:
        return Teller(by=principal.actor, at=self._now())


def _can_be_given(reviewer: User, view: View) -> bool:
    return reviewer.id not in view.makers and may_be_given(reviewer, view.named)
