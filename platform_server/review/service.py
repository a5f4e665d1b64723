"""Submissions: made, withdrawn, claimed, decided. Everybody sees what they may."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from platform_server import clock
from platform_server.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    ProjectNotFound,
    QuotaExceeded,
    SubmissionNotFound,
)
from platform_server.identity.permissions import Permission, may
from platform_server.projects.model import Access, ProjectId
from platform_server.review.model import (
    UNDECIDED,
    Decision,
    Event,
    Happening,
    Notice,
    State,
    Submission,
    SubmissionId,
    Verdict,
)
from platform_server.review.repository import NewRound, Note, Step, Wanted
from platform_server.review.rules import View, require_maker, require_reviewer, sees

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from platform_server.identity.model import Principal, UserId
    from platform_server.projects.model import ProjectView
    from platform_server.projects.repository import Membership
    from platform_server.review.repository import SubmissionRepository
    from platform_server.review.rubric import Score

Submissions: TypeAlias = list[Submission]
Events: TypeAlias = list[Event]
Notices: TypeAlias = list[Notice]

_ANY = Wanted()
MAX_MESSAGE = 5_000  # characters of a message, and of a decision's summary
_STALE = "This is not the latest round: look at that one first."
_CLAIMED = "Somebody else is reviewing this."
_UNKEPT = (
    "{} of the project's files are in its sandbox only, because the project is full: make room, "
    "or delete them, and submit again."
)


class Projects(Protocol):
    """Who may do what in a project; the project service is one."""

    async def get(
        self, principal: Principal, project_id: ProjectId, needs: Access = Access.VIEWER
    ) -> ProjectView:
        """Return the project. Raises ProjectNotFound, AccessDenied."""

    async def list(self, principal: Principal, *, archived: bool = False) -> list[ProjectView]:
        """Return the projects that somebody is a member of."""

    async def owners(self, project_ids: Collection[ProjectId]) -> Mapping[ProjectId, Membership]:
        """Return whose projects these are, for an admin; of those that are there."""


class Contents(Protocol):
    """The files of projects; the contents service is one."""

    async def complete(self, project_id: ProjectId) -> None:
        """Make what is stored of the project complete."""

    def not_kept(self, project_id: ProjectId) -> Collection[str]:
        """Return the paths of files that are in the sandbox only."""


class ReviewService:
    """What makers and reviewers do with submissions. Every method checks what they may do.

    A submission that somebody may not see is not found. ``on_submitted`` hooks run after each round
    was kept.
    """

    def __init__(
        self,
        repository: SubmissionRepository,
        projects: Projects,
        contents: Contents,
        *,
        now: clock.Clock = clock.utc_now,
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self.on_submitted: list[Callable[[View], Awaitable[None]]] = []
        self._repository = repository
        self._projects = projects
        self._contents = contents
        self._now = now
        self._new_id = new_id

    async def submit(self, principal: Principal, project_id: ProjectId, message: str) -> View:
        """Submit all of a project's files as they are now. Editors only.

        While changes are requested this makes the submission's next round, else a new submission.
        Raises ProjectNotFound, AccessDenied, InvalidInput if the project is empty, QuotaExceeded
        if some files could not be kept, Conflict while a round waits for its decision.
        """
        project = await self._projects.get(principal, project_id, Access.EDITOR)
        await self._contents.complete(project_id)
        unkept = len(self._contents.not_kept(project_id))
        if unkept:
            raise QuotaExceeded(_UNKEPT.format(unkept))
        new = NewRound(
            submission_id=SubmissionId(self._new_id()),
            project_id=project_id,
            project_name=project.project.name,
            submitter_id=principal.id,
            message=_bounded(message),
            at=self._now(),
        )
        submission = await self._repository.submit(new)
        view = await self.get(principal, submission.id)
        for hook in self.on_submitted:
            await hook(view)
        return view

    async def withdraw(self, principal: Principal, submission_id: SubmissionId) -> View:
        """Take an undecided submission back. Makers only. Raises Conflict once it is decided."""
        view = await self.get(principal, submission_id)
        require_maker(view)
        expected = UNDECIDED | {State.CHANGES_REQUESTED}
        step = self._step(view, expected, State.WITHDRAWN, view.submission.reviewer_id)
        return await self._take(view, step, Happening.WITHDRAWN)

    async def list(
        self, principal: Principal, wanted: Wanted = _ANY, *, own: bool = False
    ) -> Submissions:
        """Return the submissions that the principal sees, the one that waits longest first.

        ``own``: those of their own work only.
        """
        return await self._repository.submissions(await self._seen(principal, wanted, own=own))

    async def get(self, principal: Principal, submission_id: SubmissionId) -> View:
        """Return a submission with its rounds and decisions. Raises SubmissionNotFound."""
        record = await self._repository.record(submission_id)
        if record is None:
            raise SubmissionNotFound
        is_maker = any(one.submitter_id == principal.id for one in record.rounds)
        is_maker = is_maker or await self._may_edit(principal, record.submission.project_id)
        if not sees(principal, is_maker=is_maker, named=record.named):
            raise SubmissionNotFound
        return View(
            submission=record.submission,
            rounds=record.rounds,
            decisions=record.decisions,
            viewer=principal,
            is_maker=is_maker,
            named=record.named,
        )

    async def events(self, principal: Principal, submission_id: SubmissionId) -> Events:
        """Return what happened to a submission, the first first. Raises SubmissionNotFound."""
        await self.get(principal, submission_id)
        return await self._repository.events(submission_id)

    async def claim(self, principal: Principal, submission_id: SubmissionId) -> View:
        """Begin to review. May be repeated. Raises AccessDenied, Conflict if another one does."""
        view = await self.get(principal, submission_id)
        require_reviewer(view)
        submission = view.submission
        if submission.reviewer_id == principal.id and submission.state is State.IN_REVIEW:
            return view
        if submission.reviewer_id not in {None, principal.id}:
            raise Conflict(_CLAIMED)
        step = self._step(
            view, frozenset({State.SUBMITTED}), State.IN_REVIEW, principal.id, held=principal.id
        )
        return await self._take(view, step, Happening.CLAIMED)

    async def release(self, principal: Principal, submission_id: SubmissionId) -> View:
        """Give a submission back to the queue: its reviewer, or an admin. Raises Conflict."""
        view = await self.get(principal, submission_id)
        require_reviewer(view)
        if view.submission.reviewer_id != principal.id and not may(principal, Permission.ADMIN):
            raise AccessDenied(_CLAIMED)
        step = self._step(view, UNDECIDED, State.SUBMITTED, None)
        return await self._take(view, step, Happening.RELEASED)

    async def decide(
        self,
        principal: Principal,
        submission_id: SubmissionId,
        *,
        number: int,
        verdict: Verdict,
        summary: str,
        scores: tuple[Score, ...] = (),
    ) -> View:
        """Decide about the latest round, and publish what the reviewer noted.

        Raises AccessDenied, Conflict if the round is not the latest, decided already, or somebody
        else's to review.
        """
        view = await self.get(principal, submission_id)
        require_reviewer(view)
        if number != view.submission.round:
            raise Conflict(_STALE)
        if view.submission.reviewer_id not in {None, principal.id}:
            raise Conflict(_CLAIMED)
        step = self._step(view, UNDECIDED, verdict.state, principal.id, held=principal.id)
        decision = Decision(
            submission_id=submission_id,
            round=number,
            verdict=verdict,
            summary=_bounded(summary),
            reviewer_id=principal.id,
            decided_at=self._now(),
            scores=scores,
        )
        detail = {"round": number, "decision": verdict.value}
        return await self._take(view, step, Happening.DECIDED, decision, detail)

    async def notices(self, principal: Principal, *, limit: int = 100) -> Notices:
        """Return what the principal is told of submissions that they see, the newest first."""
        seen = await self._seen(principal, Wanted(limit=limit))
        return await self._repository.notices(principal.id, seen)

    async def mark_read(self, principal: Principal) -> None:
        """Note that the principal has seen what they were told."""
        await self._repository.mark_read(principal.id, self._now())

    async def names(self, user_ids: Sequence[UserId]) -> dict[UserId, str]:
        """Return what people are called."""
        return await self._repository.names(user_ids)

    async def _seen(self, principal: Principal, wanted: Wanted, *, own: bool = False) -> Wanted:
        """Return what is wanted, as far as the principal sees it."""
        if own or not may(principal, Permission.REVIEW):
            projects = await self._editable(principal)
            return replace(wanted, submitters=[principal.id], projects=projects)
        if may(principal, Permission.ADMIN):
            return wanted
        return replace(wanted, visible_to=principal.id)

    def _step(
        self,
        view: View,
        expected: frozenset[State],
        state: State,
        reviewer_id: UserId | None,
        *,
        held: UserId | None = None,
    ) -> Step:
        return Step(
            submission_id=view.submission.id,
            expected=expected,
            round=view.submission.round,
            state=state,
            reviewer_id=reviewer_id,
            held_by=held,
        )

    async def _take(
        self,
        view: View,
        step: Step,
        what: Happening,
        decision: Decision | None = None,
        detail: Mapping[str, str | int | None] | None = None,
    ) -> View:
        note = Note(
            at=decision.decided_at if decision else self._now(),
            actor_id=view.viewer.id,
            what=what,
            detail=detail or {"round": step.round},
            tell=view.parties,
        )
        await self._repository.step(step, note, decision)
        return await self.get(view.viewer, step.submission_id)

    async def _may_edit(self, principal: Principal, project_id: ProjectId) -> bool:
        try:
            project = await self._projects.get(principal, project_id)
        except ProjectNotFound:
            return False
        return project.access >= Access.EDITOR

    async def _editable(self, principal: Principal) -> Sequence[ProjectId]:
        views = [
            *await self._projects.list(principal),
            *await self._projects.list(principal, archived=True),
        ]
        return [one.project.id for one in views if one.access >= Access.EDITOR]


def _bounded(text: str) -> str:
    if len(text) > MAX_MESSAGE:
        raise InvalidInput(f"That is too long: at most {MAX_MESSAGE} characters.")
    return text
