"""Old revisions thin out; what is needed stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.contents.limits import Retention
from platform_server.contents.model import RevisionId
from platform_server.contents.past import Aged
from platform_server.contents.retention import superfluous
from platform_server.contents.service import ContentsService
from platform_server.testing.worlds import ALICE, LIMITS, WONDER

if TYPE_CHECKING:
    from platform_server.testing.worlds import World

NOW = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = Retention(everything=timedelta(days=10), hourly=timedelta(days=20))


@dataclass
class Clock:
    now: datetime = NOW - timedelta(days=15)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aging(world: World, clock: Clock) -> ContentsService:
    limits = replace(LIMITS, retention=POLICY)
    return ContentsService(replace(world.parts, now=clock, limits=limits))


async def save(contents: ContentsService, clock: Clock, minutes: range) -> None:
    """Save a file each of so many minutes after fifteen days ago."""
    for minute in minutes:
        clock.now = NOW - timedelta(days=15) + timedelta(minutes=minute)
        await contents.write(WONDER, "a.txt", str(minute).encode(), author=ALICE.id)
    clock.now = NOW


async def kept(contents: ContentsService) -> list[bytes]:
    revisions = await contents.history.list(WONDER, "a.txt")
    return [(await contents.history.read(WONDER, one.id))[1] for one in revisions]


async def test_of_each_hour_the_last_state_stays(aging: ContentsService, clock: Clock) -> None:
    await save(aging, clock, range(0, 150, 20))
    assert await aging.retention.thin() == 5
    assert await kept(aging) == [b"140", b"100", b"40"]
    assert await aging.retention.thin() == 0


async def test_what_is_young_stays(aging: ContentsService, clock: Clock) -> None:
    await save(aging, clock, range(5))
    clock.now = NOW - timedelta(days=6)
    assert await aging.retention.thin() == 0
    assert len(await kept(aging)) == 5


async def test_what_a_checkpoint_marks_stays(aging: ContentsService, clock: Clock) -> None:
    await save(aging, clock, range(2))
    await aging.checkpoints.create(WONDER, "a.txt")
    await save(aging, clock, range(2, 4))
    clock.now = NOW - timedelta(days=15) + timedelta(minutes=4)
    marked = await aging.project_checkpoints.create(WONDER, "v1", author=ALICE.id)
    await save(aging, clock, range(5, 8))
    await aging.retention.thin()

    assert await kept(aging) == [b"7", b"3", b"1"]
    await aging.project_checkpoints.delete(WONDER, marked.id)
    await aging.retention.thin()
    assert await kept(aging) == [b"7", b"1"]


async def test_the_last_state_of_a_deleted_file_stays(aging: ContentsService, clock: Clock) -> None:
    await save(aging, clock, range(3))
    await aging.delete(WONDER, "a.txt")
    await aging.retention.thin()
    assert await kept(aging) == [b"2"]


async def test_everything_can_be_kept_for_ever(world: World, clock: Clock) -> None:
    limits = replace(LIMITS, retention=Retention(everything=None))
    contents = ContentsService(replace(world.parts, now=clock, limits=limits))
    await save(contents, clock, range(3))
    clock.now = NOW + timedelta(days=9999)
    assert await contents.retention.thin() == 0


def test_later_the_last_state_of_each_day_stays_and_files_are_apart() -> None:
    start = NOW - timedelta(days=25)
    aged = [
        Aged(id=RevisionId(f"{file}{hour}"), history=file, created_at=start + timedelta(hours=hour))
        for file in "ab"
        for hour in (0, 1, 23, 24, 30)
    ]
    assert superfluous(aged, POLICY, NOW) == ["a0", "a1", "a24", "b0", "b1", "b24"]
