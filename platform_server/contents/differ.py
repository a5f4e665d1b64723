"""Compares states of files, in bounded time, without holding up anybody else."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from platform_server.contents import diffs
from platform_server.errors import TooManyRequests

if TYPE_CHECKING:
    from asyncio.subprocess import Process

LARGEST = 8 * 2**20  # bytes of a file that is compared
PATIENCE = 15.0  # seconds
_WAITING = 8  # comparisons that may wait for their turn
_ANSWER = 64 * 2**20  # bytes
_WORKER = "platform_server.contents.diff_worker"


class DiffKind(Enum):
    """In which way two states differ."""

    SAME = "same"
    TEXT = "text"
    NOTEBOOK = "notebook"
    BINARY = "binary"  # one of them is not text: nothing is said about what differs
    TOO_LARGE = "too large"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two states."""

    name: str  # to show
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Diff:
    """What differs."""

    kind: DiffKind
    unified: str | None = None
    notebook: Any = None  # as nbdime has it; JSON
    is_coarse: bool = False  # comparing exactly would have taken too long


class Differ:
    """Compares in a process of its own, which is killed when it takes too long or too much.

    It is started when it is needed. ``aclose`` when done.
    """

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def compare(self, old: Side, new: Side, *, is_notebook: bool) -> Diff:
        """Return what differs. Raises TooManyRequests.

        What cannot be compared in time is compared coarsely: as one change from the first
        difference to the last.
        """
        if old.data == new.data:
            return Diff(kind=DiffKind.SAME)
        if max(len(old.data), len(new.data)) > LARGEST:
            return Diff(kind=DiffKind.TOO_LARGE)
        before, after = diffs.text_of(old.data), diffs.text_of(new.data)
        if before is None or after is None:
            return Diff(kind=DiffKind.BINARY)
        answer = await self._asked(old, new, is_notebook=is_notebook)
        names = (old.name, new.name)
        if answer is None:
            rough = await asyncio.to_thread(diffs.coarse, before, after, names)
            return Diff(kind=DiffKind.TEXT, unified=rough, is_coarse=True)
        kind = DiffKind.TEXT if answer["notebook"] is None else DiffKind.NOTEBOOK
        return Diff(kind=kind, unified=answer["unified"], notebook=answer["notebook"])

    async def aclose(self) -> None:
        """End the process. May be called twice."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def _asked(self, old: Side, new: Side, *, is_notebook: bool) -> dict[str, Any] | None:
        """Return what the process answers, None if it does not."""
        if self._waiting >= _WAITING:
            raise TooManyRequests("Many files are being compared: try again soon.", retry_after=5)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._ask(old, new, is_notebook=is_notebook)
        finally:
            self._waiting -= 1

    async def _ask(self, old: Side, new: Side, *, is_notebook: bool) -> dict[str, Any] | None:
        job = {
            "sizes": [len(old.data), len(new.data)],
            "names": [old.name, new.name],
            "is_notebook": is_notebook,
        }
        is_answered = False
        try:
            async with asyncio.timeout(self._patience):
                line = await self._exchange(f"{json.dumps(job)}\n".encode(), old.data, new.data)
            is_answered = line.endswith(b"\n")
            return dict(json.loads(line)) if is_answered else None
        except (TimeoutError, OSError, ValueError):  # too slow, it died, too long an answer
            return None
        finally:
            if not is_answered:
                await self.aclose()

    async def _exchange(self, *pieces: bytes) -> bytes:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        for piece in pieces:
            process.stdin.write(piece)
            await process.stdin.drain()
        return await process.stdout.readline()

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", _WORKER),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={},
                limit=_ANSWER,
            )
        return self._process
