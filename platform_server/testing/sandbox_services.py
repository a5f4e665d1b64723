"""A sandbox service on the real engine, for tests that need one of their own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.paths import resource
from platform_server.sandboxes.docker_engine import Demands, DockerEngine
from platform_server.sandboxes.pool import PoolSize
from platform_server.sandboxes.service import SandboxPolicy, SandboxService
from platform_server.sandboxes.volumes import FolderVolumes
from platform_server.testing.sandboxes import MemorySandboxRepository
from platform_server.testing.serving import RUNTIME

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def engine_of_a_test(name: str) -> DockerEngine:
    """Return the real engine, for an installation that begins with the name."""
    return DockerEngine(
        installation=f"{name}-{clock.new_id()[:8]}",
        seccomp=resource("docker") / "seccomp.json",
        demands=Demands(runtime=RUNTIME),
    )


@asynccontextmanager
async def sandbox_service(
    engine: DockerEngine, image: str, home: Path, *, now: clock.Clock = clock.utc_now
) -> AsyncIterator[SandboxService]:
    """Run one with no sandbox that waits ready; closes the engine, too. ``home`` may be removed."""
    service = SandboxService(
        engine=engine,
        repository=MemorySandboxRepository(),
        volumes=FolderVolumes(home / "volumes"),
        run_folder=home / "run",
        policy=SandboxPolicy(image=image, warm=PoolSize(least=0)),
        now=now,
    )
    await service.start()
    yield service
    await service.aclose()
    await engine.aclose()
