"""Rows of the review's tables as values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from platform_server.contents.model import BlobHash, RevisionId
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.review.model import (
    Anchor,
    Comment,
    CommentId,
    Decision,
    Event,
    Happening,
    Round,
    State,
    Submission,
    SubmissionId,
    SubmittedFile,
    Thread,
    ThreadId,
    Verdict,
)
from platform_server.review.rubric import Score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Row


def submission_of(row: Row[Any]) -> Submission:
    """Return the submission in a row."""
    return Submission(
        id=SubmissionId(row.id),
        project_id=ProjectId(row.project_id),
        project_name=row.project_name,
        submitter_id=UserId(row.submitter_id),
        state=State(row.state),
        round=row.round,
        reviewer_id=_person(row.reviewer_id),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def round_of(row: Row[Any]) -> Round:
    """Return the round in a row."""
    return Round(
        submission_id=SubmissionId(row.submission_id),
        number=row.number,
        message=row.message,
        submitter_id=UserId(row.submitter_id),
        submitted_at=row.submitted_at,
        digest=row.digest,
        files=row.files,
        size=row.size,
    )


def file_of(row: Row[Any]) -> SubmittedFile:
    """Return the submitted file in a row."""
    return SubmittedFile(
        path=row.path,
        revision_id=RevisionId(row.revision_id),
        history=row.file_id,
        blob=BlobHash(row.blob),
        size=row.size,
    )


def decision_of(row: Row[Any]) -> Decision:
    """Return the decision in a row."""
    return Decision(
        submission_id=SubmissionId(row.submission_id),
        round=row.round,
        verdict=Verdict(row.verdict),
        summary=row.summary,
        reviewer_id=UserId(row.reviewer_id),
        decided_at=row.decided_at,
        scores=tuple(Score(**one) for one in json.loads(row.scores)),
    )


def event_of(row: Row[Any]) -> Event:
    """Return the event in a row."""
    return Event(
        submission_id=SubmissionId(row.submission_id),
        number=row.number,
        at=row.at,
        actor_id=UserId(row.actor_id),
        what=Happening(row.what),
        detail=json.loads(row.detail),
        seal=row.seal,
    )


def comment_of(row: Row[Any]) -> Comment:
    """Return the comment in a row."""
    return Comment(
        id=CommentId(row.id),
        thread_id=ThreadId(row.thread_id),
        author_id=UserId(row.author_id),
        body=row.body,
        suggestion=row.suggestion,
        created_at=row.created_at,
        edited_at=row.edited_at,
        published_at=row.published_at,
    )


def thread_of(row: Row[Any], comments: Iterable[Comment]) -> Thread:
    """Return the thread in a row, with its comments."""
    return Thread(
        id=ThreadId(row.id),
        submission_id=SubmissionId(row.submission_id),
        round=row.round,
        anchor=Anchor(
            path=row.path,
            cell_id=row.cell_id,
            line=row.line,
            end_line=row.end_line,
            output=row.output,
            quote=row.quote,
        ),
        comments=tuple(comments),
        resolved_at=row.resolved_at,
        resolved_by=_person(row.resolved_by),
        applied_at=row.applied_at,
    )


def _person(user_id: str | None) -> UserId | None:
    return None if user_id is None else UserId(user_id)
