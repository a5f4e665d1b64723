"""What outlives a server that was killed, and is taken over by the next one."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.clock import new_id
from platform_server.errors import EngineUnavailable
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.docker_engine import DockerEngine, connect
from platform_server.sandboxes.docker_spec import LABEL_SANDBOX
from platform_server.sandboxes.model import (
    EndCause,
    KernelId,
    KernelLaunch,
    SandboxId,
    SandboxState,
)
from platform_server.sandboxes.pool import PoolSize
from platform_server.sandboxes.service import SandboxPolicy
from platform_server.sandboxes.volumes import FolderVolumes
from platform_server.testing.sandboxes import MemorySandboxRepository, MortalSandboxService

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from docker import DockerClient

    from platform_server.sandboxes.adoption import FoundKernel
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.engine import Container
    from tests.sandboxes.conftest import Ask

PROJECT = ProjectId("lasting")
KERNEL = KernelId("0c5b5a4e-4f6b-4b8e-9d3c-1f2a3b4c5d6e")
OTHER = KernelId("7c5b5a4e-4f6b-4b8e-9d3c-1f2a3b4c5d6e")
LAUNCH = KernelLaunch(
    kernel_id=KERNEL, kernel_name="python3", owner_id=UserId("alice"), key=b"0123456789abcdef"
)


class PausedEngine(DockerEngine):
    """An engine that does not answer while it is paused."""

    is_paused = False

    async def containers(self) -> list[Container]:
        """Return all containers of this installation."""
        if self.is_paused:
            raise EngineUnavailable
        return await super().containers()


@dataclass
class Installation:
    """What stays when a server ends: its folders, its rows, its containers."""

    image: str
    engine: PausedEngine
    home: Path
    repository: MemorySandboxRepository = field(default_factory=MemorySandboxRepository)
    kept: list[ProjectId] = field(default_factory=list)  # whose changes were kept
    services: list[MortalSandboxService] = field(default_factory=list)

    async def server(self, *adopted: Callable[[], Awaitable[None]]) -> MortalSandboxService:
        """Start a server's sandbox service."""
        service = MortalSandboxService(
            engine=self.engine,
            repository=self.repository,
            volumes=FolderVolumes(self.home / "volumes"),
            run_folder=self.home / "run",
            policy=SandboxPolicy(image=self.image, warm=PoolSize(least=0)),
        )

        async def keep(project_id: ProjectId) -> None:
            self.kept.append(project_id)

        service.on_stopping.append(keep)
        service.on_adopted += adopted
        self.services.append(service)
        await service.start()
        return service

    async def containers(self) -> set[SandboxId]:
        """Return whose containers there are."""
        return {one.sandbox_id for one in await self.engine.containers()}

    async def until_one_process_is_left(self, sandbox_id: SandboxId) -> None:
        """Return when nothing but the agent runs in a sandbox."""

        def count() -> int:
            with closing(connect()) as client:
                return len(_found(client, sandbox_id).top()["Processes"])

        while await asyncio.to_thread(count) > 1:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.05)

    async def agent(self, sandbox_id: SandboxId) -> int:
        """Return a sandbox's main process."""
        (pid,) = (one.pid for one in await self.engine.containers() if one.sandbox_id == sandbox_id)
        return pid

    async def kill(self, sandbox_id: SandboxId) -> None:
        """End a sandbox's container, as its host would."""

        def run() -> None:
            with closing(connect()) as client:
                found = _found(client, sandbox_id)
                found.kill()
                found.wait()

        await asyncio.to_thread(run)


def _found(client: DockerClient, sandbox_id: SandboxId) -> Any:
    (found,) = client.containers.list(filters={"label": f"{LABEL_SANDBOX}={sandbox_id}"})
    return found


@pytest.fixture
async def installation(image: str, engine: DockerEngine) -> AsyncIterator[Installation]:
    home = Path(tempfile.mkdtemp(prefix="adopt-"))
    own = PausedEngine(installation=f"adopt-{new_id()[:8]}", seccomp=engine.seccomp)
    made = Installation(image=image, engine=own, home=home)
    yield made
    own.is_paused = False
    await made.services[-1].aclose()
    await own.aclose()
    shutil.rmtree(home)


async def run(runtime: AgentRuntime, line: str) -> bytes:
    result = await runtime.execute(
        ["bash", "-c", line], cwd="", timeout=20, stdin=b"", output_limit=1000
    )
    return result.stdout


async def test_a_running_sandbox_goes_on_with_the_next_server(installation: Installation) -> None:
    first = await installation.server()
    before = await first.runtime(PROJECT)
    await run(before, "echo kept > /tmp/mark; sleep 600 & disown")
    await first.die()

    second = await installation.server()
    after = await second.runtime(PROJECT)

    assert after.sandbox_id == before.sandbox_id
    assert await run(after, "cat /tmp/mark; pgrep -c sleep") == b"kept\n1\n"
    assert [one.id for one in await second.sandboxes()] == [before.sandbox_id]
    assert installation.kept == []


async def test_a_kernel_keeps_its_endpoints_and_its_variables(
    installation: Installation, ask: Ask
) -> None:
    first = await installation.server()
    kernel = await (await first.runtime(PROJECT)).start_kernel(LAUNCH)
    await ask(kernel.endpoints, "execute_request", code="x = 41", silent=False)
    await first.die()

    second = await installation.server()
    (found,) = await second.found_kernels()

    assert found.record.launch == LAUNCH
    assert found.process is not None
    assert found.process.poll() is None
    assert found.process.endpoints == kernel.endpoints
    asked = {"code": "", "user_expressions": {"x": "x + 1"}, "silent": False}
    reply = await ask(found.process.endpoints, "execute_request", **asked)
    assert reply["user_expressions"]["x"]["data"]["text/plain"] == "42"


async def test_an_adopted_kernel_is_restarted_and_ended_like_any_other(
    installation: Installation, ask: Ask
) -> None:
    first = await installation.server()
    await (await first.runtime(PROJECT)).start_kernel(LAUNCH)
    await first.die()
    second = await installation.server()
    (found,) = await second.found_kernels()
    assert found.process is not None

    runtime = await second.runtime(PROJECT)
    again = await runtime.start_kernel(LAUNCH)
    assert (await found.process.wait()).cause is EndCause.USER
    await ask(again.endpoints)
    other = await runtime.start_kernel(replace(LAUNCH, kernel_id=OTHER))
    assert other.endpoints.ip != again.endpoints.ip
    await again.kill()
    assert again.poll() is not None
    await ask(other.endpoints)


async def test_a_kernel_that_ended_meanwhile_is_told_with_its_cause(
    installation: Installation, ask: Ask
) -> None:
    first = await installation.server()
    runtime = await first.runtime(PROJECT)
    kernel = await runtime.start_kernel(LAUNCH)
    code = "import os, threading; threading.Timer(0.3, os.kill, (os.getpid(), 9)).start()"
    await ask(kernel.endpoints, "execute_request", code=code, silent=False)
    await first.die()
    await installation.until_one_process_is_left(runtime.sandbox_id)

    second = await installation.server()
    (found,) = await second.found_kernels()

    assert found.process is not None
    ended = await found.process.wait()
    assert ended.cause is EndCause.KILLED
    assert ended.signal == 9


async def test_a_kernel_that_was_being_shut_down_is_not_brought_back(
    installation: Installation,
) -> None:
    first = await installation.server()
    runtime = await first.runtime(PROJECT)
    await runtime.start_kernel(LAUNCH)
    await runtime.start_kernel(replace(LAUNCH, kernel_id=OTHER))
    await first.forget_kernel(KERNEL)
    await first.die()

    second = await installation.server()
    found = await second.found_kernels()

    assert [one.record.launch.kernel_id for one in found] == [OTHER]
    assert await kernels_in(await second.runtime(PROJECT)) == 1


async def test_a_sandbox_that_died_meanwhile_has_its_end_told(installation: Installation) -> None:
    first = await installation.server()
    runtime = await first.runtime(PROJECT)
    await runtime.start_kernel(LAUNCH)
    await first.die()
    await installation.kill(runtime.sandbox_id)

    kernels: list[FoundKernel] = []

    async def find() -> None:
        kernels.extend(await installation.services[-1].found_kernels())

    second = await installation.server(find)
    sandbox = await second.sandbox(runtime.sandbox_id)
    (found,) = kernels

    assert sandbox.state is SandboxState.STOPPED
    assert sandbox.ended is not None
    assert sandbox.ended.cause is EndCause.ENGINE
    assert sandbox.ended.exit_code == 137
    assert "while the server was away" in sandbox.ended.detail
    assert found.process is None
    assert found.ended == sandbox.ended
    assert await second.found_kernels() == []  # their keys are of no use any more
    assert installation.kept == [PROJECT]
    assert await installation.containers() == set()
    assert (await second.runtime(PROJECT)).sandbox_id != runtime.sandbox_id


async def test_what_was_only_half_started_is_cleared_away(installation: Installation) -> None:
    first = await installation.server()
    runtime = await first.runtime(PROJECT)
    whole = await first.sandbox(runtime.sandbox_id)
    half = replace(whole, state=SandboxState.STARTING, started_at=None)
    await installation.repository.save(half)
    await first.die()

    second = await installation.server()
    sandbox = await second.sandbox(runtime.sandbox_id)

    assert sandbox.state is SandboxState.FAILED
    assert sandbox.ended is not None
    assert installation.kept == []
    assert await installation.containers() == set()
    assert not (installation.home / "run" / runtime.sandbox_id).exists()


async def test_containers_that_nobody_knows_are_removed(installation: Installation) -> None:
    first = await installation.server()
    known = await first.runtime(PROJECT)
    orphan = await first.runtime(ProjectId("orphan"))
    installation.repository.lose(orphan.sandbox_id)
    await first.die()

    await installation.server()

    assert await installation.containers() == {known.sandbox_id}


async def test_a_sandbox_whose_agent_is_silent_is_ended(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform_server.sandboxes.adoption._PATIENCE", 0.5)
    first = await installation.server()
    runtime = await first.runtime(PROJECT)
    await first.die()
    (installation.home / "run" / runtime.sandbox_id).rename(installation.home / "lost")

    second = await installation.server()
    sandbox = await second.sandbox(runtime.sandbox_id)

    assert sandbox.ended is not None
    assert "did not answer" in sandbox.ended.detail
    assert await installation.containers() == set()


async def test_a_sandbox_that_answers_late_holds_up_nobody_and_is_taken_over(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    monkeypatch.setattr("platform_server.sandboxes.service._ADOPTED_SOON", 0.3)
    first = await installation.server()
    late = await first.runtime(PROJECT)
    kernel = await late.start_kernel(LAUNCH)
    await ask(kernel.endpoints, "execute_request", code="x = 41", silent=False)
    healthy = await first.runtime(ProjectId("healthy"))
    agent = await installation.agent(late.sandbox_id)
    os.kill(agent, signal.SIGSTOP)
    told = asyncio.Event()

    async def tell() -> None:
        told.set()

    try:
        await first.die()
        second = await installation.server(tell)
        assert (await second.runtime(ProjectId("healthy"))).sandbox_id == healthy.sandbox_id
        assert second.running(PROJECT) is None
        assert not second.has_adopted
        (found,) = await second.found_kernels()
        assert (found.runtime, found.process, found.ended) == (None, None, None)
        told.clear()
        wanted = asyncio.create_task(second.runtime(PROJECT))
    finally:
        os.kill(agent, signal.SIGCONT)

    async with asyncio.timeout(20):
        assert (await wanted).sandbox_id == late.sandbox_id
        await told.wait()
    assert second.has_adopted
    (found,) = await second.found_kernels()
    assert found.process is not None
    asked = {"code": "", "user_expressions": {"x": "x + 1"}, "silent": False}
    reply = await ask(found.process.endpoints, "execute_request", **asked)
    assert reply["user_expressions"]["x"]["data"]["text/plain"] == "42"


async def test_a_kernel_shut_down_before_its_sandbox_answered_is_ended(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform_server.sandboxes.service._ADOPTED_SOON", 0.1)
    first = await installation.server()
    runtime = await first.runtime(PROJECT)
    await runtime.start_kernel(LAUNCH)
    agent = await installation.agent(runtime.sandbox_id)
    os.kill(agent, signal.SIGSTOP)
    try:
        await first.die()
        second = await installation.server()
        await second.forget_kernel(KERNEL)
    finally:
        os.kill(agent, signal.SIGCONT)
    assert await kernels_in(await second.runtime(PROJECT)) == 0
    assert await second.found_kernels() == []


async def test_an_engine_that_is_away_at_first_does_not_cost_the_sandboxes(
    installation: Installation,
) -> None:
    adopted = asyncio.Event()

    async def note() -> None:
        adopted.set()

    first = await installation.server()
    before = await first.runtime(PROJECT)
    await first.die()

    installation.engine.is_paused = True
    second = await installation.server(note)
    assert not adopted.is_set()
    with pytest.raises(EngineUnavailable):
        await second.runtime(PROJECT)
    installation.engine.is_paused = False
    async with asyncio.timeout(20):
        await adopted.wait()

    assert (await second.runtime(PROJECT)).sandbox_id == before.sandbox_id


async def kernels_in(runtime: AgentRuntime) -> int:
    # A kernel is a fork of the agent, which is process 1.
    return int(await run(runtime, "pgrep -c -P 1 -f '[a]gent' || true"))
