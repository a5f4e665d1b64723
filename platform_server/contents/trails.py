"""Where files that are gone went, and where new ones came from, if a look saw only one of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from platform_server.contents.workspace import Seen
    from platform_server.projects.model import ProjectId

_MORE = 50  # files that are looked at besides as many as are gone
_CANDIDATES = 500  # kept files with the bytes of new ones


class Trails:
    """Follows files that code renamed. What it says is proved by their bytes, or not said."""

    def __init__(self, parts: Parts) -> None:
        self._repository = parts.repository
        self._workspace = parts.workspace
        self._scanned = parts.limits.scanned

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

    async def places(self, project_id: ProjectId, gone: Collection[Entry]) -> list[str]:
        """Return where kept files may be that are gone, or were in folders that are.

        That is wherever there is something new of the same size; with the folders above, those
        first.
        """
        files = await self._files(gone)
        sizes, names = {one.size for one in files}, {one.name for one in files}
        if not sizes:
            return []
        seen = await self._workspace.walk(project_id, skip=PASSED_OVER, limit=self._scanned)
        alike = [path for path, one in seen.seen.items() if _is_file(one) and one.size in sizes]
        kept = await self._repository.entries(project_id, alike)
        new = [path for path in alike if path not in kept]
        new.sort(key=lambda path: (name_of(path) not in names, path))
        chosen = new[: len(files) + _MORE]
        return sorted({above for path in chosen for above in (*ancestors(path), path)})

    async def _files(self, gone: Collection[Entry]) -> list[Entry]:
        """Return the files among them and in the folders among them. Empty ones are no one's."""
        found = {one.path: one for one in gone}
        for one in gone:
            if one.kind is Kind.DIRECTORY:
                below = await self._repository.below(one.project_id, one.path)
                found |= {entry.path: entry for entry in below}
        return [one for one in found.values() if one.kind is Kind.FILE and one.size]


def _is_file(seen: Seen) -> bool:
    return seen.kind is Kind.FILE
