"""Who gets the machine's memory: starts, then work behind them, and last what waits ready."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from platform_server.errors import PlacesTaken
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.admission import Admission, Claim, Places
from platform_server.sandboxes.model import SandboxId
from platform_server.sandboxes.pool import Pool, PoolSize, WarmSandbox
from platform_server.sandboxes.room import Room
from platform_server.sandboxes.turns import Turns, Wait
from platform_server.testing.terminal_worlds import Time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.sandboxes.agent_runtime import AgentRuntime

PATIENCE = 30.0  # seconds
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MEBIBYTE = 2**20
CLAIM = Claim(owner_id=UserId("ada"), memory_bytes=64 * MEBIBYTE)
FOREVER = Wait(since=NOW, patience=0)
PLACES = Places(most=0, per_user=0, free_bytes=100 * MEBIBYTE)


@dataclass
class Machine:
    """A machine with memory for so many sandboxes besides those that wait ready. All are names."""

    fits: int
    places: Places = PLACES
    time: Time = field(default_factory=lambda: Time(now=NOW))
    ended: list[str] = field(default_factory=list)
    made: int = 0
    taken: int = 0  # places of memory that something else takes

    def __post_init__(self) -> None:
        self.admission = Admission(self.places, dict, available=self.available)
        self.room = Room(self.admission)
        self.turns = Turns(self.room, list, now=self.time, every=0.0)
        self.pool = Pool(
            self.make,
            self.discard,
            PoolSize(least=2, most=2),
            clock=self.time,
            may_make=self.room.is_spare,
        )

    def available(self) -> int:
        """Return how much memory there is: 64 MiB for each sandbox that fits."""
        left = self.fits - self.taken - len(self.pool.waiting())
        return (100 + 64 * left) * MEBIBYTE

    async def make(self) -> WarmSandbox:
        """Make one ready."""
        self.made += 1
        return WarmSandbox(id=SandboxId(f"w{self.made}"), runtime=cast("AgentRuntime", None))

    async def discard(self, warm: WarmSandbox) -> None:
        """End one that waited ready."""
        self.ended.append(warm.id)

    async def look(self) -> None:
        """Look after those who wait, as is done again and again."""
        await self.room.look(self.pool.give_way)

    async def work(self, wait: Wait = FOREVER) -> None:
        """Do something behind everybody, which takes memory from then on."""
        async with self.turns.turn(wait):
            self.taken += 1

    async def start(self) -> None:
        """Start a sandbox for somebody."""
        with self.admission.apply(ProjectId("new"), CLAIM) as ticket:
            await self.admission.granted(ticket)
        self.taken += 1

    @asynccontextmanager
    async def with_two_ready(self) -> AsyncIterator[None]:
        """Keep two sandboxes ready, as long as they may be."""
        self.pool.start()
        async with asyncio.timeout(PATIENCE):
            while len(self.pool.waiting()) < 2:  # noqa: ASYNC110 - the pool tells nobody
                await asyncio.sleep(0)
        yield
        await self.pool.aclose()


async def pass_turns() -> None:
    """Let everything go on that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_work_takes_the_memory_of_one_that_waits_ready_and_no_more() -> None:
    machine = Machine(fits=2)
    async with machine.with_two_ready():
        work = asyncio.create_task(machine.work())
        await pass_turns()
        assert not work.done()
        await machine.look()
        await work
        await pass_turns()
        assert machine.ended == ["w2"]
        assert machine.pool.waiting() == ["w1"]
        assert machine.made == 2


async def test_none_is_made_ready_while_work_waits_or_begins() -> None:
    machine = Machine(fits=3)
    with machine.room.wanted():
        assert (machine.room.is_free(), machine.room.is_spare()) == (True, False)
    with machine.room.entered():
        assert not machine.room.is_spare()
        machine.taken = 2
        assert not machine.room.is_free()  # the last place is that of what begins
    assert machine.room.is_spare()


async def test_a_start_takes_what_waits_ready_before_work_does() -> None:
    machine = Machine(fits=2)
    async with machine.with_two_ready():
        machine.taken = 1  # something else needs memory
        work = asyncio.create_task(machine.work())
        start = asyncio.create_task(machine.start())
        await pass_turns()
        assert not machine.room.is_free()
        await machine.look()
        await start
        assert not work.done()
        assert machine.ended == ["w2", "w1"]
        machine.taken = 0
        await work


async def test_what_waits_ready_is_left_alone_where_ending_it_helps_nobody() -> None:
    machine = Machine(fits=3, places=Places(most=0, memory_bytes=1, free_bytes=100 * MEBIBYTE))
    async with machine.with_two_ready():
        start = asyncio.create_task(machine.start())
        await pass_turns()
        machine.taken = 3
        await machine.look()  # it waits for the sum of the limits, not for the machine
        assert machine.ended == []
        start.cancel()
        await asyncio.gather(start, return_exceptions=True)
        await machine.look()  # nobody waits
        assert machine.ended == []


async def test_work_waits_no_longer_than_it_may_and_what_came_meanwhile_not_anew() -> None:
    machine = Machine(fits=0)
    with pytest.raises(PlacesTaken, match=r"no room for it within 0\.001 min"):
        await machine.work(Wait(since=NOW, patience=0.06))
    machine.time.pass_by(seconds=3600)
    with pytest.raises(PlacesTaken):
        await machine.work(Wait(since=NOW, patience=3600))
    machine.fits = 1
    await machine.work(Wait(since=NOW, patience=3600))  # there is room: it is had at once
    late = asyncio.create_task(machine.work(Wait(since=NOW, patience=3600)))
    await pass_turns()
    assert not late.done()  # there was room since it was asked for
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
