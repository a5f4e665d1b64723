"""Command lines in SQL."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.storage.tables.commands import commands
from platform_server.terminals.commands import Command, CommandId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row

    from platform_server.storage.database import Database

_ORDER = (commands.c.began_at.desc(), commands.c.id.desc())


class SqlCommandRepository:
    """The command repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, command: Command, *, keep: int) -> None:
        """Store one, and forget the oldest beyond ``keep``."""
        values = {column.name: getattr(command, column.name) for column in commands.c}
        owners = _of(command.project_id, command.user_id)
        too_old = select(commands.c.id).where(owners).order_by(*_ORDER).offset(keep)
        with suppress(IntegrityError):  # told before; or the project went away meanwhile
            async with self._database.transaction() as connection:
                await connection.execute(insert(commands).values(values))
                old = (await connection.execute(too_old)).scalars().all()
                if old:
                    await connection.execute(delete(commands).where(commands.c.id.in_(old)))

    async def search(
        self,
        project_id: ProjectId,
        user_id: UserId,
        *,
        words: Sequence[str],
        limit: int,
        before: CommandId | None,
    ) -> Sequence[Command]:
        """Return those with all the words in them, the latest first."""
        statement = select(commands).where(_of(project_id, user_id))
        for word in words:
            statement = statement.where(commands.c.text.icontains(word, autoescape=True))
        if before is not None:
            statement = statement.where(_earlier_than(before))
        async with self._database.read() as connection:
            rows = await connection.execute(statement.order_by(*_ORDER).limit(limit))
            return [_command_of(row) for row in rows]

    async def remove(
        self, project_id: ProjectId, user_id: UserId, command_id: CommandId | None
    ) -> bool:
        """Forget one, or all."""
        statement = delete(commands).where(_of(project_id, user_id))
        if command_id is not None:
            statement = statement.where(commands.c.id == command_id)
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).rowcount > 0


def _of(project_id: ProjectId, user_id: UserId) -> ColumnElement[bool]:
    return and_(commands.c.project_id == project_id, commands.c.user_id == user_id)


def _earlier_than(command_id: CommandId) -> ColumnElement[bool]:
    known = commands.alias()
    began = select(known.c.began_at).where(known.c.id == command_id).scalar_subquery()
    return or_(
        commands.c.began_at < began,
        and_(commands.c.began_at == began, commands.c.id < command_id),
    )


def _command_of(row: Row[Any]) -> Command:
    return Command(
        id=CommandId(row.id),
        project_id=ProjectId(row.project_id),
        user_id=UserId(row.user_id),
        source=row.source,
        text=row.text,
        cwd=row.cwd,
        exit_code=row.exit_code,
        began_at=row.began_at,
        duration_ms=row.duration_ms,
    )
