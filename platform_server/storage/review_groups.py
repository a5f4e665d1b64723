"""Groups and who is in them, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from platform_server.errors import GroupNotFound, InvalidInput, NameTaken
from platform_server.identity.model import UserId
from platform_server.review.groups.model import Group, GroupId, Listed, Roster, by_name
from platform_server.storage import acts
from platform_server.storage.tables.groups import group_members, group_reviewers, groups
from platform_server.versions import check_version

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ScalarSelect, Select, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.acts.model import Act
    from platform_server.review.acts import TellingGroup
    from platform_server.storage.database import Database

_TAKEN = "There is a group of that name already."
_NOBODY = "There is no such account."


class SqlGroupRepository:
    """The repository of groups on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, group_id: GroupId, name: str, act: Act) -> None:
        """Keep a new group."""
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(groups).values(id=group_id, name=name))
                await acts.keep(connection, act)
        except IntegrityError as error:
            raise NameTaken(_TAKEN) from error

    async def rename(self, group_id: GroupId, name: str, telling: TellingGroup) -> None:
        """Change what a group is called."""
        statement = update(groups).where(groups.c.id == group_id).values(name=name)
        try:
            async with self._database.transaction() as connection:
                act = telling(await _locked(connection, group_id))
                await connection.execute(statement)
                await acts.keep(connection, act)
        except IntegrityError as error:
            raise NameTaken(_TAKEN) from error

    async def remove(self, group_id: GroupId, telling: TellingGroup) -> None:
        """Remove a group; the places in it go with it."""
        async with self._database.transaction() as connection:
            act = telling(await _locked(connection, group_id))
            await connection.execute(delete(groups).where(groups.c.id == group_id))
            await acts.keep(connection, act)

    async def set_members(
        self,
        group_id: GroupId,
        people: Collection[UserId],
        telling: TellingGroup,
        expected: str | None = None,
    ) -> None:
        """Keep a group's members."""
        await self._set(group_members, group_id, people, telling, expected)

    async def set_reviewers(
        self,
        group_id: GroupId,
        people: Collection[UserId],
        telling: TellingGroup,
        expected: str | None = None,
    ) -> None:
        """Keep a group's reviewers."""
        await self._set(group_reviewers, group_id, people, telling, expected)

    async def group(self, group_id: GroupId) -> Group | None:
        """Return a group with its people."""
        async with self._database.read() as connection:
            return await _group(connection, select(groups).where(groups.c.id == group_id))

    async def groups(
        self, *, member: UserId | None = None, reviewer: UserId | None = None
    ) -> list[Listed]:
        """Return groups by name."""
        statement = select(
            groups,
            _count(group_members).label("members"),
            _count(group_reviewers).label("reviewers"),
        )
        for table, person in ((group_members, member), (group_reviewers, reviewer)):
            if person is not None:
                theirs = select(table.c.group_id).where(table.c.user_id == person)
                statement = statement.where(groups.c.id.in_(theirs))
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        listed = [
            Listed(id=GroupId(row.id), name=row.name, members=row.members, reviewers=row.reviewers)
            for row in rows
        ]
        return sorted(listed, key=by_name)

    async def _set(
        self,
        table: Table,
        group_id: GroupId,
        people: Collection[UserId],
        telling: TellingGroup,
        expected: str | None,
    ) -> None:
        """Replace a group's people of one kind; who comes at the same time waits for the end."""
        rows = [{"group_id": group_id, "user_id": one} for one in sorted(people)]
        try:
            async with self._database.transaction() as connection:
                group = await _locked(connection, group_id)
                assert group.roster is not None
                check_version(expected, group.roster.version, "who is in this group")
                act = telling(group)
                await connection.execute(delete(table).where(table.c.group_id == group_id))
                if rows:
                    await connection.execute(insert(table), rows)
                await acts.keep(connection, act)
        except IntegrityError as error:
            raise InvalidInput(_NOBODY) from error


def _count(table: Table) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(table).where(table.c.group_id == groups.c.id)
    return counted.scalar_subquery()


async def _locked(connection: AsyncConnection, group_id: GroupId) -> Group:
    """Return a group that nobody else changes until the transaction ends."""
    locked = select(groups).where(groups.c.id == group_id).with_for_update()
    group = await _group(connection, locked)
    if group is None:
        raise GroupNotFound
    return group


async def _group(connection: AsyncConnection, found: Select[Any]) -> Group | None:
    row = (await connection.execute(found)).one_or_none()
    if row is None:
        return None
    roster = Roster(
        members=await _people(connection, group_members, row.id),
        reviewers=await _people(connection, group_reviewers, row.id),
    )
    return Group(id=row.id, name=row.name, roster=roster)


async def _people(
    connection: AsyncConnection, table: Table, group_id: GroupId
) -> tuple[UserId, ...]:
    found = select(table.c.user_id).where(table.c.group_id == group_id).order_by(table.c.user_id)
    return tuple(UserId(row.user_id) for row in await connection.execute(found))
