"""What happens to submissions, kept with what changes, and who is told of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from platform_server.review.chain import seal_of
from platform_server.review.model import Event
from platform_server.storage.tables.review import review_events, review_notices, submissions

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.review.model import SubmissionId
    from platform_server.review.repository import Note


async def keep(connection: AsyncConnection, submission_id: SubmissionId, note: Note) -> None:
    """Add an event to a submission's, in the transaction that is open; others wait for its end."""
    locked = select(submissions.c.id).where(submissions.c.id == submission_id).with_for_update()
    await connection.execute(locked)
    last = (
        select(review_events.c.number, review_events.c.seal)
        .where(review_events.c.submission_id == submission_id)
        .order_by(review_events.c.number.desc())
        .limit(1)
    )
    row = (await connection.execute(last)).first()
    event = Event(
        submission_id=submission_id,
        number=1 if row is None else row.number + 1,
        at=note.at,
        actor_id=note.actor_id,
        what=note.what,
        detail=note.detail,
    )
    event = replace(event, seal=seal_of(event, "" if row is None else row.seal))
    await connection.execute(
        insert(review_events).values(
            submission_id=event.submission_id,
            number=event.number,
            at=event.at,
            actor_id=event.actor_id,
            what=event.what.value,
            detail=json.dumps(dict(event.detail)),
            seal=event.seal,
        )
    )
    told = sorted(note.tell if note.tells_actor else note.tell - {note.actor_id})
    if told:
        about = {"submission_id": event.submission_id, "number": event.number}
        await connection.execute(
            insert(review_notices), [{"user_id": one, **about} for one in told]
        )
