"""Looks into the environments on this host's volumes, whose files hostile code writes."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING

from platform_server.beneath import Absent, folder, regular_file, status
from platform_server.environments.installed import Described, Environment, described, installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from platform_server.projects.model import ProjectId

_FOLDER = ".venv"
_PYTHON = re.compile(r"python3\.\d{1,2}", re.ASCII)
_ENDING = ".dist-info"
_ENTRIES = 20_000  # of site-packages that are looked at
_MOST = 1000  # packages
_METADATA, _RECORD = 64 * 1024, 4 * 2**20  # bytes read of each
_IN_ALL = 64 * 2**20  # bytes read of one environment


class FolderEnvironments:
    """Reads ``.venv`` in each project's home. Nothing there is followed, nothing waits."""

    def __init__(self, volumes: Path) -> None:
        self._volumes = volumes

    async def read(self, project_id: ProjectId) -> Environment | None:
        """Return what is installed, None if there is no environment."""
        return await asyncio.to_thread(self._read, project_id)

    def _read(self, project_id: ProjectId) -> Environment | None:
        try:
            root = os.open(self._volumes / project_id / "home", os.O_PATH | os.O_DIRECTORY)
        except OSError:
            return None
        try:
            mark = status(root, f"{_FOLDER}/pyvenv.cfg")
            return Environment(
                identity=f"{mark.st_ino}-{mark.st_mtime_ns}",
                packages=installed(_packages(root)),
            )
        except OSError:
            return None
        finally:
            os.close(root)


def _packages(root: int) -> Iterator[Described]:
    left = _IN_ALL
    for place in _places(root):
        name = f"{place}/{{}}"
        metadata = _text(root, name.format("METADATA"), min(_METADATA, left))
        record = _text(root, name.format("RECORD"), min(_RECORD, left - len(metadata)))
        left -= len(metadata) + len(record)
        installer = _text(root, name.format("INSTALLER"), 100)
        found = described(
            metadata, record, marked=_is_there(root, name.format("REQUESTED")), installer=installer
        )
        if found is not None:
            yield found
        if left <= 0:
            return


def _places(root: int) -> list[str]:
    """Return the folders that describe packages."""
    found = []
    for version in _names(root, f"{_FOLDER}/lib"):
        if _PYTHON.fullmatch(version):
            packages = f"{_FOLDER}/lib/{version}/site-packages"
            names = [name for name in _names(root, packages) if name.endswith(_ENDING)]
            found += [f"{packages}/{name}" for name in sorted(names)]
    return found[:_MOST]


def _names(root: int, path: str) -> list[str]:
    names: list[str] = []
    try:
        with folder(root, path) as descriptor, os.scandir(descriptor) as entries:
            for entry in entries:
                names.append(entry.name)
                if len(names) >= _ENTRIES:
                    break
    except Absent:
        return []
    return names


def _text(root: int, path: str, limit: int) -> str:
    try:
        with regular_file(root, path) as descriptor:
            return os.read(descriptor, max(limit, 0)).decode(errors="replace")
    except (OSError, ValueError):  # ValueError: a name with a NUL or half a character
        return ""


def _is_there(root: int, path: str) -> bool:
    try:
        status(root, path)
    except OSError:
        return False
    return True
