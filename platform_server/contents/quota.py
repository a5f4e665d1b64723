"""How much of its quota a project uses, and what stays in the sandbox only because of that."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from cachetools import LRUCache

from platform_server.contents.model import Usage
from platform_server.contents.repository import Remove, Rename, Save
from platform_server.errors import QuotaExceeded, TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.repository import Change
    from platform_server.projects.model import ProjectId

_PROJECTS_REMEMBERED = 512
_TOO_FAST = (
    "This project was given so much in the last hour that the rest has to wait: save large files "
    "more rarely."
)


@dataclass(kw_only=True)
class Room:
    """What a project may still take, while its lock is held."""

    bytes: int
    files: int

    def take(self, *, size: int, files: int = 0) -> bool:
        """Use up some of it, or give back; tells whether it was there. Getting less always is."""
        if (size > 0 and size > self.bytes) or (files > 0 and files > self.files):
            return False
        self.bytes -= size
        self.files -= files
        return True


class Quotas:
    """Counts what projects use. A full project can still be opened, read and made smaller.

    The count is remembered, and asked of the database again before anything is refused.
    """

    def __init__(self, parts: Parts) -> None:
        self._repository = parts.repository
        self.most = parts.limits.quota
        self._hourly = parts.limits.hourly
        self._written: LRUCache[tuple[ProjectId, int], int] = LRUCache(_PROJECTS_REMEMBERED)
        self._known: LRUCache[ProjectId, Usage] = LRUCache(_PROJECTS_REMEMBERED)
        self._not_kept: LRUCache[ProjectId, dict[str, int]] = LRUCache(_PROJECTS_REMEMBERED)

    async def usage(self, project_id: ProjectId) -> Usage:
        """Return what the project uses now."""
        return await self._repository.usage(project_id)

    async def remembered(self, project_id: ProjectId) -> Usage:
        """Return what the project uses, as it is known here: good enough to be shown."""
        known = self._known.get(project_id)
        if known is None:
            known = self._known[project_id] = await self.usage(project_id)
        return known

    async def share(self, project_id: ProjectId) -> tuple[int, int]:
        """Return how many bytes the project has, as it is known here, and how many it may."""
        return (await self.remembered(project_id)).bytes, self.most.bytes

    async def room(self, project_id: ProjectId) -> Room:
        """Return what the project may still take. The caller holds the project's lock."""
        known = await self.remembered(project_id)
        return Room(bytes=self.most.bytes - known.bytes, files=self.most.files - known.files)

    async def require(
        self, project_id: ProjectId, *, size: int, replaced: Entry | None = None
    ) -> None:
        """Raise QuotaExceeded unless a file of the size fits in the place of another, or of none.

        The caller holds the project's lock.
        """
        more, files = growth(size, replaced)
        await self.require_room(project_id, size=more, files=files)

    async def require_room(self, project_id: ProjectId, *, size: int, files: int) -> None:
        """Raise QuotaExceeded unless so many more bytes and files fit."""
        if (await self.room(project_id)).take(size=size, files=files):
            return
        self.forget(project_id)
        room = await self.room(project_id)
        if not room.take(size=size, files=files):
            raise QuotaExceeded(self._refusal(room, size))

    async def foresee(self, project_id: ProjectId, path: str, size: int) -> None:
        """Raise QuotaExceeded early, when so many bytes at the path will not fit in any case.

        Raises TooManyRequests when the project was given too many new bytes lately: each state of a
        file is kept, and a large one that is saved again and again would fill the store.
        """
        if not self.has_pace(project_id, size):
            raise TooManyRequests(_TOO_FAST, retry_after=600)
        usage = self._known.get(project_id) or await self.usage(project_id)
        if usage.bytes + size <= self.most.bytes and usage.files < self.most.files:
            return
        usage = await self.usage(project_id)
        more, files = growth(size, await self._repository.entry(project_id, path))
        room = Room(bytes=self.most.bytes - usage.bytes, files=self.most.files - usage.files)
        if not room.take(size=more, files=files):
            raise QuotaExceeded(self._refusal(room, more))

    def has_pace(self, project_id: ProjectId, size: int) -> bool:
        """Tell whether the project may be given so many new bytes in this hour."""
        return self._written.get((project_id, _hour()), 0) + size <= self._hourly

    def wrote(self, project_id: ProjectId, size: int) -> None:
        """Note that the project was given new bytes."""
        key = (project_id, _hour())
        self._written[key] = self._written.get(key, 0) + size

    def changed(self, project_id: ProjectId, *, size: int, files: int) -> None:
        """Note that the project has become larger or smaller."""
        known = self._known.get(project_id)
        if known is not None:
            self._known[project_id] = Usage(bytes=known.bytes + size, files=known.files + files)

    def committed(
        self, project_id: ProjectId, changes: Sequence[Change], entries: Mapping[str, Entry]
    ) -> None:
        """Note by how much changes made the project larger or smaller.

        ``entries`` are what was at the paths before.
        """
        for change in changes:
            old = entries.get(change.path)
            if isinstance(change, Save):
                more, files = growth(change.size, old)
                self.changed(project_id, size=more, files=files)
                self.settle(project_id, change.path)
            elif isinstance(change, Remove) and old is not None and old.revision is not None:
                self.changed(project_id, size=-old.revision.size, files=-1)
            elif isinstance(change, Remove):
                self.forget(project_id)
            elif isinstance(change, Rename):
                self.settle(project_id, change.path)

    def forget(self, project_id: ProjectId) -> None:
        """Note that the project has changed by an amount that is not known."""
        self._known.pop(project_id, None)

    def not_kept(self, project_id: ProjectId) -> dict[str, int]:
        """Return the files that are in the sandbox only because there was no room, by path."""
        return dict(self._not_kept.get(project_id, {}))

    def leave(self, project_id: ProjectId, path: str, size: int) -> None:
        """Note a file that stays in the sandbox only, and count again before the next one."""
        self.forget(project_id)
        self._not_kept.setdefault(project_id, {})[path] = size

    def settle(self, project_id: ProjectId, path: str) -> None:
        """Note that the file at the path is kept, or gone."""
        left = self._not_kept.get(project_id)
        if left is not None:
            left.pop(path, None)

    def settle_all_but(self, project_id: ProjectId, paths: Container[str]) -> None:
        """Note that of what stayed in the sandbox only, no more than these paths are there."""
        for path in self.not_kept(project_id):
            if path not in paths:
                self.settle(project_id, path)

    def _refusal(self, room: Room, size: int) -> str:
        if size > room.bytes:
            return (
                f"The project may have {self.most.bytes:,} bytes, and has {max(room.bytes, 0):,} "
                "left: delete something, or ask for more."
            )
        return f"The project may have {self.most.files:,} files: delete some, or ask for more."


def _hour() -> int:
    return int(monotonic() // 3600)


def growth(size: int, replaced: Entry | None) -> tuple[int, int]:
    """Return how many bytes and files a project gets when a file of the size takes a place."""
    if replaced is None or replaced.revision is None:
        return size, 1
    return size - replaced.revision.size, 0
