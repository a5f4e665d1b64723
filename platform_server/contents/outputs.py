"""Saves what cells put out while no page was there to do so."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from platform_server.contents.cell_runs import NotANotebook, Placed, load, with_runs
from platform_server.contents.model import Entry, Kind, Origin
from platform_server.contents.recorded import RecordedOutputs
from platform_server.contents.save import Terms
from platform_server.contents.spool import spooled
from platform_server.errors import PlatformError, RevisionConflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.contents.cell_runs import CellRun
    from platform_server.contents.model import Revision
    from platform_server.contents.parts import Parts
    from platform_server.contents.reading import Reader
    from platform_server.contents.save import Saver
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

_LARGEST = 64 * 2**20  # bytes; a larger notebook cannot be opened either
_ATTEMPTS = 5  # while others save the same file
_LOOKED_BACK = 200  # revisions

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A notebook that somebody saves."""

    content: Any
    terms: Terms
    reader: str  # the session or token that sends it
    size: int  # bytes, about
    may_be_trusted: bool = True  # nothing is in it that the author has not seen


class OutputService:
    """Puts outputs into notebooks, as revisions of their own.

    Such a revision keeps the time of the one that it extends, so that a page which has that one
    open is not told that somebody else changed the file.
    """

    def __init__(self, parts: Parts, reader: Reader, saver: Saver) -> None:
        self._parts = parts
        self._reader = reader
        self._saver = saver
        self._recorded = RecordedOutputs()

    async def record(
        self, project_id: ProjectId, path: str, runs: Sequence[CellRun], *, author: UserId
    ) -> Entry | None:
        """Save what cells put out for the author; None when the file needs no change.

        A file that is no notebook, that is too large or does not have these cells stays as it is.
        What the author trusted stays trusted; nothing else becomes so. Raises FileMissing,
        QuotaExceeded, RevisionConflict when others do not stop saving.
        """
        for _ in range(_ATTEMPTS):
            entry = await self._reader.stat(project_id, path)
            placed = await self._placed(entry, await self._due(entry, runs, author))
            if placed is None:
                return None
            try:
                saved = await self._save(entry, placed, author)
            except RevisionConflict:
                log.debug("somebody saved a notebook while outputs were put into it")
                continue
            self._recorded.put((project_id, entry.path), placed.cells)
            return saved
        raise RevisionConflict

    def read(self, reader: str, entry: Entry) -> None:
        """Note that a session or token is given the notebook as it is now."""
        self._recorded.read((entry.project_id, entry.path), reader)

    async def terms_for(self, project_id: ProjectId, path: str, terms: Terms) -> Terms:
        """Return the terms of a save, which an extension by outputs alone does not refuse."""
        if terms.expected_blob is None:
            return terms
        revisions = await self._parts.repository.history(project_id, path, _LOOKED_BACK)
        for revision in revisions:
            if revision.blob == terms.expected_blob:
                return replace(terms, expected_blob=revisions[0].blob)
            if revision.origin is not Origin.RECORDER:
                break
        return terms

    async def with_recorded(self, project_id: ProjectId, path: str, sent: Sent) -> Sent:
        """Return what a page saves with the recorded outputs that it cannot have.

        If there are any, the terms say that the file must not change meanwhile: ask again on
        RevisionConflict.
        """
        place, user_id = (project_id, path), sent.terms.author
        if user_id is None or not self._recorded.concerns(place) or not _is_notebook(sent.content):
            return sent
        try:
            entry = await self._reader.stat(project_id, path)
            data = await self._reader.bytes_of(entry)
            present = await asyncio.to_thread(load, data)
        except (PlatformError, NotANotebook):
            return sent
        kept = await asyncio.to_thread(
            self._recorded.kept, place, sent.reader, sent.content, present
        )
        if kept is sent.content or entry.revision is None:
            return sent
        return Sent(
            content=kept,
            terms=replace(sent.terms, expected=entry.revision.id),
            reader=sent.reader,
            size=sent.size + len(data),
            may_be_trusted=await self._is_trusted(user_id, entry),
        )

    async def _due(self, entry: Entry, runs: Sequence[CellRun], author: UserId) -> list[CellRun]:
        """Return the runs that the author's page has not saved since it had all of them.

        Where others have saved since, what they show is not replaced.
        """
        if all(one.seen_at is None for one in runs):
            return list(runs)
        revisions = await self._parts.repository.history(entry.project_id, entry.path, _LOOKED_BACK)
        saves = [one for one in revisions if one.origin is not Origin.RECORDER]
        own = [one for one in saves if one.author_id == author]
        return [
            replace(one, fills_only=_has_since(saves, one))
            for one in runs
            if not _has_since(own, one)
        ]

    async def _placed(self, entry: Entry, runs: Sequence[CellRun]) -> Placed | None:
        is_usable = entry.kind is Kind.FILE and entry.revision is not None
        if not runs or not is_usable or (entry.size or 0) > _LARGEST:
            return None
        data = await self._reader.bytes_of(entry)
        try:
            placed = await asyncio.to_thread(with_runs, data, runs)
        except NotANotebook:
            return None
        return placed if placed is not None and len(placed.data) <= _LARGEST else None

    async def _save(self, entry: Entry, placed: Placed, author: UserId) -> Entry:
        assert entry.revision is not None
        terms = Terms(
            author=author,
            origin=Origin.RECORDER,
            expected=entry.revision.id,
            make_parents=False,
            trusted=await self._is_trusted(author, entry),
        )
        limit = self._parts.limits.file
        async with aclosing(
            await spooled(placed.data, self._parts.spool_folder, limit=limit)
        ) as spool:
            return await self._saver.save(entry.project_id, entry.path, spool, terms)

    async def _is_trusted(self, user_id: UserId, entry: Entry) -> bool:
        return entry.revision is not None and await self._parts.repository.is_trusted(
            user_id, entry.project_id, entry.path, entry.revision.blob
        )


def _has_since(saves: Sequence[Revision], run: CellRun) -> bool:
    """Tell whether the newest of the saves came after a page had all of the run."""
    return bool(saves) and run.seen_at is not None and saves[0].created_at > run.seen_at


def _is_notebook(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("cells"), list)
