"""A sandbox that nobody and nothing uses is stopped, and no other."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from platform_server.projects.model import ProjectId
from platform_server.sandboxes.idle import IdleStopper
from platform_server.sandboxes.model import EndCause, TerminalName
from platform_server.testing.sandbox_services import engine_of_a_test, sandbox_service
from platform_server.testing.screens import Screen
from platform_server.testing.terminal_worlds import Time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.sandboxes.service import SandboxService

PROJECT = ProjectId("idle")


@pytest.fixture(scope="module")
def time() -> Time:
    return Time(now=datetime.now(UTC))


@pytest.fixture(scope="module")
async def service(image: str, time: Time) -> AsyncIterator[SandboxService]:
    """A service whose clock the tests move."""
    home = Path(tempfile.mkdtemp(prefix="platform-"))
    async with sandbox_service(engine_of_a_test("idle"), image, home, now=time) as service:
        yield service
    shutil.rmtree(home)


@pytest.fixture
def stopper(service: SandboxService, time: Time) -> IdleStopper:
    stopper = IdleStopper(service, timedelta(hours=1), clock=time)
    stopper.sources.append(service.activity)
    return stopper


async def test_what_nobody_uses_is_stopped_and_says_why(
    service: SandboxService, stopper: IdleStopper, time: Time
) -> None:
    runtime = await service.runtime(PROJECT)
    time.pass_by(minutes=59)
    assert await stopper.look() == []
    time.pass_by(minutes=2)
    assert [sandbox.id for sandbox in await stopper.look()] == [runtime.sandbox_id]
    ended = (await service.sandbox(runtime.sandbox_id)).ended
    assert ended is not None
    assert ended.cause is EndCause.IDLE
    assert "nobody used it" in ended.detail


async def test_what_was_used_lately_goes_on(
    service: SandboxService, stopper: IdleStopper, time: Time
) -> None:
    await service.runtime(PROJECT)
    used = time()

    async def source(project_id: ProjectId) -> datetime | None:
        return used if project_id == PROJECT else None

    stopper.sources.append(source)
    used += timedelta(minutes=30)
    time.pass_by(minutes=80)
    assert await stopper.look() == []
    time.pass_by(minutes=11)
    assert len(await stopper.look()) == 1


async def test_a_command_in_a_terminal_keeps_it_even_if_it_only_waits(
    service: SandboxService, stopper: IdleStopper, time: Time
) -> None:
    runtime = await service.runtime(PROJECT)
    name = TerminalName("waits")
    await runtime.open_terminal(name, cwd="", rows=24, columns=80)
    terminal = await runtime.attach_terminal(name)
    screen = Screen(terminal)
    await screen.shows("$ ")
    time.pass_by(minutes=90)
    await screen.type("echo begin; cat\r")
    await screen.shows("begin\r\n")
    async with asyncio.timeout(30):
        while not await runtime.is_terminal_busy():  # noqa: ASYNC110 - the shell tells nobody
            await asyncio.sleep(0.02)
    assert await stopper.look() == []
    await screen.type("\x04")
    await screen.shows("$ ")
    time.pass_by(minutes=61)
    assert len(await stopper.look()) == 1


async def test_what_computes_in_the_background_keeps_it(
    service: SandboxService, stopper: IdleStopper, time: Time
) -> None:
    runtime = await service.runtime(PROJECT)
    assert await stopper.look() == []
    burn = "import time\nend = time.process_time() + 1.2\nwhile time.process_time() < end: pass"
    await runtime.execute(["python", "-c", burn], cwd="", timeout=60, stdin=b"", output_limit=1000)
    time.pass_by(seconds=100)
    assert await stopper.look() == []
    time.pass_by(minutes=59)
    assert await stopper.look() == []
    time.pass_by(minutes=2)
    assert len(await stopper.look()) == 1
