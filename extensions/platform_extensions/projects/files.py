"""``/api/projects/{id}/files/{path}``: a file as raw bytes, streamed both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.files.conditions import conditions_of, etag_of
from platform_extensions.files.delivery import deliver
from platform_extensions.projects.models import SavedFileModel, file_model
from platform_extensions.projects.spooled import SpooledBody
from platform_extensions.projects.storage_models import stored_at
from platform_server.contents.save import Terms
from platform_server.errors import PreconditionFailed, RevisionConflict
from platform_server.projects.model import Access, ProjectId
from platform_server.projects.names import parse_path

if TYPE_CHECKING:
    from platform_server.contents.model import Entry
    from platform_server.contents.spool import Spool


class ProjectFileHandler(SpooledBody):
    """One file. ``If-Match: "<sha256>"`` and ``If-None-Match: *`` make a change conditional.

    ``?conflict=copy`` keeps a save that the condition refuses beside the file, as a conflict copy.
    """

    async def admit(self) -> None:
        """Check who asks, for what, and whether there is room, before a byte is taken."""
        await super().admit()
        if self.request.method == "PUT":
            project_id, path = self.path_args
            await self._project(project_id, Access.EDITOR)
            size = int(self.request.headers.get("Content-Length", "0"))
            quotas = self.services.contents.quotas
            await quotas.foresee(ProjectId(project_id), parse_path(path), size)
            self.open_spool()

    @web.authenticated
    async def get(self, project_id: str, path: str) -> None:
        """Send the file."""
        await self._project(project_id, Access.VIEWER)
        contents = self.services.contents
        await deliver(self, contents, await contents.latest(ProjectId(project_id), path))

    head = get

    @web.authenticated
    async def put(self, project_id: str, path: str) -> None:
        """Save the body as the file, with the folders above it."""
        async with self.received() as spool:
            entry = await self._save(ProjectId(project_id), path, spool)
        self._set_etag(entry)
        saved = SavedFileModel(**file_model(entry), stored=stored_at(self.services.keeping, entry))
        self.reply(saved, status=201 if entry.is_new else 200)

    @web.authenticated
    async def delete(self, project_id: str, path: str) -> None:
        """Delete a file, or a folder with what is in it."""
        await self._project(project_id, Access.EDITOR)
        expected = conditions_of(self.request.headers).expected
        if expected is not None:
            entry = await self.services.contents.stat(ProjectId(project_id), path)
            if entry.revision is None or entry.revision.blob != expected:
                raise PreconditionFailed
        await self.services.contents.delete(ProjectId(project_id), path)
        self.set_status(204)
        self.finish()

    async def _save(self, project_id: ProjectId, path: str, spool: Spool) -> Entry:
        conditions = conditions_of(self.request.headers)
        wants_copy = self.get_query_argument("conflict", "") == "copy"
        terms = Terms(
            author=self.principal.id,
            must_be_new=conditions.must_be_new,
            expected_blob=conditions.expected,
            conflict_copy_by=(self.principal.name or self.principal.email) if wants_copy else None,
        )
        try:
            return await self.services.contents.save(project_id, path, spool, terms)
        except RevisionConflict as error:
            raise PreconditionFailed(error.message) from error

    async def _project(self, project_id: str, needs: Access) -> None:
        await self.services.projects.get(self.principal, ProjectId(project_id), needs)

    def _set_etag(self, entry: Entry) -> None:
        etag = etag_of(entry)
        if etag is not None:
            self.set_header("Etag", etag)
