"""Who is stopped when the disk fills: whoever writes, and nobody else, however they go about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from platform_server.clock import new_id, utc_now
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.disk import DiskGuard, DiskLimits
from platform_server.sandboxes.model import Limits, Sandbox, SandboxId, SandboxState
from platform_server.sandboxes.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from platform_server.sandboxes.model import EndCause, Usage

PIECE = 256 * 2**20  # bytes: so much that all is counted, whatever else goes on on the disk
QUIET, LOUD = ProjectId("quiet"), ProjectId("loud")


class Running:
    """Sandboxes that run, without an engine: their files are the test's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notices = Notices()
        self.running: dict[ProjectId, Sandbox] = {}

    def starts(self, project_id: ProjectId) -> None:
        """Run a new sandbox, in the place of another."""
        (self.folder / project_id).mkdir(exist_ok=True)
        self.running[project_id] = Sandbox(
            id=SandboxId(new_id()),
            project_id=project_id,
            state=SandboxState.RUNNING,
            limits=Limits(),
            created_at=utc_now(),
        )

    def writes(self, project_id: ProjectId | None) -> None:
        """Make a project larger; None: the disk gets fuller by something else."""
        with (self.folder / (project_id or "") / new_id()).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, PIECE)

    async def sandboxes(self, project_ids: Sequence[ProjectId] | None = None) -> list[Sandbox]:
        """Return all."""
        assert project_ids is None
        return list(self.running.values())

    async def usage(self, sandbox_id: SandboxId) -> Usage | None:
        """Return nothing: nobody asks."""
        raise AssertionError(sandbox_id)

    async def stop(self, project_id: ProjectId, *, cause: EndCause) -> None:
        """End the project's sandbox."""
        del self.running[project_id], cause


@pytest.fixture
def sandboxes(tmp_path: Path) -> Running:
    sandboxes = Running(tmp_path)
    for one in (QUIET, LOUD):
        sandboxes.starts(one)
    return sandboxes


async def stopped(guard: DiskGuard) -> list[ProjectId]:
    return [one.project_id for one in await guard.look()]


async def test_who_ends_a_sandbox_and_starts_another_is_stopped_for_what_both_wrote(
    sandboxes: Running,
) -> None:
    guard = DiskGuard(sandboxes, sandboxes.folder, DiskLimits(bytes=PIECE // 2, reserve=0))
    assert await stopped(guard) == []
    sandboxes.writes(LOUD)
    assert await stopped(guard) == []  # it may have found that much

    sandboxes.starts(LOUD)
    sandboxes.writes(LOUD)
    assert await stopped(guard) == [LOUD]

    sandboxes.starts(LOUD)  # to clear up
    sandboxes.writes(None)
    assert await stopped(guard) == []


async def test_where_the_disk_is_full_nobody_is_stopped_who_writes_nothing(
    sandboxes: Running,
) -> None:
    guard = DiskGuard(sandboxes, sandboxes.folder, DiskLimits(reserve=2**60))
    assert await stopped(guard) == []
    sandboxes.writes(LOUD)  # before anybody was ever counted
    assert await stopped(guard) == [LOUD]

    sandboxes.starts(LOUD)
    sandboxes.writes(None)
    assert await stopped(guard) == []
    sandboxes.writes(QUIET)
    assert await stopped(guard) == [QUIET]
