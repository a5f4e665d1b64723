"""Open terminals in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.model import SandboxId, TerminalName
from platform_server.storage.tables.terminals import terminals
from platform_server.terminals.model import TerminalInfo
from platform_server.terminals.repository import TerminalRecord

if TYPE_CHECKING:
    from sqlalchemy import Row

    from platform_server.storage.database import Database


class SqlTerminalRepository:
    """The terminal repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: TerminalRecord) -> None:
        """Store a terminal."""
        info = record.info
        values = {
            "name": info.name,
            "sandbox_id": record.sandbox_id,
            "project_id": info.project_id,
            "owner_id": info.owner_id,
            "cwd": info.cwd,
            "created_at": info.created_at,
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(terminals).values(values))

    async def remove(self, name: TerminalName) -> None:
        """Forget a terminal."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(terminals).where(terminals.c.name == name))

    async def all(self) -> list[TerminalRecord]:
        """Return all of them, the oldest first."""
        statement = select(terminals).order_by(terminals.c.created_at, terminals.c.name)
        async with self._database.read() as connection:
            return [_record_of(row) for row in await connection.execute(statement)]


def _record_of(row: Row[Any]) -> TerminalRecord:
    info = TerminalInfo(
        name=TerminalName(row.name),
        project_id=ProjectId(row.project_id),
        owner_id=UserId(row.owner_id),
        cwd=row.cwd,
        created_at=row.created_at,
        last_activity=row.created_at,
    )
    return TerminalRecord(info=info, sandbox_id=SandboxId(row.sandbox_id))
