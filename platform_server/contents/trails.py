"""Where files that are gone went, and where new ones came from, if a look saw only one of both."""

from __future__ import annotations

import asyncio
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

from platform_server.contents.limits import PASSED_OVER
from platform_server.contents.model import Kind
from platform_server.contents.renames import with_distant_renames, with_renames
from platform_server.contents.repository import Save
from platform_server.projects.names import ancestors, name_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.repository import Change
    from platform_server.contents.workspace import Seen, Signature
    from platform_server.projects.model import ProjectId

Inode: TypeAlias = tuple[int, int]  # with its device
_MORE = 1000  # files that are looked at besides as many as are gone
_CANDIDATES = 500  # kept files with the bytes of new ones


class Trails:
    """Follows files that code renamed. What it says is proved by their bytes, or not said."""

    def __init__(self, parts: Parts) -> None:
        self._repository = parts.repository
        self._workspace = parts.workspace
        self._limits = parts.limits

    async def with_renames(
        self, project_id: ProjectId, changes: Sequence[Change], entries: Mapping[str, Entry]
    ) -> list[Change]:
        """Return the changes with renames in the place of files that are gone and new ones.

        ``entries`` are what was at the paths. Of a file that is new, the old one may be anywhere.
        """
        changes = with_renames(changes, entries)
        saves = [one for one in changes if isinstance(one, Save)]
        new = {one.blob for one in saves if one.size and one.path not in entries}
        if not new:
            return changes
        same = await self._repository.holding(project_id, new, _CANDIDATES)
        same = [one for one in same if one.path not in entries]
        present = await self._workspace.look(project_id, [one.path for one in same])
        gone = [one for one in same if one.path not in present]
        return with_distant_renames(changes, entries, gone)

    async def places(
        self, project_id: ProjectId, gone: Collection[Entry], known: Mapping[str, Signature]
    ) -> list[str]:
        """Return where kept files may be that are gone, or were in folders that are.

        That is wherever there is something new of the same size, in bounds; with the folders above,
        those first. ``known`` are the signatures of kept files, as far as they are remembered: what
        has the inode of one that is gone is most likely to be it.
        """
        files = await self._files(gone)
        sizes, names = {one.size for one in files}, {one.name for one in files}
        if not sizes:
            return []
        likely = {inode_of(known[one.path]) for one in files if one.path in known}
        walk = await self._workspace.walk(project_id, skip=PASSED_OVER, limit=self._limits.scanned)
        alike = await asyncio.to_thread(_alike, walk.seen, sizes, known)
        kept = await self._repository.entries(project_id, list(alike))
        found = {path: one for path, one in alike.items() if path not in kept}

        def rank(path: str) -> tuple[bool, bool, str]:
            return inode_of(found[path].signature) not in likely, name_of(path) not in names, path

        more = sum(one.size or 0 for one in files) + self._limits.listed
        chosen = _within(sorted(found, key=rank)[: len(files) + _MORE], found, more)
        return sorted({above for path in chosen for above in (*ancestors(path), path)})

    async def _files(self, gone: Collection[Entry]) -> list[Entry]:
        """Return the files among them and in the folders among them. Empty ones are no one's."""
        found = {one.path: one for one in gone}
        for one in gone:
            if one.kind is Kind.DIRECTORY:
                below = await self._repository.below(one.project_id, one.path)
                found |= {entry.path: entry for entry in below}
        return [one for one in found.values() if one.kind is Kind.FILE and one.size]


def inode_of(signature: Signature) -> Inode:
    """Return what a file keeps when it is renamed, and shares with no other while it lasts."""
    return signature.device, signature.inode


def _within(paths: Sequence[str], seen: Mapping[str, Seen], size: int) -> list[str]:
    """Return the first of the paths, as many as have no more bytes together."""
    sums = accumulate(seen[path].size for path in paths)
    return [path for path, so_far in zip(paths, sums, strict=True) if so_far <= size]


def _alike(
    seen: Mapping[str, Seen], sizes: Collection[int | None], known: Mapping[str, Signature]
) -> dict[str, Seen]:
    """Return the files of these sizes, but for those that are remembered to be kept."""
    return {
        path: one
        for path, one in seen.items()
        if one.kind is Kind.FILE and one.size in sizes and known.get(path) != one.signature
    }
