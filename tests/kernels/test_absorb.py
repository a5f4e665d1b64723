"""What code wrote is committed a moment after it has finished."""

from __future__ import annotations

import asyncio

import pytest

from platform_extensions.base import PRINCIPAL
from platform_extensions.kernels.absorb import AbsorbLater
from platform_server.errors import StorageUnavailable
from platform_server.identity.model import Principal, Role, SessionId, UserId
from platform_server.projects.model import ProjectId

WONDER, BUILDER = ProjectId("wonder"), ProjectId("builder")


class Contents:
    """Notes what is absorbed; holds each call until it is let go."""

    def __init__(self) -> None:
        self.absorbed: list[ProjectId] = []
        self.by: list[Principal | None] = []
        self.called = asyncio.Event()
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def absorb(self, project_id: ProjectId) -> None:
        self.absorbed.append(project_id)
        self.by.append(PRINCIPAL.get())
        self.called.set()
        await self.go.wait()
        if self.error is not None:
            raise self.error

    async def until(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.absorbed) < count:
                self.called.clear()
                await self.called.wait()


@pytest.fixture
def contents() -> Contents:
    return Contents()


@pytest.fixture
def later(contents: Contents) -> AbsorbLater:
    return AbsorbLater(contents.absorb, delay=0.01)


async def test_cells_that_follow_each_other_share_one_commit(
    contents: Contents, later: AbsorbLater
) -> None:
    contents.go.set()
    for _ in range(10):
        later.touch(WONDER)
    later.touch(BUILDER)
    await contents.until(2)
    assert sorted(contents.absorbed) == [BUILDER, WONDER]
    await later.aclose()


async def test_a_cell_that_ends_during_a_commit_gets_another_one(
    contents: Contents, later: AbsorbLater
) -> None:
    later.touch(WONDER)
    await contents.until(1)
    later.touch(WONDER)
    contents.go.set()
    await contents.until(2)
    assert contents.absorbed == [WONDER, WONDER]
    await later.aclose()


async def test_it_acts_in_nobodys_name(contents: Contents, later: AbsorbLater) -> None:
    alice = Principal(
        id=UserId("alice"), email="", name="", role=Role.LEARNER, credential=SessionId("s")
    )
    PRINCIPAL.set(alice)
    contents.go.set()
    later.touch(WONDER)
    await contents.until(1)
    assert contents.by == [None]
    await later.aclose()


async def test_a_store_that_is_away_is_asked_again_with_the_next_cell(
    contents: Contents, later: AbsorbLater
) -> None:
    contents.error = StorageUnavailable()
    contents.go.set()
    later.touch(WONDER)
    await contents.until(1)
    await later.settled(WONDER)
    later.touch(WONDER)
    await contents.until(2)
    await later.aclose()


async def test_nothing_is_left_running_when_it_is_closed(
    contents: Contents, later: AbsorbLater
) -> None:
    later.touch(WONDER)
    await contents.until(1)
    await later.aclose()
    await later.settled(WONDER)
