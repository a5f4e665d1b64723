"""Jupyter's checkpoints: marks on revisions, so that making one copies nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.services.contents.checkpoints import AsyncCheckpoints

from platform_extensions.base import current_principal
from platform_server.contents.model import CheckpointId
from platform_server.projects.model import Access

if TYPE_CHECKING:
    from platform_extensions.contents.manager import PlatformContents
    from platform_extensions.contents.models import CheckpointModel
    from platform_extensions.contents.tree import Found
    from platform_server.contents.checkpoints import CheckpointService
    from platform_server.contents.model import Checkpoint


class PlatformCheckpoints(AsyncCheckpoints):
    """Translates and delegates. They go along when a file is renamed, and away with it."""

    parent: PlatformContents

    async def create_checkpoint(self, contents_mgr: Any, path: str) -> CheckpointModel:
        """Mark the file as it is now."""
        del contents_mgr
        found = await self._find(path, Access.EDITOR)
        entry = found.entry
        return _model(await self._service.create(entry.project_id, entry.path))

    async def restore_checkpoint(self, contents_mgr: Any, checkpoint_id: str, path: str) -> None:
        """Bring the file back to a mark."""
        del contents_mgr
        entry = (await self._find(path, Access.EDITOR)).entry
        await self._service.restore(
            entry.project_id,
            entry.path,
            CheckpointId(checkpoint_id),
            author=current_principal().id,
        )

    async def list_checkpoints(self, path: str) -> list[CheckpointModel]:
        """List a file's marks."""
        entry = (await self._find(path, Access.VIEWER)).entry
        return [_model(one) for one in await self._service.list(entry.project_id, entry.path)]

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Drop a mark."""
        entry = (await self._find(path, Access.EDITOR)).entry
        await self._service.delete(entry.project_id, entry.path, CheckpointId(checkpoint_id))

    @property
    def _service(self) -> CheckpointService:
        return self.parent.services.contents.checkpoints

    async def _find(self, path: str, needs: Access) -> Found:
        return await self.parent.tree.find(current_principal(), path, needs)


def _model(checkpoint: Checkpoint) -> CheckpointModel:
    return {"id": checkpoint.id, "last_modified": checkpoint.created_at}
