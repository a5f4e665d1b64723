"""Sandboxes that belong to no project: for one piece of work, with files that nobody else has."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from platform_server import clock
from platform_server.errors import StorageUnavailable
from platform_server.projects.names import parse_path
from platform_server.sandboxes.model import EndCause, Ended, Sandbox, SandboxId, SandboxState
from platform_server.sandboxes.volumes import SANDBOX_USER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path
    from typing import BinaryIO

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.launch import Launcher
    from platform_server.sandboxes.model import Limits
    from platform_server.sandboxes.turns import Turns, Wait
    from platform_server.sandboxes.volumes import Volumes

Fill: TypeAlias = "Callable[[Folder], Awaitable[None]]"


class Folder(Protocol):
    """Where a sandbox will find its files."""

    async def put(self, path: str, pieces: AsyncIterator[bytes]) -> None:
        """Write a file, with the folders above it. Raises StorageUnavailable, InvalidInput."""


@dataclass(frozen=True)
class LocalFolder:
    """A folder of this host in which no code runs yet: there is nobody who could plant a link."""

    root: Path

    async def put(self, path: str, pieces: AsyncIterator[bytes]) -> None:
        """Write a file."""
        target = self.root / parse_path(path)
        try:
            with await asyncio.to_thread(self._opened, target) as file:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
        except OSError as error:
            raise StorageUnavailable(
                f"The submitted files cannot be put into a sandbox: {error.strerror}."
            ) from error

    def _opened(self, target: Path) -> BinaryIO:
        self._make(target.parent)
        file = target.open("xb")
        _give_away(target)
        return file

    def _make(self, folder: Path) -> None:
        if folder != self.root and not folder.exists():
            self._make(folder.parent)
            folder.mkdir()
            _give_away(folder)


class LoneSandboxes:
    """Makes them behind everybody who waits for a sandbox of their own, and leaves nothing."""

    def __init__(
        self,
        launcher: Launcher,
        volumes: Volumes,
        turns: Turns,
        *,
        ready: Callable[[], Awaitable[None]],
        limits_of: Callable[[ProjectId], Awaitable[Limits]],
        new_id: clock.IdFactory,
    ) -> None:
        self._launcher = launcher
        self._volumes = volumes
        self._turns = turns
        self._ready = ready
        self._limits_of = limits_of
        self._new_id = new_id
        self._open: dict[SandboxId, AgentRuntime] = {}

    @asynccontextmanager
    async def open(
        self, project_id: ProjectId, fill: Fill, wait: Wait
    ) -> AsyncIterator[AgentRuntime]:
        """Give a sandbox with the project's limits and with what ``fill`` puts into it. Packages
        can be installed there as in the project's own.

        Raises PlacesTaken when it has waited long enough, what starting a sandbox raises, and
        SandboxGone once it has ended by itself.
        """
        async with self._turns.turn(wait):
            runtime = await self._made(project_id, fill)
        self._open[runtime.sandbox_id] = runtime
        try:
            yield runtime
        finally:
            del self._open[runtime.sandbox_id]
            await self._launcher.discard(runtime, _ended("It was not needed any more."))

    async def note_death(self, sandbox_id: SandboxId) -> None:
        """Tell who works in a sandbox that it has died. Nothing if it is none of these."""
        runtime = self._open.get(sandbox_id)
        if runtime is not None:
            await runtime.end(_ended("The sandbox ended unexpectedly."))

    async def _made(self, project_id: ProjectId, fill: Fill) -> AgentRuntime:
        """Make one. Whoever is cancelled meanwhile waits: a start cannot be taken back half-way."""
        making = asyncio.ensure_future(self._make(project_id, fill))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            await asyncio.wait([making])
            if not making.cancelled() and making.exception() is None:
                await self._launcher.discard(making.result(), _ended("It was not needed."))
            raise

    async def _make(self, project_id: ProjectId, fill: Fill) -> AgentRuntime:
        await self._ready()
        sandbox_id = SandboxId(self._new_id())
        runtime = self._launcher.new_runtime(sandbox_id, await self._limits_of(project_id))
        try:
            volume = await self._volumes.spare(sandbox_id)
            await fill(LocalFolder(volume.files))
            await self._launcher.launch(runtime, volume, None, is_background=True)
            await self._launcher.open_doors(_on_behalf_of(project_id, runtime), runtime)
        except BaseException:
            await self._launcher.discard(runtime, _ended("It was not started."))
            raise
        return runtime


def _on_behalf_of(project_id: ProjectId, runtime: AgentRuntime) -> Sandbox:
    """Return the sandbox as if it were the project's: for those who hand out what it may have."""
    return Sandbox(
        id=runtime.sandbox_id,
        project_id=project_id,
        state=SandboxState.RUNNING,
        limits=runtime.limits,
        created_at=clock.utc_now(),
    )


def _ended(detail: str) -> Ended:
    return Ended(cause=EndCause.ENGINE, at=clock.utc_now(), detail=detail)


def _give_away(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(path, SANDBOX_USER, SANDBOX_USER, follow_symlinks=False)
