"""Writers: each changes files of its own over the contents API until told to stop."""

from __future__ import annotations

from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from platform_server.testing.chaos.documents import Doing, name_of, version
from platform_server.testing.chaos.ledger import Kept

if TYPE_CHECKING:
    from asyncio import Event
    from random import Random

    from platform_server.testing.chaos.ledger import Ledger

FILES = 4  # of each writer
_TRY_AGAIN = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE}
_SAVED = (Doing.SAVING, Doing.SAVING, Doing.SAVING_NOTEBOOKS, Doing.UPLOADING)  # file by file


def address(path: str) -> str:
    """Return where the contents API has a path."""
    return f"/api/contents/{quote(path)}"


class Writer:
    """One of many. All it does follows from its random numbers; only the moments do not."""

    def __init__(
        self, http: httpx.AsyncClient, ledger: Ledger, folder: str, *, number: int, random: Random
    ) -> None:
        self.folder = folder
        self._http = http
        self._ledger = ledger
        self._files = ledger.files[number]
        self._number = number
        self._random = random
        self._counter = count()

    async def prepare(self) -> None:
        """Make the folder, and note the files that are to come."""
        answer = await self._http.put(address(self.folder), json={"type": "directory"})
        assert answer.is_success, answer.text
        for doing in _SAVED:
            self._files.append(Kept(path=self._new_path(doing)))

    async def work(self, stop: Event) -> None:
        """Change one file after the other, until told to stop or no answers come."""
        with self._ledger.working():
            while not stop.is_set() and (known := self._known()):
                index = self._random.choice(known)
                kept, doing = self._files[index], _SAVED[index]
                try:
                    if kept.mark is not None and self._random.random() < 1 / 4:
                        await self._rename(kept, doing)
                    else:
                        await self._save(kept, doing)
                except httpx.TransportError:
                    self._ledger.unanswered += 1
                    return

    def _known(self) -> list[int]:
        """Return which files are known to be as acknowledged."""
        return [index for index, kept in enumerate(self._files) if kept.attempt is None]

    async def _save(self, kept: Kept, doing: Doing) -> None:
        new = version(self._random, doing, next(self._counter), self._number)
        bodies = new.pieces if doing is Doing.UPLOADING else [new.model]
        with self._ledger.attempting(kept, doing, path=kept.path, mark=new.mark):
            for body in bodies:
                answer = await self._http.put(address(kept.path), json=body)
                if not answer.is_success:
                    break
        self._take(kept, answer, has_blob=True)

    async def _rename(self, kept: Kept, doing: Doing) -> None:
        new = self._new_path(doing)
        with self._ledger.attempting(kept, Doing.RENAMING, path=new, mark=kept.mark):
            answer = await self._http.patch(address(kept.path), json={"path": new})
        self._take(kept, answer, has_blob=False)

    def _take(self, kept: Kept, answer: httpx.Response, *, has_blob: bool) -> None:
        if answer.is_success:
            model: dict[str, Any] = answer.json()
            self._ledger.acknowledge(kept, model["hash"] if has_blob else None)
        elif answer.status_code in _TRY_AGAIN:
            self._ledger.refused += 1
        else:
            said = f"{answer.request.method} {kept.path}: {answer.status_code} {answer.text}"
            self._ledger.faulty.append(said)
        self._ledger.note_change()

    def _new_path(self, doing: Doing) -> str:
        return f"{self.folder}/{name_of(self._random, doing, next(self._counter))}"
