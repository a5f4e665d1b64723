"""``/api/projects/{id}/history`` and what belongs to it: earlier states of files."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.contents.tree import Found, Query
from platform_extensions.files.delivery import deliver
from platform_extensions.projects.history_models import (
    FileToRestore,
    HistoryModel,
    diff_model,
    entry_then,
    page_model,
    revision_model,
)
from platform_extensions.projects.models import file_model
from platform_server.contents.differ import LARGEST, Diff, DiffKind, Side
from platform_server.contents.model import Kind, RevisionId
from platform_server.errors import FileMissing, InvalidInput, WrongKind
from platform_server.projects.model import Access, ProjectId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_extensions.contents.manager import PlatformContents
    from platform_server.contents.model import Entry
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectView

__all__ = [
    "DiffHandler",
    "GoneHandler",
    "HistoryHandler",
    "PastHandler",
    "RestoreHandler",
    "RevisionHandler",
]

_PAGE = 50
_MOST = 500
_NOW = "now"


class PastHandler(PlatformHandler):
    """Base of what looks at a project's past."""

    async def view(self, project_id: str, needs: Access = Access.VIEWER) -> ProjectView:
        """Return the project. Raises ProjectNotFound, AccessDenied."""
        return await self.services.projects.get(self.principal, ProjectId(project_id), needs)

    async def names(self, view: ProjectView) -> Mapping[UserId, str]:
        """Return what the project's members are called."""
        members = await self.services.projects.members(self.principal, view.project.id)
        return {member.user_id: member.name or member.email for member in members}

    def limit(self) -> int:
        """Return how much a page has. Raises InvalidInput."""
        value = self.get_query_argument("limit", str(_PAGE))
        if not value.isascii() or not value.isdecimal() or not 0 < int(value) <= _MOST:
            raise InvalidInput(f'"limit" is a number from 1 to {_MOST}.')
        return int(value)

    def before(self) -> RevisionId | None:
        """Return the revision that a page begins after."""
        value = self.get_query_argument("before", None)
        return None if value is None else RevisionId(value)


class HistoryHandler(PastHandler):
    """The revisions of a file, or of the whole project."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """List them, newest first. ``?limit=&before=``: by pages.

        ``?path=``: of one file, with the conflict copies beside it.
        """
        view = await self.view(project_id)
        names = await self.names(view)
        limit, before = self.limit(), self.before()
        path = self.get_query_argument("path", None)
        history = self.services.contents.history
        if path is None:
            found = await history.of_project(view.project.id, limit=limit + 1, before=before)
            self.reply(page_model(found, limit, names))
            return
        if before is None:
            await self._take_over(view.project.id, path)
        found = await history.list(view.project.id, path, limit=limit + 1, before=before)
        copies = await history.conflict_copies(view.project.id, path)
        copy_models = [revision_model(one, names) for one in copies]
        page = page_model(found, limit, names)
        self.reply(HistoryModel(**page, conflict_copies=copy_models))

    async def _take_over(self, project_id: ProjectId, path: str) -> None:
        """Let what code has just written, and what waits to be saved, be a revision."""
        with suppress(FileMissing):
            await self.services.contents.latest(project_id, path)


class GoneHandler(PastHandler):
    """Files that are there no longer."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """List their last revisions, newest first. ``?limit=&before=``: by pages."""
        view = await self.view(project_id)
        limit = self.limit()
        found = await self.services.contents.history.gone(
            view.project.id, limit=limit + 1, before=self.before()
        )
        self.reply(page_model(found, limit, await self.names(view)))


class RevisionHandler(PastHandler):
    """One revision."""

    @web.authenticated
    async def get(self, project_id: str, revision_id: str) -> None:
        """Send its bytes, to be saved with ``?download=1``. ``?format=model``: as the contents API
        would; ``?format=about``: a line of the history.
        """
        view = await self.view(project_id)
        contents = self.services.contents
        revision = await contents.history.get(view.project.id, RevisionId(revision_id))
        entry, wanted = entry_then(revision), self.get_query_argument("format", "raw")
        if wanted == "raw":
            download = self.get_query_argument("download", "0") == "1"
            await deliver(self, contents, entry, download=download)
        elif wanted == "about":
            self.reply(revision_model(revision, await self.names(view)))
        elif wanted == "model":
            await self._send_model(view, entry)
        else:
            raise InvalidInput('"format" is raw, model or about.')

    head = get

    async def _send_model(self, view: ProjectView, entry: Entry) -> None:
        tree = cast("PlatformContents", self.contents_manager).tree
        model = await tree.model(self.principal, Found(view=view, entry=entry), Query())
        self.reply(model)


class DiffHandler(PastHandler):
    """What is different between two revisions, or a revision and now."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """Compare ``?path=&from=REVISION&to=REVISION``; ``to`` may be left out, or "now"."""
        view = await self.view(project_id)
        path = self.get_query_argument("path")
        old = await self._then(view.project.id, self.get_query_argument("from"))
        wanted = self.get_query_argument("to", _NOW)
        contents = self.services.contents
        if wanted == _NOW:
            new = await contents.latest(view.project.id, path)
        else:
            new = await self._then(view.project.id, wanted)
        self.reply(diff_model(await self._compare(old, new)))

    async def _then(self, project_id: ProjectId, revision_id: str) -> Entry:
        history = self.services.contents.history
        return entry_then(await history.get(project_id, RevisionId(revision_id)))

    async def _compare(self, old: Entry, new: Entry) -> Diff:
        if new.kind is not Kind.FILE:
            raise WrongKind(f'"{new.path}" is a folder: only files can be compared.')
        if max(old.size or 0, new.size or 0) > LARGEST:
            return Diff(kind=DiffKind.TOO_LARGE)
        contents = self.services.contents
        sides = [Side(name=_title(one), data=await contents.bytes_of(one)) for one in (old, new)]
        is_notebook = all(one.path.endswith(".ipynb") for one in (old, new))
        return await contents.differ.compare(*sides, is_notebook=is_notebook)


class RestoreHandler(PastHandler):
    """An earlier state of a file, brought back."""

    @web.authenticated
    async def post(self, project_id: str) -> None:
        """Save a revision at a path, as a new revision. Editors only.

        ``"new": true``: only where there is nothing.
        """
        view = await self.view(project_id, Access.EDITOR)
        wanted = self.body(FileToRestore)
        entry = await self.services.contents.history.restore(
            view.project.id,
            wanted.path,
            RevisionId(wanted.revision),
            author=self.principal.id,
            must_be_new=wanted.new,
        )
        self.reply(file_model(entry))


def _title(entry: Entry) -> str:
    return f"{entry.path}\t{entry.modified_at:%Y-%m-%d %H:%M:%S}"
