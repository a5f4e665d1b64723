"""What every sandbox repository promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from platform_server.projects.model import ProjectId
from platform_server.sandboxes.model import (
    EndCause,
    Ended,
    Limits,
    Sandbox,
    SandboxId,
    SandboxState,
)
from platform_server.storage.sandboxes import SqlSandboxRepository
from platform_server.storage.tables import identity, projects
from platform_server.testing.databases import KINDS
from platform_server.testing.sandboxes import MemorySandboxRepository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.sandboxes.repository import SandboxRepository
    from platform_server.testing.databases import Databases

BEGAN = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
LATER = BEGAN + timedelta(hours=1)
WONDER, BUILDER = ProjectId("wonder"), ProjectId("builder")
LARGE = Limits(cpus=1.5, memory_bytes=1 << 40, pids=1000, tmp_bytes=1 << 33)

FIRST = Sandbox(
    id=SandboxId("s1"),
    project_id=WONDER,
    state=SandboxState.STARTING,
    limits=LARGE,
    created_at=BEGAN,
)
SECOND = replace(FIRST, id=SandboxId("s2"), created_at=LATER)
OTHERS = replace(FIRST, id=SandboxId("s3"), project_id=BUILDER)


@pytest.fixture(params=["memory", *KINDS])
async def repository(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[SandboxRepository]:
    if request.param == "memory":
        yield MemorySandboxRepository()
        return
    async with databases.open(request.param, tmp_path) as database:
        async with database.transaction() as connection:
            await connection.execute(insert(identity.users).values(_user()))
            await connection.execute(
                insert(projects.projects), [_project(WONDER), _project(BUILDER)]
            )
        yield SqlSandboxRepository(database)


def _user() -> dict[str, Any]:
    who = {"id": "alice", "email": "alice@example.org", "name": "Alice", "role": "learner"}
    return who | {"created_at": BEGAN}


def _project(project_id: ProjectId) -> dict[str, Any]:
    times = {"created_at": BEGAN, "updated_at": BEGAN}
    return {"id": project_id, "owner_id": "alice", "name": project_id} | times


async def test_a_sandbox_comes_back_as_it_was_saved(repository: SandboxRepository) -> None:
    await repository.save(FIRST)
    assert await repository.get(FIRST.id) == FIRST
    assert await repository.get(SECOND.id) is None


async def test_a_sandbox_is_saved_again_as_it_runs_and_ends(
    repository: SandboxRepository,
) -> None:
    await repository.save(FIRST)
    running = replace(FIRST, state=SandboxState.RUNNING, started_at=LATER)
    await repository.save(running)
    assert await repository.get(FIRST.id) == running

    end = Ended(cause=EndCause.USER, at=LATER, exit_code=137, signal=9, detail="é 🐍")
    ended = replace(running, state=SandboxState.STOPPED, ended=end)
    await repository.save(ended)
    assert await repository.get(FIRST.id) == ended


async def test_each_project_has_one_most_recent_sandbox(repository: SandboxRepository) -> None:
    for sandbox in (SECOND, FIRST, OTHERS):
        await repository.save(sandbox)
    assert await repository.latest([WONDER]) == [SECOND]
    both = await repository.latest([WONDER, BUILDER])
    assert sorted(both, key=lambda one: one.id) == [SECOND, OTHERS]
    assert await repository.latest([]) == []


async def test_those_that_did_not_end_are_known(repository: SandboxRepository) -> None:
    end = Ended(cause=EndCause.USER, at=LATER)
    await repository.save(replace(FIRST, state=SandboxState.FAILED, ended=end))
    await repository.save(SECOND)
    await repository.save(replace(OTHERS, state=SandboxState.RUNNING, started_at=LATER))
    found = await repository.unended()
    assert {one.id for one in found} == {SECOND.id, OTHERS.id}
