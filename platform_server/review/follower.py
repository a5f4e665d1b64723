"""Where threads of earlier rounds are in a later one; what was found once is remembered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from cachetools import LRUCache

from platform_server.errors import FileMissing
from platform_server.review.following import Place, followed
from platform_server.review.lines import Fate
from platform_server.review.rules import require_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.contents.model import BlobHash
    from platform_server.review.model import Anchor, SubmittedFile
    from platform_server.review.rules import View
    from platform_server.review.submitted import SubmittedFiles

_REMEMBERED = 8192  # places
_LARGEST = 16 * 2**20  # bytes of a file in which places are looked for

Wanted = tuple[int, "Anchor"]  # the number of a round, and a place in it


class Follower:
    """Follows places from round to round. Bytes of a hash never change: nor do answers."""

    def __init__(self, files: SubmittedFiles) -> None:
        self._files = files
        self._known: LRUCache[tuple[BlobHash, BlobHash, Anchor], Place] = LRUCache(_REMEMBERED)

    async def places(self, view: View, wanted: Sequence[Wanted], number: int) -> list[Place]:
        """Return where each place is in a round, in the same order.

        Raises SubmissionNotFound, SubmissionDamaged.
        """
        require_round(view, number)
        if not wanted:
            return []
        rounds = {one for one, _ in wanted} | {number}
        files = {one: await self._files.list(view, one) for one in sorted(rounds)}
        return [
            await self._place(view, files[then], files[number], anchor) for then, anchor in wanted
        ]

    async def _place(
        self,
        view: View,
        before: Sequence[SubmittedFile],
        after: Sequence[SubmittedFile],
        anchor: Anchor,
    ) -> Place:
        if anchor.path is None:
            return Place(fate=Fate.SAME, anchor=anchor)
        old = _at(before, anchor.path)
        new = _same_file(old, after)
        if new is None:
            return Place(fate=Fate.OUTDATED, anchor=anchor)
        if (old.blob, old.path) == (new.blob, new.path):
            return Place(fate=Fate.SAME, anchor=anchor)
        place = await self._followed(view, old, new, anchor)
        return _in_file(place, new.path, is_moved=new.path != old.path)

    async def _followed(
        self, view: View, old: SubmittedFile, new: SubmittedFile, anchor: Anchor
    ) -> Place:
        if old.blob == new.blob:
            return Place(fate=Fate.SAME, anchor=anchor)
        key = (old.blob, new.blob, anchor)
        if key not in self._known:
            if max(old.size, new.size) > _LARGEST:
                return Place(fate=Fate.CHANGED, anchor=anchor)
            states = [await self._files.read(view, one) for one in (old, new)]
            self._known[key] = await asyncio.to_thread(followed, anchor, *states)
        return self._known[key]


def _at(files: Sequence[SubmittedFile], path: str) -> SubmittedFile:
    for one in files:
        if one.path == path:
            return one
    raise FileMissing


def _same_file(old: SubmittedFile, files: Sequence[SubmittedFile]) -> SubmittedFile | None:
    """Return what became of a file: it may have another name now."""
    by_history = [one for one in files if one.history == old.history]
    by_path = [one for one in files if one.path == old.path]
    return next(iter((*by_history, *by_path)), None)


def _in_file(place: Place, path: str, *, is_moved: bool) -> Place:
    fate = Fate.MOVED if is_moved and place.fate is Fate.SAME else place.fate
    return Place(fate=fate, anchor=replace(place.anchor, path=path))
