"""Checks whether rounds reproduce, in SQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, insert, literal, or_, select, update

from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.review.model import UNDECIDED, SubmissionId
from platform_server.review.reproduction.model import UNFINISHED, Check, CheckState, Outcome
from platform_server.storage import review_events
from platform_server.storage.columns import Instant
from platform_server.storage.tables.review import (
    reproductions,
    submission_rounds,
    submissions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row

    from platform_server.review.repository import Note
    from platform_server.storage.database import Database

_of = reproductions.c


class SqlCheckRepository:
    """The repository of checks on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, submission_id: SubmissionId, number: int, by: UserId, at: datetime) -> bool:
        """Queue a round's check."""
        asked: dict[str, Any] = {
            "state": CheckState.QUEUED.value,
            "requested_at": at,
            "requested_by": by,
            "started_at": None,
            "finished_at": None,
            "message": "",
            "outcome": None,
            "notebooks": "[]",
        }
        async with self._database.transaction() as connection:
            # The submission's row is there in any case: whoever asks at the same time waits for it.
            locked = select(submissions.c.id).where(submissions.c.id == submission_id)
            await connection.execute(locked.with_for_update())
            is_it = _is(submission_id, number)
            known = (await connection.execute(select(_of.state).where(is_it))).scalar()
            if known is None:
                values = {"submission_id": submission_id, "round": number, **asked}
                await connection.execute(insert(reproductions).values(values))
            elif CheckState(known) in UNFINISHED:
                return False
            else:
                await connection.execute(update(reproductions).where(is_it).values(asked))
            return True

    async def check(self, submission_id: SubmissionId, number: int) -> Check | None:
        """Return a round's check."""
        async with self._database.read() as connection:
            found = select(reproductions).where(_is(submission_id, number))
            row = (await connection.execute(found)).first()
        return None if row is None else _check_of(row, json.loads(row.notebooks))

    async def before(self, check: Check) -> int:
        """Return how many checks are queued before this one."""
        is_before = or_(
            _of.requested_at < check.requested_at,
            and_(_of.requested_at == check.requested_at, _of.submission_id < check.submission_id),
        )
        waiting = and_(_of.state == CheckState.QUEUED.value, is_before)
        async with self._database.read() as connection:
            counted = await connection.execute(
                select(func.count()).select_from(reproductions).where(waiting)
            )
            return int(counted.scalar_one())

    async def claim(self, at: datetime) -> tuple[Check, ProjectId] | None:
        """Take the check that has waited longest."""
        first = (
            select(_of.submission_id, _of.round)
            .where(_of.state == CheckState.QUEUED.value)
            .order_by(_of.requested_at, _of.submission_id)
            .limit(1)
        )
        async with self._database.transaction() as connection:
            found = (await connection.execute(first.with_for_update(skip_locked=True))).first()
            if found is None:
                return None
            running = {"state": CheckState.RUNNING.value, "started_at": at}
            taken = update(reproductions).where(_is(found.submission_id, found.round))
            row = (await connection.execute(taken.values(running).returning(reproductions))).one()
            project = select(submissions.c.project_id).where(
                submissions.c.id == found.submission_id
            )
            project_id = (await connection.execute(project)).scalar_one()
            return _check_of(row, []), ProjectId(project_id)

    async def finish(self, check: Check, note: Note | None) -> bool:
        """Keep how a running check ended."""
        is_it = and_(
            _is(check.submission_id, check.round),
            _of.state == CheckState.RUNNING.value,
            _of.started_at == check.started_at,
        )
        ended = update(reproductions).where(is_it)
        values = {
            "state": check.state.value,
            "finished_at": check.finished_at,
            "message": check.message,
            "outcome": None if check.outcome is None else check.outcome.value,
            "notebooks": json.dumps(check.notebooks),
        }
        async with self._database.transaction() as connection:
            if (await connection.execute(ended.values(values))).rowcount == 0:
                return False
            if note is not None:
                await review_events.keep(connection, check.submission_id, note)
            return True

    async def cancel(self, submission_id: SubmissionId, number: int, at: datetime) -> bool:
        """Note that a check is not wanted."""
        waits = _of.state.in_([one.value for one in UNFINISHED])
        statement = (
            update(reproductions)
            .where(and_(_is(submission_id, number), waits))
            .values(state=CheckState.CANCELLED.value, finished_at=at)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).rowcount > 0

    async def resume(self, at: datetime) -> None:
        """Queue again what ran, and what was never queued."""
        ran = _of.state == CheckState.RUNNING.value
        again = update(reproductions).where(ran).values(state=CheckState.QUEUED.value)
        rounds = submission_rounds.c
        is_known = exists().where(_is(rounds.submission_id, rounds.number))
        missing = (
            select(
                rounds.submission_id,
                rounds.number,
                literal(CheckState.QUEUED.value),
                literal(at, Instant),
                rounds.submitter_id,
                literal(""),
                literal("[]"),
            )
            .join(submissions, submissions.c.id == rounds.submission_id)
            .where(
                submissions.c.round == rounds.number,
                submissions.c.state.in_([one.value for one in UNDECIDED]),
                ~is_known,
            )
        )
        names = ["submission_id", "round", "state", "requested_at", "requested_by"]
        names += ["message", "notebooks"]
        async with self._database.transaction() as connection:
            await connection.execute(again)
            await connection.execute(insert(reproductions).from_select(names, missing))

    async def outcomes(self, submission_id: SubmissionId) -> Mapping[int, Check]:
        """Return a submission's checks by round."""
        columns = [one for one in reproductions.c if one.name != "notebooks"]
        statement = select(*columns).where(_of.submission_id == submission_id)
        async with self._database.read() as connection:
            return {row.round: _check_of(row, []) for row in await connection.execute(statement)}


def _is(submission_id: Any, number: Any) -> ColumnElement[bool]:
    return and_(_of.submission_id == submission_id, _of.round == number)


def _check_of(row: Row[Any], notebooks: list[dict[str, Any]]) -> Check:
    return Check(
        submission_id=SubmissionId(row.submission_id),
        round=row.round,
        state=CheckState(row.state),
        requested_at=row.requested_at,
        requested_by=UserId(row.requested_by),
        started_at=row.started_at,
        finished_at=row.finished_at,
        message=row.message,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        notebooks=tuple(notebooks),
    )
