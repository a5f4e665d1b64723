"""Which of the folders that code writes to have no room left."""

from __future__ import annotations

import os

from agent.processes import HOME, WORKSPACE

_FOLDERS = (WORKSPACE, HOME, "/tmp", "/dev/shm")  # noqa: S108 - the sandbox's own
_ENOUGH = 256 * 1024  # bytes: with less, hardly anything can be written


def full_folders() -> list[str]:
    """Return the folders to which nothing can be written for lack of room."""
    return [folder for folder in _FOLDERS if _is_full(folder)]


def _is_full(folder: str) -> bool:
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    has_files_left = found.f_files == 0 or found.f_favail > 0  # some count no files
    return found.f_bavail * found.f_frsize < _ENOUGH or not has_files_left
