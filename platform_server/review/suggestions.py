"""What a reviewer suggested, taken over into the project by those whose work it is."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Protocol

from platform_server.errors import Conflict, FileMissing, InvalidInput
from platform_server.projects.model import Access, ProjectId
from platform_server.review.anchors import source_of
from platform_server.review.rules import require_maker

if TYPE_CHECKING:
    from typing import Any

    from platform_server.contents.model import Entry, RevisionId
    from platform_server.identity.model import UserId
    from platform_server.review.discussion import DiscussionService
    from platform_server.review.model import Anchor, CommentId, Thread
    from platform_server.review.rules import View
    from platform_server.review.service import Projects

_NOTHING = "There is no suggestion in that comment."
_CHANGED = "What the suggestion is about has been changed since: make the change by hand."
_AGAIN = "The suggestion was taken over already."


class Files(Protocol):
    """A project's present files; the contents service is one."""

    async def stat(self, project_id: ProjectId, path: str) -> Entry:
        """Return what is at the path. Raises FileMissing."""

    async def bytes_of(self, entry: Entry) -> bytes:
        """Return the bytes of exactly this entry."""

    async def write(
        self,
        project_id: ProjectId,
        path: str,
        data: bytes,
        *,
        author: UserId | None,
        expected: RevisionId | None = None,
    ) -> Entry:
        """Save a file over the revision that is expected. Raises RevisionConflict."""


class SuggestionService:
    """Puts what is suggested in the place of what it is about, if that is still there."""

    def __init__(self, discussion: DiscussionService, projects: Projects, files: Files) -> None:
        self._discussion = discussion
        self._projects = projects
        self._files = files

    async def apply(self, view: View, comment_id: CommentId) -> tuple[Thread, Entry]:
        """Save the file with the suggestion, which resolves the thread. Editors only.

        Raises ThreadNotFound, AccessDenied, FileMissing, and Conflict if the place has changed.
        """
        require_maker(view)
        project_id = view.submission.project_id
        await self._projects.get(view.viewer, project_id, Access.EDITOR)
        thread, comment = await self._discussion.find(view, comment_id)
        if comment.suggestion is None or thread.anchor.path is None:
            raise InvalidInput(_NOTHING)
        if thread.applied_at is not None:
            raise Conflict(_AGAIN)
        entry = await self._files.stat(project_id, thread.anchor.path)
        if entry.revision is None:
            raise FileMissing
        data = await self._files.bytes_of(entry)
        changed = await asyncio.to_thread(replaced, data, thread.anchor, comment.suggestion)
        saved = await self._files.write(
            project_id, entry.path, changed, author=view.viewer.id, expected=entry.revision.id
        )
        return await self._discussion.applied(view, thread), saved


def replaced(data: bytes, anchor: Anchor, suggestion: str) -> bytes:
    """Return a file with the suggestion in the anchor's place. Raises Conflict if that is gone."""
    if anchor.cell_id is None:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise Conflict(_CHANGED) from error
        return _with(text, anchor, suggestion).encode()
    notebook = _notebook(data)
    for cell in notebook.get("cells", ()):
        if isinstance(cell, dict) and cell.get("id") == anchor.cell_id:
            cell["source"] = _with(source_of(cell), anchor, suggestion)
            return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()
    raise Conflict(_CHANGED)


def _notebook(data: bytes) -> dict[str, Any]:
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Conflict(_CHANGED) from error
    if not isinstance(notebook, dict):
        raise Conflict(_CHANGED)
    return notebook


def _with(text: str, anchor: Anchor, suggestion: str) -> str:
    """Return the text with what is quoted replaced: at its lines, or where alone it is now."""
    if anchor.line is None:
        if text != anchor.quote:
            raise Conflict(_CHANGED)
        return suggestion
    lines, quote = text.split("\n"), anchor.quote.split("\n")
    starts = [
        start
        for start in range(len(lines) - len(quote) + 1)
        if lines[start : start + len(quote)] == quote
    ]
    if anchor.line - 1 in starts:
        starts = [anchor.line - 1]
    if len(starts) != 1:
        raise Conflict(_CHANGED)
    lines[starts[0] : starts[0] + len(quote)] = suggestion.split("\n")
    return "\n".join(lines)
