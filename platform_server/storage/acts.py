"""What admins do, kept with what it changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, or_, select

from platform_server.acts.model import Act, ActName, Actor, KeptAct, Kind, Target, said_of
from platform_server.errors import RecordDamaged
from platform_server.seals import seal
from platform_server.storage.database import alone
from platform_server.storage.tables.acts import admin_acts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.acts.model import ActQuery
    from platform_server.storage.database import Database

_LAST = select(admin_acts.c.number, admin_acts.c.seal).order_by(admin_acts.c.number.desc()).limit(1)


async def keep(connection: AsyncConnection, act: Act | None) -> None:
    """Add an act, if there is one, in the transaction that is open; others wait for its end.

    It comes last in a transaction: so no two that wait here hold what the other one needs.
    """
    if act is None:
        return
    await alone(connection, admin_acts)
    last = (await connection.execute(_LAST)).first()
    number, previous = (1, "") if last is None else (last.number + 1, last.seal)
    await connection.execute(
        insert(admin_acts).values(
            number=number,
            at=act.at,
            actor_id=act.actor.id,
            actor_name=act.actor.name,
            address=act.actor.address,
            act=act.name.value,
            target_kind=act.target.kind.value,
            target_id=act.target.id,
            target_name=act.target.name,
            before=json.dumps(dict(act.before)),
            after=json.dumps(dict(act.after)),
            previous=previous,
            seal=seal(said_of(number, act), previous),
        )
    )


class SqlActRepository:
    """The repository of acts on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, act: Act) -> None:
        """Keep an act."""
        async with self._database.transaction() as connection:
            await keep(connection, act)

    async def find(self, query: ActQuery) -> list[KeptAct]:
        """Return acts, the newest first."""
        statement = (
            select(admin_acts)
            .where(*_wanted(query))
            .order_by(admin_acts.c.number.desc())
            .limit(query.limit)
        )
        async with self._database.read() as connection:
            return [_kept(row) for row in await connection.execute(statement)]

    async def forget(self, before: datetime) -> int:
        """Remove old acts."""
        of = admin_acts.c
        young = select(func.min(of.number)).where(of.at >= before).scalar_subquery()
        last = select(func.max(of.number)).scalar_subquery()
        old = delete(admin_acts).where(of.number < func.coalesce(young, last))
        async with self._database.transaction() as connection:
            return (await connection.execute(old)).rowcount


def _wanted(query: ActQuery) -> list[ColumnElement[bool]]:
    of = admin_acts.c
    wanted: list[ColumnElement[bool]] = []
    if query.actor is not None:
        wanted.append(or_(of.actor_id == query.actor, of.actor_name == query.actor))
    if query.name is not None:
        family = of.act.startswith(f"{query.name}.", autoescape=True)
        wanted.append(or_(of.act == query.name, family))
    if query.kind is not None:
        wanted.append(of.target_kind == query.kind.value)
    if query.target is not None:
        wanted.append(of.target_id == query.target)
    if query.before is not None:
        wanted.append(of.number < query.before)
    return wanted


def _kept(row: Row[Any]) -> KeptAct:
    try:
        act = Act(
            at=row.at,
            actor=Actor(id=row.actor_id, name=row.actor_name, address=row.address),
            name=ActName(row.act),
            target=Target(kind=Kind(row.target_kind), id=row.target_id, name=row.target_name),
            before=dict(json.loads(row.before)),
            after=dict(json.loads(row.after)),
        )
    except (ValueError, TypeError) as error:
        raise RecordDamaged(number=row.number) from error
    return KeptAct(number=row.number, act=act, previous=row.previous, seal=row.seal)
