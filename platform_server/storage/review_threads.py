"""Threads of reviews and their comments in SQL."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, exists, insert, select, update

from platform_server.storage import review_events
from platform_server.storage.review_rows import comment_of, thread_of
from platform_server.storage.tables.review import review_comments, review_threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Select

    from platform_server.review.model import (
        Comment,
        CommentId,
        SubmissionId,
        Thread,
        ThreadId,
    )
    from platform_server.review.repository import NewThread, Note
    from platform_server.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """The statements that find some threads, and the comments in them."""

    threads: Select[Any]
    comments: Select[Any]


def _wanted(condition: ColumnElement[bool]) -> _Wanted:
    of, said = review_threads.c, review_comments.c
    return _Wanted(
        threads=select(review_threads).where(condition).order_by(of.created_at, of.id),
        comments=select(review_comments)
        .where(said.thread_id.in_(select(of.id).where(condition)))
        .order_by(said.created_at, said.id),
    )


# Made once, since making a statement takes as long as carrying it out.
_BY_SUBMISSION = _wanted(review_threads.c.submission_id == bindparam("submission_id"))
_BY_ID = _wanted(review_threads.c.id == bindparam("thread_id"))
_BY_COMMENT = _wanted(
    review_threads.c.id.in_(
        select(review_comments.c.thread_id).where(review_comments.c.id == bindparam("comment_id"))
    )
)


class SqlThreadRepository:
    """The repository of threads on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin_thread(self, thread: NewThread, comment: Comment, note: Note | None) -> None:
        """Keep a thread with its first comment."""
        anchor = thread.anchor
        values = {
            "id": thread.id,
            "submission_id": thread.submission_id,
            "round": thread.round,
            "path": anchor.path,
            "cell_id": anchor.cell_id,
            "line": anchor.line,
            "end_line": anchor.end_line,
            "output": anchor.output,
            "quote": anchor.quote,
            "created_at": comment.created_at,
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(review_threads).values(values))
            await connection.execute(insert(review_comments).values(_columns(comment)))
            if note is not None:
                await review_events.keep(connection, thread.submission_id, note)

    async def add_comment(
        self, submission_id: SubmissionId, comment: Comment, note: Note | None
    ) -> None:
        """Keep a comment in a thread."""
        async with self._database.transaction() as connection:
            await connection.execute(insert(review_comments).values(_columns(comment)))
            if note is not None:
                await review_events.keep(connection, submission_id, note)

    async def edit_comment(
        self, submission_id: SubmissionId, comment: Comment, note: Note | None
    ) -> None:
        """Keep a comment's body and suggestion as they are now."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(review_comments)
                .where(review_comments.c.id == comment.id)
                .values(
                    body=comment.body,
                    suggestion=comment.suggestion,
                    edited_at=comment.edited_at,
                )
            )
            if note is not None:
                await review_events.keep(connection, submission_id, note)

    async def delete_comment(self, comment_id: CommentId) -> None:
        """Remove a comment, and its thread if it has no other."""
        is_empty = ~exists().where(review_comments.c.thread_id == review_threads.c.id)
        thread = select(review_comments.c.thread_id).where(review_comments.c.id == comment_id)
        async with self._database.transaction() as connection:
            thread_id = (await connection.execute(thread)).scalar()
            await connection.execute(
                delete(review_comments).where(review_comments.c.id == comment_id)
            )
            await connection.execute(
                delete(review_threads).where(and_(review_threads.c.id == thread_id, is_empty))
            )

    async def mark_thread(self, thread: Thread, note: Note) -> None:
        """Keep when and by whom a thread was resolved, and when it was applied."""
        async with self._database.transaction() as connection:
            await connection.execute(
                update(review_threads)
                .where(review_threads.c.id == thread.id)
                .values(
                    resolved_at=thread.resolved_at,
                    resolved_by=thread.resolved_by,
                    applied_at=thread.applied_at,
                )
            )
            await review_events.keep(connection, thread.submission_id, note)

    async def thread(self, thread_id: ThreadId) -> Thread | None:
        """Return a thread with all its comments."""
        found = await self._threads(_BY_ID, {"thread_id": thread_id})
        return found[0] if found else None

    async def thread_of(self, comment_id: CommentId) -> Thread | None:
        """Return the thread that a comment is in."""
        found = await self._threads(_BY_COMMENT, {"comment_id": comment_id})
        return found[0] if found else None

    async def threads(self, submission_id: SubmissionId) -> list[Thread]:
        """Return a submission's threads with all their comments, the oldest first."""
        return await self._threads(_BY_SUBMISSION, {"submission_id": submission_id})

    async def _threads(self, wanted: _Wanted, values: Mapping[str, str]) -> list[Thread]:
        by_thread: defaultdict[str, list[Comment]] = defaultdict(list)
        async with self._database.read() as connection:
            rows = (await connection.execute(wanted.threads, values)).all()
            for row in await connection.execute(wanted.comments, values) if rows else ():
                by_thread[row.thread_id].append(comment_of(row))
        return [thread_of(row, by_thread[row.id]) for row in rows]


def _columns(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "thread_id": comment.thread_id,
        "author_id": comment.author_id,
        "body": comment.body,
        "suggestion": comment.suggestion,
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "published_at": comment.published_at,
    }
