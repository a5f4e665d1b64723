"""A sandbox that fills the disk is stopped; one that comes back to clear up is not."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from platform_server.projects.model import ProjectId
from platform_server.sandboxes.disk import DiskGuard, DiskLimits
from platform_server.sandboxes.model import EndCause
from platform_server.testing.sandbox_services import engine_of_a_test, sandbox_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from platform_server.sandboxes.service import SandboxService

PROJECT = ProjectId("full")
MOST = 2_000  # files
STEP = 1_200  # files that the disk loses, so that all is counted
MORE = f"mkdir -p many; cd many; for n in {{1..{STEP}}}; do : > $1$n; done"


@pytest.fixture
def home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="platform-"))
    yield home
    shutil.rmtree(home)


@pytest.fixture
async def service(image: str, home: Path) -> AsyncIterator[SandboxService]:
    async with sandbox_service(engine_of_a_test("disk"), image, home) as service:
        yield service


async def fill(service: SandboxService, name: str) -> None:
    runtime = await service.runtime(PROJECT)
    command = ["bash", "-c", MORE, "fill", name]
    done = await runtime.execute(command, cwd="", timeout=60, stdin=b"", output_limit=100)
    assert done.exit_code == 0


async def test_who_was_stopped_comes_back_to_clear_up(service: SandboxService, home: Path) -> None:
    guard = DiskGuard(service, home / "volumes", DiskLimits(files=MOST, reserve=0))
    await service.runtime(PROJECT)
    assert await guard.look() == []
    stopped = None
    for name in "abcdefgh":  # others on the disk may remove files meanwhile
        await fill(service, name)
        if found := await guard.look():
            [stopped] = found
            break
    assert stopped is not None
    ended = (await service.sandbox(stopped.id)).ended
    assert ended is not None
    assert ended.cause is EndCause.DISK_FULL

    again = await service.runtime(PROJECT)
    for number in range(STEP):  # what others write: all is counted once more
        (home / str(number)).touch()
    assert await guard.look() == []
    assert again.sandbox_id in {one.id for one in await service.sandboxes()}
