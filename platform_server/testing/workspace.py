"""A workspace in memory, in which a test plays the code in the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

from platform_server.contents.model import Kind
from platform_server.contents.workspace import Seen, Signature, Walk
from platform_server.errors import FileMissing, NameTaken, WrongKind
from platform_server.projects.names import ancestors, is_within, name_of, parent_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from platform_server.contents.model import RevisionId
    from platform_server.contents.spool import Spool
    from platform_server.projects.model import ProjectId


@dataclass(frozen=True)
class _Node:
    data: bytes | None  # None: a folder
    inode: int


class MemoryWorkspace:
    """Keeps files in dictionaries. ``code_writes`` and the like are what a sandbox would do."""

    def __init__(self) -> None:
        self._files: dict[ProjectId, dict[str, _Node]] = {}
        self._filled: set[ProjectId] = set()
        self._staged: dict[tuple[ProjectId, RevisionId], bytes] = {}
        self._inodes = count(1)

    def code_writes(self, project_id: ProjectId, path: str, data: bytes) -> None:
        """Write a file, with the folders above it."""
        self._put(project_id, path, data)

    def code_makes_directory(self, project_id: ProjectId, path: str) -> None:
        """Make a folder."""
        self._put(project_id, path, None)

    def code_removes(self, project_id: ProjectId, path: str) -> None:
        """Remove a file or folder."""
        files = self._files[project_id]
        for known in [known for known in files if is_within(known, path)]:
            del files[known]

    def content(self, project_id: ProjectId, path: str) -> bytes | None:
        """Return what code would read."""
        node = self._files[project_id].get(path)
        return None if node is None else node.data

    def lose(self, project_id: ProjectId) -> None:
        """Lose the workspace, as when a project comes to another machine."""
        self._files.pop(project_id)
        self._filled.discard(project_id)

    async def prepare(self, project_id: ProjectId) -> bool:
        """Make the workspace if it is missing."""
        self._files.setdefault(project_id, {})
        return project_id not in self._filled

    async def staged(self, project_id: ProjectId) -> list[RevisionId]:
        """Return what is staged."""
        return [staged for owner, staged in self._staged if owner == project_id]

    async def mark_filled(self, project_id: ProjectId) -> None:
        """Remember that the workspace holds all of the project."""
        self._filled.add(project_id)

    async def look(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, Seen]:
        """Return what is at the paths."""
        files = self._files[project_id]
        return {path: _seen(files[path]) for path in paths if path in files}

    async def children(self, project_id: ProjectId, path: str) -> dict[str, Seen]:
        """Return what is in a folder by name."""
        files = self._files[project_id]
        return {
            name_of(known): _seen(node) for known, node in files.items() if parent_of(known) == path
        }

    async def walk(self, project_id: ProjectId, *, skip: frozenset[str], limit: int) -> Walk:
        """Return everything there is."""
        found = {
            path: _seen(node)
            for path, node in self._files[project_id].items()
            if skip.isdisjoint(path.split("/")[:-1])
        }
        kept = dict(list(found.items())[:limit])
        return Walk(seen=kept, complete=len(kept) == len(found))

    async def copy_out(self, project_id: ProjectId, path: str, into: Spool) -> Seen | None:
        """Append a file's bytes to ``into``."""
        node = self._files[project_id].get(path)
        if node is None or node.data is None:
            return None
        into.write(node.data)
        return _seen(node)

    async def stream(
        self, project_id: ProjectId, path: str, *, start: int = 0
    ) -> AsyncIterator[bytes]:
        """Give a file's bytes from ``start`` on."""
        data = self.content(project_id, path)
        if data is None:
            raise FileMissing
        yield data[start:]

    async def stage(self, project_id: ProjectId, staged: RevisionId, spool: Spool) -> None:
        """Keep a file that nobody sees yet."""
        self._staged[project_id, staged] = spool.content()

    async def place(self, project_id: ProjectId, staged: RevisionId, path: str) -> None:
        """Put a staged file at ``path``."""
        self._put(project_id, path, self._staged[project_id, staged])
        del self._staged[project_id, staged]

    async def discard(self, project_id: ProjectId, staged: RevisionId) -> None:
        """Remove a staged file."""
        self._staged.pop((project_id, staged), None)

    async def make_directory(self, project_id: ProjectId, path: str) -> None:
        """Make a folder and those above it."""
        node = self._files[project_id].get(path)
        if node is None:
            self._put(project_id, path, None)
        elif node.data is not None:
            raise WrongKind

    async def remove(self, project_id: ProjectId, path: str) -> None:
        """Remove a file or folder."""
        self.code_removes(project_id, path)

    async def move(self, project_id: ProjectId, old: str, new: str) -> None:
        """Rename a file or folder."""
        files = self._files[project_id]
        if new in files:
            raise NameTaken
        if old not in files:
            raise FileMissing
        for path in [path for path in files if is_within(path, old)]:
            files[new + path.removeprefix(old)] = files.pop(path)

    async def destroy(self, project_id: ProjectId) -> None:
        """Remove the workspace."""
        self._files.pop(project_id, None)
        self._filled.discard(project_id)

    def _put(self, project_id: ProjectId, path: str, data: bytes | None) -> None:
        files = self._files.setdefault(project_id, {})
        for above in ancestors(path):
            if files.setdefault(above, _Node(None, next(self._inodes))).data is not None:
                raise WrongKind
        if path in files and (files[path].data is None) != (data is None):
            raise WrongKind
        files[path] = _Node(data, next(self._inodes))


def _seen(node: _Node) -> Seen:
    size = len(node.data or b"")
    return Seen(
        kind=Kind.DIRECTORY if node.data is None else Kind.FILE,
        signature=Signature(0, node.inode, size, 0, 0),
        settled=True,
        modified_at=datetime.fromtimestamp(0, UTC),
    )
