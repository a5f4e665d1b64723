"""Looking at files: each time after taking over what code in the sandbox did to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from platform_server.contents.model import Entry, Kind
from platform_server.errors import FileMissing, TooLarge, WrongKind
from platform_server.projects.names import composed, parse_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.contents.fill import Filler
    from platform_server.contents.parts import Parts
    from platform_server.contents.step import Step
    from platform_server.projects.model import ProjectId

Entries: TypeAlias = list[Entry]
_EPOCH = datetime.fromtimestamp(0, UTC)


class Reader:
    """Reads entries and their bytes. ``ContentsService`` says what each method promises."""

    def __init__(self, parts: Parts, step: Step, filler: Filler) -> None:
        self._parts = parts
        self._step = step
        self._filler = filler

    async def stat(self, project_id: ProjectId, path: str) -> Entry:
        """Return what is at the path."""
        path = parse_path(path)
        await self._filler.ready(project_id)
        if not path:
            return root_entry(project_id)
        for candidate in dict.fromkeys((path, composed(path))):
            entry = await self._step.settled(project_id, candidate)
            if entry is not None:
                return entry
        raise FileMissing

    async def exists(self, project_id: ProjectId, path: str) -> bool:
        """Tell whether there is something at the path."""
        try:
            await self.stat(project_id, path)
        except FileMissing:
            return False
        return True

    async def list(self, project_id: ProjectId, path: str) -> Entries:
        """Return what is in a folder."""
        folder = await self.stat(project_id, path)
        if folder.kind is not Kind.DIRECTORY:
            raise WrongKind(f'"{folder.path}" is a file, not a folder.')
        found = await self._step.settle_folder(project_id, folder.path)
        return sorted(found.values(), key=lambda entry: entry.path)

    def stream(self, entry: Entry) -> AsyncIterator[bytes]:
        """Give the bytes of exactly this entry in pieces."""
        if entry.kind is not Kind.FILE:
            raise WrongKind(f'"{entry.path}" is a folder, not a file.')
        if entry.revision is None:
            return self._parts.workspace.stream(entry.project_id, entry.path)
        return self._parts.blobs.open(entry.project_id, entry.revision.blob)

    async def bytes_of(self, entry: Entry) -> bytes:
        """Return the bytes of exactly this entry."""
        if (entry.size or 0) > self._parts.limits.read:
            raise TooLarge("The file is too large to be opened: download it instead.")
        return b"".join([piece async for piece in self.stream(entry)])


def root_entry(project_id: ProjectId) -> Entry:
    """Return the project itself as a folder."""
    return Entry(
        project_id=project_id,
        path="",
        kind=Kind.DIRECTORY,
        revision=None,
        created_at=_EPOCH,
        modified_at=_EPOCH,
    )
