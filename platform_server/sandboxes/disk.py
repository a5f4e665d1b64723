"""Stopping sandboxes that fill the server's disk: with bytes, with files, or with what is deleted.

A folder of the host has no quota of its own everywhere, and to count what is in it takes a while.
So the disk as a whole is looked at often, which costs one system call; only when it has lost so
much that some project may have come to its limit, everything is counted.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from cachetools import LRUCache

from platform_server.sandboxes.model import WORKSPACE, EndCause
from platform_server.sandboxes.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Sandbox, SandboxId
    from platform_server.sandboxes.rounds import Stoppable

EVERY = 2.0  # seconds between two looks at the disk
_RECOUNT = 600.0  # seconds after which all is counted in any case
_STEP = 32 * 2**20  # bytes: the disk has to lose as much before all is counted again
_FILES_STEP = 1_000
_SLACK = 8 * 2**20  # bytes that one may write who has too much already
_FILES_SLACK = 200
_REMEMBERED = 4096  # projects

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What something takes of a disk, or what is left of one."""

    bytes: int
    files: int


@dataclass(frozen=True, kw_only=True)
class DiskLimits:
    """How much of the server's disk sandboxes may take."""

    bytes: int = 64 * 2**30  # of one project's files and home
    files: int = 1_000_000
    reserve: int = 2**30  # bytes that are left on the disk: who writes most then is stopped


class DiskGuard:
    """Stops a sandbox whose project has more than it may and goes on writing.

    One that does not grow may run, so that its user can delete something.
    """

    def __init__(self, sandboxes: Stoppable, folder: Path, limits: DiskLimits) -> None:
        self._sandboxes = sandboxes
        self._folder = folder  # with one folder for each project
        self._limits = limits
        self._counted: dict[ProjectId, Taken] = {}
        # The least that each was counted with, or its project before it: to end a sandbox and start
        # another forgives nothing. Who was stopped comes back to clear up with what was left then.
        self._least: dict[SandboxId, Taken] = {}
        self._last: LRUCache[ProjectId, Taken] = LRUCache(_REMEMBERED)  # whether it runs or not
        self._free: Taken | None = None  # when all was counted last
        self._counted_at = monotonic()
        self._rounds = Rounds(self.look, every=EVERY)

    def start(self) -> None:
        """Begin."""
        self._rounds.start()

    async def aclose(self) -> None:
        """End. May be called twice."""
        await self._rounds.aclose()

    async def look(self) -> list[Sandbox]:
        """Stop those that take too much, and return them."""
        try:
            free = free_on(self._folder)
        except FileNotFoundError:  # there has been no project yet
            return []
        if not self._is_due(free):
            return []
        running = await self._sandboxes.sandboxes()
        lost = 0 if self._free is None else self._free.bytes - free.bytes
        self._free, self._counted_at = free, monotonic()
        self._counted = {}
        least: dict[SandboxId, Taken] = {}
        for sandbox in running:
            project_id = sandbox.project_id
            self._counted[project_id] = now = await taken_by(self._folder / project_id)
            before = self._least.get(sandbox.id) or self._last.get(project_id, now)
            least[sandbox.id] = _lesser(before, now)
        self._least = least
        stopped = [one for one in running if self._is_over(one) and self._goes_on(one)]
        if not stopped and free.bytes < self._limits.reserve:
            stopped = self._writers(running, lost)[:1]
        self._last.update(self._counted)
        for sandbox in stopped:
            log.warning("stopping sandbox %s: it fills the disk", sandbox.id)
            await self._sandboxes.stop(sandbox.project_id, cause=EndCause.DISK_FULL)
            self._last[sandbox.project_id] = await taken_by(self._folder / sandbox.project_id)
        return stopped

    def _is_due(self, free: Taken) -> bool:
        """Tell whether the disk lost so much that somebody may have too much, or it is time."""
        if self._free is None:
            self._free = free
        lost = Taken(bytes=self._free.bytes - free.bytes, files=self._free.files - free.files)
        room = self._least_room()
        return (
            lost.bytes >= max(room.bytes // 2, _STEP)
            or lost.files >= max(room.files // 2, _FILES_STEP)
            or (free.bytes < self._limits.reserve and lost.bytes >= _STEP)
            or monotonic() - self._counted_at >= _RECOUNT
        )

    def _least_room(self) -> Taken:
        """Return how much the fullest project may still take; of one not counted, a quarter."""
        limits, counted = self._limits, self._counted.values()
        return Taken(
            bytes=min([limits.bytes // 4, *(limits.bytes - one.bytes for one in counted)]),
            files=min([limits.files // 4, *(limits.files - one.files for one in counted)]),
        )

    def _writers(self, running: Sequence[Sandbox], lost: int) -> list[Sandbox]:
        """Return those that wrote something since all was counted, who wrote most first.

        One whose project was never counted may have written all that the disk lost and nobody else
        wrote.
        """
        last, now = self._last, self._counted
        grown = {
            one: now[one].bytes - last[one].bytes if one in last else 0
            for one in {sandbox.project_id for sandbox in running}
        }
        unexplained = lost - sum(more for more in grown.values() if more > 0)
        for one in grown:
            if one not in last:
                grown[one] = min(now[one].bytes, unexplained)
        writers = [sandbox for sandbox in running if grown[sandbox.project_id] > 0]
        return sorted(writers, key=lambda one: grown[one.project_id], reverse=True)

    def _goes_on(self, sandbox: Sandbox) -> bool:
        """Tell whether it writes more than somebody does who clears up."""
        now, least = self._counted[sandbox.project_id], self._least[sandbox.id]
        return now.bytes - least.bytes > _SLACK or now.files - least.files > _FILES_SLACK

    def _is_over(self, sandbox: Sandbox) -> bool:
        taken, limits = self._counted[sandbox.project_id], self._limits
        return taken.bytes > limits.bytes or taken.files > limits.files


def _lesser(one: Taken, two: Taken) -> Taken:
    return Taken(bytes=min(one.bytes, two.bytes), files=min(one.files, two.files))


def free_on(folder: Path) -> Taken:
    """Return what is left on the folder's disk."""
    found = os.statvfs(folder)
    return Taken(bytes=found.f_bavail * found.f_frsize, files=found.f_favail)


async def taken_by(folder: Path) -> Taken:
    """Return what is in a project's folder, and what was deleted there and is held open."""
    size, files, hidden = await asyncio.gather(
        _counted(folder, "-B1"), _counted(folder, "--inodes"), asyncio.to_thread(_hidden, folder)
    )
    return Taken(bytes=size + hidden, files=files)


async def _counted(folder: Path, *options: str) -> int:
    """Ask ``du``, which goes as deep as hostile code can, and follows no link."""
    process = await asyncio.create_subprocess_exec(
        *("du", "-s", "-x", *options, "--", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    said, _ = await process.communicate()
    number = said.partition(b"\t")[0]
    return int(number) if number.isdigit() else 0


def _hidden(folder: Path) -> int:
    """Return the bytes of files without a name that processes of its sandbox hold open."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if not _sees(process, folder):
                continue
            for descriptor in os.scandir(process / "fd"):
                one = os.stat(descriptor.path)  # noqa: PTH116 - of the file, whatever it is called
                if stat.S_ISREG(one.st_mode) and not one.st_nlink:
                    found[one.st_dev, one.st_ino] = one.st_blocks * 512
        except OSError:  # it has ended, or is another user's
            continue
    return sum(found.values())


def _sees(process: Path, folder: Path) -> bool:
    """Tell whether the folder's files are the workspace of a process."""
    wanted = f"/{folder.name}/files"
    mounts = (line.split(" ") for line in (process / "mountinfo").read_text().splitlines())
    return any(one[4] == WORKSPACE and one[3].endswith(wanted) for one in mounts)
