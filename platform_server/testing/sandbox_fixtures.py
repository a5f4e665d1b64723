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

from platform_server.projects.model import ProjectId
from platform_server.sandboxes.agent_runtime import AgentRuntime
from platform_server.sandboxes.docker_engine import DockerEngine
from platform_server.sandboxes.docker_image import build_image
from platform_server.sandboxes.model import CommandResult
from platform_server.sandboxes.service import SandboxService
from platform_server.testing.sandbox_services import engine_of_a_test, sandbox_service

Inside: TypeAlias = Callable[[str], Awaitable[CommandResult]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def image() -> str:
    """The sandbox image's name."""
    return await build_image(print)


@pytest.fixture(scope="session")
def engine() -> DockerEngine:
    """The real engine, for an installation of the test run's own."""
    return engine_of_a_test("test")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandboxes(image: str, engine: DockerEngine) -> AsyncIterator[SandboxService]:
    """A sandbox service whose state goes away with the test run."""
    home = Path(tempfile.mkdtemp(prefix="platform-"))
    async with sandbox_service(engine, image, home) as service:
        yield service
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
