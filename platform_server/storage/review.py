"""Submissions in SQL: rounds, decisions, events and notices."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, column, insert, literal, or_, select, table, update
from sqlalchemy.exc import IntegrityError

from platform_server.errors import Conflict, InvalidInput
from platform_server.identity.model import UserId
from platform_server.review.manifest import digest_of
from platform_server.review.model import (
    OPEN,
    Happening,
    Notice,
    State,
    SubmissionId,
    SubmittedFile,
)
from platform_server.review.repository import Note, Record
from platform_server.storage import review_access as access
from platform_server.storage import review_events as events_of
from platform_server.storage.review_queue import conditions
from platform_server.storage.review_rows import (
    decision_of,
    event_of,
    file_of,
    round_of,
    submission_of,
)
from platform_server.storage.tables.contents import entries, revisions
from platform_server.storage.tables.review import (
    project_reviewers,
    review_comments,
    review_events,
    review_notices,
    review_threads,
    submission_decisions,
    submission_files,
    submission_rounds,
    submissions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, Connection, Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

    from platform_server.projects.model import ProjectId
    from platform_server.review.model import Decision, Event, Round, Submission
    from platform_server.review.repository import NewRound, Step, Wanted
    from platform_server.storage.database import Database

_WAITS = "This project waits for a decision already: withdraw that submission to submit again."
_EMPTY = "There is nothing in this project to submit."
_MOVED_ON = "The submission has moved on since you looked at it: look again."
_users = table("users", column("id"), column("email"), column("name"))

# What whoever reads a submission asks for: made once, since making a statement takes as long as
# carrying it out.
_OF: BindParameter[str] = bindparam("submission_id")
_SUBMISSION = select(submissions).where(submissions.c.id == _OF)
_ROUNDS = (
    select(submission_rounds)
    .where(submission_rounds.c.submission_id == _OF)
    .order_by(submission_rounds.c.number)
)
_DECISIONS = (
    select(submission_decisions)
    .where(submission_decisions.c.submission_id == _OF)
    .order_by(submission_decisions.c.round)
)
_PEOPLE = select(_users).where(_users.c.id.in_(bindparam("user_ids", expanding=True)))
_FILES = (
    select(submission_files, revisions.c.file_id)
    .join(revisions, revisions.c.id == submission_files.c.revision_id)
    .where(
        and_(
            submission_files.c.submission_id == _OF,
            submission_files.c.number == bindparam("number"),
        )
    )
    .order_by(submission_files.c.path)
)


class SqlSubmissionRepository:
    """The repository of submissions on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def submit(self, new: NewRound) -> Submission:
        """Keep all of a project's files as a round."""
        try:
            async with self._database.transaction() as connection:
                row = await _open_submission(connection, new)
                await _add_round(connection, new, row)
                tell = await access.reviewers_of(connection, SubmissionId(row.id))
                if row.reviewer_id is not None:
                    tell |= {UserId(row.reviewer_id)}
                note = Note(
                    at=new.at,
                    actor_id=new.submitter_id,
                    what=Happening.SUBMITTED,
                    detail={"round": row.round},
                    tell=tell,
                )
                await events_of.keep(connection, SubmissionId(row.id), note)
                return submission_of(row)
        except IntegrityError as error:  # somebody else submitted it at the same time
            raise Conflict(_WAITS) from error

    async def step(self, step: Step, note: Note, decision: Decision | None = None) -> Submission:
        """Take a step."""
        may = [
            submissions.c.id == step.submission_id,
            submissions.c.state.in_([one.value for one in step.expected]),
            submissions.c.round == step.round,
        ]
        if step.held_by is not None:
            reviewer = submissions.c.reviewer_id
            may.append(or_(reviewer.is_(None), reviewer == step.held_by))
        statement = (
            update(submissions)
            .where(and_(*may))
            .values(state=step.state.value, reviewer_id=step.reviewer_id, updated_at=note.at)
            .returning(submissions)
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(statement)).first()
            if row is None:
                raise Conflict(_MOVED_ON)
            if decision is not None:
                await _decide(connection, decision)
            await events_of.keep(connection, step.submission_id, note)
            return submission_of(row)

    async def submission(self, submission_id: SubmissionId) -> Submission | None:
        """Return a submission."""
        found = await self._rows(_SUBMISSION, {"submission_id": submission_id})
        return submission_of(found[0]) if found else None

    async def record(self, submission_id: SubmissionId) -> Record | None:
        """Return a submission with its rounds, its decisions and who reviews it."""
        async with self._database.read() as connection:
            return await connection.run_sync(_record, submission_id)

    async def submissions(self, wanted: Wanted) -> list[Submission]:
        """Return submissions, the one that waits longest first."""
        statement = (
            select(submissions)
            .where(and_(*conditions(wanted)))
            .order_by(submissions.c.updated_at, submissions.c.id)
            .limit(wanted.limit)
        )
        return [submission_of(row) for row in await self._rows(statement)]

    async def rounds(self, submission_id: SubmissionId) -> list[Round]:
        """Return a submission's rounds."""
        found = await self._rows(_ROUNDS, {"submission_id": submission_id})
        return [round_of(row) for row in found]

    async def files(self, submission_id: SubmissionId, number: int) -> list[SubmittedFile]:
        """Return a round's files."""
        found = await self._rows(_FILES, {"submission_id": submission_id, "number": number})
        return [file_of(row) for row in found]

    async def present(self, project_id: ProjectId) -> list[SubmittedFile]:
        """Return all files of a project, by path."""
        of = revisions.c
        statement = (
            select(entries.c.path, of.id.label("revision_id"), of.blob, of.size, of.file_id)
            .join(revisions, revisions.c.id == entries.c.revision_id)
            .where(entries.c.project_id == project_id)
            .order_by(entries.c.path)
        )
        return [file_of(row) for row in await self._rows(statement)]

    async def events(self, submission_id: SubmissionId) -> list[Event]:
        """Return what happened to a submission."""
        of = review_events.c
        statement = select(review_events).where(of.submission_id == submission_id)
        return [event_of(row) for row in await self._rows(statement.order_by(of.number))]

    async def notices(self, user_id: UserId, seen: Wanted) -> list[Notice]:
        """Return what somebody is told, the newest first."""
        is_told = and_(
            review_notices.c.submission_id == review_events.c.submission_id,
            review_notices.c.number == review_events.c.number,
        )
        statement = (
            select(review_events, review_notices.c.read_at, submissions.c.project_name)
            .join(review_notices, is_told)
            .join(submissions, submissions.c.id == review_events.c.submission_id)
            .where(and_(review_notices.c.user_id == user_id, *conditions(seen)))
            .order_by(review_events.c.at.desc(), review_events.c.number.desc())
            .limit(seen.limit)
        )
        return [
            Notice(event=event_of(row), project_name=row.project_name, read_at=row.read_at)
            for row in await self._rows(statement)
        ]

    async def mark_read(self, user_id: UserId, at: datetime) -> None:
        """Note that somebody has seen all that they were told."""
        of = review_notices.c
        unread = and_(of.user_id == user_id, of.read_at.is_(None))
        async with self._database.transaction() as connection:
            await connection.execute(update(review_notices).where(unread).values(read_at=at))

    async def named_reviewers(self, project_id: ProjectId) -> frozenset[UserId]:
        """Return whom a project names as its reviewers."""
        of = project_reviewers.c
        rows = await self._rows(select(of.user_id).where(of.project_id == project_id))
        return frozenset(UserId(row.user_id) for row in rows)

    async def names(self, user_ids: Sequence[UserId]) -> dict[UserId, str]:
        """Return what people are called."""
        if not user_ids:
            return {}
        rows = await self._rows(_PEOPLE, {"user_ids": list(set(user_ids))})
        return {UserId(row.id): row.name or row.email for row in rows}

    async def _rows(
        self, statement: Select[Any], values: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        async with self._database.read() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(statement, values)).all()
            return rows


def _record(connection: Connection, submission_id: SubmissionId) -> Record | None:
    its = {"submission_id": submission_id}
    row = connection.execute(_SUBMISSION, its).first()
    if row is None:
        return None
    return Record(
        submission=submission_of(row),
        rounds=tuple(round_of(one) for one in connection.execute(_ROUNDS, its)),
        decisions=tuple(decision_of(one) for one in connection.execute(_DECISIONS, its)),
        named=access.chosen(connection.execute(access.REVIEWERS, its).all()),
    )


async def _open_submission(connection: AsyncConnection, new: NewRound) -> Row[Any]:
    """Return the project's open submission at its next round, or a new one."""
    is_open = submissions.c.state.in_([one.value for one in OPEN])
    known = select(submissions).where(and_(submissions.c.project_id == new.project_id, is_open))
    row = (await connection.execute(known.with_for_update())).first()
    values: dict[str, Any] = {
        "project_name": new.project_name,
        "state": State.SUBMITTED.value,
        "updated_at": new.at,
    }
    statement: ReturningInsert[Any] | ReturningUpdate[Any]
    if row is None:
        values |= {
            "id": new.submission_id,
            "project_id": new.project_id,
            "submitter_id": new.submitter_id,
            "round": 1,
            "created_at": new.at,
        }
        statement = insert(submissions).values(values).returning(submissions)
    elif row.state == State.CHANGES_REQUESTED.value:
        again = update(submissions).where(submissions.c.id == row.id)
        statement = again.values(round=row.round + 1, **values).returning(submissions)
    else:
        raise Conflict(_WAITS)
    result: Row[Any] = (await connection.execute(statement)).one()
    return result


async def _add_round(connection: AsyncConnection, new: NewRound, row: Row[Any]) -> None:
    copied = (
        select(
            literal(row.id),
            literal(row.round),
            entries.c.path,
            revisions.c.id,
            revisions.c.blob,
            revisions.c.size,
        )
        .join(revisions, revisions.c.id == entries.c.revision_id)
        .where(entries.c.project_id == new.project_id)
    )
    names = ["submission_id", "number", "path", "revision_id", "blob", "size"]
    await connection.execute(insert(submission_files).from_select(names, copied))
    found = await connection.execute(_FILES, {"submission_id": row.id, "number": row.round})
    files = [file_of(one) for one in found]
    if not files:
        raise InvalidInput(_EMPTY)
    await connection.execute(
        insert(submission_rounds).values(
            submission_id=row.id,
            number=row.round,
            message=new.message,
            submitter_id=new.submitter_id,
            submitted_at=new.at,
            digest=digest_of(files),
            files=len(files),
            size=sum(one.size for one in files),
        )
    )


async def _decide(connection: AsyncConnection, decision: Decision) -> None:
    await connection.execute(
        insert(submission_decisions).values(
            submission_id=decision.submission_id,
            round=decision.round,
            verdict=decision.verdict.value,
            summary=decision.summary,
            reviewer_id=decision.reviewer_id,
            decided_at=decision.decided_at,
            scores=json.dumps([asdict(one) for one in decision.scores]),
        )
    )
    own = select(review_threads.c.id).where(
        review_threads.c.submission_id == decision.submission_id
    )
    is_draft = and_(
        review_comments.c.thread_id.in_(own),
        review_comments.c.author_id == decision.reviewer_id,
        review_comments.c.published_at.is_(None),
    )
    await connection.execute(
        update(review_comments).where(is_draft).values(published_at=decision.decided_at)
    )
