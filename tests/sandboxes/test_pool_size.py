"""How many sandboxes wait: what was claimed at once lately, in bounds. No container is started."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, cast

import pytest

from platform_server.errors import EngineUnavailable
from platform_server.sandboxes import pool as pools
from platform_server.sandboxes.model import SandboxId
from platform_server.sandboxes.pool import Pool, PoolSize, WarmSandbox, busiest
from platform_server.testing.terminal_worlds import Time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.sandboxes.agent_runtime import AgentRuntime

PATIENCE = 30.0  # seconds
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Yard:
    """A pool of sandboxes that are names only."""

    time: Time = field(default_factory=lambda: Time(now=NOW))
    may_make: bool = True
    expected: int = 0
    discarded: list[SandboxId] = field(default_factory=list)
    making: int = 0
    most_at_once: int = 0
    troubles: list[Exception] = field(default_factory=list)  # of the next ones that are made

    def __post_init__(self) -> None:
        self._numbers = count()

    async def make(self) -> WarmSandbox:
        """Make one, which takes a moment."""
        self.making += 1
        self.most_at_once = max(self.most_at_once, self.making)
        await asyncio.sleep(0)
        self.making -= 1
        if self.troubles:
            raise self.troubles.pop()
        name = SandboxId(f"w{next(self._numbers)}")
        return WarmSandbox(id=name, runtime=cast("AgentRuntime", None))

    async def discard(self, warm: WarmSandbox) -> None:
        """End one."""
        self.discarded.append(warm.id)

    @asynccontextmanager
    async def pool(self, *, least: int, most: int) -> AsyncIterator[Pool]:
        """Run a pool."""
        pool = Pool(
            self.make,
            self.discard,
            PoolSize(least=least, most=most),
            clock=self.time,
            may_make=lambda: self.may_make,
            expected=lambda: self.expected,
        )
        pool.start()
        yield pool
        await pool.aclose()


async def has(pool: Pool, number: int) -> None:
    """Return once so many wait."""
    async with asyncio.timeout(PATIENCE):
        while len(pool.waiting()) != number:  # noqa: ASYNC110 - the pool tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("seconds", "most"),
    [([], 0), ([0], 1), ([0, 29, 30], 3), ([0, 31, 40, 60], 3), ([0, 31, 62], 1)],
)
def test_the_busiest_half_minute_is_found(seconds: list[int], most: int) -> None:
    assert busiest([NOW + timedelta(seconds=one) for one in seconds]) == most


async def test_a_burst_is_prepared_for_until_it_is_an_hour_past() -> None:
    yard = Yard()
    async with yard.pool(least=1, most=4) as pool:
        await has(pool, 1)
        claimed = [pool.claim() for _ in range(3)]
        assert [warm is not None for warm in claimed] == [True, False, False]
        await has(pool, 3)
        for _ in range(9):
            pool.claim()
        await has(pool, 4)
        yard.time.pass_by(minutes=59)
        assert pool.target == 4
        yard.time.pass_by(minutes=2)
        await has(pool, 1)
        assert len(yard.discarded) == 3
    assert yard.most_at_once == 2


async def test_one_waits_for_each_who_is_expected_within_bounds() -> None:
    yard = Yard(expected=3)
    async with yard.pool(least=1, most=4) as pool:
        await has(pool, 3)
        yard.expected = 9
        await has(pool, 4)
        yard.expected = 0
        await has(pool, 1)


async def test_none_is_made_while_others_come_first() -> None:
    yard = Yard(may_make=False)
    async with yard.pool(least=2, most=4) as pool:
        pool.claim()
        await asyncio.sleep(0.05)
        assert pool.waiting() == []
        yard.may_make = True
        await has(pool, 2)


async def test_a_machine_that_is_short_of_something_has_them_made_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pools, "_PAUSE", 0.0)
    short = [OSError(errno.EMFILE, os.strerror(errno.EMFILE)) for _ in range(2)]
    yard = Yard(troubles=[EngineUnavailable(), *short])
    async with yard.pool(least=2, most=4) as pool:
        await has(pool, 2)
        assert yard.troubles == []


async def test_where_none_is_to_wait_none_is_made() -> None:
    yard = Yard()
    async with yard.pool(least=0, most=4) as pool:
        pool.claim()
        assert pool.target == 0
        assert pool.claim() is None
