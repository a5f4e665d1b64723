"""The files of a round: listed, read and compared, never run, and checked to be what they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from platform_server.contents.differ import LARGEST, Diff, DiffKind, Side
from platform_server.errors import FileMissing, SubmissionDamaged, TooLarge
from platform_server.projects.names import composed, parse_path
from platform_server.review.manifest import digest_of
from platform_server.review.model import SubmittedFile
from platform_server.review.rules import require_round

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.contents.blobs import BlobStore
    from platform_server.contents.model import Entry
    from platform_server.projects.model import ProjectId
    from platform_server.review.model import Round
    from platform_server.review.repository import SubmissionRepository
    from platform_server.review.rules import View

Files: TypeAlias = list[SubmittedFile]


class Comparer(Protocol):
    """Compares two states of a file; the contents' differ is one."""

    async def compare(self, old: Side, new: Side, *, is_notebook: bool) -> Diff:
        """Return what differs. Raises TooManyRequests."""


class Now(Protocol):
    """A project's present files; the contents service is one."""

    async def latest(self, project_id: ProjectId, path: str) -> Entry:
        """Return what is at the path, for whoever reads its bytes. Raises FileMissing."""

    async def bytes_of(self, entry: Entry) -> bytes:
        """Return the bytes of exactly this entry. Raises WrongKind, TooLarge."""


class SubmittedFiles:
    """What was submitted. Who may look is decided by whoever made the view."""

    def __init__(
        self, repository: SubmissionRepository, blobs: BlobStore, differ: Comparer, present: Now
    ) -> None:
        self._repository = repository
        self._blobs = blobs
        self._differ = differ
        self._present = present

    async def list(self, view: View, number: int) -> Files:
        """Return a round's files, by path. Raises SubmissionNotFound, SubmissionDamaged."""
        return await self.of_round(require_round(view, number))

    async def of_round(self, submitted: Round) -> Files:
        """Return a round's files, by path. Raises SubmissionDamaged."""
        files = await self._repository.files(submitted.submission_id, submitted.number)
        if digest_of(files) != submitted.digest:
            raise SubmissionDamaged
        return files

    async def find(self, view: View, number: int, path: str) -> SubmittedFile:
        """Return one of a round's files. Raises FileMissing, SubmissionNotFound."""
        wanted = {parse_path(path), composed(parse_path(path))}
        for one in await self.list(view, number):
            if one.path in wanted:
                return one
        raise FileMissing

    def open(self, view: View, file: SubmittedFile) -> AsyncIterator[bytes]:
        """Return a file's bytes in pieces; the last one only if they are what was submitted."""
        return self.pieces(view.submission.project_id, file)

    def pieces(self, project_id: ProjectId, file: SubmittedFile) -> AsyncIterator[bytes]:
        """Return the bytes of a file of a project's round in pieces, as ``open`` does."""
        return self._blobs.open(project_id, file.blob)

    async def read(self, view: View, file: SubmittedFile) -> bytes:
        """Return the bytes of a file that fits into memory."""
        return b"".join([piece async for piece in self.open(view, file)])

    async def compare(self, view: View, path: str, *, old: int | None, new: int | None) -> Diff:
        """Return what differs in a file between two rounds; ``old`` None: and nothing; ``new``
        None: and the project now.

        A file that one of them does not have counts as empty. Raises FileMissing if neither has it,
        TooManyRequests.
        """
        try:
            before = None if old is None else await self._then(view, old, path)
            after = await (self._now(view, path) if new is None else self._then(view, new, path))
        except TooLarge:
            return Diff(kind=DiffKind.TOO_LARGE)
        if before is None and after is None:
            raise FileMissing
        sides = [one or Side(name=f"{path}\t(not there)", data=b"") for one in (before, after)]
        both = before is not None and after is not None
        return await self._differ.compare(
            *sides, is_notebook=both and path.lower().endswith(".ipynb")
        )

    async def _then(self, view: View, number: int, path: str) -> Side | None:
        try:
            file = await self.find(view, number, path)
        except FileMissing:
            return None
        if file.size > LARGEST:
            raise TooLarge
        return Side(name=f"{file.path}\tround {number}", data=await self.read(view, file))

    async def _now(self, view: View, path: str) -> Side | None:
        try:
            entry = await self._present.latest(view.submission.project_id, path)
        except FileMissing:
            return None
        if (entry.size or 0) > LARGEST:
            raise TooLarge
        return Side(name=f"{entry.path}\tnow", data=await self._present.bytes_of(entry))
