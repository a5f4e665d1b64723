"""The folders of a project that its sandbox sees: its files, and its private home."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from platform_server.errors import StorageUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.projects.model import ProjectId

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


class FolderVolumes:
    """Plain folders, without a limit of their own."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def prepare(self, project_id: ProjectId) -> Volume:
        """Return the project's folders."""
        base = self._root / project_id
        volume = Volume(files=base / "files", home=base / "home")
        try:
            await asyncio.to_thread(_make, base, (volume.files, volume.home))
        except OSError as error:
            raise StorageUnavailable(
                f"The project's folder cannot be made: {error.strerror}."
            ) from error
        return volume

    async def remove(self, project_id: ProjectId) -> None:
        """Delete the project's folders."""
        await asyncio.to_thread(shutil.rmtree, self._root / project_id, ignore_errors=True)


def _make(base: Path, folders: tuple[Path, ...]) -> None:
    base.mkdir(mode=0o711, parents=True, exist_ok=True)
    for folder in folders:
        folder.mkdir(mode=0o755, exist_ok=True)
        if os.geteuid() == 0 and folder.lstat().st_uid != SANDBOX_USER:
            os.chown(folder, SANDBOX_USER, SANDBOX_USER, follow_symlinks=False)
