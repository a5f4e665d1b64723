"""Making a workspace ready: there, and with everything in it that the store has."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from platform_server.contents.spool import spooled
from platform_server.errors import ProjectNotFound

if TYPE_CHECKING:
    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.save import Saver
    from platform_server.contents.step import Step
    from platform_server.projects.model import ProjectId


class Filler:
    """Makes each project's workspace ready once in a server's life."""

    def __init__(self, parts: Parts, step: Step, saver: Saver) -> None:
        self._parts = parts
        self._step = step
        self._saver = saver
        self._ready: set[ProjectId] = set()
        self._gone: set[ProjectId] = set()  # deleted, and not to be revived by late callers

    async def ready(self, project_id: ProjectId) -> None:
        """Make the workspace, fill it if it is new or was lost, end what a crash interrupted."""
        if project_id in self._ready:
            return
        async with self._step.lock(project_id):
            if project_id in self._gone:
                raise ProjectNotFound
            if project_id in self._ready:
                return
            if await self._parts.workspace.prepare(project_id):
                await self._fill(project_id)
                await self._parts.workspace.mark_filled(project_id)
            for staged in await self._parts.workspace.staged(project_id):
                await self._saver.finish(project_id, staged)
            self._ready.add(project_id)

    async def destroy(self, project_id: ProjectId) -> None:
        """Remove the workspace of a deleted project."""
        async with self._step.lock(project_id):
            self._ready.discard(project_id)
            self._gone.add(project_id)
            self._step.forget(project_id)
            await self._parts.workspace.destroy(project_id)

    async def _fill(self, project_id: ProjectId) -> None:
        entries = await self._parts.repository.below(project_id, "")
        present = await self._parts.workspace.look(project_id, [entry.path for entry in entries])
        for entry in entries:
            if entry.path not in present:
                await self._put_back(entry)

    async def _put_back(self, entry: Entry) -> None:
        project_id, workspace = entry.project_id, self._parts.workspace
        if entry.revision is None:
            await workspace.make_directory(project_id, entry.path)
            return
        pieces = self._parts.blobs.open(project_id, entry.revision.blob)
        spool = await spooled(pieces, self._parts.spool_folder, limit=entry.revision.size)
        async with aclosing(spool):
            await workspace.stage(project_id, entry.revision.id, spool)
            await workspace.place(project_id, entry.revision.id, entry.path)
