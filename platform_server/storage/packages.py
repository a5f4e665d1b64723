"""What projects have installed, and what they took from the package index, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, select, true, tuple_

from platform_server.environments.records import EnvironmentRecord, RecordedPackage
from platform_server.environments.takes import Outcome, Take
from platform_server.projects.model import ProjectId
from platform_server.storage.tables.packages import (
    package_environments,
    package_takes,
    recorded_packages,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row

    from platform_server.environments.takes import TakeQuery
    from platform_server.storage.database import Database


class SqlRecordRepository:
    """The repository of environments' records on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, project_id: ProjectId) -> EnvironmentRecord | None:
        """Return a project's record."""
        whole = select(package_environments).where(package_environments.c.project_id == project_id)
        parts = (
            select(recorded_packages)
            .where(recorded_packages.c.project_id == project_id)
            .order_by(recorded_packages.c.name)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(whole)).one_or_none()
            if row is None:
                return None
            packages = tuple(_recorded(one) for one in await connection.execute(parts))
        return EnvironmentRecord(
            project_id=project_id,
            identity=row.identity,
            recorded_at=row.recorded_at,
            packages=packages,
        )

    async def save(self, record: EnvironmentRecord) -> None:
        """Keep a record in the place of an earlier one."""
        of_project = package_environments.c.project_id == record.project_id
        packages = [
            {
                "project_id": record.project_id,
                "name": one.name,
                "version": one.version,
                "requested": one.requested,
                "size": one.size,
                "sha256s": " ".join(one.sha256s),
            }
            for one in record.packages
        ]
        async with self._database.transaction() as connection:
            await connection.execute(delete(package_environments).where(of_project))
            await connection.execute(
                insert(package_environments).values(
                    project_id=record.project_id,
                    identity=record.identity,
                    recorded_at=record.recorded_at,
                )
            )
            if packages:
                await connection.execute(insert(recorded_packages), packages)


class SqlTakeRepository:
    """The repository of what projects took on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, take: Take) -> None:
        """Keep one."""
        values = {
            "id": take.id,
            "at": take.at,
            "project_id": take.project_id,
            "outcome": take.outcome.value,
            "package": take.package,
            "version": take.version,
            "filename": take.filename,
            "sha256": take.sha256,
            "size": take.size,
            "reason": take.reason,
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(package_takes).values(values))

    async def find(self, query: TakeQuery) -> list[Take]:
        """Return takes, the newest first."""
        statement = (
            select(package_takes)
            .where(_wanted(query))
            .order_by(package_takes.c.at.desc(), package_takes.c.id.desc())
            .limit(query.limit)
        )
        async with self._database.read() as connection:
            return [_take(row) for row in await connection.execute(statement)]

    async def files(self, project_id: ProjectId, names: Sequence[str]) -> list[Take]:
        """Return all files of these packages that the project took, the newest first."""
        statement = (
            select(package_takes)
            .where(
                package_takes.c.project_id == project_id,
                package_takes.c.package.in_(names),
                package_takes.c.outcome == Outcome.TAKEN.value,
            )
            .order_by(package_takes.c.at.desc(), package_takes.c.id.desc())
        )
        async with self._database.read() as connection:
            return [_take(row) for row in await connection.execute(statement)]


def _wanted(query: TakeQuery) -> ColumnElement[bool]:
    columns = package_takes.c
    wanted: list[ColumnElement[bool]] = [true()]
    if query.project_id is not None:
        wanted.append(columns.project_id == query.project_id)
    if query.package is not None:
        wanted.append(columns.package == query.package)
    if query.outcome is not None:
        wanted.append(columns.outcome == query.outcome.value)
    if query.before is not None:
        wanted.append(tuple_(columns.at, columns.id) < query.before)
    return and_(*wanted)


def _recorded(row: Row[Any]) -> RecordedPackage:
    return RecordedPackage(
        name=row.name,
        version=row.version,
        requested=row.requested,
        size=row.size,
        sha256s=tuple(row.sha256s.split()),
    )


def _take(row: Row[Any]) -> Take:
    return Take(
        id=row.id,
        at=row.at,
        project_id=ProjectId(row.project_id),
        outcome=Outcome(row.outcome),
        package=row.package,
        version=row.version,
        filename=row.filename,
        sha256=row.sha256,
        size=row.size,
        reason=row.reason,
    )
