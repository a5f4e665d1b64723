"""What the server acknowledged, file by file; and what may have happened besides. No I/O."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from platform_server.testing.chaos.documents import Doing

_PATIENCE = 60.0  # seconds that something may take which has to happen

State = dict[str, str]  # marks by path


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A change that was asked for and not answered: it may have taken effect, or not."""

    path: str  # where the file is afterwards
    mark: str | None  # what it holds then


@dataclass(kw_only=True)
class Kept:
    """One file as its writer knows it. Nobody else changes it."""

    path: str
    mark: str | None = None  # of what it holds; None: it is not there yet
    blobs: list[str] = field(default_factory=list)  # SHA-256 of each acknowledged save, in order
    attempt: Attempt | None = None

    def possible(self) -> list[State]:
        """Return what there may be at the file's paths: the acknowledged state first."""
        states = [_state(self.path, self.mark)]
        if self.attempt is not None:
            states.append(_state(self.attempt.path, self.attempt.mark))
        return states

    def settle(self, seen: Mapping[str, str], *, may_be_late: bool = False) -> bool:
        """Take what is there for a fact. False: it is neither what was nor what was asked for.

        What was asked for ``may_be_late``: a server goes on with it after its client has gone.
        """
        attempt, self.attempt = self.attempt, None
        paths = {self.path} | ({attempt.path} if attempt else set())
        present = {path: mark for path, mark in seen.items() if path in paths}
        if present == _state(self.path, self.mark):
            self.attempt = attempt if may_be_late else None
            return True
        if attempt is not None and present == _state(attempt.path, attempt.mark):
            self.path, self.mark = attempt.path, attempt.mark
            return True
        return False


class Ledger:
    """The files of all writers, with what is under way and how often what happened."""

    def __init__(self, writers: int) -> None:
        self.files: list[list[Kept]] = [[] for _ in range(writers)]
        self.acknowledged = 0
        self.refused = 0  # with a reason that says to try again
        self.unanswered = 0
        self.faulty: list[str] = []  # answers that nobody can explain
        self.under_way: Counter[Doing] = Counter()
        self.at_work = 0  # writers
        self._changed = asyncio.Event()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count a writer in."""
        self.at_work += 1
        try:
            yield
        finally:
            self.at_work -= 1
            self.note_change()

    @contextmanager
    def attempting(
        self, kept: Kept, doing: Doing, *, path: str, mark: str | None
    ) -> Iterator[None]:
        """Note that something is asked for, while it is."""
        kept.attempt = Attempt(path=path, mark=mark)
        self.under_way[doing] += 1
        self.note_change()
        try:
            yield
        finally:
            self.under_way[doing] -= 1
            self.note_change()

    def acknowledge(self, kept: Kept, blob: str | None) -> None:
        """Note that what was asked for was done; it must never be lost from now on."""
        assert kept.attempt is not None
        kept.path, kept.mark, kept.attempt = kept.attempt.path, kept.attempt.mark, None
        if blob is not None:
            kept.blobs.append(blob)
        self.acknowledged += 1
        self.note_change()

    def note_change(self) -> None:
        """Let those look who wait for something."""
        self._changed.set()

    def are_stuck(self) -> bool:
        """Tell whether every writer waits for an answer, or gave up."""
        return self.under_way.total() == self.at_work

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds, which is looked at with each change."""
        async with asyncio.timeout(_PATIENCE):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


def _state(path: str, mark: str | None) -> State:
    return {} if mark is None else {path: mark}
