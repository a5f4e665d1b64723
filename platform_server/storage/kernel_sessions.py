"""Jupyter's sessions in SQL."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from platform_server.errors import Conflict
from platform_server.identity.model import UserId
from platform_server.kernel_sessions.model import KernelSession, KernelSessionId
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.model import KernelId
from platform_server.storage.tables.kernel_sessions import kernel_sessions

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row

    from platform_server.storage.database import Database

    Sessions: TypeAlias = list[KernelSession]


class SqlKernelSessionRepository:
    """The session repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, session: KernelSession) -> None:
        """Store a session, new or changed."""
        values = asdict(session) | {"document_digest": _digest(session)}
        change = update(kernel_sessions).where(_is(session.user_id, session.id)).values(values)
        try:
            async with self._database.transaction() as connection:
                if (await connection.execute(change)).rowcount == 0:
                    await connection.execute(insert(kernel_sessions).values(values))
        except IntegrityError as error:
            raise Conflict("Another session has that document.") from error

    async def get(self, user_id: UserId, session_id: KernelSessionId) -> KernelSession | None:
        """Return a session of the user's."""
        statement = select(kernel_sessions).where(_is(user_id, session_id))
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else _session(row)

    async def list(self, user_id: UserId) -> Sessions:
        """Return the user's sessions."""
        statement = (
            select(kernel_sessions)
            .where(kernel_sessions.c.user_id == user_id)
            .order_by(kernel_sessions.c.created_at, kernel_sessions.c.id)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return [_session(row) for row in rows]

    async def delete(self, user_id: UserId, session_id: KernelSessionId) -> None:
        """Forget a session of the user's."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(kernel_sessions).where(_is(user_id, session_id)))

    async def users(self, kernel_id: KernelId) -> set[UserId]:
        """Return whose sessions use the kernel."""
        statement = select(kernel_sessions.c.user_id).where(
            kernel_sessions.c.kernel_id == kernel_id
        )
        async with self._database.read() as connection:
            return set((await connection.execute(statement)).scalars())


def _is(user_id: UserId, session_id: KernelSessionId) -> ColumnElement[bool]:
    return and_(kernel_sessions.c.user_id == user_id, kernel_sessions.c.id == session_id)


def _digest(session: KernelSession) -> str:
    document = [session.project_id, session.path, session.is_addressed]
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()


def _session(row: Row[Any]) -> KernelSession:
    return KernelSession(
        id=KernelSessionId(row.id),
        user_id=UserId(row.user_id),
        project_id=ProjectId(row.project_id),
        path=row.path,
        is_addressed=row.is_addressed,
        name=row.name,
        type=row.type,
        kernel_id=KernelId(row.kernel_id),
        created_at=row.created_at,
    )
