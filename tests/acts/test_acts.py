"""The record of what admins do: kept in one row, found again, never changed, forgotten late."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from platform_server.acts.model import OPERATOR, Act, ActName, Actor, ActQuery, Kind, Target
from platform_server.acts.service import LEAST, ActService
from platform_server.cli import findings
from platform_server.clock import utc_now
from platform_server.errors import StorageUnavailable
from platform_server.storage.acts import SqlActRepository
from platform_server.storage.tables.acts import admin_acts

if TYPE_CHECKING:
    from sqlalchemy import Delete, Update

    from platform_server.acts.service import ActRepository
    from platform_server.storage.database import Database

BEGAN = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
ANN = Actor(id="ann", name="ann@example.org", address="192.0.2.1")
ALICE = Target(kind=Kind.ACCOUNT, id="alice", name="Älice 🐍")
GROUP = Target(kind=Kind.GROUP, id="group", name="statistics")
ROLE = Act(
    at=BEGAN,
    actor=ANN,
    name=ActName.ROLE_CHANGED,
    target=ALICE,
    before={"role": "learner"},
    after={"role": "reviewer"},
)
PEOPLE = replace(
    ROLE,
    name=ActName.MEMBERS_CHANGED,
    target=GROUP,
    before={"people": 1, "went": ["bob@example.org"]},
    after={"people": 2.5},
)
TOKEN = replace(ROLE, name=ActName.TOKEN_MADE, actor=OPERATOR)


async def numbers(record: ActRepository, query: ActQuery) -> list[int]:
    return [one.number for one in await record.find(query)]


async def test_acts_come_back_as_they_were_kept_the_newest_first(record: ActRepository) -> None:
    for act in (ROLE, PEOPLE, TOKEN):
        await record.add(act)

    kept = await record.find(ActQuery())
    assert [one.act for one in kept] == [TOKEN, PEOPLE, ROLE]
    assert [one.number for one in kept] == [3, 2, 1]
    assert [one.previous for one in kept] == [kept[1].seal, kept[2].seal, ""]
    assert await ActService(record).changed() is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (ActQuery(actor="ann"), [2, 1]),
        (ActQuery(actor="ann@example.org"), [2, 1]),
        (ActQuery(actor="command line"), [3]),
        (ActQuery(name="account"), [3, 1]),
        (ActQuery(name="account.role"), [1]),
        (ActQuery(name="account.r"), []),
        (ActQuery(name="%"), []),
        (ActQuery(kind=Kind.GROUP), [2]),
        (ActQuery(kind=Kind.GROUP, actor="command line"), []),
        (ActQuery(target="alice"), [3, 1]),
        (ActQuery(limit=2), [3, 2]),
        (ActQuery(limit=2, before=2), [1]),
    ],
)
async def test_acts_are_found(record: ActRepository, query: ActQuery, found: list[int]) -> None:
    for act in (ROLE, PEOPLE, TOKEN):
        await record.add(act)
    assert await numbers(record, query) == found


async def test_acts_of_one_moment_get_numbers_of_their_own(record: ActRepository) -> None:
    await asyncio.gather(*(record.add(ROLE) for _ in range(12)))
    assert await numbers(record, ActQuery()) == list(range(12, 0, -1))
    assert await ActService(record).changed() is None


async def test_what_is_old_is_forgotten_but_for_the_last(record: ActRepository) -> None:
    for days in (0, 1, 2, 40):
        await record.add(replace(ROLE, at=BEGAN + timedelta(days=days)))
    now = BEGAN + timedelta(days=31.5)
    assert await ActService(record, None, now=lambda: now).forget() == 0
    assert await ActService(record, LEAST, now=lambda: now).forget() == 2
    assert await numbers(record, ActQuery()) == [4, 3]
    assert await ActService(record).changed() is None

    later = now + timedelta(days=90)
    assert await ActService(record, LEAST, now=lambda: later).forget() == 1
    await record.add(TOKEN)
    assert await numbers(record, ActQuery()) == [5, 4]
    assert await ActService(record).changed() is None


async def test_an_act_whose_clock_was_behind_leaves_no_gap_that_looks_like_tampering(
    record: ActRepository,
) -> None:
    for days in (0, 5, 1, 6):
        await record.add(replace(ROLE, at=BEGAN + timedelta(days=days)))
    now = BEGAN + LEAST + timedelta(days=3)
    assert await ActService(record, LEAST, now=lambda: now).forget() == 1
    assert await numbers(record, ActQuery()) == [4, 3, 2]
    assert await ActService(record).changed() is None


async def test_a_clock_before_that_of_the_database_removes_nothing_too_young(
    record: ActRepository,
) -> None:
    for _ in range(2):
        await record.add(replace(ROLE, at=utc_now() - LEAST + timedelta(minutes=1)))
    ahead = utc_now() + timedelta(minutes=10)
    assert await ActService(record, LEAST, now=lambda: ahead).forget() == 0
    assert await numbers(record, ActQuery()) == [2, 1]


async def test_no_act_is_changed_and_no_young_one_removed(kept_in: Database) -> None:
    record, young = SqlActRepository(kept_in), replace(ROLE, at=utc_now() - timedelta(days=29))
    await record.add(ROLE)
    await record.add(young)
    attempts: list[Update | Delete] = [
        update(admin_acts).values(actor_name="nobody"),
        update(admin_acts).where(admin_acts.c.number == 1).values(after="{}"),
        delete(admin_acts),
        delete(admin_acts).where(admin_acts.c.number == 2),
    ]
    for attempt in attempts:
        with pytest.raises((DatabaseError, StorageUnavailable)):
            async with kept_in.transaction() as connection:
                await connection.execute(attempt)
    assert [one.act for one in await record.find(ActQuery())] == [young, ROLE]


@pytest.mark.parametrize(
    ("tampering", "seen_at"),
    [
        (update(admin_acts).where(admin_acts.c.number == 2).values(after="{}"), 2),
        (update(admin_acts).where(admin_acts.c.number == 2).values(actor_id="bob"), 2),
        (update(admin_acts).where(admin_acts.c.number == 3).values(previous="0"), 3),
        (delete(admin_acts).where(admin_acts.c.number == 2), 3),
        (update(admin_acts).where(admin_acts.c.number == 2).values(act="nothing"), 2),
        (update(admin_acts).where(admin_acts.c.number == 2).values(target_kind=""), 2),
        (update(admin_acts).where(admin_acts.c.number == 2).values(before="{"), 2),
        (update(admin_acts).where(admin_acts.c.number == 2).values(after="5"), 2),
    ],
)
async def test_who_gets_past_the_triggers_is_seen(
    kept_in: Database, tampering: Update | Delete, seen_at: int
) -> None:
    record = SqlActRepository(kept_in)
    for act in (ROLE, PEOPLE, TOKEN, ROLE):
        await record.add(act)
    on = "" if kept_in.is_sqlite else " ON admin_acts"
    async with kept_in.transaction() as connection:
        for kind in ("update", "delete"):
            await connection.execute(text(f"DROP TRIGGER keep_admin_acts_{kind}{on}"))
        await connection.execute(tampering)
    assert await ActService(record).changed() == seen_at
    told = await findings.acts(kept_in)
    assert (told.level, told.what[-1]) == (findings.Level.BAD, str(seen_at))
