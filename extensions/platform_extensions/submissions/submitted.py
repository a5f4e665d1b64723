"""What was submitted, over HTTP: listed, read, compared; never run, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.contents import notebooks
from platform_extensions.contents.codec import NotebookCodec
from platform_extensions.contents.models import entry_model, with_json, with_text_or_bytes
from platform_extensions.files.delivery import deliver
from platform_extensions.projects.history_models import entry_then
from platform_extensions.submissions.handlers import ReviewHandler
from platform_extensions.submissions.models import submitted_model
from platform_extensions.submissions.shapes import PartsModel
from platform_server.codings import coding_for
from platform_server.contents.model import Origin, Revision
from platform_server.errors import TooLarge
from platform_server.projects.model import Access, Project, ProjectView
from platform_server.review.rendering.style import POLICY

if TYPE_CHECKING:
    from platform_extensions.contents.models import ContentsModel
    from platform_server.contents.model import Entry
    from platform_server.review.model import SubmittedFile
    from platform_server.review.rules import View
    from platform_server.review.viewer import Shown

_PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
_LARGEST = 64 * 2**20  # bytes; what is larger is downloaded
_CODEC = NotebookCodec()


class SubmittedHandler(ReviewHandler):
    """Base of what reads a round."""

    async def file(self, submission_id: str, path: str) -> tuple[View, SubmittedFile]:
        """Return one of a round's files. Raises SubmissionNotFound, FileMissing."""
        view = await self.view(submission_id)
        return view, await self.reviews.files.find(view, self.number(view), path)


class SubmittedFilesHandler(SubmittedHandler):
    """All files of a round."""

    @web.authenticated
    async def get(self, submission_id: str) -> None:
        """List them, by path. ``?round=``: of an earlier round."""
        view = await self.view(submission_id)
        files = await self.reviews.files.list(view, self.number(view))
        self.reply([submitted_model(one) for one in files])


class SubmittedContentsHandler(SubmittedHandler):
    """A file of a round as the contents API would show it, read-only and never trusted."""

    @web.authenticated
    async def get(self, submission_id: str, path: str) -> None:
        """Show it. ``?round=``: as it was in an earlier round; ``?content=0``: without content."""
        view, file = await self.file(submission_id, path)
        entry = _entry(view, file)
        model = entry_model(_as_project(view), entry)
        if self.get_query_argument("content", "1") != "0":
            model = await self._with_content(view, file, model)
        self.reply(model)

    async def _with_content(
        self, view: View, file: SubmittedFile, model: ContentsModel
    ) -> ContentsModel:
        if file.size > _LARGEST:
            raise TooLarge("That file is too large to be shown: download it instead.")
        data = await self.reviews.files.read(view, file)
        if model["type"] != "notebook":
            return with_text_or_bytes(model, data, self.get_query_argument("format", None))
        notebook, fault = await _CODEC.parse(data, file.blob)
        notebooks.mark(notebook, trusted=False)
        return with_json(model, notebook, fault)


class SubmittedRawHandler(SubmittedHandler):
    """A file of a round, byte by byte."""

    @web.authenticated
    async def get(self, submission_id: str, path: str) -> None:
        """Send it. ``?round=``: as it was in an earlier round; ``?download=1``: to be saved."""
        view, file = await self.file(submission_id, path)
        download = self.get_query_argument("download", "0") != "0"
        await deliver(self, self.services.contents, _entry(view, file), download=download)

    head = get


class ShownHandler(SubmittedHandler):
    """Base of what answers with what the viewer made once: no answer is hashed anew."""

    async def encoded(self, shown: Shown) -> bytes:
        """Return what to send to this reader, and say so in the headers."""
        self.set_header("Etag", f'"{shown.digest}"')
        self.set_header("Vary", "Accept-Encoding")
        coding = coding_for(self.request.headers.get("Accept-Encoding", ""))
        packed = await self.reviews.viewer.packed(shown, coding)
        if packed is None:
            return shown.data
        self.set_header("Content-Encoding", coding)
        return packed


class PageHandler(ShownHandler):
    """Base of what answers with a page that can do nothing, to be shown in a frame."""

    async def reply_page(self, page: Shown) -> None:
        """Answer with a page of the viewer's."""
        for name, value in _PAGE_HEADERS.items():
            self.set_header(name, value)
        self.finish_made(await self.encoded(page), "text/html; charset=UTF-8")


class SubmittedPageHandler(PageHandler):
    """A file of a round as a page."""

    @web.authenticated
    async def get(self, submission_id: str, path: str) -> None:
        """Show it: no scripts, no requests, no links. ``?round=``: as it was in an earlier round.

        Cells are at ``#cell-<number from 0>``, lines at ``#cell-0-L1`` or ``#file-L1``.
        """
        view, file = await self.file(submission_id, path)
        await self.reply_page(await self.reviews.viewer.page(view, file))


class SubmittedPartsHandler(ShownHandler):
    """A file of a round in parts, to be shown with comments between them."""

    @web.authenticated
    async def get(self, submission_id: str, path: str) -> None:
        """Show it: ``style`` and ``policy`` are those of the pages that ``html`` is meant for, and
        each of ``parts`` is a cell, or all of the file. ``?round=``: as it was in an earlier round.

        A line is a list of pieces, each with its kind (of Pygments) and its text. ``html`` has the
        outputs, or what the source looks like; it can do nothing.
        """
        view, file = await self.file(submission_id, path)
        parts = await self.reviews.viewer.parts(view, file)
        self.set_header("Cache-Control", "private, no-cache")
        self.reply_made(PartsModel, await self.encoded(parts))


def _entry(view: View, file: SubmittedFile) -> Entry:
    submitted = view.rounds[-1].submitted_at
    return entry_then(
        Revision(
            id=file.revision_id,
            project_id=view.submission.project_id,
            path=file.path,
            blob=file.blob,
            size=file.size,
            author_id=None,
            origin=Origin.API,
            created_at=submitted,
        )
    )


def _as_project(view: View) -> ProjectView:
    """Return the submission as a project at the top that can only be looked at."""
    submission = view.submission
    project = Project(
        id=submission.project_id,
        owner_id=submission.submitter_id,
        name=submission.project_name,
        created_at=submission.created_at,
        updated_at=submission.updated_at,
    )
    return ProjectView(project=project, access=Access.VIEWER, label="")
