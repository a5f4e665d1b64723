"""One server at a time on one PLATFORM_HOME, however the last one ended."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from platform_server.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class HomeLock:
    """Is held by the process that serves; the system lets go of it when the process ends.

    Two servers would both take over the same sandboxes, and end each other's. Commands that only
    use the database need no lock.
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self._file = -1

    def acquire(self) -> None:
        """Take it. Raises Conflict, with the process that has it, when it is taken."""
        file = os.open(self._path, _FLAGS, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(file, 32, 0).decode(errors="replace").strip()
            os.close(file)
            raise Conflict(
                f"Another server (process {holder or 'unknown'}) serves {self._path.parent}. Stop "
                "that one first, or set PLATFORM_HOME to another folder."
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Let go of it. May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
