"""Who may start a sandbox now, and in which order the others wait. No container is started."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from platform_server.errors import LimitReached, PlacesTaken, SandboxGone, TooManyRequests
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.admission import (
    AT_ONCE,
    Admission,
    Claim,
    Places,
    Queued,
    Shortage,
    Ticket,
    fair_order,
)
from platform_server.sandboxes.host import available_memory
from platform_server.sandboxes.starts import Starts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MEBIBYTE = 2**20
ADA, BEN = UserId("ada"), UserId("ben")
ROOMY = Places(most=0, per_user=0, free_bytes=0)


@dataclass
class House:
    """An admission, and what runs: nothing but what the tests say."""

    places: Places = ROOMY
    running: dict[ProjectId, Claim] = field(default_factory=dict)
    memory: int = 1 << 40

    def __post_init__(self) -> None:
        self.admission = Admission(self.places, lambda: self.running, available=lambda: self.memory)
        self.said: list[Queued | None] = []

    @asynccontextmanager
    async def start(
        self, project: str, owner: UserId = ADA, *, megabytes: int = 64, warm: bool = False
    ) -> AsyncIterator[None]:
        """Be inside while the context lasts, as a start that is under way."""
        claim = Claim(owner_id=owner, memory_bytes=megabytes * MEBIBYTE)
        with self.admission.apply(ProjectId(project), claim) as ticket:
            ticket.needs_container = not warm
            ticket.changed = lambda: self.said.append(self.admission.queued(ProjectId(project)))
            await self.admission.granted(ticket)
            yield

    async def run(self, project: str, owner: UserId = ADA, *, megabytes: int = 64) -> None:
        """Start a sandbox that runs from then on."""
        async with self.start(project, owner, megabytes=megabytes):
            claim = Claim(owner_id=owner, memory_bytes=megabytes * MEBIBYTE)
            self.running[ProjectId(project)] = claim

    def stop(self, project: str) -> None:
        """End a sandbox."""
        del self.running[ProjectId(project)]
        self.admission.look()

    def waiting(self, project: str) -> Queued | None:
        """Return where a start is in the queue."""
        return self.admission.queued(ProjectId(project))


async def begun(*starts: asyncio.Task[None]) -> None:
    """Let the starts get in line, in their order."""
    for _ in starts:
        await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_whoever_has_least_is_next() -> None:
    def ticket(name: str, owner: UserId) -> Ticket:
        return Ticket(ProjectId(name), Claim(owner_id=owner, memory_bytes=1))

    line = [ticket("a1", ADA), ticket("a2", ADA), ticket("a3", ADA), ticket("b1", BEN)]
    order = [one.project_id for one in fair_order(line, {})]
    assert order == ["a1", "b1", "a2", "a3"]
    assert next(one.project_id for one in fair_order(line, {ADA: 2})) == "b1"


async def test_a_place_that_is_free_is_had_at_once() -> None:
    house = House()
    await house.run("one")
    assert house.waiting("one") is None
    assert house.said == []


async def test_who_finds_no_place_waits_and_is_told_where_and_why() -> None:
    house = House(Places(most=1, per_user=0, free_bytes=0))
    await house.run("first")
    starts = [
        asyncio.create_task(house.run(name, owner))
        for name, owner in (("second", ADA), ("third", BEN))
    ]
    await begun(*starts)
    assert house.waiting("second") == Queued(position=2, length=2, waits_for=Shortage.PLACE)
    assert house.waiting("third") == Queued(position=1, length=2, waits_for=Shortage.PLACE)
    house.stop("first")  # now both have none, and the second came before
    await starts[0]
    house.stop("second")
    await starts[1]
    assert house.waiting("third") is None
    assert {one.position for one in house.said if one} == {1, 2}


async def test_a_few_containers_are_started_at_once_and_those_that_wait_do_not_count() -> None:
    house = House()
    async with AsyncExitStack() as inside:
        for number in range(AT_ONCE):
            await inside.enter_async_context(house.start(f"p{number}"))
        assert not house.admission.is_quiet
        late = asyncio.create_task(house.run("late"))
        await begun(late)
        assert house.waiting("late") == Queued(position=1, length=1, waits_for=Shortage.TURN)
        async with house.start("ready", warm=True):
            assert house.waiting("ready") is None
    await late
    assert house.admission.is_quiet


async def test_nothing_starts_while_the_machine_is_short_of_memory() -> None:
    house = House(Places(most=0, per_user=0, free_bytes=500 * MEBIBYTE), memory=520 * MEBIBYTE)
    start = asyncio.create_task(house.run("big"))
    await begun(start)
    queued = house.waiting("big")
    assert queued is not None
    assert queued.waits_for is Shortage.MEMORY
    assert not house.admission.has_memory()
    house.memory = 600 * MEBIBYTE
    house.admission.look()
    await start


async def test_the_limits_of_all_that_run_keep_a_ceiling_and_nobody_is_overtaken() -> None:
    house = House(Places(most=0, per_user=0, free_bytes=0, memory_bytes=1000 * MEBIBYTE))
    await house.run("half", megabytes=600)
    large = asyncio.create_task(house.run("large", BEN, megabytes=500))
    small = asyncio.create_task(house.run("small", ADA, megabytes=100))
    await begun(large, small)
    assert house.waiting("large") == Queued(position=1, length=2, waits_for=Shortage.MEMORY)
    assert house.waiting("small") == Queued(position=2, length=2, waits_for=Shortage.MEMORY)
    house.stop("half")
    await asyncio.gather(large, small)


async def test_one_owner_has_no_more_than_their_share_and_others_go_on() -> None:
    house = House(Places(per_user=2, free_bytes=0))
    await house.run("one")
    await house.run("two")
    with pytest.raises(LimitReached, match="2 sandboxes"):
        await house.run("three")
    await house.run("bens", BEN)
    house.stop("one")
    await house.run("three")


async def test_the_queue_is_bounded_and_says_when_to_come_again() -> None:
    house = House(Places(most=1, queue=1, free_bytes=0))
    await house.run("first")
    second = asyncio.create_task(house.run("second"))
    await begun(second)
    with pytest.raises(PlacesTaken) as refused:
        await house.run("third", BEN)
    assert refused.value.retry_after > 0
    house.stop("first")
    await second


async def test_who_waits_too_long_is_told_and_leaves_no_trace() -> None:
    house = House(Places(most=1, patience=0.01, free_bytes=0))
    await house.run("first")
    with pytest.raises(PlacesTaken):
        await house.run("second")
    assert house.waiting("second") is None
    house.stop("first")
    await house.run("third")


async def test_a_start_that_waits_can_be_given_up() -> None:
    house = House(Places(most=1, free_bytes=0))
    await house.run("first")
    start = asyncio.create_task(house.run("second"))
    await begun(start)
    house.admission.withdraw(ProjectId("second"))
    house.admission.withdraw(ProjectId("unknown"))
    with pytest.raises(SandboxGone):
        await start
    assert house.waiting("second") is None


def test_an_owner_who_starts_without_end_has_to_wait_and_nobody_else() -> None:
    starts = Starts(3)
    for _ in range(3):
        starts.check(ADA)
        starts.count(ADA)
    with pytest.raises(TooManyRequests, match="3 times within 10 minutes") as refused:
        starts.check(ADA)
    assert 0 < refused.value.retry_after <= 600
    starts.check(BEN)


def test_where_there_is_no_limit_nobody_waits() -> None:
    starts = Starts(0)
    for _ in range(100):
        starts.count(ADA)
        starts.check(ADA)


def test_the_machines_memory_is_read_or_not_known(tmp_path: Path) -> None:
    known = tmp_path / "meminfo"
    known.write_text("MemTotal:  100 kB\nMemAvailable:   42 kB\n")
    assert available_memory(known) == 42 * 1024
    assert available_memory(tmp_path / "none") is None
    known.write_text("MemTotal:  100 kB\n")
    assert available_memory(known) is None
