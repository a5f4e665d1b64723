"""A server whose remote object store is a folder, and is away on command.

``python -m platform_server.testing.remote_store FOLDER OPTIONS`` serves with that folder as the
remote store; it is away while FOLDER has a file called "away".
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from platform_server.app import Platform, application, serve
from platform_server.errors import StorageUnavailable
from platform_server.storage.blobs_folder import FolderBlobStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.contents.model import BlobHash
    from platform_server.contents.spool import Spool
    from platform_server.projects.model import ProjectId


class RemoteStore(FolderBlobStore):
    """A folder that stands for a remote store."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._switch = root / "away"

    async def put(self, project_id: ProjectId, spool: Spool) -> BlobHash:
        """Keep the spool's bytes."""
        self._require()
        return await super().put(project_id, spool)

    async def open(self, project_id: ProjectId, blob: BlobHash) -> AsyncIterator[bytes]:
        """Give a blob's bytes in pieces."""
        self._require()
        async for piece in super().open(project_id, blob):
            yield piece

    async def exists(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether the blob is kept."""
        self._require()
        return await super().exists(project_id, blob)

    def go_away(self) -> None:
        """Let nothing be read or written, in whatever process."""
        self._switch.touch()

    def come_back(self) -> None:
        """Let it be read and written again."""
        self._switch.unlink()

    def _require(self) -> None:
        if self._switch.exists():
            raise StorageUnavailable


def main() -> None:
    """Serve."""
    folder = Path(sys.argv[1])
    application().compose = partial(Platform, remote=RemoteStore(folder))
    serve(sys.argv[2:])


if __name__ == "__main__":
    main()
