"""The port to a container engine: few verbs, no engine's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Limits, Pressure, SandboxId, Usage


@dataclass(frozen=True, kw_only=True)
class ContainerSpec:
    """Everything an engine needs to make one sandbox."""

    sandbox_id: SandboxId
    project_id: ProjectId | None  # None: it is not known yet
    image: str
    hostname: str
    limits: Limits
    workspace: Path  # host folder, seen as WORKSPACE
    home: Path  # host folder, seen as HOME
    control: Path  # host folder with the server's socket for the agent; read-only inside
    is_background: bool = False  # gets processor time that nobody else wants


@dataclass(frozen=True, kw_only=True)
class Container:
    """What an engine knows about a sandbox's container."""

    sandbox_id: SandboxId
    project_id: ProjectId | None  # as it was when it was started
    running: bool
    pid: int  # of its main process as the host sees it; 0 when not running
    started_at: datetime | None
    exit_code: int | None = None
    oom_killed: bool = False


@dataclass(frozen=True, kw_only=True)
class ContainerDied:
    """A container's main process ended."""

    sandbox_id: SandboxId
    exit_code: int


class SandboxEngine(Protocol):
    """Runs containers. Every verb may be called from many tasks at once.

    All raise EngineUnavailable when the engine does not answer.
    """

    async def check(self) -> str:
        """Return the engine's name and version, for the doctor."""

    async def has_image(self, image: str) -> bool:
        """Tell whether the image can be started without fetching anything."""

    async def start(self, spec: ContainerSpec) -> Container:
        """Create and start a container; called by the sandbox service, once per sandbox.

        Raises ImageMissing, SandboxStartFailed. Leaves nothing behind when it fails.
        """

    async def limit(self, sandbox_id: SandboxId, limits: Limits) -> None:
        """Change what a running container may use: processor time, memory and processes.

        The size of its /tmp stays. Raises SandboxStartFailed when the engine refuses.
        """

    async def remove(self, sandbox_id: SandboxId) -> None:
        """End and remove the container at once. Not an error when it is gone already."""

    async def inspect(self, sandbox_id: SandboxId) -> Container | None:
        """Return what is known of the container, None when there is none."""

    async def containers(self) -> list[Container]:
        """Return all containers of this installation, running or not."""

    async def usage(self, sandbox_id: SandboxId) -> Usage | None:
        """Return what the container uses now, cheaply; None when it does not run."""

    async def pressure(self, sandbox_id: SandboxId) -> Pressure | None:
        """Return how near to its limits it is, cheaply; None when it does not run."""

    def deaths(self) -> AsyncIterator[ContainerDied]:
        """Report each death from now on; ends when the connection to the engine is lost."""

    async def aclose(self) -> None:
        """Let go of the engine; containers stay as they are. May be called twice."""
