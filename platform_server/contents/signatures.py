"""Which state of a file was read with which signature, so that it need not be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachetools import LRUCache

from platform_server.projects.names import is_within

if TYPE_CHECKING:
    from platform_server.contents.model import BlobHash
    from platform_server.contents.workspace import Signature
    from platform_server.projects.model import ProjectId

_PROJECTS = 512  # that are remembered


class Signatures:
    """Remembers what the files of the projects that were looked at last had when they were read."""

    def __init__(self) -> None:
        self._known: LRUCache[ProjectId, dict[str, tuple[Signature, BlobHash]]] = LRUCache(
            _PROJECTS
        )

    def of(self, project_id: ProjectId) -> dict[str, Signature]:
        """Return the signatures of a project's files by path, as far as they are remembered."""
        known = self._known.get(project_id, {})
        return {path: signature for path, (signature, _) in known.items()}

    def is_of(
        self, project_id: ProjectId, path: str, *, signature: Signature, blob: BlobHash
    ) -> bool:
        """Tell whether a file that has the signature is remembered to have those bytes."""
        return self._known.get(project_id, {}).get(path) == (signature, blob)

    def remember(
        self, project_id: ProjectId, path: str, *, signature: Signature, blob: BlobHash
    ) -> None:
        """Note that a file was read: it had these bytes, and the signature."""
        self._known.setdefault(project_id, {})[path] = (signature, blob)

    def forget(self, project_id: ProjectId, path: str = "") -> None:
        """Forget what is at and below the path."""
        if not path:
            self._known.pop(project_id, None)
            return
        known = self._known.get(project_id, {})
        for one in [one for one in known if is_within(one, path)]:
            del known[one]

    def forget_file(self, project_id: ProjectId, path: str) -> None:
        """Forget one file."""
        self._known.get(project_id, {}).pop(path, None)
