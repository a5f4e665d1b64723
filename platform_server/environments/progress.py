"""How an installation goes: what is said of it, from its beginning to its end."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.environments.service import PackageEvent

_PACE = 0.25  # seconds between two words about one file that is on its way
_MOST = 5000  # words kept; what comes beyond them is the end only


class Phase(Enum):
    """Where an installation is."""

    STARTING = "starting"  # its sandbox
    RESOLVING = "resolving"  # which versions fit together
    DOWNLOADING = "downloading"
    INSTALLING = "installing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDS = frozenset({Phase.DONE, Phase.FAILED, Phase.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class Change:
    """A package that an installation changed."""

    name: str
    before: str | None  # its version; None: it was not there
    after: str | None  # None: it is not there any more


@dataclass(frozen=True, kw_only=True)
class Word:
    """One thing that is said of an installation."""

    phase: Phase
    package: PackageEvent | None = None  # what the gateway did
    message: str = ""  # for people
    changes: tuple[Change, ...] = ()  # at the end


class Telling:
    """The words about one installation, for whoever listens, from its first to its last."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._more = asyncio.Event()
        self._told: dict[str, float] = {}  # when a file was told of last

    @property
    def phase(self) -> Phase:
        """Where it is."""
        return self.words[-1].phase if self.words else Phase.STARTING

    @property
    def is_over(self) -> bool:
        """Tell whether it has ended."""
        return self.phase in ENDS

    def say(self, word: Word) -> None:
        """Say something; nothing once it has ended."""
        if self.is_over or (len(self.words) >= _MOST and word.phase not in ENDS):
            return
        self.words.append(word)
        self._more.set()
        self._more = asyncio.Event()

    def hear(self, event: PackageEvent) -> None:
        """Say what the gateway did, if that is not too often."""
        if event.kind == "downloading":
            now = time.monotonic()
            if now - self._told.get(event.filename, 0.0) < _PACE:
                return
            self._told[event.filename] = now
        phase = Phase.DOWNLOADING if event.filename else self.phase
        self.say(Word(phase=phase, package=event, message=event.reason))

    async def follow(self) -> AsyncIterator[Word]:
        """Give all words, those that were said already first; ends with the installation."""
        position = 0
        while True:
            more = self._more
            while position < len(self.words):
                yield self.words[position]
                position += 1
            if self.is_over:
                return
            await more.wait()
