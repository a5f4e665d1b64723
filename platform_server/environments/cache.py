"""Files of the index, on this machine's disk, for all projects: each fetched once and verified."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING, BinaryIO

from platform_server.errors import PackageIndexUnavailable, TooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    Progress = Callable[[int], None]

_PARTIAL = ".partial"


class FileCache:
    """A folder of files named by their SHA-256. What was used longest ago makes room."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        self._folder = folder
        self._limit = limit  # bytes of all files
        self._fetching: dict[str, asyncio.Task[Path]] = {}

    def start(self) -> None:
        """Make the folder, and drop what an earlier process began to fetch."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.glob(f"*{_PARTIAL}"):
            path.unlink()

    async def aclose(self) -> None:
        """Give up fetching."""
        for task in list(self._fetching.values()):
            task.cancel()
        await asyncio.gather(*self._fetching.values(), return_exceptions=True)

    def find(self, digest: str) -> Path | None:
        """Return the file with the digest if it is here, and note that it is in use."""
        path = self._folder / digest
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        return path

    async def get(
        self, digest: str, read: Callable[[], AsyncIterator[bytes]], *, limit: int, told: Progress
    ) -> Path:
        """Return the file with the digest, fetched if it is not here.

        Many who want the same file share one fetch. ``told`` gets the bytes that came so far.
        Raises TooLarge, PackageIndexUnavailable (also for other bytes than those promised), and
        what ``read`` raises.
        """
        found = self.find(digest)
        if found is not None:
            return found
        task = self._fetching.get(digest)
        if task is None:
            task = asyncio.create_task(self._fetch(digest, read, limit, told))
            self._fetching[digest] = task
            task.add_done_callback(lambda _done: self._fetching.pop(digest, None))
        return await asyncio.shield(task)

    async def _fetch(
        self, digest: str, read: Callable[[], AsyncIterator[bytes]], limit: int, told: Progress
    ) -> Path:
        partial = self._folder / f"{secrets.token_hex(8)}{_PARTIAL}"
        seen, size = hashlib.sha256(), 0
        try:
            with partial.open("xb") as target:
                async with aclosing(read()) as pieces:  # type: ignore[type-var]  # a generator
                    async for piece in pieces:
                        size += len(piece)
                        if size > limit:
                            raise TooLarge("That file is larger than this server fetches.")
                        await asyncio.to_thread(_add, target, seen, piece)
                        told(size)
            if seen.hexdigest() != digest:
                raise PackageIndexUnavailable("The index sent other bytes than it promised.")
            partial.replace(self._folder / digest)
        finally:
            partial.unlink(missing_ok=True)
        await asyncio.to_thread(self._make_room, digest)
        return self._folder / digest

    def _make_room(self, newest: str) -> None:
        """Drop what was used longest ago until the rest is within the limit."""
        files = []
        for entry in os.scandir(self._folder):
            with contextlib.suppress(FileNotFoundError):
                files.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self._limit:
                return
            if not path.endswith((newest, _PARTIAL)):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)  # noqa: PTH108 - scandir gives text
                total -= size


def _add(target: BinaryIO, seen: hashlib._Hash, piece: bytes) -> None:
    target.write(piece)
    seen.update(piece)
