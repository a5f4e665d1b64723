"""How the shells of one sandbox ended, kept for a while for those who ask."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import TYPE_CHECKING

from cachetools import LRUCache

from platform_server.sandboxes.evidence import Death

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from platform_server.sandboxes.evidence import Findings
    from platform_server.sandboxes.messages import TerminalEnded
    from platform_server.sandboxes.model import Ended, TerminalName

_KEPT = 100  # ends, the latest
_PATIENCE = 2.0  # seconds from the end of a shell's output to the agent's word about why


class ShellEnds:
    """Works out why each shell ended. ``listeners`` hear of each, those that were asked for too."""

    def __init__(self, findings: Findings) -> None:
        self.listeners: list[Callable[[TerminalName, Ended], None]] = []
        self._findings = findings
        self._asked: set[TerminalName] = set()
        self._known: LRUCache[TerminalName, asyncio.Future[Ended]] = LRUCache(_KEPT)
        self._notes: set[asyncio.Task[None]] = set()

    def expect(self, name: TerminalName) -> None:
        """Take it that somebody has the shell closed."""
        self._asked.add(name)

    def note(self, name: TerminalName, said: TerminalEnded) -> None:
        """Take the agent's word that a shell has ended."""
        death = Death(
            what="shell", code=said.code, is_asked=name in self._asked, full=tuple(said.full)
        )
        self._asked.discard(name)
        task = asyncio.create_task(self._find(name, death), context=Context())
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def of(self, name: TerminalName) -> Ended | None:
        """Return why a shell whose output has ended did so; None if that does not become known."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.shield(self._future(name))
        except TimeoutError:
            return None

    async def end(self, living: Iterable[TerminalName], ended: Ended) -> None:
        """Take it that the sandbox has ended, and with it those shells that still lived."""
        await asyncio.gather(*self._notes)
        for name in living:
            self._tell(name, ended)

    async def _find(self, name: TerminalName, death: Death) -> None:
        self._tell(name, await self._findings.end_of(death))

    def _tell(self, name: TerminalName, ended: Ended) -> None:
        future = self._future(name)
        if future.done():
            return
        future.set_result(ended)
        for listener in self.listeners:
            listener(name, ended)

    def _future(self, name: TerminalName) -> asyncio.Future[Ended]:
        if name not in self._known:
            self._known[name] = asyncio.get_running_loop().create_future()
        return self._known[name]
