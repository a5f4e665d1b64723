"""Sandboxes that wait: claimed once, clean, and with everything of the project that claims them."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from platform_server.clock import new_id, utc_now
from platform_server.paths import resource
from platform_server.projects.model import ProjectId
from platform_server.sandboxes import handover
from platform_server.sandboxes.docker_engine import DockerEngine, connect
from platform_server.sandboxes.docker_spec import LABEL_SANDBOX
from platform_server.sandboxes.limits import Alike
from platform_server.sandboxes.model import EndCause, Limits, SandboxId
from platform_server.sandboxes.pool import PoolSize
from platform_server.sandboxes.service import SandboxPolicy, SandboxService
from platform_server.sandboxes.turns import Wait
from platform_server.sandboxes.volumes import FolderVolumes
from platform_server.testing.sandboxes import MemorySandboxRepository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.lone import Folder

PATIENCE = 60.0  # seconds


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="platform-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def engine() -> AsyncIterator[DockerEngine]:
    """The real engine, for an installation of its own: another would sweep up what waits here."""
    engine = DockerEngine(
        installation=f"pool-{new_id()[:8]}", seccomp=resource("docker") / "seccomp.json"
    )
    yield engine
    await engine.aclose()


@pytest.fixture
async def pooled(image: str, engine: DockerEngine, home: Path) -> AsyncIterator[SandboxService]:
    """A service that keeps one sandbox ready."""
    service = SandboxService(
        engine=engine,
        repository=MemorySandboxRepository(),
        volumes=FolderVolumes(home / "volumes"),
        run_folder=home / "run",
        policy=SandboxPolicy(image=image, warm=PoolSize(least=1, most=1)),
    )
    await service.start()
    yield service
    await service.aclose()


async def waiting(service: SandboxService) -> SandboxId:
    """Return the id of the sandbox that waits, once it does."""
    async with asyncio.timeout(PATIENCE):
        while not (ids := service.waiting()):  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.05)
    return ids[0]


async def run(runtime: AgentRuntime, line: str) -> str:
    done = await runtime.execute(
        ["bash", "-c", line], cwd="", timeout=30, stdin=b"", output_limit=1 << 16
    )
    return done.stdout.decode() + done.stderr.decode()


async def test_a_project_gets_the_sandbox_that_waits_and_keeps_all_it_had(
    pooled: SandboxService, home: Path
) -> None:
    project = ProjectId("claiming")
    files, own = home / "volumes" / project / "files", home / "volumes" / project / "home"
    (files / "deep").mkdir(parents=True)
    (files / "deep" / "data.txt").write_text("kept")
    (own / ".venv").mkdir(parents=True)
    (own / ".venv" / "mine").write_text("installed")
    ready = await waiting(pooled)

    runtime = await pooled.runtime(project)

    assert runtime.sandbox_id == ready
    assert await run(runtime, "cat deep/data.txt ~/.venv/mine; echo new > made.txt") == (
        "keptinstalled"
    )
    assert (files / "made.txt").read_text() == "new\n"
    assert pooled.waiting() != [ready]
    await pooled.stop(project, cause=EndCause.USER)
    assert (files / "deep" / "data.txt").read_text() == "kept"


async def test_what_waited_gets_the_limits_of_its_project(
    image: str, engine: DockerEngine, home: Path
) -> None:
    more = Limits(cpus=0.5, memory_bytes=600 * 2**20, pids=100)
    service = SandboxService(
        engine=engine,
        repository=MemorySandboxRepository(),
        volumes=FolderVolumes(home / "volumes"),
        run_folder=home / "run",
        policy=SandboxPolicy(image=image, warm=PoolSize(least=1, most=1)),
        entitlements=Alike(more),
    )
    await service.start()
    ready = await waiting(service)
    runtime = await service.runtime(ProjectId("special"))
    sandbox = await service.sandbox(ready)
    with closing(connect()) as client:
        label = f"{LABEL_SANDBOX}={ready}"
        (container,) = await asyncio.to_thread(client.containers.list, filters={"label": label})
    await service.aclose()
    host = container.attrs["HostConfig"]
    assert (host["Memory"], host["CpuQuota"], host["PidsLimit"]) == (600 * 2**20, 50_000, 100)
    assert sandbox.limits == runtime.limits == more


async def test_what_waits_gives_way_to_work_for_which_there_is_no_memory(
    image: str, engine: DockerEngine, home: Path
) -> None:
    def available() -> int | None:
        return 0 if service.waiting() else None

    service = SandboxService(
        engine=engine,
        repository=MemorySandboxRepository(),
        volumes=FolderVolumes(home / "volumes"),
        run_folder=home / "run",
        policy=SandboxPolicy(image=image, warm=PoolSize(least=1, most=1)),
        available=available,
    )
    await service.start()
    ready = await waiting(service)

    async def fill(_folder: Folder) -> None:
        assert await engine.inspect(ready) is None

    wait = Wait(since=utc_now(), patience=PATIENCE)
    async with service.lone.open(ProjectId("checked"), fill, wait) as runtime:
        assert await run(runtime, "pwd") == "/workspace\n"
    assert ready not in service.waiting()
    await service.aclose()


async def test_each_waiting_sandbox_is_claimed_once(pooled: SandboxService) -> None:
    await waiting(pooled)
    projects = [ProjectId(f"many{number}") for number in range(3)]
    runtimes = await asyncio.gather(*(pooled.runtime(project) for project in projects))
    assert len({runtime.sandbox_id for runtime in runtimes}) == 3
    for project, runtime in zip(projects, runtimes, strict=True):
        await run(runtime, f"echo {project} > whose.txt")
    assert [await run(one, "cat whose.txt") for one in runtimes] == [f"{one}\n" for one in projects]


async def test_one_that_dies_while_it_waits_is_replaced(
    pooled: SandboxService, engine: DockerEngine, home: Path
) -> None:
    first = await waiting(pooled)
    folder = home / "volumes" / f".spare-{first}"
    assert folder.exists()
    await engine.remove(first)
    async with asyncio.timeout(PATIENCE):
        while folder.exists() or pooled.waiting() in ([first], []):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    runtime = await pooled.runtime(ProjectId("after"))
    assert await run(runtime, "pwd") == "/workspace\n"


async def test_nothing_is_left_at_the_end(image: str, engine: DockerEngine, home: Path) -> None:
    volumes = FolderVolumes(home / "volumes")
    service = SandboxService(
        engine=engine,
        repository=MemorySandboxRepository(),
        volumes=volumes,
        run_folder=home / "run",
        policy=SandboxPolicy(image=image, warm=PoolSize(least=1, most=1)),
    )
    await service.start()
    ready = await waiting(service)
    await service.aclose()
    assert await engine.inspect(ready) is None
    assert list((home / "volumes").iterdir()) == []


@pytest.mark.parametrize("moved", range(4))
def test_a_hand_over_that_was_cut_off_loses_nothing(tmp_path: Path, moved: int) -> None:
    """``moved`` entries have been moved, or all and the folder too, when the server was killed."""
    spare, project = tmp_path / ".spare-x", tmp_path / "project"
    for folder in (spare, project):
        for part in handover.PARTS:
            (folder / part).mkdir(parents=True)
    for name in "abc":
        (project / "files" / name).write_text(name)
    (spare / "for").write_text("project")
    for name in "abc"[:moved]:
        (project / "files" / name).rename(spare / "files" / name)
    if moved == 3:
        (project / "files").rename(spare / "files.empty")

    handover.undo(spare, tmp_path)

    assert {path.name: path.read_text() for path in (project / "files").iterdir()} == {
        "a": "a",
        "b": "b",
        "c": "c",
    }
