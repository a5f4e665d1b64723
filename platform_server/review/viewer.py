"""What was submitted, to look at: pages and parts that can do nothing, made once a content."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import TTLCache

from platform_server.codings import PACK
from platform_server.contents.worker_process import WorkerProcess
from platform_server.errors import TooLarge
from platform_server.review.made_once import MadeOnce

if TYPE_CHECKING:
    from platform_server.contents.model import BlobHash
    from platform_server.review.model import SubmittedFile
    from platform_server.review.rules import View
    from platform_server.review.submitted import SubmittedFiles

LARGEST = 24 * 2**20  # bytes of a file that is shown
_PATIENCE = 15.0  # seconds
_WAITING = 64  # pages that may wait for their turn
_REMEMBERED = 96 * 2**20  # bytes of pages, and as many of packed ones
_LARGEST_REMEMBERED = 48 * 2**20  # bytes; a picture takes a third more than its file
_GIVEN_UP = 4096  # files that took too long
_AGAIN = 600.0  # seconds after which one of these is tried again
_WORKER = "platform_server.review.rendering.worker"
_BUSY = "Many files are being prepared to be looked at: try again soon."
_TOO_LARGE = "That file is too large to be shown: download it instead."
_TOO_MUCH = "That file takes too long to be shown: download it instead."

Key = tuple["BlobHash", str, str]  # a file's content, the last part of its path, the form


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a file looks like."""

    data: bytes
    digest: str  # of the data, in hexadecimal


class Viewer:
    """Makes pages in a process of its own. ``aclose`` when done."""

    def __init__(self, files: SubmittedFiles) -> None:
        self._files = files
        self._worker = WorkerProcess(_WORKER, patience=_PATIENCE, waiting=_WAITING, busy=_BUSY)
        self._pages: MadeOnce[Key, Shown] = MadeOnce(_REMEMBERED, _size, most=_LARGEST_REMEMBERED)
        self._packed: MadeOnce[tuple[str, str], bytes] = MadeOnce(
            _REMEMBERED, len, most=_LARGEST_REMEMBERED
        )
        self._given_up: TTLCache[Key, bool] = TTLCache(_GIVEN_UP, _AGAIN)

    async def page(self, view: View, file: SubmittedFile) -> Shown:
        """Return a file as an HTML document in UTF-8.

        Raises TooLarge if it is, or takes too long, and TooManyRequests.
        """
        return await self._shown(view, file, "page")

    async def parts(self, view: View, file: SubmittedFile) -> Shown:
        """Return a file in parts, as JSON. Raises what ``page`` does."""
        return await self._shown(view, file, "parts")

    async def page_of(self, name: str, data: bytes) -> Shown:
        """Return what is no file of a round as a page, made anew each time.

        Raises TooLarge, TooManyRequests.
        """
        if len(data) > LARGEST:
            raise TooLarge(_TOO_LARGE)
        return await self._asked({"name": name, "form": "page"}, data)

    async def packed(self, shown: Shown, coding: str) -> bytes | None:
        """Return the data in a content coding, None if there is none, or too much to remember it.

        There is nothing in it but what was submitted, and its look: nothing of whoever asks.
        """
        if not coding or len(shown.data) > self._packed.most:
            return None
        return await self._packed.get(
            (shown.digest, coding), lambda: asyncio.to_thread(PACK[coding], shown.data)
        )

    async def aclose(self) -> None:
        """End the process. May be called twice."""
        await self._pages.aclose()
        await self._packed.aclose()
        await self._worker.aclose()

    async def _shown(self, view: View, file: SubmittedFile, form: str) -> Shown:
        key = (file.blob, file.path.rpartition("/")[2], form)
        return await self._pages.get(key, lambda: self._made(view, file, key))

    async def _made(self, view: View, file: SubmittedFile, key: Key) -> Shown:
        if file.size > LARGEST:
            raise TooLarge(_TOO_LARGE)
        if key in self._given_up:
            raise TooLarge(_TOO_MUCH)
        data = await self._files.read(view, file)
        try:
            return await self._asked({"name": key[1], "form": key[2]}, data)
        except TooLarge:
            self._given_up[key] = True
            raise

    async def _asked(self, job: dict[str, str], data: bytes) -> Shown:
        answer = await self._worker.ask(job, data)
        if answer is None:
            raise TooLarge(_TOO_MUCH)
        data = str(answer["text"]).encode(errors="replace")
        return Shown(data=data, digest=hashlib.sha256(data).hexdigest())


def _size(shown: Shown) -> int:
    return len(shown.data)
