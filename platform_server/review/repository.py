"""What the review services need from a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId
    from platform_server.review.groups.model import GroupId
    from platform_server.review.model import (
        Anchor,
        Comment,
        CommentId,
        Decision,
        Event,
        Happening,
        Notice,
        Round,
        State,
        Submission,
        SubmissionId,
        SubmittedFile,
        Thread,
        ThreadId,
    )


@dataclass(frozen=True, kw_only=True)
class NewRound:
    """What somebody submits: all that the project has at that moment."""

    submission_id: SubmissionId  # for the case that it is the first round
    project_id: ProjectId
    project_name: str
    submitter_id: UserId
    message: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Step:
    """A submission goes from one of some states to another, if it still is in one of them."""

    submission_id: SubmissionId
    expected: frozenset[State]
    round: int  # that it must be at
    state: State
    reviewer_id: UserId | None  # whose task it is then
    held_by: UserId | None = None  # whose task it must be, or nobody's; None: that does not matter


@dataclass(frozen=True, kw_only=True)
class Note:
    """An event to be kept with a change, and who is told of it."""

    at: datetime
    actor_id: UserId
    what: Happening
    detail: Mapping[str, str | int | None] = field(default_factory=dict)
    tell: frozenset[UserId] = frozenset()  # the actor is not told, unless:
    tells_actor: bool = False  # it is not the actor who did it, but the platform for them


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which submissions are asked for. What is None does not matter."""

    states: frozenset[State] | None = None
    submitters: Collection[UserId] | None = None  # of any round
    projects: Collection[ProjectId] | None = None  # or these: one of both is enough
    reviewer_id: UserId | None = None
    project_id: ProjectId | None = None
    maker_id: UserId | None = None  # who submitted any round of it
    is_free: bool = False  # it is nobody's task
    since: datetime | None = None  # unchanged since then, or longer
    group_id: GroupId | None = None  # that one of whose work it is is a member of
    visible_to: UserId | None = None  # who may review it, or submitted a round
    limit: int = 200


@dataclass(frozen=True, kw_only=True)
class Record:
    """A submission with what decides who sees it, and what they see."""

    submission: Submission
    rounds: tuple[Round, ...]  # the first one first
    decisions: tuple[Decision, ...]  # the first one first
    named: frozenset[UserId]  # who alone may review it, besides admins; nobody: every reviewer


@dataclass(frozen=True, kw_only=True)
class NewThread:
    """A thread to begin, with its first comment."""

    id: ThreadId
    submission_id: SubmissionId
    round: int
    anchor: Anchor


class SubmissionRepository(Protocol):
    """Submissions and what happens to them. Every method is one transaction.

    Rounds, their files, decisions and events are only ever added; the database refuses the rest.
    """

    async def submit(self, new: NewRound) -> Submission:
        """Keep all of a project's files as a round: the next one of its open submission if there
        is one, else the first of a new one. The reviewer of the round before, and who alone reviews
        it, are told. Raises InvalidInput if there are no files, Conflict if a round waits for a
        decision.
        """

    async def step(self, step: Step, note: Note, decision: Decision | None = None) -> Submission:
        """Take a step. A decision also publishes the decider's drafts. Raises Conflict."""

    async def submission(self, submission_id: SubmissionId) -> Submission | None:
        """Return a submission."""

    async def record(self, submission_id: SubmissionId) -> Record | None:
        """Return a submission with its rounds, its decisions and who reviews it, as they are now.

        Whoever opens a submission asks this with each request. Those who alone review it are whom
        its project names; if nobody, the reviewers of the groups that the project's owner, or who
        submitted a round, is a member of.
        """

    async def submissions(self, wanted: Wanted) -> list[Submission]:
        """Return submissions, the one that waits longest first."""

    async def rounds(self, submission_id: SubmissionId) -> list[Round]:
        """Return a submission's rounds, the first one first."""

    async def files(self, submission_id: SubmissionId, number: int) -> list[SubmittedFile]:
        """Return a round's files, by path."""

    async def present(self, project_id: ProjectId) -> list[SubmittedFile]:
        """Return all files of a project, by path: what a round of it would have now."""

    async def events(self, submission_id: SubmissionId) -> list[Event]:
        """Return what happened to a submission, the first first."""

    async def notices(self, user_id: UserId, seen: Wanted) -> list[Notice]:
        """Return what somebody is told of submissions that they see now, the newest first."""

    async def named_reviewers(self, project_id: ProjectId) -> frozenset[UserId]:
        """Return whom a project names as its reviewers."""

    async def mark_read(self, user_id: UserId, at: datetime) -> None:
        """Note that somebody has seen all that they were told."""

    async def names(self, user_ids: Sequence[UserId]) -> dict[UserId, str]:
        """Return what people are called: their names, or their addresses."""


class ThreadRepository(Protocol):
    """Threads and the comments in them. Every method is one transaction."""

    async def begin_thread(self, thread: NewThread, comment: Comment, note: Note | None) -> None:
        """Keep a thread with its first comment; ``note`` if that is no draft."""

    async def add_comment(
        self, submission_id: SubmissionId, comment: Comment, note: Note | None
    ) -> None:
        """Keep a comment in a thread; ``note`` if it is no draft."""

    async def edit_comment(
        self, submission_id: SubmissionId, comment: Comment, note: Note | None
    ) -> None:
        """Keep a comment's body and suggestion as they are now; ``note`` if it is no draft."""

    async def delete_comment(self, comment_id: CommentId) -> None:
        """Remove a comment, and its thread if it has no other."""

    async def mark_thread(self, thread: Thread, note: Note) -> None:
        """Keep when and by whom a thread was resolved, and when it was applied."""

    async def thread(self, thread_id: ThreadId) -> Thread | None:
        """Return a thread with all its comments, drafts too."""

    async def thread_of(self, comment_id: CommentId) -> Thread | None:
        """Return the thread that a comment is in."""

    async def threads(self, submission_id: SubmissionId) -> list[Thread]:
        """Return a submission's threads with all their comments, drafts too, the oldest first."""
