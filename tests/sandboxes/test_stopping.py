"""Before a sandbox is stopped its people are warned, and can keep it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.projects.model import ProjectId
from platform_server.sandboxes.expiry import AgeStopper
from platform_server.sandboxes.idle import IdleStopper
from platform_server.sandboxes.model import EndCause, Limits, Sandbox, SandboxId, SandboxState
from platform_server.sandboxes.notices import NoticeKind
from platform_server.testing.sandboxes import StandingSandboxes
from platform_server.testing.terminal_worlds import Time

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

PROJECT = ProjectId("wonder")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sandbox(time: Time) -> Sandbox:
    return Sandbox(
        id=SandboxId("s1"),
        project_id=PROJECT,
        state=SandboxState.RUNNING,
        limits=Limits(),
        created_at=time(),
        started_at=time(),
    )


@pytest.fixture
def standing(sandbox: Sandbox) -> StandingSandboxes:
    return StandingSandboxes(sandbox)


@pytest.fixture
def idle(standing: StandingSandboxes, time: Time) -> IdleStopper:
    return IdleStopper(standing, timedelta(hours=1), clock=time)


@pytest.fixture
def ages(standing: StandingSandboxes, time: Time) -> AgeStopper:
    return AgeStopper(standing, timedelta(hours=8), clock=time)


def kinds(standing: StandingSandboxes) -> list[NoticeKind]:
    return [notice.kind for notice in standing.told]


async def looks(
    look: Callable[[], Coroutine[None, None, object]], time: Time, *, minutes: int
) -> None:
    """Let time go by, with a look each minute."""
    for _minute in range(minutes):
        time.pass_by(minutes=1)
        await look()


async def test_who_does_not_use_a_sandbox_is_warned_once_and_then_it_is_stopped(
    standing: StandingSandboxes, idle: IdleStopper, sandbox: Sandbox, time: Time
) -> None:
    await looks(idle.look, time, minutes=54)
    assert standing.told == []
    await looks(idle.look, time, minutes=5)
    assert kinds(standing) == [NoticeKind.IDLE]
    assert standing.told[0].deadline == idle.end_of(sandbox) == time() + timedelta(minutes=1)
    await looks(idle.look, time, minutes=1)
    assert standing.stopped == [(PROJECT, EndCause.IDLE)]


async def test_who_wants_to_go_on_does_and_the_warning_is_taken_back(
    standing: StandingSandboxes, idle: IdleStopper, sandbox: Sandbox, time: Time
) -> None:
    await looks(idle.look, time, minutes=57)
    idle.touch(sandbox)
    assert kinds(standing) == [NoticeKind.IDLE, NoticeKind.IN_USE]
    await looks(idle.look, time, minutes=54)
    assert standing.stopped == []
    await looks(idle.look, time, minutes=6)
    assert kinds(standing)[2:] == [NoticeKind.IDLE]
    assert len(standing.stopped) == 1


async def test_using_a_sandbox_takes_the_warning_back(
    standing: StandingSandboxes, idle: IdleStopper, time: Time
) -> None:
    used: list[datetime] = []

    async def source(_project_id: ProjectId) -> datetime | None:
        return max(used, default=None)

    idle.sources.append(source)
    await looks(idle.look, time, minutes=57)
    used.append(time())
    await looks(idle.look, time, minutes=1)
    assert kinds(standing) == [NoticeKind.IDLE, NoticeKind.IN_USE]


async def test_what_computes_is_neither_warned_of_nor_stopped(
    standing: StandingSandboxes, idle: IdleStopper, time: Time
) -> None:
    for _minute in range(300):
        standing.cpu_seconds += 1.5  # of sixty
        await looks(idle.look, time, minutes=1)
    assert (standing.told, standing.stopped) == ([], [])


async def test_a_sandbox_that_grows_too_old_is_warned_of_and_stopped_whatever_runs(
    standing: StandingSandboxes, ages: AgeStopper, sandbox: Sandbox, time: Time
) -> None:
    await looks(ages.look, time, minutes=464)
    assert standing.told == []
    await looks(ages.look, time, minutes=15)
    assert kinds(standing) == [NoticeKind.EXPIRY]
    assert standing.told[0].deadline == ages.end_of(sandbox)
    assert standing.stopped == []
    await looks(ages.look, time, minutes=1)
    assert standing.stopped == [(PROJECT, EndCause.EXPIRED)]


async def test_without_limits_nothing_is_ever_stopped(
    standing: StandingSandboxes, sandbox: Sandbox, time: Time
) -> None:
    for stopper in (
        IdleStopper(standing, None, clock=time),
        AgeStopper(standing, None, clock=time),
    ):
        stopper.start()
        assert stopper.end_of(sandbox) is None
        await stopper.aclose()
