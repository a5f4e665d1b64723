"""Pytest fixtures for what needs a real engine.

``image``      the sandbox image's name, built when it is missing
``sandboxes``  a sandbox service on the real engine, over an installation of its own
``sandbox``    one running sandbox, shared by all tests that leave it as it was
``inside``     a function that runs a shell line in ``sandbox`` and returns its result
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
import pytest_asyncio

from platform_server import paths
from platform_server.clock import new_id
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.agent_runtime import AgentRuntime
from platform_server.sandboxes.docker_engine import Demands, DockerEngine
from platform_server.sandboxes.docker_image import build_image
from platform_server.sandboxes.model import CommandResult
from platform_server.sandboxes.pool import PoolSize
from platform_server.sandboxes.service import SandboxPolicy, SandboxService
from platform_server.sandboxes.volumes import FolderVolumes
from platform_server.testing.sandboxes import MemorySandboxRepository
from platform_server.testing.serving import RUNTIME

Inside: TypeAlias = Callable[[str], Awaitable[CommandResult]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def image() -> str:
    """The sandbox image's name."""
    return await build_image(print)


@pytest.fixture(scope="session")
def engine() -> DockerEngine:
    """The real engine, for an installation of the test run's own."""
    return DockerEngine(
        installation=f"test-{new_id()[:8]}",
        seccomp=paths.resource("docker") / "seccomp.json",
        demands=Demands(runtime=RUNTIME),
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandboxes(image: str, engine: DockerEngine) -> AsyncIterator[SandboxService]:
    """A sandbox service whose state goes away with the test run."""
    home = Path(tempfile.mkdtemp(prefix="platform-"))
    service = SandboxService(
        engine=engine,
        repository=MemorySandboxRepository(),
        volumes=FolderVolumes(home / "volumes"),
        run_folder=home / "run",
        policy=SandboxPolicy(image=image, warm=PoolSize(least=0)),
    )
    await service.start()
    yield service
    await service.aclose()
    await engine.aclose()
    shutil.rmtree(home)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox(sandboxes: SandboxService) -> AgentRuntime:
    """A running sandbox."""
    return await sandboxes.runtime(ProjectId("shared"))


@pytest.fixture(scope="session")
def inside(sandbox: AgentRuntime) -> Inside:
    """Runs a shell line in the sandbox."""

    async def run(line: str) -> CommandResult:
        return await sandbox.execute(
            ["bash", "-c", line], cwd="", timeout=30, stdin=b"", output_limit=1 << 20
        )

    return run
