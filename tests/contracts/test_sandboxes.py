"""What every sandbox repository promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.model import (
    EndCause,
    Ended,
    Evidence,
    KernelId,
    KernelLaunch,
    KernelRecord,
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
    from collections.abc import AsyncIterator, Sequence
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

KERNEL = KernelRecord(
    sandbox_id=FIRST.id,
    launch=KernelLaunch(
        kernel_id=KernelId("k1"),
        kernel_name="python3",
        owner_id=UserId("alice"),
        key=b"0123456789abcdef",
        cwd="été/1 %#",
        env={"JPY_SESSION_NAME": "/workspace/é 🐍.ipynb", "EMPTY": ""},
    ),
    socket_name="k0",
    generation=1,
    oom_kills=0,
)
TWIN = replace(KERNEL, launch=replace(KERNEL.launch, kernel_id=KernelId("k2")), socket_name="k1")
ABROAD = replace(
    KERNEL, sandbox_id=OTHERS.id, launch=replace(KERNEL.launch, kernel_id=KernelId("k3"))
)


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

    measured = Evidence(
        memory_peak_bytes=5 * 10**9,
        memory_limit_bytes=6 * 10**9,
        oom_kills=1,
        pids_peak=2,
        pids_limit=3,
        forks_refused=4,
        full=("/tmp", "/workspace"),
    )
    end = Ended(
        cause=EndCause.HOST, at=LATER, exit_code=137, signal=9, detail="é 🐍", evidence=measured
    )
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


def by_id(records: Sequence[KernelRecord]) -> list[KernelRecord]:
    return sorted(records, key=lambda one: one.launch.kernel_id)


async def test_a_kernel_comes_back_as_it_was_started_last(repository: SandboxRepository) -> None:
    await repository.save(FIRST)
    assert await repository.kernels() == []
    await repository.save_kernel(KERNEL)
    assert await repository.kernels() == [KERNEL]

    again = replace(
        KERNEL, launch=replace(KERNEL.launch, cwd="", env={}), generation=2, oom_kills=3
    )
    await repository.save_kernel(again)
    assert await repository.kernels() == [again]


async def test_a_kernel_may_go_on_in_its_projects_next_sandbox(
    repository: SandboxRepository,
) -> None:
    await repository.save(FIRST)
    await repository.save(SECOND)
    await repository.save_kernel(KERNEL)
    moved = replace(KERNEL, sandbox_id=SECOND.id)
    await repository.save_kernel(moved)
    await repository.forget_kernels(FIRST.id)
    assert await repository.kernels() == [moved]


async def test_a_kernel_is_forgotten_and_no_other(repository: SandboxRepository) -> None:
    await repository.save(FIRST)
    for record in (KERNEL, TWIN):
        await repository.save_kernel(record)
    await repository.forget_kernel(KERNEL.launch.kernel_id)
    await repository.forget_kernel(KernelId("unknown"))
    assert await repository.kernels() == [TWIN]


async def test_the_kernels_of_one_sandbox_are_forgotten(repository: SandboxRepository) -> None:
    await repository.save(FIRST)
    await repository.save(OTHERS)
    for record in (KERNEL, TWIN, ABROAD):
        await repository.save_kernel(record)
    assert by_id(await repository.kernels()) == [KERNEL, TWIN, ABROAD]
    await repository.forget_kernels(FIRST.id)
    await repository.forget_kernels(SECOND.id)
    assert await repository.kernels() == [ABROAD]
