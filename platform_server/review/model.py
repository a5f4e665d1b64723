"""Submissions, their rounds, what is said about them, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from platform_server.contents.model import BlobHash, RevisionId
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId
    from platform_server.review.rubric import Score

SubmissionId = NewType("SubmissionId", str)
ThreadId = NewType("ThreadId", str)
CommentId = NewType("CommentId", str)


class State(Enum):
    """Where a submission is between its maker and its reviewer."""

    SUBMITTED = "submitted"  # waits for a reviewer
    IN_REVIEW = "in_review"  # a reviewer has claimed it
    CHANGES_REQUESTED = "changes_requested"  # waits for its maker
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({State.SUBMITTED, State.IN_REVIEW, State.CHANGES_REQUESTED})
UNDECIDED = frozenset({State.SUBMITTED, State.IN_REVIEW})


class Verdict(Enum):
    """What a reviewer decides about a round."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"

    @property
    def state(self) -> State:
        """What the submission is then."""
        return State.APPROVED if self is Verdict.APPROVE else State.CHANGES_REQUESTED


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A project that somebody asked to have looked at, however many rounds it takes."""

    id: SubmissionId
    project_id: ProjectId
    project_name: str  # when it was submitted last
    submitter_id: UserId  # who submitted it first
    state: State
    round: int  # the latest: 1, 2, 3, ...
    reviewer_id: UserId | None  # whose task it is
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class SubmittedFile:
    """One file of a round, as it was."""

    path: str
    revision_id: RevisionId
    history: str  # the same for all states of one file, whatever its path
    blob: BlobHash
    size: int  # bytes


@dataclass(frozen=True, kw_only=True)
class Round:
    """All of a project's files at the moment of a submission. Never changed."""

    submission_id: SubmissionId
    number: int
    message: str
    submitter_id: UserId
    submitted_at: datetime
    digest: str  # of its files: see ``manifest.digest_of``
    files: int
    size: int  # bytes


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a reviewer decided about one round. Never changed."""

    submission_id: SubmissionId
    round: int
    verdict: Verdict
    summary: str
    reviewer_id: UserId
    decided_at: datetime
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Which part of a round a thread is about; with everything None, the whole file or round."""

    path: str | None = None
    cell_id: str | None = None
    line: int | None = None  # the first, from 1; of the cell's source if there is a cell
    end_line: int | None = None  # the last
    output: int | None = None  # the number of the cell's output, from 0
    quote: str = ""  # what was there, to find it again


@dataclass(frozen=True, kw_only=True)
class Comment:
    """Something said in a thread."""

    id: CommentId
    thread_id: ThreadId
    author_id: UserId
    body: str  # Markdown, as it was written
    suggestion: str | None  # what should stand in the place of the anchor
    created_at: datetime
    edited_at: datetime | None = None
    published_at: datetime | None = None  # None: a draft that only its author sees


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A conversation about one place of one round."""

    id: ThreadId
    submission_id: SubmissionId
    round: int
    anchor: Anchor
    comments: tuple[Comment, ...] = ()
    resolved_at: datetime | None = None
    resolved_by: UserId | None = None
    applied_at: datetime | None = None  # when a suggestion of it was taken over


class Happening(Enum):
    """What can happen to a submission."""

    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    CLAIMED = "claimed"
    RELEASED = "released"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    EDITED = "edited"  # a comment that others could read
    RESOLVED = "resolved"
    REOPENED = "reopened"
    APPLIED = "applied"
    DECIDED = "decided"
    REPRODUCED = "reproduced"  # it was run again, or could not be


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a submission. Never changed; each one seals those before it."""

    submission_id: SubmissionId
    number: int  # 1, 2, 3, ... within the submission
    at: datetime
    actor_id: UserId
    what: Happening
    detail: Mapping[str, str | int | None] = field(default_factory=dict)
    seal: str = ""  # see ``chain``


@dataclass(frozen=True, kw_only=True)
class Notice:
    """An event that somebody is told of."""

    event: Event
    project_name: str
    read_at: datetime | None
