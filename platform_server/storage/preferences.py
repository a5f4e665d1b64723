"""Users' small documents in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, insert, not_, select, update

from platform_server.storage.tables.identity import preferences

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from platform_server.identity.model import UserId
    from platform_server.identity.preferences import Kind
    from platform_server.storage.database import Database


class SqlPreferenceRepository:
    """The preference repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, user_id: UserId, kind: Kind, name: str) -> str | None:
        """Return a document."""
        statement = select(preferences.c.text).where(_is(user_id, kind, name))
        async with self._database.read() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def put(
        self, user_id: UserId, kind: Kind, name: str, text: str, *, at: datetime, size: int
    ) -> None:
        """Store a document, new or changed."""
        values = {"text": text, "size": size, "modified_at": at}
        key = {"user_id": user_id, "kind": kind, "name": name}
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                update(preferences).where(_is(user_id, kind, name)).values(values)
            )
            if changed.rowcount == 0:
                await connection.execute(insert(preferences).values(key | values))

    async def delete(self, user_id: UserId, kind: Kind, name: str) -> None:
        """Forget a document."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(preferences).where(_is(user_id, kind, name)))

    async def names(self, user_id: UserId, kind: Kind) -> list[tuple[str, datetime]]:
        """Return what there is of that kind, ordered by name."""
        statement = (
            select(preferences.c.name, preferences.c.modified_at)
            .where(and_(preferences.c.user_id == user_id, preferences.c.kind == kind))
            .order_by(preferences.c.name)
        )
        async with self._database.read() as connection:
            return [(row.name, row.modified_at) for row in await connection.execute(statement)]

    async def used(self, user_id: UserId, *, but: tuple[Kind, str]) -> tuple[int, int]:
        """Return how many documents the user has and their bytes, one left out."""
        statement = select(func.count(), func.coalesce(func.sum(preferences.c.size), 0)).where(
            and_(preferences.c.user_id == user_id, not_(_is(user_id, *but)))
        )
        async with self._database.read() as connection:
            count, size = (await connection.execute(statement)).one()
        return int(count), int(size)


def _is(user_id: UserId, kind: Kind, name: str) -> ColumnElement[bool]:
    return and_(
        preferences.c.user_id == user_id, preferences.c.kind == kind, preferences.c.name == name
    )
