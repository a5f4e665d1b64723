"""Compares states of files, in bounded time, without holding up anybody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Any

from platform_server.contents import diffs
from platform_server.contents.worker_process import WorkerProcess

LARGEST = 8 * 2**20  # bytes of a file that is compared
PATIENCE = 15.0  # seconds
_WAITING = 8  # comparisons that may wait for their turn
_BUSY = "Many files are being compared: try again soon."
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

    ``aclose`` when done.
    """

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._worker = WorkerProcess(_WORKER, patience=patience, waiting=_WAITING, busy=_BUSY)

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
        names = (old.name, new.name)
        job = {"names": names, "is_notebook": is_notebook}
        answer = await self._worker.ask(job, old.data, new.data)
        if answer is None:
            rough = await asyncio.to_thread(diffs.coarse, before, after, names)
            return Diff(kind=DiffKind.TEXT, unified=rough, is_coarse=True)
        kind = DiffKind.TEXT if answer["notebook"] is None else DiffKind.NOTEBOOK
        return Diff(kind=kind, unified=answer["unified"], notebook=answer["notebook"])

    async def aclose(self) -> None:
        """End the process. May be called twice."""
        await self._worker.aclose()
