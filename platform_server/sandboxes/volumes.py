"""The folders of a project that its sandbox sees: its files, and its private home."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from platform_server.errors import StorageUnavailable
from platform_server.sandboxes import handover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from platform_server.projects.model import ProjectId

_SPARE = ".spare-"  # begins the names of folders that are no project's
SANDBOX_USER = 1000  # user and group id of code in a sandbox


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A project's folders on this host."""

    files: Path
    home: Path


class Volumes(Protocol):
    """Where sandboxes keep what outlives them; one adapter per way to limit the space."""

    async def prepare(self, project_id: ProjectId) -> Volume:
        """Return the project's folders, made when missing. Raises StorageUnavailable."""

    async def remove(self, project_id: ProjectId) -> None:
        """Delete the project's folders. Not an error when they are gone."""

    async def spare(self, name: str) -> Volume:
        """Return folders for a sandbox that has no project yet. Raises StorageUnavailable."""

    async def hand_over(self, name: str, project_id: ProjectId) -> None:
        """Make the spare folders the project's, with all that the project's have.

        Nothing else may use the project's folders meanwhile. Raises StorageUnavailable.
        """

    async def drop_spare(self, name: str) -> None:
        """Delete spare folders. Not an error when they are gone."""

    async def recover(self) -> None:
        """Finish what an earlier process began to hand over, and delete all spare folders."""


class FolderVolumes:
    """Plain folders, without a limit of their own."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def prepare(self, project_id: ProjectId) -> Volume:
        """Return the project's folders."""
        return await self._made(self._root / project_id)

    async def remove(self, project_id: ProjectId) -> None:
        """Delete the project's folders."""
        await asyncio.to_thread(shutil.rmtree, self._root / project_id, ignore_errors=True)

    async def spare(self, name: str) -> Volume:
        """Return folders for a sandbox that has no project yet."""
        return await self._made(self._spare(name))

    async def hand_over(self, name: str, project_id: ProjectId) -> None:
        """Make the spare folders the project's."""
        await self.prepare(project_id)
        with _reported():
            await asyncio.to_thread(handover.run, self._spare(name), self._root / project_id)

    async def drop_spare(self, name: str) -> None:
        """Delete spare folders."""
        await asyncio.to_thread(shutil.rmtree, self._spare(name), ignore_errors=True)

    async def recover(self) -> None:
        """Finish what an earlier process began to hand over, and delete all spare folders."""

        def run() -> None:
            for spare in self._root.glob(f"{_SPARE}*"):
                handover.undo(spare, self._root)
                shutil.rmtree(spare, ignore_errors=True)

        with _reported():
            await asyncio.to_thread(run)

    def _spare(self, name: str) -> Path:
        return self._root / f"{_SPARE}{name}"

    async def _made(self, base: Path) -> Volume:
        volume = Volume(files=base / "files", home=base / "home")
        with _reported():
            await asyncio.to_thread(_make, base, (volume.files, volume.home))
        return volume


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(
            f"The project's folder cannot be made: {error.strerror}."
        ) from error


def _make(base: Path, folders: tuple[Path, ...]) -> None:
    base.mkdir(mode=0o711, parents=True, exist_ok=True)
    for folder in folders:
        folder.mkdir(mode=0o755, exist_ok=True)
        if os.geteuid() == 0 and folder.lstat().st_uid != SANDBOX_USER:
            os.chown(folder, SANDBOX_USER, SANDBOX_USER, follow_symlinks=False)
