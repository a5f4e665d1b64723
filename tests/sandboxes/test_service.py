"""The sandbox service on a real engine."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.errors import EngineUnavailable, ImageMissing, SandboxGone
from platform_server.projects.model import ProjectId
from platform_server.sandboxes import docker_engine
from platform_server.sandboxes.docker_engine import DockerEngine, connect
from platform_server.sandboxes.docker_spec import LABEL_SANDBOX
from platform_server.sandboxes.health import look_at
from platform_server.sandboxes.model import EndCause, SandboxState
from platform_server.sandboxes.service import SandboxPolicy, SandboxService
from platform_server.sandboxes.volumes import FolderVolumes
from platform_server.testing.sandboxes import MemorySandboxRepository

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60.0  # seconds


def service_with(engine: DockerEngine, folder: Path, image: str) -> SandboxService:
    return SandboxService(
        engine=engine,
        repository=MemorySandboxRepository(),
        volumes=FolderVolumes(folder / "volumes"),
        run_folder=folder / "run",
        policy=SandboxPolicy(image=image),
    )


async def test_many_callers_share_one_start(sandboxes: SandboxService) -> None:
    project = ProjectId("busy")
    found = await asyncio.gather(*(sandboxes.runtime(project) for _ in range(10)))
    assert len({runtime.sandbox_id for runtime in found}) == 1


async def test_what_code_wrote_survives_the_sandbox(sandboxes: SandboxService) -> None:
    project = ProjectId("writing")
    kept: list[ProjectId] = []

    async def note(stopped: ProjectId) -> None:
        kept.append(stopped)

    sandboxes.on_stopping.append(note)
    runtime = await sandboxes.runtime(project)
    await runtime.execute(
        ["bash", "-c", "echo here > a.txt"], cwd="", timeout=10, stdin=b"", output_limit=10
    )
    await sandboxes.stop(project, cause=EndCause.USER)
    sandboxes.on_stopping.remove(note)
    ended = await sandboxes.sandbox(runtime.sandbox_id)
    again = await sandboxes.runtime(project)
    read = await again.execute(["cat", "a.txt"], cwd="", timeout=10, stdin=b"", output_limit=10)
    assert read.stdout == b"here\n"
    assert kept == [project]
    assert ended.state is SandboxState.STOPPED
    assert ended.ended is not None
    assert ended.ended.cause is EndCause.USER
    with pytest.raises(SandboxGone):
        await runtime.execute(["true"], cwd="", timeout=10, stdin=b"", output_limit=10)


async def test_the_death_of_a_container_is_noticed(sandboxes: SandboxService) -> None:
    project = ProjectId("dies")
    runtime = await sandboxes.runtime(project)
    noticed = asyncio.Event()

    async def note(_stopped: ProjectId) -> None:
        noticed.set()

    sandboxes.on_stopping.append(note)
    with closing(connect()) as client:
        label = f"{LABEL_SANDBOX}={runtime.sandbox_id}"
        (container,) = await asyncio.to_thread(client.containers.list, filters={"label": label})
        await asyncio.to_thread(container.kill)
    async with asyncio.timeout(20):
        await noticed.wait()
    sandboxes.on_stopping.remove(note)
    assert (await sandboxes.runtime(project)).sandbox_id != runtime.sandbox_id


async def test_a_missing_image_is_named_and_nothing_is_left(
    engine: DockerEngine, tmp_path: Path
) -> None:
    own = DockerEngine(installation="no-image", seccomp=engine.seccomp)
    service = service_with(own, tmp_path, "platform-sandbox:none")
    with pytest.raises(ImageMissing):
        await service.runtime(ProjectId("p"))
    (failed,) = await service.sandboxes([ProjectId("p")])
    assert failed.state is SandboxState.FAILED
    assert await own.containers() == []
    await own.aclose()


async def test_without_an_engine_the_service_starts_and_says_so(tmp_path: Path) -> None:
    engine = DockerEngine(
        installation="none", seccomp=tmp_path / "none", base_url=f"unix://{tmp_path}/none.sock"
    )
    (tmp_path / "none").write_text("{}")
    service = service_with(engine, tmp_path, "any")
    await service.start()
    with pytest.raises(EngineUnavailable):
        await service.runtime(ProjectId("p"))
    await service.aclose()


async def test_containers_of_an_earlier_server_are_swept(
    engine: DockerEngine, image: str, tmp_path: Path
) -> None:
    other = DockerEngine(installation=f"sweep-{image[-6:]}", seccomp=engine.seccomp)
    first = service_with(other, tmp_path, image)
    await first.runtime(ProjectId("left"))
    second = service_with(other, tmp_path, image)
    await second.start()
    left = await other.containers()
    await second.aclose()
    await first.aclose()
    assert left == []


async def test_one_that_stops_while_it_starts_sandboxes_leaves_none(
    engine: DockerEngine, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()
    create = docker_engine._create_and_start

    def create_and_tell(*arguments: Any, **named: Any) -> None:
        begun.set()
        create(*arguments, **named)
        ended.set()

    monkeypatch.setattr(docker_engine, "_create_and_start", create_and_tell)
    other = DockerEngine(installation=f"stops-{image[-6:]}", seccomp=engine.seccomp)
    service = service_with(other, tmp_path, image)
    await service.start()  # and two that wait for projects
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    await service.aclose()
    assert await asyncio.to_thread(ended.wait, PATIENCE)
    left = await other.containers()
    for one in left:
        await other.remove(one.sandbox_id)
    await other.aclose()
    assert left == []


async def test_usage_is_told_while_it_runs(sandboxes: SandboxService) -> None:
    runtime = await sandboxes.runtime(ProjectId("shared"))
    usage = await sandboxes.usage(runtime.sandbox_id)
    assert usage is not None
    assert usage.memory_bytes > 2**20
    assert usage.pids >= 1


async def test_the_usage_of_all_is_told_at_once(sandboxes: SandboxService) -> None:
    runtime = await sandboxes.runtime(ProjectId("shared"))
    usages = await sandboxes.usages()
    assert usages[runtime.sandbox_id].pids >= 1


async def test_one_that_is_frozen_does_not_answer_and_says_so(sandboxes: SandboxService) -> None:
    runtime = await sandboxes.runtime(ProjectId("frozen"))
    assert (await look_at(runtime)).answers
    with closing(connect()) as client:
        label = f"{LABEL_SANDBOX}={runtime.sandbox_id}"
        (container,) = await asyncio.to_thread(client.containers.list, filters={"label": label})
        await asyncio.to_thread(container.pause)
        health = await look_at(runtime, patience=0.3)
        await asyncio.to_thread(container.unpause)
    await sandboxes.stop(ProjectId("frozen"), cause=EndCause.USER)
    assert not health.answers
    assert "does not answer" in health.detail
    assert await sandboxes.health(runtime.sandbox_id) is None
