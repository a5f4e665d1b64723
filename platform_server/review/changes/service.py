"""What changed between rounds: which files, and in each of them what deserves a second look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from platform_server.contents.differ import LARGEST
from platform_server.contents.worker_process import WorkerProcess
from platform_server.errors import FileMissing, InvalidInput
from platform_server.review.changes.files import ChangedFile, changed_files

if TYPE_CHECKING:
    from platform_server.review.discussion import DiscussionService
    from platform_server.review.model import SubmittedFile
    from platform_server.review.repository import SubmissionRepository
    from platform_server.review.rules import View
    from platform_server.review.submitted import SubmittedFiles

_PATIENCE = 10.0  # seconds for one file
_WAITING = 32  # files that may wait for their turn
_BUSY = "Many changes are being looked at: try again soon."
_WORKER = "platform_server.review.changes.worker"
_NOT_SUBMITTED = "Only its makers may look at what was not submitted."

Findings: TypeAlias = "dict[str, Any] | None"
ChangedFiles: TypeAlias = list[ChangedFile]


@dataclass(frozen=True, kw_only=True)
class Span:
    """From which state to which one something is compared."""

    old: int | None  # a round; None: nothing, so that all is new
    new: int | None  # a round; None: the project as it is now


class ChangesService:
    """Compares rounds. ``aclose`` when done."""

    def __init__(
        self,
        files: SubmittedFiles,
        repository: SubmissionRepository,
        discussion: DiscussionService,
    ) -> None:
        self._files = files
        self._repository = repository
        self._discussion = discussion
        self._worker = WorkerProcess(_WORKER, patience=_PATIENCE, waiting=_WAITING, busy=_BUSY)

    async def aclose(self) -> None:
        """End the process that looks. May be called twice."""
        await self._worker.aclose()

    async def last_seen(self, view: View, number: int) -> int | None:
        """Return the last round before this one that the viewer decided about or commented on."""
        mine = {one.round for one in view.decisions if one.reviewer_id == view.viewer.id}
        for thread in await self._discussion.list(view):
            for comment in thread.comments:
                if comment.author_id == view.viewer.id:
                    then = [
                        one.number for one in view.rounds if one.submitted_at <= comment.created_at
                    ]
                    mine.add(max(then, default=thread.round))
        return max((one for one in mine if one < number), default=None)

    async def files(self, view: View, span: Span) -> ChangedFiles:
        """Return the files that differ. Raises SubmissionNotFound, SubmissionDamaged."""
        require_submitted(view, span)
        old = [] if span.old is None else await self._files.list(view, span.old)
        if span.new is None:
            return changed_files(old, await self._repository.present(view.submission.project_id))
        return changed_files(old, await self._files.list(view, span.new))

    async def findings(self, view: View, path: str, span: Span) -> Findings:
        """Return what ``findings_of`` says of a file; None if it is too large, or takes too long.

        Raises SubmissionNotFound, FileMissing, TooManyRequests.
        """
        require_submitted(view, span)
        old = await self._data(view, path, span.old) if span.old is not None else b""
        new = await self._data(view, path, span.new)
        if old is None or new is None or max(len(old), len(new)) > LARGEST:
            return None
        job = {"is_notebook": path.lower().endswith(".ipynb")}
        return await self._worker.ask(job, old, new)

    async def _data(self, view: View, path: str, number: int | None) -> bytes | None:
        """Return a file's bytes, b"" if it is not there, None if it is too large."""
        try:
            file = await self._find(view, path, number)
        except FileMissing:
            return b""
        return None if file.size > LARGEST else await self._files.read(view, file)

    async def _find(self, view: View, path: str, number: int | None) -> SubmittedFile:
        if number is not None:
            return await self._files.find(view, number, path)
        for one in await self._repository.present(view.submission.project_id):
            if one.path == path:
                return one
        raise FileMissing


def require_submitted(view: View, span: Span) -> None:
    """Raise InvalidInput for who asks for what was not submitted and is not theirs."""
    if span.new is None and not view.is_maker:
        raise InvalidInput(_NOT_SUBMITTED)
